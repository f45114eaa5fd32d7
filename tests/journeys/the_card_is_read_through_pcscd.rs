//! The real way to a card: pcscd, its virtual reader driver, and PC/SC, in a network and mount
//! namespace of its own so that nothing else on the machine is disturbed.

use std::fs;
use std::process::Command;

use emrtd::simulator::issuer::Profile;
use serde_json::Value;
use tests::rig::programs::built;
use tests::specimen::profile;
use tests::specimen::state::{CAN, NAME_VI, OLD_ID, PERSONAL_ID};

use crate::STATE;

/// Starts pcscd and lays the card down, runs the commands, ends both.
pub(crate) fn in_own_namespace(card: &str, commands: &str) -> String {
    with_faults(card, "", commands)
}

/// The same with a card that has these faults. `$pcscd` and `$card` are the processes, `start_pcscd`
/// starts another service.
fn with_faults(card: &str, faults: &str, commands: &str) -> String {
    let folder = tempfile::tempdir().unwrap();
    let script = format!(
        "set -e\nmount -t tmpfs tmpfs /run\nip link set lo up\n\
         start_pcscd() {{\n\
         pcscd --foreground --error >> {log} 2>&1 & pcscd=$!\n\
         for _ in $(seq 200); do [ -S /run/pcscd/pcscd.comm ] && break; sleep 0.05; done\n\
         }}\n\
         lay() {{ exec {specimen} card {card} \"$@\"; }}\n\
         start_pcscd\nlay --faults \"{faults}\" & card=$!\n\
         trap 'kill $card $pcscd; wait' EXIT\n{commands}\n",
        log = folder.path().join("pcscd.log").display(),
        specimen = built("niem-specimen").display(),
        card = STATE.folder().join(card).display(),
    );
    let path = folder.path().join("run.sh");
    fs::write(&path, script).unwrap();
    let mut unshare = Command::new("unshare");
    unshare.current_dir(folder.path());
    if !fs::read_to_string("/proc/self/status")
        .unwrap()
        .contains("Uid:\t0\t")
    {
        unshare.arg("--map-root-user");
    }
    let output = unshare
        .args(["--mount", "--net", "bash"])
        .arg(&path)
        .output()
        .unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(!output.stdout.is_empty(), "{stderr}");
    String::from_utf8(output.stdout).unwrap()
}

fn card_read(more: &str) -> String {
    let station = built("niem-station").display().to_string();
    format!(
        "{station} --json card read --can {CAN} --trust {} --nonce 0001020304050607 {more}",
        STATE.csca().display()
    )
}

#[test]
fn a_genuine_card() {
    let told: Value =
        serde_json::from_str(&in_own_namespace("card.json", &card_read("|| true"))).unwrap();
    assert_eq!(told["outcome"], "genuine", "{told:#}");
    assert_eq!(told["access"], "pace-can");
    assert_eq!(told["clone_check"], "signed_by_chip");
    assert_eq!(told["passive"]["chain"], "trusted");
    for group in ["dg1", "dg2", "dg13", "dg14", "dg15"] {
        assert_eq!(told["passive"]["groups"][group], "match", "{group}");
    }
    assert_eq!(told["holder"]["personal_id"], PERSONAL_ID);
    assert_eq!(told["holder"]["name"], NAME_VI);
    assert_eq!(told["holder"]["birth_date"], "1990-03-15");
    assert_eq!(told["holder"]["old_id_no"], OLD_ID);
    for figure in ["apdus", "bytes_sent", "bytes_received"] {
        assert!(told[figure].as_u64().unwrap() > 0, "{figure}");
    }
}

/// `card read` by the card's QR code on stdin.
fn by_code(code: &str) -> Value {
    let command = card_read("|| true").replace(&format!("--can {CAN}"), "--card-qr -");
    let told = in_own_namespace(
        "card.json",
        &format!("printf '\\357\\273\\277%s\\r\\n' '{code}' | {command}"),
    );
    serde_json::from_str(&told).unwrap()
}

#[test]
fn a_card_is_opened_by_its_code_and_compared_with_it() {
    let code = format!("{PERSONAL_ID}|{OLD_ID}|{NAME_VI}|15031990|Nữ|1 Phố Mẫu, Hà Nội|02042025");
    let told = by_code(&code);
    assert_eq!(told["outcome"], "genuine", "{told:#}");
    assert_eq!(told["access"], "pace-can");
    for fact in [
        "number_qr",
        "number_can",
        "number_dg13",
        "number_birth",
        "number_sex",
        "birth_qr",
        "birth_dg13",
        "sex_qr",
        "sex_dg13",
        "name_qr",
        "name_dg13",
        "name_dg13_qr",
        "expiry_dg13",
        "issue_dg13_qr",
        "old_number_dg13_qr",
    ] {
        assert_eq!(told["cross"][fact], "agree", "{fact}");
    }
    assert_eq!(told["portrait"]["state"], "whole");
    assert_eq!(told["notices"], serde_json::json!([]));

    // The chip in the body of somebody else's card: all is told but who the holder is.
    let other = code
        .replace("15031990", "15031991")
        .replace("02042025", "03042025");
    let told = by_code(&other);
    assert_eq!(
        (told["outcome"].as_str(), told["code"].as_str()),
        (Some("refused"), Some("chip.qr_disagrees"))
    );
    assert_eq!(told["faults"], serde_json::json!(["chip.qr_disagrees"]));
    assert_eq!(told["notices"], serde_json::json!(["chip.issue_disagrees"]));
    assert_eq!(told["cross"]["birth_qr"], "disagree");
    assert_eq!(told["passive"]["chain"], "trusted");
    assert_eq!(told["clone_check"], "signed_by_chip");
    assert!(told.get("holder").is_none(), "a refused card names nobody");
    let words = told.to_string();
    for secret in [PERSONAL_ID, OLD_ID, NAME_VI, "1990-03-15"] {
        assert!(!words.contains(secret), "{secret} leaks");
    }
}

#[test]
fn a_copied_card() {
    let told: Value =
        serde_json::from_str(&in_own_namespace("copied.json", &card_read("|| true"))).unwrap();
    assert_eq!(told["outcome"], "refused");
    assert_eq!(told["code"], "chip.clone_suspected");
    assert_eq!(told["passive"]["chain"], "trusted");
    // The whole report comes with the refusal.
    for fact in [
        "access",
        "chip_auth",
        "card_access",
        "mrz",
        "expired",
        "cross",
        "portrait",
    ] {
        assert!(!told[fact].is_null(), "{fact}");
    }
    assert_eq!(told["cross"]["number_can"], "agree");
    assert!(told.get("holder").is_none(), "a refused card names nobody");
}

#[test]
fn the_wrong_access_number_and_the_exit_codes() {
    let told = in_own_namespace(
        "card.json",
        &format!(
            "{right} > /dev/null && echo \"right $?\"\n{wrong} > /dev/null || echo \"wrong $?\"\n\
             {usage} > /dev/null 2>&1 || echo \"usage $?\"",
            right = card_read(""),
            wrong = card_read("").replace(CAN, "999999"),
            usage = card_read("").replace("--can", "--cna"),
        ),
    );
    assert_eq!(
        told.lines().collect::<Vec<_>>(),
        ["right 0", "wrong 3", "usage 2"]
    );
}

/// `card read` as JSON, with how it ended.
fn told(card: &str, faults: &str, commands: &str) -> Value {
    serde_json::from_str(&with_faults(card, faults, commands)).unwrap()
}

#[test]
fn a_card_that_is_lifted_and_laid_down_again_is_gone_on_with() {
    let whole = told("card.json", "", &card_read("|| true"));
    let kept = told("card.json", "drop=14,back=600", &card_read("|| true"));
    assert_eq!(kept["outcome"], "genuine", "{kept:#}");
    let apdus = |told: &Value| told["apdus"].as_u64().unwrap();
    assert_eq!(apdus(&whole), 16, "{whole:#}");
    // Opening and chip authentication once more, and the command that was lost.
    assert!(
        apdus(&kept) <= apdus(&whole) + 12,
        "{} after {}",
        apdus(&kept),
        apdus(&whole)
    );
}

#[test]
fn a_card_that_does_not_come_back_says_so() {
    let lost = told("card.json", "drop=14", &card_read("--wait-ms 1500 || true"));
    assert_eq!(lost["code"], "card.removed", "{lost:#}");
}

#[test]
fn a_chip_silenced_by_a_long_command_is_read_by_short_ones() {
    let read = told(
        "card.json",
        "mute-on-extended",
        &card_read("--wait-ms 5000 || true"),
    );
    assert_eq!(read["outcome"], "genuine", "{read:#}");
}

#[test]
fn a_driver_that_hangs_does_not_hang_the_desk() {
    let hung = told(
        "card.json",
        "hang=9",
        &card_read("--exchange-ms 1500 || true"),
    );
    assert_eq!(hung["code"], "card.reader_hung", "{hung:#}");
}

#[test]
fn a_service_that_restarts_in_the_middle_loses_nothing() {
    // A reader that is unplugged and plugged in again looks the same from above. The card stops at its
    // ninth command, so that the service ends in the middle of a reading for certain.
    let commands = format!(
        "{read} > told.json & reading=$!\n\
         sleep 4\nkill -9 $pcscd; rm -f /run/pcscd/*\nstart_pcscd\nlay & card2=$!\n\
         wait $reading || true\ncat told.json\nkill $card2 || true",
        read = card_read("--wait-ms 20000 --exchange-ms 60000"),
    );
    let read = told("card.json", "hang=9", &commands);
    assert_eq!(read["outcome"], "genuine", "{read:#}");
    assert!(read["apdus"].as_u64().unwrap() > 16, "{read:#}");
}

#[test]
fn of_two_cards_the_travel_document_is_read_and_two_of_them_are_not_guessed_at() {
    let second = |card: &str| {
        format!(
            "{specimen} card {card} --addr 127.0.0.1:35964 & other=$!\nsleep 1.2\n{read}\nkill $other",
            specimen = built("niem-specimen").display(),
            card = STATE.folder().join(card).display(),
            read = card_read("--wait-ms 5000 || true"),
        )
    };
    let both = told("card.json", "", &second("copied.json"));
    assert_eq!(both["code"], "card.several", "{both:#}");
    let named = second("copied.json").replace("--wait-ms", "--reader '00 00' --wait-ms");
    let named = told("card.json", "", &named);
    assert_eq!(named["outcome"], "genuine", "{named:#}");
}

#[test]
fn fingers_that_a_card_locks_are_opened_by_a_certified_terminal_alone() {
    let folder = tempfile::tempdir().unwrap();
    let made = profile::make(&profile::Choice {
        profile: Profile::Eac,
        ..profile::Choice::default()
    })
    .unwrap();
    let card = folder.path().join("card.json");
    profile::save(&made, &card).unwrap();
    let csca = folder.path().join("csca");
    fs::create_dir(&csca).unwrap();
    fs::rename(card.with_extension("csca.cer"), csca.join("utopia.cer")).unwrap();
    let certificates = card.with_extension("terminal.cvcert").display().to_string();
    let key = card.with_extension("terminal.pem").display().to_string();
    let out = folder.path().join("out");
    let read = |more: &str| {
        let station = built("niem-station").display().to_string();
        let command = format!(
            "{station} --json card read --can {} --trust {} {more} || true",
            made.card.can,
            csca.display(),
        );
        told(&card.display().to_string(), "", &command)
    };
    let without = read("");
    assert_eq!(without["outcome"], "genuine", "{without:#}");
    assert_eq!(without["terminal"], Value::Null);
    let with = read(&format!(
        "--terminal-certificates {certificates} --terminal-key {key} --out {}",
        out.display()
    ));
    assert_eq!(with["outcome"], "genuine", "{with:#}");
    assert_eq!(with["terminal"]["accepted"], true, "{with:#}");
    assert_eq!(with["passive"]["groups"]["dg3"], "match", "{with:#}");
    assert!(!out.join("dg3.bin").exists(), "a finger lies on the disk");
    let evidence = fs::read_to_string(out.join("evidence.json")).unwrap();
    assert!(!evidence.contains("dg3"), "a finger lies on the disk");
}
