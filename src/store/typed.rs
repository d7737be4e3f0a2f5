//! Types on top of the store, once: a [`Document`] knows its collection and its projected fields, and a [`Field`]
//! belongs to one document type, so that a query cannot be asked of the wrong one.

use std::marker::PhantomData;

use serde::{Serialize, de::DeserializeOwned};

use super::{
    Collection, Condition, Direction, FieldValue, Key, Order, Put, Query, Salt, StoreError, StoredDocument, StreamId,
    Window, body,
    canonical::{CanonicalError, to_canonical_with},
    entry::put,
};

/// A type that is stored as a document.
pub trait Document: Clone + PartialEq + Serialize + DeserializeOwned + Send + Sync + 'static {
    const COLLECTION: &'static Collection;
    /// Version of the body's layout; every past version stays readable through [`Document::upgrade`].
    const VERSION: u32 = 1;

    /// The id within collection and stream.
    fn id(&self) -> String;

    /// The projected fields; absent ones may be left out.
    fn fields(&self) -> Vec<(&'static str, FieldValue)>;

    /// Brings the JSON of an older version to the newest layout.
    fn upgrade(from: u32, raw: serde_json::Value) -> serde_json::Value {
        let _ = from;
        raw
    }

    /// The key of the document with that id.
    fn key(stream: &StreamId, id: impl Into<String>) -> Key {
        Key {
            collection: Self::COLLECTION,
            stream: stream.clone(),
            id: id.into(),
        }
    }

    /// A query over this collection.
    fn query() -> TypedQuery<Self>
    where
        Self: Sized,
    {
        TypedQuery {
            query: Query::of(Self::COLLECTION),
            marker: PhantomData,
        }
    }

    /// The body and fields as a put; the version goes into the body as `v`.
    fn to_put(&self, salt: Salt) -> Result<Put, CanonicalError>
    where
        Self: Sized,
    {
        Ok(put(
            Self::COLLECTION,
            self.id(),
            to_canonical_with(self, body::VERSION, Self::VERSION)?,
            salt,
            self.fields(),
        ))
    }

    /// Reads a body of any version.
    fn from_body(body: &[u8]) -> Result<Self, StoreError>
    where
        Self: Sized,
    {
        let corrupt = |error: serde_json::Error| StoreError::Corrupt(format!("{}: {error}", Self::COLLECTION.name));
        // Nearly everything is of the newest version and read in one pass; only the rest is taken apart first.
        if let Ok((value, version)) = body::read::<Self>(body)
            && version == Some(Self::VERSION)
        {
            return Ok(value);
        }
        let mut raw: serde_json::Value = serde_json::from_slice(body).map_err(corrupt)?;
        let version = raw
            .as_object_mut()
            .and_then(|members| members.remove(body::VERSION))
            .and_then(|v| v.as_u64())
            .and_then(|v| u32::try_from(v).ok())
            .ok_or_else(|| StoreError::Corrupt(format!("{}: no version", Self::COLLECTION.name)))?;
        if version > Self::VERSION {
            return Err(StoreError::Corrupt(format!(
                "{}: version {version} is newer than this program",
                Self::COLLECTION.name
            )));
        }
        let raw = if version < Self::VERSION {
            Self::upgrade(version, raw)
        } else {
            raw
        };
        serde_json::from_value(raw).map_err(corrupt)
    }
}

/// A document with the version and the stream it was read from.
#[derive(Clone, Debug)]
pub struct Versioned<T> {
    pub stream: StreamId,
    pub version: u64,
    pub value: T,
}

impl<T: Document> Versioned<T> {
    pub fn read(stored: &StoredDocument) -> Result<Self, StoreError> {
        Ok(Self {
            stream: stored.stream.clone(),
            version: stored.version,
            value: T::from_body(&stored.body)?,
        })
    }
}

impl<T> std::ops::Deref for Versioned<T> {
    type Target = T;
    fn deref(&self) -> &T {
        &self.value
    }
}

/// A declared field of one document type.
pub struct Field<D> {
    pub name: &'static str,
    marker: PhantomData<fn() -> D>,
}

impl<D: Document> Field<D> {
    pub const fn new(name: &'static str) -> Self {
        Self {
            name,
            marker: PhantomData,
        }
    }

    pub fn equal(&self, value: impl Into<FieldValue>) -> Filter<D> {
        Filter::new(Condition::Equal(self.name, value.into()))
    }

    pub fn one_of(&self, values: impl IntoIterator<Item = impl Into<FieldValue>>) -> Filter<D> {
        Filter::new(Condition::OneOf(
            self.name,
            values.into_iter().map(Into::into).collect(),
        ))
    }

    pub fn none_of(&self, values: impl IntoIterator<Item = impl Into<FieldValue>>) -> Filter<D> {
        Filter::new(Condition::NoneOf(
            self.name,
            values.into_iter().map(Into::into).collect(),
        ))
    }

    pub fn at_least(&self, value: impl Into<FieldValue>) -> Filter<D> {
        Filter::new(Condition::AtLeast(self.name, value.into()))
    }

    pub fn less_than(&self, value: impl Into<FieldValue>) -> Filter<D> {
        Filter::new(Condition::LessThan(self.name, value.into()))
    }
}

/// A condition on a field of one document type.
pub struct Filter<D> {
    condition: Condition,
    marker: PhantomData<fn() -> D>,
}

impl<D> Filter<D> {
    fn new(condition: Condition) -> Self {
        Self {
            condition,
            marker: PhantomData,
        }
    }
}

/// A query over one document type.
pub struct TypedQuery<D> {
    pub query: Query,
    marker: PhantomData<fn() -> D>,
}

impl<D> Clone for TypedQuery<D> {
    fn clone(&self) -> Self {
        Self {
            query: self.query.clone(),
            marker: PhantomData,
        }
    }
}

impl<D: Document> TypedQuery<D> {
    pub fn filter(mut self, filter: Filter<D>) -> Self {
        self.query.conditions.push(filter.condition);
        self
    }

    pub fn in_stream(mut self, stream: &StreamId) -> Self {
        self.query.stream = Some(stream.clone());
        self
    }

    pub fn order(mut self, field: &Field<D>, direction: Direction) -> Self {
        self.query.order = Some(Order {
            field: field.name,
            direction,
        });
        self
    }

    pub fn limit(mut self, limit: usize) -> Self {
        self.query.limit = limit;
        self
    }

    /// The page that is wanted.
    pub fn window(mut self, window: &Window) -> Self {
        self.query.after.clone_from(&window.after);
        self.query.before.clone_from(&window.before);
        self.query.backwards = window.backwards;
        self.limit(window.limit)
    }
}
