//! The names of things: visits, bundles, stations, digests; each its own type, so that one
//! cannot be passed where another is meant.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use uuid::Uuid;

/// A name that does not have the form its type asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum IdError {
    /// Not 64 lower-case hexadecimal digits.
    #[error("a digest is 64 lower-case hexadecimal digits")]
    Digest,
    /// Not a UUID in its hyphenated lower-case form.
    #[error("not a hyphenated lower-case UUID")]
    Uuid,
    /// Not 3 to 40 of `a`–`z`, `0`–`9` and `-`.
    #[error("a station or operator name is 3 to 40 of a-z, 0-9 and -")]
    Name,
}

impl IdError {
    /// The stable code of this failure.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Digest => "id.digest",
            Self::Uuid => "id.uuid",
            Self::Name => "id.name",
        }
    }

    #[cfg(test)]
    pub(crate) const ALL: &'static [Self] = &[Self::Digest, Self::Uuid, Self::Name];
}

/// Text on the wire, a checked value in memory.
macro_rules! as_text {
    ($name:ident) => {
        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
                to.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
                // Owned first: the text may hold escapes.
                let text = String::deserialize(from)?;
                text.parse().map_err(de::Error::custom)
            }
        }
    };
}

macro_rules! uuid_name {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Uuid);

        impl $name {
            /// A fresh name (UUID version 7) that sorts by the time `at` at which it was given.
            #[must_use]
            pub fn at(at: jiff::Timestamp) -> Self {
                let seconds = u64::try_from(at.as_second()).unwrap_or(0);
                let nanos = u32::try_from(at.subsec_nanosecond()).unwrap_or(0);
                Self(Uuid::new_v7(uuid::Timestamp::from_unix(uuid::NoContext, seconds, nanos)))
            }

            /// Takes a UUID made elsewhere.
            #[must_use]
            pub const fn from_uuid(uuid: Uuid) -> Self {
                Self(uuid)
            }

            /// The UUID itself.
            #[must_use]
            pub const fn uuid(&self) -> Uuid {
                self.0
            }

            /// The sixteen bytes, in network order (RFC 9562 §4).
            #[must_use]
            pub const fn as_bytes(&self) -> &[u8; 16] {
                self.0.as_bytes()
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(&self.0, f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self.0)
            }
        }

        impl FromStr for $name {
            type Err = IdError;

            fn from_str(text: &str) -> Result<Self, IdError> {
                let uuid = Uuid::try_parse(text).map_err(|_| IdError::Uuid)?;
                // One spelling only, or two texts would name one thing.
                if uuid.hyphenated().to_string() == text { Ok(Self(uuid)) } else { Err(IdError::Uuid) }
            }
        }

        as_text!($name);
    };
}

uuid_name! {
    /// One visit of one citizen at one desk.
    VisitId
}
uuid_name! {
    /// One ticket: the verifier's permission to open one visit.
    TicketId
}
uuid_name! {
    /// One entry in a citizen's wallet.
    EntryId
}
uuid_name! {
    /// One bundle, named by the desk when it is sealed. Two bundles may claim the same name;
    /// only a [`BundleDigest`] cannot be claimed twice.
    BundleId
}

macro_rules! short_name {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(String);

        impl $name {
            /// Accepts 3 to 40 of `a`–`z`, `0`–`9` and `-`.
            pub fn new(text: impl Into<String>) -> Result<Self, IdError> {
                let text = text.into();
                let fits = (3..=40).contains(&text.len());
                let plain = text.bytes().all(|b| matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'-'));
                if fits && plain { Ok(Self(text)) } else { Err(IdError::Name) }
            }

            /// The name as text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self.0)
            }
        }

        impl FromStr for $name {
            type Err = IdError;

            fn from_str(text: &str) -> Result<Self, IdError> {
                Self::new(text)
            }
        }

        as_text!($name);
    };
}

short_name! {
    /// One desk. It is the common name in the desk's certificate.
    StationId
}
short_name! {
    /// One person who works at desks. It is the common name in that person's certificate; it is
    /// a staff name such as `nv-0042`, never a personal number.
    OperatorId
}

macro_rules! digest_name {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name([u8; 32]);

        impl $name {
            /// Takes a digest that was computed elsewhere.
            #[must_use]
            pub const fn from_bytes(bytes: [u8; 32]) -> Self {
                Self(bytes)
            }

            /// SHA-256 of `content`.
            #[must_use]
            pub fn of(content: &[u8]) -> Self {
                let digest = ring::digest::digest(&ring::digest::SHA256, content);
                Self(digest.as_ref().try_into().expect("SHA-256 gives 32 bytes"))
            }

            /// The 32 bytes.
            #[must_use]
            pub const fn as_bytes(&self) -> &[u8; 32] {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&hex::encode(self.0))
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self)
            }
        }

        impl FromStr for $name {
            type Err = IdError;

            fn from_str(text: &str) -> Result<Self, IdError> {
                if text.len() != 64 || text.bytes().any(|b| b.is_ascii_uppercase()) {
                    return Err(IdError::Digest);
                }
                let mut bytes = [0; 32];
                hex::decode_to_slice(text, &mut bytes).map_err(|_| IdError::Digest)?;
                Ok(Self(bytes))
            }
        }

        as_text!($name);
    };
}

digest_name! {
    /// SHA-256 of something: a blob, a page image, a leaf.
    Sha256Digest
}
digest_name! {
    /// The name nobody can forge: SHA-256 of the payload of the outer envelope. A signature made
    /// again, or JSON spaced otherwise, leaves it as it is.
    BundleDigest
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    #[test]
    fn a_name_has_one_spelling() {
        let visit = VisitId::at("2026-03-02T08:15:00Z".parse().unwrap());
        let text = visit.to_string();
        assert_eq!(text.parse::<VisitId>().unwrap(), visit);
        assert_eq!(visit.uuid().get_version_num(), 7);
        for other in [
            text.to_uppercase(),
            text.replace('-', ""),
            format!("{{{text}}}"),
            format!("urn:uuid:{text}"),
        ] {
            assert_eq!(other.parse::<VisitId>(), Err(IdError::Uuid), "{other}");
        }
        let digest = Sha256Digest::of(b"abc").to_string();
        // FIPS 180-4, example B.1.
        assert_eq!(
            digest,
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        );
        assert_eq!(
            digest.to_uppercase().parse::<Sha256Digest>(),
            Err(IdError::Digest)
        );
        assert_eq!(digest[1..].parse::<Sha256Digest>(), Err(IdError::Digest));
        assert!("é".repeat(32).parse::<Sha256Digest>().is_err());
    }

    #[test]
    fn names_sort_by_the_time_they_were_given() {
        let early = VisitId::at("2026-03-02T08:15:00Z".parse().unwrap());
        let late = VisitId::at("2026-03-02T08:15:01Z".parse().unwrap());
        assert!(early < late);
        let before_1970 = VisitId::at(jiff::Timestamp::MIN);
        assert!(before_1970 < early);
    }

    #[test]
    fn station_names_are_short_and_plain() {
        assert!(StationId::new("hn-0101").is_ok());
        for bad in [
            "ab",
            "",
            "HN-0101",
            "hn_0101",
            "hn 01",
            "hà-nội",
            &"a".repeat(41),
        ] {
            assert_eq!(StationId::new(bad), Err(IdError::Name), "{bad}");
            assert!(serde_json::from_value::<OperatorId>(serde_json::json!(bad)).is_err());
        }
    }
}
