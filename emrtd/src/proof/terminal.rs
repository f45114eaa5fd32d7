//! Terminal authentication: the terminal's half of proving to a chip that it may read fingers
//! (BSI TR-03110-3 §B.3, version 1). The key is injected: it may lie in a file or in an HSM.

use std::fmt;

use openssl::pkey::{PKey, Private};
use thiserror::Error;

use super::cv_certificate::{CvCertificate, CvCertificateError, Reference, Rights, Role, Scheme};

/// From the authority that the chip knows down to the terminal there are two certificates, and link
/// certificates where the authority has changed keys.
const LONGEST_CHAIN: usize = 8;

/// Who asks the chip for fingers: certificates, and a key that signs.
pub trait Terminal {
    /// Every certificate at hand, in any order: the terminal's own, its verifier's, and link
    /// certificates of the authority. What a chip needs of them is picked out.
    fn certificates(&self) -> &[CvCertificate];

    /// Signs by the key of this certificate, which is one of [`certificates`](Self::certificates).
    ///
    /// An ECDSA signature is r and s side by side, each as wide as the order (BSI TR-03111 §5.2.1).
    fn sign(
        &self,
        certificate: &CvCertificate,
        message: &[u8],
    ) -> Result<Vec<u8>, TerminalKeyError>;
}

/// Why a terminal's key is of no use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum TerminalKeyError {
    #[error("the terminal's key cannot be read")]
    Unreadable,
    #[error("none of the certificates is a terminal's of this key")]
    Uncertified,
    #[error(transparent)]
    Certificate(#[from] CvCertificateError),
    #[error("the terminal's key did not sign")]
    NotSigned,
}

impl TerminalKeyError {
    /// The stable code, as in the failure catalogue.
    pub fn code(self) -> &'static str {
        match self {
            Self::Unreadable => "terminal.key_unreadable",
            Self::Uncertified => "terminal.key_uncertified",
            Self::Certificate(error) => error.code(),
            Self::NotSigned => "terminal.not_signed",
        }
    }

    /// Every code that [`code`](Self::code) can give, beside those of [`CvCertificateError`].
    pub const CODES: &'static [&'static str] = &[
        "terminal.key_unreadable",
        "terminal.key_uncertified",
        "terminal.not_signed",
    ];
}

/// A terminal whose key lies in memory, as read from files. `Debug` prints no key.
pub struct FileTerminal {
    key: PKey<Private>,
    certificates: Vec<CvCertificate>,
}

impl FileTerminal {
    /// From a private key (PKCS#8, PEM or DER) and certificates side by side, in any order.
    pub fn new(key: &[u8], certificates: &[u8]) -> Result<Self, TerminalKeyError> {
        let key = PKey::private_key_from_pem(key)
            .or_else(|_| PKey::private_key_from_der(key))
            .map_err(|_| TerminalKeyError::Unreadable)?;
        let certificates = CvCertificate::parse_all(certificates)?;
        let public = key
            .public_key_to_der()
            .and_then(|der| PKey::public_key_from_der(&der))
            .map_err(|_| TerminalKeyError::Unreadable)?;
        let own = |certificate: &&CvCertificate| {
            certificate.role() == Role::Terminal && certificate.certifies(&public)
        };
        if certificates.iter().find(own).is_none() {
            return Err(TerminalKeyError::Uncertified);
        }
        Ok(Self { key, certificates })
    }
}

impl fmt::Debug for FileTerminal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "FileTerminal({:?})", self.certificates)
    }
}

impl Terminal for FileTerminal {
    fn certificates(&self) -> &[CvCertificate] {
        &self.certificates
    }

    fn sign(
        &self,
        certificate: &CvCertificate,
        message: &[u8],
    ) -> Result<Vec<u8>, TerminalKeyError> {
        let scheme: Scheme = certificate.key().scheme();
        scheme
            .sign(&self.key, message)
            .map_err(|_| TerminalKeyError::NotSigned)
    }
}

/// The certificates to show, the one signed by an authority that the chip knows first, the
/// terminal's own last; the shortest such chain.
pub(crate) fn chain<'a>(
    certificates: &'a [CvCertificate],
    known: &[Reference],
) -> Option<Vec<&'a CvCertificate>> {
    let mut chains: Vec<Vec<&CvCertificate>> = certificates
        .iter()
        .filter(|certificate| certificate.role() == Role::Terminal)
        .map(|terminal| vec![terminal])
        .collect();
    for _ in 0..LONGEST_CHAIN {
        let complete = chains.iter().position(|chain| {
            chain
                .last()
                .is_some_and(|top| known.contains(top.authority()))
        });
        if let Some(complete) = complete {
            let mut chain = chains.swap_remove(complete);
            chain.reverse();
            return Some(chain);
        }
        // Each goes on by whoever can have signed its top; many in parallel would be many copies of
        // one certificate.
        let mut longer = Vec::new();
        for chain in &chains {
            let Some(top) = chain.last() else { continue };
            for issuer in certificates {
                if issuer.holder() == top.authority()
                    && !issuer.is_root()
                    && issuer.role().may_issue(top.role())
                    && !chain.contains(&issuer)
                    && longer.len() < certificates.len()
                {
                    longer.push([&chain[..], &[issuer]].concat());
                }
            }
        }
        chains = longer;
    }
    None
}

/// What a chain grants: what each of its certificates grants.
pub(crate) fn granted(chain: &[&CvCertificate]) -> Rights {
    chain
        .iter()
        .fold(Rights::ALL, |rights, link| rights.and(link.rights()))
}

/// What the terminal signs: ID_IC ‖ r_IC ‖ Comp(PK_PCD), TR-03110-3 §B.3.
pub(crate) fn message(chip: &[u8], challenge: &[u8], terminal_key: &[u8]) -> Vec<u8> {
    [chip, challenge, terminal_key].concat()
}
