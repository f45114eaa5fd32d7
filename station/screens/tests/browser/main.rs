//! Every page in a real browser: axe-core finds nothing, everything can be reached and touched, and nothing is cut off.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod gallery;
mod sheets;

use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Command, Stdio};

use rulebook::Language;
use screens::{Keys, Place, Screens, Side, Site, router};

/// The Python with Playwright and axe-core in it; `cargo xtask test` fetches it and sets NIEM_JUDGES: there nothing is
/// left out.
fn browser() -> Option<std::ffi::OsString> {
    let python = std::env::var_os("NIEM_BROWSER");
    assert!(
        python.is_some() || std::env::var_os("NIEM_JUDGES").is_none(),
        "NIEM_BROWSER is not set"
    );
    python
}

#[test]
fn every_page_in_both_languages() {
    let Some(python) = browser() else {
        eprintln!("left out: no browser here");
        return;
    };
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let port = listener.local_addr().unwrap().port();
    let keys = Keys::draw().unwrap();
    let site = Site {
        centre: "Trung tâm Phục vụ hành chính công phường Mẫu".into(),
        station: "phuong-mau-01".into(),
        hotline: "1900 0000".into(),
        practice: true,
        practice_can: Some("004721".into()),
    };
    let (screens, _heard) = Screens::new(site, keys.clone(), port);
    screens.set_examiner(std::sync::Arc::new(gallery::Look));
    sheets::put(&screens.pictures);
    let doors = router(screens.clone());
    runtime.spawn(async move {
        let listener = tokio::net::TcpListener::from_std(listener).unwrap();
        axum::serve(listener, doors).await.unwrap();
    });
    let link = |side| format!("http://127.0.0.1:{port}{}", keys.path(side));
    let pictures = std::env::var("NIEM_SCREENSHOTS").unwrap_or_else(|_| "-".into());
    let mut looking = Command::new(python)
        .arg(concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/tests/browser/look.py"
        ))
        .args([link(Side::Operator), link(Side::Citizen), pictures])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut asks = looking.stdin.take().unwrap();
    let mut told = BufReader::new(looking.stdout.take().unwrap()).lines();
    assert_eq!(told.next().unwrap().unwrap(), "ready");
    let mut faults = Vec::new();
    let mut hear = |faults: &mut Vec<String>| {
        loop {
            let line = told.next().expect("the browser ended").unwrap();
            match line.strip_prefix("! ") {
                Some(fault) => faults.push(fault.to_owned()),
                None => break,
            }
        }
    };
    for language in [Language::Vi, Language::En] {
        for (name, place) in gallery::places() {
            let operator = !matches!(place, Place::SignedOut { .. });
            screens.show(|board| {
                board.language = language;
                board.citizen.language = language;
                board.operator = operator.then(gallery::person);
                board.speaks = true;
                board.devices = gallery::devices(name);
                board.line.online = Some(true);
                board.line.slow = name == "home-devices";
                board.line.waiting = 2;
                board.line.oldest = Some("2026-03-02T01:00:00Z".parse().unwrap());
            });
            let turn = screens.go(place.clone());
            screens.show(|board| {
                board.quiet = gallery::quiet(name);
                board.shift = Some(gallery::shift());
            });
            writeln!(asks, "{name} {} {} {turn}", place.name(), language.as_str()).unwrap();
            hear(&mut faults);
        }
        // A page of its own, which is also printed.
        writeln!(asks, "diagnostics diagnostics {} 0", language.as_str()).unwrap();
        hear(&mut faults);
    }
    drop(asks);
    looking.wait().unwrap();
    assert!(faults.is_empty(), "\n{}", faults.join("\n"));
}
