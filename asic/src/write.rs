//! Writing a container, file by file, the signature last.

use std::io::{self, Read, Seek, Write};

use jiff::Timestamp;

use crate::zip::{self, Entry, Laid, MOST_FILES};
use crate::{MEDIA_TYPE, xades};

/// A P-256 key with its certificate. This crate never sees the private half.
pub trait ContainerKey {
    /// X.509, DER.
    fn certificate(&self) -> &[u8];

    /// ECDSA over SHA-256 of `message`, as r ‖ s, 32 bytes each (RFC 4051 §2.3.6); none when it could not.
    fn sign(&self, message: &[u8]) -> Option<[u8; 64]>;
}

/// Why a container was not written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WriteError {
    #[error("a file's name or media type is none that a container takes")]
    Name,
    #[error("a container holds at most {MOST_FILES} files and 2 GiB")]
    TooLarge,
    #[error("the key did not sign")]
    Key,
    #[error("the container cannot be written")]
    Write(#[source] io::Error),
}

impl WriteError {
    /// The stable code, explained in `docs/failures.md`.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Name => "asic.name",
            Self::TooLarge => "asic.too_large",
            Self::Key => "asic.key",
            Self::Write(_) => "asic.write",
        }
    }
}

impl From<io::Error> for WriteError {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::FileTooLarge => Self::TooLarge,
            _ => Self::Write(error),
        }
    }
}

/// A container that is being written. Without [`Writer::finish`] it is none.
pub struct Writer<W> {
    out: W,
    laid: Vec<Laid>,
    entries: Vec<Entry>,
}

impl<W: Write + Seek> Writer<W> {
    /// Begins at the beginning of `out`.
    pub fn new(out: W) -> Result<Self, WriteError> {
        let mut writer = Self {
            out,
            laid: Vec::new(),
            entries: Vec::new(),
        };
        // ETSI EN 319 162-1 §A.1: first and stored, so that the type stands at byte 38.
        writer.lay("mimetype", &mut MEDIA_TYPE.as_bytes())?;
        Ok(writer)
    }

    /// Adds a file, which the signature will cover.
    pub fn add(
        &mut self,
        name: &str,
        media_type: &str,
        content: &mut dyn Read,
    ) -> Result<&Entry, WriteError> {
        let first = name.split('/').next().unwrap_or_default();
        let reserved = ["META-INF", "mimetype"].map(|own| first.eq_ignore_ascii_case(own));
        let twice = |entry: &Entry| entry.name.eq_ignore_ascii_case(name);
        if reserved.contains(&true)
            || !zip::is_name(name)
            || !xades::is_media_type(media_type)
            || self.entries.iter().any(twice)
        {
            return Err(WriteError::Name);
        }
        // Three files are the container's own.
        if self.entries.len() + 3 >= MOST_FILES {
            return Err(WriteError::TooLarge);
        }
        let entry = self.lay(name, content)?;
        self.entries.push(Entry {
            media_type: media_type.to_owned(),
            ..entry
        });
        Ok(&self.entries[self.entries.len() - 1])
    }

    /// Signs what was added and closes the container.
    pub fn finish(mut self, key: &dyn ContainerKey, at: Timestamp) -> Result<W, WriteError> {
        let manifest = xades::manifest(&self.entries);
        self.lay(xades::MANIFEST, &mut manifest.as_bytes())?;
        let entries = std::mem::take(&mut self.entries);
        let signed_at = at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
        let said = xades::Said {
            entries: &entries,
            certificate: key.certificate(),
            signed_at: &signed_at,
        };
        let signature = key.sign(xades::signed_info(&said).as_bytes());
        let signatures = xades::signatures(&said, &signature.ok_or(WriteError::Key)?);
        self.lay(xades::SIGNATURES, &mut signatures.as_bytes())?;
        let at = u32::try_from(self.out.stream_position()?).map_err(|_| WriteError::TooLarge)?;
        self.out.write_all(&zip::directory(&self.laid, at))?;
        self.out.flush()?;
        Ok(self.out)
    }

    fn lay(&mut self, name: &str, content: &mut dyn Read) -> Result<Entry, WriteError> {
        let (laid, entry) = zip::lay(&mut self.out, name, content)?;
        self.laid.push(laid);
        Ok(entry)
    }
}
