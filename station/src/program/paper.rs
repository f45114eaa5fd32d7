//! `paper digitize` and `paper check`: page images in, verdicts, text, fields and archive files out.

mod check;
mod digitize;
mod flow;
mod pages;
mod pile;
mod told;

use std::num::NonZeroUsize;
use std::path::PathBuf;

use clap::{Args, Subcommand};
use rulebook::Language;

use super::Told;

#[derive(Subcommand)]
pub(crate) enum PaperCommand {
    /// Judges and reads pages and writes a searchable PDF/A, or, with --pile, one for each paper of a mixed pile.
    Digitize(DigitizeArguments),
    /// Judges pages, scans and photographs, without reading them.
    Check(CheckArguments),
}

#[derive(Args)]
pub(crate) struct DigitizeArguments {
    #[command(flatten)]
    pages: PageArguments,
    /// The PDF to write; with --pile the folder for one PDF each paper and `pile.json`.
    #[arg(long)]
    out: PathBuf,
    /// The pages are a mixed pile: sorts them into papers and people.
    #[arg(long)]
    pile: bool,
    /// JSON lines on stdout: the first lines of a page, each page as soon as it is read, and the answer as the last line.
    #[arg(long)]
    stream: bool,
    /// Lays the fields into each PDF as an attachment (PDF/A-3).
    #[arg(long)]
    attach_fields: bool,
    /// Writes a small copy for reading beside each PDF; its name ends in "-ban-de-xem.pdf", and it is no evidence.
    #[arg(long)]
    reading_copy: bool,
    /// Folder with Tesseract's .traineddata files.
    #[arg(long)]
    tessdata: Option<PathBuf>,
    #[arg(long, default_value = "vie")]
    languages: String,
    /// Folder of the pinned models, where the second recogniser lies.
    #[arg(long)]
    models: Option<PathBuf>,
    /// Reads by one recogniser alone, even where a second one is installed.
    #[arg(long)]
    no_second_opinion: bool,
    /// Pages read at once; by default one for each core. Each takes up to 300 MB.
    #[arg(long)]
    workers: Option<NonZeroUsize>,
}

#[derive(Args)]
pub(crate) struct CheckArguments {
    #[command(flatten)]
    pages: PageArguments,
}

#[derive(Args)]
pub(crate) struct PageArguments {
    /// Page images (PNG, JPEG, TIFF, PNM) or PDFs, in order.
    #[arg(required = true)]
    pages: Vec<PathBuf>,
    /// Resolution of the images; by default what the file says. An image that says nothing is taken for a photograph.
    #[arg(long)]
    dpi: Option<u32>,
    /// Sheets counted by hand: fewer page images are refused.
    #[arg(long)]
    count: Option<u32>,
}

impl PaperCommand {
    /// Whether the answer is the last of several JSON lines.
    pub(crate) fn streams(&self) -> bool {
        matches!(self, Self::Digitize(DigitizeArguments { stream: true, .. }))
    }
}

pub(crate) fn run(command: PaperCommand, lang: Language) -> Told {
    match command {
        PaperCommand::Digitize(arguments) if arguments.pile => pile::run(&arguments, lang),
        PaperCommand::Digitize(arguments) => digitize::run(&arguments, lang),
        PaperCommand::Check(arguments) => check::run(&arguments, lang),
    }
}
