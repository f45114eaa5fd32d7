//! A reader, a card, a camera and a scanner go away and come back, and the desk says so each time, by itself.

use std::fs;

use serde_json::Value;
use tests::rig::programs::built;

use crate::the_card_is_read_through_pcscd::in_own_namespace;
use crate::the_desk_in_a_browser::set_up;

/// The states of one device in the order in which they were told.
fn told(lines: &[Value], device: &str) -> Vec<String> {
    lines
        .iter()
        .filter(|line| line["device"] == device)
        .map(|line| match line["code"].as_str() {
            Some(code) => code.to_owned(),
            None => line["state"].as_str().unwrap().to_owned(),
        })
        .collect()
}

/// Everything expected was told in this order, whatever was told between.
fn in_order(told: &[String], expected: &[&str]) {
    let mut told_yet = told.iter();
    for wanted in expected {
        assert!(
            told_yet.any(|state| state == wanted),
            "{wanted} is missing in {told:?}"
        );
    }
}

#[test]
fn each_is_missed_and_known_again() {
    let folder = tempfile::tempdir().unwrap();
    set_up(folder.path());
    let place = |name: &str| folder.path().join(name).display().to_string();
    fs::write(place("film.y4m"), b"").unwrap();
    fs::create_dir(place("scans")).unwrap();
    let settings = fs::read_to_string(place("station.toml")).unwrap();
    let mut lines: Vec<String> = settings.lines().map(str::to_owned).collect();
    let at = lines.iter().position(|line| line == "[camera]").unwrap();
    lines[at + 1] = format!("source = {:?}", place("film.y4m"));
    let from = lines.iter().position(|line| line == "[scanner]").unwrap();
    let to = lines.iter().position(|line| line == "[models]").unwrap();
    let worker = built("niem-folder-worker");
    let scanner = [
        "[scanner]".to_owned(),
        "driver = \"folder\"".to_owned(),
        format!(
            "folder = {{ worker = {worker:?}, folders = [{:?}] }}",
            place("scans")
        ),
    ];
    lines.splice(from..to, scanner);
    fs::write(place("station.toml"), lines.join("\n")).unwrap();

    let events = place("events");
    let commands = format!(
        "{station} devices --config {config} --follow 120 --every 200 > {events} & follow=$!\n\
         count() {{ grep -c \"\\\"device\\\":\\\"$1\\\".*\\\"state\\\":\\\"$2\\\"\" {events} || true; }}\n\
         seen() {{ for _ in $(seq 300); do [ $(count $1 $2) -ge $3 ] && return; sleep 0.1; done; echo '{{\"late\":\"'$1 $2 $3'\"}}'; }}\n\
         seen card-reader card 1\nseen camera ready 1\nseen scanner ready 1\n\
         empty=$(count card-reader ready)\nkill $card; seen card-reader ready $((empty + 1))\n\
         kill $pcscd; seen card-reader trouble 1\n\
         start_pcscd; seen card-reader ready $((empty + 2))\n\
         mv {film} {film}.away; mv {scans} {scans}.away\n\
         seen camera trouble 1\nseen scanner trouble 1\n\
         mv {film}.away {film}; mv {scans}.away {scans}\n\
         seen camera ready 2\nseen scanner ready 2\n\
         kill $follow; cat {events}\n",
        station = built("niem-station").display(),
        config = place("station.toml"),
        film = place("film.y4m"),
        scans = place("scans"),
    );
    let heard = in_own_namespace("card.json", &commands);
    let lines: Vec<Value> = heard
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert!(!heard.contains("late"), "{heard}");
    in_order(
        &told(&lines, "card-reader"),
        &["card", "ready", "card.service_missing", "ready"],
    );
    let back = ["ready", "camera.not_found", "ready"];
    assert_eq!(told(&lines, "camera"), back);
    let back = ["ready", "scan.not_found", "ready"];
    assert_eq!(told(&lines, "scanner"), back);
}
