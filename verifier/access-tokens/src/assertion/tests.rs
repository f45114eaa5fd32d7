//! Assertions that must not be believed, each for one reason.

use ring::hmac;

use super::*;
use crate::encode;
use crate::signer::tests::{ed25519, p256};

const NOW: i64 = 1_800_000_000;
const HERE: &str = "https://niem.example";

fn honest() -> Value {
    json!({"iss": "soft", "sub": "soft", "aud": HERE, "jti": "1", "iat": NOW, "exp": NOW + 60})
}

fn checked(text: &str, keys: &[PublicKey]) -> Result<(Assertion, usize), TokenError> {
    let signed = Signed::read(text)?;
    Assertion::check(
        &signed,
        "soft",
        keys,
        &[HERE, "https://niem.example/v1/oauth/token"],
        NOW,
    )
}

/// Signed by the right key, with these members of header and claims in place of the honest ones.
fn with(header: Value, claims: Value) -> Result<(Assertion, usize), TokenError> {
    let key = p256();
    let mut all = honest();
    let members = all.as_object_mut().unwrap();
    for (name, value) in claims.as_object().unwrap() {
        match value.is_null() {
            true => drop(members.remove(name)),
            false => drop(members.insert(name.clone(), value.clone())),
        }
    }
    let text = signed::make(&key, header.as_object().unwrap().clone(), &all).unwrap();
    checked(&text, &[key.public().clone()])
}

#[test]
fn an_honest_one_of_either_kind_is_believed_and_says_which_key_it_was() {
    for key in [p256(), ed25519()] {
        let text = Assertion::make(&key, "soft", HERE, "id-1", NOW).unwrap();
        let other = p256();
        let keys = [other.public().clone(), key.public().clone()];
        let (assertion, by) = checked(&text, &keys).unwrap();
        assert_eq!((assertion.id.as_str(), by), ("id-1", 1));
        assert_eq!(assertion.until, NOW + 60 + SKEW_S);
        assert_eq!(
            checked(&text, &keys[..1]),
            Err(if key.public().algorithm() == "ES256" {
                TokenError::Signature
            } else {
                TokenError::Algorithm
            })
        );
        assert_eq!(checked(&text, &[]), Err(TokenError::Signature));
    }
    assert!(with(json!({}), json!({"aud": [HERE]})).is_ok());
    assert!(with(json!({"typ": "client-authentication+jwt"}), json!({})).is_ok());
}

#[test]
fn each_claim_has_its_bounds() {
    use TokenError::*;
    for (claims, error) in [
        (json!({"iss": "other"}), Subject),
        (json!({"sub": "other"}), Subject),
        (json!({"iss": null}), Malformed),
        (json!({"aud": "https://elsewhere.example"}), Audience),
        (
            json!({"aud": [HERE, "https://elsewhere.example"]}),
            Audience,
        ),
        (json!({"aud": []}), Audience),
        (json!({"aud": [1]}), Malformed),
        (json!({"aud": null}), Malformed),
        (json!({"exp": null}), Malformed),
        (json!({"iat": null}), Malformed),
        (json!({"jti": null}), Malformed),
        (json!({"jti": ""}), Malformed),
        (json!({"jti": "x".repeat(129)}), Malformed),
        (json!({"jti": 7}), Malformed),
        (json!({"exp": "soon"}), Malformed),
        (
            json!({"iat": NOW + SKEW_S + 1, "exp": NOW + 200}),
            FromFuture,
        ),
        (json!({"nbf": NOW + SKEW_S + 1}), FromFuture),
        (json!({"iat": NOW - 200, "exp": NOW - SKEW_S}), Expired),
        (json!({"exp": NOW + ASSERTION_LIFE_S + 1}), TooLongLived),
        (json!({"iat": NOW, "exp": NOW - 1}), TooLongLived),
        (json!({"iat": 1, "exp": NOW + 10}), TooLongLived),
    ] {
        assert_eq!(with(json!({}), claims.clone()), Err(error), "{claims}");
    }
}

#[test]
fn headers_choose_neither_key_nor_algorithm() {
    use TokenError::*;
    let key = json!({"kty": "OKP", "crv": "Ed25519", "x": "AA"});
    for (header, error) in [
        (json!({"jwk": key}), HeaderKey),
        (json!({"jku": "https://evil.example/keys"}), HeaderKey),
        (json!({"x5c": ["AA"]}), HeaderKey),
        (json!({"x5u": "https://evil.example/"}), HeaderKey),
        (json!({"crit": ["exp"]}), Critical),
        (json!({"crit": []}), Critical),
        (json!({"typ": "dpop+jwt"}), Kind),
        (json!({"typ": "at+jwt"}), Kind),
        (json!({"typ": 1}), Malformed),
    ] {
        assert_eq!(with(header.clone(), json!({})), Err(error), "{header}");
    }
}

#[test]
fn no_algorithm_but_the_keys_own_is_ever_computed() {
    let key = p256();
    let public = key.public().clone();
    let claims = encode(honest().to_string());
    // Unsigned (RFC 7518 §3.6), and signed with the public key as if it were a secret.
    for alg in ["none", "None", "NONE", ""] {
        let header = encode(json!({"alg": alg}).to_string());
        let text = format!("{header}.{claims}.");
        assert_eq!(
            checked(&text, std::slice::from_ref(&public)),
            Err(TokenError::Algorithm),
            "{alg}"
        );
    }
    let header = encode(json!({"alg": "HS256", "typ": "JWT"}).to_string());
    for secret in [public.to_jwk().to_string(), public.thumbprint()] {
        let message = format!("{header}.{claims}");
        let tag = hmac::sign(
            &hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes()),
            message.as_bytes(),
        );
        let text = format!("{message}.{}", encode(tag));
        assert_eq!(
            checked(&text, std::slice::from_ref(&public)),
            Err(TokenError::Algorithm)
        );
    }
    // A good signature under another name.
    let good = Assertion::make(&key, "soft", HERE, "1", NOW).unwrap();
    let (_, rest) = good.split_once('.').unwrap();
    for alg in ["ES384", "RS256", "EdDSA", "es256"] {
        let header = encode(json!({"alg": alg, "typ": "JWT"}).to_string());
        assert_eq!(
            checked(&format!("{header}.{rest}"), std::slice::from_ref(&public)),
            Err(TokenError::Algorithm)
        );
    }
    let header = encode(json!({"typ": "JWT"}).to_string());
    assert_eq!(
        checked(&format!("{header}.{rest}"), &[public]),
        Err(TokenError::Malformed)
    );
}

#[test]
fn forms_that_two_readers_could_read_differently_are_refused() {
    let key = p256();
    let public = [key.public().clone()];
    let good = Assertion::make(&key, "soft", HERE, "1", NOW).unwrap();
    checked(&good, &public).unwrap();
    let parts: Vec<&str> = good.split('.').collect();
    let (header, claims, signature) = (parts[0], parts[1], parts[2]);
    for (text, error) in [
        (format!("{good}."), TokenError::Malformed),
        (format!("{header}.{claims}"), TokenError::Malformed),
        (
            format!("{header}.{claims}.{signature}="),
            TokenError::Malformed,
        ),
        (format!(" {good}"), TokenError::Malformed),
        (format!("{good}\n"), TokenError::Malformed),
        (format!("..{signature}"), TokenError::Malformed),
        (String::new(), TokenError::Malformed),
        (
            format!("{header}.{claims}.{}", encode([0; 64])),
            TokenError::Signature,
        ),
        (
            format!("{header}.{claims}.{}", encode([0; 63])),
            TokenError::Signature,
        ),
        ("a".repeat(MAX + 1), TokenError::TooLarge),
    ] {
        assert_eq!(checked(&text, &public), Err(error), "{text}");
    }
    for (place, json) in [
        (0, r#"{"alg":"ES256","alg":"none"}"#),
        (1, r#"{"iss":"soft","sub":"soft","sub":"admin"}"#),
    ] {
        let mut twice = parts.clone();
        let text = encode(json);
        twice[place] = &text;
        assert_eq!(
            checked(&twice.join("."), &public),
            Err(TokenError::Duplicate)
        );
    }
}

const MAX: usize = crate::MAX_TOKEN_BYTES;
