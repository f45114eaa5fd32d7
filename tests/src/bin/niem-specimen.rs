//! `niem-specimen`: makes the specimen state and single cards, and plays a card and a finger. For the
//! demo and for whoever wants to try a desk without hardware.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::atomic::AtomicBool;

use emrtd::simulator::{Faults, vpcd};
use tests::rig::desk::feed_finger;
use tests::specimen::faults;
use tests::specimen::papers::{self, Order, PileOrder};
use tests::specimen::profile::{self, Choice};
use tests::specimen::state::{State, chip, read_card};

const USAGE: &str = "niem-specimen state DIR
niem-specimen card CARD.json [--addr 127.0.0.1:35963] [--faults WORD,WORD=N]
niem-specimen card-profile NAME [--can 123456] [--number NUMBER] [-o card.json]
niem-specimen card-profile --list
niem-specimen finger SOCKET IMAGE
niem-specimen papers DIR [--people N] [--kinds a,b] [--conditions x,y] [--seed S] [--further-pages yes]
niem-specimen piles DIR [--piles N] [--seed S]
niem-specimen faults DIR [--each N] [--classes a,b] [--seed S]";

/// Why nothing was done.
enum Failure {
    /// The words make no sense.
    Usage(String),
    Io(std::io::Error),
}

impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Self {
        Self::Io(error)
    }
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let done = match arguments.as_slice() {
        ["state", folder] => State::make(Path::new(folder))
            .map(|_| ())
            .map_err(Failure::from),
        ["card", card, options @ ..] => play_card(Path::new(card), options),
        ["card-profile", "--list"] => {
            print!("{}", profile::list());
            Ok(())
        }
        ["card-profile", name, options @ ..] => make_card(name, options),
        ["papers", folder, options @ ..] => draw_papers(Path::new(folder), options),
        ["piles", folder, options @ ..] => draw_piles(Path::new(folder), options),
        ["faults", folder, options @ ..] => draw_faults(Path::new(folder), options),
        ["finger", socket, image] => {
            feed_finger(
                Path::new(socket),
                &PathBuf::from(image),
                &AtomicBool::new(false),
            );
            Ok(())
        }
        _ => Err(Failure::Usage("what is to be done?".to_owned())),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(Failure::Usage(reason)) => {
            eprintln!("niem-specimen: {reason}\n{USAGE}");
            ExitCode::from(2)
        }
        Err(Failure::Io(error)) => {
            eprintln!("niem-specimen: {error}");
            ExitCode::from(3)
        }
    }
}

/// Lays the card on vpcd's reader until this process ends.
fn play_card(card: &Path, options: &[&str]) -> Result<(), Failure> {
    let (mut address, mut faults) = ("127.0.0.1:35963", Faults::default());
    for option in options.chunks(2) {
        match option {
            ["--addr", given] => address = given,
            ["--faults", script] => {
                faults = script
                    .parse()
                    .map_err(|error| Failure::Usage(format!("{error}")))?;
            }
            _ => return Err(unknown(option)),
        }
    }
    let bytes = std::fs::read(card)?;
    let mut chip = chip(&read_card(&bytes)?, faults);
    vpcd::serve(&mut chip, address, &AtomicBool::new(false))?;
    Ok(())
}

/// Draws labelled papers in the layout of the reading corpus.
fn draw_papers(folder: &Path, options: &[&str]) -> Result<(), Failure> {
    let mut order = Order::default();
    let words = |list: &str| list.split(',').map(str::to_owned).collect();
    for option in options.chunks(2) {
        match *option {
            ["--people", count] => order.people = number(count)?,
            ["--seed", seed] => order.seed = number(seed)?,
            ["--kinds", list] => order.kinds = words(list),
            ["--conditions", list] => order.conditions = words(list),
            ["--further-pages", "yes"] => order.further_pages = true,
            _ => return Err(unknown(option)),
        }
    }
    let count = papers::draw(folder, &order)?;
    println!("{count} images in {}", folder.display());
    Ok(())
}

/// Draws mixed piles, as they come out of a bag.
fn draw_piles(folder: &Path, options: &[&str]) -> Result<(), Failure> {
    let mut order = PileOrder::default();
    for option in options.chunks(2) {
        match *option {
            ["--piles", count] => order.piles = number(count)?,
            ["--seed", seed] => order.seed = number(seed)?,
            _ => return Err(unknown(option)),
        }
    }
    let count = papers::draw_piles(folder, &order)?;
    println!("{count} images in {}", folder.display());
    Ok(())
}

/// Draws pages with one fault each, and good pages that look faulty.
fn draw_faults(folder: &Path, options: &[&str]) -> Result<(), Failure> {
    let mut order = faults::Order::default();
    for option in options.chunks(2) {
        match *option {
            ["--each", count] => order.each = number(count)?,
            ["--seed", seed] => order.seed = number(seed)?,
            ["--classes", list] => order.classes = list.split(',').map(str::to_owned).collect(),
            _ => return Err(unknown(option)),
        }
    }
    let count = faults::draw(folder, &order)?;
    println!("{count} images in {}", folder.display());
    Ok(())
}

fn number<T: std::str::FromStr>(word: &str) -> Result<T, Failure> {
    word.parse()
        .map_err(|_| Failure::Usage(format!("{word} is no number")))
}

/// Makes one card and tells which files were written.
fn make_card(name: &str, options: &[&str]) -> Result<(), Failure> {
    let mut choice = Choice {
        profile: name
            .parse()
            .map_err(|error| Failure::Usage(format!("{error}")))?,
        ..Choice::default()
    };
    let mut out = PathBuf::from("card.json");
    for option in options.chunks(2) {
        match option {
            ["--can", can] => choice.can = Some((*can).to_owned()),
            ["--number", number] => choice.number = Some((*number).to_owned()),
            ["-o", path] => out = PathBuf::from(path),
            _ => return Err(unknown(option)),
        }
    }
    let made = profile::make(&choice)?;
    for written in profile::save(&made, &out)? {
        println!("{}", written.display());
    }
    println!("CAN {}", made.card.can);
    for line in made.card.mrz_lines() {
        println!("{line}");
    }
    Ok(())
}

fn unknown(option: &[&str]) -> Failure {
    Failure::Usage(format!("what does {} mean?", option.join(" ")))
}
