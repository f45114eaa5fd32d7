//! Makes card-verifiable certificates: what a specimen authority hands to specimen terminals.

use jiff::civil::Date;
use openssl::bn::{BigNum, BigNumContext};
use openssl::ec::{EcKeyRef, PointConversionForm};
use openssl::error::ErrorStack;
use openssl::pkey::{Id, PKey, Private};

use super::{CvCertificate, INSPECTION_SYSTEM, Reference, Rights, Role, Scheme};
use crate::lds::oid;
use crate::tlv;

/// What a certificate is to say.
pub(crate) struct Draft<'a> {
    pub(crate) authority: &'a Reference,
    pub(crate) holder: &'a Reference,
    pub(crate) role: Role,
    pub(crate) rights: Rights,
    pub(crate) effective: Date,
    pub(crate) expiry: Date,
    /// The holder's key and how it will sign.
    pub(crate) key: &'a PKey<Private>,
    pub(crate) scheme: Scheme,
}

/// Signs the draft with the authority's key.
pub(crate) fn issue(
    draft: &Draft<'_>,
    signer: &PKey<Private>,
    signer_scheme: Scheme,
) -> Result<CvCertificate, ErrorStack> {
    let chat = tlv::encode_all(
        0x7F4C,
        &[
            &tlv::encode(0x06, &oid::from_dots(INSPECTION_SYSTEM)),
            &tlv::encode(0x53, &[draft.role.bits() | draft.rights.bits()]),
        ],
    );
    let body = tlv::encode_all(
        0x7F4E,
        &[
            &tlv::encode(0x5F29, &[0]),
            &tlv::encode(0x42, draft.authority.as_bytes()),
            &public_key(draft)?,
            &tlv::encode(0x5F20, draft.holder.as_bytes()),
            &chat,
            &tlv::encode(0x5F25, &digits(draft.effective)),
            &tlv::encode(0x5F24, &digits(draft.expiry)),
        ],
    );
    let signature = signer_scheme.sign(signer, &body)?;
    let parts = [&body[..], &tlv::encode(0x5F37, &signature)].concat();
    Ok(CvCertificate::from_parts(&parts).expect("what is written here can be read here"))
}

/// The key template, TR-03110-3 §D.3.
fn public_key(draft: &Draft<'_>) -> Result<Vec<u8>, ErrorStack> {
    let scheme = tlv::encode(0x06, &oid::from_dots(&draft.scheme.dots()));
    if draft.key.id() == Id::EC {
        // Only the authority's certificates write the curve out.
        let key = draft.key.ec_key()?;
        let objects = curve_key(&key, draft.role == Role::Authority)?;
        return Ok(tlv::encode_all(0x7F49, &[&scheme, &objects]));
    }
    let key = draft.key.rsa()?;
    Ok(tlv::encode_all(
        0x7F49,
        &[
            &scheme,
            &tlv::encode(0x81, &key.n().to_vec()),
            &tlv::encode(0x82, &key.e().to_vec()),
        ],
    ))
}

fn curve_key(key: &EcKeyRef<Private>, whole: bool) -> Result<Vec<u8>, ErrorStack> {
    let group = key.group();
    let mut context = BigNumContext::new()?;
    let uncompressed = PointConversionForm::UNCOMPRESSED;
    let point = key
        .public_key()
        .to_bytes(group, uncompressed, &mut context)?;
    if !whole {
        return Ok(tlv::encode(0x86, &point));
    }
    let (mut p, mut a, mut b) = (BigNum::new()?, BigNum::new()?, BigNum::new()?);
    group.components_gfp(&mut p, &mut a, &mut b, &mut context)?;
    let (mut order, mut cofactor) = (BigNum::new()?, BigNum::new()?);
    group.order(&mut order, &mut context)?;
    group.cofactor(&mut cofactor, &mut context)?;
    let generator = match group.generator_opt() {
        Some(generator) => generator.to_bytes(group, uncompressed, &mut context)?,
        None => Vec::new(),
    };
    let width = p.num_bytes();
    Ok([
        tlv::encode(0x81, &p.to_vec()),
        tlv::encode(0x82, &a.to_vec_padded(width)?),
        tlv::encode(0x83, &b.to_vec_padded(width)?),
        tlv::encode(0x84, &generator),
        tlv::encode(0x85, &order.to_vec()),
        tlv::encode(0x86, &point),
        tlv::encode(0x87, &cofactor.to_vec()),
    ]
    .concat())
}

fn digits(date: Date) -> Vec<u8> {
    let text = date.strftime("%y%m%d").to_string();
    text.bytes().map(|digit| digit - b'0').collect()
}
