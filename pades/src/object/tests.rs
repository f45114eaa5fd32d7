//! Objects read, refused and written back.

use super::*;

fn read(text: &[u8]) -> Result<Object, PdfError> {
    Parser::new(text, 0).object()
}

#[test]
fn what_is_written_reads_as_the_same() {
    let source = b"<< /Type /Page % remark\n /A#20B [1 -2 +3.50 .5 true false null 12 0 R 7] \
        /S (a \\(nested (pair)\\) \\101\\n) /H <48 65 6C6C 6> /D << /Empty [] >> >>";
    let object = read(source).unwrap();
    let dict = object.dict().unwrap();
    assert_eq!(
        dict.get("S"),
        Some(&Object::Text(b"a (nested (pair)) A\n".to_vec()))
    );
    assert_eq!(dict.get("H"), Some(&Object::Text(b"Hell`".to_vec())));
    let Some(Object::Array(items)) = dict.get("A B") else {
        panic!("no array")
    };
    assert_eq!(items[2], Object::Real(b"+3.50".to_vec()));
    assert_eq!(
        items[7],
        Object::Ref(Ref {
            number: 12,
            generation: 0
        })
    );
    assert_eq!(items[8], Object::Int(7));
    let mut out = Vec::new();
    object.write(&mut out);
    assert_eq!(read(&out).unwrap(), object);
}

#[test]
fn hostile_objects_are_refused() {
    let deep = b"[".repeat(100_000);
    let wide = b"<<".repeat(100_000);
    let faulty: [&[u8]; 13] = [
        &deep,
        &wide,
        b"",
        b"[1 2",
        b"<< /A",
        b"<< /A 1 /A 2 >>",
        b"<< 1 2 >>",
        b"(never closed",
        b"<48",
        b"<4x>",
        b"/a#4",
        b"1.2.3",
        b"-",
    ];
    for text in faulty {
        assert!(
            matches!(read(text), Err(PdfError::Structure { .. })),
            "{:?}",
            &text[..text.len().min(20)]
        );
    }
    let many = [
        b"[".as_slice(),
        &b"0 ".repeat(MOST_NODES as usize + 1),
        b"]",
    ]
    .concat();
    assert!(read(&many).is_err());
}

#[test]
fn a_number_past_every_bound_is_no_integer() {
    assert_eq!(
        read(b"99999999999999999999").unwrap(),
        Object::Real(b"99999999999999999999".to_vec())
    );
    assert!(
        Parser::new(b"99999999999999999999999", 0)
            .unsigned()
            .is_err()
    );
    assert_eq!(read(b"4294967296 0 R").unwrap(), Object::Int(4_294_967_296));
}
