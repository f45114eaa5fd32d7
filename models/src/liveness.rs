//! An opinion on whether a picture shows a living face, or one on paper or a screen: many pictures, one median.
//!
//! Nets that tell the two apart are easily wrong: light, distance and an unknown screen flip them. So their opinion is
//! taken over many pictures, and it can only ask a person to look; it refuses nobody.

use crate::{FaceError, FaceQuality, ModelId, Portrait};

/// Judges single pictures.
pub trait LivenessEngine: Send {
    /// How surely the face is a living one, 0 to 1. `quality` is what the face engine said of this very picture, whose
    /// face stands at [`FaceQuality::bounds`].
    ///
    /// # Errors
    /// [`FaceError`] when the engine fails or there is no face.
    fn living(&mut self, picture: &Portrait, quality: &FaceQuality) -> Result<f32, FaceError>;

    /// The nets that are asked.
    fn models(&self) -> &[ModelId];

    /// Under this a person looks.
    fn threshold(&self) -> f32;
}

/// What was said of the pictures of one attempt.
#[derive(Clone, Debug, Default)]
pub struct Opinions(Vec<f32>);

impl Opinions {
    /// Fewer are no opinion: single pictures of living people are misjudged.
    pub const LEAST: usize = 10;
    /// More say nothing new.
    pub const MOST: usize = 40;

    pub fn add(&mut self, score: f32) {
        // What is no number is no opinion in favour.
        let score = match score.is_finite() {
            true => score.clamp(0.0, 1.0),
            false => 0.0,
        };
        if self.0.len() < Self::MOST {
            self.0.push(score);
        }
    }

    pub fn are_complete(&self) -> bool {
        self.0.len() >= Self::MOST
    }

    pub fn count(&self) -> usize {
        self.0.len()
    }

    /// The lower one of the two in the middle where their number is even; none while there are too few.
    pub fn median(&self) -> Option<f32> {
        if self.0.len() < Self::LEAST {
            return None;
        }
        let mut sorted = self.0.clone();
        sorted.sort_by(f32::total_cmp);
        sorted.get((sorted.len() - 1) / 2).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(scores: &[f32]) -> Opinions {
        let mut opinions = Opinions::default();
        for score in scores {
            opinions.add(*score);
        }
        opinions
    }

    #[test]
    fn a_few_pictures_are_no_opinion() {
        assert_eq!(of(&[0.9; 9]).median(), None);
        assert_eq!(of(&[0.9; 10]).median(), Some(0.9));
    }

    #[test]
    fn single_pictures_do_not_decide() {
        let mut scores = [0.95; 11];
        scores[..5].fill(0.01);
        assert_eq!(of(&scores).median(), Some(0.95));
        scores[5] = 0.02;
        assert_eq!(of(&scores).median(), Some(0.02));
        // Of an even number the lower middle: the doubt counts.
        assert_eq!(of(&[[0.9; 5], [0.1; 5]].concat()).median(), Some(0.1));
    }

    #[test]
    fn what_is_no_number_speaks_for_nobody() {
        assert_eq!(of(&[f32::NAN; 12]).median(), Some(0.0));
        let many = of(&[0.5; 100]);
        assert!(many.are_complete());
        assert_eq!(many.count(), Opinions::MOST);
    }
}
