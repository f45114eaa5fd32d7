//! How much sealing and opening cost beside what they cannot do without: age and SHA-256.
//!
//! `cargo bench -p bundle` prints, for parts of some sizes, the throughput of `seal` and of `open`
//! with all parts read, and the ratio of the time of bare age plus SHA-256 over the same bytes
//! in the same process to theirs. 1.00 means that envelope, header and file system cost nothing.
//! Sealed files go to `$TMPDIR`; seal includes fsync, bare age writes to memory.

#![expect(clippy::unwrap_used, reason = "a bench may stop")]

#[path = "../tests/desk.rs"]
#[expect(dead_code, reason = "the tests use more of it")]
mod desk;

use std::io::{self, Read as _, Write as _};
use std::str::FromStr as _;
use std::time::{Duration, Instant};

use ring::digest::{Context, SHA256};

use desk::{World, noon, part, pdf_of};

const RUNS: usize = 7;

fn main() {
    let world = World::new();
    println!(
        "{:>10} {:>12} {:>8} {:>12} {:>8}",
        "part", "seal MB/s", "ratio", "open MB/s", "ratio"
    );
    for size in [64 << 10, 1 << 20, 8 << 20, 64 << 20] {
        let content = pdf_of(size);
        let (bare_seal, bare_open) = bare(&world, &content);
        let (sealing, opening) = ours(&world, &content);
        let rate = |took: Duration| content.len() as f64 / 1e6 / took.as_secs_f64();
        let ratio = |bare: Duration, ours: Duration| bare.as_secs_f64() / ours.as_secs_f64();
        println!(
            "{:>6} KiB {:>12.0} {:>8.2} {:>12.0} {:>8.2}",
            size >> 10,
            rate(sealing),
            ratio(bare_seal, sealing),
            rate(opening),
            ratio(bare_open, opening)
        );
    }
}

/// The median, which a busy neighbour moves least.
fn median(mut once: impl FnMut() -> Duration) -> Duration {
    let mut times: Vec<_> = (0..RUNS).map(|_| once()).collect();
    times.sort();
    times[RUNS / 2]
}

/// age over the content, SHA-256 over the content and over the blob: what any such bundle needs.
fn bare(world: &World, content: &[u8]) -> (Duration, Duration) {
    let names = world.recipients.names();
    let keys: Vec<_> = names
        .iter()
        .map(|name| age::x25519::Recipient::from_str(name).unwrap())
        .collect();
    let text = world.verifier.to_lines(noon());
    let secret = text
        .lines()
        .find(|line| line.starts_with("AGE-SECRET-KEY-"))
        .unwrap();
    let secret = age::x25519::Identity::from_str(secret).unwrap();
    let mut blob = Vec::with_capacity(content.len() + content.len() / 1_000 + 1_000);
    let sealing = median(|| {
        blob.clear();
        let start = Instant::now();
        let encryptor =
            age::Encryptor::with_recipients(keys.iter().map(|key| key as &dyn age::Recipient))
                .unwrap();
        let mut writer = encryptor.wrap_output(&mut blob).unwrap();
        for chunk in content.chunks(64 << 10) {
            writer.write_all(chunk).unwrap();
        }
        writer.finish().unwrap();
        hash(content);
        hash(&blob);
        start.elapsed()
    });
    let opening = median(|| {
        let start = Instant::now();
        let decryptor = age::Decryptor::new_buffered(blob.as_slice()).unwrap();
        let mut reader = decryptor
            .decrypt(std::iter::once(&secret as &dyn age::Identity))
            .unwrap();
        let mut chunk = vec![0; 64 << 10];
        let mut digest = Context::new(&SHA256);
        loop {
            let read = reader.read(&mut chunk).unwrap();
            if read == 0 {
                break;
            }
            digest.update(&chunk[..read]);
        }
        std::hint::black_box(digest.finish());
        hash(&blob);
        start.elapsed()
    });
    (sealing, opening)
}

fn hash(bytes: &[u8]) {
    let mut digest = Context::new(&SHA256);
    digest.update(bytes);
    std::hint::black_box(digest.finish());
}

fn ours(world: &World, content: &[u8]) -> (Duration, Duration) {
    let (device, operator) = (world.device.file_key(), world.operator.file_key());
    let seal = |dir: &std::path::Path| {
        let mut draft = world.draft(0);
        draft.parts[1] = part("document-1.pdf", "application/pdf", content.to_vec());
        let start = Instant::now();
        let sealed =
            bundle::seal(draft, &device, &operator, &world.recipients, dir, noon()).unwrap();
        (start.elapsed(), sealed)
    };
    let sealing = median(|| {
        let dir = tempfile::tempdir().unwrap();
        seal(dir.path()).0
    });
    let dir = tempfile::tempdir().unwrap();
    let (_, sealed) = seal(dir.path());
    let opening = median(|| {
        let start = Instant::now();
        let opened = bundle::open(
            sealed.envelope_json(),
            &sealed,
            &world.verifier,
            &world.trust,
            noon(),
        )
        .unwrap();
        for record in &opened.manifest().parts {
            opened.copy_part(record.index, &mut io::sink()).unwrap();
        }
        start.elapsed()
    });
    (sealing, opening)
}
