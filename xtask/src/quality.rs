//! `test` and `check`: what continuous integration runs, and nothing hidden.

use std::path::Path;
use std::process::Command;

use anyhow::{Result, bail};
use clap::Args;

use crate::{judges, lab, models, packages, process};

#[derive(Args)]
pub(crate) struct TestArguments {
    /// Install missing packages without asking.
    #[arg(long)]
    yes: bool,
    /// Passed on to the tests (after `--`).
    #[arg(last = true)]
    rest: Vec<String>,
}

/// Sets up what the tests need and runs them all.
///
/// # Errors
/// When the set-up or a test fails.
pub(crate) fn test(root: &Path, arguments: &TestArguments) -> Result<()> {
    for group in [
        packages::MODELS,
        packages::BUILD,
        packages::RUN,
        packages::JUDGES,
        packages::FONTS,
    ] {
        packages::install(group, arguments.yes)?;
    }
    models::fetch(root, |line| println!("  {line}"))?;
    // The programs first: journeys start them as their users would. Together with the tests, so that what both stand on
    // is built once: cargo would choose other features for the programs alone, and build a third of it twice.
    process::cargo(&["build", "--workspace", "--bins", "--tests"])?;
    let mut cargo = process::cargo_command();
    cargo.args(["test", "--workspace"]);
    if !arguments.rest.is_empty() {
        cargo.arg("--").args(&arguments.rest);
    }
    // With this no judge may be left out for not being installed.
    cargo.env("NIEM_JUDGES", "required");
    cargo.env("NIEM_WEED", judges::s3_server(root)?);
    cargo.env("NIEM_SCHEMATHESIS", judges::schemathesis(root)?);
    cargo.env("NIEM_SEALS", judges::seals(root)?);
    cargo.env("NIEM_BROWSER", judges::browser(root)?);
    cargo.env("NIEM_OAUTH_CLIENT", judges::oauth_client(root)?);
    process::run(cargo.env("OMP_THREAD_LIMIT", "1"))?;
    if arguments.rest.is_empty() {
        lab::fuzz_briefly(root)?;
    }
    Ok(())
}

/// Every page of the desk as a picture, out of the very test that judges them.
///
/// # Errors
/// When a page has a fault, or the browser is not to be had.
pub(crate) fn screenshots(root: &Path, dir: &Path, yes: bool) -> Result<()> {
    packages::install(&["chromium", "python3-venv"], yes)?;
    std::fs::create_dir_all(dir)?;
    let dir = dir.canonicalize()?;
    let mut cargo = process::cargo_command();
    cargo.args(["test", "-p", "screens", "--test", "browser"]);
    cargo.env("NIEM_BROWSER", judges::browser(root)?);
    process::run(cargo.env("NIEM_SCREENSHOTS", &dir))?;
    println!("{}", dir.display());
    Ok(())
}

/// Everything that must hold before a change lands.
///
/// # Errors
/// The first thing that does not hold.
pub(crate) fn check(root: &Path, arguments: &TestArguments) -> Result<()> {
    process::cargo(&["fmt", "--all", "--check"])?;
    for group in [
        packages::MODELS,
        packages::BUILD,
        packages::RUN,
        packages::JUDGES,
        packages::FONTS,
    ] {
        packages::install(group, arguments.yes)?;
    }
    process::cargo(&[
        "clippy",
        "--workspace",
        "--all-targets",
        "--",
        "-D",
        "warnings",
    ])?;
    deny()?;
    process::run(
        process::cargo_command()
            .args([
                "doc",
                "--workspace",
                "--no-deps",
                "--document-private-items",
            ])
            .env(
                "RUSTDOCFLAGS",
                "-D warnings -A rustdoc::private_intra_doc_links",
            ),
    )?;
    test(root, arguments)
}

/// Licences, sources and bans always; advisories where their database can be fetched.
fn deny() -> Result<()> {
    let present = Command::new("cargo-deny")
        .arg("--version")
        .output()
        .is_ok_and(|answer| answer.status.success());
    if !present {
        process::cargo(&["install", "cargo-deny", "--locked"])?;
    }
    process::cargo(&["deny", "check", "licenses", "bans", "sources"])?;
    let advisories = process::cargo(&["deny", "check", "advisories"]);
    if advisories.is_err() {
        // Without network there is no database to check against; with one, a finding fails.
        let fetched = Command::new("cargo")
            .args(["deny", "fetch", "db"])
            .output()
            .is_ok_and(|answer| answer.status.success());
        if fetched {
            bail!("an advisory applies to a dependency");
        }
        println!("advisories: NOT CHECKED, the advisory database cannot be fetched from here");
    }
    Ok(())
}
