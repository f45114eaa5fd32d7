//! Blobs on their way in: what one request brings is gathered in a file of this machine, and handed to the S3 server
//! as one piece before it is acknowledged. So any verifier can go on with an upload that another began.

use std::path::PathBuf;

use bundle::{Sha256Digest, StationId};
use deadpool_postgres::Transaction;
use jiff::Timestamp;
use uuid::Uuid;

use super::database::End;
use super::filing::throw_away;
use super::tickets::lock_station;
use super::{Province, bytes32, millis, signed, unsigned};
use crate::wallet::cas::digest_file;
use crate::wallet::{Begun, Finished, Kept, Quota, StoreFailure, Upload};

impl Province {
    pub(in crate::wallet) fn begin_upload(
        &self,
        station: &StationId,
        digest: &Sha256Digest,
        length: u64,
        quota: Quota,
        at: Timestamp,
    ) -> Result<Begun, StoreFailure> {
        let wanted = digest.as_bytes().as_slice();
        let name = station.as_str();
        self.run(async {
            let (begun, trash) = self
                .database
                .transact(async |transaction| {
                    lock_station(transaction, station).await?;
                    let older = transaction
                        .query(
                            "DELETE FROM upload WHERE station = $1 AND digest = $2 AND NOT finished RETURNING id",
                            &[&name, &wanted],
                        )
                        .await?;
                    let older = older.iter().map(|row| row.try_get(0)).collect::<Result<Vec<Uuid>, _>>()?;
                    let trash = throw_pieces_away(transaction, &older).await?;
                    let row = transaction
                        .query_one(
                            "SELECT count(*), coalesce(sum(length), 0)::bigint FROM upload
                             WHERE station = $1 AND NOT finished",
                            &[&name],
                        )
                        .await?;
                    let (count, unfinished) = (unsigned(row.try_get(0)?)?, unsigned(row.try_get(1)?)?);
                    let row = transaction
                        .query_one(
                            "SELECT coalesce(sum(size), 0)::bigint FROM blob WHERE station = $1 AND bundle IS NULL",
                            &[&name],
                        )
                        .await?;
                    let held = unfinished.saturating_add(unsigned(row.try_get(0)?)?);
                    if count >= quota.uploads.into() || held.saturating_add(length) > quota.bytes {
                        return Ok(End::Undo((Begun::OverQuota, Vec::new())));
                    }
                    let id = Uuid::now_v7();
                    transaction
                        .execute(
                            "INSERT INTO upload (id, station, digest, length, started_at) VALUES ($1, $2, $3, $4, $5)",
                            &[&id, &name, &wanted, &signed(length)?, &millis(at)],
                        )
                        .await?;
                    Ok(End::Keep((Begun::Started(id), trash)))
                })
                .await?;
            self.empty(&trash).await;
            Ok(begun)
        })
    }

    pub(in crate::wallet) fn upload(
        &self,
        id: Uuid,
        station: &StationId,
    ) -> Result<Option<Upload>, StoreFailure> {
        self.run(async {
            let client = self.database.client().await?;
            let statement = client
                .prepare_cached(
                    "SELECT digest, length, held, finished FROM upload WHERE id = $1 AND station = $2",
                )
                .await?;
            let Some(row) = client
                .query_opt(&statement, &[&id, &station.as_str()])
                .await?
            else {
                return Ok(None);
            };
            Ok(Some(Upload {
                id,
                digest: Sha256Digest::from_bytes(bytes32(row.try_get(0)?)?),
                length: unsigned(row.try_get(1)?)?,
                held: unsigned(row.try_get(2)?)?,
                finished: row.try_get(3)?,
                file: self.arriving_file(id),
                in_file: 0,
            }))
        })
    }

    /// Hands over what has been gathered behind the bytes that are held. The whole of a blob in one request is left
    /// where it is: `finish_upload` takes it from there.
    pub(in crate::wallet) fn keep(&self, upload: &Upload) -> Result<Kept, StoreFailure> {
        let gathered = std::fs::metadata(&upload.file)?.len();
        let held = upload.held.saturating_add(gathered);
        if gathered == 0 || held == upload.length && upload.held == 0 {
            return Ok(Kept::Held(held));
        }
        let object = format!("pieces/{}/{}", upload.id, Uuid::now_v7());
        self.run(async {
            self.objects.put_file(&object, &upload.file).await?;
            let kept = self
                .database
                .transact(async |transaction| {
                    let moved = transaction
                        .execute(
                            "UPDATE upload SET held = $3 WHERE id = $1 AND held = $2 AND NOT finished",
                            &[&upload.id, &signed(upload.held)?, &signed(held)?],
                        )
                        .await?;
                    if moved != 1 {
                        return Ok(End::Undo(Kept::Overtaken));
                    }
                    transaction
                        .execute(
                            "INSERT INTO piece (upload, start, length, object) VALUES ($1, $2, $3, $4)",
                            &[&upload.id, &signed(upload.held)?, &signed(gathered)?, &object],
                        )
                        .await?;
                    Ok(End::Keep(Kept::Held(held)))
                })
                .await;
            if !matches!(kept, Ok(Kept::Held(_)) | Err(StoreFailure::Unsettled)) {
                self.empty(std::slice::from_ref(&object)).await;
            }
            std::fs::remove_file(&upload.file)?;
            kept
        })
    }

    pub(in crate::wallet) fn finish_upload(
        &self,
        upload: &Upload,
        station: &StationId,
        at: Timestamp,
    ) -> Result<Finished, StoreFailure> {
        // Named by digest and upload: an object that is being removed is never the one that is being written.
        let name = upload.digest.to_string();
        let object = format!("blobs/{}/{name}.{}", &name[..2], Uuid::now_v7());
        let whole = upload.held == 0;
        if whole && digest_file(&upload.file)? != upload.digest {
            self.drop_upload(upload)?;
            return Ok(Finished::DigestWrong);
        }
        self.run(async {
            if whole {
                self.objects.put_file(&object, &upload.file).await?;
            } else {
                let client = self.database.client().await?;
                let rows = client
                    .query("SELECT object FROM piece WHERE upload = $1 ORDER BY start", &[&upload.id])
                    .await?;
                drop(client);
                let pieces = rows.iter().map(|row| row.try_get(0)).collect::<Result<Vec<String>, _>>()?;
                let digest = self.objects.join(&pieces, &object).await?;
                if digest != *upload.digest.as_bytes() {
                    self.empty(std::slice::from_ref(&object)).await;
                    self.forget(upload).await?;
                    return Ok(Finished::DigestWrong);
                }
            }
            // The object first: a row without it would promise what is not there.
            let stored = self
                .database
                .transact(async |transaction| {
                    let digest = upload.digest.as_bytes().as_slice();
                    // A blob that lies here already keeps its object; one that was filed and removed stays removed.
                    let new = transaction
                        .execute(
                            "INSERT INTO blob (digest, station, size, stored_at, object) VALUES ($1, $2, $3, $4, $5)
                             ON CONFLICT (digest) DO NOTHING",
                            &[&digest, &station.as_str(), &signed(upload.length)?, &millis(at), &object],
                        )
                        .await?;
                    transaction.execute("UPDATE upload SET finished = true WHERE id = $1", &[&upload.id]).await?;
                    let mut trash = throw_pieces_away(transaction, &[upload.id]).await?;
                    if new == 0 {
                        trash.push(object.clone());
                        throw_away(transaction, std::slice::from_ref(&object)).await?;
                    }
                    Ok(End::Keep(trash))
                })
                .await;
            if !matches!(stored, Ok(_) | Err(StoreFailure::Unsettled)) {
                self.empty(std::slice::from_ref(&object)).await;
            }
            self.empty(&stored?).await;
            remove_if_there(&upload.file)?;
            Ok(Finished::Stored)
        })
    }

    pub(in crate::wallet) fn drop_upload(&self, upload: &Upload) -> Result<(), StoreFailure> {
        self.run(self.forget(upload))
    }

    async fn forget(&self, upload: &Upload) -> Result<(), StoreFailure> {
        let trash = self
            .database
            .transact(async |transaction| {
                transaction
                    .execute("DELETE FROM upload WHERE id = $1", &[&upload.id])
                    .await?;
                Ok(End::Keep(
                    throw_pieces_away(transaction, &[upload.id]).await?,
                ))
            })
            .await?;
        self.empty(&trash).await;
        remove_if_there(&upload.file)?;
        Ok(())
    }

    pub(in crate::wallet) fn has_blob(&self, digest: &Sha256Digest) -> Result<bool, StoreFailure> {
        self.run(async {
            let client = self.database.client().await?;
            let statement = client
                .prepare_cached(
                    "SELECT EXISTS (SELECT 1 FROM blob WHERE digest = $1
                     AND (object IS NOT NULL OR bundle IS NOT NULL))",
                )
                .await?;
            let row = client
                .query_one(&statement, &[&digest.as_bytes().as_slice()])
                .await?;
            Ok(row.try_get(0)?)
        })
    }

    pub(in crate::wallet) fn missing(
        &self,
        digests: &[Sha256Digest],
    ) -> Result<Vec<Sha256Digest>, StoreFailure> {
        let asked: Vec<&[u8]> = digests
            .iter()
            .map(|digest| digest.as_bytes().as_slice())
            .collect();
        self.run(async {
            let client = self.database.client().await?;
            let statement = client
                .prepare_cached(
                    "SELECT digest FROM blob WHERE digest = ANY($1) AND object IS NOT NULL",
                )
                .await?;
            let mut there = std::collections::BTreeSet::new();
            for row in client.query(&statement, &[&asked]).await? {
                there.insert(bytes32(row.try_get(0)?)?);
            }
            Ok(digests
                .iter()
                .filter(|digest| !there.contains(digest.as_bytes()))
                .copied()
                .collect())
        })
    }

    pub(in crate::wallet) fn expire(&self, before: Timestamp) -> Result<u64, StoreFailure> {
        self.run(async {
            let (count, uploads, trash) = self
                .database
                .transact(async |transaction| {
                    let rows = transaction
                        .query(
                            "DELETE FROM upload WHERE started_at < $1 RETURNING id",
                            &[&millis(before)],
                        )
                        .await?;
                    let uploads = rows
                        .iter()
                        .map(|row| row.try_get(0))
                        .collect::<Result<Vec<Uuid>, _>>()?;
                    throw_pieces_away(transaction, &uploads).await?;
                    let rows = transaction
                        .query(
                            "DELETE FROM blob WHERE bundle IS NULL AND stored_at < $1 RETURNING object",
                            &[&millis(before)],
                        )
                        .await?;
                    let blobs = rows
                        .iter()
                        .filter_map(|row| row.try_get(0).transpose())
                        .collect::<Result<Vec<String>, _>>()?;
                    throw_away(transaction, &blobs).await?;
                    // What could not be removed earlier goes along.
                    let rows = transaction.query("SELECT object FROM trash", &[]).await?;
                    let trash = rows
                        .iter()
                        .map(|row| row.try_get(0))
                        .collect::<Result<Vec<String>, _>>()?;
                    Ok(End::Keep((uploads.len() + blobs.len(), uploads, trash)))
                })
                .await?;
            self.empty(&trash).await;
            for id in uploads {
                remove_if_there(&self.arriving_file(id))?;
            }
            Ok(count as u64)
        })
    }

    fn arriving_file(&self, id: Uuid) -> PathBuf {
        self.arriving.join(id.to_string())
    }
}

/// Takes the pieces of uploads out of the books; their objects are to be removed.
async fn throw_pieces_away(
    transaction: &Transaction<'_>,
    uploads: &[Uuid],
) -> Result<Vec<String>, StoreFailure> {
    if uploads.is_empty() {
        return Ok(Vec::new());
    }
    let rows = transaction
        .query(
            "DELETE FROM piece WHERE upload = ANY($1) RETURNING object",
            &[&uploads],
        )
        .await?;
    let objects = rows
        .iter()
        .map(|row| row.try_get(0))
        .collect::<Result<Vec<String>, _>>()?;
    throw_away(transaction, &objects).await?;
    Ok(objects)
}

fn remove_if_there(path: &std::path::Path) -> std::io::Result<()> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}
