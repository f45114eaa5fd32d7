//! The material: visits of invented citizens, each with chip evidence over its own challenge, and sealed bundles.

use std::fs;
use std::path::PathBuf;

use bundle::{ReceiptKey, SealedBundle, SignedTicket, StationId, Ticket};
use emrtd::Sex;
use emrtd::simulator::issuer::{CardOptions, SpecimenCard, SpecimenPerson};
use jiff::civil::date;
use jiff::{SignedDuration, Timestamp};
use rand_core::{OsRng, TryRngCore};

use crate::desk::{Desk, Visit};
use crate::rig::Rig;

/// Citizens; each has several entries when there are more bundles.
const CITIZENS: usize = 96;
/// Tickets hold a fortnight; what is older is made anew.
const KEPT: SignedDuration = SignedDuration::from_hours(24 * 10);

/// What is asked for.
#[derive(Clone, Copy)]
pub struct Wanted {
    pub stations: usize,
    pub bundles: usize,
    pub paper_bytes: usize,
}

/// The folder with all of it is thrown away when it is too old to be taken.
pub fn discard_old(place: &std::path::Path) {
    let made = fs::metadata(place.join("issuer.json")).and_then(|it| it.modified());
    let old = made.ok().and_then(|made| made.elapsed().ok());
    if old.is_none_or(|old| old > KEPT.unsigned_abs()) {
        let _ = fs::remove_dir_all(place);
    }
}

pub fn cards(rig: &Rig, count: usize) -> Vec<SpecimenCard> {
    (0..count)
        .map(|n| {
            let number = format!("0310850{n:05}");
            let mut person = SpecimenPerson::new(
                &number,
                "Nguyễn Văn Thử",
                date(1985, 3, 4),
                Sex::Male,
                date(2024, 1, 1),
            );
            person.portrait = vec![0xFF, 0xD8, 0xFF, 0xD9];
            let options = CardOptions::cccd(Timestamp::now());
            rig.issuer
                .issue(&person, &options, &mut OsRng.unwrap_err())
                .unwrap()
        })
        .collect()
}

pub fn ticket(rig: &Rig, station: &StationId) -> SignedTicket {
    let key = ReceiptKey::load(&rig.path("keys/receipt.key.pem")).unwrap();
    let now = Timestamp::now();
    let until = now
        .checked_add(SignedDuration::from_hours(24 * 14))
        .unwrap();
    let ticket = Ticket::draw(station.clone(), now, until, &mut OsRng.unwrap_err());
    SignedTicket::issue(&ticket, &key)
}

/// A good visit with a paper of about so many bytes.
pub fn visit(desk: &Desk<'_>, card: &SpecimenCard, paper_bytes: usize, n: usize) -> Visit {
    let mut visit = desk.visit_with(ticket(desk.rig, &desk.id), card);
    visit.pdf = paper(paper_bytes, n as u64);
    visit
}

/// Where the `n`th bundle of a station lies.
fn place(rig: &Rig, station: usize, n: usize) -> PathBuf {
    rig.path(&format!("backlog/tram-{station:02}/{n:05}"))
}

/// The backlog of each station, made where it is not there yet.
pub fn backlog(rig: &Rig, wanted: Wanted) -> Vec<Vec<PathBuf>> {
    let each = wanted.bundles.div_ceil(wanted.stations);
    let cards: Vec<SpecimenCard> = cards(rig, CITIZENS);
    // Enrolled here, for all desks have the same one.
    rig.operator("nv-0042", "volunteer");
    std::thread::scope(|scope| {
        let made: Vec<_> = (0..wanted.stations)
            .map(|station| {
                let cards = &cards;
                scope.spawn(move || of_station(rig, station, each, wanted.paper_bytes, cards))
            })
            .collect();
        made.into_iter().map(|made| made.join().unwrap()).collect()
    })
}

fn of_station(
    rig: &Rig,
    station: usize,
    each: usize,
    paper_bytes: usize,
    cards: &[SpecimenCard],
) -> Vec<PathBuf> {
    let desk = Desk::new(rig, &format!("tram-{station:02}"));
    (0..each)
        .map(|n| {
            let to = place(rig, station, n);
            if !to.join("outer.dsse.json").exists() {
                let card = &cards[(station + n * 7) % cards.len()];
                let sealed = desk.seal(visit(&desk, card, paper_bytes, station * each + n));
                fs::create_dir_all(to.parent().unwrap()).unwrap();
                fs::rename(sealed.dir(), &to).unwrap();
            }
            to
        })
        .collect()
}

pub fn load(folder: &PathBuf) -> SealedBundle {
    SealedBundle::load(folder).unwrap()
}

/// A PDF of two pages whose pictures cannot be packed any smaller, as scans are.
pub fn paper(bytes: usize, seed: u64) -> Vec<u8> {
    let half = bytes / 2;
    let mut out = Vec::with_capacity(bytes + 2048);
    out.extend_from_slice(b"%PDF-1.7\n%\xE2\xE3\xCF\xD3\n");
    let mut offsets = Vec::new();
    let mut object = |out: &mut Vec<u8>, text: &str| {
        offsets.push(out.len());
        out.extend_from_slice(format!("{} 0 obj\n{text}", offsets.len()).as_bytes());
    };
    object(&mut out, "<< /Type /Catalog /Pages 2 0 R >>\nendobj\n");
    object(
        &mut out,
        "<< /Type /Pages /Count 2 /Kids [3 0 R 4 0 R] >>\nendobj\n",
    );
    for page in 0..2 {
        let picture = 5 + page;
        let text = format!(
            "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] \
             /Resources << /XObject << /P {picture} 0 R >> >> >>\nendobj\n"
        );
        object(&mut out, &text);
    }
    let mut noise = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    for _ in 0..2 {
        let text = format!(
            "<< /Type /XObject /Subtype /Image /Width 1240 /Height 1754 /BitsPerComponent 8 \
             /ColorSpace /DeviceGray /Filter /DCTDecode /Length {half} >>\nstream\n"
        );
        object(&mut out, &text);
        let end = out.len() + half;
        while out.len() < end {
            noise ^= noise << 13;
            noise ^= noise >> 7;
            noise ^= noise << 17;
            let word = noise.to_le_bytes();
            let left = end - out.len();
            out.extend_from_slice(&word[..left.min(8)]);
        }
        out.extend_from_slice(b"\nendstream\nendobj\n");
    }
    let xref = out.len();
    let size = offsets.len() + 1;
    out.extend_from_slice(format!("xref\n0 {size}\n0000000000 65535 f \n").as_bytes());
    for offset in &offsets {
        out.extend_from_slice(format!("{offset:010} 00000 n \n").as_bytes());
    }
    out.extend_from_slice(
        format!("trailer\n<< /Size {size} /Root 1 0 R >>\nstartxref\n{xref}\n%%EOF\n").as_bytes(),
    );
    out
}

/// Bundles with a paper of some kilobytes, of the last station; made anew each time.
pub fn small(rig: &Rig, count: usize) -> Vec<SealedBundle> {
    let desk = Desk::new(rig, "tram-small");
    let cards = cards(rig, 4);
    (0..count)
        .map(|n| desk.seal(visit(&desk, &cards[n % cards.len()], 4096, n)))
        .collect()
}
