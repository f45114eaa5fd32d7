//! Comparing the person present with what the chip holds. Samples live only in these functions.

use bundle::{MatchOutcome, Score};
use finger_worker::protocol::Retry;
use models::{FingerError, FingerImage, Portrait};

use crate::desk::Step;
use crate::devices::{FingerSensor, SensorError};
use crate::visit::{Comparison, FaceResult, FingerResult, Stop};

use super::presence::NotLiving;
use super::{Booth, FaceAsk, FingerAsk, LocalBooth};
use crate::devices::camera::Look;

/// The engine gave no usable score.
pub(super) const FINGER_ENGINE: &str = "finger.engine";

impl Booth for LocalBooth {
    /// Sees that a living person is there, takes their picture and compares it with the chip's.
    fn face(&mut self, ask: &FaceAsk, watch: &mut dyn FnMut(Step)) -> Result<FaceResult, Stop> {
        let (bytes, attempt) = (ask.portrait.as_slice(), ask.attempt);
        let mut notices = ask.notices.clone();
        let document = match Portrait::decode(bytes) {
            Ok(portrait) => portrait,
            Err(error) => return Err(Stop::refusal(error.code())),
        };
        match self.face.quality(&document) {
            Ok(quality) => {
                let seen = models::portrait_notices(bytes, &document, quality.eye_distance_px);
                notices.extend(seen.iter().map(|notice| notice.code()));
            }
            Err(error) => return Err(Stop::failure(error.code())),
        }
        if attempt == 1 && !notices.is_empty() {
            watch(Step::PortraitNotices {
                codes: notices.clone(),
            });
        }
        let living = match self.living(ask.poses, watch) {
            Ok(living) => living,
            Err(NotLiving::Fault(fault)) => {
                let code = fault.code();
                watch(Step::NotPresent { code, attempt });
                let device = self.camera.device();
                return Ok(FaceResult::NotPresent { code, device });
            }
            Err(NotLiving::Trouble(code)) => return Err(Stop::failure(code)),
        };
        let live = living.picture;
        let similarity = match self.face.compare(&document, &live) {
            Ok(similarity) => similarity,
            Err(error) => return Err(Stop::failure(error.code())),
        };
        let bands = self.face.bands();
        let Some(score) = Score::rounded(f64::from(similarity.value())) else {
            return Err(Stop::failure("face.engine"));
        };
        let comparison = Comparison {
            outcome: outcome(bands.judge(similarity)),
            score,
            threshold: two_decimals(bands.accept),
            model: self.face.model().to_string(),
            device: self.camera.device(),
            notices,
        };
        watch(Step::Face {
            outcome: comparison.outcome,
            score: score.value(),
            threshold: comparison.threshold,
            attempt,
        });
        Ok(FaceResult::Compared {
            comparison,
            presence: living.shown,
        })
    }

    /// Asks for one finger and compares it with what the chip records of that finger. What the sensor finds wrong with
    /// how it lies is told at once and is no presentation.
    fn finger(
        &mut self,
        ask: &FingerAsk,
        watch: &mut dyn FnMut(Step),
    ) -> Result<FingerResult, Stop> {
        let (finger, presentation) = (ask.finger, ask.presentation);
        let Some((sensor, engine)) = &mut self.finger else {
            return not_done("no_sensor", watch);
        };
        let mut prints = Vec::new();
        for record in &ask.records {
            match FingerImage::decode(&record.image, record.dpi) {
                Ok(print) => prints.push(print),
                // A format this desk cannot read (WSQ until it can) is no reason to refuse anybody.
                Err(_) => return not_done("template_format", watch),
            }
        }
        if prints.is_empty() {
            return not_done("template_not_readable", watch);
        }
        // Nor is what the issuer took too poorly: nobody lays a finger down for it.
        prints.retain(|print| engine.quality(print).is_ok());
        if prints.is_empty() {
            return not_done("template_unusable", watch);
        }
        watch(Step::LayFinger {
            finger,
            presentation,
        });
        let unusable = |code, quality, device, watch: &mut dyn FnMut(Step)| {
            watch(Step::FingerUnusable {
                code,
                finger,
                presentation,
            });
            Ok(FingerResult::Unusable {
                code,
                quality,
                device,
            })
        };
        let live = match laid_well(sensor.as_mut(), watch) {
            Ok(live) => live,
            Err(error @ SensorError::Retry { .. }) => {
                return unusable(error.code(), None, sensor.device(), watch);
            }
            Err(error) => return Err(Stop::failure(error.code())),
        };
        let quality = match engine.quality(&live) {
            Ok(quality) => quality,
            Err(error) => {
                let quality = match error {
                    FingerError::Unclear { quality } => Some(quality),
                    _ => None,
                };
                return unusable(error.code(), quality, sensor.device(), watch);
            }
        };
        let best = prints
            .iter()
            .filter_map(|print| engine.compare(print, &live).ok())
            .max_by(|one, other| one.value().total_cmp(&other.value()));
        let score = best.and_then(|best| Score::rounded(f64::from(best.value())));
        let (Some(similarity), Some(score)) = (best, score) else {
            return Err(Stop::failure(FINGER_ENGINE));
        };
        let bands = engine.bands();
        let comparison = Comparison {
            outcome: outcome(bands.judge(similarity)),
            score,
            threshold: two_decimals(bands.accept),
            model: engine.model().to_string(),
            device: sensor.device(),
            notices: Vec::new(),
        };
        watch(Step::Finger {
            outcome: comparison.outcome,
            score: score.value(),
            threshold: comparison.threshold,
            finger,
            presentation,
        });
        Ok(FingerResult::Compared {
            comparison,
            quality,
        })
    }

    fn show(&mut self) {
        // A film gives a picture only where one is asked for; a camera goes on by itself.
        let _ = self.camera.frame();
    }

    fn rest(&mut self) {
        self.camera.rest();
    }

    fn preview(&mut self) -> Option<Box<dyn Look>> {
        let preview = self.camera.preview()?;
        Some(Box::new(preview))
    }
}

/// How often a sensor may ask for the finger again within one presentation. One that always does must not hold a visit
/// for ever; ten are half a minute.
const PLACINGS: u32 = 10;

/// The picture of a finger that lies well, with guidance until it does; the last complaint when it never did. A sensor that
/// only calls the picture poor speaks of the finger and not of its place: that was a presentation.
fn laid_well(
    sensor: &mut dyn FingerSensor,
    watch: &mut dyn FnMut(Step),
) -> Result<FingerImage, SensorError> {
    let mut placings = 1;
    loop {
        match sensor.capture() {
            Err(error @ SensorError::Retry { reason })
                if reason != Retry::General && placings < PLACINGS =>
            {
                placings += 1;
                let code = error.code();
                watch(Step::FingerAdvice { code });
            }
            other => return other,
        }
    }
}

fn not_done(reason: &'static str, watch: &mut dyn FnMut(Step)) -> Result<FingerResult, Stop> {
    watch(Step::FingerNotDone { reason });
    Ok(FingerResult::NotDone(reason))
}

fn outcome(judged: models::Outcome) -> MatchOutcome {
    match judged {
        models::Outcome::Match => MatchOutcome::Match,
        models::Outcome::NoMatch => MatchOutcome::NoMatch,
        models::Outcome::Inconclusive => MatchOutcome::Inconclusive,
    }
}

/// A threshold as a person wrote it: 0.42, not the 0.41999998 that `f32` makes of it.
fn two_decimals(threshold: f32) -> f64 {
    (f64::from(threshold) * 100.0).round() / 100.0
}
