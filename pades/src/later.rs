//! What was appended after a signature, and whether it is more than further signatures.
//!
//! Both revisions are read and compared object by object. Only a few places may differ (those a
//! signature, a time-stamp or validation data must touch); anything else, known harmless or not,
//! counts as an alteration. A later signature's own appearance is not judged: it may cover the page.

use std::collections::{BTreeSet, HashSet};

use crate::document::{Document, Found};
use crate::error::PdfError;
use crate::object::{Dict, Object, Ref, is_space};

/// Most objects of the signed revision that are visited.
const MOST_OBJECTS: usize = 1_000_000;

/// What came after a signature, from least to most.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum LaterChanges {
    /// Nothing.
    None,
    /// Only certificates, revocation data, document time-stamps, or the document's description.
    ValidationData,
    /// Further signatures too.
    Signatures,
    /// Something else; the page may show what the signer never saw.
    Altered,
}

/// Compares what was signed (the first `end` bytes) with the whole.
pub(crate) fn later_changes(whole: &Document<'_>, end: usize) -> LaterChanges {
    let (signed, tail) = whole.data().split_at(end);
    if tail.iter().all(|&byte| is_space(byte)) {
        return LaterChanges::None;
    }
    // What cannot be read cannot be vouched for.
    let Ok(signed) = Document::parse(signed) else {
        return LaterChanges::Altered;
    };
    compare(&signed, whole).unwrap_or(LaterChanges::Altered)
}

fn compare(signed: &Document<'_>, whole: &Document<'_>) -> Result<LaterChanges, PdfError> {
    let altered = Ok(LaterChanges::Altered);
    if signed.startxref() == whole.startxref() {
        return altered;
    }
    let (root, signed_catalog) = signed.catalog()?;
    let (whole_root, whole_catalog) = whole.catalog()?;
    if root != whole_root {
        return altered;
    }
    let places = Places::of(signed, &signed_catalog)?;
    let mut judge = Judge {
        signed,
        whole,
        worst: LaterChanges::None,
        new_fields: BTreeSet::new(),
    };
    if !judge.catalog(&signed_catalog, &whole_catalog)? {
        return altered;
    }
    let numbers: BTreeSet<u32> = signed.numbers().chain(whole.numbers()).collect();
    for number in numbers {
        if signed.same_place(whole, number) || number == root.number {
            continue;
        }
        let (old, new) = (signed.load_number(number)?, whole.load_number(number)?);
        if same(signed, &old, whole, &new) {
            continue;
        }
        if old.object == Object::Null {
            // New objects are reached only through the places judged here, unless the signed
            // revision named a number that did not exist yet.
            if places.dangling.contains(&number) {
                return altered;
            }
            continue;
        }
        if !judge.object(&places, number, &old, &new)? {
            return altered;
        }
    }
    Ok(judge.worst)
}

fn same(signed: &Document<'_>, old: &Found, whole: &Document<'_>, new: &Found) -> bool {
    let bytes = |document: &Document<'_>, found: &Found| {
        found
            .stream
            .clone()
            .map(|range| document.data()[range].to_vec())
    };
    old.object == new.object && bytes(signed, old) == bytes(whole, new)
}

/// Where, in the signed revision, a later signature may leave traces.
struct Places {
    form: Option<u32>,
    fields: Option<u32>,
    pages: HashSet<u32>,
    annotations: HashSet<u32>,
    /// Document information and XMP: they say nothing on the page.
    descriptions: HashSet<u32>,
    validation: HashSet<u32>,
    /// Numbers the signed revision speaks of without having them.
    dangling: HashSet<u32>,
}

impl Places {
    fn of(signed: &Document<'_>, catalog: &Dict) -> Result<Self, PdfError> {
        let number = |dict: &Dict, key: &str| dict.reference(key).map(|reference| reference.number);
        let form = signed.dict(catalog, "AcroForm")?.unwrap_or_default();
        let mut places = Self {
            form: number(catalog, "AcroForm"),
            fields: number(&form, "Fields"),
            pages: HashSet::new(),
            annotations: HashSet::new(),
            descriptions: [
                number(signed.trailer(), "Info"),
                number(catalog, "Metadata"),
            ]
            .into_iter()
            .flatten()
            .collect(),
            validation: HashSet::new(),
            dangling: HashSet::new(),
        };
        if let Some(pages) = catalog.reference("Pages") {
            places.walk_pages(signed, pages)?;
        }
        if let Some(store) = catalog.get("DSS") {
            // The store, its arrays, and the VRI dictionary with its entries (EN 319 142-1 §5.4.2).
            collect(signed, store, 4, &mut places.validation)?;
        }
        places.dangling = dangling(signed)?;
        Ok(places)
    }

    fn walk_pages(&mut self, signed: &Document<'_>, top: Ref) -> Result<(), PdfError> {
        let mut waiting = vec![top];
        let mut seen = HashSet::new();
        while let Some(node) = waiting.pop() {
            if !seen.insert(node.number) {
                return Err(PdfError::Structure {
                    at: 0,
                    what: "the page tree runs in a circle",
                });
            }
            let Object::Dict(dict) = signed.load(node)?.object else {
                continue;
            };
            if dict.name("Type") == Some(b"Page") {
                self.pages.insert(node.number);
                self.annotations
                    .extend(dict.reference("Annots").map(|reference| reference.number));
                continue;
            }
            let kids = signed.array(&dict, "Kids")?;
            waiting.extend(kids.iter().filter_map(|kid| match kid {
                Object::Ref(kid) => Some(*kid),
                _ => None,
            }));
        }
        Ok(())
    }
}

/// The objects reached from `object` in at most `depth` steps.
fn collect(
    document: &Document<'_>,
    object: &Object,
    depth: u32,
    found: &mut HashSet<u32>,
) -> Result<(), PdfError> {
    let Some(depth) = depth.checked_sub(1) else {
        return Ok(());
    };
    match object {
        Object::Ref(reference) if found.insert(reference.number) => {
            collect(
                document,
                &document.load(*reference)?.object,
                depth + 1,
                found,
            )?;
        }
        Object::Array(items) => {
            for item in items {
                collect(document, item, depth, found)?;
            }
        }
        Object::Dict(dict) => {
            for (_, value) in dict.iter() {
                collect(document, value, depth, found)?;
            }
        }
        _ => {}
    }
    Ok(())
}

/// Numbers that a document names although nothing stands there: whoever fills them in later
/// changes what was signed.
pub(crate) fn dangling(signed: &Document<'_>) -> Result<HashSet<u32>, PdfError> {
    let mut missing = HashSet::new();
    let mut seen = HashSet::new();
    let mut waiting = vec![Object::Dict(signed.trailer().clone())];
    while let Some(object) = waiting.pop() {
        match object {
            Object::Ref(reference) => {
                if !seen.insert(reference) {
                    continue;
                }
                if seen.len() > MOST_OBJECTS {
                    return Err(PdfError::Structure {
                        at: 0,
                        what: "too many objects",
                    });
                }
                match signed.load(reference)?.object {
                    Object::Null => {
                        missing.insert(reference.number);
                    }
                    object => waiting.push(object),
                }
            }
            Object::Array(items) => waiting.extend(items),
            Object::Dict(dict) => waiting.extend(dict.iter().map(|(_, value)| value.clone())),
            _ => {}
        }
    }
    Ok(missing)
}

struct Judge<'d, 'a> {
    signed: &'d Document<'a>,
    whole: &'d Document<'a>,
    worst: LaterChanges,
    new_fields: BTreeSet<u32>,
}

impl Judge<'_, '_> {
    fn note(&mut self, change: LaterChanges) {
        self.worst = self.worst.max(change);
    }

    /// Whether the change of the object `number` is one a signature may make.
    fn object(
        &mut self,
        places: &Places,
        number: u32,
        old: &Found,
        new: &Found,
    ) -> Result<bool, PdfError> {
        if places.descriptions.contains(&number) || places.validation.contains(&number) {
            self.note(LaterChanges::ValidationData);
            return Ok(true);
        }
        // The catalogue has judged the form and the list of fields by their values.
        if places.form == Some(number) || places.fields == Some(number) {
            return Ok(true);
        }
        if places.annotations.contains(&number) {
            return match (&old.object, &new.object) {
                (Object::Array(old), Object::Array(new)) => self.annotations(old, new),
                _ => Ok(false),
            };
        }
        let (Object::Dict(old), Object::Dict(new)) = (&old.object, &new.object) else {
            return Ok(false);
        };
        if places.pages.contains(&number) {
            return Ok(differ_only_in(old, new, &["Annots"])
                && self.annotations(
                    &self.signed.array(old, "Annots")?,
                    &self.whole.array(new, "Annots")?,
                )?);
        }
        // An empty field made ready for a signer, now signed.
        if old.name("FT") == Some(b"Sig") && old.get("V").is_none() {
            return Ok(differ_only_in(old, new, &["V", "AP"]) && self.signature_field(new)?);
        }
        Ok(false)
    }

    fn catalog(&mut self, old: &Dict, new: &Dict) -> Result<bool, PdfError> {
        if !differ_only_in(
            old,
            new,
            &["AcroForm", "DSS", "Extensions", "Metadata", "Version"],
        ) {
            return Ok(false);
        }
        for key in ["DSS", "Extensions", "Metadata", "Version"] {
            if old.get(key) != new.get(key) {
                self.note(LaterChanges::ValidationData);
            }
        }
        let old_form = self.signed.dict(old, "AcroForm")?.unwrap_or_default();
        let new_form = self.whole.dict(new, "AcroForm")?.unwrap_or_default();
        if !differ_only_in(&old_form, &new_form, &["Fields", "SigFlags"]) {
            return Ok(false);
        }
        let old_fields = self.signed.array(&old_form, "Fields")?;
        let new_fields = self.whole.array(&new_form, "Fields")?;
        let Some(added) = added(&old_fields, &new_fields) else {
            return Ok(false);
        };
        for field in added {
            let Object::Ref(reference) = field else {
                return Ok(false);
            };
            let Object::Dict(field) = self.whole.load(*reference)?.object else {
                return Ok(false);
            };
            if field.get("Kids").is_some() || !self.signature_field(&field)? {
                return Ok(false);
            }
            self.new_fields.insert(reference.number);
        }
        Ok(true)
    }

    /// A widget added to a page must be that of a new signature field, nothing that merely looks so.
    fn annotations(&mut self, old: &[Object], new: &[Object]) -> Result<bool, PdfError> {
        let Some(added) = added(old, new) else {
            return Ok(false);
        };
        Ok(added.iter().all(|annotation| {
            matches!(annotation, Object::Ref(reference) if self.new_fields.contains(&reference.number))
        }))
    }

    fn signature_field(&mut self, field: &Dict) -> Result<bool, PdfError> {
        if field.name("FT") != Some(b"Sig") {
            return Ok(false);
        }
        let stamp = match self.whole.dict(field, "V")? {
            Some(value) => value.name("Type") == Some(b"DocTimeStamp"),
            None => false,
        };
        self.note(if stamp {
            LaterChanges::ValidationData
        } else {
            LaterChanges::Signatures
        });
        Ok(true)
    }
}

fn differ_only_in(old: &Dict, new: &Dict, allowed: &[&str]) -> bool {
    let rest = |dict: &Dict| {
        let mut rest: Vec<(Vec<u8>, Object)> = dict
            .iter()
            .filter(|(key, _)| !allowed.iter().any(|name| name.as_bytes() == *key))
            .map(|(key, value)| (key.to_vec(), value.clone()))
            .collect();
        rest.sort_by(|(a, _), (b, _)| a.cmp(b));
        rest
    };
    rest(old) == rest(new)
}

/// What `new` has behind all of `old`; none if anything of `old` is missing or elsewhere.
fn added<'n>(old: &[Object], new: &'n [Object]) -> Option<&'n [Object]> {
    new.strip_prefix(old)
}
