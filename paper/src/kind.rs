//! What kind of paper it is, by its title: the words near the top that name it, slips allowed.

use models::PageText;
use serde::Serialize;

use crate::fold::{distance_within, fold};

/// What the paper was taken for.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Kind {
    /// One of the ids of the rulebook's kinds; `khac` when no title fits.
    pub id: &'static str,
    /// The kind's usual title.
    pub title: &'static str,
    /// 0 to 1: how well the title fits, lowered when another kind's title fits nearly as well.
    pub confidence: f32,
}

/// A paper nobody could name.
pub const OTHER: Kind = Kind {
    id: "khac",
    title: "Giấy tờ khác",
    confidence: 0.0,
};

/// Titles, folded. Where one title holds another ("xác nhận tình trạng hôn nhân"), the longer wins by its length.
const TITLES: &[(&str, &str, &[&str])] = &[
    (
        "khai_sinh",
        "Giấy khai sinh",
        &[
            "giay khai sinh",
            "trich luc khai sinh",
            "ban sao giay khai sinh",
        ],
    ),
    (
        "cu_tru",
        "Giấy xác nhận thông tin về cư trú",
        &["xac nhan thong tin ve cu tru"],
    ),
    (
        "cccd",
        "Căn cước",
        &[
            "can cuoc cong dan",
            "the can cuoc",
            "can cuoc identity card",
            "citizen identity card",
        ],
    ),
    (
        "bang_tn",
        "Bằng tốt nghiệp",
        &[
            "bang tot nghiep",
            "bang cu nhan",
            "bang ky su",
            "bang tot nghiep trung hoc pho thong",
            "bang tot nghiep dai hoc",
        ],
    ),
    (
        "hoc_ba",
        "Học bạ",
        &["hoc ba", "hoc ba trung hoc pho thong"],
    ),
    (
        "bang_diem",
        "Bảng điểm",
        &["bang diem", "bang diem hoc tap"],
    ),
    ("chung_chi", "Chứng chỉ", &["chung chi"]),
    (
        "ket_hon",
        "Giấy chứng nhận kết hôn",
        &["giay chung nhan ket hon", "trich luc ket hon"],
    ),
    (
        "quyen_sdd",
        "Giấy chứng nhận quyền sử dụng đất",
        &[
            "giay chung nhan quyen su dung dat",
            "quyen su dung dat quyen so huu nha o",
        ],
    ),
    (
        "bao_hiem",
        "Thẻ bảo hiểm y tế",
        &["the bao hiem y te", "so bao hiem xa hoi"],
    ),
    ("quyet_dinh", "Quyết định", &["quyet dinh"]),
    (
        "dang_ky_kd",
        "Giấy chứng nhận đăng ký kinh doanh",
        &[
            "giay chung nhan dang ky ho kinh doanh",
            "giay chung nhan dang ky doanh nghiep",
        ],
    ),
    (
        "khai_tu",
        "Trích lục khai tử",
        &["trich luc khai tu", "giay chung tu"],
    ),
    (
        "hon_nhan",
        "Giấy xác nhận tình trạng hôn nhân",
        &["giay xac nhan tinh trang hon nhan"],
    ),
    ("don_xin", "Đơn", &["don xin", "don de nghi", "don dang ky"]),
    (
        "to_khai",
        "Tờ khai",
        &[
            "to khai",
            "to khai thay doi thong tin cu tru",
            "to khai dang ky",
        ],
    ),
    (
        "uy_quyen",
        "Giấy ủy quyền",
        &["giay uy quyen", "van ban uy quyen", "hop dong uy quyen"],
    ),
    (
        "giay_phep_lai_xe",
        "Giấy phép lái xe",
        &["giay phep lai xe"],
    ),
    (
        "ly_lich_tu_phap",
        "Phiếu lý lịch tư pháp",
        &["phieu ly lich tu phap"],
    ),
];

/// A title must fit this well to count.
const MIN_FIT: f32 = 0.78;

/// Lines below this are the body, where other papers are mentioned.
const TITLE_LINES: usize = 22;

/// Names the kind of a paper from its pages; the first page that has a title decides, because a second page without a
/// heading belongs to the paper before it.
pub fn classify(pages: &[&PageText]) -> Kind {
    pages
        .iter()
        .map(|page| classify_page(page))
        .find(|kind| kind.id != OTHER.id)
        .unwrap_or(OTHER)
}

fn classify_page(page: &PageText) -> Kind {
    let lines: Vec<(String, bool)> = lines(page).into_iter().take(TITLE_LINES).collect();
    let mut best: (f32, Option<Kind>) = (0.0, None);
    let mut second = 0.0_f32;
    for (id, title, phrases) in TITLES {
        let fit = phrases
            .iter()
            .map(|phrase| fit(phrase, &lines))
            .fold(0.0, f32::max);
        if fit > best.0 {
            second = best.0;
            best = (
                fit,
                Some(Kind {
                    id,
                    title,
                    confidence: 0.0,
                }),
            );
        } else {
            second = second.max(fit);
        }
    }
    match best {
        (fit, Some(kind)) if fit >= MIN_FIT => {
            // Without a margin over the next kind it is a coin toss; a margin of a tenth is as good as any.
            let margin = ((fit - second) / 0.1).clamp(0.0, 1.0);
            Kind {
                confidence: (fit.min(1.0) * (0.6 + 0.4 * margin)).clamp(0.0, 1.0),
                ..kind
            }
        }
        _ => OTHER,
    }
}

/// How well a phrase is one of the title lines: 1 for the whole line in capitals; a mention in a sentence stays under
/// the mark.
fn fit(phrase: &str, lines: &[(String, bool)]) -> f32 {
    let length = phrase.chars().count() as f32;
    let singles = lines
        .iter()
        .map(|(line, capitals)| (line.clone(), *capitals));
    // Titles are often broken over two lines.
    let doubles = lines
        .windows(2)
        .filter(|pair| pair[0].1 && pair[1].1)
        .map(|pair| (format!("{} {}", pair[0].0, pair[1].0), true));
    singles
        .chain(doubles)
        .map(|(line, capitals)| {
            let right = 1.0 - distance_within(phrase, &line) as f32 / length;
            let line_length = line.chars().count().max(1) as f32;
            let filled = (length / line_length).min(1.0);
            let manner = if capitals { 0.0 } else { 0.12 };
            // A short phrase fits anything a little: every slip in it weighs more.
            right - 0.25 * (1.0 - filled) - manner + 0.002 * length.min(40.0)
        })
        .fold(0.0, f32::max)
}

/// The page's lines, folded, and whether each is set in capitals.
fn lines(page: &PageText) -> Vec<(String, bool)> {
    page.text()
        .lines()
        .map(|line| {
            let letters = line.chars().filter(|letter| letter.is_alphabetic()).count();
            let small = line.chars().filter(|letter| letter.is_lowercase()).count();
            (fold(line), letters > 0 && small * 4 <= letters)
        })
        .filter(|(line, _)| !line.is_empty())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use models::{Rect, Word};

    fn page(text: &str) -> PageText {
        let words = text.lines().zip(1..).flat_map(|(line, number)| {
            line.split_whitespace().map(move |word| Word {
                text: word.to_owned(),
                confidence: 90,
                bbox: Rect::default(),
                line: number,
                block: 1,
                ..Word::default()
            })
        });
        PageText::from_words(words.collect())
    }

    fn id(text: &str) -> &'static str {
        classify(&[&page(text)]).id
    }

    const HEAD: &str = "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM\nĐộc lập - Tự do - Hạnh phúc\n";

    #[test]
    fn a_title_is_known_with_slips_in_it() {
        assert_eq!(id(&format!("{HEAD}GIẤY KHAI SINH\n(BẢN SAO)")), "khai_sinh");
        assert_eq!(id(&format!("{HEAD}GlẤY KHAl SlNH")), "khai_sinh");
        assert_eq!(id(&format!("{HEAD}XÁC NHẬN THÔNG TIN VỀ CƯ TRÚ")), "cu_tru");
        assert_eq!(
            id(&format!("{HEAD}GIẤY XÁC NHẬN\nTÌNH TRẠNG HÔN NHÂN")),
            "hon_nhan"
        );
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
    }

    #[test]
    fn a_second_page_belongs_to_the_first() {
        let kind = classify(&[
            &page(&format!("{HEAD}TRÍCH LỤC KHAI TỬ")),
            &page("tiếp theo trang một"),
        ]);
        assert_eq!(kind.id, "khai_tu");
        assert!(kind.confidence > 0.7);
        assert_eq!(classify(&[]), OTHER);
    }
}
