//! Appends a revision to a PDF without touching a byte of what is there (ISO 32000-1 §7.5.6).

use std::collections::{BTreeMap, HashSet};

use ring::digest;

use crate::document::{Document, HIGHEST_NUMBER, XrefStyle};
use crate::error::PdfError;
use crate::later::dangling;
use crate::object::{Dict, Object, Ref};

/// A revision in the making.
pub(crate) struct Update<'d, 'a> {
    document: &'d Document<'a>,
    next: u32,
    /// Numbers the document names although nothing stands there: using one would fill in what an
    /// earlier signature saw empty.
    taken: HashSet<u32>,
    objects: BTreeMap<u32, (u16, Vec<u8>)>,
}

/// The finished file and where, inside it, each new object's body starts.
pub(crate) struct Appended {
    pub(crate) bytes: Vec<u8>,
    pub(crate) bodies: BTreeMap<u32, usize>,
}

impl<'d, 'a> Update<'d, 'a> {
    pub(crate) fn new(document: &'d Document<'a>) -> Result<Self, PdfError> {
        let taken = dangling(document)?;
        if document.next_number() >= HIGHEST_NUMBER {
            return Err(PdfError::Structure {
                at: 0,
                what: "no object number is free",
            });
        }
        Ok(Self {
            document,
            next: document.next_number(),
            taken,
            objects: BTreeMap::new(),
        })
    }

    /// A number for a new object.
    pub(crate) fn allot(&mut self) -> Ref {
        while self.taken.contains(&self.next) {
            self.next += 1;
        }
        let reference = Ref {
            number: self.next,
            generation: 0,
        };
        self.next += 1;
        reference
    }

    /// Puts a new object, or the new version of an old one.
    pub(crate) fn put(&mut self, reference: Ref, object: &Object) {
        let mut body = Vec::new();
        object.write(&mut body);
        self.put_raw(reference, body);
    }

    /// Puts an object already written.
    pub(crate) fn put_raw(&mut self, reference: Ref, body: Vec<u8>) {
        self.objects
            .insert(reference.number, (reference.generation, body));
    }

    /// The old file with this revision behind it.
    pub(crate) fn append(mut self) -> Appended {
        let old = self.document.data();
        let mut bytes = old.to_vec();
        if !matches!(old.last(), Some(b'\n' | b'\r')) {
            bytes.push(b'\n');
        }
        let mut places = BTreeMap::new();
        let mut bodies = BTreeMap::new();
        for (&number, (generation, body)) in &self.objects {
            places.insert(number, (bytes.len(), *generation));
            bytes.extend(format!("{number} {generation} obj\n").bytes());
            bodies.insert(number, bytes.len());
            bytes.extend(body);
            bytes.extend(b"\nendobj\n");
        }
        let startxref = bytes.len();
        match self.document.style() {
            XrefStyle::Table => self.write_table(&places, &mut bytes),
            XrefStyle::Stream => self.write_stream(&places, &mut bytes),
        }
        bytes.extend(format!("startxref\n{startxref}\n%%EOF\n").bytes());
        Appended { bytes, bodies }
    }

    fn write_table(&self, places: &BTreeMap<u32, (usize, u16)>, bytes: &mut Vec<u8>) {
        bytes.extend(b"xref\n");
        for run in runs(places) {
            bytes.extend(format!("{} {}\n", run.start, run.end - run.start).bytes());
            for number in run {
                let (offset, generation) = places[&number];
                // §7.5.4: exactly twenty bytes an entry.
                bytes.extend(format!("{offset:010} {generation:05} n \n").bytes());
            }
        }
        bytes.extend(b"trailer\n");
        Object::Dict(self.trailer(bytes)).write(bytes);
        bytes.push(b'\n');
    }

    fn write_stream(&mut self, places: &BTreeMap<u32, (usize, u16)>, bytes: &mut Vec<u8>) {
        let own = self.allot();
        let start = bytes.len();
        let mut places = places.clone();
        places.insert(own.number, (start, 0));
        let mut rows = Vec::new();
        let mut index = Vec::new();
        for run in runs(&places) {
            index.push(Object::Int(i64::from(run.start)));
            index.push(Object::Int(i64::from(run.end - run.start)));
            for number in run {
                let (offset, generation) = places[&number];
                rows.push(1);
                rows.extend((offset as u64).to_be_bytes());
                rows.extend(generation.to_be_bytes());
            }
        }
        let dict = self
            .trailer(bytes)
            .with("Type", Object::named("XRef"))
            .with(
                "W",
                Object::Array(vec![Object::Int(1), Object::Int(8), Object::Int(2)]),
            )
            .with("Index", Object::Array(index))
            .with("Length", Object::Int(rows.len() as i64));
        bytes.extend(format!("{} 0 obj\n", own.number).bytes());
        Object::Dict(dict).write(bytes);
        bytes.extend(b"\nstream\n");
        bytes.extend(rows);
        bytes.extend(b"\nendstream\nendobj\n");
    }

    /// §7.5.6: the trailer repeats what the last one said, names the last section, and changes the
    /// second half of the file's identifier (§14.4).
    fn trailer(&self, so_far: &[u8]) -> Dict {
        let old = self.document.trailer();
        let fresh = digest::digest(&digest::SHA256, so_far).as_ref()[..16].to_vec();
        let first = match old.get("ID") {
            Some(Object::Array(halves)) => match halves.first() {
                Some(Object::Text(first)) => first.clone(),
                _ => fresh.clone(),
            },
            _ => fresh.clone(),
        };
        let mut trailer = Dict::default()
            .with("Size", Object::Int(i64::from(self.next)))
            .with("Prev", Object::Int(self.document.startxref() as i64))
            .with(
                "ID",
                Object::Array(vec![Object::Text(first), Object::Text(fresh)]),
            );
        for key in ["Root", "Info"] {
            if let Some(value) = old.get(key) {
                trailer.set(key, value.clone());
            }
        }
        trailer
    }
}

/// Unbroken runs of object numbers.
fn runs(places: &BTreeMap<u32, (usize, u16)>) -> Vec<std::ops::Range<u32>> {
    let mut runs: Vec<std::ops::Range<u32>> = Vec::new();
    for &number in places.keys() {
        match runs.last_mut() {
            Some(run) if run.end == number => run.end += 1,
            _ => runs.push(number..number + 1),
        }
    }
    runs
}
