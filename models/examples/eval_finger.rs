//! Measures the finger engine on a folder of prints named `<finger>_<impression>.<ext>`.
//!
//! `cargo run --release -p models --example eval_finger -- DIR [DPI]` compares every two prints (the
//! same finger: genuine; two fingers: impostor) and prints what the FVC contests print. A print the
//! engine refuses counts as a score of 0, as in FVC.

use std::path::Path;
use std::time::{Duration, Instant};

use models::finger::{FingerEngine, FingerImage, Minutiae, MinutiaeEngine};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let Some(folder) = arguments.next() else {
        return Err("usage: eval_finger DIR [DPI]".into());
    };
    let dpi = arguments.next().map_or(Ok(500), |d| d.parse())?;
    let prints = load(Path::new(&folder), dpi)?;
    if prints.len() < 2 {
        return Err("fewer than two prints in the folder".into());
    }
    let engine = MinutiaeEngine::new();
    println!("model {}", engine.model());

    let (mut genuine, mut impostor) = (Vec::new(), Vec::new());
    let mut spent = Vec::new();
    for (i, (finger, one)) in prints.iter().enumerate() {
        for (other_finger, other) in &prints[i + 1..] {
            let start = Instant::now();
            let score = match (one, other) {
                (Some(one), Some(other)) => one.similarity(other).value(),
                _ => 0.0,
            };
            spent.push(start.elapsed());
            if finger == other_finger {
                genuine.push(score);
            } else {
                impostor.push(score);
            }
        }
    }
    if genuine.is_empty() || impostor.is_empty() {
        return Err("needs at least two fingers and two impressions of one".into());
    }
    report_times("match", &mut spent);
    genuine.sort_by(f32::total_cmp);
    impostor.sort_by(f32::total_cmp);
    println!("genuine {}  impostor {}", genuine.len(), impostor.len());
    println!("EER {:.2} %", 100.0 * equal_error(&genuine, &impostor));
    for fmr in [0.01, 0.001, 0.0] {
        let threshold = threshold_for(&impostor, fmr);
        let missed = part_below(&genuine, threshold);
        println!(
            "FNMR {:.2} % at FMR {} %  (score >= {threshold:.2})",
            100.0 * missed,
            100.0 * fmr,
        );
    }
    let bands = engine.bands();
    for (name, limit) in [("accept", bands.accept), ("refer", bands.refer)] {
        println!(
            "{name} {limit}: FMR {:.3} %  FNMR {:.2} %",
            100.0 * (1.0 - part_below(&impostor, limit)),
            100.0 * part_below(&genuine, limit),
        );
    }
    println!("lowest genuine   {}", list(genuine.iter().take(12)));
    println!("highest genuine  {}", list(genuine.iter().rev().take(6)));
    println!("highest impostor {}", list(impostor.iter().rev().take(12)));
    println!(
        "median genuine {:.2}  impostor {:.2}",
        genuine[genuine.len() / 2],
        impostor[impostor.len() / 2]
    );
    Ok(())
}

type Print = (String, Option<Minutiae>);

fn load(folder: &Path, dpi: u32) -> Result<Vec<Print>, Box<dyn std::error::Error>> {
    let mut files: Vec<_> = std::fs::read_dir(folder)?
        .map(|entry| entry.map(|e| e.path()))
        .collect::<Result<_, _>>()?;
    files.sort();
    let (mut prints, mut spent) = (Vec::new(), Vec::new());
    let (mut count, mut quality) = (0, 0);
    for file in files {
        let Some((finger, _)) = file.file_stem().and_then(|s| s.to_str()?.split_once('_')) else {
            continue;
        };
        let image = FingerImage::decode(&std::fs::read(&file)?, dpi)?;
        let start = Instant::now();
        let minutiae = Minutiae::extract(&image);
        spent.push(start.elapsed());
        match &minutiae {
            Ok(m) => {
                count += m.points().len();
                quality += usize::from(m.quality().figure);
            }
            Err(error) => println!("{}: {error}", file.display()),
        }
        prints.push((finger.to_owned(), minutiae.ok()));
    }
    report_times("extract", &mut spent);
    let n = prints.len().max(1);
    println!("mean minutiae {}  mean quality {}", count / n, quality / n);
    Ok(prints)
}

fn report_times(what: &str, spent: &mut [Duration]) {
    spent.sort();
    if let (Some(middle), Some(worst)) = (spent.get(spent.len() / 2), spent.last()) {
        println!(
            "{what}: median {:.1} ms, worst {:.1} ms",
            middle.as_secs_f64() * 1e3,
            worst.as_secs_f64() * 1e3
        );
    }
}

/// Part of sorted scores under a limit.
fn part_below(sorted: &[f32], limit: f32) -> f64 {
    sorted.partition_point(|&s| s < limit) as f64 / sorted.len() as f64
}

/// Smallest limit that lets at most this part of the impostors through.
fn threshold_for(impostor: &[f32], fmr: f64) -> f32 {
    let through = (fmr * impostor.len() as f64).floor() as usize;
    impostor[impostor.len() - 1 - through].next_up()
}

/// Where both error rates meet.
fn equal_error(genuine: &[f32], impostor: &[f32]) -> f64 {
    genuine
        .iter()
        .chain(impostor)
        .map(|&limit| {
            let missed = part_below(genuine, limit);
            let let_in = 1.0 - part_below(impostor, limit);
            ((missed - let_in).abs(), (missed + let_in) / 2.0)
        })
        .min_by(|a, b| a.0.total_cmp(&b.0))
        .map_or(0.0, |(_, rate)| rate)
}

fn list<'a>(scores: impl Iterator<Item = &'a f32>) -> String {
    scores
        .map(|s| format!("{s:.2}"))
        .collect::<Vec<_>>()
        .join(" ")
}
