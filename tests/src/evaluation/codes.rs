//! Codes over a folder of labelled pictures: `truth.json` names each picture `CONDITION_NN` and says what its QR code
//! holds; beside it lie `CONDITION_NN.png`. And machine-readable zones on labelled pages.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

use anyhow::{Context as _, Result};
use paper::{ReadPage, Sheet};

use super::corpus::Sample;
use super::cost::own_cpu_seconds;

/// What reading the pictures of one condition came to.
#[derive(Clone, Debug, Default)]
pub struct CodeScore {
    pub of: usize,
    pub right: usize,
    /// Read, and not what the code holds: must never happen.
    pub wrong: usize,
    /// Numbers of the pictures that were not read.
    pub missed: Vec<String>,
}

/// The whole folder.
#[derive(Clone, Debug, Default)]
pub struct CodeScores {
    pub conditions: BTreeMap<String, CodeScore>,
    /// CPU milliseconds a picture, decoding the PNG not counted: half of the pictures took no longer, and the mean, which
    /// those dominate that cannot be read.
    pub median_ms: f64,
    pub mean_ms: f64,
}

impl CodeScores {
    pub fn of(&self) -> usize {
        self.conditions.values().map(|score| score.of).sum()
    }

    pub fn right(&self) -> usize {
        self.conditions.values().map(|score| score.right).sum()
    }

    pub fn wrong(&self) -> usize {
        self.conditions.values().map(|score| score.wrong).sum()
    }

    /// The table as text.
    pub fn table(&self) -> String {
        let mut table = String::from("codes        read  of  wrong  missed\n");
        for (condition, score) in &self.conditions {
            let _ = writeln!(
                table,
                "{condition:<12} {:>4} {:>3}  {:>5}  {}",
                score.right,
                score.of,
                score.wrong,
                score.missed.join(" ")
            );
        }
        let _ = writeln!(
            table,
            "{:<12} {:>4} {:>3}  {:>5}  CPU ms a picture: median {:.1}, mean {:.1}",
            "all",
            self.right(),
            self.of(),
            self.wrong(),
            self.median_ms,
            self.mean_ms
        );
        table
    }
}

/// Reads every picture of the folder.
///
/// # Errors
/// When the folder holds no `truth.json` or a picture cannot be opened.
pub fn measure(folder: &Path) -> Result<CodeScores> {
    let truth = folder.join("truth.json");
    let truth = std::fs::read(&truth).with_context(|| truth.display().to_string())?;
    let truth: BTreeMap<String, String> = serde_json::from_slice(&truth).context("truth.json")?;
    let mut scores = CodeScores::default();
    let mut seconds = Vec::new();
    for (name, holds) in &truth {
        let file = folder.join(format!("{name}.png"));
        let picture = image::open(&file).with_context(|| file.display().to_string())?;
        let picture = picture.to_luma8();
        let begun = own_cpu_seconds();
        let found = paper::codes::find_qr_in(&picture);
        seconds.push(own_cpu_seconds() - begun);
        let texts: Vec<&str> = found
            .iter()
            .filter_map(|code| Some(code.text.as_ref()?.as_str()))
            .collect();
        let (condition, number) = name.rsplit_once('_').unwrap_or((name, ""));
        let score = scores.conditions.entry(condition.to_owned()).or_default();
        let right = texts.contains(&holds.as_str());
        score.of += 1;
        score.right += usize::from(right);
        score.wrong += texts.iter().filter(|text| *text != holds).count();
        if !right {
            score.missed.push(number.to_owned());
        }
    }
    seconds.sort_by(f64::total_cmp);
    scores.median_ms = 1000.0 * seconds.get(seconds.len() / 2).copied().unwrap_or_default();
    scores.mean_ms = 1000.0 * seconds.iter().sum::<f64>() / seconds.len().max(1) as f64;
    Ok(scores)
}

/// The machine-readable zone of a page that has one.
#[derive(Clone, Copy, Debug, Default)]
pub struct ZoneScore {
    pub of: usize,
    /// Every check digit fits.
    pub proved: usize,
    /// Every check digit fits, and a letter under one of them is wrong all the same: must never happen.
    pub proved_wrong: usize,
    /// Verbatim, names included, which no check digit covers.
    pub verbatim: usize,
}

impl ZoneScore {
    pub fn add(&mut self, other: Self) {
        self.of += other.of;
        self.proved += other.proved;
        self.proved_wrong += other.proved_wrong;
        self.verbatim += other.verbatim;
    }
}

/// Seeks the zone of a page whose truth names one (`mrz1`, `mrz2` and so on).
pub fn zone(sample: &Sample, sheet: &Sheet, read: &ReadPage) -> Option<ZoneScore> {
    let truth: Vec<&str> = (1..=3)
        .filter_map(|line| sample.truth.fields.get(&format!("mrz{line}")))
        .map(|line| line.value.as_str())
        .collect();
    let covered = match truth.len() {
        // TD1: all but the names; TD3: all but the first line (ICAO 9303-5 §4.2, 9303-4 §4.2).
        3 => 0..2,
        2 => 1..2,
        _ => return None,
    };
    let mut score = ZoneScore {
        of: 1,
        ..ZoneScore::default()
    };
    let zones = paper::codes::find_zones(sheet, read);
    let Some(zone) = zones.iter().find(|zone| zone.lines.len() == truth.len()) else {
        return Some(score);
    };
    let same = |line: usize| zone.lines[line].as_str() == truth[line];
    score.proved = usize::from(zone.checks.all());
    score.proved_wrong = usize::from(zone.checks.all() && !covered.clone().all(same));
    score.verbatim = usize::from((0..truth.len()).all(same));
    Some(score)
}
