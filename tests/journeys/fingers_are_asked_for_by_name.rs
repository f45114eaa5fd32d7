//! The desk asks for a finger by its name, helps it to lie well, and sends nobody away whose fingers are worn.

use std::path::Path;
use std::thread;

use bundle::Role;
use emrtd::simulator::{Applet, Faults};
use finger_worker::protocol::Retry;
use finger_worker::{FingerPixels, virtual_image};
use image::{GrayImage, Luma, imageops};
use station::desk::Step;
use station::visit::{Closed, Stop};
use tests::rig::desk::{Bench, TestDesk};
use tests::rig::programs::root;
use tests::rig::service::{Service, Takes};
use tests::specimen::state::PERSONAL_ID;

use crate::{STATE, both_pages};

/// The recorded finger is the right index.
const RIGHT_INDEX: u8 = 2;

/// What happens at the sensor when a finger is wanted.
#[derive(Clone)]
enum Laid {
    Print(GrayImage),
    /// The sensor is not content with how it lies.
    Badly(Retry),
}

fn print(name: &str) -> GrayImage {
    let path = root().join("specimen/fingers").join(name);
    image::open(path).unwrap().to_luma8()
}

/// The recorded finger; another impression than the card's.
fn recorded() -> Laid {
    Laid::Print(print("p1_2.png"))
}

fn another() -> Laid {
    Laid::Print(print("p2_1.png"))
}

/// The recorded finger with its ridges gone.
fn smooth() -> Laid {
    Laid::Print(imageops::blur(&print("p1_2.png"), 12.0))
}

/// The recorded finger with little of its skin left: 17 mm² of ridges.
fn little() -> Laid {
    const SIDE: u32 = 80;
    let patch = imageops::crop_imm(&print("p1_2.png"), 150, 200, SIDE, SIDE).to_image();
    let mut picture = GrayImage::from_pixel(400, 500, Luma([255]));
    imageops::replace(&mut picture, &patch, 150, 200);
    Laid::Print(picture)
}

/// A card that gives its fingers to whoever opened it, as some issuers' do.
fn card() -> Option<Applet> {
    let faults = Faults {
        dg3_open: true,
        ..Faults::default()
    };
    Some(STATE.chip("card", faults).unwrap())
}

/// Lays it down as soon as the sensor listens.
fn lay(socket: &Path, laid: Laid) {
    let socket = socket.to_owned();
    thread::spawn(move || match laid {
        Laid::Print(picture) => {
            let (width, height) = picture.dimensions();
            let pixels = FingerPixels::new(width, height, picture.into_raw()).unwrap();
            virtual_image::feed(&socket, &pixels)
        }
        Laid::Badly(reason) => virtual_image::feed_retry(&socket, reason),
    });
}

/// What the desk told on the way, and how the visit ended.
struct Told {
    advice: Vec<&'static str>,
    unusable: Vec<&'static str>,
    presentations: Vec<(u8, u32)>,
    closed: Closed,
}

fn visit(desk: &TestDesk, laid: Vec<Laid>) -> Told {
    let mut bench = Bench::without_finger(&STATE, "live", card);
    let socket = bench.finger_socket();
    let mut laid = laid.into_iter();
    let (mut advice, mut unusable, mut presentations) = (Vec::new(), Vec::new(), Vec::new());
    let end = desk.watched_visit(&mut bench.devices, &both_pages(), &mut |step| {
        match step {
            Step::LayFinger {
                finger,
                presentation,
            } => presentations.push((finger, presentation)),
            Step::FingerAdvice { code } => advice.push(code),
            Step::FingerUnusable { code, .. } => return unusable.push(code),
            _ => return,
        }
        lay(&socket, laid.next().expect("the desk asked once too often"));
    });
    let closed = end.closed;
    assert!(
        laid.next().is_none(),
        "the desk asked for {presentations:?} only, found {unusable:?}: {closed:?}"
    );
    Told {
        advice,
        unusable,
        presentations,
        closed,
    }
}

/// A desk whose visits all go on to the wallet of this verifier.
fn filed(desk: &TestDesk, told: &Told) {
    let Closed::Sealed(digest) = told.closed else {
        panic!("{:?}", told.closed)
    };
    desk.push(digest).unwrap();
}

fn asked(times: u32) -> Vec<(u8, u32)> {
    (1..=times).map(|time| (RIGHT_INDEX, time)).collect()
}

#[test]
fn a_finger_that_lies_badly_is_helped_and_loses_no_presentation() {
    let service = Service::start(&STATE.csca(), Takes::Simulated);
    let desk = TestDesk::enrol(&service, &STATE, Role::Clerk);
    desk.fetch_tickets(1);
    let laid = vec![
        Laid::Badly(Retry::CenterFinger),
        Laid::Badly(Retry::TooShort),
        another(),
        Laid::Badly(Retry::RemoveFinger),
        recorded(),
    ];
    let told = visit(&desk, laid);
    assert_eq!(
        told.advice,
        [
            "sensor.not_centred",
            "sensor.too_short",
            "sensor.lift_finger"
        ]
    );
    assert_eq!(told.presentations, asked(2));
    filed(&desk, &told);
    assert_eq!(service.entries(PERSONAL_ID)[0]["identified_by"], "machine");
}

#[test]
fn another_finger_is_refused_after_three_presentations() {
    let service = Service::start(&STATE.csca(), Takes::Simulated);
    let desk = TestDesk::enrol(&service, &STATE, Role::Clerk);
    desk.fetch_tickets(1);
    let told = visit(&desk, vec![another(), another(), another()]);
    assert_eq!(told.presentations, asked(3));
    let refused = Stop::refusal("person.finger_no_match");
    assert_eq!(told.closed, Closed::Stopped(refused));
    assert!(desk.spool.waiting().unwrap().is_empty());
}

#[test]
fn worn_fingers_are_said_and_the_visit_goes_on() {
    let service = Service::start(&STATE.csca(), Takes::Simulated);
    let desk = TestDesk::enrol(&service, &STATE, Role::Clerk);
    desk.fetch_tickets(1);
    let told = visit(&desk, vec![little(), smooth(), little()]);
    assert_eq!(told.presentations, asked(3));
    assert_eq!(
        told.unusable,
        [
            "finger.area_too_small",
            "sensor.retry",
            "finger.area_too_small"
        ]
    );
    // The verifier counts the presentations again.
    filed(&desk, &told);
}
