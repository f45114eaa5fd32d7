//! The two XML files of a container, written in canonical form by construction.
//!
//! Exclusive C14N (XML-EXC-C14N) of an element is here the very bytes that stand in the file: no white space between
//! elements, attributes in order, no empty-element tags, and each name space declared at exactly those elements where
//! canonicalisation would put it, even where XML would not ask for it. So the digests are over bytes of the file, and no
//! XML library is needed to write, nor to read what was so written.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ring::digest::{SHA256, digest};

use crate::zip::Entry;

pub(crate) const MANIFEST: &str = "META-INF/manifest.xml";
pub(crate) const SIGNATURES: &str = "META-INF/signatures0.xml";

const DS: &str = "http://www.w3.org/2000/09/xmldsig#";
const XADES: &str = "http://uri.etsi.org/01903/v1.3.2#";
const C14N: &str = "http://www.w3.org/2001/10/xml-exc-c14n#";
const SHA256_URI: &str = "http://www.w3.org/2001/04/xmlenc#sha256";
/// RFC 4051 §2.3.6
const ECDSA_SHA256: &str = "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256";

/// What a signature says, apart from itself.
pub(crate) struct Said<'a> {
    pub(crate) entries: &'a [Entry],
    pub(crate) certificate: &'a [u8],
    /// RFC 3339, whole seconds, `Z`.
    pub(crate) signed_at: &'a str,
}

/// The list of files in the manner of OpenDocument (ETSI EN 319 162-1 §A.6).
pub(crate) fn manifest(entries: &[Entry]) -> String {
    let mut xml = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<manifest:manifest \
         xmlns:manifest=\"urn:oasis:names:tc:opendocument:xmlns:manifest:1.0\" manifest:version=\"1.2\">\
         <manifest:file-entry manifest:full-path=\"/\" manifest:media-type=\"{}\"/>",
        crate::MEDIA_TYPE
    );
    for entry in entries {
        xml.push_str(&format!(
            "<manifest:file-entry manifest:full-path=\"{}\" manifest:media-type=\"{}\"/>",
            entry.name, entry.media_type
        ));
    }
    xml + "</manifest:manifest>\n"
}

/// The element whose bytes are signed.
pub(crate) fn signed_info(said: &Said<'_>) -> String {
    let mut xml = format!(
        "<ds:SignedInfo xmlns:ds=\"{DS}\"><ds:CanonicalizationMethod Algorithm=\"{C14N}\">\
         </ds:CanonicalizationMethod><ds:SignatureMethod Algorithm=\"{ECDSA_SHA256}\"></ds:SignatureMethod>"
    );
    for (n, entry) in said.entries.iter().enumerate() {
        xml.push_str(&format!(
            "<ds:Reference Id=\"S0-r{n}\" URI=\"{}\">{}</ds:Reference>",
            entry.name,
            digest_of(&entry.digest, "")
        ));
    }
    let properties = digest(&SHA256, properties(said).as_bytes());
    xml + &format!(
        "<ds:Reference Type=\"http://uri.etsi.org/01903#SignedProperties\" URI=\"#S0-p\"><ds:Transforms>\
         <ds:Transform Algorithm=\"{C14N}\"></ds:Transform></ds:Transforms>{}</ds:Reference></ds:SignedInfo>",
        digest_of(properties.as_ref(), "")
    )
}

/// When, by whom, and what each file is (ETSI EN 319 132-1 §5.2).
fn properties(said: &Said<'_>) -> String {
    let certificate = digest(&SHA256, said.certificate);
    // Below elements of the other name space this one is declared anew each time.
    let declared = format!(" xmlns:ds=\"{DS}\"");
    let mut xml = format!(
        "<xades:SignedProperties xmlns:xades=\"{XADES}\" Id=\"S0-p\"><xades:SignedSignatureProperties>\
         <xades:SigningTime>{}</xades:SigningTime><xades:SigningCertificateV2><xades:Cert><xades:CertDigest>{}\
         </xades:CertDigest></xades:Cert></xades:SigningCertificateV2></xades:SignedSignatureProperties>\
         <xades:SignedDataObjectProperties>",
        said.signed_at,
        digest_of(certificate.as_ref(), &declared)
    );
    for (n, entry) in said.entries.iter().enumerate() {
        xml.push_str(&format!(
            "<xades:DataObjectFormat ObjectReference=\"#S0-r{n}\"><xades:MimeType>{}</xades:MimeType>\
             </xades:DataObjectFormat>",
            entry.media_type
        ));
    }
    xml + "</xades:SignedDataObjectProperties></xades:SignedProperties>"
}

fn digest_of(bytes: &[u8], declared: &str) -> String {
    format!(
        "<ds:DigestMethod{declared} Algorithm=\"{SHA256_URI}\"></ds:DigestMethod>\
         <ds:DigestValue{declared}>{}</ds:DigestValue>",
        STANDARD.encode(bytes)
    )
}

/// The whole file. `signature` is r ‖ s.
pub(crate) fn signatures(said: &Said<'_>, signature: &[u8]) -> String {
    let [head, between, behind, tail] = frame(said);
    let (signature, certificate) = (
        STANDARD.encode(signature),
        STANDARD.encode(said.certificate),
    );
    [
        head,
        signature,
        between,
        certificate,
        behind,
        properties(said),
        tail,
    ]
    .concat()
}

/// What stands around the signature, the certificate and the properties.
fn frame(said: &Said<'_>) -> [String; 4] {
    [
        format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
             <asic:XAdESSignatures xmlns:asic=\"http://uri.etsi.org/02918/v1.2.1#\">\
             <ds:Signature xmlns:ds=\"{DS}\" Id=\"S0\">{}<ds:SignatureValue Id=\"S0-v\">",
            signed_info(said)
        ),
        "</ds:SignatureValue><ds:KeyInfo><ds:X509Data><ds:X509Certificate>".to_owned(),
        format!(
            "</ds:X509Certificate></ds:X509Data></ds:KeyInfo><ds:Object>\
             <xades:QualifyingProperties xmlns:xades=\"{XADES}\" Target=\"#S0\">"
        ),
        "</xades:QualifyingProperties></ds:Object></ds:Signature></asic:XAdESSignatures>\n"
            .to_owned(),
    ]
}

/// What a file of this spelling said, before anything of it is believed.
pub(crate) struct Found {
    /// Sizes are not in it and are 0.
    pub(crate) entries: Vec<Entry>,
    pub(crate) certificate: Vec<u8>,
    pub(crate) signed_at: String,
    pub(crate) signature: Vec<u8>,
}

/// Takes the values out, makes the file again from them, and takes it only when it is the same, byte for byte.
pub(crate) fn read(xml: &str) -> Option<Found> {
    let between = |from: &str, to: &str| {
        let (_, rest) = xml.split_once(from)?;
        rest.split_once(to).map(|(value, _)| value)
    };
    let mut entries = Vec::new();
    for (n, rest) in xml.split("<ds:Reference Id=\"S0-r").skip(1).enumerate() {
        let (_, rest) = rest.split_once(" URI=\"")?;
        let (name, rest) = rest.split_once('"')?;
        let (_, rest) = rest.split_once("<ds:DigestValue>")?;
        let (value, _) = rest.split_once('<')?;
        let format = format!("ObjectReference=\"#S0-r{n}\"><xades:MimeType>");
        entries.push(Entry {
            name: name.to_owned(),
            media_type: between(&format, "<")?.to_owned(),
            size: 0,
            digest: STANDARD.decode(value).ok()?.try_into().ok()?,
        });
        if entries.len() > crate::zip::MOST_FILES {
            return None;
        }
    }
    let plain =
        |entry: &Entry| crate::zip::is_name(&entry.name) && is_media_type(&entry.media_type);
    let found = Found {
        certificate: STANDARD
            .decode(between("<ds:X509Certificate>", "<")?)
            .ok()?,
        signed_at: between("<xades:SigningTime>", "<")?.to_owned(),
        signature: STANDARD
            .decode(between("<ds:SignatureValue Id=\"S0-v\">", "<")?)
            .ok()?,
        entries,
    };
    let said = found.said();
    let same = found.entries.iter().all(plain) && signatures(&said, &found.signature) == xml;
    same.then_some(found)
}

impl Found {
    pub(crate) fn said(&self) -> Said<'_> {
        Said {
            entries: &self.entries,
            certificate: &self.certificate,
            signed_at: &self.signed_at,
        }
    }
}

/// Without parameters, and without anything that XML would want written otherwise.
pub(crate) fn is_media_type(text: &str) -> bool {
    let letter = |b: u8| b.is_ascii_alphanumeric() || b"-+.".contains(&b);
    let part = |part: &str| !part.is_empty() && part.bytes().all(letter);
    text.len() <= 100 && text.split('/').count() == 2 && text.split('/').all(part)
}
