//! Whether a living person stands before the camera: the head is turned as asked, by one person, in pictures that
//! follow each other as a camera's do.
//!
//! [`Presence`] knows no camera and no clock; it is told what each picture shows ([`Seen`]) and answers what to ask next
//! ([`Told`]). It stops a printed picture and one on a screen held still, moved or tilted: turning a flat picture
//! moves eyes, nose and mouth alike, so that the nose stays where it was between the eyes. It stops a film that was
//! made before, because nobody knew the poses, and another person's face put in between. It does not stop a mask, a
//! face computed while one watches, or a camera whose pictures are made by a program: `docs/presence.md` says more.
//!
//! A failed check accuses nobody; it means that a person has to look.

use std::collections::HashSet;
use std::time::Duration;

use crate::{FaceComplaint, FaceQuality};

/// Where the head points, by the person's own left and right.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Pose {
    Straight,
    Left,
    Right,
}

impl Pose {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Straight => "straight",
            Self::Left => "left",
            Self::Right => "right",
        }
    }
}

/// What one picture shows. Holds no pixels.
#[derive(Clone, Debug)]
pub struct Seen {
    /// When it was taken, from any beginning.
    pub at: Duration,
    /// SHA-256 of its pixels.
    pub digest: [u8; 32],
    pub quality: FaceQuality,
}

/// What to do next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Told {
    /// Ask for this pose, or keep asking.
    Ask(Pose),
    /// The pose is held and the picture is good: take it as one of that pose. The caller compares the faces of all
    /// that were taken and answers with [`Presence::other_person`] when they are not of one person.
    Take(Pose),
    /// Everything was done as asked.
    Done,
    Failed(PresenceFault),
}

/// Why presence was not shown. None of them says that somebody cheats.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PresenceFault {
    #[error("the poses were not shown in time")]
    TooSlow,
    #[error("nobody is in the picture any more")]
    Gone,
    #[error("a second face stays in the picture")]
    SeveralFaces,
    #[error("the head turns where it was not asked to")]
    OtherPoses,
    #[error("a picture came twice")]
    RepeatedPicture,
    #[error("the picture stands still")]
    FrozenPicture,
    #[error("the face jumped between two pictures")]
    Jumped,
    #[error("the faces are not of one person")]
    OtherPerson,
    #[error("the camera went away after the turns were asked for")]
    Interrupted,
}

impl PresenceFault {
    pub const ALL: &'static [Self] = &[
        Self::TooSlow,
        Self::Gone,
        Self::SeveralFaces,
        Self::OtherPoses,
        Self::RepeatedPicture,
        Self::FrozenPicture,
        Self::Jumped,
        Self::OtherPerson,
        Self::Interrupted,
    ];

    pub const fn code(self) -> &'static str {
        match self {
            Self::TooSlow => "presence.too_slow",
            Self::Gone => "presence.gone",
            Self::SeveralFaces => "presence.several_faces",
            Self::OtherPoses => "presence.other_poses",
            Self::RepeatedPicture => "presence.repeated_picture",
            Self::FrozenPicture => "presence.frozen_picture",
            Self::Jumped => "presence.jumped",
            Self::OtherPerson => "presence.other_person",
            Self::Interrupted => "presence.interrupted",
        }
    }
}

/// Limits of the watching. A turn is told by where the nose lies between the eyes. Nods are not asked for: of the five
/// landmarks none shows one as clearly.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct Limits {
    /// Move of the nose along the eyes' line that counts as a turn, in eye distances: some 18 degrees.
    pub turn: f32,
    /// Share of a turn within which the head is straight again.
    pub back: f32,
    /// Pictures in a row that a pose must be held.
    pub hold: u32,
    /// For everything. An elder takes some seconds a pose.
    pub patience: Duration,
    /// Nobody in the picture for so long.
    pub absence: Duration,
    /// Pictures in a row with a second face.
    pub beside: u32,
    /// Equal pictures in a row: drivers give one twice at times, a sensor never thrice.
    pub equal: u32,
    /// Move of the face between two pictures, in eye distances, within [`Self::moment`].
    pub jump: f32,
    pub moment: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            turn: 0.15,
            back: 0.5,
            hold: 2,
            patience: Duration::from_secs(30),
            absence: Duration::from_secs(3),
            beside: 8,
            equal: 3,
            jump: 1.5,
            moment: Duration::from_millis(200),
        }
    }
}

/// One attempt: a straight look, then each pose with a straight look after it.
pub struct Presence {
    limits: Limits,
    /// What is still to be shown, the next one last.
    asked: Vec<Pose>,
    /// Where the nose was in the straight look.
    straight: Option<f32>,
    held: u32,
    /// Pictures in a row that show the turn to the other side.
    wrong: u32,
    frames: u32,
    begun: Option<Duration>,
    last_face: Option<(Duration, [f32; 2], f32)>,
    beside: u32,
    digests: HashSet<[u8; 32]>,
    last_digest: Option<([u8; 32], u32)>,
    ended: Option<Told>,
}

impl Presence {
    /// Asks for these poses in this order; [`Pose::Straight`] is put between them.
    pub fn new(poses: &[Pose], limits: Limits) -> Self {
        let mut asked = vec![Pose::Straight];
        for pose in poses {
            asked.extend([*pose, Pose::Straight]);
        }
        asked.reverse();
        Self {
            limits,
            asked,
            straight: None,
            held: 0,
            wrong: 0,
            frames: 0,
            begun: None,
            last_face: None,
            beside: 0,
            digests: HashSet::new(),
            last_digest: None,
            ended: None,
        }
    }

    /// Pictures looked at.
    pub fn frames(&self) -> u32 {
        self.frames
    }

    /// What is asked for at the moment.
    pub fn asked(&self) -> Option<Pose> {
        self.asked.last().copied().filter(|_| self.ended.is_none())
    }

    /// The faces that were taken are not of one person.
    pub fn other_person(&mut self) -> Told {
        self.end(Told::Failed(PresenceFault::OtherPerson))
    }

    /// Takes the next picture in. After [`Told::Done`] or [`Told::Failed`] the answer stays.
    pub fn see(&mut self, seen: &Seen) -> Told {
        if let Some(ended) = self.ended {
            return ended;
        }
        self.frames += 1;
        let begun = *self.begun.get_or_insert(seen.at);
        if let Some(fault) = self
            .of_the_stream(seen)
            .or_else(|| self.of_the_faces(seen, begun))
        {
            return self.end(Told::Failed(fault));
        }
        let Some(asked) = self.asked.last().copied() else {
            return self.end(Told::Done);
        };
        if seen.quality.faces != 1 {
            self.held = 0;
            return Told::Ask(asked);
        }
        let shown = self.shown(&seen.quality);
        if shown == Some(asked) {
            self.held += 1;
            if self.held < self.limits.hold {
                return Told::Ask(asked);
            }
            return self.taken(asked, &seen.quality);
        }
        self.held = 0;
        // Whoever mixes left and right up tries again; a film that shows both would else pass in any order.
        let turned = shown.is_some_and(|pose| pose != Pose::Straight);
        self.wrong = match turned && asked != Pose::Straight {
            true => self.wrong + 1,
            false => 0,
        };
        if self.wrong >= self.limits.hold {
            return self.end(Told::Failed(PresenceFault::OtherPoses));
        }
        Told::Ask(asked)
    }

    fn taken(&mut self, pose: Pose, quality: &FaceQuality) -> Told {
        self.held = 0;
        if self.straight.is_none() {
            self.straight = Some(quality.yaw);
        }
        self.asked.pop();
        if self.asked.is_empty() {
            self.ended = Some(Told::Done);
        }
        Told::Take(pose)
    }

    fn end(&mut self, told: Told) -> Told {
        self.ended = Some(told);
        told
    }

    /// Which pose a picture shows; none between two of them.
    fn shown(&self, quality: &FaceQuality) -> Option<Pose> {
        let Some(straight) = self.straight else {
            // The first look tells what straight is: it must not be far off, nor the face too small to tell. Bad light and
            // half-closed eyes are advice, and keep nobody out.
            let untold = [FaceComplaint::Turned, FaceComplaint::TooFar];
            let complaints = quality.complaints();
            let tells = !complaints.iter().any(|found| untold.contains(found));
            return tells.then_some(Pose::Straight);
        };
        let turn = (quality.yaw - straight) / self.limits.turn;
        match turn {
            turn if turn.abs() <= self.limits.back => Some(Pose::Straight),
            turn if turn >= 1.0 => Some(Pose::Left),
            turn if turn <= -1.0 => Some(Pose::Right),
            _ => None,
        }
    }

    /// What the stream of pictures itself tells: stills and loops.
    fn of_the_stream(&mut self, seen: &Seen) -> Option<PresenceFault> {
        let equal = match self.last_digest {
            Some((last, times)) if last == seen.digest => times + 1,
            _ => 1,
        };
        self.last_digest = Some((seen.digest, equal));
        if equal >= self.limits.equal {
            return Some(PresenceFault::FrozenPicture);
        }
        // A new picture that was there before the last one: a film in a loop.
        (equal == 1 && !self.digests.insert(seen.digest)).then_some(PresenceFault::RepeatedPicture)
    }

    fn of_the_faces(&mut self, seen: &Seen, begun: Duration) -> Option<PresenceFault> {
        let limits = self.limits;
        if seen.at.saturating_sub(begun) > limits.patience {
            return Some(PresenceFault::TooSlow);
        }
        let quality = &seen.quality;
        self.beside = match quality.faces {
            0 | 1 => 0,
            _ => self.beside + 1,
        };
        if self.beside >= limits.beside {
            return Some(PresenceFault::SeveralFaces);
        }
        if quality.faces == 0 {
            let since = self.last_face.map_or(begun, |(at, ..)| at);
            return (seen.at.saturating_sub(since) > limits.absence).then_some(PresenceFault::Gone);
        }
        if quality.faces > 1 {
            return None;
        }
        let before = self
            .last_face
            .replace((seen.at, quality.centre, quality.eye_distance_px));
        let (at, centre, eyes) = before?;
        let unit = eyes.max(quality.eye_distance_px).max(1.0);
        let moved = (quality.centre[0] - centre[0]).hypot(quality.centre[1] - centre[1]) / unit;
        let soon = seen.at.saturating_sub(at) <= limits.moment;
        (soon && moved > limits.jump).then_some(PresenceFault::Jumped)
    }
}

#[cfg(test)]
mod tests;
