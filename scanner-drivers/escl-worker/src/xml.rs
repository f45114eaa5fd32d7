//! A small tree of what a scanner said in XML: names without their prefixes, texts, nothing else.
//!
//! Makers choose prefixes freely and some declare none, so elements go by their local names. What is read is bounded in
//! length, depth and number; a document type is refused, and with it every entity of the sender's own.

use quick_xml::Reader;
use quick_xml::events::Event;

/// Deeper than any capabilities (they have ten floors).
const MAX_DEPTH: usize = 32;
/// A device with every mode and resolution there is has some two thousand elements.
const MAX_ELEMENTS: usize = 20_000;
/// No value of eSCL is longer.
const MAX_TEXT: usize = 4096;

/// One element.
#[derive(Debug, Default)]
pub(crate) struct Element {
    pub(crate) name: String,
    pub(crate) text: String,
    pub(crate) children: Vec<Self>,
}

/// The bytes are no acceptable XML.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct NotXml;

impl Element {
    /// The root element.
    pub(crate) fn parse(bytes: &[u8]) -> Result<Self, NotXml> {
        // A byte of another encoding spoils one name, not the page.
        let text = String::from_utf8_lossy(bytes);
        let mut reader = Reader::from_str(text.trim_start_matches('\u{feff}'));
        let mut open: Vec<Self> = vec![Self::default()];
        let mut elements = 0;
        loop {
            match reader.read_event().map_err(|_| NotXml)? {
                Event::Start(start) => {
                    elements += 1;
                    if open.len() > MAX_DEPTH || elements > MAX_ELEMENTS {
                        return Err(NotXml);
                    }
                    open.push(Self::named(start.local_name().as_ref()));
                }
                Event::Empty(empty) => {
                    elements += 1;
                    if elements > MAX_ELEMENTS {
                        return Err(NotXml);
                    }
                    let element = Self::named(empty.local_name().as_ref());
                    open.last_mut().ok_or(NotXml)?.children.push(element);
                }
                Event::End(_) => {
                    let mut element = open.pop().ok_or(NotXml)?;
                    element.text = element.text.trim().to_owned();
                    open.last_mut().ok_or(NotXml)?.children.push(element);
                }
                Event::Text(text) => {
                    open.last_mut().ok_or(NotXml)?.append(&text)?;
                }
                Event::CData(data) => {
                    open.last_mut().ok_or(NotXml)?.append(&data)?;
                }
                Event::GeneralRef(reference) => {
                    let character = match reference.resolve_char_ref() {
                        Ok(Some(character)) => character,
                        Ok(None) => match reference.as_ref() {
                            "amp" => '&',
                            "lt" => '<',
                            "gt" => '>',
                            "quot" => '"',
                            "apos" => '\'',
                            _ => return Err(NotXml),
                        },
                        Err(_) => return Err(NotXml),
                    };
                    let text = character.to_string();
                    open.last_mut().ok_or(NotXml)?.append(&text)?;
                }
                Event::DocType(_) => return Err(NotXml),
                Event::Decl(_) | Event::PI(_) | Event::Comment(_) => {}
                Event::Eof => break,
            }
        }
        let [document] = <[Self; 1]>::try_from(open).map_err(|_| NotXml)?;
        let [root] = <[Self; 1]>::try_from(document.children).map_err(|_| NotXml)?;
        Ok(root)
    }

    fn named(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            ..Self::default()
        }
    }

    fn append(&mut self, text: &str) -> Result<(), NotXml> {
        if self.text.len() + text.len() > MAX_TEXT {
            return Err(NotXml);
        }
        self.text.push_str(text);
        Ok(())
    }

    /// The child of that name.
    pub(crate) fn child(&self, name: &str) -> Option<&Self> {
        self.children.iter().find(|child| child.name == name)
    }

    /// The text of the child of that name, where it has one.
    pub(crate) fn value(&self, name: &str) -> Option<&str> {
        let text = self.child(name)?.text.as_str();
        (!text.is_empty()).then_some(text)
    }

    /// The child's number.
    pub(crate) fn number(&self, name: &str) -> Option<u32> {
        self.value(name)?.parse().ok()
    }

    /// All elements of that name below this one, in their order.
    pub(crate) fn all(&self, name: &str) -> Vec<&Self> {
        let mut found = Vec::new();
        self.gather(name, &mut found);
        found
    }

    fn gather<'a>(&'a self, name: &str, found: &mut Vec<&'a Self>) {
        // Depth is bounded, so this descent is.
        for child in &self.children {
            if child.name == name {
                found.push(child);
            }
            child.gather(name, found);
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn prefixes_do_not_matter() {
        for xml in [
            "<s:A xmlns:s='x'><s:B>1</s:B><t:C xmlns:t='y'> Zebra &amp; Co&#46; </t:C></s:A>",
            "\u{feff}<?xml version='1.0'?><!-- by hand --><A xmlns='x'>\n<B>1</B>\n<C><![CDATA[Zebra & Co.]]></C></A>\n",
        ] {
            let root = Element::parse(xml.as_bytes()).unwrap();
            assert_eq!(root.name, "A");
            assert_eq!(
                (root.number("B"), root.value("C")),
                (Some(1), Some("Zebra & Co."))
            );
        }
    }

    #[test]
    fn what_would_eat_memory_is_refused() {
        let deep = "<a>".repeat(40) + &"</a>".repeat(40);
        assert!(Element::parse(deep.as_bytes()).is_err());
        let wide = format!("<a>{}</a>", "<b/>".repeat(MAX_ELEMENTS + 1));
        assert!(Element::parse(wide.as_bytes()).is_err());
        let long = format!("<a>{}</a>", "x".repeat(MAX_TEXT + 1));
        assert!(Element::parse(long.as_bytes()).is_err());
        let laughs = "<!DOCTYPE a [<!ENTITY b \"ha\"><!ENTITY c \"&b;&b;\">]><a>&c;</a>".as_bytes();
        assert!(Element::parse(laughs).is_err());
        assert!(Element::parse(b"<a>&unknown;</a>").is_err());
    }

    #[test]
    fn what_is_no_document_is_refused() {
        for bytes in [
            &b""[..],
            b"<a>",
            b"<a></b>",
            b"<a/><b/>",
            b"no xml at all",
            b"<html><br></html>",
        ] {
            assert!(Element::parse(bytes).is_err(), "{bytes:?}");
        }
    }
}
