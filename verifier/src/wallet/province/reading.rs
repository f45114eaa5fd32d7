//! Looking into wallets: every look is journaled before anything is shown.

use std::collections::BTreeMap;

use bundle::{BundleDigest, EntryId, Sha256Digest, VisitId};
use deadpool_postgres::GenericClient;
use jiff::Timestamp;
use uuid::Uuid;
use zeroize::Zeroizing;

use super::{Province, bytes32, paper_object, timestamp, unsigned};
use crate::wallet::behalf::brought_by;
use crate::wallet::vault::{CitizenKey, DataKey, Purpose};
use crate::wallet::{Document, DocumentView, EntryView, Looked, StoreFailure, View};

impl Province {
    pub(in crate::wallet) fn lookup(
        &self,
        personal_id: &str,
        reader: &str,
        purpose: &str,
        at: Timestamp,
    ) -> Result<Option<Uuid>, StoreFailure> {
        let citizen = self.vault.citizen(personal_id);
        self.run(async {
            let client = self.database.client().await?;
            let statement = client
                .prepare_cached("SELECT id FROM wallet WHERE citizen_key = $1")
                .await?;
            let row = client
                .query_opt(&statement, &[&citizen.as_bytes().as_slice()])
                .await?;
            drop(client);
            let Some(wallet) = row.map(|row| row.try_get(0)).transpose()? else {
                return Ok(None);
            };
            let view = View {
                reader,
                purpose,
                wallet,
                entry: None,
                document: None,
            };
            let opened = self.journal(Looked::ForWallet, view, at).await?;
            Ok(opened.map(|_| wallet))
        })
    }

    pub(in crate::wallet) fn entries(
        &self,
        view: View<'_>,
        at: Timestamp,
    ) -> Result<Option<Vec<EntryView>>, StoreFailure> {
        self.run(async {
            let Some(opened) = self.journal(Looked::AtEntries, view, at).await? else {
                return Ok(None);
            };
            let citizen = opened.citizen;
            let key = self.vault.unwrap(&opened.wrapped, &citizen)?;
            let client = self.database.client().await?;
            let mut documents = documents_of(&client, &citizen).await?;
            let statement = client
                .prepare_cached(
                    "SELECT id, number, filed_at, station, visit, bundle, clone_check, practice, identified_by, record
                     FROM entry WHERE citizen_key = $1 ORDER BY number",
                )
                .await?;
            let mut entries = Vec::new();
            for row in client.query(&statement, &[&citizen.as_bytes().as_slice()]).await? {
                let id: Uuid = row.try_get(0)?;
                let entry = EntryId::from_uuid(id);
                let record = key.decrypt(Purpose::Record(entry), row.try_get(9)?)?;
                let station: &str = row.try_get(3)?;
                entries.push(EntryView {
                    documents: documents.remove(&id).unwrap_or_default(),
                    entry,
                    number: small(row.try_get(1)?)?,
                    filed_at: timestamp(row.try_get(2)?)?,
                    station: station.parse().map_err(|_| StoreFailure::Row)?,
                    visit: VisitId::from_uuid(row.try_get(4)?),
                    bundle: BundleDigest::from_bytes(bytes32(row.try_get(5)?)?),
                    clone_check: row.try_get(6)?,
                    practice: row.try_get(7)?,
                    identified_by: row.try_get(8)?,
                    brought_by: brought_by(&record),
                });
            }
            Ok(Some(entries))
        })
    }

    pub(in crate::wallet) fn document(
        &self,
        view: View<'_>,
        at: Timestamp,
    ) -> Result<Option<Document>, StoreFailure> {
        self.run(async {
            let (Some(entry), Some(n)) = (view.entry, view.document) else {
                return Ok(None);
            };
            let Some(opened) = self.journal(Looked::AtDocument, view, at).await? else {
                return Ok(None);
            };
            let (citizen, wrapped) = (opened.citizen, opened.wrapped);
            let client = self.database.client().await?;
            let Ok(row_n) = i32::try_from(n) else {
                return Ok(None);
            };
            let statement = client
                .prepare_cached(
                    "SELECT file FROM document WHERE citizen_key = $1 AND entry = $2 AND n = $3",
                )
                .await?;
            let Some(row) = client
                .query_opt(
                    &statement,
                    &[&citizen.as_bytes().as_slice(), &entry.uuid(), &row_n],
                )
                .await?
            else {
                return Ok(None);
            };
            let file = Sha256Digest::from_bytes(bytes32(row.try_get(0)?)?);
            // The S3 server may take its time; the connection is for others meanwhile.
            drop(client);
            let key = self.vault.unwrap(&wrapped, &citizen)?;
            let pdf = self.open_paper(&key, entry, n, &file).await?;
            Ok(Some(Document { pdf }))
        })
    }

    pub(super) async fn open_paper(
        &self,
        key: &DataKey,
        entry: EntryId,
        n: u32,
        file: &Sha256Digest,
    ) -> Result<Zeroizing<Vec<u8>>, StoreFailure> {
        let sealed = self.objects.read(&paper_object(file)).await?;
        if Sha256Digest::of(&sealed) != *file {
            return Err(std::io::Error::new(
                std::io::ErrorKind::InvalidData,
                "a stored object is no longer what its name says",
            )
            .into());
        }
        Ok(key.decrypt(Purpose::Document(entry, n), &sealed)?)
    }
}

async fn documents_of(
    client: &impl GenericClient,
    citizen: &CitizenKey,
) -> Result<BTreeMap<Uuid, Vec<DocumentView>>, StoreFailure> {
    let statement = client
        .prepare_cached(
            "SELECT entry, n, grade, kind, title, pages, bytes FROM document WHERE citizen_key = $1
             ORDER BY entry, n",
        )
        .await?;
    let mut found: BTreeMap<Uuid, Vec<DocumentView>> = BTreeMap::new();
    for row in client
        .query(&statement, &[&citizen.as_bytes().as_slice()])
        .await?
    {
        found
            .entry(row.try_get(0)?)
            .or_default()
            .push(DocumentView {
                n: small(row.try_get(1)?)?,
                grade: row.try_get(2)?,
                kind: row.try_get(3)?,
                title: row.try_get(4)?,
                pages: small(row.try_get(5)?)?,
                bytes: unsigned(row.try_get(6)?)?,
            });
    }
    Ok(found)
}

pub(super) fn small(n: i32) -> Result<u32, StoreFailure> {
    u32::try_from(n).map_err(|_| StoreFailure::Row)
}
