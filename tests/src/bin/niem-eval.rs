//! `niem-eval`: prints what reading papers is worth over labelled pages, beside OCRmyPDF on the same pages, and how often
//! faces and fingers of a labelled folder are mistaken for another's or not known again.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use clap::{Args, Parser, Subcommand, ValueEnum};
use models::{Manifest, Readers, TextEngine};
use models_asternet::AsterNet;
use models_opencv::Recogniser;
use models_tesseract::{OnDemand, Tesseract};
use tests::evaluation::corpus::{self, Choice, Sample};
use tests::evaluation::rates::table::Table;
use tests::evaluation::score::Score;
use tests::evaluation::{
    archive, codes, cost, face, faults, finger, live, pad, paper, peer, piles,
};

#[derive(Parser)]
#[command(
    name = "niem-eval",
    about = "Reading papers, faces and fingers, measured over labelled folders",
    subcommand_negates_reqs = true,
    args_conflicts_with_subcommands = true
)]
struct Arguments {
    #[command(subcommand)]
    what: Option<What>,
    /// Corpus folders: pages/, gt/ and meta/.
    #[arg(required = true)]
    corpus: Vec<PathBuf>,
    /// Only these conditions.
    #[arg(long, value_delimiter = ',')]
    conditions: Vec<String>,
    /// Only these kinds of paper.
    #[arg(long, value_delimiter = ',')]
    kinds: Vec<String>,
    /// How many pages of each condition OCRmyPDF reads too (it takes 10 to 35 CPU seconds a page).
    #[arg(long, default_value_t = 0)]
    peer: usize,
    /// Folder with Tesseract's .traineddata files.
    #[arg(long, default_value = "models/cache/tessdata")]
    tessdata: PathBuf,
    /// Folder with the manifest of models, `models.toml`, and its cache.
    #[arg(long, default_value = "models")]
    models: PathBuf,
    /// Reads with one recogniser alone.
    #[arg(long)]
    no_second: bool,
    /// Tells each page as it is read.
    #[arg(long)]
    pages: bool,
    /// Measures the archive files of the pages as well, which reads each a second time.
    #[arg(long)]
    archive: bool,
    /// Writes texts, fields and the pages as they were read into this folder.
    #[arg(long)]
    texts: Option<PathBuf>,
    /// Reads nothing: names the pages kept by `--texts` in this folder again and takes their fields again.
    #[arg(long, conflicts_with_all = ["texts", "peer"])]
    again: Option<PathBuf>,
}

#[derive(Subcommand)]
enum What {
    /// What the checks of pages catch over labelled faults, and what they wrongly complain of.
    Faults {
        /// Folders with labels.json, as `niem-specimen faults` makes them.
        #[arg(required = true)]
        corpus: Vec<PathBuf>,
        /// Only these classes.
        #[arg(long, value_delimiter = ',')]
        classes: Vec<String>,
        /// At most so many images of each class.
        #[arg(long, default_value_t = usize::MAX, hide_default_value = true)]
        each: usize,
        /// Photographs lie where their labels say, so that the checks alone are measured.
        #[arg(long)]
        told: bool,
        /// Reads good pages, too (some 3 CPU seconds each).
        #[arg(long)]
        read: bool,
        /// Tells what was missed and what was said wrongly, image by image.
        #[arg(long)]
        pages: bool,
        /// Folder with Tesseract's .traineddata files; without them nothing is read.
        #[arg(long, default_value = "models/cache/tessdata")]
        tessdata: PathBuf,
    },
    /// How often two people's faces match and one person's do not: every picture of a folder with every other.
    Face(FaceArguments),
    /// How often nets that tell a living face are wrong about pictures of people and of attacks.
    Pad(PadArguments),
    /// What reading a camera and showing it to the screens costs.
    Camera(CameraArguments),
    /// The same for fingers, and what up to three presentations make of it.
    Finger(FingerArguments),
}

#[derive(Args)]
struct FaceArguments {
    /// A folder of pictures with labels.csv (`file,identity[,group]`), or with one folder for each person, which may lie
    /// in a folder for their group.
    folder: PathBuf,
    /// The list of labels, where it is not labels.csv in the folder. Files may lie anywhere below the folder.
    #[arg(long)]
    labels: Option<PathBuf>,
    /// Folder with the manifest of models, `models.toml`, and its cache.
    #[arg(long, default_value = "models")]
    models: PathBuf,
    /// Which recogniser compares.
    #[arg(long, value_enum, default_value = "sface")]
    recogniser: Recognised,
    /// Writes the points of the curves as CSV: group,threshold,fmr,fnmr.
    #[arg(long)]
    roc: Option<PathBuf>,
}

#[derive(Clone, Copy, ValueEnum)]
enum Recognised {
    Sface,
    Mobilefacenet,
}

#[derive(Args)]
struct PadArguments {
    /// A folder of pictures with labels.csv (`file,presentation,group`), or with a folder for each kind and in it the
    /// pictures, or a folder for each presentation. The group or kind is `bona_fide` for living people, any other name for
    /// a kind of attack.
    folder: PathBuf,
    /// The list of labels, where it is not labels.csv in the folder.
    #[arg(long)]
    labels: Option<PathBuf>,
    /// Folder with the manifest of models, `models.toml`, and its cache.
    #[arg(long, default_value = "models")]
    models: PathBuf,
}

#[derive(Args)]
struct CameraArguments {
    /// The film that plays the camera.
    film: PathBuf,
    #[arg(long, default_value_t = 10)]
    seconds: u32,
    /// Screens that look.
    #[arg(long, default_value_t = 2)]
    readers: usize,
}

#[derive(Args)]
struct FingerArguments {
    /// A folder of prints named `<finger>_<impression>.<tif|png|bmp|pgm>`, or with labels.csv (`file,finger[,dpi]`).
    folder: PathBuf,
    /// The list of labels, where it is not labels.csv in the folder. Files may lie anywhere below the folder.
    #[arg(long)]
    labels: Option<PathBuf>,
    /// Resolution of the prints of which no list tells another.
    #[arg(long, default_value_t = 500)]
    dpi: u32,
    /// Which prints of two fingers are compared; prints of one finger always are.
    #[arg(long, value_enum, default_value_t = Protocol::All)]
    protocol: Protocol,
    /// Writes the points of the curve as CSV: group,threshold,fmr,fnmr.
    #[arg(long)]
    roc: Option<PathBuf>,
}

#[derive(Clone, Copy, ValueEnum)]
enum Protocol {
    /// All of them.
    All,
    /// The first of each finger, as in the FVC contests.
    Fvc,
}

fn main() -> Result<()> {
    let mut arguments = Arguments::parse();
    match arguments.what.take() {
        Some(What::Faults {
            corpus,
            classes,
            each,
            told,
            read,
            pages,
            tessdata,
        }) => {
            let choice = faults::Choice {
                classes,
                each,
                corners: if told {
                    faults::Corners::Told
                } else {
                    faults::Corners::Found
                },
                read_good: read,
            };
            check_faults(&corpus, &choice, pages, &tessdata)
        }
        Some(What::Face(what)) => compare_faces(&what),
        Some(What::Finger(what)) => compare_fingers(&what),
        Some(What::Pad(what)) => {
            let rates = pad::measure(&what.folder, what.labels.as_deref(), &what.models)?;
            print!("{rates}");
            Ok(())
        }
        Some(What::Camera(what)) => {
            print!("{}", live::measure(&what.film, what.seconds, what.readers)?);
            Ok(())
        }
        None => read_papers(&arguments),
    }
}

/// Papers, read and measured.
fn read_papers(arguments: &Arguments) -> Result<()> {
    let choice = Choice {
        conditions: arguments.conditions.clone(),
        kinds: arguments.kinds.clone(),
    };
    let mut samples = Vec::new();
    for folder in &arguments.corpus {
        samples.extend(corpus::load(folder, &choice)?);
    }
    let mut engine = match arguments.again {
        Some(_) => None,
        None => Some(readers(arguments)?),
    };
    let mut measured = Vec::new();
    for sample in &samples {
        let page = match (&arguments.again, &mut engine) {
            (Some(folder), _) => paper::understand(sample, folder)?,
            (None, Some(engine)) => {
                Some(paper::measure(sample, engine, arguments.texts.as_deref())?)
            }
            (None, None) => None,
        };
        let Some(page) = page else { continue };
        if arguments.pages {
            println!(
                "{:<10} {:<14} CER {:>6.2}  values {:>3}/{:<3} named {:>3}/{:<3} wrong {} ({} accepted)  kind {}{}  turn {}  IoU {}  {:.2} s  {} kB {}",
                sample.condition,
                sample.id,
                page.score.cer(),
                page.score.found,
                page.score.values,
                page.fields.right,
                page.fields.of,
                page.fields.wrong,
                page.fields.accepted_wrong,
                page.kind,
                if page.kind_right { "" } else { " WRONG" },
                if page.turn_right { "right" } else { "WRONG" },
                page.iou.map_or("-".to_owned(), |iou| format!("{iou:.3}")),
                page.cpu_seconds,
                page.bytes / 1000,
                page.refused.join(" "),
            );
        }
        measured.push((sample, page));
    }
    print!("{}", paper::table(&measured));
    if let Some(folder) = &arguments.again {
        for (condition, score) in piles::measure(&samples, folder)? {
            println!(
                "{condition:<12} one pile of {} papers: {} whole, {} of {} further pages with their first",
                score.papers, score.whole, score.joined, score.further_pages
            );
        }
    }
    let mut zones = codes::ZoneScore::default();
    for (_, page) in &measured {
        zones.add(page.zone.unwrap_or_default());
    }
    println!(
        "machine-readable zones: check digits fit on {} of {} pages ({} wrongly), verbatim on {}",
        zones.proved, zones.of, zones.proved_wrong, zones.verbatim
    );
    for folder in &arguments.corpus {
        let codes = folder.join("qr");
        if codes.join("truth.json").is_file() {
            print!("\n{}", codes::measure(&codes)?.table());
        }
    }
    println!("peak memory of the whole run: {:.0} MiB", cost::peak_mib());
    if let Some(engine) = engine.as_mut().filter(|_| arguments.archive) {
        let work = tempfile::tempdir()?;
        let files = samples
            .iter()
            .map(|sample| Ok((sample, archive::measure(sample, engine, work.path())?)))
            .collect::<Result<Vec<_>>>()?;
        print!("\n{}", archive::table(&files));
    }
    if arguments.peer > 0 {
        beside_the_peer(&measured, arguments.peer)?;
    }
    Ok(())
}

/// The engines that a desk has.
fn readers(arguments: &Arguments) -> Result<Readers> {
    let line = if arguments.no_second {
        None
    } else {
        let manifest = Manifest::load(&arguments.models)?;
        AsterNet::offered(&manifest)?
    };
    println!(
        "second recogniser: {}",
        line.as_ref()
            .map_or("none".to_owned(), |line| line.model().name.clone())
    );
    Ok(Readers {
        page: Box::new(Tesseract::open(&arguments.tessdata, "vie").context("Tesseract")?),
        line,
        latin: Some(Box::new(OnDemand::new(&arguments.tessdata, "eng")?)),
    })
}

/// Faces, each with each.
fn compare_faces(what: &FaceArguments) -> Result<()> {
    let recogniser = match what.recogniser {
        Recognised::Sface => Recogniser::SFace,
        Recognised::Mobilefacenet => Recogniser::MobileFaceNet,
    };
    let rates = face::measure(
        &what.folder,
        what.labels.as_deref(),
        &what.models,
        recogniser,
    )?;
    print!("{rates}");
    write_curves(what.roc.as_deref(), &rates.tables)
}

/// Fingers, each with each.
fn compare_fingers(what: &FingerArguments) -> Result<()> {
    let choice = finger::Choice {
        list: what.labels.as_deref(),
        dpi: what.dpi,
        protocol: match what.protocol {
            Protocol::All => finger::Protocol::All,
            Protocol::Fvc => finger::Protocol::Fvc,
        },
    };
    let rates = finger::measure(&what.folder, choice)?;
    print!("{rates}");
    write_curves(what.roc.as_deref(), std::slice::from_ref(&rates.table))
}

fn write_curves(file: Option<&Path>, tables: &[Table]) -> Result<()> {
    let Some(file) = file else { return Ok(()) };
    let mut lines = "group,threshold,fmr,fnmr\n".to_owned();
    for table in tables {
        lines.push_str(&table.roc());
    }
    std::fs::write(file, lines).with_context(|| file.display().to_string())
}

/// The checks of pages, folder by folder.
fn check_faults(
    folders: &[PathBuf],
    choice: &faults::Choice,
    pages: bool,
    tessdata: &Path,
) -> Result<()> {
    let mut engine = Tesseract::open(tessdata, "vie").ok();
    for folder in folders {
        let engine = engine.as_mut().map(|engine| engine as &mut dyn TextEngine);
        let table = faults::evaluate(folder, choice, engine)?;
        if pages {
            for remark in &table.remarks {
                println!("{remark}");
            }
        }
        println!("faults in {}", folder.display());
        print!("{table}");
    }
    Ok(())
}

/// The same pages, read by OCRmyPDF now.
fn beside_the_peer(measured: &[(&Sample, paper::Measured)], most: usize) -> Result<()> {
    let work = tempfile::tempdir()?;
    let mut by_condition: BTreeMap<&str, Vec<&(&Sample, paper::Measured)>> = BTreeMap::new();
    for entry in measured {
        let pages = by_condition.entry(&entry.0.condition).or_default();
        if pages.len() < most {
            pages.push(entry);
        }
    }
    println!(
        "\nbeside OCRmyPDF (Debian; -l vie --output-type pdfa-2 --deskew --clean --rotate-pages --jobs 1)\n\
         condition    pages  CER % ours/theirs  values % ours/theirs  CPU s ours/theirs (ratio)  kB/page ours/theirs"
    );
    for (condition, pages) in by_condition {
        let (mut ours, mut theirs) = (Score::default(), Score::default());
        let (mut cpu, mut peer_cpu, mut bytes, mut peer_bytes) = (0.0, 0.0, 0.0, 0.0);
        for (sample, page) in &pages {
            let peered = peer::read(sample, work.path())?;
            ours.add(page.score);
            theirs.add(Score::of(&sample.truth, &peered.text));
            cpu += page.cpu_seconds;
            peer_cpu += peered.cpu_seconds;
            bytes += page.bytes as f64;
            peer_bytes += peered.bytes as f64;
        }
        let count = pages.len() as f64;
        println!(
            "{condition:<12} {:>5}  {:>7.2} / {:<7.2}  {:>9.1} / {:<8.1}  {:>6.2} / {:<6.2} ({:.2})  {:>7.0} / {:<7.0}",
            pages.len(),
            ours.cer(),
            theirs.cer(),
            ours.found_share(),
            theirs.found_share(),
            cpu / count,
            peer_cpu / count,
            cpu / peer_cpu.max(f64::EPSILON),
            bytes / 1000.0 / count,
            peer_bytes / 1000.0 / count,
        );
    }
    Ok(())
}
