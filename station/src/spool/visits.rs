//! Which visits the bundles of this desk are of, as the desk itself wrote it: no secret, and no word about a citizen.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use bundle::{SealedBundle, VisitId};
use serde::Deserialize;

use super::{Spool, Standing};

#[derive(Deserialize)]
struct Envelope {
    payload: String,
}

#[derive(Deserialize)]
struct Statement {
    predicate: Predicate,
}

#[derive(Deserialize)]
struct Predicate {
    visit: VisitId,
}

impl Spool {
    /// Whether this visit was sealed already, and lies here.
    #[must_use]
    pub fn holds(&self, visit: VisitId) -> bool {
        [Standing::Waiting, Standing::Carried, Standing::Refused]
            .into_iter()
            .filter_map(|standing| Some((self.place(standing), self.folders_of(standing).ok()?)))
            .flat_map(|(place, folders)| {
                folders
                    .into_iter()
                    .map(move |digest| place.join(digest.to_string()))
            })
            .filter_map(|folder| SealedBundle::load(folder).ok())
            .any(|sealed| visit_of(&sealed) == Some(visit))
    }
}

fn visit_of(sealed: &SealedBundle) -> Option<VisitId> {
    let envelope: Envelope = serde_json::from_slice(sealed.envelope_json()).ok()?;
    let payload = BASE64_STANDARD.decode(envelope.payload).ok()?;
    let statement: Statement = serde_json::from_slice(&payload).ok()?;
    Some(statement.predicate.visit)
}
