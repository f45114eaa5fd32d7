//! Why nothing was delivered, with the causes kept apart: "no network" is said of the network alone,
//! never of a certificate, a clock or a key.

use std::error::Error;
use std::io;
use std::time::Duration;

use reqwest::{Response, StatusCode};
use rustls::CertificateError;

/// Every code the courier can answer with.
pub const CODES: &[&str] = &[
    "courier.unreachable",
    "courier.interrupted",
    "courier.other_server",
    "courier.server_certificate_time",
    "courier.certificate_refused",
    "courier.busy",
    "courier.server",
    "courier.refused",
    "courier.answer",
    "courier.disk",
    "courier.setup",
    "courier.not_admitted",
];

/// A verifier that asks to wait longer than this is taken at an hour: it may be wrong.
const LONGEST_RETRY_AFTER: Duration = Duration::from_secs(3600);

#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CourierError {
    #[error("the verifier does not answer")]
    Unreachable,
    #[error("the line broke in the middle of an exchange")]
    Interrupted,
    #[error("who answers is not the verifier of our settings")]
    OtherServer,
    #[error("the verifier's certificate is not valid by this desk's clock")]
    ServerCertificateTime,
    #[error("the verifier does not take this desk's certificate")]
    CertificateRefused,
    #[error("the verifier asks to come back later")]
    Busy { retry_after: Option<Duration> },
    #[error("the verifier failed (HTTP {status})")]
    Server {
        status: u16,
        retry_after: Option<Duration>,
    },
    #[error("the verifier does not admit this station (HTTP {0})")]
    NotAdmitted(u16),
    #[error("the verifier refuses the bundle")]
    Refused(Refusal),
    #[error("the verifier's answer cannot be understood (HTTP {0})")]
    Answer(u16),
    #[error("the bundle cannot be read from disk: {0}")]
    Disk(#[from] io::Error),
    #[error("the courier's keys or address cannot be used: {0}")]
    Setup(&'static str),
    /// The desk's key did not sign the handshake; with the key's own code.
    #[error("the desk's key did not sign")]
    Key(&'static str),
}

/// The verifier's problem document (RFC 9457) with every fault it found.
#[derive(Debug, Clone)]
pub struct Refusal {
    pub document: Vec<u8>,
    /// Stable codes of the faults, in the verifier's order.
    pub faults: Vec<String>,
}

impl CourierError {
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Unreachable => "courier.unreachable",
            Self::Interrupted => "courier.interrupted",
            Self::OtherServer => "courier.other_server",
            Self::ServerCertificateTime => "courier.server_certificate_time",
            Self::CertificateRefused => "courier.certificate_refused",
            Self::Busy { .. } => "courier.busy",
            Self::Server { .. } => "courier.server",
            Self::NotAdmitted(_) => "courier.not_admitted",
            Self::Refused(_) => "courier.refused",
            Self::Answer(_) => "courier.answer",
            Self::Disk(_) => "courier.disk",
            Self::Setup(_) => "courier.setup",
            Self::Key(code) => code,
        }
    }

    /// Whether the same bundle may be accepted at a later time.
    #[must_use]
    pub fn is_final(&self) -> bool {
        matches!(self, Self::Refused(_))
    }

    /// Whether the line itself failed, so that trying again at once may go on.
    #[must_use]
    pub fn is_of_the_line(&self) -> bool {
        matches!(self, Self::Unreachable | Self::Interrupted)
    }

    /// Whether every other bundle would meet the same now. What is of one bundle alone must not
    /// hold up those behind it.
    #[must_use]
    pub fn stops_the_round(&self) -> bool {
        match self {
            Self::Unreachable
            | Self::Interrupted
            | Self::OtherServer
            | Self::ServerCertificateTime
            | Self::CertificateRefused
            | Self::NotAdmitted(_)
            | Self::Busy { .. }
            | Self::Setup(_)
            | Self::Key(_) => true,
            // A failure over one bundle may be that bundle's; one that asks to wait is the house's.
            Self::Server { .. } | Self::Refused(_) | Self::Answer(_) | Self::Disk(_) => false,
        }
    }

    /// How long the verifier asked to wait.
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Busy { retry_after } | Self::Server { retry_after, .. } => *retry_after,
            _ => None,
        }
    }
}

/// Sorts out the answers that say nothing about the bundle.
pub(super) fn admitted(answer: Result<Response, reqwest::Error>) -> Result<Response, CourierError> {
    let answer = answer.map_err(broken)?;
    match answer.status() {
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => {
            Err(CourierError::NotAdmitted(answer.status().as_u16()))
        }
        StatusCode::TOO_MANY_REQUESTS => Err(CourierError::Busy {
            retry_after: retry_after(&answer),
        }),
        status if status.is_server_error() => Err(CourierError::Server {
            status: status.as_u16(),
            retry_after: retry_after(&answer),
        }),
        _ => Ok(answer),
    }
}

/// RFC 9110 §10.2.3, in seconds. A date is left alone: this desk's clock may be what is wrong.
fn retry_after(answer: &Response) -> Option<Duration> {
    let seconds = answer.headers().get("retry-after")?.to_str().ok()?;
    let wait = Duration::from_secs(seconds.trim().parse().ok()?);
    Some(wait.min(LONGEST_RETRY_AFTER))
}

/// What kind of breach ended an exchange.
// By value, so that it can stand in `map_err`.
#[expect(clippy::needless_pass_by_value, reason = "stands in map_err")]
pub(super) fn broken(error: reqwest::Error) -> CourierError {
    match tls(&error) {
        Some(rustls::Error::InvalidCertificate(fault)) => match fault {
            CertificateError::Expired
            | CertificateError::ExpiredContext { .. }
            | CertificateError::NotValidYet
            | CertificateError::NotValidYetContext { .. } => CourierError::ServerCertificateTime,
            _ => CourierError::OtherServer,
        },
        // The other side speaks of our certificate: nobody else's is asked for (RFC 8446 §6.2).
        Some(rustls::Error::AlertReceived(alert)) => {
            use rustls::AlertDescription as Alert;
            match alert {
                Alert::BadCertificate
                | Alert::UnsupportedCertificate
                | Alert::CertificateRevoked
                | Alert::CertificateExpired
                | Alert::CertificateUnknown
                | Alert::UnknownCA
                | Alert::AccessDenied
                | Alert::DecryptError
                | Alert::CertificateRequired => CourierError::CertificateRefused,
                Alert::CloseNotify | Alert::UserCanceled => CourierError::Interrupted,
                _ => CourierError::OtherServer,
            }
        }
        // Our own key, by `sealing_keys::tls`: the token was pulled, or the TPM is gone.
        Some(rustls::Error::General(code)) => rulebook::failures::text(code)
            .map_or(CourierError::Interrupted, |text| {
                CourierError::Key(&text.code)
            }),
        // Something else than TLS answers at this address.
        Some(rustls::Error::InvalidMessage(_) | rustls::Error::PeerIncompatible(_)) => {
            CourierError::OtherServer
        }
        _ if error.is_connect() || error.is_timeout() => CourierError::Unreachable,
        _ => CourierError::Interrupted,
    }
}

/// The TLS error somewhere below. An I/O error hides what it was made of from `source`.
fn tls<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a rustls::Error> {
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(found) = error.downcast_ref::<rustls::Error>() {
            return Some(found);
        }
        if let Some(inner) = error
            .downcast_ref::<io::Error>()
            .and_then(io::Error::get_ref)
            && let Some(found) = tls(inner)
        {
            return Some(found);
        }
        next = error.source();
    }
    None
}
