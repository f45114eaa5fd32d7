//! A master list: hundreds of country certificates under one signature (ICAO 9303-12 §9).

use jiff::Timestamp;

use crate::lds::oid;
use crate::proof::certificate::Certificate;
use crate::proof::chain::SIGNS_MASTER_LISTS;
use crate::proof::der::Der;
use crate::proof::signed_data::SignedData;

/// id-icao-cscaMasterList.
pub(super) const MASTER_LIST: &str = "2.23.136.1.1.2";
/// The German list of 2026 has 588.
const MOST_CERTIFICATES: usize = 20_000;

pub(super) struct MasterList {
    pub(super) signer: Certificate,
    /// Those that came along with the signature.
    pub(super) inside: Vec<Certificate>,
    pub(super) signed_at: Option<Timestamp>,
    /// `None` where one of them cannot be read.
    pub(super) certificates: Vec<Option<Certificate>>,
}

impl MasterList {
    /// Opens the list if its own signature holds; who signed is not yet judged.
    pub(super) fn open(bytes: &[u8]) -> Option<Self> {
        let signed = SignedData::verify(bytes, |_| Vec::new()).ok()?;
        if signed.content_type != oid::from_dots(MASTER_LIST) {
            return None;
        }
        // CscaMasterList ::= SEQUENCE { version, certList SET OF Certificate }
        let mut whole = Der::new(&signed.content);
        let mut body = Der::new(whole.expect(0x30)?);
        body.expect(0x02)?;
        let mut list = Der::new(body.expect(0x31)?);
        let mut certificates = Vec::new();
        while !list.is_empty() {
            if certificates.len() == MOST_CERTIFICATES {
                return None;
            }
            certificates.push(Certificate::from_der(list.next()?.raw));
        }
        if !whole.is_empty() || !body.is_empty() {
            return None;
        }
        Some(Self {
            signer: signed.signer,
            inside: signed.certificates,
            signed_at: signed.signed_at,
            certificates,
        })
    }

    /// 9303-12 §7.1.1 table 6: it was issued for signing lists, and for nothing else.
    pub(super) fn signer_is_fit(&self) -> bool {
        self.signer.purpose(SIGNS_MASTER_LISTS) == Some(true)
            && self.signer.usage_allows_signing()
            && !self.signer.is_ca()
    }

    /// Certificates that may lead from the signer to a key that is trusted already: a country that
    /// has a new key says so in its own list.
    pub(super) fn links(&self) -> Vec<Certificate> {
        let country = self.signer.subject().country();
        let listed = self.certificates.iter().flatten();
        listed
            .filter(|certificate| certificate.subject().country() == country)
            .chain(&self.inside)
            .cloned()
            .collect()
    }
}
