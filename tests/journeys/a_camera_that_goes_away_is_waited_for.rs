//! A camera that is unplugged and plugged in again holds nobody up for long, and helps nobody who knows the turns.

use std::time::Duration;

use bundle::{Device, Role};
use models::presence::Pose;
use models::{FaceError, FaceQuality, LivenessEngine, ModelId, Portrait};
use station::desk::Step;
use station::devices::camera::OpenCvCamera;
use station::devices::{Camera, CameraError};
use station::visit::{Closed, Stop};
use tests::rig::desk::{Bench, TestDesk};
use tests::rig::service::{Service, Takes};

use crate::{STATE, both_pages, card};

/// The holder's film before a cable that somebody pulls.
struct Cable {
    film: OpenCvCamera,
    /// Pulled once the desk asks for this pose, for so many looks.
    pulled_at: Pose,
    looks: u32,
    /// Says of itself that it is no film, so that the nets are asked.
    real: bool,
}

impl Cable {
    fn new(pulled_at: Pose, looks: u32) -> Self {
        let source = STATE.frames("live");
        Self {
            film: OpenCvCamera::new(source.to_str().unwrap()),
            pulled_at,
            looks,
            real: false,
        }
    }
}

impl Camera for Cable {
    fn frame(&mut self) -> Result<Portrait, CameraError> {
        if self.pulled_at == Pose::Straight && self.looks > 0 {
            self.looks -= 1;
            return Err(CameraError::Stopped);
        }
        self.film.frame()
    }

    fn asked(&mut self, pose: Pose) {
        if pose != Pose::Straight && self.pulled_at != Pose::Straight && self.looks > 0 {
            // From the first turn on.
            self.pulled_at = Pose::Straight;
        }
        self.film.asked(pose);
    }

    fn comes_back_within(&self) -> Duration {
        Duration::from_secs(2)
    }

    fn device(&self) -> Device {
        Device {
            simulated: !self.real && self.film.device().simulated,
            ..self.film.device()
        }
    }
}

/// What the desk tells of the camera and of the attempts, and how the visit ends.
fn visit(cable: Cable, nets: Option<Nets>) -> (Vec<String>, Closed) {
    let service = Service::start(&STATE.csca(), Takes::Simulated);
    let desk = TestDesk::enrol(&service, &STATE, Role::Clerk);
    desk.fetch_tickets(1);
    let mut bench = Bench::set_up(&STATE, "live", card("card"));
    bench.look_here(Box::new(cable), nets.map(|nets| Box::new(nets) as _));
    let mut told = Vec::new();
    let end = desk.watched_visit(&mut bench.devices, &both_pages(), &mut |step| match step {
        Step::CameraLost { code } | Step::NotPresent { code, .. } => told.push((*code).to_owned()),
        Step::CameraBack => told.push("back".to_owned()),
        Step::Face { attempt, .. } => told.push(format!("attempt {attempt}")),
        Step::OfficialsCalled { code } => told.push((*code).to_owned()),
        _ => {}
    });
    (told, end.closed)
}

#[test]
fn before_the_turns_are_known_the_same_attempt_goes_on() {
    let (told, closed) = visit(Cable::new(Pose::Straight, 3), None);
    assert_eq!(told, ["camera.stopped", "back", "attempt 1"]);
    assert!(matches!(closed, Closed::Sealed(_)), "{closed:?}");
}

#[test]
fn once_they_are_known_the_next_attempt_asks_for_others() {
    let (told, closed) = visit(Cable::new(Pose::Left, 3), None);
    let expected = [
        "camera.stopped",
        "back",
        "presence.interrupted",
        "attempt 2",
    ];
    assert_eq!(told, expected);
    assert!(matches!(closed, Closed::Sealed(_)), "{closed:?}");
}

#[test]
fn one_that_stays_away_ends_the_visit_with_its_code() {
    let (told, closed) = visit(Cable::new(Pose::Straight, u32::MAX), None);
    assert_eq!(told, ["camera.stopped"]);
    assert_eq!(closed, Closed::Stopped(Stop::failure("camera.stopped")));
}

/// Nets that say the same of every picture.
struct Nets {
    says: f32,
    models: Vec<ModelId>,
}

impl Nets {
    fn that_say(says: f32) -> Self {
        let model = ModelId {
            name: "nets".to_owned(),
            sha256: "0".repeat(64),
        };
        Self {
            says,
            models: vec![model],
        }
    }
}

impl LivenessEngine for Nets {
    fn living(&mut self, _: &Portrait, _: &FaceQuality) -> Result<f32, FaceError> {
        Ok(self.says)
    }

    fn models(&self) -> &[ModelId] {
        &self.models
    }

    fn threshold(&self) -> f32 {
        0.5
    }
}

#[test]
fn nets_that_doubt_call_officials_and_nets_that_do_not_are_only_recorded() {
    let real = || Cable {
        real: true,
        ..Cable::new(Pose::Straight, 0)
    };
    let (told, closed) = visit(real(), Some(Nets::that_say(0.1)));
    let doubt = "person.liveness_unclear";
    assert_eq!(told, ["attempt 1", "attempt 2", "attempt 3", doubt]);
    // Nobody came.
    assert_eq!(closed, Closed::Stopped(Stop::refusal(doubt)));
    let (told, closed) = visit(real(), Some(Nets::that_say(0.97)));
    assert_eq!(told, ["attempt 1"]);
    assert!(matches!(closed, Closed::Sealed(_)), "{closed:?}");
    // A film is judged by nobody.
    let (told, _) = visit(Cable::new(Pose::Straight, 0), Some(Nets::that_say(0.1)));
    assert_eq!(told, ["attempt 1"]);
}
