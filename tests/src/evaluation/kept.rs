//! Pages as they were read, kept beside the texts of a test corpus, so that kinds and fields can be told again without
//! reading: `CONDITION/ID.page.json`. Test corpora hold invented people only.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use models::{PageText, Rect, SecondReading, Word};
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize)]
struct KeptPage {
    words: Vec<KeptWord>,
    /// What was done to the page's shape; for whoever wants to draw the boxes.
    geometry: serde_json::Value,
}

#[derive(Serialize, Deserialize)]
struct KeptWord {
    text: String,
    confidence: u8,
    /// x, y, width, height.
    place: [u32; 4],
    line: u32,
    block: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    second: Option<(String, u8)>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    handwritten: bool,
}

fn file(folder: &Path, condition: &str, id: &str) -> PathBuf {
    folder.join(condition).join(format!("{id}.page.json"))
}

/// Writes what was read of one page.
///
/// # Errors
/// When the file cannot be written.
pub fn keep(
    folder: &Path,
    condition: &str,
    id: &str,
    text: &PageText,
    geometry: &paper::Geometry,
) -> Result<()> {
    let words = text.words.iter().map(|word| KeptWord {
        text: word.text.clone(),
        confidence: word.confidence,
        place: [word.bbox.x, word.bbox.y, word.bbox.w, word.bbox.h],
        line: word.line,
        block: word.block,
        second: word
            .second
            .as_ref()
            .map(|second| (second.text.clone(), second.confidence)),
        handwritten: word.handwritten,
    });
    let page = KeptPage {
        words: words.collect(),
        geometry: serde_json::to_value(geometry)?,
    };
    std::fs::write(file(folder, condition, id), serde_json::to_vec(&page)?)?;
    Ok(())
}

/// Reads it back; none when the page was not kept.
///
/// # Errors
/// When the file is there and is no kept page.
pub fn load(folder: &Path, condition: &str, id: &str) -> Result<Option<PageText>> {
    let file = file(folder, condition, id);
    if !file.exists() {
        return Ok(None);
    }
    let bytes = std::fs::read(&file)?;
    let page: KeptPage =
        serde_json::from_slice(&bytes).with_context(|| file.display().to_string())?;
    let words = page.words.into_iter().map(|word| {
        let [x, y, w, h] = word.place;
        Word {
            text: word.text,
            confidence: word.confidence,
            bbox: Rect { x, y, w, h },
            line: word.line,
            block: word.block,
            second: word
                .second
                .map(|(text, confidence)| SecondReading { text, confidence }),
            handwritten: word.handwritten,
        }
    });
    Ok(Some(PageText::from_words(words.collect())))
}
