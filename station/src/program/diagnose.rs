//! `diagnose`: the whole desk looked over. Figures, versions, digests and dates; of nobody anything.

mod queue;
mod system;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use bundle::SignedDuty;
use clap::Args;
use emrtd::CscaTrust;
use jiff::Timestamp;
use models::Manifest;
use ring::digest::{Context, SHA256};
use rulebook::Language;
use screens::{Defect, Diagnosis, Examine, Found, Screens, Section};
use serde_json::json;
use station::answer::{Answer, Trouble};
use station::config::Config;
use station::epoch;
use station::preflight::{Facts, Preflight, Weight};
use station::spool::Spool;

use super::{Told, assemble, preflight};

/// A signed list is some kilobytes.
const MOST_DUTY_BYTES: u64 = 1 << 20;

#[derive(Args)]
pub(crate) struct DiagnoseArguments {
    #[arg(long, default_value = "station.toml")]
    config: PathBuf,
}

pub(crate) fn run(arguments: &DiagnoseArguments, lang: Language) -> Told {
    let config = assemble::config(&arguments.config)?;
    // A desk that serves holds its spool; the files tell what waits all the same.
    let spool = assemble::spool(&config);
    let diagnosis = look(&config, spool.as_ref().map_err(|trouble| trouble.code));
    let words = screens::lines(&diagnosis, lang).join("\n");
    Ok(Answer::ok(json!(diagnosis), words))
}

/// Looks the desk over for the operator's page.
pub(super) struct Examiner {
    pub(super) config: Config,
    pub(super) spool: Arc<Spool>,
    /// What is known of the devices already; searching for them again might disturb a visit.
    pub(super) screens: std::sync::Weak<Screens>,
}

impl Examine for Examiner {
    fn examine(&self) -> Diagnosis {
        let mut diagnosis = look(&self.config, Ok(&self.spool));
        let Some(screens) = self.screens.upgrade() else {
            return diagnosis;
        };
        let devices = screens.board().devices;
        let known = system::states(&devices);
        let mut sections = diagnosis.sections.iter_mut();
        if let Some(section) = sections.find(|section| section.key == known.key) {
            section.facts.splice(0..0, known.facts);
        }
        diagnosis
    }
}

/// Everything that can be told without touching a device.
fn look(config: &Config, spool: Result<&Spool, &'static str>) -> Diagnosis {
    let now = Timestamp::now();
    let facts = spool.and_then(|spool| facts(config, spool, now).map_err(|trouble| trouble.code));
    let verifier = match &facts {
        Ok(facts) => facts.verifier.unwrap_or(Err("courier.unreachable")),
        Err(_) => preflight::ask(config),
    };
    let judged = facts.map(|facts| Preflight::judge(&facts, &config.stop, now));
    let mut findings: Vec<Defect> = match &judged {
        Ok(judged) => judged
            .findings
            .iter()
            .map(|finding| Defect {
                code: finding.code,
                stops: finding.weight == Weight::Stop,
            })
            .collect(),
        Err(code) => vec![Defect { code, stops: false }],
    };
    let visits_left = judged.ok().and_then(|judged| judged.visits_left);
    let models = models(config);
    for fact in &models.facts {
        if let Found::Trouble(code) = fact.found
            && !findings.iter().any(|known| known.code == code)
        {
            findings.push(Defect { code, stops: false });
        }
    }
    Diagnosis {
        at: now,
        station: config.station.clone(),
        findings,
        sections: vec![
            system::program(),
            system::devices(config),
            clock(now, verifier),
            disk(config, visits_left),
            queue::section(config),
            trust(config),
            duty(config),
            keys(config),
            recipients(config),
            models,
        ],
    }
}

fn facts(config: &Config, spool: &Spool, now: Timestamp) -> Result<Facts, Trouble> {
    let device = assemble::device_key(config)?;
    let tickets = assemble::tickets(config)?;
    preflight::facts(
        &preflight::Desk {
            config,
            spool,
            tickets: &tickets,
            device: device.as_ref(),
            operator: None,
        },
        now,
    )
}

fn clock(now: Timestamp, verifier: Result<Timestamp, &'static str>) -> Section {
    let section = Section::new("diag.clock").with("diag.desk_time", Found::At(now));
    match verifier {
        Ok(there) => section.with("diag.verifier_time", Found::At(there)).with(
            "diag.ahead",
            Found::Seconds(now.duration_since(there).as_secs()),
        ),
        Err(code) => section.with("diag.verifier_time", Found::Trouble(code)),
    }
}

fn disk(config: &Config, visits_left: Option<u64>) -> Section {
    let free = preflight::free_bytes(&config.state_dir).map(Found::Bytes);
    Section::new("diag.disk")
        .with("diag.free", free.into())
        .with("diag.visits_left", visits_left.map(Found::Count).into())
}

fn trust(config: &Config) -> Section {
    let section = Section::new("diag.trust");
    let trust = match CscaTrust::load_dir(&config.trust.csca) {
        Ok(trust) => trust,
        Err(error) => return section.with("diag.certificates", Found::Trouble(error.code())),
    };
    let count = |count: usize| Found::Count(u64::try_from(count).unwrap_or(u64::MAX));
    let left_out = trust.sources().iter().filter(|it| !it.state.is_taken());
    let mut digest = Context::new(&SHA256);
    let mut certificates = trust.certificates(None);
    certificates.sort_by(|one, other| one.sha256.cmp(&other.sha256));
    for certificate in &certificates {
        digest.update(certificate.sha256.as_bytes());
    }
    section
        .with("diag.certificates", count(trust.len()))
        .with("diag.unpinned", count(trust.unpinned()))
        .with("diag.left_out", count(left_out.count()))
        .with("diag.newest", newest(&config.trust.csca).into())
        .with("diag.digest", Found::Digest(hex::encode(digest.finish())))
}

/// When a file of this folder was written last.
fn newest(folder: &Path) -> Option<Timestamp> {
    std::fs::read_dir(folder)
        .ok()?
        .filter_map(|entry| entry.ok()?.metadata().ok()?.modified().ok())
        .max()
        .and_then(|at| Timestamp::try_from(at).ok())
}

/// How many people, and nobody's name.
fn duty(config: &Config) -> Section {
    let section = Section::new("diag.duty");
    let Some(screens) = &config.screens else {
        return section.with("diag.number", Found::Nothing);
    };
    let read = || {
        let verifier = assemble::verifier_key(config).map_err(|trouble| trouble.code)?;
        let size = std::fs::metadata(&screens.duty).map(|data| data.len());
        let json = match size {
            Ok(size) if size <= MOST_DUTY_BYTES => std::fs::read(&screens.duty).ok(),
            _ => None,
        };
        let json = json.ok_or(station::sign_in::UNREADABLE)?;
        SignedDuty::from_json(&json)
            .and_then(|signed| signed.verify(&verifier, Timestamp::now(), 0))
            .map_err(|error| error.code())
    };
    match read() {
        Ok(list) => section
            .with("diag.number", Found::Count(list.number))
            .with("diag.issued", Found::At(list.issued_at))
            .with("diag.until", Found::At(list.until))
            .with(
                "diag.people",
                Found::Count(u64::try_from(list.people.len()).unwrap_or(u64::MAX)),
            ),
        Err(code) => section.with("diag.number", Found::Trouble(code)),
    }
}

/// When certificates end. Officials' keys that lie on their own tokens are not asked for: that takes their PINs.
fn keys(config: &Config) -> Section {
    let until = |certificate: &[u8]| match bundle::validity(certificate) {
        Ok((_, until)) => Found::At(until),
        Err(error) => Found::Trouble(error.code()),
    };
    let station = match assemble::device_key(config) {
        Ok(key) => until(key.certificate()),
        Err(trouble) => Found::Trouble(trouble.code),
    };
    let mut section = Section::new("diag.keys").with("diag.key_station", station);
    let operators = config.screens.iter().flat_map(|screens| &screens.operators);
    for place in operators.filter(|place| place.token.is_none()) {
        let found = match assemble::person_key(config, place.place()) {
            Ok(key) => until(key.certificate()),
            Err(trouble) => Found::Trouble(trouble.code),
        };
        section = section.with("diag.key_official", found);
    }
    let tickets = assemble::tickets(config).and_then(|stock| {
        stock
            .len()
            .map_err(|error| Trouble::new(error.code(), error))
    });
    section.with(
        "diag.tickets",
        match tickets {
            Ok(left) => Found::Count(u64::try_from(left).unwrap_or(u64::MAX)),
            Err(trouble) => Found::Trouble(trouble.code),
        },
    )
}

fn recipients(config: &Config) -> Section {
    let section = Section::new("diag.recipients");
    let read = || {
        let verifier = assemble::verifier_key(config).map_err(|trouble| trouble.code)?;
        let installed = assemble::installed_recipients(config).map_err(|trouble| trouble.code)?;
        let names = assemble::recipients(config)
            .map_err(|trouble| trouble.code)?
            .names();
        let epoch =
            epoch::known(&config.state_dir, &verifier, &installed).map_err(|error| error.code())?;
        Ok((names, epoch))
    };
    match read() {
        Err(code) => section.with("diag.recipients", Found::Trouble(code)),
        Ok((names, epoch)) => {
            let section = match epoch {
                Some(epoch) => section
                    .with("diag.epoch", Found::Count(epoch.epoch.into()))
                    .with("diag.since", Found::At(epoch.since)),
                // The keys that were installed with the desk.
                None => section.with("diag.epoch", Found::Nothing),
            };
            let digest = ring::digest::digest(&SHA256, names.join("\n").as_bytes());
            section.with("diag.digest", Found::Digest(hex::encode(digest)))
        }
    }
}

/// Each model that should be there, held against the digest that pins it.
fn models(config: &Config) -> Section {
    let mut section = Section::new("diag.models");
    let manifest = match Manifest::load(&config.models.dir) {
        Ok(manifest) => manifest,
        Err(error) => return section.with("diag.model", Found::Trouble(error.code())),
    };
    for (name, entry) in manifest.models() {
        let found = match manifest.verify(name) {
            Ok(_) => Found::Digest(entry.sha256.clone()),
            // Whatever is not there because another stands in for it, or because nobody needs it, is no trouble.
            Err(_) if entry.optional || manifest.resolve(name).is_ok() => Found::Nothing,
            Err(error) => Found::Trouble(error.code()),
        };
        section = section.about("diag.model", name, found);
    }
    section
}
