//! What each driver is told beforehand, as it travels to its worker with every request.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

/// The settings of one driver; a worker takes those of its own kind only.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Settings {
    Sane(SaneSettings),
    Escl(EsclSettings),
    Camera(CameraSettings),
    Folder(FolderSettings),
}

/// SANE.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SaneSettings {
    /// Looks only for scanners at this machine.
    pub local_only: bool,
}

/// Scanners that speak eSCL over HTTP.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EsclSettings {
    /// Scanners known by address, such as `https://192.0.2.7/eSCL`.
    pub urls: Vec<String>,
    /// Asks the network (mDNS) who else is there.
    pub mdns: bool,
    /// How long to listen for answers.
    pub listen_ms: u64,
    /// How long a scanner may be silent in the middle of an answer.
    pub silence_ms: u64,
    /// How long one document may take in all.
    pub document_within_ms: u64,
    /// Takes pages without encryption from scanners that are not this machine.
    pub plain_http: bool,
    /// The certificates a person compared: SHA-256 in hexadecimal, by the scanner's UUID or host.
    pub certificates: BTreeMap<String, String>,
}

impl Default for EsclSettings {
    fn default() -> Self {
        Self {
            urls: Vec::new(),
            mdns: true,
            // RFC 6762 §5.2: a second question after one second; slow printers answer that one.
            listen_ms: 2500,
            // Below the desk's own limit, so that the trouble is the scanner's and not the worker's.
            silence_ms: 45_000,
            // A slow scanner takes a minute for A3 at 600 dpi.
            document_within_ms: 300_000,
            plain_http: false,
            certificates: BTreeMap::new(),
        }
    }
}

/// Document cameras.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CameraSettings {
    /// Films or series of pictures (`page-%03d.png`) that play a camera.
    pub films: Vec<String>,
    /// Still frames among which the sharpest is taken.
    pub frames: u32,
    /// How long the picture may take to hold still.
    pub still_within_ms: u64,
}

impl Default for CameraSettings {
    fn default() -> Self {
        Self {
            films: Vec::new(),
            // Autofocus hunts for about a fifth of a second at 30 frames a second.
            frames: 8,
            // Laying a sheet down and taking the hand away.
            still_within_ms: 15_000,
        }
    }
}

/// Folders into which other machines put finished scans.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FolderSettings {
    pub folders: Vec<PathBuf>,
    /// A file is looked into once size and time stood still for so long.
    pub settle_ms: u64,
    /// The job ends when pages came and nothing new appeared for so long.
    pub quiet_ms: u64,
    /// Files older than this when the job begins belong to somebody else's visit; zero takes files of any age.
    pub max_age_s: u64,
    /// Where files go whose pages were taken; none leaves them where they are.
    pub move_to: Option<PathBuf>,
    /// Files already taken and left lying; the worker names them, the desk remembers.
    pub taken: Vec<String>,
}

impl Default for FolderSettings {
    fn default() -> Self {
        Self {
            folders: Vec::new(),
            // Samba clients flush at least once a second while they write.
            settle_ms: 2000,
            quiet_ms: 4000,
            // A visit takes a quarter of an hour.
            max_age_s: 900,
            move_to: None,
            taken: Vec::new(),
        }
    }
}
