//! What desks say of their queues: the oldest epoch of the verifier's key that a waiting bundle needs.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Roster, RosterError, disk};
use crate::enroll::Subject;

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Report {
    station: String,
    oldest: u32,
    at: Timestamp,
}

impl Roster {
    /// A desk says that none of its bundles, waiting or still to be sealed, needs an epoch before `oldest`.
    pub(crate) fn note_epoch(
        &self,
        station: &str,
        oldest: u32,
        at: Timestamp,
    ) -> Result<(), RosterError> {
        let _turn = disk::lock(&self.folder)?;
        let report = Report {
            station: station.to_owned(),
            oldest,
            at,
        };
        let path = self.folder.join(format!("epochs/{station}.json"));
        disk::write_json(&path, &report)
    }

    /// The desks that may still bring bundles of `epoch` or before: enrolled or heard of, not compromised,
    /// and not known to be past it.
    pub fn desks_before(&self, epoch: u32) -> Result<Vec<String>, RosterError> {
        let standing = self.standing()?;
        let reports: Vec<Report> = disk::read_all(&self.folder.join("epochs"))?;
        let mut desks: Vec<String> = self
            .enrolled()?
            .into_iter()
            .filter_map(|enrolled| match enrolled.subject {
                Subject::Station { id } => Some(id),
                Subject::Operator { .. } => None,
            })
            .chain(reports.iter().map(|report| report.station.clone()))
            .collect();
        desks.sort();
        desks.dedup();
        desks.retain(|desk| {
            let past = reports
                .iter()
                .any(|report| report.station == *desk && report.oldest > epoch);
            !past && !standing.station_is_compromised(desk, "")
        });
        Ok(desks)
    }
}
