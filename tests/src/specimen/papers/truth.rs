//! What a drawn page says, in the words and the layout of the corpus: `gt/KIND_I.json`, `gt/KIND_I.txt`, `meta/…`.

use std::collections::BTreeMap;

use serde::{Serialize, Serializer};

/// One visual line; columns are lines of their own.
#[derive(Clone, Serialize)]
pub(crate) struct Line {
    pub(crate) text: String,
    #[serde(rename = "box")]
    pub(crate) place: [i32; 4],
}

/// A value and where its words stand.
#[derive(Clone, Default, Serialize)]
pub(crate) struct Field {
    pub(crate) value: String,
    pub(crate) boxes: Vec<[i32; 4]>,
}

/// Something laid over the paper that is no part of what it says: a stamp of certification, "MẬT".
#[derive(Clone, Serialize)]
pub(crate) struct Mark {
    pub(crate) kind: &'static str,
    pub(crate) text: Vec<String>,
    #[serde(rename = "box")]
    pub(crate) place: [i32; 4],
}

/// A code drawn on the page.
#[derive(Clone, Serialize)]
pub(crate) struct Code {
    pub(crate) kind: &'static str,
    pub(crate) text: String,
    #[serde(rename = "box")]
    pub(crate) place: [i32; 4],
}

/// All of it.
#[derive(Clone, Serialize)]
pub(crate) struct Truth {
    pub(crate) id: String,
    #[serde(rename = "type")]
    pub(crate) kind: &'static str,
    pub(crate) font: &'static str,
    pub(crate) hand: Option<&'static str>,
    /// Dots after the values, as on forms printed to be filled in.
    pub(crate) leaders: bool,
    /// Which of the kind's layouts.
    pub(crate) variant: u32,
    /// 1 for the first; further pages have no heading.
    pub(crate) page: u32,
    /// Whether the page bears the title of its kind.
    pub(crate) titled: bool,
    /// Whose paper it is: names as printed, and the personal numbers on it where there are some.
    pub(crate) owners: Vec<BTreeMap<&'static str, String>>,
    pub(crate) lines: Vec<Line>,
    #[serde(serialize_with = "in_order")]
    pub(crate) fields: Vec<(&'static str, Field)>,
    pub(crate) marks: Vec<Mark>,
    pub(crate) codes: Vec<Code>,
    pub(crate) sigbox: Option<[i32; 4]>,
    pub(crate) bottom: i32,
}

impl Truth {
    /// A word of a value was written there.
    pub(crate) fn word(&mut self, name: &'static str, place: [f32; 4]) {
        if let Some((_, field)) = self.fields.iter_mut().find(|(known, _)| *known == name) {
            field.boxes.push(whole(place));
        }
    }

    /// A value will be written.
    pub(crate) fn value(&mut self, name: &'static str, value: &str) {
        if !self.fields.iter().any(|(known, _)| *known == name) {
            self.fields.push((
                name,
                Field {
                    value: value.to_owned(),
                    boxes: Vec::new(),
                },
            ));
        }
    }

    /// The lines, one a row.
    pub(crate) fn text(&self) -> String {
        self.lines
            .iter()
            .map(|line| format!("{}\n", line.text))
            .collect()
    }
}

/// Pixels are whole.
pub(crate) fn whole(place: [f32; 4]) -> [i32; 4] {
    [
        place[0].floor() as i32,
        place[1].floor() as i32,
        place[2].ceil() as i32,
        place[3].ceil() as i32,
    ]
}

fn in_order<S: Serializer>(fields: &[(&'static str, Field)], to: S) -> Result<S::Ok, S::Error> {
    to.collect_map(fields.iter().map(|(name, field)| (name, field)))
}
