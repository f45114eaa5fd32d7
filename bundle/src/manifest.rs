//! What a visit claims: the inner manifest, written by the desk, signed by desk and operator, and
//! readable by nobody but the verifier.
//!
//! Each claim is only that. The verifier repeats whatever can be repeated; this file says how
//! the claims are written down, not whether they are true. Unknown fields are refused: a field
//! that one side does not understand must not be passed over in silence.

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use zeroize::Zeroize;

use crate::behalf::Behalf;
use crate::envelope::base64_bytes;
use crate::ids::{BundleId, OperatorId, Sha256Digest, StationId, VisitId};
use crate::presence::Presence;
use crate::presentation::Presentation;
use crate::sighting::SignedSighting;
use crate::ticket::SignedTicket;

/// The only manifest version there is.
pub const MANIFEST_VERSION: u32 = 1;

/// The whole inner manifest.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// [`MANIFEST_VERSION`].
    pub version: u32,
    /// The bundle this manifest belongs to; the same name stands in every part and outside.
    pub bundle_id: BundleId,
    /// The visit.
    pub visit: VisitId,
    /// The desk.
    pub station: StationId,
    /// The ticket the visit was opened with.
    pub ticket: SignedTicket,
    /// Who served.
    pub operator: OperatorId,
    /// As what: it must be the role in the operator's certificate.
    pub role: Role,
    /// A training visit. Practice data can enter no book, report or wallet.
    pub practice: bool,
    /// When the visit was opened.
    pub opened_at: Timestamp,
    /// When the bundle was sealed.
    pub sealed_at: Timestamp,
    /// Every device that took part.
    pub devices: Vec<Device>,
    /// What the citizen agreed to.
    pub consents: Vec<Consent>,
    /// For whom, where it is not, or not alone, for the card's holder.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub behalf: Option<Behalf>,
    /// What the card's chip said.
    pub chip: ChipClaim,
    /// Whether the face is that of the card.
    pub face: MatchClaim,
    /// Whether the finger is that of the card.
    pub finger: MatchClaim,
    /// What two officials saw where the machine could not tell; none where it could.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sightings: Vec<SignedSighting>,
    /// The papers.
    pub documents: Vec<DocumentClaim>,
    /// The sealed parts, from index 1; index 0 is this manifest.
    pub parts: Vec<PartRecord>,
    /// The certificates of the two who signed.
    pub signers: Signers,
}

/// What the caller of [`seal`](crate::seal()) fills in: a manifest without what sealing itself adds.
#[derive(Debug, Clone, PartialEq)]
pub struct Claims {
    /// See [`Manifest::visit`].
    pub visit: VisitId,
    /// See [`Manifest::station`].
    pub station: StationId,
    /// See [`Manifest::ticket`].
    pub ticket: SignedTicket,
    /// See [`Manifest::operator`].
    pub operator: OperatorId,
    /// See [`Manifest::role`].
    pub role: Role,
    /// See [`Manifest::practice`].
    pub practice: bool,
    /// See [`Manifest::opened_at`].
    pub opened_at: Timestamp,
    /// See [`Manifest::devices`].
    pub devices: Vec<Device>,
    /// See [`Manifest::consents`].
    pub consents: Vec<Consent>,
    /// See [`Manifest::behalf`].
    pub behalf: Option<Behalf>,
    /// See [`Manifest::chip`].
    pub chip: ChipClaim,
    /// See [`Manifest::face`].
    pub face: MatchClaim,
    /// See [`Manifest::finger`].
    pub finger: MatchClaim,
    /// See [`Manifest::sightings`].
    pub sightings: Vec<SignedSighting>,
    /// See [`Manifest::documents`].
    pub documents: Vec<DocumentClaim>,
}

impl Claims {
    /// Every reference to a part in these claims.
    pub(crate) fn part_references(&self) -> impl Iterator<Item = PartIndex> + '_ {
        references(&self.chip, &self.documents)
    }
}

impl Manifest {
    /// Every reference to a part in this manifest.
    pub(crate) fn part_references(&self) -> impl Iterator<Item = PartIndex> + '_ {
        references(&self.chip, &self.documents)
    }
}

fn references<'a>(
    chip: &ChipClaim,
    documents: &'a [DocumentClaim],
) -> impl Iterator<Item = PartIndex> + use<'a> {
    std::iter::once(chip.evidence).chain(documents.iter().map(|d| d.pdf))
}

/// The number of a part in its bundle. The manifest is 0; the first part of a draft is 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PartIndex(pub u32);

impl PartIndex {
    /// The inner manifest itself.
    pub const MANIFEST: Self = Self(0);

    /// The index that the part at this place in [`Draft::parts`](crate::Draft::parts) will get.
    #[must_use]
    pub const fn of_part(place: u32) -> Self {
        Self(place.saturating_add(1))
    }
}

impl fmt::Display for PartIndex {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

/// As what a person works at a desk. It is the OU of the person's certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Helps the citizen; may not certify anything.
    Volunteer,
    /// An official who may digitise and sign what was digitised.
    Clerk,
    /// An official who may certify copies.
    Certifier,
    /// The authority in whose name copies are certified.
    Director,
}

impl Role {
    /// The role as it is written in certificates and manifests.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Volunteer => "volunteer",
            Self::Clerk => "clerk",
            Self::Certifier => "certifier",
            Self::Director => "director",
        }
    }

    /// Reads [`Role::as_str`].
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        [
            Self::Volunteer,
            Self::Clerk,
            Self::Certifier,
            Self::Director,
        ]
        .into_iter()
        .find(|r| r.as_str() == name)
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// One device of the desk that took part in the visit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Device {
    /// What it does.
    pub kind: DeviceKind,
    /// Its name at the desk, as the driver gives it.
    pub name: String,
    /// Which driver spoke to it.
    pub driver: String,
    /// Whether it is a program that plays the device. A real verifier refuses those.
    pub simulated: bool,
}

/// What a device does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DeviceKind {
    /// Reads the card's chip.
    CardReader,
    /// Sees the face.
    Camera,
    /// Feels the finger.
    FingerSensor,
    /// Scans the papers.
    Scanner,
}

/// One thing the citizen agreed to, on the citizen's own display.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Consent {
    /// To what.
    pub purpose: Purpose,
    /// Which wording was shown.
    pub text_version: String,
    /// In which language: `vi` or `en`.
    pub lang: String,
    /// When.
    pub given_at: Timestamp,
}

/// What a consent is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Purpose {
    /// To read the card and compare face and finger with it.
    Identify,
    /// To send the papers and keep them in the citizen's wallet.
    File,
}

/// What the chip said, and what the desk saw of it that does not leave the desk.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ChipClaim {
    /// The part with the evidence that the verifier checks again.
    pub evidence: PartIndex,
    /// How the chip was opened: `pace-can`, `pace-mrz` or `bac`.
    pub access: String,
    /// Who can be convinced that the chip is no copy: `signed_by_chip`, `witnessed_by_desk` or
    /// `not_offered`.
    pub clone_check: String,
    /// Values that only the desk saw.
    pub witnessed: Witnessed,
}

/// Values from data groups that stay at the desk. Only the desk's word stands for them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Witnessed {
    // Compulsory, though they may be null: one way to write one thing.
    /// The name with diacritics.
    #[serde(deserialize_with = "Option::deserialize")]
    pub name: Option<PersonalText>,
    /// The number of an earlier identity card.
    #[serde(deserialize_with = "Option::deserialize")]
    pub old_id_no: Option<PersonalText>,
}

/// Whether a living person was compared with the card, and how that ended. Never a sample.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case", deny_unknown_fields)]
pub enum MatchClaim {
    /// Compared by a model.
    Compared {
        /// What the model's bands say.
        outcome: MatchOutcome,
        /// How alike.
        score: Score,
        /// From which score on the outcome is a match.
        threshold: f64,
        /// Which model: name `@` SHA-256 of the weights.
        model: String,
        /// Which device took the living sample.
        device: String,
        /// What it was compared with: `dg2` or `dg3`.
        reference: String,
        /// How often was tried.
        attempts: u32,
        /// The poses that the person showed before the picture that was compared; none where they were not asked for.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        presence: Option<Presence>,
        /// What a person should know beside the score, as stable codes: a portrait damaged by compression, an old one.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        notices: Vec<String>,
        /// How often which finger was laid down; none for faces.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        presentations: Vec<Presentation>,
    },
    /// Not compared.
    NotDone {
        /// Why, as a stable code.
        reason: String,
        /// How often which finger was laid down in vain; none where none was.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        presentations: Vec<Presentation>,
    },
}

impl MatchClaim {
    /// Not compared, and nothing was laid down.
    #[must_use]
    pub fn not_done(reason: &str) -> Self {
        Self::NotDone {
            reason: reason.to_owned(),
            presentations: Vec::new(),
        }
    }
}

/// How a comparison ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MatchOutcome {
    /// The same person.
    Match,
    /// Another person.
    NoMatch,
    /// The model cannot say; a human must compare.
    Inconclusive,
}

/// A similarity with two decimals. More would help whoever wants to rebuild a face by asking
/// again and again how alike two pictures are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Score(i32);

impl Score {
    const LIMIT: f64 = 1_000_000.0;

    /// Rounds to two decimals. No score for what is not a number or is out of all bounds.
    #[must_use]
    pub fn rounded(value: f64) -> Option<Self> {
        // A comparison, so that NaN is refused too.
        if value.abs() <= Self::LIMIT {
            #[expect(clippy::cast_possible_truncation, reason = "bounded on the line above")]
            let hundredths = (value * 100.0).round() as i32;
            Some(Self(hundredths))
        } else {
            None
        }
    }

    /// The score as a number.
    #[must_use]
    pub fn value(self) -> f64 {
        f64::from(self.0) / 100.0
    }
}

impl Serialize for Score {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_f64(self.value())
    }
}

impl<'de> Deserialize<'de> for Score {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let value = f64::deserialize(from)?;
        match Self::rounded(value) {
            // Each two-decimal number has one nearest f64, so equality is exact here.
            Some(score) if score.value() == value => Ok(score),
            _ => Err(de::Error::custom("a score has two decimals")),
        }
    }
}

/// One paper.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DocumentClaim {
    /// Which kind of paper: an id of the rulebook.
    pub kind: String,
    /// What the kind is called. Not the citizen's words.
    pub title: String,
    /// What the copy is worth.
    pub grade: Grade,
    /// How many sheets the citizen handed over.
    pub sheets_declared: u32,
    /// The page images, in order.
    pub pages: Vec<PageClaim>,
    /// The part with the PDF.
    pub pdf: PartIndex,
    /// What was read from the pages.
    pub fields: Vec<FieldClaim>,
    /// Whose paper it is.
    pub owner: OwnerClaim,
}

/// What a copy is worth (design decision D11). It rises only by a new act.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Grade {
    /// An image the citizen keeps.
    G0,
    /// Digitised and signed by an official.
    G1,
    /// An electronic certified copy.
    G2,
    /// Issued electronically.
    G3,
}

impl Grade {
    /// The grade as it is written in manifests.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::G0 => "g0",
            Self::G1 => "g1",
            Self::G2 => "g2",
            Self::G3 => "g3",
        }
    }
}

/// One page image. The pixels are inside the PDF.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PageClaim {
    /// Digest of the image as it lies in the PDF.
    pub image_sha256: Sha256Digest,
    /// Pixels.
    pub width: u32,
    /// Pixels.
    pub height: u32,
    /// Dots an inch.
    pub dpi: u32,
    /// What the desk found about the page's quality, as stable codes.
    pub verdicts: Vec<String>,
}

/// One field read from a paper.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FieldClaim {
    /// Which field: an id of the rulebook.
    pub name: String,
    /// What was read.
    pub value: PersonalText,
    /// How sure the reader is, 0 to 100.
    pub confidence: u8,
    /// What became of it at the desk; none in bundles of desks that did not tell.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state: Option<FieldState>,
}

/// Whether a value may be used as it was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FieldState {
    /// Read surely, and it keeps the rules of its kind.
    Accepted,
    /// A person compares it with the paper first.
    Check,
    /// Its label is there; a value was not read.
    Unreadable,
}

/// Whether a paper belongs to the citizen at the desk.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OwnerClaim {
    /// It names the citizen.
    Match,
    /// It names someone else.
    Other,
    /// It names nobody that could be read.
    Unknown,
}

/// One sealed part.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PartRecord {
    /// Its number.
    pub index: PartIndex,
    /// Its name, unique in the bundle, such as `document-1.pdf`.
    pub name: String,
    /// Its media type.
    pub media_type: String,
    /// Digest of the content, in clear. It is told nowhere outside: who can guess a content could
    /// otherwise recognise it.
    pub sha256: Sha256Digest,
    /// Length of the content.
    pub size: u64,
    /// Digest of the blob, as the statement outside names it.
    pub blob: Sha256Digest,
}

/// The certificates of the two who signed the manifest. They are inside because who served whom
/// is nobody's business on the way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Signers {
    /// The desk's certificate; it must be the one outside.
    pub device: CertificateBytes,
    /// The operator's certificate.
    pub operator: CertificateBytes,
}

/// An X.509 certificate in DER, base64 in JSON. Not yet checked by anyone.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct CertificateBytes(#[serde(with = "base64_bytes")] pub Vec<u8>);

impl fmt::Debug for CertificateBytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CertificateBytes({} bytes)", self.0.len())
    }
}

/// Text about a person. Its `Debug` prints nothing, and it is wiped when dropped.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PersonalText(String);

impl PersonalText {
    /// Takes the text.
    #[must_use]
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text, for whoever must show or compare it. Never for a log.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for PersonalText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PersonalText(..)")
    }
}

impl Drop for PersonalText {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

#[cfg(test)]
mod tests;
