//! `paper check`: what the pixels and the ledger alone tell, of scans and photographs; nothing is read.

use std::sync::{Mutex, PoisonError, mpsc};

use paper::quality::look_for_page;
use paper::{Counted, Entering, PageLedger, PaperError, Severity, Sheet, Verdict};
use rulebook::Language;
use serde_json::{Value, json};
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
            let mut report = match sheet.and_then(|sheet| judged(&sheet, &mut ledger)) {
                Ok((verdicts, mut report)) => {
                    refused |= verdicts
                        .iter()
                        .any(|verdict| verdict.severity == Severity::Refused);
                    report["verdicts"] = told::verdicts(&verdicts);
                    words.push(if verdicts.is_empty() {
                        format!("  ✓ {number}")
                    } else {
                        let said = told::verdict_words(number, &verdicts, lang);
                        said.trim_start_matches('\n').to_owned()
                    });
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

/// Looks at one page and enters it in the ledger.
fn judged(sheet: &Sheet, ledger: &mut PageLedger) -> Result<(Vec<Verdict>, Value), PaperError> {
    let seen = look_for_page(sheet);
    let sha256 = sheet.master()?.sha256;
    let mut verdicts = seen.verdicts;
    let told = ledger.enter(&Entering {
        sha256: &sha256,
        likeness: Some(&seen.likeness),
        verdicts: &verdicts,
        text: None,
    });
    verdicts.extend(told);
    let photograph = sheet.is_photograph();
    let report = json!({
        "sha256": sha256,
        "width": sheet.width(),
        "height": sheet.height(),
        // A photograph has no resolution of its own.
        "dpi": (!photograph).then_some(sheet.dpi()),
        "effective_dpi": seen.effective_dpi.round() as u32,
        "photograph": photograph,
    });
    Ok((verdicts, report))
}
