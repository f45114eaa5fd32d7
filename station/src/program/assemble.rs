//! From configuration to a desk: the only file that names concrete devices and keys together.

use std::path::Path;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use bundle::{FileKey, Recipients, SealingKey, StationId, VerifierPublicKey};
use emrtd::CscaTrust;
use emrtd::proof::terminal::{FileTerminal, Terminal};
use models_opencv::Format;
use scanner_drivers::Scanner;
use sealing_keys::{PlaceError, tls};
use station::answer::Trouble;
use station::booth::{self, WorkerBooth};
use station::config::{self, CameraRole, Config, DevicePlace};
use station::courier::Courier;
use station::devices::Devices;
use station::devices::camera;
use station::devices::card_reader::{HabitBook, PcscReader};
use station::devices::scanner::{self, Scanners};
use station::devices::watch::{Watched, WatchedCamera, WatchedSensor};
use station::epoch;
use station::readers::{ReaderPool, Wanted};
use station::script::PersonKey;
use station::spool::Spool;
use station::store::{self, StoreError};
use station::tickets::TicketStock;
use zeroize::Zeroizing;

use super::{beside_program, read_file};

const PERSON_WORKER: &str = "niem-person-worker";
const FINGER_WORKER: &str = "niem-finger-worker";

pub(super) fn config(path: &Path) -> Result<Config, Trouble> {
    let config: Config = config::read(path).map_err(|error| Trouble::new(error.code(), error))?;
    // Whoever may not look there is told so when they need what lies there.
    match store::check(&config.state_dir, config.practice) {
        Err(error @ StoreError::OtherKind) => Err(Trouble::new(error.code(), error)),
        _ => Ok(config),
    }
}

pub(super) fn trouble<E: std::fmt::Display>(code: &'static str) -> impl Fn(E) -> Trouble {
    move |error| Trouble::new(code, error)
}

/// Everything a visit needs; a scanner that is not there is told before anybody is asked for anything.
pub(super) fn devices(config: &Config) -> Result<Devices, Trouble> {
    let scanner = scanner::open(&config.scanner, beside_program)
        .map_err(|error| Trouble::new(error.code(), error))?;
    devices_with(config, scanner)
}

/// What is watched while the desk stands.
pub(super) fn watched(
    config: &Config,
    scanners: Scanners,
    in_use: Box<dyn Fn() -> bool + Send>,
) -> Watched {
    Watched {
        reader: config.card.reader.clone(),
        camera: WatchedCamera {
            sources: config.camera.sources(CameraRole::Face),
            allow: config.camera.allow.clone(),
            practice: config.practice,
        },
        scanners,
        sensor: sensor(config).map(|sensor| WatchedSensor {
            worker: sensor.worker,
            env: sensor.env,
            in_use,
        }),
    }
}

/// The same at a desk that stands: its scanner may be plugged in later.
pub(super) fn devices_with(config: &Config, scanner: Box<dyn Scanner>) -> Result<Devices, Trouble> {
    let readers = readers(&Wanted {
        tessdata: &config.models.tessdata,
        languages: &config.models.languages,
        models: Some(&config.models.dir),
        second_opinion: config.models.second_opinion,
    })?;
    let mut booth = WorkerBooth::new(beside_program(PERSON_WORKER), booth_setup(config)?);
    // Models that do not load are told before anybody sits down.
    booth
        .start()
        .map_err(|stop| Trouble::new(stop.code, PERSON_WORKER))?;
    Ok(Devices {
        card_reader: Box::new(
            PcscReader::new(
                &config.card.reader,
                Duration::from_millis(config.card.wait_ms),
            )
            .with_book(HabitBook::open(&config.state_dir.join("card-kinds.json"))),
        ),
        booth: Box::new(booth),
        scanner,
        scanner_simulated: config.scanner.simulated,
        scan_dpi: config.scanner.dpi,
        readers: readers.lend(),
    })
}

/// What the person worker needs to know. A camera that is there and may not be used is refused before anybody sits down;
/// one that is not there yet is waited for when it is wanted.
fn booth_setup(config: &Config) -> Result<booth::Setup, Trouble> {
    let sources = config.camera.sources(CameraRole::Face);
    if sources.is_empty() {
        return Err(Trouble::new("config.invalid", "camera.source"));
    }
    let mut refused = None;
    let usable = sources.iter().any(|source| {
        // One that is not plugged in is waited for.
        let found = camera::look_up(source).map_or(camera::Identity::Absent, |it| it.identity());
        let admitted = camera::admit(&found, &config.camera.allow, config.practice);
        refused = refused.or(admitted.err());
        admitted.is_ok()
    });
    if let Some(error) = refused.filter(|_| !usable) {
        return Err(Trouble::new(error.code(), error));
    }
    for format in &config.camera.formats {
        let _: Format = format.parse().map_err(trouble("config.invalid"))?;
    }
    Ok(booth::Setup {
        models: config.models.dir.clone(),
        camera: booth::CameraSetup {
            sources,
            allow: config.camera.allow.clone(),
            practice: config.practice,
            formats: config.camera.formats.clone(),
        },
        sensor: sensor(config),
    })
}

fn sensor(config: &Config) -> Option<booth::SensorSetup> {
    let finger = config.finger.as_ref()?;
    Some(booth::SensorSetup {
        worker: finger
            .worker
            .clone()
            .unwrap_or_else(|| beside_program(FINGER_WORKER)),
        env: pairs(&finger.env),
        wait_ms: finger.wait_ms,
    })
}

/// What reads pages, for the commands and the desk alike.
pub(super) fn readers(wanted: &Wanted<'_>) -> Result<Arc<ReaderPool>, Trouble> {
    ReaderPool::find(wanted).map_err(|error| Trouble::new(error.code(), error))
}

fn pairs(env: &std::collections::BTreeMap<String, String>) -> Vec<(String, String)> {
    env.iter()
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect()
}

/// The terminal that cards open their fingers to, where the desk has one.
pub(super) fn terminal(
    files: Option<(&Path, &Path)>,
) -> Result<Option<Arc<dyn Terminal>>, Trouble> {
    let Some((certificates, key)) = files else {
        return Ok(None);
    };
    let terminal = FileTerminal::new(&read_file(key)?, &read_file(certificates)?)
        .map_err(|error| Trouble::new(error.code(), error))?;
    Ok(Some(Arc::new(terminal)))
}

pub(super) fn trust(config: &Config) -> Result<CscaTrust, Trouble> {
    CscaTrust::load_dir(&config.trust.csca).map_err(|error| Trouble::new(error.code(), error))
}

pub(super) fn station_id(config: &Config) -> Result<StationId, Trouble> {
    StationId::new(config.station.clone()).map_err(trouble("config.invalid"))
}

/// The desk's key, where the settings say that it lies. It is opened once a run: a PIN is asked for once.
pub(super) fn device_key(config: &Config) -> Result<Arc<dyn SealingKey>, Trouble> {
    static OPENED: OnceLock<Arc<dyn SealingKey>> = OnceLock::new();
    if let Some(key) = OPENED.get() {
        return Ok(key.clone());
    }
    let place = config
        .keys
        .device()
        .ok_or_else(|| Trouble::new("config.invalid", "keys: tpm, token or device_key"))?;
    let key: Arc<dyn SealingKey> = match place {
        DevicePlace::Tpm(tpm) => Arc::new(tpm.open().map_err(key_trouble)?),
        DevicePlace::Token(token) => Arc::new(token.open().map_err(key_trouble)?),
        DevicePlace::File { key, certificate } => Arc::new(file_key(config, key, certificate)?),
    };
    Ok(OPENED.get_or_init(|| key).clone())
}

/// What a visit under way is kept under against a power cut (ADR 16): follows from a key that this program can read. A TPM
/// or token only signs; nothing is kept then.
pub(super) fn kept_secret(config: &Config) -> Option<Zeroizing<Vec<u8>>> {
    match config.keys.device() {
        Some(DevicePlace::File { key, .. }) if config.keys.insecure_file_key => {
            read_file(key).ok().map(Zeroizing::new)
        }
        _ => None,
    }
}

/// The key of a person: on their own token, or, where the settings allow it, in a file.
pub(super) fn person_key(
    config: &Config,
    place: PersonKey<'_>,
) -> Result<Box<dyn SealingKey>, Trouble> {
    Ok(match place {
        PersonKey::Token(token) => Box::new(token.open().map_err(key_trouble)?),
        PersonKey::File { key, certificate } => Box::new(file_key(config, key, certificate)?),
        PersonKey::Unsaid => return Err(Trouble::new("config.invalid", "token, or key and cert")),
    })
}

/// D5: a key in a file only where the configuration says so in plain words.
fn file_key(config: &Config, key: &Path, certificate: &Path) -> Result<FileKey, Trouble> {
    if !config.keys.insecure_file_key {
        return Err(key_trouble(PlaceError::FileNotAllowed));
    }
    FileKey::load(key, certificate).map_err(|error| Trouble::new(error.code(), error))
}

pub(super) fn key_trouble(error: PlaceError) -> Trouble {
    Trouble::new(error.code(), error)
}

pub(super) fn verifier_key(config: &Config) -> Result<VerifierPublicKey, Trouble> {
    let pem = read_file(&config.verifier.receipt_key)?;
    VerifierPublicKey::from_pem(&pem).map_err(|error| Trouble::new(error.code(), error))
}

/// To whom to seal now: the installed keys, or the verifier's newer one by its signed notice.
pub(super) fn recipients(config: &Config) -> Result<Recipients, Trouble> {
    let verifier = verifier_key(config)?;
    epoch::recipients(&config.state_dir, &verifier, installed_recipients(config)?)
        .map_err(|error| Trouble::new(error.code(), error))
}

pub(super) fn installed_recipients(config: &Config) -> Result<Recipients, Trouble> {
    let text = read_file(&config.verifier.recipients)?;
    Recipients::from_lines(&String::from_utf8_lossy(&text))
        .map_err(|error| Trouble::new(error.code(), error))
}

pub(super) fn courier(config: &Config) -> Result<Courier, Trouble> {
    let ca = read_file(&config.verifier.ca)?;
    let tls = tls::client_config(&ca, Some(device_key(config)?)).map_err(key_trouble)?;
    Courier::with_tls(&config.verifier.url, tls).map_err(|error| Trouble::new(error.code(), error))
}

pub(super) fn spool(config: &Config) -> Result<Spool, Trouble> {
    store::claim(&config.state_dir, config.practice)
        .map_err(|error| Trouble::new(error.code(), error))?;
    Spool::open(&config.state_dir.join("spool")).map_err(|error| Trouble::new(error.code(), error))
}

pub(super) fn tickets(config: &Config) -> Result<TicketStock, Trouble> {
    TicketStock::open(
        &config.state_dir.join("tickets"),
        station_id(config)?,
        verifier_key(config)?,
    )
    .map_err(|error| Trouble::new(error.code(), error))
}

/// The one place where the program waits for the network.
pub(super) fn runtime() -> Result<tokio::runtime::Runtime, Trouble> {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(trouble("courier.setup"))
}
