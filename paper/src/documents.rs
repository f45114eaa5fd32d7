//! The kinds of paper that are known: their titles, labels and fields, read from `documents/*.toml`.
//!
//! A template is data: the ones in the repository are built in, and a site may keep a folder with more of them. Every
//! template carries examples, lines of text with the values to be found; one that does not keep its own examples is
//! refused.

mod examples;
mod template;

use std::path::{Path, PathBuf};
use std::sync::LazyLock;

pub(crate) use template::{FieldRule, Of, Table, Template, Title};

use crate::fold::fold;
use template::Parsed;

/// A template file has some hundred lines; a longer one is something else.
const MAX_TEMPLATE_BYTES: u64 = 256 * 1024;
const MAX_TEMPLATES: usize = 500;

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
    #[error("the template {file} does not find {field} in its example {example}")]
    Example {
        file: String,
        example: usize,
        field: String,
    },
    #[error("the kind {0} has two templates")]
    Twice(String),
}

impl TemplateError {
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

    /// The built-in kinds and those of a site's folder; a file there takes the place of the built-in kind of its id.
    pub fn with_folder(folder: &Path) -> Result<Self, TemplateError> {
        let unreadable = |_| TemplateError::Folder(folder.to_owned());
        let mut files: Vec<PathBuf> = std::fs::read_dir(folder)
            .map_err(unreadable)?
            .filter_map(|entry| Some(entry.ok()?.path()))
            .filter(|path| path.extension().is_some_and(|ending| ending == "toml"))
            .take(MAX_TEMPLATES)
            .collect();
        files.sort();
        let mut texts: Vec<(String, String)> = Vec::new();
        for path in files {
            let name = path
                .file_stem()
                .unwrap_or_default()
                .to_string_lossy()
                .into_owned();
            let size = std::fs::metadata(&path).map_err(unreadable)?.len();
            if size > MAX_TEMPLATE_BYTES {
                return Err(TemplateError::Malformed {
                    file: name,
                    cause: format!("{size} bytes are too many"),
                });
            }
            texts.push((name, std::fs::read_to_string(&path).map_err(unreadable)?));
        }
        let own = |name: &str| texts.iter().any(|(file, _)| file == name);
        let built_in = BUILT_IN
            .iter()
            .filter(|(name, _)| !own(name))
            .map(|(name, text)| ((*name).to_owned(), *text));
        let documents = Self::parse_all(
            built_in.chain(
                texts
                    .iter()
                    .map(|(name, text)| (name.clone(), text.as_str())),
            ),
        )?;
        documents.keep_their_examples()?;
        Ok(documents)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_built_in_templates_keep_their_examples() {
        let documents = Documents::built_in();
        let failures: Vec<String> = documents
            .failures()
            .map(|error| error.to_string())
            .collect();
        assert!(failures.is_empty(), "{failures:#?}");
        for template in documents.kinds() {
            assert!(!template.titles.is_empty(), "{}", template.id);
            assert!(
                template.examples.len() + usize::from(template.fields.is_empty()) > 0,
                "{}: no example",
                template.id
            );
        }
    }

    #[test]
    fn a_site_adds_a_kind_without_code() {
        let folder = tempfile::tempdir().expect("a folder");
        let text = r#"
            id = "the_thu_vien"
            title = "Thẻ thư viện"
            titles = ["Thẻ thư viện"]
            [[field]]
            name = "so_the"
            type = "number"
            labels = ["Số thẻ"]
            [[example]]
            lines = "THẺ THƯ VIỆN\nSố thẻ: TV-0042"
            fields = { so_the = "TV-0042" }
        "#;
        std::fs::write(folder.path().join("the_thu_vien.toml"), text).expect("written");
        let documents = Documents::with_folder(folder.path()).expect("it keeps its example");
        assert_eq!(documents.template("the_thu_vien").id, "the_thu_vien");
        assert!(documents.kinds().len() > 1);

        let wrong = text.replace("so_the = \"TV-0042\"", "so_the = \"TV-0043\"");
        std::fs::write(folder.path().join("the_thu_vien.toml"), wrong).expect("written");
        let error = Documents::with_folder(folder.path()).expect_err("the example fails");
        assert_eq!(error.code(), "template.example");

        std::fs::write(folder.path().join("the_thu_vien.toml"), "id = 3").expect("written");
        let error = Documents::with_folder(folder.path()).expect_err("it is no template");
        assert_eq!(error.code(), "template.malformed");
    }
}
