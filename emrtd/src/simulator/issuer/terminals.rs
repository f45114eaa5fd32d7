//! The specimen country's authority for terminals, with a verifier and a terminal beneath it: what it
//! takes to have a specimen card open its fingers (BSI TR-03110-3 §2.2).

use jiff::Span;
use jiff::civil::Date;
use openssl::pkey::{PKey, Private};
use openssl::rsa::Rsa;
use rand_core::CryptoRng;

use super::{Country, Curve, IssueError, pki};
use crate::proof::cv_certificate::write::{Draft, issue};
use crate::proof::cv_certificate::{CvCertificate, Reference, Rights, Role, Scheme};
use crate::proof::terminal::FileTerminal;

/// How to set the authority up.
#[derive(Clone, Debug)]
pub struct TerminalsOptions {
    pub country: Country,
    /// How all three sign.
    pub scheme: Scheme,
    /// The curve of their keys, for ECDSA.
    pub curve: Curve,
    /// The size of their keys, for RSA.
    pub rsa_bits: u32,
    /// The day on which the certificates begin.
    pub from: Date,
    /// What the terminal may read.
    pub rights: Rights,
}

impl TerminalsOptions {
    /// Utopia, ECDSA over brainpoolP256r1, fingers and irises.
    pub fn utopia(from: Date) -> Self {
        Self {
            country: Country::utopia(),
            scheme: Scheme::Ecdsa(crate::proof::active::Hash::Sha256),
            curve: Curve::BrainpoolP256,
            rsa_bits: 2048,
            from,
            rights: Rights::ALL,
        }
    }
}

/// Authority, verifier and terminal with their keys. `Debug` prints no key.
pub struct SpecimenTerminals {
    /// How often the authority has changed keys; a name belongs to one key for ever.
    number: u32,
    options: TerminalsOptions,
    authority: (PKey<Private>, CvCertificate),
    verifier: (PKey<Private>, CvCertificate),
    terminal: (PKey<Private>, CvCertificate),
}

impl std::fmt::Debug for SpecimenTerminals {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "SpecimenTerminals({})", self.authority.1.holder())
    }
}

impl SpecimenTerminals {
    /// Makes the keys and the certificates.
    pub fn new(options: &TerminalsOptions, rng: &mut dyn CryptoRng) -> Result<Self, IssueError> {
        let root = key(options, rng)?;
        let name = reference(options, "CVCA", 1)?;
        let certificate = certify(
            options,
            (Role::Authority, &name, &root),
            (&name, &root),
            Rights::ALL,
            3,
        )?;
        Self::beneath(1, (root, certificate), options, rng)
    }

    /// Verifier and terminal beneath an authority.
    fn beneath(
        number: u32,
        authority: (PKey<Private>, CvCertificate),
        options: &TerminalsOptions,
        rng: &mut dyn CryptoRng,
    ) -> Result<Self, IssueError> {
        let (verifier_name, terminal_name) = (
            reference(options, "DV", number)?,
            reference(options, "ISDESK", number)?,
        );
        let (verifier, terminal) = (key(options, rng)?, key(options, rng)?);
        let verifier_certificate = certify(
            options,
            (Role::DomesticVerifier, &verifier_name, &verifier),
            (authority.1.holder(), &authority.0),
            Rights::ALL,
            2,
        )?;
        let terminal_certificate = certify(
            options,
            (Role::Terminal, &terminal_name, &terminal),
            (&verifier_name, &verifier),
            options.rights,
            1,
        )?;
        Ok(Self {
            number,
            options: options.clone(),
            authority,
            verifier: (verifier, verifier_certificate),
            terminal: (terminal, terminal_certificate),
        })
    }

    /// The same country some time later: the authority has a new key, which a link certificate by
    /// the old one introduces. Cards that know the old authority are shown the link first.
    pub fn renewed(
        &self,
        from: Date,
        rng: &mut dyn CryptoRng,
    ) -> Result<(Self, CvCertificate), IssueError> {
        let options = TerminalsOptions {
            from,
            ..self.options.clone()
        };
        let root = key(&options, rng)?;
        let number = self.number + 1;
        let name = reference(&options, "CVCA", number)?;
        let link = certify(
            &options,
            (Role::Authority, &name, &root),
            (self.authority.1.holder(), &self.authority.0),
            Rights::ALL,
            3,
        )?;
        let renewed = Self::beneath(number, (root, link.clone()), &options, rng)?;
        Ok((renewed, link))
    }

    /// What is put into the card when it is made.
    pub fn authority(&self) -> &CvCertificate {
        &self.authority.1
    }

    pub fn verifier(&self) -> &CvCertificate {
        &self.verifier.1
    }

    pub fn terminal_certificate(&self) -> &CvCertificate {
        &self.terminal.1
    }

    /// The terminal's key, PKCS#8 in PEM.
    pub fn key_pem(&self) -> Result<Vec<u8>, IssueError> {
        Ok(self.terminal.0.private_key_to_pem_pkcs8()?)
    }

    /// The verifier's and the terminal's certificates side by side, as a terminal keeps them.
    pub fn certificates(&self) -> Vec<u8> {
        [self.verifier.1.to_bytes(), self.terminal.1.to_bytes()].concat()
    }

    /// The terminal as a desk has it, with further certificates (links) at hand.
    pub fn terminal(&self, links: &[CvCertificate]) -> Result<FileTerminal, IssueError> {
        let mut certificates = self.certificates();
        for link in links {
            certificates.extend(link.to_bytes());
        }
        Ok(FileTerminal::new(&self.key_pem()?, &certificates)?)
    }
}

fn key(options: &TerminalsOptions, rng: &mut dyn CryptoRng) -> Result<PKey<Private>, IssueError> {
    Ok(match options.scheme {
        Scheme::Ecdsa(_) => pki::ec_key(options.curve.nid(), false, rng)?,
        _ => PKey::from_rsa(Rsa::generate(options.rsa_bits)?)?,
    })
}

fn reference(
    options: &TerminalsOptions,
    mnemonic: &str,
    number: u32,
) -> Result<Reference, IssueError> {
    let text = format!("{}{mnemonic}{number:05}", options.country.alpha_2);
    Reference::new(text.as_bytes()).ok_or(IssueError::Person { field: "country" })
}

fn certify(
    options: &TerminalsOptions,
    (role, holder, key): (Role, &Reference, &PKey<Private>),
    (authority, signer): (&Reference, &PKey<Private>),
    rights: Rights,
    years: i32,
) -> Result<CvCertificate, IssueError> {
    let expiry = options.from.checked_add(Span::new().years(years));
    let draft = Draft {
        authority,
        holder,
        role,
        rights,
        effective: options.from,
        expiry: expiry.unwrap_or(Date::MAX),
        key,
        scheme: options.scheme,
    };
    Ok(issue(&draft, signer, options.scheme)?)
}
