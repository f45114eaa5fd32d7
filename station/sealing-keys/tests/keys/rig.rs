//! A TPM and a token out of Debian's packages, each in a folder of its own.

mod software_tpm;

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

pub(crate) use software_tpm::{make_tpm, maker_certificate, run, there, turn};

pub(crate) const SOFTHSM: &str = "/usr/lib/softhsm/libsofthsm2.so";
pub(crate) const PIN: &str = "271828";

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
