//! Tickets and uploads: what a station may hold and leave lying.

use jiff::SignedDuration;

use super::*;

#[test]
fn tickets_are_genuine_counted_and_bounded() {
    let rig = Rig::new();
    let at = now();
    let until = at.checked_add(SignedDuration::from_hours(1)).unwrap();
    let Granted::Tickets(tickets) = rig.store().grant(&station(), 3, at, until, 4).unwrap() else {
        panic!()
    };
    for ticket in &tickets {
        let ticket = ticket.verify(&rig.key()).unwrap();
        assert_eq!((ticket.station, ticket.expires_at), (station(), until));
        assert_eq!(rig.store().spent_by(ticket.id).unwrap(), None);
    }
    assert!(matches!(
        rig.store().grant(&station(), 2, at, until, 4).unwrap(),
        Granted::TooMany { open: 3 }
    ));
    // An expired ticket no longer counts, and another station has its own count.
    let later = until.checked_add(SignedDuration::from_secs(1)).unwrap();
    assert!(matches!(
        rig.store().grant(&station(), 4, later, later, 4).unwrap(),
        Granted::Tickets(_)
    ));
}

#[test]
fn uploads_are_bounded_checked_and_expire() {
    let mut rig = Rig::new();
    let other = StationId::new("tram-02").unwrap();
    let digest = rig.upload(b"blob");
    assert!(rig.store().has_blob(&digest).unwrap());
    assert_eq!(
        rig.store().missing(&[digest, Sha256Digest::of(b"?")]),
        [Sha256Digest::of(b"?")]
    );

    let begin = |rig: &Rig, name: u8, length| {
        rig.store()
            .begin_upload(&station(), &Sha256Digest::of(&[name]), length, QUOTA, now())
            .unwrap()
    };
    // Four bytes lie here already.
    assert_eq!(begin(&rig, 1, 997), Begun::OverQuota);
    let Begun::Started(first) = begin(&rig, 1, 10) else {
        panic!()
    };
    assert!(
        rig.store().upload(first, &other).unwrap().is_none(),
        "another station's upload"
    );
    // The same blob again takes the place of the first try.
    let Begun::Started(second) = begin(&rig, 1, 10) else {
        panic!()
    };
    assert!(rig.store().upload(first, &station()).unwrap().is_none());
    begin(&rig, 2, 10);
    begin(&rig, 3, 10);
    assert_eq!(begin(&rig, 4, 10), Begun::OverQuota);

    rig.restart();
    let upload = rig.store().upload(second, &station()).unwrap().unwrap();
    std::fs::write(&upload.file, b"0123456789").unwrap();
    assert_eq!(
        rig.store()
            .finish_upload(&upload, &station(), now())
            .unwrap(),
        Finished::DigestWrong
    );
    assert!(!upload.file.exists());
    assert!(rig.store().upload(second, &station()).unwrap().is_none());

    let later = now().checked_add(SignedDuration::from_secs(5)).unwrap();
    assert_eq!(
        rig.store().expire(later).unwrap(),
        4,
        "two uploads, a finished one, and the blob"
    );
    assert!(!rig.store().has_blob(&digest).unwrap());
    assert!(matches!(begin(&rig, 4, 997), Begun::Started(_)));
}

#[test]
fn an_upload_whose_row_a_power_cut_forgot_is_finished() {
    let mut rig = Rig::new();
    let digest = rig.upload(b"blob");
    let database =
        rusqlite::Connection::open(rig.place.path().join("data/verifier.sqlite")).unwrap();
    database
        .execute_batch(
            "DROP TRIGGER sum_other_upload; DROP TRIGGER sum_less_blob;
             UPDATE upload SET finished = 0; DELETE FROM blob;",
        )
        .unwrap();
    let id: String = database
        .query_row("SELECT id FROM upload", [], |row| row.get(0))
        .unwrap();
    rig.restart();
    let upload = rig
        .store()
        .upload(id.parse().unwrap(), &station())
        .unwrap()
        .unwrap();
    assert!(upload.finished && rig.store().has_blob(&digest).unwrap());
}
