//! The Debian packages that the project stands on: says which are missing, asks before using
//! root rights, installs them.

use std::collections::BTreeSet;
use std::io::{BufRead as _, IsTerminal as _, Write as _};
use std::process::Command;

use anyhow::{Context as _, Result, bail};

/// To fetch the models.
pub(crate) const MODELS: &[&str] = &[
    "python3",
    "python3-pip",
    "unzip",
    "tesseract-ocr",
    "tesseract-ocr-vie",
    "tesseract-ocr-eng",
];

/// To build everything.
pub(crate) const BUILD: &[&str] = &[
    "gcc",
    "g++",
    "make",
    "cmake",
    "pkg-config",
    "clang",
    "libclang-dev",
    "llvm-dev",
    "libpcsclite-dev",
    "libssl-dev",
    "libopencv-dev",
    "libtesseract-dev",
    "libleptonica-dev",
    "libsane-dev",
    "libfprint-2-dev",
    "libglib2.0-dev",
    "libtss2-dev",
    "fonts-dejavu-core",
    "fonts-croscore",
];

/// Typefaces that specimen papers are set in, all free, all with every Vietnamese letter.
pub(crate) const FONTS: &[&str] = &[
    "fonts-croscore",
    "fonts-crosextra-carlito",
    "fonts-dejavu-core",
    "fonts-freefont-ttf",
    "fonts-linuxlibertine",
    "fonts-open-sans",
    "fonts-roboto-unhinted",
    "fonts-sil-charis",
    "fonts-texgyre",
];

/// To run a desk with a virtual reader, scanner and sensor.
pub(crate) const RUN: &[&str] = &[
    "espeak-ng",
    "pcscd",
    "vsmartcard-vpcd",
    "libsane1",
    "sane-utils",
    "libtss2-esys-3.0.2-0",
    "libtss2-tctildr0",
    "libtss2-tcti-device0",
    "tesseract-ocr",
    "tesseract-ocr-vie",
    "tesseract-ocr-eng",
    "poppler-utils",
];

/// Programs that none of us wrote, which check what we claim.
pub(crate) const JUDGES: &[&str] = &[
    "age",
    "python3-venv",
    "openssl",
    "qpdf",
    "poppler-utils",
    "default-jre-headless",
    "libpdfbox2-java",
    "libjaxb-api-java",
    "jq",
    "curl",
    "libeac-dev",
    "openpace",
    "opensc",
    "iproute2",
    "util-linux",
    "procps",
    "sane-airscan",
    "strace",
    "swtpm",
    "swtpm-tools",
    "gnutls-bin",
    "unzip",
    "xmlsec1",
    "libtss2-tcti-swtpm0",
    "tpm2-tools",
    "softhsm2",
    "postgresql",
    "golang-go",
    "golang-golang-x-mod-dev",
    "chromium",
];

/// Programs that do the same work, to be measured beside.
pub(crate) const PEERS: &[&str] = &["ocrmypdf", "unpaper", "pngquant", "ghostscript"];

/// Installs what is missing of these packages.
///
/// # Errors
/// When the user says no, or apt fails.
pub(crate) fn install(wanted: &[&str], yes: bool) -> Result<()> {
    let missing = missing(wanted)?;
    if missing.is_empty() {
        return Ok(());
    }
    println!("Debian packages needed: {}", missing.join(" "));
    let root = is_root()?;
    if !root && !yes && !agreed()? {
        bail!(
            "not installed; run: apt-get install --no-install-recommends {}",
            missing.join(" ")
        );
    }
    apt(root, &["update", "-qq"])?;
    let mut arguments = vec!["install", "-y", "-qq", "--no-install-recommends"];
    arguments.extend(missing.iter().map(String::as_str));
    apt(root, &arguments)
}

/// What dpkg does not know as installed.
fn missing(wanted: &[&str]) -> Result<Vec<String>> {
    let answer = Command::new("dpkg-query")
        .args(["-W", "-f", "${Package} ${db:Status-Status}\n"])
        .args(wanted)
        .output()
        .context("dpkg-query: this needs Debian 12")?;
    let known = String::from_utf8_lossy(&answer.stdout);
    let installed: BTreeSet<&str> = known
        .lines()
        .filter_map(|line| line.split_once(' '))
        .filter(|(_, status)| *status == "installed")
        .map(|(name, _)| name)
        .collect();
    Ok(wanted
        .iter()
        .filter(|name| !installed.contains(*name))
        .map(|name| (*name).to_owned())
        .collect())
}

pub(crate) fn is_root() -> Result<bool> {
    let answer = Command::new("id").arg("-u").output().context("id -u")?;
    Ok(answer.stdout.starts_with(b"0\n"))
}

fn agreed() -> Result<bool> {
    if !std::io::stdin().is_terminal() {
        return Ok(false);
    }
    print!("Install them with root rights (sudo)? [y/N] ");
    std::io::stdout().flush()?;
    let mut line = String::new();
    std::io::stdin().lock().read_line(&mut line)?;
    Ok(matches!(line.trim(), "y" | "Y" | "yes" | "c" | "có"))
}

fn apt(root: bool, arguments: &[&str]) -> Result<()> {
    let mut command = if root {
        Command::new("apt-get")
    } else {
        Command::new("sudo")
    };
    if !root {
        command.arg("apt-get");
    }
    // Another apt may be at work on a machine that was just started.
    command
        .args(["-o", "DPkg::Lock::Timeout=500"])
        .args(arguments)
        .env("DEBIAN_FRONTEND", "noninteractive");
    // apt's chatter goes to stderr; stdout stays ours.
    crate::process::run(command.stdout(std::io::stderr()))
}
