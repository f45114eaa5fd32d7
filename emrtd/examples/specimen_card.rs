//! Lays a specimen card on vsmartcard's virtual reader, until it is killed or taken away.
//!
//! `specimen_card CARD.json [--addr 127.0.0.1:35963] [--fault no-extended,drop=40]`

use std::net::ToSocketAddrs as _;
use std::process::ExitCode;
use std::sync::atomic::AtomicBool;

use emrtd::simulator::vpcd::{self, Left};
use emrtd::simulator::{Applet, Faults, issuer::SpecimenCard};

const USAGE: &str = "specimen_card CARD.json [--addr HOST:PORT] [--fault WORD,WORD=N]";

fn main() -> ExitCode {
    match run() {
        Ok(left) => {
            println!("card left: {left:?}");
            ExitCode::SUCCESS
        }
        Err(reason) => {
            eprintln!("{reason}\n{USAGE}");
            ExitCode::from(2)
        }
    }
}

fn run() -> Result<Left, String> {
    let (mut file, mut address, mut faults) =
        (None, vpcd::DEFAULT_ADDRESS.to_owned(), Faults::default());
    let mut words = std::env::args().skip(1);
    while let Some(word) = words.next() {
        let mut value = || words.next().ok_or(format!("{word} wants a value"));
        match word.as_str() {
            "--addr" => address = value()?,
            "--fault" => faults = value()?.parse().map_err(|error| format!("{error}"))?,
            _ => file = Some(word),
        }
    }
    let file = file.ok_or("no card given")?;
    let json = std::fs::read_to_string(&file).map_err(|error| format!("{file}: {error}"))?;
    let card = SpecimenCard::from_json(&json).map_err(|error| format!("{file}: {error}"))?;
    let address = address
        .to_socket_addrs()
        .map_err(|error| format!("{address}: {error}"))?
        .next()
        .ok_or(format!("{address}: no such place"))?;
    let mut applet = Applet::with_faults(&card, faults);
    println!("card on {address}");
    vpcd::serve(&mut applet, address, &AtomicBool::new(false))
        .map_err(|error| format!("{address}: {error}"))
}
