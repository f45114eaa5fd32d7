//! A desk for one journey: its own keys enrolled with the journey's verifier, the specimen card
//! on a simulated reader, and every other device real but for its hardware.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use bundle::{
    BundleDigest, FileKey, MatchOutcome, OperatorId, Recipients, Role, SightingReason, StationId,
    VerifierPublicKey, VisitId,
};
use emrtd::CscaTrust;
use emrtd::simulator::Applet;
use finger_worker::{FingerPixels, virtual_image};
use jiff::Timestamp;
use models::LivenessEngine;
use station::booth::{CameraSetup, LocalBooth, SensorSetup, Setup, WorkerBooth};
use station::courier::{Courier, CourierError, Credentials, Outcome, Round};
use station::desk::{Desk, Official, Step, VisitEnd};
use station::devices::card_reader::SimulatedReader;
use station::devices::finger_sensor::LibfprintSensor;
use station::devices::{Camera, Devices, scanner};
use station::people::People;
use station::readers::{ReaderPool, Wanted};
use station::script::Script;
use station::spool::Spool;
use station::tickets::TicketStock;
use station::visit::{ForWhom, Opening, Plan};
use tempfile::TempDir;

use super::programs::{built, json, models_dir};
use super::service::Service;
use crate::specimen::state::State;

pub const STATION: &str = "tram-thu-01";
pub const OPERATOR: &str = "can-bo-thu";

pub struct TestDesk {
    pub folder: TempDir,
    pub spool: Spool,
    pub tickets: TicketStock,
    pub courier: Courier,
    pub verifier_key: VerifierPublicKey,
    pub trust: CscaTrust,
    device_key: FileKey,
    operator_key: FileKey,
    role: Role,
    recipients: Recipients,
    runtime: tokio::runtime::Runtime,
}

impl TestDesk {
    /// Enrols a desk and one operator with the verifier.
    ///
    /// # Panics
    /// When any step fails: there is no journey then.
    #[must_use]
    pub fn enrol(service: &Service, state: &State, role: Role) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let keys = folder.path().join("keys");
        let device = enrolled(service, &keys, STATION, &["--station", STATION]);
        let operator = enrolled(
            service,
            &keys,
            OPERATOR,
            &["--operator", OPERATOR, "--role", role.as_str()],
        );
        let verifier_key = VerifierPublicKey::load(&service.public("receipt.pub.pem"))
            .expect("the verifier's key");
        let station = StationId::new(STATION).expect("a station id");
        let mut identity = fs::read(&device.1).expect("the certificate");
        identity.extend(fs::read(&device.0).expect("the key"));
        let courier = Courier::new(&Credentials {
            url: &service.url(),
            ca_pem: &fs::read(service.public("server-ca.pem")).expect("the CA"),
            identity_pem: &identity,
        })
        .expect("a courier");
        let recipients = fs::read_to_string(service.public("recipients.txt")).expect("recipients");
        Self {
            spool: Spool::open(&folder.path().join("spool")).expect("a spool"),
            tickets: TicketStock::open(&folder.path().join("tickets"), station, verifier_key)
                .expect("tickets"),
            courier,
            verifier_key,
            trust: CscaTrust::load_dir(state.csca()).expect("the specimen country"),
            device_key: FileKey::load(&device.0, &device.1).expect("the device key"),
            operator_key: FileKey::load(&operator.0, &operator.1).expect("the operator key"),
            role,
            recipients: Recipients::from_lines(&recipients).expect("recipients"),
            runtime: tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .expect("a runtime"),
            folder,
        }
    }

    /// Fetches tickets while the line is up.
    ///
    /// # Panics
    /// When the verifier gives none.
    pub fn fetch_tickets(&self, count: u32) {
        let fetched = self
            .runtime
            .block_on(self.courier.tickets(count))
            .expect("tickets");
        self.tickets
            .add(fetched, Timestamp::now())
            .expect("a stock");
    }

    /// Runs one visit to its end.
    ///
    /// # Panics
    /// When there is no ticket in stock.
    pub fn visit(&self, devices: &mut Devices, script: &Script) -> VisitEnd {
        self.watched_visit(devices, script, &mut |_| ())
    }

    /// The same for whoever watches what happens.
    ///
    /// # Panics
    /// When there is no ticket in stock.
    pub fn watched_visit(
        &self,
        devices: &mut Devices,
        script: &Script,
        watch: &mut dyn FnMut(Step),
    ) -> VisitEnd {
        self.visit_with_officials(devices, script, &[], watch)
    }

    /// The same with officials who can be called.
    ///
    /// # Panics
    /// When there is no ticket in stock.
    pub fn visit_with_officials(
        &self,
        devices: &mut Devices,
        script: &Script,
        officials: &[Official],
        watch: &mut dyn FnMut(Step),
    ) -> VisitEnd {
        self.played(devices, &mut script.played(officials), script.whom(), watch)
    }

    /// The same with people who answer by themselves.
    ///
    /// # Panics
    /// When there is no ticket in stock.
    pub fn attended_visit(
        &self,
        devices: &mut Devices,
        people: &mut dyn People,
        watch: &mut dyn FnMut(Step),
    ) -> VisitEnd {
        self.played(devices, people, ForWhom::Holder, watch)
    }

    fn played(
        &self,
        devices: &mut Devices,
        people: &mut dyn People,
        whom: ForWhom,
        watch: &mut dyn FnMut(Step),
    ) -> VisitEnd {
        let now = Timestamp::now();
        let opening = Opening {
            visit: VisitId::at(now),
            ticket: self.tickets.take(now).expect("a ticket in stock"),
            station: StationId::new(STATION).expect("a station id"),
            operator: OperatorId::new(OPERATOR).expect("an operator id"),
            role: self.role,
            practice: true,
            opened_at: now,
            plan: Plan {
                lang: "vi".into(),
                card_tries: 3,
                whom,
            },
        };
        let mut desk = Desk {
            devices,
            trust: &self.trust,
            spool: &self.spool,
            device_key: &self.device_key,
            operator_key: &self.operator_key,
            recipients: &self.recipients,
            allow_bac: false,
            terminal: None,
            keeper: None,
            now: &Timestamp::now,
        };
        desk.run(opening, people, watch)
    }

    /// An official of the verifier's authority, with a key of their own, who finds this.
    ///
    /// # Panics
    /// When they cannot be enrolled.
    #[must_use]
    pub fn official(
        &self,
        service: &Service,
        id: &str,
        role: Role,
        finds: MatchOutcome,
    ) -> Official {
        let keys = self.folder.path().join("keys");
        let who = ["--operator", id, "--role", role.as_str()];
        let (key, cert) = enrolled(service, &keys, id, &who);
        Official {
            id: OperatorId::new(id).expect("an operator id"),
            role,
            key: Arc::new(FileKey::load(&key, &cert).expect("the official's key")),
            finds,
            reason: SightingReason::Unclear,
        }
    }

    /// Delivers one bundle and lets go of it, as the station's courier does.
    ///
    /// # Errors
    /// What the courier met.
    pub fn push(&self, digest: BundleDigest) -> Result<bundle::Receipt, CourierError> {
        let sealed = self.spool.load(digest).expect("a waiting bundle");
        let signed = self.runtime.block_on(self.courier.deliver(&sealed))?;
        Ok(self
            .spool
            .forget(digest, &signed, &self.verifier_key)
            .expect("the verifier's own receipt"))
    }

    /// One round of the courier over everything that waits, or that is due.
    ///
    /// # Panics
    /// When the spool cannot be listed.
    pub fn push_all(&self, only_due: bool) -> Vec<(BundleDigest, Outcome)> {
        let mut ended = Vec::new();
        let mut round = Round {
            spool: &self.spool,
            courier: &self.courier,
            verifier: &self.verifier_key,
            now: &Timestamp::now,
            jitter: &mut || 0,
        };
        let mut told = |digest, _, outcome| ended.push((digest, outcome));
        self.runtime
            .block_on(round.run(only_due, &mut told))
            .expect("the spool is listed");
        ended
    }

    /// The desk after it was switched off and on: what is on its disk is what it knows.
    ///
    /// # Panics
    /// When its spool does not open.
    #[must_use]
    pub fn started_again(self) -> Self {
        let Self { spool, folder, .. } = self;
        drop(spool);
        Self {
            spool: Spool::open(&folder.path().join("spool")).expect("the spool"),
            folder,
            ..self
        }
    }

    /// Delivers a bundle from a folder beside the spool: the same bundle once more.
    ///
    /// # Errors
    /// What the courier met.
    pub fn deliver_again(&self, folder: &Path) -> Result<bundle::SignedReceipt, CourierError> {
        let sealed = bundle::SealedBundle::load(folder).expect("a sealed bundle");
        self.runtime.block_on(self.courier.deliver(&sealed))
    }

    /// Every file under the desk's folder but its keys, for searching what must not be there.
    #[must_use]
    pub fn everything_on_disk(&self) -> Vec<(PathBuf, Vec<u8>)> {
        let mut found = Vec::new();
        collect(self.folder.path(), &mut found);
        found
    }
}

fn collect(folder: &Path, found: &mut Vec<(PathBuf, Vec<u8>)>) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        if entry.path().is_dir() {
            collect(&entry.path(), found);
        } else {
            found.push((entry.path(), fs::read(entry.path()).unwrap_or_default()));
        }
    }
}

/// Key and certificate, made and signed by the commands a real province would use.
fn enrolled(service: &Service, keys: &Path, name: &str, who: &[&str]) -> (PathBuf, PathBuf) {
    let text = |path: &Path| path.to_str().expect("UTF-8").to_owned();
    let (exit, told) = json(
        "niem-station",
        &[
            "keys",
            "init",
            name,
            "--insecure-file-key",
            "--dir",
            &text(keys),
        ],
    );
    assert_eq!(exit, 0, "{told}");
    let cert = keys.join(format!("{name}.cert.pem"));
    let csr = text(&keys.join(format!("{name}.csr.pem")));
    let mut arguments = vec!["enroll"];
    arguments.extend(who);
    let (out, folder) = (text(&cert), text(&service.keys()));
    arguments.extend(["--csr", &csr, "--out", &out, "--keys", &folder]);
    let (exit, told) = json("niem-verifier", &arguments);
    assert_eq!(exit, 0, "{told}");
    (keys.join(format!("{name}.key.pem")), cert)
}

/// The devices of one journey. Ends the feeding of the finger sensor when dropped.
pub struct Bench {
    pub devices: Devices,
    stop: Arc<AtomicBool>,
    feeder: Option<JoinHandle<()>>,
    folder: TempDir,
    setup: Setup,
}

impl Bench {
    /// `cards` is asked each time a card should be on the reader.
    ///
    /// # Panics
    /// When a driver or a model is missing: `cargo xtask test` installs them.
    #[must_use]
    pub fn set_up(
        state: &State,
        face: &str,
        cards: impl FnMut() -> Option<Applet> + Send + 'static,
    ) -> Self {
        let mut bench = Self::without_finger(state, face, cards);
        let (socket, stop) = (bench.finger_socket(), bench.stop.clone());
        let image = state.finger();
        bench.feeder = Some(std::thread::spawn(move || {
            feed_finger(&socket, &image, &stop);
        }));
        bench
    }

    /// The socket on which libfprint's virtual sensor listens while a capture is under way.
    #[must_use]
    pub fn finger_socket(&self) -> PathBuf {
        self.folder.path().join("finger.sock")
    }

    /// The same with nobody who lays a finger on the sensor.
    ///
    /// # Panics
    /// When a driver or a model is missing.
    #[must_use]
    pub fn without_finger(
        state: &State,
        face: &str,
        cards: impl FnMut() -> Option<Applet> + Send + 'static,
    ) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let socket = folder.path().join("finger.sock");
        let path = |path: &Path| path.to_str().expect("UTF-8").to_owned();
        let setup = Setup {
            models: models_dir(),
            camera: CameraSetup {
                sources: vec![path(&state.frames(face))],
                allow: Vec::new(),
                practice: true,
                formats: Vec::new(),
            },
            sensor: Some(SensorSetup {
                worker: built("niem-finger-worker"),
                env: vec![("FP_VIRTUAL_IMAGE".into(), path(&socket))],
                wait_ms: 20_000,
            }),
        };
        let sane = vec![(
            "SANE_CONFIG_DIR".to_owned(),
            state.sane().to_str().expect("UTF-8").to_owned(),
        )];
        let readers = ReaderPool::find(&Wanted {
            tessdata: &crate::specimen::state::tessdata(),
            languages: "vie",
            models: Some(&models_dir()),
            second_opinion: true,
        })
        .expect("the readers");
        let devices = Devices {
            card_reader: Box::new(SimulatedReader::new(cards)),
            booth: Box::new(WorkerBooth::new(built("niem-person-worker"), setup.clone())),
            scanner: scanner::find(built("niem-sane-worker"), sane, "pnm:0")
                .expect("SANE's pnm backend"),
            scanner_simulated: true,
            scan_dpi: 300,
            readers: readers.lend(),
        };
        Self {
            devices,
            stop: Arc::new(AtomicBool::new(false)),
            feeder: None,
            folder,
            setup,
        }
    }

    /// Looks at the person in this process, through a camera of the journey's own.
    ///
    /// # Panics
    /// When the models are missing.
    pub fn look_here(
        &mut self,
        camera: Box<dyn Camera>,
        liveness: Option<Box<dyn LivenessEngine>>,
    ) {
        let manifest = models::Manifest::load(models_dir()).expect("models.toml");
        let face = models_opencv::SFace::load(&manifest).expect("the face models");
        let sensor = self.setup.sensor.as_ref().expect("the rig has a sensor");
        let wait = Duration::from_millis(sensor.wait_ms);
        let sensor = LibfprintSensor::new(sensor.worker.clone(), sensor.env.clone(), wait);
        self.devices.booth = Box::new(LocalBooth {
            camera,
            face: Box::new(face),
            liveness,
            finger: Some((
                Box::new(sensor),
                Box::new(models::MinutiaeEngine::default()),
            )),
        });
    }

    /// How the person worker of this bench is set up.
    #[must_use]
    pub fn setup(&self) -> &Setup {
        &self.setup
    }

    /// Lets another film play the camera.
    ///
    /// # Panics
    /// When its path is not UTF-8.
    pub fn film(&mut self, source: &Path) {
        self.setup.camera.sources = vec![source.to_str().expect("UTF-8").to_owned()];
        let booth = WorkerBooth::new(built("niem-person-worker"), self.setup.clone());
        self.devices.booth = Box::new(booth);
    }
}

impl Drop for Bench {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::SeqCst);
        if let Some(feeder) = self.feeder.take() {
            let _ = feeder.join();
        }
    }
}

/// Lays the same finger down whenever the sensor listens.
pub fn feed_finger(socket: &Path, image: &Path, stop: &AtomicBool) {
    let print = models::FingerImage::decode(&fs::read(image).expect("the specimen finger"), 500)
        .expect("a print");
    let pixels = FingerPixels::new(print.width(), print.height(), print.pixels().to_vec())
        .expect("a picture");
    while !stop.load(Ordering::SeqCst) {
        let fed = virtual_image::feed(socket, &pixels);
        let pause = if fed.is_ok() { 500 } else { 50 };
        std::thread::sleep(Duration::from_millis(pause));
    }
}
