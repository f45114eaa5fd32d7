//! The paper room over a labelled corpus: every page read once, scored, and a table by condition.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

use anyhow::{Context as _, Result};
use models::TextEngine;
use paper::fields::{Field, FieldState};
use paper::{Options, Sheet};

use super::codes::{self, ZoneScore};
use super::corpus::{Sample, Truth};
use super::cost::own_cpu_seconds;
use super::kept;
use super::quad::{self, Quad};
use super::score::{Score, percent, plain};

/// What our own reading of one page came to.
#[derive(Clone, Debug)]
pub struct Measured {
    pub score: Score,
    pub fields: FieldScore,
    pub kind_right: bool,
    /// The kind that was told.
    pub kind: String,
    /// Intersection over union with the true page; none where the truth or the finder names no page.
    pub iou: Option<f64>,
    pub corner_error: Option<f64>,
    pub turn_right: bool,
    pub cpu_seconds: f64,
    pub bytes: usize,
    pub refused: Vec<&'static str>,
    /// The machine-readable zone, on a page that has one.
    pub zone: Option<ZoneScore>,
}

/// Named fields against the truth.
#[derive(Clone, Copy, Debug, Default)]
pub struct FieldScore {
    /// Fields of the truth.
    pub of: usize,
    /// Named rightly and verbatim, whatever the state.
    pub right: usize,
    /// Named, and wrong.
    pub wrong: usize,
    pub accepted: usize,
    /// Said to be sure, and wrong: the worst there is.
    pub accepted_wrong: usize,
}

impl FieldScore {
    /// Compares fields by name, values verbatim (case, marks and punctuation; spaces and quotes in one way).
    pub fn of(truth: &Truth, found: &[Field]) -> Self {
        let mut score = Self {
            of: truth.fields.len(),
            ..Self::default()
        };
        for (name, value) in &truth.fields {
            let Some(field) = found.iter().find(|field| &field.name == name) else {
                continue;
            };
            if field.value.is_empty() {
                continue;
            }
            let right = plain(&field.value) == plain(&value.value);
            let accepted = field.state == FieldState::Accepted;
            score.right += usize::from(right);
            score.wrong += usize::from(!right);
            score.accepted += usize::from(accepted);
            score.accepted_wrong += usize::from(accepted && !right);
        }
        score
    }

    fn add(&mut self, other: Self) {
        self.of += other.of;
        self.right += other.right;
        self.wrong += other.wrong;
        self.accepted += other.accepted;
        self.accepted_wrong += other.accepted_wrong;
    }
}

/// Reads one page as the desk would and scores it. `text_to` gets the text, for whoever wants to look.
///
/// # Errors
/// When the picture cannot be read at all; a page that is refused is measured like any other.
pub fn measure(
    sample: &Sample,
    engine: &mut dyn TextEngine,
    text_to: Option<&Path>,
) -> Result<Measured> {
    let bytes = std::fs::read(&sample.image)?;
    let started = own_cpu_seconds();
    let dpi = sample
        .pose
        .as_ref()
        .filter(|_| !sample.is_photograph())
        .map(|pose| pose.dpi);
    let sheet = Sheet::from_file(&bytes, dpi)?;
    let options = Options {
        declared_pages: Some(1),
        created: jiff::Timestamp::UNIX_EPOCH,
        attach_fields: true,
        convenience: false,
    };
    let done = paper::digitize_all(std::slice::from_ref(&sheet), engine, &options)
        .with_context(|| sample.image.display().to_string())?;
    let cpu_seconds = own_cpu_seconds() - started;
    let text = done.text();
    if let Some(folder_of) = text_to {
        let folder = folder_of.join(&sample.condition);
        std::fs::create_dir_all(&folder)?;
        std::fs::write(folder.join(format!("{}.txt", sample.id)), &text)?;
        std::fs::write(
            folder.join(format!("{}.fields.json", sample.id)),
            serde_json::to_vec_pretty(&done.fields)?,
        )?;
        let (read, report) = (&done.reads[0], &done.pages[0]);
        kept::keep(
            folder_of,
            &sample.condition,
            &sample.id,
            &read.text,
            &report.geometry,
        )?;
    }
    let page = &done.pages[0];
    let found = page_outline(&page.geometry);
    let truth = sample
        .pose
        .as_ref()
        .filter(|_| sample.is_photograph())
        .map(|pose| pose.quad);
    Ok(Measured {
        zone: codes::zone(sample, &sheet, &done.reads[0]),
        score: Score::of(&sample.truth, &text),
        fields: FieldScore::of(&sample.truth, &done.fields),
        kind_right: done.kind.id == told_kind(&sample.truth.kind),
        kind: done.kind.id.clone().into_owned(),
        iou: truth.map(|truth| found.map_or(0.0, |found| quad::iou(&found, &truth))),
        corner_error: truth.and_then(|truth| found.map(|found| quad::corner_error(&found, &truth))),
        turn_right: sample
            .pose
            .as_ref()
            .is_none_or(|pose| (page.geometry.turn.degrees() + pose.rotate) % 360 == 0),
        cpu_seconds,
        bytes: done.pdf.len(),
        refused: page
            .verdicts
            .iter()
            .filter(|verdict| verdict.severity == paper::Severity::Refused)
            .map(|verdict| verdict.code)
            .collect(),
    })
}

/// Names a page that was read before and takes its fields again: what understanding is worth, without reading. None when
/// the page was not kept.
///
/// # Errors
/// When a kept page is damaged or the fields cannot be written back.
pub fn understand(sample: &Sample, kept_in: &Path) -> Result<Option<Measured>> {
    let Some(page) = kept::load(kept_in, &sample.condition, &sample.id)? else {
        return Ok(None);
    };
    let started = own_cpu_seconds();
    let kind = paper::kind::classify(&[&page]);
    let fields = paper::fields::extract(&kind.id, &[&page]);
    let cpu_seconds = own_cpu_seconds() - started;
    std::fs::write(
        kept_in
            .join(&sample.condition)
            .join(format!("{}.fields.json", sample.id)),
        serde_json::to_vec_pretty(&fields)?,
    )?;
    Ok(Some(Measured {
        zone: None,
        score: Score::of(&sample.truth, &page.text()),
        fields: FieldScore::of(&sample.truth, &fields),
        kind_right: kind.id == told_kind(&sample.truth.kind),
        kind: kind.id.into_owned(),
        iou: None,
        corner_error: None,
        turn_right: true,
        cpu_seconds,
        bytes: 0,
        refused: Vec::new(),
    }))
}

/// The outline that the page finder saw.
fn page_outline(geometry: &paper::Geometry) -> Option<Quad> {
    geometry.flattening.map(|flat| flat.outline.corners)
}

/// A form filled by hand is a form; the corpus tells them apart.
fn told_kind(kind: &str) -> &str {
    match kind {
        "to_khai_tay" => "to_khai",
        other => other,
    }
}

/// The sums of one condition.
#[derive(Clone, Debug, Default)]
pub struct Row {
    pages: usize,
    score: Score,
    fields: FieldScore,
    kinds_right: usize,
    turns_right: usize,
    ious: Vec<f64>,
    cpu_seconds: f64,
    bytes: usize,
    refused: usize,
}

impl Row {
    fn enter(&mut self, page: &Measured) {
        self.pages += 1;
        self.score.add(page.score);
        self.fields.add(page.fields);
        self.kinds_right += usize::from(page.kind_right);
        self.turns_right += usize::from(page.turn_right);
        self.ious.extend(page.iou);
        self.cpu_seconds += page.cpu_seconds;
        self.bytes += page.bytes;
        self.refused += usize::from(!page.refused.is_empty());
    }
}

/// The heading of the lines that [`table`] writes.
const HEADING: &str = "condition    pages   CER %  bare %  values %  named %  wrong %  accepted %  acc.wrong %  \
     kind  turn  IoU least/median  CPU s  kB/page  refused";

/// One line for each condition and one for all.
pub fn table(measured: &[(&Sample, Measured)]) -> String {
    let mut rows: BTreeMap<&str, Row> = BTreeMap::new();
    let mut all = Row::default();
    for (sample, page) in measured {
        rows.entry(&sample.condition).or_default().enter(page);
        all.enter(page);
    }
    let mut text = format!("{HEADING}\n");
    for (name, row) in rows.into_iter().chain([("all", all)]) {
        line(&mut text, name, row);
    }
    text
}

fn line(text: &mut String, name: &str, mut row: Row) {
    let pages = row.pages.max(1);
    row.ious.sort_by(f64::total_cmp);
    let iou = match (row.ious.first(), row.ious.get(row.ious.len() / 2)) {
        (Some(least), Some(median)) => format!("{least:.3}/{median:.3}"),
        _ => "-".to_owned(),
    };
    let fields = row.fields;
    // Writing to a String cannot fail.
    let _ = writeln!(
        text,
        "{name:<12} {:>5}  {:>6.2}  {:>6.2}  {:>8.1}  {:>7.1}  {:>7.1}  {:>10.1}  {:>11.2}  {:>4}  {:>4}  {iou:>16}  {:>5.2}  {:>7.0}  {:>7}",
        row.pages,
        row.score.cer(),
        row.score.bare_cer(),
        row.score.found_share(),
        percent(fields.right, fields.of),
        percent(fields.wrong, fields.of),
        percent(fields.accepted, fields.of),
        percent(fields.accepted_wrong, fields.of),
        row.kinds_right,
        row.turns_right,
        row.cpu_seconds / pages as f64,
        row.bytes as f64 / 1000.0 / pages as f64,
        row.refused,
    );
}
