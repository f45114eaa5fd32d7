//! What the paper commands say, as JSON and in words. Every code comes with its cause and remedy in both languages.

use std::path::{Path, PathBuf};
use std::time::Duration;

use emrtd::CardQr;
use paper::codes::{Codes, Meaning, QrCode, Zone};
use paper::fields::{Field, FieldState};
use paper::obstacles::Suggestion;
use paper::{Page, PaperError, Severity, Verdict};
use rulebook::Language;
use rulebook::failures;
use serde_json::{Value, json};
use station::answer::{Trouble, told};

use super::flow::Bad;
use super::pages::Origin;

/// Cause and remedy of a code, put beside what is known already.
pub(super) fn explained(mut value: Value, code: &str) -> Value {
    for (language, key) in [(Language::Vi, "vi"), (Language::En, "en")] {
        if let Some(text) = failures::text(code) {
            value[key] = json!({ "cause": text.cause(language), "remedy": text.remedy(language) });
        }
    }
    value
}

pub(super) fn code(code: &str) -> Value {
    explained(json!({ "code": code }), code)
}

pub(super) fn verdict(verdict: &Verdict) -> Value {
    explained(json!(verdict), verdict.code)
}

pub(super) fn verdicts(list: &[Verdict]) -> Value {
    list.iter().map(verdict).collect()
}

pub(super) fn bad(bad: &Bad) -> Value {
    let mut value = json!({ "page": bad.page, "code": bad.code });
    if let Some(found) = &bad.verdict {
        value["verdict"] = verdict(found);
    }
    explained(value, bad.code)
}

/// One page without its text.
pub(super) fn page(number: u32, page: &Result<Page, PaperError>, origin: &Origin) -> Value {
    let mut value = match page {
        Ok(page) => {
            let mut value = json!(page.report);
            value["verdicts"] = verdicts(&page.report.verdicts);
            value["codes"] = codes(&page.codes);
            let by_hand = page.read.text.words.iter().filter(|word| word.handwritten);
            value["handwriting"] = by_hand
                .map(|word| json!(page.read.geometry.to_page(word.bbox)))
                .collect();
            value
        }
        Err(error) => code(origin.code.unwrap_or(error.code())),
    };
    value["number"] = json!(number);
    value["file"] = json!(origin.file);
    value["file_page"] = json!(origin.file_page);
    value
}

/// The line about a page that has just been read: numbers and codes, nothing that stands on it.
pub(super) fn page_line(
    number: u32,
    page: &Result<Page, PaperError>,
    origin: &Origin,
    elapsed: Duration,
    lang: Language,
) -> String {
    let word = |vi, en| if lang == Language::En { en } else { vi };
    let seconds = elapsed.as_secs_f32();
    match page {
        Ok(page) => {
            let codes: Vec<&str> = page
                .report
                .verdicts
                .iter()
                .map(|found| found.code)
                .collect();
            format!(
                "{} {number} · {seconds:.1} s · {} {} · {} % {}",
                word("trang", "page"),
                page.report.words,
                word("từ", "words"),
                page.report.mean_confidence,
                codes.join(" "),
            )
        }
        Err(error) => format!(
            "{} {number} · {seconds:.1} s · {}",
            word("trang", "page"),
            origin.code.unwrap_or(error.code())
        ),
    }
}

pub(super) fn codes(codes: &Codes) -> Value {
    json!({
        "qr": codes.qr.iter().map(qr).collect::<Vec<_>>(),
        "zones": codes.zones.iter().map(zone).collect::<Vec<_>>(),
    })
}

fn qr(code: &QrCode) -> Value {
    let mut value = json!({
        "place": code.place,
        "text": code.text.as_deref().map(String::as_str),
    });
    match &code.meaning {
        Meaning::Unread => value["is"] = json!("unread"),
        Meaning::NoText => value["is"] = json!("no_text"),
        Meaning::Card(card) => {
            value["is"] = json!("card");
            value["card"] = card_qr(card);
        }
        Meaning::Document(document) => {
            let text = |part: &Option<zeroize::Zeroizing<String>>| {
                part.as_ref().map(|part| part.to_string())
            };
            value["is"] = json!("document");
            value["document"] = json!({
                "dossier": text(&document.dossier),
                "procedure": text(&document.procedure),
                "personal_number": text(&document.personal_number),
                "link": text(&document.link),
            });
        }
        _ => value["is"] = json!("unknown"),
    }
    value
}

fn card_qr(card: &CardQr) -> Value {
    let text =
        |part: &Option<zeroize::Zeroizing<String>>| part.as_ref().map(|part| part.to_string());
    json!({
        "personal_id": card.personal_id.expose(),
        "old_id_no": text(&card.old_id_no),
        "name": text(&card.name),
    })
}

fn zone(zone: &Zone) -> Value {
    let checks = zone.checks;
    json!({
        "place": zone.place,
        "lines": zone.lines.iter().map(|line| line.as_str()).collect::<Vec<_>>(),
        "check_digits": {
            "document_no": checks.document_no,
            "birth": checks.birth,
            "expiry": checks.expiry,
            "optional": checks.optional,
            "whole": checks.whole,
            "personal_no": checks.personal_no,
            "all": checks.all(),
        },
        "repairs": zone.repairs.len(),
        "personal_no": zone.personal_no(),
    })
}

/// The fields but those of faith, which are read past and stay behind, with each reason as a code.
pub(super) fn fields(fields: &[Field]) -> Value {
    let told = |field: &Field| {
        let mut value = json!(field);
        value["reasons"] = field.reasons.iter().map(|reason| reason.code()).collect();
        value
    };
    fields
        .iter()
        .filter(|field| !field.sensitive)
        .map(told)
        .collect()
}

pub(super) fn suggestions(suggestions: &[Suggestion]) -> Value {
    let told = |suggestion: &Suggestion| {
        let code = suggestion.obstacle.code();
        let mut value = json!(suggestion);
        value["code"] = json!(code);
        explained(value, code)
    };
    suggestions.iter().map(told).collect()
}

/// Pages in words: only those with something to say.
pub(super) fn verdict_words(number: u32, list: &[Verdict], lang: Language) -> String {
    list.iter()
        .map(|verdict| {
            let mark = match verdict.severity {
                Severity::Refused => "✗",
                Severity::Flagged => "!",
            };
            let place = verdict.place.map_or_else(String::new, |place| {
                format!(" ({}, {}; {} × {} px)", place.x, place.y, place.w, place.h)
            });
            format!(
                "\n  {mark} {number}{place}: {} [{}]",
                told(verdict.code, lang),
                verdict.code
            )
        })
        .collect()
}

pub(super) fn field_words(fields: &[Field]) -> String {
    fields
        .iter()
        .filter(|field| !field.sensitive)
        .map(|field| {
            let state = match field.state {
                FieldState::Accepted => "✓",
                FieldState::Check => "?",
                FieldState::Unreadable => "✗",
            };
            let reasons: Vec<&str> = field.reasons.iter().map(|reason| reason.code()).collect();
            format!(
                "\n  {state} {} = {} {}",
                field.name,
                field.value,
                reasons.join(" ")
            )
        })
        .collect()
}

/// Written beside and then put in its place: a file is whole or not there.
pub(super) fn write_whole(path: &Path, bytes: &[u8]) -> Result<(), Trouble> {
    let failed = |error: std::io::Error| {
        Trouble::new("file.unreadable", format!("{}: {error}", path.display()))
    };
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".part");
    let beside = path.with_file_name(name);
    std::fs::write(&beside, bytes).map_err(failed)?;
    std::fs::rename(&beside, path).map_err(failed)
}

/// Writes the copy for reading, where one was made, beside the certified one and tells its name.
pub(super) fn write_reading_copy(
    beside: &Path,
    done: &paper::Digitized,
) -> Result<Option<PathBuf>, Trouble> {
    let Some(copy) = &done.convenience else {
        return Ok(None);
    };
    let mut name = beside.file_stem().unwrap_or_default().to_owned();
    name.push("-ban-de-xem.pdf");
    let path = beside.with_file_name(name);
    write_whole(&path, copy)?;
    Ok(Some(path))
}
