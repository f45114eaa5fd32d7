//! Fingers: every print of a labelled folder against every other, or as the FVC contests compare them; then whole visits
//! of up to three presentations.

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;

use anyhow::{Context as _, Result};
use models::finger::Minutiae;
use models::{Bands, FingerEngine as _, FingerImage, MinutiaeEngine, ModelId};

use super::cost::{self, Costs};
use super::face::{refusals, room_for};
use super::labels;
use super::rates::Comparison;
use super::rates::table::{HEAD, Table};

pub mod visits;

use visits::Visits;

/// Which prints of two fingers are compared. Prints of one finger always are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protocol {
    /// All of them.
    All,
    /// The first impression of each finger, as in the FVC contests.
    Fvc,
}

/// How prints are read and compared.
#[derive(Clone, Copy, Debug)]
pub struct Choice<'a> {
    pub list: Option<&'a Path>,
    /// The resolution of prints of which no list tells another.
    pub dpi: u32,
    pub protocol: Protocol,
}

/// The rates of a folder.
pub struct FingerRates {
    model: ModelId,
    bands: Bands,
    dpi: u32,
    protocol: Protocol,
    prints: usize,
    refused: BTreeMap<&'static str, usize>,
    pub table: Table,
    visits: Visits,
    extraction: Costs,
    matching: Costs,
}

/// One print of the folder: its finger by number, and its minutiae unless it was refused.
pub struct Print {
    pub finger: u32,
    minutiae: Option<Minutiae>,
}

/// The scores of all pairs of prints, each pair compared once.
pub struct Scores {
    of: usize,
    values: Vec<Option<f32>>,
}

impl Scores {
    fn new(of: usize) -> Self {
        Self {
            of,
            values: vec![None; of * of],
        }
    }

    fn put(&mut self, one: usize, other: usize, score: Option<f32>) {
        self.values[one * self.of + other] = score;
        self.values[other * self.of + one] = score;
    }

    /// None where one of them was refused.
    pub fn of(&self, one: usize, other: usize) -> Option<f32> {
        self.values[one * self.of + other]
    }
}

/// Measures a folder.
///
/// # Errors
/// When labels or files cannot be read.
pub fn measure(folder: &Path, choice: Choice<'_>) -> Result<FingerRates> {
    let own_list = folder.join("labels.csv");
    let labelled = match choice.list.or(own_list.is_file().then_some(&own_list)) {
        Some(list) => labels::listed(folder, list, "finger")?,
        None => labels::by_name(folder)?,
    };
    room_for(labelled.len())?;
    let engine = MinutiaeEngine::new();
    let (mut extraction, mut matching) = (Costs::default(), Costs::default());
    let mut refused = BTreeMap::new();
    let mut numbers = BTreeMap::new();
    let mut prints = Vec::new();
    for label in &labelled {
        let next = numbers.len() as u32;
        let finger = *numbers.entry(&label.identity).or_insert(next);
        let bytes = std::fs::read(&label.file).with_context(|| label.file.display().to_string())?;
        let minutiae = FingerImage::decode(&bytes, label.dpi.unwrap_or(choice.dpi))
            .and_then(|image| extraction.of(|| Minutiae::extract(&image)));
        if let Err(error) = &minutiae {
            *refused.entry(error.code()).or_default() += 1;
        }
        prints.push(Print {
            finger,
            minutiae: minutiae.ok(),
        });
    }
    let mut scores = Scores::new(prints.len());
    for (place, one) in prints.iter().enumerate() {
        for (further, other) in prints.iter().enumerate().skip(place + 1) {
            if let (Some(a), Some(b)) = (&one.minutiae, &other.minutiae) {
                let score = matching.of(|| a.similarity(b).value());
                scores.put(place, further, Some(score));
            }
        }
    }
    let fingers: Vec<u32> = prints.iter().map(|print| print.finger).collect();
    let pairs = pairs(&fingers, &scores, choice.protocol);
    let taken = prints.iter().filter(|print| print.minutiae.is_some());
    Ok(FingerRates {
        model: engine.model().clone(),
        bands: engine.bands(),
        dpi: choice.dpi,
        protocol: choice.protocol,
        prints: prints.len(),
        table: Table::new(
            "all".to_owned(),
            taken.count(),
            numbers.len(),
            engine.bands(),
            &pairs,
        ),
        visits: Visits::of(&fingers, &scores, engine.bands()),
        refused,
        extraction,
        matching,
    })
}

/// The comparisons that a protocol asks for; prints stand in the order of their fingers.
fn pairs(fingers: &[u32], scores: &Scores, protocol: Protocol) -> Vec<Comparison> {
    let first = |place: usize| place == 0 || fingers[place - 1] != fingers[place];
    let mut pairs = Vec::new();
    for one in 0..fingers.len() {
        for other in one + 1..fingers.len() {
            let wanted = fingers[one] == fingers[other]
                || protocol == Protocol::All
                || (first(one) && first(other));
            if wanted {
                pairs.push(Comparison {
                    one: fingers[one],
                    other: fingers[other],
                    score: scores.of(one, other),
                });
            }
        }
    }
    pairs
}

impl fmt::Display for FingerRates {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let protocol = match self.protocol {
            Protocol::All => "every print with every other",
            Protocol::Fvc => "prints of one finger, and first prints of two fingers (FVC)",
        };
        writeln!(
            f,
            "fingers: {} prints of {} fingers at {} dpi where no list says otherwise; {protocol}",
            self.prints, self.table.identities, self.dpi
        )?;
        writeln!(f, "engine {}", self.model)?;
        writeln!(
            f,
            "shipped limits: accept {}, refer {}\n",
            self.bands.accept, self.bands.refer
        )?;
        f.write_str(HEAD)?;
        refusals(f, &self.refused, self.prints)?;
        write!(f, "\n{}\n{}", self.table, self.visits)?;
        writeln!(f, "\nTime and memory (these lines differ from run to run)")?;
        writeln!(f, "    extraction           {}", self.extraction)?;
        writeln!(f, "    match                {}", self.matching)?;
        writeln!(f, "    peak memory          {:.0} MiB", cost::peak_mib())
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_print_without_ridges_is_told_and_counts_against_the_rates() {
        let prints = Path::new(env!("CARGO_MANIFEST_DIR")).join("../specimen/fingers");
        let folder = tempfile::tempdir().unwrap();
        for name in ["p1_1.png", "p1_2.png", "p2_1.png"] {
            std::fs::copy(prints.join(name), folder.path().join(name)).unwrap();
        }
        let blank = image::GrayImage::from_pixel(300, 400, image::Luma([250]));
        blank.save(folder.path().join("p2_2.png")).unwrap();
        let choice = Choice {
            list: None,
            dpi: 500,
            protocol: Protocol::All,
        };
        let rates = measure(folder.path(), choice).unwrap();
        let text = rates.to_string();
        for line in [
            "4 prints of 2 fingers at 500 dpi",
            "(1 of 4)",
            "finger.no_finger         1",
            "3 pictures of 2 identities; 1 genuine pairs, 2 impostor pairs",
            "matches nobody (2 genuine pairs, 4 impostor pairs)",
            "(3 times)",
        ] {
            assert!(text.contains(line), "{line:?} is not in\n{text}");
        }
    }

    #[test]
    fn the_protocols_compare_as_many_as_they_say() {
        // FVC2002 part B: ten fingers, eight impressions.
        let fingers: Vec<u32> = (0..80).map(|place| place / 8).collect();
        let scores = Scores::new(80);
        for (protocol, impostors) in [(Protocol::All, 2880), (Protocol::Fvc, 45)] {
            let pairs = pairs(&fingers, &scores, protocol);
            let genuine = pairs.iter().filter(|pair| pair.one == pair.other).count();
            assert_eq!((genuine, pairs.len() - genuine), (280, impostors));
        }
    }
}
