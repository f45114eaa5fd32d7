//! Every code that a program can show has its cause and remedy in both languages, and the table
//! names no code that nothing produces.

use std::collections::BTreeSet;

#[test]
fn the_table_and_the_code_are_equal() {
    let mut produced: BTreeSet<&str> = station::codes().collect();
    for codes in [
        asic::CODES,
        emrtd::CODES,
        bundle::CODES,
        models::CODES,
        models::finger::CODES,
        models::finger::record::CODES,
        models_opencv::CODES,
        models_asternet::CODES,
        models_tesseract::CODES,
        paper::CODES,
        pades::CODES,
        rulebook::CODES,
        scanner_drivers::CODES,
        finger_worker::CODES,
        tpm_attestation::CODES,
        access_tokens::CODES,
        verifier::CODES,
    ] {
        produced.extend(codes);
    }
    let documented: BTreeSet<&str> = rulebook::failures::all()
        .map(|text| text.code.as_str())
        .collect();
    let missing: Vec<_> = produced.difference(&documented).collect();
    let stale: Vec<_> = documented.difference(&produced).collect();
    assert!(missing.is_empty(), "not in docs/failures.md: {missing:#?}");
    assert!(
        stale.is_empty(),
        "in docs/failures.md, but nothing produces it: {stale:#?}"
    );
}

#[test]
fn each_text_says_what_happened_and_what_to_do_in_both_languages() {
    for text in rulebook::failures::all() {
        for part in [
            &text.cause_vi,
            &text.remedy_vi,
            &text.cause_en,
            &text.remedy_en,
        ] {
            assert!(part.len() > 5, "{}: {part:?}", text.code);
        }
    }
}
