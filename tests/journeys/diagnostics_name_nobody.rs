//! The desk is looked over from the command line: everything a technician asks for is there, and of nobody anything.

use std::fs;
use std::process::Command;

use tests::rig::programs::{built, json};
use tests::specimen::state::{NAME_VI, OLD_ID, PERSONAL_ID};

use crate::the_desk_in_a_browser::set_up;

/// Every section of the answer, with what must be told in it.
const SECTIONS: [(&str, &[&str]); 10] = [
    ("diag.program", &["diag.version", "diag.rulebook"]),
    ("diag.devices", &["device.camera", "diag.speech"]),
    ("diag.clock", &["diag.desk_time", "diag.verifier_time"]),
    ("diag.disk", &["diag.free", "diag.visits_left"]),
    ("diag.queue", &["diag.waiting", "diag.oldest", "diag.bytes"]),
    (
        "diag.trust",
        &["diag.certificates", "diag.newest", "diag.digest"],
    ),
    ("diag.duty", &["diag.issued", "diag.until", "diag.people"]),
    (
        "diag.keys",
        &["diag.key_station", "diag.key_official", "diag.tickets"],
    ),
    ("diag.recipients", &["diag.epoch", "diag.digest"]),
    ("diag.models", &["diag.model"]),
];

#[test]
fn everything_is_told_but_people() {
    let folder = tempfile::tempdir().unwrap();
    set_up(folder.path());
    let settings = folder.path().join("station.toml");
    // Names and numbers wherever a careless hand may leave them.
    let bundle = folder
        .path()
        .join("state/spool/waiting")
        .join("ab".repeat(32));
    fs::create_dir_all(&bundle).unwrap();
    fs::write(bundle.join(format!("{NAME_VI}.json")), PERSONAL_ID).unwrap();
    fs::write(
        folder.path().join("state/sign-in.json"),
        format!("{NAME_VI} {OLD_ID}"),
    )
    .unwrap();
    let film = folder.path().join(format!("{NAME_VI} {PERSONAL_ID}.y4m"));
    fs::write(&film, b"").unwrap();
    let text = fs::read_to_string(&settings).unwrap();
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    let at = lines.iter().position(|line| line == "[camera]").unwrap();
    lines[at + 1] = format!("source = {film:?}");
    fs::write(&settings, lines.join("\n")).unwrap();

    let config = settings.to_str().unwrap();
    let (exit, told) = json("niem-station", &["diagnose", "--config", config]);
    assert_eq!(exit, 0, "{told:#}");
    let sections = told["sections"].as_array().unwrap();
    for (key, facts) in SECTIONS {
        let section = sections.iter().find(|section| section["key"] == key);
        let section = section.unwrap_or_else(|| panic!("{key} is missing"));
        for fact in facts {
            let told = section["facts"].as_array().unwrap();
            assert!(told.iter().any(|one| one["key"] == *fact), "{key} {fact}");
        }
    }
    let of = |section: &str, fact: &str| {
        let section = sections.iter().find(|one| one["key"] == section).unwrap();
        let facts = section["facts"].as_array().unwrap();
        facts.iter().find(|one| one["key"] == fact).unwrap()["found"].clone()
    };
    assert_eq!(of("diag.queue", "diag.waiting")["count"], 1);
    assert_eq!(
        of("diag.queue", "diag.bytes")["bytes"],
        PERSONAL_ID.len() as u64
    );
    let people = fs::read_to_string(folder.path().join("people.toml")).unwrap();
    let people = people.matches("[[people]]").count();
    assert_eq!(of("diag.duty", "diag.people")["count"], people);
    assert_eq!(
        of("diag.clock", "diag.verifier_time")["trouble"],
        "courier.unreachable"
    );
    assert!(
        told["findings"]
            .as_array()
            .unwrap()
            .iter()
            .any(|one| one["stops"] == true)
    );

    let mut pages = vec![told.to_string()];
    for lang in ["vi", "en"] {
        let asked = ["--lang", lang, "diagnose", "--config", config];
        let output = Command::new(built("niem-station"))
            .args(asked)
            .output()
            .unwrap();
        pages.push(String::from_utf8(output.stdout).unwrap());
    }
    for page in pages {
        assert!(page.len() > 1000, "{page}");
        let personal = [
            NAME_VI,
            PERSONAL_ID,
            OLD_ID,
            "Cán bộ Mẫu",
            "can-bo-mau",
            "argon2",
        ];
        for personal in personal {
            assert!(!page.contains(personal), "{personal} in {page}");
        }
    }
}
