//! A finger that the card itself compares: what is asked, what the answer is worth, and its refusals.
//!
//! The card keeps the holder's minutiae and never gives them away. It says which finger it knows and in which form it
//! wants minutiae ([`InformationTemplate`], ISO/IEC 7816-11 and 19794-2), is sent those of the finger on the sensor
//! ([`SecureChip::verify_finger`](crate::SecureChip::verify_finger), ISO/IEC 7816-4 VERIFY) and answers with yes, or no
//! and the tries that are left.
//!
//! # What a yes proves, and what it does not
//!
//! A yes is two bytes, `9000`. Nobody signs them, so they are worth as much as the channel they come through and the
//! chip at its end:
//!
//! - Only an answer under the session's seal counts, and a session in which this chip has proved the key of its DG14
//!   (chip authentication, or PACE with its mapping). Without that proof nothing is sent: a card that says yes to
//!   everything could stand at the other end.
//! - A [`CardMatch`] is believed by [`CardMatch::verify`] alone: that DG14 must be the one which the issuer signed and
//!   which is in the identity, and the answer must be of this visit. It cannot be copied, stored or sent on.
//! - It convinces the desk that ran the session, and whoever trusts that desk. It convinces nobody else: there is no
//!   signature that could be shown. It is no chip evidence.
//! - The limit at which the card says yes is its issuer's; no score comes out, and we have measured no such card.
//! - It does not say that the finger was alive, nor that it was on our sensor: whoever drives the desk's software can
//!   send minutiae from anywhere.
//!
//! A card that says yes to a finger it does not have (a reference that its own list lacks), or before it has been asked,
//! is refused: no honest card does.

use thiserror::Error;

use crate::apdu::Status;
use crate::chip::ReadError;
use crate::evidence::{Challenge, VerifiedIdentity};

mod data;
mod template;

pub use data::{MAX_MINUTIAE_BYTES, presented, read_presented};
pub use template::{InformationTemplate, MinutiaeForm};

/// The application of the card in which fingers are compared.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Place {
    /// Its name (AID, 5 to 16 bytes); without one the travel document itself compares.
    pub application: Option<Vec<u8>>,
}

/// What a card offers to compare; made by [`SecureChip::fingers_on_card`](crate::SecureChip::fingers_on_card).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Offer {
    pub(crate) place: Place,
    pub(crate) fingers: Vec<InformationTemplate>,
}

impl Offer {
    /// The fingers, in the card's order. Empty where the card compares none that we can serve.
    pub fn fingers(&self) -> &[InformationTemplate] {
        &self.fingers
    }

    /// A reference that no finger of the card has. Bit 8 keeps clear of the card's own PINs (ISO/IEC 7816-4 table 96).
    pub(crate) fn nobodys(&self) -> u8 {
        let used = |reference: &u8| self.fingers.iter().any(|one| one.reference == *reference);
        (0x81..=0x9F)
            .rev()
            .find(|reference| !used(reference))
            .unwrap_or(0x9F)
    }
}

/// Whether the last try may be spent: with it gone the card compares no finger any more, for nobody.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LastTry {
    /// Ask only while another try is known to remain.
    Keep,
    /// The citizen was told, and wants it.
    MayBeUsed,
}

/// What the card said.
#[derive(Debug)]
#[must_use]
pub enum Outcome {
    /// Yes; believed after [`CardMatch::verify`].
    Matched(CardMatch),
    /// No. The tries that are left, where the card says so under its seal.
    NotMatched { tries_left: Option<u8> },
    /// Too many fingers have been refused; only the issuer can open this again.
    Blocked,
    /// Nothing was sent: this is the last try (one left), or the card does not tell how many there are.
    LastTryKept { tries_left: Option<u8> },
    /// The card has no such finger after all.
    NotOffered,
}

/// The card has said yes in a session of ours. Proves nothing until [`verify`](Self::verify) has been asked.
///
/// It can be neither copied nor written down, so that no old one can be laid before a new visit.
pub struct CardMatch {
    pub(crate) position: u8,
    pub(crate) challenge: Challenge,
    /// SHA-256 of the DG14 whose key the chip proved in the session that the answer came through.
    pub(crate) dg14: [u8; 32],
}

impl std::fmt::Debug for CardMatch {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("CardMatch(..)")
    }
}

impl CardMatch {
    /// Holds the answer against the document it should be of, and the visit it should be for.
    ///
    /// # Errors
    /// [`OnCardError::OtherVisit`] and [`OnCardError::OtherChip`].
    pub fn verify(
        self,
        identity: &VerifiedIdentity,
        challenge: &Challenge,
    ) -> Result<MatchedOnCard, OnCardError> {
        if self.challenge != *challenge {
            return Err(OnCardError::OtherVisit);
        }
        if identity.dg14_digest() != Some(self.dg14) {
            return Err(OnCardError::OtherChip);
        }
        Ok(MatchedOnCard {
            position: self.position,
        })
    }
}

/// The chip of this identity has said, to this desk and in this visit, that the finger is the holder's.
///
/// What that proves and what not stands at the head of this module.
#[derive(Debug, PartialEq, Eq)]
pub struct MatchedOnCard {
    position: u8,
}

impl MatchedOnCard {
    /// The finger as the card names it: 1 right thumb to 10 left little, 0 where it does not say.
    pub fn position(&self) -> u8 {
        self.position
    }
}

/// Why the card's own comparison came to nothing. Nothing of it speaks against the person.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum OnCardError {
    /// The chip has not proved its key in this session, so that its yes would be anybody's.
    #[error("a finger is compared only by a chip that has proved its key in this session")]
    Unbound,
    #[error("what the card says of its fingers is not as the standard says")]
    Template,
    /// Yes to a finger that the card does not have, or before any finger was sent.
    #[error("the card says yes before it has compared anything")]
    SaysYes,
    #[error("{bytes} bytes are no minutiae that can be sent")]
    Minutiae { bytes: usize },
    /// The card does not like the minutiae: too few, too many, or not in its form.
    #[error("the card cannot use these minutiae ({status})")]
    DataRefused { status: Status },
    #[error("the card does not compare the finger ({status})")]
    Refused { status: Status },
    #[error("the answer is of another visit")]
    OtherVisit,
    #[error("the answer is of another chip than the document's")]
    OtherChip,
    /// Where this is a lost session or card, a try may have been spent: ask for the tries that are left.
    #[error(transparent)]
    Read(#[from] ReadError),
}

impl OnCardError {
    /// The stable code, as in the failure catalogue.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Unbound => "card.finger_unbound",
            Self::Template => "card.finger_template",
            Self::SaysYes => "card.finger_says_yes",
            Self::Minutiae { .. } => "card.finger_minutiae",
            Self::DataRefused { .. } => "card.finger_data_refused",
            Self::Refused { .. } => "card.finger_refused",
            Self::OtherVisit => "card.finger_other_visit",
            Self::OtherChip => "card.finger_other_chip",
            Self::Read(error) => error.code(),
        }
    }

    /// Every code that [`code`](Self::code) can give, beside those of [`ReadError`].
    pub const CODES: &'static [&'static str] = &[
        "card.finger_unbound",
        "card.finger_template",
        "card.finger_says_yes",
        "card.finger_minutiae",
        "card.finger_data_refused",
        "card.finger_refused",
        "card.finger_other_visit",
        "card.finger_other_chip",
    ];
}
