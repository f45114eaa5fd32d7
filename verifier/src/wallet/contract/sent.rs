//! Tickets and uploads: what a station may hold and leave lying.

use jiff::SignedDuration;

use super::*;

#[test]
pub(super) fn tickets_are_genuine_counted_and_bounded() {
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
pub(super) fn uploads_are_bounded_checked_and_expire() {
    let mut rig = Rig::new();
    let other = StationId::new("tram-02").unwrap();
    let digest = rig.upload(b"blob");
    assert!(rig.store().has_blob(&digest).unwrap());
    assert_eq!(
        rig.store()
            .missing(&[digest, Sha256Digest::of(b"?")])
            .unwrap(),
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
pub(super) fn an_upload_goes_on_where_the_line_broke() {
    let mut rig = Rig::new();
    let content: Vec<u8> = (0..900_u32).map(|n| n as u8).collect();
    let digest = Sha256Digest::of(&content);
    let begun = rig
        .store()
        .begin_upload(&station(), &digest, 900, QUOTA, now());
    let Begun::Started(id) = begun.unwrap() else {
        panic!()
    };
    for (from, to) in [(0, 300), (300, 301), (301, 900)] {
        let upload = rig.store().upload(id, &station()).unwrap().unwrap();
        assert_eq!((upload.held, upload.finished), (from as u64, false));
        gather(&upload, &content[from..to]);
        assert_eq!(rig.store().keep(&upload).unwrap(), Kept::Held(to as u64));
        // What was kept outlives the process, and what was gathered and not kept is not mistaken for it.
        rig.restart();
    }
    let upload = rig.store().upload(id, &station()).unwrap().unwrap();
    assert_eq!((upload.held, upload.finished), (900, false));
    assert_eq!(rig.store().missing(&[digest]).unwrap(), [digest]);
    let finished = rig.store().finish_upload(&upload, &station(), now());
    assert_eq!(finished.unwrap(), Finished::Stored);
    assert!(
        rig.store()
            .upload(id, &station())
            .unwrap()
            .unwrap()
            .finished
    );
    let mut read = Vec::new();
    let mut blob = rig.store().blobs().open(&digest).unwrap();
    std::io::Read::read_to_end(&mut blob, &mut read).unwrap();
    assert!(read == content);
    let nowhere = rig.store().blobs().open(&Sha256Digest::of(b"?")).err();
    assert_eq!(nowhere.unwrap().kind(), std::io::ErrorKind::NotFound);
}

/// Writes into an upload's file as a request does.
fn gather(upload: &Upload, bytes: &[u8]) {
    use std::io::Write as _;
    let file = std::fs::File::options();
    let mut file = file
        .clone()
        .append(true)
        .create(true)
        .open(&upload.file)
        .unwrap();
    file.set_len(upload.in_file).unwrap();
    file.write_all(bytes).unwrap();
}

#[test]
pub(super) fn an_upload_whose_row_a_power_cut_forgot_is_finished() {
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

#[test]
fn what_a_power_cut_tore_on_its_way_in_has_never_been_here() {
    let mut rig = Rig::new();
    let (torn, lost, whole) = (
        rig.upload(b"torn by the cut"),
        rig.upload(b"its name was never written"),
        rig.upload(b"whole"),
    );
    let begun = |rig: &Rig, content: &[u8], length| {
        let digest = Sha256Digest::of(content);
        let begun = rig
            .store()
            .begin_upload(&station(), &digest, length, QUOTA, now())
            .unwrap();
        let Begun::Started(id) = begun else { panic!() };
        id
    };
    let (half, nameless) = (begun(&rig, b"half", 400), begun(&rig, b"nameless", 400));
    let upload = |rig: &Rig, id| rig.store().upload(id, &station()).unwrap();
    let [half_file, nameless_file] = [half, nameless].map(|id| upload(&rig, id).unwrap().file);
    std::fs::write(&half_file, b"half of i").unwrap();

    // Ended in order, all of it is there.
    rig.restart();
    assert_eq!(upload(&rig, half).unwrap().held, 9);
    assert!(
        rig.store()
            .missing(&[torn, lost, whole])
            .unwrap()
            .is_empty()
    );

    let sealed = rig.upload(b"sealed");
    let visit = Verified {
        blobs: vec![sealed],
        ..verified(1, "031085001234")
    };
    filed(rig.store().file(&visit, now()).unwrap());

    // A cut leaves no word that it ended in order, and what was not synced as it pleases.
    rig.wallets = None;
    let data = rig.place.path().join("data");
    let blob = |digest: &Sha256Digest| {
        let name = digest.to_string();
        data.join("blobs").join(&name[..2]).join(name)
    };
    std::fs::write(data.join("verifier.lock"), b"").unwrap();
    std::fs::write(blob(&torn), b"torn by \0\0\0 cut").unwrap();
    std::fs::remove_file(blob(&lost)).unwrap();
    std::fs::remove_file(&nameless_file).unwrap();
    assert!(!blob(&sealed).exists());
    std::fs::write(blob(&sealed), b"sea\0").unwrap();
    rig.restart();
    assert!(!blob(&sealed).exists());
    assert_eq!(
        rig.store().missing(&[torn, lost, whole]).unwrap(),
        [torn, lost]
    );
    assert!(!rig.store().has_blob(&torn).unwrap() && rig.store().has_blob(&whole).unwrap());
    assert_eq!(upload(&rig, half).unwrap().held, 0);
    assert!(upload(&rig, nameless).is_none());
    assert!(rig.store().fsck().unwrap().findings.is_empty());
    // They come again as if for the first time.
    assert_eq!(rig.upload(b"torn by the cut"), torn);
    assert!(rig.store().has_blob(&torn).unwrap());
}
