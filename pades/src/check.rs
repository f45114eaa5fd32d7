//! Checks every signature of a PDF, ours or another program's, and says of each what is known.
//!
//! A report is a list of independent facts. Nothing here is one word "valid" that hides why.

use std::collections::HashSet;
use std::fmt;
use std::ops::Range;

use der::Encode;
use jiff::Timestamp;
use x509_cert::Certificate;

use crate::cades::{Cms, CmsFault};
use crate::chain::{ChainState, Roots, follow};
use crate::document::Document;
use crate::error::PdfError;
use crate::later::{LaterChanges, later_changes};
use crate::object::{Dict, Object, hex_digit};
use crate::oids;
use crate::text::{read_date, read_text};

/// Most form fields that are walked.
const MOST_FIELDS: usize = 20_000;
/// Deepest form that is walked.
const DEEPEST_FORM: u32 = 32;
/// Most signatures that are checked in one file.
const MOST_SIGNATURES: usize = 64;

/// Whether the signed bytes are the ones that were signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Integrity {
    /// They are, and the signature names its certificate.
    Intact,
    /// The bytes differ from those signed.
    Altered,
    /// The signature does not verify under the certificate it names.
    WrongSignature,
    /// It verifies, but does not bind its certificate (no signing-certificate-v2).
    CertificateUnbound,
    /// The byte range does not leave out just this signature.
    BadByteRange,
    /// The signature cannot be read.
    Malformed,
    /// Made in a way that is not checked here: too weak, too new, or a document time-stamp.
    Unsupported,
}

/// What a certifying signature allows afterwards (ISO 32000-1 table 254).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DocMdp {
    /// Nothing.
    NoChanges,
    /// Filling in forms, and further signatures.
    FormsAndSignatures,
    /// Annotations too.
    Annotations,
}

impl DocMdp {
    pub(crate) const fn level(self) -> i64 {
        match self {
            Self::NoChanges => 1,
            Self::FormsAndSignatures => 2,
            Self::Annotations => 3,
        }
    }
}

/// Who signed, as the certificate says. Believe it only where the chain is trusted.
#[derive(Clone, PartialEq, Eq)]
pub struct Signer {
    /// Common name of the subject.
    pub common_name: Option<String>,
    /// The certificate, DER.
    pub certificate: Vec<u8>,
}

impl fmt::Debug for Signer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Signer(..)")
    }
}

/// What is known of one signature.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct SignatureReport {
    /// Name of the field.
    pub field: String,
    /// How it was made, such as `ETSI.CAdES.detached`.
    pub sub_filter: String,
    /// Whether the signed bytes are the ones that were signed.
    pub integrity: Integrity,
    /// Who signed; none when the signature cannot be read.
    pub signer: Option<Signer>,
    /// Where the signer's chain ends; none when there is no signer.
    pub chain: Option<ChainState>,
    /// How many bytes from the start of the file it speaks for; 0 when its byte range is bad.
    pub covered_bytes: usize,
    /// Whether that is the whole file.
    pub covers_whole_document: bool,
    /// What came after it.
    pub later: LaterChanges,
    /// What it allows afterwards, if it is a certifying signature.
    pub docmdp: Option<DocMdp>,
    /// When it says that it was made. Nobody but the signer vouches for it.
    pub claimed_at: Option<Timestamp>,
    /// Why it says that it was made.
    pub reason: Option<String>,
    /// Whether a time-stamp is attached. It is not checked.
    pub has_time_stamp: bool,
}

impl fmt::Debug for SignatureReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SignatureReport")
            .field("integrity", &self.integrity)
            .field("chain", &self.chain)
            .field("later", &self.later)
            .field("covers_whole_document", &self.covers_whole_document)
            .finish_non_exhaustive()
    }
}

/// One reason not to rely on a signature.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum Fault {
    /// The signed bytes are not those that were signed.
    #[error("the bytes are not those that were signed")]
    Integrity(Integrity),
    /// The signer is not somebody the roots know.
    #[error("the signer's certificate is not trusted")]
    Chain(ChainState),
    /// Something other than what the signature allows was changed afterwards.
    #[error("the document was changed after it was signed")]
    ChangedAfter,
}

impl Fault {
    /// The stable code, explained in `docs/failures.md`.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Integrity(Integrity::Intact) | Self::Chain(ChainState::Trusted) => {
                // Never made by `faults`; said conservatively should somebody build one.
                "pades.malformed"
            }
            Self::Integrity(Integrity::Altered) => "pades.altered",
            Self::Integrity(Integrity::WrongSignature) => "pades.wrong_signature",
            Self::Integrity(Integrity::CertificateUnbound) => "pades.certificate_unbound",
            Self::Integrity(Integrity::BadByteRange) => "pades.byte_range",
            Self::Integrity(Integrity::Malformed) => "pades.malformed",
            Self::Integrity(Integrity::Unsupported) => "pades.unsupported",
            Self::Chain(ChainState::UnknownIssuer) => "pades.issuer_unknown",
            Self::Chain(ChainState::Expired) => "pades.certificate_expired",
            Self::Chain(ChainState::NotYetValid) => "pades.certificate_not_yet_valid",
            Self::Chain(ChainState::WrongUsage) => "pades.certificate_usage",
            Self::ChangedAfter => "pades.changed_after",
        }
    }
}

impl SignatureReport {
    /// Whether the signed bytes are the ones that were signed, by the certificate named.
    pub fn intact(&self) -> bool {
        self.integrity == Integrity::Intact
    }

    /// Every reason not to rely on this signature; empty when it may be relied on.
    pub fn faults(&self) -> Vec<Fault> {
        let mut faults = Vec::new();
        if !self.intact() {
            faults.push(Fault::Integrity(self.integrity));
        }
        if let Some(chain) = self.chain.filter(|chain| *chain != ChainState::Trusted) {
            faults.push(Fault::Chain(chain));
        }
        let allowed = match self.later {
            LaterChanges::None | LaterChanges::ValidationData => true,
            LaterChanges::Signatures => self.docmdp != Some(DocMdp::NoChanges),
            LaterChanges::Altered => false,
        };
        // Without a sound byte range nobody can tell what came later.
        if !allowed && self.integrity != Integrity::BadByteRange {
            faults.push(Fault::ChangedAfter);
        }
        faults
    }
}

/// Why the signatures of a PDF could not be looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CheckError {
    /// The PDF cannot be read.
    #[error(transparent)]
    Pdf(#[from] PdfError),
    /// More signatures than are checked in one file.
    #[error("the PDF has more signatures than are checked")]
    TooManySignatures,
}

impl CheckError {
    /// The stable code, explained in `docs/failures.md`.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Pdf(error) => error.code(),
            Self::TooManySignatures => "pades.too_many_signatures",
        }
    }
}

/// Checks every signature of `pdf`, in the order of their fields; chains are followed to `roots` at `at`.
///
/// An empty list means an unsigned PDF.
pub fn check(pdf: &[u8], roots: &Roots, at: Timestamp) -> Result<Vec<SignatureReport>, CheckError> {
    let document = Document::parse(pdf)?;
    let (_, catalog) = document.catalog()?;
    let fields = fields(&document, &catalog)?;
    let signed: Vec<_> = fields
        .into_iter()
        .filter_map(|field| Some((field.name, field.signature?)))
        .collect();
    if signed.len() > MOST_SIGNATURES {
        return Err(CheckError::TooManySignatures);
    }
    signed
        .into_iter()
        .map(|(name, signature)| Ok(report(&document, name, &signature, roots, at)?))
        .collect()
}

fn report(
    document: &Document<'_>,
    field: String,
    signature: &SignatureValue,
    roots: &Roots,
    at: Timestamp,
) -> Result<SignatureReport, PdfError> {
    let dict = &signature.dict;
    let text = |key: &str| match document.value(dict, key) {
        Ok(Object::Text(text)) => Some(text),
        _ => None,
    };
    let sub_filter =
        String::from_utf8_lossy(dict.name("SubFilter").unwrap_or_default()).into_owned();
    let contents = text("Contents").unwrap_or_default();
    let hole = hole(document, dict, signature.span.as_ref(), &contents);
    let cms = Cms::parse(&contents);
    let detached = matches!(
        sub_filter.as_str(),
        "ETSI.CAdES.detached" | "adbe.pkcs7.detached"
    );
    let integrity = match (&hole, &cms) {
        (None, _) => Integrity::BadByteRange,
        _ if !detached => Integrity::Unsupported,
        (_, Err(fault)) => of(*fault),
        (Some(hole), Ok(cms)) => {
            let data = document.data();
            let pieces = [&data[..hole.gap.start], &data[hole.gap.end..hole.end]];
            cms.verify(&pieces).map_or_else(of, |()| Integrity::Intact)
        }
    };
    let signer = cms
        .as_ref()
        .ok()
        .map(|cms| signer(cms.signer_certificate()))
        .transpose()?;
    let chain = cms
        .as_ref()
        .ok()
        .map(|cms| follow(cms.signer_certificate(), cms.certificates(), roots, at));
    let end = hole.as_ref().map_or(0, |hole| hole.end);
    Ok(SignatureReport {
        field,
        sub_filter,
        integrity,
        signer,
        chain,
        covered_bytes: end,
        covers_whole_document: end == document.data().len(),
        later: if hole.is_some() {
            later_changes(document, end)
        } else {
            LaterChanges::Altered
        },
        docmdp: docmdp(document, dict)?,
        claimed_at: text("M").and_then(|date| read_date(&date)),
        reason: text("Reason").map(|reason| read_text(&reason)),
        has_time_stamp: cms.as_ref().is_ok_and(Cms::has_time_stamp),
    })
}

const fn of(fault: CmsFault) -> Integrity {
    match fault {
        CmsFault::Malformed => Integrity::Malformed,
        CmsFault::Unsupported => Integrity::Unsupported,
        CmsFault::ContentAltered => Integrity::Altered,
        CmsFault::WrongSignature => Integrity::WrongSignature,
        CmsFault::CertificateUnbound => Integrity::CertificateUnbound,
    }
}

fn signer(certificate: &Certificate) -> Result<Signer, PdfError> {
    let unreadable = PdfError::Structure {
        at: 0,
        what: "a certificate that cannot be written again",
    };
    let attributes = certificate
        .tbs_certificate
        .subject
        .0
        .iter()
        .flat_map(|rdn| rdn.0.iter());
    let common_name = attributes
        .filter(|attribute| attribute.oid == oids::COMMON_NAME)
        .map(|attribute| String::from_utf8_lossy(attribute.value.value()).into_owned())
        .next_back();
    Ok(Signer {
        common_name,
        certificate: certificate.to_der().map_err(|_| unreadable)?,
    })
}

/// What a byte range leaves out, and where it ends.
struct Hole {
    gap: Range<usize>,
    end: usize,
}

/// The hole of a signature, if it is just the signature's own hexadecimal string: a larger hole could
/// hold anything (ISO 32000-1 §12.8.1).
fn hole(
    document: &Document<'_>,
    dict: &Dict,
    span: Option<&Range<usize>>,
    contents: &[u8],
) -> Option<Hole> {
    let Some(Object::Array(numbers)) = dict.get("ByteRange") else {
        return None;
    };
    let numbers: Vec<usize> = numbers
        .iter()
        .map(|number| match number {
            Object::Int(value) => usize::try_from(*value).ok(),
            _ => None,
        })
        .collect::<Option<_>>()?;
    let &[0, start, after, rest] = numbers.as_slice() else {
        return None;
    };
    let data = document.data();
    let end = after.checked_add(rest).filter(|end| *end <= data.len())?;
    let span = span?;
    if start >= after || start < span.start || after > span.end || end < span.end {
        return None;
    }
    let hex = data
        .get(start..after)?
        .strip_prefix(b"<")?
        .strip_suffix(b">")?;
    if hex.len() != contents.len() * 2 {
        return None;
    }
    let same = hex.chunks_exact(2).zip(contents).all(|(pair, byte)| {
        matches!((hex_digit(pair[0]), hex_digit(pair[1])), (Some(high), Some(low)) if high << 4 | low == *byte)
    });
    same.then_some(Hole {
        gap: start..after,
        end,
    })
}

/// What a certifying signature allows afterwards (ISO 32000-1 §12.8.2.2).
pub(crate) fn docmdp(
    document: &Document<'_>,
    signature: &Dict,
) -> Result<Option<DocMdp>, PdfError> {
    for reference in document.array(signature, "Reference")? {
        let Object::Dict(reference) = document.resolve(&reference)? else {
            continue;
        };
        if reference.name("TransformMethod") != Some(b"DocMDP") {
            continue;
        }
        let parameters = document
            .dict(&reference, "TransformParams")?
            .unwrap_or_default();
        return Ok(Some(match parameters.int("P") {
            Some(1) => DocMdp::NoChanges,
            Some(3) => DocMdp::Annotations,
            _ => DocMdp::FormsAndSignatures,
        }));
    }
    Ok(None)
}

/// A form field without children.
pub(crate) struct Field {
    pub(crate) name: String,
    pub(crate) signature: Option<SignatureValue>,
}

/// The value of a signed signature field.
pub(crate) struct SignatureValue {
    pub(crate) dict: Dict,
    /// The indirect object it stands in; none inside an object stream, where no byte range can be right.
    span: Option<Range<usize>>,
}

/// All fields of the interactive form (§12.7.3).
pub(crate) fn fields(document: &Document<'_>, catalog: &Dict) -> Result<Vec<Field>, PdfError> {
    let Some(form) = document.dict(catalog, "AcroForm")? else {
        return Ok(Vec::new());
    };
    let mut walk = FieldWalk {
        document,
        found: Vec::new(),
        seen: HashSet::new(),
    };
    for field in document.array(&form, "Fields")? {
        walk.visit(&field, "", false, DEEPEST_FORM)?;
    }
    Ok(walk.found)
}

struct FieldWalk<'d, 'a> {
    document: &'d Document<'a>,
    found: Vec<Field>,
    seen: HashSet<u32>,
}

impl FieldWalk<'_, '_> {
    fn visit(
        &mut self,
        node: &Object,
        above: &str,
        is_signature: bool,
        left: u32,
    ) -> Result<(), PdfError> {
        let fault = |what| PdfError::Structure {
            at: self.document.startxref(),
            what,
        };
        let Object::Ref(reference) = node else {
            return Err(fault("a form field is no object of its own"));
        };
        if !self.seen.insert(reference.number) || self.seen.len() > MOST_FIELDS || left == 0 {
            return Err(fault(
                "the form has too many fields, or they run in a circle",
            ));
        }
        let found = self.document.load(*reference)?;
        let Object::Dict(field) = &found.object else {
            return Ok(());
        };
        let name = match self.document.value(field, "T")? {
            Object::Text(part) if above.is_empty() => read_text(&part),
            Object::Text(part) => format!("{above}.{}", read_text(&part)),
            _ => above.to_owned(),
        };
        // The type is inherited (table 220).
        let is_signature = match self.document.value(field, "FT")? {
            Object::Name(kind) => kind == b"Sig",
            _ => is_signature,
        };
        let signature = if is_signature {
            self.signature(field, found.span)?
        } else {
            None
        };
        let has_value = signature.is_some();
        for kid in self.document.array(field, "Kids")? {
            self.visit(&kid, &name, is_signature, left - 1)?;
        }
        if has_value || field.get("T").is_some() {
            self.found.push(Field { name, signature });
        }
        Ok(())
    }

    fn signature(
        &self,
        field: &Dict,
        own: Option<Range<usize>>,
    ) -> Result<Option<SignatureValue>, PdfError> {
        let (dict, span) = match field.get("V") {
            Some(Object::Ref(reference)) => {
                let found = self.document.load(*reference)?;
                (found.object, found.span)
            }
            Some(direct) => (direct.clone(), own),
            None => return Ok(None),
        };
        Ok(match dict {
            Object::Dict(dict) => Some(SignatureValue { dict, span }),
            _ => None,
        })
    }
}
