//! Why a field is for a person to look at, and what else there is to say about it.

use serde::{Deserialize, Serialize};

/// One reason. Each has a row in `docs/failures.md`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Reason {
    /// A word of it was not read surely.
    Unsure,
    /// Two readings of a word differ.
    SecondDiffers,
    /// It does not look as such a value must.
    Shape,
    /// It contradicts another field: the number another birth year, the words other digits.
    Contradiction,
    /// It seems to be written by hand.
    Handwriting,
    /// The label was hardly readable.
    Label,
    /// Letters were read where only digits can stand, and were replaced: `O` by `0`.
    Mended,
    /// A word of it is no Vietnamese syllable, or no part of a name.
    UnusualWord,
    /// It names no province that is or was.
    NoProvince,
    /// The page as a whole reads badly.
    Page,
    /// It stands beside no label that was understood.
    Unlabelled,
    /// The line ends with the column, and what stands below may belong to it.
    Cut,
    /// It stands twice on the paper, and not alike.
    Twice,
    /// The label is there, a value is not.
    NotRead,
    /// A note: the place is named as before 1 July 2025; `mapped` says what it is called now.
    OldPlace,
    /// A note: no ward of this name is known in the province named.
    WardElsewhere,
}

impl Reason {
    #[cfg(test)]
    pub(crate) const ALL: [Self; 16] = [
        Self::Unsure,
        Self::SecondDiffers,
        Self::Shape,
        Self::Contradiction,
        Self::Handwriting,
        Self::Label,
        Self::Mended,
        Self::UnusualWord,
        Self::NoProvince,
        Self::Page,
        Self::Unlabelled,
        Self::Cut,
        Self::Twice,
        Self::NotRead,
        Self::OldPlace,
        Self::WardElsewhere,
    ];

    /// The stable code, explained in `docs/failures.md`.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Unsure => "field.unsure",
            Self::SecondDiffers => "field.second_differs",
            Self::Shape => "field.shape",
            Self::Contradiction => "field.contradiction",
            Self::Handwriting => "field.handwriting",
            Self::Label => "field.label",
            Self::Mended => "field.mended",
            Self::UnusualWord => "field.unusual_word",
            Self::NoProvince => "field.no_province",
            Self::Page => "field.page",
            Self::Unlabelled => "field.unlabelled",
            Self::Cut => "field.cut",
            Self::Twice => "field.twice",
            Self::NotRead => "field.not_read",
            Self::OldPlace => "field.old_place",
            Self::WardElsewhere => "field.ward_elsewhere",
        }
    }

    /// Says something, and leaves the field's state as it is.
    pub const fn is_note(self) -> bool {
        matches!(self, Self::OldPlace | Self::WardElsewhere)
    }
}
