//! Officials at the screens: who is let in, what is asked of whom, and when the pictures go.

use std::sync::Arc;
use std::thread;

use bundle::{FileKey, Role};
use rcgen::{CertificateParams, KeyPair};
use screens::{Board, Keys, Screens, Site};
use zeroize::Zeroizing;

use super::super::{AtScreens, Floor};
use super::*;
use crate::people::People as _;

const PORTRAIT: &[u8] =
    include_bytes!("../../../../emrtd/tests/vectors/dg2/dg2_39794_least_jp2.bin");
const PIN: &str = "482915";

/// Everybody here has one PIN.
struct Hall {
    people: Vec<(&'static str, Role)>,
    patience: Duration,
}

impl Reception for Hall {
    fn officials(&self) -> Vec<Person> {
        let people = self.people.iter();
        let officials = people.filter(|(_, role)| *role != Role::Volunteer);
        officials.map(|(id, _)| person(id)).collect()
    }

    fn enter(&mut self, credentials: &Credentials) -> Result<Came, Refused> {
        if *credentials.pin != *PIN {
            return Err(Refused {
                code: "login.wrong",
                minutes: 0,
            });
        }
        let (id, role) = self
            .people
            .iter()
            .find(|(id, _)| *id == credentials.id)
            .unwrap();
        let key = KeyPair::generate().unwrap();
        let certificate = CertificateParams::new(Vec::new()).unwrap();
        let certificate = certificate.self_signed(&key).unwrap().pem();
        let key = FileKey::from_pem(key.serialize_pem().as_bytes(), certificate.as_bytes());
        Ok(Came {
            person: person(id),
            id: OperatorId::new(*id).unwrap(),
            role: *role,
            key: Arc::new(key.unwrap()),
        })
    }

    fn patience(&self) -> Duration {
        self.patience
    }
}

fn person(id: &str) -> Person {
    Person {
        id: id.into(),
        name: id.into(),
        role: screens::Role::Clerk,
    }
}

/// The hands at the screens, one touch a change of place.
struct Hands(Arc<Screens>);

impl Hands {
    /// Waits until the officials' place is like this.
    fn see(&self, like: impl Fn(&OfficialsView) -> bool) -> Board {
        for _ in 0..200 {
            let board = self.0.board();
            if matches!(&board.place, Place::Officials(view) if like(view)) {
                return board;
            }
            thread::sleep(Duration::from_millis(10));
        }
        panic!("at {}", self.0.board().place.name())
    }

    fn come(&self, number: usize, id: &str, pin: &str) {
        let at = self.see(|view| view.number == number && view.looking.is_none());
        let credentials = Credentials {
            id: id.into(),
            pin: Zeroizing::new(pin.into()),
        };
        self.0.touch(at.turn, Touch::OfficialComes(credentials));
    }

    fn refused(&self, code: &str) {
        self.see(|view| view.refused.is_some_and(|refused| refused.code == code));
    }

    fn say(&self, number: usize, found: Finding) {
        let at = self.see(|view| view.number == number && view.looking.is_some());
        let why = Why::AgedPortrait;
        self.0.touch(at.turn, Touch::Sighting { found, why });
    }
}

/// What was signed, how the camera was opened and closed, and how the call ended.
type Told = (Vec<(String, MatchOutcome)>, Vec<bool>, Result<(), Stop>);

fn called(patience: Duration, hands: impl FnOnce(&Hands) + Send + 'static) -> Told {
    let site = Site {
        centre: String::new(),
        station: String::new(),
        hotline: String::new(),
        practice: true,
        practice_can: None,
    };
    let (screens, heard) = Screens::new(site, Keys::draw().unwrap(), 1);
    let floor = Floor::new(&screens, &heard);
    let mut hall = Hall {
        people: vec![
            ("can-bo-mot", Role::Clerk),
            ("can-bo-hai", Role::Director),
            ("tinh-nguyen", Role::Volunteer),
        ],
        patience,
    };
    let mut people = AtScreens::new(&floor, false, Vec::new(), &mut hall);
    let acting = Hands(screens.clone());
    let acting = thread::spawn(move || hands(&acting));
    let (mut signed, mut camera) = (Vec::new(), Vec::new());
    let portrait = emrtd::lds::dg2::read(PORTRAIT).unwrap();
    let ended = people.officials(
        &mut Called {
            code: "person.presence_not_shown",
            portrait: &portrait,
            camera: &mut |open| camera.push(open),
        },
        &mut |official| {
            assert_eq!(official.reason, SightingReason::AgedPortrait);
            signed.push((official.id.as_str().to_owned(), official.finds));
            Ok(())
        },
    );
    acting.join().unwrap();
    assert!(
        screens.pictures.portrait().is_none(),
        "the portrait is gone"
    );
    assert_eq!(camera.last(), Some(&false), "and the camera is closed");
    (signed, camera, ended)
}

const LONG: Duration = Duration::from_secs(60);

#[test]
fn two_come_one_after_another_and_nobody_twice() {
    let (signed, camera, ended) = called(LONG, |hands| {
        hands.come(1, "can-bo-mot", "000000");
        hands.refused("login.wrong");
        hands.come(1, "tinh-nguyen", PIN);
        hands.refused("person.official_role");
        hands.come(1, "can-bo-mot", PIN);
        hands.say(1, Finding::Same);
        hands.come(2, "can-bo-mot", PIN);
        hands.refused("person.officials_same");
        let second = hands.see(|view| view.number == 2);
        let Place::Officials(view) = second.place else {
            unreachable!("it was seen")
        };
        assert_eq!(view.people, [person("can-bo-hai")]);
        hands.come(2, "can-bo-hai", PIN);
        hands.say(2, Finding::Same);
    });
    let yes = |id: &str| (id.to_owned(), MatchOutcome::Match);
    assert_eq!(signed, [yes("can-bo-mot"), yes("can-bo-hai")]);
    assert_eq!(camera, [true, false, true, false, false]);
    assert_eq!(ended, Ok(()));
}

#[test]
fn after_a_no_nobody_else_is_asked() {
    for (found, finds) in [
        (Finding::Other, MatchOutcome::NoMatch),
        (Finding::Unclear, MatchOutcome::Inconclusive),
    ] {
        let (signed, ..) = called(LONG, move |hands| {
            hands.come(1, "can-bo-hai", PIN);
            hands.say(1, found);
        });
        assert_eq!(signed, [("can-bo-hai".to_owned(), finds)]);
    }
}

#[test]
fn an_official_who_walks_away_leaves_no_picture_open() {
    let (signed, camera, ended) = called(Duration::from_millis(300), |hands| {
        hands.come(1, "can-bo-mot", PIN);
        hands.see(|view| view.looking.is_some());
        // Nothing is touched; the pictures close by themselves, and somebody has to sign in again.
        let at = hands.see(|view| view.looking.is_none());
        hands.0.touch(at.turn, Touch::NobodyComes);
    });
    assert_eq!((signed.len(), ended), (0, Ok(())));
    assert_eq!(camera, [true, false, false]);
}

#[test]
fn the_visit_can_be_stopped_while_an_official_looks() {
    let (signed, _, ended) = called(LONG, |hands| {
        hands.come(1, "can-bo-mot", PIN);
        let at = hands.see(|view| view.looking.is_some());
        hands.0.touch(at.turn, Touch::StopAndErase);
    });
    assert_eq!((signed.len(), ended), (0, Err(Stop::withdrawn())));
}
