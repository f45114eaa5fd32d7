//! Who signed: the name that stands below an office or a role, at the foot of a paper.

use std::ops::Range;

use crate::documents::Of;
use crate::fold::fold;
use crate::layout::{Layout, Segment, Token};

use super::find::Hit;
use super::judge::of_tokens;
use super::{Field, Reason};
use crate::shape::Shape;

/// How the lines above a signature begin.
const ROLES: &[&str] = &[
    "kt",
    "tm",
    "tl",
    "tuq",
    "q ",
    "chu tich",
    "pho chu tich",
    "truong cong an",
    "pho truong",
    "truong phong",
    "giam doc",
    "pho giam doc",
    "hieu truong",
    "pho hieu truong",
    "cuc truong",
    "pho cuc truong",
    "chi cuc truong",
    "thu truong",
    "vien truong",
    "chanh van phong",
    "nguoi ky",
    "nguoi lam don",
    "nguoi viet don",
    "nguoi de nghi",
    "nguoi khai",
    "cong chuc",
    "can bo",
    "cong chung vien",
    "bo truong",
    "thu ki",
    "nguoi yeu cau",
    "nguoi lam chung",
    "truong ban",
    "nguoi cap",
    "thu tuong",
    "chu nhiem",
    "bo truong",
    "vien truong",
    "chinh uy",
    "dai dien",
    "truong thon",
    "giam hieu",
    "truong",
    "nguoi thuc hien chung thuc",
];

/// Ranks of police and army (Luật Công an nhân dân 2018, Điều 21): no part of a name.
const RANKS: [&str; 4] = ["thieu", "trung", "thuong", "dai"];
const GRADES: [&str; 4] = ["uy", "ta", "tuong", "si"];

/// The signer, `nguoi_ky`.
pub(super) fn find(layout: &Layout<'_>, hits: &[Hit]) -> Option<Field> {
    let halfway = layout.segments.last().map_or(0, |last| last.rect.y / 3);
    let roles: Vec<&Segment> = layout
        .segments
        .iter()
        .filter(|segment| {
            let text = layout.text(segment);
            is_role(&text) || segment.rect.y > halfway && (is_plain_role(&text) || asks(&text))
        })
        .collect();
    let labelled = |segment: &Segment| {
        hits.iter()
            .any(|hit| segment.tokens.contains(&hit.from) && hit.of != Of::Nothing)
    };
    let field = |tokens: Range<usize>| {
        let tokens: Vec<&Token<'_>> = layout.tokens[tokens].iter().collect();
        of_tokens("nguoi_ky".to_owned(), &tokens, Shape::Name, 1.0)
    };
    let reads_as_name = |field: &Field| {
        !field.reasons.contains(&Reason::Shape) && !field.reasons.contains(&Reason::UnusualWord)
    };
    let reach = layout.right.saturating_sub(layout.left) / 6;
    // The last signature is the issuer's: those of the parties and of witnesses come before it.
    for role in roles.iter().rev() {
        let middle = role.rect.x + role.rect.w / 2;
        let below = layout
            .segments
            .iter()
            .filter(|segment| segment.row > role.row && !labelled(segment))
            .filter(|segment| (segment.rect.x + segment.rect.w / 2).abs_diff(middle) < reach);
        let named: Vec<Field> = below
            .filter_map(|segment| name_in(layout, segment))
            .map(field)
            .collect();
        let sound = named.iter().filter(|field| reads_as_name(field)).count();
        if role.rect.y <= halfway {
            // At the head of a paper an office is the issuer's name.
            continue;
        }
        let first = named.iter().position(reads_as_name).unwrap_or(0);
        if let Some(mut field) = named.into_iter().nth(first) {
            if sound > 1 {
                // Two names under one role: which of them signed is for a person to say.
                field.doubt(Reason::Unlabelled);
            }
            return Some(field);
        }
    }
    // The role lies under a seal: a name alone at the right, near the foot of the page.
    let centre = layout.left.midpoint(layout.right);
    let mut alone = layout
        .segments
        .iter()
        .rev()
        .take_while(|segment| segment.rect.y > halfway)
        .filter(|segment| segment.rect.x > centre && !labelled(segment))
        .filter_map(|segment| Some(field(name_in(layout, segment)?)))
        .filter(reads_as_name);
    let mut field = alone.next()?;
    field.doubt(Reason::Unlabelled);
    Some(field)
}

/// The tokens of a segment that is a name, a rank before it left out.
fn name_in(layout: &Layout<'_>, segment: &Segment) -> Option<Range<usize>> {
    let tokens = &layout.tokens[segment.tokens.clone()];
    let rank = tokens.len() > 3
        && RANKS.contains(&tokens[0].folded.as_str())
        && GRADES.contains(&tokens[1].folded.as_str());
    // The beginning of a rank may lie under the signature: "ng tá Nghiêm Đức Thụ".
    let lost = tokens
        .iter()
        .take(2)
        .position(|token| GRADES.contains(&token.folded.as_str()))
        .filter(|at| {
            tokens[..=*at]
                .iter()
                .all(|token| token.text.starts_with(char::is_lowercase))
        })
        .map_or(0, |at| at + 1);
    let from = segment.tokens.start + if rank { 2 } else { lost };
    let words: Vec<&str> = layout.tokens[from..segment.tokens.end]
        .iter()
        .map(|token| token.text.as_str())
        .collect();
    is_signature(&words.join(" ")).then_some(from..segment.tokens.end)
}

/// Lines of capitals that begin like an office or a role.
fn is_role(text: &str) -> bool {
    let capitals = !text.chars().any(char::is_lowercase);
    let folded = fold(&text.replace(['.', '-'], " "));
    let folded = folded.split_whitespace().collect::<Vec<_>>().join(" ");
    capitals
        && folded.len() >= 2
        && ROLES
            .iter()
            .any(|role| folded == role.trim_end() || folded.starts_with(role) && folded.len() >= 6)
}

/// "Người viết đơn": a role alone on its line, in small letters.
fn is_plain_role(text: &str) -> bool {
    let folded = fold(text);
    text.starts_with(char::is_uppercase) && ROLES.iter().any(|role| folded == *role)
}

/// "(Ký, ghi rõ họ tên)", "(Ký tên, đóng dấu)".
fn asks(text: &str) -> bool {
    let folded = fold(text);
    text.starts_with('(') && folded.starts_with("ky")
}

/// Two to six words, each with a capital: a name, with a degree before it perhaps.
fn is_signature(text: &str) -> bool {
    let words: Vec<&str> = text.split_whitespace().collect();
    (2..=6).contains(&words.len())
        && !is_role(text)
        && !is_plain_role(text)
        && words.iter().all(|word| {
            let mut letters = word.trim_end_matches('.').chars();
            letters.next().is_some_and(char::is_uppercase)
                && letters.all(|c| c.is_alphabetic() || c == '.')
        })
        && words.iter().filter(|word| word.chars().count() > 1).count() >= 2
}
