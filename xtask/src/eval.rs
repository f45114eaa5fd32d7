//! `eval`: quality over labelled data, printed as tables. Speed belongs to `bench`.

use std::path::{Path, PathBuf};

use anyhow::Result;
use clap::{Args, Subcommand};

use crate::{models, packages, process};

#[derive(Subcommand)]
pub(crate) enum Evaluation {
    /// Letters, fields, kinds, outlines, cost, beside OCRmyPDF on the same pages in the same run; then what the checks of
    /// pages catch.
    Paper(PaperArguments),
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

/// Prints the tables.
///
/// # Errors
/// When something cannot be installed, built or read.
pub(crate) fn run(root: &Path, what: &Evaluation) -> Result<()> {
    let Evaluation::Paper(arguments) = what;
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
