//! The commands of `niem-station` (`docs/ARCHITECTURE.md`, "The command line").

mod assemble;
mod card;
mod devices;
mod diagnose;
mod enroll;
mod judge;
mod keys;
mod paper;
mod person;
mod preflight;
mod serve;
mod spool;
mod trust;
mod visit;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use rulebook::Language;
use station::answer::{Answer, Shape, Trouble};

/// Trạm số hóa và xác minh giấy tờ · Document digitisation and verification station
#[derive(Parser)]
#[command(name = "niem-station", version)]
pub(crate) struct Arguments {
    /// One JSON document on stdout instead of words.
    #[arg(long, global = true)]
    json: bool,
    /// Language of the words: vi or en.
    #[arg(long, global = true, default_value = "vi")]
    lang: Language,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// The desk's screens, on loopback, with its devices and its courier.
    Serve(serve::ServeArguments),
    /// Whole visits.
    #[command(subcommand)]
    Visit(visit::VisitCommand),
    /// Readers, scanners, cameras and sensors, with their health.
    Devices(devices::DevicesArguments),
    /// The whole desk looked over, for whoever mends it; of nobody anything.
    Diagnose(diagnose::DiagnoseArguments),
    /// Whether the desk may open visits: keys, clock, disk, tickets, what waits.
    Preflight(preflight::PreflightArguments),
    /// The chip card.
    #[command(subcommand)]
    Card(card::CardCommand),
    /// Papers.
    #[command(subcommand)]
    Paper(paper::PaperCommand),
    /// Faces.
    #[command(subcommand)]
    Face(person::FaceCommand),
    /// Fingerprints.
    #[command(subcommand)]
    Finger(person::FingerCommand),
    /// Sealed bundles that wait for the verifier.
    #[command(subcommand)]
    Spool(spool::SpoolCommand),
    /// Gets this station's key its certificate, against a one-time code.
    Enroll(enroll::EnrollArguments),
    /// The station's own keys.
    #[command(subcommand)]
    Keys(keys::KeysCommand),
    /// Which countries' certificates are believed.
    #[command(subcommand)]
    Trust(trust::TrustCommand),
}

/// Where models lie when neither option nor configuration says so.
const MODELS_ENV: &str = "NIEM_MODELS";
const TESSDATA_ENV: &str = "NIEM_TESSDATA";

pub(crate) fn run(arguments: Arguments) -> ExitCode {
    let lang = arguments.lang;
    let shape = match &arguments.command {
        Command::Paper(command) if command.streams() => Shape::Line,
        Command::Devices(arguments) if arguments.streams() => Shape::Line,
        _ if arguments.json => Shape::Document,
        _ => Shape::Words,
    };
    let answer = match arguments.command {
        Command::Serve(arguments) => serve::run(&arguments),
        Command::Visit(command) => visit::run(command, lang),
        Command::Devices(arguments) => devices::run(&arguments),
        Command::Diagnose(arguments) => diagnose::run(&arguments, lang),
        Command::Preflight(arguments) => preflight::run(&arguments, lang),
        Command::Card(command) => card::run(command, lang),
        Command::Paper(command) => paper::run(command, lang),
        Command::Face(command) => person::face(command),
        Command::Finger(command) => person::finger(command),
        Command::Spool(command) => spool::run(command, lang),
        Command::Enroll(arguments) => enroll::run(arguments),
        Command::Keys(command) => keys::run(command),
        Command::Trust(command) => trust::run(command, lang),
    };
    answer
        .unwrap_or_else(|trouble: Trouble| trouble.answer(lang))
        .print(shape)
}

/// Logs go to stderr, or to the file that `NIEM_LOG_FILE` names; `NIEM_LOG` filters. They carry
/// visits, digests and codes, never a name, a number or an image.
pub(crate) fn log() {
    let filter =
        tracing_subscriber::EnvFilter::try_from_env("NIEM_LOG").unwrap_or_else(|_| "warn".into());
    let builder = tracing_subscriber::fmt().with_env_filter(filter);
    let file = std::env::var_os("NIEM_LOG_FILE").and_then(|path| {
        std::fs::OpenOptions::new()
            .create(true)
            .append(true)
            .open(path)
            .ok()
    });
    match file {
        Some(file) => builder
            .with_ansi(false)
            .with_writer(std::sync::Mutex::new(file))
            .init(),
        None => builder.with_writer(std::io::stderr).init(),
    }
}

type Told = Result<Answer, Trouble>;

fn read_file(path: &std::path::Path) -> Result<Vec<u8>, Trouble> {
    std::fs::read(path)
        .map_err(|error| Trouble::new("file.unreadable", format!("{}: {error}", path.display())))
}

/// The folder of the pinned models: `--models`, else the environment, else beside the program.
fn models_dir(given: Option<PathBuf>) -> PathBuf {
    given
        .or_else(|| std::env::var_os(MODELS_ENV).map(PathBuf::from))
        .or_else(|| Some(beside_program("models")).filter(|dir| dir.is_dir()))
        .unwrap_or_else(|| PathBuf::from("models"))
}

fn tessdata_dir(given: Option<PathBuf>) -> PathBuf {
    given
        .or_else(|| std::env::var_os(TESSDATA_ENV).map(PathBuf::from))
        .unwrap_or_else(|| PathBuf::from("/usr/share/tesseract-ocr/5/tessdata"))
}

/// A file installed in the same folder as this program.
fn beside_program(name: &str) -> PathBuf {
    std::env::current_exe()
        .ok()
        .and_then(|program| Some(program.parent()?.join(name)))
        .unwrap_or_else(|| PathBuf::from(name))
}

/// Tesseract's OpenMP threads cost more than they bring (7.1 s a page against 1.5 s, mostly
/// spinning). libgomp reads its limit when it is loaded, before `main`: setting the variable here
/// would come too late, so the program starts itself once more with it.
///
/// Returns only when nothing had to be done or when starting again failed; the work is then
/// merely slower.
pub(crate) fn without_openmp_threads() {
    use std::os::unix::process::CommandExt as _;
    const LIMIT: &str = "OMP_THREAD_LIMIT";
    if std::env::var_os(LIMIT).is_some() {
        return;
    }
    if let Ok(own) = std::env::current_exe() {
        let error = std::process::Command::new(own)
            .args(std::env::args_os().skip(1))
            .env(LIMIT, "1")
            .exec();
        eprintln!("niem-station: {error}");
    }
}
