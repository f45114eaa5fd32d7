//! `face compare` and `finger compare`: two pictures, one score, one of three outcomes.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use models::{
    Bands, FaceEngine as _, FingerEngine as _, FingerImage, ModelId, Portrait, Similarity,
};
use serde_json::json;
use station::answer::{Answer, REFUSED, SUCCESS, Trouble};

use super::{Told, models_dir, read_file};

#[derive(Subcommand)]
pub(crate) enum FaceCommand {
    /// Compares the portrait of a document with a live picture.
    Compare(CompareArguments),
}

#[derive(Subcommand)]
pub(crate) enum FingerCommand {
    /// Compares a recorded fingerprint with a live one.
    Compare(FingerArguments),
}

#[derive(Args)]
pub(crate) struct CompareArguments {
    /// The document's portrait: JPEG, JPEG 2000 or PNG.
    document: PathBuf,
    /// The live picture.
    live: PathBuf,
    /// Folder with models.toml and its files.
    #[arg(long)]
    models: Option<PathBuf>,
}

#[derive(Args)]
pub(crate) struct FingerArguments {
    reference: PathBuf,
    live: PathBuf,
    /// Resolution of both pictures.
    #[arg(long, default_value_t = 500)]
    dpi: u32,
}

pub(crate) fn face(command: FaceCommand) -> Told {
    let FaceCommand::Compare(arguments) = command;
    let portrait = |path: &PathBuf| {
        Portrait::decode(&read_file(path)?).map_err(|error| Trouble::new(error.code(), error))
    };
    let document = portrait(&arguments.document)?;
    let live = portrait(&arguments.live)?;
    let mut engine = models::Manifest::load(models_dir(arguments.models))
        .and_then(|manifest| models_opencv::SFace::load(&manifest))
        .map_err(|error| Trouble::new(error.code(), error))?;
    let similarity = engine
        .compare(&document, &live)
        .map_err(|error| Trouble::new(error.code(), error))?;
    Ok(compared(similarity, engine.bands(), engine.model()))
}

pub(crate) fn finger(command: FingerCommand) -> Told {
    let FingerCommand::Compare(arguments) = command;
    let print = |path: &PathBuf| {
        FingerImage::decode(&read_file(path)?, arguments.dpi)
            .map_err(|error| Trouble::new(error.code(), error))
    };
    let reference = print(&arguments.reference)?;
    let live = print(&arguments.live)?;
    let mut engine = models::MinutiaeEngine::default();
    let similarity = engine
        .compare(&reference, &live)
        .map_err(|error| Trouble::new(error.code(), error))?;
    Ok(compared(similarity, engine.bands(), engine.model()))
}

fn compared(similarity: Similarity, bands: Bands, model: &ModelId) -> Answer {
    let outcome = bands.judge(similarity);
    let score = (f64::from(similarity.value()) * 1000.0).round() / 1000.0;
    let threshold = (f64::from(bands.accept) * 1000.0).round() / 1000.0;
    let exit = if outcome == models::Outcome::Match {
        SUCCESS
    } else {
        REFUSED
    };
    Answer {
        json: json!({ "outcome": outcome, "score": score, "threshold": threshold, "model": model.to_string() }),
        words: format!("{}  {score} (≥ {threshold})  {model}", outcome.as_str()),
        exit,
    }
}
