//! Makes the specimen state in a folder: what a demo or a journey lays on the desk.
//!
//! ```text
//! csca/            the invented country's certificate: the trust list
//! card.json        the card: files and keys        copied.json  altered.json  the attacker's
//! person.json      personal number, access number, names of the page files
//! face/            live_000.jpg …  other_000.jpg …  frames for the camera; live_left_000.jpg … in each pose
//! finger/live.png  the finger for the sensor (another impression than the chip's)
//! papers/          page-1.pnm …  blurred.pnm        pages for the scanner
//! sane.d/          SANE's configuration: the pnm backend alone
//! complete         written last
//! ```

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use bundle::Pose;
use emrtd::lds::ImageFormat;
use emrtd::lds::dg3::FingerRecord;
use emrtd::simulator::issuer::{
    CardOptions, IssuerOptions, SpecimenCard, SpecimenIssuer, SpecimenPerson,
};
use emrtd::simulator::{Applet, Faults};
use emrtd::{DataGroup, Sex};
use image::imageops::{self, FilterType};
use image::{DynamicImage, Rgb, RgbImage};
use jiff::civil::{Date, date};
use jiff::{SignedDuration, Timestamp};
use rand_core::{OsRng, TryRngCore as _};
use serde_json::json;

use super::face::{APART, draw_face};
use super::paper::{PaperKind, PaperPerson, render_paper};
use super::pose::Head;

/// The invented citizen. The number's digits fit birth date and sex; no such number was issued.
pub const PERSONAL_ID: &str = "031190004721";
pub const OLD_ID: &str = "031904721";
pub const NAME_VI: &str = "TRẦN THỊ MẪU";
/// Card access number: the last six digits.
pub const CAN: &str = "004721";

/// The specimen state lying in a folder.
#[derive(Clone)]
pub struct State {
    folder: PathBuf,
}

/// Raised when the state below changes, so that an older one is made anew.
const VERSION: &str = "4";

/// Frames of the short films that play the camera: a person who looks straight ahead, and one who holds a pose.
const FRAMES: u32 = 26;
const POSE_FRAMES: u32 = 20;

impl State {
    /// Makes the state, or takes the one that is already complete there.
    ///
    /// # Errors
    /// When a fixture is missing or the folder cannot be written.
    pub fn make(folder: &Path) -> io::Result<Self> {
        let state = Self {
            folder: folder.to_owned(),
        };
        if fs::read_to_string(folder.join("complete")).is_ok_and(|made| made == VERSION) {
            return Ok(state);
        }
        for name in ["csca", "face", "finger", "papers", "sane.d"] {
            fs::create_dir_all(folder.join(name))?;
        }
        state.cards()?;
        state.faces()?;
        fs::copy(fixture("fingers/p1_2.png"), state.finger())?;
        state.papers()?;
        fs::write(folder.join("sane.d/dll.conf"), "pnm\n")?;
        let pages: Vec<String> = state.page_names();
        fs::write(
            folder.join("person.json"),
            json!({ "personal_id": PERSONAL_ID, "can": CAN, "pages": pages }).to_string(),
        )?;
        fs::write(folder.join("complete"), VERSION)?;
        Ok(state)
    }

    fn cards(&self) -> io::Result<()> {
        let mut rng = OsRng.unwrap_err();
        // Cards are older than the visits they are shown at, also across midnight.
        let signed_at = Timestamp::now() - SignedDuration::from_hours(24 * 30);
        let issuer = SpecimenIssuer::new(&IssuerOptions::utopia(signed_at), &mut rng)
            .map_err(io::Error::other)?;
        fs::write(self.csca().join("specimen-csca.cer"), issuer.csca_der())?;
        let person = person()?;
        let card = issuer
            .issue(&person, &CardOptions::cccd(signed_at), &mut rng)
            .map_err(io::Error::other)?;
        let save =
            |name: &str, card: &SpecimenCard| fs::write(self.folder.join(name), card.to_json());
        save("card.json", &card)?;
        save("copied.json", &card.clone_without_keys())?;
        save(
            "copied-own-keys.json",
            &card
                .clone_with_other_keys(&mut rng)
                .map_err(io::Error::other)?,
        )?;
        save("altered.json", &card.alter(DataGroup::Dg1))
    }

    /// The camera's films: the holder as a webcam would see her, and somebody else, each straight and in every pose.
    fn faces(&self) -> io::Result<()> {
        let holder = image::open(fixture("faces/astronaut.jpg"))
            .map_err(io::Error::other)?
            .to_rgb8();
        let other = draw_face(APART[1]);
        for (name, face, head) in [
            ("live", &holder, HOLDERS_HEAD),
            ("other", &other, DRAWN_HEAD),
        ] {
            self.film(name, face, FRAMES, 0)?;
            for pose in Pose::ALL {
                let name = format!("{name}_{}", word(pose));
                self.film(&name, &head.turned(face, pose), POSE_FRAMES, FRAMES)?;
            }
        }
        Ok(())
    }

    /// `first` is the number of the first frame: no two of a person's films share their noise.
    fn film(&self, name: &str, face: &RgbImage, frames: u32, first: u32) -> io::Result<()> {
        for number in 0..frames {
            let frame = webcam(face, first + number);
            fs::write(
                self.folder.join(format!("face/{name}_{number:03}.jpg")),
                jpeg(&frame, 80)?,
            )?;
        }
        Ok(())
    }

    fn papers(&self) -> io::Result<()> {
        let person = PaperPerson::specimen(NAME_VI, PERSONAL_ID, BIRTH);
        let kinds = [PaperKind::KhaiSinh, PaperKind::XacNhanCuTru];
        for (kind, name) in kinds.into_iter().zip(self.page_names()) {
            pnm(&render_paper(kind, &person), &self.page(&name))?;
        }
        // A page that moved under the lens: nobody can read it.
        let blurred = imageops::blur(&render_paper(PaperKind::KhaiSinh, &person), 14.0);
        pnm(&blurred, &self.page("blurred.pnm"))
    }

    fn page_names(&self) -> Vec<String> {
        (1..=2).map(|number| format!("page-{number}.pnm")).collect()
    }

    #[must_use]
    pub fn csca(&self) -> PathBuf {
        self.folder.join("csca")
    }

    #[must_use]
    pub fn sane(&self) -> PathBuf {
        self.folder.join("sane.d")
    }

    #[must_use]
    pub fn finger(&self) -> PathBuf {
        self.folder.join("finger/live.png")
    }

    /// The camera's source of that name: `live` or `other`.
    #[must_use]
    pub fn frames(&self, name: &str) -> PathBuf {
        self.folder.join(format!("face/{name}_%03d.jpg"))
    }

    #[must_use]
    pub fn page(&self, name: &str) -> PathBuf {
        self.folder.join("papers").join(name)
    }

    /// The card as issued, `card`; as copied by somebody without its keys, `copied`; with one
    /// altered file, `altered`.
    ///
    /// # Errors
    /// When the file is not there or not a card.
    pub fn card(&self, name: &str) -> io::Result<SpecimenCard> {
        let bytes = fs::read(self.folder.join(format!("{name}.json")))?;
        read_card(&bytes)
    }

    /// That card's chip with power on it.
    ///
    /// # Errors
    /// See [`Self::card`].
    pub fn chip(&self, name: &str, faults: Faults) -> io::Result<Applet> {
        Ok(chip(&self.card(name)?, faults))
    }

    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }
}

const BIRTH: Date = date(1990, 3, 15);

/// The invented citizen with face and finger, as an issuer has her on file.
pub(super) fn person() -> io::Result<SpecimenPerson> {
    let mut person =
        SpecimenPerson::new(PERSONAL_ID, NAME_VI, BIRTH, Sex::Female, date(2025, 4, 2));
    person.old_id_no = Some(OLD_ID.to_owned());
    let portrait = image::open(fixture("faces/astronaut.jpg"))
        .map_err(io::Error::other)?
        .to_rgb8();
    person.portrait = jpeg(&fit(&portrait, 300, 400), 85)?;
    person.fingers = vec![finger_record(
        &image::open(fixture("fingers/p1_1.png")).map_err(io::Error::other)?,
    )?];
    Ok(person)
}

/// DG3 as an issuer would write it: a compressed picture of some twenty kilobytes.
fn finger_record(print: &DynamicImage) -> io::Result<FingerRecord> {
    const RIGHT_INDEX: u8 = 2;
    let gray = print.to_luma8();
    let side = |pixels: u32| u16::try_from(pixels).map_err(io::Error::other);
    let size = (side(gray.width())?, side(gray.height())?);
    let mut bytes = Vec::new();
    image::codecs::jpeg::JpegEncoder::new_with_quality(&mut bytes, 75)
        .encode_image(&gray)
        .map_err(io::Error::other)?;
    Ok(FingerRecord::new(
        RIGHT_INDEX,
        size,
        500,
        ImageFormat::Jpeg,
        bytes,
    ))
}

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../specimen")
        .join(name)
}

/// Crops to the portrait's shape and scales.
fn fit(image: &RgbImage, width: u32, height: u32) -> RgbImage {
    DynamicImage::ImageRgb8(image.clone())
        .resize_to_fill(width, height, FilterType::Lanczos3)
        .to_rgb8()
}

/// The head in the holder's portrait.
const HOLDERS_HEAD: Head = Head {
    centre: (210.0, 228.0),
    half: (125.0, 160.0),
    nose: (208.0, 250.0),
};

/// The head in every drawn portrait.
const DRAWN_HEAD: Head = Head {
    centre: (180.0, 245.0),
    half: (105.0, 135.0),
    nose: (180.0, 280.0),
};

/// A pose's word in the names of the films, which `station::devices::camera` looks for.
fn word(pose: Pose) -> &'static str {
    match pose {
        Pose::Left => "left",
        Pose::Right => "right",
    }
}

/// One frame of 640×480: the face against a wall, a little to the side, a little darker, a
/// little noisy, each frame another little.
fn webcam(face: &RgbImage, number: u32) -> RgbImage {
    let mut frame = RgbImage::from_pixel(640, 480, Rgb([168, 164, 158]));
    let shown = fit(face, 380, 460);
    let (x, y) = (
        120 + i64::from(number % 13) * 2,
        20 - i64::from(number % 3) * 4,
    );
    imageops::overlay(&mut frame, &shown, x, y);
    let mut frame = imageops::blur(&frame, 0.8);
    let mut noise = 0x9e37_79b9_u32.wrapping_mul(number + 1);
    for pixel in frame.pixels_mut() {
        noise ^= noise << 13;
        noise ^= noise >> 17;
        noise ^= noise << 5;
        let shift = (noise % 13) as i32 - 6 - 8;
        for channel in &mut pixel.0 {
            *channel = (i32::from(*channel) + shift).clamp(0, 255) as u8;
        }
    }
    frame
}

fn jpeg(image: &RgbImage, quality: u8) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    image::codecs::jpeg::JpegEncoder::new_with_quality(&mut bytes, quality)
        .encode_image(image)
        .map_err(io::Error::other)?;
    Ok(bytes)
}

/// Binary PPM by hand: SANE's pnm backend takes P6, the image crate writes P7.
fn pnm(image: &RgbImage, path: &Path) -> io::Result<()> {
    let mut bytes = format!("P6\n{} {}\n255\n", image.width(), image.height()).into_bytes();
    bytes.extend_from_slice(image.as_raw());
    fs::write(path, bytes)
}

/// # Errors
/// When the bytes are no specimen card.
pub fn read_card(json: &[u8]) -> io::Result<SpecimenCard> {
    let text = std::str::from_utf8(json).map_err(io::Error::other)?;
    SpecimenCard::from_json(text).map_err(io::Error::other)
}

/// The chip of a specimen card. Its issuer left the finger template readable after PACE
/// (`docs/adr/0001`), unless it names an authority whose terminals alone may read it.
#[must_use]
pub fn chip(card: &SpecimenCard, faults: Faults) -> Applet {
    Applet::with_faults(
        card,
        Faults {
            dg3_open: faults.dg3_open || card.terminal_authorities.is_empty(),
            ..faults
        },
    )
}

/// The folder of `.traineddata` files: what `cargo xtask models` fetched, else Debian's own.
#[must_use]
pub fn tessdata() -> PathBuf {
    let fetched = Path::new(env!("CARGO_MANIFEST_DIR")).join("../models/cache/tessdata");
    if fetched.join("eng.traineddata").is_file() {
        fetched
    } else {
        "/usr/share/tesseract-ocr/5/tessdata".into()
    }
}
