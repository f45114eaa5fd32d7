//! Through the real card service: pcscd with vsmartcard's virtual reader, on its default port.
//!
//! `#[ignore]`d because they want that service; run them in namespaces of their own:
//! `unshare -m -n sh -c 'mount -t tmpfs none /run && ip link set lo up && pcscd --foreground & …'`.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;

use super::*;
use crate::access::tests::Fixed;
use crate::access::{AccessKey, AccessPolicy, Can};
use crate::simulator::applet::tests::{CAN, memory};
use crate::simulator::vpcd::{DEFAULT_ADDRESS, Left, serve};
use crate::simulator::{Applet, Faults};
use crate::{Challenge, Chip, Collection, DataGroup};

const PATIENCE: Duration = Duration::from_secs(10);

struct Card {
    stop: Arc<AtomicBool>,
    thread: JoinHandle<Left>,
}

fn lay(mut applet: Applet) -> Card {
    let stop = Arc::new(AtomicBool::new(false));
    let flag = Arc::clone(&stop);
    let thread = thread::spawn(move || serve(&mut applet, DEFAULT_ADDRESS, &flag).unwrap());
    Card { stop, thread }
}

impl Card {
    fn lift(self, readers: &Readers, reader: &str) -> Left {
        self.stop.store(true, Ordering::Relaxed);
        let left = self.thread.join().unwrap();
        while readers.has_card(reader).unwrap() {
            thread::sleep(Duration::from_millis(50));
        }
        left
    }
}

#[test]
#[ignore = "wants pcscd and vsmartcard-vpcd"]
fn a_chip_is_read_through_the_card_service() {
    let readers = Readers::new().unwrap();
    assert_eq!(
        readers
            .wait_for_card(Some("Virtual"), Duration::ZERO)
            .unwrap_err(),
        TransportError::NoCard
    );
    for script in [
        "",
        "max-le=1024",
        "no-extended",
        "no-extended,plain-errors,mf-6d00",
        "dg3-open",
    ] {
        let memory = memory();
        let files = memory.files.clone();
        let card = lay(Applet::with_memory(
            memory,
            script.parse::<Faults>().unwrap(),
        ));
        let reader = readers.wait_for_card(Some("Virtual"), PATIENCE).unwrap();
        assert!(is_simulated(&reader));
        let start = Instant::now();
        let transport = readers.connect(&reader).unwrap();
        assert_eq!(
            Readers::new().unwrap().connect(&reader).err(),
            Some(TransportError::Busy)
        );
        let mut rng = Fixed::endless(5);
        let key = AccessKey::Can(Can::new(CAN).unwrap());
        let chip = Chip::new(transport).open(&key, AccessPolicy::default(), &mut rng);
        let mut chip = chip.map_err(|(_, error)| error).unwrap();
        let wanted = [DataGroup::Dg2, DataGroup::Dg3, DataGroup::Dg13];
        let challenge = Challenge::new([9; 8]);
        let evidence = chip
            .collect(
                &mut Collection::new(&wanted, challenge),
                &mut rng,
                &mut |_| {},
            )
            .unwrap();
        println!("{script:?}: {:?} in {:?}", chip.traffic(), start.elapsed());
        for (group, content) in &evidence.groups {
            assert_eq!(Some(content), files.get(&group.file_id()), "{group}");
        }
        assert_eq!(evidence.groups.len() + evidence.locked.len(), 6);
        assert!(evidence.active.is_some() && evidence.chip_auth.is_some());
        drop(chip);
        assert_eq!(card.lift(&readers, &reader), Left::Stopped);
    }
}

#[test]
#[ignore = "wants pcscd and vsmartcard-vpcd"]
fn a_card_lifted_off_the_reader_is_lost() {
    let readers = Readers::new().unwrap();
    for at in [12, 30, 60] {
        let script = format!("no-extended,drop={at}");
        let card = lay(Applet::with_memory(memory(), script.parse().unwrap()));
        let reader = readers.wait_for_card(Some("Virtual"), PATIENCE).unwrap();
        let mut rng = Fixed::endless(5);
        let key = AccessKey::Can(Can::new(CAN).unwrap());
        let chip = Chip::new(readers.connect(&reader).unwrap());
        let chip = chip.open(&key, AccessPolicy::default(), &mut rng);
        let mut chip = chip.map_err(|(_, error)| error).unwrap();
        let read = chip.collect(
            &mut Collection::new(&[DataGroup::Dg2], Challenge::new([9; 8])),
            &mut rng,
            &mut |_| {},
        );
        assert_eq!(read.unwrap_err().code(), "card.removed");
        drop(chip);
        assert_eq!(card.lift(&readers, &reader), Left::Dropped);
    }
}
