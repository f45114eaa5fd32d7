//! Revocation lists (RFC 5280 §5, profile of ICAO 9303-12 §7.1.4): who signed them, for whom they
//! speak, and what they say.
//!
//! A country's newest key signs one list for all its keys (9303-12 §4.4), so a list counts when its
//! signature holds under the very key that issued the certificate, or under a trusted key of the
//! same country and name.

use std::ops::Range;

use jiff::Timestamp;

use super::algorithm::Signature;
use super::certificate::{Certificate, authority_key, trimmed};
use super::der::Der;
use super::name::Name;
use crate::lds::time;
use crate::report::RevocationState;
use crate::trust::CscaTrust;
use crate::trust::country::same_state;

const DELTA: &[u8] = &[0x55, 0x1D, 0x1B];
const DISTRIBUTION_POINT: &[u8] = &[0x55, 0x1D, 0x1C];
const AUTHORITY_KEY_ID: &[u8] = &[0x55, 0x1D, 0x23];
/// Entry extension: the certificate is another issuer's than the list's.
const CERTIFICATE_ISSUER: &[u8] = &[0x55, 0x1D, 0x1D];
const MOST_EXTENSIONS: usize = 32;
/// Lists tried for one certificate, and keys for one list.
const MOST_TRIED: usize = 64;

/// A revocation list, not yet believed.
#[derive(Clone)]
pub(crate) struct Crl {
    der: Box<[u8]>,
    to_be_signed: Range<usize>,
    algorithm: Range<usize>,
    signature: Range<usize>,
    issuer: Range<usize>,
    entries: Range<usize>,
    key_id: Option<Range<usize>>,
    pub(crate) this_update: Timestamp,
    pub(crate) next_update: Option<Timestamp>,
    /// Delta, of one kind of certificates only, or with a critical extension that is not known.
    partial: bool,
    /// Speaks of other issuers' certificates too: its numbers cannot be read as this issuer's.
    indirect: bool,
}

impl Crl {
    pub(crate) fn from_der(der: &[u8]) -> Option<Self> {
        let at = |part: &[u8]| {
            let from = part.as_ptr() as usize - der.as_ptr() as usize;
            from..from + part.len()
        };
        let mut whole = Der::new(der);
        let mut list = Der::new(whole.expect(0x30)?);
        let body = list.next().filter(|object| object.tag == 0x30)?;
        let algorithm = list.next().filter(|object| object.tag == 0x30)?.raw;
        let signature = list.expect(0x03)?.strip_prefix(&[0])?;
        if !whole.is_empty() || !list.is_empty() {
            return None;
        }
        let mut fields = Der::new(body.value);
        fields.optional(0x02);
        let inner_algorithm = fields.next().filter(|object| object.tag == 0x30)?.raw;
        let issuer = fields.next().filter(|object| object.tag == 0x30)?.raw;
        let moment = |tag: u8, value: &[u8]| time::read(u32::from(tag), value);
        let this_update = fields.next()?;
        let this_update = moment(this_update.tag, this_update.value)?;
        let next_update = [0x17, 0x18]
            .into_iter()
            .find_map(|tag| Some((tag, fields.optional(tag)?)))
            .and_then(|(tag, value)| moment(tag, value));
        let entries = fields.optional(0x30).unwrap_or(&der[..0]);
        let mut crl = Self {
            to_be_signed: at(body.raw),
            algorithm: at(algorithm),
            signature: at(signature),
            issuer: at(issuer),
            entries: at(entries),
            key_id: None,
            this_update,
            next_update,
            partial: false,
            indirect: false,
            der: der.into(),
        };
        if inner_algorithm != algorithm {
            return None;
        }
        if let Some(extensions) = fields.optional(0xA0) {
            let mut extensions = Der::new(Der::new(extensions).expect(0x30)?);
            for _ in 0..MOST_EXTENSIONS {
                if extensions.is_empty() {
                    break;
                }
                let mut parts = Der::new(extensions.expect(0x30)?);
                let id = parts.expect(0x06)?;
                let critical = parts.optional(0x01).is_some_and(|flag| flag != [0]);
                let value = parts.expect(0x04)?;
                match id {
                    AUTHORITY_KEY_ID => {
                        crl.key_id = authority_key(value).and_then(|key| key.id).map(at)
                    }
                    DELTA => crl.partial = true,
                    // RFC 5280 §5.2.5: [1] to [5]; a distribution point alone restricts nothing here.
                    DISTRIBUTION_POINT => {
                        let mut scope = Der::new(Der::new(value).expect(0x30)?);
                        while let Some(part) = scope.next() {
                            let set = part.value.iter().any(|&octet| octet != 0);
                            crl.indirect |= part.tag == 0x84 && set;
                            crl.partial |= part.tag != 0xA0 && set;
                        }
                    }
                    // The list's number orders lists and restricts nothing (RFC 5280 §5.2.3).
                    [0x55, 0x1D, 0x14] => {}
                    _ => crl.partial |= critical,
                }
            }
            crl.partial |= !extensions.is_empty();
        }
        Some(crl)
    }

    pub(crate) fn issuer(&self) -> Name<'_> {
        Name::new(&self.der[self.issuer.clone()])
    }

    /// The key that signed it, where the list says so.
    pub(crate) fn key_id(&self) -> Option<&[u8]> {
        Some(&self.der[self.key_id.clone()?])
    }

    /// How many certificates it names.
    pub(crate) fn len(&self) -> usize {
        let mut entries = Der::new(&self.der[self.entries.clone()]);
        std::iter::from_fn(|| entries.next()).count()
    }

    pub(crate) fn signed_by(&self, issuer: &Certificate) -> bool {
        let algorithm = Signature::read(&self.der[self.algorithm.clone()]);
        let (Some(algorithm), Some(key)) = (algorithm, issuer.key()) else {
            return false;
        };
        let message = &self.der[self.to_be_signed.clone()];
        let signature = &self.der[self.signature.clone()];
        algorithm.verify(key, None, message, signature)
    }

    fn names(&self, serial: &[u8]) -> bool {
        let mut entries = Der::new(&self.der[self.entries.clone()]);
        // An entry for another issuer's certificate stays that issuer's until the next one.
        let mut others = false;
        while let Some(entry) = entries.next() {
            let mut parts = Der::new(entry.value);
            let number = parts.expect(0x02).map(trimmed);
            parts.next();
            let extensions = parts.expect(0x30).unwrap_or_default();
            others |= extensions
                .windows(CERTIFICATE_ISSUER.len())
                .any(|id| id == CERTIFICATE_ISSUER);
            if number == Some(serial) && !others {
                return true;
            }
        }
        false
    }

    /// Does a trusted key stand behind this list? The key that issued `certificate`, or another one
    /// of the same country under the list's name.
    pub(crate) fn believed(&self, issuer: Option<&Certificate>, trust: &CscaTrust) -> bool {
        let name = self.issuer().key();
        if let Some(issuer) = issuer
            && issuer.subject().key() == name
            && self.signed_by(issuer)
        {
            return true;
        }
        let by_id = self.key_id().into_iter().flat_map(|id| trust.by_key_id(id));
        by_id
            .chain(trust.by_name(&name))
            .take(MOST_TRIED)
            .any(|anchor| {
                anchor.certificate.subject().key() == name && self.signed_by(&anchor.certificate)
            })
    }
}

/// What the lists say about the signer, and whether one of its issuers is revoked.
pub(super) fn check(
    signer: &Certificate,
    path: &[Certificate],
    trust: &CscaTrust,
    today: Timestamp,
) -> (RevocationState, bool) {
    let state = of(signer, path.first(), trust, today);
    let issuer_revoked = path.iter().enumerate().any(|(index, certificate)| {
        // The last one is its own issuer, or another key of its country is.
        let issuer = path.get(index + 1).or(Some(certificate));
        of(certificate, issuer, trust, today) == RevocationState::Revoked
    });
    (state, issuer_revoked)
}

fn of(
    certificate: &Certificate,
    issuer: Option<&Certificate>,
    trust: &CscaTrust,
    today: Timestamp,
) -> RevocationState {
    let name = certificate.issuer().key();
    let country = certificate.issuer().country();
    let mut state = RevocationState::NoList;
    let ours = trust.crls_named(&name).take(MOST_TRIED);
    for crl in ours {
        let same = match (&country, crl.issuer().country()) {
            (Some(one), Some(other)) => same_state(one, &other),
            _ => false,
        };
        if !same || !crl.believed(issuer, trust) {
            continue;
        }
        // A certificate once revoked stays so, whatever the list's age and scope.
        if !crl.indirect && crl.names(certificate.serial()) {
            return RevocationState::Revoked;
        }
        let said = if crl.indirect || crl.partial {
            RevocationState::PartialList
        } else if crl.this_update > today {
            RevocationState::ListNotYetValid
        } else if crl.next_update.is_some_and(|next| today <= next) {
            RevocationState::NotRevoked
        } else {
            RevocationState::StaleList
        };
        if rank(said) > rank(state) {
            state = said;
        }
    }
    state
}

/// The list that says the most counts.
fn rank(state: RevocationState) -> u8 {
    match state {
        RevocationState::NoList => 0,
        RevocationState::PartialList => 1,
        RevocationState::ListNotYetValid => 2,
        RevocationState::StaleList => 3,
        RevocationState::NotRevoked => 4,
        RevocationState::Revoked => 5,
    }
}
