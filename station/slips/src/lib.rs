//! What the desk gives out on paper: the citizen's slip, laid out for A5 or an 80 mm roll, as PDF.
//!
//! A slip is laid out once, as marks on leaves, and then written. Its letters are embedded, it is black on white, and it
//! says no more than has happened: before a receipt came it is a slip of something kept, not of something filed.
#![cfg_attr(
    test,
    allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")
)]

mod code;
mod flow;
mod letters;
mod pdf;
mod receipt;
mod words;

pub use flow::{Form, Paper};
pub use receipt::{FiledPaper, Outcome, ReceiptSlip};

/// Why nothing was laid out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PrintError {
    /// A text is longer than a code on a slip may be.
    #[error("a text is too long for a code on a slip")]
    CodeTooLong,
    /// The PDF could not be packed.
    #[error("the PDF could not be packed")]
    Packing,
}

impl PrintError {
    /// The stable code of this failure.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::CodeTooLong => "print.code_too_long",
            Self::Packing => "print.packing",
        }
    }
}

/// Every code that this room answers with.
pub const CODES: &[&str] = &["print.code_too_long", "print.packing"];
