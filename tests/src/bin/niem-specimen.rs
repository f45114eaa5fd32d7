//! `niem-specimen`: makes the specimen state and plays its card and its finger. For the demo and
//! for whoever wants to try a desk without hardware.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::atomic::AtomicBool;

use emrtd::simulator::timing::UnknownTiming;
use emrtd::simulator::{Faults, UnknownFault, vpcd};
use tests::rig::desk::feed_finger;
use tests::specimen::state::{State, chip, read_card};

const USAGE: &str = "niem-specimen state DIR
niem-specimen card CARD.json [--addr 127.0.0.1:35963] [--faults drop=9,back=500] [--timing 10,424]
niem-specimen finger SOCKET IMAGE";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let done = match arguments.as_slice() {
        ["state", folder] => State::make(Path::new(folder)).map(|_| ()),
        ["card", card, rest @ ..] => play_card(Path::new(card), rest),
        ["finger", socket, image] => {
            feed_finger(
                Path::new(socket),
                &PathBuf::from(image),
                &AtomicBool::new(false),
            );
            Ok(())
        }
        _ => {
            eprintln!("{USAGE}");
            return ExitCode::from(2);
        }
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("niem-specimen: {error}");
            ExitCode::from(3)
        }
    }
}

/// Lays the card on vpcd's reader until this process ends.
fn play_card(card: &Path, rest: &[&str]) -> std::io::Result<()> {
    let wrong = |what: String| std::io::Error::new(std::io::ErrorKind::InvalidInput, what);
    let (mut address, mut faults, mut timing) = (vpcd::DEFAULT_ADDRESS, Faults::default(), None);
    for pair in rest.chunks(2) {
        match *pair {
            ["--addr", given] => address = given,
            ["--faults", script] => {
                faults = script
                    .parse()
                    .map_err(|error: UnknownFault| wrong(error.to_string()))?
            }
            ["--timing", given] => {
                timing = Some(
                    given
                        .parse()
                        .map_err(|error: UnknownTiming| wrong(error.to_string()))?,
                );
            }
            _ => return Err(wrong(USAGE.to_owned())),
        }
    }
    let bytes = std::fs::read(card)?;
    let mut chip = chip(&read_card(&bytes)?, faults);
    vpcd::serve_timed(&mut chip, address, timing, &AtomicBool::new(false)).map(|_| ())
}
