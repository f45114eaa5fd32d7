//! `serve`: the whole desk behind its own screens, until somebody ends the program.

mod courier;
mod reception;
mod resume;
mod shift;

use std::io::IsTerminal as _;
use std::net::{Ipv4Addr, TcpListener};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use clap::Args;
use jiff::Timestamp;
use screens::{Keys, Limits, Place, Screens, Side, Site, Window};
use serde_json::json;
use station::answer::{Answer, Trouble};
use station::config::{Config, ScreensConfig};
use station::devices::camera::Look;
use station::devices::scanner::Scanners;
use station::devices::watch::{Pace, Watch};
use station::shifts::Shifts;
use station::sign_in::SignIn;
use station::speech::EspeakNg;
use zeroize::Zeroizing;

use super::diagnose::Examiner;
use super::{Told, assemble, beside_program};

#[derive(Args)]
pub(crate) struct ServeArguments {
    #[arg(long, default_value = "station.toml")]
    config: PathBuf,
    /// Written, with the two addresses, once the screens can be opened. They let whoever reads them in: keep it private.
    #[arg(long)]
    ready_file: Option<PathBuf>,
}

/// Debian's name of the program that speaks.
pub(super) const VOICE: &str = "espeak-ng";

/// The windows' keys, so that a window stays paired when the desk restarts.
const KEYS_FILE: &str = "screens.keys";

pub(crate) fn run(arguments: &ServeArguments) -> Told {
    let config = assemble::config(&arguments.config)?;
    let Some(wanted) = config.screens.clone() else {
        return Err(Trouble::new("config.invalid", "screens"));
    };
    // First: it makes the state's folder.
    let spool = Arc::new(assemble::spool(&config)?);
    let verifier = assemble::verifier_key(&config)?;
    let sign_in = SignIn::open(&wanted.duty, &config.state_dir, &verifier, Timestamp::now())
        .map_err(|error| Trouble::new(error.code(), error))?;
    let shifts = Shifts::open(&config.state_dir, config.practice, Timestamp::now())
        .map_err(assemble::trouble("store.disk"))?;
    let keys = keys(&config.state_dir.join(KEYS_FILE))?;
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, wanted.port))
        .map_err(assemble::trouble("screen.port"))?;
    let port = listener
        .local_addr()
        .map_err(assemble::trouble("screen.port"))?
        .port();
    let (screens, heard) = Screens::new(site(&config, &wanted), keys.clone(), port);

    let pages = screens.clone();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .map_err(assemble::trouble("screen.port"))?;
    listener
        .set_nonblocking(true)
        .map_err(assemble::trouble("screen.port"))?;
    let listener = {
        let _inside = runtime.enter();
        tokio::net::TcpListener::from_std(listener).map_err(assemble::trouble("screen.port"))?
    };
    runtime.spawn(async move { axum::serve(listener, screens::router(pages)).await });

    let line = courier::begin(&config, spool.clone(), screens.clone())?;
    let scanners = Scanners::of(&config.scanner, beside_program);
    // A scanner that is plugged in later is found when it is wanted.
    let mut devices = assemble::devices_with(&config, scanners.open_or_wait())?;
    keep_quiet(&wanted, &screens);
    let _watch = watch(&config, scanners, &screens);
    if let Some(look) = devices.booth.preview() {
        screens.set_camera(Some(Arc::new(Mirror(Mutex::new(look)))));
    }
    screens.set_examiner(Arc::new(Examiner {
        config: config.clone(),
        spool: spool.clone(),
        screens: Arc::downgrade(&screens),
    }));
    match EspeakNg::find(Path::new(VOICE)) {
        Ok(voice) => screens.set_voice(Some(Arc::new(voice))),
        // The pages then offer no reading aloud, and the desk's diagnostics say so.
        Err(error) => tracing::warn!(code = error.code(), "nothing is read aloud"),
    }
    tell(arguments, &keys, port)?;
    shift::Shift {
        config: &config,
        wanted: &wanted,
        screens: &screens,
        heard: &heard,
        spool: &spool,
        reception: reception::Reception {
            config: &config,
            wanted: &wanted,
            sign_in,
        },
        shifts,
        line,
    }
    .run(&mut devices)?;
    Ok(Answer::ok(json!({ "outcome": "ended" }), ""))
}

fn site(config: &Config, wanted: &ScreensConfig) -> Site {
    Site {
        centre: wanted.centre.clone(),
        station: config.station.clone(),
        hotline: wanted.hotline.clone(),
        practice: config.practice,
        practice_can: wanted.lesson.can.clone().filter(|_| config.practice),
    }
}

/// Covers and locks what nobody touches, for as long as there are screens.
fn keep_quiet(wanted: &ScreensConfig, screens: &Arc<Screens>) {
    let limits = Limits {
        operator: Duration::from_secs(wanted.lock_after_s),
        citizen: Duration::from_secs(wanted.citizen_quiet_s),
    };
    let screens = Arc::downgrade(screens);
    std::thread::spawn(move || {
        while let Some(screens) = screens.upgrade() {
            screens.keep_quiet(limits, Instant::now());
            drop(screens);
            std::thread::sleep(Duration::from_secs(1));
        }
    });
}

/// Keeps the devices' states true on the operator's page.
fn watch(config: &Config, scanners: Scanners, screens: &Arc<Screens>) -> Watch {
    let fingers = screens.clone();
    let in_use = Box::new(move || matches!(fingers.board().place, Place::Finger(_)));
    let watched = assemble::watched(config, scanners, in_use);
    let screens = screens.clone();
    let pace = Pace::default();
    Watch::begin(
        watched,
        pace,
        Arc::new(move |view| screens.show_device(view)),
    )
}

/// Where the screens are, for whoever starts the two windows.
fn tell(arguments: &ServeArguments, keys: &Keys, port: u16) -> Result<(), Trouble> {
    let address = |side| format!("http://127.0.0.1:{port}{}", keys.path(side));
    let (operator, citizen) = (address(Side::Operator), address(Side::Citizen));
    // Said to a person alone: a log would keep what lets anybody in.
    if std::io::stderr().is_terminal() {
        eprintln!("Màn hình cán bộ · Operator's page:     {operator}");
        eprintln!("Màn hình người dân · Citizen's display: {citizen}");
    }
    if let Some(path) = &arguments.ready_file {
        let text = format!("{operator}\n{citizen}\n");
        private(path, &text).map_err(assemble::trouble("screen.port"))?;
    }
    Ok(())
}

fn keys(file: &Path) -> Result<Keys, Trouble> {
    if let Some(keys) = std::fs::read_to_string(file)
        .ok()
        .and_then(|lines| Keys::read(&lines))
    {
        return Ok(keys);
    }
    let keys = Keys::draw().ok_or_else(|| Trouble::new("keys.generate", "random"))?;
    private(file, &keys.lines()).map_err(assemble::trouble("screen.port"))?;
    Ok(keys)
}

/// For the desk's own user alone.
fn private(path: &Path, text: &str) -> std::io::Result<()> {
    use std::io::Write as _;
    use std::os::unix::fs::OpenOptionsExt as _;
    let half = path.with_extension("half");
    let _ = std::fs::remove_file(&half);
    let mut file = std::fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&half)?;
    file.write_all(text.as_bytes())?;
    file.sync_data()?;
    std::fs::rename(&half, path)
}

/// The booth's preview, as the citizen's display looks through it.
struct Mirror(Mutex<Box<dyn Look>>);

impl Window for Mirror {
    fn after(&self, seen: u64, wait: Duration) -> Option<(u64, Zeroizing<Vec<u8>>)> {
        let look = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let shot = look.after(seen, wait)?;
        Some((shot.number, Zeroizing::new(shot.jpeg().to_vec())))
    }
}
