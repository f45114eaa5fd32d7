//! What must stand before the first card of a shift, or of a visit: looked at then, so that nothing
//! fails after the citizen has given half an hour. Nothing here ever ends a visit that has begun.
//!
//! The stop rules live here too: a desk that gathers bundles and cannot bring them away must stop in
//! time, after it has said so for a while.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

pub const CODES: &[&str] = &[
    "preflight.certificate_soon",
    "preflight.clock_behind",
    "preflight.clock_differs",
    "preflight.clock_unchecked",
    "preflight.disk_low",
    "preflight.disk_full",
    "preflight.refused_waiting",
    "preflight.spool_unwritable",
    "preflight.tickets_low",
    "preflight.verifier_not_reached",
    "preflight.waiting_many",
    "preflight.waiting_too_many",
    "preflight.waiting_long",
    "preflight.waiting_too_long",
];

/// What one visit may take on disk: a pile of colour pages as PDF, twice while it is sealed. The
/// demo's visit of two pages takes under 1 MiB.
const VISIT_BYTES: u64 = 32 << 20;

/// When a desk warns, and when it stops opening visits (`[stop]` in `station.toml`).
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct StopRules {
    pub free_bytes_warn: u64,
    pub free_bytes_stop: u64,
    pub waiting_warn: usize,
    pub waiting_stop: usize,
    pub age_hours_warn: u32,
    pub age_hours_stop: u32,
    pub tickets_warn: usize,
    pub certificate_days_warn: u32,
    /// How far the desk's clock may be from the verifier's.
    pub clock_skew_s: u32,
}

impl Default for StopRules {
    fn default() -> Self {
        Self {
            // Room for some hundred and fifty visits, and for thirty.
            free_bytes_warn: 5 << 30,
            free_bytes_stop: 1 << 30,
            // Two thousand is what a verifier lets one desk hold in open tickets.
            waiting_warn: 1000,
            waiting_stop: 2000,
            // Three days is a long weekend; a ticket lives fourteen days, and so does a half-sent blob.
            age_hours_warn: 72,
            age_hours_stop: 240,
            // Less than half a shift.
            tickets_warn: 20,
            certificate_days_warn: 30,
            // The verifier takes no bundle from further ahead (`examination.clock_skew_s`).
            clock_skew_s: 300,
        }
    }
}

/// Everything that was looked at. Times and sizes only: no key, no name.
#[derive(Debug, Clone, Default)]
pub struct Facts {
    /// The code of what kept the keys from sealing, if anything did.
    pub seal: Option<&'static str>,
    /// The code of what is wrong with the trust lists, if anything is.
    pub trust: Option<&'static str>,
    /// When the first of the signing certificates runs out.
    pub certificate_until: Option<Timestamp>,
    /// The latest moment the verifier signed that this desk knows of.
    pub last_signed: Option<Timestamp>,
    /// What time it is at the verifier, or why it could not be asked.
    pub verifier: Option<Result<Timestamp, &'static str>>,
    pub spool_writable: bool,
    pub free_bytes: Option<u64>,
    pub waiting: usize,
    pub refused: usize,
    pub oldest_waiting: Option<Timestamp>,
    pub tickets: usize,
}

/// How much a finding weighs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Weight {
    /// Visits may be opened; somebody should see to it.
    Warning,
    /// No visit is opened.
    Stop,
}

/// One thing that is not as it should be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    pub code: &'static str,
    pub weight: Weight,
    /// A figure for the words: days, seconds, pieces; what it counts is in `unit`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub figure: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unit: Option<&'static str>,
}

/// What came of looking.
#[derive(Debug, Clone, Serialize)]
pub struct Preflight {
    pub findings: Vec<Finding>,
    /// Visits that still fit on the disk before the desk stops.
    pub visits_left: Option<u64>,
    pub tickets: usize,
    pub waiting: usize,
}

impl Preflight {
    /// Judges what was looked at. Every finding is told at once, the heaviest first.
    #[must_use]
    pub fn judge(facts: &Facts, rules: &StopRules, now: Timestamp) -> Self {
        let mut findings = Vec::new();
        for code in [facts.seal, facts.trust].into_iter().flatten() {
            findings.push(stop(code));
        }
        if facts.seal.is_none()
            && let Some(until) = facts.certificate_until
        {
            let days = hours(now, until) / 24;
            if days < i64::from(rules.certificate_days_warn) {
                findings.push(warning("preflight.certificate_soon").of(days, "days"));
            }
        }
        clock(facts, rules, now, &mut findings);
        if !facts.spool_writable {
            findings.push(stop("preflight.spool_unwritable"));
        }
        spool(facts, rules, now, &mut findings);
        tickets(facts, rules, &mut findings);
        findings.sort_by_key(|finding| std::cmp::Reverse(finding.weight));
        Self {
            findings,
            visits_left: facts
                .free_bytes
                .map(|free| free.saturating_sub(rules.free_bytes_stop) / VISIT_BYTES),
            tickets: facts.tickets,
            waiting: facts.waiting,
        }
    }

    /// The first reason not to open a visit.
    #[must_use]
    pub fn stops(&self) -> Option<&Finding> {
        self.findings
            .iter()
            .find(|finding| finding.weight == Weight::Stop)
    }
}

impl Finding {
    fn of(mut self, figure: i64, unit: &'static str) -> Self {
        self.figure = Some(figure);
        self.unit = Some(unit);
        self
    }
}

fn warning(code: &'static str) -> Finding {
    Finding {
        code,
        weight: Weight::Warning,
        figure: None,
        unit: None,
    }
}

fn stop(code: &'static str) -> Finding {
    Finding {
        weight: Weight::Stop,
        ..warning(code)
    }
}

/// A clock cannot be right that is behind what was signed yesterday, or far from the verifier's.
fn clock(facts: &Facts, rules: &StopRules, now: Timestamp, findings: &mut Vec<Finding>) {
    let skew = i64::from(rules.clock_skew_s);
    let seconds = |from: Timestamp, to: Timestamp| to.duration_since(from).as_secs();
    match facts.verifier {
        Some(Ok(there)) => {
            let ahead = seconds(there, now);
            if ahead.abs() > skew {
                findings.push(stop("preflight.clock_differs").of(ahead, "seconds"));
            }
        }
        // Without network visits go on; without a word from the verifier the clock is only guessed.
        asked => {
            if let Some(Err(code)) = asked {
                findings.push(if code == "courier.unreachable" {
                    warning("preflight.verifier_not_reached")
                } else {
                    warning(code)
                });
            }
            match facts.last_signed {
                Some(signed) if seconds(now, signed) > skew => {
                    findings
                        .push(stop("preflight.clock_behind").of(seconds(now, signed), "seconds"));
                }
                Some(signed) if hours(signed, now) > i64::from(rules.age_hours_stop) => {
                    findings.push(
                        warning("preflight.clock_unchecked").of(hours(signed, now) / 24, "days"),
                    );
                }
                _ => {}
            }
        }
    }
}

fn spool(facts: &Facts, rules: &StopRules, now: Timestamp, findings: &mut Vec<Finding>) {
    if let Some(free) = facts.free_bytes {
        let visits = (free.saturating_sub(rules.free_bytes_stop) / VISIT_BYTES)
            .try_into()
            .unwrap_or(i64::MAX);
        if free < rules.free_bytes_stop {
            findings.push(stop("preflight.disk_full"));
        } else if free < rules.free_bytes_warn {
            findings.push(warning("preflight.disk_low").of(visits, "visits"));
        }
    }
    let waiting = i64::try_from(facts.waiting).unwrap_or(i64::MAX);
    if facts.waiting >= rules.waiting_stop {
        findings.push(stop("preflight.waiting_too_many").of(waiting, "bundles"));
    } else if facts.waiting >= rules.waiting_warn {
        findings.push(warning("preflight.waiting_many").of(waiting, "bundles"));
    }
    if let Some(oldest) = facts.oldest_waiting {
        let age = hours(oldest, now);
        if age >= i64::from(rules.age_hours_stop) {
            findings.push(stop("preflight.waiting_too_long").of(age, "hours"));
        } else if age >= i64::from(rules.age_hours_warn) {
            findings.push(warning("preflight.waiting_long").of(age, "hours"));
        }
    }
    if facts.refused > 0 {
        let refused = i64::try_from(facts.refused).unwrap_or(i64::MAX);
        findings.push(warning("preflight.refused_waiting").of(refused, "bundles"));
    }
}

/// With network an empty stock is filled when the visit is opened; without, it ends the shift.
fn tickets(facts: &Facts, rules: &StopRules, findings: &mut Vec<Finding>) {
    let reached = matches!(facts.verifier, Some(Ok(_)));
    let left = i64::try_from(facts.tickets).unwrap_or(i64::MAX);
    if facts.tickets == 0 && !reached {
        findings.push(stop("ticket.none_left"));
    } else if facts.tickets < rules.tickets_warn {
        findings.push(warning("preflight.tickets_low").of(left, "tickets"));
    }
}

fn hours(from: Timestamp, to: Timestamp) -> i64 {
    SignedDuration::as_hours(&to.duration_since(from))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now() -> Timestamp {
        "2026-03-04T08:00:00Z".parse().unwrap()
    }

    fn ago(hours: i64) -> Timestamp {
        now() - SignedDuration::from_hours(hours)
    }

    fn good() -> Facts {
        Facts {
            certificate_until: Some(ago(-24 * 200)),
            last_signed: Some(ago(10)),
            verifier: Some(Ok(now())),
            spool_writable: true,
            free_bytes: Some(100 << 30),
            tickets: 50,
            ..Facts::default()
        }
    }

    fn found(facts: &Facts) -> Vec<(&'static str, Weight, Option<i64>)> {
        let told = Preflight::judge(facts, &StopRules::default(), now());
        told.findings
            .iter()
            .map(|finding| (finding.code, finding.weight, finding.figure))
            .collect()
    }

    #[test]
    fn a_desk_in_order_has_nothing_to_say() {
        let told = Preflight::judge(&good(), &StopRules::default(), now());
        assert!(
            told.findings.is_empty() && told.stops().is_none(),
            "{told:?}"
        );
        assert_eq!(told.visits_left, Some((99 << 30) / VISIT_BYTES));
    }

    #[test]
    fn it_warns_first_and_stops_later() {
        use Weight::{Stop, Warning};
        type Case = (fn(&mut Facts), &'static str, Weight, Option<i64>);
        let cases: [Case; 16] = [
            (
                |it| it.free_bytes = Some(2 << 30),
                "preflight.disk_low",
                Warning,
                Some(32),
            ),
            (
                |it| it.free_bytes = Some(1 << 29),
                "preflight.disk_full",
                Stop,
                None,
            ),
            (
                |it| it.waiting = 1000,
                "preflight.waiting_many",
                Warning,
                Some(1000),
            ),
            (
                |it| it.waiting = 2000,
                "preflight.waiting_too_many",
                Stop,
                Some(2000),
            ),
            (
                |it| it.oldest_waiting = Some(ago(72)),
                "preflight.waiting_long",
                Warning,
                Some(72),
            ),
            (
                |it| it.oldest_waiting = Some(ago(240)),
                "preflight.waiting_too_long",
                Stop,
                Some(240),
            ),
            (
                |it| it.tickets = 19,
                "preflight.tickets_low",
                Warning,
                Some(19),
            ),
            (
                |it| it.tickets = 0,
                "preflight.tickets_low",
                Warning,
                Some(0),
            ),
            (
                |it| it.refused = 2,
                "preflight.refused_waiting",
                Warning,
                Some(2),
            ),
            (
                |it| it.spool_writable = false,
                "preflight.spool_unwritable",
                Stop,
                None,
            ),
            (
                |it| it.seal = Some("seal.station_key"),
                "seal.station_key",
                Stop,
                None,
            ),
            (
                |it| it.trust = Some("trust.empty"),
                "trust.empty",
                Stop,
                None,
            ),
            (
                |it| it.certificate_until = Some(ago(-24 * 9)),
                "preflight.certificate_soon",
                Warning,
                Some(9),
            ),
            (
                |it| it.verifier = Some(Ok(ago(1))),
                "preflight.clock_differs",
                Stop,
                Some(3600),
            ),
            (
                |it| it.verifier = Some(Ok(ago(-1))),
                "preflight.clock_differs",
                Stop,
                Some(-3600),
            ),
            (
                |it| it.verifier = Some(Err("courier.certificate_refused")),
                "courier.certificate_refused",
                Warning,
                None,
            ),
        ];
        for (spoil, code, weight, figure) in cases {
            let mut facts = good();
            spoil(&mut facts);
            assert_eq!(found(&facts), [(code, weight, figure)]);
        }
    }

    #[test]
    fn without_network_the_clock_is_held_against_what_was_signed_and_work_goes_on() {
        use Weight::{Stop, Warning};
        let offline = Facts {
            verifier: Some(Err("courier.unreachable")),
            ..good()
        };
        let not_reached = ("preflight.verifier_not_reached", Warning, None);
        assert_eq!(found(&offline), [not_reached]);
        // The battery of the clock is dead: it is 1970, or yesterday.
        let behind = Facts {
            last_signed: Some(ago(-1)),
            ..offline.clone()
        };
        assert_eq!(
            found(&behind),
            [("preflight.clock_behind", Stop, Some(3600)), not_reached]
        );
        let alone = Facts {
            last_signed: Some(ago(24 * 12)),
            ..offline.clone()
        };
        assert_eq!(
            found(&alone),
            [
                not_reached,
                ("preflight.clock_unchecked", Warning, Some(12))
            ]
        );
        // An empty stock that cannot be filled ends the shift.
        let empty = Facts {
            tickets: 0,
            ..offline
        };
        assert_eq!(
            found(&empty),
            [("ticket.none_left", Stop, None), not_reached]
        );
    }
}
