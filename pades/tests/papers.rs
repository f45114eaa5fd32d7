//! Small PDFs: by hand with a table, by hand with streams only, and as the `paper` room writes them.

use pdf_writer::{Content, Finish, Pdf, Rect, Ref};

fn page_content() -> &'static str {
    "0.2 0.4 0.6 rg 20 20 60 60 re f"
}

/// Objects from number 1 on, and the table that finds them.
pub(crate) fn with_table() -> Vec<u8> {
    let content = page_content();
    let objects = [
        "<< /Type /Catalog /Pages 2 0 R /Spare 9 0 R >>".to_owned(),
        "<< /Type /Pages /Kids [3 0 R] /Count 1 /MediaBox [0 0 100 100] >>".to_owned(),
        "<< /Type /Page /Parent 2 0 R /Contents 4 0 R /Resources << >> >>".to_owned(),
        format!(
            "<< /Length {} >>\nstream\n{content}\nendstream",
            content.len()
        ),
    ];
    let mut bytes = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n".to_vec();
    let mut table = "xref\n0 5\n0000000000 65535 f \n".to_owned();
    for (at, object) in objects.iter().enumerate() {
        table.push_str(&format!("{:010} 00000 n \n", bytes.len()));
        bytes.extend(format!("{} 0 obj\n{object}\nendobj\n", at + 1).bytes());
    }
    let startxref = bytes.len();
    bytes.extend(
        // The last byte is no line end, as some programs leave it.
        format!("{table}trailer\n<< /Size 5 /Root 1 0 R >>\nstartxref\n{startxref}\n%%EOF").bytes(),
    );
    bytes
}

/// The catalogue and the pages packed into an object stream, found by a cross-reference stream.
pub(crate) fn with_streams() -> Vec<u8> {
    let packed = [
        "<< /Type /Catalog /Pages 2 0 R >>",
        "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 100 100] /Contents 4 0 R /Resources << >> /Annots 6 0 R >>",
        "[]",
    ];
    let numbers = [1, 2, 3, 6];
    let (mut index, mut body) = (String::new(), String::new());
    for (number, object) in numbers.iter().zip(packed) {
        index.push_str(&format!("{number} {} ", body.len()));
        body.push_str(object);
        body.push(' ');
    }
    let content = page_content();
    let mut bytes = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n".to_vec();
    let content_at = bytes.len();
    bytes.extend(
        format!(
            "4 0 obj\n<< /Length {} >>\nstream\n{content}\nendstream\nendobj\n",
            content.len()
        )
        .bytes(),
    );
    let packed_at = bytes.len();
    bytes.extend(
        format!(
            "5 0 obj\n<< /Type /ObjStm /N 4 /First {} /Length {} >>\nstream\n{index}{body}\nendstream\nendobj\n",
            index.len(),
            index.len() + body.len()
        )
        .bytes(),
    );
    let startxref = bytes.len();
    let row = |kind: u8, second: usize, third: u8| [kind, (second >> 8) as u8, second as u8, third];
    let rows = [
        row(0, 0, 255),
        row(2, 5, 0),
        row(2, 5, 1),
        row(2, 5, 2),
        row(1, content_at, 0),
        row(1, packed_at, 0),
        row(2, 5, 3),
        row(1, startxref, 0),
    ]
    .concat();
    bytes.extend(
        format!(
            "7 0 obj\n<< /Type /XRef /Size 8 /W [1 2 1] /Root 1 0 R /Length {} >>\nstream\n",
            rows.len()
        )
        .bytes(),
    );
    bytes.extend(rows);
    bytes.extend(format!("\nendstream\nendobj\nstartxref\n{startxref}\n%%EOF\n").bytes());
    bytes
}

/// Two pages by pdf-writer, as scanned papers are written.
pub(crate) fn by_pdf_writer() -> Vec<u8> {
    let mut pdf = Pdf::new();
    let (catalog, tree) = (Ref::new(1), Ref::new(2));
    let pages = [Ref::new(3), Ref::new(4)];
    pdf.catalog(catalog).pages(tree);
    pdf.pages(tree).kids(pages).count(2);
    for (at, page) in pages.into_iter().enumerate() {
        let content = Ref::new(5 + at as i32);
        let mut writer = pdf.page(page);
        writer
            .media_box(Rect::new(0.0, 0.0, 100.0, 100.0))
            .parent(tree)
            .contents(content);
        writer.resources();
        writer.finish();
        let mut drawing = Content::new();
        drawing.rect(10.0, 10.0, 50.0, 50.0).fill_nonzero();
        pdf.stream(content, &drawing.finish());
    }
    pdf.document_info(Ref::new(9))
        .title(pdf_writer::TextStr("Giấy khai sinh"));
    pdf.set_file_id((b"0123456789abcdef".to_vec(), b"0123456789abcdef".to_vec()));
    pdf.finish()
}

pub(crate) fn all() -> [(&'static str, Vec<u8>); 3] {
    [
        ("table", with_table()),
        ("streams", with_streams()),
        ("pdf-writer", by_pdf_writer()),
    ]
}

/// Appends a classic-table revision with these objects to a file that uses a table.
pub(crate) fn append(pdf: &[u8], objects: &[(u32, &str)]) -> Vec<u8> {
    let text = String::from_utf8_lossy(pdf);
    let prev: usize = text
        .rsplit("startxref")
        .next()
        .unwrap()
        .split_whitespace()
        .next()
        .unwrap()
        .parse()
        .unwrap();
    let mut bytes = pdf.to_vec();
    bytes.push(b'\n');
    let mut table = "xref\n".to_owned();
    for (number, object) in objects {
        table.push_str(&format!("{number} 1\n{:010} 00000 n \n", bytes.len()));
        bytes.extend(format!("{number} 0 obj\n{object}\nendobj\n").bytes());
    }
    let startxref = bytes.len();
    bytes.extend(
        format!("{table}trailer\n<< /Size 99 /Root 1 0 R /Prev {prev} >>\nstartxref\n{startxref}\n%%EOF\n").bytes(),
    );
    bytes
}

/// The newest text of object `number`, between `obj` and `endobj`.
pub(crate) fn object(pdf: &[u8], number: u32) -> String {
    let text = String::from_utf8_lossy(pdf);
    let (_, after) = text.rsplit_once(&format!("\n{number} 0 obj\n")).unwrap();
    after.split_once("\nendobj").unwrap().0.to_owned()
}

/// The four numbers of the last byte range.
pub(crate) fn byte_range(pdf: &[u8]) -> [usize; 4] {
    let text: String = pdf.iter().map(|&byte| char::from(byte)).collect();
    let numbers = text
        .rsplit_once("/ByteRange [")
        .unwrap()
        .1
        .split_once(']')
        .unwrap()
        .0;
    let numbers: Vec<usize> = numbers
        .split_whitespace()
        .map(|number| number.parse().unwrap())
        .collect();
    numbers.try_into().unwrap()
}
