//! The CMS inside a PDF signature: made so that it names its certificate, read without trust.
//!
//! ETSI EN 319 122-1 (CAdES B-B) as EN 319 142-1 §6.3 wants it: detached, content type `id-data`, the
//! message digest, the ESS signing-certificate-v2 attribute, and no signing time (the PDF carries it).

use cms::cert::{CertificateChoices, IssuerAndSerialNumber};
use cms::content_info::{CmsVersion, ContentInfo};
use cms::signed_data::{
    CertificateSet, EncapsulatedContentInfo, SignedAttributes, SignedData, SignerIdentifier,
    SignerInfo, SignerInfos,
};
use der::asn1::{OctetString, SetOfVec};
use der::{Any, Decode, Encode, Header, Reader, Sequence, SliceReader};
use ring::digest;
use spki::AlgorithmIdentifierOwned;
use x509_cert::Certificate;
use x509_cert::attr::Attribute;
use x509_cert::ext::pkix::SubjectKeyIdentifier;

use crate::key::{Algorithm, KeyError, SigningKey};
use crate::oids;
use crate::verify::{SignatureFault, digest_of, hash, verify};

// RFC 5035 §4.
#[derive(Sequence)]
struct SigningCertificateV2 {
    certs: Vec<EssCertIdV2>,
    #[asn1(optional = "true")]
    policies: Option<Any>,
}

#[derive(Sequence)]
struct EssCertIdV2 {
    // DEFAULT SHA-256, so DER leaves it out then.
    #[asn1(optional = "true")]
    hash_algorithm: Option<AlgorithmIdentifierOwned>,
    cert_hash: OctetString,
    #[asn1(optional = "true")]
    issuer_serial: Option<Any>,
}

/// Why no CMS could be made.
#[derive(Debug)]
pub(crate) enum MakeFault {
    Key(KeyError),
    /// The key brings no certificate, or one that does not parse.
    Certificate,
}

impl From<der::Error> for MakeFault {
    fn from(_: der::Error) -> Self {
        Self::Certificate
    }
}

/// A detached CMS over content whose SHA-256 is `content_digest`.
pub(crate) fn make(content_digest: &[u8], key: &dyn SigningKey) -> Result<Vec<u8>, MakeFault> {
    let ders = key.certificates();
    let signer_der = ders.first().ok_or(MakeFault::Certificate)?;
    let signer = Certificate::from_der(signer_der)?;

    let ess = SigningCertificateV2 {
        certs: vec![EssCertIdV2 {
            hash_algorithm: None,
            cert_hash: OctetString::new(digest::digest(&digest::SHA256, signer_der).as_ref())?,
            issuer_serial: None,
        }],
        policies: None,
    };
    let attributes = SetOfVec::try_from(vec![
        attribute(oids::CONTENT_TYPE, Any::encode_from(&oids::DATA)?)?,
        attribute(
            oids::MESSAGE_DIGEST,
            Any::encode_from(&OctetString::new(content_digest)?)?,
        )?,
        attribute(oids::SIGNING_CERTIFICATE_V2, Any::encode_from(&ess)?)?,
    ])?;
    // RFC 5652 §5.4: what is signed is the attributes as an explicit SET OF.
    let signature = key.sign(&attributes.to_der()?).map_err(MakeFault::Key)?;

    let sha256 = AlgorithmIdentifierOwned {
        oid: oids::SHA256,
        parameters: None,
    };
    let signature_algorithm = match key.algorithm() {
        Algorithm::EcdsaP256Sha256 => AlgorithmIdentifierOwned {
            oid: oids::ECDSA_SHA256,
            parameters: None,
        },
        // RFC 5754 §3.2: NULL parameters.
        Algorithm::RsaPkcs1Sha256 => AlgorithmIdentifierOwned {
            oid: oids::RSA_SHA256,
            parameters: Some(Any::null()),
        },
    };
    let signer_info = SignerInfo {
        version: CmsVersion::V1,
        sid: SignerIdentifier::IssuerAndSerialNumber(IssuerAndSerialNumber {
            issuer: signer.tbs_certificate.issuer.clone(),
            serial_number: signer.tbs_certificate.serial_number.clone(),
        }),
        digest_alg: sha256.clone(),
        signed_attrs: Some(attributes),
        signature_algorithm,
        signature: OctetString::new(signature)?,
        unsigned_attrs: None,
    };
    let certificates = ders
        .iter()
        .map(|der| Ok(CertificateChoices::Certificate(Certificate::from_der(der)?)))
        .collect::<Result<Vec<_>, der::Error>>()?;
    let signed_data = SignedData {
        version: CmsVersion::V1,
        digest_algorithms: SetOfVec::try_from(vec![sha256])?,
        encap_content_info: EncapsulatedContentInfo {
            econtent_type: oids::DATA,
            econtent: None,
        },
        certificates: Some(CertificateSet::try_from(certificates)?),
        crls: None,
        signer_infos: SignerInfos::try_from(vec![signer_info])?,
    };
    let content = ContentInfo {
        content_type: oids::SIGNED_DATA,
        content: Any::encode_from(&signed_data)?,
    };
    Ok(content.to_der()?)
}

fn attribute(oid: der::asn1::ObjectIdentifier, value: Any) -> Result<Attribute, der::Error> {
    Ok(Attribute {
        oid,
        values: SetOfVec::try_from(vec![value])?,
    })
}

/// What a CMS turned out to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum CmsFault {
    /// No CMS with one signer, or attributes that contradict themselves.
    Malformed,
    /// Algorithms we do not accept.
    Unsupported,
    /// The content is not what was signed.
    ContentAltered,
    /// The signature does not verify under the signer's certificate.
    WrongSignature,
    /// The signature does not name its certificate (no, or another, signing-certificate-v2).
    CertificateUnbound,
}

impl From<der::Error> for CmsFault {
    fn from(_: der::Error) -> Self {
        Self::Malformed
    }
}

impl From<SignatureFault> for CmsFault {
    fn from(fault: SignatureFault) -> Self {
        match fault {
            SignatureFault::Unsupported => Self::Unsupported,
            SignatureFault::Wrong => Self::WrongSignature,
        }
    }
}

/// A CMS that was read; nothing in it is believed yet.
pub(crate) struct Cms {
    signer: SignerInfo,
    certificates: Vec<Certificate>,
    signer_certificate: Certificate,
}

impl Cms {
    /// Reads the CMS from the value of `/Contents`, whose unused end is filled with zeros.
    pub(crate) fn parse(contents: &[u8]) -> Result<Self, CmsFault> {
        let reader = SliceReader::new(contents)?;
        let header: Header = reader.peek_header()?;
        let length = usize::try_from((header.length + header.encoded_len()?)?)
            .map_err(|_| CmsFault::Malformed)?;
        let (der, padding) = contents
            .split_at_checked(length)
            .ok_or(CmsFault::Malformed)?;
        if padding.iter().any(|&byte| byte != 0) {
            return Err(CmsFault::Malformed);
        }
        let content = ContentInfo::from_der(der)?;
        if content.content_type != oids::SIGNED_DATA {
            return Err(CmsFault::Malformed);
        }
        let signed_data: SignedData = content.content.decode_as()?;
        // ISO 32000-1 §12.8.3.3.1: one signer, detached.
        let [signer] = signed_data.signer_infos.0.as_slice() else {
            return Err(CmsFault::Malformed);
        };
        let content = &signed_data.encap_content_info;
        if content.econtent.is_some() || content.econtent_type != oids::DATA {
            return Err(CmsFault::Malformed);
        }
        // RFC 5652 §5.1: every signer's hash is listed ahead of the content.
        if !signed_data
            .digest_algorithms
            .iter()
            .any(|listed| listed.oid == signer.digest_alg.oid)
        {
            return Err(CmsFault::Malformed);
        }
        let certificates: Vec<Certificate> = signed_data
            .certificates
            .iter()
            .flat_map(|set| set.0.iter())
            .filter_map(|choice| match choice {
                CertificateChoices::Certificate(certificate) => Some(certificate.clone()),
                CertificateChoices::Other(_) => None,
            })
            .collect();
        let signer_certificate = certificates
            .iter()
            .find(|certificate| is_named(&signer.sid, certificate))
            .cloned()
            .ok_or(CmsFault::Malformed)?;
        Ok(Self {
            signer: signer.clone(),
            certificates,
            signer_certificate,
        })
    }

    /// The certificate the signature names; believed only after [`Self::verify`] and a chain.
    pub(crate) const fn signer_certificate(&self) -> &Certificate {
        &self.signer_certificate
    }

    /// All certificates sent along.
    pub(crate) fn certificates(&self) -> &[Certificate] {
        &self.certificates
    }

    /// Whether an RFC 3161 token is attached. It is not checked here.
    pub(crate) fn has_time_stamp(&self) -> bool {
        let unsigned = self
            .signer
            .unsigned_attrs
            .iter()
            .flat_map(|attributes| attributes.iter());
        unsigned
            .into_iter()
            .any(|attribute| attribute.oid == oids::SIGNATURE_TIME_STAMP)
    }

    /// Checks digest, certificate binding and signature over the detached content in `pieces`.
    pub(crate) fn verify(&self, pieces: &[&[u8]]) -> Result<(), CmsFault> {
        let attributes = self
            .signer
            .signed_attrs
            .as_ref()
            .ok_or(CmsFault::Malformed)?;
        let content_type: der::asn1::ObjectIdentifier = only(attributes, oids::CONTENT_TYPE)?
            .ok_or(CmsFault::Malformed)?
            .decode_as()?;
        if content_type != oids::DATA {
            return Err(CmsFault::Malformed);
        }
        let digest_algorithm = hash(&self.signer.digest_alg)?;
        let claimed: OctetString = only(attributes, oids::MESSAGE_DIGEST)?
            .ok_or(CmsFault::Malformed)?
            .decode_as()?;

        // The signature first: an altered digest attribute is a wrong signature, not altered content.
        verify(
            &self
                .signer_certificate
                .tbs_certificate
                .subject_public_key_info,
            &self.signer.signature_algorithm,
            Some(&self.signer.digest_alg),
            &attributes.to_der()?,
            self.signer.signature.as_bytes(),
        )?;
        if digest_of(digest_algorithm, pieces).as_ref() != claimed.as_bytes() {
            return Err(CmsFault::ContentAltered);
        }
        self.names_its_certificate(attributes)
    }

    // EN 319 142-1 §6.3 (b): signing-certificate-v2 must be there, and its first entry is the signer's.
    fn names_its_certificate(&self, attributes: &SignedAttributes) -> Result<(), CmsFault> {
        let unbound = CmsFault::CertificateUnbound;
        let ess: SigningCertificateV2 = only(attributes, oids::SIGNING_CERTIFICATE_V2)?
            .ok_or(unbound)?
            .decode_as()
            .map_err(|_| unbound)?;
        let first = ess.certs.first().ok_or(unbound)?;
        let algorithm = match &first.hash_algorithm {
            None => &digest::SHA256,
            Some(algorithm) => hash(algorithm)?,
        };
        let actual = digest::digest(algorithm, &self.signer_certificate.to_der()?);
        if actual.as_ref() == first.cert_hash.as_bytes() {
            Ok(())
        } else {
            Err(unbound)
        }
    }
}

fn is_named(sid: &SignerIdentifier, certificate: &Certificate) -> bool {
    let tbs = &certificate.tbs_certificate;
    match sid {
        SignerIdentifier::IssuerAndSerialNumber(named) => {
            named.issuer == tbs.issuer && named.serial_number == tbs.serial_number
        }
        SignerIdentifier::SubjectKeyIdentifier(named) => tbs
            .get::<SubjectKeyIdentifier>()
            .is_ok_and(|own| own.is_some_and(|(_, own)| own == *named)),
    }
}

/// The single value of an attribute; an attribute given twice, or with two values, is malformed
/// (RFC 5652 §11).
fn only(
    attributes: &SignedAttributes,
    oid: der::asn1::ObjectIdentifier,
) -> Result<Option<&Any>, CmsFault> {
    let mut found = attributes.iter().filter(|attribute| attribute.oid == oid);
    let Some(attribute) = found.next() else {
        return Ok(None);
    };
    match (attribute.values.as_slice(), found.next()) {
        ([value], None) => Ok(Some(value)),
        _ => Err(CmsFault::Malformed),
    }
}

/// An upper bound for the CMS of `key`, in bytes: the certificates, the issuer's name once more, and a
/// page for a signature of up to 8192 bits, the attributes and their headers.
pub(crate) fn size_bound(key: &dyn SigningKey) -> usize {
    let ders = key.certificates();
    ders.iter().map(Vec::len).sum::<usize>() + ders.first().map_or(0, Vec::len) + 2048
}
