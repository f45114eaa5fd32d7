//! The API as its document describes it: shapes, shares, keys that make a request happen once, and counts.

use serde_json::Value;

use crate::client::Answer;
use crate::desk::Desk;
use crate::rig::{Rig, logs};

/// What a value has against a schema, in the words of JSON Schema that the document uses.
fn against(document: &Value, schema: &Value, value: &Value) -> Option<String> {
    let fault = |what: &str| Some(format!("{what}: {value} against {schema}"));
    if let Some(target) = schema["$ref"].as_str() {
        let target = document.pointer(target.strip_prefix('#').unwrap()).unwrap();
        return against(document, target, value);
    }
    for part in schema["allOf"].as_array().into_iter().flatten() {
        if let Some(wrong) = against(document, part, value) {
            return Some(wrong);
        }
    }
    if schema.get("const").is_some_and(|only| only != value) {
        return fault("another value");
    }
    if let Some(all) = schema["enum"].as_array()
        && !all.contains(value)
    {
        return fault("not in the list");
    }
    let kind = match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "integer",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    };
    let kinds = &schema["type"];
    let right = match kinds {
        Value::Null => true,
        Value::Array(kinds) => kinds.iter().any(|one| one == kind),
        one => one == kind,
    };
    if !right {
        return fault("another type");
    }
    if let Some(items) = value.as_array() {
        return items
            .iter()
            .find_map(|item| against(document, &schema["items"], item));
    }
    let members = value.as_object()?;
    for name in schema["required"].as_array().into_iter().flatten() {
        if !members.contains_key(name.as_str().unwrap()) {
            return fault("a member is missing");
        }
    }
    members
        .iter()
        .find_map(|(name, member)| match schema["properties"].get(name) {
            Some(schema) => against(document, schema, member),
            None if schema["additionalProperties"] == false => fault("a member too many"),
            None => None,
        })
}

/// Holds an answer against what the document says of its door.
fn fits(document: &Value, verb: &str, path: &str, answer: &Answer) {
    let door = &document["paths"][path][verb];
    let response = &door["responses"][answer.status.to_string()];
    assert!(response.is_object(), "{verb} {path}: {answer:?}");
    for (name, header) in response["headers"].as_object().unwrap() {
        if header["required"] == true {
            assert!(answer.header(name).is_some(), "{name}: {answer:?}");
        }
    }
    let Some(content) = response["content"].as_object() else {
        assert_eq!(answer.body, b"", "{verb} {path}");
        return;
    };
    let schema = &content[answer.header("content-type").unwrap()]["schema"];
    if answer.header("content-type").unwrap().ends_with("json") && schema.is_object() {
        assert_eq!(against(document, schema, &answer.json()), None);
    }
}

#[test]
fn real_answers_are_what_the_document_says() {
    let rig = Rig::new("");
    let document = rig.stranger().get("/openapi.json").json();
    assert_eq!(document["openapi"], "3.1.0");
    let desk = Desk::new(&rig, "tram-01");
    let batch = desk.client.post("/v1/tickets", br#"{"count":2}"#);
    fits(&document, "post", "/v1/tickets", &batch);
    let sealed = desk.seal(desk.visit());
    let missing = desk.post(&sealed);
    assert_eq!(missing.status, 409);
    fits(&document, "post", "/v1/bundles", &missing);
    desk.upload_all(&sealed);
    for status in [201, 200] {
        let filed = desk.post(&sealed);
        assert_eq!(filed.status, status);
        fits(&document, "post", "/v1/bundles", &filed);
    }
    let refused = desk.client.post("/v1/bundles", b"{}");
    assert_eq!(refused.status, 422);
    fits(&document, "post", "/v1/bundles", &refused);
    let bundle = format!("/v1/bundles/{}", sealed.digest());
    for rest in ["", "/receipt", "/receipt/renewed"] {
        let answer = desk.client.get(&format!("{bundle}{rest}"));
        assert_eq!(answer.status, 200);
        fits(
            &document,
            "get",
            &format!("/v1/bundles/{{digest}}{rest}"),
            &answer,
        );
    }
    for path in [
        "/log/checkpoint",
        "/healthz",
        "/readyz",
        "/openapi.json",
        "/v1/epoch",
    ] {
        fits(&document, "get", path, &rig.stranger().get(path));
    }
    let head = rig.stranger().send("HEAD", "/healthz", &[], b"");
    assert_eq!(head.status, 200);
    // The validator itself finds what is wrong.
    let schema = &document["components"]["schemas"]["Batch"];
    for wrong in [
        r#"{}"#,
        r#"{"tickets":1}"#,
        r#"{"tickets":[],"x":1}"#,
        r#"{"tickets":[{}]}"#,
    ] {
        let wrong = serde_json::from_str(wrong).unwrap();
        assert!(against(&document, schema, &wrong).is_some());
    }
}

#[test]
fn what_the_router_refuses_by_itself_is_a_problem_document_too() {
    let rig = Rig::new("");
    let desk = Desk::new(&rig, "tram-01");
    let answer = desk.client.get("/v1/bundles/%ff");
    assert_eq!(
        (answer.status, answer.problem().as_str()),
        (400, "http.malformed")
    );
    let answer = desk.client.get("/v1/blobs/x");
    assert_eq!(
        (answer.status, answer.problem().as_str()),
        (405, "http.method")
    );
    assert!(answer.header("allow").is_some());
}

#[test]
fn a_share_is_told_and_kept_and_one_clients_spending_is_no_loss_to_others() {
    let rig = Rig::new(
        "[rates]\nwindow_s = 3600\nstation_requests = 3\naddress_requests = 6\nclient_requests = 3\n",
    );
    let client = |name: &str| rig.client(Some(&rig.station(name)));
    let (greedy, other) = (client("tram-01"), client("tram-02"));
    let path = format!("/v1/bundles/{}", "0".repeat(64));
    for left in ["2", "1", "0"] {
        let answer = greedy.get(&path);
        assert_eq!(answer.status, 404);
        assert_eq!(
            answer.header("ratelimit-policy"),
            Some("\"station\";q=3;w=3600")
        );
        let told = answer.header("ratelimit").unwrap();
        assert!(
            told.starts_with(&format!("\"station\";r={left};t=")),
            "{told}"
        );
    }
    let refused = greedy.get(&path);
    assert_eq!(
        (refused.status, refused.problem().as_str()),
        (429, "http.rate")
    );
    let wait: u32 = refused.header("retry-after").unwrap().parse().unwrap();
    assert!((1..=1200).contains(&wait), "{wait}");
    assert_eq!(other.get(&path).status, 404);
    // An integrator has a share of its own name, wherever it comes from; asking for the token was its address's.
    let reader = rig.reader();
    let entries = "/v1/wallets/00000000-0000-7000-8000-000000000000/entries";
    let first = reader.get(entries);
    assert_eq!(first.status, 404);
    assert_eq!(
        first.header("ratelimit-policy"),
        Some("\"client\";q=3;w=3600")
    );
    // Strangers have a share of their own, and a wrong token is a stranger's.
    for n in 0..6 {
        let guess = rig.stranger().with_token(&format!("guess-{n}"));
        let answer = guess.get(entries);
        assert_eq!(answer.status, if n < 4 { 401 } else { 429 });
    }
    assert_eq!(reader.get(entries).status, 404);
    assert_eq!(reader.get(entries).status, 404);
    assert_eq!(reader.get(entries).problem(), "http.rate");
    // Health is asked as often as anybody likes.
    for _ in 0..20 {
        let answer = greedy.get("/healthz");
        assert_eq!((answer.status, answer.header("ratelimit")), (200, None));
    }
}

#[test]
fn a_request_under_a_key_happens_once_even_across_a_restart() {
    let mut rig = Rig::new("[limits]\nmax_open_tickets = 5");
    let station = rig.station("tram-01");
    let key = [(
        "idempotency-key",
        "\"8e03978e-40d5-43dd-bc93-6894a57f9324\"",
    )];
    let draw = |rig: &Rig, body: &[u8]| {
        rig.client(Some(&station))
            .send("POST", "/v1/tickets", &key, body)
    };
    let first = draw(&rig, br#"{"count":5}"#);
    assert_eq!(
        (first.status, first.header("idempotency-replayed")),
        (200, None)
    );
    for _ in 0..2 {
        // A second drawing would be refused: all five tickets are out.
        let again = draw(&rig, br#"{"count":5}"#);
        assert_eq!((again.status, &again.body), (200, &first.body));
        assert_eq!(again.header("idempotency-replayed"), Some("?1"));
        rig.restart();
    }
    let other = draw(&rig, br#"{"count":4}"#);
    assert_eq!(
        (other.status, other.problem().as_str()),
        (422, "http.key_reused")
    );
    // Another station's key of the same name is another key, and a new key is a new request.
    let neighbour = rig.client(Some(&rig.station("tram-02")));
    let answer = neighbour.send("POST", "/v1/tickets", &key, br#"{"count":4}"#);
    assert_eq!(answer.status, 200);
    let fresh = [("idempotency-key", "k2")];
    let client = rig.client(Some(&station));
    let answer = client.send("POST", "/v1/tickets", &fresh, br#"{"count":5}"#);
    assert_eq!(answer.problem(), "http.ticket_quota");
    // What went wrong is not kept: the key is still free.
    let answer = client.send("POST", "/v1/tickets", &fresh, b"{}");
    assert_eq!(answer.problem(), "http.malformed");
    let bad = [("idempotency-key", "a b")];
    let answer = client.send("POST", "/v1/tickets", &bad, br#"{"count":1}"#);
    assert_eq!(answer.problem(), "http.malformed");
}

#[test]
fn counts_are_for_who_may_read_them_and_name_nobody() {
    let token = hex::encode(ring::digest::digest(&ring::digest::SHA256, b"watcher"));
    let rig = Rig::new(&format!(
        "[[watchers]]\nname = 'watch'\ntoken_sha256 = '{token}'\n"
    ));
    let desk = Desk::new(&rig, "tram-77");
    let sealed = desk.seal(desk.visit());
    desk.upload_all(&sealed);
    assert_eq!(desk.post(&sealed).status, 201);
    assert_eq!(desk.post(&sealed).status, 200);
    assert_eq!(desk.client.post("/v1/bundles", b"{}").status, 422);
    assert_eq!(rig.stranger().get("/metrics").problem(), "http.token");
    assert_eq!(rig.reader().get("/metrics").problem(), "http.token");
    assert_eq!(desk.client.get("/metrics").status, 401);
    let answer = rig.stranger().with_token("watcher").get("/metrics");
    assert_eq!(answer.status, 200);
    let text = String::from_utf8(answer.body).unwrap();
    for line in [
        "niem_bundles_total{outcome=\"filed\"} 1",
        "niem_bundles_total{outcome=\"filed_before\"} 1",
        "niem_bundles_total{outcome=\"refused\"} 1",
        "niem_faults_total{code=\"bundle.envelope_malformed\"} 1",
        "niem_problems_total{code=\"http.token\"} 3",
        "niem_requests_total{door=\"postBundle\",status=\"201\"} 1",
        "niem_request_seconds_count{door=\"postBundle\"} 3",
    ] {
        assert!(text.lines().any(|one| one == line), "{line}\n{text}");
    }
    for secret in ["tram-77", &sealed.digest().to_string(), "watch", "one-stop"] {
        assert!(!text.contains(secret), "{secret}");
    }
}

#[test]
fn logs_name_the_request_and_the_door_and_never_the_wallet() {
    let rig = Rig::new("");
    let wallet = "0198f000-aaaa-7bbb-8ccc-123456789abc";
    let answer = rig.reader().get(&format!("/v1/wallets/{wallet}/entries"));
    assert_eq!(answer.status, 404);
    let id = answer.header("niem-request").unwrap();
    let logs = logs();
    let line = logs
        .lines()
        .find(|line| line.contains(id) && line.contains("answered"))
        .unwrap();
    assert!(
        line.contains("readEntries") && line.contains("status=404"),
        "{line}"
    );
    assert!(!logs.contains(wallet));
}
