//! The commands that change who belongs here: codes, revocations, epochs.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use bundle::StationTrust;
use clap::Args;
use jiff::Timestamp;
use serde_json::json;
use verifier::keys::{KeyFolder, KeysError};
use verifier::roster::{CODE_HOURS, Manner, Revocation, Revoked, Roster};
use verifier::{Config, epochs};

use super::{Failure, Who, say};

#[derive(Args)]
pub(super) struct NewCode {
    #[command(flatten)]
    who: Who,
    /// The operator's role: volunteer, clerk, certifier, director, auditor or data-officer.
    #[arg(long, requires = "operator", required_unless_present = "station")]
    role: Option<String>,
    /// Who gives this code: written into the roster beside the key that it enrols.
    #[arg(long)]
    by: String,
    /// How long it may wait.
    #[arg(long, default_value_t = CODE_HOURS, value_parser = clap::value_parser!(u32).range(1..=168))]
    hours: u32,
    #[arg(long)]
    config: PathBuf,
}

#[derive(Args)]
pub(super) struct Note {
    /// The certificate, PEM.
    certificate: PathBuf,
    /// Who vouches for it.
    #[arg(long)]
    by: String,
    #[arg(long)]
    config: PathBuf,
}

#[derive(Args)]
pub(super) struct Revoke {
    #[command(flatten)]
    whom: Whom,
    /// withdrawn: what was sealed before stands. compromised: nothing that is not filed yet stands.
    #[arg(long)]
    manner: MannerArg,
    /// From when on; now, when left out. Only for `withdrawn`.
    #[arg(long)]
    from: Option<Timestamp>,
    #[arg(long)]
    by: String,
    #[arg(long)]
    reason: String,
    #[arg(long)]
    config: PathBuf,
}

#[derive(Args)]
#[group(required = true, multiple = false)]
struct Whom {
    #[arg(long)]
    station: Option<String>,
    #[arg(long)]
    operator: Option<String>,
    /// SHA-256 of a certificate (DER), as `openssl x509 -fingerprint -sha256` prints it.
    #[arg(long)]
    key: Option<String>,
}

#[derive(Clone, Copy, clap::ValueEnum)]
enum MannerArg {
    Withdrawn,
    Compromised,
}

fn open(config: &Path) -> Result<Roster, Failure> {
    Ok(Roster::open(&Config::load(config)?.data)?)
}

pub(super) fn make_code(json: bool, wanted: NewCode) -> Result<ExitCode, Failure> {
    let Some(subject) = wanted.who.subject(wanted.role) else {
        unreachable!("clap demands one of the two");
    };
    subject.check()?;
    let roster = open(&wanted.config)?;
    let made = roster.make_code(&subject, &wanted.by, wanted.hours, Timestamp::now())?;
    // The code's only appearance: whoever runs this says it to the desk, and nothing keeps it.
    let document =
        json!({"outcome": "made", "code": made.code.as_str(), "expires_at": made.expires_at});
    let line = format!("{}   (until {})", made.code.as_str(), made.expires_at);
    say(json, &document, &line);
    Ok(ExitCode::SUCCESS)
}

pub(super) fn note(json: bool, wanted: &Note) -> Result<ExitCode, Failure> {
    let settings = Config::load(&wanted.config)?;
    let authority = KeyFolder::new(&settings.keys)
        .public()
        .join("station-ca.pem");
    let stations = StationTrust::load(&authority)
        .map_err(|error| Failure::refusal("keys.malformed", error))?;
    let certificate = verifier::keys::read_text(&wanted.certificate)?;
    let roster = Roster::open(&settings.data)?;
    let known = roster.know_official(&certificate, &stations, &wanted.by, Timestamp::now())?;
    let line = format!("operator:{} is known by {}", known.subject.id(), known.key);
    let document = json!({"outcome": "known", "client": format!("operator:{}", known.subject.id()),
        "enrolled": known});
    say(json, &document, &line);
    Ok(ExitCode::SUCCESS)
}

pub(super) fn revoke(json: bool, wanted: Revoke) -> Result<ExitCode, Failure> {
    let revoked = match (wanted.whom.station, wanted.whom.operator, wanted.whom.key) {
        (Some(id), ..) => Revoked::Station(id),
        (_, Some(id), _) => Revoked::Operator(id),
        (_, _, Some(key)) => Revoked::Key(fingerprint(&key)?),
        (None, None, None) => unreachable!("clap demands one of them"),
    };
    let now = Timestamp::now();
    let manner = match wanted.manner {
        MannerArg::Withdrawn => Manner::Withdrawn,
        MannerArg::Compromised => Manner::Compromised,
    };
    let revocation = Revocation {
        revoked,
        manner,
        from: wanted.from.unwrap_or(now),
        recorded_at: now,
        by: wanted.by,
        reason: wanted.reason,
    };
    open(&wanted.config)?.revoke(revocation.clone())?;
    let document = json!({"outcome": "revoked", "revocation": revocation});
    say(
        json,
        &document,
        &format!("revoked from {}", revocation.from),
    );
    Ok(ExitCode::SUCCESS)
}

/// With or without colons, in either case.
fn fingerprint(text: &str) -> Result<String, Failure> {
    let plain: String = text
        .chars()
        .filter(|c| *c != ':')
        .map(|c| c.to_ascii_lowercase())
        .collect();
    let digits = plain.bytes().all(|b| b.is_ascii_hexdigit());
    if plain.len() == 64 && digits {
        return Ok(plain);
    }
    Err(Failure {
        exit: 2,
        ..Failure::refusal("roster.fingerprint", "64 hexadecimal digits")
    })
}

pub(super) fn list(json: bool, config: &Path) -> Result<ExitCode, Failure> {
    let roster = open(config)?;
    let (enrolled, standing) = (roster.enrolled()?, roster.standing()?);
    if json {
        let document = json!({"enrolled": enrolled, "revocations": standing.revocations()});
        println!("{document}");
        return Ok(ExitCode::SUCCESS);
    }
    for one in &enrolled {
        println!(
            "{:<8} {:<40} {:?} {} {}",
            one.subject.kind(),
            one.subject.id(),
            one.storage,
            one.enrolled_at,
            one.key
        );
    }
    for one in standing.revocations() {
        println!(
            "revoked  {:?} {:?} from {} by {}",
            one.revoked, one.manner, one.from, one.by
        );
    }
    Ok(ExitCode::SUCCESS)
}

pub(super) fn rotate_epoch(json: bool, keys: PathBuf) -> Result<ExitCode, Failure> {
    let number = epochs::rotate(&KeyFolder::new(keys), Timestamp::now())?;
    let document = json!({"outcome": "made", "epoch": number, "next": "restart the service"});
    let line = format!("epoch {number} made; restart the service, and it is announced");
    say(json, &document, &line);
    Ok(ExitCode::SUCCESS)
}

pub(super) fn retire_epoch(
    json: bool,
    number: u32,
    config: &Path,
    force: bool,
) -> Result<ExitCode, Failure> {
    let settings = Config::load(config)?;
    let desks = Roster::open(&settings.data)?.desks_before(number)?;
    if !desks.is_empty() && !force {
        return Err(KeysError::EpochQueued { number, desks }.into());
    }
    epochs::destroy(&KeyFolder::new(&settings.keys), number)?;
    let document = json!({"outcome": "destroyed", "epoch": number, "given_up": desks, "next": "restart the service"});
    let line =
        format!("epoch {number} destroyed; restart the service, which still has it in memory");
    say(json, &document, &line);
    Ok(ExitCode::SUCCESS)
}
