//! Blobs that were cut, turned, exchanged or made for someone else.

use super::*;

#[test]
fn seal_truncated() {
    let world = World::new();
    let dir = tempfile::tempdir().unwrap();
    let sealed = seal_in(&world, dir.path());
    let path = sealed.blob_path(&sealed.blobs()[2].digest);
    let blob = fs::read(&path).unwrap();
    for kept in [0, 1, 200, 65_536, blob.len() - 1] {
        fs::write(&path, &blob[..kept]).unwrap();
        refused!(
            verdict(&world, dir.path()),
            OpenError::BlobSize { index: 2 }
        );
        refused!(
            SealedBundle::load(dir.path()),
            OpenError::BlobSize { index: 2 }
        );
    }
    fs::write(&path, [&blob[..], b"\0"].concat()).unwrap();
    refused!(
        verdict(&world, dir.path()),
        OpenError::BlobSize { index: 2 }
    );
}

#[test]
fn seal_truncated_and_signed_for() {
    let world = World::new();
    for kept in [0, 30, 250, 70_000] {
        refused!(
            forged(&world, |forge| {
                let mut blob = encrypt(&forge.clear[2], &forge.recipients);
                blob.truncate(kept.max(1));
                forge.ready.push((2, blob));
            }),
            OpenError::SealBroken { index: 2 }
        );
    }
    // At the edge of an age chunk, where a careless reader would see a whole file.
    refused!(
        forged(&world, |forge| {
            let mut blob = encrypt(&forge.clear[2], &forge.recipients);
            let header = blob.windows(4).position(|w| w == b"\n---").unwrap() + 1;
            let payload =
                header + blob[header..].iter().position(|b| *b == b'\n').unwrap() + 1 + 16;
            blob.truncate(payload + 65_536 + 16);
            forge.ready.push((2, blob));
        }),
        OpenError::SealBroken { index: 2 }
    );
}

#[test]
fn ciphertext_bit_flipped() {
    let world = World::new();
    let dir = tempfile::tempdir().unwrap();
    let sealed = seal_in(&world, dir.path());
    for index in 0..sealed.blobs().len() {
        let path = sealed.blob_path(&sealed.blobs()[index].digest);
        let good = fs::read(&path).unwrap();
        for at in [0, 40, good.len() / 2, good.len() - 1] {
            let mut blob = good.clone();
            blob[at] ^= 1;
            fs::write(&path, blob).unwrap();
            let found = verdict(&world, dir.path());
            assert!(
                matches!(found, Err(OpenError::BlobAltered { index: i }) if i as usize == index),
                "{found:?}"
            );
        }
        fs::write(&path, good).unwrap();
    }
    verdict(&world, dir.path()).unwrap();
}

#[test]
fn ciphertext_bit_flipped_and_signed_for() {
    let world = World::new();
    refused!(
        forged(&world, |forge| {
            let mut blob = encrypt(&forge.clear[1], &forge.recipients);
            let last = blob.len() - 1;
            blob[last] ^= 1;
            forge.ready.push((1, blob));
        }),
        OpenError::SealBroken { index: 1 }
    );
}

#[test]
fn age_header_without_end() {
    let world = World::new();
    refused!(
        forged(&world, |forge| {
            let line = format!("-> X25519 {}\n{}\n", "A".repeat(43), "A".repeat(43));
            let blob = format!("age-encryption.org/v1\n{}", line.repeat(5_000)).into_bytes();
            forge.ready.push((1, blob));
        }),
        OpenError::SealBroken { index: 1 }
    );
    refused!(
        forged(&world, |forge| forge.ready.push((1, vec![b'a'; 100_000]))),
        OpenError::SealBroken { index: 1 }
    );
}

#[test]
fn part_swapped() {
    // Someone on the way exchanges the blobs of two citizens.
    let world = World::new();
    let (one, two) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let (a, b) = (seal_in(&world, one.path()), seal_in(&world, two.path()));
    fs::copy(
        b.blob_path(&b.blobs()[2].digest),
        a.blob_path(&a.blobs()[2].digest),
    )
    .unwrap();
    // By its size where that differs (age pads its header with a random line), else by its digest.
    refused!(
        verdict(&world, one.path()),
        OpenError::BlobSize { index: 2 } | OpenError::BlobAltered { index: 2 }
    );
}

#[test]
fn part_swapped_and_signed_for() {
    // The desk itself mixes up two citizens and signs the mixture.
    let world = World::new();
    let other = Forge::another(&world);
    refused!(
        forged(&world, |forge| forge.clear[2].clone_from(&other.clear[2])),
        OpenError::PartOfOtherBundle { index: 2 }
    );
    refused!(
        forged(&world, |forge| forge.clear[0].clone_from(&other.clear[0])),
        OpenError::PartOfOtherBundle { index: 0 }
    );
}

#[test]
fn part_reordered() {
    let world = World::new();
    refused!(
        forged(&world, |forge| {
            forge.last_statement = Box::new(|statement| {
                let subject = statement["subject"].as_array_mut().unwrap();
                let (one, two) = (subject[1]["digest"].clone(), subject[2]["digest"].clone());
                subject[1]["digest"] = two;
                subject[2]["digest"] = one;
            });
        }),
        OpenError::ManifestDisagrees { field: "parts" }
    );
}

#[test]
fn part_reordered_and_signed_for() {
    let world = World::new();
    refused!(
        forged(&world, |forge| forge.clear.swap(1, 2)),
        OpenError::PartOutOfPlace { index: 1 }
    );
}

#[test]
fn header_other_visit() {
    let world = World::new();
    refused!(
        forged(&world, |forge| forge.clear[1][47] ^= 1),
        OpenError::PartOfOtherVisit { index: 1 }
    );
}

#[test]
fn header_malformed() {
    let world = World::new();
    for at in [0, 15, 52, 63] {
        refused!(
            forged(&world, |forge| forge.clear[1][at] ^= 1),
            OpenError::HeaderMalformed { index: 1 }
        );
    }
    refused!(
        forged(&world, |forge| forge.clear[1].truncate(63)),
        OpenError::HeaderMalformed { index: 1 }
    );
}

#[test]
fn wrong_recipient() {
    let world = World::new();
    refused!(
        forged(&world, |forge| forge.recipients =
            Identities::generate().recipients()),
        OpenError::WrongRecipient { index: 0 }
    );
    refused!(
        forged(&world, |forge| {
            let stranger = Identities::generate().recipients();
            forge.ready.push((2, encrypt(&forge.clear[2], &stranger)));
        }),
        OpenError::WrongRecipient { index: 2 }
    );
}

#[test]
fn size_lies() {
    let world = World::new();
    for lie in [-1_i64, 1] {
        refused!(
            forged(&world, |forge| {
                forge.last_statement = Box::new(move |statement| {
                    let size = &mut statement["predicate"]["sizes"][2];
                    *size = (size.as_i64().unwrap() + lie).into();
                });
            }),
            OpenError::BlobSize { index: 2 }
        );
        refused!(
            forged(&world, |forge| {
                let size = &mut forge.manifest["parts"][1]["size"];
                *size = (size.as_i64().unwrap() + lie).into();
            }),
            OpenError::PartSize { index: 2 }
        );
    }
}

#[test]
fn manifest_part_digest_wrong() {
    let world = World::new();
    refused!(
        forged(&world, |forge| forge.manifest["parts"][0]["sha256"] =
            sha256(b"something else").into()),
        OpenError::PartAltered { index: 1 }
    );
    refused!(
        forged(&world, |forge| {
            forge.last_manifest =
                Box::new(|m| m["parts"][0]["blob"] = sha256(b"something else").into());
        }),
        OpenError::ManifestDisagrees { field: "parts" }
    );
}

#[test]
fn part_unknown() {
    let world = World::new();
    for index in [0, 4, u32::MAX] {
        let found = forged(&world, |forge| {
            forge.manifest["documents"][0]["pdf"] = index.into()
        });
        assert!(
            matches!(found, Err(OpenError::PartUnknown { index: i }) if i == index),
            "{found:?}"
        );
    }
    let dir = tempfile::tempdir().unwrap();
    let sealed = seal_in(&world, dir.path());
    let opened = bundle::open(
        sealed.envelope_json(),
        &sealed,
        &world.verifier,
        &world.trust,
        noon(),
    )
    .unwrap();
    refused!(
        opened.part(PartIndex::MANIFEST, 1 << 20),
        OpenError::PartUnknown { index: 0 }
    );
    refused!(
        opened.part(PartIndex(4), 1 << 20),
        OpenError::PartUnknown { index: 4 }
    );
    refused!(
        opened.part(PartIndex(2), 1_000),
        OpenError::PartTooLarge { index: 2 }
    );
}

#[test]
fn blob_missing() {
    let world = World::new();
    let dir = tempfile::tempdir().unwrap();
    let sealed = seal_in(&world, dir.path());
    let path = sealed.blob_path(&sealed.blobs()[2].digest);
    fs::remove_file(&path).unwrap();
    let found = verdict(&world, dir.path());
    assert!(found.as_ref().is_err_and(OpenError::is_failure));
    refused!(found, OpenError::BlobMissing { index: 2 });
    refused!(
        SealedBundle::load(dir.path()),
        OpenError::BlobMissing { index: 2 }
    );
    // A folder where the blob should be: nothing is wrong with the bundle.
    fs::create_dir(&path).unwrap();
    refused!(
        verdict(&world, dir.path()),
        OpenError::BlobUnreadable { index: 2, .. }
    );
    // Every fault is told, not only the first.
    let statement = bundle::statement(sealed.envelope_json(), &world.trust, noon()).unwrap();
    fs::remove_file(sealed.blob_path(&sealed.blobs()[0].digest)).unwrap();
    let found: Vec<_> = bundle::faulty_blobs(&statement, &sealed)
        .iter()
        .map(OpenError::code)
        .collect();
    assert_eq!(found, ["bundle.blob_missing", "bundle.blob_unreadable"]);
}
