//! Builds and starts the Go judge beside this file.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::OnceLock;

/// Where Debian's golang-golang-x-mod-dev puts its sources.
const GOPATH: &str = "/usr/share/gocode";

/// The program, compiled once; `None` with a loud word where Go is not installed.
///
/// `cargo xtask test` installs it and sets NIEM_JUDGES: there nothing is left out.
fn program() -> Option<&'static Path> {
    static PROGRAM: OnceLock<Option<PathBuf>> = OnceLock::new();
    PROGRAM
        .get_or_init(|| {
            let library = Path::new(GOPATH).join("src/golang.org/x/mod/sumdb/tlog");
            let go = Command::new("go").arg("version").output();
            if !library.exists() || go.is_err() {
                assert!(
                    std::env::var_os("NIEM_JUDGES").is_none(),
                    "golang-go or golang-golang-x-mod-dev is not installed, and no judge may be left out"
                );
                eprintln!("SKIPPED: Go's sumdb judges nothing here; apt-get install golang-golang-x-mod-dev");
                return None;
            }
            let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/judge/tlog_judge.go");
            let place = std::env::temp_dir().join(format!("niem-tlog-judge-{}", std::process::id()));
            std::fs::create_dir_all(&place).unwrap();
            let built = place.join("tlog_judge");
            let done = Command::new("go")
                .args(["build", "-o"])
                .args([&built, &source])
                .env("GO111MODULE", "off")
                .env("GOPATH", GOPATH)
                .env("GOCACHE", place.join("cache"))
                .env("GOFLAGS", "")
                .output()
                .unwrap();
            assert!(done.status.success(), "{done:?}");
            std::fs::remove_dir_all(place.join("cache")).unwrap();
            Some(built)
        })
        .as_deref()
}

/// What the judge says of a log; `None` where there is no judge.
pub(crate) fn judge(
    log: &str,
    vkey: &str,
    ca: Option<&Path>,
    input: &serde_json::Value,
) -> Option<Output> {
    let mut child = Command::new(program()?)
        .args([log, vkey.trim()])
        .args(ca)
        .env("NO_PROXY", "*")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    stdin.write_all(input.to_string().as_bytes()).unwrap();
    drop(stdin);
    Some(child.wait_with_output().unwrap())
}

/// As [`judge`], of a log that must be found good; returns what was said of it.
pub(crate) fn judged_good(
    log: &str,
    vkey: &str,
    ca: Option<&Path>,
    input: &serde_json::Value,
) -> Option<String> {
    let output = judge(log, vkey, ca, input)?;
    assert!(output.status.success(), "{output:?}");
    Some(String::from_utf8(output.stdout).unwrap().trim().to_owned())
}

/// As [`judge`], of a log or receipt that must be refused; returns why.
pub(crate) fn judged_bad(
    log: &str,
    vkey: &str,
    ca: Option<&Path>,
    input: &serde_json::Value,
) -> Option<String> {
    let output = judge(log, vkey, ca, input)?;
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    Some(String::from_utf8(output.stderr).unwrap().trim().to_owned())
}
