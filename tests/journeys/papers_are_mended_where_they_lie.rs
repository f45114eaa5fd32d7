//! What goes wrong with papers is put right where they lie: the scanner's trouble ends nothing, a count is corrected, pages
//! are moved, turned, taken out and scanned again, and whoever stands before the seal can still go back.

use std::collections::VecDeque;
use std::fs;
use std::path::Path;
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use bundle::Role;
use scanner_drivers::{Capabilities, ScanError, ScanEvent, ScanJob, Scanner};
use screens::{
    Arrangement, Credentials, Keys, Out, Person, Place, Refused, ScanView, Screens, Site, Touch,
};
use station::attended::{AtScreens, Came, Floor, Reception};
use station::devices::scanner;
use station::visit::Closed;
use tests::rig::desk::{Bench, TestDesk};
use tests::rig::programs::built;
use tests::rig::service::{Service, Takes};
use tests::specimen::state::CAN;

use crate::{STATE, card};

/// Two of SANE's own backends as one scanner: `test` meets what it is told to meet, `pnm` lays down pages.
struct Troubled {
    pnm: Box<dyn Scanner>,
    test: Box<dyn Scanner>,
    /// What each scan meets; none: a page.
    meets: VecDeque<Option<&'static str>>,
}

impl Scanner for Troubled {
    fn id(&self) -> &str {
        self.pnm.id()
    }

    fn capabilities(&self) -> &Capabilities {
        self.pnm.capabilities()
    }

    fn run(&mut self, job: &ScanJob, hear: &mut dyn FnMut(ScanEvent)) -> Result<(), ScanError> {
        match self.meets.pop_front().flatten() {
            Some(status) => {
                let job = ScanJob {
                    dpi: 75,
                    options: vec![("read-return-value".into(), status.into())],
                    ..ScanJob::default()
                };
                self.test.run(&job, hear)
            }
            None => self.pnm.run(job, hear),
        }
    }
}

/// There is no official here.
struct Nobody;

impl Reception for Nobody {
    fn officials(&self) -> Vec<Person> {
        Vec::new()
    }

    fn enter(&mut self, _credentials: &Credentials) -> Result<Came, Refused> {
        Err(Refused {
            code: "login.wrong",
            minutes: 0,
        })
    }

    fn patience(&self) -> Duration {
        Duration::from_secs(120)
    }
}

/// The two people, by their touches: each waits for its place, and touches.
struct Hands<'a>(&'a Screens);

impl Hands<'_> {
    fn wait<T>(&self, what: &str, look: impl Fn(&Place) -> Option<T>) -> (u64, T) {
        let until = Instant::now() + Duration::from_secs(120);
        while Instant::now() < until {
            let board = self.0.board();
            if let Some(seen) = look(&board.place) {
                return (board.turn, seen);
            }
            thread::sleep(Duration::from_millis(20));
        }
        panic!("not at {what} but at {}", self.0.board().place.name());
    }

    fn at(&self, name: &str, touch: Touch) {
        let (turn, ()) = self.wait(name, |place| (place.name() == name).then_some(()));
        self.0.touch(turn, touch);
    }

    /// Waits until the pages are so, and touches.
    fn pages(&self, what: &str, so: impl Fn(&ScanView) -> bool, touch: Touch) -> ScanView {
        let (turn, seen) = self.wait(what, |place| match place {
            Place::Scan(scan) if !scan.busy && so(scan) => Some(scan.clone()),
            _ => None,
        });
        self.0.touch(turn, touch);
        seen
    }

    fn to_the_papers(&self, sheets: u32) {
        self.at("consent", Touch::Consent { given: true });
        let digits = screens::CardDigits(CAN.to_owned().into());
        self.at("card", Touch::CardKey(digits));
        self.at("sheets", Touch::Sheets(sheets));
    }
}

/// Hands that fail end the visit, which would wait for them otherwise.
impl Drop for Hands<'_> {
    fn drop(&mut self) {
        if thread::panicking() {
            self.0.touch(0, Touch::StopAndErase);
        }
    }
}

fn order(scan: &ScanView) -> Vec<u32> {
    scan.staying().map(|page| page.number).collect()
}

fn all_read(scan: &ScanView, pages: usize) -> bool {
    scan.staying().count() == pages && scan.staying().all(|page| page.read)
}

const GLASS: Touch = Touch::Scan {
    feeder: false,
    same_paper: None,
};

/// A visit of these pages, with a scanner that meets these things, by these hands.
fn visit(
    glass: &[&str],
    meets: &[Option<&'static str>],
    hands: impl FnOnce(&Hands<'_>) + Send,
) -> (Closed, Vec<(String, usize)>, Vec<&'static str>) {
    let service = Service::start(&STATE.csca(), Takes::Simulated);
    let desk = TestDesk::enrol(&service, &STATE, Role::Clerk);
    desk.fetch_tickets(1);
    let mut bench = Bench::set_up(&STATE, "live", card("card"));
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("dll.conf"), "test\n").unwrap();
    let sane = |name, settings: &Path| {
        let settings = settings.to_str().unwrap().to_owned();
        let env = vec![("SANE_CONFIG_DIR".to_owned(), settings)];
        scanner::find(built("niem-sane-worker"), env, name).unwrap()
    };
    bench.devices.scanner = Box::new(Troubled {
        pnm: sane("pnm:0", &STATE.sane()),
        test: sane("test:0", folder.path()),
        meets: meets.iter().copied().collect(),
    });
    let site = Site {
        centre: "Trung tâm mẫu".into(),
        station: "tram-thu-01".into(),
        hotline: "1022".into(),
        practice: true,
        practice_can: None,
    };
    let (screens, heard) = Screens::new(site, Keys::draw().unwrap(), 1);
    let (said, ended) = mpsc::channel();
    let glass = glass.iter().map(|name| STATE.page(name)).collect();
    thread::scope(|scope| {
        let shown = &screens;
        let played = scope.spawn(move || {
            hands(&Hands(shown));
            said.send(()).unwrap();
        });
        let floor = Floor::new(&screens, &heard);
        let mut nobody = Nobody;
        let mut people = AtScreens::new(&floor, false, glass, &mut nobody);
        let end = desk.attended_visit(&mut bench.devices, &mut people, &mut |step| {
            floor.tell(step)
        });
        if ended.try_recv().is_err() {
            // The visit ended before the hands did: they say at which place.
            screens.go(Place::Stopped {
                code: "visit.withdrawn",
                refusal: true,
            });
        }
        played.join().unwrap();
        if let Some(digest) = end.digest() {
            desk.push(digest).expect("the verifier takes it");
        }
        let documents = end.documents.iter();
        (
            end.closed.clone(),
            documents
                .map(|paper| (paper.kind.clone(), paper.pages))
                .collect(),
            end.set_aside.iter().map(|aside| aside.code).collect(),
        )
    })
}

#[test]
fn the_scanners_trouble_is_named_and_the_scan_goes_on() {
    let meets = [
        Some("SANE_STATUS_NO_DOCS"),
        Some("SANE_STATUS_COVER_OPEN"),
        None,
        Some("SANE_STATUS_JAMMED"),
        Some("SANE_STATUS_IO_ERROR"),
        None,
    ];
    let (closed, documents, aside) = visit(&["page-1.pnm", "page-2.pnm"], &meets, |hands| {
        hands.to_the_papers(2);
        hands.pages("an empty table", |scan| scan.pages.is_empty(), GLASS);
        for code in ["scan.no_paper", "scan.cover_open"] {
            let seen = hands.pages(code, |scan| scan.trouble == Some(code), Touch::Retry);
            assert!(seen.pages.is_empty(), "no half page is a page");
        }
        hands.pages(
            "one page",
            |scan| all_read(scan, 1) && scan.trouble.is_none(),
            GLASS,
        );
        for code in ["scan.jam", "scan.io"] {
            let seen = hands.pages(code, |scan| scan.trouble == Some(code), Touch::Retry);
            assert_eq!(order(&seen), [1], "what was scanned stays");
            assert!(!seen.complete());
        }
        hands.pages("both pages", ScanView::complete, Touch::Enough);
        hands.at("review", Touch::Approve);
    });
    assert!(matches!(closed, Closed::Sealed(_)), "{closed:?}");
    assert_eq!(
        documents,
        [("khai_sinh".to_owned(), 1), ("cu_tru".to_owned(), 1)]
    );
    assert!(aside.is_empty());
}

#[test]
fn pages_are_counted_again_moved_turned_taken_out_and_looked_at_again() {
    let (closed, documents, aside) =
        visit(&["page-1.pnm", "page-1.pnm", "page-2.pnm"], &[], |hands| {
            hands.to_the_papers(3);
            hands.pages("an empty table", |scan| scan.pages.is_empty(), GLASS);
            hands.pages("one page", |scan| all_read(scan, 1), GLASS);
            hands.pages("two pages", |scan| all_read(scan, 2), GLASS);
            // The same sheet lies there twice: three images, two sheets.
            hands.pages("three pages", |scan| all_read(scan, 3), Touch::Enough);
            let missing = |scan: &ScanView| scan.trouble == Some("paper.count_mismatch");
            hands.pages("a sheet too few", missing, Touch::Back);
            hands.at("recount", Touch::Sheets(2));
            let out = Touch::Arrange(Arrangement::TakeOut(2, Out::Duplicate));
            hands.pages("two sheets", |scan| scan.sheets == 2, out);
            let seen = hands.pages(
                "two pages and one out",
                |scan| order(scan) == [1, 3],
                Touch::Arrange(Arrangement::Earlier(3)),
            );
            assert_eq!(seen.taken_out().count(), 1);
            hands.pages(
                "the other order",
                |scan| order(scan) == [3, 1],
                Touch::Arrange(Arrangement::Turn(1)),
            );
            // Four times, and it stands as before.
            for degrees in [90, 180, 270] {
                let so = move |scan: &ScanView| {
                    scan.pages
                        .iter()
                        .any(|page| page.turn == degrees && page.read)
                };
                hands.pages("a turned page", so, Touch::Arrange(Arrangement::Turn(1)));
            }
            let upright =
                |scan: &ScanView| scan.pages.iter().all(|page| page.turn == 0) && scan.complete();
            hands.pages("all upright", upright, Touch::Enough);
            // Back from before the seal: everything lies as it lay.
            hands.at("review", Touch::Back);
            let seen = hands.pages(
                "the same table",
                ScanView::complete,
                Touch::Again { page: 1 },
            );
            assert_eq!(order(&seen), [3, 1]);
            let version = |scan: &ScanView| {
                let mut pages = scan.pages.iter();
                pages.find(|page| page.number == 1).map(|page| page.version)
            };
            let anew = |scan: &ScanView| version(scan) > version(&seen) && scan.complete();
            hands.pages("scanned again", anew, Touch::Enough);
            hands.at("review", Touch::Approve);
        });
    assert!(matches!(closed, Closed::Sealed(_)), "{closed:?}");
    let mut kinds: Vec<&str> = documents.iter().map(|(kind, _)| kind.as_str()).collect();
    kinds.sort_unstable();
    assert_eq!(kinds, ["cu_tru", "khai_sinh"]);
    assert_eq!(
        aside,
        ["quality.duplicate"],
        "what was taken out is accounted for"
    );
}

#[test]
fn a_stop_is_heard_in_the_middle_of_the_scanners_trouble() {
    let (closed, _, _) = visit(&["page-1.pnm"], &[Some("SANE_STATUS_JAMMED")], |hands| {
        hands.to_the_papers(1);
        hands.pages("an empty table", |scan| scan.pages.is_empty(), GLASS);
        let jam = |scan: &ScanView| scan.trouble == Some("scan.jam");
        hands.pages("a jam", jam, Touch::StopAndErase);
    });
    assert!(matches!(closed, Closed::Stopped(stop) if stop.code == "visit.withdrawn"));
}
