//! The real voice speaks every page of the citizen's display.

use std::os::unix::fs::PermissionsExt as _;
use std::time::Instant;

use jiff::Timestamp;
use screens::{
    ConsentView, Delivery, FaceView, FingerView, Keys, OfficialsView, Place, ReceiptView,
    ReviewView, ScanView, Screens, Site, WhomView, Why, spoken,
};

use super::*;

fn voice() -> Option<EspeakNg> {
    let found = EspeakNg::find(Path::new("espeak-ng")).ok();
    assert!(
        found.is_some() || std::env::var_os("NIEM_JUDGES").is_none(),
        "espeak-ng is not installed"
    );
    found
}

fn pages() -> Vec<Place> {
    let receipt = ReceiptView {
        number: "3B63-01C3-5E80".into(),
        bundle: String::new(),
        codes: Vec::new(),
        holder: "721".into(),
        sealed_at: Timestamp::UNIX_EPOCH,
        delivery: Delivery::Waiting,
        sheets_returned: 3,
        papers: vec![("khai_sinh".into(), 1, 1)],
        set_aside: Vec::new(),
        issued: Default::default(),
        surveyed: false,
        notices: Vec::new(),
    };
    vec![
        Place::Home {
            unfinished: None,
            last: None,
        },
        Place::Prepare {
            asked: Vec::new(),
            whom: WhomView::default(),
        },
        Place::Opening,
        Place::Consent(ConsentView::default()),
        Place::CardKey { failed: None },
        Place::CardReading {
            share: 40,
            lost: false,
        },
        Place::Face(FaceView::default()),
        Place::Finger(FingerView::default()),
        Place::Officials(OfficialsView {
            code: "person.face_inconclusive",
            number: 1,
            people: Vec::new(),
            refused: None,
            looking: None,
            portrait: false,
            likely: Why::Unclear,
        }),
        Place::Sheets,
        Place::Scan(ScanView::default()),
        Place::Reading,
        Place::Review(ReviewView::default()),
        Place::Sealing,
        Place::Receipt(receipt),
        Place::Stopped {
            code: "visit.withdrawn",
            refusal: true,
        },
    ]
}

/// Seconds of sound, and the loudest sample.
fn listened(wav: &[u8]) -> (f64, i16) {
    let number = |at: usize| u32::from_le_bytes(wav[at..at + 4].try_into().unwrap());
    assert_eq!((&wav[..4], &wav[8..16]), (&b"RIFF"[..], &b"WAVEfmt "[..]));
    assert_eq!(number(4) as usize, wav.len() - 8, "the length of the file");
    assert_eq!(
        number(40) as usize,
        wav.len() - 44,
        "the length of the sound"
    );
    let rate = number(24);
    let samples = wav[44..].chunks_exact(2);
    let seconds = samples.len() as f64 / f64::from(rate);
    let loudest = samples
        .map(|two| i16::from_le_bytes([two[0], two[1]]).saturating_abs())
        .max();
    (seconds, loudest.unwrap())
}

#[test]
fn every_page_of_the_citizen_is_spoken_in_both_languages() {
    let Some(voice) = voice() else {
        eprintln!("left out: no espeak-ng here");
        return;
    };
    let site = Site {
        centre: "Trung tâm Phục vụ hành chính công phường Mẫu".into(),
        station: "phuong-mau-01".into(),
        hotline: "1900 0000".into(),
        practice: false,
        practice_can: None,
    };
    let (screens, _heard) = Screens::new(site, Keys::draw().unwrap(), 8470);
    let mut longest = 0.0_f64;
    for language in [Language::Vi, Language::En] {
        screens.show(|board| board.citizen.language = language);
        for place in pages() {
            let name = place.name();
            screens.go(place);
            let text = spoken(&screens.board());
            assert!(!text.contains('<') && !text.contains("&amp;"), "{text}");
            let began = Instant::now();
            let wav = voice.say(&text, language).unwrap();
            let took = began.elapsed();
            let (seconds, loudest) = listened(&wav);
            // Between two and thirty letters a second is speech.
            let letters = text.chars().filter(|one| one.is_alphabetic()).count() as f64;
            let pace = letters / seconds;
            assert!(
                (2.0..30.0).contains(&pace),
                "{name} {language:?}: {pace} letters a second"
            );
            assert!(loudest > 3000, "{name} is silent: {loudest}");
            assert!(took < Duration::from_secs(5), "{name} took {took:?}");
            longest = longest.max(took.as_secs_f64());
        }
    }
    println!("the slowest page was spoken within {longest:.2} s");
}

/// A program that plays a voice, as a driver that misbehaves would.
fn playing(script: &str) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let program = folder.path().join("voice");
    let text = format!(
        "#!/bin/sh\n[ \"$1\" = --version ] && echo 'eSpeak NG text-to-speech: 0.0 ' && exit\n{script}\n"
    );
    std::fs::write(&program, text).unwrap();
    std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o700)).unwrap();
    (folder, program)
}

#[test]
fn a_voice_that_is_not_there_or_says_nonsense_leaves_the_page_silent() {
    assert!(matches!(
        EspeakNg::find(Path::new("/no/such/voice")),
        Err(SpeechError::Missing)
    ));
    for script in ["exit 1", "cat", "echo hello", "yes"] {
        let (_folder, program) = playing(script);
        let voice = EspeakNg::find(&program).unwrap();
        let said = voice.say("Xin chào", Language::Vi);
        assert_eq!(said.err(), Some(SpeechError::Failed), "{script}");
    }
    let (_folder, program) = playing("exit 1");
    let voice = EspeakNg::find(&program).unwrap();
    let long = "a".repeat(MOST_TEXT_BYTES + 1);
    assert_eq!(voice.say(&long, Language::Vi), Err(SpeechError::Failed));
    assert_eq!(voice.say("  ", Language::Vi), Err(SpeechError::Failed));
}

/// The words go through the pipe: neither arguments nor environment hold any.
#[test]
fn no_list_of_processes_shows_the_words() {
    let (folder, program) =
        playing("echo \"$@\" > \"$(dirname \"$0\")/seen\"; env >> \"$(dirname \"$0\")/seen\"; cat");
    let voice = EspeakNg::find(&program).unwrap();
    let _ = voice.say("Nguyễn Văn Mẫu 001090000001", Language::Vi);
    let seen = std::fs::read_to_string(folder.path().join("seen")).unwrap();
    assert!(seen.contains("--stdin") && seen.contains("vi"), "{seen}");
    assert!(
        !seen.contains("Mẫu") && !seen.contains("001090000001"),
        "{seen}"
    );
}
