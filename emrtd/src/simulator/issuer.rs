//! A country that does not exist, with everything a real one has: a certificate authority, a
//! document signer, an authority for terminals, and cards of any kind.
//!
//! It is harmless because no real trust list names it: a verifier believes its cards only where its
//! certificate was put into the trust directory by hand. EC keys and serial numbers come from the
//! caller's random source; RSA keys and the randomness inside ECDSA come from OpenSSL, so files that
//! carry a signature differ from run to run.

use std::collections::BTreeMap;

use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};
use openssl::error::ErrorStack;
use openssl::hash::MessageDigest;
use openssl::nid::Nid;
use openssl::pkey::{PKey, Private};
use openssl::rsa::Rsa;
use openssl::x509::X509;
use rand_core::CryptoRng;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::base64_text;
use crate::lds::DataGroup;
use crate::lds::dg3::FingerRecord;
use crate::mrz::{Sex, transliterate};
use crate::proof::active::{AnswerForm, Hash};
use crate::proof::cv_certificate::CvCertificate;
use crate::proof::terminal::TerminalKeyError;

mod card;
mod infos;
mod keys;
mod pki;
mod profile;
mod security_object;
mod terminals;
mod zone;

pub use card::SpecimenCard;
pub use keys::{ActiveKeyKind, ChipGroup, ChipKeyOptions, Curve, Field, GroupForm};
pub use profile::{Profile, ProfileCard, UnknownProfile};
pub use terminals::{SpecimenTerminals, TerminalsOptions};
pub use zone::Layout;

/// Why no card could be made.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum IssueError {
    #[error("OpenSSL refused: {0}")]
    Crypto(#[from] ErrorStack),
    /// The person cannot be put on a card.
    #[error("the specimen's {field} does not fit on a card")]
    Person { field: &'static str },
    #[error("the specimen's terminal: {0}")]
    Terminal(#[from] TerminalKeyError),
    /// The options contradict each other.
    #[error("a card cannot have {what}")]
    Options { what: &'static str },
    #[error("this is no saved specimen: {0}")]
    NotSaved(#[from] serde_json::Error),
}

impl IssueError {
    /// The stable code, as in the failure catalogue.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Crypto(_) => "specimen.crypto",
            Self::Person { .. } => "specimen.person",
            Self::Terminal(error) => error.code(),
            Self::Options { .. } => "specimen.options",
            Self::NotSaved(_) => "specimen.not_saved",
        }
    }

    /// Every code that [`code`](Self::code) can give, beside those of [`TerminalKeyError`].
    pub const CODES: &'static [&'static str] = &[
        "specimen.crypto",
        "specimen.person",
        "specimen.options",
        "specimen.not_saved",
    ];
}

/// The codes of a country and what its certificates call it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Country {
    /// In certificates.
    pub alpha_2: String,
    /// In the machine-readable zone.
    pub alpha_3: String,
    pub name: String,
}

impl Country {
    /// ICAO's country of examples.
    pub fn utopia() -> Self {
        Self {
            alpha_2: "UT".to_owned(),
            alpha_3: "UTO".to_owned(),
            name: "Utopia (specimen)".to_owned(),
        }
    }
}

/// With which keys a country signs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SigningKeys {
    /// CSCA brainpoolP384r1 with SHA-384, document signer brainpoolP256r1 with SHA-256.
    #[default]
    Brainpool,
    /// The same keys with the curves' parameters written out, as real countries do.
    BrainpoolExplicit,
    /// CSCA P-384 with SHA-384, document signer P-256.
    Nist,
    /// CSCA RSA 3072, document signer RSA 2048 with PSS over the security object.
    RsaPss,
    /// The same with PKCS #1 v1.5, as older documents have it.
    Rsa,
}

/// How to set up a country. `at` is the day its certificates begin.
#[derive(Clone, Debug)]
pub struct IssuerOptions {
    pub country: Country,
    pub keys: SigningKeys,
    pub at: Timestamp,
    /// How long the document signer's certificate holds.
    pub signer_validity: SignedDuration,
}

impl IssuerOptions {
    /// Utopia, brainpool, a document signer that lasts as long as its cards.
    pub fn utopia(at: Timestamp) -> Self {
        Self {
            country: Country::utopia(),
            keys: SigningKeys::default(),
            at,
            signer_validity: days(365 * 11),
        }
    }
}

pub(super) fn days(count: i64) -> SignedDuration {
    SignedDuration::from_hours(24 * count)
}

/// How PACE makes its secret generator (ICAO 9303-11 §4.4.3.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PaceMapping {
    Generic,
    Integrated,
    /// On curves only; brings EF.CardSecurity and needs a chip authentication key on a curve.
    ChipAuthentication,
}

/// One way of PACE that a card offers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PaceOptions {
    pub mapping: PaceMapping,
    pub group: ChipGroup,
    /// Last arc of the protocol: 1 is 3DES, 2 to 4 are AES-128 to AES-256.
    pub cipher: u8,
}

impl PaceOptions {
    /// Generic mapping over brainpoolP256r1 with AES-128, as on the CCCD.
    pub fn cccd() -> Self {
        Self {
            mapping: PaceMapping::Generic,
            group: ChipGroup::Curve(Curve::BrainpoolP256),
            cipher: 2,
        }
    }
}

/// Which version of the data structure a card follows, ICAO 9303-10 §4.6.2.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LdsVersion {
    /// The version stands in EF.COM alone.
    #[default]
    V1_7,
    /// The version is signed for in EF.SOD too.
    V1_8,
}

impl LdsVersion {
    pub(super) fn digits(self) -> &'static str {
        match self {
            Self::V1_7 => "0107",
            Self::V1_8 => "0108",
        }
    }
}

/// What one card has.
#[derive(Clone, Debug)]
pub struct CardOptions {
    pub layout: Layout,
    pub active: ActiveKeyKind,
    /// How the chip writes its answers to active authentication.
    pub active_form: AnswerForm,
    /// Chip authentication keys in DG14, in this order.
    pub chip_keys: Vec<ChipKeyOptions>,
    /// Ways of PACE in EF.CardAccess and in its copy in DG14; without any the card has neither.
    pub pace: Vec<PaceOptions>,
    /// The card opens by BAC too.
    pub bac: bool,
    /// Groups that the issuer leaves out of the usual ones.
    pub without: Vec<DataGroup>,
    /// Groups that the issuer adds, or writes differently, as whole files.
    pub further: BTreeMap<DataGroup, Vec<u8>>,
    /// The digest of the groups, and of the signature over them.
    pub digest: Hash,
    pub lds_version: LdsVersion,
    /// Authorities whose terminals may read DG3 and DG4, the current one last.
    pub terminal_authorities: Vec<CvCertificate>,
    /// The access number, where it is not the end of the personal number.
    pub can: Option<String>,
    /// When the security object is signed.
    pub signed_at: Timestamp,
}

impl CardOptions {
    /// A CCCD with everything.
    pub fn cccd(signed_at: Timestamp) -> Self {
        Self {
            layout: Layout::Cccd,
            active: ActiveKeyKind::default(),
            active_form: AnswerForm::default(),
            chip_keys: vec![ChipKeyOptions::cccd()],
            pace: vec![PaceOptions::cccd()],
            bac: true,
            without: Vec::new(),
            further: BTreeMap::new(),
            digest: Hash::Sha256,
            lds_version: LdsVersion::default(),
            terminal_authorities: Vec::new(),
            can: None,
            signed_at,
        }
    }
}

/// Somebody who does not exist. No `Debug`: specimens are treated as people are.
#[derive(Clone)]
pub struct SpecimenPerson {
    /// Twelve digits.
    pub personal_id: String,
    /// With diacritics: "Nguyễn Văn An".
    pub name_vi: String,
    pub birth: Date,
    pub sex: Sex,
    pub issued: Date,
    /// `None` for a card without an end.
    pub expiry: Option<Date>,
    /// Nine characters; on a CCCD the last nine of the personal number.
    pub document_no: String,
    /// The nine-digit CMND that the card replaced.
    pub old_id_no: Option<String>,
    /// JPEG or JPEG 2000.
    pub portrait: Vec<u8>,
    pub fingers: Vec<FingerRecord>,
}

impl SpecimenPerson {
    /// The usual card: document number and validity follow from the rest.
    pub fn new(personal_id: &str, name_vi: &str, birth: Date, sex: Sex, issued: Date) -> Self {
        Self {
            personal_id: personal_id.to_owned(),
            name_vi: name_vi.to_owned(),
            birth,
            sex,
            issued,
            expiry: issued.checked_add(jiff::Span::new().years(10)).ok(),
            document_no: personal_id.chars().skip(3).collect(),
            old_id_no: None,
            portrait: Vec::new(),
            fingers: Vec::new(),
        }
    }

    /// As in the machine-readable zone.
    pub fn name(&self) -> String {
        transliterate(&self.name_vi)
    }
}

/// The country's keys and certificates. `Debug` prints nothing.
pub struct SpecimenIssuer {
    country: Country,
    pss: bool,
    csca_key: PKey<Private>,
    csca: X509,
    signer_key: PKey<Private>,
    signer: X509,
}

impl std::fmt::Debug for SpecimenIssuer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "SpecimenIssuer({})", self.country.alpha_3)
    }
}

impl SpecimenIssuer {
    /// Founds the country.
    pub fn new(options: &IssuerOptions, rng: &mut dyn CryptoRng) -> Result<Self, IssueError> {
        let pss = options.keys == SigningKeys::RsaPss;
        let explicit = options.keys == SigningKeys::BrainpoolExplicit;
        let rsa = matches!(options.keys, SigningKeys::RsaPss | SigningKeys::Rsa);
        let (csca_key, signer_key) = if rsa {
            (
                PKey::from_rsa(Rsa::generate(3072)?)?,
                PKey::from_rsa(Rsa::generate(2048)?)?,
            )
        } else if options.keys == SigningKeys::Nist {
            (
                pki::ec_key(Nid::SECP384R1, false, rng)?,
                pki::ec_key(Nid::X9_62_PRIME256V1, false, rng)?,
            )
        } else {
            (
                pki::ec_key(Nid::BRAINPOOL_P384R1, explicit, rng)?,
                pki::ec_key(Nid::BRAINPOOL_P256R1, explicit, rng)?,
            )
        };
        let csca_digest = if rsa {
            MessageDigest::sha256()
        } else {
            MessageDigest::sha384()
        };
        let csca = pki::csca(&csca_key, csca_digest, options, rng)?;
        let signer =
            pki::document_signer(&signer_key, &csca, &csca_key, csca_digest, options, rng)?;
        Ok(Self {
            country: options.country.clone(),
            pss,
            csca_key,
            csca,
            signer_key,
            signer,
        })
    }

    pub fn country(&self) -> &Country {
        &self.country
    }

    /// What goes into a trust directory.
    pub fn csca_der(&self) -> Vec<u8> {
        self.csca.to_der().unwrap_or_default()
    }

    /// The same for people to read.
    pub fn csca_pem(&self) -> Vec<u8> {
        self.csca.to_pem().unwrap_or_default()
    }

    pub fn signer_der(&self) -> Vec<u8> {
        self.signer.to_der().unwrap_or_default()
    }

    /// Makes a card for somebody.
    pub fn issue(
        &self,
        person: &SpecimenPerson,
        options: &CardOptions,
        rng: &mut dyn CryptoRng,
    ) -> Result<SpecimenCard, IssueError> {
        card::personalise(self, person, options, rng)
    }

    /// A revocation list that names the document signer, DER.
    pub fn revoke_signer(&self, at: Timestamp) -> Result<Vec<u8>, IssueError> {
        Ok(pki::revocation_list(
            &self.csca,
            &self.csca_key,
            &self.signer,
            at,
        )?)
    }

    /// Keys and all: for a specimen directory on a test machine, never for a real key.
    pub fn to_json(&self) -> Result<String, IssueError> {
        let saved = Saved {
            country: self.country.clone(),
            pss: self.pss,
            csca_key: self.csca_key.private_key_to_pkcs8()?,
            csca: self.csca_der(),
            signer_key: self.signer_key.private_key_to_pkcs8()?,
            signer: self.signer_der(),
        };
        Ok(serde_json::to_string_pretty(&saved)?)
    }

    pub fn from_json(json: &str) -> Result<Self, IssueError> {
        let saved: Saved = serde_json::from_str(json)?;
        Ok(Self {
            country: saved.country,
            pss: saved.pss,
            csca_key: PKey::private_key_from_pkcs8(&saved.csca_key)?,
            csca: X509::from_der(&saved.csca)?,
            signer_key: PKey::private_key_from_pkcs8(&saved.signer_key)?,
            signer: X509::from_der(&saved.signer)?,
        })
    }
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Saved {
    country: Country,
    pss: bool,
    #[serde(with = "base64_text::bytes")]
    csca_key: Vec<u8>,
    #[serde(with = "base64_text::bytes")]
    csca: Vec<u8>,
    #[serde(with = "base64_text::bytes")]
    signer_key: Vec<u8>,
    #[serde(with = "base64_text::bytes")]
    signer: Vec<u8>,
}

#[cfg(test)]
pub(crate) mod tests;
