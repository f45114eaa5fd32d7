//! A morning: every station sends its backlog as its courier does, and somebody walks in at another desk now and then.

use std::fs::File;
use std::io::Read;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use base64::Engine as _;
use bundle::SealedBundle;

use crate::backlog;
use crate::client::{Answer, Client, Narrow};
use crate::desk::{Desk, patch_headers};
use crate::rig::Rig;
use crate::service::{self, Memory};

/// What the station's courier sends in one PATCH (`station/src/courier.rs`).
const CHUNK_BYTES: u64 = 256 << 10;
/// Visits that walk in while the backlog drains are prepared ahead, as desks prepare theirs.
const WALK_INS: usize = 400;
const SAMPLE: Duration = Duration::from_millis(250);

/// What a morning came to.
pub struct Morning {
    pub filed: u64,
    pub took: Duration,
    /// From first byte to receipt, of each bundle of the backlog.
    pub backlog: Vec<Duration>,
    /// The same of those who walked in.
    pub walk_ins: Vec<Duration>,
    pub memory: Vec<Memory>,
    /// Processor seconds of the service, of this process, and of everybody on the machine.
    pub service_cpu: f64,
    pub clients_cpu: f64,
    pub machine_cpu: f64,
    pub bytes: u64,
    /// How often a station was told to wait.
    pub told_to_wait: u64,
}

pub struct Plan<'a> {
    pub rig: &'a Rig,
    pub pid: u32,
    pub backlogs: &'a [Vec<PathBuf>],
    pub paper_bytes: usize,
    /// Time between two people who walk in; none where nobody does.
    pub walk_in_every: Option<Duration>,
    pub narrow: Option<Arc<Narrow>>,
}

pub fn morning(plan: &Plan<'_>) -> Morning {
    let (over, filed, waits) = (AtomicBool::new(false), AtomicU64::new(0), AtomicU64::new(0));
    let (backlog, bytes) = (Mutex::new(Vec::new()), AtomicU64::new(0));
    let visits = plan.walk_in_every.map(|every| {
        let desk = Desk::new(plan.rig, "tram-walk-in");
        let cards = backlog::cards(plan.rig, 16);
        let visits: Vec<_> = (0..WALK_INS)
            .map(|n| backlog::visit(&desk, &cards[n % cards.len()], plan.paper_bytes, n))
            .collect();
        (desk, visits, every)
    });
    let before = (
        service::cpu(plan.pid),
        service::cpu(std::process::id()),
        service::machine_cpu().0,
    );
    let began = Instant::now();
    let (took, walk_ins, memory) = std::thread::scope(|scope| {
        let watching = scope.spawn(|| {
            let mut seen = Vec::new();
            while !over.load(Ordering::Relaxed) {
                seen.push(service::memory(plan.pid));
                std::thread::sleep(SAMPLE);
            }
            seen
        });
        let walking = visits.map(|(desk, visits, every)| {
            let (over, filed, waits) = (&over, &filed, &waits);
            scope.spawn(move || {
                let mut times = Vec::new();
                for visit in visits {
                    let next = Instant::now() + every;
                    // Sealed at the desk before anything is sent.
                    let sealed = desk.seal(visit);
                    if over.load(Ordering::Relaxed) {
                        break;
                    }
                    let first_byte = Instant::now();
                    deliver(&desk.client, &sealed, waits);
                    times.push(first_byte.elapsed());
                    filed.fetch_add(1, Ordering::Relaxed);
                    desk.client.hang_up();
                    std::thread::sleep(next.saturating_duration_since(Instant::now()));
                }
                times
            })
        });
        let couriers: Vec<_> = (0..)
            .zip(plan.backlogs)
            .map(|(n, folders)| {
                let (filed, waits, backlog, bytes) = (&filed, &waits, &backlog, &bytes);
                scope.spawn(move || {
                    let station = plan.rig.station(&format!("tram-{n:02}"));
                    let client = plan.rig.client(Some(&station)).over(plan.narrow.clone());
                    for folder in folders {
                        let sealed = backlog::load(folder);
                        let first_byte = Instant::now();
                        deliver(&client, &sealed, waits);
                        backlog.lock().unwrap().push(first_byte.elapsed());
                        filed.fetch_add(1, Ordering::Relaxed);
                    }
                    bytes.fetch_add(client.sent.load(Ordering::Relaxed), Ordering::Relaxed);
                })
            })
            .collect();
        for courier in couriers {
            courier.join().unwrap();
        }
        let took = began.elapsed();
        over.store(true, Ordering::Relaxed);
        let walk_ins = walking.map_or_else(Vec::new, |walking| walking.join().unwrap());
        (took, walk_ins, watching.join().unwrap())
    });
    Morning {
        filed: filed.into_inner(),
        took,
        backlog: backlog.into_inner().unwrap(),
        walk_ins,
        memory,
        service_cpu: service::cpu(plan.pid) - before.0,
        clients_cpu: service::cpu(std::process::id()) - before.1,
        machine_cpu: service::machine_cpu().0 - before.2,
        bytes: bytes.into_inner(),
        told_to_wait: waits.into_inner(),
    }
}

/// Question, creation, pieces, and the envelope last: what the courier does on a line that holds.
fn deliver(client: &Client, sealed: &SealedBundle, waits: &AtomicU64) {
    let patient = |method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]| -> Answer {
        loop {
            let answer = client.send(method, path, headers, body);
            if answer.status != 429 {
                return answer;
            }
            waits.fetch_add(1, Ordering::Relaxed);
            let seconds = answer.header("retry-after").and_then(|it| it.parse().ok());
            std::thread::sleep(Duration::from_secs(seconds.unwrap_or(1)));
        }
    };
    for blob in sealed.blobs() {
        let path = format!("/v1/blobs/sha256:{}", blob.digest);
        let known = patient("HEAD", &path, &[], b"");
        assert_eq!(known.status, 404, "{known:?}");
        let name = base64::engine::general_purpose::STANDARD.encode(blob.digest.to_string());
        let headers = [
            ("tus-resumable", "1.0.0"),
            ("upload-length", &blob.size.to_string()),
            ("upload-metadata", &format!("sha256 {name}")),
        ];
        let begun = patient("POST", "/v1/blobs", &headers, b"");
        assert_eq!(begun.status, 201, "{begun:?}");
        let location = begun.header("location").unwrap();
        let mut file = File::open(sealed.blob_path(&blob.digest)).unwrap();
        let mut offset = 0;
        while offset < blob.size {
            let mut chunk = Vec::new();
            let wanted = CHUNK_BYTES.min(blob.size - offset);
            file.by_ref().take(wanted).read_to_end(&mut chunk).unwrap();
            let at = offset.to_string();
            let answer = patient("PATCH", location, &patch_headers(&at), &chunk);
            assert_eq!(answer.status, 204, "{answer:?}");
            offset += chunk.len() as u64;
        }
    }
    let answer = patient("POST", "/v1/bundles", &[], sealed.envelope_json());
    assert_eq!(
        answer.status,
        201,
        "{}",
        String::from_utf8_lossy(&answer.body)
    );
    // A receipt that holds is what the station waits for.
    assert!(answer.json()["receipt"].is_object());
}
