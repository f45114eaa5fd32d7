//! `paper digitize --pile`: a mixed pile becomes one archive file a paper, and a list of whose they are.

use std::path::PathBuf;

use paper::pile::Role;
use paper::{Digitized, Examined};
use rulebook::Language;
use serde_json::{Value, json};
use station::answer::{Answer, FAILED, SUCCESS, Trouble};
use station::sorting::{self, Piled, Sorted};

use super::super::Told;
use super::DigitizeArguments;
use super::digitize::{options, pages, text, timings, too_few};
use super::flow::{self, refusal};
use super::told;

/// The summary beside the files.
const SUMMARY: &str = "pile.json";

pub(super) fn run(arguments: &DigitizeArguments, lang: Language) -> Told {
    // Refused pages are read, too: which paper has to be scanned again is told by what stands on them.
    let read = flow::read(arguments, true, lang)?;
    if let Some(counted) = arguments.pages.count
        && read.distinct() < counted as usize
    {
        return Ok(too_few(&read, counted, lang));
    }
    std::fs::create_dir_all(&arguments.out).map_err(|error| {
        let detail = format!("{}: {error}", arguments.out.display());
        Trouble::new("file.unreadable", detail)
    })?;
    let piled: Vec<Option<Piled<'_>>> = read
        .pages
        .iter()
        .map(|(page, _)| {
            let page = page.as_ref().ok()?;
            Some(Piled { page, sheet: None })
        })
        .collect();
    let pile = sorting::sort(&piled);

    let mut documents = Vec::new();
    let mut words = String::new();
    let (mut read_again, mut spent) = (0, json!({}));
    for (number, document) in (1_u32..).zip(&pile.documents) {
        let mut examined = Examined::default();
        let mut numbers = Vec::new();
        let mut refused = Vec::new();
        for at in &document.pages {
            let Some(Piled { page, .. }) = piled[*at] else {
                continue;
            };
            let name = *at as u32 + 1;
            numbers.push(name);
            if refusal(page).is_some() {
                refused.push(name);
            }
            let mut page = page.clone();
            page.report.number = name;
            examined.push(page);
        }
        let done = paper::finish(examined, &options(arguments))
            .map_err(|error| Trouble::new(error.code(), error))?;
        let file = arguments.out.join(name_of(number, document, &done));
        let written = refused.is_empty();
        if written {
            told::write_whole(&file, &done.pdf)?;
            told::write_reading_copy(&file, &done)?;
        } else {
            read_again += 1;
        }
        words.push_str(&line(document, &done, &numbers, &refused, &file));
        spent = timings(&done.pages, done.pdf_ms);
        documents.push(summary(
            document,
            &done,
            &numbers,
            &refused,
            written.then_some(file),
        ));
    }
    let bad = read.bad();
    let duplicates: Vec<Value> = pile
        .duplicates
        .iter()
        .map(|(at, repeats)| json!({ "page": at + 1, "repeats": repeats }))
        .collect();
    let complete = bad.is_empty();
    let json = json!({
        "outcome": if complete { "sorted" } else { "incomplete" },
        "documents": documents,
        "owners": pile.owners.iter().map(|owner| json!({
            "name": owner.name,
            "number": owner.number,
            "birth": owner.birth,
            "documents": owner.documents.iter().map(|at| at + 1).collect::<Vec<_>>(),
        })).collect::<Vec<_>>(),
        "duplicates": duplicates,
        "bad_pages": bad.iter().map(told::bad).collect::<Vec<_>>(),
        "verdicts": told::verdicts(&read.verdicts),
        "pages": pages(&read),
        "text": text(&read),
        "readers": read.readers,
        "output": arguments.out,
        "timings_ms": spent,
    });
    told::write_whole(&arguments.out.join(SUMMARY), format!("{json:#}").as_bytes())?;
    for bad in &bad {
        let text = station::answer::told(bad.code, lang);
        words.push_str(&format!("\n✗ {}: {text} [{}]", bad.page, bad.code));
    }
    let words = format!(
        "{} giấy tờ · {} trang · {}{}{words}",
        pile.documents
            .iter()
            .filter(|document| document.role == Role::Paper)
            .count(),
        read.pages.len(),
        arguments.out.display(),
        if read_again > 0 { " ✗" } else { "" },
    );
    Ok(Answer {
        json,
        words,
        exit: if complete { SUCCESS } else { FAILED },
    })
}

fn name_of(number: u32, document: &Sorted, done: &Digitized) -> PathBuf {
    let what = match document.role {
        Role::Paper => &*done.kind.id,
        Role::Envelope => "envelope",
        Role::Picture => "picture",
    };
    // An id is plain letters; a site's own template might say otherwise.
    let plain: String = what
        .chars()
        .map(|c| {
            if c.is_ascii_alphanumeric() || c == '_' {
                c
            } else {
                '-'
            }
        })
        .collect();
    PathBuf::from(format!("{number:02}-{plain}.pdf"))
}

/// Places of fields count in the paper; here they count in the pile.
fn summary(
    document: &Sorted,
    done: &Digitized,
    numbers: &[u32],
    refused: &[u32],
    file: Option<PathBuf>,
) -> Value {
    let in_pile = |page: u32| {
        (page as usize)
            .checked_sub(1)
            .and_then(|at| numbers.get(at))
            .copied()
    };
    let mut fields = done.fields.clone();
    for field in &mut fields {
        field.page = in_pile(field.page).unwrap_or(0);
    }
    let mut suggestions = done.suggestions.clone();
    for suggestion in &mut suggestions {
        suggestion.page = in_pile(suggestion.page).unwrap_or(0);
    }
    let paper = document.role == Role::Paper;
    json!({
        "role": document.role,
        "kind": { "id": done.kind.id, "title": done.kind.title, "confidence": done.kind.confidence },
        "pages": numbers,
        "refused_pages": refused,
        "file": file,
        "output_bytes": file.as_ref().map(|_| done.pdf.len()),
        "doubts": document.doubts.iter().map(|doubt| told::code(doubt.code())).collect::<Vec<_>>(),
        "metadata": paper.then_some(&done.metadata),
        "fields": if paper { told::fields(&fields) } else { json!([]) },
        "suggestions": if paper { told::suggestions(&suggestions) } else { json!([]) },
    })
}

fn line(
    document: &Sorted,
    done: &Digitized,
    numbers: &[u32],
    refused: &[u32],
    file: &std::path::Path,
) -> String {
    let list = |numbers: &[u32]| {
        let numbers: Vec<String> = numbers.iter().map(u32::to_string).collect();
        numbers.join(", ")
    };
    let doubts: Vec<&str> = document.doubts.iter().map(|doubt| doubt.code()).collect();
    let what = match document.role {
        Role::Paper => &done.kind.title,
        Role::Envelope => "(phong bì)",
        Role::Picture => "(ảnh, tờ rời)",
    };
    let end = if refused.is_empty() {
        file.display().to_string()
    } else {
        format!("✗ {}", list(refused))
    };
    format!(
        "\n  {what} · trang {} · {end} {}",
        list(numbers),
        doubts.join(" ")
    )
}
