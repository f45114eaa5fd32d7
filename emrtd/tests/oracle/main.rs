//! Our reader against libeac's chip, and libeac's terminal against our chip.
//!
//! libeac (OpenPACE) is a library that none of us wrote. `eac_peer.c` lets it play either side over
//! standard input and output; here it is compiled, started, and talked to. It knows generic mapping
//! over every standardised group with every cipher, and chip authentication; it does not know
//! integrated mapping as ICAO 9303-11 has it, nor chip authentication mapping: for these the worked
//! examples of the standard are the judge (`access/tests.rs`).
#![allow(clippy::unwrap_used, reason = "a test may fail where it stands")]

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::OnceLock;

use emrtd::chip::Collection;
use emrtd::simulator::{Applet, Faults, Memory};
use emrtd::tlv;
use emrtd::transport::{Transport, TransportError};
use emrtd::{AccessKey, AccessPolicy, Can, Challenge, Chip, ChipEvidence, DataGroup, MrzKey};
use openssl::bn::BigNumContext;
use openssl::dh::Dh;
use openssl::ec::{EcGroup, EcKey, PointConversionForm};
use openssl::nid::Nid;
use openssl::pkey::PKey;
use rand_core::{OsRng, TryRngCore};

const CAN: &str = "123456";
/// The CCCD's layout: three lines of thirty.
const ZONE: [&str; 3] = [
    "IDVNM0930470641001093047064<<2",
    "9305122M3305120VNM<<<<<<<<<<<6",
    "NGUYEN<<VAN<AN<<<<<<<<<<<<<<<<",
];
const HEADER: &str = "/usr/include/eac/eac.h";

const CURVES: [(u8, Nid); 11] = [
    (8, Nid::X9_62_PRIME192V1),
    (9, Nid::BRAINPOOL_P192R1),
    (10, Nid::SECP224R1),
    (11, Nid::BRAINPOOL_P224R1),
    (12, Nid::X9_62_PRIME256V1),
    (13, Nid::BRAINPOOL_P256R1),
    (14, Nid::BRAINPOOL_P320R1),
    (15, Nid::SECP384R1),
    (16, Nid::BRAINPOOL_P384R1),
    (17, Nid::BRAINPOOL_P512R1),
    (18, Nid::SECP521R1),
];

/// The program, compiled once; `None` with a loud word where libeac is not installed.
///
/// `cargo xtask test` installs it and sets NIEM_JUDGES: there nothing is left out.
fn program() -> Option<&'static Path> {
    static PROGRAM: OnceLock<Option<PathBuf>> = OnceLock::new();
    PROGRAM
        .get_or_init(|| {
            if !Path::new(HEADER).exists() {
                assert!(
                    std::env::var_os("NIEM_JUDGES").is_none(),
                    "libeac-dev is not installed, and no judge may be left out"
                );
                eprintln!("SKIPPED: libeac judges nothing here; apt-get install libeac-dev");
                return None;
            }
            let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/oracle/eac_peer.c");
            let place = Path::new(env!("CARGO_TARGET_TMPDIR"));
            let built = place.join(format!("eac_peer-{}", std::process::id()));
            let done = Command::new("cc")
                .args(["-O1", "-Wno-deprecated-declarations", "-o"])
                .arg(&built)
                .arg(&source)
                .args(["-leac", "-lcrypto"])
                .status()
                .unwrap();
            assert!(done.success(), "eac_peer.c does not compile");
            // Another run may be at work with the one that is there.
            let program = place.join("eac_peer");
            std::fs::rename(&built, &program).unwrap();
            Some(program)
        })
        .as_deref()
}

/// libeac on the other end of two pipes.
struct Peer {
    /// The files of a card, taken away with it.
    files: Option<PathBuf>,
    child: Child,
    to: ChildStdin,
    from: ChildStdout,
}

impl Peer {
    fn start(arguments: &[String]) -> Self {
        let mut child = Command::new(program().unwrap())
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        Self {
            files: None,
            to: child.stdin.take().unwrap(),
            from: child.stdout.take().unwrap(),
            child,
        }
    }

    fn send(&mut self, bytes: &[u8]) {
        let length = u16::try_from(bytes.len()).unwrap().to_be_bytes();
        let frame = [&b"A"[..], &length[..], bytes].concat();
        self.to.write_all(&frame).unwrap();
    }

    /// `None` when the program has ended.
    fn receive(&mut self) -> Option<(u8, Vec<u8>)> {
        let mut head = [0; 3];
        self.from.read_exact(&mut head).ok()?;
        let mut bytes = vec![0; usize::from(u16::from_be_bytes([head[1], head[2]]))];
        self.from.read_exact(&mut bytes).ok()?;
        Some((head[0], bytes))
    }

    /// What it complained of, now that it has ended.
    fn complaint(&mut self) -> String {
        let mut text = String::new();
        let _ = self.child.stderr.take().unwrap().read_to_string(&mut text);
        text
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        if let Some(files) = &self.files {
            let _ = std::fs::remove_dir_all(files);
        }
    }
}

impl Transport for Peer {
    fn transmit(&mut self, command: &[u8]) -> Result<Vec<u8>, TransportError> {
        self.send(command);
        match self.receive() {
            Some((b'A', answer)) => Ok(answer),
            _ => Err(TransportError::CardLost),
        }
    }
}

/// A static key for chip authentication, and its group.
struct StaticKey {
    group: u8,
    private: Vec<u8>,
    public: Vec<u8>,
    /// SubjectPublicKeyInfo with the group by its number.
    spki: Vec<u8>,
    /// For our own chip.
    pkey: Option<PKey<openssl::pkey::Private>>,
}

fn by_number(group: u8) -> Vec<u8> {
    // standardizedDomainParameters, ICAO 9303-11 §9.5.1.
    let oid = tlv::encode(0x06, &[0x04, 0x00, 0x7F, 0x00, 0x07, 0x01, 0x02]);
    tlv::encode_all(0x30, &[&oid, &tlv::encode(0x02, &[group])])
}

impl StaticKey {
    fn curve(group: u8) -> Self {
        let nid = CURVES.iter().find(|(id, _)| *id == group).unwrap().1;
        let curve = EcGroup::from_curve_name(nid).unwrap();
        let key = EcKey::generate(&curve).unwrap();
        let mut ctx = BigNumContext::new().unwrap();
        let public = key
            .public_key()
            .to_bytes(&curve, PointConversionForm::UNCOMPRESSED, &mut ctx)
            .unwrap();
        let private = key.private_key().to_vec();
        let pkey = PKey::from_ec_key(key).unwrap();
        Self {
            group,
            private,
            public,
            spki: pkey.public_key_to_der().unwrap(),
            pkey: Some(pkey),
        }
    }

    fn field(group: u8) -> Self {
        let dh = match group {
            0 => Dh::get_1024_160(),
            1 => Dh::get_2048_224(),
            _ => Dh::get_2048_256(),
        };
        let key = dh.unwrap().generate_key().unwrap();
        let public = key.public_key().to_vec();
        let mut number = public.clone();
        if number[0] & 0x80 != 0 {
            number.insert(0, 0);
        }
        let bits = [vec![0], tlv::encode(0x02, &number)].concat();
        Self {
            group,
            private: key.private_key().to_vec(),
            public,
            spki: tlv::encode_all(0x30, &[&by_number(group), &tlv::encode(0x03, &bits)]),
            pkey: None,
        }
    }

    fn is_curve(&self) -> bool {
        self.group >= 8
    }

    /// The last arcs of its protocol with this cipher.
    fn arcs(&self, cipher: u8) -> [u8; 3] {
        [3, if self.is_curve() { 2 } else { 1 }, cipher]
    }

    fn dg14(&self, cipher: u8) -> Vec<u8> {
        let public = [1, if self.is_curve() { 2 } else { 1 }];
        let info = info(&self.arcs(cipher), &[&tlv::encode(0x02, &[1])]);
        tlv::encode(
            0x6E,
            &tlv::encode_all(0x31, &[&info, &self::info(&public, &[&self.spki])]),
        )
    }
}

/// One SecurityInfo under bsi-de 2.2.
fn info(arcs: &[u8], parts: &[&[u8]]) -> Vec<u8> {
    let oid = [&[0x04, 0x00, 0x7F, 0x00, 0x07, 0x02, 0x02], arcs].concat();
    tlv::encode(0x30, &[tlv::encode(0x06, &oid), parts.concat()].concat())
}

fn dotted(arcs: &[u8]) -> String {
    let arcs: Vec<String> = arcs.iter().map(u8::to_string).collect();
    format!("0.4.0.127.0.7.2.2.{}", arcs.join("."))
}

/// One way of opening.
#[derive(Clone, Copy, Debug)]
struct Way {
    cipher: u8,
    group: u8,
    by_zone: bool,
}

impl Way {
    fn arcs(self) -> [u8; 3] {
        [4, if self.is_field() { 1 } else { 2 }, self.cipher]
    }

    fn is_field(self) -> bool {
        self.group < 8
    }

    fn card_access(self) -> Vec<u8> {
        let numbers = [2, self.group].map(|number| tlv::encode(0x02, &[number]));
        tlv::encode(0x31, &info(&self.arcs(), &[&numbers[0], &numbers[1]]))
    }

    fn key(self) -> AccessKey {
        if self.by_zone {
            AccessKey::Mrz(MrzKey::from_lines(&ZONE).unwrap())
        } else {
            AccessKey::Can(Can::new(CAN).unwrap())
        }
    }

    fn arguments(self, role: &str) -> Vec<String> {
        let (kind, secret) = if self.by_zone {
            ("mrz", ZONE.concat())
        } else {
            ("can", CAN.to_owned())
        };
        vec![
            role.to_owned(),
            dotted(&self.arcs()),
            self.group.to_string(),
            kind.to_owned(),
            secret,
        ]
    }

    /// Every group with every cipher; number and zone by turns.
    fn all() -> Vec<Self> {
        let groups = [0, 1, 2].into_iter().chain(CURVES.map(|(id, _)| id));
        groups
            .flat_map(|group| (1..=4).map(move |cipher| (group, cipher)))
            .flat_map(|(group, cipher)| {
                [true, false].map(|by_zone| Self {
                    cipher,
                    group,
                    by_zone,
                })
            })
            .collect()
    }
}

const EASY: Way = Way {
    cipher: 2,
    group: 13,
    by_zone: false,
};

/// Files of a chip that is worth reading, if only just.
fn files(way: Way, dg14: Option<Vec<u8>>) -> BTreeMap<u16, Vec<u8>> {
    let zone = tlv::encode(0x5F1F, ZONE.concat().as_bytes());
    let mut files = BTreeMap::from([
        (0x011C, way.card_access()),
        (0x011D, tlv::encode(0x77, &[0x5A; 700])),
        (0x0101, tlv::encode(0x61, &zone)),
        (0x0102, tlv::encode(0x75, &[0xA5; 3_000])),
    ]);
    files.extend(dg14.map(|file| (0x010E, file)));
    files
}

/// libeac's chip with these files.
fn card(way: Way, files: &BTreeMap<u16, Vec<u8>>, key: Option<(&StaticKey, u8)>) -> Peer {
    static COUNT: std::sync::atomic::AtomicU32 = std::sync::atomic::AtomicU32::new(0);
    let count = COUNT.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
    let place =
        Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("eac-{}-{count}", std::process::id()));
    std::fs::create_dir_all(&place).unwrap();
    for (id, file) in files {
        std::fs::write(place.join(format!("{id:04x}")), file).unwrap();
    }
    let mut arguments = way.arguments("card");
    arguments.push(place.to_str().unwrap().to_owned());
    if let Some((key, cipher)) = key {
        arguments.push(dotted(&key.arcs(cipher)));
        arguments.push(key.group.to_string());
        arguments.push(hex::encode(&key.private));
        arguments.push(hex::encode(&key.public));
    }
    let mut peer = Peer::start(&arguments);
    peer.files = Some(place);
    peer
}

/// Our reader reads libeac's chip.
fn read(peer: Peer, key: &AccessKey) -> Result<ChipEvidence, String> {
    let mut rng = OsRng.unwrap_err();
    let mut chip = Chip::new(peer)
        .open(key, AccessPolicy::default(), &mut rng)
        .map_err(|(_, error)| error.code().to_owned())?;
    let mut collection = Collection::new(&[DataGroup::Dg2], Challenge::new([7; 8]));
    chip.collect(&mut collection, &mut rng, &mut |_| {})
        .map_err(|error| error.code().to_owned())
}

/// libeac leaves the leading zeros of a secret out that is a number (PKCS #3 §8.3 keeps them), so
/// that one agreement in 256 over a prime field comes to other keys. Three in a row are no accident.
fn unless_by_accident<R>(
    over_field: bool,
    mut attempt: impl FnMut() -> Result<R, String>,
) -> Result<R, String> {
    let tries = if over_field { 3 } else { 1 };
    let mut found = attempt();
    for _ in 1..tries {
        if found.is_ok() {
            break;
        }
        found = attempt();
    }
    found
}

#[test]
fn our_reader_opens_libeacs_chip_over_every_group_with_every_cipher() {
    if program().is_none() {
        return;
    }
    for way in Way::all() {
        let files = files(way, None);
        let evidence =
            unless_by_accident(way.is_field(), || read(card(way, &files, None), &way.key()));
        let evidence = evidence.unwrap_or_else(|code| panic!("{way:?}: {code}"));
        assert_eq!(evidence.sod, files[&0x011D], "{way:?}");
        assert_eq!(evidence.groups[&DataGroup::Dg1], files[&0x0101], "{way:?}");
        assert_eq!(evidence.groups[&DataGroup::Dg2], files[&0x0102], "{way:?}");
    }
}

#[test]
fn libeacs_chip_turns_our_reader_away_over_a_wrong_password() {
    if program().is_none() {
        return;
    }
    for by_zone in [false, true] {
        let way = Way { by_zone, ..EASY };
        let (key, code) = if by_zone {
            let zone = MrzKey::from_text("093047065", "930512", "330512").unwrap();
            (AccessKey::Mrz(zone), "card.mrz_wrong")
        } else {
            (
                AccessKey::Can(Can::new("123457").unwrap()),
                "card.can_wrong",
            )
        };
        let found = read(card(way, &files(way, None), None), &key);
        assert_eq!(found.unwrap_err(), code);
    }
}

#[test]
fn our_reader_authenticates_libeacs_chip_over_curves_and_fields() {
    if program().is_none() {
        return;
    }
    let curves = CURVES.map(|(id, _)| StaticKey::curve(id));
    let fields = [0, 1, 2].map(StaticKey::field);
    for key in curves.iter().chain(&fields) {
        for cipher in 1..=4 {
            let case = format!("group {} cipher {cipher}", key.group);
            let files = files(EASY, Some(key.dg14(cipher)));
            let evidence = unless_by_accident(!key.is_curve(), || {
                read(card(EASY, &files, Some((key, cipher))), &EASY.key())
            });
            let evidence = evidence.unwrap_or_else(|code| panic!("{case}: {code}"));
            // DG1 and DG2 came after DG14, under the keys that only libeac's chip could know.
            assert_eq!(evidence.groups[&DataGroup::Dg2], files[&0x0102], "{case}");
            let witness = evidence.chip_auth.as_ref();
            let witness = witness.unwrap_or_else(|| panic!("{case}: no witness"));
            assert_eq!(witness.protocol, dotted(&key.arcs(cipher)), "{case}");
        }
    }
}

#[test]
fn a_libeac_chip_with_another_key_than_that_of_dg14_is_found_out() {
    if program().is_none() {
        return;
    }
    let (shown, held) = (StaticKey::curve(13), StaticKey::curve(13));
    let files = files(EASY, Some(shown.dg14(2)));
    let found = read(card(EASY, &files, Some((&held, 2))), &EASY.key());
    assert_eq!(found.unwrap_err(), "card.chip_authentication");
}

/// libeac's terminal talks to our chip; what it reports, or what it complained of.
fn visit(mut terminal: Peer, chip: &mut Applet) -> Result<Vec<u8>, String> {
    loop {
        match terminal.receive() {
            Some((b'A', command)) => {
                let answer = chip.transmit(&command).unwrap();
                terminal.send(&answer);
            }
            Some((_, report)) => return Ok(report),
            None => return Err(terminal.complaint()),
        }
    }
}

fn memory(way: Way, key: Option<(&StaticKey, u8)>) -> Memory {
    Memory {
        files: files(way, key.map(|(key, cipher)| key.dg14(cipher))),
        can: Some(Can::new(CAN).unwrap()),
        mrz: Some(MrzKey::from_lines(&ZONE).unwrap()),
        chip_keys: key
            .and_then(|(key, _)| key.pkey.clone())
            .into_iter()
            .collect(),
        ..Memory::default()
    }
}

#[test]
fn libeacs_terminal_opens_our_chip_over_every_group_with_every_cipher() {
    if program().is_none() {
        return;
    }
    for way in Way::all() {
        let report = unless_by_accident(way.is_field(), || {
            let mut chip = Applet::with_memory(memory(way, None), Faults::default());
            visit(Peer::start(&way.arguments("terminal")), &mut chip)
        });
        let report = report.unwrap_or_else(|words| panic!("{way:?}: {words}"));
        assert_eq!(report, files(way, None)[&0x0101], "{way:?}");
    }
}

#[test]
fn libeacs_terminal_authenticates_our_chip_over_curves() {
    if program().is_none() {
        return;
    }
    for (group, _) in CURVES {
        let key = StaticKey::curve(group);
        for cipher in 1..=4 {
            let mut chip =
                Applet::with_memory(memory(EASY, Some((&key, cipher))), Faults::default());
            let mut arguments = EASY.arguments("terminal");
            arguments.push(dotted(&key.arcs(cipher)));
            arguments.push(group.to_string());
            arguments.push(hex::encode(&key.public));
            let report = visit(Peer::start(&arguments), &mut chip);
            let report = report.unwrap_or_else(|words| panic!("{group} {cipher}: {words}"));
            assert_eq!(report, files(EASY, None)[&0x0101]);
        }
    }
}

#[test]
fn libeacs_terminal_is_not_fooled_by_our_chips_faults() {
    if program().is_none() {
        return;
    }
    for fault in [
        "pace-echo-key",
        "pace-off-curve",
        "pace-off-curve-key",
        "pace-infinity",
        "pace-infinity-key",
        "pace-short-key",
        "pace-small-subgroup",
        "pace-short-nonce",
        "pace-wrong-token",
        "pace-echo-token",
        "pace-malformed",
    ] {
        let mut chip = Applet::with_memory(memory(EASY, None), fault.parse().unwrap());
        let report = visit(Peer::start(&EASY.arguments("terminal")), &mut chip);
        assert!(report.is_err(), "{fault}");
    }
    let mut arguments = EASY.arguments("terminal");
    arguments[4] = "123457".to_owned();
    let mut chip = Applet::with_memory(memory(EASY, None), Faults::default());
    let complaint = visit(Peer::start(&arguments), &mut chip).unwrap_err();
    assert!(complaint.contains("6300"), "{complaint}");
}
