//! `niem-eval`: prints what reading papers is worth over labelled pages, beside OCRmyPDF on the same pages.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use clap::{Parser, Subcommand};
use models::TextEngine;
use models_tesseract::Tesseract;
use tests::evaluation::corpus::{self, Choice, Sample};
use tests::evaluation::score::Score;
use tests::evaluation::{cost, faults, paper, peer};

#[derive(Parser)]
#[command(
    name = "niem-eval",
    about = "Reading papers, measured over labelled pages",
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
    /// Tells each page as it is read.
    #[arg(long)]
    pages: bool,
    /// Writes texts and fields into this folder.
    #[arg(long)]
    texts: Option<PathBuf>,
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
}

fn main() -> Result<()> {
    let arguments = Arguments::parse();
    if let Some(What::Faults {
        corpus,
        classes,
        each,
        told,
        read,
        pages,
        tessdata,
    }) = arguments.what
    {
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
        return check_faults(&corpus, &choice, pages, &tessdata);
    }
    let choice = Choice {
        conditions: arguments.conditions.clone(),
        kinds: arguments.kinds.clone(),
    };
    let mut samples = Vec::new();
    for folder in &arguments.corpus {
        samples.extend(corpus::load(folder, &choice)?);
    }
    let mut engine = Tesseract::open(&arguments.tessdata, "vie").context("Tesseract")?;
    let mut measured = Vec::new();
    for sample in &samples {
        let page = paper::measure(sample, &mut engine, arguments.texts.as_deref())?;
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
    println!("peak memory of the whole run: {:.0} MiB", cost::peak_mib());
    if arguments.peer > 0 {
        beside_the_peer(&measured, arguments.peer)?;
    }
    Ok(())
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
