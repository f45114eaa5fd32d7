//! Texts of DG11, DG12 and DG13: bounded, in one Unicode form, wiped when dropped.

use unicode_normalization::UnicodeNormalization as _;
use zeroize::Zeroizing;

use super::{DataGroup, LdsError, content};
use crate::tlv::Reader;

/// Longer than any address or profession that fits on a document.
pub(super) const MOST_TEXT: usize = 1_024;
/// The two groups have thirteen and nine tags; other names and persons may repeat.
const MOST_OBJECTS: usize = 64;

const TAG_LIST: u32 = 0x5C;
/// Content-specific constructed data objects: 02 counts what follows.
pub(super) const SEVERAL: u32 = 0xA0;

/// In composed form (NFC), so that equal letters are equal characters; without blanks at its ends,
/// and without characters that are not for reading.
/// An empty text counts as absent.
pub(super) fn composed(text: &str) -> Option<Zeroizing<String>> {
    let mut composed = Zeroizing::new(String::with_capacity(text.len()));
    // Marks that turn the direction of writing would let a name be shown as another one.
    let shown = |letter: &char| {
        !letter.is_control()
            && !matches!(letter, '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
    };
    composed.extend(
        text.trim_matches(|letter: char| letter.is_whitespace() || letter == '\0')
            .chars()
            .filter(shown)
            .nfc(),
    );
    (!composed.is_empty()).then_some(composed)
}

/// A text in UTF-8 (9303-10 §4.7.11).
pub(super) fn utf8(
    value: &[u8],
    field: &'static str,
) -> Result<Option<Zeroizing<String>>, LdsError> {
    if value.len() > MOST_TEXT {
        return Err(LdsError::Field { field });
    }
    let text = std::str::from_utf8(value).map_err(|_| LdsError::Field { field })?;
    Ok(composed(text))
}

/// One text in which `<` stands for a blank.
pub(super) fn words(
    value: &[u8],
    field: &'static str,
) -> Result<Option<Zeroizing<String>>, LdsError> {
    Ok(utf8(value, field)?.and_then(|told| composed(&Zeroizing::new(told.replace('<', " ")))))
}

/// Lines with `<` between them, as addresses and lists are written.
pub(super) fn lines(value: &[u8], field: &'static str) -> Result<Vec<Zeroizing<String>>, LdsError> {
    Ok(utf8(value, field)?
        .map(|text| text.split('<').filter_map(composed).collect())
        .unwrap_or_default())
}

/// A name as 9303 writes it: `<<` between its two parts, `<` between words.
#[derive(Clone, PartialEq, Eq)]
pub struct Name {
    /// Family names, or all of it where nothing tells the parts.
    pub primary: Zeroizing<String>,
    pub secondary: Option<Zeroizing<String>>,
}

impl std::fmt::Debug for Name {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Name")
    }
}

impl Name {
    pub(super) fn read(value: &[u8], field: &'static str) -> Result<Option<Self>, LdsError> {
        let Some(text) = utf8(value, field)? else {
            return Ok(None);
        };
        let spaced = |part: &str| {
            let words: Vec<&str> = part.split('<').filter(|word| !word.is_empty()).collect();
            composed(&Zeroizing::new(words.join(" ")))
        };
        let (primary, secondary) = match text.split_once("<<") {
            Some((primary, secondary)) => (spaced(primary), spaced(secondary)),
            None => (spaced(&text), None),
        };
        Ok(match (primary, secondary) {
            (Some(primary), secondary) => Some(Self { primary, secondary }),
            (None, Some(only)) => Some(Self {
                primary: only,
                secondary: None,
            }),
            (None, None) => None,
        })
    }

    pub(super) fn write(&self) -> Vec<u8> {
        let mut text = self.primary.replace(' ', "<");
        if let Some(secondary) = &self.secondary {
            text.push_str("<<");
            text.push_str(&secondary.replace(' ', "<"));
        }
        text.into_bytes()
    }

    /// Family names, a space, given names.
    pub fn text(&self) -> Zeroizing<String> {
        Zeroizing::new(match &self.secondary {
            Some(secondary) => format!("{} {}", *self.primary, **secondary),
            None => self.primary.to_string(),
        })
    }
}

/// The objects of a file that begins with a list of its tags. The list is not believed: what is there
/// is there. Objects that repeat (in `A0`, after their count) come one by one, as if they stood alone.
pub(super) fn objects(file: &[u8], group: DataGroup) -> Result<Vec<(u32, &[u8])>, LdsError> {
    let mut found = Vec::new();
    let mut reader = Reader::new(content(file, group)?);
    while let Some(object) = reader.read()? {
        if object.tag() == SEVERAL {
            let mut inner = object.children();
            while let Some(object) = inner.read()? {
                found.push((object.tag(), object.value()));
                bound(&found)?;
            }
        } else if object.tag() != TAG_LIST {
            found.push((object.tag(), object.value()));
        }
        bound(&found)?;
    }
    Ok(found)
}

fn bound(found: &[(u32, &[u8])]) -> Result<(), LdsError> {
    if found.len() > MOST_OBJECTS {
        return Err(LdsError::TooMany {
            field: "objects of a data group",
            found: found.len(),
            limit: MOST_OBJECTS,
        });
    }
    Ok(())
}

/// The file for objects in order; those of one tag that `repeats` go into `A0` with their count.
pub(super) fn file(group: DataGroup, objects: &[(u32, Vec<u8>)], repeats: u32) -> Vec<u8> {
    use crate::tlv::{append, encode};

    let mut list = Vec::new();
    let mut listed = Vec::new();
    let mut body = Vec::new();
    let several: Vec<_> = objects.iter().filter(|(tag, _)| *tag == repeats).collect();
    for (tag, value) in objects {
        if !listed.contains(tag) {
            listed.push(*tag);
            list.extend(
                tag.to_be_bytes()
                    .into_iter()
                    .skip_while(|octet| *octet == 0),
            );
            if *tag == repeats {
                let count = u8::try_from(several.len()).expect("a document repeats little");
                let mut inner = encode(0x02, &[count]);
                for (tag, value) in &several {
                    append(&mut inner, *tag, value);
                }
                append(&mut body, SEVERAL, &inner);
            }
        }
        if *tag != repeats {
            append(&mut body, *tag, value);
        }
    }
    crate::tlv::encode_all(group.tag().into(), &[&encode(TAG_LIST, &list), &body])
}
