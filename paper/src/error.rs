//! What can stop a paper from becoming evidence, each with its code.

use models::TextError;

use crate::Verdict;

/// Why papers could not be digitised.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PaperError {
    /// `page` counts from 1, as people do.
    #[error("page {page} cannot be relied on: {}", verdict.code)]
    Unreadable { page: u32, verdict: Verdict },
    #[error("there is no page")]
    NoPages,
    #[error("{found} pages are more than {limit}")]
    TooManyPages { found: usize, limit: usize },
    #[error("the file is no page image this program knows, or is damaged")]
    NotAnImage,
    #[error("a page of {width} x {height} pixels is no paper")]
    ImpossibleSize { width: u32, height: u32 },
    #[error("the page could not be packed")]
    Encoding,
    #[error("the file could not be written")]
    Write(#[from] std::io::Error),
    #[error(transparent)]
    Text(#[from] TextError),
}

impl PaperError {
    /// The stable code under which the failure list explains this error.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Unreadable { .. } => "paper.unreadable",
            Self::NoPages => "paper.no_pages",
            Self::TooManyPages { .. } => "paper.too_many_pages",
            Self::NotAnImage => "paper.not_an_image",
            Self::ImpossibleSize { .. } => "paper.impossible_size",
            Self::Encoding => "paper.encoding",
            Self::Write(_) => "paper.write",
            Self::Text(error) => error.code(),
        }
    }
}

/// Every code of this crate's errors and verdicts; the text engine's own codes are listed in `models`.
pub const CODES: &[&str] = &[
    "paper.unreadable",
    "paper.no_pages",
    "paper.too_many_pages",
    "paper.not_an_image",
    "paper.impossible_size",
    "paper.encoding",
    "paper.write",
    "quality.dpi_low",
    "quality.blurred",
    "quality.hard_to_read",
    "quality.blurred_part",
    "quality.low_contrast",
    "quality.too_dark",
    "quality.shadow",
    "quality.glare",
    "quality.blank",
    "quality.page_cut",
    "quality.corner_folded",
    "quality.finger",
    "quality.covered",
    "quality.text_cut",
    "quality.skewed",
    "quality.upside_down",
    "quality.sideways",
    "quality.duplicate",
    "quality.pages_missing",
    "quality.pages_extra",
    "quality.note_alone",
    "quality.note_pair",
    "template.folder",
    "template.malformed",
    "template.example",
    "template.twice",
    "field.unsure",
    "field.second_differs",
    "field.shape",
    "field.contradiction",
    "field.handwriting",
    "field.label",
    "field.mended",
    "field.unusual_word",
    "field.no_province",
    "field.page",
    "field.unlabelled",
    "field.cut",
    "field.twice",
    "field.not_read",
    "field.old_place",
    "field.ward_elsewhere",
    "obstacle.secret",
    "obstacle.no_copying",
    "obstacle.certified_copy",
    "obstacle.register_copy",
    "obstacle.copy_mark",
    "obstacle.colourless",
    "obstacle.foreign",
    "obstacle.shared_by_database",
    "obstacle.self_made",
    "pile.continuation",
    "pile.out_of_order",
    "pile.page_missing",
    "pile.owner",
    "pile.kind",
    "pile.no_document",
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::documents::TemplateError;
    use crate::fields::Reason;
    use crate::obstacles::Obstacle;
    use crate::pile::Doubt;
    use crate::quality;

    #[test]
    fn every_code_is_listed() {
        let verdict = quality::dpi(100).expect("100 dpi is too low");
        let errors = [
            PaperError::Unreadable { page: 1, verdict },
            PaperError::NoPages,
            PaperError::TooManyPages { found: 2, limit: 1 },
            PaperError::NotAnImage,
            PaperError::ImpossibleSize {
                width: 0,
                height: 0,
            },
            PaperError::Encoding,
            PaperError::Write(std::io::ErrorKind::StorageFull.into()),
        ];
        let mut codes: Vec<_> = errors.iter().map(PaperError::code).collect();
        codes.extend(quality::ALL.iter().copied());
        codes.extend(TemplateError::ALL_CODES);
        codes.extend(Reason::ALL.map(Reason::code));
        codes.extend(Obstacle::ALL.map(Obstacle::code));
        codes.extend(Doubt::ALL.map(Doubt::code));
        assert_eq!(codes, CODES);
    }
}
