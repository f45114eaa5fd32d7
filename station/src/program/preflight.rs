//! `preflight`: whether this desk may open visits, and what somebody should see to. `visit run` asks
//! the same before its card.

use std::path::{Path, PathBuf};
use std::time::Duration;

use bundle::{OperatorId, SealingKey, StationId};
use clap::Args;
use jiff::Timestamp;
use rulebook::Language;
use serde_json::json;
use station::answer::{Answer, REFUSED, SUCCESS, Trouble, told};
use station::config::{self, Config};
use station::courier::Courier;
use station::preflight::{Facts, Preflight, Weight};
use station::script::{OperatorScript, Script};
use station::spool::Spool;
use station::tickets::TicketStock;

use super::{Told, assemble};

/// A desk without network must not wait for it before every visit.
const ASK_WITHIN: Duration = Duration::from_secs(3);

#[derive(Args)]
pub(crate) struct PreflightArguments {
    /// Looks at the keys of this visit's operator too (TOML).
    #[arg(long)]
    script: Option<PathBuf>,
    #[arg(long, default_value = "station.toml")]
    config: PathBuf,
}

/// What is looked at, put together once.
pub(super) struct Desk<'a> {
    pub(super) config: &'a Config,
    pub(super) spool: &'a Spool,
    pub(super) tickets: &'a TicketStock,
    pub(super) device: &'a dyn SealingKey,
    pub(super) operator: Option<(&'a OperatorScript, &'a dyn SealingKey)>,
}

pub(crate) fn run(arguments: &PreflightArguments, lang: Language) -> Told {
    let config = assemble::config(&arguments.config)?;
    let script: Option<Script> = match &arguments.script {
        Some(path) => Some(config::read(path).map_err(|error| Trouble::new(error.code(), error))?),
        None => None,
    };
    let device = assemble::device_key(&config)?;
    let operator = match &script {
        Some(script) => Some(assemble::person_key(&config, script.operator.key_place())?),
        None => None,
    };
    let spool = assemble::spool(&config)?;
    let tickets = assemble::tickets(&config)?;
    let looked = look(&Desk {
        config: &config,
        spool: &spool,
        tickets: &tickets,
        device: device.as_ref(),
        operator: script
            .as_ref()
            .zip(operator.as_ref())
            .map(|(script, key)| (&script.operator, key.as_ref())),
    })?;
    Ok(answer(&looked, lang))
}

/// Looks at everything and judges it.
pub(super) fn look(desk: &Desk<'_>) -> Result<Preflight, Trouble> {
    let now = Timestamp::now();
    Ok(Preflight::judge(&facts(desk, now)?, &desk.config.stop, now))
}

/// What is there, before anybody judges it.
pub(super) fn facts(desk: &Desk<'_>, now: Timestamp) -> Result<Facts, Trouble> {
    let spool = |error: station::spool::SpoolError| Trouble::new(error.code(), error);
    let waiting = desk.spool.waiting().map_err(spool)?;
    let carried = desk.spool.carried().map_err(spool)?;
    let state_dir = &desk.config.state_dir;
    Ok(Facts {
        seal: trial(desk, now).err(),
        trust: assemble::trust(desk.config)
            .err()
            .map(|trouble| trouble.code),
        certificate_until: until(desk),
        last_signed: desk.spool.last_filed().max(desk.tickets.last_issued()),
        verifier: Some(ask(desk.config)),
        spool_writable: desk.spool.probe().is_ok(),
        free_bytes: free_bytes(state_dir),
        waiting: waiting.len() + carried.len(),
        refused: desk.spool.refused().map_err(spool)?.len(),
        oldest_waiting: desk.spool.oldest(),
        tickets: desk.tickets.len().unwrap_or(0),
    })
}

/// A seal to nowhere: both keys sign, the certificates stand and name whom they should.
fn trial(desk: &Desk<'_>, now: Timestamp) -> Result<(), &'static str> {
    let invalid = |_| "config.invalid";
    let station = StationId::new(desk.config.station.clone()).map_err(invalid)?;
    assemble::recipients(desk.config).map_err(|trouble| trouble.code)?;
    match desk.operator {
        Some((script, key)) => {
            let operator = OperatorId::new(script.id.clone()).map_err(invalid)?;
            bundle::preflight(&station, &operator, script.role, desk.device, key, now)
                .map_err(|error| error.code())
        }
        None => {
            let (from, until) =
                bundle::validity(desk.device.certificate()).map_err(|error| error.code())?;
            if now < from {
                return Err("seal.station_certificate_not_yet_valid");
            }
            if now > until {
                return Err("seal.station_certificate_expired");
            }
            desk.device
                .sign(b"niem-preflight")
                .map(|_| ())
                .map_err(|_| "seal.station_key")
        }
    }
}

/// When the first of the signing certificates runs out.
fn until(desk: &Desk<'_>) -> Option<Timestamp> {
    [Some(desk.device), desk.operator.map(|(_, key)| key)]
        .into_iter()
        .flatten()
        .filter_map(|key| bundle::validity(key.certificate()).ok())
        .map(|(_, until)| until)
        .min()
}

pub(super) fn ask(config: &Config) -> Result<Timestamp, &'static str> {
    let courier: Courier = assemble::courier(config).map_err(|trouble| trouble.code)?;
    let runtime = assemble::runtime().map_err(|trouble| trouble.code)?;
    let asked =
        runtime.block_on(async { tokio::time::timeout(ASK_WITHIN, courier.verifier_time()).await });
    match asked {
        Ok(Ok(Some(time))) => Ok(time),
        Ok(Ok(None)) => Err("courier.answer"),
        Ok(Err(error)) => Err(error.code()),
        Err(_) => Err("courier.unreachable"),
    }
}

pub(super) fn free_bytes(folder: &Path) -> Option<u64> {
    let disk = rustix::fs::statvfs(folder).ok()?;
    disk.f_bavail.checked_mul(disk.f_frsize)
}

fn answer(looked: &Preflight, lang: Language) -> Answer {
    let stops = looked.stops();
    let outcome = match (stops, looked.findings.is_empty()) {
        (Some(_), _) => "stop",
        (None, false) => "warnings",
        (None, true) => "ready",
    };
    let findings: Vec<_> = looked
        .findings
        .iter()
        .map(|finding| {
            json!({ "code": finding.code, "weight": finding.weight, "figure": finding.figure, "unit": finding.unit,
                "vi": told(finding.code, Language::Vi), "en": told(finding.code, Language::En) })
        })
        .collect();
    Answer {
        json: json!({ "outcome": outcome, "findings": findings, "visits_left": looked.visits_left,
            "tickets": looked.tickets, "waiting": looked.waiting }),
        words: words(looked, lang).join("\n"),
        exit: if stops.is_some() { REFUSED } else { SUCCESS },
    }
}

/// The findings, a line each, and how far the desk reaches.
pub(super) fn words(looked: &Preflight, lang: Language) -> Vec<String> {
    let vi = lang == Language::Vi;
    let mut lines: Vec<String> = looked
        .findings
        .iter()
        .map(|finding| {
            let mark = match (finding.weight, vi) {
                (Weight::Stop, true) => "Dừng",
                (Weight::Stop, false) => "Stop",
                (Weight::Warning, true) => "Lưu ý",
                (Weight::Warning, false) => "Warning",
            };
            let figure = finding
                .figure
                .zip(finding.unit)
                .map_or_else(String::new, |(n, unit)| {
                    format!(" ({n} {})", if vi { unit_vi(unit) } else { unit })
                });
            format!(
                "{mark}{figure}: {} [{}]",
                told(finding.code, lang),
                finding.code
            )
        })
        .collect();
    let visits = looked
        .visits_left
        .map_or_else(|| "?".to_owned(), |n| n.to_string());
    lines.push(if vi {
        format!(
            "Phiếu mở lượt: {} · hồ sơ chờ gửi: {} · đĩa còn đủ cho {visits} lượt",
            looked.tickets, looked.waiting
        )
    } else {
        format!(
            "tickets: {} · bundles waiting: {} · room on disk for {visits} visits",
            looked.tickets, looked.waiting
        )
    });
    lines
}

fn unit_vi(unit: &str) -> &str {
    match unit {
        "days" => "ngày",
        "hours" => "giờ",
        "seconds" => "giây",
        "visits" => "lượt",
        "tickets" => "phiếu",
        _ => "hồ sơ",
    }
}
