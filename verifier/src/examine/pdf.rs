//! Looks at a PDF from outside: is it one, and how many pages does it have.
//!
//! This is no renderer and follows no reference: it walks over the objects as they lie, passing over streams,
//! and counts page objects. A file whose objects lie compressed in object streams shows none and is refused by
//! whoever compares the count; the papers of a desk are PDF/A written plainly.

/// What can be said of a PDF without rendering it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PdfForm {
    pub pages: u32,
}

/// `None` when the bytes are not a PDF from head to tail.
pub fn form(content: &[u8]) -> Option<PdfForm> {
    // ISO 32000-1 §7.5.2 and §7.5.5; a tail of a kilobyte is what readers search.
    let tail = &content[content.len().saturating_sub(1024)..];
    if !content.starts_with(b"%PDF-1.")
        || find(tail, b"%%EOF").is_none()
        || find(tail, b"startxref").is_none()
    {
        return None;
    }
    let mut pages = 0_u32;
    let mut rest = content;
    loop {
        let stream = find(rest, b"stream").unwrap_or(rest.len());
        pages = pages.saturating_add(count_page_objects(&rest[..stream]));
        if stream == rest.len() {
            return Some(PdfForm { pages });
        }
        // An unfinished stream ends the walk: nothing behind it is an object.
        let Some(end) = find(&rest[stream..], b"endstream") else {
            return Some(PdfForm { pages });
        };
        rest = &rest[stream + end + b"endstream".len()..];
    }
}

/// Counts `/Type /Page` where the name ends there (`/Pages` is the tree, not a page).
fn count_page_objects(objects: &[u8]) -> u32 {
    let mut count = 0;
    let mut rest = objects;
    while let Some(at) = find(rest, b"/Type") {
        rest = &rest[at + b"/Type".len()..];
        let spaces = rest
            .iter()
            .take_while(|b| b.is_ascii_whitespace() || **b == 0)
            .count();
        if let Some(after) = rest[spaces..].strip_prefix(b"/Page") {
            // ISO 32000-1 §7.2.2: a name ends at white space or a delimiter.
            if after
                .first()
                .is_none_or(|b| b.is_ascii_whitespace() || b"()<>[]{}/%\0".contains(b))
            {
                count += 1;
            }
        }
    }
    count
}

fn find(haystack: &[u8], needle: &[u8]) -> Option<usize> {
    let first = needle[0];
    let mut from = 0;
    while let Some(at) = haystack[from..].iter().position(|b| *b == first) {
        if haystack[from + at..].starts_with(needle) {
            return Some(from + at);
        }
        from += at + 1;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_are_counted_and_neither_the_tree_nor_a_stream_is_a_page() {
        let pdf = b"%PDF-1.7\n1 0 obj\n<</Type/Pages/Count 2>>\nendobj\n2 0 obj <</Type /Page/Parent 1 0 R>> endobj\n\
            3 0 obj <</Length 12>> stream\n/Type /Page \nendstream endobj\n\
            4 0 obj <</Type\n/Page>> endobj\nstartxref\n0\n%%EOF\n";
        assert_eq!(form(pdf), Some(PdfForm { pages: 2 }));
        assert_eq!(form(&pdf[1..]), None);
        assert_eq!(form(&pdf[..pdf.len() - 6]), None);
        assert_eq!(form(b""), None);
    }
}
