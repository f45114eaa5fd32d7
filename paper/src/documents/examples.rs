//! A template's own examples: what it says it finds, it must find.

use models::PageText;

use super::{Documents, Template, TemplateError};
use crate::fields;
use crate::layout::drawn;

impl Documents {
    /// Every template against its examples; the first that fails.
    pub(super) fn keep_their_examples(&self) -> Result<(), TemplateError> {
        self.failures().next().map_or(Ok(()), Err)
    }

    /// Every value that an example names and the template does not find.
    pub(super) fn failures(&self) -> impl Iterator<Item = TemplateError> {
        self.kinds.iter().chain([&self.general]).flat_map(failures)
    }
}

fn failures(template: &Template) -> Vec<TemplateError> {
    let mut failed = Vec::new();
    for (example, number) in template.examples.iter().zip(1..) {
        let page: PageText = drawn(&example.lines);
        let found = fields::extract_by(template, &[&page]);
        let missed = example.fields.iter().filter(|(name, value)| {
            !found
                .iter()
                .any(|field| field.name == **name && field.value == **value)
        });
        let missed = missed.map(|(name, _)| name);
        let unwanted = example
            .absent
            .iter()
            .filter(|name| found.iter().any(|field| field.name == **name));
        failed.extend(missed.chain(unwanted).map(|field| TemplateError::Example {
            file: template.id.clone(),
            example: number,
            field: field.clone(),
        }));
    }
    failed
}
