//! Whole visits: one file a promise, named as a sentence.
#![allow(clippy::unwrap_used, reason = "a journey that cannot go on has failed")]

mod a_camera_that_goes_away_is_waited_for;
mod a_childs_papers_go_to_the_childs_wallet;
mod a_copied_chip_is_refused;
mod a_desk_enrols_itself_and_renews_its_key;
mod a_file_held_back_is_not_believed;
mod a_missing_sheet_is_noticed;
mod a_night_without_network_costs_nothing;
mod a_picture_cannot_stand_in_for_a_person;
mod a_pulled_card_leaves_nothing_behind;
mod a_simulated_desk_is_refused;
mod a_verifier_that_is_down_costs_no_bundle;
mod an_altered_data_group_is_refused;
mod an_honest_visit_reaches_the_wallet;
mod an_unreadable_page_is_not_filed;
mod another_persons_face_is_refused;
mod devices_that_come_and_go_are_noticed;
mod diagnostics_name_nobody;
mod every_failure_is_documented;
mod every_threat_names_tests_that_exist;
mod fingers_are_asked_for_by_name;
mod no_consent_no_visit;
mod papers_are_mended_where_they_lie;
mod papers_are_read_from_the_command_line;
mod samples_live_in_a_process_of_their_own;
mod the_card_is_read_through_pcscd;
mod the_desk_in_a_browser;
mod the_programs_keep_their_contract;
mod the_verifier_knows_the_desks_models;
mod trust_lists_are_pinned;
mod two_officials_know_whom_the_machine_cannot_tell;

use std::path::Path;
use std::sync::LazyLock;

use emrtd::simulator::{Applet, Faults};
use station::script::Script;
use tests::rig::programs::root;
use tests::specimen::state::{CAN, State};

/// One specimen state for all journeys; making it draws pictures and takes seconds.
static STATE: LazyLock<State> = LazyLock::new(|| {
    State::make(&root().join("target/specimen-journeys")).expect("the specimen state")
});

/// A visit as people would play it, with these pages on the scanner's glass.
fn script(pages: &[&Path]) -> Script {
    let mut text = format!(
        "[operator]\nid = \"can-bo-thu\"\nrole = \"clerk\"\nkey = \"-\"\ncert = \"-\"\n\
         [consent]\nidentify = true\nfile = true\n[card]\ncan = \"{CAN}\"\n[papers]\nsheets = {}\n",
        pages.len()
    );
    for page in pages {
        text.push_str(&format!(
            "[[papers.scan]]\noptions = {{ filename = {page:?} }}\n"
        ));
    }
    toml::from_str(&text).expect("a script")
}

fn both_pages() -> Script {
    script(&[&STATE.page("page-1.pnm"), &STATE.page("page-2.pnm")])
}

/// Lays that card down each time one is wanted.
fn card(name: &'static str) -> impl FnMut() -> Option<Applet> + Send + 'static {
    move || {
        Some(
            STATE
                .chip(name, Faults::default())
                .expect("a specimen card"),
        )
    }
}

/// The specimen card was issued when the state was made; it is judged on the day of the test.
fn today() -> jiff::civil::Date {
    jiff::Timestamp::now()
        .to_zoned(station::clock::vietnam())
        .date()
}
