//! Every door of the service, in one list; the router and the OpenAPI document are made from it.

mod clients;

use std::sync::Arc;

use axum::Router;
use axum::http::Method;
use axum::routing::{delete, get, head, options, patch, post};

use super::door::{Answer, Body, Door, Field, Told, Verb, Who, answer, may, must};
use super::{App, blobs, bundles, enrolments, log, metrics, openapi, ready, tickets};

const JSON: &str = "application/json";
const PLAIN: &str = "text/plain; charset=utf-8";
const BYTES: &str = "application/octet-stream";
/// tus 1.0.0 §"PATCH"
const OFFSET_BYTES: &str = "application/offset+octet-stream";

const TUS: Field = must("Tus-Resumable", "TusVersion");
const KEY: Field = may("Idempotency-Key", "Key");
const BLOB: &[Field] = &[must("name", "BlobName")];
const BUNDLE: &[Field] = &[must("digest", "Digest")];

/// What may go wrong with a small body.
const WHOLE: [Told; 4] = [
    (400, "http.body_broken"),
    (400, "http.malformed"),
    (408, "http.body_timeout"),
    (413, "http.body_too_large"),
];
const NOT_FOUND: &[Told] = &[(404, "http.not_found")];

const PLAIN_DOOR: Door = Door {
    verb: Verb::Get,
    path: "",
    id: "",
    says: "",
    who: Who::Anybody,
    pieces: &[],
    query: &[],
    headers: &[],
    takes: Body::None,
    gives: &[],
    problems: &[],
    stored: true,
    once: false,
    oauth: false,
    unlimited: false,
    handler: || get(super::problem::not_found),
};

const TICKETS: Door = Door {
    verb: Verb::Post,
    path: "/v1/tickets",
    id: "drawTickets",
    says: "Draws a batch of signed tickets; each opens one visit of this station.",
    who: Who::Station,
    takes: Body::Json("Wish"),
    gives: &[answer(200, "The tickets.", Body::Json("Batch"))],
    problems: &[
        WHOLE[0],
        WHOLE[1],
        WHOLE[2],
        WHOLE[3],
        (429, "http.ticket_quota"),
    ],
    headers: &[KEY],
    once: true,
    handler: || post(tickets::draw),
    ..PLAIN_DOOR
};

/// What may go wrong where somebody becomes known; the roster and the authority may fail.
const ENROLMENT_PROBLEMS: &[Told] = &[
    WHOLE[0],
    WHOLE[1],
    WHOLE[2],
    WHOLE[3],
    (403, "enroll.code_expired"),
    (403, "enroll.code_locked"),
    (403, "enroll.code_used"),
    (403, "enroll.code_wrong"),
    (403, "enroll.nobody_asked"),
    (403, "http.station_revoked"),
    (404, "enroll.not_pending"),
    (422, "attest.ak_kind"),
    (422, "attest.ek_differs"),
    (422, "attest.ek_kind"),
    (422, "attest.key_imported"),
    (422, "attest.key_kind"),
    (422, "attest.key_movable"),
    (422, "attest.maker_unknown"),
    (422, "attest.malformed"),
    (422, "attest.other_key"),
    (422, "attest.other_request"),
    (422, "attest.request_key"),
    (422, "attest.signature"),
    (422, "enroll.attestation_missing"),
    (422, "enroll.key_kind"),
    (422, "enroll.name"),
    (422, "enroll.proof_wrong"),
    (422, "enroll.request"),
    (422, "enroll.role"),
    (422, "enroll.storage_not_allowed"),
    (503, "attest.makers_unreadable"),
    (503, "enroll.authority"),
    (503, "enroll.busy"),
    (503, "enroll.date"),
    (503, "http.internal"),
    (503, "keys.generate"),
    (503, "roster.disk"),
    (503, "roster.malformed"),
];

const ENROLMENTS: [Door; 4] = [
    Door {
        verb: Verb::Post,
        path: "/v1/enrolments",
        id: "beginEnrolment",
        says: "A desk or a person becomes known: by a code that was handed out, or, to replace its own key, by \
               the certificate of the connection.",
        takes: Body::Json("Enrolment"),
        gives: &[
            answer(201, "The certificate.", Body::Json("Enrolled")),
            answer(
                202,
                "The TPM must open this first.",
                Body::Json("Challenge"),
            ),
        ],
        problems: ENROLMENT_PROBLEMS,
        stored: false,
        handler: || post(enrolments::begin),
        ..PLAIN_DOOR
    },
    Door {
        verb: Verb::Post,
        path: "/v1/enrolments/{id}",
        id: "proveEnrolment",
        says: "What the TPM found in the challenge.",
        pieces: &[must("id", "Text")],
        takes: Body::Json("Proof"),
        gives: &[answer(201, "The certificate.", Body::Json("Enrolled"))],
        problems: ENROLMENT_PROBLEMS,
        stored: false,
        handler: || post(enrolments::prove),
        ..PLAIN_DOOR
    },
    Door {
        path: "/v1/epoch",
        id: "readEpoch",
        says: "The signed notice of the key that bundles are sealed to.",
        gives: &[answer(200, "The notice.", Body::Json("Envelope"))],
        stored: false,
        handler: || get(enrolments::epoch),
        ..PLAIN_DOOR
    },
    Door {
        verb: Verb::Post,
        path: "/v1/epoch",
        id: "passEpoch",
        says: "A desk says which epoch its oldest waiting bundle needs.",
        who: Who::Station,
        takes: Body::Json("Queue"),
        gives: &[answer(204, "Noted.", Body::None)],
        problems: &[
            WHOLE[0],
            WHOLE[1],
            WHOLE[2],
            WHOLE[3],
            (503, "http.internal"),
        ],
        stored: false,
        handler: || post(enrolments::passed),
        ..PLAIN_DOOR
    },
];

const UPLOADS: [Door; 5] = [
    Door {
        verb: Verb::Options,
        path: "/v1/blobs",
        id: "describeUploads",
        says: "Says which tus version, extensions and sizes are spoken here.",
        gives: &[Answer {
            headers: &[
                TUS,
                must("Tus-Version", "TusVersion"),
                must("Tus-Extension", "Text"),
                must("Tus-Max-Size", "Count"),
            ],
            ..answer(204, "Nothing but headers.", Body::None)
        }],
        stored: false,
        handler: || options(blobs::options),
        ..PLAIN_DOOR
    },
    Door {
        verb: Verb::Post,
        path: "/v1/blobs",
        id: "createUpload",
        says: "Begins a resumable upload (tus 1.0.0, creation); length and digest are told before the first byte.",
        who: Who::Station,
        headers: &[
            TUS,
            must("Upload-Length", "Count"),
            must("Upload-Metadata", "UploadMetadata"),
            KEY,
        ],
        gives: &[Answer {
            headers: &[TUS, must("Location", "Text")],
            ..answer(201, "The upload's address stands in Location.", Body::None)
        }],
        problems: &[
            (400, "http.malformed"),
            (412, "http.tus_version"),
            (413, "http.upload_too_large"),
            (429, "http.quota"),
        ],
        once: true,
        handler: || post(blobs::create),
        ..PLAIN_DOOR
    },
    Door {
        verb: Verb::Head,
        path: "/v1/blobs/{name}",
        id: "askBlob",
        says: "Whether a blob is here (`sha256:` and its digest), or how far an upload has come (its UUID).",
        who: Who::Station,
        pieces: BLOB,
        gives: &[Answer {
            headers: &[
                may("Tus-Resumable", "TusVersion"),
                may("Upload-Offset", "Count"),
                may("Upload-Length", "Count"),
            ],
            ..answer(200, "It is here.", Body::None)
        }],
        problems: &[
            (404, "http.not_found"),
            (422, "http.upload_digest"),
            (423, "http.upload_locked"),
        ],
        handler: || head(blobs::head),
        ..PLAIN_DOOR
    },
    Door {
        verb: Verb::Patch,
        path: "/v1/blobs/{name}",
        id: "appendUpload",
        says: "Appends to an upload; the digest is checked with the last byte.",
        who: Who::Station,
        pieces: BLOB,
        headers: &[TUS, must("Upload-Offset", "Count")],
        takes: Body::Bytes(OFFSET_BYTES),
        gives: &[Answer {
            headers: &[TUS, must("Upload-Offset", "Count")],
            ..answer(204, "What has arrived is on disk.", Body::None)
        }],
        problems: &[
            (400, "http.body_broken"),
            (400, "http.malformed"),
            (404, "http.not_found"),
            (408, "http.body_timeout"),
            (409, "http.offset"),
            (412, "http.tus_version"),
            (413, "http.upload_too_large"),
            (415, "http.content_type"),
            (422, "http.upload_digest"),
            (423, "http.upload_locked"),
        ],
        handler: || patch(blobs::patch),
        ..PLAIN_DOOR
    },
    Door {
        verb: Verb::Delete,
        path: "/v1/blobs/{name}",
        id: "endUpload",
        says: "Gives up an upload (tus 1.0.0, termination).",
        who: Who::Station,
        pieces: BLOB,
        headers: &[TUS],
        gives: &[Answer {
            headers: &[TUS],
            ..answer(204, "It is gone.", Body::None)
        }],
        problems: &[
            (404, "http.not_found"),
            (412, "http.tus_version"),
            (423, "http.upload_locked"),
        ],
        handler: || delete(blobs::remove),
        ..PLAIN_DOOR
    },
];

const BUNDLES: [Door; 4] = [
    Door {
        verb: Verb::Post,
        path: "/v1/bundles",
        id: "postBundle",
        says: "Posts a bundle's outer envelope when its blobs are here; it is examined, filed, and answered for. \
               The same bundle again gets the same receipt.",
        who: Who::Station,
        headers: &[may("Niem-Carried", "Text")],
        takes: Body::Json("Envelope"),
        gives: &[
            answer(200, "Filed before; the same receipt.", Body::Json("Filed")),
            answer(201, "Filed.", Body::Json("Filed")),
        ],
        problems: &[
            (400, "http.body_broken"),
            (403, "http.wrong_station"),
            (408, "http.body_timeout"),
            (409, "http.blobs_missing"),
            (413, "http.body_too_large"),
            (422, "http.refused"),
            (503, "http.try_again"),
        ],
        handler: || post(bundles::post),
        ..PLAIN_DOOR
    },
    Door {
        path: "/v1/bundles/{digest}",
        id: "readBundle",
        says: "What became of a bundle that this station posted.",
        who: Who::Station,
        pieces: BUNDLE,
        gives: &[answer(200, "Its outcome.", Body::Json("Outcome"))],
        problems: NOT_FOUND,
        handler: || get(bundles::status),
        ..PLAIN_DOOR
    },
    Door {
        path: "/v1/bundles/{digest}/receipt",
        id: "readReceipt",
        says: "The receipt of a filed bundle, byte for byte as it was first given.",
        who: Who::Station,
        pieces: BUNDLE,
        gives: &[answer(200, "The receipt.", Body::Json("Envelope"))],
        problems: NOT_FOUND,
        handler: || get(bundles::receipt),
        ..PLAIN_DOOR
    },
    Door {
        path: "/v1/bundles/{digest}/receipt/renewed",
        id: "renewReceipt",
        says: "The receipt with a proof under the newest head of the log.",
        who: Who::Station,
        pieces: BUNDLE,
        gives: &[answer(200, "The receipt.", Body::Json("Envelope"))],
        problems: NOT_FOUND,
        handler: || get(bundles::renewed),
        ..PLAIN_DOOR
    },
];

const OPEN: [Door; 6] = [
    Door {
        path: "/log/checkpoint",
        id: "readCheckpoint",
        says: "The newest signed head of the log (C2SP tlog-checkpoint).",
        gives: &[answer(200, "A signed note.", Body::Text(PLAIN))],
        handler: || get(log::checkpoint),
        ..PLAIN_DOOR
    },
    Door {
        path: "/log/tile/{*path}",
        id: "readTile",
        says: "A tile of the log, `<L>/<N>[.p/<W>]` or `entries/<N>[.p/<W>]` (C2SP tlog-tiles); the slashes of \
               the path may stand as they are.",
        pieces: &[must("path", "TilePath")],
        gives: &[answer(200, "The tile.", Body::Bytes(BYTES))],
        problems: NOT_FOUND,
        handler: || get(log::tile),
        ..PLAIN_DOOR
    },
    Door {
        path: "/healthz",
        id: "askHealth",
        says: "Whether the process answers; looks at nothing else, and is never limited.",
        gives: &[answer(200, "It does.", Body::Text(PLAIN))],
        stored: false,
        unlimited: true,
        handler: || get(|| async { "ok\n" }),
        ..PLAIN_DOOR
    },
    Door {
        path: "/readyz",
        id: "askReadiness",
        says: "Whether the store answers.",
        gives: &[answer(200, "It does.", Body::Text(PLAIN))],
        handler: || get(ready),
        ..PLAIN_DOOR
    },
    Door {
        path: "/metrics",
        id: "readMetrics",
        says: "Counts and times since the start, in Prometheus' text format.",
        who: Who::Watcher,
        gives: &[answer(
            200,
            "The counts.",
            Body::Text("text/plain; version=0.0.4; charset=utf-8"),
        )],
        stored: false,
        handler: || get(metrics::serve),
        ..PLAIN_DOOR
    },
    Door {
        path: "/openapi.json",
        id: "readOpenApi",
        says: "This document.",
        gives: &[answer(200, "OpenAPI 3.1.", Body::Bytes(JSON))],
        stored: false,
        handler: || get(openapi::serve),
        ..PLAIN_DOOR
    },
];

const GROUPS: [&[Door]; 8] = [
    &ENROLMENTS,
    &[TICKETS],
    &UPLOADS,
    &BUNDLES,
    &clients::OAUTH,
    &clients::LOOKS,
    &[clients::EVENTS],
    &OPEN,
];

/// Every door.
pub(super) fn all() -> impl Iterator<Item = &'static Door> {
    GROUPS.iter().flat_map(|group| group.iter())
}

/// All doors on one router.
pub(super) fn routes() -> Router<Arc<App>> {
    all().fold(Router::new(), |router, door| {
        router.route(door.path, (door.handler)())
    })
}

/// The door behind a verb and a path of the router. A GET door answers HEAD too.
pub(super) fn find(method: &Method, path: &str) -> Option<&'static Door> {
    let named = |verb: &str| {
        all().find(|door| door.path == path && door.verb.as_str().eq_ignore_ascii_case(verb))
    };
    named(method.as_str()).or_else(|| (method == Method::HEAD).then(|| named("get")).flatten())
}
