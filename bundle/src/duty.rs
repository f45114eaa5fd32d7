//! The verifier's word on who may sign in at a desk: names, roles and PINs (as argon2id), good without network.
//!
//! A desk keeps the newest list that it has seen and follows no older one: a list from before somebody was struck off
//! must not come back.

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::envelope::Envelope;
use crate::ids::OperatorId;
use crate::key::{ReceiptKey, VerifierPublicKey};
use crate::manifest::Role;

/// A ward has dozens of officials and volunteers, not thousands.
const MAX_LIST_BYTES: usize = 256 * 1024;

const PAYLOAD_TYPE: &str = "application/vnd.niem.duty.v1+json";

/// Who may sign in, and until when this list counts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DutyList {
    /// Grows with every list; a desk follows no smaller one.
    pub number: u64,
    pub issued_at: Timestamp,
    pub until: Timestamp,
    pub people: Vec<OnDuty>,
}

/// One person.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OnDuty {
    pub operator: OperatorId,
    /// As it stands on the screen.
    pub name: String,
    pub role: Role,
    /// argon2id in PHC form, e.g. `$argon2id$v=19$m=19456,t=2,p=1$…`.
    pub pin: String,
}

/// Neither name nor PIN.
impl std::fmt::Debug for OnDuty {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "OnDuty({:?}, {:?})", self.operator, self.role)
    }
}

/// A list as the verifier hands it out. Holding one proves nothing until [`SignedDuty::verify`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SignedDuty(Envelope);

/// Why a list is not followed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DutyError {
    /// Not a list at all.
    #[error("this is not a list of a known form")]
    Malformed,
    /// Not signed by this verifier.
    #[error("the list is not signed by the verifier")]
    SignatureInvalid,
    /// Its time is over, or has not come.
    #[error("the list does not count at this time")]
    OutOfTime,
    /// A newer one is known already.
    #[error("the list is older than the one in use")]
    Older,
}

impl DutyError {
    /// The stable code of this failure.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Malformed => "duty.malformed",
            Self::SignatureInvalid => "duty.signature_invalid",
            Self::OutOfTime => "duty.out_of_time",
            Self::Older => "duty.older",
        }
    }

    #[cfg(test)]
    pub(crate) const ALL: &'static [Self] = &[
        Self::Malformed,
        Self::SignatureInvalid,
        Self::OutOfTime,
        Self::Older,
    ];
}

impl SignedDuty {
    /// Signs a list with the verifier's receipt key.
    #[must_use]
    pub fn issue(list: &DutyList, key: &ReceiptKey) -> Self {
        let payload = serde_json::to_vec(list).expect("plain fields always serialise");
        let mut envelope = Envelope::unsigned(PAYLOAD_TYPE, payload);
        key.sign_envelope(&mut envelope);
        Self(envelope)
    }

    /// Reads a list of bounded length.
    ///
    /// # Errors
    /// [`DutyError::Malformed`].
    pub fn from_json(json: &[u8]) -> Result<Self, DutyError> {
        Envelope::from_json_within(json, MAX_LIST_BYTES)
            .map(Self)
            .map_err(|_| DutyError::Malformed)
    }

    /// The list as JSON.
    #[must_use]
    pub fn to_json(&self) -> Vec<u8> {
        self.0.to_json()
    }

    /// The list, once the verifier's signature is found good and its time has come. `newest` is the largest number that
    /// the desk has followed so far.
    ///
    /// # Errors
    /// [`DutyError`].
    pub fn verify(
        &self,
        key: &VerifierPublicKey,
        now: Timestamp,
        newest: u64,
    ) -> Result<DutyList, DutyError> {
        if self.0.payload_type != PAYLOAD_TYPE || self.0.payload.len() > MAX_LIST_BYTES {
            return Err(DutyError::Malformed);
        }
        if !key.has_signed(&self.0) {
            return Err(DutyError::SignatureInvalid);
        }
        let list: DutyList =
            serde_json::from_slice(&self.0.payload).map_err(|_| DutyError::Malformed)?;
        let names: BTreeSet<&str> = list
            .people
            .iter()
            .map(|person| person.operator.as_str())
            .collect();
        if names.len() != list.people.len() {
            return Err(DutyError::Malformed);
        }
        if list.number < newest {
            return Err(DutyError::Older);
        }
        if now < list.issued_at || now >= list.until {
            return Err(DutyError::OutOfTime);
        }
        Ok(list)
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use rand_core::{OsRng, TryRngCore as _};

    use super::*;

    fn list(number: u64) -> DutyList {
        let person = |id: &str| OnDuty {
            operator: OperatorId::new(id).unwrap(),
            name: "Cán bộ Mẫu".into(),
            role: Role::Clerk,
            pin: "$argon2id$v=19$m=19456,t=2,p=1$c2FsdA$aGFzaA".into(),
        };
        DutyList {
            number,
            issued_at: "2026-03-02T00:00:00Z".parse().unwrap(),
            until: "2026-04-02T00:00:00Z".parse().unwrap(),
            people: vec![person("can-bo-mau"), person("can-bo-hai")],
        }
    }

    #[test]
    fn a_list_counts_only_signed_in_its_time_and_forwards() {
        let key = ReceiptKey::generate(&mut OsRng.unwrap_err());
        let other = ReceiptKey::generate(&mut OsRng.unwrap_err());
        let noon: Timestamp = "2026-03-10T05:00:00Z".parse().unwrap();
        let signed = SignedDuty::from_json(&SignedDuty::issue(&list(3), &key).to_json()).unwrap();
        assert_eq!(signed.verify(key.public_key(), noon, 3), Ok(list(3)));
        for (key, at, newest, error) in [
            (other.public_key(), noon, 3, DutyError::SignatureInvalid),
            (key.public_key(), noon, 4, DutyError::Older),
            (
                key.public_key(),
                "2026-03-01T23:59:59Z".parse().unwrap(),
                0,
                DutyError::OutOfTime,
            ),
            (
                key.public_key(),
                "2026-04-02T00:00:00Z".parse().unwrap(),
                0,
                DutyError::OutOfTime,
            ),
        ] {
            assert_eq!(signed.verify(key, at, newest), Err(error));
        }
        // Two people of one name would share a lock.
        let mut twice = list(4);
        twice.people[1].operator = twice.people[0].operator.clone();
        let twice = SignedDuty::issue(&twice, &key);
        assert_eq!(
            twice.verify(key.public_key(), noon, 0),
            Err(DutyError::Malformed)
        );
    }

    #[test]
    fn neither_names_nor_pins_are_in_a_debug_line() {
        let told = format!("{:?}", list(1));
        assert!(!told.contains("Mẫu") && !told.contains("argon2"), "{told}");
    }
}
