//! Who on the network says that it scans: mDNS service discovery (RFC 6762, RFC 6763) for `_uscan._tcp` and
//! `_uscans._tcp`.
//!
//! Whoever is on the network may answer anything. An answer is only an address to ask; what is scanned from depends on
//! the certificate (`pin`) and on what the configuration allows.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::time::{Duration, Instant};

use mdns_sd::{ResolvedService, ServiceDaemon, ServiceEvent};
use scanner_drivers::worker::Desk;

use crate::capabilities::plain_uuid;

/// Scanning without encryption, and with (Mopria eSCL technical specification 2.97, §4.1).
const SERVICES: [(&str, &str); 2] = [
    ("_uscan._tcp.local.", "http"),
    ("_uscans._tcp.local.", "https"),
];

/// No office has more; an answerer that invents scanners without end is heard so far.
const MAX_ANSWERS: usize = 64;

/// One answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Heard {
    pub(crate) url: String,
    pub(crate) uuid: Option<String>,
    /// The maker's name for it (`ty`).
    pub(crate) name: String,
}

/// Listens for so long. A device that offers both is taken with encryption alone.
pub(crate) fn listen(length: Duration, desk: &Desk) -> Vec<Heard> {
    // No multicast here: nobody is heard, and scanners known by address are still asked.
    let Ok(daemon) = ServiceDaemon::new() else {
        return Vec::new();
    };
    let begun = Instant::now();
    let browsed: Vec<_> = SERVICES
        .iter()
        .filter_map(|(service, scheme)| Some((daemon.browse(service).ok()?, *scheme)))
        .collect();
    let mut found = BTreeMap::new();
    while begun.elapsed() < length && !desk.is_gone() && found.len() < MAX_ANSWERS {
        for (events, scheme) in &browsed {
            while let Ok(event) = events.try_recv() {
                if let ServiceEvent::ServiceResolved(service) = event
                    && let Some(heard) = heard(&service, scheme)
                    && found.len() < MAX_ANSWERS
                {
                    found.insert(heard.url.clone(), heard);
                }
            }
        }
        std::thread::sleep(Duration::from_millis(25));
    }
    if let Ok(done) = daemon.shutdown() {
        let _ = done.recv_timeout(Duration::from_secs(1));
    }
    encrypted_first(found.into_values().collect())
}

fn heard(service: &ResolvedService, scheme: &str) -> Option<Heard> {
    let text = |key: &str| service.txt_properties.get_property_val_str(key);
    let mut addresses: Vec<IpAddr> = service
        .addresses
        .iter()
        .map(mdns_sd::ScopedIp::to_ip_addr)
        // An address that holds on one link only cannot be written into a URL.
        .filter(|address| match address {
            IpAddr::V4(_) => true,
            IpAddr::V6(address) => !address.is_unicast_link_local(),
        })
        .collect();
    addresses.sort_unstable();
    let host = match addresses.first()? {
        IpAddr::V4(address) => address.to_string(),
        IpAddr::V6(address) => format!("[{address}]"),
    };
    // `rs` is the path, mostly `eSCL`; it comes from a stranger and stays a path.
    let root = text("rs").unwrap_or("eSCL").trim_matches('/');
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte);
    if root.len() > 128 || !root.bytes().all(plain) {
        return None;
    }
    Some(Heard {
        url: format!("{scheme}://{host}:{}/{root}", service.port),
        uuid: text("UUID").or_else(|| text("uuid")).map(plain_uuid),
        name: text("ty").unwrap_or_default().chars().take(128).collect(),
    })
}

fn encrypted_first(found: Vec<Heard>) -> Vec<Heard> {
    let encrypted: Vec<String> = found
        .iter()
        .filter(|heard| heard.url.starts_with("https:"))
        .filter_map(|heard| heard.uuid.clone())
        .collect();
    found
        .into_iter()
        .filter(|heard| {
            heard.url.starts_with("https:")
                || !heard
                    .uuid
                    .as_ref()
                    .is_some_and(|uuid| encrypted.contains(uuid))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_device_that_offers_both_is_taken_with_encryption() {
        let heard = |url: &str, uuid: Option<&str>| Heard {
            url: url.into(),
            uuid: uuid.map(Into::into),
            name: String::new(),
        };
        let both = vec![
            heard("http://192.0.2.1:80/eSCL", Some("a")),
            heard("http://192.0.2.2:80/eSCL", Some("b")),
            heard("http://192.0.2.3:80/eSCL", None),
            heard("https://192.0.2.1:443/eSCL", Some("a")),
        ];
        let urls: Vec<_> = encrypted_first(both)
            .into_iter()
            .map(|heard| heard.url)
            .collect();
        assert_eq!(
            urls,
            [
                "http://192.0.2.2:80/eSCL",
                "http://192.0.2.3:80/eSCL",
                "https://192.0.2.1:443/eSCL"
            ]
        );
    }
}
