//! A real desk behind its screens, played in Chromium: whole visits, and what happens when the network, a window or the
//! desk itself goes away.

use std::fs;
use std::path::Path;

use serde_json::Value;
use tests::rig::programs::{built, json, models_dir};
use tests::specimen::state::{CAN, tessdata};

use crate::STATE;
use crate::the_card_is_read_through_pcscd::in_own_namespace;

const PIN: &str = "246810";
const OPERATOR: &str = "can-bo-mau";
/// Who can be called where the machine cannot tell.
const OFFICIALS: [(&str, &str); 2] = [("can-bo-hai", "clerk"), ("can-bo-ba", "director")];
const STATION: &str = "tram-mau-01";

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

fn done(program: &str, arguments: &[&str]) {
    let (exit, told) = json(program, arguments);
    assert_eq!(exit, 0, "{program} {arguments:?}: {told}");
}

/// Keys, certificates and settings, by the commands that a province would use.
pub(crate) fn set_up(folder: &Path) {
    let (keys, own) = (folder.join("keys"), folder.join("own"));
    done("niem-verifier", &["keys", "init", text(&keys)]);
    let official = |(id, role)| (id, vec!["--operator", id, "--role", role]);
    let mut enrolled = vec![(STATION, vec!["--station", STATION])];
    enrolled.push(official((OPERATOR, "clerk")));
    enrolled.extend(OFFICIALS.map(official));
    for (name, who) in &enrolled {
        let file = |end: &str| own.join(format!("{name}.{end}.pem"));
        let init = ["keys", "init", name, "--insecure-file-key", "--dir"];
        done("niem-station", &[&init[..], &[text(&own)]].concat());
        let (csr, cert) = (file("csr"), file("cert"));
        let files = [
            "--csr",
            text(&csr),
            "--out",
            text(&cert),
            "--keys",
            text(&keys),
        ];
        done(
            "niem-verifier",
            &[&["enroll"], who.as_slice(), &files].concat(),
        );
    }
    let signers = folder.join("signers");
    fs::create_dir_all(&signers).unwrap();
    fs::copy(
        keys.join("public/station-ca.pem"),
        signers.join("station-ca.pem"),
    )
    .unwrap();
    let settings = format!(
        "listen = \"127.0.0.1:8443\"\ndata = {:?}\nkeys = {keys:?}\ncsca_trust = {:?}\nsigner_trust = {signers:?}\n\
         [examination]\naccept_simulated = true\n",
        folder.join("data"),
        STATE.csca(),
    );
    fs::write(folder.join("verifier.toml"), settings).unwrap();
    let pin = hashed();
    let on_duty = |(id, role): (&str, &str)| {
        format!(
            "[[people]]\nid = \"{id}\"\nname = \"Cán bộ {id}\"\nrole = \"{role}\"\npin = \"{pin}\"\n"
        )
    };
    let mut people = on_duty((OPERATOR, "clerk"));
    people.extend(OFFICIALS.map(on_duty));
    fs::write(folder.join("people.toml"), people).unwrap();
    let (people, duty) = (folder.join("people.toml"), folder.join("duty.json"));
    let sign = [
        "duty",
        "sign",
        text(&people),
        "--keys",
        text(&keys),
        "--out",
        text(&duty),
    ];
    done("niem-verifier", &sign);
    let live = STATE.frames("live");
    fs::write(
        folder.join("station.toml"),
        station(folder, &keys, &own, &live),
    )
    .unwrap();
    // The holder, who cannot turn the head.
    for number in 0..8 {
        let from = live.with_file_name(format!("live_{number:03}.jpg"));
        fs::copy(from, folder.join(format!("film_{number:03}.jpg"))).unwrap();
    }
    let still = folder.join("film_%03d.jpg");
    fs::write(
        folder.join("still.toml"),
        station(folder, &keys, &own, &still),
    )
    .unwrap();
}

fn station(folder: &Path, keys: &Path, own: &Path, film: &Path) -> String {
    let public = keys.join("public");
    let key = |name: &str, end: &str| own.join(format!("{name}.{end}.pem"));
    let places = [OPERATOR, OFFICIALS[0].0, OFFICIALS[1].0].map(|id| {
        let (key, cert) = (key(id, "key"), key(id, "cert"));
        format!("[[screens.operators]]\nid = \"{id}\"\nkey = {key:?}\ncert = {cert:?}\n")
    });
    let operators = places.concat();
    format!(
        "station = \"{STATION}\"\npractice = true\nstate_dir = {:?}\n\
         [verifier]\nurl = \"https://localhost:8443\"\nca = {:?}\nreceipt_key = {:?}\nrecipients = {:?}\n\
         [keys]\ndevice_key = {:?}\ndevice_cert = {:?}\ninsecure_file_key = true\n\
         [trust]\ncsca = {:?}\n[card]\nreader = \"Virtual PCD\"\n[camera]\nsource = {:?}\n\
         [scanner]\nworker = {:?}\ndevice = \"pnm:0\"\nenv = {{ SANE_CONFIG_DIR = {:?} }}\n\
         [models]\ndir = {:?}\ntessdata = {:?}\n\
         [screens]\ncentre = \"Trung tâm phường Mẫu\"\nhotline = \"1900 0000\"\nport = 8470\nduty = {:?}\n\
         {operators}[screens.lesson]\npages = [{:?}, {:?}, {:?}]\n",
        folder.join("state"),
        public.join("server-ca.pem"),
        public.join("receipt.pub.pem"),
        public.join("recipients.txt"),
        key(STATION, "key"),
        key(STATION, "cert"),
        STATE.csca(),
        film,
        built("niem-sane-worker"),
        STATE.sane(),
        models_dir(),
        tessdata(),
        folder.join("duty.json"),
        STATE.page("page-1.pnm"),
        STATE.page("page-2.pnm"),
        STATE.page("page-1.pnm"),
    )
}

fn hashed() -> String {
    use std::io::Write as _;
    let mut child = std::process::Command::new(built("niem-verifier"))
        .args(["duty", "pin"])
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    writeln!(child.stdin.take().unwrap(), "{PIN}").unwrap();
    let answer = child.wait_with_output().unwrap();
    String::from_utf8(answer.stdout).unwrap().trim().to_owned()
}

#[test]
fn visits_are_played_and_nothing_that_goes_away_costs_anything() {
    let Some(python) = std::env::var_os("NIEM_BROWSER") else {
        assert!(
            std::env::var_os("NIEM_JUDGES").is_none(),
            "NIEM_BROWSER is not set"
        );
        eprintln!("left out: no browser here");
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    set_up(folder.path());
    let played = in_own_namespace(
        "card.json",
        &format!(
            "export NIEM_LOG=info\n{} {} {} {} {} {PIN} {CAN} || true",
            python.display(),
            concat!(env!("CARGO_MANIFEST_DIR"), "/journeys/browser/visits.py"),
            folder.path().display(),
            built("niem-station").display(),
            built("niem-verifier").display(),
        ),
    );
    let told: Value = serde_json::from_str(&played).unwrap();
    // The bar: a visit of three papers below 20; these are two, and the third costs two touches.
    let clicks = told["clicks"].as_u64().unwrap();
    assert!(clicks + 2 < 20, "{told}");
    assert_eq!(told["stopped"], "stopped");
    assert_eq!(told["unfinished"], true);
    let gone_on = serde_json::json!(["sheets", "scan", "review", "erased"]);
    assert_eq!(told["gone_on"], gone_on);
    // Authority that nobody shows, and two officials where the machine cannot tell: once both say yes, once one says no.
    assert_eq!(told["proxy"], "behalf.paper_missing");
    assert_eq!(
        told["officials"],
        serde_json::json!({"same": "receipt", "other": "stopped"})
    );
    // One citizen answered the survey; the answer is a number and stands beside no visit.
    let survey = fs::read(folder.path().join("state/survey.json")).unwrap();
    let survey: std::collections::BTreeMap<String, [u32; 5]> =
        serde_json::from_slice(&survey).unwrap();
    assert_eq!(survey.values().collect::<Vec<_>>(), [&[1, 0, 0, 0, 0]]);
    assert!(told["spoken_bytes"].as_u64() > Some(100_000), "{told}");
    // The journal of shifts knows of the desk that was killed.
    let shifts = fs::read_to_string(folder.path().join("state/shifts.jsonl")).unwrap();
    let noted = shifts.lines().map(|line| {
        let note: Value = serde_json::from_str(line).unwrap();
        assert_eq!(note["practice"], true);
        note["event"].as_str().unwrap().to_owned()
    });
    let noted: Vec<String> = noted.collect();
    assert_eq!(noted[..3], ["start", "interrupted", "start"]);
    // Nothing of anybody in what the programs wrote down.
    for log in ["desk.log", "verifier.log"] {
        let log = fs::read_to_string(folder.path().join(log)).unwrap();
        for personal in [tests::specimen::state::PERSONAL_ID, "MẪU", CAN, PIN] {
            assert!(!log.contains(personal), "{personal}");
        }
    }
}
