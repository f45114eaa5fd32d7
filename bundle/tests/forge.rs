//! A second writer of bundles, made from the specification alone: it knows DSSE, age and the
//! header by itself and none of the crate's own writers. It takes an honest bundle apart, lets a test spoil
//! something, and puts it together again with every signature and digest made anew, so that
//! only the one fault is there to be found.

use std::fs;
use std::io::{Read as _, Write as _};
use std::path::Path;
use std::str::FromStr as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bundle::{FileKey, Identities, SealedBundle, SealingKey, Sha256Digest};
use serde_json::{Value, json};

use crate::desk::{Pieces, World, noon};

pub(crate) const STATEMENT_TYPE: &str = "application/vnd.in-toto+json";
const MANIFEST_TYPE: &str = "application/vnd.niem.manifest.v1+json";

type Edit<T> = Box<dyn Fn(&mut T)>;

/// A bundle in pieces. `clear` holds each blob in clear, header first; 0 is the manifest's header
/// alone.
pub(crate) struct Forge {
    pub(crate) statement: Value,
    pub(crate) manifest: Value,
    pub(crate) clear: Vec<Vec<u8>>,
    pub(crate) recipients: Vec<String>,
    pub(crate) outer: FileKey,
    pub(crate) inner: Vec<FileKey>,
    /// Blobs taken as they are instead of being encrypted.
    pub(crate) ready: Vec<(usize, Vec<u8>)>,
    /// Done to the manifest when the digests of the blobs stand in it.
    pub(crate) last_manifest: Edit<Value>,
    /// Done to the inner envelope when it is signed.
    pub(crate) last_inner: Edit<Value>,
    /// Done to the statement when the digests and sizes stand in it.
    pub(crate) last_statement: Edit<Value>,
    /// Done to the outer envelope when it is signed.
    pub(crate) last_outer: Edit<Value>,
}

impl Forge {
    /// An honest bundle of this world; each call gives the same one.
    pub(crate) fn new(world: &World) -> Self {
        Self::of(
            world,
            world.honest.get_or_init(|| take_apart(world)).clone(),
        )
    }

    /// An honest bundle of this world, another each time.
    pub(crate) fn another(world: &World) -> Self {
        Self::of(world, take_apart(world))
    }

    fn of(world: &World, (statement, manifest, clear): Pieces) -> Self {
        Self {
            statement,
            manifest,
            clear,
            recipients: world.recipients.names(),
            outer: world.device.file_key(),
            inner: vec![world.device.file_key(), world.operator.file_key()],
            ready: Vec::new(),
            last_manifest: Box::new(|_| {}),
            last_inner: Box::new(|_| {}),
            last_statement: Box::new(|_| {}),
            last_outer: Box::new(|_| {}),
        }
    }

    pub(crate) fn put_together(&self, dir: &Path) {
        let folder = dir.join("blobs");
        fs::create_dir_all(&folder).unwrap();
        let mut blobs = vec![Vec::new()];
        for (index, clear) in self.clear.iter().enumerate().skip(1) {
            let ready = self
                .ready
                .iter()
                .find(|(i, _)| *i == index)
                .map(|(_, blob)| blob.clone());
            blobs.push(ready.unwrap_or_else(|| encrypt(clear, &self.recipients)));
        }

        let mut manifest = self.manifest.clone();
        for (part, blob) in manifest["parts"]
            .as_array_mut()
            .unwrap()
            .iter_mut()
            .zip(&blobs[1..])
        {
            part["blob"] = sha256(blob).into();
        }
        (self.last_manifest)(&mut manifest);
        let mut inner = envelope(
            MANIFEST_TYPE,
            &manifest,
            &self.inner.iter().collect::<Vec<_>>(),
        );
        (self.last_inner)(&mut inner);
        let ready = self
            .ready
            .iter()
            .find(|(i, _)| *i == 0)
            .map(|(_, blob)| blob.clone());
        let clear = [self.clear[0].clone(), serde_json::to_vec(&inner).unwrap()].concat();
        blobs[0] = ready.unwrap_or_else(|| encrypt(&clear, &self.recipients));

        let mut statement = self.statement.clone();
        let named = |(i, blob): (usize, &Vec<u8>)| json!({"name": format!("blob-{i}"), "digest": {"sha256": sha256(blob)}});
        statement["subject"] = blobs.iter().enumerate().map(named).collect();
        statement["predicate"]["sizes"] = blobs.iter().map(Vec::len).collect();
        (self.last_statement)(&mut statement);
        let mut outer = envelope(STATEMENT_TYPE, &statement, &[&self.outer]);
        (self.last_outer)(&mut outer);

        for blob in &blobs {
            fs::write(folder.join(sha256(blob)), blob).unwrap();
        }
        fs::write(
            dir.join("outer.dsse.json"),
            serde_json::to_vec(&outer).unwrap(),
        )
        .unwrap();
    }
}

fn take_apart(world: &World) -> Pieces {
    let dir = tempfile::tempdir().unwrap();
    let sealed = seal_in(world, dir.path());
    let outer: Value = serde_json::from_slice(sealed.envelope_json()).unwrap();
    let statement = serde_json::from_slice(&unbase64(&outer["payload"])).unwrap();
    let read = |blob: &bundle::BlobRef| fs::read(sealed.blob_path(&blob.digest)).unwrap();
    let blobs = sealed.blobs().iter();
    let mut clear: Vec<_> = blobs
        .map(|blob| decrypt(&read(blob), &world.verifier))
        .collect();
    let inner: Value = serde_json::from_slice(&clear[0].split_off(64)).unwrap();
    let manifest = serde_json::from_slice(&unbase64(&inner["payload"])).unwrap();
    (statement, manifest, clear)
}

pub(crate) fn seal_in(world: &World, dir: &Path) -> SealedBundle {
    let (device, operator) = (world.device.file_key(), world.operator.file_key());
    bundle::seal(
        world.draft(150_000),
        &device,
        &operator,
        &world.recipients,
        dir,
        noon(),
    )
    .unwrap()
}

/// DSSE v1.0, by hand.
pub(crate) fn envelope(kind: &str, payload: &Value, signers: &[&FileKey]) -> Value {
    envelope_of(kind, &serde_json::to_vec(payload).unwrap(), signers)
}

pub(crate) fn envelope_of(kind: &str, payload: &[u8], signers: &[&FileKey]) -> Value {
    let mut pae = format!("DSSEv1 {} {kind} {} ", kind.len(), payload.len()).into_bytes();
    pae.extend_from_slice(payload);
    let signatures: Vec<_> = signers
        .iter()
        .map(|key| json!({"keyid": sha256(key.certificate()), "sig": STANDARD.encode(key.sign(&pae).unwrap())}))
        .collect();
    json!({"payloadType": kind, "payload": STANDARD.encode(payload), "signatures": signatures})
}

pub(crate) fn encrypt(clear: &[u8], recipients: &[String]) -> Vec<u8> {
    let keys: Vec<_> = recipients
        .iter()
        .map(|r| age::x25519::Recipient::from_str(r).unwrap())
        .collect();
    let encryptor =
        age::Encryptor::with_recipients(keys.iter().map(|k| k as &dyn age::Recipient)).unwrap();
    let mut blob = Vec::new();
    let mut writer = encryptor.wrap_output(&mut blob).unwrap();
    writer.write_all(clear).unwrap();
    writer.finish().unwrap();
    blob
}

pub(crate) fn decrypt(blob: &[u8], identities: &Identities) -> Vec<u8> {
    let text = identities.to_lines(noon());
    let line = text
        .lines()
        .find(|l| l.starts_with("AGE-SECRET-KEY-"))
        .unwrap();
    let key = age::x25519::Identity::from_str(line).unwrap();
    let decryptor = age::Decryptor::new(blob).unwrap();
    let mut clear = Vec::new();
    decryptor
        .decrypt(std::iter::once(&key as &dyn age::Identity))
        .unwrap()
        .read_to_end(&mut clear)
        .unwrap();
    clear
}

pub(crate) fn sha256(bytes: &[u8]) -> String {
    Sha256Digest::of(bytes).to_string()
}

pub(crate) fn unbase64(text: &Value) -> Vec<u8> {
    STANDARD.decode(text.as_str().unwrap()).unwrap()
}
