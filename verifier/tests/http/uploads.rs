//! Blobs come in pieces over bad lines: what arrived stays, and nothing is taken for what it is not.

use bundle::Sha256Digest;

use crate::desk::{Desk, patch_headers};
use crate::rig::Rig;

fn content() -> Vec<u8> {
    (0..300_000_u32)
        .map(|n| u8::try_from(n % 251).unwrap())
        .collect()
}

#[test]
fn an_upload_cut_in_the_middle_goes_on_where_it_stopped() {
    let mut rig = Rig::new("");
    let desk = Desk::new(&rig, "tram-01");
    let content = content();
    let digest = Sha256Digest::of(&content);
    let blob = format!("/v1/blobs/sha256:{digest}");
    assert_eq!(desk.client.send("HEAD", &blob, &[], b"").status, 404);
    let location = desk.begin(&digest, content.len());
    desk.client
        .send_cut("PATCH", &location, &patch_headers("0"), &content, 100_000);

    // The first writer may still be waiting for its broken line; asking takes the upload from it.
    let head = desk
        .client
        .send("HEAD", &location, &[("tus-resumable", "1.0.0")], b"");
    assert_eq!(head.status, 200);
    let offset: usize = head.header("upload-offset").unwrap().parse().unwrap();
    assert_eq!(offset, 100_000, "what arrived was kept");
    assert_eq!(head.header("upload-length"), Some("300000"));

    // A wrong place is told, with the right one.
    let wrong = desk.patch(&location, 5, &content[5..]);
    assert_eq!(
        (wrong.status, wrong.problem().as_str()),
        (409, "http.offset")
    );
    assert_eq!(wrong.header("upload-offset"), Some("100000"));

    // Some more, then a restart in the middle, then the rest.
    assert_eq!(
        desk.patch(&location, offset, &content[offset..200_000])
            .header("upload-offset"),
        Some("200000")
    );
    let device = desk.device;
    rig.restart();
    let client = rig.client(Some(&device));
    let last = client.send(
        "PATCH",
        &location,
        &patch_headers("200000"),
        &content[200_000..],
    );
    assert_eq!(
        (last.status, last.header("upload-offset")),
        (204, Some("300000"))
    );
    assert_eq!(client.send("HEAD", &blob, &[], b"").status, 200);
    // Whoever did not hear the last answer may ask how far it came.
    let head = client.send("HEAD", &location, &[("tus-resumable", "1.0.0")], b"");
    assert_eq!(head.header("upload-offset"), Some("300000"));
}

#[test]
fn a_blob_that_is_not_what_its_name_says_is_thrown_away() {
    let rig = Rig::new("");
    let desk = Desk::new(&rig, "tram-01");
    let digest = Sha256Digest::of(b"something");
    let location = desk.begin(&digest, 4);
    let answer = desk.patch(&location, 0, b"else");
    assert_eq!(
        (answer.status, answer.problem().as_str()),
        (422, "http.upload_digest")
    );
    assert_eq!(
        desk.client
            .send("HEAD", &format!("/v1/blobs/sha256:{digest}"), &[], b"")
            .status,
        404
    );
    assert_eq!(desk.patch(&location, 0, b"else").status, 404);
}

#[test]
fn uploads_have_limits_and_owners() {
    let limits =
        "[limits]\nmax_blob_bytes = 1000\nmax_unfinished_uploads = 2\nmax_open_tickets = 3\n";
    let rig = Rig::new(limits);
    let desk = Desk::new(&rig, "tram-01");
    let name = |n: u8| Sha256Digest::of(&[n]);
    let large = desk.try_begin(&name(0), 1001);
    assert_eq!(
        (large.status, large.problem().as_str()),
        (413, "http.upload_too_large")
    );
    assert_eq!(desk.try_begin(&name(0), 0).status, 400);

    let location = desk.begin(&name(1), 10);
    desk.begin(&name(2), 10);
    let quota = desk.try_begin(&name(3), 10);
    assert_eq!(
        (quota.status, quota.problem().as_str()),
        (429, "http.quota")
    );

    // More than was promised is not taken, and what was promised can still be sent.
    let over = desk.patch(&location, 0, b"01234567890");
    assert_eq!(
        (over.status, over.problem().as_str()),
        (413, "http.upload_too_large")
    );
    assert_eq!(
        desk.patch(&location, 0, b"01234").header("upload-offset"),
        Some("5")
    );

    // Another station neither sees nor continues it.
    let other = Desk::new(&rig, "tram-02");
    assert_eq!(other.patch(&location, 5, b"56789").status, 404);
    assert_eq!(other.client.send("HEAD", &location, &[], b"").status, 404);

    let version = desk
        .client
        .send("PATCH", &location, &patch_headers("5")[1..], b"5");
    assert_eq!(
        (version.status, version.problem().as_str()),
        (412, "http.tus_version")
    );
    assert_eq!(version.header("tus-version"), Some("1.0.0"));
    let kind = desk
        .client
        .send("PATCH", &location, &patch_headers("5")[..2], b"5");
    assert_eq!(
        (kind.status, kind.problem().as_str()),
        (415, "http.content_type")
    );

    // Giving one up makes room.
    let gone = desk
        .client
        .send("DELETE", &location, &[("tus-resumable", "1.0.0")], b"");
    assert_eq!(gone.status, 204);
    assert_eq!(desk.try_begin(&name(3), 10).status, 201);
    assert_eq!(
        desk.client
            .send("OPTIONS", "/v1/blobs", &[], b"")
            .header("tus-max-size"),
        Some("1000")
    );

    desk.tickets(2);
    let tickets = desk.client.post("/v1/tickets", br#"{"count":2}"#);
    assert_eq!(
        (tickets.status, tickets.problem().as_str()),
        (429, "http.ticket_quota")
    );
}
