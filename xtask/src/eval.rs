//! `eval`: quality over labelled data, printed as tables. Speed belongs to `bench`.

use std::path::{Path, PathBuf};

use anyhow::{Result, bail};
use clap::{Args, Subcommand};

use crate::{models, packages, process};

#[derive(Subcommand)]
pub(crate) enum Evaluation {
    /// Letters, fields, kinds, outlines, cost, beside OCRmyPDF on the same pages in the same run; then what the checks of
    /// pages catch.
    Paper(PaperArguments),
    /// How often two people's faces match and one person's do not, with intervals, for each group.
    Face(PersonArguments),
    /// The same for fingers.
    Finger(PersonArguments),
    /// How often nets that tell a living face are wrong about people and about attacks (APCER of each kind, BPCER), where
    /// the site laid them into models/cache.
    Pad(PersonArguments),
}

#[derive(Args)]
pub(crate) struct PersonArguments {
    /// The labelled folder. By default the shared data beside the project where there are any.
    #[arg(long)]
    corpus: Option<PathBuf>,
    /// Install missing packages without asking.
    #[arg(long)]
    yes: bool,
    /// Handed on: faces: --labels FILE --roc FILE; fingers: --labels FILE --dpi N --protocol all|fvc --roc FILE.
    #[arg(last = true)]
    rest: Vec<String>,
}

#[derive(Args)]
pub(crate) struct PaperArguments {
    /// Folders of labelled pages (pages/, gt/, meta/). By default the shared corpus beside the project where there is
    /// one, and specimen papers made for the purpose.
    #[arg(long)]
    corpus: Vec<PathBuf>,
    /// How many pages of each condition OCRmyPDF reads too; it takes 10 to 35 CPU seconds a page.
    #[arg(long, default_value_t = 2)]
    peer: usize,
    /// Leaves out the table of faults that pages may have.
    #[arg(long)]
    no_faults: bool,
    /// Install missing packages without asking.
    #[arg(long)]
    yes: bool,
    /// Handed on: --conditions a,b --kinds a,b --pages --texts DIR …
    #[arg(last = true)]
    rest: Vec<String>,
}

/// Where the shared corpus lies when the project stands beside it.
const SHARED: &str = "../shared/data/paper";

/// The ways in which specimen papers are drawn where there is no shared corpus.
const CONDITIONS: &str = "clean300,scan200,scan150,skew4,stamp300,fold,upside,phone_ok,phone_bad";

/// Pages of each class of faults.
const FAULTS_EACH: &str = "4";

/// Shared faces: a labels.csv, and the pictures below it.
const FACES: &str = "../shared/data/face";

/// Shared fingers (FVC2002, DB1_B and DB2_B), and the resolution of each folder's sensor.
const FINGERS: [(&str, &str); 2] = [
    ("../shared/data/finger/fvc2002_DB1_B", "500"),
    ("../shared/data/finger/fvc2002_DB2_B", "569"),
];

/// Prints the tables.
///
/// # Errors
/// When something cannot be installed, built or read.
pub(crate) fn run(root: &Path, what: &Evaluation) -> Result<()> {
    match what {
        Evaluation::Paper(arguments) => papers(root, arguments),
        Evaluation::Face(arguments) => faces(root, arguments),
        Evaluation::Finger(arguments) => fingers(root, arguments),
        Evaluation::Pad(arguments) => attacks(root, arguments),
    }
}

fn faces(root: &Path, arguments: &PersonArguments) -> Result<()> {
    let shared = root.join(FACES);
    let Some(corpus) = arguments
        .corpus
        .clone()
        .or_else(|| shared.is_dir().then_some(shared))
    else {
        bail!(
            "no faces to measure: name a folder with --corpus that holds pictures and a labels.csv with the columns \
             file,identity,group, or one folder of pictures for each person"
        );
    };
    measured(root, arguments, "face", &corpus)
}

fn attacks(root: &Path, arguments: &PersonArguments) -> Result<()> {
    let Some(corpus) = &arguments.corpus else {
        bail!(
            "no pictures to measure: name a folder with --corpus that holds a folder of pictures for each kind: bona_fide \
             for living people, any other name for a kind of attack"
        );
    };
    measured(root, arguments, "pad", corpus)
}

/// Sets up what the face models need and measures a folder with them.
fn measured(root: &Path, arguments: &PersonArguments, what: &str, corpus: &Path) -> Result<()> {
    for list in [packages::BUILD, packages::MODELS] {
        packages::install(list, arguments.yes)?;
    }
    models::fetch(root, |line| eprintln!("  {line}"))?;
    process::cargo(&["build", "--package", "tests", "--bin", "niem-eval"])?;
    process::run(
        process::built(root, "niem-eval")
            .arg(what)
            .arg(corpus)
            .arg("--models")
            .arg(root.join("models"))
            .args(&arguments.rest),
    )
}

fn fingers(root: &Path, arguments: &PersonArguments) -> Result<()> {
    let mut corpora: Vec<(PathBuf, Option<&str>)> = Vec::new();
    match &arguments.corpus {
        // Its resolution comes with --dpi or from its list.
        Some(corpus) => corpora.push((corpus.clone(), None)),
        None => corpora.extend(
            FINGERS
                .iter()
                .map(|(folder, dpi)| (root.join(folder), Some(*dpi)))
                .filter(|(folder, _)| folder.is_dir()),
        ),
    }
    if corpora.is_empty() {
        bail!(
            "no fingers to measure: name a folder with --corpus that holds prints called \
             <finger>_<impression>.<tif|png|bmp|pgm>, or a labels.csv with the columns file,finger,dpi"
        );
    }
    packages::install(packages::BUILD, arguments.yes)?;
    process::cargo(&["build", "--package", "tests", "--bin", "niem-eval"])?;
    for (place, (corpus, dpi)) in corpora.iter().enumerate() {
        if place > 0 {
            println!();
        }
        println!("{}", corpus.display());
        let mut command = process::built(root, "niem-eval");
        command.arg("finger").arg(corpus);
        if let Some(dpi) = dpi {
            command.args(["--dpi", dpi]);
        }
        process::run(command.args(&arguments.rest))?;
    }
    Ok(())
}

fn papers(root: &Path, arguments: &PaperArguments) -> Result<()> {
    for list in [
        packages::BUILD,
        packages::MODELS,
        packages::PEERS,
        packages::FONTS,
    ] {
        packages::install(list, arguments.yes)?;
    }
    models::fetch(root, |line| eprintln!("  {line}"))?;
    process::cargo(&["build", "--package", "tests", "--bin", "niem-eval"])?;
    let mut corpora = arguments.corpus.clone();
    if corpora.is_empty() {
        if root.join(SHARED).is_dir() {
            corpora.push(root.join(SHARED));
        } else {
            corpora.push(specimens(root, "papers", &["--conditions", CONDITIONS])?);
        }
    }
    process::run(
        process::built(root, "niem-eval")
            .args(&corpora)
            .args(["--peer", &arguments.peer.to_string()])
            .args(&arguments.rest)
            .env("OMP_THREAD_LIMIT", "1"),
    )?;
    if arguments.no_faults {
        return Ok(());
    }
    let faults = specimens(root, "faults", &["--each", FAULTS_EACH])?;
    process::run(
        process::built(root, "niem-eval")
            .arg("faults")
            .arg(faults)
            .env("OMP_THREAD_LIMIT", "1"),
    )
}

/// A folder of labelled specimens, drawn where it is not there yet.
fn specimens(root: &Path, what: &str, options: &[&str]) -> Result<PathBuf> {
    let folder = root.join("target/eval").join(what);
    if !folder.is_dir() {
        process::cargo(&["build", "--package", "tests", "--bin", "niem-specimen"])?;
        // Drawn aside first: a folder that is there is whole.
        let drawn = folder.with_extension("drawing");
        if drawn.is_dir() {
            std::fs::remove_dir_all(&drawn)?;
        }
        std::fs::create_dir_all(&drawn)?;
        process::run(
            process::built(root, "niem-specimen")
                .arg(what)
                .arg(&drawn)
                .args(options),
        )?;
        std::fs::rename(&drawn, &folder)?;
    }
    Ok(folder)
}
