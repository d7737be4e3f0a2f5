//! Reading a document's body in one pass: the version `v` is taken out on the way to the type, which does not know it.

use std::borrow::Cow;
use std::cell::Cell;

use serde::de::value::{BorrowedStrDeserializer, StringDeserializer};
use serde::de::{DeserializeOwned, DeserializeSeed, Deserializer, MapAccess, Visitor};
use serde::{Deserialize, forward_to_deserialize_any};

/// The member that says of which version a body is.
pub const VERSION: &str = "v";

/// A type read from a body, and the body's version.
pub fn read<T: DeserializeOwned>(body: &[u8]) -> Result<(T, Option<u32>), serde_json::Error> {
    let version = Cell::new(None);
    let mut json = serde_json::Deserializer::from_slice(body);
    let value = T::deserialize(WithoutVersion {
        inner: &mut json,
        version: &version,
    })?;
    json.end()?;
    Ok((value, version.get()))
}

/// A deserializer, visitor or map without the member `v`, which it notes.
struct WithoutVersion<'a, T> {
    inner: T,
    version: &'a Cell<Option<u32>>,
}

impl<'de, D: Deserializer<'de>> Deserializer<'de> for WithoutVersion<'_, D> {
    type Error = D::Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, D::Error> {
        self.inner.deserialize_map(WithoutVersion {
            inner: visitor,
            version: self.version,
        })
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit unit_struct
        newtype_struct seq tuple tuple_struct map struct enum identifier ignored_any
    }
}

impl<'de, V: Visitor<'de>> Visitor<'de> for WithoutVersion<'_, V> {
    type Value = V::Value;

    fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.inner.expecting(formatter)
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<V::Value, A::Error> {
        self.inner.visit_map(WithoutVersion {
            inner: map,
            version: self.version,
        })
    }
}

/// The name of a member, borrowed from the body unless it has escapes.
#[derive(Deserialize)]
struct Name<'a>(#[serde(borrow)] Cow<'a, str>);

impl<'de, A: MapAccess<'de>> MapAccess<'de> for WithoutVersion<'_, A> {
    type Error = A::Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, A::Error> {
        while let Some(Name(name)) = self.inner.next_key::<Name<'de>>()? {
            if name == VERSION {
                self.version.set(Some(self.inner.next_value()?));
                continue;
            }
            return match name {
                Cow::Borrowed(name) => seed.deserialize(BorrowedStrDeserializer::new(name)),
                Cow::Owned(name) => seed.deserialize(StringDeserializer::new(name)),
            }
            .map(Some);
        }
        Ok(None)
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, A::Error> {
        self.inner.next_value_seed(seed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, PartialEq, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Thing {
        name: String,
        size: u32,
    }

    #[test]
    fn the_version_is_taken_out_wherever_it_stands() {
        let thing = || Thing {
            name: "a\"b".to_owned(),
            size: 2,
        };
        for body in [
            r#"{"name":"a\"b","size":2,"v":7}"#,
            r#"{"name":"a\"b","v":7,"size":2}"#,
            r#"{"\u0076":7,"name":"a\"b","size":2}"#,
        ] {
            assert_eq!(read::<Thing>(body.as_bytes()).unwrap(), (thing(), Some(7)));
        }
        assert_eq!(read::<Thing>(br#"{"name":"a\"b","size":2}"#).unwrap(), (thing(), None));
    }

    #[test]
    fn everything_else_is_as_strict_as_without() {
        for body in [
            r#"{"name":"a","size":2,"v":7,"more":1}"#,
            r#"{"name":"a","v":7}"#,
            r#"{"name":"a","size":2,"v":"7"}"#,
            r#"{"name":"a","size":2,"v":7}{}"#,
            "[]",
        ] {
            assert!(read::<Thing>(body.as_bytes()).is_err(), "{body}");
        }
    }
}
