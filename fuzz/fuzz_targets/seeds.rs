//! Writes the seed corpus into the folder that `NIEM_FUZZ_CORPUS` names: what honest chips say, one
//! folder a target. Built like a target because everything here is, and ends before it fuzzes.
#![no_main]
#![expect(unreachable_code, reason = "it ends before it would fuzz")]

use std::fs;
use std::path::Path;

use libfuzzer_sys::fuzz_target;
use niem_fuzz::{Specimen, profiles};

fuzz_target!(
    init: {
        let folder = std::env::var("NIEM_FUZZ_CORPUS").expect("NIEM_FUZZ_CORPUS names a folder");
        write(&folder).expect("the seeds can be written");
        std::process::exit(0);
    },
    |_bytes: &[u8]| {}
);

fn write(folder: &str) -> std::io::Result<()> {
    let specimen = Specimen::new();
    let put = |target: &str, name: &str, bytes: &[u8]| {
        let place = Path::new(&folder).join(target);
        fs::create_dir_all(&place)?;
        fs::write(place.join(name), bytes)
    };
    put("sod", "specimen", &specimen.evidence.sod)?;
    put("tlv", "sod", &specimen.evidence.sod)?;
    for (group, file) in &specimen.evidence.groups {
        put("tlv", group.name(), file)?;
        put("data_group", group.name(), file)?;
    }
    if let Some(card_access) = &specimen.evidence.card_access {
        put("security_infos", "specimen", card_access)?;
        put("tlv", "card_access", card_access)?;
    }
    for (name, command) in [
        (
            "select",
            &[0x00, 0xA4, 0x04, 0x0C, 0x07, 0xA0, 0, 0, 2, 0x47, 0x10, 1][..],
        ),
        ("short", &[0x00, 0xB0, 0x9C, 0x00, 0x00]),
        ("long", &[0x00, 0xB0, 0x9D, 0x00, 0x00, 0xFD, 0xE8]),
    ] {
        put("apdu", name, command)?;
    }
    for cipher in 0..4_u8 {
        put("unwrap", &format!("honest{cipher}"), &[cipher | 4])?;
        put(
            "unwrap",
            &format!("altered{cipher}"),
            &[cipher | 4, 0, 0, 0, 0, 1],
        )?;
    }
    put(
        "card_qr",
        "2021",
        "001090004721|012345678|Nguyễn Văn Mẫu|15031990|Nam|Nơi thường trú mẫu|05012026".as_bytes(),
    )?;
    put("certificate", "csca", &specimen.csca)?;
    put("certificate", "terminal", &specimen.terminals)?;
    // Every profile's files, so that each form of key and picture is somewhere to begin with.
    for (name, card) in profiles() {
        for (id, file) in &card.files {
            put("data_group", &format!("{name}-{id:04x}"), file)?;
        }
        if let Some(card_access) = &card.card_access {
            put("security_infos", name, card_access)?;
        }
        put("mrz", name, card.mrz_lines().join("\n").as_bytes())?;
    }
    put("chip", "honest", &[8, 0, 0])?;
    put("chip", "garbled", &[8, 0, 0, 8, 0, 0, 8, 0, 0, 0, 9, 1])?;
    put("chip", "lost", &[[8, 0, 0]; 9].concat())
}
