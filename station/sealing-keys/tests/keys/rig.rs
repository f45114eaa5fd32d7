//! A TPM and a token out of Debian's packages, each in a folder of its own.

use std::io::Write as _;
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, Instant};

pub(crate) const SOFTHSM: &str = "/usr/lib/softhsm/libsofthsm2.so";
pub(crate) const PIN: &str = "271828";

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

/// The tokens that are plugged in. SoftHSM looks for them once a process, so all are made together.
const TOKENS: [&str; 5] = ["desk-a", "operator", "careless", "enrolled", "official"];

/// Where the tokens' files lie.
pub(crate) fn tokens() -> &'static Path {
    static FOLDER: OnceLock<PathBuf> = OnceLock::new();
    FOLDER.get_or_init(|| {
        let folder = std::env::temp_dir().join(format!("niem-tokens-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&folder);
        std::fs::create_dir_all(folder.join("tokens")).unwrap();
        let settings = folder.join("softhsm2.conf");
        std::fs::write(
            &settings,
            format!(
                "directories.tokendir = {}/tokens\nlog.level = ERROR\n",
                folder.display()
            ),
        )
        .unwrap();
        for label in TOKENS {
            run(Command::new("softhsm2-util")
                .env("SOFTHSM2_CONF", &settings)
                .args(["--init-token", "--free", "--label", label])
                .args(["--pin", PIN, "--so-pin", "31415926"]));
        }
        set_environment("SOFTHSM2_CONF", settings.to_str().unwrap());
        set_environment("NIEM_TEST_PIN", PIN);
        set_environment("NIEM_TEST_WRONG_PIN", "000000");
        folder
    })
}

#[expect(
    unsafe_code,
    reason = "a module in this very process reads the environment"
)]
fn set_environment(name: &str, value: &str) {
    // SAFETY: called once, before the module is loaded, by the first test that wants a token; the other
    // tests of this program start processes through std, which takes the same lock.
    unsafe { std::env::set_var(name, value) };
}

/// openssl's word on a signature by the key of a certificate or public key in PEM.
pub(crate) fn openssl_verifies(public_pem: &str, message: &[u8], signature: &[u8]) -> bool {
    let work = tempfile::tempdir().unwrap();
    let write = |name: &str, content: &[u8]| {
        let path = work.path().join(name);
        std::fs::File::create(&path)
            .unwrap()
            .write_all(content)
            .unwrap();
        path
    };
    Command::new("openssl")
        .args(["dgst", "-sha256", "-verify"])
        .arg(write("key.pem", public_pem.as_bytes()))
        .arg("-signature")
        .arg(write("signature", signature))
        .arg(write("message", message))
        .output()
        .unwrap()
        .status
        .success()
}

/// A P-256 point as SubjectPublicKeyInfo PEM (RFC 5480 §2).
pub(crate) fn public_pem(point: &[u8; 65]) -> String {
    use base64::Engine as _;
    const HEAD: [u8; 26] = [
        0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08,
        0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00,
    ];
    let text = base64::engine::general_purpose::STANDARD.encode([&HEAD, point.as_slice()].concat());
    let (first, second) = text.split_at(64);
    format!("-----BEGIN PUBLIC KEY-----\n{first}\n{second}\n-----END PUBLIC KEY-----\n")
}
