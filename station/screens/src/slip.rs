//! The slip that the receipt's page gives out: from what is on the board, in the size of letters that the citizen chose.

use slips::{FiledPaper, Form, Outcome, Paper, PrintError, ReceiptSlip};

use crate::board::{Board, Delivery, Place, ReceiptView};
use crate::rights::may_issue;

/// A volunteer wants a second slip.
pub(crate) const ASK_CLERK: &str = "screen.ask_clerk";

/// None where no slip is on the board.
pub(crate) fn pdf(board: &Board, choice: &str) -> Option<Result<Vec<u8>, PrintError>> {
    let Place::Receipt(receipt) = &board.place else {
        return None;
    };
    let form = Form {
        paper: match choice {
            "roll80" => Paper::Roll80,
            _ => Paper::A5,
        },
        large: large(board),
    };
    Some(slip(board, receipt).pdf(form))
}

/// Whoever wanted larger letters on the display wants them on paper.
pub(crate) fn large(board: &Board) -> bool {
    board.citizen.size > 0
}

/// Notes that the slip made from `seen` is given out; false where it may not be.
pub(crate) fn count(board: &mut Board, seen: &Board) -> bool {
    let (role, by) = match &board.operator {
        Some(person) => (Some(person.role), person.id.clone()),
        None => (None, String::new()),
    };
    let (Place::Receipt(receipt), Place::Receipt(drawn)) = (&mut board.place, &seen.place) else {
        return false;
    };
    // What was drawn counts, also when the bundle was answered for in the meantime.
    let said = &drawn.delivery;
    let issued = receipt.issued.saying(said);
    if issued != drawn.issued.saying(said) || !may_issue(role, issued) {
        return false;
    }
    if issued > 0 {
        tracing::info!(slip = receipt.number, by, "a slip was given out again");
    }
    receipt.issued.give(said);
    true
}

fn slip(board: &Board, receipt: &ReceiptView) -> ReceiptSlip {
    let bundle = receipt.bundle.clone();
    let outcome = match &receipt.delivery {
        Delivery::Waiting => Outcome::Waiting { bundle },
        Delivery::Refused { code } => Outcome::Refused { code, bundle },
        Delivery::Filed { at, .. } => Outcome::Filed {
            at: *at,
            // A receipt that has no short form still has its bundle's digest.
            codes: match receipt.codes.is_empty() {
                true => vec![bundle],
                false => receipt.codes.clone(),
            },
        },
    };
    let paper = |(kind, pages, grade): &(String, usize, u8)| FiledPaper {
        kind: kind.clone(),
        pages: *pages,
        grade: *grade,
    };
    let aside = receipt.set_aside.iter();
    ReceiptSlip {
        centre: board.site.centre.clone(),
        hotline: board.site.hotline.clone(),
        number: receipt.number.clone(),
        sealed_at: receipt.sealed_at,
        outcome,
        holder: receipt.holder.clone(),
        papers: receipt.papers.iter().map(paper).collect(),
        set_aside: aside
            .map(|aside| (aside.kind.clone(), aside.code))
            .collect(),
        sheets_returned: receipt.sheets_returned,
        appointment: None,
        practice: board.site.practice,
        reprint: receipt.issued.saying(&receipt.delivery) > 0,
    }
}
