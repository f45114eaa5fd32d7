//! `paper digitize` and `paper check`: page images in, verdicts, text, fields and an archive
//! file out.

use std::path::{Path, PathBuf};
use std::process::Command;

use clap::{Args, Subcommand};
use jiff::Timestamp;
use paper::{PaperError, Severity, Sheet};
use rulebook::Language;
use serde_json::json;
use station::answer::{Answer, REFUSED, SUCCESS, Trouble, told};

use super::{Told, read_file, tessdata_dir};

#[derive(Subcommand)]
pub(crate) enum PaperCommand {
    /// Judges and reads pages and writes one searchable PDF/A.
    Digitize(DigitizeArguments),
    /// Judges pages without reading them.
    Check(CheckArguments),
}

#[derive(Args)]
pub(crate) struct DigitizeArguments {
    /// Page images (PNG, JPEG, TIFF, PNM) or PDFs, in order.
    #[arg(required = true)]
    pages: Vec<PathBuf>,
    /// The PDF to write.
    #[arg(long)]
    out: PathBuf,
    /// Resolution of the images; by default what the file says, else 300.
    #[arg(long)]
    dpi: Option<u32>,
    /// Folder with Tesseract's .traineddata files.
    #[arg(long)]
    tessdata: Option<PathBuf>,
    #[arg(long, default_value = "vie")]
    languages: String,
}

#[derive(Args)]
pub(crate) struct CheckArguments {
    #[arg(required = true)]
    pages: Vec<PathBuf>,
    #[arg(long)]
    dpi: Option<u32>,
}

/// Resolution at which pages of a PDF are drawn.
const PDF_DPI: u32 = 300;
/// Longest PDF taken: a school report has 20 pages.
const MAX_PDF_PAGES: u32 = 200;

pub(crate) fn run(command: PaperCommand, lang: Language) -> Told {
    match command {
        PaperCommand::Digitize(arguments) => digitize(arguments, lang),
        PaperCommand::Check(arguments) => check(&arguments, lang),
    }
}

fn digitize(arguments: DigitizeArguments, lang: Language) -> Told {
    let pages = load(&arguments.pages, arguments.dpi)?;
    let mut engine =
        models_tesseract::Tesseract::open(tessdata_dir(arguments.tessdata), &arguments.languages)
            .map_err(|error| Trouble::new(error.code(), error))?;
    let options = paper::Options {
        declared_pages: None,
        created: Timestamp::now(),
        attach_fields: false,
        convenience: false,
    };
    let read = match paper::digitize(&pages, &mut engine, &options) {
        Ok(read) => read,
        Err(error) => {
            let mut answer = Trouble::new(error.code(), &error).answer(lang);
            if let PaperError::Unreadable { page, verdict } = &error {
                answer.json["page"] = json!(page);
                answer.json["verdict"] = json!(verdict);
            }
            return Ok(answer);
        }
    };
    std::fs::write(&arguments.out, &read.pdf)
        .map_err(|error| Trouble::new("file.unreadable", error))?;
    let sum = |part: fn(&paper::Timings) -> u64| {
        read.pages
            .iter()
            .map(|page| part(&page.timings))
            .sum::<u64>()
    };
    let json = json!({
        "outcome": "digitized",
        "pages": read.pages,
        "text": read.reads.iter().map(|page| page.text.text()).collect::<Vec<_>>(),
        "kind": { "id": read.kind.id, "title": read.kind.title, "confidence": read.kind.confidence },
        "fields": read.fields,
        "verdicts": read.verdicts,
        "output": arguments.out,
        "output_bytes": read.pdf.len(),
        "timings_ms": {
            "look": sum(|timings| timings.look_ms),
            "read": sum(|timings| timings.read_ms),
            "pack": sum(|timings| timings.pack_ms),
            "pdf": read.pdf_ms,
        },
    });
    let mut words = format!(
        "{} · {} trang · {}",
        read.kind.title,
        read.pages.len(),
        arguments.out.display()
    );
    for page in &read.pages {
        for verdict in &page.verdicts {
            words.push_str(&format!(
                "\n  {}: {} [{}]",
                page.number,
                told(verdict.code, lang),
                verdict.code
            ));
        }
    }
    for field in &read.fields {
        words.push_str(&format!(
            "\n  {} = {} ({:.2})",
            field.name, field.value, field.confidence
        ));
    }
    Ok(Answer::ok(json, words))
}

/// The ledger and what the pixels alone tell; nothing is read.
fn check(arguments: &CheckArguments, lang: Language) -> Told {
    let pages = load(&arguments.pages, arguments.dpi)?;
    let mut refused = false;
    let mut words = Vec::new();
    let mut reports = Vec::new();
    for (number, sheet) in (1_u32..).zip(&pages) {
        let verdicts = paper::quality::look_for_page(sheet).verdicts;
        refused |= verdicts
            .iter()
            .any(|verdict| verdict.severity == Severity::Refused);
        let shown: Vec<String> = verdicts
            .iter()
            .map(|verdict| format!("{} [{}]", told(verdict.code, lang), verdict.code))
            .collect();
        words.push(format!(
            "{number}: {}",
            if shown.is_empty() {
                "✓".to_owned()
            } else {
                shown.join("; ")
            }
        ));
        reports.push(json!({
            "number": number,
            "width": sheet.width(),
            "height": sheet.height(),
            "dpi": sheet.dpi(),
            "verdicts": verdicts,
        }));
    }
    Ok(Answer {
        json: json!({ "outcome": if refused { "refused" } else { "accepted" }, "pages": reports }),
        words: words.join("\n"),
        exit: if refused { REFUSED } else { SUCCESS },
    })
}

fn load(paths: &[PathBuf], dpi: Option<u32>) -> Result<Vec<Sheet>, Trouble> {
    let mut pages = Vec::new();
    for path in paths {
        let bytes = read_file(path)?;
        if bytes.starts_with(b"%PDF-") {
            pages.extend(pdf_pages(path)?);
        } else {
            pages.push(
                Sheet::from_file(&bytes, dpi).map_err(|error| Trouble::new(error.code(), error))?,
            );
        }
    }
    Ok(pages)
}

/// Draws a PDF's pages with poppler, page by page through a pipe: nothing touches the disk.
fn pdf_pages(path: &Path) -> Result<Vec<Sheet>, Trouble> {
    let mut pages = Vec::new();
    for number in 1..=MAX_PDF_PAGES {
        let drawn = Command::new("pdftoppm")
            .args([
                "-r",
                &PDF_DPI.to_string(),
                "-f",
                &number.to_string(),
                "-l",
                &number.to_string(),
            ])
            .arg(path)
            .output()
            .map_err(|error| Trouble::new("paper.pdf_unreadable", error))?;
        if drawn.stdout.is_empty() {
            // Past the last page pdftoppm prints nothing; on page 1 it means there is none.
            break;
        }
        pages.push(
            Sheet::from_file(&drawn.stdout, Some(PDF_DPI))
                .map_err(|error| Trouble::new(error.code(), error))?,
        );
    }
    if pages.is_empty() {
        return Err(Trouble::new("paper.pdf_unreadable", path.display()));
    }
    Ok(pages)
}
