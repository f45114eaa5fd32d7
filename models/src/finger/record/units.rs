//! Between a record's units and ours: pixels at 500 dpi, and directions that turn the other way.

use std::f32::consts::TAU;

use super::super::minutiae::{Kind, Minutia, Minutiae};
use super::{CardForm, FingerView, ImageSize, RecordKind, RecordMinutia};

/// Pixels a centimetre in which we write; the standard's way to say 500 dpi, which are 196.85.
const PER_CM: u16 = 197;

impl Minutiae {
    /// The print as a view of a record, with the size of its picture at 500 dpi. Places are rounded to
    /// pixels, directions to 1/256 turn (1.4 degrees), clarity to hundredths.
    #[must_use]
    pub fn to_view(&self, position: u8) -> (FingerView, ImageSize) {
        let (width, height) = self.size();
        let minutiae = self.points.iter().map(|m| RecordMinutia {
            kind: match m.kind {
                Kind::Ending => RecordKind::Ending,
                Kind::Fork => RecordKind::Fork,
            },
            x: (m.x.round() as u16).min(width - 1),
            y: (m.y.round() as u16).min(height - 1),
            angle: angle_of(m.direction),
            quality: (100.0 * m.clarity).round().clamp(1.0, 100.0) as u8,
        });
        let view = FingerView {
            position,
            number: 0,
            impression: 0,
            minutiae: minutiae.collect(),
            extended: Vec::new(),
        };
        let size = ImageSize {
            width,
            height,
            x_per_cm: PER_CM,
            y_per_cm: PER_CM,
        };
        (view, size)
    }
}

/// Our direction in 1/256 turns counter-clockwise.
fn angle_of(direction: f32) -> u8 {
    // The sign turns here: y grows downwards, so from x towards y is clockwise.
    ((-direction / TAU).rem_euclid(1.0) * 256.0).round() as u16 as u8
}

/// Steps of so many a turn, counter-clockwise, as our direction.
fn direction_of(angle: u8, steps: u16) -> f32 {
    (-f32::from(angle) * TAU / f32::from(steps)).rem_euclid(TAU)
}

/// How a minutia of some form becomes ours.
#[derive(Clone, Copy)]
pub(super) struct Units {
    x: f32,
    y: f32,
    steps: u16,
}

impl Units {
    pub(super) fn of_record(size: ImageSize) -> Self {
        Self {
            x: scale(size.x_per_cm),
            y: scale(size.y_per_cm),
            steps: 256,
        }
    }

    pub(super) fn of_card(form: CardForm) -> Self {
        Self {
            x: scale(form.per_cm()),
            y: scale(form.per_cm()),
            steps: match form {
                CardForm::Normal => 256,
                CardForm::Compact => 64,
            },
        }
    }

    /// A minutia that is neither ending nor fork counts as an ending: the matcher does not look.
    pub(super) fn ours(&self, m: &RecordMinutia) -> Minutia {
        Minutia {
            x: f32::from(m.x) * self.x,
            y: f32::from(m.y) * self.y,
            direction: direction_of(m.angle, self.steps),
            kind: match m.kind {
                RecordKind::Fork => Kind::Fork,
                RecordKind::Ending | RecordKind::Other => Kind::Ending,
            },
            clarity: match m.quality {
                told @ 1..=100 => f32::from(told) / 100.0,
                _ => 0.5,
            },
        }
    }
}

/// Pixels at 500 dpi for a unit of which so many make a centimetre.
fn scale(per_cm: u16) -> f32 {
    if per_cm == PER_CM {
        return 1.0; // a record says 197 and means 500 dpi
    }
    (500.0 / 2.54) / f32::from(per_cm)
}
