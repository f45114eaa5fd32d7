//! The fault matrix: every row of `faults.md` is read as a desk reads it, and must end as it says.

#![allow(clippy::unwrap_used, reason = "a test may fail where it stands")]

mod card;
mod matrix;

use emrtd::simulator::{Applet, Faults};
use emrtd::{AccessKey, AccessPolicy, Can, Challenge, Chip, Collection, DataGroup, MrzKey};
use jiff::civil::{Date, date};
use rand_core::{OsRng, TryRngCore as _};

use card::Tampered;
use matrix::{Row, rows};

const WANTED: [DataGroup; 6] = [
    DataGroup::Dg1,
    DataGroup::Dg2,
    DataGroup::Dg3,
    DataGroup::Dg13,
    DataGroup::Dg14,
    DataGroup::Dg15,
];

const CHALLENGE: Challenge = Challenge::new([2, 7, 1, 8, 2, 8, 1, 8]);

fn today() -> Date {
    date(2026, 11, 1)
}

/// How a reading ended, and after how many commands.
struct End {
    verdict: String,
    apdus: u32,
}

fn read(card: &Tampered, script: &str, row: &Row) -> End {
    let faults: Faults = script
        .parse()
        .unwrap_or_else(|error| panic!("{row}: {error}"));
    let mut rng = OsRng.unwrap_err();
    let key = match row.by_mrz {
        true => AccessKey::Mrz(MrzKey::from_lines(&card.card.mrz_lines()).unwrap()),
        false => AccessKey::Can(Can::new(&card.card.can).unwrap()),
    };
    let policy = AccessPolicy {
        allow_bac: row.allow_bac,
    };
    let chip = Chip::new(Applet::with_faults(&card.card, faults));
    let mut chip = match chip.open(&key, policy, &mut rng) {
        Ok(chip) => chip,
        Err((chip, error)) => {
            return End {
                verdict: error.code().to_owned(),
                apdus: chip.traffic().apdus,
            };
        }
    };
    let mut collection = Collection::new(&WANTED, CHALLENGE);
    let read = chip.collect(&mut collection, &mut rng, &mut |_| {});
    let verdict = match read {
        Err(error) => error.code().to_owned(),
        Ok(evidence) => match evidence.verify(&card.trust, &CHALLENGE, today()) {
            Err(error) => error.code().to_owned(),
            Ok(identity) => match WANTED
                .into_iter()
                .find(|group| *group != DataGroup::Dg3 && identity.report().withholds(*group))
            {
                Some(group) => format!("withheld {group}"),
                None => format!("genuine {}", identity.clone_check().as_str()),
            },
        },
    };
    End {
        verdict,
        apdus: chip.traffic().apdus,
    }
}

#[test]
fn every_fault_gets_the_verdict_it_must() {
    let rows = rows(include_str!("../faults.md"));
    assert!(rows.len() > 60, "{} rows", rows.len());
    let mut wrong = Vec::new();
    for row in &rows {
        let card = Tampered::make(&row.card);
        // `*` stands for every command of an honest reading.
        let scripts: Vec<String> = match row.script.contains('*') {
            false => vec![row.script.clone()],
            true => {
                let whole = read(&card, "", row);
                let last = row.last_command.min(whole.apdus);
                (row.first_command..=last)
                    .map(|at| row.script.replace('*', &at.to_string()))
                    .collect()
            }
        };
        assert!(!scripts.is_empty(), "{row}");
        for script in scripts {
            let end = read(&card, &script, row);
            if !row.verdicts.contains(&end.verdict) {
                wrong.push(format!("{row} ({script}): {}", end.verdict));
            }
            assert!(end.apdus <= emrtd::chip::MAX_COMMANDS, "{row}");
        }
    }
    assert!(wrong.is_empty(), "{:#?}", wrong);
}

#[test]
fn every_fault_that_the_simulator_knows_is_in_the_matrix() {
    let rows = rows(include_str!("../faults.md"));
    let used: Vec<&str> = rows
        .iter()
        .flat_map(|row| row.script.split(','))
        .map(|word| word.split('=').next().unwrap_or_default().trim())
        .collect();
    let missing: Vec<&str> = Faults::words()
        .filter(|word| !used.contains(word))
        // Laid down again by whoever holds the card, not by the chip; the journeys over PC/SC have it.
        .filter(|word| *word != "back")
        .collect();
    assert!(missing.is_empty(), "{missing:?}");
}
