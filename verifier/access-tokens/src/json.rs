//! JSON that two readers cannot read differently: no member twice, at any depth.

use std::cell::Cell;
use std::fmt;

use serde::de::{self, DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

use crate::TokenError;

/// An object, and nothing behind it. serde_json itself refuses what is nested deeper than 128.
pub(crate) fn object(bytes: &[u8]) -> Result<Map<String, Value>, TokenError> {
    let twice = Cell::new(false);
    let mut reader = serde_json::Deserializer::from_slice(bytes);
    let read = Strict(&twice)
        .deserialize(&mut reader)
        .and_then(|value| reader.end().map(|()| value));
    match read {
        Ok(Value::Object(members)) => Ok(members),
        _ if twice.get() => Err(TokenError::Duplicate),
        _ => Err(TokenError::Malformed),
    }
}

/// A member that must be text.
pub(crate) fn text<'a>(members: &'a Map<String, Value>, name: &str) -> Result<&'a str, TokenError> {
    members
        .get(name)
        .and_then(Value::as_str)
        .ok_or(TokenError::Malformed)
}

/// A moment in seconds (RFC 7519 §2, NumericDate); parts of a second are dropped.
pub(crate) fn seconds(members: &Map<String, Value>, name: &str) -> Result<i64, TokenError> {
    /// The year 9999.
    const MAX: f64 = 253_402_300_800.0;
    let value = members.get(name).ok_or(TokenError::Malformed)?;
    match value.as_f64() {
        // Within these bounds a double is exact to the millisecond.
        #[expect(
            clippy::cast_possible_truncation,
            reason = "bounded in the line itself"
        )]
        Some(moment) if (0.0..MAX).contains(&moment) => Ok(moment as i64),
        _ => Err(TokenError::Malformed),
    }
}

#[derive(Clone, Copy)]
struct Strict<'a>(&'a Cell<bool>);

impl<'de> DeserializeSeed<'de> for Strict<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<Value, D::Error> {
        from.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Strict<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E: de::Error>(self, value: f64) -> Result<Value, E> {
        let number = Number::from_f64(value).ok_or_else(|| E::custom("not a number"))?;
        Ok(Value::Number(number))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element_seed(self)? {
            list.push(item);
        }
        Ok(Value::Array(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Value, A::Error> {
        let mut map = Map::new();
        while let Some(name) = members.next_key::<String>()? {
            let value = members.next_value_seed(self)?;
            if map.insert(name, value).is_some() {
                self.0.set(true);
                return Err(de::Error::custom("a member stands twice"));
            }
        }
        Ok(Value::Object(map))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_that_stand_twice_are_found_at_any_depth_and_however_they_are_spelt() {
        for twice in [
            r#"{"a":1,"a":1}"#,
            r#"{"a":{"b":1,"b":2}}"#,
            r#"{"a":[{"b":1,"b":2}]}"#,
            r#"{"a":1,"\u0061":2}"#,
        ] {
            assert_eq!(
                object(twice.as_bytes()),
                Err(TokenError::Duplicate),
                "{twice}"
            );
        }
        for broken in ["", "[]", "1", "{", "{}x", "{\"a\":}", "null"] {
            assert_eq!(
                object(broken.as_bytes()),
                Err(TokenError::Malformed),
                "{broken}"
            );
        }
        let deep = format!("{{\"a\":{}1{}}}", "[".repeat(4000), "]".repeat(4000));
        assert_eq!(object(deep.as_bytes()), Err(TokenError::Malformed));
        assert_eq!(
            object(br#"{"a":[1,-2,1.5,null,true,"x"]}"#).unwrap().len(),
            1
        );
    }

    #[test]
    fn moments_are_numbers_of_this_age() {
        let claims =
            object(br#"{"a":1562262616,"b":1562262616.9,"c":"1","d":-1,"e":1e300}"#).unwrap();
        assert_eq!(seconds(&claims, "a"), Ok(1_562_262_616));
        assert_eq!(seconds(&claims, "b"), Ok(1_562_262_616));
        for wrong in ["c", "d", "e", "f"] {
            assert_eq!(
                seconds(&claims, wrong),
                Err(TokenError::Malformed),
                "{wrong}"
            );
        }
    }
}
