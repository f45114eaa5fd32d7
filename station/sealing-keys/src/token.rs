//! A signing key on a PKCS#11 token: the operator's card or stick, or a small HSM of the desk.

use std::collections::HashMap;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, OnceLock, PoisonError};

use bundle::KeyError;
use cryptoki::context::{CInitializeArgs, CInitializeFlags, Pkcs11};
use cryptoki::error::{Error, RvError};
use cryptoki::mechanism::Mechanism;
use cryptoki::object::{Attribute, AttributeType, CertificateType, ObjectClass, ObjectHandle};
use cryptoki::session::{Session, UserType};
use cryptoki::slot::{Slot, TokenInfo};
use cryptoki::types::AuthPin;
use ring::rand::{SecureRandom as _, SystemRandom};

use crate::certified::{BareKey, to_der};
use crate::error::PlaceError;
use crate::pin::PinSource;

/// OBJECT IDENTIFIER prime256v1, DER: CKA_EC_PARAMS (PKCS#11 v3.0 §2.3.3).
const P256: [u8; 10] = [0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07];

/// Which of the token's keys is meant.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum TokenKeyName {
    /// By CKA_ID.
    Id(Vec<u8>),
    /// By CKA_LABEL.
    Label(String),
    /// The only P-256 signing key there is.
    Only,
}

/// A key on a token, with a session that was let in by PIN.
pub struct TokenKey {
    session: Mutex<Session>,
    key: ObjectHandle,
    id: Vec<u8>,
    point: [u8; 65],
}

impl TokenKey {
    /// Finds the token by its label, lets itself in, and finds the key.
    ///
    /// # Errors
    /// [`KeyError::Missing`], [`KeyError::PinWrong`], [`KeyError::PinLocked`] and the rest of [`PlaceError`].
    pub fn open(
        module: &Path,
        token: &str,
        pin: &PinSource,
        name: &TokenKeyName,
    ) -> Result<Self, PlaceError> {
        let session = enter(module, token, pin, false)?;
        let mut wanted = vec![
            Attribute::Class(ObjectClass::PRIVATE_KEY),
            Attribute::KeyType(cryptoki::object::KeyType::EC),
            Attribute::Sign(true),
        ];
        match name {
            TokenKeyName::Id(id) => wanted.push(Attribute::Id(id.clone())),
            TokenKeyName::Label(label) => wanted.push(Attribute::Label(label.clone().into())),
            TokenKeyName::Only => {}
        }
        let found = session.find_objects(&wanted).map_err(told)?;
        let [key] = found.as_slice() else {
            return Err(PlaceError::NotFound);
        };
        Self::with(session, *key)
    }

    /// Makes a key on the token that cannot be taken out, under a random id. Returns the id too.
    ///
    /// # Errors
    /// See [`PlaceError`].
    pub fn create(
        module: &Path,
        token: &str,
        pin: &PinSource,
        label: &str,
    ) -> Result<(Self, Vec<u8>), PlaceError> {
        let session = enter(module, token, pin, true)?;
        let mut id = vec![0_u8; 16];
        SystemRandom::new()
            .fill(&mut id)
            .map_err(|_| PlaceError::Tpm("random".to_owned()))?;
        let public = [
            Attribute::Token(true),
            Attribute::EcParams(P256.to_vec()),
            Attribute::Verify(true),
            Attribute::Id(id.clone()),
            Attribute::Label(label.into()),
        ];
        let private = [
            Attribute::Token(true),
            Attribute::Private(true),
            Attribute::Sensitive(true),
            Attribute::Extractable(false),
            Attribute::Sign(true),
            Attribute::Id(id.clone()),
            Attribute::Label(label.into()),
        ];
        let (_, key) = session
            .generate_key_pair(&Mechanism::EccKeyPairGen, &public, &private)
            .map_err(told)?;
        Ok((Self::with(session, key)?, id))
    }

    fn with(session: Session, key: ObjectHandle) -> Result<Self, PlaceError> {
        let Some(Attribute::Id(id)) = attribute(&session, key, AttributeType::Id)? else {
            return Err(PlaceError::NotFound);
        };
        let public = session
            .find_objects(&[
                Attribute::Class(ObjectClass::PUBLIC_KEY),
                Attribute::Id(id.clone()),
            ])
            .map_err(told)?;
        let public = *public.first().ok_or(PlaceError::NotFound)?;
        let point = match attribute(&session, public, AttributeType::EcPoint)? {
            Some(Attribute::EcPoint(point)) => plain_point(&point).ok_or(KeyError::Malformed)?,
            _ => return Err(KeyError::Malformed.into()),
        };
        Ok(Self {
            session: Mutex::new(session),
            key,
            id,
            point,
        })
    }

    /// The certificate that lies on the token beside the key, DER.
    ///
    /// # Errors
    /// When the token does not answer.
    pub fn certificate(&self) -> Result<Option<Vec<u8>>, PlaceError> {
        let session = self.session.lock().unwrap_or_else(PoisonError::into_inner);
        let found = session
            .find_objects(&[
                Attribute::Class(ObjectClass::CERTIFICATE),
                Attribute::CertificateType(CertificateType::X_509),
                Attribute::Id(self.id.clone()),
            ])
            .map_err(told)?;
        let Some(certificate) = found.first() else {
            return Ok(None);
        };
        match attribute(&session, *certificate, AttributeType::Value)? {
            Some(Attribute::Value(der)) => Ok(Some(der)),
            _ => Ok(None),
        }
    }
}

impl BareKey for TokenKey {
    fn point(&self) -> &[u8; 65] {
        &self.point
    }

    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, KeyError> {
        let digest = ring::digest::digest(&ring::digest::SHA256, message);
        let session = self.session.lock().unwrap_or_else(PoisonError::into_inner);
        let raw = session
            .sign(&Mechanism::Ecdsa, self.key, digest.as_ref())
            .map_err(|error| match &error {
                Error::Pkcs11(code, _) => while_signing(*code),
                other => KeyError::Refused {
                    detail: other.to_string(),
                },
            })?;
        // PKCS#11 v3.0 §2.3.1: r and s side by side, equally long.
        let (r, s) = raw.split_at(raw.len() / 2);
        if r.len() != 32 || s.len() != 32 {
            return Err(KeyError::Malformed);
        }
        Ok(to_der(r, s))
    }
}

impl fmt::Debug for TokenKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TokenKey(..)")
    }
}

/// A module is loaded once and stays: PKCS#11 lets a program initialise it only once.
fn module(path: &Path) -> Result<Pkcs11, PlaceError> {
    static LOADED: OnceLock<Mutex<HashMap<PathBuf, Pkcs11>>> = OnceLock::new();
    let unusable = |error: Error| PlaceError::Module {
        path: path.to_owned(),
        detail: error.to_string(),
    };
    let loaded = LOADED.get_or_init(Mutex::default);
    let mut loaded = loaded.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(module) = loaded.get(path) {
        return Ok(module.clone());
    }
    let module = Pkcs11::new(path).map_err(unusable)?;
    match module.initialize(CInitializeArgs::new(CInitializeFlags::OS_LOCKING_OK)) {
        Ok(()) | Err(Error::Pkcs11(RvError::CryptokiAlreadyInitialized, _)) => {}
        Err(error) => return Err(unusable(error)),
    }
    loaded.insert(path.to_owned(), module.clone());
    Ok(module)
}

/// Opens a session on the token of this label and lets it in by PIN.
fn enter(path: &Path, token: &str, pin: &PinSource, write: bool) -> Result<Session, PlaceError> {
    let module = module(path)?;
    let (slot, info) = find(&module, token)?;
    may_try(&info, pin)?;
    let session = if write {
        module.open_rw_session(slot)
    } else {
        module.open_ro_session(slot)
    }
    .map_err(told)?;
    let pin = pin.read(token)?;
    let pin = AuthPin::new(pin.expose().into());
    match session.login(UserType::User, Some(&pin)) {
        // Another key of the same token is open in this program: the token knows us.
        Ok(()) | Err(Error::Pkcs11(RvError::UserAlreadyLoggedIn, _)) => Ok(session),
        Err(error) => Err(told(error)),
    }
}

fn find(module: &Pkcs11, token: &str) -> Result<(Slot, TokenInfo), PlaceError> {
    for slot in module.get_slots_with_token().map_err(told)? {
        match module.get_token_info(slot) {
            Ok(info) if info.label() == token => return Ok((slot, info)),
            // An empty slot, or a token that is just being pulled.
            _ => {}
        }
    }
    Err(KeyError::Missing.into())
}

/// A machine that tries a wrong PIN again and again locks the token: the last try is a person's.
fn may_try(info: &TokenInfo, pin: &PinSource) -> Result<(), PlaceError> {
    last_try(
        info.user_pin_locked(),
        info.user_pin_final_try(),
        pin.is_person(),
    )
}

fn last_try(locked: bool, one_left: bool, person: bool) -> Result<(), PlaceError> {
    match (locked, one_left, person) {
        (true, ..) => Err(KeyError::PinLocked.into()),
        (_, true, false) => Err(PlaceError::PinLastTry),
        _ => Ok(()),
    }
}

fn attribute(
    session: &Session,
    object: ObjectHandle,
    kind: AttributeType,
) -> Result<Option<Attribute>, PlaceError> {
    let found = session.get_attributes(object, &[kind]).map_err(told)?;
    Ok(found.into_iter().next())
}

/// CKA_EC_POINT is an OCTET STRING around the point (PKCS#11 v3.0 §2.3.3); some tokens leave it out.
fn plain_point(value: &[u8]) -> Option<[u8; 65]> {
    let point = match value {
        [0x04, 0x41, point @ ..] if value.len() == 67 => point,
        point => point,
    };
    let point: [u8; 65] = point.try_into().ok()?;
    (point[0] == 4).then_some(point)
}

/// What a token said, before the first signature.
fn told(error: Error) -> PlaceError {
    match &error {
        Error::Pkcs11(code, _) => match code {
            RvError::PinIncorrect | RvError::PinInvalid | RvError::PinLenRange => {
                KeyError::PinWrong.into()
            }
            RvError::PinLocked | RvError::PinExpired => KeyError::PinLocked.into(),
            RvError::TokenNotPresent | RvError::SlotIdInvalid | RvError::TokenNotRecognized => {
                KeyError::Missing.into()
            }
            code => while_signing(*code).into(),
        },
        other => KeyError::Refused {
            detail: other.to_string(),
        }
        .into(),
    }
}

/// What a token said that was there and let in before.
fn while_signing(code: RvError) -> KeyError {
    match code {
        RvError::DeviceRemoved
        | RvError::TokenNotPresent
        | RvError::DeviceError
        | RvError::SessionHandleInvalid
        | RvError::SessionClosed
        | RvError::KeyHandleInvalid
        | RvError::ObjectHandleInvalid
        // Most tokens forget who was let in when they are pulled, even when put back at once.
        | RvError::UserNotLoggedIn => KeyError::Gone,
        code => KeyError::Refused {
            detail: format!("{code:?}"),
        },
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use cryptoki::context::Function;

    use super::*;

    #[test]
    fn what_tokens_answer_has_a_code_of_its_own() {
        let code = |value| told(Error::Pkcs11(value, Function::Login)).code();
        assert_eq!(code(RvError::PinIncorrect), "key.pin_wrong");
        assert_eq!(code(RvError::PinLocked), "key.pin_locked");
        assert_eq!(code(RvError::TokenNotPresent), "key.missing");
        assert_eq!(code(RvError::DeviceRemoved), "key.gone");
        assert_eq!(code(RvError::FunctionFailed), "key.refused");
    }

    #[test]
    fn the_last_try_is_a_persons() {
        let code = |locked, one_left, person| last_try(locked, one_left, person).err();
        assert_eq!(code(true, false, true).unwrap().code(), "key.pin_locked");
        assert_eq!(code(false, true, false).unwrap().code(), "key.pin_last_try");
        assert!(code(false, true, true).is_none() && code(false, false, false).is_none());
    }

    #[test]
    fn a_point_is_read_with_and_without_its_wrapping() {
        let mut point = [7_u8; 65];
        point[0] = 4;
        assert_eq!(plain_point(&point), Some(point));
        assert_eq!(
            plain_point(&[&[4, 0x41], point.as_slice()].concat()),
            Some(point)
        );
        assert_eq!(plain_point(&point[..64]), None);
    }
}
