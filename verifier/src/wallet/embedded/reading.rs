//! Looking into wallets: every look is journaled before anything is shown.

use bundle::EntryId;
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, params};
use uuid::Uuid;

use super::{Embedded, parse, timestamp};
use crate::wallet::behalf::brought_by;
use crate::wallet::vault::{CitizenKey, DataKey, Purpose};
use crate::wallet::{Document, DocumentView, EntryView, Looked, StoreFailure, View};

impl Embedded {
    pub(in crate::wallet) fn lookup(
        &self,
        personal_id: &str,
        reader: &str,
        purpose: &str,
        at: Timestamp,
    ) -> Result<Option<Uuid>, StoreFailure> {
        let citizen = self.vault.citizen(personal_id);
        let id: Option<String> = self
            .reader()
            .query_row(
                "SELECT id FROM wallet WHERE citizen_key = ?1",
                [citizen.as_bytes()],
                |row| row.get(0),
            )
            .optional()?;
        let Some(wallet) = id.as_deref().map(parse).transpose()? else {
            return Ok(None);
        };
        let view = View {
            reader,
            purpose,
            wallet,
            entry: None,
            document: None,
        };
        Ok(self.journal(Looked::ForWallet, view, at)?.then_some(wallet))
    }

    pub(in crate::wallet) fn entries(
        &self,
        view: View<'_>,
        at: Timestamp,
    ) -> Result<Option<Vec<EntryView>>, StoreFailure> {
        if !self.journal(Looked::AtEntries, view, at)? {
            return Ok(None);
        }
        let reader = self.reader();
        let wallet = view.wallet.to_string();
        let keys: Option<([u8; 32], Vec<u8>)> = reader
            .query_row(
                "SELECT citizen_key, data_key FROM wallet WHERE id = ?1",
                [&wallet],
                |row| Ok((row.get(0)?, row.get(1)?)),
            )
            .optional()?;
        // Erased since the look was written down.
        let Some((citizen, wrapped)) = keys else {
            return Ok(None);
        };
        let key = self
            .vault
            .unwrap(&wrapped, &CitizenKey::from_bytes(citizen))?;
        let mut statement = reader.prepare_cached(
            "SELECT id, number, filed_at, station, visit, bundle, clone_check, practice, identified_by, record
             FROM entry
             WHERE wallet = ?1 ORDER BY number",
        )?;
        let mut rows = statement.query([&wallet])?;
        let mut entries = Vec::new();
        while let Some(row) = rows.next()? {
            let id: String = row.get(0)?;
            let entry: EntryId = parse(&id)?;
            let record = key.decrypt(Purpose::Record(entry), &row.get::<_, Vec<u8>>(9)?)?;
            entries.push(EntryView {
                documents: documents_of(&reader, &id)?,
                entry,
                number: row.get(1)?,
                filed_at: timestamp(row.get(2)?)?,
                station: parse(&row.get::<_, String>(3)?)?,
                visit: parse(&row.get::<_, String>(4)?)?,
                bundle: parse(&row.get::<_, String>(5)?)?,
                clone_check: row.get(6)?,
                practice: row.get(7)?,
                identified_by: row.get(8)?,
                brought_by: brought_by(&record),
            });
        }
        Ok(Some(entries))
    }

    pub(in crate::wallet) fn document(
        &self,
        view: View<'_>,
        at: Timestamp,
    ) -> Result<Option<Document>, StoreFailure> {
        let (Some(entry), Some(n)) = (view.entry, view.document) else {
            return Ok(None);
        };
        if !self.journal(Looked::AtDocument, view, at)? {
            return Ok(None);
        }
        type Row = (String, [u8; 32], Vec<u8>);
        let row: Option<Row> = self
            .reader()
            .query_row(
                "SELECT document.file, wallet.citizen_key, wallet.data_key FROM document
                 JOIN entry ON entry.id = document.entry JOIN wallet ON wallet.id = entry.wallet
                 WHERE entry.id = ?1 AND wallet.id = ?2 AND document.n = ?3",
                params![entry.to_string(), view.wallet.to_string(), n],
                |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)),
            )
            .optional()?;
        let Some((file, citizen, wrapped)) = row else {
            return Ok(None);
        };
        let key = self
            .vault
            .unwrap(&wrapped, &CitizenKey::from_bytes(citizen))?;
        let pdf = self.open_paper(&key, entry, n, &file)?;
        Ok(Some(Document { pdf }))
    }

    pub(super) fn open_paper(
        &self,
        key: &DataKey,
        entry: EntryId,
        n: u32,
        file: &str,
    ) -> Result<zeroize::Zeroizing<Vec<u8>>, StoreFailure> {
        let sealed = self.documents.read(&parse(file)?)?;
        Ok(key.decrypt(Purpose::Document(entry, n), &sealed)?)
    }
}

fn documents_of(connection: &Connection, entry: &str) -> Result<Vec<DocumentView>, StoreFailure> {
    connection
        .prepare_cached(
            "SELECT n, grade, kind, title, pages, bytes FROM document WHERE entry = ?1 ORDER BY n",
        )?
        .query_map([entry], |row| {
            Ok(DocumentView {
                n: row.get(0)?,
                grade: row.get(1)?,
                kind: row.get(2)?,
                title: row.get(3)?,
                pages: row.get(4)?,
                bytes: u64::try_from(row.get::<_, i64>(5)?).unwrap_or(0),
            })
        })?
        .collect::<Result<_, _>>()
        .map_err(StoreFailure::from)
}
