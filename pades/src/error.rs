//! What can be wrong with a PDF as such, before any signature is looked at.

/// Why a PDF cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PdfError {
    /// It does not start as a PDF does.
    #[error("this is no PDF")]
    NotPdf,
    /// Larger than [`crate::LARGEST_PDF_BYTES`].
    #[error("the PDF is larger than allowed")]
    TooLarge,
    /// It is encrypted; neither signing nor checking an encrypted PDF is supported.
    #[error("the PDF is encrypted")]
    Encrypted,
    /// Its objects or its cross-reference are broken. Nothing is repaired.
    #[error("the PDF is damaged at byte {at}: {what}")]
    Structure {
        /// Where reading stopped, in bytes from the start (of the file, or of an object stream).
        at: usize,
        /// What was found.
        what: &'static str,
    },
}

impl PdfError {
    /// The stable code, explained in `docs/failures.md`.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NotPdf => "pades.not_pdf",
            Self::TooLarge => "pades.too_large",
            Self::Encrypted => "pades.encrypted",
            Self::Structure { .. } => "pades.structure",
        }
    }
}
