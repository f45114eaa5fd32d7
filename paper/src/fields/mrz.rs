//! The lines of a machine-readable zone, as they were read; whether their check digits hold is told elsewhere.

use crate::layout::{Layout, Token};

use super::Field;
use super::judge::of_tokens;
use crate::shape::Shape;

/// The shortest line of any zone has 30 letters (ICAO 9303-5); slips may have lost some.
const SHORTEST: usize = 26;

/// Takes `mrz1`, `mrz2`, `mrz3`.
pub(super) fn take(layout: &Layout<'_>, found: &mut Vec<Field>) {
    let lines = layout
        .segments
        .iter()
        .filter(|segment| is_zone(&layout.text(segment).replace(' ', "")));
    for (segment, number) in lines.zip(1..=3) {
        let tokens: Vec<&Token<'_>> = layout.tokens[segment.tokens.clone()].iter().collect();
        found.push(of_tokens(format!("mrz{number}"), &tokens, Shape::Mrz, 1.0));
    }
}

fn is_zone(line: &str) -> bool {
    let letters = line
        .chars()
        .filter(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || *c == '<')
        .count();
    line.chars().count() >= SHORTEST
        && letters * 10 >= line.chars().count() * 9
        && line.contains("<<")
}
