//! Proofs for another request, another token, another time, and the one that the standard prints.

use super::*;
use crate::encode;
use crate::signer::tests::{ed25519, p256};

const NOW: i64 = 1_800_000_000;
const ASKED: Asked<'_> = Asked {
    method: "GET",
    address: "https://niem.example:8443/v1/wallets/1/entries",
    token: Some("niem1.token"),
};

fn checked(text: &str, asked: Asked<'_>) -> Result<Proof, TokenError> {
    Proof::check(&Signed::read(text)?, asked, NOW)
}

fn made(asked: Asked<'_>, at: i64) -> String {
    Proof::make(&p256(), asked, Some("n"), "1", at).unwrap()
}

#[test]
fn the_proof_of_the_standard_is_believed_in_its_day() {
    // RFC 9449 §4.1, figure 1
    let text = "eyJ0eXAiOiJkcG9wK2p3dCIsImFsZyI6IkVTMjU2IiwiandrIjp7Imt0eSI6Ik\
                VDIiwieCI6Imw4dEZyaHgtMzR0VjNoUklDUkRZOXpDa0RscEJoRjQyVVFVZldWQVdCR\
                nMiLCJ5IjoiOVZFNGpmX09rX282NHpiVFRsY3VOSmFqSG10NnY5VERWclUwQ2R2R1JE\
                QSIsImNydiI6IlAtMjU2In19.eyJqdGkiOiItQndDM0VTYzZhY2MybFRjIiwiaHRtIj\
                oiUE9TVCIsImh0dSI6Imh0dHBzOi8vc2VydmVyLmV4YW1wbGUuY29tL3Rva2VuIiwia\
                WF0IjoxNTYyMjYyNjE2fQ.2-GxA6T8lP4vfrg8v-FdWP0A0zdrj8igiMLvqRMUvwnQg\
                4PtFLbdLXiOSsX0x7NVY-FNyJK70nfbV37xRZT3Lg";
    let asked = Asked {
        method: "POST",
        address: "https://server.example.com/token",
        token: None,
    };
    let signed = Signed::read(text).unwrap();
    let proof = Proof::check(&signed, asked, 1_562_262_700).unwrap();
    assert_eq!(
        proof.thumbprint,
        "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I"
    );
    assert_eq!((proof.id.as_str(), proof.nonce), ("-BwC3ESc6acc2lTc", None));
    assert_eq!(Proof::check(&signed, asked, NOW), Err(TokenError::Expired));
}

#[test]
fn a_proof_is_for_one_request_one_token_and_a_while() {
    for key in [p256(), ed25519()] {
        let text = Proof::make(&key, ASKED, Some("n"), "1", NOW).unwrap();
        let proof = checked(&text, ASKED).unwrap();
        assert_eq!(proof.thumbprint, key.public().thumbprint());
        assert_eq!(proof.nonce.as_deref(), Some("n"));
    }
    let text = made(ASKED, NOW);
    let other = |asked| checked(&text, asked);
    let method = "POST";
    assert_eq!(
        other(Asked { method, ..ASKED }),
        Err(TokenError::OtherMethod)
    );
    for address in [
        "https://niem.example:8443/v1/wallets/2/entries",
        "https://niem.example/v1/wallets/1/entries",
        "https://evil.example:8443/v1/wallets/1/entries",
        "https://niem.example:8443/v1/wallets/1/entries/",
        "https://niem.example:8443/v1/wallets/1/Entries",
    ] {
        assert_eq!(
            other(Asked { address, ..ASKED }),
            Err(TokenError::OtherAddress),
            "{address}"
        );
    }
    for address in [
        "HTTPS://NIEM.example:8443/v1/wallets/1/entries",
        "https://niem.example:8443/v1/wallets/1/entries?limit=5#x",
        "https://niem.example:8443/v1/w%61llets/1/entries",
    ] {
        assert!(other(Asked { address, ..ASKED }).is_ok(), "{address}");
    }
    let token = Some("niem1.other");
    assert_eq!(other(Asked { token, ..ASKED }), Err(TokenError::OtherToken));
    let without = made(
        Asked {
            token: None,
            ..ASKED
        },
        NOW,
    );
    assert_eq!(checked(&without, ASKED), Err(TokenError::Malformed));
    assert_eq!(
        checked(&made(ASKED, NOW + SKEW_S + 1), ASKED),
        Err(TokenError::FromFuture)
    );
    assert_eq!(
        checked(&made(ASKED, NOW - PROOF_AGE_S - 1), ASKED),
        Err(TokenError::Expired)
    );
}

#[test]
fn what_is_no_proof_is_refused() {
    use TokenError::*;
    let key = p256();
    let claims = json!({"jti": "1", "htm": "GET", "htu": ASKED.address, "iat": NOW,
        "ath": sha256(b"niem1.token")});
    let jwk = key.public().to_jwk();
    let mut private = jwk.clone();
    private["d"] = "AA".into();
    for (header, error) in [
        (json!({"typ": "JWT", "jwk": jwk}), Kind),
        (json!({"jwk": jwk}), Kind),
        (json!({"typ": KIND}), Malformed),
        (json!({"typ": KIND, "jwk": "x"}), Malformed),
        (json!({"typ": KIND, "jwk": private}), KeyUnfit),
        (
            json!({"typ": KIND, "jwk": {"kty": "oct", "k": "AA"}}),
            KeyUnfit,
        ),
        (
            json!({"typ": KIND, "jwk": p256().public().to_jwk()}),
            Signature,
        ),
        (
            json!({"typ": KIND, "jwk": ed25519().public().to_jwk()}),
            Algorithm,
        ),
        (json!({"typ": KIND, "jwk": jwk, "crit": ["x"]}), Critical),
        (json!({"typ": KIND, "jwk": jwk, "x5c": ["AA"]}), HeaderKey),
    ] {
        let text = signed::make(&key, header.as_object().unwrap().clone(), &claims).unwrap();
        assert_eq!(checked(&text, ASKED), Err(error), "{header}");
    }
    // An assertion is no proof.
    let assertion = crate::Assertion::make(&key, "soft", "https://niem.example", "1", NOW).unwrap();
    assert_eq!(checked(&assertion, ASKED), Err(Kind));
    let header = encode(json!({"typ": KIND, "jwk": jwk, "alg": "none"}).to_string());
    let text = format!("{header}.{}.", encode(claims.to_string()));
    assert_eq!(checked(&text, ASKED), Err(Algorithm));
}

#[test]
fn addresses_have_one_form() {
    for (one, other, same) in [
        ("https://a.example", "https://A.example/", true),
        ("https://a.example:443/x", "https://a.example/x", true),
        ("https://a.example/%7euser", "https://a.example/~user", true),
        ("https://a.example/%c3", "https://a.example/%C3", true),
        ("https://a.example/a%2fb", "https://a.example/a/b", false),
        ("https://a.example/%", "https://a.example/%25", false),
        ("https://a.example/x", "https://user@a.example/x", false),
    ] {
        assert_eq!(plain(one) == plain(other), same, "{one} {other}");
    }
    for none in ["", "http://a.example/", "a.example", "https:/", "é€https"] {
        assert_eq!(plain(none), None, "{none}");
    }
}
