//! What a door is: its address, who may come in, what it takes and gives, and every problem it may answer with.
//!
//! The router and the OpenAPI document are both made from the one list in `doors.rs`, so neither can say what the
//! other does not.

use std::sync::Arc;

use axum::routing::MethodRouter;

use super::App;
use crate::access::Scope;

/// A status and a code that a door may answer with.
pub(super) type Told = (u16, &'static str);

/// The verbs spoken here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verb {
    Get,
    Head,
    Post,
    Patch,
    Delete,
    Options,
}

impl Verb {
    /// As OpenAPI spells it.
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Get => "get",
            Self::Head => "head",
            Self::Post => "post",
            Self::Patch => "patch",
            Self::Delete => "delete",
            Self::Options => "options",
        }
    }
}

/// Who may come in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Who {
    Anybody,
    /// A connection with a station's certificate.
    Station,
    /// A token with this scope and a proof by the key it is bound to. Who may have the scope stands in one table,
    /// `access/scope.rs`. The gate looks, before the handler is asked.
    Holder(Scope),
    /// A bearer token of the settings, for programs that scrape counts.
    Watcher,
}

impl Who {
    /// What is answered to everybody else.
    pub(super) fn problems(self) -> &'static [Told] {
        match self {
            Self::Anybody => &[],
            Self::Station => &[
                (401, "http.no_certificate"),
                (403, "http.not_a_station"),
                (403, "http.station_revoked"),
                (403, "http.station_suspended"),
                (503, "roster.disk"),
                (503, "roster.malformed"),
            ],
            Self::Holder(_) => HOLDER,
            Self::Watcher => &[(401, "http.token")],
        }
    }
}

/// What is answered to who shows no good token or proof, or has not the scope.
const HOLDER: &[Told] = &[
    (401, "access.client_suspended"),
    (401, "access.client_unknown"),
    (401, "access.missing"),
    (401, "access.proof_missing"),
    (401, "token.algorithm"),
    (401, "token.altered"),
    (401, "token.crit"),
    (401, "token.duplicate"),
    (401, "token.expired"),
    (401, "token.from_future"),
    (401, "token.header_key"),
    (401, "token.key_unfit"),
    (401, "token.kind"),
    (401, "token.malformed"),
    (401, "token.nonce"),
    (401, "token.other_address"),
    (401, "token.other_key"),
    (401, "token.other_method"),
    (401, "token.other_token"),
    (401, "token.replayed"),
    (401, "token.signature"),
    (401, "token.too_large"),
    (403, "access.scope"),
    (503, "access.busy"),
    (503, "roster.disk"),
    (503, "roster.malformed"),
];

/// A body.
#[derive(Debug, Clone, Copy)]
pub(super) enum Body {
    None,
    /// JSON of a named schema.
    Json(&'static str),
    /// A form of a named schema.
    Form(&'static str),
    /// Text of this media type.
    Text(&'static str),
    /// Bytes of this media type.
    Bytes(&'static str),
}

/// A header or a part of the query.
#[derive(Debug, Clone, Copy)]
pub(super) struct Field {
    pub(super) name: &'static str,
    /// A named schema.
    pub(super) schema: &'static str,
    pub(super) required: bool,
}

/// A header that is always there.
pub(super) const fn must(name: &'static str, schema: &'static str) -> Field {
    Field {
        name,
        schema,
        required: true,
    }
}

/// A header that may be left out.
pub(super) const fn may(name: &'static str, schema: &'static str) -> Field {
    Field {
        name,
        schema,
        required: false,
    }
}

/// A good answer.
#[derive(Debug, Clone, Copy)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) says: &'static str,
    pub(super) body: Body,
    pub(super) headers: &'static [Field],
}

pub(super) const fn answer(status: u16, says: &'static str, body: Body) -> Answer {
    Answer {
        status,
        says,
        body,
        headers: &[],
    }
}

/// One address and verb.
pub(super) struct Door {
    pub(super) verb: Verb,
    /// As the router spells it: `{name}` is one piece, `{*name}` the rest.
    pub(super) path: &'static str,
    /// Its name in the document, in logs and in metrics.
    pub(super) id: &'static str,
    pub(super) says: &'static str,
    pub(super) who: Who,
    /// The schemas of the pieces of the path, in their order.
    pub(super) pieces: &'static [Field],
    pub(super) query: &'static [Field],
    pub(super) headers: &'static [Field],
    pub(super) takes: Body,
    pub(super) gives: &'static [Answer],
    /// Its own problems; those of [`Who`] and those that every door has are added.
    pub(super) problems: &'static [Told],
    /// It asks the store, which may not answer.
    pub(super) stored: bool,
    /// It does its work once a key, however often it is asked.
    pub(super) once: bool,
    /// Its 400 and 401 have the form of RFC 6749 §5.2, and it asks for a proof of possession.
    pub(super) oauth: bool,
    /// It is never told to come back later.
    pub(super) unlimited: bool,
    pub(super) handler: fn() -> MethodRouter<Arc<App>>,
}

impl Door {
    /// Everything that may go wrong here.
    pub(super) fn all_problems(&self) -> Vec<Told> {
        let mut all = self.problems.to_vec();
        all.extend_from_slice(self.who.problems());
        if !self.pieces.is_empty() {
            // A piece that is no UTF-8.
            all.push((400, "http.malformed"));
        }
        if !self.unlimited {
            all.push((429, "http.rate"));
        }
        if self.once {
            all.extend([
                (400, "http.malformed"),
                (409, "http.key_busy"),
                (422, "http.key_reused"),
                (429, "http.key_quota"),
            ]);
        }
        if self.stored {
            let store = crate::CODES
                .iter()
                .filter(|code| code.starts_with("store."));
            all.extend(store.map(|code| (503, *code)));
            all.push((503, "http.internal"));
        }
        all.sort_unstable();
        all.dedup();
        all
    }

    /// Whether callers prove their key here, with a nonce of ours.
    pub(super) fn asks_for_proofs(&self) -> bool {
        self.oauth || matches!(self.who, Who::Holder(_))
    }

    /// Whether this answer stands in the document.
    pub(super) fn promises(&self, status: u16, code: Option<&str>) -> bool {
        match code {
            None => self.gives.iter().any(|answer| answer.status == status),
            Some(code) => self.all_problems().contains(&(status, code)),
        }
    }
}
