//! Asking the card to compare a finger: its list, its tries, and VERIFY (ISO/IEC 7816-4 §11.5.6).
//!
//! What an answer is worth is told in [`crate::on_card`]. A VERIFY is sent once and never again of itself: whoever
//! sends it twice may spend two tries.

use openssl::sha::sha256;
use rand_core::CryptoRng;
use zeroize::Zeroize;

use super::{ReadError, SecureChip};
use crate::access::LDS1;
use crate::apdu::{Command, Response, Status};
use crate::evidence::Challenge;
use crate::on_card::{
    CardMatch, InformationTemplate, LastTry, Offer, OnCardError, Outcome, Place, presented,
};
use crate::tlv;
use crate::transport::Transport;
use crate::wire::says_absent;

/// DO'7F61', the group of biometric information templates.
const TEMPLATES: [u8; 2] = [0x7F, 0x61];
/// VERIFY with data of its own kind, and with data objects.
const VERIFY: u8 = 0x20;
const VERIFY_OBJECTS: u8 = 0x21;
/// More of the command follows (ISO/IEC 7816-4 §5.3.3).
const CHAINED: u8 = 0x10;
/// What fits into a short command under seal: DO'87' with 224 bytes of cipher text, DO'97' and DO'8E' are 241 of 255.
const LINK: usize = 223;

impl<T: Transport> SecureChip<T> {
    /// What the card offers to compare; `None` when it has no such application or no list.
    ///
    /// # Errors
    /// [`OnCardError`]; the chip can be read on.
    pub fn fingers_on_card(
        &mut self,
        place: &Place,
        rng: &mut dyn CryptoRng,
    ) -> Result<Option<Offer>, OnCardError> {
        // GET DATA with a tag list, and by tag (ISO/IEC 7816-4 §11.4.3).
        let list = tlv::encode(0x5C, &TEMPLATES);
        let by_list = Command::new(0, 0xCB, 0x3F, 0xFF).data(list).le(256);
        let [p1, p2] = TEMPLATES;
        let by_tag = Command::new(0, 0xCA, p1, p2).le(256);
        let mut asked = Ok(None);
        for question in [by_list, by_tag] {
            asked = self.once_more(rng, |chip| {
                let there = chip.enter(place)?;
                there.then(|| chip.send(&question)).transpose()
            });
            match &asked {
                Ok(Some(answer)) if !answer.status.is_ok() && !says_absent(answer.status) => {}
                _ => break,
            }
        }
        let answer = match self.left(place, rng, asked.map_err(OnCardError::from))? {
            Some(answer) if answer.status.is_ok() => answer,
            _ => return Ok(None),
        };
        let fingers = InformationTemplate::read(&answer.data)?;
        let place = place.clone();
        Ok((!fingers.is_empty()).then_some(Offer { place, fingers }))
    }

    /// Sends minutiae, in the form and order that `finger` of the offer wants, and brings back what the card says.
    ///
    /// The travel document must have been read in this session, DG14 with it. After a yes the same finger is not asked
    /// for again in the session: the card would say yes before it compares.
    ///
    /// # Errors
    /// [`OnCardError`]. Nothing was sent, and no try spent, for [`Unbound`](OnCardError::Unbound),
    /// [`SaysYes`](OnCardError::SaysYes) and [`Minutiae`](OnCardError::Minutiae).
    pub fn verify_finger(
        &mut self,
        offer: &Offer,
        finger: &InformationTemplate,
        minutiae: &[u8],
        challenge: &Challenge,
        last_try: LastTry,
        rng: &mut dyn CryptoRng,
    ) -> Result<Outcome, OnCardError> {
        if !offer.fingers.contains(finger) {
            return Ok(Outcome::NotOffered);
        }
        let bytes = minutiae.len();
        let field = presented(minutiae).ok_or(OnCardError::Minutiae { bytes })?;
        let done = self.compare(offer, finger, &field, challenge, last_try, rng);
        self.left(&offer.place, rng, done)
    }

    fn compare(
        &mut self,
        offer: &Offer,
        finger: &InformationTemplate,
        field: &[u8],
        challenge: &Challenge,
        last_try: LastTry,
        rng: &mut dyn CryptoRng,
    ) -> Result<Outcome, OnCardError> {
        if self.dg14.is_none() {
            return Err(OnCardError::Unbound);
        }
        // Whoever says yes here says yes to everything.
        if self.ask_tries(offer, offer.nobodys(), rng)?.0.is_ok() {
            return Err(OnCardError::SaysYes);
        }
        let (status, sealed) = self.ask_tries(offer, finger.reference, rng)?;
        let tries_left = match status.0 {
            0x9000 => return Err(OnCardError::SaysYes),
            0x6983 | 0x63C0 => return Ok(Outcome::Blocked),
            0x6A88 => return Ok(Outcome::NotOffered),
            0x6984 => return Err(OnCardError::Refused { status }),
            _ => tries(status).filter(|_| sealed),
        };
        if last_try == LastTry::Keep && tries_left.is_none_or(|left| left < 2) {
            return Ok(Outcome::LastTryKept { tries_left });
        }
        // A bare refusal may have ended the session; a new one costs no try, a VERIFY into the void might.
        self.once_more(rng, |chip| match chip.shaken {
            true => Err(ReadError::SessionLost { status }),
            false => chip.enter(&offer.place),
        })?;
        // Only in the session that answers is the proof worth anything.
        let Some(dg14) = self.dg14.as_deref().map(sha256) else {
            return Err(OnCardError::Unbound);
        };
        let mut answer = self.chain(VERIFY_OBJECTS, finger.reference, field)?;
        if answer.status == Status::INS_NOT_SUPPORTED {
            answer = self.chain(VERIFY, finger.reference, field)?;
        }
        let status = answer.status;
        let sealed = !self.shaken;
        match status.0 {
            // `send` lets no 9000 pass that is not sealed.
            0x9000 => Ok(Outcome::Matched(CardMatch {
                position: finger.position,
                challenge: *challenge,
                dg14,
            })),
            0x6983 => Ok(Outcome::Blocked),
            0x63C0 if sealed => Ok(Outcome::NotMatched {
                tries_left: Some(0),
            }),
            0x6300..=0x63FF => Ok(Outcome::NotMatched {
                tries_left: tries(status).filter(|_| sealed),
            }),
            0x6A88 => Ok(Outcome::NotOffered),
            0x6700 | 0x6A80 => Err(OnCardError::DataRefused { status }),
            _ => Err(OnCardError::Refused { status }),
        }
    }

    /// VERIFY without data: how many tries are left (63Cx), or that none is needed (9000). Also whether the answer was
    /// sealed. Costs no try.
    fn ask_tries(
        &mut self,
        offer: &Offer,
        reference: u8,
        rng: &mut dyn CryptoRng,
    ) -> Result<(Status, bool), OnCardError> {
        let question = Command::new(0, VERIFY, 0, reference);
        let asked = self.once_more(rng, |chip| {
            if !chip.enter(&offer.place)? {
                return Ok(None);
            }
            let answer = chip.send(&question)?;
            Ok(Some((answer.status, !chip.shaken)))
        })?;
        asked.ok_or(OnCardError::Refused {
            status: Status::FILE_NOT_FOUND,
        })
    }

    /// One VERIFY, in as many commands as it takes. A card that knows no chain is sent one long command; it has not
    /// compared anything by then.
    fn chain(
        &mut self,
        instruction: u8,
        reference: u8,
        field: &[u8],
    ) -> Result<Response, OnCardError> {
        let links = field.len().div_ceil(LINK);
        for (index, link) in field.chunks(LINK).enumerate() {
            let last = index + 1 == links;
            let class = if last { 0 } else { CHAINED };
            let answer =
                self.wiped(Command::new(class, instruction, 0, reference).data(link.to_vec()))?;
            // 6884: no command chaining; 6E00: this class is unknown.
            if index == 0 && !last && matches!(answer.status.0, 0x6884 | 0x6E00) {
                return self.wiped(Command {
                    extended: true,
                    ..Command::new(0, instruction, 0, reference).data(field.to_vec())
                });
            }
            if last || !answer.status.is_ok() {
                return Ok(answer);
            }
        }
        // No field is empty.
        Err(OnCardError::Minutiae { bytes: 0 })
    }

    fn wiped(&mut self, mut command: Command) -> Result<Response, OnCardError> {
        let answer = self.send(&command);
        command.data.zeroize();
        Ok(answer?)
    }

    /// Makes the application that compares the current one; false when the card has none of that name.
    fn enter(&mut self, place: &Place) -> Result<bool, ReadError> {
        let Some(name) = &place.application else {
            return Ok(true);
        };
        let answer = self.send(&Command::new(0, 0xA4, 0x04, 0x0C).data(name.clone()))?;
        Ok(answer.status.is_ok())
    }

    /// Makes the travel document the current application again, unless the card is lost anyway.
    fn left<R>(
        &mut self,
        place: &Place,
        rng: &mut dyn CryptoRng,
        work: Result<R, OnCardError>,
    ) -> Result<R, OnCardError> {
        let lost = matches!(work, Err(OnCardError::Read(_)));
        if place.application.is_some() && !lost {
            self.once_more(rng, |chip| {
                chip.send(&Command::new(0, 0xA4, 0x04, 0x0C).data(LDS1.to_vec()))
            })?;
        }
        work
    }
}

/// 63Cx: x more tries.
fn tries(status: Status) -> Option<u8> {
    (status.0 & 0xFFF0 == 0x63C0).then_some((status.0 & 0x0F) as u8)
}

#[cfg(test)]
mod tests;
