//! The biometric information template: which finger a card compares, under which reference, and how it wants minutiae.
//!
//! ```text
//! 7F61  group                        ISO/IEC 7816-11
//!   02    how many
//!   7F60  one finger
//!     83    reference, P2 of VERIFY
//!     A1    header                   ISO/IEC 19785-3
//!       81    08 finger
//!       82    which finger
//!       87 88 owner and type of the format
//!       B1    limits and order       ISO/IEC 19794-2, read elsewhere
//! ```
//!
//! The whole is bounded by one answer of a chip, and no list grows past [`MOST_FINGERS`].

use super::OnCardError;
use crate::lds::finger_subtype;
use crate::tlv::{self, Reader, TlvError};

const GROUP: u32 = 0x7F61;
const TEMPLATE: u32 = 0x7F60;
const HEADER: u32 = 0xA1;
const REFERENCE: u32 = 0x83;
const FINGER: u8 = 0x08;
/// ISO/IEC JTC 1/SC 37.
const OWNER: [u8; 2] = [0x01, 0x01];

/// A person's fingers.
const MOST_FINGERS: usize = 10;
/// The limits are three objects of one or two bytes; a card may add a little.
const MOST_PARAMETERS: usize = 64;

/// How much room a minutia has on the card.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MinutiaeForm {
    /// Five bytes: hundredths of a millimetre, 1/256 turn.
    Normal,
    /// Three bytes: tenths of a millimetre, 1/64 turn.
    Compact,
}

impl MinutiaeForm {
    /// By the format type that SC 37 gave to card formats: 3 and 4 are normal, 5 and 6 compact; of each pair the first
    /// puts a ridge's end where the valleys meet, the second where the ridge's skeleton ends (19794-2:2005 clause 9).
    fn of(kind: [u8; 2]) -> Option<Self> {
        match kind {
            [0, 3 | 4] => Some(Self::Normal),
            [0, 5 | 6] => Some(Self::Compact),
            _ => None,
        }
    }

    fn kind(self) -> [u8; 2] {
        match self {
            Self::Normal => [0, 3],
            Self::Compact => [0, 5],
        }
    }
}

/// One finger that a card compares.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InformationTemplate {
    /// What VERIFY calls it (P2).
    pub reference: u8,
    /// 1 right thumb to 5 right little, 6 left thumb to 10 left little; 0 where the card does not say.
    pub position: u8,
    pub form: MinutiaeForm,
    /// Template B1 as it stands: how many minutiae, in which order (ISO/IEC 19794-2). Empty where the card says nothing.
    pub parameters: Vec<u8>,
}

impl InformationTemplate {
    /// Reads a group, or one template alone. What is no finger, or in no form of ours, is left out.
    ///
    /// # Errors
    /// [`OnCardError::Template`] when it is no such list, names a reference twice, or is too large.
    pub fn read(bytes: &[u8]) -> Result<Vec<Self>, OnCardError> {
        list(bytes).map_err(|_| OnCardError::Template)
    }

    /// The group as a card gives it.
    pub fn write(fingers: &[Self]) -> Vec<u8> {
        let count = u8::try_from(fingers.len()).expect("a person has few fingers");
        let mut group = tlv::encode(0x02, &[count]);
        for finger in fingers {
            let subtype = finger_subtype::of_position(finger.position);
            let header = [
                tlv::encode(0x81, &[FINGER]),
                subtype.map_or_else(Vec::new, |subtype| tlv::encode(0x82, &[subtype])),
                tlv::encode(0x87, &OWNER),
                tlv::encode(0x88, &finger.form.kind()),
                tlv::encode(0xB1, &finger.parameters),
            ]
            .concat();
            let reference = tlv::encode(REFERENCE, &[finger.reference]);
            let header = tlv::encode(HEADER, &header);
            group.extend(tlv::encode_all(TEMPLATE, &[&reference, &header]));
        }
        tlv::encode(GROUP, &group)
    }
}

/// Not a template, and why does not matter.
struct Unfit;

impl From<TlvError> for Unfit {
    fn from(_: TlvError) -> Self {
        Self
    }
}

fn list(bytes: &[u8]) -> Result<Vec<InformationTemplate>, Unfit> {
    let mut objects = match Reader::new(bytes).peek() {
        Some(TEMPLATE) => Reader::new(bytes),
        _ => Reader::new(tlv::only(bytes, GROUP)?),
    };
    let mut fingers: Vec<InformationTemplate> = Vec::new();
    while let Some(object) = objects.read()? {
        // 02 counts; what is there can be seen.
        if object.tag() != TEMPLATE {
            continue;
        }
        let Some(finger) = one(object.value())? else {
            continue;
        };
        let twice = fingers
            .iter()
            .any(|other| other.reference == finger.reference);
        if twice || fingers.len() == MOST_FINGERS {
            return Err(Unfit);
        }
        fingers.push(finger);
    }
    Ok(fingers)
}

/// `None` when it is of something else than a finger's minutiae.
fn one(template: &[u8]) -> Result<Option<InformationTemplate>, Unfit> {
    let header = tlv::require(template, HEADER)?;
    let word = |tag| tlv::find(header, tag);
    let pair = |tag| Ok::<_, Unfit>(word(tag)?.and_then(|value| <[u8; 2]>::try_from(value).ok()));
    if word(0x81)? != Some(&[FINGER]) || pair(0x87)? != Some(OWNER) {
        return Ok(None);
    }
    let Some(form) = pair(0x88)?.and_then(MinutiaeForm::of) else {
        return Ok(None);
    };
    // A card with one finger need not name it: 00 is "no information given" (ISO/IEC 7816-4, VERIFY).
    let reference = match tlv::find(template, REFERENCE)? {
        None => 0,
        Some(&[reference]) => reference,
        Some(_) => return Err(Unfit),
    };
    let position = match word(0x82)? {
        None => 0,
        Some(&[subtype]) => finger_subtype::position(subtype),
        Some(_) => return Err(Unfit),
    };
    let parameters = word(0xB1)?.unwrap_or_default();
    if parameters.len() > MOST_PARAMETERS {
        return Err(Unfit);
    }
    Ok(Some(InformationTemplate {
        reference,
        position,
        form,
        parameters: parameters.to_vec(),
    }))
}

#[cfg(test)]
mod tests;
