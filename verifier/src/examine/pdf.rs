//! Looks at a PDF from outside: is it one, and how many pages does it have.
//!
//! This is no renderer and follows no reference: it walks over the objects as they lie, passing over streams,
//! and counts page objects; where a later revision writes an object again (a signature does), the later one
//! counts. A file whose objects lie compressed in object streams shows none and is refused by whoever compares
//! the count; the papers of a desk are PDF/A written plainly.

use std::collections::BTreeSet;

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
    let mut pages = BTreeSet::new();
    let mut rest = content;
    while let Some((number, body)) = next_object(rest) {
        let end = find(body, b"endobj").unwrap_or(body.len());
        let stream = find(&body[..end], b"stream");
        if is_page(&body[..stream.unwrap_or(end)]) {
            pages.insert(number);
        } else {
            pages.remove(&number);
        }
        rest = match stream {
            None => &body[end..],
            // What looks like an object inside a stream is none. An unfinished stream ends the walk.
            Some(start) => match find(&body[start..], b"endstream") {
                Some(end) => &body[start + end + b"endstream".len()..],
                None => break,
            },
        };
    }
    Some(PdfForm {
        pages: u32::try_from(pages.len()).unwrap_or(u32::MAX),
    })
}

/// The next `<number> <generation> obj`, and everything behind it.
fn next_object(content: &[u8]) -> Option<(u32, &[u8])> {
    let mut from = 0;
    loop {
        let at = from + find(&content[from..], b"obj")?;
        from = at + b"obj".len();
        // `endobj` has no number before it.
        if let Some(number) = number_before(&content[..at]) {
            return Some((number, &content[from..]));
        }
    }
}

/// Reads backwards over ` <generation> ` to the number of an object.
fn number_before(content: &[u8]) -> Option<u32> {
    let (rest, generation) = last_word(content)?;
    let (_, number) = last_word(rest)?;
    let _: u16 = std::str::from_utf8(generation).ok()?.parse().ok()?;
    std::str::from_utf8(number).ok()?.parse().ok()
}

/// The last run of digits, which white space must follow, and what stands before it.
fn last_word(content: &[u8]) -> Option<(&[u8], &[u8])> {
    let spaces = content
        .iter()
        .rev()
        .take_while(|b| b.is_ascii_whitespace())
        .count();
    let content = &content[..content.len() - spaces];
    // ISO 32000-1 annex C: object numbers have at most ten digits.
    let digits = content
        .iter()
        .rev()
        .take(11)
        .take_while(|b| b.is_ascii_digit())
        .count();
    (spaces > 0 && digits > 0).then(|| content.split_at(content.len() - digits))
}

/// Whether `/Type /Page` stands here and the name ends there (`/Pages` is the tree, not a page).
fn is_page(object: &[u8]) -> bool {
    let mut rest = object;
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
                return true;
            }
        }
    }
    false
}

fn find(haystack: &[u8], needle: &[u8]) -> Option<usize> {
    memchr::memmem::find(haystack, needle)
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
        // A later revision writes page 2 again, and makes page 4 something else.
        let revised = [
            pdf.as_slice(),
            b"2 0 obj <</Type/Page/Annots[]>> endobj 4 0 obj null endobj startxref 0 %%EOF",
        ];
        assert_eq!(form(&revised.concat()), Some(PdfForm { pages: 1 }));
        assert_eq!(form(&pdf[1..]), None);
        assert_eq!(form(&pdf[..pdf.len() - 6]), None);
        assert_eq!(form(b""), None);
    }
}
