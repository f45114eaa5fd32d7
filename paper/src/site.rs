//! A site's own kinds of paper: a folder of templates, taken only when each keeps its own examples.

use std::path::{Path, PathBuf};

use crate::documents::{Documents, Template, TemplateError};
use crate::fields::extract_by;
use crate::kind::HINTED;
use crate::layout::drawn;

/// A template file has some hundred lines; a longer one is something else.
const MAX_TEMPLATE_BYTES: u64 = 256 * 1024;
const MAX_TEMPLATES: usize = 500;

impl Documents {
    /// The built-in kinds and those of a site's folder; a file there takes the place of the built-in kind of its name.
    pub fn with_folder(folder: &Path) -> Result<Self, TemplateError> {
        let documents = Self::with_files(&files(folder)?)?;
        failures_of(&documents)
            .into_iter()
            .next()
            .map_or(Ok(documents), Err)
    }
}

/// The templates of a folder: names without their ending, and contents.
fn files(folder: &Path) -> Result<Vec<(String, String)>, TemplateError> {
    let unreadable = |_| TemplateError::Folder(folder.to_owned());
    let mut paths: Vec<PathBuf> = std::fs::read_dir(folder)
        .map_err(unreadable)?
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.extension().is_some_and(|ending| ending == "toml"))
        .take(MAX_TEMPLATES)
        .collect();
    paths.sort();
    paths
        .into_iter()
        .map(|path| {
            let file = path
                .file_stem()
                .unwrap_or_default()
                .to_string_lossy()
                .into_owned();
            let size = std::fs::metadata(&path).map_err(unreadable)?.len();
            if size > MAX_TEMPLATE_BYTES {
                return Err(TemplateError::Malformed {
                    file,
                    cause: format!("{size} bytes are too many"),
                });
            }
            Ok((file, std::fs::read_to_string(&path).map_err(unreadable)?))
        })
        .collect()
}

/// Every value that an example names and its template does not find.
fn failures_of(documents: &Documents) -> Vec<TemplateError> {
    let templates = documents.kinds().iter().chain([documents.general()]);
    templates
        .flat_map(|template| failures(documents, template))
        .collect()
}

fn failures(documents: &Documents, template: &Template) -> Vec<TemplateError> {
    let mut failed = Vec::new();
    for (example, number) in template.examples.iter().zip(1..) {
        let page = drawn(&example.lines);
        let found = extract_by(template, &[&page]);
        let value = |name: &str| {
            found
                .iter()
                .find(|field| field.name == name)
                .map(|field| field.value.as_str())
        };
        let missed = example
            .fields
            .iter()
            .filter(|(name, wanted)| value(name) != Some(wanted.as_str()));
        let missed = missed.map(|(name, _)| name);
        let unwanted = example.absent.iter().filter(|name| value(name).is_some());
        let fail = |field: &str, found: &str| TemplateError::Example {
            file: template.id.clone(),
            example: number,
            field: field.to_owned(),
            found: found.to_owned(),
        };
        failed.extend(
            missed
                .chain(unwanted)
                .map(|name| fail(name, value(name).unwrap_or_default())),
        );
        // An example that shows a title must be taken for its own kind.
        let kind = documents.classify_page(&page);
        if kind.confidence >= HINTED
            && kind.id != template.id
            && !std::ptr::eq(template, documents.general())
        {
            failed.push(fail("kind", &kind.id));
        }
    }
    failed
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_built_in_templates_keep_their_examples() {
        let documents = Documents::built_in();
        let failures: Vec<String> = failures_of(documents)
            .iter()
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
