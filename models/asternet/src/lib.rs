//! Reads one line of Vietnamese by AsterNet, a second recogniser whose mistakes are not Tesseract's.
//!
//! AsterNet is a convolutional and recurrent net (10.6 million weights) that writes 226 letters, Vietnamese with all its
//! marks among them. It is an *optional* engine: three files of `models/models.toml` (the net, its letters and the ONNX
//! Runtime that computes it) must lie in the cache with the pinned digests, else [`AsterNet::offered`] gives none and pages
//! are read by Tesseract alone.
//!
//! What is known of what it learned from: the makers (asterxlabs, licence MIT) write of 1.56 million Vietnamese samples
//! and name no source. The training programs that lie in the same package read Vietnamese handwriting (VNOnDB), lines of
//! scanned papers and receipts whose origin and permission nobody states, and text rendered in fonts. Nobody outside has
//! checked it. So it gives a second opinion and never the only one.

mod ctc;
mod picture;
mod runtime;

use std::path::{Path, PathBuf};

use image::GrayImage;
use models::{Letter, LineEngine, LineText, Manifest, ModelError, ModelId, TextError};
use ort::session::Session;
use ort::value::TensorRef;

/// The failure codes of [`OpenError`] beside those of the manifest; reading itself fails with the codes of [`TextError`].
pub const CODES: &[&str] = &["text.line_runtime", "text.line_model"];

/// The three entries of the manifest.
const NET: &str = "asternet";
const LETTERS: &str = "asternet_letters";
const RUNTIME: &str = "onnxruntime";

/// The list of letters is 2.5 kB.
const MAX_LETTERS_BYTES: u64 = 64 * 1024;

/// The engine: one session on one thread. Open one for each thread that reads.
pub struct AsterNet {
    session: Session,
    input: String,
    letters: Vec<char>,
    model: ModelId,
}

/// The three files, each with its pinned digest. Checking reads 72 MB, so whoever opens several engines checks once.
#[derive(Clone, Debug)]
pub struct Files {
    net: PathBuf,
    letters: PathBuf,
    runtime: PathBuf,
    model: ModelId,
}

impl Files {
    /// The files of a manifest; none where one of them is not in the cache. A file that is there and has other bytes is
    /// an error: somebody changed it.
    pub fn offered(manifest: &Manifest) -> Result<Option<Self>, ModelError> {
        let file = |name| match manifest.verify(name) {
            Ok(path) => Ok(Some(path)),
            Err(ModelError::Missing { .. }) => Ok(None),
            Err(error) => Err(error),
        };
        let (Some(net), Some(letters), Some(runtime)) =
            (file(NET)?, file(LETTERS)?, file(RUNTIME)?)
        else {
            return Ok(None);
        };
        Ok(Some(Self {
            net,
            letters,
            runtime,
            model: manifest.id(NET)?,
        }))
    }
}

impl AsterNet {
    /// The engine of a manifest, ready to be put beside one for pages; none where it is not installed.
    pub fn offered(manifest: &Manifest) -> Result<Option<Box<dyn LineEngine>>, OpenError> {
        match Files::offered(manifest)? {
            Some(files) => Ok(Some(Box::new(Self::open(&files)?))),
            None => Ok(None),
        }
    }

    pub fn open(files: &Files) -> Result<Self, OpenError> {
        let letters = read_letters(&files.letters)?;
        let failed = |step| {
            move |error: ort::Error| OpenError::Model {
                step,
                detail: error.to_string(),
            }
        };
        let environment = runtime::environment(&files.runtime)?;
        let options = |error: ort::Error<_>| failed("options")(error.into());
        let mut session = Session::builder(&environment)
            .map_err(failed("builder"))?
            .with_intra_threads(1)
            .map_err(options)?
            .with_inter_threads(1)
            .map_err(options)?
            // Lines have many widths: plans and blocks kept for each of them would pile up.
            .with_memory_pattern(false)
            .map_err(options)?
            // Nor is a pool kept of what a line has used.
            .with_execution_providers([ort::ep::CPU::default().with_arena_allocator(false).build()])
            .map_err(options)?
            .commit_from_file(&files.net)
            .map_err(failed("load"))?;
        let input = match session.inputs() {
            [one] => one.name().to_owned(),
            _ => {
                return Err(OpenError::Model {
                    step: "inputs",
                    detail: "the net has not exactly one input".to_owned(),
                });
            }
        };
        // A first, empty line: whatever does not fit shows now and not in front of a citizen.
        let blank = GrayImage::from_pixel(64, 32, image::Luma([255]));
        scores(&mut session, &input, &blank, letters.len()).map_err(|error| OpenError::Model {
            step: "first line",
            detail: error.to_string(),
        })?;
        Ok(Self {
            session,
            input,
            letters,
            model: files.model.clone(),
        })
    }
}

impl LineEngine for AsterNet {
    fn read_line(&mut self, line: &GrayImage) -> Result<LineText, TextError> {
        if !picture::is_readable(line) {
            let (width, height) = line.dimensions();
            return Err(TextError::PageSize { width, height });
        }
        let mut text = LineText::default();
        for (left, width) in picture::pieces(line) {
            let piece = picture::piece(line, left, width);
            let scores = scores(&mut self.session, &self.input, &piece, self.letters.len())?;
            if left > 0 {
                // Lines are cut between words.
                text.letters.push(Letter {
                    letter: ' ',
                    confidence: 100,
                    left,
                    right: left,
                });
            }
            let read = ctc::decode(&scores, &self.letters, width);
            text.letters
                .extend(read.letters.iter().map(|letter| Letter {
                    left: letter.left + left,
                    right: letter.right + left,
                    ..*letter
                }));
        }
        Ok(text)
    }

    fn model(&self) -> &ModelId {
        &self.model
    }
}

/// What the net makes of a line: for each step from left to right one number a letter, logarithms up to a constant.
fn scores(
    session: &mut Session,
    input: &str,
    line: &GrayImage,
    letters: usize,
) -> Result<Vec<f32>, TextError> {
    let failed = |step: &'static str| {
        move |error: ort::Error| TextError::Engine {
            step,
            detail: error.to_string(),
        }
    };
    let (width, pixels) = picture::normalised(line);
    let tensor = TensorRef::from_array_view(([1_usize, 3, picture::HEIGHT, width], &pixels[..]))
        .map_err(failed("tensor"))?;
    let outputs = session
        .run(ort::inputs![input => tensor])
        .map_err(failed("run"))?;
    let (shape, values) = outputs[0]
        .try_extract_tensor::<f32>()
        .map_err(failed("output"))?;
    // Steps, one line, letters; the order of the first two does not matter with one line.
    if shape.len() != 3 || shape[2] != letters as i64 || shape[0].min(shape[1]) != 1 {
        return Err(TextError::Engine {
            step: "output",
            detail: "the shape is not steps by letters".to_owned(),
        });
    }
    Ok(values.to_vec())
}

/// The letters in the order of the net's outputs. The first is the blank of CTC and is kept as a NUL.
fn read_letters(path: &Path) -> Result<Vec<char>, OpenError> {
    let unusable = |detail: String| OpenError::Model {
        step: "letters",
        detail,
    };
    let length = std::fs::metadata(path).map_or(u64::MAX, |file| file.len());
    if length > MAX_LETTERS_BYTES {
        return Err(unusable("missing or too long".to_owned()));
    }
    let bytes = std::fs::read(path).map_err(|error| unusable(error.to_string()))?;
    let list: serde_json::Value =
        serde_json::from_slice(&bytes).map_err(|error| unusable(error.to_string()))?;
    let names = list["chars"].as_array().map(Vec::as_slice).unwrap_or(&[]);
    let Some(([blank], letters)) = names.split_at_checked(1) else {
        return Err(unusable("no letters".to_owned()));
    };
    if blank != "<blank>" {
        return Err(unusable("the first is not the blank".to_owned()));
    }
    let mut known = vec!['\0'];
    for name in letters {
        let mut name = name.as_str().unwrap_or_default().chars();
        match (name.next(), name.next()) {
            (Some(letter), None) => known.push(letter),
            _ => return Err(unusable("an entry is not one letter".to_owned())),
        }
    }
    Ok(known)
}

/// Why the engine could not be opened although its files are there.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    #[error("the ONNX Runtime {} cannot be loaded: {detail}", file.display())]
    Runtime { file: PathBuf, detail: String },
    #[error("the line recogniser does not open at {step}: {detail}")]
    Model { step: &'static str, detail: String },
    #[error(transparent)]
    Files(#[from] ModelError),
}

impl OpenError {
    /// The stable code under which the failure list explains this error.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Runtime { .. } => "text.line_runtime",
            Self::Model { .. } => "text.line_model",
            Self::Files(error) => error.code(),
        }
    }
}

#[cfg(test)]
mod tests;
