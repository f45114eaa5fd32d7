//! The project's tool box: `cargo xtask demo | test | check | bench | eval | fuzz | models | specimen`. Needs Rust and
//! a C linker, nothing else; whatever more a command needs it installs and says so.

mod demo;
mod eval;
mod judges;
mod lab;
mod models;
mod packages;
mod process;
mod quality;

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use clap::{Parser, Subcommand};

#[derive(Parser)]
#[command(name = "xtask", about = "Niêm's tool box")]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Sets everything up and runs one whole visit on real parts, step by step.
    Demo(demo::DemoArguments),
    /// Sets up and passes every test.
    Test(quality::TestArguments),
    /// fmt, clippy, licences, docs and all tests.
    Check(quality::TestArguments),
    /// Measures beside a peer, in the same run, and prints the table.
    Bench(lab::BenchArguments),
    /// Measures quality over labelled data and prints the tables.
    Eval {
        #[command(subcommand)]
        what: eval::Evaluation,
    },
    /// Fuzzes every parser of foreign bytes for a while.
    Fuzz(lab::FuzzArguments),
    /// Takes a picture of every page of the desk's screens, in both languages and at three sizes, and judges each.
    Screenshots {
        /// The folder to fill.
        #[arg(default_value = "target/screenshots")]
        dir: PathBuf,
        /// Install missing packages without asking.
        #[arg(long)]
        yes: bool,
    },
    /// Fetches the models from their packages and checks their digests; offline afterwards.
    Models,
    /// Makes a specimen state (country, keys, card, face, finger, papers) in a folder, or one card.
    #[command(args_conflicts_with_subcommands = true)]
    Specimen {
        #[command(subcommand)]
        one: Option<Specimen>,
        /// The folder to make it in.
        #[arg(default_value = "target/specimen")]
        dir: PathBuf,
        /// Install missing packages without asking.
        #[arg(long)]
        yes: bool,
    },
}

#[derive(Subcommand)]
enum Specimen {
    /// Draws mixed piles of pages, with the truth of which page belongs to which paper.
    Piles {
        /// The folder to fill.
        #[arg(default_value = "target/papers")]
        dir: PathBuf,
        /// How many.
        #[arg(long, default_value_t = 3)]
        piles: usize,
        #[arg(long, default_value_t = 1)]
        seed: u64,
        /// Install missing packages without asking.
        #[arg(long)]
        yes: bool,
    },
    /// Draws labelled papers of invented people in the layout of the reading corpus.
    Papers {
        /// The folder to fill.
        #[arg(default_value = "target/papers")]
        dir: PathBuf,
        /// So many instances of each kind.
        #[arg(long, default_value_t = 1)]
        people: usize,
        /// Kinds, with commas between; all when absent.
        #[arg(long)]
        kinds: Option<String>,
        /// Conditions, with commas between; all when absent.
        #[arg(long)]
        conditions: Option<String>,
        #[arg(long, default_value_t = 1)]
        seed: u64,
        /// Pages without a heading, too.
        #[arg(long)]
        further_pages: bool,
        /// Install missing packages without asking.
        #[arg(long)]
        yes: bool,
    },
    /// Draws pages with one fault each, and good pages that look faulty, with labels.
    Faults {
        /// The folder to fill.
        #[arg(default_value = "target/faults")]
        dir: PathBuf,
        /// So many pages (or piles) of each class.
        #[arg(long, default_value_t = 6)]
        each: usize,
        /// Classes, with commas between; all when absent.
        #[arg(long)]
        classes: Option<String>,
        #[arg(long, default_value_t = 1)]
        seed: u64,
        /// Install missing packages without asking.
        #[arg(long)]
        yes: bool,
    },
    /// Makes one card of a named kind, with its country's certificate beside it.
    Card {
        /// Which kind; `--list` tells them.
        #[arg(long, default_value = "cccd")]
        profile: String,
        /// Lists the kinds and makes nothing.
        #[arg(long)]
        list: bool,
        /// Six digits in place of the last six of the personal number.
        #[arg(long)]
        can: Option<String>,
        /// The personal number of a citizen's card, the document number of anything else.
        #[arg(long)]
        number: Option<String>,
        /// The file to write.
        #[arg(short, default_value = "card.json")]
        out: PathBuf,
        /// Install missing packages without asking.
        #[arg(long)]
        yes: bool,
    },
}

fn main() -> Result<()> {
    let root = root();
    std::env::set_current_dir(&root).context("the workspace folder")?;
    match Arguments::parse().command {
        Command::Demo(arguments) => demo::run(&root, &arguments),
        Command::Test(arguments) => quality::test(&root, &arguments),
        Command::Check(arguments) => quality::check(&root, &arguments),
        Command::Bench(arguments) => lab::bench(&root, &arguments),
        Command::Eval { what } => eval::run(&root, &what),
        Command::Fuzz(arguments) => lab::fuzz(&root, &arguments),
        Command::Screenshots { dir, yes } => quality::screenshots(&root, &dir, yes),
        Command::Models => {
            packages::install(packages::MODELS, false)?;
            models::fetch(&root, |line| println!("  {line}"))
        }
        Command::Specimen {
            one: None,
            dir,
            yes,
        } => process::run(specimen(&root, yes)?.arg("state").arg(&dir)),
        Command::Specimen {
            one:
                Some(Specimen::Piles {
                    dir,
                    piles,
                    seed,
                    yes,
                }),
            ..
        } => {
            packages::install(packages::FONTS, yes)?;
            let mut tool = specimen(&root, yes)?;
            tool.arg("piles").arg(&dir);
            process::run(tool.args(["--piles", &piles.to_string(), "--seed", &seed.to_string()]))
        }
        Command::Specimen {
            one:
                Some(Specimen::Papers {
                    dir,
                    people,
                    kinds,
                    conditions,
                    seed,
                    further_pages,
                    yes,
                }),
            ..
        } => {
            packages::install(packages::FONTS, yes)?;
            let mut tool = specimen(&root, yes)?;
            tool.arg("papers").arg(&dir);
            tool.args(["--people", &people.to_string(), "--seed", &seed.to_string()]);
            for (word, list) in [("--kinds", &kinds), ("--conditions", &conditions)] {
                if let Some(list) = list {
                    tool.args([word, list]);
                }
            }
            if further_pages {
                tool.arg("--further-pages");
            }
            process::run(&mut tool)
        }
        Command::Specimen {
            one:
                Some(Specimen::Faults {
                    dir,
                    each,
                    classes,
                    seed,
                    yes,
                }),
            ..
        } => {
            packages::install(packages::FONTS, yes)?;
            let mut tool = specimen(&root, yes)?;
            tool.arg("faults").arg(&dir);
            tool.args(["--each", &each.to_string(), "--seed", &seed.to_string()]);
            if let Some(list) = &classes {
                tool.args(["--classes", list]);
            }
            process::run(&mut tool)
        }
        Command::Specimen {
            one:
                Some(Specimen::Card {
                    profile,
                    list,
                    can,
                    number,
                    out,
                    yes,
                }),
            ..
        } => {
            let mut tool = specimen(&root, yes)?;
            tool.arg("card-profile");
            if list {
                return process::run(tool.arg("--list"));
            }
            tool.arg(&profile).arg("-o").arg(&out);
            for (word, value) in [("--can", &can), ("--number", &number)] {
                if let Some(value) = value {
                    tool.args([word, value]);
                }
            }
            process::run(&mut tool)
        }
    }
}

/// The program that makes specimens, built.
fn specimen(root: &Path, yes: bool) -> Result<std::process::Command> {
    packages::install(packages::BUILD, yes)?;
    process::cargo(&["build", "--package", "tests", "--bin", "niem-specimen"])?;
    Ok(process::built(root, "niem-specimen"))
}

/// The workspace folder: this crate's parent.
fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .unwrap_or(Path::new("."))
        .to_owned()
}
