//! Programs that are not ours check our bundles, by the very commands in `docs/bundle-v1.md`.
//! They must be installed: a judge who is not there has acquitted nobody.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use bundle::{ReceiptKey, VerifierPublicKey};

use crate::desk::{World, evidence, pdf_of};
use crate::forge::{Forge, seal_in};

/// The shell blocks of the specification, one after another.
fn commands() -> String {
    let page = include_str!("../../docs/bundle-v1.md");
    let blocks = page
        .split("\n```sh\n")
        .skip(1)
        .map(|rest| rest.split("\n```").next().unwrap());
    let script = blocks.collect::<Vec<_>>().join("\n\n");
    assert!(
        script.matches("openssl dgst").count() == 3 && script.contains("age -d"),
        "the page has lost its commands"
    );
    format!("set -euo pipefail\n{script}\necho everything holds\n")
}

pub(crate) fn judge(world: &World, bundle: &Path, work: &Path) -> Output {
    let write = |name: &str, content: &str| {
        let path = work.join(name);
        fs::write(&path, content).unwrap();
        path
    };
    let out = work.join("out");
    fs::create_dir(&out).unwrap();
    Command::new("bash")
        .arg(write("check.sh", &commands()))
        .env("BUNDLE", bundle)
        .env("ROOTS", write("roots.pem", &world.authority.pem()))
        .env(
            "VERIFIER",
            write("verifier.pem", &world.receipts.public_key().to_pem()),
        )
        .env(
            "KEY",
            write("key.txt", &world.verifier.to_lines(crate::desk::noon())),
        )
        .env("OUT", &out)
        .output()
        .unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[test]
fn openssl_age_and_jq_agree_with_us() {
    let world = World::new();
    let (dir, work) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let sealed = seal_in(&world, dir.path());
    let found = judge(&world, dir.path(), work.path());
    let said = text(&found.stdout);
    assert!(found.status.success(), "{said}\n{}", text(&found.stderr));
    assert!(said.contains(&sealed.digest().to_string()));
    assert!(said.ends_with("everything holds\n"));

    let out = work.path().join("out");
    assert_eq!(fs::read(out.join("part-1")).unwrap(), evidence());
    assert_eq!(fs::read(out.join("part-2")).unwrap(), pdf_of(150_000));
    assert_eq!(fs::read(out.join("part-3")).unwrap(), b"");
    let manifest = fs::read(out.join("manifest.json")).unwrap();
    let opened = bundle::open(
        sealed.envelope_json(),
        &sealed,
        &world.verifier,
        &world.trust,
        crate::desk::noon(),
    )
    .unwrap();
    assert_eq!(
        &serde_json::from_slice::<bundle::Manifest>(&manifest).unwrap(),
        opened.manifest()
    );
    let challenge = bundle::challenge(&opened.manifest().ticket, opened.manifest().visit);
    assert_eq!(
        text(&fs::read(out.join("challenge")).unwrap()).trim(),
        hex::encode(challenge)
    );
    let attempt = 1;
    let asked = bundle::poses(&opened.manifest().ticket, opened.manifest().visit, attempt);
    let asked = asked.map(|pose| match pose {
        bundle::Pose::Left => "left\n",
        bundle::Pose::Right => "right\n",
    });
    assert_eq!(text(&fs::read(out.join("turns")).unwrap()), asked.concat());
}

#[test]
fn they_also_see_what_we_refuse() {
    // Otherwise the script above might say yes to anything.
    let world = World::new();
    let spoils: [fn(&mut Forge); 4] = [
        |forge| forge.clear[1][47] ^= 1,
        |forge| forge.manifest["parts"][0]["sha256"] = "00".into(),
        |forge| drop(forge.inner.pop()),
        |forge| {
            forge.last_outer = Box::new(|outer| {
                outer["payload"] = outer["payload"]
                    .as_str()
                    .unwrap()
                    .replacen('Z', "Y", 1)
                    .into()
            })
        },
    ];
    for (number, spoil) in spoils.into_iter().enumerate() {
        let (dir, work) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let mut forge = Forge::new(&world);
        spoil(&mut forge);
        forge.put_together(dir.path());
        let found = judge(&world, dir.path(), work.path());
        assert!(
            !found.status.success(),
            "fault {number} went unseen: {}",
            text(&found.stdout)
        );
    }
}

#[test]
fn either_recipient_opens_with_the_age_tool() {
    let world = World::new();
    let (dir, work) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let sealed = seal_in(&world, dir.path());
    for (name, key) in [("verifier", &world.verifier), ("recovery", &world.recovery)] {
        let path = work.path().join(name);
        fs::write(&path, key.to_lines(crate::desk::noon()).as_bytes()).unwrap();
        let blob = sealed.blob_path(&sealed.blobs()[2].digest);
        let clear = Command::new("age")
            .arg("-d")
            .arg("-i")
            .arg(&path)
            .arg(blob)
            .output()
            .unwrap();
        assert!(clear.status.success(), "{}", text(&clear.stderr));
        assert_eq!(&clear.stdout[64..], pdf_of(150_000));
    }
}

#[test]
fn keys_go_both_ways_with_openssl() {
    let work = tempfile::tempdir().unwrap();
    let run = |arguments: &[&str]| {
        let found = Command::new("openssl")
            .args(arguments)
            .current_dir(work.path())
            .output()
            .unwrap();
        assert!(
            found.status.success(),
            "{arguments:?}: {}",
            text(&found.stderr)
        );
        found.stdout
    };
    // A key of openssl's is read, and written back the same.
    run(&["genpkey", "-algorithm", "ed25519", "-out", "key.pem"]);
    run(&["pkey", "-in", "key.pem", "-pubout", "-out", "public.pem"]);
    let pem = fs::read(work.path().join("key.pem")).unwrap();
    let key = ReceiptKey::from_pem(&pem).unwrap();
    assert_eq!(key.to_pem().as_bytes(), pem);
    let public = fs::read(work.path().join("public.pem")).unwrap();
    assert_eq!(key.public_key().to_pem().as_bytes(), public);
    assert_eq!(
        VerifierPublicKey::load(&work.path().join("public.pem")).unwrap(),
        *key.public_key()
    );

    // A key of ours signs, openssl checks.
    let ours = ReceiptKey::generate(&mut rand_core::TryRngCore::unwrap_err(rand_core::OsRng));
    fs::write(work.path().join("ours.pem"), ours.public_key().to_pem()).unwrap();
    fs::write(work.path().join("message"), b"filed").unwrap();
    fs::write(work.path().join("signature"), ours.sign(b"filed")).unwrap();
    run(&[
        "pkeyutl",
        "-verify",
        "-pubin",
        "-inkey",
        "ours.pem",
        "-rawin",
        "-in",
        "message",
        "-sigfile",
        "signature",
    ]);

    // A desk's key and certificate as openssl makes them.
    run(&[
        "req",
        "-x509",
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:P-256",
        "-nodes",
        "-keyout",
        "desk.pem",
        "-out",
        "desk.crt",
        "-subj",
        "/OU=station/CN=hn-0101",
        "-days",
        "2",
    ]);
    bundle::FileKey::load(&work.path().join("desk.pem"), &work.path().join("desk.crt")).unwrap();
    let other = fs::read(work.path().join("desk.crt")).unwrap();
    let world = World::new();
    let mixed = bundle::FileKey::from_pem(world.device.key.as_bytes(), &other);
    assert_eq!(mixed.unwrap_err().code(), "key.certificate_of_other_key");
}
