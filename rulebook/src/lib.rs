//! The law as data with effective dates: which papers may be scanned, who may make what, what a
//! citizen is asked to agree to, how names and numbers are compared, and the words of every screen.
//!
//! Nothing here decides by itself that time has passed: each question takes the date it is asked
//! for, so an old visit is judged by the rules of its own day.

#![cfg_attr(test, allow(clippy::unwrap_used))]

pub mod behalf;
pub mod consents;
pub mod failures;
pub mod grades;
pub mod kinds;
mod language;
pub mod messages;
pub mod names;
pub mod people;
pub mod personal_id;
pub mod places;
mod provenance;
pub mod syllables;

pub use language::Language;
pub use provenance::{Certainty, Provenance};

/// The data of this build by file, so that two desks can say whether they go by the same rules.
pub const DATA: [(&str, &str); 8] = [
    ("consents.toml", include_str!("../data/consents.toml")),
    ("grades.toml", include_str!("../data/grades.toml")),
    ("kinds.toml", include_str!("../data/kinds.toml")),
    ("messages.toml", include_str!("../data/messages.toml")),
    ("people.toml", include_str!("../data/people.toml")),
    ("places.toml", include_str!("../data/places.toml")),
    ("units_2025.txt", include_str!("../data/units_2025.txt")),
    ("units_before.txt", include_str!("../data/units_before.txt")),
];

/// Every failure code this crate can produce.
pub const CODES: &[&str] = &{
    let (behalf, number) = (behalf::CODES, personal_id::CODES);
    let mut all = [""; behalf::CODES.len() + personal_id::CODES.len()];
    let mut at = 0;
    while at < all.len() {
        all[at] = match at < behalf.len() {
            true => behalf[at],
            false => number[at - behalf.len()],
        };
        at += 1;
    }
    all
};
