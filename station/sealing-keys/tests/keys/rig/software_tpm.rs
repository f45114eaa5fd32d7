//! A TPM out of Debian's packages, with a maker that certified it.

use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// Whether a program is there; where the judges are demanded, one that is missing is a failure.
pub(crate) fn there(programs: &[&str]) -> bool {
    let missing: Vec<_> = programs
        .iter()
        .filter(|name| {
            !["/usr/bin", "/usr/local/bin", "/bin", "/"]
                .iter()
                .any(|folder| {
                    Path::new(folder)
                        .join(name.trim_start_matches('/'))
                        .exists()
                })
        })
        .collect();
    assert!(
        missing.is_empty() || std::env::var_os("NIEM_JUDGES").is_none(),
        "missing: {missing:?}"
    );
    if !missing.is_empty() {
        eprintln!("left out: {missing:?} not installed");
    }
    missing.is_empty()
}

pub(crate) fn run(command: &mut Command) -> Output {
    let output = command.output().unwrap();
    assert!(
        output.status.success(),
        "{command:?}\n{}\n{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    output
}

/// TPM tests take turns: libtss2 opens its socket without close-on-exec, so that a swtpm started by one
/// test in the middle of another's conversation would hold that conversation open for ever.
pub(crate) fn turn() -> MutexGuard<'static, ()> {
    static TURN: Mutex<()> = Mutex::new(());
    TURN.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A software TPM that a maker (swtpm's local authority) has certified.
pub(crate) struct Tpm {
    child: Child,
    port: u16,
    folder: PathBuf,
}

/// The maker of TPMs: one authority for all that are made under this folder.
pub(crate) fn make_tpm(place: &Path, name: &str) -> Tpm {
    let maker = place.join("maker");
    let folder = place.join(name);
    std::fs::create_dir_all(&maker).unwrap();
    std::fs::create_dir_all(&folder).unwrap();
    let (setup, authority, options) = (
        maker.join("setup.conf"),
        maker.join("localca.conf"),
        maker.join("localca.options"),
    );
    let shown = maker.display();
    std::fs::write(
        &setup,
        format!(
            "create_certs_tool=/usr/bin/swtpm_localca\ncreate_certs_tool_config={}\ncreate_certs_tool_options={}\n",
            authority.display(),
            options.display()
        ),
    )
    .unwrap();
    std::fs::write(
        &authority,
        format!("statedir = {shown}\nsigningkey = {shown}/signkey.pem\nissuercert = {shown}/issuercert.pem\ncertserial = {shown}/certserial\n"),
    )
    .unwrap();
    std::fs::write(
        &options,
        "--platform-manufacturer niem\n--platform-version 1\n--platform-model test\n",
    )
    .unwrap();
    run(Command::new("swtpm_setup")
        .args(["--tpm2", "--create-ek-cert", "--overwrite"])
        .arg("--config")
        .arg(&setup)
        .arg("--tpm-state")
        .arg(&folder));
    Tpm::start(&folder)
}

/// The certificate that signs endorsement certificates.
pub(crate) fn maker_certificate(place: &Path) -> PathBuf {
    place.join("maker/issuercert.pem")
}

impl Tpm {
    fn start(folder: &Path) -> Self {
        // The control port follows the port of the TPM; both must be free.
        let mut port = free_pair();
        for _ in 0..20 {
            let mut child = Command::new("swtpm")
                .args(["socket", "--tpm2", "--flags", "not-need-init,startup-clear"])
                .arg("--tpmstate")
                .arg(format!("dir={}", folder.display()))
                .arg("--server")
                .arg(format!("type=tcp,port={port},bindaddr=127.0.0.1"))
                .arg("--ctrl")
                .arg(format!("type=tcp,port={},bindaddr=127.0.0.1", port + 1))
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .spawn()
                .unwrap();
            let until = Instant::now() + Duration::from_secs(5);
            while Instant::now() < until {
                if child.try_wait().unwrap().is_some() {
                    break;
                }
                if TcpStream::connect(("127.0.0.1", port + 1)).is_ok() {
                    return Self {
                        child,
                        port,
                        folder: folder.to_owned(),
                    };
                }
                std::thread::sleep(Duration::from_millis(20));
            }
            let _ = child.kill();
            let _ = child.wait();
            port = free_pair();
        }
        panic!("swtpm does not start");
    }

    pub(crate) fn tcti(&self) -> String {
        format!("swtpm:host=127.0.0.1,port={}", self.port)
    }

    /// The same TPM after a power cut: what it keeps, it keeps.
    pub(crate) fn restart(mut self) -> Self {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
        Self::start(&self.folder)
    }

    pub(crate) fn stop(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// One of tpm2-tools, on this TPM.
    pub(crate) fn tool(&self, name: &str) -> Command {
        let mut command = Command::new(name);
        command.env("TPM2TOOLS_TCTI", self.tcti());
        command
    }
}

impl Drop for Tpm {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn free_pair() -> u16 {
    for _ in 0..50 {
        let first = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let port = first.local_addr().unwrap().port();
        if port < u16::MAX && TcpListener::bind(("127.0.0.1", port + 1)).is_ok() {
            return port;
        }
    }
    panic!("no two free ports side by side");
}
