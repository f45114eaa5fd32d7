//! Codes, revocations and reports, as they lie on disk.

use jiff::SignedDuration;

use super::*;

fn now() -> Timestamp {
    "2026-06-01T08:00:00Z".parse().unwrap()
}

fn later(hours: i64) -> Timestamp {
    now()
        .checked_add(SignedDuration::from_hours(hours))
        .unwrap()
}

fn desk(id: &str) -> Subject {
    Subject::Station { id: id.to_owned() }
}

fn rig() -> (tempfile::TempDir, Roster) {
    let place = tempfile::tempdir().unwrap();
    let roster = Roster::open(place.path()).unwrap();
    (place, roster)
}

fn revocation(revoked: Revoked, manner: Manner, from: Timestamp) -> Revocation {
    Revocation {
        revoked,
        manner,
        from,
        recorded_at: now(),
        by: "director".to_owned(),
        reason: "test".to_owned(),
    }
}

#[test]
fn a_code_is_good_once_for_one_name_and_for_a_time() {
    let (place, roster) = rig();
    let made = roster
        .make_code(&desk("tram-01"), "gd-01", 24, now())
        .unwrap();
    let code = made.code.as_str();
    assert_eq!(code.len(), 19);
    // It lies nowhere in clear.
    let text = fs::read_to_string(place.path().join("roster/codes/station-tram-01.json"));
    let text = text.unwrap();
    assert!(!text.contains(code) && !text.contains(&code.replace('-', "")));

    // As people type it.
    let typed = code
        .to_lowercase()
        .replace('-', " ")
        .replace('0', "o")
        .replace('1', "l");
    let (subject, by) = roster
        .try_code("station", "tram-01", &typed, now())
        .unwrap();
    assert_eq!((subject, by.as_str()), (desk("tram-01"), "gd-01"));
    let fault = |kind, id, at| roster.try_code(kind, id, code, at).unwrap_err().code();
    assert_eq!(fault("station", "tram-02", now()), "enroll.code_wrong");
    assert_eq!(fault("operator", "tram-01", now()), "enroll.code_wrong");
    assert_eq!(
        fault("station", "tram-01", later(24)),
        "enroll.code_expired"
    );
    roster.use_code("station", "tram-01", code, now()).unwrap();
    assert_eq!(fault("station", "tram-01", now()), "enroll.code_used");
    let again = roster
        .use_code("station", "tram-01", code, now())
        .unwrap_err();
    assert_eq!(again.code(), "enroll.code_used");
}

#[test]
fn five_wrong_tries_end_a_code_also_across_a_restart() {
    let (place, roster) = rig();
    let made = roster
        .make_code(&desk("tram-01"), "gd-01", 24, now())
        .unwrap();
    for round in 0..5 {
        let roster = Roster::open(place.path()).unwrap();
        let wrong = roster.try_code("station", "tram-01", "0000-0000-0000-0000", now());
        assert_eq!(wrong.unwrap_err().code(), "enroll.code_wrong", "{round}");
    }
    let right = roster.try_code("station", "tram-01", &made.code, now());
    assert_eq!(right.unwrap_err().code(), "enroll.code_locked");
    // A new code begins anew.
    let made = roster
        .make_code(&desk("tram-01"), "gd-01", 1, now())
        .unwrap();
    roster
        .try_code("station", "tram-01", &made.code, now())
        .unwrap();
}

#[test]
fn two_who_type_one_code_at_once_are_one() {
    let (place, roster) = rig();
    let made = roster
        .make_code(&desk("tram-01"), "gd-01", 24, now())
        .unwrap();
    let code = made.code.as_str();
    let used: usize = std::thread::scope(|scope| {
        let all: Vec<_> = (0..8)
            .map(|_| {
                scope.spawn(|| {
                    let roster = Roster::open(place.path()).unwrap();
                    usize::from(roster.use_code("station", "tram-01", code, now()).is_ok())
                })
            })
            .collect();
        all.into_iter().map(|one| one.join().unwrap()).sum()
    });
    assert_eq!(used, 1);
}

#[test]
fn what_was_withdrawn_counts_before_its_moment_and_what_was_stolen_never() {
    let (_place, roster) = rig();
    let standing = |revoked, manner, from| {
        roster.revoke(revocation(revoked, manner, from)).unwrap();
        roster.standing().unwrap()
    };
    assert!(
        roster
            .standing()
            .unwrap()
            .station_counts("tram-01", "aa", later(9))
    );

    let s = standing(
        Revoked::Station("tram-01".to_owned()),
        Manner::Withdrawn,
        later(1),
    );
    assert!(s.station_counts("tram-01", "aa", now()));
    assert!(
        !s.station_counts("tram-01", "aa", later(1)),
        "from that very moment on"
    );
    assert!(s.station_counts("tram-02", "aa", later(1)));
    assert!(
        s.operator_counts("tram-01", "aa", later(1)),
        "no operator is meant"
    );
    assert!(!s.station_is_compromised("tram-01", "aa"));

    let s = standing(Revoked::Key("bb".to_owned()), Manner::Compromised, later(5));
    assert!(!s.station_counts("tram-03", "bb", now()) && !s.operator_counts("x", "bb", now()));
    assert!(
        s.station_is_compromised("tram-03", "bb") && !s.station_is_compromised("tram-03", "cc")
    );

    let s = standing(
        Revoked::Operator("nv-1".to_owned()),
        Manner::Withdrawn,
        now(),
    );
    assert!(!s.operator_counts("nv-1", "dd", now()) && s.operator_counts("nv-2", "dd", now()));
    assert!(s.station_counts("nv-1", "dd", now()));
    assert_eq!(s.revocations().len(), 3, "nothing recorded before is lost");
}

#[test]
fn a_list_written_by_another_program_is_seen_at_once_and_a_broken_one_is_told() {
    let (place, roster) = rig();
    assert!(
        roster
            .standing()
            .unwrap()
            .station_counts("tram-01", "aa", now())
    );
    let other = Roster::open(place.path()).unwrap();
    let stolen = revocation(
        Revoked::Station("tram-01".to_owned()),
        Manner::Compromised,
        now(),
    );
    other.revoke(stolen).unwrap();
    assert!(
        !roster
            .standing()
            .unwrap()
            .station_counts("tram-01", "aa", now())
    );

    // A list that cannot be read is not an empty list.
    fs::write(place.path().join("roster/standing.json"), "{").unwrap();
    let error = roster.standing().unwrap_err();
    assert_eq!(
        (error.code(), error.is_failure()),
        ("roster.malformed", true)
    );
}

#[test]
fn an_epoch_waits_for_every_desk() {
    let (_place, roster) = rig();
    let enrolled = |id: &str, key: &str| Enrolled {
        subject: desk(id),
        key: key.to_owned(),
        storage: KeyStorage::Tpm,
        enrolled_at: now(),
        by: "gd-01".to_owned(),
    };
    roster.note(&enrolled("tram-01", "aa"), "").unwrap();
    roster.note(&enrolled("tram-02", "bb"), "").unwrap();
    assert_eq!(roster.desks_before(1).unwrap(), ["tram-01", "tram-02"]);
    roster.note_epoch("tram-01", 2, now()).unwrap();
    assert_eq!(roster.desks_before(1).unwrap(), ["tram-02"]);
    assert_eq!(roster.desks_before(2).unwrap(), ["tram-01", "tram-02"]);
    // A stolen desk's bundles will never be filed; nobody waits for them.
    let stolen = revocation(
        Revoked::Station("tram-02".to_owned()),
        Manner::Compromised,
        now(),
    );
    roster.revoke(stolen).unwrap();
    assert!(roster.desks_before(1).unwrap().is_empty());
}
