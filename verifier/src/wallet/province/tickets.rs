//! Tickets: drawn in batches, counted by station, spent once.

use bundle::{BundleDigest, SignedTicket, StationId, Ticket, TicketId, VisitId};
use deadpool_postgres::Transaction;
use jiff::Timestamp;
use rand_core::{OsRng, TryRngCore};

use super::database::End;
use super::{Province, bytes32, millis};
use crate::wallet::{Granted, StoreFailure};

impl Province {
    pub(in crate::wallet) fn grant(
        &self,
        station: &StationId,
        count: u32,
        at: Timestamp,
        until: Timestamp,
        max_open: u32,
    ) -> Result<Granted, StoreFailure> {
        self.run(self.database.transact(async |transaction| {
            lock_station(transaction, station).await?;
            let row = transaction
                .query_one(
                    "SELECT count(*) FROM ticket WHERE station = $1 AND bundle IS NULL AND expires_at > $2",
                    &[&station.as_str(), &millis(at)],
                )
                .await?;
            let open = u32::try_from(row.try_get::<_, i64>(0)?).map_err(|_| StoreFailure::Row)?;
            if open.saturating_add(count) > max_open {
                return Ok(End::Undo(Granted::TooMany { open }));
            }
            let mut rng = OsRng.unwrap_err();
            let drawn: Vec<_> = (0..count)
                .map(|_| Ticket::draw(station.clone(), at, until, &mut rng))
                .collect();
            let ids: Vec<_> = drawn.iter().map(|ticket| ticket.id.uuid()).collect();
            transaction
                .execute(
                    "INSERT INTO ticket (id, station, expires_at) SELECT id, $2, $3 FROM unnest($1::uuid[]) AS id",
                    &[&ids, &station.as_str(), &millis(until)],
                )
                .await?;
            let tickets = drawn
                .iter()
                .map(|ticket| SignedTicket::issue(ticket, &self.receipts))
                .collect();
            Ok(End::Keep(Granted::Tickets(tickets)))
        }))
    }

    pub(in crate::wallet) fn spent_by(
        &self,
        ticket: TicketId,
    ) -> Result<Option<BundleDigest>, StoreFailure> {
        self.bundle_in("SELECT bundle FROM ticket WHERE id = $1", ticket.uuid())
    }

    pub(in crate::wallet) fn filed_for(
        &self,
        visit: VisitId,
    ) -> Result<Option<BundleDigest>, StoreFailure> {
        self.bundle_in("SELECT bundle FROM visit WHERE id = $1", visit.uuid())
    }

    fn bundle_in(&self, sql: &str, id: uuid::Uuid) -> Result<Option<BundleDigest>, StoreFailure> {
        self.run(async {
            let client = self.database.client().await?;
            let statement = client.prepare_cached(sql).await?;
            let Some(row) = client.query_opt(&statement, &[&id]).await? else {
                return Ok(None);
            };
            let bundle: Option<&[u8]> = row.try_get(0)?;
            bundle
                .map(|bundle| Ok(BundleDigest::from_bytes(bytes32(bundle)?)))
                .transpose()
        })
    }
}

/// What one station may have open is counted and added to by one transaction at a time.
pub(super) async fn lock_station(
    transaction: &Transaction<'_>,
    station: &StationId,
) -> Result<(), StoreFailure> {
    // Two stations whose names hash alike wait for each other, and that is all.
    transaction
        .execute(
            "SELECT pg_advisory_xact_lock(1, hashtext($1))",
            &[&station.as_str()],
        )
        .await?;
    Ok(())
}
