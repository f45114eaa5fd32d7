//! The town: an authority, a country that issues cards, stations with keys of their own; made once and kept.

use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use bundle::{FileKey, Recipients};
use emrtd::simulator::issuer::{IssuerOptions, SpecimenIssuer};
use jiff::{SignedDuration, Timestamp};
use rand_core::{OsRng, TryRngCore};
use verifier::KeyFolder;
use verifier::enroll::Subject;

use crate::client::Client;

pub struct Rig {
    pub place: PathBuf,
    pub keys: KeyFolder,
    pub issuer: SpecimenIssuer,
    /// Where the service listens, once it does.
    pub addr: SocketAddr,
}

/// Somebody with a key and a certificate.
pub struct Signer {
    pub certificate: String,
    pub key: String,
}

impl Signer {
    pub fn sealing(&self) -> FileKey {
        FileKey::from_pem(self.key.as_bytes(), self.certificate.as_bytes()).unwrap()
    }
}

impl Rig {
    /// Opens the town in `place`, founding it when there is none.
    pub fn open(place: &Path) -> Self {
        let keys = KeyFolder::new(place.join("keys"));
        let saved = place.join("issuer.json");
        let issuer = if saved.exists() {
            SpecimenIssuer::from_json(&fs::read_to_string(&saved).unwrap()).unwrap()
        } else {
            keys.init(
                "niem.example/load",
                &["localhost".to_owned()],
                jiff::Zoned::now().date(),
            )
            .unwrap();
            let year = SignedDuration::from_hours(24 * 365);
            let year_ago = Timestamp::now().checked_sub(year).unwrap();
            let issuer =
                SpecimenIssuer::new(&IssuerOptions::utopia(year_ago), &mut OsRng.unwrap_err())
                    .unwrap();
            fs::create_dir_all(place.join("csca")).unwrap();
            fs::write(place.join("csca/utopia.cer"), issuer.csca_der()).unwrap();
            fs::write(&saved, issuer.to_json().unwrap()).unwrap();
            issuer
        };
        Self {
            place: place.to_owned(),
            keys,
            issuer,
            addr: SocketAddr::from(([127, 0, 0, 1], 0)),
        }
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.place.join(name)
    }

    pub fn public(&self, file: &str) -> String {
        fs::read_to_string(self.keys.public().join(file)).unwrap()
    }

    pub fn recipients(&self) -> Recipients {
        Recipients::load(&self.keys.public().join("recipients.txt")).unwrap()
    }

    pub fn station(&self, id: &str) -> Signer {
        self.enrolled(&Subject::Station { id: id.to_owned() })
    }

    pub fn operator(&self, id: &str, role: &str) -> Signer {
        self.enrolled(&Subject::Operator {
            id: id.to_owned(),
            role: role.to_owned(),
        })
    }

    pub fn client(&self, signer: Option<&Signer>) -> Client {
        let signer = signer.unwrap();
        let identity = (signer.certificate.as_str(), signer.key.as_str());
        Client::new(self.addr, &self.public("server-ca.pem"), identity)
    }

    /// Enrolled the first time, the same one afterwards.
    fn enrolled(&self, subject: &Subject) -> Signer {
        let folder = self.path("signers");
        fs::create_dir_all(&folder).unwrap();
        let file = |kind| folder.join(format!("{}.{kind}.pem", subject.id()));
        if let (Ok(certificate), Ok(key)) = (
            fs::read_to_string(file("cert")),
            fs::read_to_string(file("key")),
        ) {
            return Signer { certificate, key };
        }
        let key = rcgen::KeyPair::generate().unwrap();
        let csr = rcgen::CertificateParams::default()
            .serialize_request(&key)
            .unwrap()
            .pem()
            .unwrap();
        let authority = self.keys.station_authority().unwrap();
        let certificate = authority
            .enroll(subject, &csr, jiff::Zoned::now().date())
            .unwrap();
        fs::write(file("cert"), &certificate).unwrap();
        fs::write(file("key"), key.serialize_pem()).unwrap();
        Signer {
            certificate,
            key: key.serialize_pem(),
        }
    }
}
