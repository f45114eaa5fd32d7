//! One template as it is written in TOML, and as it is used: labels folded once.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::tight;
use crate::fold::fold;
use crate::shape::Shape;

/// The file.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Parsed {
    /// One of the rulebook's kinds, or a site's own.
    id: String,
    /// The usual title.
    title: String,
    #[serde(default)]
    titles: Vec<String>,
    /// The title goes on in words of its own: `TỜ KHAI THAY ĐỔI THÔNG TIN CƯ TRÚ`.
    #[serde(default)]
    open_titles: Vec<String>,
    /// Words that only this kind carries; they tell it where the title is lost: `Mẫu CT07`.
    #[serde(default)]
    marks: Vec<String>,
    /// Values are written by hand as a rule.
    #[serde(default)]
    by_hand: bool,
    /// Values stand below their labels, as on cards.
    #[serde(default)]
    below: bool,
    /// Carries a machine-readable zone.
    #[serde(default)]
    mrz: bool,
    /// No name is looked for under a signature.
    #[serde(default)]
    no_signer: bool,
    /// Labels that no field is taken from; a value before them ends there.
    #[serde(default)]
    stops: Vec<String>,
    #[serde(default)]
    section: Vec<ParsedSection>,
    #[serde(default)]
    field: Vec<ParsedField>,
    #[serde(default)]
    table: Vec<ParsedTable>,
    #[serde(default)]
    person: Vec<Person>,
    #[serde(default)]
    metadata: Metadata,
    #[serde(default)]
    example: Vec<Example>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ParsedSection {
    /// What takes the place of `{s}` in names of fields; `{n}` counts the openings.
    id: String,
    opens: Vec<String>,
    /// Stands beside the other sections, not below them.
    #[serde(default)]
    column: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ParsedField {
    name: String,
    #[serde(rename = "type")]
    shape: Shape,
    labels: Vec<String>,
    /// Further lines the value may run on over; the type's usual number when absent.
    lines: Option<u8>,
    /// Words at which the value ends.
    #[serde(default)]
    until: Vec<String>,
    /// The label belongs to the value: `Ngành: Giáo dục tiểu học`.
    #[serde(default)]
    keep_label: bool,
    /// The label stands in running text, without a colon.
    #[serde(default)]
    running: bool,
    /// The value is what stands before the first comma.
    #[serde(default)]
    first_part: bool,
    /// Sensitive personal data that the desk reads past and does not file.
    #[serde(default)]
    sensitive: bool,
    /// The section that begins with this field.
    #[serde(default)]
    opens: Option<String>,
    /// The label counts in this section only.
    #[serde(default)]
    within: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ParsedTable {
    /// Name of a cell; `{row}` and `{column}` count from 1 and 0.
    name: String,
    columns: Vec<Column>,
    /// One a column, other wordings behind strokes: `Quan hệ | Quan hệ với chủ hộ`. A row of headings holds at least half.
    headings: Vec<String>,
}

/// What a column holds.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Column {
    #[serde(rename = "type")]
    pub(crate) shape: Shape,
    /// Not taken: the ordinal, the remarks.
    #[serde(default)]
    pub(crate) skip: bool,
}

/// Fields that speak of one person and must agree.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Person {
    pub(crate) name: String,
    #[serde(default)]
    pub(crate) number: Option<String>,
    #[serde(default)]
    pub(crate) birth: Option<String>,
    #[serde(default)]
    pub(crate) sex: Option<String>,
    /// The paper is about this person.
    #[serde(default)]
    pub(crate) owner: bool,
}

/// Which fields hold what the archive wants to know of every paper (TT 01/2023/TT-VPCP Art. 9).
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Metadata {
    #[serde(default)]
    pub(crate) number: Vec<String>,
    #[serde(default)]
    pub(crate) issued: Vec<String>,
    #[serde(default)]
    pub(crate) issuer: Vec<String>,
    #[serde(default)]
    pub(crate) valid_until: Vec<String>,
    /// Months the paper is good for, counted from the day of issue, where the form prints it.
    #[serde(default)]
    pub(crate) valid_months: Option<u32>,
    #[serde(default)]
    pub(crate) territory: Option<String>,
    #[serde(default)]
    pub(crate) summary: Vec<String>,
}

/// Lines of a made-up paper and what must be found in them.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Example {
    /// Columns are drawn with four or more spaces.
    pub(crate) lines: String,
    pub(crate) fields: BTreeMap<String, String>,
    /// Names of fields that must not be found.
    #[serde(default)]
    pub(crate) absent: Vec<String>,
}

/// A template ready for use.
#[derive(Debug)]
pub(crate) struct Template {
    pub(crate) id: String,
    pub(crate) title: String,
    /// Folded.
    pub(crate) titles: Vec<Title>,
    /// Folded, without spaces.
    pub(crate) marks: Vec<String>,
    pub(crate) by_hand: bool,
    pub(crate) below: bool,
    pub(crate) mrz: bool,
    pub(crate) signer: bool,
    pub(crate) labels: Vec<Label>,
    pub(crate) fields: Vec<FieldRule>,
    pub(crate) sections: Vec<Section>,
    pub(crate) tables: Vec<Table>,
    pub(crate) persons: Vec<Person>,
    pub(crate) metadata: Metadata,
    pub(crate) examples: Vec<Example>,
}

#[derive(Debug)]
pub(crate) struct Title {
    /// Folded, with spaces.
    pub(crate) words: String,
    /// More words may follow.
    pub(crate) open: bool,
}

/// A label, and what it stands for.
#[derive(Debug)]
pub(crate) struct Label {
    /// Folded, without spaces.
    pub(crate) letters: String,
    /// It goes on behind a colon: `Kính gửi: Ủy ban nhân dân phường`.
    pub(crate) past_colon: bool,
    pub(crate) of: Of,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Of {
    Field(usize),
    Section(usize),
    /// It only ends the value before it.
    Nothing,
}

#[derive(Debug)]
pub(crate) struct FieldRule {
    pub(crate) name: String,
    pub(crate) shape: Shape,
    pub(crate) lines: u8,
    /// Folded.
    pub(crate) until: Vec<Vec<String>>,
    pub(crate) keep_label: bool,
    pub(crate) running: bool,
    pub(crate) first_part: bool,
    pub(crate) sensitive: bool,
    pub(crate) opens: Option<usize>,
    pub(crate) within: Option<usize>,
}

#[derive(Debug)]
pub(crate) struct Section {
    pub(crate) id: String,
    pub(crate) column: bool,
}

#[derive(Debug)]
pub(crate) struct Table {
    pub(crate) name: String,
    pub(crate) columns: Vec<Column>,
    /// The wordings of each column's heading, folded, without spaces.
    pub(crate) headings: Vec<Vec<String>>,
}

impl Template {
    /// What takes the place of `{s}` in the name of a field, for every section that gave one.
    pub(crate) fn endings<'a>(
        &self,
        name: &str,
        found: impl Iterator<Item = &'a str>,
    ) -> Vec<String> {
        let Some((before, after)) = name.split_once("{s}") else {
            return vec![String::new()];
        };
        let ends = found.filter_map(|name| name.strip_prefix(before)?.strip_suffix(after));
        let mut ends: Vec<String> = ends
            .filter(|end| {
                // "ho_ten_me" is no section's "ho_ten": an ending is a section's id, a count, or a row of a table.
                let number = end.trim_start_matches('_');
                !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit())
                    || self.sections.iter().any(|section| section.id == **end)
            })
            .map(str::to_owned)
            .collect();
        ends.sort();
        ends.dedup();
        ends
    }

    pub(super) fn of(parsed: Parsed) -> Result<Self, String> {
        let mut labels = Vec::new();
        let mut label = |words: &str, of: Of| {
            let letters = tight(words);
            if letters.len() < 2 {
                return Err(format!("the label {words:?} is too short"));
            }
            labels.push(Label {
                letters,
                past_colon: words.contains(':'),
                of,
            });
            Ok(())
        };
        let mut sections = Vec::new();
        for (at, section) in parsed.section.into_iter().enumerate() {
            for words in &section.opens {
                label(words, Of::Section(at))?;
            }
            sections.push(Section {
                id: section.id,
                column: section.column,
            });
        }
        let mut fields = Vec::new();
        for (at, field) in parsed.field.into_iter().enumerate() {
            for words in &field.labels {
                label(words, Of::Field(at))?;
            }
            let section = |id: Option<String>| {
                id.map(|id| {
                    let known = sections.iter().position(|section| section.id == id);
                    known.ok_or_else(|| format!("{} names {id}, which is no section", field.name))
                })
                .transpose()
            };
            let (opens, within) = (section(field.opens)?, section(field.within)?);
            fields.push(FieldRule {
                lines: field.lines.unwrap_or(field.shape.usual_lines()),
                until: field
                    .until
                    .iter()
                    .map(|words| fold(words).split(' ').map(str::to_owned).collect())
                    .collect(),
                name: field.name,
                shape: field.shape,
                keep_label: field.keep_label,
                running: field.running,
                first_part: field.first_part,
                sensitive: field.sensitive,
                opens,
                within,
            });
        }
        for words in &parsed.stops {
            label(words, Of::Nothing)?;
        }
        let title = |words: &String, open| Title {
            words: fold(words),
            open,
        };
        let closed = parsed.titles.iter().map(|words| title(words, false));
        let open = parsed.open_titles.iter().map(|words| title(words, true));
        Ok(Self {
            titles: closed.chain(open).collect(),
            marks: parsed.marks.iter().map(|words| tight(words)).collect(),
            id: parsed.id,
            title: parsed.title,
            by_hand: parsed.by_hand,
            below: parsed.below,
            mrz: parsed.mrz,
            signer: !parsed.no_signer,
            labels,
            fields,
            sections,
            tables: parsed
                .table
                .into_iter()
                .map(|table| Table {
                    name: table.name,
                    columns: table.columns,
                    headings: table
                        .headings
                        .iter()
                        .map(|wordings| wordings.split('|').map(tight).collect())
                        .collect(),
                })
                .collect(),
            persons: parsed.person,
            metadata: parsed.metadata,
            examples: parsed.example,
        })
    }
}
