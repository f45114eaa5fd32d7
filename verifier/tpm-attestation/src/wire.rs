//! The two structures of a TPM that strangers send us: a public area and an attestation. Every length is
//! bounded by what is left, nothing is allocated before it is known, and nothing may follow.

use crate::AttestError;

/// No public area or attestation of a TPM is longer (an RSA key of 4096 bits takes some 600 bytes).
const MAX_BYTES: usize = 4096;

// TPM 2.0 part 2 §6.3, TPM_ALG_ID.
const RSA: u16 = 0x0001;
const SHA256: u16 = 0x000b;
const NULL: u16 = 0x0010;
const RSAES: u16 = 0x0015;
const ECDSA: u16 = 0x0018;
const ECDAA: u16 = 0x001a;
const ECC: u16 = 0x0023;
/// Part 2 §6.4, TPM_ECC_NIST_P256.
const NIST_P256: u16 = 0x0003;
/// Part 2 §10.12.8: TPM_GENERATED_VALUE begins what only a TPM composes.
const GENERATED: u32 = 0xff54_4347;
/// Part 2 §6.9, TPM_ST_ATTEST_CERTIFY.
const ATTEST_CERTIFY: u16 = 0x8017;
/// Part 2 §11.2.4.5: what an exponent of 0 stands for.
const DEFAULT_EXPONENT: u32 = 65_537;

/// Reads big-endian numbers and sized buffers off the front.
struct Reader<'a> {
    rest: &'a [u8],
    what: &'static str,
}

impl<'a> Reader<'a> {
    fn new(bytes: &'a [u8], what: &'static str) -> Result<Self, AttestError> {
        if bytes.len() > MAX_BYTES {
            return Err(AttestError::Malformed(what));
        }
        Ok(Self { rest: bytes, what })
    }

    fn take(&mut self, count: usize) -> Result<&'a [u8], AttestError> {
        let (taken, rest) = self
            .rest
            .split_at_checked(count)
            .ok_or(AttestError::Malformed(self.what))?;
        self.rest = rest;
        Ok(taken)
    }

    fn u16(&mut self) -> Result<u16, AttestError> {
        let bytes = self.take(2)?;
        Ok(u16::from_be_bytes([bytes[0], bytes[1]]))
    }

    fn u32(&mut self) -> Result<u32, AttestError> {
        let bytes = self.take(4)?;
        Ok(u32::from_be_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]))
    }

    fn sized(&mut self) -> Result<&'a [u8], AttestError> {
        let length = self.u16()?;
        self.take(usize::from(length))
    }

    fn end(self) -> Result<(), AttestError> {
        match self.rest {
            [] => Ok(()),
            _ => Err(AttestError::Malformed(self.what)),
        }
    }
}

/// What kind of key a public area holds.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Kind {
    Rsa {
        bits: u16,
        exponent: u32,
        modulus: Vec<u8>,
    },
    /// On P-256; `ecdsa_sha256` where its scheme is fixed to that.
    P256 { point: [u8; 65], ecdsa_sha256: bool },
    /// A curve that nothing here uses.
    OtherCurve,
}

/// TPMT_PUBLIC (part 2 §12.2.4): a key as its TPM knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Public {
    attributes: u32,
    /// The symmetric cipher that protects its children: a storage or endorsement key has one.
    pub aes128_cfb: bool,
    pub kind: Kind,
    name: [u8; 34],
}

impl Public {
    /// Reads a public area whose name is computed with SHA-256; others are not used here.
    ///
    /// # Errors
    /// [`AttestError::Malformed`].
    pub fn read(bytes: &[u8], what: &'static str) -> Result<Self, AttestError> {
        let malformed = AttestError::Malformed(what);
        let mut reader = Reader::new(bytes, what)?;
        let algorithm = reader.u16()?;
        if reader.u16()? != SHA256 {
            return Err(malformed);
        }
        let attributes = reader.u32()?;
        reader.sized()?; // authPolicy
        let symmetric = match reader.u16()? {
            NULL => None,
            algorithm => Some((algorithm, reader.u16()?, reader.u16()?)),
        };
        let scheme = match reader.u16()? {
            NULL => None,
            RSAES => Some((RSAES, 0)),
            ECDAA => {
                let hash = reader.u16()?;
                reader.u16()?; // count
                Some((ECDAA, hash))
            }
            scheme => Some((scheme, reader.u16()?)),
        };
        let kind = match algorithm {
            RSA => {
                let bits = reader.u16()?;
                let exponent = match reader.u32()? {
                    0 => DEFAULT_EXPONENT,
                    exponent => exponent,
                };
                let modulus = reader.sized()?;
                if modulus.len() * 8 != usize::from(bits) {
                    return Err(malformed);
                }
                Kind::Rsa {
                    bits,
                    exponent,
                    modulus: modulus.to_vec(),
                }
            }
            ECC => {
                let curve = reader.u16()?;
                if reader.u16()? != NULL {
                    reader.u16()?; // the hash of the key derivation
                }
                let (x, y) = (reader.sized()?, reader.sized()?);
                if curve == NIST_P256 {
                    let mut point = [0_u8; 65];
                    point[0] = 4;
                    for (number, end) in [(x, 33), (y, 65)] {
                        let start = 32_usize.checked_sub(number.len()).ok_or(malformed)?;
                        point[end - 32 + start..end].copy_from_slice(number);
                    }
                    Kind::P256 {
                        point,
                        ecdsa_sha256: scheme == Some((ECDSA, SHA256)),
                    }
                } else {
                    Kind::OtherCurve
                }
            }
            _ => return Err(malformed),
        };
        reader.end()?;
        // Part 1 §16: the name is the algorithm and the digest of the public area.
        let mut name = [0_u8; 34];
        name[..2].copy_from_slice(&SHA256.to_be_bytes());
        name[2..].copy_from_slice(ring::digest::digest(&ring::digest::SHA256, bytes).as_ref());
        Ok(Self {
            attributes,
            // Part 2 §6.3: AES is 0x0006, CFB 0x0043.
            aes128_cfb: symmetric == Some((0x0006, 128, 0x0043)),
            kind,
            name,
        })
    }

    /// The name by which TPMs speak of this key.
    #[must_use]
    pub fn name(&self) -> &[u8; 34] {
        &self.name
    }

    // Part 2 §8.3.2, TPMA_OBJECT.
    fn bit(&self, bit: u32) -> bool {
        self.attributes & (1 << bit) != 0
    }

    /// It can never be moved to another TPM or under another parent (bits 1 and 4).
    #[must_use]
    pub fn is_fixed(&self) -> bool {
        self.bit(1) && self.bit(4)
    }

    /// The TPM itself made the secret part (bit 5).
    #[must_use]
    pub fn was_made_here(&self) -> bool {
        self.bit(5)
    }

    /// It handles only what the TPM composed (bit 16).
    #[must_use]
    pub fn is_restricted(&self) -> bool {
        self.bit(16)
    }

    /// Bit 17.
    #[must_use]
    pub fn decrypts(&self) -> bool {
        self.bit(17)
    }

    /// Bit 18.
    #[must_use]
    pub fn signs(&self) -> bool {
        self.bit(18)
    }
}

/// TPMS_ATTEST of the kind TPM_ST_ATTEST_CERTIFY (part 2 §10.12): "this object is loaded in me".
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attest {
    /// What the asker wanted to have in it.
    pub about: Vec<u8>,
    /// The name of the object spoken of.
    pub name: Vec<u8>,
}

impl Attest {
    /// Reads a certification; any other kind of attestation is malformed here.
    ///
    /// # Errors
    /// [`AttestError::Malformed`].
    pub fn read(bytes: &[u8]) -> Result<Self, AttestError> {
        let malformed = AttestError::Malformed("certify_info");
        let mut reader = Reader::new(bytes, "certify_info")?;
        if reader.u32()? != GENERATED || reader.u16()? != ATTEST_CERTIFY {
            return Err(malformed);
        }
        reader.sized()?; // qualifiedSigner
        let about = reader.sized()?.to_vec();
        reader.take(8 + 4 + 4 + 1)?; // clockInfo
        reader.take(8)?; // firmwareVersion
        let name = reader.sized()?.to_vec();
        reader.sized()?; // qualifiedName
        reader.end()?;
        Ok(Self { about, name })
    }
}
