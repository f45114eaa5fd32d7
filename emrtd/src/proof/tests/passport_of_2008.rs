//! The BSI's test passport of 2008: an issuer that nobody lists, and digests of its day.

use super::*;

#[test]
fn the_synthetic_passport_of_the_bsi_holds_by_hash_and_signature() {
    let Some(dir) = shared("bsi2008") else { return };
    let read = |name: &str| std::fs::read(dir.join(name)).unwrap();
    let numbers = [1u8, 2, 3, 4, 14, 15];
    let evidence = ChipEvidence {
        sod: read("EF_SOD.bin"),
        groups: numbers
            .into_iter()
            .map(|number| {
                let group = DataGroup::from_number(number).unwrap();
                (group, read(&format!("Datagroup{number}.bin")))
            })
            .collect(),
        card_access: None,
        com: None,
        locked: Vec::new(),
        active: None,
        chip_auth: None,
        mapping: None,
        card_security: None,
        access: AccessProtocol::Bac,
    };
    let report = evidence.report(&trust(&utopia()), &CHALLENGE, date(2008, 6, 1));
    assert_eq!(report.passive.sod, SodState::Signed);
    assert_eq!(report.passive.digest.as_deref(), Some("sha1"));
    // Its country certificate is not among the data, ours is not its issuer.
    assert_eq!(report.passive.chain, ChainState::UnknownIssuer);
    let states: Vec<_> = report.passive.groups.into_iter().collect();
    use DataGroup::{Dg1, Dg2, Dg3, Dg4, Dg14, Dg15};
    use GroupState::{Match, NotInSod};
    // The BSI left DG4 and DG15 out of this list.
    let expected = [
        (Dg1, Match),
        (Dg2, Match),
        (Dg3, Match),
        (Dg4, NotInSod),
        (Dg14, Match),
        (Dg15, NotInSod),
    ];
    assert_eq!(states, expected);
    assert!(report.passive.weak.contains(&Weakness::Sha1Digest));
    let signer = report.passive.signer.unwrap();
    assert_eq!(signer.country.as_deref(), Some("DE"));
    assert_eq!(signer.serial, "1267");
    assert!(signer.issuer.contains("CSCA BDR TEST 19.09.07"));
    // One bit of the face, and it is another face.
    let mut altered = evidence.clone();
    altered.groups.get_mut(&Dg2).unwrap()[9_000] ^= 1;
    let report = altered.report(&trust(&utopia()), &CHALLENGE, date(2008, 6, 1));
    assert_eq!(report.passive.groups[&Dg2], GroupState::Mismatch);
    // One bit of the signature.
    let mut altered = evidence.clone();
    *altered.sod.last_mut().unwrap() ^= 1;
    let report = altered.report(&trust(&utopia()), &CHALLENGE, date(2008, 6, 1));
    assert_eq!(report.passive.sod, SodState::BadSignature);
}
