//! The third road: where the machine cannot tell, two officials look at the person, the portrait and the card, and each
//! signs what they saw.
//!
//! A sighting is signed with the official's own key, of the same kind as the operator's, and names the ticket, the visit
//! and the document, so that it counts nowhere else. [`agreed`] is the one test of a pair: the desk asks it before it goes
//! on, the verifier asks it again. It says that two officials signed; whether they looked well, nobody can compute.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::envelope::{Envelope, EnvelopeSignature};
use crate::ids::{OperatorId, Sha256Digest, StationId, VisitId};
use crate::key::{KeyError, SealingKey, certificate_keyid};
use crate::manifest::{CertificateBytes, Claims, Manifest, MatchOutcome, Role};
use crate::ticket::SignedTicket;
use crate::trust::{self, CertificateError, StationTrust};

/// A sighting longer than this is refused before it is parsed: a certificate is at most 16 KiB.
const MAX_SIGHTING_BYTES: usize = 32 * 1024;

const PAYLOAD_TYPE: &str = "application/vnd.niem.sighting.v1+json";

/// How many officials must agree (`domain.md` §3.6: "two-person human compare").
pub const OFFICIALS: usize = 2;

/// Whom the officials are asked about: this visit's person, and the card they brought.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Occasion {
    /// SHA-256 of the ticket's payload, as the verifier signed it.
    pub ticket: Sha256Digest,
    /// The visit.
    pub visit: VisitId,
    /// The desk.
    pub station: StationId,
    /// SHA-256 of EF.SOD. The issuer's list in it holds the digest of DG2, so it names the portrait too.
    pub document: Sha256Digest,
}

/// What one official saw.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sighting {
    /// On which occasion.
    pub occasion: Occasion,
    /// Who looked.
    pub official: OperatorId,
    /// As what; it must be the role in the certificate.
    pub role: Role,
    /// Whether the person is the one on the portrait and the card.
    pub outcome: MatchOutcome,
    /// Why the machine may not have seen it, as far as one can tell.
    pub reason: SightingReason,
    /// When.
    pub seen_at: Timestamp,
    /// The official's certificate.
    pub certificate: CertificateBytes,
}

/// Why a machine may not have known a person whom two people know.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SightingReason {
    /// The portrait on the card is many years old, or shows a child.
    AgedPortrait,
    /// Glasses, beard, weight, illness.
    ChangedLooks,
    /// The person cannot turn the head, or not long enough.
    CannotTurn,
    /// Light or camera.
    PoorPicture,
    /// The fingers are worn, wet or hurt.
    WornFingers,
    /// It cannot be told.
    Unclear,
}

/// What an official says about one occasion.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    /// See [`Sighting::official`].
    pub official: OperatorId,
    /// See [`Sighting::role`].
    pub role: Role,
    /// See [`Sighting::outcome`].
    pub outcome: MatchOutcome,
    /// See [`Sighting::reason`].
    pub reason: SightingReason,
    /// See [`Sighting::seen_at`].
    pub at: Timestamp,
}

/// A sighting as it travels. Holding one proves nothing until [`SignedSighting::read`] or [`SignedSighting::verify`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SignedSighting(Envelope);

/// Why sightings do not stand for a comparison.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SightingError {
    /// Not a sighting at all.
    #[error("this is not a sighting of a known form")]
    Malformed,
    /// Not signed by the key of the certificate in it, or by others as well.
    #[error("the sighting is not signed by the official it names")]
    SignatureInvalid,
    /// The certificate cannot stand for anybody.
    #[error("the certificate of the official cannot be used: {0}")]
    Certificate(CertificateError),
    /// The certificate names another person or role.
    #[error("the certificate names another official or role")]
    OtherOfficial,
    /// Volunteers help; they do not say who somebody is.
    #[error("the role is not that of an official")]
    NotAnOfficial,
    /// A sighting of another ticket, visit, desk or document.
    #[error("the sighting is of another occasion")]
    OtherOccasion,
    /// Before the visit was opened or after it was sealed.
    #[error("the sighting is not of the time of the visit")]
    OutOfTime,
    /// One official, or a crowd.
    #[error("not exactly two officials looked")]
    NotTwo,
    /// The same person, or the same key, twice.
    #[error("the two officials are one")]
    SamePerson,
    /// At least one of them does not say that it is the holder.
    #[error("the officials do not both say that this is the holder")]
    NotConfirmed,
}

impl SightingError {
    /// The stable code of this refusal.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Malformed => "person.sighting_malformed",
            Self::SignatureInvalid => "person.sighting_signature",
            Self::Certificate(CertificateError::Expired) => "person.official_certificate_expired",
            Self::Certificate(CertificateError::NotYetValid) => {
                "person.official_certificate_not_yet_valid"
            }
            Self::Certificate(_) => "person.official_certificate_unfit",
            Self::OtherOfficial => "person.official_differs",
            Self::NotAnOfficial => "person.official_role",
            Self::OtherOccasion => "person.sighting_other_visit",
            Self::OutOfTime => "person.sighting_time",
            Self::NotTwo => "person.officials_missing",
            Self::SamePerson => "person.officials_same",
            Self::NotConfirmed => "person.officials_disagree",
        }
    }

    #[cfg(test)]
    pub(crate) const ALL: &'static [Self] = &[
        Self::Malformed,
        Self::SignatureInvalid,
        Self::Certificate(CertificateError::Expired),
        Self::Certificate(CertificateError::NotYetValid),
        Self::Certificate(CertificateError::Untrusted),
        Self::OtherOfficial,
        Self::NotAnOfficial,
        Self::OtherOccasion,
        Self::OutOfTime,
        Self::NotTwo,
        Self::SamePerson,
        Self::NotConfirmed,
    ];
}

impl Occasion {
    /// The occasion of a visit with this ticket and this EF.SOD.
    #[must_use]
    pub fn new(ticket: &SignedTicket, visit: VisitId, station: StationId, sod: &[u8]) -> Self {
        Self {
            ticket: Sha256Digest::of(&ticket.envelope().payload),
            visit,
            station,
            document: Sha256Digest::of(sod),
        }
    }

    /// The occasion that claims speak of.
    #[must_use]
    pub fn of_claims(claims: &Claims, sod: &[u8]) -> Self {
        Self::new(&claims.ticket, claims.visit, claims.station.clone(), sod)
    }

    /// The occasion that a manifest speaks of.
    #[must_use]
    pub fn of_manifest(manifest: &Manifest, sod: &[u8]) -> Self {
        let station = manifest.station.clone();
        Self::new(&manifest.ticket, manifest.visit, station, sod)
    }
}

impl SignedSighting {
    /// Signs what an official saw with the official's own key.
    pub fn sign(occasion: Occasion, seen: Seen, key: &dyn SealingKey) -> Result<Self, KeyError> {
        let sighting = Sighting {
            occasion,
            official: seen.official,
            role: seen.role,
            outcome: seen.outcome,
            reason: seen.reason,
            seen_at: seen.at,
            certificate: CertificateBytes(key.certificate().to_vec()),
        };
        let payload = serde_json::to_vec(&sighting).expect("plain fields always serialise");
        let mut envelope = Envelope::unsigned(PAYLOAD_TYPE, payload);
        let sig = key.sign(&envelope.pae())?;
        envelope.signatures.push(EnvelopeSignature {
            keyid: certificate_keyid(key.certificate()),
            sig,
        });
        Ok(Self(envelope))
    }

    /// The sighting, once its own certificate's key is found to have signed it and that certificate to name the official
    /// and to have stood when they looked. It does not say who stands behind the certificate: a desk has no roots.
    pub fn read(&self) -> Result<Sighting, SightingError> {
        let envelope = &self.0;
        if envelope.payload_type != PAYLOAD_TYPE || envelope.payload.len() > MAX_SIGHTING_BYTES {
            return Err(SightingError::Malformed);
        }
        let sighting: Sighting =
            serde_json::from_slice(&envelope.payload).map_err(|_| SightingError::Malformed)?;
        let certificate = &sighting.certificate.0;
        let (name, unit) =
            trust::own_names(certificate, sighting.seen_at).map_err(SightingError::Certificate)?;
        let signature = envelope
            .signature_of(&certificate_keyid(certificate))
            .filter(|_| envelope.signatures.len() == 1)
            .ok_or(SightingError::SignatureInvalid)?;
        if !trust::has_signed(certificate, &envelope.pae(), signature) {
            return Err(SightingError::SignatureInvalid);
        }
        if name != sighting.official.as_str() || unit != sighting.role.as_str() {
            return Err(SightingError::OtherOfficial);
        }
        if sighting.role == Role::Volunteer {
            return Err(SightingError::NotAnOfficial);
        }
        Ok(sighting)
    }

    /// The same for whoever has the roots: the certificate stood when the official looked, and stands at `at`.
    pub fn verify(
        &self,
        stations: &StationTrust,
        at: Timestamp,
    ) -> Result<Sighting, SightingError> {
        let sighting = self.read()?;
        for moment in [sighting.seen_at, at] {
            stations
                .operator(&sighting.certificate.0, moment)
                .map_err(SightingError::Certificate)?;
        }
        Ok(sighting)
    }

    /// The envelope underneath.
    #[must_use]
    pub fn envelope(&self) -> &Envelope {
        &self.0
    }
}

/// Whether two officials, who are two people, both saw on this occasion and in this time that the person is the holder.
/// Every reason why not.
pub fn agreed(
    sightings: &[Sighting],
    occasion: &Occasion,
    from: Timestamp,
    to: Timestamp,
) -> Result<(), Vec<SightingError>> {
    let mut faults = Vec::new();
    if sightings.len() != OFFICIALS {
        faults.push(SightingError::NotTwo);
    }
    if sightings
        .iter()
        .any(|sighting| sighting.occasion != *occasion)
    {
        faults.push(SightingError::OtherOccasion);
    }
    if sightings
        .iter()
        .any(|sighting| sighting.seen_at < from || sighting.seen_at > to)
    {
        faults.push(SightingError::OutOfTime);
    }
    for (place, sighting) in sightings.iter().enumerate() {
        let earlier = &sightings[..place];
        if earlier.iter().any(|other| same_person(other, sighting)) {
            faults.push(SightingError::SamePerson);
            break;
        }
    }
    if sightings
        .iter()
        .any(|sighting| sighting.outcome != MatchOutcome::Match)
    {
        faults.push(SightingError::NotConfirmed);
    }
    if faults.is_empty() {
        Ok(())
    } else {
        Err(faults)
    }
}

/// One name under two certificates is one person, and so is one key under two names.
fn same_person(one: &Sighting, other: &Sighting) -> bool {
    one.official == other.official
        || trust::public_key(&one.certificate.0) == trust::public_key(&other.certificate.0)
}
