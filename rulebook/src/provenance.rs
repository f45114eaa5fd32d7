//! Where a rule comes from, since when it binds and how sure we are of having read it right.

use jiff::civil::Date;
use serde::Deserialize;

/// How well a rule's source is established.
///
/// Anything below [`Certainty::B`] must be confirmed by a legal owner before the product is relied on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[non_exhaustive]
pub enum Certainty {
    /// Official text, or an article quoted verbatim.
    A,
    /// A secondary source: newspaper, law firm, ward portal.
    B,
    /// Seen in deployed systems: practice, not law.
    C,
    /// From memory, unconfirmed.
    M,
    /// Unknown or contradictory: a legal owner must set it.
    #[serde(rename = "?")]
    Unknown,
}

impl Certainty {
    /// The mark as it is written in the data files.
    pub const fn mark(self) -> &'static str {
        match self {
            Self::A => "A",
            Self::B => "B",
            Self::C => "C",
            Self::M => "M",
            Self::Unknown => "?",
        }
    }
}

/// The source of one rule.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Provenance {
    /// The clause, shown to whoever is stopped by the rule.
    pub clause: String,
    /// First day on which the rule binds.
    pub effective_from: Date,
    /// Last day on which it binds; absent while it is in force.
    #[serde(default)]
    pub effective_until: Option<Date>,
    /// How sure we are.
    pub certainty: Certainty,
}

impl Provenance {
    /// Whether the rule binds on `day`.
    pub fn binds_on(&self, day: Date) -> bool {
        self.effective_from <= day && self.effective_until.is_none_or(|last| day <= last)
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn both_end_days_are_inside() {
        let law = Provenance {
            clause: "§1".to_owned(),
            effective_from: date(2025, 11, 1),
            effective_until: Some(date(2026, 6, 30)),
            certainty: Certainty::A,
        };
        assert!(!law.binds_on(date(2025, 10, 31)));
        assert!(law.binds_on(date(2025, 11, 1)));
        assert!(law.binds_on(date(2026, 6, 30)));
        assert!(!law.binds_on(date(2026, 7, 1)));
    }
}
