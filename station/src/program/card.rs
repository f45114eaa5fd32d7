//! `card read`: one card, judged, printed as independent facts.

use std::io::Read as _;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use clap::{Args, Subcommand};
use emrtd::{AccessPolicy, Challenge, CscaTrust, DataGroup, Traffic};
use jiff::Timestamp;
use ring::rand::{SecureRandom as _, SystemRandom};
use rulebook::Language;
use serde_json::json;
use station::answer::{Answer, FAILED, REFUSED, SUCCESS, Trouble, told};
use station::desk::{AccessSource, CardError, CardRead, Reading, WITHHELD, printed};
use station::devices::CardReader as _;
use station::devices::card_reader::{HabitBook, PcscReader};
use station::script::CardKeyScript;

use super::Told;

#[derive(Subcommand)]
pub(crate) enum CardCommand {
    /// Reads and judges the card on the reader.
    Read(Box<ReadArguments>),
    /// Judges files that lie on the disk: folders of `card read --out`, or security objects alone.
    Judge(super::judge::JudgeArguments),
}

#[derive(Args)]
pub(crate) struct ReadArguments {
    /// Part of the reader's name; by default the first reader with a card.
    #[arg(long)]
    reader: Option<String>,
    /// Card access number: the last six digits of the personal number; `-` reads it from stdin.
    #[arg(long, conflicts_with = "mrz", required_unless_present_any = ["mrz", "card_qr"])]
    can: Option<String>,
    /// The machine-readable zone, line by line (three lines TD1, two TD2 or TD3); `-` reads the lines
    /// from stdin.
    #[arg(long, num_args = 1..=3, value_names = ["L1", "L2", "L3"])]
    mrz: Option<Vec<String>>,
    /// The text of the card's QR code; `-` reads it from stdin, so that no number stands in the list
    /// of processes. Opens the chip, or is compared with it where --can or --mrz opens it.
    #[arg(long, value_name = "TEXT")]
    card_qr: Option<String>,
    /// Folder of trusted country certificates (.cer .der .pem, master lists .ml).
    #[arg(long)]
    trust: PathBuf,
    /// Fixes the challenge of active authentication: 16 hex digits.
    #[arg(long)]
    nonce: Option<String>,
    /// Writes the files of the chip into this folder, unencrypted; fingers never.
    #[arg(long)]
    out: Option<PathBuf>,
    /// Allows Basic Access Control, only where the card does not advertise PACE.
    #[arg(long)]
    allow_bac: bool,
    /// Milliseconds to wait for a card.
    #[arg(long, default_value_t = 20_000)]
    wait_ms: u64,
    /// Milliseconds that one exchange with the card may take before the reader counts as hung.
    #[arg(long, default_value_t = 10_000)]
    exchange_ms: u64,
    /// Keeps what kinds of cards can bear in this file, so that the next of a kind is read faster.
    #[arg(long)]
    kinds: Option<PathBuf>,
    /// Further files to read: com, dg5 to dg7, dg11, dg12, dg16.
    #[arg(long, value_delimiter = ',', value_parser = further)]
    also: Vec<Further>,
    /// Card-verifiable certificates (terminal, document verifier, links) by which a card opens DG3 to
    /// an approved desk.
    #[arg(long, requires = "terminal_key")]
    terminal_certificates: Option<PathBuf>,
    /// The terminal's private key, PKCS#8.
    #[arg(long, requires = "terminal_certificates")]
    terminal_key: Option<PathBuf>,
}

/// What the desk may know of a holder: never ethnicity, religion or relatives, and DG3 only where
/// terminal certificates were given; it is checked against EF.SOD, and never told or written.
const WANTED: &[DataGroup] = &[
    DataGroup::Dg1,
    DataGroup::Dg2,
    DataGroup::Dg13,
    DataGroup::Dg14,
    DataGroup::Dg15,
    DataGroup::Dg3,
];

/// A file beyond those that every reading wants.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Further {
    Com,
    Group(DataGroup),
}

/// Fingers and irises have their own way in; everything else is there already.
fn further(word: &str) -> Result<Further, String> {
    use DataGroup::{Dg3, Dg4};
    if word == "com" {
        return Ok(Further::Com);
    }
    DataGroup::ALL
        .into_iter()
        .find(|group| {
            group.name() == word && !WANTED.contains(group) && !matches!(group, Dg3 | Dg4)
        })
        .map(Further::Group)
        .ok_or_else(|| "com, dg5 to dg7, dg11, dg12, dg16".to_owned())
}

pub(crate) fn run(command: CardCommand, lang: Language) -> Told {
    let arguments = match command {
        CardCommand::Read(arguments) => arguments,
        CardCommand::Judge(arguments) => return super::judge::run(&arguments, lang),
    };
    let trust =
        CscaTrust::load_dir(&arguments.trust).map_err(|error| Trouble::new(error.code(), error))?;
    let challenge = challenge(arguments.nonce.as_deref())?;
    let presented = presented(&arguments)?;
    let bad = |error: CardError| Trouble::new(error.code(), error);
    let key = AccessSource::of(&presented)
        .and_then(|source| source.key())
        .map_err(bad)?;
    let qr = printed(presented.qr.as_deref()).map_err(bad)?;
    let mut traffic = Traffic::default();
    let mut reader = PcscReader::new(
        arguments.reader.as_deref().unwrap_or_default(),
        Duration::from_millis(arguments.wait_ms),
    )
    .with_exchange_patience(Duration::from_millis(arguments.exchange_ms));
    if let Some(kinds) = &arguments.kinds {
        reader = reader.with_book(HabitBook::open(kinds));
    }
    let terminal = super::assemble::terminal(
        arguments
            .terminal_certificates
            .as_deref()
            .zip(arguments.terminal_key.as_deref()),
    )?;
    let mut wanted = WANTED[..WANTED.len() - usize::from(terminal.is_none())].to_vec();
    wanted.extend(arguments.also.iter().filter_map(|further| match further {
        Further::Group(group) => Some(*group),
        Further::Com => None,
    }));
    let reading = Reading {
        key: &key,
        qr: qr.as_ref(),
        policy: AccessPolicy {
            allow_bac: arguments.allow_bac,
        },
        wanted: &wanted,
        com: arguments.also.contains(&Further::Com),
        challenge: &challenge,
        terminal,
        trust: &trust,
        at: Timestamp::now().to_zoned(station::clock::vietnam()).date(),
    };
    // Waiting for the card to be laid down is not reading it.
    let waiting = Instant::now();
    let card = reader
        .connect()
        .map_err(|error| Trouble::new(error.code(), error))?;
    let connected = Instant::now();
    let read = reading.of(card, &mut reader, &mut traffic, &mut |_| ());
    let timing = json!({
        "apdus": traffic.apdus,
        "bytes_sent": traffic.bytes_sent,
        "bytes_received": traffic.bytes_received,
        "elapsed_ms": millis(connected.elapsed()),
        "waited_ms": millis(connected.duration_since(waiting)),
    });
    let read = match read {
        Ok(read) => read,
        Err(error) => {
            let trouble = Trouble::new(error.code(), &error);
            let mut answer = trouble.answer(lang);
            merge(&mut answer.json, timing);
            return Ok(answer);
        }
    };
    if let Some(folder) = &arguments.out {
        write_files(folder, &read)?;
    }
    Ok(answer(&read, timing, lang))
}

/// No card's code or zone is longer.
const MOST_STDIN_BYTES: u64 = 4_096;

/// What was given on the command line, with stdin in place of a dash. Whatever stands in the arguments
/// of a process can be read by everyone on the machine while it runs.
fn presented(arguments: &ReadArguments) -> Result<CardKeyScript, Trouble> {
    let mut presented = CardKeyScript {
        can: arguments.can.clone(),
        mrz: arguments.mrz.clone(),
        qr: arguments.card_qr.clone(),
    };
    let dash = |text: &String| text == "-";
    let can = presented.can.as_ref().is_some_and(dash);
    let qr = presented.qr.as_ref().is_some_and(dash);
    let mrz = matches!(presented.mrz.as_deref(), Some([only]) if dash(only));
    match [can, mrz, qr].into_iter().filter(|dash| *dash).count() {
        0 => return Ok(presented),
        1 => {}
        _ => {
            return Err(Trouble::new(
                "usage.invalid",
                "stdin can be only one of them",
            ));
        }
    }
    let mut text = String::new();
    std::io::stdin()
        .take(MOST_STDIN_BYTES)
        .read_to_string(&mut text)
        .map_err(|error| Trouble::new("usage.invalid", error.kind()))?;
    if can {
        presented.can = Some(text.trim().to_owned());
    } else if mrz {
        presented.mrz = Some(text.split_whitespace().map(str::to_owned).collect());
    } else {
        presented.qr = Some(text);
    }
    Ok(presented)
}

fn challenge(nonce: Option<&str>) -> Result<Challenge, Trouble> {
    let mut bytes = [0_u8; 8];
    match nonce {
        Some(text) => {
            let given = hex::decode(text)
                .map_err(|_| Trouble::new("usage.invalid", "--nonce is not hexadecimal"))?;
            bytes = given
                .try_into()
                .map_err(|_| Trouble::new("usage.invalid", "--nonce is eight bytes"))?;
        }
        None => SystemRandom::new()
            .fill(&mut bytes)
            .map_err(|_| Trouble::new("usage.invalid", "no randomness from the system"))?,
    }
    Ok(Challenge::new(bytes))
}

fn answer(read: &CardRead, timing: serde_json::Value, lang: Language) -> Answer {
    let (report, code) = match &read.verdict {
        Ok(identity) => (identity.report(), read.withheld.map(|_| WITHHELD)),
        Err(error) => (error.report(), Some(error.code())),
    };
    let exit = match (&read.verdict, read.withheld) {
        (Err(_), _) => REFUSED,
        (Ok(_), Some(_)) => FAILED,
        (Ok(_), None) => SUCCESS,
    };
    let mut json = json!({
        "outcome": match exit {
            SUCCESS => "genuine",
            REFUSED => "refused",
            _ => "failed",
        },
        "code": code,
        // Every reason not to believe, and everything that is only worth a look.
        "faults": report.faults().into_iter().map(|fault| fault.code()).collect::<Vec<_>>(),
        "notices": report.notices().into_iter().map(|notice| notice.code()).collect::<Vec<_>>(),
        "access": read.evidence.access.as_str(),
        "passive": report.passive,
        "clone_check": report.clone_check,
        "active": report.active,
        "chip_auth": report.chip_auth,
        "card_access": report.card_access,
        "mrz": report.mrz,
        "cross": report.cross,
        "portrait": report.portrait,
        "expired": report.expired,
        "read": read.evidence.groups.keys().map(|group| group.name()).collect::<Vec<_>>(),
        "locked": read.evidence.locked.iter().map(|group| group.name()).collect::<Vec<_>>(),
        "terminal": read.terminal.map(|access| match access {
            Ok(()) => json!({ "accepted": true }),
            Err(code) => json!({ "accepted": false, "code": code }),
        }),
    });
    merge(&mut json, timing);
    let mut words = String::new();
    match (&read.verdict, code) {
        (Ok(identity), None) => {
            let holder = identity.holder();
            json["holder"] = json!({
                "personal_id": holder.personal_id.as_ref().map(|id| id.expose()),
                "name": holder.name_vi.as_ref().unwrap_or(&holder.name).as_str(),
                "name_mrz": holder.name.as_str(),
                "birth_date": holder.birth_date,
                "sex": holder.sex,
                "expiry_date": holder.expiry_date,
                "document_no": holder.document_no.as_str(),
                "issuing_state": holder.issuing_state,
                "old_id_no": holder.old_id_no.as_ref().map(|id| id.as_str()),
            });
            words.push_str(match lang {
                Language::En => "Card read. Card is genuine.\n",
                Language::Vi => "Đã đọc thẻ. Thẻ hợp lệ.\n",
            });
        }
        (_, code) => {
            let code = code.unwrap_or_default();
            for (language, key) in [(Language::Vi, "vi"), (Language::En, "en")] {
                if let Some(text) = rulebook::failures::text(code) {
                    json[key] =
                        json!({ "cause": text.cause(language), "remedy": text.remedy(language) });
                }
            }
            words.push_str(&format!("{}\n  [{code}]\n", told(code, lang)));
        }
    }
    for notice in report.notices() {
        words.push_str(&format!(
            "  {}\n  [{}]\n",
            told(notice.code(), lang),
            notice.code()
        ));
    }
    words.push_str(&format!(
        "  {} · {} · {} APDU · {} B + {} B · {} ms",
        read.evidence.access.as_str(),
        report.clone_check.as_str(),
        json["apdus"],
        json["bytes_sent"],
        json["bytes_received"],
        json["elapsed_ms"],
    ));
    for (group, state) in &report.passive.groups {
        let state = serde_json::to_value(state).unwrap_or_default();
        words.push_str(&format!(
            "\n  {}: {}",
            group.name(),
            state.as_str().unwrap_or("?")
        ));
    }
    Answer { json, words, exit }
}

fn write_files(folder: &std::path::Path, read: &CardRead) -> Result<(), Trouble> {
    let trouble = |error: std::io::Error| Trouble::new("file.unreadable", error);
    std::fs::create_dir_all(folder).map_err(trouble)?;
    std::fs::write(folder.join("sod.bin"), &read.evidence.sod).map_err(trouble)?;
    for (group, bytes) in &read.evidence.groups {
        // A template never lies on a disk unencrypted.
        if *group == DataGroup::Dg3 {
            continue;
        }
        std::fs::write(folder.join(format!("{}.bin", group.name())), bytes).map_err(trouble)?;
    }
    let mut evidence = read.evidence.clone();
    evidence.groups.remove(&DataGroup::Dg3);
    let evidence = serde_json::to_vec_pretty(&evidence).map_err(|error| trouble(error.into()))?;
    std::fs::write(folder.join("evidence.json"), evidence).map_err(trouble)
}

fn merge(into: &mut serde_json::Value, from: serde_json::Value) {
    if let (Some(into), serde_json::Value::Object(from)) = (into.as_object_mut(), from) {
        into.extend(from);
    }
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
