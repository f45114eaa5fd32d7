//! What a stranger or a giant may send: bounded before it is believed, streamed, never a panic.

use std::fs;
use std::io::{self, Read};

use bundle::{OpenError, PartIndex, SealedBundle};
use serde_json::json;

use crate::desk::{World, noon};
use crate::forge::{Forge, sha256};

const PART_BYTES: u64 = 192 << 20;

/// The most memory this process has ever held (proc(5), VmHWM).
fn peak_bytes() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status
        .lines()
        .find_map(|l| l.strip_prefix("VmHWM:"))
        .unwrap();
    line.trim()
        .strip_suffix(" kB")
        .unwrap()
        .trim()
        .parse::<u64>()
        .unwrap()
        * 1024
}

#[test]
fn a_part_of_any_size_runs_through_constant_memory() {
    let world = World::new();
    let dir = tempfile::tempdir().unwrap();
    let mut draft = world.draft(0);
    draft.parts[1].content = Box::new(io::repeat(b'%').take(PART_BYTES));
    let before = peak_bytes();
    let (device, operator) = (world.device.file_key(), world.operator.file_key());
    let sealed = bundle::seal(
        draft,
        &device,
        &operator,
        &world.recipients,
        dir.path(),
        noon(),
    )
    .unwrap();
    let opened = bundle::open(
        sealed.envelope_json(),
        &sealed,
        &world.verifier,
        &world.trust,
        noon(),
    )
    .unwrap();
    let copied = opened.copy_part(PartIndex(2), &mut io::sink()).unwrap();
    assert_eq!(copied, PART_BYTES);
    assert!(bundle::faulty_blobs(opened.statement(), &sealed).is_empty());
    // Other tests run beside this one; together they hold far less than the part.
    let grown = peak_bytes() - before;
    assert!(grown < PART_BYTES / 4, "memory grew by {grown} bytes");
}

#[test]
fn too_many_parts() {
    let world = World::new();
    let forge = Forge::new(&world);
    let outcome = |count: usize| {
        let mut statement = forge.statement.clone();
        let blob = |i| json!({"name": format!("blob-{i}"), "digest": {"sha256": sha256(format!("{i}").as_bytes())}});
        statement["subject"] = (0..count).map(blob).collect();
        statement["predicate"]["sizes"] = vec![1; count].into();
        let outer =
            crate::forge::envelope(crate::forge::STATEMENT_TYPE, &statement, &[&forge.outer]);
        bundle::statement(outer.to_string().as_bytes(), &world.trust, noon())
    };
    assert_eq!(outcome(512).unwrap().blobs().len(), 512);
    assert!(matches!(outcome(513), Err(OpenError::TooManyParts)));
}

#[test]
fn envelope_too_large() {
    let world = World::new();
    let json = vec![b' '; (1 << 20) + 1];
    assert!(matches!(
        bundle::statement(&json, &world.trust, noon()),
        Err(OpenError::EnvelopeTooLarge)
    ));
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("outer.dsse.json"), json).unwrap();
    assert!(matches!(
        SealedBundle::load(dir.path()),
        Err(OpenError::EnvelopeTooLarge)
    ));
    let empty = tempfile::tempdir().unwrap();
    assert!(matches!(
        SealedBundle::load(empty.path()),
        Err(OpenError::Unreadable(_))
    ));
    fs::create_dir(empty.path().join("outer.dsse.json")).unwrap();
    assert!(matches!(
        SealedBundle::load(empty.path()),
        Err(OpenError::Unreadable(_))
    ));
}

#[test]
fn manifest_too_large() {
    let world = World::new();
    let attempt = |title: usize| {
        let mut forge = Forge::new(&world);
        forge.manifest["documents"][0]["title"] = "x".repeat(title).into();
        let dir = tempfile::tempdir().unwrap();
        forge.put_together(dir.path());
        let sealed = SealedBundle::load(dir.path())?;
        bundle::open(
            sealed.envelope_json(),
            &sealed,
            &world.verifier,
            &world.trust,
            noon(),
        )
        .map(drop)
    };
    // Base64 makes four bytes of three; 3 MiB of title fill 4 MiB.
    assert!(attempt(2_900_000).is_ok());
    assert!(matches!(attempt(3 << 20), Err(OpenError::ManifestTooLarge)));
    assert!(matches!(attempt(4 << 20), Err(OpenError::ManifestTooLarge)));
}

#[test]
fn an_endless_blob_is_cut_off() {
    /// Answers every question with bytes without end.
    struct Endless;

    impl bundle::BlobSource for Endless {
        fn open(&self, _: &bundle::Sha256Digest) -> io::Result<Box<dyn Read + Send>> {
            Ok(Box::new(io::repeat(b'a')))
        }
    }

    let world = World::new();
    let dir = tempfile::tempdir().unwrap();
    let sealed = crate::forge::seal_in(&world, dir.path());
    let found = bundle::open(
        sealed.envelope_json(),
        &Endless,
        &world.verifier,
        &world.trust,
        noon(),
    );
    assert!(matches!(
        found.err(),
        Some(OpenError::BlobSize { index: 0 })
    ));
}

#[test]
fn every_spoiled_envelope_is_refused_and_none_panics() {
    // Each byte of an honest envelope, cut off there and turned there.
    let world = World::new();
    let dir = tempfile::tempdir().unwrap();
    let sealed = crate::forge::seal_in(&world, dir.path());
    let good = sealed.envelope_json();
    let at = noon();
    let honest = bundle::statement(good, &world.trust, at).unwrap();
    for place in 0..good.len() {
        assert!(
            bundle::statement(&good[..place], &world.trust, at).is_err(),
            "cut at {place}"
        );
        let mut turned = good.to_vec();
        turned[place] ^= 0x01;
        // Nothing in the envelope is without meaning: each turned bit must be seen.
        let found = bundle::statement(&turned, &world.trust, at);
        assert!(found.is_err(), "turned at {place}");
    }
    assert_eq!(bundle::statement(good, &world.trust, at).unwrap(), honest);
}
