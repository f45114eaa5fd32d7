//! Reads a coarse page at twice its size: the engines were taught on larger letters. Words come back in the page's own pixels.

use image::GrayImage;
use image::imageops::{self, FilterType};
use models::{PageText, Rect, TextEngine, TextError};

use super::second;

/// 150 dpi become the 300 that the engines know best.
const TIMES: u32 = 2;
/// Pixels of the enlarged view: a little more than A3 at 300 dpi. Larger ones are read as they are.
const MAX_PIXELS: u64 = 20_000_000;

pub(super) fn read(
    view: GrayImage,
    dpi: u32,
    engine: &mut dyn TextEngine,
) -> Result<PageText, TextError> {
    let (width, height) = view.dimensions();
    if u64::from(width * TIMES) * u64::from(height * TIMES) > MAX_PIXELS {
        let text = engine.read(&view, dpi)?;
        return second::look_again(&view, dpi, text, engine);
    }
    let large = imageops::resize(&view, width * TIMES, height * TIMES, FilterType::CatmullRom);
    drop(view);
    let dpi = dpi * TIMES;
    let text = engine.read(&large, dpi)?;
    let mut text = second::look_again(&large, dpi, text, engine)?;
    for word in &mut text.words {
        word.bbox = reduced(word.bbox);
    }
    Ok(text)
}

/// The smallest rectangle of the page that holds this one of the enlarged view.
fn reduced(large: Rect) -> Rect {
    let (x, y) = (large.x / TIMES, large.y / TIMES);
    Rect {
        x,
        y,
        w: (large.x + large.w).div_ceil(TIMES) - x,
        h: (large.y + large.h).div_ceil(TIMES) - y,
    }
}

#[cfg(test)]
mod tests {
    use models::{ModelId, Word};

    use super::*;

    /// Reads one word over the lower right quarter of what it is shown, and remembers how large that was.
    struct Quarter(ModelId, Option<(u32, u32, u32)>);

    impl TextEngine for Quarter {
        fn read(&mut self, page: &GrayImage, dpi: u32) -> Result<PageText, TextError> {
            let (width, height) = page.dimensions();
            self.1 = Some((width, height, dpi));
            Ok(PageText::from_words(vec![Word {
                text: "nhỏ".to_owned(),
                confidence: 99,
                bbox: Rect {
                    x: width / 2 + 1,
                    y: height / 2 + 1,
                    w: width / 2 - 1,
                    h: height / 2 - 1,
                },
                ..Word::default()
            }]))
        }

        fn model(&self) -> &ModelId {
            &self.0
        }
    }

    #[test]
    fn words_lie_on_the_page_that_was_given() {
        let model = ModelId {
            name: "quarter".to_owned(),
            sha256: String::new(),
        };
        let mut engine = Quarter(model, None);
        let text = read(GrayImage::new(41, 20), 150, &mut engine).expect("the engine reads");
        assert_eq!(engine.1, Some((82, 40, 300)));
        let bbox = text.words[0].bbox;
        assert_eq!((bbox.x, bbox.y, bbox.w, bbox.h), (21, 10, 20, 10));
    }
}
