//! Statements and manifests that say too much, too little, or two things at once.

use super::*;

#[test]
fn statement_unknown_field() {
    let world = World::new();
    for place in ["", "/predicate", "/subject/0", "/subject/0/digest"] {
        refused!(
            forged(&world, |forge| {
                forge.last_statement =
                    Box::new(move |s| s.pointer_mut(place).unwrap()["extra"] = 1.into());
            }),
            OpenError::StatementMalformed
        );
    }
    for field in [
        "bundle_id",
        "visit",
        "practice",
        "prev_bundle_digest",
        "policy_version",
    ] {
        refused!(
            forged(&world, |forge| {
                forge.last_statement = Box::new(move |statement| {
                    statement["predicate"]
                        .as_object_mut()
                        .unwrap()
                        .remove(field)
                        .unwrap();
                });
            }),
            OpenError::StatementMalformed
        );
    }
}

#[test]
fn statement_field_twice() {
    let world = World::new();
    let forge = Forge::new(&world);
    let dir = tempfile::tempdir().unwrap();
    forge.put_together(dir.path());
    let path = dir.path().join("outer.dsse.json");
    let outer: serde_json::Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
    let statement = String::from_utf8(unbase64(&outer["payload"])).unwrap();
    let twice = statement.replace("\"practice\":false", "\"practice\":true,\"practice\":false");
    assert_ne!(twice, statement);
    let outer = envelope_of(
        crate::forge::STATEMENT_TYPE,
        twice.as_bytes(),
        &[&forge.outer],
    );
    fs::write(&path, outer.to_string()).unwrap();
    refused!(verdict(&world, dir.path()), OpenError::StatementMalformed);
}

#[test]
fn statement_of_another_version() {
    let world = World::new();
    for (place, value) in [
        (
            "/predicateType",
            json!("https://niem.example/sealed-bundle/v2"),
        ),
        ("/_type", json!("https://in-toto.io/Statement/v0.1")),
        ("/predicate/policy_version", json!(2)),
    ] {
        refused!(
            forged(&world, |forge| *forge
                .statement
                .pointer_mut(place)
                .unwrap() = value),
            OpenError::VersionUnknown
        );
    }
    refused!(
        forged(&world, |forge| forge.manifest["version"] = 2.into()),
        OpenError::VersionUnknown
    );
    refused!(
        forged(&world, |forge| forge.last_outer =
            Box::new(|outer| outer["payloadType"] = "text/plain".into())),
        OpenError::EnvelopeType
    );
}

#[test]
fn statement_inconsistent() {
    let world = World::new();
    let spoils: [fn(&mut serde_json::Value); 7] = [
        |s| s["subject"][1]["name"] = "blob-2".into(),
        |s| s["subject"][1]["name"] = "../../etc".into(),
        |s| s["subject"][1]["digest"] = s["subject"][2]["digest"].clone(),
        |s| drop(s["predicate"]["sizes"].as_array_mut().unwrap().pop()),
        |s| s["predicate"]["sizes"][1] = 0.into(),
        |s| s["predicate"]["sizes"][1] = u64::MAX.into(),
        |s| s["predicate"]["recipients"] = json!([]),
    ];
    for spoil in spoils {
        refused!(
            forged(&world, |forge| forge.last_statement = Box::new(spoil)),
            OpenError::StatementInconsistent
        );
    }
    refused!(
        forged(&world, |forge| {
            forge.last_statement = Box::new(|statement| {
                statement["subject"] = json!([]);
                statement["predicate"]["sizes"] = json!([]);
            });
        }),
        OpenError::StatementInconsistent
    );
}

#[test]
fn manifest_unknown_field() {
    let world = World::new();
    for place in [
        "",
        "/chip",
        "/chip/witnessed",
        "/face",
        "/documents/0",
        "/documents/0/pages/0",
        "/parts/0",
        "/signers",
    ] {
        refused!(
            forged(&world, |forge| forge.manifest.pointer_mut(place).unwrap()
                ["extra"] = 1.into()),
            OpenError::ManifestMalformed
        );
    }
    refused!(
        forged(&world, |forge| drop(
            forge.manifest["chip"]["witnessed"]
                .as_object_mut()
                .unwrap()
                .remove("name")
        )),
        OpenError::ManifestMalformed
    );
    refused!(
        forged(&world, |forge| forge.manifest["face"]["score"] =
            json!(0.712)),
        OpenError::ManifestMalformed
    );
    refused!(
        forged(&world, |forge| forge.manifest["parts"][1]["name"] =
            "../document".into()),
        OpenError::ManifestMalformed
    );
    refused!(
        forged(&world, |forge| forge.manifest["parts"][1]["name"] =
            forge.manifest["parts"][0]["name"].clone()),
        OpenError::ManifestMalformed
    );
    refused!(
        forged(&world, |forge| forge.last_inner =
            Box::new(|inner| inner["payloadType"] = "text/plain".into())),
        OpenError::ManifestMalformed
    );
}

#[test]
fn manifest_disagrees() {
    let world = World::new();
    let visit = bundle::VisitId::at(noon()).to_string();
    for (field, value) in [
        ("bundle_id", json!(visit)),
        ("visit", json!(visit)),
        ("station", json!("hn-0202")),
        ("practice", json!(true)),
        ("sealed_at", json!("2026-03-02T05:00:01Z")),
    ] {
        let found = forged(&world, |forge| forge.manifest[field] = value);
        assert!(
            matches!(found, Err(OpenError::ManifestDisagrees { field: f }) if f == field),
            "{field}: {found:?}"
        );
    }
    refused!(
        forged(&world, |forge| drop(
            forge.manifest["parts"].as_array_mut().unwrap().pop()
        )),
        OpenError::ManifestDisagrees { field: "parts" }
    );
}

#[test]
fn created_in_future() {
    let world = World::new();
    let at = "2026-03-02T05:10:01Z";
    refused!(
        forged(&world, |forge| forge.statement["predicate"]["created"] =
            at.into()),
        OpenError::CreatedInFuture
    );
    // A clock that is ten minutes ahead is forgiven.
    forged(&world, |forge| {
        forge.statement["predicate"]["created"] = "2026-03-02T05:10:00Z".into();
        forge.manifest["sealed_at"] = "2026-03-02T05:10:00Z".into();
    })
    .unwrap();
}
