//! What kind of paper it is, by its title: the words near the top that name it, slips allowed.
//!
//! A stamp that certifies a copy changes no kind: its words are no title of any template. Where the title is lost, words
//! that only one form carries and the form's own labels give a hint, and the hint stays below the mark of a title.

use std::borrow::Cow;

use models::PageText;
use serde::Serialize;

use crate::documents::{Documents, Template, Title};
use crate::fold::{distance, distance_within, fold};
use crate::layout::Layout;

/// What the paper was taken for.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Kind {
    /// One of the ids of the rulebook's kinds, or of a site's own; `khac` when no title fits.
    pub id: Cow<'static, str>,
    /// The kind's usual title.
    pub title: Cow<'static, str>,
    /// 0 to 1: how well the title fits, lowered when another kind's title fits nearly as well; below
    /// [`HINTED`] no title was found, and other signs were followed.
    pub confidence: f32,
}

/// A paper nobody could name.
pub const OTHER: Kind = Kind {
    id: Cow::Borrowed("khac"),
    title: Cow::Borrowed("Giấy tờ khác"),
    confidence: 0.0,
};

/// A kind that only its labels or a mark on the form tell is never surer than this.
pub const HINTED: f32 = 0.5;

/// A title must fit this well to count.
const MIN_FIT: f32 = 0.76;

/// Segments below this are the body, where other papers are mentioned.
const TITLE_SEGMENTS: usize = 34;

/// A title in small letters stands among the first of them.
const PLAIN_SEGMENTS: usize = 16;

/// A margin over the next kind as good as any.
const GOOD_MARGIN: f32 = 0.1;

/// Names the kind of a paper from its pages; the first page that has a title decides, because a second page without a
/// heading belongs to the paper before it.
pub fn classify(pages: &[&PageText]) -> Kind {
    Documents::built_in().classify(pages)
}

impl Documents {
    /// As [`classify`], by these templates.
    pub fn classify(&self, pages: &[&PageText]) -> Kind {
        let mut hint = OTHER;
        for page in pages {
            let kind = self.classify_page(page);
            if kind.confidence >= HINTED {
                return kind;
            }
            if kind.confidence > hint.confidence {
                hint = kind;
            }
        }
        hint
    }

    /// The kind of a page by its own title, or by other signs with a confidence below [`HINTED`].
    pub fn classify_page(&self, page: &PageText) -> Kind {
        let layout = Layout::of(page);
        let lines = lines(&layout);
        let mut fits: Vec<(f32, &Template)> = self
            .kinds()
            .iter()
            .map(|template| (title_fit(template, &lines), template))
            .collect();
        fits.sort_by(|a, b| b.0.total_cmp(&a.0));
        match fits[..] {
            [(fit, template), ref rest @ ..] if fit >= MIN_FIT => {
                let second = rest.first().map_or(0.0, |(fit, _)| *fit);
                let margin = ((fit - second) / GOOD_MARGIN).clamp(0.0, 1.0);
                let confidence = (fit.min(1.0) * (0.6 + 0.4 * margin)).clamp(HINTED, 1.0);
                kind_of(template, confidence)
            }
            _ => self.hinted(&layout),
        }
    }

    /// The kind whose marks stand on the page, or else none.
    fn hinted(&self, layout: &Layout<'_>) -> Kind {
        let letters: String = layout
            .tokens
            .iter()
            .map(|token| token.folded.as_str())
            .collect();
        // Marks found, the better read ones heavier: "Mẫu CT01" is not "Mẫu CT07".
        let marks = |template: &Template| -> f32 {
            let fits = template.marks.iter().filter_map(|mark| {
                let slips = distance_within(mark, &letters);
                (slips * 8 <= mark.len()).then_some(1.0 - slips as f32 / mark.len() as f32)
            });
            fits.sum()
        };
        // Of two alike the commoner kind, which comes first.
        let mut best: Option<(f32, &Template)> = None;
        for template in self.kinds() {
            let weight = marks(template);
            if weight > best.map_or(0.0, |(most, _)| most) {
                best = Some((weight, template));
            }
        }
        best.map_or(OTHER, |(_, template)| kind_of(template, HINTED - 0.05))
    }
}

fn kind_of(template: &Template, confidence: f32) -> Kind {
    Kind {
        id: Cow::Owned(template.id.clone()),
        title: Cow::Owned(template.title.clone()),
        confidence,
    }
}

/// A line near the top.
struct Line {
    /// Folded, with spaces.
    words: String,
    /// Set in capitals.
    capitals: bool,
    /// Taller than the page's writing.
    tall: bool,
}

fn lines(layout: &Layout<'_>) -> Vec<Line> {
    let mut lines: Vec<Line> = Vec::new();
    let mut last: Option<(u32, u32)> = None;
    for (at, segment) in layout.segments.iter().take(TITLE_SEGMENTS).enumerate() {
        let text = layout.text(segment);
        let letters = text.chars().filter(|letter| letter.is_alphabetic()).count();
        let small = text.chars().filter(|letter| letter.is_lowercase()).count();
        let words = fold(&text);
        if words.is_empty() || is_stamp(&words) {
            continue;
        }
        let capitals = letters > 0 && small * 4 <= letters;
        // By its words: the box of a slanting line is tall, too.
        let mut heights: Vec<u32> = layout.tokens[segment.tokens.clone()]
            .iter()
            .map(|token| token.rect.h)
            .collect();
        heights.sort_unstable();
        let tall = heights[heights.len() / 2] > layout.height * 3 / 2;
        // Far down, or with a full stop behind it, a line in small letters is a sentence's end.
        if !capitals && !tall && (at >= PLAIN_SEGMENTS || text.ends_with(['.', ',', ';'])) {
            last = None;
            continue;
        }
        let centre = segment.rect.x + segment.rect.w / 2;
        lines.push(Line {
            words,
            capitals,
            tall,
        });
        // Titles are often broken over two lines, one above the other.
        if let [.., above, line] = &lines[..]
            && let Some((before, bottom)) = last
            && (above.capitals || above.words.split(' ').count() <= 3)
            && (line.capitals || line.words.starts_with("ve viec "))
            && before.abs_diff(centre) < layout.right.saturating_sub(layout.left) / 8
            && segment.rect.y < bottom + segment.rect.h * 3
        {
            let joined = format!("{} {}", above.words, line.words);
            let tall = above.tall || line.tall;
            let at = lines.len() - 1;
            lines.insert(
                at,
                Line {
                    words: joined,
                    capitals: true,
                    tall,
                },
            );
        }
        last = Some((centre, segment.rect.y + segment.rect.h));
    }
    lines
}

/// The stamp of a certified copy, `CHỨNG THỰC BẢN SAO ĐÚNG VỚI BẢN CHÍNH`: no title, though it looks like one.
fn is_stamp(words: &str) -> bool {
    let begins = |stamp: &str| {
        let head: String = words.chars().take(stamp.len()).collect();
        distance(stamp, &head) * 10 <= stamp.len()
    };
    [
        "chung thuc",
        "ban sao dung voi ban chinh",
        "sao y ban chinh",
    ]
    .iter()
    .any(|stamp| begins(stamp))
}

fn title_fit(template: &Template, lines: &[Line]) -> f32 {
    let fits = template
        .titles
        .iter()
        .flat_map(|title| lines.iter().map(|line| fit(title, line)));
    fits.fold(0.0, f32::max)
}

/// How well a title is one of the lines: 1 for the whole line in capitals; a mention in a sentence stays under the mark.
fn fit(title: &Title, line: &Line) -> f32 {
    let length = title.words.chars().count();
    let line_length = line.words.chars().count().max(1);
    let slips = distance_within(&title.words, &line.words);
    let right = 1.0 - slips as f32 / length as f32;
    // Two slips in a short title make another word of it: "chứng thực" is not "chứng chỉ".
    if right < MIN_FIT || slips > 1 && length < 12 {
        return 0.0;
    }
    // The words a line begins with decide: "TỜ KHAI CẤP GIẤY XÁC NHẬN…" is a declaration.
    let head: String = line.words.chars().take(length + 2).collect();
    let opens = distance_within(&title.words, &head) <= slips;
    if title.open {
        return if opens && line.capitals {
            right + 0.002 * length.min(40) as f32
        } else {
            0.0
        };
    }
    let filled = (length as f32 / line_length as f32).min(1.0);
    let manner = match (line.capitals, line.tall) {
        (true, _) => 0.0,
        (false, true) => 0.06,
        (false, false) => 0.12,
    };
    let away = if opens { 0.0 } else { 0.08 };
    // A short title fits anything a little: every slip in it weighs more.
    right - 0.25 * (1.0 - filled) - manner - away + 0.002 * length.min(40) as f32
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::layout::drawn;

    fn id(text: &str) -> String {
        classify(&[&drawn(text)]).id.into_owned()
    }

    const HEAD: &str = "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM\nĐộc lập - Tự do - Hạnh phúc\n";

    #[test]
    fn a_title_is_known_with_slips_in_it() {
        for (title, kind) in [
            ("GIẤY KHAI SINH\n(BẢN SAO)", "khai_sinh"),
            ("GlẤY KHAl SlNH", "khai_sinh"),
            ("XÁC NHẬN THÔNG TIN VỀ CƯ TRÚ", "cu_tru"),
            ("GIẤY XÁC NHẬN\nTÌNH TRẠNG HÔN NHÂN", "hon_nhan"),
            (
                "GIẤY CHỨNG NHẬN\nQUYỀN SỬ DỤNG ĐẤT, QUYỀN SỞ HỮU TÀI SẢN GẮN LIỀN VỚI ĐẤT",
                "quyen_sdd",
            ),
            ("TỜ KHAI CẤP GIẤY XÁC NHẬN TÌNH TRẠNG HÔN NHÂN", "to_khai"),
            ("ĐƠN XIN XÁC NHẬN HOÀN CẢNH KHÓ KHĂN", "don_xin"),
            (
                "QUYẾT ĐỊNH\nVề việc cấp Giấy chứng nhận quyền sử dụng đất",
                "quyet_dinh",
            ),
            ("Giấy khai sinh", "khai_sinh"),
            ("cấp bằng\nCỬ NHÂN", "bang_tn"),
        ] {
            assert_eq!(id(&format!("{HEAD}{title}")), kind, "{title}");
        }
    }

    #[test]
    fn a_mention_in_the_body_is_no_title() {
        let text = format!(
            "{HEAD}Căn cứ Quyết định số 12 ngày 3 tháng 4 và giấy khai sinh của con\nNgười làm chứng"
        );
        assert_eq!(id(&text), "khac");
        let text = format!(
            "{HEAD}GIẤY ỦY QUYỀN\nTheo quyết định số 12/QĐ-UBND về quyền sử dụng đất của ông"
        );
        assert_eq!(id(&text), "uy_quyen");
        assert_eq!(
            id(&format!(
                "{HEAD}Tờ khai này nộp tại\nQuyết định nào cũng vậy"
            )),
            "khac"
        );
    }

    #[test]
    fn a_stamp_that_certifies_a_copy_changes_no_kind() {
        let text = format!(
            "{HEAD}CHỨNG THỰC BẢN SAO ĐÚNG VỚI BẢN CHÍNH\nSố chứng thực: 118 Quyển số: 01/2026-SCT/BS\nBẰNG TỐT NGHIỆP TRUNG HỌC PHỔ THÔNG"
        );
        assert_eq!(id(&text), "bang_tn");
        let text = format!("{HEAD}CHỨNG THỰC SAO Y\nGIẤY KHAI SINH");
        assert_eq!(id(&text), "khai_sinh");
        assert_eq!(id(&format!("{HEAD}CHỨNG THỰC SAO Y")), "khac");
        assert_eq!(id(&format!("{HEAD}CHỨNG CHỈ TIN HỌC")), "chung_chi");
    }

    #[test]
    fn a_second_page_belongs_to_the_first() {
        let kind = classify(&[
            &drawn(&format!("{HEAD}TRÍCH LỤC KHAI TỬ")),
            &drawn("tiếp theo trang một"),
        ]);
        assert_eq!(kind.id, "khai_tu");
        assert!(kind.confidence > 0.7);
        assert_eq!(classify(&[]), OTHER);
    }

    #[test]
    fn a_lost_title_leaves_a_hint() {
        let kind = classify(&[&drawn(
            "Mẫu CT07 ban hành kèm theo Thông tư số 66/2023/TT-BCA\nNơi thường trú:",
        )]);
        assert_eq!(kind.id, "cu_tru");
        assert!(kind.confidence < HINTED);
    }
}
