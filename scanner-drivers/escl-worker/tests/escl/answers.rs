//! Scanners answer in many ways, right ones and wrong ones; each has one meaning for the desk.

use std::time::{Duration, Instant};

use escl_fake::{AdfState, Body, Device, EmptyFeeder, Fake, Location, encode};
use promises::{gray_sheet, sheet};
use scanner_drivers::settings::EsclSettings;
use scanner_drivers::{Mode, ScanEvent, ScanJob, Side, Source, Waiting};

use crate::rig::{at, code, driver, feeder, from_feeder, scan};

#[test]
fn every_way_to_name_a_job_and_to_end_it_is_understood() {
    let sheets = [sheet(1), sheet(2)];
    for location in [
        Location::Absolute,
        Location::Relative,
        // The name a printer believes to have; the path alone is followed.
        Location::OtherHost("printer.invalid:9095".into()),
    ] {
        for (end, body, odd_xml) in [(404, Body::Whole, false), (410, Body::Chunked, true)] {
            let more = Device {
                location: location.clone(),
                end,
                body,
                odd_xml,
                ..Device::default()
            };
            let fake = feeder(&sheets, more);
            let (pages, outcome) = scan(&fake, &from_feeder());
            outcome.unwrap_or_else(|error| panic!("{location:?} {end}: {error}"));
            assert!(pages.iter().map(|page| &page.image).eq(&sheets));
            assert!(pages.iter().all(|page| page.dpi == Some(300)));
            let asked = fake.requests();
            assert!(
                !asked.iter().any(|ask| ask.starts_with("DELETE")),
                "a job that ended by itself is not called off: {asked:?}"
            );
        }
    }
    for (location, expected) in [
        (Location::Missing, "scan.bad_answer"),
        (Location::Nonsense, "scan.io"),
    ] {
        let more = Device {
            location,
            ..Device::default()
        };
        let (pages, outcome) = scan(&feeder(&sheets, more), &from_feeder());
        assert_eq!(code(outcome), expected);
        assert!(pages.is_empty());
    }
}

#[test]
fn the_glass_gives_one_page_and_both_sides_come_in_turn() {
    let fake = Fake::start(Device {
        glass: Some(sheet(4)),
        ..Device::default()
    })
    .unwrap();
    let (pages, outcome) = scan(&fake, &ScanJob::default());
    outcome.unwrap();
    assert!(pages.len() == 1 && pages[0].image == sheet(4));

    let sheets = [sheet(1), sheet(2), sheet(3), sheet(4)];
    let fake = feeder(&sheets, Device::default());
    let job = ScanJob {
        source: Source::FeederDuplex,
        ..ScanJob::default()
    };
    let (pages, outcome) = scan(&fake, &job);
    outcome.unwrap();
    assert!(pages.iter().map(|page| &page.image).eq(&sheets));
    let sides: Vec<_> = pages.iter().map(|page| page.side).collect();
    assert_eq!(sides, [Side::Front, Side::Back, Side::Front, Side::Back]);
    assert!(fake.order().contains("<scan:Duplex>true</scan:Duplex>"));
}

#[test]
fn a_jpeg_is_handed_on_byte_for_byte() {
    for formats in [vec!["image/jpeg"], vec!["application/pdf"]] {
        let more = Device {
            formats: formats.clone(),
            ..Device::default()
        };
        let (pages, outcome) = scan(&feeder(&[sheet(1)], more), &from_feeder());
        outcome.unwrap();
        let sent = encode(&sheet(1), "image/jpeg", "RGB24");
        assert!(pages[0].jpeg.as_ref() == Some(&sent), "{formats:?}");
        assert!(pages[0].image == image::load_from_memory(&sent).unwrap());
    }
    // Lossless where it can be had.
    let fake = feeder(&[sheet(1)], Device::default());
    let (pages, outcome) = scan(&fake, &from_feeder());
    outcome.unwrap();
    assert!(pages[0].jpeg.is_none() && pages[0].image == sheet(1));
    assert!(fake.order().contains("image/png"));
}

#[test]
fn modes_and_resolutions_are_asked_for_in_the_scanners_words() {
    let fake = feeder(&[gray_sheet(1)], Device::default());
    let job = ScanJob {
        mode: Mode::Lineart,
        dpi: 250,
        ..from_feeder()
    };
    let (pages, outcome) = scan(&fake, &job);
    outcome.unwrap();
    assert_eq!(pages[0].dpi, Some(300), "never less than was asked for");
    let order = fake.order();
    assert!(order.contains("BlackAndWhite1") && order.contains("<scan:XResolution>300<"));
    let page = pages[0].image.as_luma8().unwrap();
    assert!(page.pixels().all(|pixel| matches!(pixel.0[0], 0 | 255)));
    // What the scanner does not offer is refused before anything moves.
    let fake = feeder(
        &[sheet(1)],
        Device {
            duplex: false,
            ..Device::default()
        },
    );
    let job = ScanJob {
        source: Source::FeederDuplex,
        ..ScanJob::default()
    };
    assert_eq!(code(scan(&fake, &job).1), "scan.unsupported");
    let job = ScanJob {
        options: vec![("brightness".into(), "5".into())],
        ..from_feeder()
    };
    assert_eq!(code(scan(&fake, &job).1), "scan.bad_option");
    assert!(!fake.requests().iter().any(|ask| ask.starts_with("POST")));
}

#[test]
fn a_scanner_that_warms_up_is_waited_for() {
    let more = Device {
        busy_orders: 2,
        busy_pages: 1,
        retry_after: Some("0".into()),
        ..Device::default()
    };
    let fake = feeder(&[sheet(1)], more);
    let (mut waited, mut pages) = (false, 0);
    driver(at(&[fake.url()]))
        .discover_one(&fake)
        .run(&from_feeder(), &mut |event| match event {
            ScanEvent::Waiting(Waiting::Device) => waited = true,
            ScanEvent::Page(_) => pages += 1,
            _ => {}
        })
        .unwrap();
    assert!(waited);
    assert_eq!(pages, 1);
    let orders = fake.requests();
    let orders = orders.iter().filter(|ask| ask.starts_with("POST")).count();
    assert_eq!(orders, 3);
}

/// The one scanner there.
trait DiscoverOne {
    fn discover_one(&self, fake: &Fake) -> Box<dyn scanner_drivers::Scanner>;
}

impl DiscoverOne for scanner_drivers::EsclDriver {
    fn discover_one(&self, fake: &Fake) -> Box<dyn scanner_drivers::Scanner> {
        use scanner_drivers::ScannerDriver;
        let mut found = self.discover().unwrap();
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].id(), fake.url());
        found.remove(0)
    }
}

#[test]
fn trouble_in_mid_job_is_told_however_the_page_is_refused() {
    for trouble_code in [404, 409, 410, 500, 503] {
        for (state, expected) in [
            (AdfState::Jam, "scan.jam"),
            (AdfState::CoverOpen, "scan.cover_open"),
            (AdfState::DoorOpen, "scan.cover_open"),
            (AdfState::Mispick, "scan.jam"),
            (AdfState::Multipick, "scan.jam"),
            (AdfState::TrayFailed, "scan.io"),
        ] {
            // Thirty seconds of warming up are borne before a 503 is a trouble: once is enough.
            if trouble_code == 503 && state != AdfState::Jam {
                continue;
            }
            let more = Device {
                trouble: Some((1, state)),
                trouble_code,
                ..Device::default()
            };
            let fake = feeder(&[sheet(1), sheet(2)], more);
            let (pages, outcome) = scan(&fake, &from_feeder());
            assert_eq!(code(outcome), expected, "{trouble_code} {state:?}");
            assert!(
                pages.len() == 1 && pages[0].image == sheet(1),
                "the page before is good"
            );
        }
    }
}

#[test]
fn an_empty_feeder_is_no_paper_in_every_wording() {
    for (empty_feeder, end) in [
        (EmptyFeeder::Conflict, 404),
        (EmptyFeeder::Accept, 404),
        (EmptyFeeder::Accept, 410),
    ] {
        let more = Device {
            empty_feeder,
            end,
            ..Device::default()
        };
        let (pages, outcome) = scan(&feeder(&[], more), &from_feeder());
        assert_eq!(code(outcome), "scan.no_paper");
        assert!(pages.is_empty());
    }
}

#[test]
fn a_body_that_is_not_what_it_says_is_no_page() {
    for (body, expected) in [
        (Body::Cut(2000), "scan.io"),
        (Body::Short(2000), "scan.bad_answer"),
        (Body::Boast(60_000), "scan.bad_answer"),
        (Body::Garbage, "scan.wrong_format"),
    ] {
        for formats in [vec!["image/png"], vec!["image/jpeg"]] {
            let more = Device {
                body,
                formats,
                ..Device::default()
            };
            let fake = feeder(&[sheet(1)], more);
            let (pages, outcome) = scan(&fake, &from_feeder());
            assert_eq!(code(outcome), expected, "{body:?}");
            assert!(pages.is_empty(), "{body:?}");
            assert!(
                fake.requests().iter().any(|ask| ask.starts_with("DELETE")),
                "the job is called off"
            );
        }
    }
    // The type beside a good document does not matter: its first bytes tell.
    let more = Device {
        content_type: Some("application/octet-stream"),
        ..Device::default()
    };
    let (pages, outcome) = scan(&feeder(&[sheet(1)], more), &from_feeder());
    outcome.unwrap();
    assert!(pages[0].image == sheet(1));
}

#[test]
fn endless_words_and_slow_drops_are_cut_off() {
    // Capabilities without end.
    let more = Device {
        capabilities_body: Body::Endless,
        ..Device::default()
    };
    assert_eq!(
        code(scan(&feeder(&[sheet(1)], more), &from_feeder()).1),
        "scan.bad_answer"
    );
    // A document drop by drop: each byte comes in time, the page never does.
    let more = Device {
        body: Body::Drip(Duration::from_millis(100)),
        ..Device::default()
    };
    let fake = feeder(&[sheet(1)], more);
    let settings = EsclSettings {
        document_within_ms: 2000,
        ..at(&[fake.url()])
    };
    let begun = Instant::now();
    let (pages, outcome) = promises::scan(&driver(settings), &fake.url(), &from_feeder());
    assert_eq!(code(outcome), "scan.timeout");
    assert!(pages.is_empty() && begun.elapsed() < Duration::from_secs(40));
    // Not a word.
    let fake = feeder(&[sheet(1)], Device::default());
    fake.set(|device| device.mute = true);
    let settings = EsclSettings {
        silence_ms: 1000,
        ..at(&[fake.url()])
    };
    let (_, outcome) = promises::scan(&driver(settings), &fake.url(), &from_feeder());
    assert_eq!(code(outcome), "scan.timeout");
}

#[test]
fn codes_no_scanner_should_say_are_borne() {
    for (only, expected) in [
        (401, "scan.access_denied"),
        (403, "scan.access_denied"),
        (404, "scan.not_found"),
        (418, "scan.io"),
        (500, "scan.io"),
        (503, "scan.device_busy"),
        // A redirect would lead to another host.
        (302, "scan.io"),
    ] {
        let fake = feeder(&[sheet(1)], Device::default());
        fake.set(|device| device.only_code = Some(only));
        assert_eq!(code(scan(&fake, &from_feeder()).1), expected, "{only}");
    }
}

#[test]
fn a_cancelled_job_is_called_off_at_the_scanner() {
    let fake = feeder(&[sheet(1), sheet(2)], Device::default());
    let job = from_feeder();
    let cancel = job.cancel.clone();
    let mut pages = 0;
    let outcome =
        promises::driver_scanner(&driver(at(&[fake.url()])), &fake.url()).run(&job, &mut |event| {
            if matches!(event, ScanEvent::Page(_)) {
                pages += 1;
                fake.set(|device| device.body = Body::Drip(Duration::from_millis(50)));
            }
            if matches!(event, ScanEvent::Progress(progress) if progress.page == 2) {
                cancel.raise();
            }
        });
    assert_eq!(code(outcome), "scan.cancelled");
    assert_eq!(pages, 1);
    let asked = fake.requests();
    assert_eq!(
        asked.last().map(String::as_str),
        Some("DELETE /eSCL/ScanJobs/1"),
        "{asked:?}"
    );
}
