//! A folder of labelled pages: `pages/CONDITION/KIND_N.png|jpg`, `gt/KIND_N.json`, `meta/CONDITION/KIND_N.json`.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};
use serde::Deserialize;

use super::quad::Quad;

/// What stands on a page.
#[derive(Clone, Debug, Deserialize)]
pub struct Truth {
    pub id: String,
    #[serde(rename = "type")]
    pub kind: String,
    pub lines: Vec<Line>,
    pub fields: BTreeMap<String, Value>,
}

#[derive(Clone, Debug, Deserialize)]
pub struct Line {
    pub text: String,
}

#[derive(Clone, Debug, Deserialize)]
pub struct Value {
    pub value: String,
}

/// How a page was put under the lens.
#[derive(Clone, Debug, Deserialize)]
pub struct Pose {
    pub quad: Quad,
    /// What the file claims; a camera claims nothing true.
    pub dpi: u32,
    /// By how much the page lies turned, in degrees.
    pub rotate: u32,
}

/// One labelled picture.
#[derive(Clone, Debug)]
pub struct Sample {
    pub condition: String,
    pub id: String,
    pub image: PathBuf,
    pub truth: Truth,
    pub pose: Option<Pose>,
}

impl Sample {
    /// Whether it was taken by a camera, which knows no resolution and shows the desk around the page.
    pub fn is_photograph(&self) -> bool {
        // A camera writes 72 or 96, which mean nothing.
        self.pose.as_ref().is_some_and(|pose| pose.dpi <= 96)
    }
}

/// Which part of a corpus is wanted; everything when empty.
#[derive(Clone, Debug, Default)]
pub struct Choice {
    pub conditions: Vec<String>,
    pub kinds: Vec<String>,
}

/// Reads the labels of a corpus, conditions in the order of their names.
///
/// # Errors
/// When the folder is no corpus, or a label cannot be read.
pub fn load(folder: &Path, choice: &Choice) -> Result<Vec<Sample>> {
    let mut samples = Vec::new();
    for condition in names(&folder.join("pages"))? {
        if !choice.conditions.is_empty() && !choice.conditions.contains(&condition) {
            continue;
        }
        for file in names(&folder.join("pages").join(&condition))? {
            let image = folder.join("pages").join(&condition).join(&file);
            let Some(id) = image
                .file_stem()
                .map(|stem| stem.to_string_lossy().into_owned())
            else {
                continue;
            };
            let truth: Truth = json(&folder.join("gt").join(format!("{id}.json")))?;
            if !choice.kinds.is_empty() && !choice.kinds.contains(&truth.kind) {
                continue;
            }
            let pose = folder
                .join("meta")
                .join(&condition)
                .join(format!("{id}.json"));
            samples.push(Sample {
                pose: pose.exists().then(|| json(&pose)).transpose()?,
                condition: condition.clone(),
                id,
                image,
                truth,
            });
        }
    }
    if samples.is_empty() {
        bail!("no labelled page in {}", folder.display());
    }
    Ok(samples)
}

fn names(folder: &Path) -> Result<Vec<String>> {
    let mut names = std::fs::read_dir(folder)
        .with_context(|| format!("the folder {}", folder.display()))?
        .map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned()))
        .collect::<Result<Vec<_>>>()?;
    names.sort();
    Ok(names)
}

fn json<T: for<'de> Deserialize<'de>>(file: &Path) -> Result<T> {
    let bytes = std::fs::read(file).with_context(|| file.display().to_string())?;
    serde_json::from_slice(&bytes).with_context(|| file.display().to_string())
}
