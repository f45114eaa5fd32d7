//! The desk's stores under power cuts: the spool with its chain, receipts and refusals, and the stock of tickets.

use std::fs;
use std::path::Path;

use bundle::{BundleDigest, EntryId, LogProof, Receipt, Sha256Digest, SignedReceipt, SignedTicket};
use jiff::Timestamp;
use power_cuts::{Chance, Image, Loss, Plan, replay};
use station::spool::{Spool, Standing};
use station::tickets::TicketStock;

use crate::province::{Province, station, unread};
use crate::writer::{acknowledge, can_watch, misses_barriers, place, recorded, sound};

/// Three blobs a bundle, one of them of several pages.
const PAPER_BYTES: usize = 20_000;

#[test]
fn the_desk_keeps_every_promise_whenever_the_power_goes() {
    if !can_watch() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let (province, _) = Province::found(folder.path());
    fs::create_dir(province.path("state")).unwrap();
    let journal = recorded(
        "spool_cuts::works_a_morning",
        folder.path(),
        &province.path("state"),
    );
    let tally = replay(&journal, Plan::of(700, 7), &mut |state, said| {
        check(&province, state, said, 1)
    });
    sound("desk", &tally, 600);
    misses_barriers(journal, &mut |state, said| check(&province, state, said, 1));
}

/// The power goes again while the desk recovers from the first time.
#[test]
fn a_second_cut_during_the_recovery_costs_no_more_than_the_first() {
    if !can_watch() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let (province, _) = Province::found(folder.path());
    fs::create_dir(province.path("state")).unwrap();
    let journal = recorded(
        "spool_cuts::works_a_morning",
        folder.path(),
        &province.path("state"),
    );
    let mut chance = Chance::new(5);
    let mut states = 0;
    for _ in 0..4 {
        let after = journal.ops().len() / 2 + chance.below(journal.ops().len() as u64 / 2) as usize;
        let before: Vec<&str> = journal.said_before(after).collect();
        let again = province.path("again");
        fs::create_dir(&again).unwrap();
        Image::after(&journal, after, Loss::Torn(chance.draw()))
            .lay_down(&again)
            .unwrap();
        let second = recorded("spool_cuts::recovers", folder.path(), &again);
        let plan = Plan {
            states: 40,
            seed: chance.draw(),
        };
        let tally = replay(&second, plan, &mut |state, said| {
            let all: Vec<&str> = before.iter().chain(said).copied().collect();
            check(&province, state, &all, 2)
        });
        sound("the desk, cut again", &tally, 10);
        states += tally.states;
        fs::remove_dir_all(&again).unwrap();
    }
    println!("{states} states of a second cut");
}

/// The desk after a cut: opens what it finds, and seals once more.
#[test]
#[ignore = "the writer that is watched"]
fn recovers() {
    let Some(place) = place() else { return };
    let province = Province(place);
    let spool = Spool::open(&province.path("again/spool")).unwrap();
    province.stock(&province.path("again/tickets"));
    let digest = province.seal(&spool, unread(province.tickets(1).remove(0)), PAPER_BYTES);
    acknowledge(&format!("sealed {digest}"));
}

/// Takes tickets, opens visits with them, seals, and lets go of what is filed or refused.
#[test]
#[ignore = "the writer that is watched"]
fn works_a_morning() {
    let Some(place) = place() else { return };
    let province = Province(place);
    let state = province.path("state");
    let spool = Spool::open(&state.join("spool")).unwrap();
    let stock = province.stock(&state.join("tickets"));
    let fresh = province.tickets(9);
    let ids: Vec<String> = fresh.iter().map(|ticket| id(&province, ticket)).collect();
    assert_eq!(stock.add(fresh, Timestamp::now()).unwrap(), 9);
    ids.iter()
        .for_each(|id| acknowledge(&format!("stocked {id}")));
    for n in 0..6 {
        let ticket = stock.take(Timestamp::now()).unwrap();
        acknowledge(&format!("used {}", id(&province, &ticket)));
        let digest = province.seal(&spool, unread(ticket), PAPER_BYTES);
        acknowledge(&format!("sealed {digest}"));
        match n {
            1 | 4 => {
                spool
                    .forget(
                        digest,
                        &receipt(&province, digest),
                        &province.verifier_key(),
                    )
                    .unwrap();
                acknowledge(&format!("filed {digest}"));
            }
            2 => {
                spool.set_aside(digest, b"{\"faults\":[]}").unwrap();
                acknowledge(&format!("refused {digest}"));
            }
            3 => {
                // The desk is switched off and on in the middle of the morning.
                spool.schedule().postpone(digest, Timestamp::now(), None, 0);
            }
            _ => {}
        }
    }
}

fn id(province: &Province, ticket: &SignedTicket) -> String {
    ticket
        .verify(&province.verifier_key())
        .unwrap()
        .id
        .to_string()
}

pub(crate) fn receipt(province: &Province, bundle: BundleDigest) -> SignedReceipt {
    let at = Timestamp::now();
    let told = Receipt {
        bundle,
        entry: EntryId::at(at),
        station: station(),
        visit: bundle::VisitId::at(at),
        filed_at: at,
        log: LogProof {
            index: 0,
            tree_size: 1,
            inclusion: Vec::new(),
            checkpoint: "niem.example/test\n1\nroot\n\n— niem.example/test sig\n".into(),
        },
    };
    SignedReceipt::issue(&told, &province.receipt_key())
}

/// What was promised is there, once; and the desk can go on. Each cut may have ended one sealing that nobody was told of.
fn check(province: &Province, state: &Path, said: &[&str], cuts: usize) -> Result<(), String> {
    let told = |verb: &'static str| {
        said.iter()
            .filter_map(move |line| line.strip_prefix(verb)?.strip_prefix(' '))
    };
    let spool = Spool::open(&state.join("spool")).map_err(|error| format!("the spool: {error}"))?;
    let sealed: Vec<&str> = told("sealed").collect();
    for name in &sealed {
        let digest: BundleDigest = name.parse().unwrap();
        let standing = spool
            .standing(digest)
            .ok_or(format!("sealed and gone: {name}"))?;
        let promised = |verb| told(verb).any(|told| told == *name);
        let expected = match standing {
            Standing::Waiting => !promised("filed") && !promised("refused"),
            Standing::Filed => !promised("refused"),
            Standing::Refused => !promised("filed"),
            Standing::Carried => false,
        };
        // The state is a function of receipts only.
        if (standing == Standing::Filed) != spool.receipt(digest).is_some() {
            return Err(format!("{name} stands as {standing:?} against its receipt"));
        }
        if !expected {
            return Err(format!("{name} stands as {standing:?}"));
        }
        match standing {
            Standing::Filed => receipt_stands(province, &spool, digest)?,
            _ => whole(&spool.path_of(digest).ok_or("no folder")?, digest)?,
        }
        if standing == Standing::Refused
            && !spool
                .path_of(digest)
                .unwrap()
                .join("refusal.json")
                .is_file()
        {
            return Err(format!("{name} was refused and nobody knows why"));
        }
    }
    chain_holds(state, &sealed, cuts)?;
    tickets_stand(
        province,
        &province.stock(&state.join("tickets")),
        told("stocked").collect(),
        told("used").collect(),
    )?;
    // One more visit: the chain goes on from the last bundle that is there.
    if said.len().is_multiple_of(4) {
        let more = province.seal(&spool, unread(province.tickets(1).remove(0)), 100);
        whole(
            &spool.path_of(more).ok_or("the next bundle is not there")?,
            more,
        )?;
    }
    Ok(())
}

fn receipt_stands(province: &Province, spool: &Spool, digest: BundleDigest) -> Result<(), String> {
    let receipt = spool
        .receipt(digest)
        .ok_or("a receipt that cannot be read")?;
    receipt
        .verify_for(&digest, &province.verifier_key())
        .map(|_| ())
        .map_err(|error| format!("the receipt: {error}"))
}

/// The bundle in this folder is the one of this name, byte for byte.
fn whole(folder: &Path, digest: BundleDigest) -> Result<(), String> {
    let sealed =
        bundle::SealedBundle::load(folder).map_err(|error| format!("{digest}: {error}"))?;
    if sealed.digest() != digest {
        return Err(format!("{digest} holds another bundle"));
    }
    for blob in sealed.blobs() {
        let content =
            fs::read(sealed.blob_path(&blob.digest)).map_err(|error| error.to_string())?;
        if Sha256Digest::of(&content) != blob.digest {
            return Err(format!("{digest}: blob {} is torn", blob.index));
        }
    }
    Ok(())
}

fn chain_holds(state: &Path, sealed: &[&str], cuts: usize) -> Result<(), String> {
    let chain = fs::read_to_string(state.join("spool/chain.log")).unwrap_or_default();
    let lines: Vec<&str> = chain.lines().collect();
    let known: Vec<&str> = lines
        .iter()
        .copied()
        .filter(|line| sealed.contains(line))
        .collect();
    if known != sealed || lines.len() > sealed.len() + cuts {
        return Err(format!("the chain says {lines:?} of {sealed:?}"));
    }
    Ok(())
}

/// Every ticket that is not used is in stock, and none that was.
fn tickets_stand(
    province: &Province,
    stock: &TicketStock,
    stocked: Vec<&str>,
    used: Vec<&str>,
) -> Result<(), String> {
    let mut left = Vec::new();
    while let Ok(ticket) = stock.take(Timestamp::now()) {
        left.push(id(province, &ticket));
    }
    if let Some(again) = left.iter().find(|id| used.contains(&id.as_str())) {
        return Err(format!("ticket {again} was used and is in stock again"));
    }
    // One may be on its way out: it costs a ticket and opens no visit.
    let missing = stocked
        .iter()
        .filter(|id| !used.contains(id) && !left.iter().any(|left| left == *id))
        .count();
    if missing > 1 {
        return Err(format!("{missing} tickets are gone"));
    }
    Ok(())
}
