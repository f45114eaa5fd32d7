//! The two faces that everything is set in: Noto Sans, regular and bold, cut to the letters of Vietnamese and English.
//!
//! The same faces as the screens' (`fonts/LICENCE.txt`: SIL Open Font License 1.1), unpacked, because a PDF embeds them so.

use std::sync::LazyLock;

use ab_glyph::{Font as _, FontRef, GlyphId};

pub(crate) const REGULAR: &[u8] = include_bytes!("../fonts/noto-sans-400.ttf");
pub(crate) const BOLD: &[u8] = include_bytes!("../fonts/noto-sans-700.ttf");

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Face {
    Regular,
    Bold,
}

static FACES: LazyLock<[FontRef<'static>; 2]> = LazyLock::new(|| {
    [REGULAR, BOLD]
        .map(|bytes| FontRef::try_from_slice(bytes).expect("the embedded faces are read by a test"))
});

impl Face {
    pub(crate) const ALL: [Self; 2] = [Self::Regular, Self::Bold];

    pub(crate) fn bytes(self) -> &'static [u8] {
        match self {
            Self::Regular => REGULAR,
            Self::Bold => BOLD,
        }
    }

    pub(crate) fn font(self) -> &'static FontRef<'static> {
        let [regular, bold] = &*FACES;
        match self {
            Self::Regular => regular,
            Self::Bold => bold,
        }
    }

    pub(crate) fn glyph(self, letter: char) -> GlyphId {
        self.font().glyph_id(letter)
    }

    /// In thousandths of the size, as PDF counts (ISO 32000-1 §9.2.4).
    pub(crate) fn thousandths(self, units: f32) -> f32 {
        units * 1000.0 / self.font().units_per_em().unwrap_or(1000.0)
    }

    pub(crate) fn advance(self, glyph: GlyphId) -> f32 {
        self.thousandths(self.font().h_advance_unscaled(glyph))
    }

    /// How wide a text is at `size` points.
    pub(crate) fn width(self, text: &str, size: f32) -> f32 {
        let thousandths: f32 = text
            .chars()
            .map(|letter| self.advance(self.glyph(letter)))
            .sum();
        thousandths * size / 1000.0
    }

    /// Breaks a text between words so that no line is wider than `room`; a word that is wider alone is broken within.
    pub(crate) fn lines(self, text: &str, size: f32, room: f32) -> Vec<String> {
        let mut lines = Vec::new();
        let mut line = String::new();
        for word in text.split_whitespace() {
            let longer = match line.is_empty() {
                true => word.to_owned(),
                false => format!("{line} {word}"),
            };
            if self.width(&longer, size) <= room {
                line = longer;
                continue;
            }
            if !line.is_empty() {
                lines.push(std::mem::take(&mut line));
            }
            for letter in word.chars() {
                line.push(letter);
                if self.width(&line, size) > room && line.chars().count() > 1 {
                    line.pop();
                    lines.push(std::mem::replace(&mut line, letter.to_string()));
                }
            }
        }
        if !line.is_empty() {
            lines.push(line);
        }
        lines
    }
}

#[cfg(test)]
mod tests {
    use rulebook::{failures, kinds, messages};

    use super::*;

    #[test]
    fn every_letter_that_may_be_printed_is_in_both_faces() {
        let mut texts: Vec<String> = Vec::new();
        let printed = ["app.", "slip.", "grade.", "review.pages", "checklist."];
        let of_paper = |key: &str| printed.iter().any(|room| key.starts_with(room));
        for (_, message) in messages::all().iter().filter(|(key, _)| of_paper(key)) {
            texts.push(message.vi.clone());
            texts.push(message.en.clone());
        }
        for kind in kinds::all() {
            texts.extend([kind.title_vi.clone(), kind.title_en.clone()]);
        }
        for text in failures::all() {
            texts.extend([text.cause_vi.clone(), text.cause_en.clone()]);
        }
        for letter in texts.iter().flat_map(|text| text.chars()) {
            for face in Face::ALL {
                assert_ne!(face.glyph(letter).0, 0, "{letter:?} {face:?}");
            }
        }
    }

    #[test]
    fn lines_fit_and_lose_nothing() {
        let text = "Giấy chứng nhận đăng ký hộ kinh doanh / doanh nghiệp aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
        let lines = Face::Regular.lines(text, 12.0, 120.0);
        assert!(
            lines
                .iter()
                .all(|line| Face::Regular.width(line, 12.0) <= 120.0)
        );
        let bare = |text: &str| text.replace(' ', "");
        assert_eq!(bare(&lines.concat()), bare(text));
    }
}
