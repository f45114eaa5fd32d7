//! The line to one scanner: short questions with bounded answers, over HTTP or HTTPS, never to another host.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use reqwest::header::{CONTENT_TYPE, LOCATION, RETRY_AFTER};
use reqwest::redirect::Policy;
use reqwest::{Client, Method, Response, Url};
use scanner_drivers::settings::EsclSettings;
use scanner_drivers::wire::Fault;
use scanner_drivers::worker::{Desk, Trouble};
use tokio::time::{sleep, timeout};

use crate::pin::Pins;

/// A scanner on the same network that takes longer is not there.
const CONNECT: Duration = Duration::from_secs(5);

/// What a scanner says of itself is some kilobytes long.
const MAX_WORDS: usize = 1 << 20;

/// A page of A3 at 600 dpi in colour, hardly packed.
const MAX_DOCUMENT: usize = 256 << 20;

/// How often a running question looks whether the desk is still there.
const TICK: Duration = Duration::from_millis(30);

/// One scanner's address, and how to speak to it.
pub(crate) struct Link {
    client: Client,
    base: Url,
    pub(crate) pins: Arc<Pins>,
    /// How long it may be silent.
    silence: Duration,
    /// How long one document may take in all: drop by drop is no scan.
    document_within: Duration,
}

/// An answer without its body, or with a short one.
pub(crate) struct Answer {
    pub(crate) code: u16,
    pub(crate) location: Option<String>,
    pub(crate) retry_after: Option<Duration>,
    pub(crate) body: Vec<u8>,
}

impl Link {
    /// # Errors
    /// When the address is none, or may not be spoken to without encryption.
    pub(crate) fn new(address: &str, settings: &EsclSettings) -> Result<Self, Fault> {
        let base = Url::parse(address).map_err(|_| Fault::NotFound)?;
        let encrypted = match base.scheme() {
            "https" => true,
            "http" => false,
            _ => return Err(Fault::NotFound),
        };
        if !encrypted && !settings.plain_http && !is_this_machine(&base) {
            return Err(Fault::PlainHttp);
        }
        let pins = Pins::new(&settings.certificates);
        let client = Client::builder()
            .tls_backend_preconfigured(pins.tls()?)
            .redirect(Policy::none())
            .no_proxy()
            .http1_only()
            // Small servers forget a line that rests; a fresh one costs little on the same network.
            .pool_max_idle_per_host(0)
            .connect_timeout(CONNECT)
            .build()
            .map_err(|_| Fault::Unsupported)?;
        Ok(Self {
            client,
            base,
            pins,
            silence: Duration::from_millis(settings.silence_ms.max(1)),
            document_within: Duration::from_millis(settings.document_within_ms.max(1)),
        })
    }

    /// The host as the address names it.
    pub(crate) fn host(&self) -> &str {
        self.base.host_str().unwrap_or_default()
    }

    /// The address of a resource below the scanner's root.
    pub(crate) fn resource(&self, name: &str) -> Url {
        let mut url = self.base.clone();
        url.set_path(&format!(
            "{}/{name}",
            self.base.path().trim_end_matches('/')
        ));
        url
    }

    /// Where a new job lives. Scanners name themselves by names and ports that are not theirs: only the path counts, and
    /// so no answer leads us to another host.
    pub(crate) fn job(&self, location: &str) -> Result<Url, Fault> {
        let named = self.base.join(location).map_err(|_| Fault::BadReply)?;
        if !matches!(named.scheme(), "http" | "https") || named.path() == "/" {
            return Err(Fault::BadReply);
        }
        let mut url = self.base.clone();
        url.set_path(named.path().trim_end_matches('/'));
        url.set_query(named.query());
        Ok(url)
    }

    /// Asks, and reads the short answer.
    pub(crate) async fn ask(
        &self,
        method: Method,
        url: Url,
        body: Option<String>,
        desk: &Desk,
    ) -> Result<Answer, Fault> {
        until_gone(desk, self.ask_anyway(method, url, body)).await?
    }

    /// As [`Link::ask`], though the desk may be gone.
    pub(crate) async fn ask_anyway(
        &self,
        method: Method,
        url: Url,
        body: Option<String>,
    ) -> Result<Answer, Fault> {
        let response = self.send(method, url, body).await?;
        let mut answer = Answer::head(&response);
        answer.body = self
            .read(response, MAX_WORDS, &mut |_, _| Ok(()))
            .await
            .map_err(|trouble| match trouble {
                Trouble::Fault(fault) => fault,
                Trouble::DeskGone(_) => Fault::Cancelled,
            })?;
        Ok(answer)
    }

    /// Asks for a document, and tells how much of it has come.
    pub(crate) async fn document(
        &self,
        url: Url,
        desk: &mut Desk,
        mut progress: impl FnMut(&mut Desk, u64, Option<u64>) -> Result<(), Trouble> + Send,
    ) -> Result<Answer, Trouble> {
        let response = until_gone(desk, self.send(Method::GET, url, None)).await??;
        let mut answer = Answer::head(&response);
        let limit = if answer.code == 200 {
            MAX_DOCUMENT
        } else {
            MAX_WORDS
        };
        let mut tell = |bytes, of| progress(desk, bytes, of);
        let reading = self.read(response, limit, &mut tell);
        answer.body = match timeout(self.document_within, reading).await {
            Ok(body) => body?,
            Err(_) => return Err(self.silent(self.document_within).into()),
        };
        Ok(answer)
    }

    async fn send(
        &self,
        method: Method,
        url: Url,
        body: Option<String>,
    ) -> Result<Response, Fault> {
        let mut request = self.client.request(method, url);
        if let Some(body) = body {
            request = request.header(CONTENT_TYPE, "text/xml").body(body);
        }
        match timeout(self.silence, request.send()).await {
            Err(_) => Err(self.silent(self.silence)),
            Ok(Ok(response)) => Ok(response),
            Ok(Err(error)) => Err(self.pins.fault(&[self.host()]).unwrap_or({
                if error.is_connect() {
                    Fault::NotFound
                } else {
                    Fault::Io
                }
            })),
        }
    }

    async fn read(
        &self,
        mut response: Response,
        limit: usize,
        progress: &mut (dyn FnMut(u64, Option<u64>) -> Result<(), Trouble> + Send),
    ) -> Result<Vec<u8>, Trouble> {
        let whole = response.content_length();
        if whole.is_some_and(|whole| whole > limit as u64) {
            return Err(Fault::HugePage.into());
        }
        let mut body = Vec::new();
        let mut quiet = Duration::ZERO;
        loop {
            // Short waits, so that a cancelled job ends in the middle of a slow page.
            match timeout(TICK, response.chunk()).await {
                Err(_) => {
                    quiet += TICK;
                    if quiet >= self.silence {
                        return Err(self.silent(self.silence).into());
                    }
                }
                Ok(Ok(Some(piece))) => {
                    quiet = Duration::ZERO;
                    if body.len() + piece.len() > limit {
                        return Err(Fault::HugePage.into());
                    }
                    body.extend_from_slice(&piece);
                }
                Ok(Ok(None)) => return Ok(body),
                // The line broke, or fewer bytes came than were announced.
                Ok(Err(_)) => return Err(Fault::Io.into()),
            }
            progress(body.len() as u64, whole)?;
        }
    }

    fn silent(&self, after: Duration) -> Fault {
        Fault::Silent {
            after_ms: u64::try_from(after.as_millis()).unwrap_or(u64::MAX),
        }
    }
}

impl Answer {
    fn head(response: &Response) -> Self {
        let header = |name| {
            let value = response.headers().get(name)?;
            value.to_str().ok().map(str::trim).map(str::to_owned)
        };
        Self {
            code: response.status().as_u16(),
            location: header(LOCATION),
            // A date instead of seconds is taken for no hint (RFC 9110 §10.2.3).
            retry_after: header(RETRY_AFTER)
                .and_then(|seconds| seconds.parse().ok())
                .map(Duration::from_secs),
            body: Vec::new(),
        }
    }
}

/// Whether the address is this very machine, as that of a USB scanner behind `ipp-usb` is: no network lies between.
fn is_this_machine(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost"
        || bare
            .parse()
            .is_ok_and(|address: IpAddr| address.is_loopback())
}

/// Waits for something, and gives up with [`Fault::Cancelled`] when the desk goes.
pub(crate) async fn until_gone<T>(
    desk: &Desk,
    something: impl Future<Output = T>,
) -> Result<T, Fault> {
    tokio::select! {
        biased;
        outcome = something => Ok(outcome),
        () = gone(desk) => Err(Fault::Cancelled),
    }
}

async fn gone(desk: &Desk) {
    while !desk.is_gone() {
        sleep(TICK).await;
    }
}
