//! How much sealing and opening cost beside what they cannot do without: age and SHA-256.
//!
//! `cargo bench -p bundle` prints, for parts of some sizes, the throughput of `seal` and of `open`
//! with all parts read, and the ratio of the time of bare age plus SHA-256 over the same bytes
//! in the same process to theirs. 1.00 means that envelope, header and file system cost nothing.
//! Bare age works in memory, so the sealed files go to memory too (`/dev/shm`); what a disk adds,
//! with every sync that a seal promises, stands in a column of its own (`$TMPDIR`). Overhead is
//! what a mebibyte has grown by when it lies there as a blob. `-- 64 1024` measures parts of so
//! many KiB.

#![expect(clippy::unwrap_used, reason = "a bench may stop")]

#[path = "../tests/desk.rs"]
#[expect(dead_code, reason = "the tests use more of it")]
mod desk;

use std::io::{self, Read as _, Write as _};
use std::path::Path;
use std::str::FromStr as _;
use std::time::{Duration, Instant};

use ring::digest::{Context, SHA256};

use desk::{World, noon, part, pdf_of};

const RUNS: usize = 7;
const ROUNDS: usize = 3;

fn main() {
    let world = World::new();
    let sizes: Vec<usize> = std::env::args()
        .skip(1)
        .filter_map(|size| size.parse().ok())
        .collect();
    let sizes = match &sizes[..] {
        [] => &[64, 1 << 10, 8 << 10, 64 << 10],
        asked => asked,
    };
    let memory = Path::new("/dev/shm");
    let memory = if memory.is_dir() {
        memory.to_owned()
    } else {
        std::env::temp_dir()
    };
    println!(
        "load average {}",
        std::fs::read_to_string("/proc/loadavg").unwrap_or_default()
    );
    println!(
        "{:>10} {:>10} {:>10} {:>7} {:>12} {:>10} {:>10} {:>7} {:>16}",
        "part",
        "bare MB/s",
        "seal MB/s",
        "ratio",
        "on disk MB/s",
        "bare MB/s",
        "open MB/s",
        "ratio",
        "overhead B/MiB"
    );
    for size in sizes {
        let content = pdf_of(size << 10);
        let measured = measure(&world, &content, &memory);
        let on_disk = ours(&world, &content, &std::env::temp_dir());
        let rate = |took: Duration| content.len() as f64 / 1e6 / took.as_secs_f64();
        let ratio = |bare: Duration, ours: Duration| bare.as_secs_f64() / ours.as_secs_f64();
        let (bare_seal, bare_open) = measured.bare;
        println!(
            "{size:>6} KiB {:>10.0} {:>10.0} {:>7.2} {:>12.0} {:>10.0} {:>10.0} {:>7.2} {:>16.0}",
            rate(bare_seal),
            rate(measured.ours.sealing),
            ratio(bare_seal, measured.ours.sealing),
            rate(on_disk.sealing),
            rate(bare_open),
            rate(measured.ours.opening),
            ratio(bare_open, measured.ours.opening),
            measured.ours.overhead as f64 / (content.len() as f64 / f64::from(1 << 20)),
        );
    }
}

struct Measured {
    /// Sealing and opening.
    bare: (Duration, Duration),
    ours: Ours,
}

struct Ours {
    sealing: Duration,
    opening: Duration,
    /// Bytes by which the blob is longer than its content.
    overhead: u64,
}

/// Bare and ours by turns, so that a neighbour who comes and goes meets both alike.
fn measure(world: &World, content: &[u8], dir: &Path) -> Measured {
    let mut rounds: Vec<Measured> = (0..ROUNDS)
        .map(|_| Measured {
            bare: bare(world, content),
            ours: ours(world, content, dir),
        })
        .collect();
    let mut middle = |of: fn(&mut Measured) -> &mut Duration| {
        let mut times: Vec<Duration> = rounds.iter_mut().map(|round| *of(round)).collect();
        times.sort();
        times[ROUNDS / 2]
    };
    Measured {
        bare: (middle(|it| &mut it.bare.0), middle(|it| &mut it.bare.1)),
        ours: Ours {
            sealing: middle(|it| &mut it.ours.sealing),
            opening: middle(|it| &mut it.ours.opening),
            overhead: rounds[0].ours.overhead,
        },
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

fn ours(world: &World, content: &[u8], place: &Path) -> Ours {
    let (device, operator) = (world.device.file_key(), world.operator.file_key());
    let seal = |dir: &Path| {
        let mut draft = world.draft(0);
        draft.parts[1] = part("document-1.pdf", "application/pdf", content.to_vec());
        let start = Instant::now();
        let sealed =
            bundle::seal(draft, &device, &operator, &world.recipients, dir, noon()).unwrap();
        (start.elapsed(), sealed)
    };
    let sealing = median(|| {
        let dir = tempfile::tempdir_in(place).unwrap();
        seal(dir.path()).0
    });
    let dir = tempfile::tempdir_in(place).unwrap();
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
    let blob = sealed.blobs().iter().map(|blob| blob.size).max().unwrap();
    Ours {
        sealing,
        opening,
        overhead: blob - content.len() as u64,
    }
}
