//! Journal entries: their fixed header, their hash chain, and the salted digests of what they carry.
//!
//! An entry's hash covers its header alone. The header lists a digest for each document and one for the private part
//! (reason, names, key), so that a body can later be reduced to its digest and the chain still verifies. The bytes of
//! an entry are final: they are never upgraded, and old versions stay readable.

use std::collections::BTreeMap;

use bytes::Bytes;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::{Collection, FieldValue, Put, StreamId, canonical::CanonicalError, canonical::to_canonical};

/// Version of the header's layout.
pub const FORMAT: u32 = 1;

const ENTRY_TAG: &[u8] = b"minhchung/entry/1\0";
const DOCUMENT_TAG: &[u8] = b"minhchung/document/1\0";
const PRIVATE_TAG: &[u8] = b"minhchung/private/1\0";

/// A SHA-256 digest; written as 64 lower-case hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Digest(pub [u8; 32]);

impl Digest {
    /// SHA-256 over the concatenation of `parts`.
    pub fn of(parts: &[&[u8]]) -> Self {
        let mut hasher = Sha256::new();
        for part in parts {
            hasher.update(part);
        }
        Self(hasher.finalize().into())
    }

    pub fn parse(text: &str) -> Option<Self> {
        let mut bytes = [0; 32];
        hex::decode_to_slice(text, &mut bytes).ok()?;
        Some(Self(bytes))
    }

    /// Its hexadecimal digits: an entry lists many, and memory for each would cost more than they do.
    fn digits<'d>(&self, digits: &'d mut [u8; 64]) -> &'d str {
        // Two digits for each of 32 bytes always fit, and are ASCII.
        let _ = hex::encode_to_slice(self.0, digits);
        std::str::from_utf8(digits).unwrap_or_default()
    }
}

impl std::fmt::Display for Digest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut digits = [0; 64];
        f.write_str(self.digits(&mut digits))
    }
}

impl std::fmt::Debug for Digest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        std::fmt::Display::fmt(self, f)
    }
}

impl Serialize for Digest {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.digits(&mut [0; 64]))
    }
}

impl<'de> Deserialize<'de> for Digest {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).ok_or_else(|| serde::de::Error::custom("not a SHA-256 digest"))
    }
}

/// 128 random bits: without them, the digest of a short body could be guessed after the body is gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Salt(pub [u8; 16]);

/// The digest under which an entry lists a document: domain tag, salt, canonical body.
pub fn document_digest(salt: &Salt, body: &[u8]) -> Digest {
    Digest::of(&[DOCUMENT_TAG, &salt.0, body])
}

/// The digest of the private part of an entry.
pub fn private_digest(salt: &Salt, body: &[u8]) -> Digest {
    Digest::of(&[PRIVATE_TAG, &salt.0, body])
}

/// The hash of an entry, from the canonical bytes of its header.
pub fn entry_hash(header: &[u8]) -> Digest {
    Digest::of(&[ENTRY_TAG, header])
}

/// An entry of another stream that a decision read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Basis {
    pub stream: StreamId,
    #[serde(with = "decimal_u64")]
    pub number: u64,
    pub hash: Digest,
}

/// One line of the header's list of documents.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct ListedDocument {
    pub collection: String,
    pub id: String,
    pub digest: Digest,
}

/// What an entry's hash covers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Header {
    /// [`FORMAT`]
    pub v: u32,
    pub stream: StreamId,
    /// 1 for the first entry of a stream.
    #[serde(with = "decimal_u64")]
    pub number: u64,
    /// Hash of entry `number - 1`; absent for the first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub previous: Option<Digest>,
    /// Instant of the decision, RFC 3339 in UTC with milliseconds.
    pub at: String,
    /// By how many whole seconds the clock that told `at` was set apart from the machine's, as in a demonstration;
    /// absent for the machine's own time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clock: Option<String>,
    /// Login of who acted, or `system`.
    pub actor: String,
    /// The role in which the actor acted.
    pub role: String,
    pub command: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub basis: Vec<Basis>,
    /// Random, one per attempt: its presence proves that the attempt was applied.
    pub attempt: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub private: Option<Digest>,
    /// Sorted by collection and id.
    pub documents: Vec<ListedDocument>,
}

/// 64-bit integers are strings in hashed documents.
pub mod decimal_u64 {
    use serde::{Deserialize, Deserializer, Serializer};

    pub fn serialize<S: Serializer>(value: &u64, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(value)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
        String::deserialize(deserializer)?
            .parse()
            .map_err(serde::de::Error::custom)
    }
}

/// The private part of an entry: what may have to be redacted one day.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Private {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub names: BTreeMap<String, String>,
}

impl Private {
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// Bytes with the salt of their digest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sealed {
    pub salt: Salt,
    pub body: Bytes,
}

/// An entry ready to be written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SealedEntry {
    pub number: u64,
    pub at_ms: i64,
    pub attempt: String,
    pub hash: Digest,
    /// Canonical bytes of the [`Header`].
    pub header: Bytes,
    pub private: Option<Sealed>,
}

impl SealedEntry {
    /// Seals a header: fills in the digests of the puts and of the private part, and hashes it.
    ///
    /// # Errors
    /// When something has no canonical form, which is a mistake in the program.
    pub fn seal(mut header: Header, at_ms: i64, private: Option<Sealed>, puts: &[Put]) -> Result<Self, CanonicalError> {
        header.documents = puts
            .iter()
            .map(|put| ListedDocument {
                collection: put.collection.name.to_owned(),
                id: put.id.clone(),
                digest: document_digest(&put.salt, &put.body),
            })
            .collect();
        header.documents.sort();
        header.private = private.as_ref().map(|part| private_digest(&part.salt, &part.body));
        let bytes = to_canonical(&header)?;
        Ok(Self {
            number: header.number,
            at_ms,
            attempt: header.attempt,
            hash: entry_hash(&bytes),
            header: bytes.into(),
            private,
        })
    }
}

/// A document as an entry carries it; the body is absent once it has been redacted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EntryDocument {
    pub collection: String,
    pub id: String,
    pub salt: Salt,
    pub body: Option<Bytes>,
}

/// An entry as it is stored, with everything it wrote.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EntryRecord {
    pub stream: StreamId,
    pub number: u64,
    pub at_ms: i64,
    pub attempt: String,
    pub hash: Digest,
    pub header: Bytes,
    pub private: Option<Sealed>,
    /// In the order of the header's list.
    pub documents: Vec<EntryDocument>,
}

impl EntryRecord {
    /// Reads the header.
    pub fn header(&self) -> Result<Header, serde_json::Error> {
        serde_json::from_slice(&self.header)
    }
}

/// A put from a typed value.
pub fn put(
    collection: &'static Collection,
    id: String,
    body: Vec<u8>,
    salt: Salt,
    fields: impl IntoIterator<Item = (&'static str, FieldValue)>,
) -> Put {
    let fields = fields
        .into_iter()
        .filter(|(_, value)| *value != FieldValue::Absent)
        .collect::<BTreeMap<_, _>>();
    for name in fields.keys() {
        let _ = collection.field(name);
    }
    Put {
        collection,
        id,
        body: body.into(),
        salt,
        fields,
    }
}
