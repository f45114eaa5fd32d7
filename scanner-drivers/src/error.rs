//! What can go wrong while scanning, each with the code an operator's help text hangs on.

use std::time::Duration;

use crate::wire::Fault;

/// Why a scan, or the search for scanners, did not succeed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ScanError {
    #[error("paper is jammed in the feeder")]
    Jam,
    #[error("the scanner's cover is open")]
    CoverOpen,
    #[error("the feeder is empty")]
    NoPaper,
    #[error("the scanner is busy")]
    DeviceBusy,
    #[error("no such scanner")]
    NotFound,
    #[error("access to the scanner was denied")]
    AccessDenied,
    #[error("the scan was cancelled")]
    Cancelled,
    #[error("communication with the scanner failed")]
    Io,
    #[error("the scanner driver ran out of memory")]
    NoMemory,
    #[error("the scanner cannot do what was asked")]
    Unsupported,
    #[error("the scanner does not take the option {name:?} or its value")]
    BadOption { name: String },
    #[error("the scanner worker cannot be started")]
    WorkerMissing(#[source] std::io::Error),
    #[error("the scanner worker died ({exit})")]
    WorkerDied { exit: String },
    #[error("the scanner was silent for {} s", after.as_secs_f32())]
    Timeout { after: Duration },
    #[error("the scanner answered nonsense: {what}")]
    BadAnswer { what: &'static str },
    #[error("the scanner sent pages in a format that is not read here")]
    WrongFormat,
    #[error("the scanner offers no encryption")]
    PlainHttp,
    #[error("nobody compared the scanner's certificate yet")]
    CertificateUnknown,
    #[error("the scanner showed another certificate than before")]
    CertificateChanged,
    #[error("the picture never held still")]
    NotStill,
    #[error("the file is damaged or no page image")]
    FileUnreadable,
    #[error("the file was never finished")]
    FileUnfinished,
    #[error("the file lay in the folder before this job")]
    FileOld,
}

/// Every code of [`ScanError::code`].
pub const CODES: &[&str] = &[
    "scan.jam",
    "scan.cover_open",
    "scan.no_paper",
    "scan.device_busy",
    "scan.not_found",
    "scan.access_denied",
    "scan.cancelled",
    "scan.io",
    "scan.no_memory",
    "scan.unsupported",
    "scan.bad_option",
    "scan.worker_missing",
    "scan.worker_died",
    "scan.timeout",
    "scan.bad_answer",
    "scan.wrong_format",
    "scan.plain_http",
    "scan.certificate_unknown",
    "scan.certificate_changed",
    "scan.not_still",
    "scan.file_unreadable",
    "scan.file_unfinished",
    "scan.file_old",
];

impl ScanError {
    /// The stable code under which the failure list explains this error.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Jam => "scan.jam",
            Self::CoverOpen => "scan.cover_open",
            Self::NoPaper => "scan.no_paper",
            Self::DeviceBusy => "scan.device_busy",
            Self::NotFound => "scan.not_found",
            Self::AccessDenied => "scan.access_denied",
            Self::Cancelled => "scan.cancelled",
            Self::Io => "scan.io",
            Self::NoMemory => "scan.no_memory",
            Self::Unsupported => "scan.unsupported",
            Self::BadOption { .. } => "scan.bad_option",
            Self::WorkerMissing(_) => "scan.worker_missing",
            Self::WorkerDied { .. } => "scan.worker_died",
            Self::Timeout { .. } => "scan.timeout",
            Self::BadAnswer { .. } => "scan.bad_answer",
            Self::WrongFormat => "scan.wrong_format",
            Self::PlainHttp => "scan.plain_http",
            Self::CertificateUnknown => "scan.certificate_unknown",
            Self::CertificateChanged => "scan.certificate_changed",
            Self::NotStill => "scan.not_still",
            Self::FileUnreadable => "scan.file_unreadable",
            Self::FileUnfinished => "scan.file_unfinished",
            Self::FileOld => "scan.file_old",
        }
    }
}

impl From<Fault> for ScanError {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::Jam => Self::Jam,
            Fault::CoverOpen => Self::CoverOpen,
            Fault::NoPaper => Self::NoPaper,
            Fault::DeviceBusy => Self::DeviceBusy,
            Fault::NotFound => Self::NotFound,
            Fault::AccessDenied => Self::AccessDenied,
            Fault::Cancelled => Self::Cancelled,
            Fault::Io => Self::Io,
            Fault::NoMemory => Self::NoMemory,
            Fault::Unsupported => Self::Unsupported,
            Fault::BadOption { name } => Self::BadOption { name },
            Fault::ShortPage => Self::BadAnswer {
                what: "a page ended early",
            },
            Fault::HugePage => Self::BadAnswer {
                what: "a page larger than any paper",
            },
            Fault::BadRequest => Self::BadAnswer {
                what: "the worker did not understand the request",
            },
            Fault::BadReply => Self::BadAnswer {
                what: "the device's answer makes no sense",
            },
            Fault::Silent { after_ms } => Self::Timeout {
                after: Duration::from_millis(after_ms),
            },
            Fault::WrongFormat => Self::WrongFormat,
            Fault::PlainHttp => Self::PlainHttp,
            Fault::CertificateUnknown => Self::CertificateUnknown,
            Fault::CertificateChanged => Self::CertificateChanged,
            Fault::NotStill => Self::NotStill,
            Fault::FileUnreadable => Self::FileUnreadable,
            Fault::FileUnfinished => Self::FileUnfinished,
            Fault::FileOld => Self::FileOld,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_variant_has_its_listed_code() {
        let all = [
            ScanError::Jam,
            ScanError::CoverOpen,
            ScanError::NoPaper,
            ScanError::DeviceBusy,
            ScanError::NotFound,
            ScanError::AccessDenied,
            ScanError::Cancelled,
            ScanError::Io,
            ScanError::NoMemory,
            ScanError::Unsupported,
            ScanError::BadOption {
                name: "mode".into(),
            },
            ScanError::WorkerMissing(std::io::ErrorKind::NotFound.into()),
            ScanError::WorkerDied {
                exit: "signal 9".into(),
            },
            ScanError::Timeout {
                after: Duration::from_secs(1),
            },
            ScanError::BadAnswer { what: "x" },
            ScanError::WrongFormat,
            ScanError::PlainHttp,
            ScanError::CertificateUnknown,
            ScanError::CertificateChanged,
            ScanError::NotStill,
            ScanError::FileUnreadable,
            ScanError::FileUnfinished,
            ScanError::FileOld,
        ];
        let codes: Vec<_> = all.iter().map(ScanError::code).collect();
        assert_eq!(codes, CODES);
    }
}
