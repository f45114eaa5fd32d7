//! The process that speaks eSCL (AirScan) to network scanners, so that a stranger's answers reach no desk unread.
//!
//! It reads one request from standard input, answers on standard output, and ends
//! (`scanner_drivers::wire` has the words). When standard input closes before that, it cancels the job at the scanner
//! and ends.

mod capabilities;
mod job;
mod link;
mod mdns;
mod order;
mod pin;
mod search;
mod status;
mod xml;

use scanner_drivers::settings::Settings;
use scanner_drivers::wire::{Fault, Request};
use scanner_drivers::worker::Desk;

fn main() -> anyhow::Result<()> {
    let Some((request, mut desk)) = Desk::meet()? else {
        return Ok(());
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let outcome = match request {
        Request::List {
            settings: Settings::Escl(settings),
        } => runtime.block_on(search::list(&settings, &mut desk)),
        Request::Scan {
            device,
            settings: Settings::Escl(settings),
            job,
        } => runtime.block_on(job::scan(&device, &settings, &job, &mut desk)),
        _ => Err(Fault::BadRequest.into()),
    };
    Ok(desk.end(outcome)?)
}
