//! From configuration to a desk: the only file that names concrete devices and keys together.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use bundle::{FileKey, Recipients, StationId, VerifierPublicKey};
use emrtd::CscaTrust;
use emrtd::proof::terminal::{FileTerminal, Terminal};
use models_opencv::Format;
use station::answer::Trouble;
use station::booth::{self, WorkerBooth};
use station::config::{self, CameraRole, Config};
use station::courier::{Courier, Credentials};
use station::devices::camera;
use station::devices::card_reader::{HabitBook, PcscReader};
use station::devices::{Devices, scanner};
use station::readers::{ReaderPool, Wanted};
use station::spool::Spool;
use station::tickets::TicketStock;

use super::{beside_program, read_file};

const PERSON_WORKER: &str = "niem-person-worker";
const FINGER_WORKER: &str = "niem-finger-worker";

pub(super) fn config(path: &Path) -> Result<Config, Trouble> {
    config::read(path).map_err(|error| Trouble::new(error.code(), error))
}

pub(super) fn trouble<E: std::fmt::Display>(code: &'static str) -> impl Fn(E) -> Trouble {
    move |error| Trouble::new(code, error)
}

pub(super) fn devices(config: &Config) -> Result<Devices, Trouble> {
    let readers = readers(&Wanted {
        tessdata: &config.models.tessdata,
        languages: &config.models.languages,
        models: Some(&config.models.dir),
        second_opinion: config.models.second_opinion,
    })?;
    let scanner = scanner::open(&config.scanner, beside_program)
        .map_err(|error| Trouble::new(error.code(), error))?;
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
    let sensor = config.finger.as_ref().map(|finger| booth::SensorSetup {
        worker: finger
            .worker
            .clone()
            .unwrap_or_else(|| beside_program(FINGER_WORKER)),
        env: pairs(&finger.env),
        wait_ms: finger.wait_ms,
    });
    Ok(booth::Setup {
        models: config.models.dir.clone(),
        camera: booth::CameraSetup {
            sources,
            allow: config.camera.allow.clone(),
            practice: config.practice,
            formats: config.camera.formats.clone(),
        },
        sensor,
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

/// D5: a key in a file only where the configuration says so in plain words.
pub(super) fn device_key(config: &Config) -> Result<FileKey, Trouble> {
    if !config.keys.insecure_file_key {
        return Err(Trouble::new("config.invalid", "keys.insecure_file_key"));
    }
    file_key(&config.keys.device_key, &config.keys.device_cert)
}

pub(super) fn file_key(key: &Path, cert: &Path) -> Result<FileKey, Trouble> {
    FileKey::load(key, cert).map_err(|error| Trouble::new(error.code(), error))
}

pub(super) fn verifier_key(config: &Config) -> Result<VerifierPublicKey, Trouble> {
    let pem = read_file(&config.verifier.receipt_key)?;
    VerifierPublicKey::from_pem(&pem).map_err(|error| Trouble::new(error.code(), error))
}

pub(super) fn recipients(config: &Config) -> Result<Recipients, Trouble> {
    let text = read_file(&config.verifier.recipients)?;
    Recipients::from_lines(&String::from_utf8_lossy(&text))
        .map_err(|error| Trouble::new(error.code(), error))
}

pub(super) fn courier(config: &Config) -> Result<Courier, Trouble> {
    let mut identity = read_file(&config.keys.device_cert)?;
    identity.extend(read_file(&config.keys.device_key)?);
    Courier::new(&Credentials {
        url: &config.verifier.url,
        ca_pem: &read_file(&config.verifier.ca)?,
        identity_pem: &identity,
    })
    .map_err(|error| Trouble::new(error.code(), error))
}

pub(super) fn spool(config: &Config) -> Result<Spool, Trouble> {
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
