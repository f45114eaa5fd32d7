//! Measures the face engine on labelled pictures: `eval_face FOLDER`, where FOLDER holds `labels.csv`
//! (file, identity, group) and the pictures under `lfw/`.
//!
//! Prints false match and false non-match rates at the shipped threshold and the true accept rate at
//! a false match rate of 0.1 %, each with its counts: a rate without its count claims too much.

use std::path::PathBuf;
use std::process::ExitCode;

use models::{FaceEngine, Manifest, Portrait};
use models_opencv::SFace;

struct Sample {
    identity: String,
    group: String,
    portrait: Portrait,
}

#[derive(Default)]
struct Scores {
    genuine: Vec<f32>,
    impostor: Vec<f32>,
}

fn main() -> ExitCode {
    match measure() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::from(2)
        }
    }
}

fn measure() -> Result<(), Box<dyn std::error::Error>> {
    let folder = PathBuf::from(
        std::env::args_os()
            .nth(1)
            .ok_or("usage: eval_face FOLDER")?,
    );
    let manifest = Manifest::load(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))?;
    let mut engine = SFace::load(&manifest)?;
    let mut samples = Vec::new();
    for line in std::fs::read_to_string(folder.join("labels.csv"))?
        .lines()
        .skip(1)
    {
        let [file, identity, group] = line.split(',').collect::<Vec<_>>()[..] else {
            return Err(format!("not file,identity,group: {line}").into());
        };
        samples.push(Sample {
            identity: identity.to_owned(),
            group: group.to_owned(),
            portrait: Portrait::decode(&std::fs::read(folder.join("lfw").join(file))?)?,
        });
    }
    let portraits: Vec<&Portrait> = samples.iter().map(|sample| &sample.portrait).collect();
    let started = std::time::Instant::now();
    let pairs = engine.pairwise(&portraits)?;
    let a_picture = started.elapsed().as_millis() as usize / samples.len().max(1);
    println!(
        "{} pictures, {} without a face, {a_picture} ms each",
        samples.len(),
        pairs.missed
    );

    let mut all = Scores::default();
    let mut groups = std::collections::BTreeMap::<&str, Scores>::new();
    for (a, b, similarity) in pairs.similarities {
        let (a, b) = (&samples[a], &samples[b]);
        let add = |scores: &mut Scores| {
            let same = a.identity == b.identity;
            let list = if same {
                &mut scores.genuine
            } else {
                &mut scores.impostor
            };
            list.push(similarity.value());
        };
        add(&mut all);
        if a.group == b.group {
            add(groups.entry(&a.group).or_default());
        }
    }
    let threshold = engine.bands().accept;
    report("all", &mut all, threshold);
    for (group, scores) in &mut groups {
        report(group, scores, threshold);
    }
    Ok(())
}

fn report(group: &str, scores: &mut Scores, threshold: f32) {
    scores.genuine.sort_by(f32::total_cmp);
    scores.impostor.sort_by(f32::total_cmp);
    let from = |list: &[f32], limit: f32| list.len() - list.partition_point(|score| *score < limit);
    let rate = |count: usize, of: usize| 100.0 * count as f64 / of.max(1) as f64;
    let (genuine, impostor) = (scores.genuine.len(), scores.impostor.len());
    println!("{group}: {genuine} genuine pairs, {impostor} impostor pairs");
    for limit in [0.363, 0.36, threshold] {
        let matched = from(&scores.impostor, limit);
        let missed = genuine - from(&scores.genuine, limit);
        println!(
            "  at {limit:.3}: FMR {:.3} % ({matched}/{impostor}), FNMR {:.2} % ({missed}/{genuine})",
            rate(matched, impostor),
            rate(missed, genuine),
        );
    }
    // The lowest limit that lets at most one impostor pair of a thousand through.
    let allowed = impostor / 1_000;
    let limit = impostor
        .checked_sub(allowed + 1)
        .map_or(-1.0, |index| scores.impostor[index].next_up());
    let accepted = from(&scores.genuine, limit);
    println!(
        "  TAR at FMR 0.1 %: {:.1} % ({accepted}/{genuine}) at {limit:.3}",
        rate(accepted, genuine)
    );
    if let (Some(lowest), Some(highest)) = (scores.genuine.first(), scores.impostor.last()) {
        println!("  lowest genuine {lowest:.3}, highest impostor {highest:.3}");
    }
}
