//! How the program answers: one JSON document or plain words on stdout, and the exit code that
//! scripts rely on (`design.md` §4: 0 success, 1 refusal or mismatch, 2 bad usage, 3 try again).

use std::io::Write as _;
use std::process::ExitCode;

use rulebook::Language;
use rulebook::failures::{self, FailureKind};
use serde_json::{Value, json};

pub const CODES: &[&str] = &[
    "usage.invalid",
    "file.unreadable",
    "paper.pdf_unreadable",
    "trust.not_found",
];

pub const SUCCESS: u8 = 0;
pub const REFUSED: u8 = 1;
pub const USAGE: u8 = 2;
pub const FAILED: u8 = 3;

/// What a command has to say.
pub struct Answer {
    pub json: Value,
    /// The same for a person.
    pub words: String,
    pub exit: u8,
}

/// How an answer is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    Words,
    /// One JSON document.
    Document,
    /// One line, after others of the same command.
    Line,
}

/// A command that ended without a result: its code, and what it found (never a name or a number).
#[derive(Debug)]
pub struct Trouble {
    pub code: &'static str,
    pub detail: String,
}

impl Trouble {
    #[must_use]
    pub fn new(code: &'static str, detail: impl std::fmt::Display) -> Self {
        Self {
            code,
            detail: detail.to_string(),
        }
    }

    /// A refusal is final, a failure may be retried, bad usage is neither.
    #[must_use]
    pub fn exit(&self) -> u8 {
        exit_of(self.code)
    }

    #[must_use]
    pub fn answer(&self, lang: Language) -> Answer {
        let outcome = match self.exit() {
            REFUSED => "refused",
            USAGE => "bad_usage",
            _ => "failed",
        };
        let mut json = json!({ "outcome": outcome, "code": self.code, "detail": self.detail });
        for (language, key) in [(Language::Vi, "vi"), (Language::En, "en")] {
            if let Some(text) = failures::text(self.code) {
                json[key] =
                    json!({ "cause": text.cause(language), "remedy": text.remedy(language) });
            }
        }
        Answer {
            json,
            words: format!(
                "{}\n  [{}] {}",
                told(self.code, lang),
                self.code,
                self.detail
            ),
            exit: self.exit(),
        }
    }
}

/// Exit code of a failure code, from its kind in `docs/failures.md`.
#[must_use]
pub fn exit_of(code: &str) -> u8 {
    let kind = failures::text(code).map(|text| text.kind);
    if code.starts_with("usage.")
        || code.starts_with("config.")
        // A trust directory that is not there is a mistake of the command; a list that is not
        // believed is a refusal.
        || code.starts_with("trust.") && kind != Some(FailureKind::Refusal)
        || ["file.unreadable", "card.bad_key"].contains(&code)
    {
        return USAGE;
    }
    match kind {
        Some(FailureKind::Refusal) => REFUSED,
        _ => FAILED,
    }
}

/// Cause and remedy in one language; the code itself where no text exists.
#[must_use]
pub fn told(code: &str, lang: Language) -> String {
    failures::text(code).map_or_else(
        || code.to_owned(),
        |text| format!("{} {}", text.cause(lang), text.remedy(lang)),
    )
}

impl Answer {
    #[must_use]
    pub fn ok(json: Value, words: impl Into<String>) -> Self {
        Self {
            json,
            words: words.into(),
            exit: SUCCESS,
        }
    }

    /// Prints the answer as it was asked for.
    #[must_use]
    pub fn print(&self, shape: Shape) -> ExitCode {
        let text = match shape {
            Shape::Words => self.words.clone(),
            Shape::Document => format!("{:#}", self.json),
            Shape::Line => {
                let mut line = self.json.clone();
                line["event"] = json!("end");
                line.to_string()
            }
        };
        // Whoever closed the pipe does not want to hear more; the exit code still tells.
        let _ = writeln!(std::io::stdout(), "{text}");
        ExitCode::from(self.exit)
    }
}
