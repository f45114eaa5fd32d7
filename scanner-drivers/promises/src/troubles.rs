//! The device's own troubles keep their names, and pass without traces.

use scanner_drivers::settings::{
    CameraSettings, EsclSettings, FolderSettings, SaneSettings, Settings,
};
use scanner_drivers::wire::{self, Fault, Reply, Request};
use scanner_drivers::{ScanEvent, ScanJob, Waiting};

use std::io::BufReader;
use std::process::{Command, Stdio};

use crate::bench::{Bench, LONG, Trouble, scan, sheet};

pub fn each_trouble_keeps_its_name(bench: &dyn Bench) {
    let driver = bench.driver(&bench.worker(), LONG);
    let mut seen = 0;
    for trouble in Trouble::ALL {
        let Some((device, job)) = bench.trouble(trouble) else {
            continue;
        };
        seen += 1;
        let (_, outcome) = scan(driver.as_ref(), &device, &job);
        assert_eq!(outcome.unwrap_err().code(), trouble.code(), "{trouble:?}");
        bench.mend();
    }
    assert!(seen > 0, "a device without any trouble is none");
}

pub fn a_second_job_after_trouble_works(bench: &dyn Bench) {
    let driver = bench.driver(&bench.worker(), LONG);
    for trouble in Trouble::ALL {
        let Some((device, job)) = bench.trouble(trouble) else {
            continue;
        };
        assert!(scan(driver.as_ref(), &device, &job).1.is_err());
        bench.mend();
        let laid = [sheet(7)];
        let (device, job) = bench.lay(&laid);
        let (pages, outcome) = scan(driver.as_ref(), &device, &job);
        outcome.unwrap_or_else(|error| panic!("after {trouble:?}: {error}"));
        assert!(pages.len() == 1 && pages[0].image == laid[0]);
    }
}

pub fn an_empty_feeder_is_waited_for(bench: &dyn Bench) {
    let driver = bench.driver(&bench.worker(), LONG);
    let Some((device, job)) = bench.empty() else {
        return;
    };
    let job = ScanJob {
        patience: LONG,
        ..job
    };
    let laid = [sheet(5)];
    let (mut waited, mut pages) = (0, Vec::new());
    driver
        .scanner(&device)
        .run(&job, &mut |event| match event {
            ScanEvent::Waiting(Waiting::Paper) => {
                waited += 1;
                // Told twice, so that waiting is more than one look.
                if waited == 2 {
                    bench.lay(&laid);
                }
            }
            ScanEvent::Page(page) => pages.push(page.image),
            _ => {}
        })
        .unwrap();
    assert!(waited >= 2);
    assert!(pages == laid);
}

pub fn a_missing_scanner_is_said_to_be_missing(bench: &dyn Bench) {
    let driver = bench.driver(&bench.worker(), LONG);
    let (device, job) = bench.lay(&[sheet(1)]);
    // A name of the same form that nothing has.
    let missing = match device.rsplit_once([':', '/']) {
        Some((front, _)) if device.starts_with("http") => {
            let port = front.rsplit_once(':').map_or(front, |(host, _)| host);
            format!("{port}:1/eSCL")
        }
        Some((front, _)) if device.contains('/') => format!("{front}/nowhere"),
        Some((front, _)) => format!("{front}:99"),
        None => "nowhere".to_owned(),
    };
    let (pages, outcome) = scan(driver.as_ref(), &missing, &job);
    assert_eq!(outcome.unwrap_err().code(), "scan.not_found", "{missing}");
    assert!(pages.is_empty());
    let nowhere = bench.worker().join("nowhere");
    let (_, outcome) = scan(bench.driver(&nowhere, LONG).as_ref(), &device, &job);
    assert_eq!(outcome.unwrap_err().code(), "scan.worker_missing");
}

pub fn a_request_of_another_driver_is_refused(bench: &dyn Bench) {
    let own = std::mem::discriminant(&bench.settings());
    let all = [
        Settings::Sane(SaneSettings { local_only: true }),
        Settings::Escl(EsclSettings::default()),
        Settings::Camera(CameraSettings::default()),
        Settings::Folder(FolderSettings::default()),
    ];
    for settings in all {
        if std::mem::discriminant(&settings) == own {
            continue;
        }
        let mut worker = Command::new(bench.worker())
            .envs(bench.env())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut stdin = worker.stdin.take().unwrap();
        wire::write_line(&mut stdin, &Request::List { settings }).unwrap();
        let mut answers = BufReader::new(worker.stdout.take().unwrap());
        let answer: Option<Reply> = wire::read_line(&mut answers).unwrap();
        assert!(matches!(answer, Some(Reply::Failed(Fault::BadRequest))));
        drop(stdin);
        worker.wait().unwrap();
    }
}
