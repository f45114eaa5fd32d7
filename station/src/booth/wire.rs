//! What desk and person worker say to each other: a JSON line asks or tells, and after a line that announces bytes they
//! follow as they are.

use std::io::{self, Read, Write};
use std::path::PathBuf;

use bundle::{Device, MatchOutcome, Pose, Presence, Score};
use rulebook::failures;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::desk::Step;
use crate::visit::{Comparison, FaceResult, FingerResult, Stop, StopKind};

/// Longest line either side reads, in bytes.
const MAX_LINE: usize = 64 * 1024;
/// Most that follows a line, in bytes: DG3 with ten fingers, far above any portrait.
pub(super) const MAX_BYTES: usize = 4 * 1024 * 1024;

/// What the worker needs to know before it is asked anything.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Setup {
    /// The folder with `models.toml`.
    pub models: PathBuf,
    pub camera: CameraSetup,
    /// None at a desk without a sensor.
    pub sensor: Option<SensorSetup>,
}

/// Which camera, and how.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CameraSetup {
    /// See [`crate::devices::camera::Choice`].
    pub sources: Vec<String>,
    pub allow: Vec<String>,
    pub practice: bool,
    /// As `[camera] formats` writes them, best first; empty for the usual ones.
    pub formats: Vec<String>,
}

/// How the finger sensor is reached.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SensorSetup {
    /// The program `niem-finger-worker`.
    pub worker: PathBuf,
    pub env: Vec<(String, String)>,
    pub wait_ms: u64,
}

/// The desk's lines.
#[derive(Serialize, Deserialize)]
#[serde(tag = "ask", rename_all = "snake_case", deny_unknown_fields)]
pub(super) enum Line {
    /// Once, first.
    Setup(Setup),
    /// The portrait's bytes follow.
    Face {
        portrait: usize,
        poses: [Pose; 3],
        attempt: u32,
        notices: Vec<String>,
    },
    /// The pictures follow, one after the other.
    Finger {
        records: Vec<Taken>,
        finger: u8,
        presentation: u32,
    },
    /// The camera is to be open for the preview, until the next line.
    Show {},
    Rest {},
    /// From now on pictures of the preview are wanted.
    Preview {},
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Taken {
    pub(super) bytes: usize,
    pub(super) dpi: u32,
}

/// The worker's lines.
#[derive(Serialize, Deserialize)]
#[serde(tag = "tell", rename_all = "snake_case", deny_unknown_fields)]
pub(super) enum Told {
    /// The models are loaded.
    Ready {},
    Step {
        step: ToldStep,
    },
    Compared {
        comparison: ToldComparison,
        presence: Presence,
    },
    NotPresent {
        code: String,
        device: Device,
    },
    FingerCompared {
        comparison: ToldComparison,
        quality: u8,
    },
    FingerUnusable {
        code: String,
        quality: Option<u8>,
        device: Device,
    },
    FingerNotDone {
        reason: String,
    },
    Stopped {
        refusal: bool,
        code: String,
    },
    /// A picture of the preview; its JPEG follows.
    Shot {
        bytes: usize,
    },
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ToldComparison {
    outcome: MatchOutcome,
    score: Score,
    threshold: f64,
    model: String,
    device: Device,
    notices: Vec<String>,
}

/// The steps that happen in a booth; see [`Step`].
#[derive(Serialize, Deserialize)]
#[serde(tag = "step", rename_all = "snake_case", deny_unknown_fields)]
pub(super) enum ToldStep {
    Look {
        pose: String,
    },
    FaceAdvice {
        codes: Vec<String>,
    },
    NotPresent {
        code: String,
        attempt: u32,
    },
    PortraitNotices {
        codes: Vec<String>,
    },
    CameraLost {
        code: String,
    },
    CameraBack,
    Face {
        outcome: MatchOutcome,
        score: f64,
        threshold: f64,
        attempt: u32,
    },
    LayFinger {
        finger: u8,
        presentation: u32,
    },
    FingerAdvice {
        code: String,
    },
    FingerUnusable {
        code: String,
        finger: u8,
        presentation: u32,
    },
    Finger {
        outcome: MatchOutcome,
        score: f64,
        threshold: f64,
        finger: u8,
        presentation: u32,
    },
    FingerNotDone {
        reason: String,
    },
}

/// Words of the road that are no codes of failures.
const WORDS: &[&str] = &[
    "straight",
    "left",
    "right",
    "no_sensor",
    "template_format",
    "template_not_readable",
    "template_unusable",
];

/// The program's own spelling of a word that came through the pipe; none for a word that nobody here says.
pub(super) fn known(word: &str) -> Option<&'static str> {
    let code = failures::text(word).map(|text| text.code.as_str());
    code.or_else(|| WORDS.iter().copied().find(|known| *known == word))
}

fn all_known(words: &[String]) -> Option<Vec<&'static str>> {
    words.iter().map(|word| known(word)).collect()
}

fn owned(words: &[&'static str]) -> Vec<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}

impl ToldStep {
    /// None for a step that happens elsewhere.
    pub(super) fn of(step: &Step) -> Option<Self> {
        Some(match step {
            Step::Look { pose } => Self::Look {
                pose: (*pose).to_owned(),
            },
            Step::FaceAdvice { codes } => Self::FaceAdvice {
                codes: owned(codes),
            },
            Step::NotPresent { code, attempt } => Self::NotPresent {
                code: (*code).to_owned(),
                attempt: *attempt,
            },
            Step::PortraitNotices { codes } => Self::PortraitNotices {
                codes: owned(codes),
            },
            Step::CameraLost { code } => Self::CameraLost {
                code: (*code).to_owned(),
            },
            Step::CameraBack => Self::CameraBack,
            Step::Face {
                outcome,
                score,
                threshold,
                attempt,
            } => Self::Face {
                outcome: *outcome,
                score: *score,
                threshold: *threshold,
                attempt: *attempt,
            },
            Step::LayFinger {
                finger,
                presentation,
            } => Self::LayFinger {
                finger: *finger,
                presentation: *presentation,
            },
            Step::FingerAdvice { code } => Self::FingerAdvice {
                code: (*code).to_owned(),
            },
            Step::FingerUnusable {
                code,
                finger,
                presentation,
            } => Self::FingerUnusable {
                code: (*code).to_owned(),
                finger: *finger,
                presentation: *presentation,
            },
            Step::Finger {
                outcome,
                score,
                threshold,
                finger,
                presentation,
            } => Self::Finger {
                outcome: *outcome,
                score: *score,
                threshold: *threshold,
                finger: *finger,
                presentation: *presentation,
            },
            Step::FingerNotDone { reason } => Self::FingerNotDone {
                reason: (*reason).to_owned(),
            },
            _ => return None,
        })
    }

    /// None when it says a word that nobody here knows.
    pub(super) fn step(self) -> Option<Step> {
        Some(match self {
            Self::Look { pose } => Step::Look {
                pose: known(&pose)?,
            },
            Self::FaceAdvice { codes } => Step::FaceAdvice {
                codes: all_known(&codes)?,
            },
            Self::NotPresent { code, attempt } => Step::NotPresent {
                code: known(&code)?,
                attempt,
            },
            Self::PortraitNotices { codes } => Step::PortraitNotices {
                codes: all_known(&codes)?,
            },
            Self::CameraLost { code } => Step::CameraLost {
                code: known(&code)?,
            },
            Self::CameraBack => Step::CameraBack,
            Self::Face {
                outcome,
                score,
                threshold,
                attempt,
            } => Step::Face {
                outcome,
                score,
                threshold,
                attempt,
            },
            Self::LayFinger {
                finger,
                presentation,
            } => Step::LayFinger {
                finger,
                presentation,
            },
            Self::FingerAdvice { code } => Step::FingerAdvice {
                code: known(&code)?,
            },
            Self::FingerUnusable {
                code,
                finger,
                presentation,
            } => Step::FingerUnusable {
                code: known(&code)?,
                finger,
                presentation,
            },
            Self::Finger {
                outcome,
                score,
                threshold,
                finger,
                presentation,
            } => Step::Finger {
                outcome,
                score,
                threshold,
                finger,
                presentation,
            },
            Self::FingerNotDone { reason } => Step::FingerNotDone {
                reason: known(&reason)?,
            },
        })
    }
}

impl ToldComparison {
    fn of(comparison: &Comparison) -> Self {
        Self {
            outcome: comparison.outcome,
            score: comparison.score,
            threshold: comparison.threshold,
            model: comparison.model.clone(),
            device: comparison.device.clone(),
            notices: owned(&comparison.notices),
        }
    }

    pub(super) fn comparison(self) -> Option<Comparison> {
        Some(Comparison {
            outcome: self.outcome,
            score: self.score,
            threshold: self.threshold,
            model: self.model,
            device: self.device,
            notices: all_known(&self.notices)?,
        })
    }
}

impl Told {
    pub(super) fn of_face(seen: Result<FaceResult, Stop>) -> Self {
        match seen {
            Ok(FaceResult::Compared {
                comparison,
                presence,
            }) => Self::Compared {
                comparison: ToldComparison::of(&comparison),
                presence,
            },
            Ok(FaceResult::NotPresent { code, device }) => Self::NotPresent {
                code: code.to_owned(),
                device,
            },
            Err(stop) => Self::of_stop(&stop),
        }
    }

    pub(super) fn of_finger(seen: Result<FingerResult, Stop>) -> Self {
        match seen {
            Ok(FingerResult::Compared {
                comparison,
                quality,
            }) => Self::FingerCompared {
                comparison: ToldComparison::of(&comparison),
                quality,
            },
            Ok(FingerResult::Unusable {
                code,
                quality,
                device,
            }) => Self::FingerUnusable {
                code: code.to_owned(),
                quality,
                device,
            },
            Ok(FingerResult::NotDone(reason)) => Self::FingerNotDone {
                reason: reason.to_owned(),
            },
            Err(stop) => Self::of_stop(&stop),
        }
    }

    pub(super) fn of_stop(stop: &Stop) -> Self {
        Self::Stopped {
            refusal: stop.kind == StopKind::Refusal,
            code: stop.code.to_owned(),
        }
    }
}

/// Writes one line. Nothing of it stays in a buffer of ours.
pub(super) fn say(out: &mut impl Write, line: &impl Serialize) -> io::Result<()> {
    let mut line = serde_json::to_vec(line)?;
    line.push(b'\n');
    out.write_all(&line)
}

/// Reads one line; `None` when the pipe ended. Reads byte by byte: a buffer would keep what follows the line.
///
/// # Errors
/// When the line is longer than a line may be, or nothing that is said here.
pub(super) fn hear<T: DeserializeOwned>(input: &mut impl Read) -> io::Result<Option<T>> {
    let mut line = Vec::new();
    loop {
        let mut byte = [0_u8];
        if input.read(&mut byte)? == 0 {
            return Ok(None);
        }
        if byte[0] == b'\n' {
            return Ok(Some(serde_json::from_slice(&line)?));
        }
        line.push(byte[0]);
        if line.len() > MAX_LINE {
            return Err(io::ErrorKind::InvalidData.into());
        }
    }
}

/// Reads what follows a line.
///
/// # Errors
/// When it is announced larger than anything that is sent here, or the pipe ends.
pub(super) fn take(input: &mut impl Read, bytes: usize) -> io::Result<zeroize::Zeroizing<Vec<u8>>> {
    if bytes > MAX_BYTES {
        return Err(io::ErrorKind::InvalidData.into());
    }
    let mut taken = zeroize::Zeroizing::new(vec![0; bytes]);
    input.read_exact(&mut taken)?;
    Ok(taken)
}
