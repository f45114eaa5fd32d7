//! What a file says of itself.

use crate::metadata::{Entry, Metadata};

/// Which standard the file keeps.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Standard {
    /// PDF/A-2u (which is 2b, and every letter has its Unicode), or PDF/A-3u when something is attached.
    #[default]
    Newest,
    /// PDF/A-1b, for archives that take nothing newer. Nothing is attached.
    A1b,
}

/// What the pictures of the file are worth.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum CopyKind {
    /// The unaltered pixels of every page.
    #[default]
    Master,
    /// Made for reading: the file calls itself so in its title and its metadata.
    Convenience,
}

impl CopyKind {
    /// As the file's metadata has it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Master => "master",
            Self::Convenience => "convenience",
        }
    }
}

/// The least that TT 01/2023/TT-VPCP art. 9 wants to be known of a digitised paper; what is not known is left out. The
/// title is the file's own.
#[derive(Clone, Default)]
pub struct ArchiveMeta {
    /// Code of the kind of paper.
    pub document_type: Option<String>,
    /// The owner's personal number, or what else tells who it is; a marriage certificate has two.
    pub owner: Option<String>,
    /// Number and symbol.
    pub number: Option<String>,
    /// Day of issue, `YYYY-MM-DD`.
    pub issued_on: Option<String>,
    pub issuer: Option<String>,
    /// What it is about.
    pub summary: Option<String>,
    /// The last day on which it is valid, `YYYY-MM-DD`.
    pub validity: Option<String>,
    /// Where it is valid.
    pub territory: Option<String>,
}

impl ArchiveMeta {
    /// Takes what was read and accepted; what a person has yet to look at is no fact about the paper.
    pub fn of(metadata: &Metadata) -> Self {
        let sure = |entry: &Option<Entry>| {
            entry
                .as_ref()
                .filter(|entry| entry.accepted)
                .map(|entry| entry.value.clone())
        };
        let owners: Vec<String> = metadata
            .subjects
            .iter()
            .filter_map(|subject| sure(&subject.number).or_else(|| sure(&subject.name)))
            .collect();
        Self {
            document_type: Some(metadata.type_code.clone()),
            owner: (!owners.is_empty()).then(|| owners.join("; ")),
            number: sure(&metadata.number),
            issued_on: sure(&metadata.issued),
            issuer: sure(&metadata.issuer),
            summary: sure(&metadata.summary),
            validity: sure(&metadata.valid_until),
            territory: metadata.territory.clone(),
        }
    }
}

/// What the file says of itself.
#[derive(Clone)]
pub struct PdfMeta<'a> {
    pub title: &'a str,
    pub created: jiff::Timestamp,
    /// Language of the text, such as `vi`.
    pub language: &'a str,
    /// The fields as JSON, attached as `fields.json`; beside them goes `pages.json`, which tells of each page its digest
    /// and how it was held to read it.
    pub fields_json: Option<&'a [u8]>,
    pub archive: ArchiveMeta,
    pub copy: CopyKind,
    pub standard: Standard,
}

impl<'a> PdfMeta<'a> {
    /// A Vietnamese paper with a title and nothing else.
    pub fn new(title: &'a str, created: jiff::Timestamp) -> Self {
        Self {
            title,
            created,
            language: "vi",
            fields_json: None,
            archive: ArchiveMeta::default(),
            copy: CopyKind::default(),
            standard: Standard::default(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metadata::Subject;

    #[test]
    fn only_what_was_accepted_is_told() {
        let entry = |value: &str, accepted| {
            Some(Entry {
                value: value.to_owned(),
                field: String::new(),
                accepted,
            })
        };
        let subject = |number, name| Subject {
            number,
            name,
            birth: None,
        };
        let meta = ArchiveMeta::of(&Metadata {
            type_code: "ket_hon".to_owned(),
            subjects: vec![
                subject(entry("001314000001", true), entry("LÊ THỊ MẪU", true)),
                subject(entry("00l314000002", false), entry("TRẦN VĂN THỬ", true)),
            ],
            number: entry("12/2O14", false),
            issued: entry("2014-06-10", true),
            ..Metadata::default()
        });
        assert_eq!(meta.owner.as_deref(), Some("001314000001; TRẦN VĂN THỬ"));
        assert_eq!(meta.issued_on.as_deref(), Some("2014-06-10"));
        assert!(meta.number.is_none() && meta.issuer.is_none());
    }
}
