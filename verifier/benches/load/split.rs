//! Where the processor time of one bundle goes: the examination and the filing, step by step, on one thread of this
//! process, without a network.

use std::time::{Duration, Instant};

use bundle::{PartIndex, SealedBundle};
use emrtd::{Challenge, ChipEvidence, CscaTrust};
use jiff::Timestamp;
use verifier::wallet::Access;
use verifier::{Config, Examiner, Verdict};

use crate::limits::{Bare, milliseconds};
use crate::rig::Rig;
use crate::service::thread_cpu;

/// A step and its processor milliseconds.
pub type Step = (&'static str, f64);

pub struct Split {
    pub steps: Vec<Step>,
    pub examine: f64,
    /// Of the filing alone: processor time, and time on the clock, a bundle.
    pub file: f64,
    pub file_wall: f64,
    /// The same for a bundle with a paper of some kilobytes: what leaf, signed head, receipt and commit cost.
    pub small: f64,
    pub small_wall: f64,
}

pub fn split(rig: &Rig, sealed: &[SealedBundle], small: &[SealedBundle], bare: Bare) -> Split {
    let text = "data = 'data-split'\nkeys = 'keys'\ncsca_trust = 'csca'\n";
    std::fs::write(rig.path("split.toml"), text).unwrap();
    let _ = std::fs::remove_dir_all(rig.path("data-split"));
    let config = Config::load(&rig.path("split.toml")).unwrap();
    let roster = verifier::Roster::open(&config.data).unwrap();
    let examiner = verifier::examiner(&config, roster.into()).unwrap();
    let one = &sealed[0];
    let at = Timestamp::now();
    let (stations, identities) = (
        examiner.stations.as_ref().unwrap(),
        examiner.identities.as_ref().unwrap(),
    );
    let open = || bundle::open(one.envelope_json(), one, identities, stations, at).unwrap();
    let opened = open();
    let manifest = opened.manifest();
    let json = opened.part(manifest.chip.evidence, 1 << 20).unwrap();
    let csca = CscaTrust::load_dir(rig.path("csca")).unwrap();
    let challenge = Challenge::new(bundle::challenge(&manifest.ticket, manifest.visit));
    let today = jiff::Zoned::now().date();
    let evidence: ChipEvidence = serde_json::from_slice(&json).unwrap();
    let pdf = opened.part(PartIndex::of_part(1), 1 << 30).unwrap();
    let roots = pades::Roots::none();
    let steps = vec![
        (
            "envelope: signature, station's certificate",
            milliseconds(|| drop(bundle::statement(one.envelope_json(), stations, at).unwrap())),
        ),
        (
            "manifest: open, two signatures, operator's certificate (envelope again)",
            milliseconds(|| drop(open())),
        ),
        (
            "parts: age, SHA-256 of blob and content",
            milliseconds(|| assert!(opened.faulty_parts().is_empty())),
        ),
        (
            "chip: evidence read",
            milliseconds(|| {
                let _: ChipEvidence = serde_json::from_slice(&json).unwrap();
            }),
        ),
        (
            "chip: passive and active authentication",
            milliseconds(|| drop(evidence.report(&csca, &challenge, today))),
        ),
        (
            "paper: pages and signatures of the PDF",
            milliseconds(|| {
                verifier::examine::pdf_form(&pdf).unwrap();
                assert!(pades::check(&pdf, &roots, at).unwrap().is_empty());
            }),
        ),
        ("bare: SHA-256 of the blob", bare.sha256),
        ("bare: age over the blob", bare.age),
        ("bare: one P-256 verification", bare.verify),
    ];
    let examine = milliseconds(|| {
        let examination = examiner
            .examine(one.envelope_json(), one, None, at)
            .unwrap();
        drop(examination);
    });
    let (file, file_wall) = filing(&config, &examiner, sealed);
    let (small, small_wall) = filing(&config, &examiner, small);
    let _ = std::fs::remove_dir_all(rig.path("data-split"));
    Split {
        steps,
        examine,
        file,
        file_wall,
        small,
        small_wall,
    }
}

/// Files each and gives the means of processor and clock milliseconds.
fn filing(config: &Config, examiner: &Examiner, sealed: &[SealedBundle]) -> (f64, f64) {
    let wallets = verifier::open_store(config, Access::Serve).unwrap();
    let (mut cpu, mut wall) = (Duration::ZERO, Duration::ZERO);
    for one in sealed {
        let at = Timestamp::now();
        let register: &dyn verifier::examine::Register = &wallets;
        let examination = examiner
            .examine(one.envelope_json(), one, Some(register), at)
            .unwrap();
        let Verdict::Accepted(verified) = examination.verdict() else {
            panic!("a good bundle was refused")
        };
        let before = (thread_cpu(), Instant::now());
        wallets.file(&verified, at).unwrap();
        cpu += thread_cpu().saturating_sub(before.0);
        wall += before.1.elapsed();
    }
    let each = |time: Duration| time.as_secs_f64() * 1e3 / sealed.len() as f64;
    (each(cpu), each(wall))
}
