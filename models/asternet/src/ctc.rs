//! From the net's scores, step by step along the line, to letters with places and confidence.
//!
//! CTC (Graves et al. 2006, "Connectionist temporal classification"): each step votes for a letter or for "blank"; steps
//! in a row that vote for the same letter are one letter, and a blank between two keeps them apart.

use models::{Letter, LineText};

/// The place of the blank among the letters.
const BLANK: usize = 0;

/// The best letter of each step, runs of the same one drawn together. `scores` holds `letters.len()` numbers a step;
/// `width` is that of the line's picture, over which the steps are spread evenly.
pub(crate) fn decode(scores: &[f32], letters: &[char], width: u32) -> LineText {
    let steps = scores.len() / letters.len().max(1);
    let mut line = LineText::default();
    let mut before = BLANK;
    // The run being read: its letter, its surest vote, its first step.
    let edge = |step: usize| (step as u64 * u64::from(width) / steps.max(1) as u64) as u32;
    for (step, votes) in scores.chunks_exact(letters.len().max(1)).enumerate() {
        let (best, share) = winner(votes);
        if best != BLANK && best != before {
            line.letters.push(Letter {
                letter: letters[best],
                confidence: percent(share),
                left: edge(step),
                right: edge(step + 1),
            });
        } else if best != BLANK
            && let Some(last) = line.letters.last_mut()
        {
            last.confidence = last.confidence.max(percent(share));
            last.right = edge(step + 1);
        }
        before = best;
    }
    line
}

/// The letter with the most votes and its share of them (softmax).
fn winner(votes: &[f32]) -> (usize, f32) {
    let mut best = BLANK;
    for (at, vote) in votes.iter().enumerate() {
        if *vote > votes[best] {
            best = at;
        }
    }
    let all: f32 = votes.iter().map(|vote| (vote - votes[best]).exp()).sum();
    (best, if all.is_finite() { 1.0 / all } else { 0.0 })
}

fn percent(share: f32) -> u8 {
    (share.clamp(0.0, 1.0) * 100.0).round() as u8
}

#[cfg(test)]
mod tests {
    use super::*;

    const LETTERS: [char; 4] = ['\0', 'a', 'b', ' '];

    /// Scores of steps that vote for one letter with that much more weight than for each other.
    fn votes(steps: &[(usize, f32)]) -> Vec<f32> {
        let mut scores = Vec::new();
        for (letter, weight) in steps {
            let mut step = [0.0; LETTERS.len()];
            step[*letter] = *weight;
            scores.extend(step);
        }
        scores
    }

    #[test]
    fn runs_are_one_letter_and_a_blank_parts_two() {
        let line = decode(
            &votes(&[(1, 9.0), (1, 9.0), (0, 9.0), (1, 9.0), (3, 9.0), (2, 9.0)]),
            &LETTERS,
            60,
        );
        let text: String = line.letters.iter().map(|l| l.letter).collect();
        assert_eq!(text, "aa b");
        let places: Vec<_> = line.letters.iter().map(|l| (l.left, l.right)).collect();
        assert_eq!(places, [(0, 20), (30, 40), (40, 50), (50, 60)]);
    }

    #[test]
    fn a_letter_is_as_sure_as_its_surest_step() {
        let line = decode(&votes(&[(1, 0.5), (1, 2.0)]), &LETTERS, 8);
        // e² / (e² + 3)
        assert_eq!(line.letters[0].confidence, 71);
    }

    #[test]
    fn no_steps_and_numbers_that_are_none_do_no_harm() {
        assert!(decode(&[], &LETTERS, 10).letters.is_empty());
        let line = decode(&[f32::NAN, 1.0, f32::INFINITY, 0.0], &LETTERS, 4);
        assert!(line.letters.iter().all(|letter| letter.confidence == 0));
    }
}
