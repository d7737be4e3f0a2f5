//! The query language: conditions joined by *and*, one order with (stream, id) as the tie-break, keyset pages.
//!
//! Small on purpose: every query that can be asked can be answered from an index in both stores.

use std::collections::BTreeMap;

use super::{Collection, FieldValue, StoredDocument, StreamId};

/// A condition on one declared field, or on the stream.
#[derive(Clone, Debug)]
pub enum Condition {
    Equal(&'static str, FieldValue),
    OneOf(&'static str, Vec<FieldValue>),
    NoneOf(&'static str, Vec<FieldValue>),
    /// At least; absent values never match.
    AtLeast(&'static str, FieldValue),
    /// Less than; absent values never match.
    LessThan(&'static str, FieldValue),
}

/// The projected fields of a document that are not absent.
pub type Fields = BTreeMap<&'static str, FieldValue>;

impl Condition {
    /// Whether a document with these fields is meant.
    pub fn holds(&self, fields: &Fields) -> bool {
        let value = |name: &str| fields.get(name).unwrap_or(&FieldValue::Absent);
        match self {
            Self::Equal(name, wanted) => value(name) == wanted,
            Self::OneOf(name, wanted) => wanted.contains(value(name)),
            Self::NoneOf(name, unwanted) => !unwanted.contains(value(name)),
            Self::AtLeast(name, least) => *value(name) != FieldValue::Absent && value(name) >= least,
            Self::LessThan(name, bound) => *value(name) != FieldValue::Absent && value(name) < bound,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    Ascending,
    Descending,
}

/// One order field; (stream, id) break ties in the same direction. Documents without the field are not found: an
/// order over absent values would need an *or*, and no index answers that in order.
#[derive(Clone, Copy, Debug)]
pub struct Order {
    pub field: &'static str,
    pub direction: Direction,
}

/// The place after which a page begins: the order value (absent if the query has no order) and the tie-break.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Cursor {
    pub value: FieldValue,
    pub stream: StreamId,
    pub id: String,
}

/// A question to one collection.
#[derive(Clone, Debug)]
pub struct Query {
    pub collection: &'static Collection,
    /// Only documents of this stream.
    pub stream: Option<StreamId>,
    pub conditions: Vec<Condition>,
    /// Without an order: by (stream, id), ascending.
    pub order: Option<Order>,
    pub after: Option<Cursor>,
    /// 1 to [`super::MAX_PAGE`]; a store clamps it.
    pub limit: usize,
}

impl Query {
    /// Everything of a collection, in order of (stream, id), a page of 25.
    pub fn of(collection: &'static Collection) -> Self {
        Self {
            collection,
            stream: None,
            conditions: Vec::new(),
            order: None,
            after: None,
            limit: 25,
        }
    }
}

/// One page, with the cursor of each document.
#[derive(Clone, Debug, Default)]
pub struct Page {
    pub documents: Vec<(StoredDocument, Cursor)>,
    /// Whether something follows.
    pub more: bool,
}
