//! Comparing what a record says with a finger that is on the sensor now.

use super::super::field::Field;
use super::super::minutiae::{Minutia, Minutiae, Quality};
use super::super::pairing::{Tuning, evidence};
use super::super::parameters as p;
use super::units::Units;
use super::{CardMinutiae, FingerRecordError, FingerView, ImageSize, RecordMinutia, card, flow};
use crate::{Bands, ModelId, Similarity};

/// Minutiae that came out of a record: points without the ridges around them.
///
/// They are no [`Minutiae`] on purpose: what [`MinutiaeEngine`](crate::MinutiaeEngine) measured holds for two
/// pictures, and its bands say nothing about a record. Wiped when dropped.
pub struct RecordMinutiae(Minutiae);

/// Fewest minutiae worth comparing; the picture engine asks for the same.
const LEAST: usize = p::MINUTIAE_MIN;

impl RecordMinutiae {
    /// Takes the minutiae of one view of a record.
    ///
    /// # Errors
    /// [`FingerRecordError::TooFewMinutiae`] when there is nothing to decide by.
    pub fn of_view(view: &FingerView, size: ImageSize) -> Result<Self, FingerRecordError> {
        Self::new(&view.minutiae, size, Units::of_record(size))
    }

    /// Takes the minutiae of a card format.
    ///
    /// # Errors
    /// [`FingerRecordError::TooFewMinutiae`] when there is nothing to decide by.
    pub fn of_card(card: &CardMinutiae) -> Result<Self, FingerRecordError> {
        let size = ImageSize {
            width: 0,
            height: 0,
            x_per_cm: card.form.per_cm(),
            y_per_cm: card.form.per_cm(),
        };
        Self::new(&card.minutiae, size, Units::of_card(card.form))
    }

    fn new(
        minutiae: &[RecordMinutia],
        size: ImageSize,
        units: Units,
    ) -> Result<Self, FingerRecordError> {
        if minutiae.len() < LEAST {
            return Err(FingerRecordError::TooFewMinutiae {
                found: minutiae.len(),
                least: LEAST,
            });
        }
        let kept = zeroize::Zeroizing::new(card::best(minutiae, size, p::MINUTIAE_MAX));
        let mut points: Vec<Minutia> = kept.iter().map(|m| units.ours(m)).collect();
        // Move the print to the corner, so that its size follows from its minutiae: cards do not tell it.
        const RIM: f32 = 40.0;
        let edge = |of: fn(&Minutia) -> f32, points: &[Minutia]| {
            let least = points.iter().map(of).fold(f32::MAX, f32::min);
            let most = points.iter().map(of).fold(f32::MIN, f32::max);
            (least - RIM, most - least + 2.0 * RIM)
        };
        let (left, width) = edge(|m| m.x, &points);
        let (top, height) = edge(|m| m.y, &points);
        // A finger is no wider than 3 inches, whatever a record says.
        const WIDEST: f32 = 1500.0;
        if width > WIDEST || height > WIDEST {
            return Err(FingerRecordError::TooWide);
        }
        for m in &mut points {
            m.x -= left;
            m.y -= top;
        }
        let field = Field::drawn(&points, width as usize, height as usize);
        let quality = Quality {
            figure: 0,
            area_mm2: 0.0,
            coherence: 0.0,
            minutiae: points.len(),
        };
        Ok(Self(Minutiae {
            points,
            field,
            quality,
        }))
    }

    /// How alike record and live print are. Judge it by the bands of [`RecordEngine`] only.
    #[must_use]
    pub fn similarity(&self, live: &Minutiae) -> Similarity {
        Similarity::new(evidence(&self.0, live, &TUNING).score(&TUNING))
    }
}

/// What a drawn flow is worth in the comparison.
const TUNING: Tuning = Tuning {
    flow_like: 0.45,
    ring_slack: 40.0,
    flow_floor: 0.0,
    half_way: 1.5,
};

/// From this score on record and live print are of one finger.
const ACCEPT: f32 = 69.0;
/// From this score on a person should look, or another finger be tried.
const REFER: f32 = 56.0;

/// Raised with every change of the comparison that its numbers do not show.
const VERSION: &str = "niem-minutiae-record-1";

/// Under which name and by which bands [`RecordMinutiae::similarity`] is judged.
///
/// Measured record against picture on FVC2002 DB1_B / DB2_B by `examples/eval_finger_record.rs` (280 genuine and
/// 2 880 impostor pairs each, a small sample: no false match in 2 880 says less than 0.1 %):
///
/// | record | EER % | FNMR % at FMR 0.1 % |
/// |---|---|---|
/// | ours, 2005 | 1.8 / 1.9 | 3.9 / 3.9 |
/// | ours, compact card, 60 minutiae at most | 1.5 / 2.2 | 4.3 / 4.3 |
/// | of NBIS mindtct | 2.9 / 2.9 | 5.4 / 6.8 |
///
/// Two pictures have 1.0 / 1.4 and 1.8 / 3.2. At `accept` no impostor of DB1_B passed, and FNMR there was 7.9, 7.5 and
/// 15.7 % in the order of the table: what lies between the bands goes to a person or another finger. Records of
/// other makers than these two are not measured.
pub struct RecordEngine {
    model: ModelId,
}

impl RecordEngine {
    /// Makes the name; it holds nothing else.
    #[must_use]
    pub fn new() -> Self {
        // Every number that changes the answer: those of the pictures' engine and those of this file.
        let t = &TUNING;
        let text = format!(
            "{}{:?}\n",
            p::BLOCK,
            [
                t.flow_like,
                t.ring_slack,
                t.flow_floor,
                t.half_way,
                flow::NEARNESS,
                flow::REACH,
                ACCEPT,
                REFER
            ]
        );
        Self {
            model: ModelId {
                name: VERSION.to_owned(),
                sha256: hex::encode(ring::digest::digest(&ring::digest::SHA256, text.as_bytes())),
            },
        }
    }

    /// Algorithm, version and the digest of its parameters, for the record of the decision.
    #[must_use]
    pub fn model(&self) -> &ModelId {
        &self.model
    }

    /// The thresholds that were measured for records.
    #[must_use]
    pub fn bands(&self) -> Bands {
        Bands {
            accept: ACCEPT,
            refer: REFER,
        }
    }
}

impl Default for RecordEngine {
    fn default() -> Self {
        Self::new()
    }
}
