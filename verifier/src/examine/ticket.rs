//! The ticket: drawn by us, for this station, in its time, and for no other visit.

use bundle::{BundleDigest, Manifest, Ticket, TicketError};

use super::checklist::{Fault, Report};
use super::envelope::fault_if;
use super::{Examiner, Register};
use crate::wallet::StoreFailure;

/// Returns the ticket once its signature is found good, whatever else is wrong with it.
pub(super) fn check(
    examiner: &Examiner,
    manifest: &Manifest,
    register: Option<&dyn Register>,
    bundle: BundleDigest,
    report: &mut Report,
) -> Result<Option<Ticket>, StoreFailure> {
    let ticket = match &examiner.receipts {
        None => {
            report.not_checkable(&[
                "ticket.signature",
                "ticket.station",
                "ticket.time",
                "ticket.unused",
            ]);
            None
        }
        Some(key) => match manifest.ticket.verify(key) {
            Err(error) => {
                report.checked("ticket.signature", vec![Fault::new(error.code())]);
                report.not_checkable(&["ticket.station", "ticket.time", "ticket.unused"]);
                None
            }
            Ok(ticket) => {
                report.checked("ticket.signature", Vec::new());
                check_genuine(examiner, manifest, &ticket, register, bundle, report)?;
                Some(ticket)
            }
        },
    };
    match register {
        None => report.not_checkable(&["visit.unused"]),
        Some(register) => {
            let other = register
                .filed_for(manifest.visit)?
                .is_some_and(|filed| filed != bundle);
            report.checked("visit.unused", fault_if(other, "examine.visit_filed"));
        }
    }
    Ok(ticket)
}

fn check_genuine(
    examiner: &Examiner,
    manifest: &Manifest,
    ticket: &Ticket,
    register: Option<&dyn Register>,
    bundle: BundleDigest,
    report: &mut Report,
) -> Result<(), StoreFailure> {
    report.checked(
        "ticket.station",
        fault_if(
            ticket.station != manifest.station,
            "examine.ticket_other_station",
        ),
    );
    let time = match ticket.check_time(manifest.opened_at) {
        // A desk's clock may be a little behind ours.
        Err(TicketError::NotYetValid)
            if manifest
                .opened_at
                .checked_add(examiner.policy.clock_skew)
                .is_ok_and(|at| at >= ticket.issued_at) =>
        {
            Vec::new()
        }
        Err(error) => vec![Fault::new(error.code())],
        Ok(()) => Vec::new(),
    };
    report.checked("ticket.time", time);
    match register {
        None => report.not_checkable(&["ticket.unused"]),
        Some(register) => {
            let other = register
                .spent_by(ticket.id)?
                .is_some_and(|spender| spender != bundle);
            report.checked("ticket.unused", fault_if(other, "examine.ticket_spent"));
        }
    }
    Ok(())
}
