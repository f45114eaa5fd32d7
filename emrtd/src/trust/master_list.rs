//! A master list: hundreds of country certificates under one signature (ICAO 9303-12 §9).

use openssl::x509::X509;

use crate::lds::oid;
use crate::proof::der::Der;
use crate::proof::signed_data::SignedData;

/// id-icao-cscaMasterList.
const MASTER_LIST: &str = "2.23.136.1.1.2";
const MOST_CERTIFICATES: usize = 20_000;

pub(super) struct MasterList {
    pub(super) signer: X509,
    /// `None` where one of them cannot be read.
    pub(super) certificates: Vec<Option<X509>>,
}

/// Opens the list if its own signature holds.
pub(super) fn open(bytes: &[u8]) -> Option<MasterList> {
    let signed = SignedData::verify(bytes, &[]).ok()?;
    if signed.content_type.as_deref() != Some(oid::from_dots(MASTER_LIST).as_slice()) {
        return None;
    }
    // CscaMasterList ::= SEQUENCE { version, certList SET OF Certificate }
    let mut body = Der::new(Der::new(&signed.content).expect(0x30)?);
    body.expect(0x02)?;
    let mut list = Der::new(body.expect(0x31)?);
    let mut certificates = Vec::new();
    while !list.is_empty() && certificates.len() < MOST_CERTIFICATES {
        certificates.push(X509::from_der(list.next()?.raw).ok());
    }
    Some(MasterList {
        signer: signed.signer,
        certificates,
    })
}
