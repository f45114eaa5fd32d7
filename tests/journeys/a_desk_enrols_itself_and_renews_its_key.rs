//! A new desk gets its certificate by a code, renews its key, and follows the verifier's next encryption key: by the
//! programs alone, with the key in a TPM and with the key on a token.

#[expect(
    dead_code,
    reason = "the TPM of the keys' own tests, which also restart it and speak to it with others' tools"
)]
#[path = "../../station/sealing-keys/tests/keys/rig/software_tpm.rs"]
mod software_tpm;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;
use tests::rig::programs::{built, json, models_dir};
use tests::rig::service::{Service, Takes};
use tests::specimen::state::tessdata;

use crate::STATE;
use software_tpm::{make_tpm, maker_certificate, run, there, turn};

const SOFTHSM: &str = "/usr/lib/softhsm/libsofthsm2.so";
const PIN: &str = "271828";

const STATION: &str = "tram-moi-01";

/// A desk's folder and settings, whose key is to lie at `place` (a line of `[keys]`).
struct NewDesk<'a> {
    folder: &'a Path,
    service: &'a Service,
}

impl NewDesk<'_> {
    fn settings(&self) -> PathBuf {
        self.folder.join("station.toml")
    }

    fn record(&self) -> PathBuf {
        self.folder.join("device.json")
    }

    fn configure(&self, place: &str) {
        let public = |name: &str| self.service.public(name);
        let settings = format!(
            "station = \"{STATION}\"\nstate_dir = {:?}\n\
             [verifier]\nurl = {:?}\nca = {:?}\nreceipt_key = {:?}\nrecipients = {:?}\n\
             [keys]\n{place}\n[trust]\ncsca = {:?}\n[camera]\nsource = {:?}\n\
             [scanner]\nworker = {:?}\ndevice = \"pnm:0\"\n[models]\ndir = {:?}\ntessdata = {:?}\n",
            self.folder.join("state"),
            self.service.url(),
            public("server-ca.pem"),
            public("receipt.pub.pem"),
            public("recipients.txt"),
            STATE.csca(),
            STATE.frames("live"),
            built("niem-sane-worker"),
            models_dir(),
            tessdata(),
        );
        fs::write(self.settings(), settings).unwrap();
    }

    /// Exit code and answer of `niem-station`; its token's PIN comes by the environment, as a service would give it.
    fn station(&self, arguments: &[&str]) -> (i32, Value) {
        let output = Command::new(built("niem-station"))
            .arg("--json")
            .args(arguments)
            .arg("--config")
            .arg(self.settings())
            .env("SOFTHSM2_CONF", self.folder.join("softhsm2.conf"))
            .env("NIEM_DESK_PIN", PIN)
            .output()
            .unwrap();
        let told = serde_json::from_slice(&output.stdout);
        let told = told.unwrap_or_else(|_| panic!("{arguments:?}: {output:?}"));
        (output.status.code().unwrap(), told)
    }

    fn done(&self, arguments: &[&str]) -> Value {
        let (exit, told) = self.station(arguments);
        assert_eq!(exit, 0, "{arguments:?}: {told}");
        told
    }

    /// The certificate that lies beside the key, as openssl prints it.
    fn certificate(&self) -> String {
        let record: Value = serde_json::from_slice(&fs::read(self.record()).unwrap()).unwrap();
        let pem = self.folder.join("certificate.pem");
        fs::write(&pem, record["certificate"].as_str().unwrap()).unwrap();
        let printed = run(Command::new("openssl")
            .args(["x509", "-noout", "-text", "-in"])
            .arg(&pem));
        String::from_utf8(printed.stdout).unwrap()
    }

    /// The whole life of the key, whose certificate says that it lies under this policy.
    fn lives(&self, policy: &str) {
        // Before it is enrolled nothing can be asked in its name.
        let (exit, told) = self.station(&["keys", "epoch"]);
        assert!(exit != 0 && told["code"].is_string(), "{told}");

        let (exit, told) = self.station(&["enroll", "--code", "7K2M-9QXT-0BVD-4HNE"]);
        assert!(exit != 0, "{told}");
        assert_eq!(told["code"], "enroll.code_wrong");
        let code = self.code();
        self.done(&["enroll", "--code", &code]);
        let first = self.certificate();
        assert!(first.contains(&format!("CN = {STATION}")), "{first}");
        assert!(first.contains(policy), "{first}");
        let (_, told) = self.station(&["enroll", "--code", &code]);
        assert_eq!(told["code"], "enroll.code_used");
        // The key that seals is the one that opens the connection.
        assert_eq!(self.done(&["keys", "epoch"])["epoch"], 1);

        self.done(&["keys", "rotate"]);
        let second = self.certificate();
        assert!(second.contains(policy), "{second}");
        assert_ne!(key_of(&first), key_of(&second));
        assert_eq!(self.done(&["keys", "epoch"])["epoch"], 1);
        let enrolled = self.verifier(&["roster"]);
        let mut keys: Vec<_> = enrolled["enrolled"]
            .as_array()
            .unwrap()
            .iter()
            .map(|one| one["key"].as_str().unwrap())
            .collect();
        keys.dedup();
        assert_eq!(keys.len(), 2, "{enrolled}");
    }

    /// The next encryption key is announced and followed, and the first one destroyed only then.
    fn follows_the_epoch(folder: &Path, service: &mut Service) {
        let keys = service.keys();
        let (exit, told) = json(
            "niem-verifier",
            &["keys", "rotate-epoch", "--keys", keys.to_str().unwrap()],
        );
        assert_eq!((exit, &told["epoch"]), (0, &Value::from(2)), "{told}");
        service.stop();
        service.start_again();
        let retire = ["keys", "retire-epoch", "1"];
        let desk = NewDesk { folder, service };
        let (exit, told) = desk.verifier_says(&retire);
        assert!(exit != 0, "a desk may still seal to the first: {told}");
        assert_eq!(told["code"], "keys.epoch_queued");
        let told = desk.done(&["keys", "epoch"]);
        assert_eq!(
            (&told["epoch"], &told["queue_passed"]),
            (&Value::from(2), &Value::Bool(true))
        );
        let told = desk.verifier(&retire);
        assert_eq!(
            (&told["outcome"], &told["epoch"]),
            (&"destroyed".into(), &1.into())
        );
    }

    fn code(&self) -> String {
        let wanted = [
            "enroll",
            "code",
            "--station",
            STATION,
            "--by",
            "giam-doc-01",
        ];
        self.verifier(&wanted)["code"].as_str().unwrap().to_owned()
    }

    fn verifier(&self, arguments: &[&str]) -> Value {
        let (exit, told) = self.verifier_says(arguments);
        assert_eq!(exit, 0, "{arguments:?}: {told}");
        told
    }

    fn verifier_says(&self, arguments: &[&str]) -> (i32, Value) {
        let settings = self.service.settings();
        let config = ["--config", settings.to_str().unwrap()];
        json("niem-verifier", &[arguments, &config].concat())
    }
}

/// The public key's lines of a printed certificate.
fn key_of(printed: &str) -> Vec<&str> {
    let lines = printed.lines().map(str::trim);
    let lines = lines.skip_while(|line| *line != "pub:");
    lines
        .take_while(|line| !line.starts_with("ASN1 OID"))
        .collect()
}

/// A verifier that takes keys in TPMs of this maker, and on tokens.
fn verifier(makers: &Path) -> Service {
    let mut service = Service::start(&STATE.csca(), Takes::RealOnly);
    let mut settings = fs::read_to_string(service.settings()).unwrap();
    settings.push_str(&format!(
        "[enrolment]\nallow = [\"tpm\", \"token\"]\ntpm_makers = {makers:?}\n"
    ));
    fs::write(service.settings(), settings).unwrap();
    service.stop();
    service.start_again();
    service
}

#[test]
fn with_its_key_in_a_tpm() {
    if !there(&["swtpm", "swtpm_setup", "certtool", "openssl"]) {
        return;
    }
    let _turn = turn();
    let work = tempfile::tempdir().unwrap();
    let tpm = make_tpm(work.path(), "desk");
    let makers = work.path().join("believed");
    fs::create_dir(&makers).unwrap();
    fs::copy(maker_certificate(work.path()), makers.join("maker.pem")).unwrap();
    let mut service = verifier(&makers);
    let desk = NewDesk {
        folder: work.path(),
        service: &service,
    };
    desk.configure(&format!(
        "tpm = {{ tcti = {:?}, record = {:?} }}",
        tpm.tcti(),
        desk.record()
    ));
    desk.lives("1.3.6.1.4.1.32473.1.1");
    NewDesk::follows_the_epoch(work.path(), &mut service);
    tpm.stop();
}

#[test]
fn with_its_key_on_a_token() {
    if !there(&["softhsm2-util", "openssl", SOFTHSM]) {
        return;
    }
    let work = tempfile::tempdir().unwrap();
    let tokens = work.path().join("tokens");
    fs::create_dir(&tokens).unwrap();
    let settings = work.path().join("softhsm2.conf");
    let text = format!(
        "directories.tokendir = {}\nlog.level = ERROR\n",
        tokens.display()
    );
    fs::write(&settings, text).unwrap();
    run(Command::new("softhsm2-util")
        .env("SOFTHSM2_CONF", &settings)
        .args(["--init-token", "--free", "--label", "desk"])
        .args(["--pin", PIN, "--so-pin", "31415926"]));
    let makers = work.path().join("believed");
    fs::create_dir(&makers).unwrap();
    let mut service = verifier(&makers);
    let desk = NewDesk {
        folder: work.path(),
        service: &service,
    };
    desk.configure(&format!(
        "token = {{ module = {SOFTHSM:?}, token = \"desk\", pin = \"env:NIEM_DESK_PIN\", record = {:?} }}",
        desk.record()
    ));
    desk.lives("1.3.6.1.4.1.32473.1.2");
    NewDesk::follows_the_epoch(work.path(), &mut service);
}
