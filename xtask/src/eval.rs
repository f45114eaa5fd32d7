//! `eval`: quality over labelled data, printed as tables. Speed belongs to `bench`.

use std::path::{Path, PathBuf};

use anyhow::Result;
use clap::{Args, Subcommand};

use crate::{models, packages, process};

#[derive(Subcommand)]
pub(crate) enum Evaluation {
    /// Letters, fields, kinds, outlines, cost; beside OCRmyPDF on the same pages in the same run.
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
    /// A corpus of faulty pages (labels.json); made when it is not there (some two CPU minutes).
    #[arg(long, default_value = "target/faults")]
    faults: PathBuf,
    /// Install missing packages without asking.
    #[arg(long)]
    yes: bool,
    /// Handed on: --conditions a,b --kinds a,b --pages --texts DIR …
    #[arg(last = true)]
    rest: Vec<String>,
}

/// Where the shared corpus lies when the project stands beside it.
const SHARED: &str = "../shared/data/paper";

/// Prints the tables.
///
/// # Errors
/// When something cannot be installed, built or read.
pub(crate) fn run(root: &Path, what: &Evaluation) -> Result<()> {
    let Evaluation::Paper(arguments) = what;
    for list in [packages::BUILD, packages::MODELS, packages::PEERS] {
        packages::install(list, arguments.yes)?;
    }
    models::fetch(root, |line| eprintln!("  {line}"))?;
    process::cargo(&["build", "--package", "tests", "--bin", "niem-eval"])?;
    let mut corpora = arguments.corpus.clone();
    if corpora.is_empty() && root.join(SHARED).is_dir() {
        corpora.push(root.join(SHARED));
    }
    process::run(
        process::built(root, "niem-eval")
            .args(&corpora)
            .args(["--peer", &arguments.peer.to_string()])
            .args(&arguments.rest)
            .env("OMP_THREAD_LIMIT", "1"),
    )?;
    if !arguments.faults.join("labels.json").is_file() {
        packages::install(packages::FONTS, arguments.yes)?;
        process::cargo(&["build", "--package", "tests", "--bin", "niem-specimen"])?;
        let mut draw = process::built(root, "niem-specimen");
        process::run(
            draw.arg("faults")
                .arg(&arguments.faults)
                .args(["--each", "2"]),
        )?;
    }
    process::run(
        process::built(root, "niem-eval")
            .arg("faults")
            .arg(&arguments.faults)
            .env("OMP_THREAD_LIMIT", "1"),
    )
}
