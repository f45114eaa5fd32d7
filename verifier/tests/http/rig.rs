//! A verifier in a folder of its own, a small public-key infrastructure, and one country that issues cards.

use std::io::Write;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, Once};

use access_tokens::SigningKey as _;
use bundle::{FileKey, Recipients, VerifierPublicKey};
use emrtd::simulator::issuer::{IssuerOptions, SpecimenIssuer};
use jiff::Timestamp;
use rand_core::{OsRng, TryRngCore};
use verifier::access::Scope;
use verifier::enroll::Subject;
use verifier::roster::Integrator;
use verifier::{Config, KeyFolder, Running};

use crate::client::Client;
use crate::holder::{self, Holder};

/// What the rig's integrators look for, unless a test says otherwise.
pub const PURPOSE: &str = "one-stop service";

pub struct Rig {
    pub place: tempfile::TempDir,
    pub keys: KeyFolder,
    pub issuer: SpecimenIssuer,
    pub running: Option<Running>,
    /// An integrator that may find and read wallets and papers.
    one_stop: Arc<Holder>,
    /// One that may read journals and nothing else.
    keeper: Arc<Holder>,
}

/// Somebody with a key and a certificate.
pub struct Signer {
    pub certificate: String,
    pub key: String,
}

impl Signer {
    pub fn sealing(&self) -> FileKey {
        FileKey::from_pem(self.key.as_bytes(), self.certificate.as_bytes()).unwrap()
    }
}

impl Rig {
    /// `more` is added to the settings.
    pub fn new(more: &str) -> Self {
        capture_logs();
        let place = tempfile::tempdir().unwrap();
        let keys = KeyFolder::new(place.path().join("keys"));
        keys.init(
            "niem.example/test",
            &["localhost".to_owned()],
            jiff::Zoned::now().date(),
        )
        .unwrap();
        let year_ago = Timestamp::now()
            .checked_sub(jiff::SignedDuration::from_hours(24 * 365))
            .unwrap();
        let issuer =
            SpecimenIssuer::new(&IssuerOptions::utopia(year_ago), &mut OsRng.unwrap_err()).unwrap();
        std::fs::create_dir(place.path().join("csca")).unwrap();
        std::fs::write(place.path().join("csca/utopia.cer"), issuer.csca_der()).unwrap();
        std::fs::create_dir(place.path().join("signers")).unwrap();
        let settings = format!(
            "listen = '127.0.0.1:0'\ndata = 'data'\nkeys = 'keys'\ncsca_trust = 'csca'\n{more}\n"
        );
        let holder = |name, purpose| {
            Arc::new(Holder::new(
                name,
                holder::signer(&holder::new_key()),
                Some(purpose),
            ))
        };
        let one_stop = holder("one-stop", PURPOSE);
        let keeper = holder("keeper", "reads it out to the citizen");
        std::fs::write(place.path().join("verifier.toml"), settings).unwrap();
        let mut rig = Self {
            place,
            keys,
            issuer,
            running: None,
            one_stop: one_stop.clone(),
            keeper: keeper.clone(),
        };
        let purposes = [PURPOSE, "cấp đổi giấy khai sinh"];
        let scopes = [Scope::WalletsFind, Scope::WalletsRead, Scope::DocumentsRead];
        rig.register(&one_stop, &scopes, &purposes);
        rig.register(
            &keeper,
            &[Scope::JournalRead],
            &["reads it out to the citizen"],
        );
        rig.restart();
        rig
    }

    /// Stops the service and starts it again over the same store.
    pub fn restart(&mut self) {
        if let Some(running) = self.running.take() {
            running.shutdown();
        }
        let config = Config::load(&self.place.path().join("verifier.toml")).unwrap();
        self.running = Some(verifier::serve(config).unwrap());
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.place.path().join(name)
    }

    pub fn public(&self, file: &str) -> String {
        std::fs::read_to_string(self.keys.public().join(file)).unwrap()
    }

    pub fn recipients(&self) -> Recipients {
        Recipients::load(&self.keys.public().join("recipients.txt")).unwrap()
    }

    pub fn receipt_key(&self) -> VerifierPublicKey {
        VerifierPublicKey::load(&self.keys.public().join("receipt.pub.pem")).unwrap()
    }

    pub fn station(&self, id: &str) -> Signer {
        self.enroll(&Subject::Station { id: id.to_owned() })
    }

    pub fn operator(&self, id: &str, role: &str) -> Signer {
        self.enroll(&Subject::Operator {
            id: id.to_owned(),
            role: role.to_owned(),
        })
    }

    fn enroll(&self, subject: &Subject) -> Signer {
        let key = rcgen::KeyPair::generate().unwrap();
        let csr = rcgen::CertificateParams::default()
            .serialize_request(&key)
            .unwrap()
            .pem()
            .unwrap();
        let authority = self.keys.station_authority().unwrap();
        let certificate = authority
            .enroll(subject, &csr, jiff::Zoned::now().date())
            .unwrap();
        Signer {
            certificate,
            key: key.serialize_pem(),
        }
    }

    pub fn stranger(&self) -> Client {
        self.client(None)
    }

    pub fn client(&self, signer: Option<&Signer>) -> Client {
        let addr = self.running.as_ref().unwrap().addr();
        let identity = signer.map(|signer| (signer.certificate.as_str(), signer.key.as_str()));
        Client::new(addr, &self.public("server-ca.pem"), identity)
    }

    pub fn reader(&self) -> Client {
        self.stranger().held_by(&self.one_stop)
    }

    pub fn keeper(&self) -> Client {
        self.stranger().held_by(&self.keeper)
    }

    pub fn roster(&self) -> verifier::Roster {
        verifier::Roster::open(&self.path("data")).unwrap()
    }

    /// Makes an integrator known.
    pub fn register(&self, holder: &Holder, scopes: &[Scope], purposes: &[&str]) {
        let purposes = purposes.iter().map(|text| (*text).to_owned()).collect();
        let (key, now) = (holder.key.public(), Timestamp::now());
        let integrator =
            Integrator::new(&holder.client, key, scopes.to_vec(), purposes, "gd-01", now).unwrap();
        self.roster().add_integrator(&integrator).unwrap();
    }

    /// An official whose certificate the roster knows, at work with the key in it.
    pub fn official(&self, id: &str, role: &str) -> Arc<Holder> {
        let signer = self.operator(id, role);
        let authority = self.keys.public().join("station-ca.pem");
        let stations = bundle::StationTrust::load(&authority).unwrap();
        self.roster()
            .know_official(&signer.certificate, &stations, "gd-01", Timestamp::now())
            .unwrap();
        let client = format!("operator:{id}");
        let key = holder::signer(&signer.key);
        Arc::new(Holder::new(&client, key, Some("theo đơn của công dân")))
    }
}

static LOGS: Mutex<Vec<u8>> = Mutex::new(Vec::new());

/// Everything that any test in this program has logged so far, down to the debug level.
pub fn logs() -> String {
    String::from_utf8(LOGS.lock().unwrap().clone()).unwrap()
}

/// Writes into [`LOGS`].
struct Sink;

impl Write for Sink {
    fn write(&mut self, line: &[u8]) -> std::io::Result<usize> {
        LOGS.lock().unwrap().extend_from_slice(line);
        Ok(line.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

fn capture_logs() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        tracing_subscriber::fmt()
            .with_max_level(tracing::Level::DEBUG)
            .with_ansi(false)
            .with_writer(|| Sink)
            .init();
    });
}
