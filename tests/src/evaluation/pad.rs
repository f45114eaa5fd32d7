//! Attacks with pictures: what the nets that tell a living face make of labelled pictures, after ISO/IEC 30107-3.
//!
//! APCER is the part of the attacks of one kind that pass for living people, BPCER the part of living people's pictures
//! that are referred. Both are told picture by picture, which is harder than the desk's median over many, and, where the
//! folder says which pictures belong to one presentation, by the median as the desk does.

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;

use anyhow::{Context as _, Result, bail};
use models::{FaceEngine as _, LivenessEngine as _, Manifest, ModelId};
use models_opencv::{MiniFasNet, SFace};

use super::cost::{self, Costs};
use super::face::{read, refusals};
use super::labels;
use super::rates::table::Proportion;

/// The kind of a folder that shows living people.
pub const BONA_FIDE: &str = "bona_fide";

/// What was made of a folder.
pub struct PadRates {
    models: Vec<ModelId>,
    threshold: f32,
    pictures: usize,
    refused: BTreeMap<&'static str, usize>,
    /// Scores by kind, then by presentation.
    kinds: BTreeMap<String, BTreeMap<String, Vec<f32>>>,
    costs: Costs,
}

/// Measures a folder: `labels.csv` with `file,presentation,group`, where the group is the kind; or a folder for each kind,
/// and in it one for each presentation or the pictures themselves. The kind of living people is `bona_fide`.
///
/// # Errors
/// When labels cannot be read, the nets are not installed, or an engine fails.
pub fn measure(folder: &Path, list: Option<&Path>, models: &Path) -> Result<PadRates> {
    let own_list = folder.join("labels.csv");
    let labelled = match list.or(own_list.is_file().then_some(&own_list)) {
        Some(list) => labels::listed(folder, list, "presentation")?,
        None => labels::by_folder(folder)?,
    };
    let manifest = Manifest::load(models)?;
    let Some(mut nets) = MiniFasNet::load(&manifest)? else {
        bail!(
            "no nets: a site that has them lays both files of minifasnet_* into {} (docs/presence.md)",
            manifest.folder().display()
        );
    };
    let mut faces = SFace::load(&manifest).context("`cargo xtask models` fills the cache")?;
    let mut rates = PadRates {
        models: nets.models().to_vec(),
        threshold: nets.threshold(),
        pictures: labelled.len(),
        refused: BTreeMap::new(),
        kinds: BTreeMap::new(),
        costs: Costs::default(),
    };
    for (number, label) in labelled.iter().enumerate() {
        let picture = match read(&label.file)? {
            Ok(picture) => picture,
            Err(code) => {
                *rates.refused.entry(code).or_default() += 1;
                continue;
            }
        };
        let quality = faces.quality(&picture)?;
        if quality.faces != 1 {
            let code = match quality.faces {
                0 => "face.not_found",
                _ => "face.several",
            };
            *rates.refused.entry(code).or_default() += 1;
            continue;
        }
        let score = rates.costs.of(|| nets.living(&picture, &quality))?;
        // Where nothing tells which belong together, each picture is a presentation of its own.
        let (kind, presentation) = match &label.group {
            Some(kind) => (kind.clone(), label.identity.clone()),
            None => (label.identity.clone(), number.to_string()),
        };
        let kind = rates.kinds.entry(kind).or_default();
        kind.entry(presentation).or_default().push(score);
    }
    Ok(rates)
}

impl PadRates {
    /// How many scores of a kind were judged wrongly, and of how many.
    pub fn wrong(&self, kind: &str, scores: impl Iterator<Item = f32>) -> (usize, usize) {
        let (mut wrong, mut of) = (0, 0);
        for score in scores {
            of += 1;
            let passes = score >= self.threshold;
            wrong += usize::from(passes != (kind == BONA_FIDE));
        }
        (wrong, of)
    }

    /// The medians of the presentations of a kind that have several pictures.
    fn medians(presentations: &BTreeMap<String, Vec<f32>>) -> impl Iterator<Item = f32> {
        presentations
            .values()
            .filter(|scores| scores.len() > 1)
            .map(|scores| {
                let mut sorted = scores.clone();
                sorted.sort_by(f32::total_cmp);
                sorted[(sorted.len() - 1) / 2]
            })
    }
}

impl fmt::Display for PadRates {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "attacks with pictures: {} pictures", self.pictures)?;
        for model in &self.models {
            writeln!(f, "net {model}")?;
        }
        writeln!(
            f,
            "shipped limit: a person looks under {}\n",
            self.threshold
        )?;
        writeln!(
            f,
            "                             rate      (errors of all)   95 % (Wilson)"
        )?;
        refusals(f, &self.refused, self.pictures)?;
        for (kind, presentations) in &self.kinds {
            let name = match kind == BONA_FIDE {
                true => "BPCER",
                false => "APCER",
            };
            let all = presentations.values().flatten().copied();
            let (wrong, of) = self.wrong(kind, all);
            writeln!(
                f,
                "\n{kind}: {of} pictures of {} presentations",
                presentations.len()
            )?;
            let line = |what: &str, wrong: usize, of: usize| {
                Proportion::new(format!("{name} {what}"), wrong as f64, of as f64)
            };
            writeln!(f, "{}", line("by picture", wrong, of))?;
            let (wrong, of) = self.wrong(kind, Self::medians(presentations));
            if of > 0 {
                writeln!(f, "{}", line("by median", wrong, of))?;
            }
            let mut sorted: Vec<f32> = presentations.values().flatten().copied().collect();
            sorted.sort_by(f32::total_cmp);
            let at = |share: usize| sorted.get((sorted.len() - 1) * share / 4).copied();
            if let (Some(low), Some(middle), Some(high)) = (at(0), at(2), at(4)) {
                writeln!(
                    f,
                    "    score                least {low:.2}, median {middle:.2}, most {high:.2}"
                )?;
            }
        }
        writeln!(f, "\nTime and memory (these lines differ from run to run)")?;
        writeln!(f, "    both nets            {}", self.costs)?;
        writeln!(f, "    peak memory          {:.0} MiB", cost::peak_mib())
    }
}
