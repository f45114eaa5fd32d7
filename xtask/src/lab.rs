//! `bench` and `fuzz`: two small workspaces of their own beside the product, built as they need; and the benches of
//! single rooms.

use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, Result, bail};
use clap::Args;

use crate::process;

#[derive(Args)]
pub(crate) struct BenchArguments {
    /// What to measure: `chip` (the default), `trust FOLDER` with a folder of master lists, `bundle` (sealing and
    /// opening), or `load [--bundles N …]` (a backlog into a real verifier).
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    what: Vec<String>,
}

#[derive(Args)]
pub(crate) struct FuzzArguments {
    /// One target; all of them by default.
    target: Option<String>,
    /// How long each target runs.
    #[arg(long, default_value_t = 60)]
    seconds: u32,
}

/// Parsers that come with the whole room of papers: left out of the brief run, whose build would take twice as long.
const PAPERS: &[&str] = &["qr_payload", "zone"];

/// Parsers of envelopes and behind the doors of the service, left out of the brief run likewise.
const SERVICE: &[&str] = &["envelope", "slip", "log_words", "enrolment"];

/// With [`PAPERS`] and [`SERVICE`], every parser of foreign bytes has one; `fuzz/fuzz_targets/` holds them.
const TARGETS: &[&str] = &[
    "tlv",
    "tpm_public",
    "signed_token",
    "apdu",
    "unwrap",
    "sod",
    "data_group",
    "mrz",
    "security_infos",
    "card_qr",
    "certificate",
    "chip",
    "page_file",
    "escl",
    "finger_record",
    "finger_image",
    "portrait",
    "face_record",
    "finger_picture_record",
    "image_header",
    "on_card",
    "container",
];

/// The compiler's own coverage instrumentation, which libFuzzer steers by; no sanitizer, because
/// the crates forbid unsafe code, and so the stable compiler will do.
const COVERAGE: &str = "--cfg fuzzing -Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 \
     -Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table \
     -Cllvm-args=-sanitizer-coverage-trace-compares -Ccodegen-units=1";

/// In seconds, for each target; longer runs are for a night.
const BRIEFLY: u32 = 3;

/// No finding in a reading of honest size takes longer or more memory than this.
const LIMITS: &[&str] = &["-timeout=10", "-rss_limit_mb=1024", "-print_final_stats=1"];

/// Measures beside a peer and prints the table.
///
/// # Errors
/// When the bench cannot be built or run.
pub(crate) fn bench(root: &Path, arguments: &BenchArguments) -> Result<()> {
    // What is measured without a peer is a bench of the room itself.
    let own = match arguments.what.first().map(String::as_str) {
        Some("load") => Some("verifier"),
        Some("bundle") => Some("bundle"),
        _ => None,
    };
    if let Some(package) = own {
        let name = if package == "bundle" { "seal" } else { "load" };
        return process::run(
            process::cargo_command()
                .args([
                    "bench",
                    "--quiet",
                    "--package",
                    package,
                    "--bench",
                    name,
                    "--",
                ])
                .args(&arguments.what[1..])
                .current_dir(root),
        );
    }
    process::run(
        process::cargo_command()
            .args(["run", "--release", "--quiet", "--manifest-path"])
            .arg(root.join("bench/Cargo.toml"))
            .arg("--target-dir")
            .arg(root.join("target/bench"))
            .arg("--")
            .args(&arguments.what),
    )
}

/// Lets every fuzz target run for a while, from seeds that honest specimens give.
///
/// # Errors
/// When a target finds something; the input that did it stays in `target/fuzz/findings`.
pub(crate) fn fuzz(root: &Path, arguments: &FuzzArguments) -> Result<()> {
    let all = [TARGETS, PAPERS, SERVICE].concat();
    let targets = match &arguments.target {
        Some(one) => match all.iter().find(|target| *target == one) {
            Some(target) => vec![*target],
            None => bail!("{one} is no target; known are: {}", all.join(" ")),
        },
        None => all,
    };
    fuzz_each(root, &targets, arguments.seconds, "2")
}

/// The short run that every test run has.
///
/// # Errors
/// As [`fuzz()`].
pub(crate) fn fuzz_briefly(root: &Path) -> Result<()> {
    // A run of seconds is over before faster programs have paid for the time the compiler takes over them.
    fuzz_each(root, TARGETS, BRIEFLY, "1")
}

fn fuzz_each(root: &Path, targets: &[&str], seconds: u32, optimised: &str) -> Result<()> {
    let host = host()?;
    let features = [
        (PAPERS, "--features=papers"),
        (SERVICE, "--features=service"),
    ];
    let wanted = features
        .iter()
        .filter(|(of, _)| targets.iter().any(|target| of.contains(target)));
    let built = root.join("target/fuzz").join(&host).join("release");
    process::run(
        process::cargo_command()
            .args(["build", "--release", "--bins", "--manifest-path"])
            .arg(root.join("fuzz/Cargo.toml"))
            .arg("--target-dir")
            .arg(root.join("target/fuzz"))
            .args(["--target", &host])
            .args(wanted.map(|(_, feature)| feature))
            .env("CARGO_PROFILE_RELEASE_OPT_LEVEL", optimised)
            .env("RUSTFLAGS", COVERAGE),
    )?;
    let corpus = root.join("target/fuzz/corpus");
    let findings = root.join("target/fuzz/findings");
    std::fs::create_dir_all(&findings)?;
    process::run(Command::new(built.join("seeds")).env("NIEM_FUZZ_CORPUS", &corpus))?;
    for target in targets {
        println!("fuzz: {target}, {seconds} s");
        let mut run = Command::new(built.join(target));
        run.args(LIMITS)
            .arg(format!("-max_total_time={seconds}"))
            .arg(format!("-artifact_prefix={}/{target}-", findings.display()))
            .arg(corpus.join(target));
        // What was found before is tried again first, for ever.
        let kept = root.join("fuzz/regressions").join(target);
        if kept.is_dir() {
            run.arg(kept);
        }
        let output = run.output().with_context(|| (*target).to_owned())?;
        let said = String::from_utf8_lossy(&output.stderr);
        if !output.status.success() {
            bail!("{target} found something:\n{said}");
        }
        for figure in ["stat::number_of_executed_units", "stat::peak_rss_mb"] {
            if let Some(line) = said.lines().find(|line| line.starts_with(figure)) {
                println!("  {line}");
            }
        }
    }
    Ok(())
}

/// The triple that this machine builds for.
fn host() -> Result<String> {
    let rustc = Command::new("rustc").arg("-vV").output().context("rustc")?;
    String::from_utf8_lossy(&rustc.stdout)
        .lines()
        .find_map(|line| line.strip_prefix("host: "))
        .map(str::to_owned)
        .context("rustc names no host")
}
