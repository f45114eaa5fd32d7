//! A PDF as its cross-reference describes it: which object stands where, in the newest revision.
//!
//! ISO 32000-1 §7.5.4 (tables), §7.5.7 (object streams), §7.5.8 (cross-reference streams). Everything is
//! read from the file's own end backwards; a broken cross-reference is refused, never rebuilt, because
//! a rebuilt one may describe another document than the reader at the other desk sees.

use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::ops::Range;
use std::rc::Rc;

use crate::error::PdfError;
use crate::inflate::decode;
use crate::object::{Dict, Object, Parser, Ref};

/// Largest PDF that is read. A hundred colour pages at 300 dpi stay under it.
pub const LARGEST_PDF_BYTES: usize = 256 << 20;
/// Highest object number that is read. ISO 32000-1 annex C allows eight times as many; a scan of a
/// hundred pages has under a thousand.
pub(crate) const HIGHEST_NUMBER: u32 = 999_999;
/// Most cross-reference entries that are read, over all revisions.
const MOST_ENTRIES: u64 = 4_000_000;
/// Most revisions that are followed backwards.
const MOST_REVISIONS: usize = 1024;
/// How much all object streams of a file may unpack to.
const UNPACKED_BYTES: usize = 128 << 20;
/// `startxref` stands in the last bytes of the file (annex H.3 asks for 1024).
const TAIL_BYTES: usize = 2048;
/// Longest chain of references that is followed for one value.
const LONGEST_CHAIN: u32 = 32;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Entry {
    Free,
    At { offset: usize, generation: u16 },
    Packed { stream: u32, index: usize },
}

/// How the newest revision wrote its cross-reference; an update must do the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum XrefStyle {
    Table,
    Stream,
}

/// An indirect object with its place.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Found {
    pub(crate) object: Object,
    /// The bytes of the stream, still packed, if it is one.
    pub(crate) stream: Option<Range<usize>>,
    /// From `n g obj` to the end of the object; none inside an object stream.
    pub(crate) span: Option<Range<usize>>,
}

struct Unpacked {
    bytes: Vec<u8>,
    /// Object number and offset of each object.
    index: Vec<(u32, usize)>,
}

/// One PDF.
pub(crate) struct Document<'a> {
    data: &'a [u8],
    entries: BTreeMap<u32, Entry>,
    trailer: Dict,
    startxref: usize,
    style: XrefStyle,
    entries_left: u64,
    unpacked: RefCell<HashMap<u32, Rc<Unpacked>>>,
    unpacked_bytes: RefCell<usize>,
}

impl<'a> Document<'a> {
    pub(crate) fn parse(data: &'a [u8]) -> Result<Self, PdfError> {
        if data.len() > LARGEST_PDF_BYTES {
            return Err(PdfError::TooLarge);
        }
        if !data.starts_with(b"%PDF-") {
            return Err(PdfError::NotPdf);
        }
        let startxref = startxref(data)?;
        let mut document = Self {
            data,
            entries: BTreeMap::new(),
            trailer: Dict::default(),
            startxref,
            style: XrefStyle::Table,
            entries_left: MOST_ENTRIES,
            unpacked: RefCell::default(),
            unpacked_bytes: RefCell::new(0),
        };
        document.read_sections(startxref)?;
        if document.trailer.get("Encrypt").is_some() {
            return Err(PdfError::Encrypted);
        }
        Ok(document)
    }

    pub(crate) const fn data(&self) -> &'a [u8] {
        self.data
    }

    pub(crate) const fn trailer(&self) -> &Dict {
        &self.trailer
    }

    pub(crate) const fn startxref(&self) -> usize {
        self.startxref
    }

    pub(crate) const fn style(&self) -> XrefStyle {
        self.style
    }

    /// The first object number that no revision has used.
    pub(crate) fn next_number(&self) -> u32 {
        let highest = self
            .entries
            .keys()
            .next_back()
            .map_or(0, |number| number + 1);
        let size = self
            .trailer
            .int("Size")
            .and_then(|size| u32::try_from(size).ok())
            .unwrap_or(0);
        highest.max(size)
    }

    /// The numbers of all objects in use.
    pub(crate) fn numbers(&self) -> impl Iterator<Item = u32> {
        self.entries
            .iter()
            .filter(|(_, entry)| **entry != Entry::Free)
            .map(|(number, _)| *number)
    }

    /// Whether both documents take the object `number` from the same bytes.
    pub(crate) fn same_place(&self, other: &Self, number: u32) -> bool {
        match (self.entries.get(&number), other.entries.get(&number)) {
            // The stream that holds it may itself have been replaced.
            (
                Some(Entry::Packed {
                    stream: a,
                    index: i,
                }),
                Some(Entry::Packed {
                    stream: b,
                    index: j,
                }),
            ) => a == b && i == j && self.entries.get(a) == other.entries.get(b),
            (a, b) => a == b,
        }
    }

    /// The object behind `reference`. What is free or unknown is `null` (§7.3.10).
    pub(crate) fn load(&self, reference: Ref) -> Result<Found, PdfError> {
        let nothing = Found {
            object: Object::Null,
            stream: None,
            span: None,
        };
        match self.entries.get(&reference.number) {
            Some(&Entry::At { offset, generation }) if generation == reference.generation => {
                let (number, found) = self.at(offset, LONGEST_CHAIN)?;
                if number != reference.number {
                    return Err(PdfError::Structure {
                        at: offset,
                        what: "another object than expected",
                    });
                }
                Ok(found)
            }
            Some(&Entry::Packed { stream, index }) if reference.generation == 0 => {
                let unpacked = self.unpack(stream)?;
                let &(number, offset) = unpacked.index.get(index).ok_or(PdfError::Structure {
                    at: 0,
                    what: "an object stream is too short",
                })?;
                if number != reference.number {
                    return Err(PdfError::Structure {
                        at: offset,
                        what: "another object than expected",
                    });
                }
                let object = Parser::new(&unpacked.bytes, offset).object()?;
                Ok(Found {
                    object,
                    stream: None,
                    span: None,
                })
            }
            _ => Ok(nothing),
        }
    }

    /// The object with this number, whatever its generation.
    pub(crate) fn load_number(&self, number: u32) -> Result<Found, PdfError> {
        self.load(self.reference(number))
    }

    pub(crate) fn reference(&self, number: u32) -> Ref {
        let generation = match self.entries.get(&number) {
            Some(&Entry::At { generation, .. }) => generation,
            _ => 0,
        };
        Ref { number, generation }
    }

    /// The value itself, references followed.
    pub(crate) fn resolve(&self, object: &Object) -> Result<Object, PdfError> {
        let mut object = object.clone();
        for _ in 0..LONGEST_CHAIN {
            let Object::Ref(reference) = object else {
                return Ok(object);
            };
            object = self.load(reference)?.object;
        }
        Err(PdfError::Structure {
            at: 0,
            what: "references run in a circle",
        })
    }

    /// The value of `key`, references followed; `null` when it is absent.
    pub(crate) fn value(&self, dict: &Dict, key: &str) -> Result<Object, PdfError> {
        dict.get(key)
            .map_or(Ok(Object::Null), |value| self.resolve(value))
    }

    /// The value of `key` as a dictionary.
    pub(crate) fn dict(&self, dict: &Dict, key: &str) -> Result<Option<Dict>, PdfError> {
        Ok(match self.value(dict, key)? {
            Object::Dict(dict) => Some(dict),
            _ => None,
        })
    }

    /// The value of `key` as an array; empty when it is absent.
    pub(crate) fn array(&self, dict: &Dict, key: &str) -> Result<Vec<Object>, PdfError> {
        Ok(match self.value(dict, key)? {
            Object::Array(items) => items,
            _ => Vec::new(),
        })
    }

    /// The document catalogue and its reference.
    pub(crate) fn catalog(&self) -> Result<(Ref, Dict), PdfError> {
        let fault = PdfError::Structure {
            at: self.startxref,
            what: "the trailer names no catalogue",
        };
        let reference = self.trailer.reference("Root").ok_or(fault)?;
        match self.load(reference)?.object {
            Object::Dict(catalog) => Ok((reference, catalog)),
            _ => Err(fault),
        }
    }

    /// Reads `n g obj …` at `offset`.
    fn at(&self, offset: usize, chain_left: u32) -> Result<(u32, Found), PdfError> {
        let mut parser = Parser::new(self.data, offset);
        parser.skip_space();
        let start = parser.pos();
        let number = parser.unsigned()?;
        let generation = parser.unsigned()?;
        let number =
            u32::try_from(number).map_err(|_| parser.fault("an object number too large"))?;
        if generation > u64::from(u16::MAX) || !parser.word("obj") {
            return Err(parser.fault("no object stands here"));
        }
        let object = parser.object()?;
        let mut stream = None;
        if parser.word("stream") {
            let Object::Dict(dict) = &object else {
                return Err(parser.fault("a stream without a dictionary"));
            };
            if !parser.stream_line_end() {
                return Err(parser.fault("a stream without a line end"));
            }
            let length = self.stream_length(dict, chain_left)?;
            let from = parser.pos();
            if parser.advance(length).is_none() || !parser.word("endstream") {
                return Err(parser.fault("a stream of another length"));
            }
            stream = Some(from..from + length);
        }
        if !parser.word("endobj") {
            return Err(parser.fault("an object does not end"));
        }
        let span = Some(start..parser.pos());
        Ok((
            number,
            Found {
                object,
                stream,
                span,
            },
        ))
    }

    fn stream_length(&self, dict: &Dict, chain_left: u32) -> Result<usize, PdfError> {
        let fault = PdfError::Structure {
            at: 0,
            what: "a stream without a length",
        };
        let length = match dict.get("Length") {
            Some(Object::Int(length)) => *length,
            // The length of a stream cannot hang on that of another for ever.
            Some(Object::Ref(reference)) => match self.entries.get(&reference.number) {
                Some(&Entry::At { offset, .. }) if chain_left > 0 => {
                    match self.at(offset, chain_left - 1)?.1.object {
                        Object::Int(length) => length,
                        _ => return Err(fault),
                    }
                }
                // Unpacking reads with a chain of one, so that two streams cannot ask each other.
                Some(&Entry::Packed { .. }) if chain_left > 1 => {
                    match self.load(*reference)?.object {
                        Object::Int(length) => length,
                        _ => return Err(fault),
                    }
                }
                _ => return Err(fault),
            },
            _ => return Err(fault),
        };
        usize::try_from(length).map_err(|_| fault)
    }

    fn unpack(&self, number: u32) -> Result<Rc<Unpacked>, PdfError> {
        if let Some(unpacked) = self.unpacked.borrow().get(&number) {
            return Ok(Rc::clone(unpacked));
        }
        let fault = |what| PdfError::Structure { at: 0, what };
        // §7.5.7: an object stream is never packed into another one.
        let Some(&Entry::At { offset, .. }) = self.entries.get(&number) else {
            return Err(fault("an object stream is missing"));
        };
        let (_, found) = self.at(offset, 1)?;
        let (Object::Dict(dict), Some(range)) = (&found.object, found.stream) else {
            return Err(fault("an object stream is no stream"));
        };
        if dict.name("Type") != Some(b"ObjStm") {
            return Err(fault("an object stream is of another type"));
        }
        let budget = UNPACKED_BYTES - *self.unpacked_bytes.borrow();
        let bytes = decode(dict, &self.data[range], budget)?;
        let count = dict.int("N").and_then(|n| usize::try_from(n).ok());
        let first = dict
            .int("First")
            .and_then(|first| usize::try_from(first).ok());
        let (Some(count), Some(first)) = (count, first) else {
            return Err(fault("an object stream without an index"));
        };
        if count > bytes.len() {
            return Err(fault("an object stream is too short"));
        }
        let mut parser = Parser::new(&bytes, 0);
        let mut index = Vec::with_capacity(count);
        for _ in 0..count {
            let number =
                u32::try_from(parser.unsigned()?).map_err(|_| fault("a number too large"))?;
            let offset =
                usize::try_from(parser.unsigned()?).map_err(|_| fault("a number too large"))?;
            index.push((number, first.saturating_add(offset)));
        }
        *self.unpacked_bytes.borrow_mut() += bytes.len();
        let unpacked = Rc::new(Unpacked { bytes, index });
        self.unpacked
            .borrow_mut()
            .insert(number, Rc::clone(&unpacked));
        Ok(unpacked)
    }

    /// Walks the cross-reference sections, newest first: what is known is not overwritten.
    fn read_sections(&mut self, startxref: usize) -> Result<(), PdfError> {
        let mut next = Some(startxref);
        let mut seen = HashSet::new();
        while let Some(offset) = next {
            if !seen.insert(offset) || seen.len() > MOST_REVISIONS {
                return Err(PdfError::Structure {
                    at: offset,
                    what: "revisions run in a circle",
                });
            }
            let (trailer, style) = self.section(offset)?;
            // §7.5.8.4: a table may name a stream with what old readers need not see.
            if let Some(hybrid) = trailer.get("XRefStm").filter(|_| style == XrefStyle::Table) {
                let hybrid = place(hybrid, offset)?;
                self.stream_section(hybrid)?;
            }
            next = trailer
                .get("Prev")
                .map(|prev| place(prev, offset))
                .transpose()?;
            if offset == startxref {
                self.trailer = trailer;
                self.style = style;
            }
        }
        Ok(())
    }

    /// Counts entries down, so that overlapping sections cannot be walked for ever.
    fn spend(&mut self, count: u64, at: usize) -> Result<(), PdfError> {
        self.entries_left = self
            .entries_left
            .checked_sub(count)
            .ok_or(PdfError::Structure {
                at,
                what: "too many cross-reference entries",
            })?;
        Ok(())
    }

    fn section(&mut self, offset: usize) -> Result<(Dict, XrefStyle), PdfError> {
        let mut parser = Parser::new(self.data, offset);
        if parser.word("xref") {
            return Ok((self.table_section(parser)?, XrefStyle::Table));
        }
        Ok((self.stream_section(offset)?, XrefStyle::Stream))
    }

    fn table_section(&mut self, mut parser: Parser<'_>) -> Result<Dict, PdfError> {
        while !parser.word("trailer") {
            let first = parser.unsigned()?;
            let count = parser.unsigned()?;
            // An entry takes at least 18 bytes; a count beyond the file is not walked at all.
            if first.saturating_add(count) > u64::from(HIGHEST_NUMBER) + 1 {
                return Err(parser.fault("an object number too large"));
            }
            self.spend(count, parser.pos())?;
            for number in first..first + count {
                let offset = parser.unsigned()?;
                let generation = parser.unsigned()?;
                let in_use = parser.word("n");
                if !in_use && !parser.word("f") {
                    return Err(parser.fault("a cross-reference entry is neither free nor in use"));
                }
                let entry = match (in_use, usize::try_from(offset), u16::try_from(generation)) {
                    (false, ..) => Entry::Free,
                    (true, Ok(offset), Ok(generation)) => Entry::At { offset, generation },
                    _ => return Err(parser.fault("a cross-reference entry is out of range")),
                };
                let number = u32::try_from(number).expect("checked against the highest number");
                self.entries.entry(number).or_insert(entry);
            }
        }
        match parser.object()? {
            Object::Dict(trailer) => Ok(trailer),
            _ => Err(parser.fault("the trailer is no dictionary")),
        }
    }

    fn stream_section(&mut self, offset: usize) -> Result<Dict, PdfError> {
        let fault = |what| PdfError::Structure { at: offset, what };
        let (_, found) = self.at(offset, 0)?;
        let (Object::Dict(dict), Some(range)) = (found.object, found.stream) else {
            return Err(fault("no cross-reference stands here"));
        };
        if dict.name("Type") != Some(b"XRef") {
            return Err(fault("no cross-reference stands here"));
        }
        let budget = UNPACKED_BYTES - *self.unpacked_bytes.borrow();
        let rows = decode(&dict, &self.data[range], budget)?;
        *self.unpacked_bytes.borrow_mut() += rows.len();
        let numbers = |key: &str| -> Option<Vec<usize>> {
            let Some(Object::Array(items)) = dict.get(key) else {
                return None;
            };
            items
                .iter()
                .map(|item| match item {
                    Object::Int(value) => usize::try_from(*value).ok(),
                    _ => None,
                })
                .collect()
        };
        let widths = numbers("W").ok_or_else(|| fault("a cross-reference without widths"))?;
        let &[w0, w1, w2] = widths.as_slice() else {
            return Err(fault("a cross-reference without widths"));
        };
        if w0 > 8 || w1 > 8 || w2 > 8 || w0 + w1 + w2 == 0 {
            return Err(fault("a cross-reference with impossible widths"));
        }
        let size = dict.int("Size").and_then(|size| usize::try_from(size).ok());
        let index = match (dict.get("Index"), size) {
            (Some(_), _) => {
                numbers("Index").ok_or_else(|| fault("a cross-reference with a bad index"))?
            }
            (None, Some(size)) => vec![0, size],
            (None, None) => return Err(fault("a cross-reference without a size")),
        };
        let mut rows = rows.chunks_exact(w0 + w1 + w2);
        for pair in index.chunks(2) {
            let &[first, count] = pair else {
                return Err(fault("a cross-reference with a bad index"));
            };
            if first.saturating_add(count) > HIGHEST_NUMBER as usize + 1 {
                return Err(fault("an object number too large"));
            }
            self.spend(count as u64, offset)?;
            for number in first..first + count {
                let row = rows
                    .next()
                    .ok_or_else(|| fault("a cross-reference stream is too short"))?;
                let field = |from: usize, width: usize| {
                    row[from..from + width]
                        .iter()
                        .fold(0_u64, |value, &byte| value << 8 | u64::from(byte))
                };
                // §7.5.8.2: a type of no width is 1.
                let kind = if w0 == 0 { 1 } else { field(0, w0) };
                let (second, third) = (field(w0, w1), field(w0 + w1, w2));
                let entry = match kind {
                    0 => Some(Entry::Free),
                    1 => usize::try_from(second)
                        .ok()
                        .zip(u16::try_from(third).ok())
                        .map(|(offset, generation)| Entry::At { offset, generation }),
                    2 => u32::try_from(second)
                        .ok()
                        .zip(usize::try_from(third).ok())
                        .map(|(stream, index)| Entry::Packed { stream, index }),
                    // Types to come read as null (§7.5.8.3).
                    _ => Some(Entry::Free),
                };
                let entry =
                    entry.ok_or_else(|| fault("a cross-reference entry is out of range"))?;
                let number = u32::try_from(number).expect("checked against the highest number");
                self.entries.entry(number).or_insert(entry);
            }
        }
        Ok(dict)
    }
}

fn place(object: &Object, at: usize) -> Result<usize, PdfError> {
    match object {
        Object::Int(value) => usize::try_from(*value).ok(),
        _ => None,
    }
    .ok_or(PdfError::Structure {
        at,
        what: "a place in the file is missing",
    })
}

/// Where the last cross-reference section starts, as the file's end says.
fn startxref(data: &[u8]) -> Result<usize, PdfError> {
    const WORD: &[u8] = b"startxref";
    let tail_start = data.len().saturating_sub(TAIL_BYTES);
    let at = data[tail_start..]
        .windows(WORD.len())
        .rposition(|window| window == WORD)
        .ok_or(PdfError::Structure {
            at: data.len(),
            what: "the file does not say where it starts",
        })?;
    let mut parser = Parser::new(data, tail_start + at + WORD.len());
    let offset = parser.unsigned()?;
    usize::try_from(offset).map_err(|_| parser.fault("a number too large"))
}

#[cfg(test)]
mod tests;
