//! Faces: every picture of a labelled folder against every other, by the rules of the desk.
//!
//! A picture with no face, or with several faces near enough to be meant, could not have been taken at the desk: it is
//! counted as a failure to acquire, and once more as a pair that does not match. Because a card's portrait may show
//! several (the largest counts there), a last table tells the rates with the largest face of every picture.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::path::Path;
use std::time::Instant;

use anyhow::{Context as _, Result, bail};
use models::{Bands, FaceEngine as _, FaceError, Manifest, ModelId, Portrait};
use models_opencv::{Recogniser, SFace, Template};

use super::cost::{self, Costs};
use super::labels::{self, Labelled};
use super::rates::Comparison;
use super::rates::table::{HEAD, Proportion, Table};

/// Comparisons of two whole pictures whose cost is taken, as the desk makes them.
const DECISIONS: usize = 40;

/// Camera pictures judged for guidance, and their size in pixels: what webcams give at 30 a second.
const GUIDED: usize = 60;
const CAMERA: [u32; 2] = [640, 480];

/// Pairs held in memory at once, 16 bytes each and twice more while they are sorted.
pub const MOST_PAIRS: usize = 40_000_000;

/// A file larger than this is no portrait ([`Portrait::MAX_BYTES`] is the engine's own limit).
const MOST_BYTES: u64 = 64 << 20;

/// The rates of a folder.
pub struct FaceRates {
    detector: ModelId,
    recogniser: ModelId,
    bands: Bands,
    pictures: usize,
    identities: usize,
    refused: BTreeMap<&'static str, usize>,
    /// Of all, of each group, between groups, and with the largest face of every picture.
    pub tables: Vec<Table>,
    detection: Costs,
    embedding: Costs,
    decision: Costs,
    guidance: Costs,
    /// Camera pictures judged in a second of real time, on the cores that there are.
    guided_a_second: f64,
}

/// What came of one picture.
struct Sample {
    identity: u32,
    group: Option<String>,
    template: Option<Template>,
    /// Why the desk would have asked for another picture.
    refused: Option<&'static str>,
}

/// Measures a folder; labels are read from `list`, from `labels.csv` in the folder, or from its folders' names.
///
/// # Errors
/// When labels or weights cannot be read, or the engine fails.
pub fn measure(
    folder: &Path,
    list: Option<&Path>,
    models: &Path,
    recogniser: Recogniser,
) -> Result<FaceRates> {
    let own_list = folder.join("labels.csv");
    let labelled = match list.or(own_list.is_file().then_some(&own_list)) {
        Some(list) => labels::listed(folder, list, "identity")?,
        None => labels::by_folder(folder)?,
    };
    room_for(labelled.len())?;
    let manifest = Manifest::load(models)?;
    let mut engine = SFace::with(&manifest, recogniser).with_context(|| {
        format!(
            "the face engine; `cargo xtask models` fills {}",
            models.display()
        )
    })?;
    let mut rates = FaceRates {
        detector: engine.detector().clone(),
        recogniser: engine.model().clone(),
        bands: engine.bands(),
        pictures: labelled.len(),
        identities: 0,
        refused: BTreeMap::new(),
        tables: Vec::new(),
        detection: Costs::default(),
        embedding: Costs::default(),
        decision: Costs::default(),
        guidance: Costs::default(),
        guided_a_second: 0.0,
    };
    let samples = rates.look(&mut engine, &labelled)?;
    rates.decide(&mut engine, &labelled, &samples)?;
    rates.guide(&mut engine, &labelled, &samples)?;
    rates.tabulate(&samples);
    Ok(rates)
}

/// Refuses more samples than whose pairs fit into memory.
pub fn room_for(samples: usize) -> Result<()> {
    let pairs = samples.saturating_mul(samples.saturating_sub(1)) / 2;
    if pairs > MOST_PAIRS {
        bail!("{samples} pictures make {pairs} pairs; at most {MOST_PAIRS} are compared at once");
    }
    Ok(())
}

impl FaceRates {
    fn look(&mut self, engine: &mut SFace, labelled: &[Labelled]) -> Result<Vec<Sample>> {
        let mut numbers = BTreeMap::new();
        let mut samples = Vec::new();
        for label in labelled {
            let next = numbers.len() as u32;
            let identity = *numbers.entry(&label.identity).or_insert(next);
            let mut sample = Sample {
                identity,
                group: label.group.clone(),
                template: None,
                refused: None,
            };
            match read(&label.file)? {
                Ok(portrait) => {
                    let located = self.detection.of(|| engine.locate(&portrait))?;
                    sample.refused = match located.count() {
                        0 => Some(FaceError::NoFace.code()),
                        1 => None,
                        count => Some(FaceError::SeveralFaces { count }.code()),
                    };
                    if located.count() > 0 {
                        sample.template = self.embedding.of(|| engine.template(&located))?;
                    }
                }
                Err(code) => sample.refused = Some(code),
            }
            if let Some(code) = sample.refused {
                *self.refused.entry(code).or_default() += 1;
            }
            samples.push(sample);
        }
        self.identities = numbers.len();
        Ok(samples)
    }

    /// Takes the cost of whole comparisons, spread over the folder.
    fn decide(
        &mut self,
        engine: &mut SFace,
        labelled: &[Labelled],
        samples: &[Sample],
    ) -> Result<()> {
        let taken: Vec<_> = labelled
            .iter()
            .zip(samples)
            .filter(|(_, sample)| sample.refused.is_none())
            .map(|(label, _)| label)
            .collect();
        let step = (taken.len() / DECISIONS).max(1);
        for pair in taken.windows(2).step_by(step).take(DECISIONS) {
            if let (Ok(document), Ok(live)) = (read(&pair[0].file)?, read(&pair[1].file)?) {
                self.decision.of(|| engine.compare(&document, &live))?;
            }
        }
        Ok(())
    }

    /// Takes the cost of judging camera pictures, one after the other as the desk does while a person settles down.
    fn guide(
        &mut self,
        engine: &mut SFace,
        labelled: &[Labelled],
        samples: &[Sample],
    ) -> Result<()> {
        let mut frames = Vec::new();
        for (label, sample) in labelled.iter().zip(samples) {
            if frames.len() == GUIDED {
                break;
            }
            if let (None, Ok(portrait)) = (sample.refused, read(&label.file)?) {
                frames.push(camera_picture(&portrait)?);
            }
        }
        let began = Instant::now();
        for frame in &frames {
            self.guidance.of(|| engine.quality(frame))?;
        }
        self.guided_a_second = frames.len() as f64 / began.elapsed().as_secs_f64().max(1e-9);
        Ok(())
    }

    fn tabulate(&mut self, samples: &[Sample]) {
        let groups: BTreeSet<&str> = samples.iter().filter_map(|s| s.group.as_deref()).collect();
        let acquired = |sample: &Sample| sample.refused.is_none();
        let found = |sample: &Sample| sample.template.is_some();
        let all = |_: &Sample, _: &Sample| true;
        self.add("all".to_owned(), samples, acquired, all);
        for group in &groups {
            let inside = |sample: &Sample| sample.group.as_deref() == Some(group);
            self.add((*group).to_owned(), samples, acquired, |a, b| {
                inside(a) && inside(b)
            });
        }
        if groups.len() > 1 {
            self.add("across groups".to_owned(), samples, acquired, |a, b| {
                a.group != b.group
            });
        }
        if self.refused.contains_key("face.several") {
            let name = "all, the largest face where there are several";
            self.add(name.to_owned(), samples, found, all);
            for group in &groups {
                let inside = |sample: &Sample| sample.group.as_deref() == Some(group);
                let name = format!("{group}, the largest face where there are several");
                self.add(name, samples, found, |a, b| inside(a) && inside(b));
            }
        }
    }

    /// A table of the pairs that are wanted, of which both pictures must be usable to have a score.
    fn add(
        &mut self,
        name: String,
        samples: &[Sample],
        usable: impl Fn(&Sample) -> bool,
        wanted: impl Fn(&Sample, &Sample) -> bool,
    ) {
        let mut pairs = Vec::new();
        let mut shown = vec![false; samples.len()];
        for (place, one) in samples.iter().enumerate() {
            shown[place] |= usable(one) && wanted(one, one);
            for (further, other) in samples.iter().enumerate().skip(place + 1) {
                if !wanted(one, other) {
                    continue;
                }
                let score = match (&one.template, &other.template) {
                    (Some(a), Some(b)) if usable(one) && usable(other) => {
                        shown[place] = true;
                        shown[further] = true;
                        Some(a.similarity(b).value())
                    }
                    _ => None,
                };
                pairs.push(Comparison {
                    one: one.identity,
                    other: other.identity,
                    score,
                });
            }
        }
        let shown: Vec<u32> = samples
            .iter()
            .zip(shown)
            .filter_map(|(sample, shown)| shown.then_some(sample.identity))
            .collect();
        let identities = shown.iter().collect::<BTreeSet<_>>().len();
        self.tables.push(Table::new(
            name,
            shown.len(),
            identities,
            self.bands,
            &pairs,
        ));
    }
}

/// The picture, or the code under which the desk would refuse it.
///
/// # Errors
/// When the file cannot be read.
pub fn read(file: &Path) -> Result<Result<Portrait, &'static str>> {
    let name = || file.display().to_string();
    if std::fs::metadata(file).with_context(name)?.len() > MOST_BYTES {
        return Ok(Err("portrait.too_large"));
    }
    let bytes = std::fs::read(file).with_context(name)?;
    Ok(Portrait::decode(&bytes).map_err(|error| error.code()))
}

/// A picture in the middle of what a camera sees, its height filled.
fn camera_picture(portrait: &Portrait) -> Result<Portrait> {
    let [width, height] = CAMERA;
    let (from_w, from_h) = (portrait.width(), portrait.height());
    let shown =
        (u64::from(from_w) * u64::from(height) / u64::from(from_h)).min(u64::from(width)) as u32;
    let left = (width - shown) / 2;
    let mut rgb = vec![128; (width * height * 3) as usize];
    for (y, row) in rgb.chunks_exact_mut(width as usize * 3).enumerate() {
        let line = y as u32 * from_h / height;
        for x in 0..shown {
            let from = ((line * from_w + x * from_w / shown) * 3) as usize;
            let to = ((left + x) * 3) as usize;
            row[to..to + 3].copy_from_slice(&portrait.rgb()[from..from + 3]);
        }
    }
    Ok(Portrait::from_rgb(width, height, rgb)?)
}

impl fmt::Display for FaceRates {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "faces: {} pictures of {} identities, every picture with every other",
            self.pictures, self.identities
        )?;
        writeln!(f, "detector {}", self.detector)?;
        writeln!(f, "recogniser {}", self.recogniser)?;
        writeln!(
            f,
            "shipped limits: accept {}, refer {}\n",
            self.bands.accept, self.bands.refer
        )?;
        f.write_str(HEAD)?;
        refusals(f, &self.refused, self.pictures)?;
        for table in &self.tables {
            write!(f, "\n{table}")?;
        }
        writeln!(f, "\nTime and memory (these lines differ from run to run)")?;
        writeln!(f, "    detection            {}", self.detection)?;
        writeln!(f, "    alignment, embedding {}", self.embedding)?;
        writeln!(f, "    whole decision       {}", self.decision)?;
        writeln!(f, "    guidance, 640 x 480  {}", self.guidance)?;
        writeln!(
            f,
            "    guided               {:.1} camera pictures a second, {} cores",
            self.guided_a_second,
            std::thread::available_parallelism().map_or(1, usize::from)
        )?;
        writeln!(f, "    peak memory          {:.0} MiB", cost::peak_mib())
    }
}

/// How many pictures were refused, and why.
pub fn refusals(
    f: &mut dyn fmt::Write,
    refused: &BTreeMap<&'static str, usize>,
    of: usize,
) -> fmt::Result {
    let sum: usize = refused.values().sum();
    let line = Proportion::new("failure to acquire", sum as f64, of as f64);
    writeln!(f, "{line}")?;
    for (code, count) in refused {
        writeln!(f, "      {code:<24} {count}")?;
    }
    Ok(())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use image::{Rgb, RgbImage, imageops};

    use super::*;
    use crate::specimen::face::{draw_face, draw_face_at_desk};

    /// Two drawn people in each of two groups, a portrait and a picture at the desk of each; then what no desk takes.
    fn folder() -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        let mut list = "file,identity,group\n".to_owned();
        let mut add = |name: &str, person: usize, picture: &RgbImage| {
            picture.save(folder.path().join(name)).unwrap();
            list.push_str(&format!("{name},person {person},{}\n", person % 2));
        };
        for (person, seed) in [1, 23, 2, 3].into_iter().enumerate() {
            add(&format!("{person}_a.png"), person, &draw_face(seed));
            add(
                &format!("{person}_b.png"),
                person,
                &draw_face_at_desk(seed, 1),
            );
        }
        let one = draw_face(1);
        let mut two = RgbImage::new(2 * one.width(), one.height());
        imageops::replace(&mut two, &one, 0, 0);
        imageops::replace(&mut two, &draw_face(23), i64::from(one.width()), 0);
        add("two.png", 0, &two);
        add(
            "none.png",
            0,
            &RgbImage::from_pixel(300, 400, Rgb([200; 3])),
        );
        std::fs::write(folder.path().join("torn.jpg"), b"\xff\xd8\xff\xe0").unwrap();
        list.push_str("torn.jpg,person 0,0\n");
        std::fs::write(folder.path().join("labels.csv"), list).unwrap();
        folder
    }

    #[test]
    fn what_no_desk_takes_is_told_and_counts_against_the_rates() {
        let folder = folder();
        let models = Path::new(env!("CARGO_MANIFEST_DIR")).join("../models");
        let rates = measure(folder.path(), None, &models, Recogniser::SFace)
            .expect("the weights are fetched by `cargo xtask models`");
        let text = rates.to_string();
        for line in [
            "faces: 11 pictures of 4 identities",
            "(3 of 11)",
            "face.several             1",
            "face.not_found           1",
            "portrait.damaged         1",
            "all: 8 pictures of 4 identities; 4 genuine pairs, 24 impostor pairs",
            // Person 0 has five pictures: ten pairs instead of one; 55 pairs in all.
            "matches nobody (13 genuine pairs, 42 impostor pairs)",
            "1: 4 pictures of 2 identities; 2 genuine pairs, 4 impostor pairs",
            "across groups: 8 pictures of 4 identities; 0 genuine pairs, 16 impostor pairs",
            "there are several: 9 pictures of 4 identities; 6 genuine pairs, 30 impostor pairs",
        ] {
            assert!(text.contains(line), "{line:?} is not in\n{text}");
        }
        // Nine genuine pairs have a picture that was refused.
        let generalised = text.split_once("generalised").unwrap().1;
        assert!(generalised.contains("(9 of 13)"), "{text}");
        assert!(rates.tables[0].roc().starts_with("all,0."));
    }
}
