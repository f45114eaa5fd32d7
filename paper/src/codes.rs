//! The codes printed on a page for machines: QR codes and the machine-readable zone, each with its place and what it
//! says.
//!
//! A code proves nothing (anyone can print one), but it says without reading errors what its issuer meant. Comparing
//! it with the fields of the page is left to the caller.

mod document_qr;
mod glyphs;
mod locate;
mod qr;
mod zone;

use emrtd::CardQr;
use image::GrayImage;
use unicode_normalization::UnicodeNormalization as _;
use zeroize::Zeroizing;

pub use document_qr::DocumentQr;
pub use zone::{Checks, NameAgreement, Proof, Repair, Zone};

use crate::{Place, ReadPage, Sheet};

/// What a page carries for machines.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Codes {
    /// QR codes from top to bottom, those included that were seen and could not be read.
    pub qr: Vec<QrCode>,
    /// Machine-readable zones from top to bottom.
    pub zones: Vec<Zone>,
}

/// Finds the codes of a page: QR codes in its pixels, zones in what was read on it.
pub fn find(sheet: &Sheet, read: &ReadPage) -> Codes {
    Codes {
        qr: find_qr(sheet),
        zones: find_zones(sheet, read),
    }
}

/// One QR code. `Debug` tells no content.
#[derive(Clone)]
#[non_exhaustive]
pub struct QrCode {
    /// On the unaltered page.
    pub place: Place,
    /// Its corners there, clockwise, beginning at the code's own upper left.
    pub corners: [(f32, f32); 4],
    /// What it says, composed (NFC); none when the code was seen and could not be read, or holds no text.
    pub text: Option<Zeroizing<String>>,
    pub meaning: Meaning,
}

/// What a QR code is.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Meaning {
    /// There is a code, and it could not be read.
    Unread,
    /// There is a code whose octets are no text.
    NoText,
    /// The code of an identity card (2021 on its front, 2024 on its back).
    Card(CardQr),
    /// Anything else a paper carries: a certificate's code, a dossier's, a link.
    Document(DocumentQr),
}

impl std::fmt::Debug for QrCode {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let kind = match self.meaning {
            Meaning::Unread => "unread",
            Meaning::NoText => "no text",
            Meaning::Card(_) => "card",
            Meaning::Document(_) => "document",
        };
        write!(f, "QrCode({kind}, {:?})", self.place)
    }
}

/// Reads the QR codes of a page.
pub fn find_qr(sheet: &Sheet) -> Vec<QrCode> {
    find_qr_in(&sheet.gray())
}

/// Reads the QR codes of a picture, such as one frame of a camera.
pub fn find_qr_in(picture: &GrayImage) -> Vec<QrCode> {
    qr::read(picture)
        .into_iter()
        .map(|symbol| understood(symbol, picture.dimensions()))
        .collect()
}

/// What the octets of a QR code mean, whoever read them.
pub fn payload(bytes: &[u8]) -> Meaning {
    match text(bytes, None) {
        Some(text) => meaning(&text),
        None => Meaning::NoText,
    }
}

/// Finds the machine-readable zones in what was read on a page.
pub fn find_zones(sheet: &Sheet, read: &ReadPage) -> Vec<Zone> {
    zone::find(sheet, read)
}

fn understood(symbol: qr::Symbol, (width, height): (u32, u32)) -> QrCode {
    let text = symbol
        .bytes
        .as_ref()
        .and_then(|bytes| text(bytes, symbol.decoded.as_deref()));
    let meaning = match (&symbol.bytes, &text) {
        (None, _) => Meaning::Unread,
        (Some(_), None) => Meaning::NoText,
        (Some(_), Some(text)) => meaning(text),
    };
    QrCode {
        place: around(&symbol.corners, width, height),
        corners: symbol.corners,
        text,
        meaning,
    }
}

/// Vietnamese codes are UTF-8 and seldom say so; octets that are no UTF-8 are taken for what the code names, or else for
/// Latin-1, which is what a code that names nothing holds (ISO/IEC 18004 §7.3.2).
fn text(bytes: &[u8], decoded: Option<&String>) -> Option<Zeroizing<String>> {
    let text = match (std::str::from_utf8(bytes), decoded) {
        (Ok(text), _) => Zeroizing::new(text.to_owned()),
        (Err(_), Some(decoded)) if decoded.contains(qr::NO_TEXT) => return None,
        (Err(_), Some(decoded)) => Zeroizing::new(decoded.clone()),
        (Err(_), None) => Zeroizing::new(bytes.iter().copied().map(char::from).collect()),
    };
    let text = text
        .trim_start_matches('\u{feff}')
        .trim_end_matches(['\r', '\n', '\0']);
    let binary = text
        .chars()
        .any(|letter| letter.is_control() && !matches!(letter, '\r' | '\n' | '\t'));
    (!text.is_empty() && !binary).then(|| Zeroizing::new(text.nfc().collect()))
}

/// A card's code begins with its number and holds at least name and birth date beside it; else it is a document's.
fn meaning(text: &str) -> Meaning {
    match CardQr::parse(text) {
        Ok(card)
            if text.contains('|')
                && card.name.is_some()
                && card.birth.is_some()
                && card.sex.is_some() =>
        {
            Meaning::Card(card)
        }
        _ => Meaning::Document(DocumentQr::of(text)),
    }
}

fn around(corners: &[(f32, f32); 4], width: u32, height: u32) -> Place {
    let within = |value: f32, most: u32| value.clamp(0.0, most as f32) as u32;
    let xs = corners.map(|corner| within(corner.0, width));
    let ys = corners.map(|corner| within(corner.1, height));
    let (x, y) = (
        xs.into_iter().min().unwrap_or(0),
        ys.into_iter().min().unwrap_or(0),
    );
    Place {
        x,
        y,
        w: xs.into_iter().max().unwrap_or(0) - x,
        h: ys.into_iter().max().unwrap_or(0) - y,
    }
}
