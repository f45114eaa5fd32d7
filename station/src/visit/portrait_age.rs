//! How old the portrait on the card may be, in words: an official is told that a face may have changed. The bar stays.
//!
//! Measured elsewhere (`docs/presence.md`): of pictures of one person as a child or youth and as an adult, only four in ten
//! are alike enough at the limit where 96 of 100 adults are. A card may be issued at 14 and used until 25.

use emrtd::Holder;
use jiff::civil::Date;

/// The card was issued ten years ago or earlier.
pub(super) const OLD: &str = "portrait.old";
/// The portrait shows somebody under 18, taken two years ago or earlier.
pub(super) const YOUNG: &str = "portrait.young";
/// As the two, where the card does not say when it was issued: it may have been.
pub(super) const MAYBE_OLD: &str = "portrait.perhaps_old";
pub(super) const MAYBE_YOUNG: &str = "portrait.perhaps_young";

const OLD_YEARS: i16 = 10;
/// Law 26/2023/QH15 Art. 20: whoever is 14 and older must have a card; faces change most until 18.
const GROWN: i16 = 18;
const SINCE_YOUTH_YEARS: i16 = 2;

/// Ages at which a card is changed, and the age from which on it can have been issued: one that is issued in the two years
/// before such an age holds until the next (Law 26/2023/QH15 Art. 21; before it Law 59/2014/QH13 Art. 21).
const UNTIL: [(i16, i16); 4] = [(14, 0), (25, 12), (40, 23), (60, 38)];
const FOR_LIFE_FROM: i16 = 58;

/// The first cards with a chip were issued in 2021.
const FIRST_CHIPS: Date = jiff::civil::date(2021, 1, 1);

/// What is to be said of a portrait on this day.
pub(super) fn notices(holder: &Holder, day: Date) -> Vec<&'static str> {
    of(
        holder.birth_date,
        holder.expiry_date,
        holder.issue_date,
        day,
    )
}

fn of(
    birth: Option<Date>,
    expiry: Option<Date>,
    issued: Option<Date>,
    day: Date,
) -> Vec<&'static str> {
    // A date that cannot be is none.
    let issued =
        issued.filter(|issued| *issued <= day && birth.is_none_or(|birth| birth <= *issued));
    let known = issued.is_some();
    let Some(taken) = issued.or_else(|| Some(earliest(birth?, expiry, day))) else {
        return Vec::new();
    };
    let mut notices = Vec::new();
    let since = years(taken, day);
    if since >= OLD_YEARS {
        notices.push(if known { OLD } else { MAYBE_OLD });
    }
    let young = birth.is_some_and(|birth| years(birth, taken) < GROWN);
    if young && since >= SINCE_YOUTH_YEARS {
        notices.push(if known { YOUNG } else { MAYBE_YOUNG });
    }
    notices
}

/// The first day on which a card with this end can have been issued.
fn earliest(birth: Date, expiry: Option<Date>, day: Date) -> Date {
    let age = match expiry {
        // A card ends on a birthday; a few days more or less are how somebody counted.
        Some(expiry) => UNTIL
            .into_iter()
            .find(|(until, _)| years(birth, expiry) <= *until)
            .map_or(FOR_LIFE_FROM, |(_, from)| from),
        None => FOR_LIFE_FROM,
    };
    let from = Date::new(birth.year().saturating_add(age), birth.month(), 1).unwrap_or(FIRST_CHIPS);
    from.max(FIRST_CHIPS).min(day)
}

/// Whole years from one day to another.
fn years(from: Date, to: Date) -> i16 {
    let before = (to.month(), to.day()) < (from.month(), from.day());
    to.year() - from.year() - i16::from(before)
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn a_card_that_tells_its_day_is_believed() {
        let birth = Some(date(2000, 3, 15));
        let day = date(2032, 6, 1);
        let of = |issued| of(birth, Some(date(2040, 3, 15)), Some(issued), day);
        assert!(of(date(2025, 5, 1)).is_empty());
        assert_eq!(of(date(2022, 6, 1)), [OLD]);
        assert!(of(date(2022, 6, 2)).is_empty(), "ten years less a day");
    }

    #[test]
    fn a_portrait_of_a_youth_is_told_of_once_some_years_passed() {
        let birth = Some(date(2008, 3, 15));
        let expiry = Some(date(2033, 3, 15));
        let issued = Some(date(2022, 4, 1));
        assert!(of(birth, expiry, issued, date(2024, 3, 1)).is_empty());
        assert_eq!(of(birth, expiry, issued, date(2026, 4, 1)), [YOUNG]);
        assert_eq!(of(birth, expiry, issued, date(2033, 1, 1)), [OLD, YOUNG]);
    }

    #[test]
    fn without_its_day_the_end_tells_how_early_it_can_have_been() {
        let day = date(2026, 11, 1);
        // 21 years old, the card ends at 25: from the age of 12 on, but no chip before 2021, at 15.
        let youth = of(Some(date(2005, 3, 15)), Some(date(2030, 3, 15)), None, day);
        assert_eq!(youth, [MAYBE_YOUNG]);
        // 30 years old, ends at 40: from 23 on.
        let adult = of(Some(date(1996, 3, 15)), Some(date(2036, 3, 15)), None, day);
        assert!(adult.is_empty(), "{adult:?}");
        // For life: from 58 on; in 2035 such a card may be fourteen years old.
        let elder = of(Some(date(1950, 3, 15)), None, None, date(2035, 1, 1));
        assert_eq!(elder, [MAYBE_OLD]);
        // Nothing known, nothing said.
        assert!(of(None, None, None, day).is_empty());
    }

    #[test]
    fn days_that_cannot_be_are_not_believed() {
        let day = date(2026, 11, 1);
        let birth = Some(date(1996, 3, 15));
        let expiry = Some(date(2036, 3, 15));
        for wrong in [date(2030, 1, 1), date(1990, 1, 1)] {
            assert!(of(birth, expiry, Some(wrong), day).is_empty(), "{wrong}");
        }
        // Born "tomorrow" and ends long ago: no panic.
        of(Some(date(2027, 1, 1)), Some(date(1900, 1, 1)), None, day);
        of(Some(Date::MAX), Some(Date::MIN), None, day);
    }
}
