//! `duty`: the signed list of who may sign in at the desks, and the hash of a PIN for it.

use std::io::BufRead as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use argon2::password_hash::SaltString;
use argon2::{Argon2, PasswordHasher as _};
use bundle::{DutyList, OnDuty, OperatorId, Role, SignedDuty};
use clap::Subcommand;
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use serde_json::json;
use verifier::keys::KeyFolder;

use super::{Failure, say};

#[derive(Subcommand)]
pub(super) enum DutyCommand {
    /// Hash a PIN, read from standard input, for the list of people.
    Pin,
    /// Sign a list of people for the desks.
    Sign {
        /// TOML: `[[people]]` with id, name, role and pin (as `duty pin` printed it).
        people: PathBuf,
        /// The folder made by `keys init`.
        #[arg(long)]
        keys: PathBuf,
        /// How long the list counts: a desk without network works no longer than that.
        #[arg(long, default_value_t = 30, value_parser = clap::value_parser!(u32).range(1..=366))]
        days: u32,
        #[arg(long)]
        out: PathBuf,
    },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct People {
    people: Vec<Person>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Person {
    id: String,
    name: String,
    role: String,
    pin: String,
}

pub(super) fn run(json: bool, command: DutyCommand) -> Result<ExitCode, Failure> {
    match command {
        DutyCommand::Pin => pin(json),
        DutyCommand::Sign {
            people,
            keys,
            days,
            out,
        } => sign(json, &people, &keys, days, &out),
    }
}

/// Six digits are what a person remembers; fewer are guessed within a list's life.
const SHORTEST: usize = 6;

fn pin(json: bool) -> Result<ExitCode, Failure> {
    let mut line = zeroize::Zeroizing::new(String::new());
    std::io::stdin()
        .lock()
        .read_line(&mut line)
        .map_err(|error| Failure::temporary("duty.unreadable", error.kind()))?;
    let pin = line.trim();
    if pin.chars().count() < SHORTEST {
        return Err(Failure {
            exit: 2,
            ..Failure::refusal("duty.malformed", "a PIN has six characters at least")
        });
    }
    let mut salt = [0; 16];
    ring::rand::SecureRandom::fill(&ring::rand::SystemRandom::new(), &mut salt)
        .map_err(|_| Failure::temporary("keys.generate", "random"))?;
    let salt =
        SaltString::encode_b64(&salt).map_err(|_| Failure::temporary("keys.generate", "salt"))?;
    // 19 MiB, two rounds: OWASP's second choice for argon2id, 30 ms on a mini-PC.
    let hash = Argon2::default()
        .hash_password(pin.as_bytes(), &salt)
        .map_err(|_| Failure::temporary("keys.generate", "argon2id"))?
        .to_string();
    say(json, &json!({ "outcome": "hashed", "pin": hash }), &hash);
    Ok(ExitCode::SUCCESS)
}

fn sign(
    json: bool,
    people: &Path,
    keys: &Path,
    days: u32,
    out: &Path,
) -> Result<ExitCode, Failure> {
    let malformed = |what: &str| Failure {
        exit: 2,
        ..Failure::refusal("duty.malformed", what)
    };
    let text = std::fs::read_to_string(people)
        .map_err(|error| Failure::temporary("duty.unreadable", error.kind()))?;
    let listed: People = toml::from_str(&text).map_err(|error| malformed(error.message()))?;
    let people = listed
        .people
        .into_iter()
        .map(|person| {
            Ok(OnDuty {
                operator: OperatorId::new(person.id).map_err(|_| malformed("id"))?,
                name: person.name,
                role: Role::from_name(&person.role).ok_or_else(|| malformed("role"))?,
                pin: person.pin,
            })
        })
        .collect::<Result<Vec<_>, Failure>>()?;
    let issued_at = Timestamp::now();
    let list = DutyList {
        // Later lists have larger numbers, also after the verifier was moved to another machine.
        number: u64::try_from(issued_at.as_second()).unwrap_or_default(),
        issued_at,
        until: issued_at + SignedDuration::from_hours(24 * i64::from(days)),
        people,
    };
    let key = KeyFolder::new(keys).receipt_key()?;
    let signed = SignedDuty::issue(&list, &key);
    // What a desk would refuse is not handed out.
    signed
        .verify(key.public_key(), issued_at, 0)
        .map_err(|error| malformed(error.code()))?;
    std::fs::write(out, signed.to_json())
        .map_err(|error| Failure::temporary("duty.unreadable", error.kind()))?;
    let count = list.people.len();
    let document = json!({
        "outcome": "signed", "number": list.number, "people": count, "until": list.until,
    });
    say(
        json,
        &document,
        &format!("{count} people, until {}", list.until),
    );
    Ok(ExitCode::SUCCESS)
}
