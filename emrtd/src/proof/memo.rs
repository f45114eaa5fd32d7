//! What was found out once about a certificate that comes again and again: one document signer stands in the chips of
//! a hundred thousand cards, and checking its certificate costs as much as all the rest of a card.
//!
//! Only facts that follow from bytes alone are kept, each under a digest of all these bytes, and only so many.

use std::collections::HashMap;
use std::hash::BuildHasherDefault;
use std::sync::{Mutex, PoisonError};

use openssl::sha::Sha256;

/// Facts kept of one kind. The largest country has some hundred signers in use at a time.
const MOST: usize = 1024;

/// Facts of one kind.
pub(crate) struct Memo<T>(
    Mutex<HashMap<[u8; 32], T, BuildHasherDefault<std::hash::DefaultHasher>>>,
);

impl<T: Clone> Memo<T> {
    pub(crate) const fn new() -> Self {
        Self(Mutex::new(HashMap::with_hasher(BuildHasherDefault::new())))
    }

    /// The fact that follows from these pieces: as it was found before, or as `find` finds it. What it does not find is
    /// looked for again the next time.
    pub(crate) fn of(&self, pieces: &[&[u8]], find: impl FnOnce() -> Option<T>) -> Option<T> {
        let name = name(pieces);
        let known = || self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(fact) = known().get(&name) {
            return Some(fact.clone());
        }
        let fact = find()?;
        let mut known = known();
        if known.len() >= MOST {
            known.clear();
        }
        known.insert(name, fact.clone());
        Some(fact)
    }
}

/// Each piece with its length, so that no two lists have the same digest.
fn name(pieces: &[&[u8]]) -> [u8; 32] {
    let mut digest = Sha256::new();
    for piece in pieces {
        digest.update(&(piece.len() as u64).to_be_bytes());
        digest.update(piece);
    }
    digest.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fact_is_found_once_and_only_so_many_are_kept() {
        let memo = Memo::new();
        let found = |pieces: &[&[u8]], fact| memo.of(pieces, || fact);
        assert_eq!(found(&[b"ab", b"c"], None), None);
        assert_eq!(found(&[b"ab", b"c"], Some(1)), Some(1));
        assert_eq!(found(&[b"ab", b"c"], Some(2)), Some(1));
        assert_eq!(found(&[b"a", b"bc"], Some(3)), Some(3));
        for n in 0..MOST as u32 {
            found(&[&n.to_be_bytes()], Some(n));
        }
        assert!(memo.0.lock().unwrap().len() <= MOST);
        assert_eq!(found(&[b"ab", b"c"], Some(4)), Some(4));
    }
}
