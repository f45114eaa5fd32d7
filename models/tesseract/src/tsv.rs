//! Tesseract's table of words: one line a word, twelve columns, tabs between.

use models::{Rect, Word};

/// Column 0 of a line that describes a word; 1 to 4 are page, block, paragraph and line.
const WORD_LEVEL: &str = "5";

/// The words of a table, in reading order. A line that is not one is passed over.
pub(crate) fn words(table: &str) -> Vec<Word> {
    let mut words = Vec::new();
    let mut paragraph = ("", "");
    let mut block = 0;
    for row in table.lines() {
        let columns: Vec<&str> = row.splitn(12, '\t').collect();
        let [
            WORD_LEVEL,
            _page,
            in_block,
            in_paragraph,
            line,
            _word,
            x,
            y,
            w,
            h,
            confidence,
            text,
        ] = columns[..]
        else {
            continue;
        };
        if text.trim().is_empty() {
            continue;
        }
        if paragraph != (in_block, in_paragraph) {
            paragraph = (in_block, in_paragraph);
            block += 1;
        }
        let number = |column: &str| column.parse::<u32>().unwrap_or(0);
        words.push(Word {
            text: text.trim().to_owned(),
            confidence: confidence
                .parse::<f32>()
                .unwrap_or(0.0)
                .clamp(0.0, 100.0)
                .round() as u8,
            bbox: Rect {
                x: number(x),
                y: number(y),
                w: number(w),
                h: number(h),
            },
            line: number(line),
            block,
            ..Word::default()
        });
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_keep_their_place_and_paragraphs_become_blocks() {
        let table = "1\t1\t0\t0\t0\t0\t0\t0\t100\t100\t-1\t\n\
                     5\t1\t1\t1\t1\t1\t10\t20\t30\t12\t96.5\tHọ\n\
                     5\t1\t1\t1\t1\t2\t45\t20\t30\t12\t88\ttên:\n\
                     5\t1\t1\t2\t1\t1\t10\t50\t30\t12\t3\t|\n\
                     5\t1\t1\t2\t2\t1\t10\t70\t30\t12\t95\t \n\
                     5\t1\t2\t1\t1\t1\tbad\n";
        let words = words(table);
        let told: Vec<_> = words
            .iter()
            .map(|w| (w.text.as_str(), w.confidence, w.block, w.line))
            .collect();
        assert_eq!(told, [("Họ", 97, 1, 1), ("tên:", 88, 1, 1), ("|", 3, 2, 1)]);
        assert_eq!(
            words[1].bbox,
            Rect {
                x: 45,
                y: 20,
                w: 30,
                h: 12
            }
        );
    }
}
