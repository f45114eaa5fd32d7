//! The desk's clock: Vietnam keeps UTC+7 all year, whatever the machine's own zone says.

use jiff::tz::{Offset, TimeZone};

/// Indochina Time, fixed: no daylight saving since 1975.
#[must_use]
pub fn vietnam() -> TimeZone {
    TimeZone::fixed(Offset::constant(7))
}
