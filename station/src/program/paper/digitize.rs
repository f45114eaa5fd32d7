//! `paper digitize`: pages of one paper become one archive file.

use jiff::Timestamp;
use paper::{Examined, Options, PageReport};
use rulebook::Language;
use serde_json::{Value, json};
use station::answer::{Answer, Trouble, told as explained};

use super::super::Told;
use super::DigitizeArguments;
use super::flow::{self, Read};
use super::told;

const COUNT_MISMATCH: &str = "paper.count_mismatch";

pub(super) fn run(arguments: &DigitizeArguments, lang: Language) -> Told {
    let read = flow::read(arguments, false, lang)?;
    if let Some(refused) = in_the_way(&read, lang) {
        return Ok(refused);
    }
    if let Some(counted) = arguments.pages.count
        && read.distinct() < counted as usize
    {
        return Ok(too_few(&read, counted, lang));
    }
    let (pages, text) = (pages(&read), text(&read));
    let readers = read.readers.clone();
    let mut examined = Examined {
        verdicts: read.verdicts,
        ..Examined::default()
    };
    for (page, _) in read.pages {
        examined.push(page.map_err(|error| Trouble::new(error.code(), error))?);
    }
    let done = paper::finish(examined, &options(arguments))
        .map_err(|error| Trouble::new(error.code(), error))?;
    told::write_whole(&arguments.out, &done.pdf)?;
    let reading_copy = told::write_reading_copy(&arguments.out, &done)?;
    let json = json!({
        "outcome": "digitized",
        "pages": pages,
        "text": text,
        "kind": { "id": done.kind.id, "title": done.kind.title, "confidence": done.kind.confidence },
        "metadata": done.metadata,
        "fields": told::fields(&done.fields),
        "suggestions": told::suggestions(&done.suggestions),
        "verdicts": told::verdicts(&done.verdicts),
        "readers": readers,
        "output": arguments.out,
        "output_bytes": done.pdf.len(),
        "reading_copy": reading_copy,
        "reading_copy_bytes": done.convenience.as_ref().map(Vec::len),
        "timings_ms": timings(&done.pages, done.pdf_ms),
    });
    let mut words = format!(
        "{} · {} trang · {}",
        done.kind.title,
        done.pages.len(),
        arguments.out.display()
    );
    for page in &done.pages {
        words.push_str(&told::verdict_words(page.number, &page.verdicts, lang));
    }
    for suggestion in &done.suggestions {
        let code = suggestion.obstacle.code();
        words.push_str(&format!("\n  ! {} [{code}]", explained(code, lang)));
    }
    words.push_str(&told::field_words(&done.fields));
    Ok(Answer::ok(json, words))
}

pub(super) fn options(arguments: &DigitizeArguments) -> Options {
    Options {
        declared_pages: arguments.pages.count,
        created: Timestamp::now(),
        attach_fields: arguments.attach_fields,
        convenience: arguments.reading_copy,
    }
}

pub(super) fn timings(pages: &[PageReport], pdf_ms: u64) -> Value {
    let sum = |part: fn(&paper::Timings) -> u64| -> u64 {
        pages.iter().map(|page| part(&page.timings)).sum()
    };
    json!({
        "look": sum(|timings| timings.look_ms),
        "read": sum(|timings| timings.read_ms),
        "codes": sum(|timings| timings.codes_ms),
        "pack": sum(|timings| timings.pack_ms),
        "pdf": pdf_ms,
    })
}

pub(super) fn pages(read: &Read) -> Vec<Value> {
    (1..)
        .zip(&read.pages)
        .map(|(number, (page, origin))| told::page(number, page, origin))
        .collect()
}

pub(super) fn text(read: &Read) -> Vec<String> {
    read.pages
        .iter()
        .map(|(page, _)| {
            let text = page.as_ref().map(|page| page.read.text.text());
            text.unwrap_or_default()
        })
        .collect()
}

/// A paper with a page that nobody can rely on is no evidence: every such page is named, and no file is written. What
/// was read on the others is told all the same.
fn in_the_way(read: &Read, lang: Language) -> Option<Answer> {
    let bad = read.bad();
    let first = bad.first()?;
    let mut answer = Trouble::new(first.code, format!("page {}", first.page)).answer(lang);
    answer.json["page"] = json!(first.page);
    if let Some(verdict) = &first.verdict {
        answer.json["verdict"] = told::verdict(verdict);
    }
    answer.json["bad_pages"] = bad.iter().map(told::bad).collect();
    answer.json["pages"] = json!(pages(read));
    answer.json["text"] = json!(text(read));
    for bad in &bad {
        match &bad.verdict {
            Some(verdict) => {
                let verdict = std::slice::from_ref(verdict);
                answer
                    .words
                    .push_str(&told::verdict_words(bad.page, verdict, lang));
            }
            None => {
                let line = format!(
                    "\n  ✗ {}: {} [{}]",
                    bad.page,
                    explained(bad.code, lang),
                    bad.code
                );
                answer.words.push_str(&line);
            }
        }
    }
    Some(answer)
}

/// TT 01/2023/TT-VPCP Art. 8(2): as many images as pages. A page scanned twice stands for no other.
pub(super) fn too_few(read: &Read, counted: u32, lang: Language) -> Answer {
    let found = read.distinct();
    let detail = format!("{found} < {counted}");
    let mut answer = Trouble::new(COUNT_MISMATCH, detail).answer(lang);
    answer.json["counted"] = json!(counted);
    answer.json["found"] = json!(found);
    answer.json["verdicts"] = told::verdicts(&read.verdicts);
    answer.json["pages"] = json!(pages(read));
    answer.json["text"] = json!(text(read));
    answer
}
