//! What this machine can do at best: write and sync a mebibyte, and hash, decrypt and verify one.

use std::fs::{self, File};
use std::io::{Read, Write};
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use ring::digest::{SHA256, digest};
use ring::rand::SystemRandom;
use ring::signature::{
    ECDSA_P256_SHA256_ASN1, ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair as _,
    UnparsedPublicKey,
};

use crate::service::thread_cpu;

const MEBIBYTE: usize = 1 << 20;
const HOW_LONG: Duration = Duration::from_secs(4);
const ROUNDS: u32 = 40;

/// New files of 1 MiB, each written and fdatasynced, a second, by so many threads at once.
pub fn synced_mebibytes(folder: &Path, writers: usize) -> f64 {
    let content: Vec<u8> = (0..MEBIBYTE).map(|n| (n % 251) as u8).collect();
    let folder = folder.join("limit");
    fs::create_dir_all(&folder).unwrap();
    let done = AtomicU64::new(0);
    let began = Instant::now();
    std::thread::scope(|scope| {
        for writer in 0..writers {
            let (done, content, folder) = (&done, &content, &folder);
            scope.spawn(move || {
                let mut n = 0;
                while began.elapsed() < HOW_LONG {
                    let path = folder.join(format!("{writer}-{n}"));
                    let mut file = File::create(&path).unwrap();
                    file.write_all(content).unwrap();
                    file.sync_data().unwrap();
                    fs::remove_file(path).unwrap();
                    n += 1;
                    done.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
    });
    let rate = done.load(Ordering::Relaxed) as f64 / began.elapsed().as_secs_f64();
    fs::remove_dir_all(folder).unwrap();
    rate
}

/// Processor milliseconds, on one thread, that one blob costs whoever does least.
#[derive(Debug, Clone, Copy)]
pub struct Bare {
    pub sha256: f64,
    pub age: f64,
    pub verify: f64,
}

impl Bare {
    /// SHA-256 over the blob, age over the blob, two signatures.
    pub fn sum(&self) -> f64 {
        self.sha256 + self.age + 2.0 * self.verify
    }

    pub fn mean(self, other: Self) -> Self {
        Self {
            sha256: (self.sha256 + other.sha256) / 2.0,
            age: (self.age + other.age) / 2.0,
            verify: (self.verify + other.verify) / 2.0,
        }
    }
}

pub fn bare(blob: &[u8], identity: &age::x25519::Identity) -> Bare {
    let random = SystemRandom::new();
    let key = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, &random).unwrap();
    let key = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, key.as_ref(), &random);
    let key = key.unwrap();
    let message = [7_u8; 700];
    let signature = key.sign(&random, &message).unwrap();
    let public = key.public_key().as_ref().to_vec();
    Bare {
        sha256: milliseconds(|| {
            std::hint::black_box(digest(&SHA256, blob));
        }),
        age: milliseconds(|| {
            let decryptor = age::Decryptor::new_buffered(blob).unwrap();
            let mut clear = decryptor
                .decrypt(std::iter::once(identity as &dyn age::Identity))
                .unwrap();
            let mut out = Vec::with_capacity(blob.len());
            clear.read_to_end(&mut out).unwrap();
            std::hint::black_box(out);
        }),
        verify: milliseconds(|| {
            UnparsedPublicKey::new(&ECDSA_P256_SHA256_ASN1, &public)
                .verify(&message, signature.as_ref())
                .unwrap();
        }),
    }
}

/// The median of processor milliseconds, which a busy neighbour moves least.
pub fn milliseconds(mut work: impl FnMut()) -> f64 {
    let mut times: Vec<Duration> = (0..ROUNDS)
        .map(|_| {
            let before = thread_cpu();
            work();
            thread_cpu().saturating_sub(before)
        })
        .collect();
    times.sort();
    times[times.len() / 2].as_secs_f64() * 1e3
}
