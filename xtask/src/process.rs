//! Other programs: run one to its end, or keep one in the background until this one ends.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};

/// Runs to the end; a bad exit is an error that names the program.
pub(crate) fn run(command: &mut Command) -> Result<()> {
    let name = command.get_program().to_string_lossy().into_owned();
    let status = command.status().with_context(|| name.clone())?;
    if !status.success() {
        bail!("{name} ended with {status}");
    }
    Ok(())
}

pub(crate) fn cargo(arguments: &[&str]) -> Result<()> {
    run(cargo_command().args(arguments))
}

/// cargo as a user would start it. What `cargo run` told this very program about itself is taken
/// out again: some build scripts watch those variables and would build everything anew.
pub(crate) fn cargo_command() -> Command {
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    let ours = [
        "CARGO_PKG_",
        "CARGO_MANIFEST_",
        "CARGO_BIN_",
        "CARGO_CRATE_NAME",
        "CARGO_PRIMARY_PACKAGE",
    ];
    for (name, _) in std::env::vars_os() {
        if name
            .to_str()
            .is_some_and(|name| ours.iter().any(|start| name.starts_with(start)))
        {
            cargo.env_remove(name);
        }
    }
    cargo
}

/// Where cargo puts what it builds: beside this very program.
pub(crate) fn bin_dir(root: &Path) -> PathBuf {
    std::env::current_exe()
        .ok()
        .and_then(|own| own.parent().map(Path::to_owned))
        .unwrap_or_else(|| root.join("target/debug"))
}

/// One of the workspace's own programs.
pub(crate) fn built(root: &Path, name: &str) -> Command {
    Command::new(bin_dir(root).join(name))
}

/// A program in the background; ended when dropped.
pub(crate) struct Background {
    name: &'static str,
    child: Option<Child>,
}

impl Background {
    /// Starts it with stdout and stderr in a log file.
    pub(crate) fn start(name: &'static str, command: &mut Command, log: &Path) -> Result<Self> {
        let log = File::create(log).with_context(|| log.display().to_string())?;
        let child = command
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log)
            .spawn()
            .with_context(|| format!("starting {name}"))?;
        Ok(Self {
            name,
            child: Some(child),
        })
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.as_ref().map_or(0, Child::id)
    }

    /// Waits until `ready` says so; an early end of the program is an error.
    pub(crate) fn wait_until(
        &mut self,
        patience: Duration,
        mut ready: impl FnMut() -> bool,
    ) -> Result<()> {
        let started = Instant::now();
        while !ready() {
            if let Some(child) = &mut self.child
                && let Some(status) = child.try_wait()?
            {
                bail!("{} ended too early with {status}; see its log", self.name);
            }
            if started.elapsed() > patience {
                bail!(
                    "{} was not ready after {} s; see its log",
                    self.name,
                    patience.as_secs()
                );
            }
            thread::sleep(Duration::from_millis(50));
        }
        Ok(())
    }

    /// Leaves it running when this program ends; returns its pid.
    pub(crate) fn keep(mut self) -> (&'static str, u32) {
        let pid = self.pid();
        self.child = None;
        (self.name, pid)
    }
}

impl Drop for Background {
    fn drop(&mut self) {
        let Some(mut child) = self.child.take() else {
            return;
        };
        // A polite end first: the verifier closes its database, pcscd removes its socket.
        let asked = Command::new("kill").arg(child.id().to_string()).status();
        let deadline = Instant::now() + Duration::from_secs(5);
        while asked.is_ok() && Instant::now() < deadline {
            if matches!(child.try_wait(), Ok(Some(_))) {
                return;
            }
            thread::sleep(Duration::from_millis(20));
        }
        let _ = child.kill();
        let _ = child.wait();
    }
}
