//! The worked examples of ICAO 9303-11, appendices D, G, H and I, for tests.

use serde_json::Value;

pub(crate) fn icao() -> Value {
    serde_json::from_str(include_str!("../tests/vectors/icao9303-11_vectors.json")).unwrap()
}

pub(crate) fn bytes(value: &Value) -> Vec<u8> {
    hex::decode(value.as_str().unwrap()).unwrap()
}
