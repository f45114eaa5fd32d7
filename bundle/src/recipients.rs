//! To whom a bundle is encrypted, and who can decrypt it: age X25519 keys.
//!
//! Desks hold only [`Recipients`]; a stolen desk can open none of what it sealed.

use std::fmt;
use std::path::Path;
use std::str::FromStr as _;

use age::secrecy::ExposeSecret as _;
use age::x25519;
use jiff::Timestamp;
use zeroize::Zeroizing;

use crate::key::{KeyError, read_bounded};
use crate::statement::MAX_RECIPIENTS;

/// The public keys to which every blob is encrypted: the verifier's of this epoch and the
/// recovery key. Each can open alone.
#[derive(Clone)]
pub struct Recipients(Vec<x25519::Recipient>);

impl Recipients {
    /// The usual two, each as `age1…`.
    pub fn new(verifier: &str, recovery: &str) -> Result<Self, KeyError> {
        Self::from_lines(&format!("{verifier}\n{recovery}\n"))
    }

    /// Reads the recipients file of the age tool: one key a line, `#` begins a comment line. One
    /// to eight keys, none twice.
    pub fn from_lines(text: &str) -> Result<Self, KeyError> {
        let mut keys = Vec::new();
        for line in lines(text) {
            let key = x25519::Recipient::from_str(line).map_err(|_| KeyError::Malformed)?;
            if keys.contains(&key) || keys.len() == MAX_RECIPIENTS {
                return Err(KeyError::Malformed);
            }
            keys.push(key);
        }
        if keys.is_empty() {
            Err(KeyError::Malformed)
        } else {
            Ok(Self(keys))
        }
    }

    /// Reads [`Recipients::from_lines`] from a file.
    pub fn load(path: &Path) -> Result<Self, KeyError> {
        Self::from_lines(&String::from_utf8(read_bounded(path)?).map_err(|_| KeyError::Malformed)?)
    }

    /// The keys as `age1…`.
    #[must_use]
    pub fn names(&self) -> Vec<String> {
        self.0.iter().map(ToString::to_string).collect()
    }

    pub(crate) fn keys(&self) -> impl Iterator<Item = &dyn age::Recipient> {
        self.0.iter().map(|key| key as &dyn age::Recipient)
    }
}

impl fmt::Debug for Recipients {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.names()).finish()
    }
}

/// The secret keys that open bundles: the verifier's of this epoch and of earlier ones, or the
/// recovery key.
#[derive(Clone)]
pub struct Identities(Vec<x25519::Identity>);

impl Identities {
    /// A fresh key pair.
    #[must_use]
    pub fn generate() -> Self {
        Self(vec![x25519::Identity::generate()])
    }

    /// Reads the identity file of the age tool.
    pub fn from_lines(text: &str) -> Result<Self, KeyError> {
        let keys = lines(text)
            .map(|line| x25519::Identity::from_str(line).map_err(|_| KeyError::Malformed))
            .collect::<Result<Vec<_>, _>>()?;
        if keys.is_empty() {
            Err(KeyError::Malformed)
        } else {
            Ok(Self(keys))
        }
    }

    /// Reads [`Identities::from_lines`] from a file.
    pub fn load(path: &Path) -> Result<Self, KeyError> {
        let content = Zeroizing::new(read_bounded(path)?);
        Self::from_lines(std::str::from_utf8(&content).map_err(|_| KeyError::Malformed)?)
    }

    /// All of these and all of those: during a rotation a verifier holds two epochs.
    #[must_use]
    pub fn with(mut self, other: Self) -> Self {
        self.0.extend(other.0);
        self
    }

    /// The keys as an identity file of the age tool. Whoever reads it can open every bundle.
    #[must_use]
    pub fn to_lines(&self, created: Timestamp) -> Zeroizing<String> {
        let mut text = Zeroizing::new(format!("# created: {created}\n"));
        for key in &self.0 {
            text.push_str(&format!("# public key: {}\n", key.to_public()));
            text.push_str(key.to_string().expose_secret());
            text.push('\n');
        }
        text
    }

    /// The public halves as `age1…`, in order.
    #[must_use]
    pub fn recipients(&self) -> Vec<String> {
        self.0
            .iter()
            .map(|key| key.to_public().to_string())
            .collect()
    }

    pub(crate) fn keys(&self) -> impl Iterator<Item = &dyn age::Identity> {
        self.0.iter().map(|key| key as &dyn age::Identity)
    }
}

impl fmt::Debug for Identities {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Identities({} keys)", self.0.len())
    }
}

fn lines(text: &str) -> impl Iterator<Item = &str> {
    text.lines()
        .map(str::trim)
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    #[test]
    fn key_files_are_read_as_they_are_written() {
        let key = Identities::generate();
        let text = key.to_lines("2026-03-02T00:00:00Z".parse().unwrap());
        let read = Identities::from_lines(&text).unwrap();
        assert_eq!(read.recipients(), key.recipients());
        let public = key.recipients().remove(0);
        assert_eq!(
            Recipients::from_lines(&format!("# verifier\n{public}\n"))
                .unwrap()
                .names(),
            std::slice::from_ref(&public)
        );
        assert!(!format!("{key:?}{read:?}").contains("SECRET"));
        for bad in [
            "",
            "# nothing\n",
            "age1nonsense",
            &format!("{public}\n{public}"),
        ] {
            assert!(
                matches!(Recipients::from_lines(bad), Err(KeyError::Malformed)),
                "{bad}"
            );
        }
        assert!(matches!(
            Identities::from_lines(&public),
            Err(KeyError::Malformed)
        ));
        // A secret key must not pass for a public one and be written into a statement.
        assert!(matches!(
            Recipients::from_lines(&text),
            Err(KeyError::Malformed)
        ));
    }
}
