//! The shapes of what goes in and out, as JSON Schema 2020-12, which OpenAPI 3.1 speaks.

use serde_json::{Map, Value, json};

/// A shape of its own name.
fn named(name: &str) -> Value {
    json!({"$ref": format!("#/components/schemas/{name}")})
}

/// An object whose members are all there and are all there is.
fn object(members: &[(&str, Value)]) -> Value {
    let properties: Map<String, Value> = members
        .iter()
        .map(|(name, schema)| ((*name).to_owned(), schema.clone()))
        .collect();
    let required: Vec<&str> = members.iter().map(|(name, _)| *name).collect();
    json!({"type": "object", "properties": properties, "required": required, "additionalProperties": false})
}

fn list(of: Value) -> Value {
    json!({"type": "array", "items": of})
}

fn base64() -> Value {
    json!({"type": "string", "contentEncoding": "base64"})
}

fn text() -> Value {
    json!({"type": "string"})
}

/// Text on one line.
fn line(most: u32) -> Value {
    json!({"type": "string", "minLength": 1, "maxLength": most, "pattern": "^[^\\x00-\\x1f\\x7f-\\x9f]+$"})
}

/// Every named shape but those of problems.
pub(super) fn all() -> Map<String, Value> {
    let time = json!({"type": "string", "format": "date-time"});
    let count = named("Count");
    let shapes = [
        ("Text", text()),
        // Above this a number of JSON is not exact everywhere (RFC 8259 §6).
        (
            "Count",
            json!({"type": "integer", "minimum": 0, "maximum": 9_007_199_254_740_991_i64}),
        ),
        (
            "Limit",
            json!({"type": "integer", "minimum": 0, "maximum": u32::MAX}),
        ),
        ("Uuid", json!({"type": "string", "format": "uuid"})),
        (
            "Digest",
            json!({"type": "string", "pattern": "^[0-9a-f]{64}$"}),
        ),
        (
            "BlobName",
            json!({"type": "string", "pattern":
                "^(sha256:[0-9a-f]{64}|[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})$"}),
        ),
        (
            "TilePath",
            json!({"type": "string", "pattern":
                "^([0-9]{1,2}|entries)/(x[0-9]{3}/){0,5}[0-9]{3}([.]p/[1-9][0-9]{0,2})?$"}),
        ),
        ("TusVersion", json!({"type": "string", "enum": ["1.0.0"]})),
        (
            "UploadMetadata",
            json!({"type": "string", "pattern": "^sha256 [A-Za-z0-9+/]{86}==$",
                "description": "`sha256`, a space, and the digest's 64 hexadecimal digits in Base64."}),
        ),
        (
            "Purpose",
            json!({"type": "string", "minLength": 1, "maxLength": 200, "pattern": "^[!-~]([ -~]*[!-~])?$"}),
        ),
        (
            "Key",
            json!({"type": "string", "minLength": 1, "maxLength": 128, "pattern": "^[!#-~]+$"}),
        ),
        (
            "Wish",
            object(&[(
                "count",
                json!({"type": "integer", "minimum": 1, "maximum": 200}),
            )]),
        ),
        (
            "Enrolment",
            json!({
                "type": "object",
                "properties": {
                    "subject": {"oneOf": [object(&[("station", text())]), object(&[("operator", text())])]},
                    "code": {"type": ["string", "null"]},
                    "csr": {"type": "string", "description": "PKCS#10, PEM."},
                    "storage": {"enum": ["tpm", "token", "file"]},
                    "attestation": {"type": ["object", "null"], "description": "What the TPM says of its key."},
                },
                "required": ["subject", "csr", "storage"],
                "additionalProperties": false,
            }),
        ),
        ("Enrolled", object(&[("certificate", text())])),
        (
            "Challenge",
            object(&[
                ("enrolment", text()),
                ("credential", base64()),
                ("secret", base64()),
            ]),
        ),
        ("Proof", object(&[("proof", base64())])),
        (
            "Queue",
            object(&[(
                "oldest",
                json!({"type": "integer", "minimum": 0, "maximum": u32::MAX}),
            )]),
        ),
        ("Batch", object(&[("tickets", list(named("Envelope")))])),
        (
            "Envelope",
            object(&[
                ("payloadType", text()),
                ("payload", base64()),
                ("signatures", list(named("Signature"))),
            ]),
        ),
        ("Signature", object(&[("keyid", text()), ("sig", base64())])),
        (
            "Filed",
            object(&[
                ("outcome", json!({"const": "filed"})),
                ("bundle", named("Digest")),
                ("entry", named("Uuid")),
                ("receipt", named("Envelope")),
                ("notices", list(named("Notice"))),
            ]),
        ),
        (
            "Notice",
            object(&[
                ("code", json!({"enum": ["examine.pages_filed_before"]})),
                ("place", text()),
                ("entry", named("Uuid")),
            ]),
        ),
        (
            "Outcome",
            object(&[
                ("bundle", named("Digest")),
                ("outcome", json!({"enum": ["filed", "refused", "erased"]})),
                ("at", time.clone()),
                ("codes", list(text())),
            ]),
        ),
        (
            "Lookup",
            object(&[("personal_id", json!({"type": "string"}))]),
        ),
        ("Found", object(&[("wallet", named("Uuid"))])),
        (
            "TokenRequest",
            json!({
                "type": "object",
                "properties": {
                    "grant_type": {"const": "client_credentials"},
                    "client_assertion_type":
                        {"const": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"},
                    "client_assertion": {"type": "string", "description": "A JWT by the registered key: `iss` and \
                        `sub` the client, `aud` the issuer, `jti`, `iat`, `exp` within five minutes."},
                    "client_id": text(),
                    "scope": {"type": "string", "description": "Names with spaces between; all, when left out."},
                },
                "required": ["grant_type", "client_assertion_type", "client_assertion"],
            }),
        ),
        (
            "Token",
            object(&[
                ("access_token", text()),
                ("token_type", json!({"const": "DPoP"})),
                ("expires_in", count.clone()),
                ("scope", text()),
            ]),
        ),
        (
            "OAuthError",
            json!({
                "type": "object",
                "description": "RFC 6749 §5.2, with our code and its Vietnamese words.",
                "properties": {
                    "error": text(), "error_description": text(), "error_uri": {"type": "string", "format": "uri"},
                    "code": text(), "title": text(), "detail": text(),
                },
                "required": ["error", "error_description", "error_uri", "code", "title", "detail"],
            }),
        ),
        (
            "Metadata",
            json!({
                "type": "object",
                "properties": {"issuer": text(), "token_endpoint": text()},
                "required": ["issuer", "token_endpoint", "grant_types_supported", "scopes_supported",
                    "token_endpoint_auth_methods_supported", "dpop_signing_alg_values_supported"],
            }),
        ),
        (
            "Erasure",
            object(&[
                (
                    "ground",
                    json!({"enum":
                    ["consent_withdrawn", "purpose_ended", "filed_wrongly", "ordered"]}),
                ),
                ("basis", line(100)),
                ("reason", line(100)),
            ]),
        ),
        (
            "Erased",
            object(&[(
                "erased",
                object(&[
                    ("leaf", count.clone()),
                    ("entries", count.clone()),
                    ("documents", count.clone()),
                    ("scrubbed", json!({"type": "boolean"})),
                ]),
            )]),
        ),
        (
            "Cursor",
            json!({"type": "string", "pattern": "^ZXYxO[g-v][A-Za-z0-9_-]{10}$",
                "description": "`next` of an answer, or an event's `id`. Its letters mean nothing outside."}),
        ),
        (
            "Events",
            object(&[
                ("events", list(named("Event"))),
                ("next", named("Cursor")),
                ("more", json!({"type": "boolean"})),
            ]),
        ),
        (
            "Event",
            object(&[
                ("id", named("Cursor")),
                ("type", json!({"enum": ["bundle.filed", "bundle.erased"]})),
                ("at", time.clone()),
                ("bundle", named("Digest")),
            ]),
        ),
        (
            "Entries",
            object(&[("wallet", named("Uuid")), ("entries", list(named("Entry")))]),
        ),
        (
            "Entry",
            object(&[
                ("entry", named("Uuid")),
                ("number", count.clone()),
                ("filed_at", time.clone()),
                ("station", text()),
                ("visit", named("Uuid")),
                ("bundle", named("Digest")),
                (
                    "clone_check",
                    json!({"enum": ["signed_by_chip", "witnessed_by_desk", "not_offered"]}),
                ),
                (
                    "identified_by",
                    json!({"enum": ["machine", "two_officials"]}),
                ),
                (
                    "brought_by",
                    json!({"enum": ["holder", "helper_present", "legal_representative", "proxy"]}),
                ),
                ("practice", json!({"type": "boolean"})),
                ("documents", list(named("Paper"))),
            ]),
        ),
        (
            "Paper",
            object(&[
                ("n", count.clone()),
                ("grade", text()),
                ("kind", text()),
                ("title", text()),
                ("pages", count.clone()),
                ("bytes", count.clone()),
            ]),
        ),
        (
            "Journal",
            object(&[
                ("wallet", named("Uuid")),
                ("looks", list(named("Look"))),
                ("next", json!({"type": ["integer", "null"]})),
            ]),
        ),
        (
            "Look",
            object(&[
                ("n", count.clone()),
                ("at", time),
                ("reader", text()),
                ("purpose", text()),
                (
                    "looked",
                    json!({"enum": ["for_wallet", "at_entries", "at_document", "at_journal"]}),
                ),
                ("entry", json!({"type": ["string", "null"]})),
                ("document", json!({"type": ["integer", "null"]})),
            ]),
        ),
    ];
    shapes
        .into_iter()
        .map(|(name, shape)| (name.to_owned(), shape))
        .collect()
}

/// RFC 9457, with our own members.
pub(super) fn problem() -> Value {
    json!({
        "type": "object",
        "properties": {
            "type": {"type": "string", "format": "uri"},
            "status": {"type": "integer"},
            "code": text(),
            "title": text(),
            "detail": text(),
            "title_en": text(),
            "detail_en": text(),
            "faults": list(named("Fault")),
            "missing": list(named("Digest")),
            "open": named("Count"),
        },
        "required": ["type", "status", "code", "title", "detail", "title_en", "detail_en"],
    })
}

/// One reason not to accept a bundle.
pub(super) fn fault() -> Value {
    json!({
        "type": "object",
        "properties": {
            "code": text(),
            "place": {"type": ["string", "null"]},
            "vi": text(),
            "remedy_vi": text(),
            "en": text(),
            "remedy_en": text(),
        },
        "required": ["code", "place", "vi", "remedy_vi", "en", "remedy_en"],
    })
}
