//! The province's store: PostgreSQL for small records and an S3 server for large ones, for many verifiers at once.
//!
//! The verbs block, as those of the embedded store do; inside, a small runtime of the store's own speaks to both
//! servers. When a server is away every verb fails with a code and refuses nothing. What the verifiers share is in
//! the servers alone: the folder on this machine holds bytes of uploads that are just arriving.

mod cosigning;
mod database;
mod erasing;
mod filing;
mod fsck;
mod journal;
mod objects;
mod reading;
mod schema;
mod tickets;
mod tree;
mod uploads;

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

use bundle::{ReceiptKey, Sha256Digest};
use tokio::runtime::Runtime;

use self::database::Database;
use self::objects::{Objects, Reading};
use super::vault::Vault;
use super::{Access, OpenStoreError, StoreFailure};
use crate::config::{Postgres, S3};
use crate::keys::{KeyFolder, KeysError};
use crate::log::LogSigner;

/// PostgreSQL and an S3 bucket.
pub struct Province {
    database: Database,
    objects: Objects,
    /// Where the bytes of an upload wait until the request that brings them ends.
    arriving: PathBuf,
    keep_sealed: bool,
    vault: Vault,
    log: LogSigner,
    receipts: ReceiptKey,
    engine: Engine,
    /// Held for as long as this store serves; the system lets go of it when the process ends.
    _lock: Option<File>,
}

/// Where a province's store is, and how it is opened.
#[derive(Debug, Clone, Copy)]
pub struct Site<'a> {
    pub folder: &'a Path,
    pub postgres: &'a Postgres,
    pub s3: &'a S3,
    pub keep_sealed: bool,
    pub access: Access,
}

impl Province {
    /// Opens the store, making its tables when there are none.
    pub fn open(site: Site<'_>, keys: &KeyFolder) -> Result<Self, OpenStoreError> {
        let vault = Vault::load(keys)?;
        let log = LogSigner::load(keys)?;
        let path = keys.path("receipt.key.pem");
        let receipts = ReceiptKey::load(&path).map_err(|_| KeysError::Malformed { path })?;

        let arriving = site.folder.join("arriving");
        std::fs::create_dir_all(&arriving).map_err(StoreFailure::from)?;
        let lock = if site.access == Access::Serve {
            let lock = File::create(site.folder.join("verifier.lock"));
            let lock = lock.map_err(StoreFailure::from)?;
            lock.try_lock().map_err(|_| OpenStoreError::InUse)?;
            sweep(&arriving).map_err(StoreFailure::from)?;
            Some(lock)
        } else {
            None
        };

        let engine = Engine::start()?;
        let database = Database::new(site.postgres)?;
        let objects = Objects::new(site.s3)?;
        engine.run(async {
            database.check_server().await?;
            schema::bring_up(&database, &log, site.access).await
        })?;
        let store = Self {
            database,
            objects,
            arriving,
            keep_sealed: site.keep_sealed,
            vault,
            log,
            receipts,
            engine,
            _lock: lock,
        };
        let head = store.checkpoint()?;
        crate::log::read_checkpoint(head.as_bytes(), store.log.vkey())
            .map_err(|_| OpenStoreError::OtherLog)?;
        Ok(store)
    }

    #[cfg(test)]
    pub(super) fn spoil_a_paper(&self, content: &'static [u8]) {
        self.run(async {
            let paper = self.objects.list("papers").await.unwrap().remove(0);
            let paper = paper_object(&paper.parse().unwrap());
            self.objects.put_over(&paper, content).await;
        });
    }

    /// Every paper as it lies with the S3 server.
    #[cfg(test)]
    pub(super) fn papers(&self) -> Vec<(String, Vec<u8>)> {
        self.run(async {
            let mut papers = Vec::new();
            for name in self.objects.list("papers").await.unwrap() {
                let object = paper_object(&name.parse().unwrap());
                papers.push((name, self.objects.read(&object).await.unwrap()));
            }
            papers
        })
    }

    #[cfg(test)]
    pub(super) fn lay_paper(&self, name: &Sha256Digest, content: Vec<u8>) {
        self.run(self.objects.put(&paper_object(name), content.into()))
            .unwrap();
    }

    /// Runs one verb to its end on the thread that asked.
    fn run<T>(&self, work: impl Future<Output = T>) -> T {
        self.engine.run(work)
    }
}

impl bundle::BlobSource for Province {
    fn open(&self, digest: &Sha256Digest) -> io::Result<Box<dyn io::Read + Send>> {
        let stream = self.run(async {
            // No row: nobody sent it. A row without its object: a fault of ours.
            let Some(object) = self.blob_object(digest).await.map_err(io::Error::other)? else {
                return Err(io::ErrorKind::NotFound.into());
            };
            self.objects.stream(&object).await.map_err(io::Error::other)
        })?;
        let runtime = self.engine.handle();
        Ok(Box::new(Reading::new(stream, runtime)))
    }
}

/// The threads on which the store speaks to its servers.
struct Engine(Option<Runtime>);

impl Engine {
    fn start() -> Result<Self, StoreFailure> {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .thread_name("store")
            .enable_all()
            .build()?;
        Ok(Self(Some(runtime)))
    }

    fn runtime(&self) -> &Runtime {
        self.0.as_ref().expect("it is taken only when dropped")
    }

    fn run<T>(&self, work: impl Future<Output = T>) -> T {
        self.runtime().block_on(work)
    }

    fn handle(&self) -> tokio::runtime::Handle {
        self.runtime().handle().clone()
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        // A runtime may not wait for its threads where another runtime's thread drops it.
        if let Some(runtime) = self.0.take() {
            runtime.shutdown_background();
        }
    }
}

/// Removes what was arriving when the process before ended; its sender never heard "done".
fn sweep(folder: &Path) -> io::Result<()> {
    for file in std::fs::read_dir(folder)? {
        std::fs::remove_file(file?.path())?;
    }
    Ok(())
}

/// Times are kept in milliseconds since 1970.
fn millis(at: jiff::Timestamp) -> i64 {
    at.as_millisecond()
}

fn timestamp(millis: i64) -> Result<jiff::Timestamp, StoreFailure> {
    jiff::Timestamp::from_millisecond(millis).map_err(|_| StoreFailure::Row)
}

fn bytes32(bytes: &[u8]) -> Result<[u8; 32], StoreFailure> {
    bytes.try_into().map_err(|_| StoreFailure::Row)
}

fn unsigned(n: i64) -> Result<u64, StoreFailure> {
    u64::try_from(n).map_err(|_| StoreFailure::Row)
}

fn signed(n: u64) -> Result<i64, StoreFailure> {
    i64::try_from(n).map_err(|_| StoreFailure::Row)
}

/// A paper's object; it is named by the digest of its ciphertext.
fn paper_object(digest: &Sha256Digest) -> String {
    let name = digest.to_string();
    format!("papers/{}/{name}", &name[..2])
}
