//! Card-verifiable certificates: by them a terminal proves to a chip that it may read fingers
//! (BSI TR-03110-3 appendix C).
//!
//! What reading one does not prove: that anybody trusts it. [`CvCertificate::verify`] says whether a
//! given key signed it; only the chip knows which authority it trusts, and what day it is.

use std::fmt;

use jiff::civil::Date;
use openssl::pkey::{PKey, Public};
use thiserror::Error;

use crate::lds::oid;
use crate::tlv::{self, Reader, TlvError};

mod key;
pub(crate) mod write;

pub use key::{Scheme, TerminalPublicKey, VerifyingKey};

/// The longest certificate that is looked at: RSA 4096 with its signature takes some 1,200 bytes.
const MOST_OCTETS: usize = 4_096;

/// id-roles-IS: inspection systems (TR-03110-3 §C.4.1); the other roles read no travel document.
const INSPECTION_SYSTEM: &str = "0.4.0.127.0.7.3.1.2.1";

/// Why bytes are no certificate for a terminal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum CvCertificateError {
    #[error("the certificate is not well-formed: {0}")]
    Tlv(#[from] TlvError),
    #[error("{field} of the certificate is not as the standard says")]
    Field { field: &'static str },
    /// An authentication or signature terminal's.
    #[error("the certificate is not for inspection systems")]
    OtherTerminal,
}

impl CvCertificateError {
    /// The stable code, as in the failure catalogue.
    pub fn code(self) -> &'static str {
        match self {
            Self::Tlv(_) | Self::Field { .. } => "terminal.certificate_malformed",
            Self::OtherTerminal => "terminal.certificate_other",
        }
    }

    /// Every code that [`code`](Self::code) can give.
    pub const CODES: &'static [&'static str] = &[
        "terminal.certificate_malformed",
        "terminal.certificate_other",
    ];
}

/// The name of a key holder: country, mnemonic and sequence number, "UTISDESK00001".
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Reference(Vec<u8>);

impl Reference {
    /// Two letters of a country, up to nine of a mnemonic, five of a number (TR-03110-3 §C.2.1).
    pub fn new(text: &[u8]) -> Option<Self> {
        let printable = text
            .iter()
            .all(|octet| (0x21..=0x7E).contains(octet) || *octet >= 0xA1);
        ((8..=16).contains(&text.len()) && printable).then(|| Self(text.to_vec()))
    }

    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Reference({self})")
    }
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // ISO/IEC 8859-1: each octet is the code point.
        self.0
            .iter()
            .try_for_each(|octet| write!(f, "{}", char::from(*octet)))
    }
}

/// Whose certificate it is (TR-03110-3 §C.4.1, the two highest bits).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// The country verifying authority, whose key the chips hold.
    Authority,
    /// A document verifier of the authority's own country.
    DomesticVerifier,
    /// A document verifier abroad.
    ForeignVerifier,
    /// A terminal.
    Terminal,
}

impl Role {
    fn from_bits(bits: u8) -> Self {
        match bits >> 6 {
            3 => Self::Authority,
            2 => Self::DomesticVerifier,
            1 => Self::ForeignVerifier,
            _ => Self::Terminal,
        }
    }

    fn bits(self) -> u8 {
        match self {
            Self::Authority => 0xC0,
            Self::DomesticVerifier => 0x80,
            Self::ForeignVerifier => 0x40,
            Self::Terminal => 0x00,
        }
    }

    /// May the holder of such a certificate issue one of the other kind (TR-03110-3 §2.2.1)?
    pub fn may_issue(self, other: Self) -> bool {
        match self {
            Self::Authority => other != Self::Terminal,
            Self::DomesticVerifier | Self::ForeignVerifier => other == Self::Terminal,
            Self::Terminal => false,
        }
    }
}

/// What may be read; a chain grants what each of its certificates grants.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Rights {
    /// DG3.
    pub fingers: bool,
    /// DG4.
    pub irises: bool,
}

impl Rights {
    pub const ALL: Self = Self {
        fingers: true,
        irises: true,
    };

    /// What both grant.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self {
            fingers: self.fingers && other.fingers,
            irises: self.irises && other.irises,
        }
    }

    // TR-03110-3 §C.4.2, table 22.
    fn from_bits(bits: u8) -> Self {
        Self {
            fingers: bits & 0x01 != 0,
            irises: bits & 0x02 != 0,
        }
    }

    fn bits(self) -> u8 {
        u8::from(self.fingers) | u8::from(self.irises) << 1
    }
}

/// A certificate, read and not yet believed. `Display` prints what it says.
#[derive(Clone, PartialEq, Eq)]
pub struct CvCertificate {
    /// The certificate body with its tag: what is signed.
    body: Vec<u8>,
    signature: Vec<u8>,
    authority: Reference,
    holder: Reference,
    role: Role,
    rights: Rights,
    effective: Date,
    expiry: Date,
    key: TerminalPublicKey,
}

impl CvCertificate {
    /// Reads one certificate, `7F21`.
    pub fn parse(bytes: &[u8]) -> Result<Self, CvCertificateError> {
        if bytes.len() > MOST_OCTETS {
            return Err(CvCertificateError::Field {
                field: "the length",
            });
        }
        Self::from_parts(tlv::only(bytes, 0x7F21)?)
    }

    /// Reads certificates that stand side by side, as a chain is often kept in one file.
    pub fn parse_all(bytes: &[u8]) -> Result<Vec<Self>, CvCertificateError> {
        let mut reader = Reader::new(bytes);
        let mut all = Vec::new();
        while let Some(object) = reader.read()? {
            all.push(Self::parse(object.raw())?);
        }
        Ok(all)
    }

    /// Body and signature without the outer tag, as PSO:Verify Certificate carries them.
    pub(crate) fn from_parts(parts: &[u8]) -> Result<Self, CvCertificateError> {
        let bad = |field| CvCertificateError::Field { field };
        let mut reader = Reader::new(parts);
        let Some(body) = reader.read()?.filter(|body| body.tag() == 0x7F4E) else {
            return Err(bad("the body"));
        };
        let signature = reader.expect(0x5F37)?.to_vec();
        reader.finish()?;
        let mut fields = body.children();
        if fields.expect(0x5F29)? != [0] {
            return Err(bad("the profile"));
        }
        let reference = |octets| Reference::new(octets).ok_or(bad("a reference"));
        let authority = reference(fields.expect(0x42)?)?;
        let key = TerminalPublicKey::parse(fields.expect(0x7F49)?)?;
        let holder = reference(fields.expect(0x5F20)?)?;
        let mut chat = Reader::new(fields.expect(0x7F4C)?);
        if oid::to_dots(chat.expect(0x06)?).ok().as_deref() != Some(INSPECTION_SYSTEM) {
            return Err(CvCertificateError::OtherTerminal);
        }
        let &[bits] = chat.expect(0x53)? else {
            return Err(bad("the authorization"));
        };
        let effective = date(fields.expect(0x5F25)?).ok_or(bad("the effective date"))?;
        let expiry = date(fields.expect(0x5F24)?).ok_or(bad("the expiration date"))?;
        // Extensions (65) concern other terminals.
        Ok(Self {
            body: body.raw().to_vec(),
            signature,
            authority,
            holder,
            role: Role::from_bits(bits),
            rights: Rights::from_bits(bits),
            effective,
            expiry,
            key,
        })
    }

    /// The whole certificate as it stands in a file.
    pub fn to_bytes(&self) -> Vec<u8> {
        tlv::encode(0x7F21, &self.parts())
    }

    /// Body and signature, without the outer tag.
    pub(crate) fn parts(&self) -> Vec<u8> {
        [&self.body[..], &tlv::encode(0x5F37, &self.signature)].concat()
    }

    /// Who signed it.
    pub fn authority(&self) -> &Reference {
        &self.authority
    }

    /// Whose key it certifies.
    pub fn holder(&self) -> &Reference {
        &self.holder
    }

    pub fn role(&self) -> Role {
        self.role
    }

    pub fn rights(&self) -> Rights {
        self.rights
    }

    pub fn effective(&self) -> Date {
        self.effective
    }

    /// The last day on which it holds.
    pub fn expiry(&self) -> Date {
        self.expiry
    }

    pub fn key(&self) -> &TerminalPublicKey {
        &self.key
    }

    /// Signed by the key it certifies, as the first certificate of an authority is.
    pub fn is_root(&self) -> bool {
        self.authority == self.holder
    }

    /// The certified key, complete; `issuer` lends the curve where this certificate leaves it out.
    pub fn verifying_key(&self, issuer: Option<&VerifyingKey>) -> Option<VerifyingKey> {
        self.key.complete(issuer)
    }

    /// Did the issuer's key sign this? Dates, roles and names are for the caller to judge.
    pub fn verify(&self, issuer: &VerifyingKey) -> bool {
        issuer.verify(&self.body, &self.signature)
    }

    /// Is this the certificate of that key?
    pub(crate) fn certifies(&self, public: &PKey<Public>) -> bool {
        self.key.is_of(public)
    }
}

impl fmt::Debug for CvCertificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CvCertificate({} by {})", self.holder, self.authority)
    }
}

impl fmt::Display for CvCertificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let role = match self.role {
            Role::Authority => "verifying authority",
            Role::DomesticVerifier => "domestic document verifier",
            Role::ForeignVerifier => "foreign document verifier",
            Role::Terminal => "terminal",
        };
        let rights = match (self.rights.fingers, self.rights.irises) {
            (true, true) => "DG3 and DG4",
            (true, false) => "DG3",
            (false, true) => "DG4",
            (false, false) => "nothing more",
        };
        writeln!(f, "holder      {}", self.holder)?;
        writeln!(f, "signed by   {}", self.authority)?;
        writeln!(f, "role        {role}")?;
        writeln!(f, "may read    {rights}")?;
        writeln!(f, "valid       {} to {}", self.effective, self.expiry)?;
        writeln!(f, "key         {}", self.key)
    }
}

/// Six digits, one an octet, of this century (TR-03110-3 §C.2.3).
fn date(octets: &[u8]) -> Option<Date> {
    let &[y1, y2, m1, m2, d1, d2] = octets else {
        return None;
    };
    if octets.iter().any(|digit| *digit > 9) {
        return None;
    }
    let two = |tens: u8, ones: u8| i16::from(tens) * 10 + i16::from(ones);
    Date::new(2000 + two(y1, y2), two(m1, m2) as i8, two(d1, d2) as i8).ok()
}

#[cfg(test)]
pub(crate) mod tests;
