//! A store of either kind with keys of its own, and the hands of somebody who meddles with it.

use std::cell::Cell;
use std::path::{Path, PathBuf};

use bundle::{Sha256Digest, VerifierPublicKey};

use super::{QUOTA, now, station};
use crate::keys::KeyFolder;
use crate::wallet::{Access, Begun, Embedded, Finished, OpenStoreError, Wallets};

thread_local! {
    /// Which kind of store [`Rig::new`] makes on this thread.
    static IN_A_PROVINCE: Cell<bool> = const { Cell::new(false) };
}

/// Runs a test of the suite over the province's store.
#[cfg(feature = "province")]
pub(super) fn in_a_province(test: fn()) {
    if super::servers::are_here() {
        IN_A_PROVINCE.set(true);
        test();
    }
}

/// A store with a folder of its own.
pub(super) struct Rig {
    pub(super) place: tempfile::TempDir,
    pub(super) keys: KeyFolder,
    #[cfg(feature = "province")]
    pub(super) province: Option<super::province::Site>,
    pub(super) wallets: Option<Wallets>,
}

impl Rig {
    pub(super) fn new() -> Self {
        Self::with(|_rig| {
            #[cfg(feature = "province")]
            if IN_A_PROVINCE.get() {
                _rig.province = Some(super::province::Site::new(_rig.place.path()));
            }
        })
    }

    /// A province's store on servers of the test's own.
    #[cfg(feature = "province")]
    pub(super) fn new_on(site: impl FnOnce(&Path) -> super::province::Site) -> Self {
        Self::with(|rig| rig.province = Some(site(rig.place.path())))
    }

    /// An embedded store that was frozen earlier, with the keys of all frozen stores.
    pub(super) fn thawed(lay_out: impl FnOnce(&Path)) -> Self {
        Self::with(|rig| {
            rig.take_frozen_keys();
            lay_out(rig.place.path());
        })
    }

    /// A province's store made of SQL, with the keys of all frozen stores.
    #[cfg(feature = "province")]
    pub(super) fn thawed_in_a_province(sql: &str) -> Self {
        Self::with(|rig| {
            rig.take_frozen_keys();
            let site = super::province::Site::new(rig.place.path());
            site.edit(sql);
            rig.province = Some(site);
        })
    }

    fn take_frozen_keys(&self) {
        let keys = self.place.path().join("keys");
        std::fs::remove_dir_all(&keys).unwrap();
        super::layouts::copy(&super::layouts::folder().join("keys"), &keys);
    }

    fn with(settle: impl FnOnce(&mut Self)) -> Self {
        let place = tempfile::tempdir().unwrap();
        let keys = KeyFolder::new(place.path().join("keys"));
        keys.init(
            "niem.example/test",
            &["localhost".to_owned()],
            jiff::civil::date(2026, 1, 1),
        )
        .unwrap();
        let mut rig = Self {
            #[cfg(feature = "province")]
            province: None,
            place,
            keys,
            wallets: None,
        };
        settle(&mut rig);
        rig.restart();
        rig
    }

    /// Closes the store and opens it again, as after a power cut.
    pub(super) fn restart(&mut self) {
        self.wallets = None;
        let folder = self.place.path().join("data");
        self.wallets = (0..100).find_map(|_| match self.open(&folder, Access::Serve) {
            // A program that another test is just starting has a copy of the lock until it runs.
            Err(OpenStoreError::InUse) => {
                std::thread::sleep(std::time::Duration::from_millis(20));
                None
            }
            opened => Some(opened.unwrap()),
        });
    }

    /// Opens the store, as another process with this folder would.
    pub(super) fn open(&self, folder: &Path, access: Access) -> Result<Wallets, OpenStoreError> {
        #[cfg(feature = "province")]
        if let Some(site) = &self.province {
            return site.open(folder, &self.keys, access);
        }
        Embedded::open(folder, &self.keys, false, access).map(Wallets::Embedded)
    }

    pub(super) fn store(&self) -> &Wallets {
        self.wallets.as_ref().unwrap()
    }

    pub(super) fn key(&self) -> VerifierPublicKey {
        VerifierPublicKey::load(&self.keys.path("public/receipt.pub.pem")).unwrap()
    }

    pub(super) fn vkey(&self) -> String {
        self.keys.text("public/log.vkey").unwrap().to_string()
    }

    /// Uploads a blob and returns its digest.
    pub(super) fn upload(&self, content: &[u8]) -> Sha256Digest {
        let digest = Sha256Digest::of(content);
        let begun = self
            .store()
            .begin_upload(&station(), &digest, content.len() as u64, QUOTA, now())
            .unwrap();
        let Begun::Started(id) = begun else {
            panic!("over quota")
        };
        let upload = self.store().upload(id, &station()).unwrap().unwrap();
        std::fs::write(&upload.file, content).unwrap();
        assert_eq!(
            self.store()
                .finish_upload(&upload, &station(), now())
                .unwrap(),
            Finished::Stored
        );
        digest
    }

    /// The layout of the database, as it lies there.
    pub(super) fn layout(&self) -> i64 {
        #[cfg(feature = "province")]
        if let Some(site) = &self.province {
            return site.layout();
        }
        let database = self.place.path().join("data/verifier.sqlite");
        let database = rusqlite::Connection::open(database).unwrap();
        let layout = database.query_row("PRAGMA user_version", [], |row| row.get(0));
        layout.unwrap()
    }

    /// Everywhere the store keeps things.
    pub(super) fn folders(&self) -> Vec<PathBuf> {
        let folders = vec![self.place.path().join("data")];
        #[cfg(feature = "province")]
        if let Some(site) = &self.province {
            return [folders, site.folders()].concat();
        }
        folders
    }

    /// Edits rows behind the store's back, each store in its own words.
    pub(super) fn edit(&self, embedded: &str, province: &str) {
        #[cfg(feature = "province")]
        if let Some(site) = &self.province {
            return site.edit(province);
        }
        let _ = province;
        let database = self.place.path().join("data/verifier.sqlite");
        let database = rusqlite::Connection::open(database).unwrap();
        database.execute_batch(embedded).unwrap();
    }

    /// Puts something else in the place of some paper.
    pub(super) fn spoil_a_paper(&self) {
        match self.store() {
            Wallets::Embedded(_) => {
                let papers = self.place.path().join("data/documents");
                let folder = std::fs::read_dir(papers)
                    .unwrap()
                    .map(|folder| folder.unwrap().path())
                    .find(|folder| !folder.ends_with("tmp"))
                    .unwrap();
                let paper = std::fs::read_dir(folder).unwrap().next().unwrap().unwrap();
                std::fs::write(paper.path(), b"nothing").unwrap();
            }
            #[cfg(feature = "province")]
            Wallets::Province(store) => store.spoil_a_paper(b"nothing"),
        }
    }
}
