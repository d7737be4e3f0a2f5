//! 64-bit numbers are written as text in documents, so that no reader's number type can change them.

use serde::{Deserialize, Deserializer, Serializer};

/// Writes the number as decimal text.
pub fn serialize<S: Serializer>(value: &u64, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(value)
}

/// Reads decimal text.
pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
    String::deserialize(deserializer)?
        .parse()
        .map_err(serde::de::Error::custom)
}
