//! `visit run`: one whole visit without a screen, over the same road as with one.

use std::path::PathBuf;

use bundle::{MatchOutcome, OperatorId, SightingReason, VisitId};
use clap::{Args, Subcommand};
use jiff::Timestamp;
use rulebook::Language;
use serde_json::json;
use station::answer::{Answer, FAILED, REFUSED, SUCCESS, Trouble, exit_of, told};
use station::config::{self, Config};
use station::desk::{Desk, Official, Step, VisitEnd};
use station::script::{OfficialScript, OperatorScript, Script};
use station::spool::Spool;
use station::tickets::TicketStock;
use station::visit::{Closed, ForWhom, Opening, Plan, StopKind};

use super::{Told, assemble, preflight};

#[derive(Subcommand)]
pub(crate) enum VisitCommand {
    /// Runs the visit that a script describes.
    Run(RunArguments),
}

#[derive(Args)]
pub(crate) struct RunArguments {
    /// What people say and do (TOML).
    script: PathBuf,
    #[arg(long, default_value = "station.toml")]
    config: PathBuf,
    /// Copies the sealed bundle into this folder before it is delivered.
    #[arg(long)]
    export: Option<PathBuf>,
    /// Leave the bundle in the spool; a later `spool push` delivers it.
    #[arg(long)]
    no_push: bool,
}

/// Tickets fetched at once: about a shift's worth.
const TICKET_BATCH: u32 = 50;

pub(crate) fn run(command: VisitCommand, lang: Language) -> Told {
    let VisitCommand::Run(arguments) = command;
    let config = assemble::config(&arguments.config)?;
    let script: Script =
        config::read(&arguments.script).map_err(|error| Trouble::new(error.code(), error))?;
    // Pre-flight: everything that sealing needs is there before the citizen is asked for anything.
    let device_key = assemble::device_key(&config)?;
    let operator_key = assemble::person_key(&config, script.operator.key_place())?;
    let officials = script
        .officials
        .iter()
        .map(|official| official_of(&config, official))
        .collect::<Result<Vec<_>, _>>()?;
    let recipients = assemble::recipients(&config)?;
    let trust = assemble::trust(&config)?;
    let spool = assemble::spool(&config)?;
    let tickets = assemble::tickets(&config)?;
    let looked = preflight::look(&preflight::Desk {
        config: &config,
        spool: &spool,
        tickets: &tickets,
        device: device_key.as_ref(),
        operator: Some((&script.operator, operator_key.as_ref())),
    })?;
    if !looked.findings.is_empty() {
        eprintln!("      {}", preflight::words(&looked, lang).join("\n      "));
    }
    if let Some(finding) = looked.stops() {
        return Err(Trouble::new(finding.code, "preflight"));
    }
    let mut devices = assemble::devices(&config)?;
    let opening = open(
        &config,
        &script.operator,
        &script.lang,
        script.whom(),
        &tickets,
    )?;
    let visit = opening.visit;
    tracing::info!(%visit, "visit opened");

    let mut desk = Desk {
        devices: &mut devices,
        trust: &trust,
        spool: &spool,
        device_key: device_key.as_ref(),
        operator_key: operator_key.as_ref(),
        recipients: &recipients,
        allow_bac: config.card.allow_bac,
        terminal: assemble::terminal(
            config
                .card
                .terminal
                .as_ref()
                .map(|files| (files.certificates.as_path(), files.key.as_path())),
        )?,
        // A visit without a screen has nobody who would go on with it.
        keeper: None,
        now: &Timestamp::now,
    };
    let mut steps = Vec::new();
    let end = desk.run(opening, &mut script.played(&officials), &mut |step| {
        // The steps are for whoever watches; the answer alone goes to stdout. A file on its way is
        // for a screen to show, line by line it would drown the rest.
        let on_its_way = matches!(step, Step::CardFile { bytes_read, bytes_total, .. } if bytes_read < bytes_total);
        if on_its_way {
            return;
        }
        let words = in_words(&step, lang);
        if !words.is_empty() {
            eprintln!("      {words}");
        }
        steps.push(step);
    });
    tracing::info!(%visit, elapsed_ms = end.elapsed.as_millis() as u64, "visit ended");
    if let (Some(folder), Some(digest)) = (&arguments.export, end.digest()) {
        super::spool::export_one(&spool, digest, folder)?;
    }
    let delivered = match end.digest() {
        Some(digest) if !arguments.no_push => Some(super::spool::push_one(&config, &spool, digest)),
        _ => None,
    };
    Ok(answer(visit, &end, &steps, delivered, &spool, lang))
}

fn official_of(config: &Config, script: &OfficialScript) -> Result<Official, Trouble> {
    Ok(Official {
        id: OperatorId::new(script.id.clone()).map_err(assemble::trouble("config.invalid"))?,
        role: script.role,
        key: assemble::person_key(config, script.key_place())?.into(),
        finds: script.finds,
        reason: script.reason,
    })
}

/// Takes a ticket, or fetches some, and begins.
pub(super) fn open(
    config: &Config,
    operator: &OperatorScript,
    lang: &str,
    whom: ForWhom,
    tickets: &TicketStock,
) -> Result<Opening, Trouble> {
    let now = Timestamp::now();
    let ticket = match tickets.take(now) {
        Ok(ticket) => ticket,
        // The stock is empty: the verifier may be reachable right now.
        Err(_) => {
            let fetched =
                assemble::runtime()?.block_on(assemble::courier(config)?.tickets(TICKET_BATCH));
            let fetched = fetched.map_err(|error| {
                tracing::warn!(code = error.code(), "no tickets could be fetched");
                Trouble::new("ticket.none_left", error)
            })?;
            tickets
                .add(fetched, now)
                .map_err(|error| Trouble::new(error.code(), error))?;
            tickets
                .take(now)
                .map_err(|error| Trouble::new(error.code(), error))?
        }
    };
    Ok(Opening {
        visit: VisitId::at(now),
        ticket,
        station: assemble::station_id(config)?,
        operator: OperatorId::new(operator.id.clone())
            .map_err(assemble::trouble("config.invalid"))?,
        role: operator.role,
        practice: config.practice,
        opened_at: now,
        plan: Plan {
            lang: lang.to_owned(),
            card_tries: config.card.tries,
            whom,
        },
    })
}

fn answer(
    visit: VisitId,
    end: &VisitEnd,
    steps: &[Step],
    delivered: Option<super::spool::Delivery>,
    spool: &Spool,
    lang: Language,
) -> Answer {
    let mut json = json!({
        "visit": visit,
        "steps": steps,
        "documents": end.documents,
        "set_aside": end.set_aside.iter().map(|aside| json!({ "kind": aside.kind, "code": aside.code, "rule": aside.rule })).collect::<Vec<_>>(),
        "elapsed_ms": u64::try_from(end.elapsed.as_millis()).unwrap_or(u64::MAX),
        "peak_memory_bytes": peak_memory_bytes(),
    });
    let digest = match &end.closed {
        Closed::Sealed(digest) => *digest,
        Closed::Stopped(stop) => {
            let outcome = if stop.kind == StopKind::Refusal {
                "refused"
            } else {
                "failed"
            };
            let trouble = Trouble::new(stop.code, "").answer(lang);
            json["outcome"] = json!(outcome);
            for key in ["code", "vi", "en"] {
                json[key] = trouble.json[key].clone();
            }
            let exit = if stop.kind == StopKind::Refusal {
                REFUSED
            } else {
                exit_of(stop.code).max(FAILED)
            };
            return Answer {
                json,
                words: format!("{}\n  [{}]", told(stop.code, lang), stop.code),
                exit,
            };
        }
    };
    json["bundle"] = json!(digest.to_string());
    json["bundle_dir"] = json!(spool.path_of(digest));
    let mut words = format!("bundle {digest}");
    let exit = match delivered {
        Some(Ok((receipt, signed))) => {
            json["outcome"] = json!("filed");
            json["entry"] = json!(receipt.entry);
            json["receipt"] = signed;
            json["receipt_read"] = json!(receipt);
            words.push_str(match lang {
                Language::En => "\nFiled in the wallet. Receipt: entry ",
                Language::Vi => "\nĐã lưu vào ví giấy tờ. Biên nhận: mục ",
            });
            words.push_str(&receipt.entry.to_string());
            words.push_str(&format!("\n{:#}", json["receipt_read"]));
            SUCCESS
        }
        Some(Err(error)) => {
            let code = error.code();
            json["outcome"] = json!(if error.is_final() {
                "refused"
            } else {
                "waiting"
            });
            json["code"] = json!(code);
            if let station::courier::CourierError::Refused(refusal) = &error {
                json["faults"] = json!(refusal.faults);
                words.push_str(&format!("\n  {}", refusal.faults.join(", ")));
            }
            words.push_str(&format!("\n{}\n  [{code}]", told(code, lang)));
            if error.is_final() { REFUSED } else { FAILED }
        }
        None => {
            json["outcome"] = json!("sealed");
            words.push_str(match lang {
                Language::En => "\nKept safe in the spool.",
                Language::Vi => "\nĐã giữ an toàn trong hàng chờ.",
            });
            SUCCESS
        }
    };
    Answer { json, words, exit }
}

/// The most memory this process has held so far, as Linux counts it; the workers are not in it.
fn peak_memory_bytes() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kibibytes: u64 = line.trim().trim_end_matches(" kB").parse().ok()?;
    Some(kibibytes * 1024)
}

/// What the person is asked to do, in the words of the citizen's display.
fn look_words(pose: &str, vi: bool) -> &'static str {
    match (pose, vi) {
        ("left", true) => "mời quay mặt sang trái",
        ("left", false) => "please turn your head to your left",
        ("right", true) => "mời quay mặt sang phải",
        ("right", false) => "please turn your head to your right",
        (_, true) => "mời nhìn thẳng vào máy ảnh",
        (_, false) => "please look straight into the camera",
    }
}

fn in_words(step: &Step, lang: Language) -> String {
    let vi = lang != Language::En;
    match step {
        Step::Consent { given: true } => if vi {
            "đồng ý: đã ghi nhận hai mục đích"
        } else {
            "consent: both purposes given"
        }
        .into(),
        Step::Consent { given: false } => if vi {
            "đồng ý: không"
        } else {
            "consent: refused"
        }
        .into(),
        Step::ChildAsked { agreed } => match (vi, agreed) {
            (true, true) => "trẻ được hỏi: đồng ý",
            (true, false) => "trẻ được hỏi: không đồng ý",
            (false, true) => "the child was asked: agrees",
            (false, false) => "the child was asked: does not agree",
        }
        .into(),
        Step::CardReading => if vi {
            "thẻ: đang đọc, xin giữ yên"
        } else {
            "card: reading, please hold still"
        }
        .into(),
        Step::CardFile {
            file, bytes_total, ..
        } => format!(
            "{} {file}, {bytes_total} B",
            if vi {
                "thẻ: đã đọc"
            } else {
                "card: read"
            }
        ),
        Step::CardLost { code } => format!(
            "{} [{code}]",
            if vi {
                "thẻ: mất liên lạc, xin đặt lại thẻ"
            } else {
                "card: lost, please place it again"
            }
        ),
        Step::CardGoesOn { bytes_kept } => format!(
            "{} {bytes_kept} B",
            if vi {
                "thẻ: đọc tiếp, đã giữ"
            } else {
                "card: going on, kept"
            }
        ),
        Step::Card {
            apdus,
            bytes_sent,
            bytes_received,
            elapsed_ms,
            clone_check,
            access,
        } => {
            let word = if vi {
                "thẻ: hợp lệ"
            } else {
                "card: genuine"
            };
            format!(
                "{word} · {access} · {clone_check} · {apdus} APDU, {bytes_sent} + {bytes_received} B, {elapsed_ms} ms"
            )
        }
        Step::CardNotRead { code } => format!("{}: {code}", if vi { "thẻ" } else { "card" }),
        Step::Look { pose } => look_words(pose, vi).to_owned(),
        Step::FaceAdvice { codes } | Step::PortraitNotices { codes } => codes
            .iter()
            .map(|code| told(code, lang))
            .collect::<Vec<_>>()
            .join(" "),
        Step::CameraLost { code } => format!("{} [{code}]", told(code, lang)),
        Step::CameraBack => if vi {
            "máy ảnh đã hoạt động trở lại"
        } else {
            "the camera is back"
        }
        .into(),
        Step::NotPresent { code, attempt } => {
            format!("{} [{code}], {attempt}/3", told(code, lang))
        }
        Step::Face {
            outcome,
            score,
            threshold,
            attempt,
        } => {
            format!(
                "{}: {} {score:.2} (≥ {threshold:.2}), {attempt}/3",
                if vi { "khuôn mặt" } else { "face" },
                outcome_word(*outcome, vi)
            )
        }
        Step::LayFinger {
            finger,
            presentation,
        } => format!(
            "{} {}, {presentation}/3",
            if vi {
                "mời đặt"
            } else {
                "please lay down"
            },
            finger_words(*finger, vi)
        ),
        Step::FingerAdvice { code } => format!("{} [{code}]", told(code, lang)),
        Step::FingerUnusable {
            code,
            finger,
            presentation,
        } => format!(
            "{}: {} [{code}], {presentation}/3",
            finger_words(*finger, vi),
            told(code, lang)
        ),
        Step::Finger {
            outcome,
            score,
            threshold,
            finger,
            presentation,
        } => format!(
            "{}: {} {score:.2} (≥ {threshold:.2}), {presentation}/3",
            finger_words(*finger, vi),
            outcome_word(*outcome, vi)
        ),
        Step::FingerNotDone { reason } => format!(
            "{}: {reason}",
            if vi {
                "vân tay: không đối chiếu"
            } else {
                "finger: not compared"
            }
        ),
        Step::OfficialsCalled { code } => format!(
            "{} [{code}]",
            if vi {
                "mời hai cán bộ trực tiếp đối chiếu người, ảnh và thẻ"
            } else {
                "two officials are asked to look at person, portrait and card"
            }
        ),
        Step::OfficialLooked { outcome, reason } => format!(
            "{}: {}, {}",
            if vi {
                "cán bộ đối chiếu và ký"
            } else {
                "an official looked and signed"
            },
            outcome_word(*outcome, vi),
            reason_words(*reason, vi)
        ),
        Step::Page {
            number,
            of,
            elapsed_ms,
        } => {
            format!(
                "{} {number}/{of}, {elapsed_ms} ms",
                if vi { "quét: trang" } else { "scan: page" }
            )
        }
        Step::PageRead {
            number,
            words,
            mean_confidence,
            verdicts,
            ..
        } => {
            let codes: Vec<&str> = verdicts.iter().map(|verdict| verdict.code).collect();
            format!(
                "{} {number}, {words} {}, {mean_confidence} % {}",
                if vi { "đọc: trang" } else { "read: page" },
                if vi { "từ" } else { "words" },
                codes.join(" ")
            )
        }
        Step::PageTurned { number, turn } => format!(
            "{} {number}: {turn}°",
            if vi { "xoay trang" } else { "turned: page" }
        ),
        Step::PageUnread { number, code } => format!(
            "{} {number}: {} [{code}]",
            if vi {
                "chưa đọc được trang"
            } else {
                "unread: page"
            },
            told(code, lang)
        ),
        Step::PageAgain {
            number,
            code,
            place,
        } => {
            let place = place.map_or_else(String::new, |place| {
                format!(" ({}, {}; {} × {} px)", place.x, place.y, place.w, place.h)
            });
            format!(
                "{} {number}{place}: {} [{code}]",
                if vi {
                    "quét lại riêng trang"
                } else {
                    "scan again this page alone:"
                },
                told(code, lang)
            )
        }
        Step::Paper {
            kind,
            pages,
            notices,
            elapsed_ms,
        } => {
            format!(
                "{} {kind}, {pages} {}, {elapsed_ms} ms {}",
                if vi { "giấy tờ:" } else { "paper:" },
                if vi { "tr." } else { "p." },
                notices.join(" ")
            )
        }
        Step::Sealed { elapsed_ms } => format!(
            "{}, {elapsed_ms} ms",
            if vi { "niêm phong: xong" } else { "sealed" }
        ),
    }
}

fn outcome_word(outcome: MatchOutcome, vi: bool) -> &'static str {
    match (outcome, vi) {
        (MatchOutcome::Match, true) => "khớp",
        (MatchOutcome::Match, false) => "match",
        (MatchOutcome::NoMatch, true) => "chưa khớp",
        (MatchOutcome::NoMatch, false) => "no match",
        (_, true) => "chưa kết luận được",
        (_, false) => "inconclusive",
    }
}

/// Why a machine may not have known the person, in the officials' words.
fn reason_words(reason: SightingReason, vi: bool) -> &'static str {
    match (reason, vi) {
        (SightingReason::AgedPortrait, true) => "ảnh trên thẻ đã cũ",
        (SightingReason::AgedPortrait, false) => "the portrait is old",
        (SightingReason::ChangedLooks, true) => "diện mạo đã thay đổi",
        (SightingReason::ChangedLooks, false) => "the person's looks have changed",
        (SightingReason::CannotTurn, true) => "người dân không quay đầu được",
        (SightingReason::CannotTurn, false) => "the person cannot turn the head",
        (SightingReason::PoorPicture, true) => "ánh sáng hoặc máy ảnh chưa tốt",
        (SightingReason::PoorPicture, false) => "light or camera is poor",
        (SightingReason::WornFingers, true) => "vân tay bị mòn",
        (SightingReason::WornFingers, false) => "the fingers are worn",
        (SightingReason::Unclear, true) => "chưa rõ lý do",
        (SightingReason::Unclear, false) => "it is not clear why",
    }
}

/// The fingers of ISO/IEC 19794-4:2005 table 7, from 1.
const FINGERS: [(&str, &str); 10] = [
    ("ngón cái tay phải", "the right thumb"),
    ("ngón trỏ tay phải", "the right index finger"),
    ("ngón giữa tay phải", "the right middle finger"),
    ("ngón áp út tay phải", "the right ring finger"),
    ("ngón út tay phải", "the right little finger"),
    ("ngón cái tay trái", "the left thumb"),
    ("ngón trỏ tay trái", "the left index finger"),
    ("ngón giữa tay trái", "the left middle finger"),
    ("ngón áp út tay trái", "the left ring finger"),
    ("ngón út tay trái", "the left little finger"),
];

fn finger_words(finger: u8, vi: bool) -> &'static str {
    let known = usize::from(finger).checked_sub(1);
    let words = known.and_then(|place| FINGERS.get(place));
    let (vietnamese, english) = words.copied().unwrap_or((
        "ngón tay đã đăng ký trên thẻ",
        "the finger that the card records",
    ));
    if vi { vietnamese } else { english }
}
