//! Measures what minutiae records are worth against live pictures, on a folder of prints named
//! `<finger>_<impression>.<ext>`.
//!
//! `cargo run --release -p models --example eval_finger_record -- DIR [DPI [RECORDS]]` takes every print once as a
//! picture and once as a record of our own making (2005, and compact card format as a card with the usual
//! limits takes it), and compares every two. With a folder of RECORDS, named as the pictures are but
//! `.fmr`, those of another maker are compared too. A print that is refused counts as a score of 0.

use std::path::Path;
use std::time::Instant;

use models::finger::record::{
    CardForm, CardLimits, CardMinutiae, CardOrder, FingerRecord, Record2005, RecordMinutiae,
    Sorting, View2005,
};
use models::finger::{FingerEngine, FingerImage, Minutiae, MinutiaeEngine};

type Failure = Box<dyn std::error::Error>;

struct Print {
    finger: String,
    live: Option<Minutiae>,
    record: Option<RecordMinutiae>,
    compact: Option<RecordMinutiae>,
    foreign: Option<RecordMinutiae>,
}

fn main() -> Result<(), Failure> {
    let mut arguments = std::env::args().skip(1);
    let Some(folder) = arguments.next() else {
        return Err("usage: eval_finger_record DIR [DPI [RECORDS]]".into());
    };
    let dpi = arguments.next().map_or(Ok(500), |d| d.parse())?;
    let foreign = arguments.next();
    let prints = load(Path::new(&folder), dpi, foreign.as_deref().map(Path::new))?;
    let engine = MinutiaeEngine::new();
    report(
        "picture against picture",
        &prints,
        engine.bands(),
        |a, b| Some(a.live.as_ref()?.similarity(b.live.as_ref()?).value()),
    )?;
    let bands = models::finger::record::RecordEngine::new().bands();
    report("record against picture", &prints, bands, |a, b| {
        Some(a.record.as_ref()?.similarity(b.live.as_ref()?).value())
    })?;
    report("compact against picture", &prints, bands, |a, b| {
        Some(a.compact.as_ref()?.similarity(b.live.as_ref()?).value())
    })?;
    if foreign.is_some() {
        report("foreign record against picture", &prints, bands, |a, b| {
            Some(a.foreign.as_ref()?.similarity(b.live.as_ref()?).value())
        })?;
    }
    Ok(())
}

fn load(folder: &Path, dpi: u32, foreign: Option<&Path>) -> Result<Vec<Print>, Failure> {
    let mut files: Vec<_> = std::fs::read_dir(folder)?
        .map(|entry| entry.map(|e| e.path()))
        .collect::<Result<_, _>>()?;
    files.sort();
    let mut prints = Vec::new();
    for file in files {
        let Some(stem) = file.file_stem().and_then(|s| s.to_str()) else {
            continue;
        };
        let Some((finger, _)) = stem.split_once('_') else {
            continue;
        };
        let image = FingerImage::decode(&std::fs::read(&file)?, dpi)?;
        let live = Minutiae::extract(&image).ok();
        let foreign = match foreign {
            Some(folder) => record(&std::fs::read(folder.join(format!("{stem}.fmr")))?).ok(),
            None => None,
        };
        prints.push(Print {
            finger: finger.to_owned(),
            record: live.as_ref().map(own_record).transpose()?,
            compact: live.as_ref().and_then(|live| own_card(live).ok()),
            foreign,
            live,
        });
    }
    Ok(prints)
}

fn record(bytes: &[u8]) -> Result<RecordMinutiae, Failure> {
    let record = FingerRecord::read(bytes)?;
    let (view, size) = record.views()[0];
    Ok(RecordMinutiae::of_view(view, size)?)
}

fn own_record(live: &Minutiae) -> Result<RecordMinutiae, Failure> {
    let (view, size) = live.to_view(0);
    let quality = live.quality().figure;
    let views = vec![View2005 { quality, view }];
    let made = Record2005 {
        device: 0,
        size,
        views,
    };
    record(&made.write()?)
}

fn own_card(live: &Minutiae) -> Result<RecordMinutiae, Failure> {
    let (view, size) = live.to_view(0);
    let limits = CardLimits {
        least: 8,
        order: CardOrder::YThenX(Sorting::Ascending),
        ..CardLimits::DEFAULT
    };
    let written = limits.prepare(&view, size, CardForm::Compact)?.write()?;
    let read = CardMinutiae::read(&written, CardForm::Compact)?;
    Ok(RecordMinutiae::of_card(&read)?)
}

fn report(
    what: &str,
    prints: &[Print],
    bands: models::Bands,
    score: impl Fn(&Print, &Print) -> Option<f32>,
) -> Result<(), Failure> {
    let (mut genuine, mut impostor) = (Vec::new(), Vec::new());
    let start = Instant::now();
    for (i, one) in prints.iter().enumerate() {
        for other in &prints[i + 1..] {
            let score = score(one, other).unwrap_or(0.0);
            if one.finger == other.finger {
                genuine.push(score);
            } else {
                impostor.push(score);
            }
        }
    }
    let spent =
        start.elapsed().as_secs_f64() * 1e3 / (genuine.len() + impostor.len()).max(1) as f64;
    if genuine.is_empty() || impostor.is_empty() {
        return Err("needs at least two fingers and two impressions of one".into());
    }
    genuine.sort_by(f32::total_cmp);
    impostor.sort_by(f32::total_cmp);
    println!(
        "{what}: {} genuine, {} impostor, {spent:.2} ms each; EER {:.2} %",
        genuine.len(),
        impostor.len(),
        100.0 * equal_error(&genuine, &impostor)
    );
    for fmr in [0.01, 0.001, 0.0] {
        let limit = impostor[impostor.len() - 1 - (fmr * impostor.len() as f64) as usize].next_up();
        println!(
            "  FNMR {:.2} % at FMR {} % (score >= {limit:.2})",
            100.0 * below(&genuine, limit),
            100.0 * fmr
        );
    }
    for (name, limit) in [("accept", bands.accept), ("refer", bands.refer)] {
        println!(
            "  {name} {limit}: FMR {:.3} %, FNMR {:.2} %",
            100.0 * (1.0 - below(&impostor, limit)),
            100.0 * below(&genuine, limit)
        );
    }
    Ok(())
}

/// Part of sorted scores under a limit.
fn below(sorted: &[f32], limit: f32) -> f64 {
    sorted.partition_point(|&s| s < limit) as f64 / sorted.len() as f64
}

/// Where both error rates meet.
fn equal_error(genuine: &[f32], impostor: &[f32]) -> f64 {
    genuine
        .iter()
        .chain(impostor)
        .map(|&limit| {
            let (missed, let_in) = (below(genuine, limit), 1.0 - below(impostor, limit));
            ((missed - let_in).abs(), (missed + let_in) / 2.0)
        })
        .min_by(|a, b| a.0.total_cmp(&b.0))
        .map_or(0.0, |(_, rate)| rate)
}
