//! `paper check`: what the pixels and the ledger alone tell; nothing is read.

use std::sync::{Mutex, PoisonError, mpsc};

use paper::Severity;
use rulebook::Language;
use serde_json::json;
use station::answer::{Answer, REFUSED, SUCCESS};

use super::super::Told;
use super::CheckArguments;
use super::pages::{Loader, Origin, are_there};
use super::told;

pub(super) fn run(arguments: &CheckArguments, lang: Language) -> Told {
    let paths = &arguments.pages.pages;
    are_there(paths)?;
    let origins: Mutex<Vec<Origin>> = Mutex::default();
    let mut refused = false;
    let mut words = Vec::new();
    let mut reports = Vec::new();
    std::thread::scope(|scope| {
        let (send, sheets) = mpsc::sync_channel(0);
        let loader = Loader {
            dpi: arguments.pages.dpi,
            origins: &origins,
            sheets: send,
        };
        scope.spawn(move || loader.load(paths));
        for (number, sheet) in (1_u32..).zip(sheets) {
            let origin =
                origins.lock().unwrap_or_else(PoisonError::into_inner)[number as usize - 1].clone();
            let mut report =
                json!({ "number": number, "file": origin.file, "file_page": origin.file_page });
            match sheet {
                Ok(sheet) => {
                    let verdicts = paper::quality::look_for_page(&sheet).verdicts;
                    refused |= verdicts
                        .iter()
                        .any(|verdict| verdict.severity == Severity::Refused);
                    report["width"] = json!(sheet.width());
                    report["height"] = json!(sheet.height());
                    report["dpi"] = json!(sheet.dpi());
                    report["photograph"] = json!(sheet.is_photograph());
                    report["verdicts"] = told::verdicts(&verdicts);
                    words.push(if verdicts.is_empty() {
                        format!("  ✓ {number}")
                    } else {
                        told::verdict_words(number, &verdicts, lang)
                            .trim_start_matches('\n')
                            .to_owned()
                    });
                }
                Err(error) => {
                    refused = true;
                    let code = origin.code.unwrap_or(error.code());
                    report["code"] = json!(code);
                    report = told::explained(report, code);
                    words.push(format!(
                        "  ✗ {number}: {} [{code}]",
                        station::answer::told(code, lang)
                    ));
                }
            }
            reports.push(report);
        }
    });
    Ok(Answer {
        json: json!({ "outcome": if refused { "refused" } else { "accepted" }, "pages": reports }),
        words: words.join("\n"),
        exit: if refused { REFUSED } else { SUCCESS },
    })
}
