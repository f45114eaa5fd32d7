//! Cameras that hang, go away, come back and are read by many: played by an eye that does as it is told.

use std::collections::VecDeque;
use std::sync::mpsc::{self, Receiver, Sender};

use super::*;
use crate::devices::camera::preview::Preview;

/// What the eye does next.
enum Does {
    Picture(u8),
    Fail(CameraError),
}

struct Told {
    does: Receiver<Does>,
    live: bool,
}

impl Eye for Told {
    fn look(&mut self, _pose: Pose) -> Result<Portrait, CameraError> {
        // Blocks while nobody tells it anything, as a driver does that hangs.
        match self.does.recv() {
            Ok(Does::Picture(level)) => Ok(picture(level)),
            Ok(Does::Fail(error)) => Err(error),
            Err(_) => Err(CameraError::Stopped),
        }
    }

    fn is_live(&self) -> bool {
        self.live
    }
}

fn picture(level: u8) -> Portrait {
    Portrait::from_rgb(64, 48, vec![level; 64 * 48 * 3]).unwrap()
}

const PATIENCE: Patience = Patience {
    first: Duration::from_millis(400),
    next: Duration::from_millis(150),
};

/// A camera that can be plugged in so often, and what tells it what to do, each time anew.
fn cameras(times: usize, live: bool) -> (Feed, VecDeque<Sender<Does>>) {
    let mut tellers = VecDeque::new();
    let mut eyes = VecDeque::new();
    for _ in 0..times {
        let (teller, does) = mpsc::channel();
        tellers.push_back(teller);
        eyes.push_back(Told { does, live });
    }
    let open: OpenEye = Box::new(move || match eyes.pop_front() {
        Some(eye) => Ok(Box::new(eye) as Box<dyn Eye>),
        None => Err(CameraError::NotFound),
    });
    let mut feed = Feed::new(open);
    feed.wait(PATIENCE);
    (feed, tellers)
}

fn level(frame: Result<Arc<Portrait>, CameraError>) -> Result<u8, CameraError> {
    frame.map(|picture| picture.rgb()[0])
}

#[test]
fn a_hung_camera_is_told_in_time_and_goes_on_when_it_comes_back() {
    let (mut feed, mut tellers) = cameras(1, true);
    let camera = tellers.pop_front().unwrap();
    camera.send(Does::Picture(1)).unwrap();
    assert_eq!(level(feed.frame(Pose::Straight)), Ok(1));
    let before = Instant::now();
    assert_eq!(level(feed.frame(Pose::Straight)), Err(CameraError::Hung));
    assert!(before.elapsed() < Duration::from_secs(2));
    camera.send(Does::Picture(2)).unwrap();
    assert_eq!(level(feed.frame(Pose::Straight)), Ok(2));
}

#[test]
fn a_camera_that_went_away_is_opened_anew() {
    let (mut feed, mut tellers) = cameras(2, true);
    let first = tellers.pop_front().unwrap();
    first.send(Does::Picture(1)).unwrap();
    assert_eq!(level(feed.frame(Pose::Straight)), Ok(1));
    first.send(Does::Fail(CameraError::Stopped)).unwrap();
    assert_eq!(level(feed.frame(Pose::Straight)), Err(CameraError::Stopped));
    tellers[0].send(Does::Picture(9)).unwrap();
    assert_eq!(level(feed.frame(Pose::Straight)), Ok(9));
    drop(tellers);
    assert_eq!(level(feed.frame(Pose::Straight)), Err(CameraError::Stopped));
    assert_eq!(
        level(feed.frame(Pose::Straight)),
        Err(CameraError::NotFound)
    );
}

#[test]
fn of_a_camera_the_newest_picture_is_taken_and_of_a_film_each() {
    let (mut live, tellers) = cameras(1, true);
    tellers[0].send(Does::Picture(1)).unwrap();
    assert_eq!(level(live.frame(Pose::Straight)), Ok(1));
    for number in 2..=5 {
        tellers[0].send(Does::Picture(number)).unwrap();
    }
    // All are in before the second look.
    let (number, _) = live.newest().after(4, Duration::from_secs(2)).unwrap();
    assert_eq!(number, 5);
    assert_eq!(level(live.frame(Pose::Straight)), Ok(5));

    let (mut film, tellers) = cameras(1, false);
    for number in 1..=5 {
        tellers[0].send(Does::Picture(number)).unwrap();
    }
    let shown: Vec<u8> = (0..5)
        .map(|_| level(film.frame(Pose::Straight)).unwrap())
        .collect();
    assert_eq!(shown, [1, 2, 3, 4, 5]);
}

#[test]
fn no_more_than_a_few_threads_are_left_behind() {
    let (mut feed, tellers) = cameras(10, true);
    for _ in 0..LEFT_BEHIND {
        assert_eq!(level(feed.frame(Pose::Straight)), Err(CameraError::Hung));
        feed.close();
    }
    assert_eq!(feed.left_behind.len(), LEFT_BEHIND);
    assert_eq!(level(feed.frame(Pose::Straight)), Err(CameraError::Hung));
    assert!(feed.thread.is_none(), "no further thread was begun");
    // The drivers come back: the threads end, and the camera can be opened again.
    for teller in tellers.iter().take(LEFT_BEHIND) {
        teller.send(Does::Picture(0)).unwrap();
    }
    tellers[LEFT_BEHIND].send(Does::Picture(7)).unwrap();
    let end = Instant::now() + Duration::from_secs(5);
    while feed.left_behind.iter().any(|thread| !thread.is_finished()) && Instant::now() < end {
        thread::sleep(Duration::from_millis(5));
    }
    assert_eq!(level(feed.frame(Pose::Straight)), Ok(7));
}

#[test]
fn many_readers_see_the_newest_picture_and_none_is_made_twice() {
    let (mut feed, tellers) = cameras(1, true);
    let preview = Preview::new(feed.newest());
    assert!(preview.after(0, Duration::ZERO).is_none(), "nothing yet");
    tellers[0].send(Does::Picture(10)).unwrap();
    assert!(feed.frame(Pose::Straight).is_ok());
    let readers: Vec<_> = (0..4)
        .map(|_| {
            let preview = preview.clone();
            thread::spawn(move || preview.after(0, Duration::from_secs(2)).unwrap())
        })
        .collect();
    let shots: Vec<_> = readers.into_iter().map(|t| t.join().unwrap()).collect();
    for shot in &shots {
        assert_eq!(shot.number, shots[0].number);
        assert!(std::ptr::eq(shot.jpeg(), shots[0].jpeg()), "made once");
    }
    let shown = Portrait::decode(shots[0].jpeg()).unwrap();
    assert!(shown.rgb()[0].abs_diff(10) <= 3, "JPEG rounds");
    // Twenty more at once: one is shown, not before the rate allows.
    for number in 11..=30 {
        tellers[0].send(Does::Picture(number)).unwrap();
    }
    let before = Instant::now();
    let next = preview
        .after(shots[0].number, Duration::from_secs(2))
        .unwrap();
    assert_eq!(next.number, 21);
    assert!(before.elapsed() >= Duration::from_millis(50));
    // What was closed shows nothing any more.
    feed.close();
    preview.forget();
    assert!(preview.after(0, Duration::ZERO).is_none());
}
