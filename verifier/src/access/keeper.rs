//! The keeper of the doors: gives tokens to clients who prove their key, and knows them again by token and proof.

use std::path::Path;
use std::sync::Arc;

use access_tokens::{
    Access, AccessKey, Asked, Assertion, LIFE_S, Nonces, Proof, Signed, TokenError,
};
use bundle::StationTrust;
use jiff::Timestamp;
use uuid::Uuid;

use super::clients::{Clients, Credential, Known};
use super::replays::{Replays, Use};
use super::scope::Scope;
use super::spent::{Spending, Spent};
use crate::keys::{KeyFolder, KeysError, random32};
use crate::roster::{Roster, RosterError};
use crate::wallet::StoreFailure;

/// Where tokens are asked for.
pub(crate) const TOKEN_PATH: &str = "/v1/oauth/token";

/// Why somebody got no token, or is not let in with one.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AccessError {
    #[error(transparent)]
    Token(#[from] TokenError),
    #[error("the client's proof is not good: {0}")]
    Proof(#[source] TokenError),
    #[error("no token was shown")]
    Missing,
    #[error("no proof of possession came with it")]
    ProofMissing,
    #[error("there is no such client")]
    ClientUnknown,
    #[error("the client is suspended")]
    ClientSuspended,
    #[error("this role gets no tokens")]
    Role,
    #[error("a scope that the client does not have")]
    Scope,
    #[error("too many assertions of this client count at once")]
    TooMany,
    #[error("there is no room to remember another proof")]
    Busy,
    #[error(transparent)]
    Roster(#[from] RosterError),
    #[error(transparent)]
    Store(#[from] StoreFailure),
}

impl AccessError {
    /// The stable code under which `docs/failures.md` explains this error.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Token(error) | Self::Proof(error) => error.code(),
            Self::Missing => "access.missing",
            Self::ProofMissing => "access.proof_missing",
            Self::ClientUnknown => "access.client_unknown",
            Self::ClientSuspended => "access.client_suspended",
            Self::Role => "access.role",
            Self::Scope => "access.scope",
            Self::TooMany => "access.too_many",
            Self::Busy => "access.busy",
            Self::Roster(error) => error.code(),
            Self::Store(error) => error.code(),
        }
    }
}

/// What is asked for at the token door.
#[derive(Debug, Clone, Copy)]
pub struct Wanted<'a> {
    pub assertion: &'a str,
    /// Must be the assertion's, where it is said at all (RFC 7521 §4.2).
    pub client: Option<&'a str>,
    /// Names of scopes with spaces between; all that the client has, when left out.
    pub scope: Option<&'a str>,
    pub proof: &'a str,
}

/// A token that was just given.
pub struct Issued {
    pub token: String,
    pub client: String,
    pub scopes: Vec<Scope>,
    pub expires_in_s: i64,
}

/// A request that shows a token.
#[derive(Debug, Clone, Copy)]
pub struct Request<'a> {
    pub method: &'a str,
    pub path: &'a str,
    pub token: &'a str,
    pub proof: &'a str,
}

/// Who makes a request, in good standing at this moment.
#[derive(Debug, Clone)]
pub struct Caller {
    pub client: String,
    pub known: Known,
    /// What the token says and the client still has.
    pub scopes: Vec<Scope>,
    proof: Proof,
}

/// Keys, memories and the roster.
pub struct Keeper {
    issuer: String,
    roster: Arc<Roster>,
    stations: Arc<StationTrust>,
    suspended: Vec<String>,
    seal: AccessKey,
    nonces: Nonces,
    replays: Replays,
    spent: Spent,
}

impl Keeper {
    /// `issuer` is the address by which clients know this service; the key that seals tokens is made when there is
    /// none yet.
    pub fn open(
        issuer: String,
        keys: &KeyFolder,
        data: &Path,
        (roster, stations): (Arc<Roster>, Arc<StationTrust>),
        suspended: Vec<String>,
    ) -> Result<Self, KeysError> {
        Ok(Self {
            issuer,
            roster,
            stations,
            suspended,
            seal: AccessKey::new(&*keys.access_key()?),
            nonces: Nonces::new(&*random32()?),
            replays: Replays::default(),
            spent: Spent::new(data),
        })
    }

    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    /// The nonce that the next proof must bear.
    pub fn nonce(&self, now: Timestamp) -> String {
        self.nonces.newest(now.as_second())
    }

    /// Gives a token (RFC 6749 §4.4, RFC 7523, RFC 9449 §5). The proof is looked at first: a client that has no nonce
    /// yet comes again with the same assertion.
    pub fn issue(&self, wanted: Wanted<'_>, now: Timestamp) -> Result<Issued, AccessError> {
        let (at, token_address) = (now.as_second(), format!("{}{TOKEN_PATH}", self.issuer));
        let asked = Asked {
            method: "POST",
            address: &token_address,
            token: None,
        };
        let proof = self.proof(wanted.proof, asked, at)?;
        let signed = Signed::read(wanted.assertion)?;
        let client = Assertion::claimed_client(&signed)?;
        if wanted.client.is_some_and(|said| said != client) {
            return Err(TokenError::Subject.into());
        }
        let mut credentials = self.clients().credentials(client, now)?;
        let keys: Vec<_> = credentials.iter().map(|one| one.key.clone()).collect();
        let audiences = [self.issuer.as_str(), &token_address];
        let (assertion, by) = Assertion::check(&signed, client, &keys, &audiences, at)?;
        let Credential {
            name, scopes: all, ..
        } = credentials.swap_remove(by);
        if all.is_empty() {
            return Err(AccessError::Role);
        }
        let scopes = match wanted.scope {
            None => all,
            Some(text) => asked_scopes(text, &all)?,
        };
        // From here on the client is who it says; only now is anything remembered.
        match self.replays.uses(&proof, at) {
            Use::First => {}
            Use::Again => return Err(AccessError::Proof(TokenError::Replayed)),
            Use::NoRoom => return Err(AccessError::Busy),
        }
        match self
            .spent
            .spend(client, &assertion.id, assertion.until, at)?
        {
            Spending::First => {}
            Spending::Again => return Err(TokenError::Replayed.into()),
            Spending::TooMany => return Err(AccessError::TooMany),
        }
        let access = Access {
            id: Uuid::now_v7().to_string(),
            client: client.to_owned(),
            key: name,
            bound_to: proof.thumbprint,
            scopes: scopes
                .iter()
                .map(|scope| scope.as_str().to_owned())
                .collect(),
            until: at + LIFE_S,
        };
        tracing::info!(token = access.id, client = access.client, "token given");
        Ok(Issued {
            token: self.seal.seal(&access),
            client: access.client,
            scopes,
            expires_in_s: LIFE_S,
        })
    }

    /// Knows a caller by token and proof (RFC 9449 §7.1), and asks the roster how it stands now. Its proof is not used
    /// up yet: see [`Keeper::admit`].
    pub fn recognise(&self, request: Request<'_>, now: Timestamp) -> Result<Caller, AccessError> {
        let at = now.as_second();
        let access = self.seal.open(request.token, at)?;
        let address = format!("{}{}", self.issuer, request.path);
        let asked = Asked {
            method: request.method,
            address: &address,
            token: Some(request.token),
        };
        let proof = self.proof(request.proof, asked, at)?;
        if proof.thumbprint != access.bound_to {
            return Err(AccessError::Proof(TokenError::OtherKey));
        }
        if self.replays.knows(&proof) {
            return Err(AccessError::Proof(TokenError::Replayed));
        }
        let credentials = self.clients().credentials(&access.client, now)?;
        // A key that was replaced takes its tokens with it.
        let Credential { scopes, known, .. } = credentials
            .into_iter()
            .find(|one| one.name == access.key)
            .ok_or(AccessError::ClientSuspended)?;
        let given = |scope: &Scope| access.scopes.iter().any(|name| name == scope.as_str());
        Ok(Caller {
            client: access.client,
            known,
            scopes: scopes.into_iter().filter(given).collect(),
            proof,
        })
    }

    /// Uses the caller's proof up, once its share of the service allows the request.
    pub fn admit(&self, caller: &Caller, now: Timestamp) -> Result<(), AccessError> {
        match self.replays.uses(&caller.proof, now.as_second()) {
            Use::First => Ok(()),
            Use::Again => Err(AccessError::Proof(TokenError::Replayed)),
            Use::NoRoom => Err(AccessError::Busy),
        }
    }

    fn proof(&self, text: &str, asked: Asked<'_>, at: i64) -> Result<Proof, AccessError> {
        let checked = Signed::read(text).and_then(|signed| Proof::check(&signed, asked, at));
        let proof = checked.map_err(AccessError::Proof)?;
        let fresh = proof.nonce.as_deref();
        if fresh.is_some_and(|nonce| self.nonces.takes(nonce, at)) {
            Ok(proof)
        } else {
            Err(AccessError::Proof(TokenError::Nonce))
        }
    }

    fn clients(&self) -> Clients<'_> {
        Clients {
            roster: &self.roster,
            stations: &self.stations,
            suspended: &self.suspended,
        }
    }
}

/// Names with one space between (RFC 6749 §3.3), each of which the client has.
fn asked_scopes(text: &str, all: &[Scope]) -> Result<Vec<Scope>, AccessError> {
    let mut scopes = Vec::new();
    for name in text.split(' ') {
        let scope = Scope::from_name(name).filter(|scope| all.contains(scope));
        scopes.push(scope.ok_or(AccessError::Scope)?);
    }
    scopes.sort_unstable();
    scopes.dedup();
    Ok(scopes)
}
