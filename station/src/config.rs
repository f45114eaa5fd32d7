//! What one desk is made of: `station.toml`, with every default named and reasoned.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use sealing_keys::{TokenPlace, TpmPlace};
use serde::Deserialize;

use crate::preflight::StopRules;

pub const CODES: &[&str] = &["config.unreadable", "config.invalid"];

#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    #[error("{path}: {detail}")]
    Unreadable { path: PathBuf, detail: String },
    #[error("{path}: {detail}")]
    Invalid { path: PathBuf, detail: String },
}

impl ConfigError {
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Unreadable { .. } => "config.unreadable",
            Self::Invalid { .. } => "config.invalid",
        }
    }
}

/// Reads a TOML file strictly: an unknown key is an error, so that a typing mistake cannot
/// quietly switch something off.
///
/// # Errors
/// [`ConfigError`].
pub fn read<T: for<'de> Deserialize<'de>>(path: &Path) -> Result<T, ConfigError> {
    let text = std::fs::read_to_string(path).map_err(|error| ConfigError::Unreadable {
        path: path.to_owned(),
        detail: error.to_string(),
    })?;
    toml::from_str(&text).map_err(|error| ConfigError::Invalid {
        path: path.to_owned(),
        // The message alone: the offending line itself may hold a secret.
        detail: error.message().to_owned(),
    })
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// The name under which the verifier enrolled this desk, e.g. `phuong-mau-01`.
    pub station: String,
    /// Practice: specimen people, simulated devices, nothing of legal value (D15).
    #[serde(default)]
    pub practice: bool,
    /// Spool, tickets and whatever else must survive a power cut.
    pub state_dir: PathBuf,
    pub verifier: VerifierConfig,
    pub keys: KeysConfig,
    pub trust: TrustConfig,
    #[serde(default)]
    pub card: CardConfig,
    pub camera: CameraConfig,
    pub finger: Option<FingerConfig>,
    pub scanner: ScannerConfig,
    pub models: ModelsConfig,
    /// The pages of the desk; left out at a desk that only runs scripts.
    pub screens: Option<ScreensConfig>,
    /// When the desk warns and when it stops opening visits.
    #[serde(default)]
    pub stop: StopRules,
}

/// The desk's own pages (`niem-station serve`).
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ScreensConfig {
    /// The centre's name, as it stands over the door.
    pub centre: String,
    /// Whom to call.
    pub hotline: String,
    /// Port on loopback; 0 takes a free one.
    #[serde(default = "port")]
    pub port: u16,
    /// The verifier's signed list of who may sign in (`niem-verifier duty sign`).
    pub duty: PathBuf,
    /// Where the signing keys of those people lie.
    #[serde(default)]
    pub operators: Vec<OperatorKey>,
    /// The scanner can feed a pile.
    #[serde(default)]
    pub feeder: bool,
    /// After so long without a touch between two visits, somebody has to sign in again.
    #[serde(default = "lock_after_s")]
    pub lock_after_s: u64,
    /// After so long without a touch the citizen's display is covered; never less than two minutes.
    #[serde(default = "citizen_quiet_s")]
    pub citizen_quiet_s: u64,
    /// What a learner needs; used in practice alone.
    #[serde(default)]
    pub lesson: LessonConfig,
}

/// Where the signing key of somebody on duty lies.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OperatorKey {
    pub id: String,
    pub token: Option<TokenPlace>,
    /// PKCS#8 PEM and certificate, where keys may lie in files.
    pub key: Option<PathBuf>,
    pub cert: Option<PathBuf>,
}

/// A visit to be played: the digits of the specimen card, and what lies on a played scanner's glass, scan after scan.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LessonConfig {
    pub can: Option<String>,
    pub pages: Vec<PathBuf>,
}

/// Above the registered ports that desktops use.
fn port() -> u16 {
    8470
}

/// `domain.md` §3.1: two minutes.
fn lock_after_s() -> u64 {
    120
}

/// `domain.md` §6.2: the least there may be; consent is read aloud within one.
fn citizen_quiet_s() -> u64 {
    180
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VerifierConfig {
    pub url: String,
    /// CA of the verifier's TLS certificate, PEM.
    pub ca: PathBuf,
    /// Key under which tickets and receipts are signed: Ed25519, PEM SPKI.
    pub receipt_key: PathBuf,
    /// `age` recipients, one a line: the verifier's epoch key and the recovery key.
    pub recipients: PathBuf,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KeysConfig {
    /// The desk's key in its TPM.
    pub tpm: Option<TpmPlace>,
    /// The desk's key on a PKCS#11 token.
    pub token: Option<TokenPlace>,
    /// The desk's key in a file: PKCS#8 PEM. D5: only with `insecure_file_key = true`.
    pub device_key: Option<PathBuf>,
    pub device_cert: Option<PathBuf>,
    /// Lets keys, the desk's and the operators', lie in files. For practice and the demo only.
    #[serde(default)]
    pub insecure_file_key: bool,
}

/// Where the settings say that the desk's key lies.
#[derive(Debug, Clone, Copy)]
pub enum DevicePlace<'a> {
    Tpm(&'a TpmPlace),
    Token(&'a TokenPlace),
    File {
        key: &'a Path,
        certificate: &'a Path,
    },
}

impl KeysConfig {
    /// The one place that is named; none or two of them is a mistake.
    #[must_use]
    pub fn device(&self) -> Option<DevicePlace<'_>> {
        match (&self.tpm, &self.token, &self.device_key, &self.device_cert) {
            (Some(tpm), None, None, None) => Some(DevicePlace::Tpm(tpm)),
            (None, Some(token), None, None) => Some(DevicePlace::Token(token)),
            (None, None, Some(key), Some(certificate)) => {
                Some(DevicePlace::File { key, certificate })
            }
            _ => None,
        }
    }
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TrustConfig {
    /// Folder of country signing certificates and master lists.
    pub csca: PathBuf,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct CardConfig {
    /// Part of the reader's name; empty takes the first reader with a card on it.
    pub reader: String,
    /// How long to wait for the card to be laid down.
    pub wait_ms: u64,
    /// BAC only by explicit, recorded policy, and never where the card advertises PACE.
    pub allow_bac: bool,
    /// How often a card that moved may be laid down again.
    pub tries: u32,
    /// Certificates and key by which cards open DG3 to an approved desk (terminal authentication).
    pub terminal: Option<TerminalConfig>,
}

/// Where the terminal's certificates and its key lie.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TerminalConfig {
    /// Card-verifiable certificates side by side: terminal, document verifier, links.
    pub certificates: PathBuf,
    /// PKCS#8, PEM or DER.
    pub key: PathBuf,
}

impl Default for CardConfig {
    fn default() -> Self {
        // 20 s: an elder looks for the card in a bag. Three tries: `domain.md` §3.6.
        Self {
            reader: String::new(),
            wait_ms: 20_000,
            allow_bac: false,
            tries: 3,
            terminal: None,
        }
    }
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CameraConfig {
    /// The camera that looks at the person: a device number, `/dev/videoN`, a link below `/dev/v4l/`, or
    /// `usb:VENDOR:PRODUCT[:SERIAL]` as `devices` prints it; in practice also a video file, y4m or image sequence. Left
    /// out where `list` names the cameras.
    #[serde(default)]
    pub source: String,
    /// Several cameras, best first: the first that is plugged in is used. `source`, where there is one, comes before them.
    #[serde(default)]
    pub list: Vec<ListedCamera>,
    /// What a camera is asked for, best first, each like `mjpeg 1280x720@25`. Empty leaves it to the program.
    #[serde(default)]
    pub formats: Vec<String>,
    /// USB cameras that may be used, each `vendor:product` as `lsusb` prints it. Empty allows every real one.
    #[serde(default)]
    pub allow: Vec<String>,
}

/// One of several cameras.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ListedCamera {
    #[serde(default)]
    pub role: CameraRole,
    pub source: String,
}

/// What a camera is there for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum CameraRole {
    /// Looks at the person.
    #[default]
    Face,
    /// Stands over the papers; listed so that nobody's face is looked for in its pictures.
    Page,
}

impl CameraConfig {
    /// The cameras of a role, best first.
    #[must_use]
    pub fn sources(&self, role: CameraRole) -> Vec<String> {
        let own = (role == CameraRole::Face && !self.source.is_empty()).then_some(&self.source);
        let listed = self.list.iter().filter(|camera| camera.role == role);
        own.into_iter()
            .chain(listed.map(|camera| &camera.source))
            .cloned()
            .collect()
    }
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FingerConfig {
    /// The process that speaks to libfprint; by default `niem-finger-worker` beside this program.
    pub worker: Option<PathBuf>,
    #[serde(default)]
    pub env: BTreeMap<String, String>,
    #[serde(default = "finger_wait_ms")]
    pub wait_ms: u64,
}

/// Long enough to find the finger and dry it.
fn finger_wait_ms() -> u64 {
    20_000
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ScannerConfig {
    /// Which driver's scanner the desk uses.
    #[serde(default)]
    pub driver: ScannerDriverName,
    /// The process that speaks to libsane; by default `niem-sane-worker` beside this program.
    pub worker: Option<PathBuf>,
    /// The driver's name of the device, or its stable name as `devices` prints it; empty takes the first one found.
    #[serde(default)]
    pub device: String,
    #[serde(default)]
    pub env: BTreeMap<String, String>,
    /// SANE looks for scanners at other machines too (`saned`, network backends).
    #[serde(default)]
    pub network: bool,
    #[serde(default = "dpi")]
    pub dpi: u32,
    /// How long a scan waits until somebody lays paper in or shuts the cover.
    #[serde(default = "patience_ms")]
    pub patience_ms: u64,
    /// The device only plays a scanner (SANE's `pnm` or `test` backend).
    #[serde(default)]
    pub simulated: bool,
    #[serde(default)]
    pub escl: EsclConfig,
    #[serde(default)]
    pub camera: DocumentCameraConfig,
    #[serde(default)]
    pub folder: FolderConfig,
}

/// The drivers by name.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ScannerDriverName {
    #[default]
    Sane,
    Escl,
    Camera,
    Folder,
}

impl ScannerDriverName {
    pub const ALL: [Self; 4] = [Self::Sane, Self::Escl, Self::Camera, Self::Folder];
}

/// Network scanners that speak eSCL (AirScan).
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct EsclConfig {
    /// By default `niem-escl-worker` beside this program.
    pub worker: Option<PathBuf>,
    /// Scanners by address.
    pub urls: Vec<String>,
    /// Asks the network who is there.
    pub mdns: bool,
    /// Lets pages travel the network unencrypted. Without it only this very machine may be spoken to so.
    pub plain_http: bool,
    /// SHA-256 of the certificates a person compared, by the scanner's host or UUID.
    pub certificates: BTreeMap<String, String>,
}

impl Default for EsclConfig {
    fn default() -> Self {
        // Personal papers are not sent in the clear unless somebody wrote that they may.
        Self {
            worker: None,
            urls: Vec::new(),
            mdns: true,
            plain_http: false,
            certificates: BTreeMap::new(),
        }
    }
}

/// Document cameras.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct DocumentCameraConfig {
    /// By default `niem-camera-worker` beside this program.
    pub worker: Option<PathBuf>,
    /// Films or series of pictures that play a camera; what comes from them is marked as simulated.
    pub films: Vec<String>,
    /// Still frames among which the sharpest is taken.
    pub frames: Option<u32>,
}

/// Folders into which other machines put their scans.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct FolderConfig {
    /// By default `niem-folder-worker` beside this program.
    pub worker: Option<PathBuf>,
    pub folders: Vec<PathBuf>,
    /// Files older than this when a scan begins belong to somebody else's visit; 0 takes any.
    pub max_age_s: Option<u64>,
    /// A file is looked into once it stood still for so long.
    pub settle_ms: Option<u64>,
    /// Where files go whose pages were taken; without it they stay.
    pub move_to: Option<PathBuf>,
}

/// Long enough to put a pile straight and lay it in; the clerk can end the scan before.
fn patience_ms() -> u64 {
    60_000
}

/// Decree 30/2020/NĐ-CP App. I asks for 200 at least; 300 reads better.
fn dpi() -> u32 {
    300
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ModelsConfig {
    /// Folder with `models.toml` and the files it pins.
    pub dir: PathBuf,
    /// Folder with the `.traineddata` files of Tesseract.
    pub tessdata: PathBuf,
    #[serde(default = "languages")]
    pub languages: String,
    /// Words in doubt are read again by a second recogniser, where `cargo xtask models` installed it.
    #[serde(default = "second_opinion")]
    pub second_opinion: bool,
}

/// It costs some 0.7 s of one core a page and finds most of the names and numbers that one reader alone gets wrong.
fn second_opinion() -> bool {
    true
}

fn languages() -> String {
    "vie".to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::script::Script;
    use crate::visit::ForWhom;

    #[test]
    fn the_examples_in_the_documentation_are_read() {
        let config: Config =
            toml::from_str(include_str!("../../docs/station.example.toml")).unwrap();
        assert_eq!((config.card.tries, config.scanner.dpi), (3, 300));
        assert_eq!(config.scanner.driver, ScannerDriverName::Sane);
        assert!(!config.scanner.escl.plain_http && config.scanner.folder.folders.len() == 1);
        assert!(!config.practice && !config.keys.insecure_file_key);
        assert!(config.models.second_opinion);
        // The example shows every stop rule at its default.
        let defaults = StopRules::default();
        assert_eq!(format!("{:?}", config.stop), format!("{defaults:?}"));
        let script: Script = toml::from_str(include_str!("../../docs/visit.example.toml")).unwrap();
        assert_eq!(script.papers.scan.len(), 2);
        assert_eq!(
            script.papers.scan[0].same_paper, None,
            "nothing is said of it"
        );
    }

    #[test]
    fn the_desks_key_lies_in_one_place() {
        let place = |text: &str| {
            let keys: KeysConfig = toml::from_str(text).unwrap();
            keys.device().map(|place| match place {
                DevicePlace::Tpm(_) => "tpm",
                DevicePlace::Token(_) => "token",
                DevicePlace::File { .. } => "file",
            })
        };
        let tpm = "tpm = { tcti = 'device:/dev/tpmrm0', record = 'r' }\n";
        let token = "token = { module = 'm', token = 't', pin = 'prompt', record = 'r' }\n";
        let file = "device_key = 'k'\ndevice_cert = 'c'\n";
        assert_eq!(place(tpm), Some("tpm"));
        assert_eq!(place(token), Some("token"));
        assert_eq!(place(file), Some("file"));
        for mistake in [
            "",
            "device_key = 'k'",
            &[tpm, file].concat(),
            &[tpm, token].concat(),
        ] {
            assert_eq!(place(mistake), None, "{mistake}");
        }
        // A PIN has no place in the settings.
        let pin = "token = { module = 'm', token = 't', pin = '271828', record = 'r' }";
        let error = toml::from_str::<KeysConfig>(pin).unwrap_err();
        assert!(!error.message().contains("271828"));
    }

    #[test]
    fn an_unknown_key_is_an_error_and_its_value_is_not_told() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("station.toml");
        std::fs::write(&path, "station = \"x\"\nsecret_pin = \"271828\"\n").unwrap();
        let error = read::<Config>(&path).unwrap_err();
        assert_eq!(error.code(), "config.invalid");
        assert!(!error.to_string().contains("271828"), "{error}");
    }

    #[test]
    fn consent_is_never_given_by_default() {
        let script = include_str!("../../docs/visit.example.toml")
            .replace("identify = true\nfile = true\n", "");
        let script: Script = toml::from_str(&script).unwrap();
        assert!(!script.consent.identify && !script.consent.file);
    }

    #[test]
    fn the_examples_child_is_read_when_it_is_let_in() {
        let example = include_str!("../../docs/visit.example.toml");
        let script: Script = toml::from_str(example).unwrap();
        assert_eq!(script.whom(), ForWhom::Holder);
        let (before, rest) = example.split_once("# [behalf]").unwrap();
        let (behalf, after) = rest.split_once("\n\n").unwrap();
        let behalf = behalf.replace("\n# ", "\n");
        let script = format!("{before}[behalf]{behalf}\n\n{after}");
        let script: Script = toml::from_str(&script).unwrap();
        let ForWhom::Child(child) = script.whom() else {
            panic!("a child stands in the example")
        };
        assert_eq!(child.born, jiff::civil::date(2018, 5, 20));
        assert!(script.whom().asks_the_child(jiff::civil::date(2026, 3, 2)));
        assert_eq!(script.whom().fault(jiff::civil::date(2026, 3, 2)), None);
    }

    #[test]
    fn the_examples_officials_are_read_when_they_are_let_in() {
        let example = include_str!("../../docs/visit.example.toml");
        let script: Script = toml::from_str(example).unwrap();
        assert!(script.officials.is_empty(), "nobody comes by default");
        let (before, rest) = example.split_once("# [[officials]]").unwrap();
        let (officials, after) = rest.split_once("\n\n").unwrap();
        let officials = officials.replace("\n# ", "\n");
        let script = format!("{before}[[officials]]{officials}\n\n{after}");
        let script: Script = toml::from_str(&script).unwrap();
        let [official] = script.officials.as_slice() else {
            panic!("one official stands in the example")
        };
        assert_eq!(official.role, bundle::Role::Clerk);
        assert_eq!(official.finds, bundle::MatchOutcome::Match);
        assert_eq!(official.reason, bundle::SightingReason::AgedPortrait);
    }
}
