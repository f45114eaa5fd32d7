//! Cards that slip, are exchanged, or are meddled with in the middle of a reading.

use super::*;

/// A card that is taken away at one command, and lies there again at once.
struct Slipping {
    applet: Applet,
    at: Vec<u32>,
    seen: u32,
}

impl Transport for Slipping {
    fn transmit(&mut self, command: &[u8]) -> Result<Vec<u8>, TransportError> {
        self.seen += 1;
        if self.at.contains(&self.seen) {
            self.applet.reset();
            return Err(TransportError::CardLost);
        }
        self.applet.transmit(command)
    }
}

/// Reads as a desk does: when the card is lost, opens it again and goes on.
fn read_on(
    mut card: Slipping,
    others: &mut Vec<Applet>,
) -> (Result<ChipEvidence, &'static str>, u32) {
    let mut rng = Fixed::endless(4);
    let mut collection = Collection::new(&WANTED, challenge());
    let mut habits = Habits::default();
    let mut losses = 0;
    loop {
        let chip = Chip::new(&mut card).with_habits(habits.clone());
        let error = match chip.open(&can(), AccessPolicy::default(), &mut rng) {
            Err((_, error)) => error.code(),
            Ok(mut chip) => match chip.collect(&mut collection, &mut rng, &mut |_| {}) {
                Ok(evidence) => return (Ok(evidence), card.seen),
                Err(error) => {
                    habits = chip.habits();
                    error.code()
                }
            },
        };
        losses += 1;
        if error != "card.removed" || losses > 3 {
            return (Err(error), card.seen);
        }
        if let Some(other) = others.pop() {
            card.applet = other;
        }
    }
}

#[test]
fn a_card_that_slips_is_gone_on_with_where_it_stopped() {
    for script in ["", "no-extended", "no-sfi,max-le=1024", "max-le=223"] {
        let (memory, files) = card();
        let slipping = |at: &[u32]| Slipping {
            applet: Applet::with_memory(memory.clone(), script.parse().unwrap()),
            at: at.to_vec(),
            seen: 0,
        };
        let (whole, most) = read_on(slipping(&[]), &mut Vec::new());
        complete(&whole.map_err(str::to_owned), &files, &[DataGroup::Dg3]);
        for at in 1..=most {
            for again in [0, at + 9] {
                let (result, seen) = read_on(slipping(&[at, again]), &mut Vec::new());
                let result = result.map_err(str::to_owned);
                complete(&result, &files, &[DataGroup::Dg3]);
                let evidence = result.unwrap();
                assert!(
                    evidence.chip_auth.is_some() && evidence.active.is_some(),
                    "{script} at {at}"
                );
                assert_eq!(evidence.locked, [DataGroup::Dg3], "{script} at {at}");
                // Opening, chip authentication, joining on: no more than that twice over, and what
                // an unlucky moment makes the chip be asked once more.
                let losses = 1 + u32::from(again > 0);
                assert!(
                    seen <= most + losses * 16,
                    "{script} at {at}, {again}: {seen} instead of {most}"
                );
            }
        }
    }
}

#[test]
fn another_card_laid_down_instead_is_no_continuation() {
    // The same access number, another chip: once with keys of its own, once without any.
    let mut other = memory();
    other.chip_keys = vec![key(Nid::BRAINPOOL_P256R1)];
    let mut bare = memory();
    for id in [0x010E, 0x010F] {
        bare.files.remove(&id);
    }
    let mut sod = bare.files[&0x011D].clone();
    *sod.last_mut().unwrap() ^= 1;
    for at in 8..=16 {
        let slipping = |memory: Memory| Slipping {
            applet: Applet::with_memory(memory, Faults::default()),
            at: vec![at],
            seen: 0,
        };
        let mut swapped = memory();
        swapped.chip_keys.clone_from(&other.chip_keys);
        let mut others = vec![Applet::with_memory(swapped, Faults::default())];
        let (result, _) = read_on(slipping(memory()), &mut others);
        // Before chip authentication there is nothing to tell them apart by; it fails itself then.
        let expected = if at <= 11 {
            "card.chip_authentication"
        } else {
            "card.other_card"
        };
        assert!(
            matches!(result, Err(code) if code == expected || code == "card.other_card"),
            "{at}: {result:?}"
        );

        let without_keys = || {
            let mut memory = memory();
            memory.files.clone_from(&bare.files);
            memory
        };
        let mut swapped = without_keys();
        swapped.files.insert(0x011D, sod.clone());
        let mut others = vec![Applet::with_memory(swapped, Faults::default())];
        let (result, _) = read_on(slipping(without_keys()), &mut others);
        match result {
            Err(code) => assert_eq!(code, "card.other_card", "{at}"),
            // Nothing of the first card was kept, or the first was read to its end.
            Ok(evidence) => assert!(at == 8 || evidence.sod != sod, "{at}: files of two cards"),
        }
    }
}

/// Answers one command with a bare status of its own; the chip never hears of it.
struct Meddler {
    applet: Applet,
    at: u32,
    seen: u32,
    status: u16,
}

impl Transport for Meddler {
    fn transmit(&mut self, command: &[u8]) -> Result<Vec<u8>, TransportError> {
        self.seen += 1;
        if self.seen == self.at {
            return Ok(self.status.to_be_bytes().to_vec());
        }
        self.applet.transmit(command)
    }
}

#[test]
fn a_bare_refusal_from_the_wire_does_not_make_an_honest_card_a_copy() {
    let issuer = crate::simulator::issuer::tests::utopia();
    let person = crate::simulator::issuer::tests::person();
    let options =
        crate::simulator::issuer::CardOptions::cccd(crate::simulator::issuer::tests::issued_at());
    let card = issuer
        .issue(&person, &options, &mut Fixed::endless(3))
        .unwrap();
    for status in [0x6A82, 0x6982] {
        for at in 8..=16 {
            let mut rng = Fixed::endless(4);
            let key = AccessKey::Can(Can::new(&card.can).unwrap());
            let meddler = Meddler {
                applet: Applet::new(&card),
                at,
                seen: 0,
                status,
            };
            let chip = Chip::new(meddler).open(&key, AccessPolicy::default(), &mut rng);
            let mut chip = chip.map_err(|(_, error)| error).unwrap();
            let mut collection = Collection::new(&WANTED, challenge());
            let read = chip.collect(&mut collection, &mut rng, &mut |_| {});
            let evidence = read.unwrap();
            for group in [
                DataGroup::Dg1,
                DataGroup::Dg13,
                DataGroup::Dg14,
                DataGroup::Dg15,
            ] {
                assert!(
                    evidence.groups.contains_key(&group),
                    "{status:x} at {at}: {group}"
                );
            }
            assert!(evidence.active.is_some(), "{status:x} at {at}");
        }
    }
}

#[test]
fn a_copy_laid_down_in_the_middle_does_not_live_on_the_originals_answers() {
    // Without a key in DG14: active authentication is all there is.
    let mut honest = memory();
    honest.files.remove(&0x010E);
    let mut copy = honest.clone();
    copy.active_key = None;
    for at in 8..=14 {
        let slipping = Slipping {
            applet: Applet::with_memory(honest.clone(), Faults::default()),
            at: vec![at],
            seen: 0,
        };
        let mut others = vec![Applet::with_memory(copy.clone(), Faults::default())];
        let (read, _) = read_on(slipping, &mut others);
        assert!(read.unwrap().active.is_none(), "{at}");
    }
    // The original laid down again answers again.
    let slipping = Slipping {
        applet: Applet::with_memory(honest, Faults::default()),
        at: vec![13],
        seen: 0,
    };
    assert!(
        read_on(slipping, &mut Vec::new())
            .0
            .unwrap()
            .active
            .is_some()
    );
}
