//! The citizen's slip: what was taken up, what became of it, what was handed back, and whom to call.

use jiff::Timestamp;
use jiff::civil::DateTime;
use rulebook::Language;

use crate::flow::{Flow, Form, Leaf};
use crate::letters::Face::{Bold, Regular};
use crate::words::{Words, clock, day};
use crate::{PrintError, pdf};

/// What has become of the bundle; never more than a receipt says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// Kept at the desk. `bundle` is its digest, the one thing the desk can say of it for certain.
    Waiting { bundle: String },
    /// Filed; `codes` are the receipt in short (`docs/bundle-v1.md` §10).
    Filed { at: Timestamp, codes: Vec<String> },
    /// The verifier would not take it.
    Refused { code: &'static str, bundle: String },
}

/// One paper that was taken up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FiledPaper {
    /// As the rulebook calls it.
    pub kind: String,
    pub pages: usize,
    /// 0 to 3.
    pub grade: u8,
}

/// Everything that stands on the slip. It has no place for a name, and for a number only its last three digits.
#[derive(Debug, Clone)]
pub struct ReceiptSlip {
    /// As it stands over the door.
    pub centre: String,
    pub hotline: String,
    /// In groups of four.
    pub number: String,
    pub sealed_at: Timestamp,
    pub outcome: Outcome,
    /// The holder's number; no more than its last three characters is printed, whatever stands here.
    pub holder: String,
    pub papers: Vec<FiledPaper>,
    /// Kind, and the code of the reason.
    pub set_aside: Vec<(String, &'static str)>,
    pub sheets_returned: u32,
    /// When the result can be fetched; nothing is said where there is none.
    pub appointment: Option<DateTime>,
    pub practice: bool,
    pub reprint: bool,
}

impl ReceiptSlip {
    /// As a PDF. The same slip gives the same bytes.
    ///
    /// # Errors
    /// [`PrintError::CodeTooLong`] for a code of a receipt that is none of ours.
    pub fn pdf(&self, form: Form) -> Result<Vec<u8>, PrintError> {
        pdf::write(&self.leaves(form)?, Words(Language::Vi).t("slip.heading"))
    }

    fn leaves(&self, form: Form) -> Result<Vec<Leaf>, PrintError> {
        let (vi, en) = (Words(Language::Vi), Words(Language::En));
        let watermark = self.practice.then(|| vi.t("slip.practice_mark"));
        let mut flow = Flow::new(form, watermark);
        let codes = match &self.outcome {
            Outcome::Filed { codes, .. } => codes.clone(),
            Outcome::Waiting { bundle } | Outcome::Refused { bundle, .. } => vec![bundle.clone()],
        };
        let mut beside = vec![
            (self.centre.clone(), Bold, 1.0),
            (vi.t("slip.heading").to_owned(), Bold, 1.0),
            (en.t("slip.heading").to_owned(), Regular, 1.0),
        ];
        if self.reprint {
            let both = format!("{} · {}", vi.t("slip.reprint"), en.t("slip.reprint"));
            beside.push((both, Bold, 1.15));
        }
        flow.codes(&codes, &beside)?;
        flow.gap(0.3);
        flow.text(&self.number, Bold, 1.6);
        if self.practice {
            flow.text(vi.t("slip.practice_mark"), Bold, 1.3);
            flow.text(vi.t("app.practice"), Bold, 1.0);
            flow.text(en.t("app.practice"), Bold, 1.0);
        }
        for words in [vi, en] {
            flow.rule();
            self.told(&mut flow, words);
        }
        Ok(flow.finish())
    }

    /// Everything once, in one language.
    fn told(&self, flow: &mut Flow, words: Words) {
        let outcome = match &self.outcome {
            Outcome::Waiting { .. } => words.t("slip.waiting").to_owned(),
            Outcome::Filed { at, .. } => words.f("slip.filed", &[("time", &words.moment(*at))]),
            Outcome::Refused { code, .. } => {
                format!("{} {}", words.t("slip.refused"), words.cause(code))
            }
        };
        flow.text(&outcome, Bold, 1.0);
        flow.text(
            &words.f("slip.at", &[("time", &words.moment(self.sealed_at))]),
            Regular,
            1.0,
        );
        let last: Vec<char> = self.holder.chars().rev().take(3).collect();
        let last: String = last.into_iter().rev().collect();
        if !last.is_empty() {
            flow.text(&words.f("slip.holder", &[("digits", &last)]), Regular, 1.0);
        }
        if !self.papers.is_empty() {
            flow.text(words.t("slip.papers"), Bold, 1.0);
        }
        for paper in &self.papers {
            let pages = words.f("review.pages", &[("n", &paper.pages.to_string())]);
            let grade = words.t(grade_key(paper.grade));
            let line = format!("{} – {pages} · {grade}", words.kind(&paper.kind));
            flow.item("• ", &line, Regular, 1.0);
        }
        if !self.set_aside.is_empty() {
            flow.text(words.t("slip.set_aside"), Bold, 1.0);
        }
        for (kind, code) in &self.set_aside {
            let line = format!("{}: {}", words.kind(kind), words.cause(code));
            flow.item("• ", &line, Regular, 1.0);
        }
        let sheets = self.sheets_returned.to_string();
        flow.text(&words.f("slip.returned", &[("n", &sheets)]), Bold, 1.0);
        if let Some(at) = self.appointment {
            let values = [("hour", &*clock(at)), ("date", &*day(at))];
            flow.text(&words.f("slip.appointment_at", &values), Bold, 1.0);
        }
        let phone = [("phone", &*self.hotline)];
        flow.text(&words.f("consent.can_withdraw", &phone), Regular, 1.0);
        flow.text(&words.f("slip.hotline", &phone), Bold, 1.0);
    }
}

fn grade_key(grade: u8) -> &'static str {
    match grade {
        0 => "grade.0",
        1 => "grade.1",
        2 => "grade.2",
        _ => "grade.3",
    }
}
