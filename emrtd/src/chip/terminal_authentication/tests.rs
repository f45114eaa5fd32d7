//! Terminals of the specimen country, of libeac's making, and of strangers, before the same chip.

use std::cell::RefCell;
use std::sync::Arc;

use jiff::civil::date;

use super::*;
use crate::access::tests::Fixed;
use crate::access::{AccessKey, AccessPolicy, Can, MrzKey};
use crate::chip::reading::Outcome;
use crate::chip::{Chip, Collection};
use crate::evidence::Challenge;
use crate::lds::DataGroup;
use crate::proof::active::Hash;
use crate::proof::cv_certificate::Scheme;
use crate::proof::cv_certificate::tests::made_by_libeac;
use crate::proof::terminal::FileTerminal;
use crate::simulator::issuer::tests::{issued_at, person, utopia};
use crate::simulator::issuer::{
    CardOptions, Curve, Layout, SpecimenCard, SpecimenTerminals, TerminalsOptions,
};
use crate::simulator::{Applet, Faults};
use crate::tlv::encode;
use crate::transport::TransportError;

mod fingers;

fn terminals() -> SpecimenTerminals {
    let options = TerminalsOptions::utopia(date(2024, 6, 1));
    SpecimenTerminals::new(&options, &mut Fixed::endless(7)).unwrap()
}

/// A passport that knows this authority, with a made-up DG4.
fn card(authorities: &[CvCertificate]) -> SpecimenCard {
    let options = CardOptions {
        layout: Layout::Td3,
        terminal_authorities: authorities.to_vec(),
        further: [(DataGroup::Dg4, encode(0x76, &[7; 300]))].into(),
        ..CardOptions::cccd(issued_at())
    };
    let card = utopia().issue(&person(), &options, &mut Fixed::endless(2));
    card.unwrap()
}

fn open(card: &SpecimenCard, script: &str, bac: bool) -> SecureChip<Applet> {
    let faults: Faults = script.parse().unwrap();
    let chip = Chip::new(Applet::with_faults(card, faults));
    let mut rng = Fixed::endless(3);
    let (key, policy) = if bac {
        let mrz = MrzKey::from_lines(&card.mrz_lines()).unwrap();
        (AccessKey::Mrz(mrz), AccessPolicy { allow_bac: true })
    } else {
        let can = Can::new(&card.can).unwrap();
        (AccessKey::Can(can), AccessPolicy::default())
    };
    let chip = chip.open(&key, policy, &mut rng);
    let mut chip = chip.map_err(|(_, error)| error).unwrap();
    let mut collection = Collection::new(&[], Challenge::new([1; 8]));
    let evidence = chip.collect(&mut collection, &mut rng, &mut |_| {});
    assert!(evidence.unwrap().chip_auth.is_some(), "{script}");
    chip
}

/// The group, if the chip gives it now.
fn group(chip: &mut SecureChip<Applet>, group: DataGroup) -> Option<Vec<u8>> {
    let file = File::of(group);
    let read = chip.steadily(&mut Fixed::endless(4), |chip| {
        chip.read(file, &mut None, &mut |_| {})
    });
    match read.unwrap() {
        Outcome::File(content) => Some(content),
        _ => None,
    }
}

fn show(
    chip: &mut SecureChip<Applet>,
    terminal: &dyn Terminal,
) -> Result<TerminalAccess, TerminalAuthError> {
    chip.authenticate_terminal(terminal, &mut Fixed::endless(5))
}

#[test]
fn a_certified_terminal_reads_fingers_and_nobody_else_does() {
    let made = terminals();
    let card = card(&[made.authority().clone()]);
    for (script, bac) in [
        ("", false),
        ("no-pace", true),
        ("plain-errors,no-extended", false),
        ("no-sfi,exact-le", false),
        ("mf-6d00,max-le=127", false),
    ] {
        let mut chip = open(&card, script, bac);
        assert_eq!(group(&mut chip, DataGroup::Dg3), None, "{script}");
        let access = show(&mut chip, &made.terminal(&[]).unwrap()).unwrap();
        assert_eq!(access.rights, Rights::ALL);
        assert_eq!(access.authority, *made.authority().holder());
        for wanted in [DataGroup::Dg3, DataGroup::Dg4] {
            let file = group(&mut chip, wanted);
            assert_eq!(file.as_deref(), card.group(wanted), "{script} {wanted}");
        }
    }
}

#[test]
fn every_scheme_opens_the_chip() {
    for (scheme, _) in Scheme::ALL {
        let options = TerminalsOptions {
            scheme,
            curve: Curve::P384,
            rsa_bits: 1280,
            rights: Rights {
                fingers: true,
                irises: false,
            },
            ..TerminalsOptions::utopia(date(2024, 6, 1))
        };
        let made = SpecimenTerminals::new(&options, &mut Fixed::endless(7)).unwrap();
        let card = card(&[made.authority().clone()]);
        let mut chip = open(&card, "", false);
        let access = show(&mut chip, &made.terminal(&[]).unwrap()).unwrap();
        // What the terminal's own certificate does not grant stays shut.
        assert_eq!((access.rights.fingers, access.rights.irises), (true, false));
        assert!(group(&mut chip, DataGroup::Dg3).is_some(), "{scheme}");
        assert!(group(&mut chip, DataGroup::Dg4).is_none(), "{scheme}");
    }
}

#[test]
fn a_link_leads_from_the_old_authority_to_the_new() {
    let old = terminals();
    let mut rng = Fixed::endless(8);
    let (new, link) = old.renewed(date(2025, 3, 1), &mut rng).unwrap();
    let (newer, second) = new.renewed(date(2025, 9, 1), &mut rng).unwrap();
    let card = card(&[old.authority().clone()]);
    let mut chip = open(&card, "", false);
    let stranger = show(&mut chip, &new.terminal(&[]).unwrap()).unwrap_err();
    assert_eq!(stranger.code(), "terminal.authority_unknown");
    let known = vec![old.authority().holder().clone()];
    assert_eq!(stranger, TerminalAuthError::AuthorityUnknown { known });
    // Two links, and what does not belong to the chain is not shown.
    let links = [second, old.verifier().clone(), link];
    show(&mut chip, &newer.terminal(&links).unwrap()).unwrap();
    assert!(group(&mut chip, DataGroup::Dg3).is_some());
    // The chip has moved on: it names the newest two, and the newest needs no links.
    let mut applet = chip.into_transport();
    applet.reset();
    let can = AccessKey::Can(Can::new(&card.can).unwrap());
    let chip = Chip::new(applet).open(&can, AccessPolicy::default(), &mut rng);
    let mut chip = chip.map_err(|(_, error)| error).unwrap();
    let names = chip.authorities().unwrap();
    assert_eq!(names[0], *newer.authority().holder());
    assert_eq!(names.len(), 2);
    let mut collection = Collection::new(&[], Challenge::new([1; 8]));
    chip.collect(&mut collection, &mut rng, &mut |_| {})
        .unwrap();
    assert!(group(&mut chip, DataGroup::Dg3).is_none(), "a new session");
    show(&mut chip, &newer.terminal(&[]).unwrap()).unwrap();
}

#[test]
fn whoever_is_refused_reads_the_rest_all_the_same() {
    let made = terminals();
    let long_ago = TerminalsOptions::utopia(date(2019, 1, 1));
    let long_ago = SpecimenTerminals::new(&long_ago, &mut Fixed::endless(9)).unwrap();
    let elsewhere = TerminalsOptions::utopia(date(2024, 6, 1));
    let elsewhere = SpecimenTerminals::new(&elsewhere, &mut Fixed::endless(10)).unwrap();
    // Another country's chain under the names of this one, and a key that is not the certificate's.
    let impostor = elsewhere.terminal(&[]).unwrap();
    let thief = Thief(
        made.terminal(&[]).unwrap(),
        elsewhere.terminal(&[]).unwrap(),
    );
    let honest = made.terminal(&[]).unwrap();
    let expired = long_ago.terminal(&[]).unwrap();
    let cases: [(&[CvCertificate], &dyn Terminal, &str, &str); 6] = [
        (
            &[made.authority().clone()],
            &impostor,
            "",
            "terminal.certificate_refused",
        ),
        (
            &[made.authority().clone()],
            &thief,
            "",
            "terminal.signature_refused",
        ),
        (
            &[made.authority().clone()],
            &Mute,
            "",
            "terminal.authority_unknown",
        ),
        (
            &[long_ago.authority().clone()],
            &expired,
            "",
            "terminal.certificate_refused",
        ),
        (
            &[made.authority().clone()],
            &honest,
            "refuse-ta",
            "terminal.certificate_refused",
        ),
        (&[], &honest, "", "terminal.authority_unnamed"),
    ];
    for (authorities, terminal, script, code) in cases {
        let card = card(authorities);
        for more in ["", "plain-errors"] {
            let mut chip = open(&card, &format!("{script},{more}"), false);
            let refused = show(&mut chip, terminal).unwrap_err();
            assert_eq!(refused.code(), code, "{script},{more}: {refused}");
            assert_eq!(group(&mut chip, DataGroup::Dg3), None);
            let dg1 = group(&mut chip, DataGroup::Dg1);
            assert_eq!(dg1.as_deref(), card.group(DataGroup::Dg1), "{code} {more}");
        }
    }
}

#[test]
fn the_chip_must_have_proved_itself_first() {
    let made = terminals();
    let card = card(&[made.authority().clone()]);
    let can = AccessKey::Can(Can::new(&card.can).unwrap());
    let mut rng = Fixed::endless(3);
    let chip = Chip::new(Applet::new(&card)).open(&can, AccessPolicy::default(), &mut rng);
    let mut chip = chip.map_err(|(_, error)| error).unwrap();
    let error = show(&mut chip, &made.terminal(&[]).unwrap()).unwrap_err();
    assert_eq!(error.code(), "terminal.chip_not_authenticated");
    // And the chip thinks so too.
    let select = encode(0x83, made.authority().holder().as_bytes());
    let answer = chip.send(&Command::new(0, 0x22, 0x81, 0xB6).data(select));
    assert_eq!(answer.unwrap().status, Status::CONDITIONS_NOT_SATISFIED);
}

#[test]
fn the_terminal_signs_what_the_standard_says() {
    let made = terminals();
    let card = card(&[made.authority().clone()]);
    for bac in [false, true] {
        let mut chip = open(&card, if bac { "no-pace" } else { "" }, bac);
        let listening = Listening {
            terminal: made.terminal(&[]).unwrap(),
            heard: RefCell::default(),
        };
        show(&mut chip, &listening).unwrap();
        let heard = listening.heard.take();
        // After BAC the document number with its check digit, as printed; after PACE an x coordinate.
        let called = if bac { 10 } else { 32 };
        assert_eq!(heard.len(), called + 8 + 32);
        let printed = &card.mrz_lines()[1].as_bytes()[..10];
        assert_eq!(&heard[..10] == printed, bac);
        // Another session, another challenge and other keys.
        let before = heard[called..].to_vec();
        let mut again = open(&card, if bac { "no-pace" } else { "" }, bac);
        show(&mut again, &listening).unwrap();
        assert_ne!(listening.heard.take()[called..], before);
    }
}

#[test]
fn a_chain_that_libeac_made_opens_the_chip() {
    for (name, scheme) in [
        ("chip-ec", "ECDSA_SHA_256"),
        ("chip-rsa", "RSA_v1_5_SHA_256"),
        ("chip-pss", "RSA_PSS_SHA_512"),
    ] {
        let Some((folder, [root, verifier, terminal])) = made_by_libeac(name, scheme) else {
            return;
        };
        let key = std::fs::read(folder.join("is.der")).unwrap();
        let certificates = [terminal.to_bytes(), verifier.to_bytes()].concat();
        let other = std::fs::read(folder.join("dv.der")).unwrap();
        std::fs::remove_dir_all(&folder).unwrap();
        assert_eq!(
            FileTerminal::new(&other, &certificates).unwrap_err().code(),
            "terminal.key_uncertified"
        );
        let mine = FileTerminal::new(&key, &certificates).unwrap();
        let card = card(&[root]);
        let mut chip = open(&card, "", false);
        let access = show(&mut chip, &mine).unwrap();
        assert_eq!((access.rights.fingers, access.rights.irises), (true, false));
        assert!(group(&mut chip, DataGroup::Dg3).is_some(), "{scheme}");
        assert!(group(&mut chip, DataGroup::Dg4).is_none(), "{scheme}");
    }
}

#[test]
fn keys_that_are_none_are_refused_and_nothing_is_printed() {
    let made = terminals();
    let pem = made.key_pem().unwrap();
    let chain = made.certificates();
    for (key, certificates, code) in [
        (&b"-----BEGIN"[..], &chain[..], "terminal.key_unreadable"),
        (&pem, &[], "terminal.key_uncertified"),
        (&pem, &chain[1..], "terminal.certificate_malformed"),
        (
            &pem,
            &chain[..chain.len() - 1],
            "terminal.certificate_malformed",
        ),
        (
            &pem,
            &made.verifier().to_bytes(),
            "terminal.key_uncertified",
        ),
    ] {
        assert_eq!(
            FileTerminal::new(key, certificates).unwrap_err().code(),
            code
        );
    }
    let printed = format!("{:?}", made.terminal(&[]).unwrap());
    assert_eq!(
        printed,
        "FileTerminal([CvCertificate(UTDV00001 by UTCVCA00001), CvCertificate(UTISDESK00001 by UTDV00001)])"
    );
    assert_eq!(
        Scheme::Ecdsa(Hash::Sha256).to_string(),
        "ECDSA with SHA-256"
    );
}

/// Shows one terminal's certificates and signs with another's key.
struct Thief(FileTerminal, FileTerminal);

impl Terminal for Thief {
    fn certificates(&self) -> &[CvCertificate] {
        self.0.certificates()
    }

    fn sign(&self, by: &CvCertificate, message: &[u8]) -> Result<Vec<u8>, TerminalKeyError> {
        self.1.sign(by, message)
    }
}

/// Has no certificates at all.
struct Mute;

impl Terminal for Mute {
    fn certificates(&self) -> &[CvCertificate] {
        &[]
    }

    fn sign(&self, _: &CvCertificate, _: &[u8]) -> Result<Vec<u8>, TerminalKeyError> {
        Err(TerminalKeyError::NotSigned)
    }
}

/// Remembers what it signed.
struct Listening {
    terminal: FileTerminal,
    heard: RefCell<Vec<u8>>,
}

impl Terminal for Listening {
    fn certificates(&self) -> &[CvCertificate] {
        self.terminal.certificates()
    }

    fn sign(&self, by: &CvCertificate, message: &[u8]) -> Result<Vec<u8>, TerminalKeyError> {
        self.heard.replace(message.to_vec());
        self.terminal.sign(by, message)
    }
}

/// Taken away at one command and laid down again at once.
struct Slipping(Applet, u32);

impl Transport for Slipping {
    fn transmit(&mut self, command: &[u8]) -> Result<Vec<u8>, TransportError> {
        if self.0.commands() + 1 == self.1 {
            self.1 = 0;
            self.0.reset();
            return Err(TransportError::CardLost);
        }
        self.0.transmit(command)
    }
}

#[test]
fn a_reading_with_a_terminal_brings_the_fingers_even_of_a_card_that_slips() {
    let made = terminals();
    let card = card(&[made.authority().clone()]);
    let terminal: Arc<dyn Terminal> = Arc::new(made.terminal(&[]).unwrap());
    let read = |terminal: Option<Arc<dyn Terminal>>, at: u32| {
        let mut slipping = Slipping(Applet::with_faults(&card, Faults::default()), at);
        let mut collection = Collection::new(&[DataGroup::Dg3], Challenge::new([1; 8]));
        if let Some(terminal) = terminal {
            collection = collection.with_terminal(terminal);
        }
        let key = AccessKey::Can(Can::new(&card.can).unwrap());
        let mut rng = Fixed::endless(3);
        loop {
            let chip = Chip::new(&mut slipping);
            let read = match chip.open(&key, AccessPolicy::default(), &mut rng) {
                Err((_, error)) => Err(error.code()),
                Ok(mut chip) => chip
                    .collect(&mut collection, &mut rng, &mut |_| {})
                    .map(|evidence| (evidence, chip.traffic().apdus))
                    .map_err(|error| error.code()),
            };
            match read {
                Ok(read) => return (read, collection),
                Err(code) => assert_eq!(code, "card.removed", "{at}"),
            }
        }
    };
    let ((evidence, _), collection) = read(None, 0);
    assert_eq!(evidence.locked, [DataGroup::Dg3]);
    assert!(collection.terminal_access().is_none());
    let ((_, apdus), _) = read(Some(Arc::clone(&terminal)), 0);
    for at in 0..=apdus {
        let ((evidence, _), collection) = read(Some(Arc::clone(&terminal)), at);
        assert_eq!(
            evidence.groups.get(&DataGroup::Dg3).map(Vec::as_slice),
            card.group(DataGroup::Dg3),
            "{at}"
        );
        assert!(evidence.locked.is_empty(), "{at}");
        assert!(matches!(collection.terminal_access(), Some(Ok(_))), "{at}");
    }
    // A stranger's certificates are a fact, and cost nothing but the fingers.
    let stranger: Arc<dyn Terminal> = Arc::new(
        SpecimenTerminals::new(
            &TerminalsOptions::utopia(date(2024, 6, 1)),
            &mut Fixed::endless(9),
        )
        .unwrap()
        .terminal(&[])
        .unwrap(),
    );
    let ((evidence, _), collection) = read(Some(stranger), 0);
    assert_eq!(evidence.locked, [DataGroup::Dg3]);
    assert!(evidence.active.is_some());
    let refused = collection.terminal_access().unwrap().as_ref().unwrap_err();
    assert!(refused.code().starts_with("terminal."), "{refused}");
}
