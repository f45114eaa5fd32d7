//! After a power cut: what was only arriving is looked through, and what did not arrive whole has never been here.
//!
//! Blobs and rows about them go in without waiting for the disk (`uploads.rs`), so a cut may leave a blob torn, or a
//! row without its file. A service that ends in order syncs them and writes so into its lock file; one that finds no
//! such word when it starts reads every waiting blob through and lets go of those that are not what their name says.
//! Their stations are told that they are missing, and send them again.

use std::fs::File;
use std::io::{self, Read as _, Seek as _, Write as _};
use std::path::Path;

use bundle::Sha256Digest;

use super::uploads::SENT_AGAIN_BYTES;
use super::{Embedded, parse, run};
use crate::wallet::StoreFailure;
use crate::wallet::cas::{digest_file, sync_folder};

const LOCK_FILE: &str = "verifier.lock";
/// What stands in the lock file between two services, when the first ended in order.
const SETTLED: &[u8] = b"settled\n";

/// Opens the lock file without touching what stands in it.
pub(super) fn lock(root: &Path) -> io::Result<File> {
    File::options()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .open(root.join(LOCK_FILE))
}

/// Whether the service before ended in order; the word is taken away, safely, before anything arrives.
pub(super) fn was_settled(lock: &mut File) -> io::Result<bool> {
    let mut found = Vec::new();
    io::Read::by_ref(lock)
        .take(SETTLED.len() as u64 + 1)
        .read_to_end(&mut found)?;
    lock.set_len(0)?;
    lock.rewind()?;
    lock.sync_all()?;
    Ok(found == SETTLED)
}

impl Embedded {
    /// Looks through what was arriving when the power went.
    pub(super) fn settle(&self) -> Result<(), StoreFailure> {
        for (id, length) in self.unfinished()? {
            // Of a small one nothing was synced. Its station asks how far it came, and begins it again.
            if length <= SENT_AGAIN_BYTES {
                match File::options().write(true).open(self.uploads.join(id)) {
                    Ok(file) => file.set_len(0)?,
                    // It was renamed already, or its name never came onto the disk.
                    Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                    Err(error) => return Err(error.into()),
                }
            }
        }
        for digest in self.blobs.list()? {
            match self.waits(&digest)? {
                // It was synced before its bundle was filed.
                Some(false) if self.keep_sealed => {}
                // What it held is safe in the wallet; the cut took only its removal back.
                Some(false) => self.blobs.remove(&digest)?,
                Some(true) | None => {
                    if digest_file(&self.blobs.path(&digest))? != digest {
                        self.blobs.remove(&digest)?;
                    }
                }
            }
        }
        let gone: Vec<Sha256Digest> = self
            .waiting()?
            .into_iter()
            .filter(|digest| !self.blobs.contains(digest))
            .collect();
        let mut writer = self.writer();
        let transaction = writer.transaction()?;
        for digest in gone {
            run(
                &transaction,
                "DELETE FROM blob WHERE digest = ?1 AND bundle IS NULL",
                [digest.to_string()],
            )?;
        }
        transaction.commit()?;
        Ok(())
    }

    /// Syncs what is arriving and says so. A failure leaves the word unsaid, and the next start looks through it all.
    pub(super) fn leave_settled(&mut self) {
        let synced = self.lock.is_some() && self.sync_arrivals().is_ok();
        if let Some(lock) = self.lock.as_mut().filter(|_| synced) {
            // Nobody is there to tell, and unsaid it costs the next start some reading.
            let _ = lock.write_all(SETTLED).and_then(|()| lock.sync_all());
        }
    }

    fn sync_arrivals(&self) -> Result<(), StoreFailure> {
        for (id, _) in self.unfinished()? {
            match File::open(self.uploads.join(id)) {
                Ok(file) => file.sync_data()?,
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => return Err(error.into()),
            }
        }
        sync_folder(&self.uploads)?;
        for digest in self.waiting()? {
            if self.blobs.contains(&digest) {
                self.blobs.sync(&digest)?;
            }
        }
        // The removal of what was filed, too.
        self.blobs.sync_folders()?;
        // A transaction that is safe carries every one before it along.
        self.writer()
            .execute_batch("BEGIN IMMEDIATE; UPDATE head SET size = size; COMMIT")?;
        Ok(())
    }

    fn unfinished(&self) -> Result<Vec<(String, u64)>, StoreFailure> {
        let reader = self.reader();
        let mut statement =
            reader.prepare_cached("SELECT id, length FROM upload WHERE finished = 0")?;
        let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get::<_, i64>(1)?)))?;
        rows.map(|row| {
            let (id, length): (String, i64) = row?;
            // The name of a file is made of it.
            let id = parse::<uuid::Uuid>(&id)?.to_string();
            Ok((id, u64::try_from(length).map_err(|_| StoreFailure::Row)?))
        })
        .collect()
    }

    fn waiting(&self) -> Result<Vec<Sha256Digest>, StoreFailure> {
        let reader = self.reader();
        let mut statement =
            reader.prepare_cached("SELECT digest FROM blob WHERE bundle IS NULL")?;
        let rows = statement.query_map([], |row| row.get::<_, String>(0))?;
        rows.map(|row| parse(&row?)).collect()
    }

    /// Whether a blob waits for its bundle; `None` where no row speaks of it.
    fn waits(&self, digest: &Sha256Digest) -> Result<Option<bool>, StoreFailure> {
        let reader = self.reader();
        let mut statement =
            reader.prepare_cached("SELECT bundle IS NULL FROM blob WHERE digest = ?1")?;
        let mut rows = statement.query([digest.to_string()])?;
        Ok(rows.next()?.map(|row| row.get(0)).transpose()?)
    }
}
