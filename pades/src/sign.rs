//! Signs a PDF: one incremental revision with a signature field, PAdES B-B (ETSI EN 319 142-1 §6.3).
//!
//! What stands in the file already is not touched, so earlier signatures keep their worth.

use std::collections::HashSet;

use jiff::Timestamp;
use ring::digest;

use crate::cades::{self, MakeFault};
use crate::check::{self, DocMdp};
use crate::document::Document;
use crate::error::PdfError;
use crate::key::{KeyError, SigningKey};
use crate::object::{Dict, Object, Ref};
use crate::text::{date, text_string};
use crate::update::Update;

/// Longest reason, name or place, in characters.
const LONGEST_TEXT: usize = 500;
/// Digits kept free for each number of the byte range; enough for [`crate::LARGEST_PDF_BYTES`].
const RANGE_DIGITS: usize = 10;
/// Deepest page tree that is walked.
const DEEPEST_TREE: u32 = 64;
/// Annotation flags Print and Locked (ISO 32000-1 table 165); PDF/A wants Print.
const PRINT_AND_LOCKED: i64 = 4 + 128;

/// What the signature looks like on the page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Appearance {
    /// Nothing: the viewer's signature panel shows it. PDF/A allows a field without area.
    #[default]
    Invisible,
}

/// How to sign.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct SignOptions {
    /// When it is signed, by the desk's clock; stands in `/M`.
    pub at: Timestamp,
    /// Name of the signer, for display; the certificate is what counts.
    pub name: Option<String>,
    /// Why it is signed.
    pub reason: Option<String>,
    /// Where it is signed.
    pub location: Option<String>,
    /// Name of the new field; by default the first free `Signature1`, `Signature2`, …
    pub field: Option<String>,
    /// What may still be changed afterwards. Only the first signature of a document can say so.
    pub certify: Option<DocMdp>,
    /// What it looks like.
    pub appearance: Appearance,
    /// Bytes kept free inside the signature for what is added later, such as a time-stamp.
    pub room_bytes: usize,
}

impl SignOptions {
    /// An invisible signature at `at` without name or reason.
    pub const fn new(at: Timestamp) -> Self {
        Self {
            at,
            name: None,
            reason: None,
            location: None,
            field: None,
            certify: None,
            appearance: Appearance::Invisible,
            room_bytes: 0,
        }
    }
}

/// Why a PDF was not signed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SignError {
    /// The PDF cannot be read.
    #[error(transparent)]
    Pdf(#[from] PdfError),
    /// The key did not sign.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// The key brings no certificate, or one that cannot be read.
    #[error("the signing key has no readable certificate")]
    Certificate,
    /// The signature does not fit the room kept for it.
    #[error("the signature is larger than the room kept for it")]
    NoRoom,
    /// An earlier signature forbids further changes, or a certifying one comes too late.
    #[error("an earlier signature does not allow this one")]
    Forbidden,
    /// The field name is taken, empty, or has a dot; or a text is too long.
    #[error("the name of the signature field or one of its texts cannot be used")]
    Field,
}

impl SignError {
    /// The stable code, explained in `docs/failures.md`.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Pdf(error) => error.code(),
            Self::Key(error) => error.code(),
            Self::Certificate => "pades.key_without_certificate",
            Self::NoRoom => "pades.no_room",
            Self::Forbidden => "pades.signing_forbidden",
            Self::Field => "pades.field_name",
        }
    }
}

/// Signs `pdf` and returns it with the new revision at its end.
pub fn sign(pdf: &[u8], key: &dyn SigningKey, options: &SignOptions) -> Result<Vec<u8>, SignError> {
    let texts = [
        &options.name,
        &options.reason,
        &options.location,
        &options.field,
    ];
    if texts
        .into_iter()
        .flatten()
        .any(|text| text.chars().count() > LONGEST_TEXT)
    {
        return Err(SignError::Field);
    }
    let document = Document::parse(pdf)?;
    let (catalog_ref, mut catalog) = document.catalog()?;
    let names = field_names(&document, &catalog, options.certify.is_some())?;
    let field_name = free_name(options.field.as_deref(), &names)?;
    let (page_ref, mut page) = first_page(&document, &catalog)?;

    let mut update = Update::new(&document)?;
    let signature_ref = update.allot();
    let field_ref = update.allot();

    let field = Dict::default()
        .with("Type", Object::named("Annot"))
        .with("Subtype", Object::named("Widget"))
        .with("FT", Object::named("Sig"))
        .with("T", Object::Text(text_string(&field_name)))
        .with("V", Object::Ref(signature_ref))
        .with("P", Object::Ref(page_ref))
        .with("F", Object::Int(PRINT_AND_LOCKED))
        .with("Rect", rectangle(options.appearance));
    update.put(field_ref, &Object::Dict(field));

    if let Some(page) = extend(&document, &mut update, &mut page, "Annots", field_ref)? {
        update.put(page_ref, &Object::Dict(page));
    }
    add_to_form(&document, &mut update, &mut catalog, field_ref)?;
    if options.certify.is_some() {
        let permissions = document.dict(&catalog, "Perms")?.unwrap_or_default();
        catalog.set(
            "Perms",
            Object::Dict(permissions.with("DocMDP", Object::Ref(signature_ref))),
        );
    }
    update.put(catalog_ref, &Object::Dict(catalog));

    let room = cades::size_bound(key) + options.room_bytes;
    let body = SignatureBody::write(options, room);
    let (range_at, contents_at) = (body.range_at, body.contents_at);
    update.put_raw(signature_ref, body.bytes);
    let appended = update.append();
    let start = *appended
        .bodies
        .get(&signature_ref.number)
        .expect("the signature was put above");
    fill(
        appended.bytes,
        start + range_at,
        start + contents_at,
        room,
        key,
    )
}

fn rectangle(appearance: Appearance) -> Object {
    match appearance {
        // ISO 32000-1 §12.7.4.5: no width and no height, no appearance.
        Appearance::Invisible => Object::Array(vec![const { Object::Int(0) }; 4]),
    }
}

/// The signature dictionary, with places to fill in.
struct SignatureBody {
    bytes: Vec<u8>,
    range_at: usize,
    contents_at: usize,
}

impl SignatureBody {
    // ISO 32000-1 table 252; EN 319 142-1 §6.3 (l), (m).
    fn write(options: &SignOptions, room: usize) -> Self {
        let mut head = Dict::default()
            .with("Type", Object::named("Sig"))
            .with("Filter", Object::named("Adobe.PPKLite"))
            .with("SubFilter", Object::named("ETSI.CAdES.detached"))
            .with("M", Object::Text(date(options.at).into_bytes()));
        let texts = [
            ("Name", &options.name),
            ("Reason", &options.reason),
            ("Location", &options.location),
        ];
        for (key, text) in texts {
            if let Some(text) = text {
                head.set(key, Object::Text(text_string(text)));
            }
        }
        if let Some(certify) = options.certify {
            let parameters = Dict::default()
                .with("Type", Object::named("TransformParams"))
                .with("P", Object::Int(certify.level()))
                .with("V", Object::named("1.2"));
            let reference = Dict::default()
                .with("Type", Object::named("SigRef"))
                .with("TransformMethod", Object::named("DocMDP"))
                .with("TransformParams", Object::Dict(parameters));
            head.set("Reference", Object::Array(vec![Object::Dict(reference)]));
        }
        let mut bytes = Vec::new();
        Object::Dict(head).write(&mut bytes);
        bytes.truncate(bytes.len() - 2);
        bytes.extend(b"\n/ByteRange ");
        let range_at = bytes.len();
        bytes.extend(vec![b' '; range_length()]);
        bytes.extend(b"\n/Contents ");
        let contents_at = bytes.len();
        bytes.push(b'<');
        bytes.resize(bytes.len() + room * 2, b'0');
        bytes.extend(b">\n>>");
        Self {
            bytes,
            range_at,
            contents_at,
        }
    }
}

const fn range_length() -> usize {
    "[0   ]".len() + 3 * RANGE_DIGITS
}

/// Writes the byte range, hashes everything but the hole, signs, and writes the signature in.
fn fill(
    mut bytes: Vec<u8>,
    range_at: usize,
    contents_at: usize,
    room: usize,
    key: &dyn SigningKey,
) -> Result<Vec<u8>, SignError> {
    let hole_end = contents_at + room * 2 + 2;
    let range = format!(
        "[0 {} {} {}]",
        contents_at,
        hole_end,
        bytes.len() - hole_end
    );
    let range = format!("{range:<width$}", width = range_length());
    if range.len() > range_length() {
        return Err(PdfError::TooLarge.into());
    }
    bytes[range_at..range_at + range.len()].copy_from_slice(range.as_bytes());
    let mut hash = digest::Context::new(&digest::SHA256);
    hash.update(&bytes[..contents_at]);
    hash.update(&bytes[hole_end..]);
    let signature = cades::make(hash.finish().as_ref(), key).map_err(|fault| match fault {
        MakeFault::Key(error) => SignError::Key(error),
        MakeFault::Certificate => SignError::Certificate,
    })?;
    if signature.len() > room {
        return Err(SignError::NoRoom);
    }
    let hex = signature
        .iter()
        .flat_map(|byte| format!("{byte:02X}").into_bytes());
    for (place, digit) in bytes[contents_at + 1..].iter_mut().zip(hex) {
        *place = digit;
    }
    Ok(bytes)
}

/// The names of all fields, after asking whether the signatures among them allow another one.
fn field_names(
    document: &Document<'_>,
    catalog: &Dict,
    certify: bool,
) -> Result<HashSet<String>, SignError> {
    let mut names = HashSet::new();
    for field in check::fields(document, catalog)? {
        if let Some(signature) = field.signature {
            let locked = check::docmdp(document, &signature.dict)? == Some(DocMdp::NoChanges);
            // ISO 32000-1 §12.8.2.2: a certifying signature is the first one, or none.
            if locked || certify {
                return Err(SignError::Forbidden);
            }
        }
        names.insert(field.name);
    }
    Ok(names)
}

fn free_name(wanted: Option<&str>, taken: &HashSet<String>) -> Result<String, SignError> {
    let Some(name) = wanted else {
        let mut numbered = (1_u32..).map(|number| format!("Signature{number}"));
        return Ok(numbered
            .find(|name| !taken.contains(name))
            .expect("names do not run out"));
    };
    // §12.7.3.2: the dot joins the parts of a full name.
    if name.is_empty() || name.contains('.') || taken.contains(name) {
        return Err(SignError::Field);
    }
    Ok(name.to_owned())
}

fn first_page(document: &Document<'_>, catalog: &Dict) -> Result<(Ref, Dict), PdfError> {
    let fault = PdfError::Structure {
        at: document.startxref(),
        what: "the document has no page",
    };
    let mut reference = catalog.reference("Pages").ok_or(fault)?;
    for _ in 0..DEEPEST_TREE {
        let Object::Dict(node) = document.load(reference)?.object else {
            return Err(fault);
        };
        if node.name("Type") == Some(b"Page") {
            return Ok((reference, node));
        }
        // An inner node without pages may stand before the one that has them.
        let kids = document.array(&node, "Kids")?;
        let mut next = None;
        for kid in kids {
            let Object::Ref(kid) = kid else {
                return Err(fault);
            };
            let Object::Dict(child) = document.load(kid)?.object else {
                return Err(fault);
            };
            if child.name("Type") == Some(b"Page")
                || child.int("Count").is_some_and(|count| count > 0)
            {
                next = Some(kid);
                break;
            }
        }
        reference = next.ok_or(fault)?;
    }
    Err(fault)
}

/// Adds `item` to the array `key` of `holder`, which may stand there or be an object of its own. The
/// holder comes back if it is the one that changed.
fn extend(
    document: &Document<'_>,
    update: &mut Update<'_, '_>,
    holder: &mut Dict,
    key: &str,
    item: Ref,
) -> Result<Option<Dict>, PdfError> {
    let mut items = document.array(holder, key)?;
    items.push(Object::Ref(item));
    let items = Object::Array(items);
    if let Some(reference) = holder.reference(key)
        && matches!(document.load(reference)?.object, Object::Array(_))
    {
        update.put(reference, &items);
        return Ok(None);
    }
    holder.set(key, items);
    Ok(Some(holder.clone()))
}

/// Adds the field to the interactive form, which may be missing, inside the catalogue or an object of
/// its own.
fn add_to_form(
    document: &Document<'_>,
    update: &mut Update<'_, '_>,
    catalog: &mut Dict,
    field: Ref,
) -> Result<(), PdfError> {
    let own = catalog.reference("AcroForm");
    let mut form = document.dict(catalog, "AcroForm")?.unwrap_or_default();
    // §12.7.2, table 219: signatures exist, and the file may only be appended to.
    form.set("SigFlags", Object::Int(3));
    let form = extend(document, update, &mut form, "Fields", field)?.unwrap_or(form);
    match own {
        Some(reference) => update.put(reference, &Object::Dict(form)),
        None => catalog.set("AcroForm", Object::Dict(form)),
    }
    Ok(())
}
