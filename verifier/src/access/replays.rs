//! Proofs that were used: remembered for as long as their nonce is taken, in a table that cannot grow past a bound.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use access_tokens::{NONCE_LIFE_S, Proof};

/// Proofs remembered at once, about 40 bytes each. Only proofs beside good tokens come here, within the client's share.
const MAX_PROOFS: usize = 200_000;

/// Half of a digest: a name that nobody makes twice.
type Name = [u8; 16];

/// Whether a proof may be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Use {
    First,
    Again,
    /// There is no room to remember it, so it cannot be taken.
    NoRoom,
}

/// The memory of this process. A restart forgets it and the nonces with it, so nothing old is taken after one.
#[derive(Default)]
pub(super) struct Replays {
    used: Mutex<HashMap<Name, i64>>,
}

impl Replays {
    /// Whether this proof was used before; nothing is remembered.
    pub(super) fn knows(&self, proof: &Proof) -> bool {
        let used = self.used.lock().unwrap_or_else(PoisonError::into_inner);
        used.contains_key(&name(proof))
    }

    /// Uses a proof up.
    pub(super) fn uses(&self, proof: &Proof, now: i64) -> Use {
        let mut used = self.used.lock().unwrap_or_else(PoisonError::into_inner);
        if used.len() >= MAX_PROOFS {
            used.retain(|_, until| *until > now);
        }
        let room = used.len() < MAX_PROOFS;
        match used.entry(name(proof)) {
            std::collections::hash_map::Entry::Occupied(_) => Use::Again,
            std::collections::hash_map::Entry::Vacant(_) if !room => Use::NoRoom,
            std::collections::hash_map::Entry::Vacant(place) => {
                // Its nonce was given at most now, and is taken for two lives.
                place.insert(now + 2 * NONCE_LIFE_S);
                Use::First
            }
        }
    }
}

fn name(proof: &Proof) -> Name {
    let text = format!("{}\n{}", proof.thumbprint, proof.id);
    let digest = ring::digest::digest(&ring::digest::SHA256, text.as_bytes());
    let mut name = Name::default();
    name.copy_from_slice(&digest.as_ref()[..16]);
    name
}

#[cfg(test)]
mod tests {
    use super::*;

    fn proof(n: u32) -> Proof {
        Proof {
            thumbprint: "t".to_owned(),
            id: n.to_string(),
            nonce: None,
        }
    }

    #[test]
    fn a_proof_is_used_once_and_ten_thousand_tries_take_no_room() {
        let replays = Replays::default();
        assert!(!replays.knows(&proof(1)));
        assert_eq!(replays.uses(&proof(1), 0), Use::First);
        for _ in 0..10_000 {
            assert_eq!(replays.uses(&proof(1), 0), Use::Again);
        }
        assert!(replays.knows(&proof(1)));
        assert_eq!(replays.used.lock().unwrap().len(), 1);
    }

    #[test]
    fn a_full_table_takes_nothing_until_something_is_old() {
        let replays = Replays::default();
        let full = u32::try_from(MAX_PROOFS).unwrap();
        for n in 0..full {
            assert_eq!(replays.uses(&proof(n), 0), Use::First);
        }
        assert_eq!(replays.uses(&proof(full), 0), Use::NoRoom);
        assert_eq!(replays.uses(&proof(0), 0), Use::Again);
        assert_eq!(replays.used.lock().unwrap().len(), MAX_PROOFS);
        assert_eq!(replays.uses(&proof(full), 2 * NONCE_LIFE_S), Use::First);
        assert_eq!(replays.used.lock().unwrap().len(), 1);
    }
}
