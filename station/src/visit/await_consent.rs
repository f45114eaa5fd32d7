//! Waiting for the citizen's own touch on their own display (Law 91/2025/QH15, Decree
//! 356/2025/NĐ-CP: explicit, per purpose, never by default).

use bundle::{Consent, Purpose};

use super::event::Stop;
use super::gathered::{Consented, Opening};

pub(super) const REFUSED: &str = "consent.refused";

pub struct AwaitConsent {
    pub(super) opening: Opening,
}

impl AwaitConsent {
    /// Both purposes are needed for a visit that files papers; refusing one is a normal end.
    pub(super) fn answered(self, consents: Vec<Consent>) -> Result<Consented, Stop> {
        let given = |purpose: Purpose| consents.iter().any(|consent| consent.purpose == purpose);
        if given(Purpose::Identify) && given(Purpose::File) {
            Ok(Consented {
                opening: self.opening,
                consents,
                child_agreed_at: None,
            })
        } else {
            Err(Stop::refusal(REFUSED))
        }
    }
}
