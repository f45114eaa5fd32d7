//! The kinds of paper that are known: their titles, labels and fields, read from `documents/*.toml`.
//!
//! A template is data: the ones in the repository are built in, and a site may keep a folder with more of them. Every
//! template carries examples, lines of text with the values to be found; one that does not keep its own examples is
//! refused.

mod template;

use std::path::PathBuf;
use std::sync::LazyLock;

pub(crate) use template::{Column, FieldRule, Of, Table, Template, Title};

use crate::fold::fold;
use template::Parsed;

/// The built-in files, the commonest kinds first; `_general` holds what nearly every paper says.
const BUILT_IN: &[(&str, &str)] = &[
    ("_general", include_str!("../documents/_general.toml")),
    ("khai_sinh", include_str!("../documents/khai_sinh.toml")),
    ("cu_tru", include_str!("../documents/cu_tru.toml")),
    ("cccd", include_str!("../documents/cccd.toml")),
    ("bang_tn", include_str!("../documents/bang_tn.toml")),
    ("hoc_ba", include_str!("../documents/hoc_ba.toml")),
    ("bang_diem", include_str!("../documents/bang_diem.toml")),
    ("chung_chi", include_str!("../documents/chung_chi.toml")),
    ("ket_hon", include_str!("../documents/ket_hon.toml")),
    ("quyen_sdd", include_str!("../documents/quyen_sdd.toml")),
    ("bao_hiem", include_str!("../documents/bao_hiem.toml")),
    ("quyet_dinh", include_str!("../documents/quyet_dinh.toml")),
    ("dang_ky_kd", include_str!("../documents/dang_ky_kd.toml")),
    ("khai_tu", include_str!("../documents/khai_tu.toml")),
    ("hon_nhan", include_str!("../documents/hon_nhan.toml")),
    ("don_xin", include_str!("../documents/don_xin.toml")),
    ("to_khai", include_str!("../documents/to_khai.toml")),
    ("uy_quyen", include_str!("../documents/uy_quyen.toml")),
    (
        "giay_phep_lai_xe",
        include_str!("../documents/giay_phep_lai_xe.toml"),
    ),
    (
        "ly_lich_tu_phap",
        include_str!("../documents/ly_lich_tu_phap.toml"),
    ),
    ("hop_dong", include_str!("../documents/hop_dong.toml")),
    ("ho_chieu", include_str!("../documents/ho_chieu.toml")),
    ("dang_ky_xe", include_str!("../documents/dang_ky_xe.toml")),
    ("ho_ngheo", include_str!("../documents/ho_ngheo.toml")),
    ("khuyet_tat", include_str!("../documents/khuyet_tat.toml")),
    (
        "nguoi_co_cong",
        include_str!("../documents/nguoi_co_cong.toml"),
    ),
];

/// Why a template cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TemplateError {
    #[error("the folder {0} cannot be read")]
    Folder(PathBuf),
    #[error("the template {file} is not understood: {cause}")]
    Malformed { file: String, cause: String },
    /// Examples are made up, so the words may be told.
    #[error("the template {file} finds {found:?} for {field} in its example {example}")]
    Example {
        file: String,
        example: usize,
        field: String,
        found: String,
    },
    #[error("the kind {0} has two templates")]
    Twice(String),
}

impl TemplateError {
    #[cfg(test)]
    pub(crate) const ALL_CODES: [&'static str; 4] = [
        "template.folder",
        "template.malformed",
        "template.example",
        "template.twice",
    ];

    /// The stable code under which the failure list explains this error.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Folder(_) => "template.folder",
            Self::Malformed { .. } => "template.malformed",
            Self::Example { .. } => "template.example",
            Self::Twice(_) => "template.twice",
        }
    }
}

/// The kinds of paper a desk knows.
#[derive(Debug)]
pub struct Documents {
    kinds: Vec<Template>,
    general: Template,
}

static BUILT: LazyLock<Documents> = LazyLock::new(|| {
    Documents::parse_all(
        BUILT_IN
            .iter()
            .map(|(name, text)| ((*name).to_owned(), *text)),
    )
    .expect("the built-in templates are parsed by a test")
});

impl Documents {
    /// The kinds that every desk knows.
    pub fn built_in() -> &'static Self {
        &BUILT
    }

    /// The built-in kinds and those of the files given; a file takes the place of the built-in kind of its name.
    pub(crate) fn with_files(files: &[(String, String)]) -> Result<Self, TemplateError> {
        let own = |name: &str| files.iter().any(|(file, _)| file == name);
        let built_in = BUILT_IN
            .iter()
            .filter(|(name, _)| !own(name))
            .map(|(name, text)| ((*name).to_owned(), *text));
        Self::parse_all(
            built_in.chain(
                files
                    .iter()
                    .map(|(name, text)| (name.clone(), text.as_str())),
            ),
        )
    }

    fn parse_all<'a>(
        files: impl Iterator<Item = (String, &'a str)>,
    ) -> Result<Self, TemplateError> {
        let mut kinds: Vec<Template> = Vec::new();
        let mut general = None;
        for (file, text) in files {
            let parsed: Parsed =
                toml::from_str(text).map_err(|error| TemplateError::Malformed {
                    file: file.clone(),
                    cause: error.message().to_owned(),
                })?;
            let template = Template::of(parsed).map_err(|cause| TemplateError::Malformed {
                file: file.clone(),
                cause,
            })?;
            if template.id != file && file != "_general" {
                return Err(TemplateError::Malformed {
                    file,
                    cause: "the id is not the file's name".to_owned(),
                });
            }
            if file == "_general" {
                general = Some(template);
            } else if kinds.iter().any(|kind| kind.id == template.id) {
                return Err(TemplateError::Twice(template.id));
            } else {
                kinds.push(template);
            }
        }
        let general = general.ok_or_else(|| TemplateError::Malformed {
            file: "_general".to_owned(),
            cause: "it is missing".to_owned(),
        })?;
        Ok(Self { kinds, general })
    }

    /// What nearly every paper says.
    pub(crate) fn general(&self) -> &Template {
        &self.general
    }

    /// Every kind, the commonest first.
    pub(crate) fn kinds(&self) -> &[Template] {
        &self.kinds
    }

    /// The template of a kind; the general one for a kind without a form of its own.
    pub(crate) fn template(&self, kind: &str) -> &Template {
        self.kinds
            .iter()
            .find(|template| template.id == kind && !template.fields.is_empty())
            .unwrap_or(&self.general)
    }
}

/// Folded, without spaces: labels are compared so, because a lost or a gained space is the commonest slip.
pub(crate) fn tight(text: &str) -> String {
    fold(text).replace(' ', "")
}
