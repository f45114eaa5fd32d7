//! Files named by the SHA-256 of what they hold: written whole or not at all, and twice is the same as once.

use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use bundle::Sha256Digest;
use ring::digest::{Context, SHA256};

/// A folder of content-addressed files: `ab/abcdef…`, and `tmp/` for what is being written.
#[derive(Debug, Clone)]
pub(crate) struct Cas {
    root: PathBuf,
}

impl Cas {
    pub(crate) fn open(root: PathBuf) -> io::Result<Self> {
        fs::create_dir_all(root.join("tmp"))?;
        sync_folder(&root)?;
        Ok(Self { root })
    }

    /// Removes what was being written when the power went; its writer never heard "done". Only for whoever
    /// is alone with the folder.
    pub(crate) fn sweep(&self) -> io::Result<()> {
        for entry in fs::read_dir(self.root.join("tmp"))? {
            fs::remove_file(entry?.path())?;
        }
        Ok(())
    }

    pub(crate) fn path(&self, digest: &Sha256Digest) -> PathBuf {
        let name = hex::encode(digest.as_bytes());
        self.root.join(&name[..2]).join(name)
    }

    pub(crate) fn contains(&self, digest: &Sha256Digest) -> bool {
        self.path(digest).is_file()
    }

    /// Writes content under its own name. When this returns, a power cut can no longer take it.
    pub(crate) fn put(&self, content: &[u8]) -> io::Result<Sha256Digest> {
        let digest = Sha256Digest::of(content);
        let temporary = self.root.join("tmp").join(uuid::Uuid::now_v7().to_string());
        let mut file = File::options()
            .write(true)
            .create_new(true)
            .open(&temporary)?;
        file.write_all(content)?;
        self.adopt_synced(file, &temporary, &digest)?;
        Ok(digest)
    }

    /// Takes over a finished file whose digest the caller has just computed from it.
    pub(crate) fn adopt(&self, file: &Path, digest: &Sha256Digest) -> io::Result<()> {
        self.adopt_synced(File::open(file)?, file, digest)
    }

    /// The same, but a power cut may still take the file, or bytes of it, until [`Self::sync`].
    pub(crate) fn adopt_unsynced(&self, file: &Path, digest: &Sha256Digest) -> io::Result<()> {
        fs::rename(file, self.place_for(digest)?)
    }

    /// Makes a file safe that was taken over unsynced.
    pub(crate) fn sync(&self, digest: &Sha256Digest) -> io::Result<()> {
        let path = self.path(digest);
        File::open(&path)?.sync_data()?;
        sync_folder(path.parent().expect("every path here has a folder"))
    }

    fn adopt_synced(&self, file: File, from: &Path, digest: &Sha256Digest) -> io::Result<()> {
        file.sync_data()?;
        let to = self.place_for(digest)?;
        fs::rename(from, &to)?;
        sync_folder(to.parent().expect("every path here has a folder"))
    }

    /// Where a file goes, in a folder that is there and safe.
    fn place_for(&self, digest: &Sha256Digest) -> io::Result<PathBuf> {
        let to = self.path(digest);
        let folder = to.parent().expect("every path here has a folder");
        if !folder.is_dir() {
            fs::create_dir_all(folder)?;
            sync_folder(&self.root)?;
        }
        Ok(to)
    }

    /// Reads a file back, having checked that it still is what its name says.
    pub(crate) fn read(&self, digest: &Sha256Digest) -> io::Result<Vec<u8>> {
        let content = fs::read(self.path(digest))?;
        if Sha256Digest::of(&content) == *digest {
            Ok(content)
        } else {
            Err(io::Error::new(
                io::ErrorKind::InvalidData,
                "a stored file is no longer what its name says",
            ))
        }
    }

    pub(crate) fn remove(&self, digest: &Sha256Digest) -> io::Result<()> {
        match fs::remove_file(self.path(digest)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }

    /// Makes every removal safe, and every renaming.
    pub(crate) fn sync_folders(&self) -> io::Result<()> {
        for folder in fs::read_dir(&self.root)? {
            let folder = folder?;
            if folder.file_type()?.is_dir() {
                sync_folder(&folder.path())?;
            }
        }
        sync_folder(&self.root)
    }

    /// Every name in the folder.
    pub(crate) fn list(&self) -> io::Result<Vec<Sha256Digest>> {
        let mut names = Vec::new();
        for folder in fs::read_dir(&self.root)? {
            let folder = folder?;
            if folder.file_name() == "tmp" || !folder.file_type()?.is_dir() {
                continue;
            }
            for file in fs::read_dir(folder.path())? {
                if let Some(digest) = file?
                    .file_name()
                    .to_str()
                    .and_then(|name| name.parse().ok())
                {
                    names.push(digest);
                }
            }
        }
        Ok(names)
    }
}

impl bundle::BlobSource for Cas {
    fn open(&self, digest: &Sha256Digest) -> io::Result<Box<dyn Read + Send>> {
        Ok(Box::new(File::open(self.path(digest))?))
    }
}

/// The digest of a file, read in pieces.
pub(crate) fn digest_file(path: &Path) -> io::Result<Sha256Digest> {
    let mut file = File::open(path)?;
    let mut context = Context::new(&SHA256);
    let mut piece = vec![0_u8; 256 * 1024];
    loop {
        match file.read(&mut piece)? {
            0 => break,
            n => context.update(&piece[..n]),
        }
    }
    let bytes = context
        .finish()
        .as_ref()
        .try_into()
        .expect("SHA-256 has 32 bytes");
    Ok(Sha256Digest::from_bytes(bytes))
}

pub(crate) fn sync_folder(path: &Path) -> io::Result<()> {
    File::open(path)?.sync_all()
}

/// Makes a folder that a power cut cannot take back: a name is safe only when the folder above is synced.
pub(crate) fn make_folder(path: &Path) -> io::Result<()> {
    let missing: Vec<&Path> = path
        .ancestors()
        .take_while(|above| !above.as_os_str().is_empty() && !above.exists())
        .collect();
    fs::create_dir_all(path)?;
    // The last one too when it was there: whoever made it may have been stopped before it could sync.
    for made in missing.into_iter().skip(1).chain([path]) {
        match made.parent() {
            Some(above) if above.as_os_str().is_empty() => sync_folder(Path::new("."))?,
            Some(above) => sync_folder(above)?,
            None => {}
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_put_reads_back_and_what_was_edited_does_not() {
        let place = tempfile::tempdir().unwrap();
        let cas = Cas::open(place.path().to_owned()).unwrap();
        let digest = cas.put(b"paper").unwrap();
        assert_eq!(cas.put(b"paper").unwrap(), digest);
        assert_eq!(cas.read(&digest).unwrap(), b"paper");
        assert_eq!(cas.list().unwrap(), [digest]);
        fs::write(cas.path(&digest), b"papers").unwrap();
        assert_eq!(
            cas.read(&digest).unwrap_err().kind(),
            io::ErrorKind::InvalidData
        );
    }

    #[test]
    fn half_written_files_are_gone_after_a_restart() {
        let place = tempfile::tempdir().unwrap();
        let cas = Cas::open(place.path().to_owned()).unwrap();
        fs::write(place.path().join("tmp/half"), b"ha").unwrap();
        cas.sweep().unwrap();
        assert!(!place.path().join("tmp/half").exists());
    }
}
