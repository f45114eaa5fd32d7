//! Whatever a stranger sends, nothing panics, hangs, or passes for signed.

use std::time::{Duration, Instant};

use jiff::Timestamp;
use pades::{CheckError, SignOptions, check, sign};

use crate::desk::{authority, certifier};
use crate::papers;

fn relied_on(pdf: &[u8]) -> bool {
    check(pdf, &authority().roots(), Timestamp::now()).is_ok_and(|reports| {
        !reports.is_empty() && reports.iter().all(|report| report.faults().is_empty())
    })
}

#[test]
fn a_truncated_file_is_never_relied_on() {
    for (name, paper) in papers::all() {
        let signed = sign(&paper, certifier(), &SignOptions::new(Timestamp::now())).unwrap();
        assert!(relied_on(&signed));
        // Without its last line end the file still says the same, but the range then runs past the end.
        for end in (0..signed.len())
            .rev()
            .step_by(7)
            .chain(signed.len() - 12..signed.len())
        {
            assert!(!relied_on(&signed[..end]), "{name}: cut at {end}");
        }
    }
}

#[test]
fn no_changed_byte_outside_the_hole_passes() {
    for (name, paper) in papers::all() {
        let signed = sign(&paper, certifier(), &SignOptions::new(Timestamp::now())).unwrap();
        let [_, start, after, _] = papers::byte_range(&signed);
        for at in (0..start).chain(after..signed.len()).step_by(3) {
            for flip in [0x01, 0x20, 0x80] {
                let mut changed = signed.clone();
                changed[at] ^= flip;
                assert!(
                    !relied_on(&changed),
                    "{name}: byte {at} flipped by {flip:#x}"
                );
            }
        }
        // Inside the hole nothing may panic; the case of a hexadecimal digit is no change.
        for at in (start..after).step_by(5) {
            let mut changed = signed.clone();
            changed[at] ^= 0x07;
            assert!(!relied_on(&changed), "{name}: byte {at} in the hole");
        }
    }
}

#[test]
fn hostile_structures_end_soon() {
    let deep = "[".repeat(1_000_000);
    let dicts = "<</A".repeat(300_000);
    let wide_tree = "<< /Type /Pages /Kids [2 0 R 2 0 R] /Count 2 >>";
    let form = "<< /Type /Catalog /Pages 2 0 R /AcroForm << /Fields [3 0 R] >> >>";
    let cases: [(&str, Vec<(u32, &str)>); 7] = [
        ("deep arrays", vec![(1, &deep)]),
        ("deep dictionaries", vec![(1, &dicts)]),
        ("a tree of itself", vec![(2, wide_tree)]),
        (
            "a field of itself",
            vec![(1, form), (3, "<< /FT /Sig /T (a) /Kids [3 0 R] >>")],
        ),
        (
            "fields in a circle",
            vec![
                (1, form),
                (3, "<< /Kids [4 0 R] >>"),
                (4, "<< /Kids [3 0 R] >>"),
            ],
        ),
        (
            "a value of itself",
            vec![
                (1, form),
                (3, "<< /FT /Sig /T (a) /V 3 0 R /ByteRange 3 0 R >>"),
            ],
        ),
        ("a reference of itself", vec![(1, form), (3, "3 0 R")]),
    ];
    for (name, objects) in cases {
        let file = papers::append(&papers::with_table(), &objects);
        let started = Instant::now();
        assert!(!relied_on(&file), "{name}");
        let _refused_or_not = sign(&file, certifier(), &SignOptions::new(Timestamp::now()));
        assert!(
            started.elapsed() < Duration::from_secs(5),
            "{name} took {:?}",
            started.elapsed()
        );
    }
}

#[test]
fn a_later_revision_cannot_make_the_comparison_run_away() {
    let signed = sign(
        &papers::with_table(),
        certifier(),
        &SignOptions::new(Timestamp::now()),
    )
    .unwrap();
    for object in [
        "<< /Type /Pages /Kids [2 0 R 2 0 R] /Count 2 >>",
        "<< /Length 2 0 R >>\nstream\n\nendstream",
    ] {
        assert!(!relied_on(&papers::append(&signed, &[(2, object)])));
    }
}

#[test]
fn too_many_signatures_are_refused() {
    let fields: String = (100..170).map(|number| format!("{number} 0 R ")).collect();
    let catalog = format!("<< /Type /Catalog /Pages 2 0 R /AcroForm << /Fields [{fields}] >> >>");
    let field = "<< /FT /Sig /T (a) /V << /Type /Sig >> >>";
    let objects: Vec<(u32, &str)> = std::iter::once((1, catalog.as_str()))
        .chain((100..170).map(|number| (number, field)))
        .collect();
    let file = papers::append(&papers::with_table(), &objects);
    let roots = authority().roots();
    assert_eq!(
        check(&file, &roots, Timestamp::now()),
        Err(CheckError::TooManySignatures)
    );
}

#[test]
fn a_file_that_claims_every_object_number_is_not_signed() {
    for size in [
        "4294967295",
        "18446744073709551615",
        "-1",
        "1.5",
        "2147483648",
    ] {
        let paper = papers::with_table();
        let at = paper
            .windows(7)
            .position(|window| window == b"/Size 5")
            .unwrap();
        let file = [
            &paper[..at],
            format!("/Size {size}").as_bytes(),
            &paper[at + 7..],
        ]
        .concat();
        if let Ok(signed) = sign(&file, certifier(), &SignOptions::new(Timestamp::now())) {
            assert!(relied_on(&signed), "/Size {size}");
        }
    }
}
