//! `/openapi.json`: the OpenAPI 3.1 document, made from the list of doors. Anybody may read it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;

use axum::http::header;
use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value, json};

use super::door::{Body, Door, Field, Told, Who, must};
use super::problem::{type_of, words};
use super::{doors, schemas};
use crate::access::Scope;

pub(super) async fn serve() -> Response {
    static TEXT: OnceLock<String> = OnceLock::new();
    let headers = [
        (header::CONTENT_TYPE, "application/json"),
        (header::CACHE_CONTROL, "no-cache"),
    ];
    (
        headers,
        TEXT.get_or_init(|| document().to_string()).as_str(),
    )
        .into_response()
}

/// The whole document.
fn document() -> Value {
    let mut paths: Map<String, Value> = Map::new();
    let mut told = BTreeSet::new();
    for door in doors::all() {
        let path = door.path.replace("{*", "{");
        paths.entry(path).or_insert_with(|| json!({}))[door.verb.as_str()] = operation(door);
        told.extend(door.all_problems());
    }
    let mut shapes = schemas::all();
    shapes.insert("Problem".to_owned(), schemas::problem());
    shapes.insert("Fault".to_owned(), schemas::fault());
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Niêm verifier",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "Stations draw tickets, upload sealed blobs and post bundles; integrators and officials \
                look into wallets with tokens bound to their keys; anybody reads the log. A GET address answers HEAD too. An address or a verb that is not listed \
                answers 404 or 405 with a problem document.",
            "license": {"name": "Apache-2.0 OR MIT", "identifier": "Apache-2.0 OR MIT"},
        },
        "servers": [{"url": "/"}],
        "paths": paths,
        "components": {
            "schemas": shapes,
            "securitySchemes": {
                "station": {"type": "mutualTLS", "description": "A certificate of the verifier's station authority."},
                "client": client_scheme(),
                "watcher": {"type": "http", "scheme": "bearer", "description": "A token of the settings, for counts."},
            },
        },
        "x-problem-types": told.into_iter().map(problem_type).collect::<Vec<_>>(),
    })
}

fn operation(door: &Door) -> Value {
    let mut parameters = Vec::new();
    parameters.extend(door.pieces.iter().map(|field| parameter(field, "path")));
    parameters.extend(door.query.iter().map(|field| parameter(field, "query")));
    parameters.extend(door.headers.iter().map(|field| parameter(field, "header")));
    let mut responses: BTreeMap<String, Value> = BTreeMap::new();
    for good in door.gives {
        let mut response =
            json!({"description": good.says, "headers": headers(door, good.headers)});
        if let Some(content) = content(good.body) {
            response["content"] = content;
        }
        responses.insert(good.status.to_string(), response);
    }
    let mut bad: BTreeMap<u16, Vec<&'static str>> = BTreeMap::new();
    for (status, code) in door.all_problems() {
        bad.entry(status).or_default().push(code);
    }
    for (status, codes) in bad {
        responses.insert(status.to_string(), problem_response(door, status, &codes));
    }
    let mut operation = json!({
        "operationId": door.id,
        "summary": door.says,
        "parameters": parameters,
        "responses": responses,
    });
    if let Some(content) = content(door.takes) {
        operation["requestBody"] = json!({"required": true, "content": content});
    }
    operation["security"] = match door.who {
        Who::Anybody => json!([]),
        Who::Station => json!([{"station": []}]),
        Who::Holder(scope) => json!([{"client": [scope]}]),
        Who::Watcher => json!([{"watcher": []}]),
    };
    if let Who::Holder(scope) = door.who {
        let roles: Vec<&str> = scope.roles().iter().map(|role| role.as_str()).collect();
        operation["x-officials"] = json!(roles);
    }
    operation
}

/// Tokens bound to keys. OpenAPI has no word for DPoP, so the description says it.
fn client_scheme() -> Value {
    let scopes: Map<String, Value> = Scope::ALL
        .into_iter()
        .map(|scope| (scope.as_str().to_owned(), scope.says().into()))
        .collect();
    json!({
        "type": "oauth2",
        "description": "A token for ten minutes (client_credentials, private_key_jwt), shown as `Authorization: DPoP` \
            with a proof in `DPoP` (RFC 9449) that bears the nonce of the last answer's `DPoP-Nonce`. Integrators are \
            registered with their scopes; an official is the client `operator:` and the name in the certificate, \
            and has the scopes that `x-officials` of each operation gives to the role.",
        "flows": {"clientCredentials": {"tokenUrl": crate::access::TOKEN_PATH, "scopes": scopes}},
    })
}

fn parameter(field: &Field, place: &str) -> Value {
    json!({"name": field.name, "in": place, "required": field.required, "schema": named(field.schema)})
}

/// The headers of an answer; those of the limits are on every answer of a limited door.
fn headers(door: &Door, own: &[Field]) -> Value {
    let mut all: Map<String, Value> = own
        .iter()
        .map(|field| {
            let header = json!({"required": field.required, "schema": named(field.schema)});
            (field.name.to_owned(), header)
        })
        .collect();
    all.insert(
        "Niem-Request".to_owned(),
        json!({"required": true, "schema": named("Uuid")}),
    );
    if door.asks_for_proofs() {
        all.insert(
            "DPoP-Nonce".to_owned(),
            json!({"required": true, "schema": named("Text")}),
        );
    }
    if !door.unlimited {
        for name in ["RateLimit", "RateLimit-Policy"] {
            all.insert(
                name.to_owned(),
                json!({"required": true, "schema": named("Text")}),
            );
        }
    }
    Value::Object(all)
}

fn content(body: Body) -> Option<Value> {
    match body {
        Body::None => None,
        Body::Json(schema) => Some(json!({"application/json": {"schema": named(schema)}})),
        Body::Form(schema) => {
            Some(json!({"application/x-www-form-urlencoded": {"schema": named(schema)}}))
        }
        Body::Text(kind) => Some(json!({kind: {"schema": {"type": "string"}}})),
        // OpenAPI 3.1 §4.7.14.3: bytes have no schema.
        Body::Bytes(kind) => Some(json!({kind: {}})),
    }
}

/// One status with every problem it may carry.
fn problem_response(door: &Door, status: u16, codes: &[&'static str]) -> Value {
    let types: Vec<String> = codes.iter().map(|code| type_of(code)).collect();
    let said: Vec<&str> = codes.iter().map(|code| words(code)[2]).collect();
    let mut fields = Vec::new();
    if status == 503 || codes.contains(&"http.rate") {
        let required = !codes.iter().any(|code| code.ends_with("quota"));
        fields.push(Field {
            name: "Retry-After",
            schema: "Count",
            required,
        });
    }
    let challenged = (status == 401 && !codes.contains(&"http.no_certificate"))
        || codes.contains(&"access.scope") && status == 403;
    if challenged {
        fields.push(must("WWW-Authenticate", "Text"));
    }
    let content = if door.oauth && [400, 401].contains(&status) {
        json!({"application/json": {"schema": {
            "allOf": [named("OAuthError")],
            "properties": {"code": {"enum": codes}},
        }}})
    } else {
        json!({"application/problem+json": {"schema": {
            "allOf": [named("Problem")],
            "properties": {"type": {"enum": types}, "code": {"enum": codes}, "status": {"const": status}},
        }}})
    };
    json!({
        "description": said.join(" "),
        "headers": headers(door, &fields),
        "content": content,
    })
}

fn problem_type((status, code): Told) -> Value {
    let [title, detail, title_en, detail_en] = words(code);
    json!({"type": type_of(code), "status": status, "code": code, "title": title, "detail": detail,
        "title_en": title_en, "detail_en": detail_en})
}

fn named(schema: &str) -> Value {
    json!({"$ref": format!("#/components/schemas/{schema}")})
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every `$ref` of a value.
    fn references(value: &Value, found: &mut BTreeSet<String>) {
        match value {
            Value::Object(members) => {
                for (name, member) in members {
                    match member {
                        Value::String(target) if name == "$ref" => {
                            found.insert(target.clone());
                        }
                        _ => references(member, found),
                    }
                }
            }
            Value::Array(items) => items.iter().for_each(|item| references(item, found)),
            _ => {}
        }
    }

    #[test]
    fn every_reference_points_at_something_and_every_shape_is_used() {
        let document = document();
        let mut found = BTreeSet::new();
        references(&document, &mut found);
        for target in &found {
            let pointer = target.strip_prefix('#').unwrap();
            assert!(document.pointer(pointer).is_some(), "{target}");
        }
        for name in document["components"]["schemas"]
            .as_object()
            .unwrap()
            .keys()
        {
            assert!(
                found.contains(&format!("#/components/schemas/{name}")),
                "nothing is a {name}"
            );
        }
    }

    #[test]
    fn every_door_is_in_the_document_and_the_other_way_round() {
        let document = document();
        let paths = document["paths"].as_object().unwrap();
        let mut written: BTreeSet<(String, String)> = BTreeSet::new();
        let mut ids = BTreeSet::new();
        for (path, verbs) in paths {
            for (verb, operation) in verbs.as_object().unwrap() {
                written.insert((verb.clone(), path.clone()));
                assert!(ids.insert(operation["operationId"].as_str().unwrap()));
            }
        }
        let listed: BTreeSet<(String, String)> = doors::all()
            .map(|door| (door.verb.as_str().to_owned(), door.path.replace("{*", "{")))
            .collect();
        assert_eq!(written, listed);
        assert_eq!(doors::all().count(), listed.len(), "a door stands twice");
        // The router has no door from anywhere else.
        let sources = [
            include_str!("../http.rs"),
            include_str!("doors.rs"),
            include_str!("doors/clients.rs"),
        ];
        let routes: usize = sources
            .iter()
            .map(|source| source.matches(".route(").count())
            .sum();
        assert_eq!(routes, 1, "a door was opened beside the list");
    }

    #[test]
    fn the_pieces_of_a_path_are_those_that_are_told() {
        for door in doors::all() {
            let pieces: Vec<&str> = door
                .path
                .split('/')
                .filter_map(|piece| piece.strip_prefix('{')?.strip_suffix('}'))
                .map(|name| name.trim_start_matches('*'))
                .collect();
            let told: Vec<&str> = door.pieces.iter().map(|field| field.name).collect();
            assert_eq!(pieces, told, "{}", door.id);
        }
    }

    #[test]
    fn every_problem_is_a_code_that_the_handbook_explains() {
        for door in doors::all() {
            for (_, code) in door.all_problems() {
                assert!(rulebook::failures::text(code).is_some(), "{code}");
            }
        }
        // Every problem that a source of this room can make is promised by some door; two belong to no door.
        let promised: BTreeSet<&str> = doors::all()
            .flat_map(Door::all_problems)
            .map(|(_, code)| code)
            .collect();
        for code in crate::CODES {
            let nowhere = ["http.method"].contains(code);
            if (code.starts_with("http.") || code.starts_with("access.")) && !nowhere {
                assert!(promised.contains(code), "{code}");
            }
        }
    }
}
