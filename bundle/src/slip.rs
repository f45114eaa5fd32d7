//! The receipt in short, as the QR code on the citizen's slip holds it: the same statement, under the same signature, in
//! so few letters that a telephone can read them off paper.
//!
//! Nothing is signed anew. What a receipt says has one form in JSON, so it can be put into bytes and made again; a receipt
//! of another form is not shortened. `docs/bundle-v1.md` §10 has the layout.

use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use uuid::Uuid;

use crate::base45;
use crate::ids::{BundleDigest, EntryId, Sha256Digest, StationId, VisitId};
use crate::key::VerifierPublicKey;
use crate::receipt::{LogProof, MAX_INCLUSION, Receipt, SignedReceipt};

/// Stands before every code, so that no other code is taken for one.
const PREFIX: &str = "NIEM1/";
const VERSION: u8 = 1;
/// A QR code of version 25 at level M holds 1,451 letters (ISO/IEC 18004 table 7); 9 are the prefix, three hold two bytes.
const PART_BYTES: usize = 960;
/// More codes than this nobody prints on a slip.
const MAX_PARTS: usize = 4;
/// The letters of a full code.
const MAX_PART_LETTERS: usize = PART_BYTES / 2 * 3;
/// The log and some witnesses.
const MAX_NOTE_SIGNATURES: usize = 9;
const SIGNATURE: usize = 64;
/// C2SP signed-note: four bytes of key id stand before a signature.
const LEAST_NOTE_SIGNATURE: usize = 4;

/// A receipt in short. It proves nothing until the receipt that [`Slip::signed`] gives is verified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Slip {
    receipt: Receipt,
    signature: [u8; SIGNATURE],
    bytes: Vec<u8>,
}

/// Why something is no slip, or a receipt cannot become one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SlipError {
    /// Not the letters, the bytes or the values of a slip.
    #[error("this is not the code of a receipt")]
    Malformed,
    /// One of several codes is not there, or they are in disorder.
    #[error("the slip has more codes than were read, or they are in disorder")]
    PartMissing,
    /// The receipt is not in the form that can be made again from its short form.
    #[error("the receipt is not in the form that has a short one")]
    OtherForm,
    /// It would take more codes than a slip has.
    #[error("the receipt is too long for a slip")]
    TooLong,
}

impl SlipError {
    /// The stable code of this failure.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Malformed => "slip.malformed",
            Self::PartMissing => "slip.part_missing",
            Self::OtherForm => "slip.other_form",
            Self::TooLong => "slip.too_long",
        }
    }

    #[cfg(test)]
    pub(crate) const ALL: &'static [Self] = &[
        Self::Malformed,
        Self::PartMissing,
        Self::OtherForm,
        Self::TooLong,
    ];
}

impl Slip {
    /// Whether a text begins like the code of a slip.
    #[must_use]
    pub fn is_one(text: &[u8]) -> bool {
        text.starts_with(PREFIX.as_bytes())
    }

    /// Shortens a receipt. Whoever prints it has verified it before.
    ///
    /// # Errors
    /// [`SlipError::OtherForm`], [`SlipError::TooLong`].
    pub fn of(signed: &SignedReceipt) -> Result<Self, SlipError> {
        let envelope = signed.envelope();
        let [one] = envelope.signatures.as_slice() else {
            return Err(SlipError::OtherForm);
        };
        let signature = one.sig.as_slice().try_into();
        let signature = signature.map_err(|_| SlipError::OtherForm)?;
        let receipt =
            serde_json::from_slice(&envelope.payload).map_err(|_| SlipError::OtherForm)?;
        let bytes = write(&receipt, signature).ok_or(SlipError::OtherForm)?;
        if bytes.len() > PART_BYTES * MAX_PARTS {
            return Err(SlipError::TooLong);
        }
        let slip = parse(&bytes).ok_or(SlipError::OtherForm)?;
        // The signature is over bytes: made again, they must be the same ones.
        if SignedReceipt::payload_of(&slip.receipt) != envelope.payload {
            return Err(SlipError::OtherForm);
        }
        Ok(slip)
    }

    /// Reads the codes of one slip: one a line, in the order in which they are numbered.
    ///
    /// # Errors
    /// [`SlipError::Malformed`], [`SlipError::PartMissing`].
    pub fn read(text: &str) -> Result<Self, SlipError> {
        let mut bytes = Vec::new();
        let mut wanted = None;
        let mut read = 0;
        // A space may be the last letter of a code, so only ends of lines are taken off.
        for line in text.lines().filter(|line| !line.is_empty()) {
            let rest = line.strip_prefix(PREFIX).ok_or(SlipError::Malformed)?;
            let (number, letters) = rest.split_once(':').ok_or(SlipError::Malformed)?;
            let [part @ b'1'..=b'9', of @ b'1'..=b'9'] = number.as_bytes() else {
                return Err(SlipError::Malformed);
            };
            let (part, of) = (usize::from(part - b'0'), usize::from(of - b'0'));
            if of > MAX_PARTS || part > of || letters.len() > MAX_PART_LETTERS {
                return Err(SlipError::Malformed);
            }
            if *wanted.get_or_insert(of) != of || part != read + 1 {
                return Err(SlipError::PartMissing);
            }
            let content = base45::decode(letters).ok_or(SlipError::Malformed)?;
            // Every code but the last is full, so that one slip has one spelling.
            if content.is_empty() || (part < of && content.len() != PART_BYTES) {
                return Err(SlipError::Malformed);
            }
            bytes.extend(content);
            read = part;
        }
        if wanted.ok_or(SlipError::Malformed)? != read {
            return Err(SlipError::PartMissing);
        }
        parse(&bytes).ok_or(SlipError::Malformed)
    }

    /// The texts of the QR codes, each for a code of at most version 25 at level M.
    #[must_use]
    pub fn codes(&self) -> Vec<String> {
        let of = self.bytes.len().div_ceil(PART_BYTES);
        (1..)
            .zip(self.bytes.chunks(PART_BYTES))
            .map(|(part, content)| format!("{PREFIX}{part}{of}:{}", base45::encode(content)))
            .collect()
    }

    /// The whole receipt, as `key` would have signed it; [`SignedReceipt::verify`] says whether it did.
    #[must_use]
    pub fn signed(&self, key: &VerifierPublicKey) -> SignedReceipt {
        SignedReceipt::put_together(&self.receipt, key.keyid(), self.signature.to_vec())
    }
}

/// The bytes of a slip; `None` where something of the receipt has no place in them.
fn write(receipt: &Receipt, signature: &[u8; SIGNATURE]) -> Option<Vec<u8>> {
    let log = &receipt.log;
    let mut bytes = vec![VERSION];
    bytes.extend(receipt.bundle.as_bytes());
    bytes.extend(receipt.entry.as_bytes());
    bytes.extend(receipt.visit.as_bytes());
    name(&mut bytes, receipt.station.as_str())?;
    bytes.extend(
        u64::try_from(receipt.filed_at.as_second())
            .ok()?
            .to_be_bytes(),
    );
    let nanoseconds = receipt.filed_at.subsec_nanosecond();
    bytes.extend(u32::try_from(nanoseconds).ok()?.to_be_bytes());
    for number in [log.index, log.tree_size] {
        let [0, 0, 0, five @ ..] = number.to_be_bytes() else {
            return None;
        };
        bytes.extend(five);
    }
    bytes.push(u8::try_from(log.inclusion.len()).ok()?);
    for hash in &log.inclusion {
        bytes.extend(hash.as_bytes());
    }
    bytes.extend(signature);
    // The note: its size is that of the tree.
    let (text, signatures) = log.checkpoint.split_once("\n\n")?;
    let mut lines = text.split('\n');
    name(&mut bytes, lines.next()?)?;
    if lines.next()? != log.tree_size.to_string() {
        return None;
    }
    let root = STANDARD.decode(lines.next()?).ok()?;
    bytes.extend(<[u8; 32]>::try_from(root).ok()?);
    let signatures: Vec<&str> = signatures.strip_suffix('\n')?.split('\n').collect();
    if lines.next().is_some() || signatures.len() > MAX_NOTE_SIGNATURES {
        return None;
    }
    bytes.push(u8::try_from(signatures.len()).ok()?);
    for line in signatures {
        let (signer, signature) = line.strip_prefix("— ")?.split_once(' ')?;
        // The log itself, most often the only one, is not named twice.
        let of_log = Some(signer) == text.split('\n').next();
        name(&mut bytes, if of_log { "" } else { signer })?;
        let signature = STANDARD.decode(signature).ok()?;
        bytes.push(u8::try_from(signature.len()).ok()?);
        bytes.extend(signature);
    }
    Some(bytes)
}

/// A name behind its length.
fn name(bytes: &mut Vec<u8>, text: &str) -> Option<()> {
    bytes.push(u8::try_from(text.len()).ok()?);
    bytes.extend(text.as_bytes());
    Some(())
}

/// What is left to be read.
struct Rest<'a>(&'a [u8]);

impl<'a> Rest<'a> {
    fn take<const N: usize>(&mut self) -> Option<&'a [u8; N]> {
        let (taken, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(taken)
    }

    fn counted(&mut self) -> Option<&'a [u8]> {
        let [length] = *self.take()?;
        let (taken, rest) = self.0.split_at_checked(usize::from(length))?;
        self.0 = rest;
        Some(taken)
    }

    /// A name in a note: no space, no plus, no end of line (C2SP signed-note).
    fn name(&mut self) -> Option<&'a str> {
        let name = std::str::from_utf8(self.counted()?).ok()?;
        let plain = |c: char| !c.is_whitespace() && !c.is_control() && c != '+';
        (!name.is_empty() && name.chars().all(plain)).then_some(name)
    }

    fn number(&mut self) -> Option<u64> {
        let five: &[u8; 5] = self.take()?;
        Some(five.iter().fold(0, |sum, byte| sum << 8 | u64::from(*byte)))
    }
}

/// Reads exactly the bytes that [`write()`] makes.
fn parse(bytes: &[u8]) -> Option<Slip> {
    let mut rest = Rest(bytes);
    let [VERSION] = *rest.take()? else {
        return None;
    };
    let bundle = BundleDigest::from_bytes(*rest.take()?);
    let entry = EntryId::from_uuid(Uuid::from_bytes(*rest.take()?));
    let visit = VisitId::from_uuid(Uuid::from_bytes(*rest.take()?));
    let station = StationId::new(std::str::from_utf8(rest.counted()?).ok()?).ok()?;
    let seconds = i64::try_from(u64::from_be_bytes(*rest.take()?)).ok()?;
    let nanoseconds = i32::try_from(u32::from_be_bytes(*rest.take()?)).ok()?;
    if nanoseconds >= 1_000_000_000 {
        return None;
    }
    let filed_at = Timestamp::new(seconds, nanoseconds).ok()?;
    let (index, tree_size) = (rest.number()?, rest.number()?);
    let [hashes] = *rest.take()?;
    if usize::from(hashes) > MAX_INCLUSION {
        return None;
    }
    let inclusion = (0..hashes)
        .map(|_| Some(Sha256Digest::from_bytes(*rest.take()?)))
        .collect::<Option<_>>()?;
    let signature = *rest.take()?;
    let origin = rest.name()?;
    let root: &[u8; 32] = rest.take()?;
    let mut checkpoint = format!("{origin}\n{tree_size}\n{}\n\n", STANDARD.encode(root));
    let [signatures] = *rest.take()?;
    if signatures == 0 || usize::from(signatures) > MAX_NOTE_SIGNATURES {
        return None;
    }
    for _ in 0..signatures {
        let signer = match rest.0.first()? {
            0 => rest.counted().map(|_| origin)?,
            _ => rest.name().filter(|name| *name != origin)?,
        };
        let signature = rest.counted()?;
        if signature.len() <= LEAST_NOTE_SIGNATURE {
            return None;
        }
        writeln!(checkpoint, "— {signer} {}", STANDARD.encode(signature)).ok()?;
    }
    rest.0.is_empty().then(|| Slip {
        receipt: Receipt {
            bundle,
            entry,
            station,
            visit,
            filed_at,
            log: LogProof {
                index,
                tree_size,
                inclusion,
                checkpoint,
            },
        },
        signature,
        bytes: bytes.to_vec(),
    })
}

#[cfg(test)]
mod tests;
