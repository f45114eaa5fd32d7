//! How many connections each address holds, so that nobody can take all places for himself.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};

use crate::http::network;

/// The open connections of all addresses; no longer than the list of places.
pub(crate) struct Neighbours {
    most: u32,
    open: Arc<Mutex<HashMap<IpAddr, u32>>>,
}

/// One connection of an address, for as long as it lives.
pub(crate) struct Neighbour {
    open: Arc<Mutex<HashMap<IpAddr, u32>>>,
    address: IpAddr,
}

impl Neighbours {
    pub(crate) fn new(most: u32) -> Self {
        Self {
            most,
            open: Arc::default(),
        }
    }

    /// A place for one more connection from this address, if it has one left.
    pub(crate) fn join(&self, address: IpAddr) -> Option<Neighbour> {
        let address = network(address);
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let count = open.entry(address).or_default();
        if *count >= self.most {
            return None;
        }
        *count += 1;
        Some(Neighbour {
            open: self.open.clone(),
            address,
        })
    }
}

impl Drop for Neighbour {
    fn drop(&mut self) {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = open.get_mut(&self.address) {
            *count -= 1;
            if *count == 0 {
                open.remove(&self.address);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_has_so_many_places_and_gets_them_back() {
        let neighbours = Neighbours::new(2);
        let (one, other) = (IpAddr::from([10, 0, 0, 1]), IpAddr::from([10, 0, 0, 2]));
        let first = neighbours.join(one).unwrap();
        let _second = neighbours.join(one).unwrap();
        assert!(neighbours.join(one).is_none());
        assert!(neighbours.join(other).is_some());
        drop(first);
        assert!(neighbours.join(one).is_some());
        assert_eq!(neighbours.open.lock().unwrap().len(), 1);
    }
}
