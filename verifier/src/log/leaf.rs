//! What a leaf says: that something was filed, or that a wallet was erased; never about whom.
//!
//! A leaf is a commitment, the hour, and what must be told apart. Whoever holds the receipt can rebuild the
//! leaf and check it; the entry's name, which only the record and the receipt know, is the salt, so that a leaf
//! whose record is erased says nothing.

use bundle::{BundleDigest, EntryId, StationId};
use jiff::Timestamp;
use ring::digest::{SHA256, digest};
use serde::{Deserialize, Serialize};

/// Separates the commitment of a filing from every other use of SHA-256.
const FILED_LABEL: &[u8] = b"niem-leaf-v1";
/// Likewise for an erasure.
const ERASED_LABEL: &[u8] = b"niem-erased-v1";
/// No leaf of ours comes near this; a longer one is none of ours.
pub(crate) const MAX_LEAF_BYTES: usize = 512;

/// A leaf of a filing; field order is part of the format.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Filed {
    v: u8,
    kind: FiledKind,
    /// SHA-256(label ‖ entry id, 16 bytes ‖ bundle digest, 32 bytes), hex
    c: String,
    station: String,
    /// The hour: seconds since 1970, rounded down, so that a leaf does not single out a visit.
    t: i64,
}

/// A leaf of an erasure.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct ErasedLeaf {
    v: u8,
    kind: ErasedKind,
    /// SHA-256(label ‖ salt, 32 bytes ‖ the act as JSON), hex
    c: String,
    /// How many filings lost their entry by it; which ones it does not say.
    leaves: u64,
    t: i64,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum FiledKind {
    Filed,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum ErasedKind {
    Erased,
}

/// On whose word a wallet was erased. Kept beside the log, and committed to in it.
#[derive(Serialize)]
pub(crate) struct ErasureAct<'a> {
    pub(crate) by: &'a str,
    pub(crate) basis: &'a str,
    pub(crate) at: Timestamp,
    pub(crate) leaves: u64,
}

impl ErasureAct<'_> {
    pub(crate) fn to_json(&self) -> String {
        serde_json::to_string(self).expect("plain fields always serialise")
    }
}

/// The leaf of one filing, byte for byte as it stands in the log.
pub fn leaf(
    bundle: &BundleDigest,
    entry: EntryId,
    station: &StationId,
    filed_at: Timestamp,
) -> Vec<u8> {
    let commitment = [
        FILED_LABEL,
        entry.as_bytes().as_slice(),
        bundle.as_bytes().as_slice(),
    ]
    .concat();
    let leaf = Filed {
        v: 1,
        kind: FiledKind::Filed,
        c: hex::encode(digest(&SHA256, &commitment)),
        station: station.as_str().to_owned(),
        t: hour(filed_at),
    };
    serde_json::to_vec(&leaf).expect("plain fields always serialise")
}

/// The leaf of one erasure. `act` is the JSON that is kept.
pub(crate) fn erased_leaf(salt: &[u8; 32], act: &str, leaves: u64, at: Timestamp) -> Vec<u8> {
    let commitment = [ERASED_LABEL, salt, act.as_bytes()].concat();
    let leaf = ErasedLeaf {
        v: 1,
        kind: ErasedKind::Erased,
        c: hex::encode(digest(&SHA256, &commitment)),
        leaves,
        t: hour(at),
    };
    serde_json::to_vec(&leaf).expect("plain fields always serialise")
}

fn hour(at: Timestamp) -> i64 {
    at.as_second().div_euclid(3600) * 3600
}

/// What a stranger can tell from a leaf.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeafView {
    pub kind: LeafKind,
    /// The hour, in seconds since 1970.
    pub hour: i64,
}

#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum LeafKind {
    Filed { station: StationId },
    Erased { leaves: u64 },
}

/// Reads a leaf. `None` for anything but the exact bytes that this format makes: a field too many could carry
/// what must not be in a public log.
pub fn read_leaf(data: &[u8]) -> Option<LeafView> {
    if data.len() > MAX_LEAF_BYTES {
        return None;
    }
    let plain = |v: u8, c: &str, t: i64| {
        let digest = c.len() == 64 && c.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
        v == 1 && digest && t.rem_euclid(3600) == 0
    };
    if let Ok(leaf) = serde_json::from_slice::<Filed>(data) {
        let same = serde_json::to_vec(&leaf).is_ok_and(|bytes| bytes == data);
        let station = StationId::new(&leaf.station).ok()?;
        return (same && plain(leaf.v, &leaf.c, leaf.t)).then_some(LeafView {
            kind: LeafKind::Filed { station },
            hour: leaf.t,
        });
    }
    let leaf: ErasedLeaf = serde_json::from_slice(data).ok()?;
    let same = serde_json::to_vec(&leaf).is_ok_and(|bytes| bytes == data);
    (same && plain(leaf.v, &leaf.c, leaf.t)).then_some(LeafView {
        kind: LeafKind::Erased {
            leaves: leaf.leaves,
        },
        hour: leaf.t,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_leaf_is_rebuilt_from_what_the_receipt_says_and_names_no_minute() {
        let bundle = BundleDigest::of(b"bundle");
        let entry = EntryId::from_uuid(uuid::Uuid::from_u128(7));
        let station = StationId::new("tram-01").unwrap();
        let at: Timestamp = "2026-03-04T05:06:07Z".parse().unwrap();
        let text = String::from_utf8(leaf(&bundle, entry, &station, at)).unwrap();
        let commitment = [
            b"niem-leaf-v1".as_slice(),
            &[0; 15],
            &[7],
            bundle.as_bytes(),
        ]
        .concat();
        assert_eq!(
            text,
            format!(
                r#"{{"v":1,"kind":"filed","c":"{}","station":"tram-01","t":1772600400}}"#,
                hex::encode(digest(&SHA256, &commitment))
            )
        );
    }

    #[test]
    fn a_leaf_reads_back_and_a_byte_more_does_not() {
        let at: Timestamp = "2026-03-04T05:06:07Z".parse().unwrap();
        let station = StationId::new("tram-01").unwrap();
        let entry = EntryId::from_uuid(uuid::Uuid::from_u128(7));
        let filed = leaf(&BundleDigest::of(b"bundle"), entry, &station, at);
        let view = read_leaf(&filed).unwrap();
        assert_eq!(view.kind, LeafKind::Filed { station });
        assert_eq!(view.hour, 1_772_600_400);
        let erased = erased_leaf(&[7; 32], "{}", 3, at);
        assert_eq!(
            read_leaf(&erased).unwrap().kind,
            LeafKind::Erased { leaves: 3 }
        );
        assert_ne!(erased, erased_leaf(&[8; 32], "{}", 3, at));

        let text = String::from_utf8(filed).unwrap();
        for spoilt in [
            text.replace("}", ",\"name\":\"A\"}"),
            text.replace("\"v\":1", "\"v\":2"),
            text.replace("\"v\":1", "\"v\": 1"),
            text.replace("1772600400", "1772600401"),
            text.replace("filed", "seen"),
            text.replace("tram-01", "Nguyễn Văn A"),
            text.to_uppercase(),
            String::new(),
            "x".repeat(MAX_LEAF_BYTES + 1),
        ] {
            assert_eq!(read_leaf(spoilt.as_bytes()), None, "{spoilt}");
        }
    }
}
