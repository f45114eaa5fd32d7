//! Blobs on their way in: an upload is a growing file and a row; a finished one is a file under its own digest.

use std::fs::{self, File};
use std::io;

use bundle::{Sha256Digest, StationId};
use jiff::Timestamp;
use rusqlite::{OptionalExtension, TransactionBehavior, params};
use uuid::Uuid;

use super::{Embedded, millis, parse, row, run};
use crate::wallet::cas::{digest_file, sync_folder};
use crate::wallet::{Begun, Finished, Kept, Quota, StoreFailure, Upload};

/// A blob up to this size is not synced while it arrives, and comes again after a power cut; the receipt is given only
/// when what it held is safe. A larger one is synced piece by piece, so that hours on a slow line are not lost.
pub(super) const SENT_AGAIN_BYTES: u64 = 4 << 20;

impl Embedded {
    pub(in crate::wallet) fn begin_upload(
        &self,
        station: &StationId,
        digest: &Sha256Digest,
        length: u64,
        quota: Quota,
        at: Timestamp,
    ) -> Result<Begun, StoreFailure> {
        let safe = length > SENT_AGAIN_BYTES;
        let begun = self.arriving(safe, |transaction| {
            let older: Vec<String> = transaction
                .prepare_cached(
                    "SELECT id FROM upload WHERE station = ?1 AND digest = ?2 AND finished = 0",
                )?
                .query_map(params![station.as_str(), digest.to_string()], |row| {
                    row.get(0)
                })?
                .collect::<Result<_, _>>()?;
            for id in &older {
                run(transaction, "DELETE FROM upload WHERE id = ?1", [id])?;
            }
            let (count, unfinished): (u32, i64) = row(
                transaction,
                "SELECT count(*), coalesce(sum(length), 0) FROM upload WHERE station = ?1 AND finished = 0",
                [station.as_str()],
                |row| Ok((row.get(0)?, row.get(1)?)),
            )?;
            let unfiled: i64 = row(
                transaction,
                "SELECT coalesce(sum(size), 0) FROM blob WHERE station = ?1 AND bundle IS NULL",
                [station.as_str()],
                |row| row.get(0),
            )?;
            let held = u64::try_from(unfinished)
                .unwrap_or(0)
                .saturating_add(u64::try_from(unfiled).unwrap_or(0));
            if count >= quota.uploads || held.saturating_add(length) > quota.bytes {
                return Ok(None);
            }
            let id = Uuid::now_v7();
            File::create_new(self.upload_path(id))?;
            if safe {
                sync_folder(&self.uploads)?;
            }
            run(
                transaction,
                "INSERT INTO upload (id, station, digest, length, started_at) VALUES (?1, ?2, ?3, ?4, ?5)",
                params![
                    id.to_string(),
                    station.as_str(),
                    digest.to_string(),
                    to_row(length)?,
                    millis(at)
                ],
            )?;
            Ok(Some((id, older)))
        })?;
        let Some((id, older)) = begun else {
            return Ok(Begun::OverQuota);
        };
        for id in older {
            remove_if_there(&self.upload_path(parse(&id)?))?;
        }
        Ok(Begun::Started(id))
    }

    pub(in crate::wallet) fn upload(
        &self,
        id: Uuid,
        station: &StationId,
    ) -> Result<Option<Upload>, StoreFailure> {
        let found: Option<(String, i64, bool)> = row(
            &self.reader(),
            "SELECT digest, length, finished FROM upload WHERE id = ?1 AND station = ?2",
            params![id.to_string(), station.as_str()],
            |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)),
        )
        .optional()?;
        let Some((digest, length, finished)) = found else {
            return Ok(None);
        };
        let (digest, file) = (parse(&digest)?, self.upload_path(id));
        // The power may have gone between the renaming of the file and the writing of the row.
        let finished = finished || !file.exists() && self.blobs.contains(&digest);
        let length = u64::try_from(length).map_err(|_| StoreFailure::Row)?;
        let held = if finished {
            length
        } else {
            match fs::metadata(&file) {
                Ok(found) => found.len(),
                // A power cut kept the row and not the file.
                Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
                Err(error) => return Err(error.into()),
            }
        };
        Ok(Some(Upload {
            id,
            digest,
            length,
            held,
            finished,
            file,
            in_file: held,
        }))
    }

    pub(in crate::wallet) fn keep(&self, upload: &Upload) -> Result<Kept, StoreFailure> {
        let file = File::open(&upload.file)?;
        if upload.length > SENT_AGAIN_BYTES {
            file.sync_data()?;
        }
        Ok(Kept::Held(file.metadata()?.len()))
    }

    pub(in crate::wallet) fn finish_upload(
        &self,
        upload: &Upload,
        station: &StationId,
        at: Timestamp,
    ) -> Result<Finished, StoreFailure> {
        if digest_file(&upload.file)? != upload.digest {
            self.drop_upload(upload)?;
            return Ok(Finished::DigestWrong);
        }
        // The file first: a row without its file would promise what is not there.
        let safe = upload.length > SENT_AGAIN_BYTES;
        if safe {
            self.blobs.adopt(&upload.file, &upload.digest)?;
        } else {
            self.blobs.adopt_unsynced(&upload.file, &upload.digest)?;
        }
        self.arriving(safe, |transaction| {
            run(
                transaction,
                "INSERT INTO blob (digest, station, size, stored_at) VALUES (?1, ?2, ?3, ?4) ON CONFLICT DO NOTHING",
                params![
                    upload.digest.to_string(),
                    station.as_str(),
                    to_row(upload.length)?,
                    millis(at)
                ],
            )?;
            run(
                transaction,
                "UPDATE upload SET finished = 1 WHERE id = ?1",
                [upload.id.to_string()],
            )?;
            Ok(Some(()))
        })?;
        Ok(Finished::Stored)
    }

    pub(in crate::wallet) fn drop_upload(&self, upload: &Upload) -> Result<(), StoreFailure> {
        self.writer()
            .execute("DELETE FROM upload WHERE id = ?1", [upload.id.to_string()])?;
        remove_if_there(&upload.file)?;
        Ok(())
    }

    pub(in crate::wallet) fn has_blob(&self, digest: &Sha256Digest) -> Result<bool, StoreFailure> {
        if self.blobs.contains(digest) {
            return Ok(true);
        }
        let filed: bool = row(
            &self.reader(),
            "SELECT EXISTS (SELECT 1 FROM blob WHERE digest = ?1 AND bundle IS NOT NULL)",
            [digest.to_string()],
            |row| row.get(0),
        )?;
        Ok(filed)
    }

    pub(in crate::wallet) fn missing(
        &self,
        digests: &[Sha256Digest],
    ) -> Result<Vec<Sha256Digest>, StoreFailure> {
        Ok(digests
            .iter()
            .filter(|digest| !self.blobs.contains(digest))
            .copied()
            .collect())
    }

    pub(in crate::wallet) fn expire(&self, before: Timestamp) -> Result<u64, StoreFailure> {
        let mut writer = self.writer();
        let transaction = writer.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let uploads: Vec<String> = transaction
            .prepare_cached("DELETE FROM upload WHERE started_at < ?1 RETURNING id")?
            .query_map([millis(before)], |row| row.get(0))?
            .collect::<Result<_, _>>()?;
        let blobs: Vec<String> = transaction
            .prepare_cached(
                "DELETE FROM blob WHERE bundle IS NULL AND stored_at < ?1 RETURNING digest",
            )?
            .query_map([millis(before)], |row| row.get(0))?
            .collect::<Result<_, _>>()?;
        transaction.commit()?;
        for id in &uploads {
            remove_if_there(&self.upload_path(parse(id)?))?;
        }
        for digest in &blobs {
            self.blobs.remove(&parse(digest)?)?;
        }
        Ok((uploads.len() + blobs.len()) as u64)
    }

    fn upload_path(&self, id: Uuid) -> std::path::PathBuf {
        self.uploads.join(id.to_string())
    }
}

fn to_row(length: u64) -> Result<i64, StoreFailure> {
    i64::try_from(length).map_err(|_| StoreFailure::Row)
}

fn remove_if_there(path: &std::path::Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}
