//! Secure messaging: every command and answer encrypted, numbered and sealed (ICAO 9303-11 §9.8).
//!
//! Both sides live here, the terminal's and the chip's, so that the simulator cannot drift from the
//! reader. Any fault ends the session: there is no second try on the same keys.

use subtle::ConstantTimeEq;
use thiserror::Error;

use crate::apdu::{Command, Response, Status};
use crate::tlv;

pub(crate) mod cipher;

pub use cipher::Cipher;
use cipher::{Key, pad, unpad};

/// The protected class byte: secure messaging, header authenticated (ISO/IEC 7816-4 §5.4.1).
const PROTECTED: u8 = 0x0C;

/// Why a protected message cannot be believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum SecureMessagingError {
    #[error("the message authentication code does not fit")]
    BadMac,
    #[error("the answer came without its protection")]
    Unprotected,
    #[error("the protected answer is malformed")]
    Malformed,
    #[error("the encrypted part cannot be decrypted")]
    BadPadding,
    #[error("the message counter is used up")]
    CounterSpent,
}

/// What an answer turned out to be once its seal was looked at.
#[derive(Debug)]
pub enum Unsealed {
    /// Sealed by the chip.
    Sealed(Response),
    /// A bare error status, which anyone on the wire could have written.
    Plain(Status),
}

/// The keys and the counter of one session. Wiped when dropped, never printed.
pub struct Session {
    cipher: Cipher,
    enc: Key,
    mac: Key,
    counter: u128,
}

impl Session {
    /// Derives both keys from a shared secret; the counter starts at zero (PACE, chip authentication).
    pub fn derive(cipher: Cipher, secret: &[u8]) -> Self {
        Self::with_counter(cipher, secret, 0)
    }

    /// The same with the counter that BAC agrees on.
    pub fn with_counter(cipher: Cipher, secret: &[u8], counter: u64) -> Self {
        Self {
            cipher,
            enc: cipher.derive(secret, 1),
            mac: cipher.derive(secret, 2),
            counter: u128::from(counter),
        }
    }

    /// A session recorded elsewhere.
    #[cfg(test)]
    pub(crate) fn from_keys(cipher: Cipher, enc: Vec<u8>, mac: Vec<u8>, counter: u128) -> Self {
        Self {
            cipher,
            enc: Key::new(enc),
            mac: Key::new(mac),
            counter,
        }
    }

    #[cfg(test)]
    pub(crate) fn keys(&self) -> (&[u8], &[u8]) {
        (&self.enc, &self.mac)
    }

    /// How many plain bytes fit into an answer whose data field may hold `room` bytes.
    pub fn capacity(&self, room: usize) -> usize {
        let block = self.cipher.block();
        // DO'87' header (up to 4) and padding indicator, DO'99' (4), DO'8E' (10).
        let header = match room {
            0..=159 => 3,
            160..=272 => 4,
            _ => 5,
        };
        let cipher_text = room.saturating_sub(header + 14) / block * block;
        cipher_text.saturating_sub(1)
    }

    /// Seals a command.
    pub fn protect(&mut self, command: &Command) -> Result<Vec<u8>, SecureMessagingError> {
        let counter = self.step()?;
        let mut header = command.header();
        header[0] |= PROTECTED;
        let mut body = Vec::with_capacity(command.data.len() + 48);
        if !command.data.is_empty() {
            self.append_cryptogram(&mut body, &counter, &command.data, command.is_odd());
        }
        if let Some(le) = command.le {
            if le <= 256 && !command.extended {
                tlv::append(&mut body, 0x97, &[le as u8]);
            } else {
                tlv::append(&mut body, 0x97, &(le as u16).to_be_bytes());
            }
        }
        let mut message = counter.clone();
        message.extend_from_slice(&pad(&header, self.cipher.block()));
        message.extend_from_slice(&body);
        let tag = self.seal(&message);
        tlv::append(&mut body, 0x8E, &tag);
        let long = command.needs_extended() || body.len() > 255;
        let [cla, ins, p1, p2] = header;
        let outer = Command {
            data: body,
            le: Some(if long { 65_536 } else { 256 }),
            ..Command::new(cla, ins, p1, p2)
        };
        Ok(outer.encode())
    }

    /// Checks and opens an answer.
    pub fn unprotect(&mut self, answer: &Response) -> Result<Unsealed, SecureMessagingError> {
        let counter = self.step()?;
        if answer.data.is_empty() {
            return if answer.status.is_ok() {
                Err(SecureMessagingError::Unprotected)
            } else {
                Ok(Unsealed::Plain(answer.status))
            };
        }
        let objects = Objects::read(&answer.data)?;
        let mut message = counter.clone();
        message.extend_from_slice(objects.sealed);
        // The answer must say something under the seal.
        if objects.sealed.is_empty() {
            return Err(SecureMessagingError::Malformed);
        }
        self.check(&message, objects.mac)?;
        let data = self.decrypt(&counter, &objects)?;
        let status = match objects.status {
            Some([hi, lo]) => Status(u16::from_be_bytes([*hi, *lo])),
            // ISO/IEC 7816-4 allows DO'99' to be left out when DO'87' is there.
            None => answer.status,
            Some(_) => return Err(SecureMessagingError::Malformed),
        };
        Ok(Unsealed::Sealed(Response::new(data, status)))
    }

    /// The chip's side of [`protect`](Self::protect).
    pub fn open_command(&mut self, command: &Command) -> Result<Command, SecureMessagingError> {
        let counter = self.step()?;
        if command.cla & PROTECTED != PROTECTED {
            return Err(SecureMessagingError::Unprotected);
        }
        let objects = Objects::read(&command.data)?;
        let mut message = counter.clone();
        message.extend_from_slice(&pad(&command.header(), self.cipher.block()));
        message.extend_from_slice(objects.sealed);
        self.check(&message, objects.mac)?;
        let data = self.decrypt(&counter, &objects)?;
        let (le, extended) = match objects.le {
            None => (None, false),
            Some([0]) => (Some(256), false),
            Some([le]) => (Some(u32::from(*le)), false),
            Some([0, 0]) => (Some(65_536), true),
            Some([hi, lo]) => (Some(u32::from(*hi) << 8 | u32::from(*lo)), true),
            Some(_) => return Err(SecureMessagingError::Malformed),
        };
        Ok(Command {
            cla: command.cla & !PROTECTED,
            data,
            le,
            extended,
            ..command.clone()
        })
    }

    /// The chip's side of [`unprotect`](Self::unprotect).
    pub fn seal_response(
        &mut self,
        response: &Response,
        odd: bool,
    ) -> Result<Response, SecureMessagingError> {
        let counter = self.step()?;
        let mut body = Vec::with_capacity(response.data.len() + 48);
        if !response.data.is_empty() {
            self.append_cryptogram(&mut body, &counter, &response.data, odd);
        }
        tlv::append(&mut body, 0x99, &response.status.0.to_be_bytes());
        let mut message = counter.clone();
        message.extend_from_slice(&body);
        let tag = self.seal(&message);
        tlv::append(&mut body, 0x8E, &tag);
        Ok(Response::new(body, response.status))
    }

    /// The counter goes up before every message, either way (ICAO 9303-11 §9.8.2).
    fn step(&mut self) -> Result<Vec<u8>, SecureMessagingError> {
        self.counter = self
            .counter
            .checked_add(1)
            .filter(|next| self.cipher.block() == 16 || u64::try_from(*next).is_ok())
            .ok_or(SecureMessagingError::CounterSpent)?;
        Ok(self.counter.to_be_bytes()[16 - self.cipher.block()..].to_vec())
    }

    fn seal(&self, message: &[u8]) -> [u8; 8] {
        self.cipher
            .mac(&self.mac, &pad(message, self.cipher.block()))
    }

    fn check(&self, message: &[u8], tag: &[u8]) -> Result<(), SecureMessagingError> {
        if bool::from(self.seal(message).ct_eq(tag)) {
            Ok(())
        } else {
            Err(SecureMessagingError::BadMac)
        }
    }

    /// DO'87' with its padding indicator, or DO'85' for odd instructions.
    fn append_cryptogram(&self, body: &mut Vec<u8>, counter: &[u8], data: &[u8], odd: bool) {
        let iv = self.cipher.iv(&self.enc, counter);
        let text = self
            .cipher
            .encrypt(&self.enc, &iv, &pad(data, self.cipher.block()));
        if odd {
            tlv::append(body, 0x85, &text);
        } else {
            tlv::append(body, 0x87, &[&[1], &text[..]].concat());
        }
    }

    fn decrypt(
        &self,
        counter: &[u8],
        objects: &Objects<'_>,
    ) -> Result<Vec<u8>, SecureMessagingError> {
        let Some(text) = objects.cryptogram else {
            return Ok(Vec::new());
        };
        let iv = self.cipher.iv(&self.enc, counter);
        self.cipher
            .decrypt(&self.enc, &iv, text)
            .and_then(unpad)
            .ok_or(SecureMessagingError::BadPadding)
    }
}

/// The secure-messaging data objects of one message.
struct Objects<'a> {
    /// Everything before the MAC, as it was sent.
    sealed: &'a [u8],
    cryptogram: Option<&'a [u8]>,
    le: Option<&'a [u8]>,
    status: Option<&'a [u8]>,
    mac: &'a [u8],
}

impl<'a> Objects<'a> {
    fn read(body: &'a [u8]) -> Result<Self, SecureMessagingError> {
        let malformed = |_| SecureMessagingError::Malformed;
        let mut reader = tlv::Reader::new(body);
        let (mut cryptogram, mut le, mut status) = (None, None, None);
        loop {
            let start = body.len() - reader.rest().len();
            let Some(object) = reader.read().map_err(malformed)? else {
                return Err(SecureMessagingError::Unprotected);
            };
            let twice = match object.tag() {
                0x87 => match object.value() {
                    [1, text @ ..] => cryptogram.replace(text).is_some(),
                    _ => return Err(SecureMessagingError::Malformed),
                },
                0x85 => cryptogram.replace(object.value()).is_some(),
                0x97 => le.replace(object.value()).is_some(),
                0x99 => status.replace(object.value()).is_some(),
                0x8E => {
                    reader.finish().map_err(malformed)?;
                    return Ok(Self {
                        sealed: &body[..start],
                        cryptogram,
                        le,
                        status,
                        mac: object.value(),
                    });
                }
                _ => true,
            };
            if twice {
                return Err(SecureMessagingError::Malformed);
            }
        }
    }
}

#[cfg(test)]
mod tests;
