//! PDF objects: read from foreign bytes without trust, and written back without loss.
//!
//! ISO 32000-1 §7.2 (lexical conventions) and §7.3 (objects). The reader bounds depth and number of
//! objects, refuses a dictionary that names a key twice (readers disagree on which one counts, and an
//! attacker may use that), and repairs nothing.

use std::fmt;

use crate::error::PdfError;

/// Deepest nesting that is read. Real files stay under ten.
const DEEPEST: u32 = 64;
/// Most objects in one parse, so that a small file cannot fill the memory.
const MOST_NODES: u32 = 2_000_000;

/// A reference to an indirect object.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Ref {
    pub(crate) number: u32,
    pub(crate) generation: u16,
}

/// Any object but a stream, which only exists as an indirect object.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Object {
    Null,
    Bool(bool),
    Int(i64),
    /// Kept as it was written: rounding would change what a signature covered.
    Real(Vec<u8>),
    Name(Vec<u8>),
    Text(Vec<u8>),
    Array(Vec<Self>),
    Dict(Dict),
    Ref(Ref),
}

/// A dictionary in the order it was written.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Dict(Vec<(Vec<u8>, Object)>);

impl Dict {
    pub(crate) fn get(&self, key: &str) -> Option<&Object> {
        self.0
            .iter()
            .find(|(name, _)| name == key.as_bytes())
            .map(|(_, value)| value)
    }

    pub(crate) fn set(&mut self, key: &str, value: Object) {
        match self.0.iter_mut().find(|(name, _)| name == key.as_bytes()) {
            Some((_, old)) => *old = value,
            None => self.0.push((key.as_bytes().to_vec(), value)),
        }
    }

    /// The same dictionary with one more entry, for building.
    pub(crate) fn with(mut self, key: &str, value: Object) -> Self {
        self.set(key, value);
        self
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (&[u8], &Object)> {
        self.0.iter().map(|(name, value)| (name.as_slice(), value))
    }

    pub(crate) fn name(&self, key: &str) -> Option<&[u8]> {
        match self.get(key)? {
            Object::Name(name) => Some(name),
            _ => None,
        }
    }

    pub(crate) fn int(&self, key: &str) -> Option<i64> {
        match self.get(key)? {
            Object::Int(value) => Some(*value),
            _ => None,
        }
    }

    pub(crate) fn reference(&self, key: &str) -> Option<Ref> {
        match self.get(key)? {
            Object::Ref(reference) => Some(*reference),
            _ => None,
        }
    }
}

impl Object {
    pub(crate) fn named(name: &str) -> Self {
        Self::Name(name.as_bytes().to_vec())
    }

    #[cfg(test)]
    pub(crate) const fn dict(&self) -> Option<&Dict> {
        match self {
            Self::Dict(dict) => Some(dict),
            _ => None,
        }
    }

    /// Writes the object so that reading it again gives an equal one.
    pub(crate) fn write(&self, out: &mut Vec<u8>) {
        match self {
            Self::Null => out.extend(b"null"),
            Self::Bool(value) => out.extend(value.to_string().bytes()),
            Self::Int(value) => out.extend(value.to_string().bytes()),
            Self::Real(digits) => out.extend(digits),
            Self::Name(name) => write_name(name, out),
            Self::Text(text) => write_text(text, out),
            Self::Array(items) => {
                out.push(b'[');
                for (at, item) in items.iter().enumerate() {
                    if at > 0 {
                        out.push(b' ');
                    }
                    item.write(out);
                }
                out.push(b']');
            }
            Self::Dict(dict) => {
                out.extend(b"<<");
                for (name, value) in dict.iter() {
                    write_name(name, out);
                    out.push(b' ');
                    value.write(out);
                }
                out.extend(b">>");
            }
            Self::Ref(Ref { number, generation }) => {
                out.extend(format!("{number} {generation} R").bytes());
            }
        }
    }
}

fn write_name(name: &[u8], out: &mut Vec<u8>) {
    out.push(b'/');
    for &byte in name {
        if is_regular(byte) && byte != b'#' && (0x21..=0x7e).contains(&byte) {
            out.push(byte);
        } else {
            out.extend(format!("#{byte:02X}").bytes());
        }
    }
}

fn write_text(text: &[u8], out: &mut Vec<u8>) {
    let plain = |b: &u8| (0x20..=0x7e).contains(b) && !matches!(b, b'(' | b')' | b'\\');
    if text.iter().all(plain) {
        out.push(b'(');
        out.extend(text);
        out.push(b')');
    } else {
        out.push(b'<');
        out.extend(
            text.iter()
                .flat_map(|byte| format!("{byte:02X}").into_bytes()),
        );
        out.push(b'>');
    }
}

// ISO 32000-1 §7.2.2, tables 1 and 2.
pub(crate) const fn is_space(byte: u8) -> bool {
    matches!(byte, 0 | b'\t' | b'\n' | 0x0c | b'\r' | b' ')
}

const fn is_delimiter(byte: u8) -> bool {
    matches!(
        byte,
        b'(' | b')' | b'<' | b'>' | b'[' | b']' | b'{' | b'}' | b'/' | b'%'
    )
}

const fn is_regular(byte: u8) -> bool {
    !is_space(byte) && !is_delimiter(byte)
}

/// Reads objects one after the other from a slice.
pub(crate) struct Parser<'a> {
    data: &'a [u8],
    pos: usize,
    nodes_left: u32,
}

impl fmt::Debug for Parser<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Parser at {} of {}", self.pos, self.data.len())
    }
}

impl<'a> Parser<'a> {
    /// Starts at `pos`; a place past the end reads as an empty file.
    pub(crate) const fn new(data: &'a [u8], pos: usize) -> Self {
        Self {
            data,
            pos,
            nodes_left: MOST_NODES,
        }
    }

    pub(crate) const fn pos(&self) -> usize {
        self.pos
    }

    pub(crate) const fn fault(&self, what: &'static str) -> PdfError {
        PdfError::Structure { at: self.pos, what }
    }

    fn peek(&self) -> Option<u8> {
        self.data.get(self.pos).copied()
    }

    fn rest(&self) -> &'a [u8] {
        self.data.get(self.pos..).unwrap_or_default()
    }

    pub(crate) fn skip_space(&mut self) {
        while let Some(byte) = self.peek() {
            if byte == b'%' {
                while self.peek().is_some_and(|b| b != b'\n' && b != b'\r') {
                    self.pos += 1;
                }
            } else if is_space(byte) {
                self.pos += 1;
            } else {
                break;
            }
        }
    }

    /// Takes `word` if it stands here as a whole word, after white space.
    pub(crate) fn word(&mut self, word: &str) -> bool {
        self.skip_space();
        let rest = self.rest();
        let here = rest.starts_with(word.as_bytes())
            && !rest.get(word.len()).copied().is_some_and(is_regular);
        if here {
            self.pos += word.len();
        }
        here
    }

    /// The line end that must follow the word `stream` (ISO 32000-1 §7.3.8.1).
    pub(crate) fn stream_line_end(&mut self) -> bool {
        let length = match self.rest() {
            [b'\r', b'\n', ..] => 2,
            [b'\n', ..] => 1,
            _ => return false,
        };
        self.pos += length;
        true
    }

    pub(crate) fn advance(&mut self, length: usize) -> Option<&'a [u8]> {
        let bytes = self.data.get(self.pos..self.pos.checked_add(length)?)?;
        self.pos += length;
        Some(bytes)
    }

    /// A whole number without sign.
    pub(crate) fn unsigned(&mut self) -> Result<u64, PdfError> {
        self.skip_space();
        let start = self.pos;
        let mut value: u64 = 0;
        while let Some(digit @ b'0'..=b'9') = self.peek() {
            value = value
                .checked_mul(10)
                .and_then(|v| v.checked_add(u64::from(digit - b'0')))
                .ok_or_else(|| self.fault("a number too large"))?;
            self.pos += 1;
        }
        if self.pos == start || self.peek().is_some_and(is_regular) {
            return Err(self.fault("a whole number is missing"));
        }
        Ok(value)
    }

    /// Any object.
    pub(crate) fn object(&mut self) -> Result<Object, PdfError> {
        self.nested(DEEPEST)
    }

    fn nested(&mut self, depth_left: u32) -> Result<Object, PdfError> {
        let Some(deeper) = depth_left.checked_sub(1) else {
            return Err(self.fault("objects are nested too deep"));
        };
        self.nodes_left = self
            .nodes_left
            .checked_sub(1)
            .ok_or_else(|| self.fault("too many objects"))?;
        self.skip_space();
        match self.peek() {
            Some(b'/') => Ok(Object::Name(self.name()?)),
            Some(b'(') => Ok(Object::Text(self.literal()?)),
            Some(b'[') => self.array(deeper),
            Some(b'<') if self.rest().starts_with(b"<<") => Ok(Object::Dict(self.dict(deeper)?)),
            Some(b'<') => Ok(Object::Text(self.hex()?)),
            Some(b'0'..=b'9' | b'+' | b'-' | b'.') => self.number(),
            Some(_) if self.word("true") => Ok(Object::Bool(true)),
            Some(_) if self.word("false") => Ok(Object::Bool(false)),
            Some(_) if self.word("null") => Ok(Object::Null),
            Some(_) => Err(self.fault("no object can start so")),
            None => Err(self.fault("the file ends inside an object")),
        }
    }

    fn array(&mut self, depth_left: u32) -> Result<Object, PdfError> {
        self.pos += 1;
        let mut items = Vec::new();
        loop {
            self.skip_space();
            if self.peek() == Some(b']') {
                self.pos += 1;
                return Ok(Object::Array(items));
            }
            items.push(self.nested(depth_left)?);
        }
    }

    fn dict(&mut self, depth_left: u32) -> Result<Dict, PdfError> {
        self.pos += 2;
        let mut dict = Dict::default();
        let mut seen = std::collections::HashSet::new();
        loop {
            self.skip_space();
            if self.rest().starts_with(b">>") {
                self.pos += 2;
                return Ok(dict);
            }
            if self.peek() != Some(b'/') {
                return Err(self.fault("a dictionary key is missing"));
            }
            let name = self.name()?;
            if !seen.insert(name.clone()) {
                return Err(self.fault("a dictionary names a key twice"));
            }
            let value = self.nested(depth_left)?;
            dict.0.push((name, value));
        }
    }

    fn name(&mut self) -> Result<Vec<u8>, PdfError> {
        self.pos += 1;
        let mut name = Vec::new();
        while let Some(byte) = self.peek().filter(|&b| is_regular(b)) {
            self.pos += 1;
            if byte != b'#' {
                name.push(byte);
                continue;
            }
            let pair = self
                .advance(2)
                .and_then(|pair| Some((hex_digit(pair[0])?, hex_digit(pair[1])?)));
            let (high, low) = pair.ok_or_else(|| self.fault("a name has a bad # escape"))?;
            name.push(high << 4 | low);
        }
        Ok(name)
    }

    fn hex(&mut self) -> Result<Vec<u8>, PdfError> {
        self.pos += 1;
        let mut text = Vec::new();
        let mut high = None;
        loop {
            let byte = self
                .peek()
                .ok_or_else(|| self.fault("the file ends inside a string"))?;
            self.pos += 1;
            match (byte, hex_digit(byte), high) {
                (b'>', ..) => break,
                (_, Some(digit), None) => high = Some(digit),
                (_, Some(digit), Some(first)) => {
                    text.push(first << 4 | digit);
                    high = None;
                }
                (byte, None, _) if is_space(byte) => {}
                _ => return Err(self.fault("a hexadecimal string has another character")),
            }
        }
        // §7.3.4.3: a missing last digit is zero.
        text.extend(high.map(|digit| digit << 4));
        Ok(text)
    }

    // §7.3.4.2: balanced parentheses, escapes, and line ends that all read as a line feed.
    fn literal(&mut self) -> Result<Vec<u8>, PdfError> {
        self.pos += 1;
        let mut text = Vec::new();
        let mut open = 1_u32;
        loop {
            let byte = self
                .peek()
                .ok_or_else(|| self.fault("the file ends inside a string"))?;
            self.pos += 1;
            match byte {
                b'(' => open += 1,
                b')' => {
                    open -= 1;
                    if open == 0 {
                        return Ok(text);
                    }
                }
                b'\r' => {
                    if self.peek() == Some(b'\n') {
                        self.pos += 1;
                    }
                    text.push(b'\n');
                    continue;
                }
                b'\\' => {
                    self.escape(&mut text);
                    continue;
                }
                _ => {}
            }
            text.push(byte);
        }
    }

    fn escape(&mut self, text: &mut Vec<u8>) {
        let Some(byte) = self.peek() else { return };
        self.pos += 1;
        match byte {
            b'n' => text.push(b'\n'),
            b'r' => text.push(b'\r'),
            b't' => text.push(b'\t'),
            b'b' => text.push(8),
            b'f' => text.push(12),
            b'\n' => {}
            b'\r' => {
                if self.peek() == Some(b'\n') {
                    self.pos += 1;
                }
            }
            b'0'..=b'7' => {
                let mut value = u32::from(byte - b'0');
                for _ in 0..2 {
                    let Some(digit @ b'0'..=b'7') = self.peek() else {
                        break;
                    };
                    self.pos += 1;
                    value = value * 8 + u32::from(digit - b'0');
                }
                // High-order overflow is ignored (table 3).
                text.push((value & 0xff) as u8);
            }
            other => text.push(other),
        }
    }

    fn number(&mut self) -> Result<Object, PdfError> {
        let start = self.pos;
        while self.peek().is_some_and(is_regular) {
            self.pos += 1;
        }
        let token = &self.data[start..self.pos];
        if token.iter().all(u8::is_ascii_digit)
            && let Some(reference) = self.reference_after(token)
        {
            return Ok(Object::Ref(reference));
        }
        let text = std::str::from_utf8(token).ok();
        if let Some(value) = text.and_then(|text| text.parse::<i64>().ok()) {
            return Ok(Object::Int(value));
        }
        let (sign_free, dots) = (
            token
                .strip_prefix(b"-")
                .or_else(|| token.strip_prefix(b"+"))
                .unwrap_or(token),
            token.iter().filter(|&&b| b == b'.').count(),
        );
        let digits = sign_free.iter().filter(|b| b.is_ascii_digit()).count();
        if dots <= 1 && digits > 0 && digits + dots == sign_free.len() {
            return Ok(Object::Real(token.to_vec()));
        }
        Err(PdfError::Structure {
            at: start,
            what: "a malformed number",
        })
    }

    /// Whether `number` just read opens a reference: `12 0 R`.
    fn reference_after(&mut self, number: &[u8]) -> Option<Ref> {
        let number = std::str::from_utf8(number).ok()?.parse().ok()?;
        let back = self.pos;
        let generation = self
            .unsigned()
            .ok()
            .and_then(|value| u16::try_from(value).ok());
        if let Some(generation) = generation
            && self.word("R")
        {
            return Some(Ref { number, generation });
        }
        self.pos = back;
        None
    }
}

pub(crate) const fn hex_digit(byte: u8) -> Option<u8> {
    match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        b'A'..=b'F' => Some(byte - b'A' + 10),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
