//! What is kept of a visit that is under way, so that a power cut costs nobody a second coming: encrypted, for a short
//! time, and gone with the visit.
//!
//! Everything is AES-256-GCM under a key that follows, by HKDF-SHA256, from the desk's own secret and from a salt drawn for
//! this visit. Erasing begins with the salt: without it what is left is noise, whoever has the desk's secret. Which secret,
//! and what somebody with the stolen disk gets, stands in ADR 16.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use ring::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use ring::hkdf::{HKDF_SHA256, Salt};
use ring::rand::{SecureRandom as _, SystemRandom};
use zeroize::Zeroizing;

use crate::durable::{make_folder, sync_folder, write_whole};

pub const CODES: &[&str] = &["kept.damaged", "kept.disk", "kept.no_key", "kept.too_late"];

/// The key of this desk only signs: nothing is kept.
pub const NO_KEY: &str = "kept.no_key";
/// Nobody went on with it in time.
pub const TOO_LATE: &str = "kept.too_late";

/// What the derived key is for, so that no other use of the secret gives the same.
const PURPOSE: &[&[u8]] = &[b"niem kept visit v1"];

const SALT: &str = "salt";
const SALT_BYTES: usize = 32;

/// A page of 300 dpi in colour has 1.5 MB; larger ones are as large as they are.
const MOST_BYTES: u64 = 256 * 1024 * 1024;

#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum KeptError {
    #[error("what is kept of the visit cannot be written or read: {0}")]
    Disk(#[from] io::Error),
    /// Altered, half gone, or another desk's.
    #[error("what is kept of the visit does not open")]
    Damaged,
}

impl KeptError {
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Disk(_) => "kept.disk",
            Self::Damaged => "kept.damaged",
        }
    }
}

/// The folder of one visit, and the key to it. `Debug` shows neither.
pub struct Keeper {
    folder: PathBuf,
    key: LessSafeKey,
    random: SystemRandom,
}

impl std::fmt::Debug for Keeper {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Keeper")
    }
}

impl Keeper {
    /// For a visit that begins; whatever was kept before is erased.
    ///
    /// # Errors
    /// [`KeptError::Disk`].
    pub fn begin(folder: &Path, secret: &[u8]) -> Result<Self, KeptError> {
        erase(folder)?;
        make_folder(folder)?;
        let random = SystemRandom::new();
        let mut salt = [0; SALT_BYTES];
        random.fill(&mut salt).map_err(|_| no_random())?;
        write_whole(&folder.join(SALT), &salt)?;
        Ok(Self {
            folder: folder.to_owned(),
            key: derived(&salt, secret)?,
            random,
        })
    }

    /// What an earlier run left; none when it left nothing.
    ///
    /// # Errors
    /// [`KeptError`].
    pub fn left(folder: &Path, secret: &[u8]) -> Result<Option<Self>, KeptError> {
        let salt = match fs::read(folder.join(SALT)) {
            Ok(salt) => salt,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error.into()),
        };
        Ok(Some(Self {
            folder: folder.to_owned(),
            key: derived(&salt, secret)?,
            random: SystemRandom::new(),
        }))
    }

    /// Puts this in the place of what was kept under that name. It is on the disk when this returns.
    ///
    /// # Errors
    /// [`KeptError::Disk`].
    pub fn put(&self, name: &str, mut plain: Zeroizing<Vec<u8>>) -> Result<(), KeptError> {
        let mut nonce = [0; NONCE_LEN];
        self.random.fill(&mut nonce).map_err(|_| no_random())?;
        let tag = self
            .key
            .seal_in_place_separate_tag(
                Nonce::assume_unique_for_key(nonce),
                Aad::from(name.as_bytes()),
                &mut plain,
            )
            .map_err(|_| KeptError::Damaged)?;
        let mut sealed = Vec::with_capacity(NONCE_LEN + plain.len() + tag.as_ref().len());
        sealed.extend_from_slice(&nonce);
        sealed.extend_from_slice(&plain);
        sealed.extend_from_slice(tag.as_ref());
        Ok(write_whole(&self.path(name), &sealed)?)
    }

    /// What is kept under that name; none when nothing is.
    ///
    /// # Errors
    /// [`KeptError`].
    pub fn take(&self, name: &str) -> Result<Option<Zeroizing<Vec<u8>>>, KeptError> {
        let path = self.path(name);
        let mut sealed = match fs::metadata(&path) {
            Ok(told) if told.len() > MOST_BYTES => return Err(KeptError::Damaged),
            Ok(_) => Zeroizing::new(fs::read(&path)?),
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error.into()),
        };
        let nonce = sealed.get(..NONCE_LEN).ok_or(KeptError::Damaged)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| KeptError::Damaged)?;
        let plain = self
            .key
            .open_within(nonce, Aad::from(name.as_bytes()), &mut sealed, NONCE_LEN..)
            .map_err(|_| KeptError::Damaged)?;
        Ok(Some(Zeroizing::new(plain.to_vec())))
    }

    /// Nothing of the visit is left on the disk.
    ///
    /// # Errors
    /// [`KeptError::Disk`].
    pub fn erase(self) -> Result<(), KeptError> {
        erase(&self.folder)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.join(format!("{name}.kept"))
    }
}

/// Takes away what is kept there, the salt first.
///
/// # Errors
/// [`KeptError::Disk`].
pub fn erase(folder: &Path) -> Result<(), KeptError> {
    for step in [
        fs::remove_file(folder.join(SALT)).and_then(|()| sync_folder(folder)),
        fs::remove_dir_all(folder),
    ] {
        match step {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error.into()),
            _ => {}
        }
    }
    Ok(())
}

fn derived(salt: &[u8], secret: &[u8]) -> Result<LessSafeKey, KeptError> {
    let secret = Salt::new(HKDF_SHA256, salt).extract(secret);
    let key = secret
        .expand(PURPOSE, &AES_256_GCM)
        .map_err(|_| KeptError::Damaged)?;
    Ok(LessSafeKey::new(UnboundKey::from(key)))
}

fn no_random() -> KeptError {
    KeptError::Disk(io::Error::other("the system gave no random numbers"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kept(folder: &Path) -> Keeper {
        let keeper = Keeper::begin(folder, b"the desk's own").unwrap();
        keeper.put("road", text("NGUYỄN THỊ MẪU")).unwrap();
        keeper
    }

    fn text(text: &str) -> Zeroizing<Vec<u8>> {
        Zeroizing::new(text.as_bytes().to_vec())
    }

    #[test]
    fn what_is_kept_is_read_again_by_this_desk_alone_and_is_no_plain_text() {
        let above = tempfile::tempdir().unwrap();
        let folder = above.path().join("kept");
        drop(kept(&folder));
        let again = Keeper::left(&folder, b"the desk's own").unwrap().unwrap();
        assert_eq!(again.take("road").unwrap().unwrap(), text("NGUYỄN THỊ MẪU"));
        assert!(again.take("page-1").unwrap().is_none());
        let other = Keeper::left(&folder, b"another desk's").unwrap().unwrap();
        assert!(matches!(other.take("road"), Err(KeptError::Damaged)));
        for file in fs::read_dir(&folder).unwrap() {
            let bytes = fs::read(file.unwrap().path()).unwrap();
            let name = "NGUYỄN".as_bytes();
            assert!(!bytes.windows(name.len()).any(|at| at == name));
        }
    }

    #[test]
    fn what_was_altered_or_put_under_another_name_does_not_open() {
        let above = tempfile::tempdir().unwrap();
        let keeper = kept(above.path());
        let road = above.path().join("road.kept");
        fs::copy(&road, above.path().join("table.kept")).unwrap();
        assert!(matches!(keeper.take("table"), Err(KeptError::Damaged)));
        for at in [0, NONCE_LEN, NONCE_LEN + 20] {
            let mut bytes = fs::read(&road).unwrap();
            bytes[at] ^= 1;
            fs::write(above.path().join("road.kept"), &bytes).unwrap();
            assert!(
                matches!(keeper.take("road"), Err(KeptError::Damaged)),
                "{at}"
            );
        }
        fs::write(&road, b"short").unwrap();
        assert!(matches!(keeper.take("road"), Err(KeptError::Damaged)));
    }

    #[test]
    fn erased_is_erased_and_without_the_salt_the_secret_opens_nothing() {
        let above = tempfile::tempdir().unwrap();
        let folder = above.path().join("kept");
        let keeper = kept(&folder);
        let copy = fs::read(folder.join("road.kept")).unwrap();
        keeper.erase().unwrap();
        assert!(!folder.exists());
        erase(&folder).unwrap();
        // Somebody copied the file, and has the secret: the salt is gone.
        let again = Keeper::begin(&folder, b"the desk's own").unwrap();
        fs::write(folder.join("road.kept"), copy).unwrap();
        assert!(matches!(again.take("road"), Err(KeptError::Damaged)));
    }
}
