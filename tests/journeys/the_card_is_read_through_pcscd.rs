//! The real way to a card: pcscd, its virtual reader driver, and PC/SC, in a network and mount
//! namespace of its own so that nothing else on the machine is disturbed.

use std::fs;
use std::process::Command;

use serde_json::Value;
use tests::rig::programs::built;
use tests::specimen::state::{CAN, NAME_VI, OLD_ID, PERSONAL_ID};

use crate::STATE;

/// Starts pcscd and lays the card down, runs the commands, ends both.
fn in_own_namespace(card: &str, commands: &str) -> String {
    let folder = tempfile::tempdir().unwrap();
    let script = format!(
        "set -e\nmount -t tmpfs tmpfs /run\nip link set lo up\n\
         pcscd --foreground --error > {log} 2>&1 & pcscd=$!\n\
         for _ in $(seq 200); do [ -S /run/pcscd/pcscd.comm ] && break; sleep 0.05; done\n\
         {specimen} card {card} & card=$!\n\
         trap 'kill $card $pcscd; wait' EXIT\n{commands}\n",
        log = folder.path().join("pcscd.log").display(),
        specimen = built("niem-specimen").display(),
        card = STATE.folder().join(card).display(),
    );
    let path = folder.path().join("run.sh");
    fs::write(&path, script).unwrap();
    let mut unshare = Command::new("unshare");
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

#[test]
fn a_copied_card() {
    let told: Value =
        serde_json::from_str(&in_own_namespace("copied.json", &card_read("|| true"))).unwrap();
    assert_eq!(told["outcome"], "refused");
    assert_eq!(told["code"], "chip.clone_suspected");
    assert_eq!(told["passive"]["chain"], "trusted");
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
