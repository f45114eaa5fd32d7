//! The words of the citizen's page as they are read aloud: exactly what stands there, in its order, and nothing else.

use rulebook::Language;

use crate::board::Board;
use crate::citizen;

/// Whoever can read a text aloud.
pub trait Voice: Send + Sync {
    /// The text as WAV; none when it could not be spoken.
    fn speak(&self, text: &str, language: Language) -> Option<Vec<u8>>;
}

/// What is read aloud of the citizen's page as it stands now.
#[must_use]
pub fn spoken(board: &Board) -> String {
    plain(&citizen::words(board))
}

/// What ends a sentence when it is only heard.
const BREAKS: [&str; 9] = ["h1", "h2", "p", "li", "button", "div", "ul", "ol", "label"];

/// The text of markup that we drew ourselves: tags go, and where a block ended the voice pauses.
fn plain(markup: &str) -> String {
    let mut text = String::with_capacity(markup.len());
    let mut rest = markup;
    while let Some(open) = rest.find('<') {
        let (before, from) = rest.split_at(open);
        text.push_str(before);
        let Some(close) = from.find('>') else {
            rest = "";
            break;
        };
        let (tag, after) = from.split_at(close + 1);
        let name = tag.trim_matches(['<', '>', '/']);
        let name = name.split_whitespace().next().unwrap_or_default();
        rest = after;
        // Signs that stand for the eye alone are not spoken.
        if tag.contains("aria-hidden=\"true\"") {
            let end = format!("</{name}>");
            rest = after.split_once(&end).map_or(after, |(_, rest)| rest);
        } else if tag.starts_with("</") && BREAKS.contains(&name) {
            pause(&mut text);
        }
    }
    text.push_str(rest);
    text.replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&quot;", "\"")
        .replace("&amp;", "&")
}

fn pause(text: &mut String) {
    let end = text.trim_end().chars().next_back();
    match end {
        None => {}
        Some('.' | '?' | '!' | ':' | ';') => text.push('\n'),
        Some(_) => text.push_str(".\n"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_stands_there_is_spoken_with_a_pause_where_a_block_ends() {
        let markup = "<h1>Có bao nhiêu tờ?</h1><p><span aria-hidden=\"true\">✓ </span>Hai &amp; ba <b>tờ</b></p>\
                      <input type=\"hidden\" value=\"secret\"><button>Tiếp tục</button>";
        assert_eq!(plain(markup), "Có bao nhiêu tờ?\nHai & ba tờ.\nTiếp tục.\n");
        assert_eq!(
            plain("<svg aria-hidden=\"true\"><path d=\"M0\"/></svg>x"),
            "x"
        );
        assert_eq!(plain("open <"), "open ");
    }
}
