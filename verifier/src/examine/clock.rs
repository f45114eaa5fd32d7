//! Clocks: whether the times that a visit names can all be true. A desk names its own time, so this proves none of them;
//! it finds a clock that was set, stood still or ran away, and papers put together from two visits.

use bundle::{Statement, VisitId};
use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

use super::checklist::{Fault, Report};
use super::envelope::fault_if;
use super::{Examiner, Register};
use crate::wallet::StoreFailure;

/// A ticket's day: no visit lasts longer.
const LONGEST_VISIT: SignedDuration = SignedDuration::from_hours(24);
/// A bundle may name a time ten minutes ahead of ours (`docs/bundle-v1.md` §2), and a clock that ran ahead so far may be set
/// right before the next one.
const AHEAD: SignedDuration = SignedDuration::from_mins(10);

/// What is compared, from the statement and the manifest.
pub(super) struct Times<'a> {
    pub(super) statement: &'a Statement,
    pub(super) opened_at: Timestamp,
    pub(super) consents: Vec<Timestamp>,
}

pub(super) fn check(
    examiner: &Examiner,
    times: &Times<'_>,
    register: Option<&dyn Register>,
    report: &mut Report,
) -> Result<(), StoreFailure> {
    let (statement, opened_at) = (times.statement, times.opened_at);
    let sealed_at = statement.created();
    let skew = examiner.policy.clock_skew;
    let mut faults = fault_if(opened_at > sealed_at, "examine.times");
    if sealed_at.duration_since(opened_at) > LONGEST_VISIT {
        faults.push(Fault::new("examine.visit_too_long"));
    }
    let within = |at: &Timestamp| {
        at.duration_since(opened_at) >= -skew && sealed_at.duration_since(*at) >= -skew
    };
    if !times.consents.iter().all(within) {
        faults.push(Fault::new("examine.consent_time"));
    }
    // RFC 9562 §5.7: the name of a visit, and that of a bundle, hold the moment at which they were given.
    let names = [
        ("visit", statement.visit().uuid(), opened_at),
        ("bundle", statement.bundle_id().uuid(), sealed_at),
    ];
    for (place, name, at) in names {
        if moment(name).is_none_or(|named| named.duration_since(at).abs() > skew) {
            faults.push(Fault::at("examine.name_time", place));
        }
    }
    let sealed_to = |name: &String| statement.recipients().contains(name);
    let early = |since: Timestamp| since.duration_since(sealed_at) > skew;
    let epochs = &examiner.policy.epochs;
    if epochs
        .iter()
        .any(|(name, since)| sealed_to(name) && early(*since))
    {
        faults.push(Fault::new("examine.before_epoch"));
    }
    report.checked("visit.times", faults);

    let previous = match (register, statement.previous()) {
        (None, Some(_)) => {
            report.not_checkable(&["station.chain"]);
            return Ok(());
        }
        (Some(register), Some(previous)) => register.filed_as(&previous)?,
        (_, None) => None,
    };
    // One that is not filed here, or not yet, says nothing.
    let faults = previous.map_or_else(Vec::new, |(station, visit)| {
        let mut faults = fault_if(
            station != *statement.station(),
            "examine.chain_other_station",
        );
        if went_back(visit, sealed_at, skew) {
            faults.push(Fault::new("examine.chain_backwards"));
        }
        faults
    });
    report.checked("station.chain", faults);
    Ok(())
}

/// The bundle before holds a visit that was opened after this bundle was sealed.
fn went_back(before: VisitId, sealed_at: Timestamp, skew: SignedDuration) -> bool {
    moment(before.uuid()).is_some_and(|opened| opened.duration_since(sealed_at) > AHEAD + skew)
}

/// The moment in a UUID of version 7.
fn moment(name: Uuid) -> Option<Timestamp> {
    let (seconds, nanoseconds) = (name.get_version_num() == 7)
        .then(|| name.get_timestamp())??
        .to_unix();
    Timestamp::new(
        i64::try_from(seconds).ok()?,
        i32::try_from(nanoseconds).ok()?,
    )
    .ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_tells_its_moment_to_the_millisecond() {
        let at: Timestamp = "2026-03-02T05:00:00.123Z".parse().unwrap();
        assert_eq!(moment(VisitId::at(at).uuid()), Some(at));
        assert_eq!(moment(Uuid::from_u128(7)), None);
        assert_eq!(moment(Uuid::max()), None);
    }

    #[test]
    fn a_clock_may_be_set_right_by_as_much_as_it_may_be_wrong() {
        let skew = SignedDuration::from_mins(5);
        let sealed: Timestamp = "2026-03-02T05:00:00Z".parse().unwrap();
        let opened = |minutes| VisitId::at(sealed + SignedDuration::from_mins(minutes));
        assert!(!went_back(opened(-600), sealed, skew));
        assert!(!went_back(opened(15), sealed, skew));
        assert!(went_back(opened(16), sealed, skew));
    }
}
