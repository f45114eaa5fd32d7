//! Who signed: the name that stands below an office or a role, at the foot of a paper.

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

/// The signer, `nguoi_ky`.
pub(super) fn find(layout: &Layout<'_>, hits: &[Hit]) -> Option<Field> {
    let roles: Vec<&Segment> = layout
        .segments
        .iter()
        .filter(|segment| is_role(&layout.text(segment)))
        .collect();
    let labelled = |segment: &Segment| hits.iter().any(|hit| segment.tokens.contains(&hit.from));
    let reach = layout.right.saturating_sub(layout.left) / 6;
    // The last signature is the issuer's: those of the parties and of witnesses come before it.
    for role in roles.iter().rev() {
        let middle = role.rect.x + role.rect.w / 2;
        let below = layout
            .segments
            .iter()
            .filter(|segment| segment.row > role.row);
        let mut named = below.filter(|segment| {
            let own = segment.rect.x + segment.rect.w / 2;
            own.abs_diff(middle) < reach
                && !labelled(segment)
                && is_signature(&layout.text(segment))
        });
        if let Some(segment) = named.next() {
            let tokens: Vec<&Token<'_>> = layout.tokens[segment.tokens.clone()].iter().collect();
            let mut field = of_tokens("nguoi_ky".to_owned(), &tokens, Shape::Name, 1.0);
            if named.next().is_some() {
                // Two names under one role: which of them signed is for a person to say.
                field.doubt(Reason::Unlabelled);
            }
            return Some(field);
        }
    }
    None
}

/// Lines of capitals that begin like an office or a role.
fn is_role(text: &str) -> bool {
    let capitals = !text.chars().any(char::is_lowercase);
    let folded = fold(text);
    capitals
        && folded.len() >= 2
        && ROLES
            .iter()
            .any(|role| folded == role.trim_end() || folded.starts_with(role) && folded.len() >= 6)
}

/// Two to six words, each with a capital: a name, with a degree before it perhaps.
fn is_signature(text: &str) -> bool {
    let words: Vec<&str> = text.split_whitespace().collect();
    (2..=6).contains(&words.len())
        && !is_role(text)
        && words.iter().all(|word| {
            let mut letters = word.trim_end_matches('.').chars();
            letters.next().is_some_and(char::is_uppercase)
                && letters.all(|c| c.is_alphabetic() || c == '.')
        })
        && words.iter().filter(|word| word.chars().count() > 1).count() >= 2
}
