//! Reading a container back: what is in it, and whether its signature covers just that.

use jiff::Timestamp;
use ring::digest::{SHA256, digest};
use ring::signature::{ECDSA_P256_SHA256_FIXED, UnparsedPublicKey};
use x509_cert::Certificate;
use x509_cert::der::Decode as _;

use crate::zip::{self, Entry};
use crate::{MEDIA_TYPE, xades};

/// Why a container is not believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ReadError {
    #[error("this is no zip file as the writer of containers makes it")]
    Malformed,
    #[error("the signature is not in the form that this program writes")]
    OtherForm,
    #[error("a file is not the one that was signed")]
    Altered,
    #[error("a file that was signed is not there")]
    FileMissing,
    #[error("a file is there that was not signed")]
    FileExtra,
    #[error("the signature is not by the key of the certificate in it")]
    Signature,
}

impl ReadError {
    /// The stable code, explained in `docs/failures.md`.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Malformed => "asic.malformed",
            Self::OtherForm => "asic.other_form",
            Self::Altered => "asic.altered",
            Self::FileMissing => "asic.file_missing",
            Self::FileExtra => "asic.file_extra",
            Self::Signature => "asic.signature",
        }
    }
}

/// A container whose files are those that were signed by the key of `certificate`. Whose certificate that is, is not said.
#[derive(Debug)]
pub struct Container<'a> {
    /// DER.
    pub certificate: Vec<u8>,
    /// What the signer says.
    pub signed_at: Timestamp,
    files: Vec<(Entry, &'a [u8])>,
}

impl<'a> Container<'a> {
    /// The bytes of a file.
    pub fn file(&self, name: &str) -> Option<&'a [u8]> {
        let found = self.files.iter().find(|(entry, _)| entry.name == name);
        found.map(|(_, content)| *content)
    }

    /// All files, in their order.
    pub fn entries(&self) -> impl Iterator<Item = &Entry> {
        self.files.iter().map(|(entry, _)| entry)
    }
}

/// Reads a container that [`crate::Writer`] has made.
pub fn read(content: &[u8]) -> Result<Container<'_>, ReadError> {
    let mut files = zip::files(content).ok_or(ReadError::Malformed)?;
    let text = |bytes| std::str::from_utf8(bytes).map_err(|_| ReadError::OtherForm);
    let last = files.pop().filter(|(name, _)| name == xades::SIGNATURES);
    let (_, signatures) = last.ok_or(ReadError::FileMissing)?;
    let found = xades::read(text(signatures)?).ok_or(ReadError::OtherForm)?;
    let signed_at: Timestamp = found.signed_at.parse().map_err(|_| ReadError::OtherForm)?;
    // The signature first: what it covers is then what its maker said.
    let certificate =
        Certificate::from_der(&found.certificate).map_err(|_| ReadError::OtherForm)?;
    let key = certificate.tbs_certificate.subject_public_key_info;
    UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, key.subject_public_key.raw_bytes())
        .verify(
            xades::signed_info(&found.said()).as_bytes(),
            &found.signature,
        )
        .map_err(|_| ReadError::Signature)?;

    let manifest = files.pop().filter(|(name, _)| name == xades::MANIFEST);
    let (_, manifest) = manifest.ok_or(ReadError::FileMissing)?;
    if files.first() != Some(&("mimetype".to_owned(), MEDIA_TYPE.as_bytes())) {
        return Err(ReadError::Malformed);
    }
    files.remove(0);
    if xades::manifest(&found.entries).as_bytes() != manifest {
        return Err(ReadError::Altered);
    }
    let signed = |name: &str| found.entries.iter().any(|entry| entry.name == name);
    if files.iter().any(|(name, _)| !signed(name)) {
        return Err(ReadError::FileExtra);
    }
    let mut read = Vec::with_capacity(files.len());
    for entry in &found.entries {
        let there = files.iter().find(|(name, _)| *name == entry.name);
        let (_, content) = there.ok_or(ReadError::FileMissing)?;
        if digest(&SHA256, content).as_ref() != entry.digest {
            return Err(ReadError::Altered);
        }
        let size = content.len() as u64;
        read.push((
            Entry {
                size,
                ..entry.clone()
            },
            *content,
        ));
    }
    Ok(Container {
        certificate: found.certificate,
        signed_at,
        files: read,
    })
}
