//! How often anybody may ask, and over how many connections.

use std::num::NonZeroU32;

use serde::Deserialize;

/// Short enough that a client told to wait waits seconds and not minutes.
const WINDOW_S: u32 = 10;
/// A courier with a night's backlog sends a bundle of ten parts with about 25 requests; this is twelve bundles a second,
/// more than one desk seals in an hour.
const STATION_REQUESTS: u32 = 3_000;
/// A person at a desk, or a program that reads for many of them.
const CLIENT_REQUESTS: u32 = 500;
/// Whoever reads the log from the beginning; and whoever guesses tokens.
const ADDRESS_REQUESTS: u32 = 500;
/// Many desks may stand behind one address; a quarter of all places still leaves room for others.
const ADDRESS_CONNECTIONS: u32 = 128;

/// Each client's share of the service.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Rates {
    /// The time in which a share comes back.
    pub window_s: NonZeroU32,
    /// Requests a window, of one station.
    pub station_requests: NonZeroU32,
    /// Requests a window, of one integrator, official or watcher.
    pub client_requests: NonZeroU32,
    /// Requests a window, of everybody else at one address.
    pub address_requests: NonZeroU32,
    /// Connections open at once from one address.
    pub address_connections: NonZeroU32,
}

impl Default for Rates {
    fn default() -> Self {
        let positive = |n| NonZeroU32::new(n).unwrap_or(NonZeroU32::MIN);
        Self {
            window_s: positive(WINDOW_S),
            station_requests: positive(STATION_REQUESTS),
            client_requests: positive(CLIENT_REQUESTS),
            address_requests: positive(ADDRESS_REQUESTS),
            address_connections: positive(ADDRESS_CONNECTIONS),
        }
    }
}
