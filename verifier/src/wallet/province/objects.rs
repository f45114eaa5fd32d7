//! The door to the S3 server: sealed blobs, papers and pieces of uploads, each written once under its own name.
//!
//! Nothing is ever written over: a put carries `If-None-Match: *`. A name holds a digest or a UUID, so that an
//! object which is just being removed is never the one that is just being written.

use std::io::{self, Read};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use futures_util::stream::BoxStream;
use futures_util::{StreamExt as _, TryStreamExt as _};
use object_store::aws::{AmazonS3, AmazonS3Builder, S3ConditionalPut};
use object_store::path::Path as Name;
use object_store::{
    Certificate, ClientOptions, ObjectStore as _, ObjectStoreExt as _, PutMode, PutOptions,
    PutPayload, RetryConfig, WriteMultipart,
};
use ring::digest::{Context, SHA256};
use tokio::runtime::Handle;

use super::database::{is_loopback, read_secret, unusable};
use crate::config::S3;
use crate::wallet::{OpenStoreError, StoreFailure};

const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// One request, body and all: 64 MiB at 9 Mbit/s.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(60);
/// After this a failing request is no longer repeated; the station comes back by itself.
const RETRY_TIMEOUT: Duration = Duration::from_secs(10);
const RETRIES: usize = 3;
/// From here on an object goes up in parts, of this size each (S3 asks for at least 5 MiB).
const PART_BYTES: usize = 8 * 1024 * 1024;

/// One bucket of one server, or a folder in it.
pub(super) struct Objects {
    bucket: Arc<AmazonS3>,
    prefix: String,
}

type Bytes = object_store::Result<axum::body::Bytes>;

impl Objects {
    pub(super) fn new(settings: &S3) -> Result<Self, OpenStoreError> {
        // Fails only where the program has chosen one already.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let endpoint = settings.endpoint.trim_end_matches('/');
        let plain = match endpoint.split_once("://") {
            Some(("https", _)) => false,
            Some(("http", rest)) if is_loopback(host_of(rest)) => true,
            Some(("http", _)) => {
                return Err(unusable(
                    "the S3 server is on another machine, so store.s3.endpoint must begin with https",
                ));
            }
            _ => return Err(unusable("store.s3.endpoint is not an http address")),
        };
        let mut options = ClientOptions::new()
            .with_connect_timeout(CONNECT_TIMEOUT)
            .with_timeout(REQUEST_TIMEOUT)
            .with_allow_http(plain);
        if let Some(path) = &settings.ca {
            let pem = std::fs::read(path).map_err(|_| unusable("store.s3.ca cannot be read"))?;
            let certificates = Certificate::from_pem_bundle(&pem)
                .map_err(|_| unusable("store.s3.ca is not a PEM certificate"))?;
            for certificate in certificates {
                options = options.with_root_certificate(certificate);
            }
        }
        let bucket = AmazonS3Builder::new()
            .with_endpoint(endpoint)
            .with_bucket_name(&settings.bucket)
            .with_region(&settings.region)
            .with_access_key_id(read_secret(&settings.access_key_file)?.as_str())
            .with_secret_access_key(read_secret(&settings.secret_key_file)?.as_str())
            .with_conditional_put(S3ConditionalPut::ETagMatch)
            .with_client_options(options)
            .with_retry(RetryConfig {
                max_retries: RETRIES,
                retry_timeout: RETRY_TIMEOUT,
                ..RetryConfig::default()
            })
            .build()
            .map_err(|_| unusable("store.s3 does not describe a bucket"))?;
        Ok(Self {
            bucket: Arc::new(bucket),
            prefix: settings.prefix.trim_matches('/').to_owned(),
        })
    }

    fn name(&self, object: &str) -> Name {
        Name::from_iter(
            [self.prefix.as_str(), object]
                .iter()
                .flat_map(|text| text.split('/').filter(|part| !part.is_empty())),
        )
    }

    /// Writes a new object. When this returns the server says that it keeps it.
    pub(super) async fn put(
        &self,
        object: &str,
        content: axum::body::Bytes,
    ) -> Result<(), StoreFailure> {
        let name = self.name(object);
        let length = content.len() as u64;
        let options = PutOptions::from(PutMode::Create);
        match self
            .bucket
            .put_opts(&name, PutPayload::from(content), options)
            .await
        {
            // Names are never given twice: it is our own, from a try whose answer was lost.
            Err(object_store::Error::AlreadyExists { .. })
                if self.bucket.head(&name).await?.size == length =>
            {
                Ok(())
            }
            answer => Ok(answer.map(drop)?),
        }
    }

    /// Writes a file as a new object, in parts when it is large.
    pub(super) async fn put_file(&self, object: &str, file: &Path) -> Result<(), StoreFailure> {
        use tokio::io::AsyncReadExt as _;
        let mut file = tokio::fs::File::open(file).await?;
        if file.metadata().await?.len() <= PART_BYTES as u64 {
            let mut content = Vec::new();
            file.read_to_end(&mut content).await?;
            return self.put(object, content.into()).await;
        }
        let upload = self.bucket.put_multipart(&self.name(object)).await?;
        let mut writer = WriteMultipart::new_with_chunk_size(upload, PART_BYTES);
        let mut piece = vec![0; PART_BYTES];
        loop {
            match file.read(&mut piece).await? {
                0 => break,
                n => {
                    // One part on its way and one being read: memory does not grow with the file.
                    writer.wait_for_capacity(1).await?;
                    writer.write(&piece[..n]);
                }
            }
        }
        writer.finish().await?;
        Ok(())
    }

    /// Joins pieces into a new object, and says what the whole is by its digest. The object stays even where the
    /// digest is not the wanted one; the caller removes it.
    pub(super) async fn join(
        &self,
        pieces: &[String],
        object: &str,
    ) -> Result<[u8; 32], StoreFailure> {
        let upload = self.bucket.put_multipart(&self.name(object)).await?;
        let mut writer = WriteMultipart::new_with_chunk_size(upload, PART_BYTES);
        let mut context = Context::new(&SHA256);
        for piece in pieces {
            let mut stream = self.stream(piece).await?;
            while let Some(content) = stream.next().await {
                let content = content?;
                context.update(&content);
                writer.wait_for_capacity(1).await?;
                writer.put(content);
            }
        }
        writer.finish().await?;
        let digest = context.finish();
        Ok(digest.as_ref().try_into().expect("SHA-256 has 32 bytes"))
    }

    /// Puts something else in an object's place, as somebody with the server's keys could.
    #[cfg(test)]
    pub(super) async fn put_over(&self, object: &str, content: &'static [u8]) {
        let name = self.name(object);
        self.bucket.put(&name, content.into()).await.unwrap();
    }

    pub(super) async fn read(&self, object: &str) -> Result<Vec<u8>, StoreFailure> {
        let answer = self.bucket.get(&self.name(object)).await?;
        Ok(answer.bytes().await?.into())
    }

    pub(super) async fn stream(
        &self,
        object: &str,
    ) -> object_store::Result<BoxStream<'static, Bytes>> {
        Ok(self.bucket.get(&self.name(object)).await?.into_stream())
    }

    /// Removes an object; one that is gone already is no fault.
    pub(super) async fn remove(&self, object: &str) -> Result<(), StoreFailure> {
        match self.bucket.delete(&self.name(object)).await {
            Err(object_store::Error::NotFound { .. }) => Ok(()),
            answer => Ok(answer?),
        }
    }

    /// The last parts of the names of all objects under a folder.
    pub(super) async fn list(&self, folder: &str) -> Result<Vec<String>, StoreFailure> {
        let folder = self.name(folder);
        let found: Vec<_> = self.bucket.list(Some(&folder)).try_collect().await?;
        Ok(found
            .iter()
            .filter_map(|object| object.location.filename().map(str::to_owned))
            .collect())
    }
}

/// The host in `host:port/path`, also where it is an IPv6 address in brackets.
fn host_of(rest: &str) -> &str {
    let authority = rest.split('/').next().unwrap_or_default();
    match authority.rsplit_once(':') {
        Some((host, port)) if port.bytes().all(|b| b.is_ascii_digit()) => host,
        _ => authority,
    }
}

/// An object as a file is read; for threads that may block.
pub(super) struct Reading {
    stream: BoxStream<'static, Bytes>,
    piece: axum::body::Bytes,
    runtime: Handle,
}

impl Reading {
    pub(super) fn new(stream: BoxStream<'static, Bytes>, runtime: Handle) -> Self {
        Self {
            stream,
            piece: axum::body::Bytes::new(),
            runtime,
        }
    }
}

impl Read for Reading {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        while self.piece.is_empty() {
            match self.runtime.block_on(self.stream.next()) {
                None => return Ok(0),
                // Not "not found": that would be told as the station's fault.
                Some(piece) => self.piece = piece.map_err(io::Error::other)?,
            }
        }
        let n = into.len().min(self.piece.len());
        into[..n].copy_from_slice(&self.piece.split_to(n));
        Ok(n)
    }
}
