//! Comparing the person present with what the chip holds. Samples live only in these functions.

use bundle::{MatchOutcome, Pose, Score};
use emrtd::lds::dg2::PortraitBytes;
use emrtd::lds::dg3::FingerRecord;
use models::{FingerImage, Portrait};

use crate::visit::{Comparison, Event, FaceResult, FingerResult, Stop};

use super::presence::NotLiving;
use super::{Desk, Step};

pub const CODES: &[&str] = &[FINGER_ENGINE];

/// The engine gave no usable score.
const FINGER_ENGINE: &str = "finger.engine";

impl Desk<'_> {
    /// Sees that a living person is there, takes their picture and compares it with the chip's.
    pub(super) fn face(
        &mut self,
        document: &PortraitBytes,
        poses: [Pose; 3],
        attempt: u32,
        mut notices: Vec<&'static str>,
        watch: &mut dyn FnMut(Step),
    ) -> Event {
        let bytes = document.bytes();
        let document = match Portrait::decode(bytes) {
            Ok(portrait) => portrait,
            Err(error) => return Event::Stopped(Stop::refusal(error.code())),
        };
        match self.devices.face.quality(&document) {
            Ok(quality) => {
                let seen = models::portrait_notices(bytes, &document, quality.eye_distance_px);
                notices.extend(seen.iter().map(|notice| notice.code()));
            }
            Err(error) => return Event::Stopped(Stop::failure(error.code())),
        }
        if attempt == 1 && !notices.is_empty() {
            watch(Step::PortraitNotices {
                codes: notices.clone(),
            });
        }
        let living = match self.living(poses, watch) {
            Ok(living) => living,
            Err(NotLiving::Fault(fault)) => {
                let code = fault.code();
                watch(Step::NotPresent { code, attempt });
                return Event::FaceCompared(FaceResult::NotPresent(code));
            }
            Err(NotLiving::Trouble(code)) => return Event::Stopped(Stop::failure(code)),
        };
        let live = living.picture;
        let similarity = match self.devices.face.compare(&document, &live) {
            Ok(similarity) => similarity,
            Err(error) => return Event::Stopped(Stop::failure(error.code())),
        };
        let bands = self.devices.face.bands();
        let Some(score) = Score::rounded(f64::from(similarity.value())) else {
            return Event::Stopped(Stop::failure("face.engine"));
        };
        let comparison = Comparison {
            outcome: outcome(bands.judge(similarity)),
            score,
            threshold: two_decimals(bands.accept),
            model: self.devices.face.model().to_string(),
            device: self.devices.camera.device(),
            notices,
        };
        watch(Step::Face {
            outcome: comparison.outcome,
            score: score.value(),
            threshold: comparison.threshold,
            attempt,
        });
        Event::FaceCompared(FaceResult::Compared {
            comparison,
            presence: living.shown,
        })
    }

    /// Compares a live finger with the chip's own template. The best of the recorded fingers
    /// counts: the citizen chooses which finger to lay down.
    pub(super) fn finger(
        &mut self,
        references: &[FingerRecord],
        attempt: u32,
        watch: &mut dyn FnMut(Step),
    ) -> Event {
        let Some((sensor, engine)) = &mut self.devices.finger else {
            return not_done("no_sensor", watch);
        };
        let mut prints = Vec::new();
        for record in references {
            match FingerImage::decode(record.image(), u32::from(record.dpi())) {
                Ok(print) => prints.push(print),
                // A format this desk cannot read (WSQ until it can) is no reason to refuse anybody.
                Err(_) => return not_done("template_format", watch),
            }
        }
        if prints.is_empty() {
            return not_done("template_not_readable", watch);
        }
        let live = match sensor.capture() {
            Ok(live) => live,
            Err(error) => return Event::Stopped(Stop::failure(error.code())),
        };
        let mut best: Option<models::Similarity> = None;
        let mut trouble = None;
        for print in &prints {
            match engine.compare(print, &live) {
                Ok(similarity) if best.is_none_or(|known| similarity.value() > known.value()) => {
                    best = Some(similarity)
                }
                Ok(_) => {}
                Err(error) => trouble = Some(error.code()),
            }
        }
        let bands = engine.bands();
        let Some(similarity) = best else {
            return Event::Stopped(Stop::failure(trouble.unwrap_or(FINGER_ENGINE)));
        };
        let Some(score) = Score::rounded(f64::from(similarity.value())) else {
            return Event::Stopped(Stop::failure(FINGER_ENGINE));
        };
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
            attempt,
        });
        Event::FingerCompared(FingerResult::Compared(comparison))
    }
}

fn not_done(reason: &'static str, watch: &mut dyn FnMut(Step)) -> Event {
    watch(Step::FingerNotDone { reason });
    Event::FingerCompared(FingerResult::NotDone(reason))
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
