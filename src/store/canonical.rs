//! Canonical JSON (RFC 8785) for what is hashed: members sorted by UTF-16 code units, no white space, no floats.
//!
//! Decimals, 64-bit integers and instants are strings in our documents, so that no reader's number type can change
//! them; a float is a mistake in the program and is refused. Absent members are absent, never `null`.

use std::borrow::Cow;
use std::io;
use std::ops::Range;

use serde::Serialize;
use serde_json::ser::{CharEscape, CompactFormatter, Formatter, Serializer};

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
    Canonical::default().of(value)
}

/// The canonical bytes of an object that has one member more: a number under a name that it does not use itself.
pub fn to_canonical_with<T: Serialize>(value: &T, name: &'static str, number: u32) -> Result<Vec<u8>, CanonicalError> {
    let canonical = Canonical {
        more: Some((name, number)),
        ..Canonical::default()
    };
    let bytes = canonical.of(value)?;
    match bytes.first() {
        Some(b'{') => Ok(bytes),
        _ => Err(CanonicalError::Unrepresentable(
            "a document must be an object".to_owned(),
        )),
    }
}

/// A member of an object that is being written; both ranges are of bytes written so far.
struct Member {
    /// The name with its quotes.
    name: Range<usize>,
    value: Range<usize>,
}

/// What serde_json writes, in canonical order. An object's members are written one after the other as they come, and
/// brought into order once it ends.
#[derive(Default)]
struct Canonical {
    written: Vec<u8>,
    /// Members of the objects that have not ended, the innermost last.
    members: Vec<Member>,
    /// Where each of those objects begins: its first member, its first byte.
    open: Vec<(usize, usize)>,
    /// A member that the outermost object gets as well.
    more: Option<(&'static str, u32)>,
    /// Room for one object in its new order.
    ordered: Vec<u8>,
    wrong: Option<CanonicalError>,
}

impl Canonical {
    fn of<T: Serialize>(mut self, value: &T) -> Result<Vec<u8>, CanonicalError> {
        self.written.reserve(512);
        let written = value.serialize(&mut Serializer::with_formatter(io::sink(), InOrder(&mut self)));
        match (self.wrong, written) {
            (Some(wrong), _) => Err(wrong),
            (None, Err(error)) => Err(CanonicalError::Unrepresentable(error.to_string())),
            (None, Ok(())) => {
                // It is kept for long.
                self.written.shrink_to_fit();
                Ok(self.written)
            }
        }
    }

    /// Notes what is wrong; serde_json gives up at any error.
    fn refuse(&mut self, wrong: CanonicalError) -> io::Result<()> {
        self.wrong.get_or_insert(wrong);
        Err(io::ErrorKind::InvalidData.into())
    }

    fn integer(
        &mut self,
        magnitude: Option<u64>,
        write: impl FnOnce(&mut Vec<u8>) -> io::Result<()>,
    ) -> io::Result<()> {
        match magnitude.is_some_and(|magnitude| magnitude <= MAX_SAFE_INTEGER) {
            true => write(&mut self.written),
            false => self.refuse(CanonicalError::Number),
        }
    }

    fn end_object(&mut self) -> io::Result<()> {
        let Some((first, begin)) = self.open.pop() else {
            return self.refuse(CanonicalError::Unrepresentable("an object ends twice".to_owned()));
        };
        if let Some((name, number)) = self.more.filter(|_| self.open.is_empty()) {
            let start = self.written.len();
            serde_json::to_writer(&mut self.written, name)?;
            let middle = self.written.len();
            serde_json::to_writer(&mut self.written, &number)?;
            self.members.push(Member {
                name: start..middle,
                value: middle..self.written.len(),
            });
        }
        let (written, members) = (&self.written, &mut self.members[first..]);
        let name = |member: &Member| &written[member.name.clone()];
        // That of bytes is the same for all that is ASCII.
        if members.iter().all(|member| is_plain(name(member))) {
            members.sort_by(|one, other| without_closing_quote(name(one)).cmp(without_closing_quote(name(other))));
        } else {
            members.sort_by(|one, other| by_code_units(name(one), name(other)));
        }
        if members.windows(2).any(|pair| name(&pair[0]) == name(&pair[1])) {
            return self.refuse(CanonicalError::Unrepresentable(
                "a member has its name twice".to_owned(),
            ));
        }
        self.ordered.clear();
        for member in &*members {
            self.ordered.push(if self.ordered.is_empty() { b'{' } else { b',' });
            self.ordered.extend_from_slice(&written[member.name.clone()]);
            self.ordered.push(b':');
            self.ordered.extend_from_slice(&written[member.value.clone()]);
        }
        self.ordered
            .extend_from_slice(if members.is_empty() { b"{}" } else { b"}" });
        self.members.truncate(first);
        self.written.truncate(begin);
        self.written.extend_from_slice(&self.ordered);
        Ok(())
    }
}

/// Whether a name is ASCII and stands as it is, without escapes.
fn is_plain(name: &[u8]) -> bool {
    name.is_ascii() && !name.contains(&b'\\')
}

/// The order of RFC 8785, section 3.2.3, of two names in their quotes.
fn by_code_units(one: &[u8], other: &[u8]) -> std::cmp::Ordering {
    let units = |name: &[u8]| -> Vec<u16> {
        let text: Cow<'_, str> = serde_json::from_slice(name).unwrap_or_default();
        text.encode_utf16().collect()
    };
    units(one).cmp(&units(other))
}

/// The quote is no part of a name that begins another one.
fn without_closing_quote(name: &[u8]) -> &[u8] {
    name.strip_suffix(b"\"").unwrap_or(name)
}

/// serde_json's way to write, into our own memory and not to the writer. It escapes exactly what RFC 8785 asks for: the
/// two-character forms, and `\u00xx` in lower case.
struct InOrder<'a>(&'a mut Canonical);

/// Hooks that write what serde_json always writes.
macro_rules! as_always {
    ($($hook:ident($($value:ident: $type:ty),*)),* $(,)?) => {
        $(fn $hook<W: ?Sized + io::Write>(&mut self, _: &mut W $(, $value: $type)*) -> io::Result<()> {
            CompactFormatter.$hook(&mut self.0.written $(, $value)*)
        })*
    };
}

/// Hooks that are not allowed.
macro_rules! refused {
    ($error:expr, $($hook:ident($type:ty)),*) => {
        $(fn $hook<W: ?Sized + io::Write>(&mut self, _: &mut W, _: $type) -> io::Result<()> {
            self.0.refuse($error)
        })*
    };
}

/// Hooks for integers, which every reader has to keep exactly.
macro_rules! integers {
    ($($hook:ident($type:ty, $magnitude:expr)),* $(,)?) => {
        $(fn $hook<W: ?Sized + io::Write>(&mut self, _: &mut W, value: $type) -> io::Result<()> {
            let magnitude: Option<u64> = $magnitude(value);
            self.0.integer(magnitude, |out| CompactFormatter.$hook(out, value))
        })*
    };
}

impl Formatter for InOrder<'_> {
    as_always!(
        write_bool(value: bool),
        begin_string(),
        end_string(),
        write_string_fragment(fragment: &str),
        write_char_escape(escape: CharEscape),
        begin_array(),
        end_array(),
        begin_array_value(first: bool),
        end_array_value(),
    );

    integers!(
        write_i8(i8, |value: i8| Some(u64::from(value.unsigned_abs()))),
        write_i16(i16, |value: i16| Some(u64::from(value.unsigned_abs()))),
        write_i32(i32, |value: i32| Some(u64::from(value.unsigned_abs()))),
        write_i64(i64, |value: i64| Some(value.unsigned_abs())),
        write_i128(i128, |value: i128| value.unsigned_abs().try_into().ok()),
        write_u8(u8, |value: u8| Some(u64::from(value))),
        write_u16(u16, |value: u16| Some(u64::from(value))),
        write_u32(u32, |value: u32| Some(u64::from(value))),
        write_u64(u64, Some),
        write_u128(u128, |value: u128| value.try_into().ok()),
    );

    refused!(
        CanonicalError::Number,
        write_f32(f32),
        write_f64(f64),
        write_number_str(&str)
    );
    refused!(
        CanonicalError::Unrepresentable("text that is JSON already".to_owned()),
        write_raw_fragment(&str)
    );

    fn write_null<W: ?Sized + io::Write>(&mut self, _: &mut W) -> io::Result<()> {
        self.0.refuse(CanonicalError::Null)
    }

    fn begin_object<W: ?Sized + io::Write>(&mut self, _: &mut W) -> io::Result<()> {
        self.0.open.push((self.0.members.len(), self.0.written.len()));
        Ok(())
    }

    fn begin_object_key<W: ?Sized + io::Write>(&mut self, _: &mut W, _: bool) -> io::Result<()> {
        let begin = self.0.written.len();
        self.0.members.push(Member {
            name: begin..begin,
            value: begin..begin,
        });
        Ok(())
    }

    fn begin_object_value<W: ?Sized + io::Write>(&mut self, _: &mut W) -> io::Result<()> {
        let begin = self.0.written.len();
        if let Some(member) = self.0.members.last_mut() {
            member.name.end = begin;
            member.value = begin..begin;
        }
        Ok(())
    }

    fn end_object_value<W: ?Sized + io::Write>(&mut self, _: &mut W) -> io::Result<()> {
        if let Some(member) = self.0.members.last_mut() {
            member.value.end = self.0.written.len();
        }
        Ok(())
    }

    fn end_object<W: ?Sized + io::Write>(&mut self, _: &mut W) -> io::Result<()> {
        self.0.end_object()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::{Value, json};

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

    #[test]
    fn a_name_that_begins_another_comes_first_also_where_the_next_sign_sorts_before_a_quote() {
        let text = String::from_utf8(to_canonical(&json!({"a!": 1, "a": 2, "a b": 3})).unwrap()).unwrap();
        assert_eq!(text, r#"{"a":2,"a b":3,"a!":1}"#);
    }

    #[test]
    fn one_member_more_takes_its_place_in_the_outermost_object_alone() {
        let with = |value: &Value| to_canonical_with(value, "v", 7).map(|bytes| String::from_utf8(bytes).unwrap());
        assert_eq!(
            with(&json!({"w": {"a": []}, "a": {}})).unwrap(),
            r#"{"a":{},"v":7,"w":{"a":[]}}"#
        );
        assert_eq!(with(&json!({})).unwrap(), r#"{"v":7}"#);
        for wrong in [json!([{}]), json!("{"), json!({"v": 1})] {
            assert!(
                matches!(with(&wrong), Err(CanonicalError::Unrepresentable(_))),
                "{wrong}"
            );
        }
    }

    #[test]
    fn what_serde_calls_by_the_same_name_twice_is_refused() {
        #[derive(Serialize)]
        struct Twice {
            name: u8,
            #[serde(rename = "name")]
            again: u8,
        }
        let twice = Twice { name: 1, again: 2 };
        assert!(matches!(to_canonical(&twice), Err(CanonicalError::Unrepresentable(_))));
    }

    /// The canonical form by the words of the RFC, over a tree.
    fn by_the_words(value: &Value) -> String {
        match value {
            Value::Array(items) => {
                let items: Vec<String> = items.iter().map(by_the_words).collect();
                format!("[{}]", items.join(","))
            }
            Value::Object(members) => {
                let mut members: Vec<_> = members.iter().collect();
                members.sort_by_key(|(name, _)| name.encode_utf16().collect::<Vec<_>>());
                let member = |(name, value): (&String, &Value)| format!("{}:{}", json!(name), by_the_words(value));
                let members: Vec<String> = members.into_iter().map(member).collect();
                format!("{{{}}}", members.join(","))
            }
            other => other.to_string(),
        }
    }

    fn any_json() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            any::<bool>().prop_map(Value::from),
            (0..=MAX_SAFE_INTEGER).prop_map(Value::from),
            any::<i32>().prop_map(Value::from),
            any::<String>().prop_map(Value::from),
        ];
        leaf.prop_recursive(4, 64, 6, |inner| {
            prop_oneof![
                proptest::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
                // Few signs, among them those that sort otherwise as bytes, so that names begin alike.
                proptest::collection::btree_map("[aB!\"\\\\\u{1}é\u{fb33}😀]{0,3}", inner, 0..6)
                    .prop_map(|members| Value::Object(members.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn every_value_is_written_as_the_rfc_says(value in any_json()) {
            let written = String::from_utf8(to_canonical(&value).unwrap()).unwrap();
            prop_assert_eq!(written, by_the_words(&value));
        }
    }
}
