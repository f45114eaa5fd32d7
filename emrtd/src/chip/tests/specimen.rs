//! Cards of the specimen country, read and then believed or not.

use super::*;
use crate::report::CloneCheck;
use crate::simulator::issuer::tests::{founded_at, issued_at, person, today, utopia};
use crate::simulator::issuer::{
    ActiveKeyKind, CardOptions, Country, IssuerOptions, SigningKeys, SpecimenCard, SpecimenIssuer,
};
use crate::trust::CscaTrust;

fn read_card(card: &SpecimenCard, script: &str) -> ChipEvidence {
    let applet = Applet::with_faults(card, script.parse().unwrap());
    let mut rng = Fixed::endless(11);
    let key = AccessKey::Can(Can::new(&card.can).unwrap());
    let chip = Chip::new(applet).open(&key, AccessPolicy::default(), &mut rng);
    let mut chip = chip.map_err(|(_, error)| error).unwrap();
    chip.collect(
        &mut Collection::new(&WANTED, challenge()),
        &mut rng,
        &mut |_| {},
    )
    .unwrap()
}

fn verdict(issuer: &SpecimenIssuer, evidence: &ChipEvidence) -> Result<CloneCheck, &'static str> {
    let csca = issuer.csca_der();
    let trust = CscaTrust::from_der([&csca[..]]).unwrap();
    evidence
        .verify(&trust, &challenge(), today())
        .map(|identity| identity.clone_check())
        .map_err(|error| error.code())
}

#[test]
fn a_specimen_is_read_and_believed_with_either_kind_of_key() {
    for (active, expected) in [
        (ActiveKeyKind::BRAINPOOL_256, CloneCheck::SignedByChip),
        (ActiveKeyKind::RSA_2048, CloneCheck::SignedByChip),
        (ActiveKeyKind::None, CloneCheck::WitnessedByDesk),
    ] {
        let issuer = utopia();
        let mut options = CardOptions::cccd(issued_at());
        options.active = active;
        let card = issuer
            .issue(&person(), &options, &mut Fixed::endless(2))
            .unwrap();
        for script in ["", "max-le=1024,exact-le", "dg3-open,plain-errors"] {
            let evidence = read_card(&card, script);
            assert_eq!(
                verdict(&issuer, &evidence),
                Ok(expected),
                "{active:?} {script}"
            );
            let leaving = evidence.leaving();
            assert_eq!(
                verdict(&issuer, &leaving),
                Ok(expected),
                "{active:?} {script}"
            );
        }
    }
}

#[test]
fn a_country_with_explicit_curves_is_read_and_believed() {
    let mut options = IssuerOptions::utopia(founded_at());
    options.keys = SigningKeys::BrainpoolExplicit;
    options.country = Country::utopia();
    let issuer = SpecimenIssuer::new(&options, &mut Fixed::endless(3)).unwrap();
    let card = CardOptions::cccd(issued_at());
    let card = issuer
        .issue(&person(), &card, &mut Fixed::endless(4))
        .unwrap();
    assert_eq!(
        verdict(&issuer, &read_card(&card, "")),
        Ok(CloneCheck::SignedByChip)
    );
}

#[test]
fn a_copied_chip_is_refused() {
    let issuer = utopia();
    let options = CardOptions::cccd(issued_at());
    let card = issuer
        .issue(&person(), &options, &mut Fixed::endless(2))
        .unwrap();
    let keyless = read_card(&card.clone_without_keys(), "");
    assert_eq!(verdict(&issuer, &keyless), Err("chip.clone_suspected"));
    let wrong = read_card(&card, "wrong-aa");
    assert_eq!(verdict(&issuer, &wrong), Err("chip.clone_suspected"));
    let refused = read_card(&card, "refuse-aa,refuse-ca");
    assert_eq!(verdict(&issuer, &refused), Err("chip.clone_suspected"));
}
