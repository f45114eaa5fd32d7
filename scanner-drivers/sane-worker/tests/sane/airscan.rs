//! What every driver promises, over SANE: Debian's `airscan` backend before our make-believe network scanner, which gives
//! a feeder with true pages, both sides, and troubles that begin and end; `test` gives the slow job.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use escl_fake::{AdfState, Body, Device, Fake};
use image::DynamicImage;
use promises::{Bench, Trouble, gray_sheet, scan, sheet};
use scanner_drivers::settings::{SaneSettings, Settings};
use scanner_drivers::{Mode, SaneDriver, ScanJob, ScannerDriver, Side, Source};

use crate::rig::{Rig, WORKER, options};

const SCANNER: &str = "airscan:e0:Station";

struct Airscan {
    rig: Rig,
    fake: Fake,
}

/// Whether Debian's backend is here; where judges are required, its absence is a failure.
fn judge_is_here() -> bool {
    let here = ["x86_64-linux-gnu", "aarch64-linux-gnu"]
        .iter()
        .any(|machine| {
            Path::new("/usr/lib")
                .join(machine)
                .join("sane/libsane-airscan.so.1")
                .exists()
        });
    assert!(
        here || std::env::var_os("NIEM_JUDGES").is_none(),
        "the backend is not installed: apt-get install sane-airscan"
    );
    here
}

/// A well-behaved device; its bed is as large as the pages of the promises.
fn device() -> Device {
    Device {
        glass: Some(sheet(0)),
        ..Device::default()
    }
}

impl Airscan {
    fn new() -> Self {
        let rig = Rig::new();
        let fake = Fake::start(device()).unwrap();
        fs::write(rig.path("dll.conf"), "airscan\ntest\n").unwrap();
        fs::write(
            rig.path("airscan.conf"),
            format!(
                "[devices]\n\"Station\" = {}, eSCL\n[options]\ndiscovery = disable\nws-discovery = off\n",
                fake.url()
            ),
        )
        .unwrap();
        Self { rig, fake }
    }

    fn by_feeder(&self, change: impl FnOnce(&mut Device)) -> (String, ScanJob) {
        self.fake.set(change);
        let job = ScanJob {
            source: Source::Feeder,
            ..ScanJob::default()
        };
        (SCANNER.to_owned(), job)
    }
}

impl Bench for Airscan {
    fn worker(&self) -> PathBuf {
        WORKER.into()
    }

    fn driver(&self, program: &Path, silence: Duration) -> Box<dyn ScannerDriver> {
        let driver = SaneDriver::new(program)
            .env("SANE_CONFIG_DIR", self.rig.dir.path())
            .with_network();
        Box::new(driver.silence_limit(silence))
    }

    fn settings(&self) -> Settings {
        Settings::Sane(SaneSettings { local_only: false })
    }

    fn env(&self) -> Vec<(String, String)> {
        let folder = self.rig.dir.path().display().to_string();
        vec![("SANE_CONFIG_DIR".to_owned(), folder)]
    }

    fn most_pages(&self) -> usize {
        3
    }

    fn has_gray(&self) -> bool {
        true
    }

    fn lay(&self, pages: &[DynamicImage]) -> (String, ScanJob) {
        self.by_feeder(|device| device.feeder = pages.to_vec().into())
    }

    fn slow(&self) -> (String, ScanJob) {
        let job = ScanJob {
            dpi: 150,
            source: Source::Feeder,
            options: options(&[
                ("read-delay", "yes"),
                ("read-delay-duration", "200000"),
                ("read-limit", "yes"),
                ("read-limit-size", "2000"),
            ]),
            ..ScanJob::default()
        };
        ("test:0".to_owned(), job)
    }

    fn trouble(&self, trouble: Trouble) -> Option<(String, ScanJob)> {
        Some(self.by_feeder(|device| {
            device.feeder = [sheet(1), sheet(2)].into();
            match trouble {
                Trouble::Jam => device.trouble = Some((1, AdfState::Jam)),
                Trouble::CoverOpen => device.trouble = Some((0, AdfState::DoorOpen)),
                Trouble::NoPaper => device.feeder.clear(),
                Trouble::Gone => device.body = Body::Cut(1000),
            }
        }))
    }

    fn mend(&self) {
        self.fake.set(|fake| *fake = device());
    }

    fn empty(&self) -> Option<(String, ScanJob)> {
        Some(self.by_feeder(|device| device.feeder.clear()))
    }
}

macro_rules! keep_where_the_judge_is {
    ($($promise:ident),+ $(,)?) => {
        $(
            #[test]
            fn $promise() {
                if judge_is_here() {
                    promises::$promise(&Airscan::new());
                }
            }
        )+
    };
}

keep_where_the_judge_is!(
    pages_arrive_whole_and_pixel_for_pixel,
    progress_is_told_page_by_page,
    a_job_ends_after_the_pages_it_wanted,
    a_scanner_is_found_with_what_it_can_do,
    a_missing_scanner_is_said_to_be_missing,
    a_request_of_another_driver_is_refused,
    each_trouble_keeps_its_name,
    a_second_job_after_trouble_works,
    an_empty_feeder_is_waited_for,
    a_cancelled_job_ends_at_once,
    a_killed_worker_is_reported_and_the_next_job_works,
    a_hung_worker_is_timed_out_and_buried,
    a_worker_ends_when_its_desk_dies,
);

#[test]
fn both_sides_of_each_sheet_come_in_turn() {
    if !judge_is_here() {
        return;
    }
    let bench = Airscan::new();
    let driver = bench.driver(&bench.worker(), Duration::from_secs(60));
    let sides = [sheet(1), sheet(2), sheet(3), sheet(4)];
    let (device, job) = bench.lay(&sides);
    let job = ScanJob {
        source: Source::FeederDuplex,
        ..job
    };
    let (pages, outcome) = scan(driver.as_ref(), &device, &job);
    outcome.unwrap();
    assert!(pages.iter().map(|page| &page.image).eq(&sides));
    let told: Vec<_> = pages.iter().map(|page| page.side).collect();
    assert_eq!(told, [Side::Front, Side::Back, Side::Front, Side::Back]);
    assert!(
        bench
            .fake
            .order()
            .contains("<scan:Duplex>true</scan:Duplex>")
    );
    // A feeder asked for one side gives one side.
    let (device, job) = bench.lay(&sides[..1]);
    let (pages, _) = scan(driver.as_ref(), &device, &job);
    assert!(pages.len() == 1 && pages[0].side == Side::Front);
    assert!(
        !bench
            .fake
            .order()
            .contains("<scan:Duplex>true</scan:Duplex>")
    );
}

#[test]
fn a_cover_that_is_open_is_waited_for_where_there_is_patience() {
    use scanner_drivers::{ScanEvent, Waiting};
    if !judge_is_here() {
        return;
    }
    let bench = Airscan::new();
    let (device, job) = bench.trouble(Trouble::CoverOpen).unwrap();
    let job = ScanJob {
        patience: Duration::from_secs(20),
        mode: Mode::Gray,
        ..job
    };
    let (mut waited, mut pages) = (false, Vec::new());
    bench
        .driver(&bench.worker(), Duration::from_secs(20))
        .scanner(&device)
        .run(&job, &mut |event| match event {
            ScanEvent::Waiting(Waiting::Cover) => {
                waited = true;
                bench.fake.set(|device| {
                    device.trouble = None;
                    device.feeder = [gray_sheet(1)].into();
                });
            }
            ScanEvent::Page(page) => pages.push(page.image),
            _ => {}
        })
        .unwrap();
    assert!(waited && pages == [gray_sheet(1)]);
}
