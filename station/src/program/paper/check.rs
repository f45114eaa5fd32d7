//! `paper check`: what the pixels and the ledger alone tell, of scans and photographs; nothing is read.

use std::sync::{Mutex, PoisonError, mpsc};

use paper::{Counted, PageLedger, Severity, check_page};
use rulebook::Language;
use serde_json::json;
use station::answer::{Answer, REFUSED, SUCCESS, told as explained};

use super::super::Told;
use super::CheckArguments;
use super::pages::{Loader, Origin, are_there};
use super::told;

pub(super) fn run(arguments: &CheckArguments, lang: Language) -> Told {
    let paths = &arguments.pages.pages;
    are_there(paths)?;
    let origins: Mutex<Vec<Origin>> = Mutex::default();
    let counted = arguments.pages.count;
    let mut ledger = PageLedger::new(counted.map(Counted::Pages));
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
            let mut report = match sheet.and_then(|sheet| check_page(&sheet, number, &mut ledger)) {
                Ok(page) => {
                    let verdicts = &page.verdicts;
                    refused |= verdicts
                        .iter()
                        .any(|verdict| verdict.severity == Severity::Refused);
                    words.push(if verdicts.is_empty() {
                        format!("  ✓ {number}")
                    } else {
                        let said = told::verdict_words(number, verdicts, lang);
                        said.trim_start_matches('\n').to_owned()
                    });
                    let mut report = json!(page);
                    report["verdicts"] = told::verdicts(verdicts);
                    report
                }
                Err(error) => {
                    refused = true;
                    let code = origin.code.unwrap_or(error.code());
                    words.push(format!("  ✗ {number}: {} [{code}]", explained(code, lang)));
                    told::code(code)
                }
            };
            report["number"] = json!(number);
            report["file"] = json!(origin.file);
            report["file_page"] = json!(origin.file_page);
            reports.push(report);
        }
    });
    let whole = ledger.close();
    // Of pages that were counted by hand, none may be missing.
    refused |= whole
        .iter()
        .any(|verdict| verdict.code == "quality.pages_missing");
    for verdict in &whole {
        let code = verdict.code;
        words.push(format!("  ! {} [{code}]", explained(code, lang)));
    }
    Ok(Answer {
        json: json!({
            "outcome": if refused { "refused" } else { "accepted" },
            "pages": reports,
            "verdicts": told::verdicts(&whole),
            "statement": ledger.statement(),
        }),
        words: words.join("\n"),
        exit: if refused { REFUSED } else { SUCCESS },
    })
}
