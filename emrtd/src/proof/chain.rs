//! From a document signer to a country certificate (ICAO 9303-12 §7): by key identifier first, then
//! by the issuer's name and number, then by trying the keys of the same country. Of the country
//! certificates that share a name many hold an older key, so a name alone proves nothing: each step
//! ends with a signature.
//!
//! A country that changes its key signs the new one with the old: a link certificate. Links are
//! followed from the new key down to an old one that is trusted, never from an old key up.

use jiff::Timestamp;

use super::certificate::Certificate;
use super::revocation;
use crate::report::{ChainState, RevocationState};
use crate::trust::country::{same_state, signs_for};
use crate::trust::{Anchor, CscaTrust};

/// A country renews its key every three to five years and its documents last ten.
const MOST_LINKS: usize = 4;
/// Signatures checked for one document. Hungary, with the most country certificates, has 23.
const MOST_CHECKS: usize = 96;
/// id-icao-mrtd-security-cscaMasterListSigningKey, 2.23.136.1.1.3: whoever signs lists, signs no
/// documents (9303-12 §7.1.1, table 6).
pub(crate) const SIGNS_MASTER_LISTS: &[u8] = &[0x67, 0x81, 0x08, 0x01, 0x01, 0x03];

/// What building the chain brought.
pub(crate) struct Chain {
    pub(crate) state: ChainState,
    pub(crate) revocation: RevocationState,
    /// From the signer's issuer to the certificate that is trusted; empty when there is none.
    pub(crate) path: Vec<Certificate>,
    /// Somebody vouched for the last of them.
    pub(crate) pinned: bool,
    /// How the signer's issuer was found.
    pub(crate) found: Found,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Found {
    /// By the key identifier that the signer names.
    ByKeyId,
    /// By the issuer's name and number that the signer names.
    ByCertificate,
    /// The signer names no key; its issuer's name or country was enough.
    ByTrying,
    /// The signer names a key that did not make its signature.
    DespiteKeyId,
}

/// When to judge.
#[derive(Clone, Copy)]
pub(crate) struct Moment {
    /// From the signed attributes.
    pub(crate) signed_at: Option<Timestamp>,
    /// The end of the day of the check.
    pub(crate) today: Timestamp,
}

/// `inside` are the certificates that came with the message; `issuing_state` stands in DG1.
pub(crate) fn build(
    signer: &Certificate,
    inside: &[Certificate],
    trust: &CscaTrust,
    moment: Moment,
    issuing_state: Option<&str>,
) -> Chain {
    let mut search = Search::new(trust, inside);
    let mut chain = Chain {
        state: ChainState::UnknownIssuer,
        revocation: RevocationState::NoList,
        path: Vec::new(),
        pinned: false,
        found: Found::ByTrying,
    };
    let Some((path, anchor, found)) = search.path(signer, 0) else {
        if search.named {
            chain.state = ChainState::BadSignature;
        }
        return chain;
    };
    chain.pinned = anchor.pinned;
    chain.found = found;
    chain.path = path;
    chain.state = judge(signer, &chain.path, moment, issuing_state);
    let (revocation, issuer_revoked) = revocation::check(signer, &chain.path, trust, moment.today);
    chain.revocation = revocation;
    // The gravest first: a revoked certificate is revoked whenever it was valid.
    if revocation == RevocationState::Revoked {
        chain.state = ChainState::Revoked;
    } else if issuer_revoked {
        chain.state = ChainState::IssuerRevoked;
    }
    chain
}

struct Search<'t, 'i> {
    trust: &'t CscaTrust,
    /// Certificates that may link, besides those of the trust directory.
    inside: &'i [Certificate],
    checks: usize,
    /// The first certificate names a key that is known here.
    named: bool,
    visited: Vec<Certificate>,
}

impl<'t, 'i> Search<'t, 'i> {
    fn new(trust: &'t CscaTrust, inside: &'i [Certificate]) -> Self {
        Self {
            trust,
            inside,
            checks: 0,
            named: false,
            visited: Vec::new(),
        }
    }

    fn signed_by(&mut self, child: &Certificate, issuer: &Certificate) -> bool {
        self.checks += 1;
        self.checks <= MOST_CHECKS && child.signed_by(issuer)
    }

    /// The certificates above this one, ending in an anchor; the anchor itself; how it was found.
    fn path(
        &mut self,
        child: &Certificate,
        depth: usize,
    ) -> Option<(Vec<Certificate>, &'t Anchor, Found)> {
        let trust = self.trust;
        let authority = child.authority_key();
        if let Some(id) = authority.id {
            let anchors: Vec<&Anchor> = trust.by_key_id(id).collect();
            let named = !anchors.is_empty();
            if let Some(anchor) = self.fitting(child, anchors) {
                return Some((vec![anchor.certificate.clone()], anchor, Found::ByKeyId));
            }
            let links = self.links(|link| link.key_ids().iter().any(|known| known == id));
            if depth == 0 {
                self.named = named;
            }
            if let Some((path, anchor)) = self.through(child, links, depth) {
                return Some((path, anchor, Found::ByKeyId));
            }
        }
        if let Some((name, serial)) = &authority.certificate {
            let anchors = trust.by_name(&name.key());
            let anchors = anchors.filter(|anchor| anchor.certificate.serial() == *serial);
            if let Some(anchor) = self.fitting(child, anchors.collect()) {
                let path = vec![anchor.certificate.clone()];
                return Some((path, anchor, Found::ByCertificate));
            }
        }
        let found = match authority.id {
            Some(_) => Found::DespiteKeyId,
            None => Found::ByTrying,
        };
        let issuer = child.issuer();
        let name = issuer.key();
        let mut anchors: Vec<&Anchor> = trust.by_name(&name).collect();
        if let Some(country) = issuer.country() {
            anchors.extend(trust.of_country(&country));
        }
        anchors.dedup_by(|one, other| std::ptr::eq(*one, *other));
        if let Some(anchor) = self.fitting(child, anchors) {
            return Some((vec![anchor.certificate.clone()], anchor, found));
        }
        let links = self.links(|link| link.subject().key() == name);
        let (path, anchor) = self.through(child, links, depth)?;
        Some((path, anchor, found))
    }

    /// The anchor whose key made the signature. A key may stand in several certificates (self-signed
    /// and link, first and renewed): one that was valid when it issued this child, if any was, and
    /// one that somebody vouched for, if any is.
    fn fitting(&mut self, child: &Certificate, anchors: Vec<&'t Anchor>) -> Option<&'t Anchor> {
        let issued = child.not_before();
        let fitting = anchors
            .into_iter()
            .filter(|anchor| self.signed_by(child, &anchor.certificate));
        fitting.min_by_key(|anchor| {
            let then = issued.map(|issued| valid(&anchor.certificate, issued));
            (then != Some(Validity::Valid), !anchor.pinned)
        })
    }

    fn links(&self, wanted: impl Fn(&Certificate) -> bool) -> Vec<Certificate> {
        let inside = self.inside.iter();
        self.trust
            .links()
            .iter()
            .chain(inside)
            .filter(|link| link.may_issue() && wanted(link))
            .cloned()
            .collect()
    }

    fn through(
        &mut self,
        child: &Certificate,
        links: Vec<Certificate>,
        depth: usize,
    ) -> Option<(Vec<Certificate>, &'t Anchor)> {
        if depth >= MOST_LINKS {
            return None;
        }
        for link in links {
            if self.visited.contains(&link) || link == *child || !self.signed_by(child, &link) {
                continue;
            }
            self.visited.push(link.clone());
            if let Some((mut path, anchor, _)) = self.path(&link, depth + 1) {
                path.insert(0, link);
                return Some((path, anchor));
            }
        }
        None
    }
}

/// May this certificate, with no document in view, be trusted through the anchors? For signers of
/// master lists and for link certificates. Validity is judged at `moment`, if one is given.
pub(crate) fn reaches<'t>(
    certificate: &Certificate,
    inside: &[Certificate],
    trust: &'t CscaTrust,
) -> Option<&'t Anchor> {
    let (path, anchor, _) = Search::new(trust, inside).path(certificate, 0)?;
    let country = certificate.subject().country();
    let same = |other: &Certificate| match (&country, other.subject().country()) {
        (Some(one), Some(other)) => same_state(one, &other),
        _ => false,
    };
    let issued = |pair: &[Certificate]| issued_in_time(&pair[0], &pair[1]).is_none();
    let mut whole = vec![certificate.clone()];
    whole.extend(path);
    let sound = whole[1..]
        .iter()
        .all(|issuer| same(issuer) && issuer.usage_allows_issuing());
    (sound && whole.windows(2).all(issued)).then_some(anchor)
}

fn judge(
    signer: &Certificate,
    path: &[Certificate],
    moment: Moment,
    issuing_state: Option<&str>,
) -> ChainState {
    // 9303-12 §7.1: a document signer may sign, and may not issue.
    if !signer.usage_allows_signing()
        || signer.is_ca()
        || signer.has_unknown_critical()
        || signer.purpose(SIGNS_MASTER_LISTS) == Some(true)
        || signer.is_for_other_purposes()
        || path.iter().any(|issuer| !issuer.usage_allows_issuing())
        || signer.key().is_none()
    {
        return ChainState::Unfit;
    }
    let of_signer = signer.subject().country();
    let alike = path
        .iter()
        .all(|issuer| match (&of_signer, issuer.subject().country()) {
            (Some(signer), Some(issuer)) => same_state(signer, &issuer),
            _ => false,
        });
    if !alike || issuing_state.is_some_and(|state| !speaks_for(signer, path, state)) {
        return ChainState::CountryMismatch;
    }
    if moment.signed_at.is_some_and(|signed| signed > moment.today) {
        return ChainState::SignedInFuture;
    }
    match valid(signer, moment.signed_at.unwrap_or(moment.today)) {
        Validity::Valid => {}
        Validity::NotYet => return ChainState::NotYetValid,
        Validity::Over if moment.signed_at.is_none() => return ChainState::ExpiredTimeUnknown,
        Validity::Over | Validity::Unreadable => return ChainState::ExpiredAtSigning,
    }
    let mut child = signer;
    for issuer in path {
        if let Some(state) = issued_in_time(child, issuer) {
            return state;
        }
        child = issuer;
    }
    ChainState::Trusted
}

/// The issuer was valid on the day from which the child is.
fn issued_in_time(child: &Certificate, issuer: &Certificate) -> Option<ChainState> {
    let then = child
        .not_before()
        .map_or(Validity::Unreadable, |issued| valid(issuer, issued));
    (then != Validity::Valid).then_some(ChainState::IssuerNotValid)
}

/// Signer and country certificate of this state sign for that code in the machine-readable zone.
fn speaks_for(signer: &Certificate, path: &[Certificate], issuing_state: &str) -> bool {
    let country = signer.subject().country().unwrap_or_default();
    signs_for(&country, issuing_state).unwrap_or_else(|| {
        // 9303-12 §7.1.1.2: the certificates may state the code themselves.
        let whole = path.iter().chain([signer]);
        whole
            .flat_map(Certificate::stated_states)
            .any(|stated| stated == issuing_state)
    })
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Validity {
    NotYet,
    Valid,
    Over,
    Unreadable,
}

pub(crate) fn valid(certificate: &Certificate, moment: Timestamp) -> Validity {
    match (certificate.not_before(), certificate.not_after()) {
        (Some(from), _) if moment < from => Validity::NotYet,
        (_, Some(until)) if moment > until => Validity::Over,
        (Some(_), Some(_)) => Validity::Valid,
        _ => Validity::Unreadable,
    }
}
