//! A list by hand, and lists that nobody should write.

use super::*;

/// Right and left index, as NIST SP 800-76-2 lays such a list out.
const BY_HAND: &str = "7f6141 020102 \
    7f601c 830196 a117 810108 820109 87020101 88020005 b107 8102143c820105 \
    7f601c 830197 a117 810108 82010a 87020101 88020005 b107 8102143c820105";

fn unhex(text: &str) -> Vec<u8> {
    hex::decode(text.split_whitespace().collect::<String>()).unwrap()
}

fn right_index() -> InformationTemplate {
    InformationTemplate {
        reference: 0x96,
        position: 2,
        form: MinutiaeForm::Compact,
        parameters: unhex("8102143c820105"),
    }
}

fn left_index() -> InformationTemplate {
    InformationTemplate {
        reference: 0x97,
        position: 7,
        ..right_index()
    }
}

fn by_hand() -> Vec<u8> {
    unhex(BY_HAND)
}

#[test]
fn a_list_by_hand_is_read_and_written() {
    let fingers = InformationTemplate::read(&by_hand()).unwrap();
    assert_eq!(fingers, [right_index(), left_index()]);
    assert_eq!(InformationTemplate::write(&fingers), by_hand());
    // One template without its group.
    let alone = &by_hand()[6..6 + 3 + 0x1C];
    assert_eq!(InformationTemplate::read(alone).unwrap(), [right_index()]);
}

#[test]
fn every_finger_and_form_comes_back() {
    for form in [MinutiaeForm::Normal, MinutiaeForm::Compact] {
        let fingers: Vec<_> = (0..=9)
            .map(|index| InformationTemplate {
                reference: 0x81 + index,
                position: index + 1,
                form,
                parameters: vec![],
            })
            .collect();
        let written = InformationTemplate::write(&fingers);
        assert_eq!(InformationTemplate::read(&written).unwrap(), fingers);
        let eleven = [fingers.clone(), vec![left_index()]].concat();
        let written = InformationTemplate::write(&eleven);
        assert_eq!(
            InformationTemplate::read(&written),
            Err(OnCardError::Template)
        );
    }
}

#[test]
fn other_things_are_left_out_and_nonsense_is_refused() {
    let text = hex::encode(by_hand());
    let read = |text: &str| InformationTemplate::read(&hex::decode(text).unwrap());
    // A face, another owner, a full record instead of a card format: not for us.
    for (from, to) in [
        ("810108820109", "810102820109"),
        ("82010987020101", "82010987020102"),
    ] {
        assert_eq!(read(&text.replacen(from, to, 1)).unwrap(), [left_index()]);
    }
    assert_eq!(read(&text.replace("88020005", "88020001")).unwrap(), []);
    // The same reference twice, a reference of no bytes, a header that is missing.
    for (from, to) in [("830197", "830196"), ("a117", "a217")] {
        assert_eq!(
            read(&text.replacen(from, to, 1)),
            Err(OnCardError::Template)
        );
    }
    let nameless = text.replacen("7f601c830196", "7f601b8300", 1);
    let nameless = nameless.replace("7f6141", "7f6140");
    assert_eq!(read(&nameless), Err(OnCardError::Template));
    let whole = by_hand();
    for end in 0..whole.len() {
        assert_eq!(
            InformationTemplate::read(&whole[..end]),
            Err(OnCardError::Template)
        );
    }
}
