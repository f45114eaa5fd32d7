//! A real verifier on a port of its own, with keys of its own, for one journey.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

use super::programs::{built, json};

/// A debug build on a busy machine takes a while to start.
const PATIENCE: Duration = Duration::from_secs(60);

/// The one integrator, and what it looks into wallets for.
const INTEGRATOR: &str = "journey";
const PURPOSE: &str = "journey";

pub struct Service {
    folder: TempDir,
    child: Option<Child>,
    /// Fixed after the first start, so that a desk finds a restarted verifier where it was.
    port: u16,
}

/// What this verifier takes beyond the real thing.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Takes {
    /// Practice: simulated devices and practice visits.
    Simulated,
    /// Only real devices.
    RealOnly,
}

impl Service {
    /// Makes keys and settings and starts the verifier.
    ///
    /// # Panics
    /// When any of it fails: there is no journey then.
    #[must_use]
    pub fn start(csca: &Path, takes: Takes) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let keys = folder.path().join("keys");
        let (exit, _) = json(
            "niem-verifier",
            &["keys", "init", keys.to_str().expect("UTF-8")],
        );
        assert_eq!(exit, 0, "keys init");
        let mut service = Self {
            folder,
            child: None,
            port: 0,
        };
        service.configure(csca, takes);
        service.register();
        service.start_again();
        service
    }

    /// The integrator makes its key; the verifier is told the public half.
    fn register(&self) {
        let (key, public) = (
            self.integrator_key(),
            self.folder.path().join("integrator.pub.pem"),
        );
        let openssl = |arguments: &[&str]| {
            let made = Command::new("openssl").args(arguments).output();
            let made = made.expect("openssl is installed by cargo xtask test");
            assert!(made.status.success(), "{made:?}");
        };
        let (key, public) = (
            key.to_str().expect("UTF-8"),
            public.to_str().expect("UTF-8"),
        );
        let curve = "ec_paramgen_curve:P-256";
        openssl(&[
            "genpkey",
            "-algorithm",
            "EC",
            "-pkeyopt",
            curve,
            "-out",
            key,
        ]);
        openssl(&["pkey", "-pubout", "-in", key, "-out", public]);
        let settings = self.settings();
        let (exit, _) = json(
            "niem-verifier",
            &[
                "integrators",
                "add",
                INTEGRATOR,
                "--by",
                "journey",
                "--purpose",
                PURPOSE,
                "--scope",
                "wallets:find",
                "--scope",
                "wallets:read",
                "--scope",
                "documents:read",
                "--key",
                public,
                "--config",
                settings.to_str().expect("UTF-8"),
            ],
        );
        assert_eq!(exit, 0, "integrators add");
    }

    fn integrator_key(&self) -> PathBuf {
        self.folder.path().join("integrator.pem")
    }

    /// Writes the settings anew; they count from the next start.
    pub fn configure(&self, csca: &Path, takes: Takes) {
        let settings = format!(
            "listen = \"127.0.0.1:{}\"\ndata = {:?}\nkeys = {:?}\ncsca_trust = {csca:?}\nsigner_trust = \"signers\"\n\
             [examination]\naccept_simulated = {}\n",
            self.port,
            self.folder.path().join("data"),
            self.keys(),
            takes == Takes::Simulated,
        );
        fs::write(self.settings(), settings).expect("settings");
        let signers = self.folder.path().join("signers");
        fs::create_dir_all(&signers).expect("a folder");
        fs::copy(
            self.public("station-ca.pem"),
            signers.join("station-ca.pem"),
        )
        .expect("the officials' root");
    }

    /// # Panics
    /// When it does not come up.
    pub fn start_again(&mut self) {
        let ready = self.folder.path().join("ready");
        let _ = fs::remove_file(&ready);
        let log = fs::File::options()
            .create(true)
            .append(true)
            .open(self.log_path())
            .expect("a log");
        let child = Command::new(built("niem-verifier"))
            .arg("serve")
            .arg("--config")
            .arg(self.settings())
            .arg("--ready-file")
            .arg(&ready)
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .expect("niem-verifier starts");
        self.child = Some(child);
        let started = Instant::now();
        while !ready.is_file() {
            assert!(
                started.elapsed() < PATIENCE,
                "the verifier did not come up:\n{}",
                self.log()
            );
            std::thread::sleep(Duration::from_millis(20));
        }
        let address = fs::read_to_string(&ready).expect("the ready file");
        self.port = address
            .trim()
            .rsplit(':')
            .next()
            .and_then(|port| port.parse().ok())
            .expect("a port");
        let text = fs::read_to_string(self.settings()).expect("settings");
        fs::write(
            self.settings(),
            text.replace("127.0.0.1:0\"", &format!("127.0.0.1:{}\"", self.port)),
        )
        .expect("settings");
    }

    /// The machine room goes dark: no farewell.
    pub fn stop(&mut self) {
        if let Some(mut child) = self.child.take() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }

    #[must_use]
    pub fn url(&self) -> String {
        format!("https://localhost:{}", self.port)
    }

    #[must_use]
    pub fn keys(&self) -> PathBuf {
        self.folder.path().join("keys")
    }

    #[must_use]
    pub fn public(&self, name: &str) -> PathBuf {
        self.keys().join("public").join(name)
    }

    /// Everything the verifier has logged so far.
    #[must_use]
    pub fn log(&self) -> String {
        fs::read_to_string(self.log_path()).unwrap_or_default()
    }

    /// Asks the wallet API as an integrator would; `None` when it answers with an error.
    #[must_use]
    pub fn ask(&self, path: &str, body: Option<&str>) -> Option<serde_json::Value> {
        let mut ask = Command::new(built("niem-verifier"));
        ask.arg("ask")
            .arg(format!("{}{path}", self.url()))
            .args(["--client", INTEGRATOR, "--purpose", PURPOSE, "--key"])
            .arg(self.integrator_key())
            .arg("--ca")
            .arg(self.public("server-ca.pem"));
        if let Some(body) = body {
            ask.args(["--data", body]);
        }
        let answer = ask.output().expect("niem-verifier ask");
        serde_json::from_slice(&answer.stdout)
            .ok()
            .filter(|_| answer.status.success())
    }

    /// The entries in the wallet of this person.
    #[must_use]
    pub fn entries(&self, personal_id: &str) -> Vec<serde_json::Value> {
        let body = serde_json::json!({ "personal_id": personal_id }).to_string();
        let Some(found) = self.ask("/v1/wallets/lookup", Some(&body)) else {
            return Vec::new();
        };
        let Some(wallet) = found["wallet"].as_str() else {
            return Vec::new();
        };
        let entries = self
            .ask(&format!("/v1/wallets/{wallet}/entries"), None)
            .unwrap_or_default();
        entries["entries"].as_array().cloned().unwrap_or_default()
    }

    /// Its settings, for commands beside the service.
    #[must_use]
    pub fn settings(&self) -> PathBuf {
        self.folder.path().join("verifier.toml")
    }

    fn log_path(&self) -> PathBuf {
        self.folder.path().join("verifier.log")
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        self.stop();
    }
}
