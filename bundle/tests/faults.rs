//! Bundles named after their fault, each with the one refusal it must meet.

macro_rules! refused {
    ($found:expr, $wanted:pat) => {
        let found = $found;
        assert!(
            matches!(found, Err($wanted)),
            "found {found:?}, wanted {}",
            stringify!($wanted)
        );
    };
}

mod blobs;
mod forms;
mod signers;

use std::fs;
use std::path::Path;

use bundle::{
    CertificateError, Identities, OpenError, PartIndex, SealedBundle, SealingKey as _, Signer,
};
use rcgen::date_time_ymd;
use serde_json::json;

use crate::desk::{Authority, World, noon};
use crate::forge::{Forge, encrypt, envelope_of, seal_in, sha256, unbase64};

/// What the verifier says of a folder: the first fault in opening, else the first in reading parts.
fn verdict(world: &World, dir: &Path) -> Result<(), OpenError> {
    let envelope = fs::read(dir.join("outer.dsse.json")).unwrap();
    let blobs = dir.join("blobs");
    let blobs = blobs.as_path();
    let opened = bundle::open(&envelope, &blobs, &world.verifier, &world.trust, noon())?;
    opened.faulty_parts().into_iter().next().map_or(Ok(()), Err)
}

fn forged(world: &World, spoil: impl FnOnce(&mut Forge)) -> Result<(), OpenError> {
    let mut forge = Forge::new(world);
    spoil(&mut forge);
    let dir = tempfile::tempdir().unwrap();
    forge.put_together(dir.path());
    verdict(world, dir.path())
}

#[test]
fn nothing_spoiled() {
    // The control: all refusals below come from the one thing each spoils.
    let world = World::new();
    forged(&world, |_| {}).unwrap();
}

fn base64(bytes: &[u8]) -> serde_json::Value {
    use base64::Engine as _;

    base64::engine::general_purpose::STANDARD
        .encode(bytes)
        .into()
}

fn replace_device(forge: &mut Forge, with: &crate::desk::Enrolled) {
    forge.outer = with.file_key();
    forge.inner[0] = with.file_key();
    forge.statement["predicate"]["signer_certificate"] = base64(forge.outer.certificate());
    forge.manifest["signers"]["device"] = base64(forge.outer.certificate());
}

fn replace_operator(forge: &mut Forge, with: &crate::desk::Enrolled) {
    forge.inner[1] = with.file_key();
    forge.manifest["signers"]["operator"] = base64(forge.inner[1].certificate());
}
