//! Canonical JSON (RFC 8785) for what is hashed: members sorted by UTF-16 code units, no white space, no floats.
//!
//! Decimals, 64-bit integers and instants are strings in our documents, so that no reader's number type can change
//! them; a float is a mistake in the program and is refused. Absent members are absent, never `null`.

use serde::Serialize;
use serde_json::Value;

/// Largest integer that every JSON reader keeps exactly: 2^53 - 1.
const MAX_SAFE_INTEGER: u64 = (1 << 53) - 1;

/// Why a value has no canonical form.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum CanonicalError {
    #[error("a float or an integer beyond 2^53 is not allowed in a hashed document")]
    Number,
    #[error("null is not allowed in a hashed document")]
    Null,
    #[error("not representable as JSON: {0}")]
    Unrepresentable(String),
}

/// The canonical bytes of a value.
pub fn to_canonical<T: Serialize>(value: &T) -> Result<Vec<u8>, CanonicalError> {
    canonical_bytes(&to_json(value)?)
}

/// A value as JSON.
pub fn to_json<T: Serialize>(value: &T) -> Result<Value, CanonicalError> {
    serde_json::to_value(value).map_err(|error| CanonicalError::Unrepresentable(error.to_string()))
}

/// The canonical bytes of JSON.
pub fn canonical_bytes(value: &Value) -> Result<Vec<u8>, CanonicalError> {
    let mut out = Vec::with_capacity(512);
    write_value(value, &mut out)?;
    Ok(out)
}

fn write_value(value: &Value, out: &mut Vec<u8>) -> Result<(), CanonicalError> {
    match value {
        Value::Null => Err(CanonicalError::Null),
        Value::Bool(flag) => {
            out.extend_from_slice(if *flag { b"true" } else { b"false" });
            Ok(())
        }
        Value::Number(number) => {
            let safe = number.as_u64().is_some_and(|n| n <= MAX_SAFE_INTEGER)
                || number.as_i64().is_some_and(|n| n.unsigned_abs() <= MAX_SAFE_INTEGER);
            if !safe {
                return Err(CanonicalError::Number);
            }
            out.extend_from_slice(number.to_string().as_bytes());
            Ok(())
        }
        Value::String(text) => {
            write_string(text, out);
            Ok(())
        }
        Value::Array(items) => {
            out.push(b'[');
            for (index, item) in items.iter().enumerate() {
                if index > 0 {
                    out.push(b',');
                }
                write_value(item, out)?;
            }
            out.push(b']');
            Ok(())
        }
        Value::Object(members) => {
            let mut members: Vec<_> = members.iter().collect();
            members.sort_by(|(a, _), (b, _)| a.encode_utf16().cmp(b.encode_utf16()));
            out.push(b'{');
            for (index, (name, member)) in members.into_iter().enumerate() {
                if index > 0 {
                    out.push(b',');
                }
                write_string(name, out);
                out.push(b':');
                write_value(member, out)?;
            }
            out.push(b'}');
            Ok(())
        }
    }
}

/// serde_json escapes exactly what RFC 8785 asks for: the two-character forms, and `\u00xx` in lower case.
fn write_string(text: &str, out: &mut Vec<u8>) {
    serde_json::to_writer(out, text).expect("writing a string to memory cannot fail");
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn members_sort_by_utf16_units_and_nothing_is_padded() {
        let value = json!({"€": "Euro", "\r": "CR", "\u{fb33}": "Hebrew", "1": "One", "😀": "Smile", "\u{80}": "Control", "ö": "O"});
        let text = String::from_utf8(to_canonical(&value).unwrap()).unwrap();
        // The order of RFC 8785, section 3.2.3: the surrogate pair of the smiley sorts before U+FB33.
        assert_eq!(
            text,
            "{\"\\r\":\"CR\",\"1\":\"One\",\"\u{80}\":\"Control\",\"ö\":\"O\",\"€\":\"Euro\",\"😀\":\"Smile\",\"\u{fb33}\":\"Hebrew\"}"
        );
    }

    #[test]
    fn control_characters_are_escaped_in_lower_case() {
        assert_eq!(to_canonical(&"\u{1f}\u{8}\"\\/").unwrap(), b"\"\\u001f\\b\\\"\\\\/\"");
    }

    #[test]
    fn floats_nulls_and_unsafe_integers_are_refused() {
        assert_eq!(to_canonical(&json!(1.5)), Err(CanonicalError::Number));
        assert_eq!(to_canonical(&json!({"a": null})), Err(CanonicalError::Null));
        assert_eq!(to_canonical(&json!(1u64 << 53)), Err(CanonicalError::Number));
        assert_eq!(to_canonical(&json!((1u64 << 53) - 1)).unwrap(), b"9007199254740991");
    }
}
