//! What a camera is asked for, and what it gives: coding, size and rate.
//!
//! A driver does not refuse what its camera cannot do; it gives something near and says so when asked. So every wish is
//! put to it, its answer is read back, and the first wish that is met is kept. Where none is, the best answer is.

use std::fmt;
use std::str::FromStr;

/// How a camera packs its pixels on the cable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Coding {
    /// A JPEG a frame: large pictures over USB 2 at full rate.
    Mjpeg,
    /// Two bytes a pixel without loss: USB 2 carries 640 × 480 at 30 frames a second, little more.
    Yuyv,
}

impl Coding {
    /// The four letters of V4L2 (Linux media documentation, `V4L2_PIX_FMT_MJPEG`, `V4L2_PIX_FMT_YUYV`).
    pub const fn fourcc(self) -> [u8; 4] {
        match self {
            Self::Mjpeg => *b"MJPG",
            Self::Yuyv => *b"YUYV",
        }
    }

    fn of(fourcc: [u8; 4]) -> Option<Self> {
        [Self::Mjpeg, Self::Yuyv]
            .into_iter()
            .find(|coding| coding.fourcc() == fourcc)
    }
}

/// A wish. Written `mjpeg 1280x720@30`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Format {
    pub coding: Coding,
    pub width: u32,
    pub height: u32,
    /// Frames a second.
    pub rate: u32,
}

impl Format {
    const fn new(coding: Coding, width: u32, height: u32, rate: u32) -> Self {
        Self {
            coding,
            width,
            height,
            rate,
        }
    }

    /// What is asked for where nothing else is configured, best first. 720 lines show the eyes of a person at arm's
    /// length 90 pixels apart and more (ISO/IEC 19794-5 §8.3.5); 25 frames a second are looked at.
    pub const WANTED: [Self; 4] = [
        Self::new(Coding::Mjpeg, 1280, 720, 25),
        Self::new(Coding::Yuyv, 1280, 720, 25),
        Self::new(Coding::Mjpeg, 640, 480, 25),
        Self::new(Coding::Yuyv, 640, 480, 25),
    ];
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let coding = match self.coding {
            Coding::Mjpeg => "mjpeg",
            Coding::Yuyv => "yuyv",
        };
        write!(f, "{coding} {}x{}@{}", self.width, self.height, self.rate)
    }
}

/// Not of the form `mjpeg 1280x720@30`, or beyond what any camera does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a format is written like mjpeg 1280x720@30")]
pub struct NoFormat;

impl FromStr for Format {
    type Err = NoFormat;

    fn from_str(text: &str) -> Result<Self, NoFormat> {
        let (coding, rest) = text.trim().split_once(' ').ok_or(NoFormat)?;
        let (size, rate) = rest.trim().split_once('@').ok_or(NoFormat)?;
        let (width, height) = size.split_once('x').ok_or(NoFormat)?;
        let number = |text: &str, most: u32| {
            let number: u32 = text.parse().map_err(|_| NoFormat)?;
            (1..=most)
                .contains(&number)
                .then_some(number)
                .ok_or(NoFormat)
        };
        Ok(Self {
            coding: match coding {
                "mjpeg" => Coding::Mjpeg,
                "yuyv" => Coding::Yuyv,
                _ => return Err(NoFormat),
            },
            width: number(width, 8192)?,
            height: number(height, 8192)?,
            rate: number(rate, 240)?,
        })
    }
}

/// What a camera says it gives.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Given {
    /// As the driver names it; not every driver tells.
    pub fourcc: [u8; 4],
    pub width: u32,
    pub height: u32,
    /// 0 where the driver does not tell.
    pub rate: f64,
}

impl Given {
    /// The least that a face can be compared from: VGA (60 pixels between the eyes of a face that fills a fifth of it).
    pub const LEAST: (u32, u32) = (640, 480);

    fn meets(&self, wish: &Format) -> bool {
        let coded = Coding::of(self.fourcc).is_none_or(|coding| coding == wish.coding);
        // A driver that does not tell its rate is believed; one that says 24.97 means 25.
        let quick = self.rate <= 0.0 || self.rate.round() >= f64::from(wish.rate);
        coded && quick && self.width >= wish.width && self.height >= wish.height
    }

    pub(super) fn is_too_small(&self) -> bool {
        self.width < Self::LEAST.0 || self.height < Self::LEAST.1
    }

    /// The better of two answers that met no wish: large enough first, then quick enough, then larger, then quicker.
    fn worth(&self, rate: u32) -> (bool, bool, u64, u64) {
        let quick = self.rate <= 0.0 || self.rate.round() >= f64::from(rate);
        let pixels = u64::from(self.width) * u64::from(self.height);
        let rate = self.rate.clamp(0.0, 1000.0) as u64;
        (!self.is_too_small(), quick, pixels, rate)
    }
}

/// A device whose format can be asked for and read back.
pub(super) trait Tunable {
    type Error;

    /// Puts a wish; a driver that does not know it does something else.
    fn ask(&mut self, wish: &Format) -> Result<(), Self::Error>;

    fn given(&self) -> Result<Given, Self::Error>;
}

/// Puts the wishes in their order until one is met; else goes back to the one with the best answer. With no wish the
/// device keeps what it has.
pub(super) fn negotiate<D: Tunable>(device: &mut D, wishes: &[Format]) -> Result<Given, D::Error> {
    // Any answer is better at the slowest rate that anybody asked for.
    let slowest = wishes.iter().map(|wish| wish.rate).min().unwrap_or(0);
    let mut best: Option<(Given, &Format)> = None;
    for wish in wishes {
        device.ask(wish)?;
        let given = device.given()?;
        if given.meets(wish) {
            return Ok(given);
        }
        if best.is_none_or(|(known, _)| given.worth(slowest) > known.worth(slowest)) {
            best = Some((given, wish));
        }
    }
    if let Some((_, wish)) = best {
        device.ask(wish)?;
    }
    device.given()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    /// A camera as the UVC driver shows it: of each coding some sizes, each with its rate; it takes the nearest.
    struct Webcam {
        modes: Vec<(Coding, u32, u32, f64)>,
        now: usize,
        asked: Vec<Format>,
    }

    impl Webcam {
        fn new(modes: &[(Coding, u32, u32, f64)]) -> Self {
            Self {
                modes: modes.to_vec(),
                now: 0,
                asked: Vec::new(),
            }
        }
    }

    impl Tunable for Webcam {
        type Error = ();

        fn ask(&mut self, wish: &Format) -> Result<(), ()> {
            self.asked.push(*wish);
            let far = |mode: &(Coding, u32, u32, f64)| {
                let size = mode.1.abs_diff(wish.width) + mode.2.abs_diff(wish.height);
                (mode.0 != wish.coding, size)
            };
            let place = (0..self.modes.len()).min_by_key(|place| far(&self.modes[*place]));
            self.now = place.unwrap();
            Ok(())
        }

        fn given(&self) -> Result<Given, ()> {
            let (coding, width, height, rate) = self.modes[self.now];
            Ok(Given {
                fourcc: coding.fourcc(),
                width,
                height,
                rate,
            })
        }
    }

    #[test]
    fn the_first_wish_that_is_met_is_kept() {
        use Coding::{Mjpeg, Yuyv};
        let mut full = Webcam::new(&[(Yuyv, 640, 480, 30.0), (Mjpeg, 1280, 720, 30.0)]);
        let given = negotiate(&mut full, &Format::WANTED).unwrap();
        assert_eq!((given.width, given.height), (1280, 720));
        assert_eq!(full.asked.len(), 1);

        // USB 2 without MJPEG: 720 lines come ten times a second, so the smaller picture is taken.
        let mut plain = Webcam::new(&[(Yuyv, 640, 480, 30.0), (Yuyv, 1280, 720, 10.0)]);
        let given = negotiate(&mut plain, &Format::WANTED).unwrap();
        assert_eq!((given.width, given.rate), (640, 30.0));
        assert_eq!(given.fourcc, *b"YUYV");
    }

    #[test]
    fn where_no_wish_is_met_the_best_answer_is() {
        let mut old = Webcam::new(&[
            (Coding::Yuyv, 320, 240, 30.0),
            (Coding::Yuyv, 640, 480, 15.0),
        ]);
        let given = negotiate(&mut old, &Format::WANTED).unwrap();
        assert_eq!((given.width, given.rate), (640, 15.0));
        assert!(!given.is_too_small());
        let mut toy = Webcam::new(&[(Coding::Yuyv, 320, 240, 30.0)]);
        let given = negotiate(&mut toy, &Format::WANTED).unwrap();
        assert!(given.is_too_small());
        // Somebody who wishes for less than a face needs does not get it either.
        let tiny = ["yuyv 320x240@30".parse().unwrap()];
        assert!(negotiate(&mut toy, &tiny).unwrap().is_too_small());
    }

    #[test]
    fn a_format_is_read_as_it_is_written() {
        for wish in Format::WANTED {
            assert_eq!(wish.to_string().parse(), Ok(wish));
        }
        for wrong in [
            "",
            "mjpeg",
            "mjpeg 1280x720",
            "h264 640x480@30",
            "yuyv 0x480@30",
            "yuyv 99999x1@1",
        ] {
            assert_eq!(wrong.parse::<Format>(), Err(NoFormat), "{wrong}");
        }
    }
}
