//! What every scanner driver promises, as one suite of tests run over each of them.
//!
//! A driver's tests say how its make-believe device is set up ([`Bench`]) and get the suite by
//! `promises::keep!(the_bench())`: a test a promise. Nothing in it waits for a clock where it could wait for an event:
//! workers are killed and frozen from inside the callback that told their first sign of life.

#![allow(clippy::unwrap_used, clippy::missing_panics_doc, reason = "tests")]

mod bench;
mod deaths;
mod pages;
mod troubles;

pub use bench::{Bench, Trouble, Wrapped, driver_scanner, gray_sheet, runs, scan, sheet, signal};
pub use deaths::{
    a_cancelled_job_ends_at_once, a_hung_worker_is_timed_out_and_buried,
    a_killed_worker_is_reported_and_the_next_job_works, a_worker_ends_when_its_desk_dies,
};
pub use pages::{
    a_job_ends_after_the_pages_it_wanted, a_scanner_is_found_with_what_it_can_do,
    pages_arrive_whole_and_pixel_for_pixel, progress_is_told_page_by_page,
};
pub use troubles::{
    a_missing_scanner_is_said_to_be_missing, a_request_of_another_driver_is_refused,
    a_second_job_after_trouble_works, an_empty_feeder_is_waited_for, each_trouble_keeps_its_name,
};

/// One test a promise, each over a bench of its own.
#[macro_export]
macro_rules! keep {
    ($bench:expr) => {
        $crate::keep!($bench;
            pages_arrive_whole_and_pixel_for_pixel,
            progress_is_told_page_by_page,
            a_job_ends_after_the_pages_it_wanted,
            a_scanner_is_found_with_what_it_can_do,
            a_missing_scanner_is_said_to_be_missing,
            a_request_of_another_driver_is_refused,
            each_trouble_keeps_its_name,
            a_second_job_after_trouble_works,
            an_empty_feeder_is_waited_for,
            a_cancelled_job_ends_at_once,
            a_killed_worker_is_reported_and_the_next_job_works,
            a_hung_worker_is_timed_out_and_buried,
            a_worker_ends_when_its_desk_dies
        );
    };
    ($bench:expr; $($promise:ident),+) => {
        $(
            #[test]
            fn $promise() {
                $crate::$promise(&$bench);
            }
        )+
    };
}
