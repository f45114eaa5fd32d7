//! Cross-references read and refused.

use super::*;

/// A file of the given objects, numbered from 1, with a classic table; `trailer` goes into its trailer.
fn file(objects: &[&str], trailer: &str) -> Vec<u8> {
    let mut bytes = b"%PDF-1.7\n".to_vec();
    let mut table = format!("xref\n0 {}\n0000000000 65535 f \n", objects.len() + 1);
    for (at, object) in objects.iter().enumerate() {
        table.push_str(&format!("{:010} 00000 n \n", bytes.len()));
        bytes.extend(format!("{} 0 obj\n{object}\nendobj\n", at + 1).bytes());
    }
    let startxref = bytes.len();
    let size = objects.len() + 1;
    bytes.extend(
        format!("{table}trailer\n<< /Size {size} {trailer} >>\nstartxref\n{startxref}\n%%EOF\n")
            .bytes(),
    );
    bytes
}

fn number(document: &Document<'_>, number: u32) -> Result<Object, PdfError> {
    document.load_number(number).map(|found| found.object)
}

#[test]
fn objects_and_streams_are_found() {
    let bytes = file(
        &[
            "<< /Type /Catalog >>",
            "<< /Length 3 0 R >>\nstream\nhello\nendstream",
            "5",
            "4 0 R",
        ],
        "/Root 1 0 R",
    );
    let document = Document::parse(&bytes).unwrap();
    let found = document.load_number(2).unwrap();
    assert_eq!(&bytes[found.stream.unwrap()], b"hello");
    assert!(bytes[found.span.unwrap()].starts_with(b"2 0 obj"));
    assert_eq!(document.next_number(), 5);
    assert_eq!(number(&document, 99).unwrap(), Object::Null);
    assert!(
        document
            .resolve(&Object::Ref(document.reference(4)))
            .is_err()
    );
}

#[test]
fn what_is_no_pdf_is_named() {
    assert_eq!(Document::parse(b"").err(), Some(PdfError::NotPdf));
    assert_eq!(Document::parse(b"GIF89a").err(), Some(PdfError::NotPdf));
    assert!(matches!(
        Document::parse(b"%PDF-1.7\n").err(),
        Some(PdfError::Structure { .. })
    ));
    let encrypted = file(&["<< /Type /Catalog >>"], "/Root 1 0 R /Encrypt << >>");
    assert_eq!(Document::parse(&encrypted).err(), Some(PdfError::Encrypted));
}

#[test]
fn circles_end() {
    let own_length = file(
        &["<< /Length 1 0 R >>\nstream\nx\nendstream"],
        "/Root 1 0 R",
    );
    assert!(number(&Document::parse(&own_length).unwrap(), 1).is_err());
    let mut own_prev = file(&["<< >>"], "/Root 1 0 R /Prev 0000");
    let startxref = own_prev
        .windows(4)
        .position(|word| word == b"xref")
        .unwrap();
    let place = own_prev
        .windows(5)
        .position(|word| word == b"/Prev")
        .unwrap()
        + 6;
    own_prev[place..place + 4].copy_from_slice(format!("{startxref:04}").as_bytes());
    assert!(matches!(
        Document::parse(&own_prev).err(),
        Some(PdfError::Structure {
            what: "revisions run in a circle",
            ..
        })
    ));
}

#[test]
fn an_object_stream_inside_another_is_refused() {
    let rows: Vec<u8> = [[0, 0, 0, 0], [2, 0, 2, 0], [2, 0, 1, 0]].concat();
    let mut bytes = b"%PDF-1.7\n".to_vec();
    let startxref = bytes.len();
    bytes.extend(
        format!(
            "9 0 obj\n<< /Type /XRef /W [1 2 1] /Index [0 3] /Size 10 /Root 1 0 R /Length {} >>\nstream\n",
            rows.len()
        )
        .bytes(),
    );
    bytes.extend(rows);
    bytes.extend(format!("\nendstream\nendobj\nstartxref\n{startxref}\n%%EOF\n").bytes());
    let document = Document::parse(&bytes).unwrap();
    assert_eq!(document.style(), XrefStyle::Stream);
    assert!(number(&document, 1).is_err());
    assert!(document.catalog().is_err());
}

#[test]
fn a_table_that_promises_a_billion_objects_is_refused() {
    for table in [
        "0 999999999",
        "0 18446744073709551615",
        "4294967295 2",
        "0 900000",
    ] {
        let text = format!(
            "%PDF-1.7\nxref\n{table}\n0000000000 65535 f \ntrailer\n<<>>\nstartxref\n9\n%%EOF\n"
        );
        assert!(Document::parse(text.as_bytes()).is_err(), "{table}");
    }
}
