//! The checks of pages over a labelled corpus of faults: what is caught of each class, at which place, and what is
//! complained of on pages that have nothing.
//!
//! A corpus is a folder with `labels.json`, a list of [`Label`]s; the images lie in `images/` or beside it.

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;

use anyhow::{Context as _, Result};
use models::TextEngine;
use paper::quality::Look;
use paper::{Entering, Outline, PageLedger, Place, Severity, Sheet, Verdict};

use crate::specimen::faults::Label;

/// How the page in a photograph is found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Corners {
    /// As at the desk, by the page finder.
    Found,
    /// As the label says: the checks alone are measured.
    Told,
}

/// What one image came to.
#[derive(Clone, Debug)]
pub struct Judged {
    pub label: Label,
    /// Verdicts that name the fault rightly.
    pub codes: Vec<&'static str>,
    pub verdicts: Vec<Verdict>,
    pub cpu_seconds: f64,
}

/// What names the fault of a class, where a corpus does not say.
fn codes_of(class: &str) -> &'static [&'static str] {
    match class {
        "low_dpi" => &["quality.dpi_low"],
        "cut_corner" => &["quality.corner_folded", "quality.page_cut"],
        "blank" => &["quality.blank"],
        "blur" => &["quality.blurred"],
        "blur_part" => &["quality.blurred_part", "quality.blurred"],
        "glare" => &["quality.glare"],
        "shadow" => &["quality.shadow"],
        "note" => &["quality.covered"],
        "upside_down" => &["quality.upside_down"],
        _ => &[],
    }
}

/// Another true thing to say of the same fault: a page of 80 dots an inch is blurred, too.
fn said_otherwise(codes: &[&str], verdict: &Verdict) -> bool {
    let also: &[(&str, &[&str])] = &[
        (
            "quality.dpi_low",
            &[
                "quality.blurred",
                "quality.blurred_part",
                "quality.hard_to_read",
            ],
        ),
        (
            "quality.blurred",
            &["quality.blurred_part", "quality.hard_to_read"],
        ),
        ("quality.shadow", &["quality.too_dark"]),
    ];
    also.iter()
        .any(|(code, others)| codes.contains(code) && others.contains(&verdict.code))
}

impl Judged {
    fn hit(&self) -> Option<&Verdict> {
        self.verdicts
            .iter()
            .find(|verdict| self.codes.contains(&verdict.code))
    }

    /// Share of the true place that the verdict's place covers, and of the two together (intersection over union).
    fn overlap(&self) -> Option<(f32, f32)> {
        let truth = self.label.place?;
        let place = self.hit()?.place?;
        let found = [place.x, place.y, place.w, place.h].map(|value| value as f32);
        let common = |axis: usize| {
            let (from, to) = (
                truth[axis].max(found[axis]),
                (truth[axis] + truth[axis + 2]).min(found[axis] + found[axis + 2]),
            );
            (to - from).max(0.0)
        };
        let both = common(0) * common(1);
        let (a, b) = (truth[2] * truth[3], found[2] * found[3]);
        Some((both / a.max(1.0), both / (a + b - both).max(1.0)))
    }

    /// Complaints that the label does not name.
    fn strange(&self) -> impl Iterator<Item = &Verdict> {
        self.verdicts
            .iter()
            .filter(|verdict| !self.codes.contains(&verdict.code))
            .filter(|verdict| !said_otherwise(&self.codes, verdict))
    }
}

/// One class.
#[derive(Clone, Debug, Default)]
pub struct Row {
    pub images: usize,
    /// Bad enough that they must be caught.
    pub must: usize,
    pub caught: usize,
    /// Milder ones, and how many of them were told.
    pub mild: usize,
    pub mild_told: usize,
    /// Of those caught with a known place: at that place.
    pub placed: usize,
    pub with_place: usize,
    /// Images with complaints that the label does not name.
    pub strange: usize,
    /// Refused though the label names no fault.
    pub refused: usize,
    pub codes: BTreeMap<&'static str, usize>,
    pub cpu_seconds: f64,
}

/// All classes.
#[derive(Clone, Debug, Default)]
pub struct Table {
    pub rows: BTreeMap<String, Row>,
    /// Images that were missed or wrongly complained of, one line each.
    pub remarks: Vec<String>,
}

impl Table {
    /// Share of what must be caught that was, over all classes of faults.
    pub fn recall(&self) -> f64 {
        let sum = |of: fn(&Row) -> usize| self.rows.values().map(of).sum::<usize>() as f64;
        sum(|row| row.caught) / sum(|row| row.must).max(1.0)
    }

    /// Share of good images with any complaint.
    pub fn false_alarms(&self) -> f64 {
        let good: Vec<&Row> = self
            .rows
            .iter()
            .filter(|(name, _)| name.starts_with("good"))
            .map(|(_, row)| row)
            .collect();
        let images: usize = good.iter().map(|row| row.images).sum();
        let strange: usize = good.iter().map(|row| row.strange).sum();
        strange as f64 / images.max(1) as f64
    }

    fn enter(&mut self, judged: &Judged) {
        let label = &judged.label;
        let row = self.rows.entry(label.class.clone()).or_default();
        row.images += 1;
        row.cpu_seconds += judged.cpu_seconds;
        let hit = judged.hit().is_some();
        if label.must && !judged.codes.is_empty() {
            row.must += 1;
            row.caught += usize::from(hit);
            if !hit {
                self.remarks.push(format!(
                    "missed   {} ({} {:.2}) said {}",
                    label.file,
                    label.measure,
                    label.severity,
                    said(&judged.verdicts)
                ));
            }
        } else if !judged.codes.is_empty() {
            row.mild += 1;
            row.mild_told += usize::from(hit);
        }
        if let Some((covered, together)) = judged.overlap() {
            row.with_place += 1;
            row.placed += usize::from(covered >= 0.5 || together >= 0.3);
        }
        let strange: Vec<Verdict> = judged.strange().cloned().collect();
        if !strange.is_empty() {
            row.strange += 1;
            for verdict in &strange {
                *row.codes.entry(verdict.code).or_default() += 1;
            }
            self.remarks
                .push(format!("strange  {} said {}", label.file, said(&strange)));
        }
        let refused = judged
            .verdicts
            .iter()
            .any(|verdict| verdict.severity == Severity::Refused);
        row.refused += usize::from(refused && judged.codes.is_empty());
    }
}

fn said(verdicts: &[Verdict]) -> String {
    if verdicts.is_empty() {
        return "nothing".to_owned();
    }
    let one = |verdict: &Verdict| {
        format!(
            "{} {:.3}/{:.3}{}",
            verdict.code,
            verdict.value,
            verdict.limit,
            verdict
                .place
                .map_or(String::new(), |Place { x, y, w, h }| format!(
                    " at {x},{y} {w}x{h}"
                ))
        )
    };
    verdicts.iter().map(one).collect::<Vec<_>>().join("; ")
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "class            images   must caught recall %   mild  told   at place   strange refused  CPU s  complaints not named by the label"
        )?;
        for (name, row) in &self.rows {
            let recall = if row.must == 0 {
                "-".to_owned()
            } else {
                format!("{:.1}", 100.0 * row.caught as f64 / row.must as f64)
            };
            let codes: Vec<String> = row
                .codes
                .iter()
                .map(|(code, count)| format!("{code} {count}"))
                .collect();
            writeln!(
                f,
                "{name:<16} {:>6} {:>6} {:>6} {recall:>8} {:>6} {:>5} {:>6}/{:<4} {:>7} {:>7} {:>6.2}  {}",
                row.images,
                row.must,
                row.caught,
                row.mild,
                row.mild_told,
                row.placed,
                row.with_place,
                row.strange,
                row.refused,
                row.cpu_seconds / row.images.max(1) as f64,
                codes.join(", ")
            )?;
        }
        writeln!(
            f,
            "all: recall {:.1} %, good pages complained of {:.1} %",
            100.0 * self.recall(),
            100.0 * self.false_alarms()
        )
    }
}

/// The labels of a corpus.
///
/// # Errors
/// When there is no `labels.json` or it is none.
pub fn labels(folder: &Path) -> Result<Vec<Label>> {
    let path = folder.join("labels.json");
    let bytes = std::fs::read(&path).with_context(|| path.display().to_string())?;
    Ok(serde_json::from_slice(&bytes)?)
}

/// What is judged, and how.
#[derive(Clone, Debug)]
pub struct Choice {
    /// Classes; all when empty.
    pub classes: Vec<String>,
    /// At most so many images of each class.
    pub each: usize,
    pub corners: Corners,
    /// Good pages are read, too, and what the reading tells of them is held against them.
    pub read_good: bool,
}

impl Default for Choice {
    fn default() -> Self {
        Self {
            classes: Vec::new(),
            each: usize::MAX,
            corners: Corners::Found,
            read_good: false,
        }
    }
}

/// Judges the images of a corpus. `engine` reads where only reading can tell.
///
/// # Errors
/// When the corpus cannot be read.
pub fn evaluate(
    folder: &Path,
    choice: &Choice,
    mut engine: Option<&mut dyn TextEngine>,
) -> Result<Table> {
    let mut table = Table::default();
    // Firsts of all piles together: whatever is told to be the same as another is told wrongly.
    let mut everything = PageLedger::new(None);
    let mut pile: Option<(String, PageLedger)> = None;
    let mut taken: BTreeMap<String, usize> = BTreeMap::new();
    for mut label in labels(folder)? {
        if !choice.classes.is_empty() && !choice.classes.contains(&label.class) {
            continue;
        }
        if label.pile.is_none() && label.pair.is_some() {
            label.relation = pile
                .as_ref()
                .filter(|(known, _)| Some(known) == label.pair.as_ref())
                .map(|_| "duplicate".to_owned());
            let name = if label.relation.is_some() {
                &label.pair
            } else {
                &Some(label.file.clone())
            };
            label.pile = name.clone();
        }
        let count = taken.entry(label.class.clone()).or_default();
        if label.relation.is_none() {
            *count += 1;
        }
        if *count > choice.each {
            continue;
        }
        let mut codes: Vec<&'static str> = match &label.codes {
            Some(codes) => paper::CODES
                .iter()
                .copied()
                .filter(|code| codes.iter().any(|wanted| wanted == code))
                .collect(),
            None => codes_of(&label.class).to_vec(),
        };
        let path = folder.join("images").join(&label.file);
        let path = if path.is_file() {
            path
        } else {
            folder.join(&label.file)
        };
        let bytes = std::fs::read(&path).with_context(|| path.display().to_string())?;
        let started = super::cost::own_cpu_seconds();
        let sheet = Sheet::from_file(&bytes, None)?;
        let mut seen = look(&sheet, &label, choice.corners);
        let mut told = Vec::new();
        if let Some(name) = &label.pile {
            if pile.as_ref().is_none_or(|(known, _)| known != name) {
                pile = Some((name.clone(), PageLedger::new(None)));
            }
            if let Some((_, ledger)) = &mut pile {
                told = enter(ledger, &label, &seen);
            }
        }
        let cpu_seconds = super::cost::own_cpu_seconds() - started;
        let by_reading = codes.contains(&"quality.upside_down")
            || choice.read_good && codes.is_empty() && label.relation.is_none();
        if let Some(engine) = engine.as_deref_mut().filter(|_| by_reading) {
            let examined = paper::examine(std::slice::from_ref(&sheet), engine, None)?;
            seen.verdicts = examined
                .reports
                .into_iter()
                .flat_map(|page| page.verdicts)
                .collect();
        }
        if label.relation.is_none() && !seen.blank {
            let told = enter(&mut everything, &label, &seen);
            let label = Label {
                class: "all_together".to_owned(),
                must: false,
                place: None,
                ..label.clone()
            };
            table.enter(&Judged {
                label,
                codes: Vec::new(),
                verdicts: told,
                cpu_seconds: 0.0,
            });
        }
        match label.relation.as_deref() {
            Some("duplicate") => codes.push("quality.duplicate"),
            Some("covered") => codes.push("quality.note_pair"),
            _ => {}
        }
        seen.verdicts.extend(told);
        table.enter(&Judged {
            label,
            codes,
            verdicts: seen.verdicts,
            cpu_seconds,
        });
    }
    Ok(table)
}

fn enter(ledger: &mut PageLedger, label: &Label, seen: &Look) -> Vec<Verdict> {
    ledger.enter(&Entering {
        sha256: &label.file,
        likeness: Some(&seen.likeness),
        verdicts: &seen.verdicts,
        text: None,
    })
}

fn look(sheet: &Sheet, label: &Label, corners: Corners) -> Look {
    match corners {
        Corners::Found => paper::quality::look_for_page(sheet),
        Corners::Told => {
            let outline = label.corners.map(|corners| Outline {
                corners: corners.map(|corner| corner.map(f64::from)),
                bends: [0.0; 4],
            });
            paper::quality::look(sheet, outline.as_ref())
        }
    }
}
