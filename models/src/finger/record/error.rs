//! Why bytes are no finger minutiae record, or minutiae do not fit one.

use super::{MAX_RECORD, MAX_VIEWS};

/// What was found wrong with a finger minutiae record or card format.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FingerRecordError {
    /// More than a record of ours may have.
    #[error("the record is longer than {MAX_RECORD} bytes")]
    TooLong,
    /// Neither edition that we know.
    #[error("neither an ISO/IEC 19794-2:2005 nor a 2011 record")]
    UnknownFormat,
    /// A length or count that disagrees with the bytes that are there.
    #[error("the lengths in the record do not come out even")]
    Length,
    /// None, or more than a person has a use for.
    #[error("{found} finger views, 1 to {MAX_VIEWS} are allowed")]
    Views {
        /// What the record says.
        found: usize,
    },
    /// A field with a value that the standard does not allow.
    #[error("{field} is out of its range")]
    Value {
        /// Which field; never its value.
        field: &'static str,
    },
    /// Not enough to decide anything, or less than the card asks for.
    #[error("only {found} minutiae of {least}")]
    TooFewMinutiae {
        /// What the view holds.
        found: usize,
        /// What is needed.
        least: usize,
    },
    /// The card asks for an order that we do not write.
    #[error("the card asks for an order of minutiae that is not supported")]
    Order,
    /// Compact coordinates end at 25.5 mm.
    #[error("the print is too wide for the compact card format")]
    TooWide,
}

/// Every code [`FingerRecordError::code`] can answer.
pub const CODES: &[&str] = &[
    "finger_record.too_long",
    "finger_record.unknown_format",
    "finger_record.length",
    "finger_record.views",
    "finger_record.value",
    "finger_record.too_few_minutiae",
    "finger_record.order",
    "finger_record.too_wide",
];

impl FingerRecordError {
    /// The stable code under which the remedy is documented.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::TooLong => "finger_record.too_long",
            Self::UnknownFormat => "finger_record.unknown_format",
            Self::Length => "finger_record.length",
            Self::Views { .. } => "finger_record.views",
            Self::Value { .. } => "finger_record.value",
            Self::TooFewMinutiae { .. } => "finger_record.too_few_minutiae",
            Self::Order => "finger_record.order",
            Self::TooWide => "finger_record.too_wide",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{CODES, FingerRecordError};

    #[test]
    fn every_error_has_its_own_listed_code() {
        let all = [
            FingerRecordError::TooLong,
            FingerRecordError::UnknownFormat,
            FingerRecordError::Length,
            FingerRecordError::Views { found: 0 },
            FingerRecordError::Value { field: "angle" },
            FingerRecordError::TooFewMinutiae { found: 1, least: 2 },
            FingerRecordError::Order,
            FingerRecordError::TooWide,
        ];
        let codes: Vec<_> = all.iter().map(FingerRecordError::code).collect();
        assert_eq!(codes, CODES);
    }
}
