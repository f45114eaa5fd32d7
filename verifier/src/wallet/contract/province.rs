//! The suite over the province's store, and what only many verifiers at once can get wrong.

mod many;

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use super::rig::in_a_province;
use super::servers::{self, Bucket, Postgres};
use crate::config;
use crate::keys::KeyFolder;
use crate::wallet::{Access, OpenStoreError, Province, Wallets};

/// One server of each kind for all tests of this program; the watchers end them with it.
static SERVERS: OnceLock<(Postgres, Bucket)> = OnceLock::new();

pub(super) fn servers() -> &'static (Postgres, Bucket) {
    SERVERS.get_or_init(|| (Postgres::start(), Bucket::start()))
}

/// A database and a folder of the bucket, of a rig's own.
pub(super) struct Site {
    name: String,
    pub(super) postgres: config::Postgres,
    pub(super) s3: config::S3,
}

impl Site {
    pub(super) fn new(place: &Path) -> Self {
        Self::on(place, &servers().0)
    }

    /// On a PostgreSQL server of the caller's.
    pub(super) fn on(place: &Path, postgres: &Postgres) -> Self {
        let name = format!("t{}", uuid::Uuid::now_v7().simple());
        let secret = |file: &str, text: &str| {
            let path = place.join(file);
            std::fs::write(&path, format!("{text}\n")).unwrap();
            path
        };
        Self {
            postgres: config::Postgres {
                url: postgres.database(&name),
                password_file: None,
                ca: None,
                connections: 6,
                statement_timeout_ms: 10_000,
            },
            s3: config::S3 {
                endpoint: servers().1.endpoint.clone(),
                bucket: Bucket::NAME.to_owned(),
                region: "us-east-1".to_owned(),
                prefix: name.clone(),
                access_key_file: secret("s3.access", Bucket::ACCESS_KEY),
                secret_key_file: secret("s3.secret", Bucket::SECRET_KEY),
                ca: None,
            },
            name,
        }
    }

    pub(super) fn open(
        &self,
        folder: &Path,
        keys: &KeyFolder,
        access: Access,
    ) -> Result<Wallets, OpenStoreError> {
        std::fs::create_dir_all(folder).unwrap();
        let site = crate::wallet::Site {
            folder,
            postgres: &self.postgres,
            s3: &self.s3,
            keep_sealed: false,
            access,
        };
        Province::open(site, keys).map(|store| Wallets::Province(Box::new(store)))
    }

    pub(super) fn edit(&self, sql: &str) {
        servers().0.sql(&self.name, sql);
    }

    /// The whole database as SQL.
    pub(super) fn dump(&self) -> String {
        servers().0.dump(&self.name)
    }

    pub(super) fn layout(&self) -> i64 {
        let layout = servers().0.sql(&self.name, "SELECT n FROM layout");
        layout.trim().parse().unwrap()
    }

    pub(super) fn folders(&self) -> Vec<PathBuf> {
        let (postgres, bucket) = servers();
        postgres.sql(&self.name, "CHECKPOINT");
        let own = format!(
            "SELECT oid FROM pg_database WHERE datname = '{}'",
            self.name
        );
        let own = postgres.sql(&self.name, &own);
        let data = postgres.folder().join("data");
        vec![
            data.join("base").join(own.trim()),
            data.join("pg_wal"),
            bucket.folder().join("data"),
        ]
    }
}

/// Names every test of the suite; whoever adds one there is told to add it here.
macro_rules! suite {
    ($($test:ident $(in $module:ident)?),* $(,)?) => {
        $(#[test] fn $test() { in_a_province(super:: $($module ::)? $test); })*

        #[test]
        fn no_test_of_the_suite_is_left_out() {
            let here = [$(stringify!($test)),*];
            for file in SUITE {
                let mut lines = file.lines();
                while let Some(line) = lines.next() {
                    if line.trim() != "#[test]" {
                        continue;
                    }
                    let (_, name) = lines.next().unwrap().split_once("fn ").unwrap();
                    let name = name.split('(').next().unwrap();
                    assert!(here.contains(&name) || OF_THE_EMBEDDED_STORE.contains(&name), "{name}");
                }
            }
        }
    };
}

/// All but `altered`, which edits the embedded store's own files, and `layouts`, which knows both kinds.
const SUITE: [&str; 6] = [
    include_str!("../contract.rs"),
    include_str!("cosigned.rs"),
    include_str!("erased.rs"),
    include_str!("looked.rs"),
    include_str!("pages.rs"),
    include_str!("sent.rs"),
];
const OF_THE_EMBEDDED_STORE: [&str; 3] = [
    "an_upload_whose_row_a_power_cut_forgot_is_finished",
    "two_services_cannot_share_a_folder",
    // An S3 server answers for an object once it keeps it whole.
    "what_a_power_cut_tore_on_its_way_in_has_never_been_here",
];

suite![
    a_filed_bundle_stays_filed_and_its_blobs_need_no_second_sending,
    a_filing_that_meets_an_erasure_makes_a_new_wallet in erased,
    a_store_of_a_later_layout_is_left_alone in layouts,
    a_ticket_and_a_visit_are_used_once,
    a_wallet_shows_its_own_papers_and_notes_every_look,
    an_edited_leaf_and_an_edited_paper_are_found,
    an_erased_wallet_is_gone_and_the_log_says_so in erased,
    an_upload_goes_on_where_the_line_broke in sent,
    any_two_heads_of_the_log_are_consistent in cosigned,
    cosignatures_stand_under_their_head_and_renew_receipts in cosigned,
    every_filing_is_one_event_in_the_order_of_the_log in looked,
    every_receipt_stands_in_the_log_and_the_head_grows,
    filing_twice_gives_the_same_receipt_and_one_entry,
    nothing_personal_lies_on_disk_in_clear,
    pages_filed_before_are_told_within_one_wallet_and_gone_with_it in pages,
    parallel_filings_of_one_bundle_and_of_one_new_citizen_agree,
    the_journal_says_who_looked_at_what_and_what_for in looked,
    tickets_are_genuine_counted_and_bounded in sent,
    uploads_are_bounded_checked_and_expire in sent,
];
