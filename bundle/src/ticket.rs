//! A ticket: the verifier's signed, single-use permission to open one visit, and the chip's
//! challenge that grows from it.
//!
//! Desks fetch tickets ahead for a shift without network. Because the challenge that the card's
//! chip must sign is derived from the ticket and the visit, the verifier can see later, and
//! alone, that a genuine chip answered in this very visit.

use jiff::Timestamp;
use rand_core::CryptoRng;
use serde::{Deserialize, Serialize};

use crate::envelope::{Envelope, EnvelopeError};
use crate::ids::{StationId, TicketId, VisitId};
use crate::key::{ReceiptKey, VerifierPublicKey};

/// A signed ticket longer than this is refused before it is parsed.
pub const MAX_TICKET_BYTES: usize = 4096;

const PAYLOAD_TYPE: &str = "application/vnd.niem.ticket.v1+json";

/// What a ticket says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ticket {
    /// The ticket's own name; the verifier accepts it once.
    pub id: TicketId,
    /// The only desk that may use it.
    pub station: StationId,
    /// 32 random bytes which nobody could know before the ticket was issued.
    #[serde(with = "hex_nonce")]
    pub nonce: [u8; 32],
    /// When the verifier made it.
    pub issued_at: Timestamp,
    /// From this moment on no visit may be opened with it.
    pub expires_at: Timestamp,
}

/// A ticket as the verifier hands it out. Holding one proves nothing until [`SignedTicket::verify`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SignedTicket(Envelope);

/// Why a ticket is not accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TicketError {
    /// Not a ticket at all.
    #[error("this is not a ticket of a known form")]
    Malformed,
    /// Not signed by this verifier.
    #[error("the ticket is not signed by the verifier")]
    SignatureInvalid,
    /// Used before it was issued: a clock is wrong.
    #[error("the ticket was issued later than the visit was opened")]
    NotYetValid,
    /// Used too late.
    #[error("the ticket had expired when the visit was opened")]
    Expired,
}

impl TicketError {
    /// The stable code of this failure.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Malformed => "ticket.malformed",
            Self::SignatureInvalid => "ticket.signature_invalid",
            Self::NotYetValid => "ticket.not_yet_valid",
            Self::Expired => "ticket.expired",
        }
    }

    #[cfg(test)]
    pub(crate) const ALL: &'static [Self] = &[
        Self::Malformed,
        Self::SignatureInvalid,
        Self::NotYetValid,
        Self::Expired,
    ];
}

impl Ticket {
    /// A fresh ticket for `station`.
    pub fn draw(
        station: StationId,
        issued_at: Timestamp,
        expires_at: Timestamp,
        rng: &mut dyn CryptoRng,
    ) -> Self {
        let mut nonce = [0; 32];
        rng.fill_bytes(&mut nonce);
        Self {
            id: TicketId::at(issued_at),
            station,
            nonce,
            issued_at,
            expires_at,
        }
    }

    /// Whether a visit may be opened with this ticket at `at`. It does not say whether the ticket
    /// was already used: only the verifier's books know that.
    pub fn check_time(&self, at: Timestamp) -> Result<(), TicketError> {
        if at < self.issued_at {
            Err(TicketError::NotYetValid)
        } else if at >= self.expires_at {
            Err(TicketError::Expired)
        } else {
            Ok(())
        }
    }
}

impl SignedTicket {
    /// Signs a ticket with the verifier's key.
    #[must_use]
    pub fn issue(ticket: &Ticket, key: &ReceiptKey) -> Self {
        let payload = serde_json::to_vec(ticket).expect("plain fields always serialise");
        let mut envelope = Envelope::unsigned(PAYLOAD_TYPE, payload);
        key.sign_envelope(&mut envelope);
        Self(envelope)
    }

    /// Reads a ticket of at most [`MAX_TICKET_BYTES`].
    pub fn from_json(json: &[u8]) -> Result<Self, TicketError> {
        let envelope =
            Envelope::from_json_within(json, MAX_TICKET_BYTES).map_err(|error| match error {
                EnvelopeError::TooLarge | EnvelopeError::Malformed => TicketError::Malformed,
            })?;
        Ok(Self(envelope))
    }

    /// The ticket as JSON.
    #[must_use]
    pub fn to_json(&self) -> Vec<u8> {
        self.0.to_json()
    }

    /// The ticket, once the verifier's signature is found good. Time is the caller's question:
    /// see [`Ticket::check_time`].
    pub fn verify(&self, key: &VerifierPublicKey) -> Result<Ticket, TicketError> {
        if self.0.payload_type != PAYLOAD_TYPE || self.0.payload.len() > MAX_TICKET_BYTES {
            return Err(TicketError::Malformed);
        }
        if !key.has_signed(&self.0) {
            return Err(TicketError::SignatureInvalid);
        }
        serde_json::from_slice(&self.0.payload).map_err(|_| TicketError::Malformed)
    }

    /// The envelope underneath.
    #[must_use]
    pub fn envelope(&self) -> &Envelope {
        &self.0
    }
}

/// The challenge for the chip's active authentication in `visit`: design decision D1. ICAO
/// 9303-11 §6.1 wants eight bytes.
#[must_use]
pub fn challenge(ticket: &SignedTicket, visit: VisitId) -> [u8; 8] {
    let mut context = ring::digest::Context::new(&ring::digest::SHA256);
    context.update(b"niem-aa-v1");
    context.update(&ticket.0.payload);
    context.update(visit.as_bytes());
    let digest = context.finish();
    digest.as_ref()[..8]
        .try_into()
        .expect("SHA-256 gives 32 bytes")
}

mod hex_nonce {
    use serde::{Deserialize, Deserializer, Serializer, de};

    pub(super) fn serialize<S: Serializer>(nonce: &[u8; 32], to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&hex::encode(nonce))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<[u8; 32], D::Error> {
        let text = String::deserialize(from)?;
        let mut nonce = [0; 32];
        hex::decode_to_slice(text, &mut nonce).map_err(de::Error::custom)?;
        Ok(nonce)
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use rand_core::{OsRng, TryRngCore as _};

    use super::*;

    fn ticket() -> Ticket {
        Ticket::draw(
            StationId::new("hn-0101").unwrap(),
            "2026-03-02T00:00:00Z".parse().unwrap(),
            "2026-03-03T00:00:00Z".parse().unwrap(),
            &mut OsRng.unwrap_err(),
        )
    }

    #[test]
    fn only_the_verifier_can_issue() {
        let key = ReceiptKey::generate(&mut OsRng.unwrap_err());
        let other = ReceiptKey::generate(&mut OsRng.unwrap_err());
        let ticket = ticket();
        let signed = SignedTicket::issue(&ticket, &key);
        let read = SignedTicket::from_json(&signed.to_json()).unwrap();
        assert_eq!(read.verify(key.public_key()), Ok(ticket.clone()));
        assert_eq!(
            read.verify(other.public_key()),
            Err(TicketError::SignatureInvalid)
        );

        let mut altered = read.clone();
        let at = altered.0.payload.iter().position(|b| *b == b'1').unwrap();
        altered.0.payload[at] = b'2';
        assert_eq!(
            altered.verify(key.public_key()),
            Err(TicketError::SignatureInvalid)
        );

        // The key's signature over something else, even over the same bytes as another type.
        let mut receipt = Envelope::unsigned(
            "application/vnd.niem.receipt.v1+json",
            read.0.payload.clone(),
        );
        key.sign_envelope(&mut receipt);
        assert_eq!(
            SignedTicket(receipt).verify(key.public_key()),
            Err(TicketError::Malformed)
        );
        assert_eq!(
            SignedTicket::from_json(&vec![b' '; MAX_TICKET_BYTES + 1]),
            Err(TicketError::Malformed)
        );
    }

    #[test]
    fn a_ticket_has_its_hours() {
        let ticket = ticket();
        assert_eq!(ticket.check_time(ticket.issued_at), Ok(()));
        assert_eq!(
            ticket.check_time("2026-03-01T23:59:59Z".parse().unwrap()),
            Err(TicketError::NotYetValid)
        );
        assert_eq!(
            ticket.check_time(ticket.expires_at),
            Err(TicketError::Expired)
        );
    }

    #[test]
    fn the_challenge_belongs_to_one_ticket_and_one_visit() {
        // Computed by hand: printf 'niem-aa-v1{}' then sixteen bytes 00..0f | sha256sum.
        let signed = SignedTicket(Envelope::unsigned(PAYLOAD_TYPE, b"{}".to_vec()));
        let visit = VisitId::from_uuid(uuid::Uuid::from_bytes(std::array::from_fn(|i| i as u8)));
        assert_eq!(
            hex::encode(challenge(&signed, visit)),
            CHALLENGE_BY_SHA256SUM
        );
        let other_visit = VisitId::from_uuid(uuid::Uuid::nil());
        assert_ne!(challenge(&signed, visit), challenge(&signed, other_visit));
        let other_ticket = SignedTicket(Envelope::unsigned(PAYLOAD_TYPE, b"{ }".to_vec()));
        assert_ne!(challenge(&signed, visit), challenge(&other_ticket, visit));
    }

    const CHALLENGE_BY_SHA256SUM: &str = "d7dc286d61c89962";
}
