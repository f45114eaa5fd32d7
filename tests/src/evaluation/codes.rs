//! Codes over a folder of labelled pictures: `truth.json` names each picture `CONDITION_NN` and says what its QR code
//! holds; beside it lie `CONDITION_NN.png`.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

use anyhow::{Context as _, Result};

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
    /// CPU milliseconds a picture, decoding the PNG not counted.
    pub cpu_ms: f64,
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
            "{:<12} {:>4} {:>3}  {:>5}  {:.1} CPU ms a picture",
            "all",
            self.right(),
            self.of(),
            self.wrong(),
            self.cpu_ms
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
    let mut seconds = 0.0;
    for (name, holds) in &truth {
        let file = folder.join(format!("{name}.png"));
        let picture = image::open(&file).with_context(|| file.display().to_string())?;
        let picture = picture.to_luma8();
        let begun = own_cpu_seconds();
        let found = paper::codes::find_qr_in(&picture);
        seconds += own_cpu_seconds() - begun;
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
    scores.cpu_ms = seconds * 1000.0 / truth.len().max(1) as f64;
    Ok(scores)
}
