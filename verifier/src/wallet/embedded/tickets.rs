//! Tickets: drawn in batches, counted by station, spent once.

use bundle::{BundleDigest, SignedTicket, StationId, Ticket, TicketId, VisitId};
use jiff::Timestamp;
use rand_core::{OsRng, TryRngCore};
use rusqlite::{OptionalExtension, TransactionBehavior, params};

use super::{Embedded, millis, parse, row, run};
use crate::wallet::{Granted, StoreFailure};

impl Embedded {
    pub(in crate::wallet) fn grant(
        &self,
        station: &StationId,
        count: u32,
        at: Timestamp,
        until: Timestamp,
        max_open: u32,
    ) -> Result<Granted, StoreFailure> {
        let mut writer = self.writer();
        let transaction = writer.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let open: u32 = row(
            &transaction,
            "SELECT count(*) FROM ticket WHERE station = ?1 AND bundle IS NULL AND expires_at > ?2",
            params![station.as_str(), millis(at)],
            |row| row.get(0),
        )?;
        if open.saturating_add(count) > max_open {
            return Ok(Granted::TooMany { open });
        }
        let mut tickets = Vec::with_capacity(count as usize);
        let mut rng = OsRng.unwrap_err();
        for _ in 0..count {
            let ticket = Ticket::draw(station.clone(), at, until, &mut rng);
            run(
                &transaction,
                "INSERT INTO ticket (id, station, expires_at) VALUES (?1, ?2, ?3)",
                params![ticket.id.to_string(), station.as_str(), millis(until)],
            )?;
            tickets.push(SignedTicket::issue(&ticket, &self.receipts));
        }
        transaction.commit()?;
        Ok(Granted::Tickets(tickets))
    }

    pub(in crate::wallet) fn spent_by(
        &self,
        ticket: TicketId,
    ) -> Result<Option<BundleDigest>, StoreFailure> {
        let bundle: Option<Option<String>> = row(
            &self.reader(),
            "SELECT bundle FROM ticket WHERE id = ?1",
            [ticket.to_string()],
            |row| row.get(0),
        )
        .optional()?;
        bundle.flatten().as_deref().map(parse).transpose()
    }

    pub(in crate::wallet) fn filed_for(
        &self,
        visit: VisitId,
    ) -> Result<Option<BundleDigest>, StoreFailure> {
        let bundle: Option<String> = row(
            &self.reader(),
            "SELECT bundle FROM entry WHERE visit = ?1",
            [visit.to_string()],
            |row| row.get(0),
        )
        .optional()?;
        bundle.as_deref().map(parse).transpose()
    }
}
