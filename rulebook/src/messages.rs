//! The words of the screens and slips, in both languages, looked up by a stable key.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Deserialize;

use crate::Language;

/// One sentence in both languages; `{names}` in braces are filled in by [`fill`].
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Message {
    /// Vietnamese.
    pub vi: String,
    /// English.
    pub en: String,
}

impl Message {
    /// The sentence in `language`.
    pub fn text(&self, language: Language) -> &str {
        match language {
            Language::Vi => &self.vi,
            Language::En => &self.en,
        }
    }
}

static MESSAGES: LazyLock<BTreeMap<String, Message>> = LazyLock::new(|| {
    toml::from_str(include_str!("../data/messages.toml"))
        .expect("the embedded messages.toml is parsed by a test")
});

/// Every message by its key.
pub fn all() -> &'static BTreeMap<String, Message> {
    &MESSAGES
}

/// The message called `key`.
pub fn find(key: &str) -> Option<&'static Message> {
    MESSAGES.get(key)
}

/// The sentence called `key`, each `{name}` replaced by its value.
///
/// A brace whose name is not in `values` is left as it stands, so that a forgotten value is seen.
/// Values are put in once and never read again for braces: a citizen's name cannot fill a place.
pub fn fill(key: &str, language: Language, values: &[(&str, &str)]) -> Option<String> {
    let mut rest = find(key)?.text(language);
    let mut filled = String::with_capacity(rest.len());
    while let Some(open) = rest.find('{') {
        let (before, from_brace) = rest.split_at(open);
        filled.push_str(before);
        let Some(close) = from_brace.find('}') else {
            rest = from_brace;
            break;
        };
        let name = &from_brace[1..close];
        match values.iter().find(|(wanted, _)| *wanted == name) {
            Some((_, value)) => filled.push_str(value),
            None => filled.push_str(&from_brace[..=close]),
        }
        rest = &from_brace[close + 1..];
    }
    filled.push_str(rest);
    Some(filled)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use unicode_normalization::is_nfc;

    use super::*;

    fn places(text: &str) -> BTreeSet<&str> {
        text.split('{')
            .skip(1)
            .filter_map(|rest| rest.split_once('}'))
            .map(|(name, _)| name)
            .collect()
    }

    #[test]
    fn both_languages_have_the_same_places_and_are_nfc() {
        assert!(all().len() >= 90);
        for (key, message) in all() {
            assert!(!message.vi.is_empty() && !message.en.is_empty(), "{key}");
            assert!(is_nfc(&message.vi) && is_nfc(&message.en), "{key}");
            assert_eq!(places(&message.vi), places(&message.en), "{key}");
        }
    }

    #[test]
    fn values_fill_their_places_once() {
        assert_eq!(
            fill("scan.progress", Language::Vi, &[("i", "2"), ("n", "7")]).unwrap(),
            "Trang 2/7"
        );
        assert_eq!(
            fill("owner.other", Language::En, &[("name", "{name}")]).unwrap(),
            "This paper bears another name: {name}"
        );
        assert_eq!(
            fill("scan.progress", Language::En, &[("i", "2")]).unwrap(),
            "Page 2 of {n}"
        );
        assert_eq!(fill("no.such.key", Language::Vi, &[]), None);
    }
}
