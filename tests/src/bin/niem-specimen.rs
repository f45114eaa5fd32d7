//! `niem-specimen`: makes the specimen state and single cards, draws papers, and plays a card and a finger. For the
//! demo and for whoever wants to try a desk without hardware.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::atomic::AtomicBool;

use clap::{Args, CommandFactory as _, Parser, Subcommand};
use emrtd::simulator::{Faults, vpcd};
use tests::rig::desk::feed_finger;
use tests::specimen::faults;
use tests::specimen::papers::{self, Order, PileOrder};
use tests::specimen::profile::{self, Choice};
use tests::specimen::state::{State, chip, read_card};

#[derive(Parser)]
#[command(
    name = "niem-specimen",
    about = "Specimens: an invented state, its cards, papers and piles of papers"
)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Makes country, keys, card, face, finger and papers in a folder.
    State {
        #[arg(value_name = "DIR")]
        folder: PathBuf,
    },
    /// Lays a card on vpcd's virtual reader until this process ends.
    Card {
        #[arg(value_name = "CARD.json")]
        card: PathBuf,
        #[arg(long, default_value = "127.0.0.1:35963")]
        addr: String,
        /// What the card does wrong: WORD,WORD=N.
        #[arg(long, default_value = "")]
        faults: String,
    },
    /// Makes one card of a profile, or lists the profiles.
    CardProfile(CardProfile),
    /// Lays a finger on libfprint's virtual sensor until this process ends.
    Finger { socket: PathBuf, image: PathBuf },
    /// Draws labelled papers in the layout of the reading corpus.
    Papers(Papers),
    /// Draws mixed piles, as they come out of a bag.
    Piles {
        #[arg(value_name = "DIR")]
        folder: PathBuf,
        #[arg(long, default_value_t = PileOrder::default().piles)]
        piles: usize,
        #[arg(long, default_value_t = PileOrder::default().seed)]
        seed: u64,
    },
    /// Draws pages with one fault each, and good pages that look faulty, with labels.
    Faults {
        #[arg(value_name = "DIR")]
        folder: PathBuf,
        /// So many pages (or piles) of each class.
        #[arg(long, default_value_t = faults::Order::default().each)]
        each: usize,
        /// Classes; all when left out.
        #[arg(long, value_delimiter = ',')]
        classes: Vec<String>,
        #[arg(long, default_value_t = faults::Order::default().seed)]
        seed: u64,
    },
}

#[derive(Args)]
struct CardProfile {
    #[arg(required_unless_present = "list")]
    name: Option<String>,
    /// Lists what there is.
    #[arg(long, conflicts_with_all = ["name", "can", "number"])]
    list: bool,
    /// Six digits in place of the end of the personal number.
    #[arg(long)]
    can: Option<String>,
    /// The personal number of a citizen's card, the document number of anything else.
    #[arg(long)]
    number: Option<String>,
    #[arg(short, long = "out", default_value = "card.json")]
    out: PathBuf,
}

#[derive(Args)]
struct Papers {
    #[arg(value_name = "DIR")]
    folder: PathBuf,
    /// So many instances of each kind.
    #[arg(long, default_value_t = Order::default().people)]
    people: usize,
    /// Kinds; all when left out.
    #[arg(long, value_delimiter = ',')]
    kinds: Vec<String>,
    /// Conditions; all when left out.
    #[arg(long, value_delimiter = ',')]
    conditions: Vec<String>,
    #[arg(long, default_value_t = Order::default().seed)]
    seed: u64,
    /// Pages without a heading, too.
    #[arg(long)]
    further_pages: bool,
}

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
    match run(Arguments::parse().command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(Failure::Usage(reason)) => Arguments::command()
            .error(clap::error::ErrorKind::InvalidValue, reason)
            .exit(),
        Err(Failure::Io(error)) => {
            eprintln!("niem-specimen: {error}");
            ExitCode::from(3)
        }
    }
}

fn run(command: Command) -> Result<(), Failure> {
    match command {
        Command::State { folder } => {
            State::make(&folder)?;
            Ok(())
        }
        Command::Card { card, addr, faults } => play_card(&card, &addr, &faults),
        Command::CardProfile(CardProfile { list: true, .. }) => {
            print!("{}", profile::list());
            Ok(())
        }
        Command::CardProfile(card) => make_card(card),
        Command::Finger { socket, image } => {
            feed_finger(&socket, &image, &AtomicBool::new(false));
            Ok(())
        }
        Command::Papers(wanted) => {
            let order = Order {
                people: wanted.people,
                kinds: wanted.kinds,
                conditions: wanted.conditions,
                seed: wanted.seed,
                further_pages: wanted.further_pages,
                ..Order::default()
            };
            drawn(papers::draw(&wanted.folder, &order)?, &wanted.folder)
        }
        Command::Piles {
            folder,
            piles,
            seed,
        } => drawn(
            papers::draw_piles(&folder, &PileOrder { piles, seed })?,
            &folder,
        ),
        Command::Faults {
            folder,
            each,
            classes,
            seed,
        } => {
            let order = faults::Order {
                each,
                classes,
                seed,
                ..faults::Order::default()
            };
            drawn(faults::draw(&folder, &order)?, &folder)
        }
    }
}

fn drawn(count: usize, folder: &Path) -> Result<(), Failure> {
    println!("{count} images in {}", folder.display());
    Ok(())
}

fn play_card(card: &Path, address: &str, faults: &str) -> Result<(), Failure> {
    let faults = match faults {
        "" => Faults::default(),
        script => script
            .parse()
            .map_err(|error| Failure::Usage(format!("{error}")))?,
    };
    let bytes = std::fs::read(card)?;
    let mut chip = chip(&read_card(&bytes)?, faults);
    vpcd::serve(&mut chip, address, &AtomicBool::new(false))?;
    Ok(())
}

/// Makes one card and tells which files were written.
fn make_card(wanted: CardProfile) -> Result<(), Failure> {
    let profile = wanted
        .name
        .unwrap_or_default()
        .parse()
        .map_err(|error| Failure::Usage(format!("{error}")))?;
    let choice = Choice {
        profile,
        can: wanted.can,
        number: wanted.number,
    };
    let made = profile::make(&choice)?;
    for written in profile::save(&made, &wanted.out)? {
        println!("{}", written.display());
    }
    println!("CAN {}", made.card.can);
    for line in made.card.mrz_lines() {
        println!("{line}");
    }
    Ok(())
}
