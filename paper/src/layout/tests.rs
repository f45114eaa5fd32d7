//! Rows out of drawn pages.

use super::*;

fn rows(page: &PageText) -> Vec<Vec<String>> {
    let layout = Layout::of(page);
    layout
        .rows
        .iter()
        .map(|row| {
            layout.segments[row.clone()]
                .iter()
                .map(|segment| layout.text(segment))
                .collect()
        })
        .collect()
}

#[test]
fn a_line_is_cut_at_wide_gaps_and_leaders_go() {
    let page = drawn("Số hiệu: A12          Quách Minh Bằng\nHọ tên:......LÊ VĂN THỬ......");
    assert_eq!(
        rows(&page),
        [
            vec!["Số hiệu: A12".to_owned(), "Quách Minh Bằng".to_owned()],
            vec!["Họ tên: LÊ VĂN THỬ".to_owned()],
        ]
    );
}

#[test]
fn a_colon_without_a_space_still_ends_the_label() {
    let page = drawn("Số:471/2019-BS lúc 10:30");
    let layout = Layout::of(&page);
    let texts: Vec<&str> = layout
        .tokens
        .iter()
        .map(|token| token.text.as_str())
        .collect();
    assert_eq!(texts, ["Số:", "471/2019-BS", "lúc", "10:30"]);
    assert!(layout.tokens[0].colon && !layout.tokens[0].whole);
}

#[test]
fn lines_the_engine_tore_apart_stand_in_one_row_again() {
    let mut page = drawn("Ngày sinh:   03/04/1985");
    page.words[2].block = 2;
    page.words[2].bbox.y += 9;
    assert_eq!(rows(&page).len(), 1);
    page.words[2].bbox.y += 40;
    assert_eq!(rows(&page).len(), 2);
}

#[test]
fn a_slanting_page_has_the_rows_of_a_level_one() {
    let lines = "Ông: Trần Văn Thử sinh năm 1983       CCCD số: 001083000001\n".repeat(6);
    let mut page = drawn(&lines);
    let level = rows(&page);
    for word in &mut page.words {
        word.bbox.y += word.bbox.x / 12;
    }
    assert_eq!(rows(&page), level);
}

#[test]
fn a_page_on_its_side_has_the_rows_of_an_upright_one() {
    let lines = "Ông: Trần Văn Thử sinh năm 1983\nBà: Lê Thị Mẫu sinh năm 1985\nĐịa chỉ: xã Thử, tỉnh Mẫu\n";
    let upright = rows(&drawn(lines));
    for down in [true, false] {
        let mut page = drawn(lines);
        for word in &mut page.words {
            let Rect { x, y, w, h } = word.bbox;
            word.bbox = if down {
                Rect {
                    x: 5000 - y - h,
                    y: x,
                    w: h,
                    h: w,
                }
            } else {
                Rect {
                    x: y,
                    y: 5000 - x - w,
                    w: h,
                    h: w,
                }
            };
        }
        assert_eq!(rows(&page), upright);
    }
}

#[test]
fn an_empty_page_has_no_rows() {
    assert!(rows(&PageText::default()).is_empty());
}
