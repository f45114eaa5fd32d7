//! Each client's share of the service (draft-ietf-httpapi-ratelimit-headers): so many requests a window, in
//! tables that cannot grow past a bound.
//!
//! Stations, clients with a token and strangers have tables of their own, so that strangers crowd nobody out. The count is
//! kept as the time at which the client's share is whole again (the generic cell rate algorithm): one instant a
//! client, and a client whose instant has passed need not be remembered.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::num::NonZeroU32;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use axum::http::{HeaderMap, HeaderName, HeaderValue};

use crate::config::Rates;

// draft-ietf-httpapi-ratelimit-headers-10 §3, §4
const RATE_LIMIT: HeaderName = HeaderName::from_static("ratelimit");
const RATE_LIMIT_POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");

/// Clients remembered in one table, about 100 bytes each.
const MAX_CLIENTS: usize = 8192;
/// How often a full table is looked through for clients that need not be remembered.
const SWEEP: Duration = Duration::from_secs(1);

/// Who asks.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum Client {
    Station(String),
    /// An integrator, an official or a watcher.
    Holder(String),
    Address(IpAddr),
    /// All strangers together for whom there is no place in the table.
    Rest,
}

impl Client {
    /// A stranger. A household has a /64 of IPv6 (RFC 6177), so all of it counts as one.
    pub(super) fn address(address: IpAddr) -> Self {
        Self::Address(network(address))
    }
}

/// The part of an address that one client cannot choose.
pub(crate) fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(address) => IpAddr::V4(address),
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            IpAddr::V6(Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0))
        }
    }
}

/// What came of asking.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Share {
    pub(super) granted: bool,
    policy: &'static str,
    quota: u32,
    window_s: u32,
    left: u32,
    whole_in_s: u32,
    pub(super) retry_after_s: u32,
}

impl Share {
    /// Says it in the headers of the answer.
    pub(super) fn tell(&self, headers: &mut HeaderMap) {
        let Self {
            policy,
            quota,
            window_s,
            left,
            whole_in_s,
            ..
        } = self;
        let lines = [
            (
                RATE_LIMIT_POLICY,
                format!("\"{policy}\";q={quota};w={window_s}"),
            ),
            (RATE_LIMIT, format!("\"{policy}\";r={left};t={whole_in_s}")),
        ];
        for (name, line) in lines {
            if let Ok(line) = HeaderValue::from_str(&line) {
                headers.insert(name, line);
            }
        }
    }
}

/// One kind of client.
struct Table {
    policy: &'static str,
    quota: NonZeroU32,
    whole: Mutex<Whole>,
}

#[derive(Default)]
struct Whole {
    /// When each client's share is whole again.
    clients: HashMap<Client, Instant>,
    /// When the forgotten were last looked for.
    swept: Option<Instant>,
}

/// All shares.
pub(super) struct Limits {
    window: Duration,
    stations: Table,
    holders: Table,
    addresses: Table,
}

impl Limits {
    pub(super) fn new(rates: &Rates) -> Self {
        let table = |policy, quota| Table {
            policy,
            quota,
            whole: Mutex::default(),
        };
        Self {
            window: Duration::from_secs(rates.window_s.get().into()),
            stations: table("station", rates.station_requests),
            holders: table("client", rates.client_requests),
            addresses: table("address", rates.address_requests),
        }
    }

    /// Takes one request out of a client's share, if there is one left.
    pub(super) fn take(&self, client: Client, now: Instant) -> Share {
        let table = match &client {
            Client::Station(_) => &self.stations,
            Client::Holder(_) => &self.holders,
            Client::Address(_) | Client::Rest => &self.addresses,
        };
        let step = self.window / table.quota.get();
        let mut whole = table.whole.lock().unwrap_or_else(PoisonError::into_inner);
        let client = whole.place(client, now);
        let before = whole.clients.get(&client).copied().unwrap_or(now).max(now);
        let owed = before - now;
        let granted = owed + step <= self.window;
        let owed = if granted { owed + step } else { owed };
        if granted {
            whole.clients.insert(client, now + owed);
        }
        let left = (self.window - owed).as_nanos() / step.as_nanos().max(1);
        Share {
            granted,
            policy: table.policy,
            quota: table.quota.get(),
            window_s: seconds(self.window),
            left: u32::try_from(left).unwrap_or(table.quota.get()),
            whole_in_s: seconds(owed),
            retry_after_s: seconds((owed + step).saturating_sub(self.window)).max(1),
        }
    }
}

impl Whole {
    /// The client itself when it is known or there is room, else the rest of them.
    fn place(&mut self, client: Client, now: Instant) -> Client {
        if self.clients.len() < MAX_CLIENTS || self.clients.contains_key(&client) {
            return client;
        }
        // Not for every stranger: who floods the table must not make each request look through all of it.
        if self.swept.is_none_or(|swept| now >= swept + SWEEP) {
            self.swept = Some(now);
            self.clients.retain(|_, whole| *whole > now);
        }
        if self.clients.len() < MAX_CLIENTS {
            client
        } else {
            Client::Rest
        }
    }
}

/// Whole seconds, upwards: nobody is told to come back too soon.
fn seconds(time: Duration) -> u32 {
    u32::try_from(time.as_millis().div_ceil(1000)).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limits(stations: u32, addresses: u32) -> Limits {
        Limits::new(&Rates {
            window_s: NonZeroU32::new(10).unwrap(),
            station_requests: NonZeroU32::new(stations).unwrap(),
            address_requests: NonZeroU32::new(addresses).unwrap(),
            ..Rates::default()
        })
    }

    fn stranger(n: u32) -> Client {
        Client::address(IpAddr::from(n.to_be_bytes()))
    }

    #[test]
    fn a_share_is_spent_and_comes_back_and_is_nobody_elses() {
        let (limits, start) = (limits(5, 5), Instant::now());
        let one = || Client::Station("tram-01".to_owned());
        for left in (0..5).rev() {
            let share = limits.take(one(), start);
            assert_eq!((share.granted, share.left), (true, left));
        }
        let share = limits.take(one(), start);
        assert_eq!(
            (share.granted, share.left, share.retry_after_s),
            (false, 0, 2)
        );
        let mut headers = HeaderMap::new();
        share.tell(&mut headers);
        assert_eq!(headers["ratelimit-policy"], "\"station\";q=5;w=10");
        assert_eq!(headers["ratelimit"], "\"station\";r=0;t=10");
        assert!(
            limits
                .take(Client::Station("tram-02".to_owned()), start)
                .granted
        );
        // Asking in vain costs nothing, and who waits as long as told is let in.
        assert!(
            !limits
                .take(one(), start + Duration::from_millis(1990))
                .granted
        );
        assert!(limits.take(one(), start + Duration::from_secs(2)).granted);
        assert!(!limits.take(one(), start + Duration::from_secs(2)).granted);
        let share = limits.take(one(), start + Duration::from_secs(60));
        assert_eq!((share.granted, share.left), (true, 4));
    }

    #[test]
    fn a_million_strangers_take_no_more_room_than_the_table_and_crowd_no_station_out() {
        let (limits, start) = (limits(5, 3), Instant::now());
        let granted = (0..1_000_000)
            .filter(|n| limits.take(stranger(*n), start).granted)
            .count();
        // Each with a place once, and the share of all others together.
        assert_eq!(granted, MAX_CLIENTS + 3);
        assert!(limits.addresses.whole.lock().unwrap().clients.len() <= MAX_CLIENTS + 1);
        assert!(
            limits
                .take(Client::Station("tram-01".to_owned()), start)
                .granted
        );
        // Once their shares are whole they are forgotten.
        let later = start + Duration::from_secs(11);
        assert!(limits.take(stranger(1_000_001), later).granted);
        assert_eq!(limits.addresses.whole.lock().unwrap().clients.len(), 1);
    }

    #[test]
    fn a_household_of_ipv6_is_one_client() {
        let client = |text: &str| Client::address(text.parse().unwrap());
        assert_eq!(client("2001:db8:1:2::3"), client("2001:db8:1:2:ffff::4"));
        assert_ne!(client("2001:db8:1:2::3"), client("2001:db8:1:3::3"));
        assert_eq!(client("::ffff:10.0.0.1"), client("10.0.0.1"));
    }
}
