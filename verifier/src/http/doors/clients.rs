//! The doors of integrators and officials: where they get their tokens, and what opens to them.

use axum::routing::{get, post};

use super::super::door::{Body, Door, Field, Told, Verb, Who, answer, may, must};
use super::super::{events, oauth, wallets};
use super::{KEY, PLAIN_DOOR, WHOLE};
use crate::access::Scope;

const WALLET: &[Field] = &[must("wallet", "Uuid")];
const PURPOSE: &[Field] = &[must("Niem-Purpose", "Purpose")];
/// What may go wrong with a look into a wallet.
const LOOK: &[Told] = &[
    (400, "access.purpose_missing"),
    (400, "http.malformed"),
    (403, "access.purpose"),
    (404, "http.not_found"),
];

pub(super) const LOOKS: [Door; 5] = [
    Door {
        verb: Verb::Post,
        path: "/v1/wallets/lookup",
        id: "findWallet",
        says: "Finds the wallet of a personal number; the look is written into its journal.",
        who: Who::Holder(Scope::WalletsFind),
        headers: PURPOSE,
        takes: Body::Json("Lookup"),
        gives: &[answer(200, "The wallet.", Body::Json("Found"))],
        problems: &[
            WHOLE[0], WHOLE[1], WHOLE[2], WHOLE[3], LOOK[0], LOOK[2], LOOK[3],
        ],
        handler: || post(wallets::lookup),
        ..PLAIN_DOOR
    },
    Door {
        path: "/v1/wallets/{wallet}/entries",
        id: "readEntries",
        says: "What is in a wallet, every paper with its grade; the look is written into its journal.",
        who: Who::Holder(Scope::WalletsRead),
        pieces: WALLET,
        headers: PURPOSE,
        gives: &[answer(200, "The entries.", Body::Json("Entries"))],
        problems: LOOK,
        handler: || get(wallets::entries),
        ..PLAIN_DOOR
    },
    Door {
        path: "/v1/wallets/{wallet}/entries/{entry}/documents/{n}",
        id: "readDocument",
        says: "One paper; the look is written into the wallet's journal.",
        who: Who::Holder(Scope::DocumentsRead),
        pieces: &[
            must("wallet", "Uuid"),
            must("entry", "Uuid"),
            must("n", "Count"),
        ],
        headers: PURPOSE,
        gives: &[answer(200, "The paper.", Body::Bytes("application/pdf"))],
        problems: LOOK,
        handler: || get(wallets::document),
        ..PLAIN_DOOR
    },
    Door {
        path: "/v1/wallets/{wallet}/journal",
        id: "readJournal",
        says: "Who looked into a wallet, when, at what, and what for; this look is written into it too.",
        who: Who::Holder(Scope::JournalRead),
        pieces: WALLET,
        query: &[may("after", "Count"), may("limit", "Limit")],
        headers: PURPOSE,
        gives: &[answer(200, "A page of the journal.", Body::Json("Journal"))],
        problems: LOOK,
        handler: || get(wallets::journal),
        ..PLAIN_DOOR
    },
    Door {
        verb: Verb::Post,
        path: "/v1/wallets/{wallet}/erasure",
        id: "eraseWallet",
        says: "Destroys a wallet on a decision: its key, entries and papers; the log says that one was erased. \
               Under an Idempotency-Key the same request hears the same answer.",
        who: Who::Holder(Scope::WalletsErase),
        pieces: WALLET,
        headers: &[KEY],
        takes: Body::Json("Erasure"),
        gives: &[answer(200, "It is gone.", Body::Json("Erased"))],
        problems: &[
            WHOLE[0],
            WHOLE[1],
            WHOLE[2],
            WHOLE[3],
            (404, "http.not_found"),
        ],
        once: true,
        handler: || post(wallets::erase),
        ..PLAIN_DOOR
    },
];

pub(super) const EVENTS: Door = Door {
    path: "/v1/events",
    id: "readEvents",
    says: "What was filed and erased after a cursor, oldest first, without a word about whom. Keep `next` once the \
           events are dealt with and ask with it again: each event comes at least once.",
    who: Who::Holder(Scope::EventsRead),
    query: &[may("after", "Cursor"), may("limit", "Limit")],
    gives: &[answer(200, "A page of events.", Body::Json("Events"))],
    problems: &[(400, "http.malformed")],
    handler: || get(events::events),
    ..PLAIN_DOOR
};

/// At the token door: what is wrong with the request or the proof is a 400, with the client a 401.
pub(super) const OAUTH: [Door; 2] = [
    Door {
        verb: Verb::Post,
        path: crate::access::TOKEN_PATH,
        id: "issueToken",
        says: "Gives an access token for ten minutes to an integrator or official that proves its key \
               (client_credentials, private_key_jwt), bound to the key of the DPoP proof.",
        headers: &[must("DPoP", "Text")],
        takes: Body::Form("TokenRequest"),
        gives: &[answer(200, "The token.", Body::Json("Token"))],
        problems: &[
            (400, "access.grant"),
            (400, "access.proof_missing"),
            (400, "access.request"),
            (400, "access.role"),
            (400, "access.scope"),
            (400, "http.body_broken"),
            (400, "token.algorithm"),
            (400, "token.crit"),
            (400, "token.duplicate"),
            (400, "token.expired"),
            (400, "token.from_future"),
            (400, "token.header_key"),
            (400, "token.key_unfit"),
            (400, "token.kind"),
            (400, "token.malformed"),
            (400, "token.nonce"),
            (400, "token.other_address"),
            (400, "token.other_method"),
            (400, "token.replayed"),
            (400, "token.signature"),
            (400, "token.too_large"),
            (401, "access.client_suspended"),
            (401, "access.client_unknown"),
            (401, "token.algorithm"),
            (401, "token.audience"),
            (401, "token.crit"),
            (401, "token.duplicate"),
            (401, "token.expired"),
            (401, "token.from_future"),
            (401, "token.header_key"),
            (401, "token.kind"),
            (401, "token.malformed"),
            (401, "token.replayed"),
            (401, "token.signature"),
            (401, "token.subject"),
            (401, "token.too_large"),
            (401, "token.too_long_lived"),
            (408, "http.body_timeout"),
            (413, "http.body_too_large"),
            (429, "access.too_many"),
            (503, "access.busy"),
            (503, "roster.disk"),
            (503, "roster.malformed"),
        ],
        oauth: true,
        handler: || post(oauth::token),
        ..PLAIN_DOOR
    },
    Door {
        path: "/.well-known/oauth-authorization-server",
        id: "describeTokens",
        says: "Where tokens are asked for and how (RFC 8414).",
        gives: &[answer(200, "The metadata.", Body::Json("Metadata"))],
        stored: false,
        handler: || get(oauth::metadata),
        ..PLAIN_DOOR
    },
];
