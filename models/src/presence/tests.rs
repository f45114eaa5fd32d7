//! The watching of poses: what an honest person does, and what pictures, films and other people do.

use super::*;

/// Plays pictures at 30 a second.
struct Film {
    presence: Presence,
    number: u32,
}

impl Film {
    fn new(poses: &[Pose]) -> Self {
        Self {
            presence: Presence::new(poses, Limits::default()),
            number: 0,
        }
    }

    fn quality(yaw: f32) -> FaceQuality {
        FaceQuality {
            centre: [320.0, 240.0],
            yaw,
            ..FaceQuality::good()
        }
    }

    fn seen(&mut self, quality: FaceQuality) -> Seen {
        self.number += 1;
        let mut digest = [0; 32];
        digest[..4].copy_from_slice(&self.number.to_be_bytes());
        Seen {
            at: Duration::from_millis(u64::from(self.number) * 33),
            digest,
            quality,
        }
    }

    fn show(&mut self, pose: Pose) -> Told {
        // Nobody holds the head quite still, and this person's nose lies a little to one side.
        let shake = (self.number % 3) as f32 * 0.01;
        let yaw = match pose {
            Pose::Straight => 0.03,
            Pose::Left => 0.24,
            Pose::Right => -0.19,
        };
        let seen = Self::quality(yaw + shake);
        let seen = self.seen(seen);
        self.presence.see(&seen)
    }

    /// Shows whatever is asked for, until the end.
    fn obey(&mut self) -> (Vec<Pose>, Told) {
        let mut taken = Vec::new();
        for _ in 0..100 {
            let pose = self.presence.asked().unwrap_or(Pose::Straight);
            match self.show(pose) {
                Told::Take(pose) => taken.push(pose),
                Told::Ask(_) => {}
                end => return (taken, end),
            }
        }
        panic!("it never ended");
    }
}

#[test]
fn who_turns_as_asked_is_there() {
    use Pose::{Left, Right, Straight};
    for poses in [[Left, Left, Right], [Right, Left, Right]] {
        let mut film = Film::new(&poses);
        let (taken, end) = film.obey();
        let [a, b, c] = poses;
        assert_eq!(taken, [Straight, a, Straight, b, Straight, c, Straight]);
        assert_eq!(end, Told::Done);
        assert_eq!(film.show(Left), Told::Done, "the end stays");
    }
}

#[test]
fn a_film_passes_only_in_the_order_that_was_asked_for() {
    let turns = |number: u32| {
        [0, 1, 2].map(|turn| match number >> turn & 1 {
            0 => Pose::Left,
            _ => Pose::Right,
        })
    };
    for asked in 0..8 {
        for shown in 0..8 {
            let mut film = Film::new(&turns(asked));
            let mut poses = vec![Pose::Straight; 4];
            for turn in turns(shown) {
                poses.extend([
                    turn,
                    turn,
                    turn,
                    Pose::Straight,
                    Pose::Straight,
                    Pose::Straight,
                ]);
            }
            let end = poses
                .into_iter()
                .map(|pose| film.show(pose))
                .find(|told| matches!(told, Told::Done | Told::Failed(_)));
            let expected = match asked == shown {
                true => Told::Done,
                false => Told::Failed(PresenceFault::OtherPoses),
            };
            assert_eq!(end, Some(expected), "{shown} for {asked}");
        }
    }
}

#[test]
fn a_glance_to_the_other_side_is_forgiven() {
    let mut film = Film::new(&[Pose::Left]);
    for pose in [Pose::Straight, Pose::Straight, Pose::Right] {
        film.show(pose);
    }
    assert_eq!(film.obey().1, Told::Done);
}

#[test]
fn a_still_is_never_enough() {
    let mut film = Film::new(&[Pose::Left, Pose::Right]);
    let end = (0..2000)
        .map(|_| film.show(Pose::Straight))
        .find(|told| matches!(told, Told::Done | Told::Failed(_)));
    assert_eq!(end, Some(Told::Failed(PresenceFault::TooSlow)));
}

#[test]
fn frozen_and_looped_pictures_are_noticed() {
    let mut film = Film::new(&[Pose::Left, Pose::Right]);
    let still = Film::quality(0.0);
    let still = film.seen(still);
    assert_eq!(film.presence.see(&still), Told::Ask(Pose::Straight));
    assert!(
        !matches!(film.presence.see(&still), Told::Failed(_)),
        "drivers repeat one"
    );
    assert_eq!(
        film.presence.see(&still),
        Told::Failed(PresenceFault::FrozenPicture)
    );

    let mut film = Film::new(&[Pose::Left, Pose::Right]);
    let first = Film::quality(0.0);
    let first = film.seen(first);
    film.presence.see(&first);
    film.show(Pose::Straight);
    let again = Seen {
        at: Duration::from_millis(100),
        ..first
    };
    assert_eq!(
        film.presence.see(&again),
        Told::Failed(PresenceFault::RepeatedPicture)
    );
}

#[test]
fn a_face_that_jumps_goes_or_is_joined_is_noticed() {
    let mut film = Film::new(&[Pose::Left, Pose::Right]);
    film.show(Pose::Straight);
    let elsewhere = FaceQuality {
        centre: [90.0, 240.0],
        ..Film::quality(0.03)
    };
    let elsewhere = film.seen(elsewhere);
    assert_eq!(
        film.presence.see(&elsewhere),
        Told::Failed(PresenceFault::Jumped)
    );

    let many = |faces: usize| {
        let mut film = Film::new(&[Pose::Left, Pose::Right]);
        film.show(Pose::Straight);
        (0..200)
            .map(|_| {
                let seen = film.seen(FaceQuality::new(faces));
                film.presence.see(&seen)
            })
            .find(|told| matches!(told, Told::Failed(_)))
    };
    assert_eq!(many(0), Some(Told::Failed(PresenceFault::Gone)));
    assert_eq!(many(2), Some(Told::Failed(PresenceFault::SeveralFaces)));
}

#[test]
fn another_face_in_between_ends_it() {
    let mut film = Film::new(&[Pose::Left, Pose::Right]);
    film.show(Pose::Straight);
    assert_eq!(
        film.presence.other_person(),
        Told::Failed(PresenceFault::OtherPerson)
    );
    assert_eq!(
        film.show(Pose::Straight),
        Told::Failed(PresenceFault::OtherPerson)
    );
}

#[test]
fn bad_light_is_advice_and_a_face_far_off_is_waited_for() {
    let mut film = Film::new(&[Pose::Left]);
    let dim = FaceQuality {
        luminance: 20.0,
        eyes: 0.1,
        ..Film::quality(0.03)
    };
    let far = FaceQuality {
        eye_distance_px: 30.0,
        ..Film::quality(0.03)
    };
    for quality in [far.clone(), far.clone(), far] {
        let seen = film.seen(quality);
        assert_eq!(film.presence.see(&seen), Told::Ask(Pose::Straight));
    }
    let seen = film.seen(dim.clone());
    film.presence.see(&seen);
    let seen = film.seen(dim);
    assert_eq!(film.presence.see(&seen), Told::Take(Pose::Straight));
}
