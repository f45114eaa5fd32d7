//! Where the workspace's own programs and models lie, as seen from a test binary.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;

/// The workspace folder.
#[must_use]
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .expect("tests/ lies in the workspace")
        .to_owned()
}

/// A program that `cargo build --bins` put two folders above this test binary.
///
/// # Panics
/// When it was not built: `cargo xtask test` builds it first.
#[must_use]
pub fn built(name: &str) -> PathBuf {
    let own = std::env::current_exe().expect("a test has a path");
    let found = own
        .ancestors()
        .skip(1)
        .take(3)
        .map(|folder| folder.join(name))
        .find(|path| path.is_file());
    found.unwrap_or_else(|| panic!("{name} is not built; run `cargo build --workspace --bins`"))
}

#[must_use]
pub fn models_dir() -> PathBuf {
    root().join("models")
}

/// Runs one of our programs with `--json` and gives back its exit code and its one document.
///
/// # Panics
/// When it cannot be started or does not answer with JSON.
#[must_use]
pub fn json(program: &str, arguments: &[&str]) -> (i32, Value) {
    let output = run(program, arguments);
    let told = serde_json::from_slice(&output.stdout).unwrap_or_else(|_| {
        panic!(
            "{program} {arguments:?} did not answer with JSON:\n{}\n{}",
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr)
        )
    });
    (output.status.code().unwrap_or(-1), told)
}

/// # Panics
/// When it cannot be started.
#[must_use]
pub fn run(program: &str, arguments: &[&str]) -> Output {
    Command::new(built(program))
        .arg("--json")
        .args(arguments)
        .env("NIEM_MODELS", models_dir())
        .output()
        .unwrap_or_else(|error| panic!("{program}: {error}"))
}
