//! Watches the person turn the head as asked, and keeps the best picture of them looking straight ahead.

use std::time::{Duration, Instant};

use bundle::{Liveness, Presence as Shown, Score};
use models::presence::{Limits, Pose, Presence, PresenceFault, Seen, Told};
use models::{FaceComplaint, FaceError, FaceQuality, Opinions, Portrait};
use ring::digest::{SHA256, digest};

use super::LocalBooth;
use crate::desk::Step;
use crate::devices::CameraError;

/// A picture of a person who was seen to be there, and what they showed.
pub(super) struct Living {
    pub(super) picture: Portrait,
    pub(super) shown: Shown,
}

/// The engine gave no usable score.
const LIVENESS_ENGINE: &str = "face.engine";

/// Why there is none.
pub(super) enum NotLiving {
    Fault(PresenceFault),
    /// A device failed; its code.
    Trouble(&'static str),
}

impl LocalBooth {
    /// Asks for the poses and looks at every picture until they were shown. All pictures that count are compared with the
    /// first one: it is one person who turns the head and whose picture is taken.
    pub(super) fn living(
        &mut self,
        poses: [bundle::Pose; 3],
        watch: &mut dyn FnMut(Step),
    ) -> Result<Living, NotLiving> {
        let turns = poses.map(pose);
        let mut judged = self.liveness.is_some();
        let mut limits = Limits::default();
        if judged {
            // Four straight looks of three pictures are the ten and more that an opinion needs.
            limits.hold = 3;
        }
        let mut presence = Presence::new(&turns, limits);
        let mut opinions = Opinions::default();
        let started = Instant::now();
        let mut asked = None;
        let mut advice = Vec::new();
        let mut first: Option<Portrait> = None;
        let mut best: Option<(f32, Portrait)> = None;
        let mut turns_known = false;
        while let Some(pose) = presence.asked() {
            if asked != Some(pose) {
                asked = Some(pose);
                self.camera.asked(pose);
                watch(Step::Look {
                    pose: pose.as_str(),
                });
            }
            // From here on they have been told.
            turns_known |= pose != Pose::Straight;
            let (frame, unbroken) = self.picture(watch)?;
            if !unbroken {
                // Whoever knows the turns could have something else before the camera now: the next attempt has others.
                if turns_known {
                    return Err(NotLiving::Fault(PresenceFault::Interrupted));
                }
                presence = Presence::new(&turns, limits);
                opinions = Opinions::default();
                (first, best, asked) = (None, None, None);
                continue;
            }
            // A film is no living face, whatever nets say of it; practice does not ask them.
            judged &= !self.camera.device().simulated;
            let quality = self.face.quality(&frame).map_err(trouble)?;
            let codes = advised(&quality, pose);
            if codes != advice {
                advice.clone_from(&codes);
                watch(Step::FaceAdvice { codes });
            }
            if judged && pose == Pose::Straight && faces_us(&quality) && !opinions.are_complete() {
                opinions.add(self.opinion(&frame, &quality)?);
            }
            let told = presence.see(&Seen {
                at: started.elapsed(),
                digest: sha256(frame.rgb()),
                quality: quality.clone(),
            });
            match told {
                Told::Ask(_) | Told::Done => {}
                Told::Failed(fault) => return Err(NotLiving::Fault(fault)),
                Told::Take(pose) => {
                    if let Some(first) = &first
                        && !self.same_person(first, &frame, pose)?
                    {
                        presence.other_person();
                        return Err(NotLiving::Fault(PresenceFault::OtherPerson));
                    }
                    if pose == Pose::Straight {
                        keep(&mut first, &mut best, quality.sharpness, frame);
                    }
                }
            }
        }
        let frames = presence.frames();
        let liveness = match judged {
            true => Some(self.liveness(&opinions)?),
            false => None,
        };
        let best = best.map(|(_, picture)| picture).or(first);
        best.map(|picture| Living {
            picture,
            shown: Shown {
                poses: poses.to_vec(),
                frames,
                liveness,
            },
        })
        .ok_or(NotLiving::Trouble(FaceError::NoFace.code()))
    }

    /// What the nets say of one picture.
    fn opinion(&mut self, frame: &Portrait, quality: &FaceQuality) -> Result<f32, NotLiving> {
        match &mut self.liveness {
            Some(nets) => nets.living(frame, quality).map_err(trouble),
            None => Ok(0.0),
        }
    }

    /// What they say of all of them. Too few pictures to judge are no doubt about anybody: the attempt is made again.
    fn liveness(&self, opinions: &Opinions) -> Result<Box<Liveness>, NotLiving> {
        let nets = self.liveness.as_ref().zip(opinions.median());
        let (nets, median) = nets.ok_or(NotLiving::Fault(PresenceFault::TooSlow))?;
        let coarse = |value: f32| {
            Score::rounded(f64::from(value)).ok_or(NotLiving::Trouble(LIVENESS_ENGINE))
        };
        let (score, threshold) = (coarse(median)?, coarse(nets.threshold())?);
        Ok(Box::new(Liveness {
            score,
            threshold,
            models: nets.models().iter().map(ToString::to_string).collect(),
            frames: u32::try_from(opinions.count()).unwrap_or(u32::MAX),
            refer: score < threshold,
        }))
    }

    /// The next picture, and whether it is of the same capture as the one before. A camera that went away is waited for
    /// as long as it says, one that hangs too.
    fn picture(&mut self, watch: &mut dyn FnMut(Step)) -> Result<(Portrait, bool), NotLiving> {
        const LOOK_AGAIN: Duration = Duration::from_millis(200);
        let end = Instant::now() + self.camera.comes_back_within();
        let (mut lost, mut unbroken) = (false, true);
        loop {
            let error = match self.camera.frame() {
                Ok(frame) => {
                    if lost {
                        watch(Step::CameraBack);
                    }
                    return Ok((frame, unbroken));
                }
                Err(error) => error,
            };
            let passes = !matches!(error, CameraError::TooSmall | CameraError::Refused(_));
            if !passes || Instant::now() >= end {
                return Err(NotLiving::Trouble(error.code()));
            }
            if !lost {
                lost = true;
                watch(Step::CameraLost { code: error.code() });
            }
            unbroken &= error == CameraError::Hung;
            std::thread::sleep(LOOK_AGAIN);
        }
    }

    /// Whether two pictures are of one person, by the bands of the engine: a turned head is less like itself.
    fn same_person(
        &mut self,
        first: &Portrait,
        frame: &Portrait,
        pose: Pose,
    ) -> Result<bool, NotLiving> {
        let alike = self.face.compare(first, frame).map_err(trouble)?;
        let bands = self.face.bands();
        let least = match pose {
            Pose::Straight => bands.accept,
            _ => bands.refer,
        };
        Ok(alike.value() >= least)
    }
}

/// Whether the face looks at the camera, for nets that learned from faces that do.
fn faces_us(quality: &FaceQuality) -> bool {
    quality.faces == 1 && !quality.complaints().contains(&FaceComplaint::Turned)
}

/// What would help, by its codes. A turned face is turned because it was asked to.
fn advised(quality: &FaceQuality, pose: Pose) -> Vec<&'static str> {
    match (quality.faces, pose) {
        (0, _) => vec![FaceError::NoFace.code()],
        (1, Pose::Straight) => quality.complaints().iter().map(|c| c.code()).collect(),
        (1, _) => Vec::new(),
        (count, _) => vec![FaceError::SeveralFaces { count }.code()],
    }
}

/// The first straight picture is what the others are compared with; of the later ones the sharpest is compared with
/// the chip.
fn keep(
    first: &mut Option<Portrait>,
    best: &mut Option<(f32, Portrait)>,
    sharpness: f32,
    frame: Portrait,
) {
    if first.is_none() {
        *first = Some(frame);
    } else if best.as_ref().is_none_or(|(known, _)| sharpness > *known) {
        *best = Some((sharpness, frame));
    }
}

fn trouble(error: FaceError) -> NotLiving {
    NotLiving::Trouble(error.code())
}

fn pose(pose: bundle::Pose) -> Pose {
    match pose {
        bundle::Pose::Left => Pose::Left,
        bundle::Pose::Right => Pose::Right,
    }
}

fn sha256(bytes: &[u8]) -> [u8; 32] {
    let mut array = [0; 32];
    array.copy_from_slice(digest(&SHA256, bytes).as_ref());
    array
}
