//! The text engine's trait and what it brings back: words with places and confidence.
//!
//! A page of someone's papers is personal data, so nothing here prints a word.

use image::GrayImage;

use crate::{LineEngine, ModelId};

/// Reads the letters of one page.
pub trait TextEngine: Send {
    /// Reads an upright page. `dpi` is the true resolution; engines size their letters by it.
    fn read(&mut self, page: &GrayImage, dpi: u32) -> Result<PageText, TextError>;

    /// Reads the picture of one line and looks for no columns, pictures or tables in it.
    fn read_line(&mut self, line: &GrayImage, dpi: u32) -> Result<PageText, TextError> {
        self.read(line, dpi)
    }

    /// Reads the picture of a few level lines as it stands. The engine may not turn it to make sense of it: what this
    /// gives tells which way up the lines are.
    fn read_lines(&mut self, lines: &GrayImage, dpi: u32) -> Result<PageText, TextError> {
        self.read(lines, dpi)
    }

    fn model(&self) -> &ModelId;

    /// A second recogniser for single lines, where one goes along.
    fn line_engine(&mut self) -> Option<&mut dyn LineEngine> {
        None
    }

    /// An engine for Latin letters without marks, where one goes along: it reads machine-readable zones.
    fn latin_engine(&mut self) -> Option<&mut dyn TextEngine> {
        None
    }
}

/// An engine for pages and those that help it.
pub struct Readers {
    pub page: Box<dyn TextEngine>,
    /// A second opinion on the words in doubt.
    pub line: Option<Box<dyn LineEngine>>,
    /// For lines of capitals, digits and `<`.
    pub latin: Option<Box<dyn TextEngine>>,
}

impl TextEngine for Readers {
    fn read(&mut self, page: &GrayImage, dpi: u32) -> Result<PageText, TextError> {
        self.page.read(page, dpi)
    }

    fn read_line(&mut self, line: &GrayImage, dpi: u32) -> Result<PageText, TextError> {
        self.page.read_line(line, dpi)
    }

    fn read_lines(&mut self, lines: &GrayImage, dpi: u32) -> Result<PageText, TextError> {
        self.page.read_lines(lines, dpi)
    }

    /// That of the page's engine: it reads every word, the others only some.
    fn model(&self) -> &ModelId {
        self.page.model()
    }

    fn line_engine(&mut self) -> Option<&mut dyn LineEngine> {
        self.line
            .as_mut()
            .map(|line| line.as_mut() as &mut dyn LineEngine)
    }

    fn latin_engine(&mut self) -> Option<&mut dyn TextEngine> {
        self.latin
            .as_mut()
            .map(|latin| latin.as_mut() as &mut dyn TextEngine)
    }
}

/// A rectangle in pixels of the page that was read; `x`, `y` is its upper left corner.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Rect {
    pub x: u32,
    pub y: u32,
    pub w: u32,
    pub h: u32,
}

/// One word as read.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Word {
    pub text: String,
    /// 0 (a guess) to 100 (sure).
    pub confidence: u8,
    pub bbox: Rect,
    /// Number of the text line in its block; words of one line share it.
    pub line: u32,
    /// Number of the block (paragraph, column, table cell) on the page.
    pub block: u32,
    /// What another look (a second recogniser, or a second view) read in the same place; none when nobody looked again.
    /// Where the two differ, `text` is the one that was chosen and this the other.
    pub second: Option<SecondReading>,
    /// It looks written by hand: a person reads it, whatever the confidence.
    pub handwritten: bool,
}

/// What the other look made of a word.
#[derive(Clone, PartialEq, Eq)]
pub struct SecondReading {
    /// Empty when the other look saw no word there.
    pub text: String,
    /// 0 (a guess) to 100 (sure), on the other engine's own scale.
    pub confidence: u8,
}

impl std::fmt::Debug for SecondReading {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "SecondReading({}%)", self.confidence)
    }
}

impl std::fmt::Debug for Word {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Word({}%, {:?})", self.confidence, self.bbox)
    }
}

/// Everything read on one page, words in reading order.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct PageText {
    pub words: Vec<Word>,
    /// Mean over the words, 0 to 100; 0 for an empty page.
    pub mean_confidence: u8,
}

impl PageText {
    /// Gathers words and computes their mean confidence.
    pub fn from_words(words: Vec<Word>) -> Self {
        let sum: u64 = words.iter().map(|word| u64::from(word.confidence)).sum();
        let mean = sum.checked_div(words.len() as u64).unwrap_or(0);
        Self {
            words,
            mean_confidence: u8::try_from(mean).unwrap_or(100),
        }
    }

    /// The page as lines: a space between words, a new line where line or block changes.
    pub fn text(&self) -> String {
        let mut text = String::new();
        let mut last: Option<(u32, u32)> = None;
        for word in &self.words {
            let place = (word.block, word.line);
            match last {
                Some(previous) if previous == place => text.push(' '),
                Some(_) => text.push('\n'),
                None => {}
            }
            text.push_str(&word.text);
            last = Some(place);
        }
        text
    }
}

impl std::fmt::Debug for PageText {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "PageText({} words, {}%)",
            self.words.len(),
            self.mean_confidence
        )
    }
}

/// Why a page could not be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TextError {
    /// The engine itself failed; `detail` is the library's message and holds no text of the page.
    #[error("the text engine failed at {step}: {detail}")]
    Engine { step: &'static str, detail: String },
    #[error("a page of {width} x {height} pixels cannot be read")]
    PageSize { width: u32, height: u32 },
}

impl TextError {
    #[cfg(test)]
    pub(crate) const ALL_CODES: [&'static str; 2] = ["text.engine", "text.page_size"];

    pub const fn code(&self) -> &'static str {
        match self {
            Self::Engine { .. } => "text.engine",
            Self::PageSize { .. } => "text.page_size",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn word(text: &str, confidence: u8, line: u32, block: u32) -> Word {
        Word {
            text: text.to_owned(),
            confidence,
            bbox: Rect::default(),
            line,
            block,
            ..Word::default()
        }
    }

    #[test]
    fn lines_break_where_line_or_block_changes() {
        let page = PageText::from_words(vec![
            word("Họ", 90, 0, 0),
            word("tên", 80, 0, 0),
            word("Nguyễn", 70, 1, 0),
            word("Số", 60, 1, 1),
        ]);
        assert_eq!(page.text(), "Họ tên\nNguyễn\nSố");
        assert_eq!(page.mean_confidence, 75);
    }

    #[test]
    fn an_empty_page_is_no_division_by_zero() {
        assert_eq!(PageText::from_words(Vec::new()).mean_confidence, 0);
    }

    #[test]
    fn debug_shows_no_letter() {
        let page = PageText::from_words(vec![word("Nguyễn", 70, 0, 0)]);
        let shown = format!("{page:?} {:?}", page.words);
        assert!(!shown.contains("Nguy"), "{shown}");
    }
}
