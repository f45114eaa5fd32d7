//! The verifier's embedded store under power cuts: a real service takes real bundles from a real courier, and whatever
//! it answered must be true after the cut. Then the service is started on some of the states and every bundle comes
//! once more: each is filed once, under the receipt that was given before.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use bundle::{BundleDigest, SealedBundle, SignedReceipt};
use power_cuts::{Plan, replay};
use station::courier::CourierError;
use station::spool::Spool;
use verifier::Config;
use verifier::wallet::{Access, BundleState, View, Wallets};

use crate::province::{NUMBER, PURPOSE, Province};
use crate::writer::{acknowledge, can_watch, misses_barriers, place, recorded, sound};

const PAPER_BYTES: usize = 30_000;
/// Every so manieth state is served again.
const SERVED: usize = 40;

#[test]
fn the_verifier_keeps_every_promise_whenever_the_power_goes() {
    if !can_watch() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let state = folder.path().join("state");
    fs::create_dir(&state).unwrap();
    let journal = recorded(
        "verifier_cuts::takes_a_mornings_bundles",
        folder.path(),
        &state,
    );
    let province = Province(folder.path().to_owned());
    let promises: Vec<&str> = journal.said().collect();
    assert_eq!(filed(&promises).count(), 5, "{promises:#?}");
    let sealed = sealed(&province);
    assert_eq!(sealed.len(), 6);
    let mut shown = 0;
    let tally = replay(&journal, Plan::of(700, 11), &mut |state, said| {
        shown += 1;
        let config = province.verifier(&state.join("data"));
        check(&province, &config, said)?;
        if shown % SERVED == 0 {
            serve_again(&province, &config, &sealed, said)
        } else {
            Ok(())
        }
    });
    sound("verifier", &tally, 600);
    misses_barriers(journal, &mut |state, said| {
        check(&province, &province.verifier(&state.join("data")), said)
    });
}

/// The bundles in the order of their sealing.
fn sealed(province: &Province) -> Vec<SealedBundle> {
    let spool = Spool::open(&province.path("spool")).unwrap();
    spool
        .waiting()
        .unwrap()
        .into_iter()
        .map(|digest| spool.load(digest).unwrap())
        .collect()
}

#[test]
#[ignore = "the writer that is watched"]
fn takes_a_mornings_bundles() {
    let Some(place) = place() else { return };
    let (province, cards) = Province::found(&place);
    let spool = Spool::open(&province.path("spool")).unwrap();
    let running = verifier::serve(province.verifier(&province.path("state/data"))).unwrap();
    let courier = province.courier(running.addr().port());
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let mut tickets = runtime.block_on(courier.tickets(5)).unwrap();
    // The last bundle comes with a ticket that another has used.
    tickets.push(tickets[0].clone());
    for (n, ticket) in tickets.into_iter().enumerate() {
        let id = ticket.verify(&province.verifier_key()).unwrap().id;
        let digest = province.seal(&spool, cards.prepare(ticket), PAPER_BYTES + 5000 * n);
        match runtime.block_on(courier.deliver(&spool.load(digest).unwrap())) {
            Ok(receipt) => {
                let receipt = String::from_utf8(receipt.to_json()).unwrap();
                acknowledge(&format!("filed {digest} {id} {receipt}"));
            }
            Err(CourierError::Refused(refusal)) => {
                acknowledge(&format!("refused {digest} {}", refusal.faults.join(" ")))
            }
            Err(error) => panic!("{error}"),
        }
    }
    running.shutdown();
}

/// What the service said it had filed: the bundle, its ticket, its receipt as it was sent.
fn filed<'a>(
    said: &'a [&'a str],
) -> impl Iterator<Item = (BundleDigest, bundle::TicketId, &'a str)> {
    said.iter().filter_map(|line| {
        let mut words = line.strip_prefix("filed ")?.splitn(3, ' ');
        Some((
            words.next()?.parse().ok()?,
            words.next()?.parse().ok()?,
            words.next()?,
        ))
    })
}

fn check(province: &Province, config: &Config, said: &[&str]) -> Result<(), String> {
    let store = verifier::open_store(config, Access::Serve)
        .map_err(|error| format!("the store: {error}"))?;
    let failed = |error: verifier::wallet::StoreFailure| format!("the store failed: {error}");
    for (digest, ticket, receipt) in filed(said) {
        let kept = receipt_of(&store, digest)?.ok_or(format!("filed and gone: {digest}"))?;
        if kept.to_json() != receipt.as_bytes() {
            return Err(format!("{digest} has another receipt now"));
        }
        let told = kept
            .verify_for(&digest, &province.verifier_key())
            .map_err(|error| error.to_string())?;
        verifier::log::check_receipt(&told, &province.vkey()).map_err(|error| error.to_string())?;
        if store.spent_by(ticket).map_err(failed)? != Some(digest) {
            return Err(format!("ticket {ticket} can be used again"));
        }
    }
    for line in said.iter().filter_map(|line| line.strip_prefix("refused ")) {
        let digest: BundleDigest = line.split(' ').next().unwrap_or("").parse().unwrap();
        let record = store.bundle(&digest).map_err(failed)?;
        if !record.is_some_and(|record| matches!(record.state, BundleState::Refused { .. })) {
            return Err(format!("{digest} was refused and nobody knows"));
        }
    }
    let report = store.fsck().map_err(failed)?;
    // Papers that no entry names are what a cut before the commit leaves; they are no loss.
    let wrong: Vec<_> = report
        .findings
        .iter()
        .filter(|finding| !finding.starts_with("fsck.orphan_paper"))
        .collect();
    let promised = filed(said).count() as u64;
    if !wrong.is_empty()
        || report.leaves != report.entries
        || !(promised..=promised + 1).contains(&report.entries)
    {
        return Err(format!("{promised} were promised; {report:?}"));
    }
    numbers_are_used_once(&store, report.entries)
}

fn receipt_of(store: &Wallets, digest: BundleDigest) -> Result<Option<SignedReceipt>, String> {
    let record = store.bundle(&digest).map_err(|error| error.to_string())?;
    Ok(record.and_then(|record| match record.state {
        BundleState::Filed(receipt) => Some(receipt),
        BundleState::Refused { .. } | BundleState::Erased => None,
    }))
}

/// The entries of the one wallet count from 1 without a gap, and no visit stands there twice.
fn numbers_are_used_once(store: &Wallets, entries: u64) -> Result<(), String> {
    let failed = |error: verifier::wallet::StoreFailure| error.to_string();
    let Some(wallet) = store
        .lookup(NUMBER, "test", PURPOSE, jiff::Timestamp::now())
        .map_err(failed)?
    else {
        return if entries == 0 {
            Ok(())
        } else {
            Err("the wallet is gone".to_owned())
        };
    };
    let view = View {
        reader: "test",
        purpose: PURPOSE,
        wallet,
        entry: None,
        document: None,
    };
    let found = store
        .entries(view, jiff::Timestamp::now())
        .map_err(failed)?
        .unwrap_or_default();
    let numbers: Vec<u64> = found.iter().map(|entry| entry.number.into()).collect();
    let visits: BTreeSet<String> = found.iter().map(|entry| entry.visit.to_string()).collect();
    if numbers == (1..=entries).collect::<Vec<_>>() && visits.len() == numbers.len() {
        Ok(())
    } else {
        Err(format!("{entries} entries are numbered {numbers:?}"))
    }
}

/// Every bundle comes again, as after a night in which nobody knows what was answered.
fn serve_again(
    province: &Province,
    config: &Config,
    sealed: &[SealedBundle],
    said: &[&str],
) -> Result<(), String> {
    let running =
        verifier::serve(config.clone()).map_err(|error| format!("not served: {error}"))?;
    let courier = province.courier(running.addr().port());
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let before: BTreeMap<BundleDigest, &str> = filed(said)
        .map(|(digest, _, receipt)| (digest, receipt))
        .collect();
    let mut refused = 0;
    for sealed in sealed {
        match runtime.block_on(courier.deliver(sealed)) {
            Ok(receipt) => {
                if before
                    .get(&sealed.digest())
                    .is_some_and(|before| before.as_bytes() != receipt.to_json())
                {
                    return Err("another receipt for the same bundle".to_owned());
                }
            }
            Err(CourierError::Refused(_)) => refused += 1,
            Err(error) => return Err(format!("not delivered: {error}")),
        }
    }
    running.shutdown();
    let store = verifier::open_store(config, Access::Serve).map_err(|error| error.to_string())?;
    let report = store.fsck().map_err(|error| error.to_string())?;
    if refused != 1 || report.entries != 5 || report.leaves != 5 {
        return Err(format!(
            "after all came again: {refused} refused, {report:?}"
        ));
    }
    numbers_are_used_once(&store, 5)
}
