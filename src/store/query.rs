//! The query language: conditions joined by *and*, one order with (stream, id) as the tie-break, keyset pages.
//!
//! Small on purpose: every query that can be asked can be answered from an index in both stores.

use std::collections::BTreeMap;
use std::ops::Range;

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

impl Direction {
    pub fn reversed(self) -> Self {
        match self {
            Self::Ascending => Self::Descending,
            Self::Descending => Self::Ascending,
        }
    }
}

/// One order field; (stream, id) break ties in the same direction. Documents without the field are not found: an
/// order over absent values would need an *or*, and no index answers that in order.
#[derive(Clone, Copy, Debug)]
pub struct Order {
    pub field: &'static str,
    pub direction: Direction,
}

/// A place in a list, between whose items pages begin and end: the order value (absent if the query has no order) and the tie-break.
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
    /// Only what comes behind this place in the order.
    pub after: Option<Cursor>,
    /// Only what comes before this place in the order.
    pub before: Option<Cursor>,
    /// The page is taken from the end of what is left instead of its beginning; it is in the order all the same. The same
    /// index answers, read the other way round.
    pub backwards: bool,
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
            before: None,
            backwards: false,
            limit: 25,
        }
    }

    /// The direction in which (stream, id) and the order's field run.
    pub fn direction(&self) -> Direction {
        self.order.map_or(Direction::Ascending, |order| order.direction)
    }

    /// The direction in which the page is read.
    pub fn reading(&self) -> Direction {
        match self.backwards {
            true => self.direction().reversed(),
            false => self.direction(),
        }
    }
}

/// Which page of a list is wanted: so many from its beginning or from its end, between two places.
#[derive(Clone, Debug)]
pub struct Window {
    /// Only what comes behind this place.
    pub after: Option<Cursor>,
    /// Only what comes before this place.
    pub before: Option<Cursor>,
    /// From the end.
    pub backwards: bool,
    pub limit: usize,
}

impl Window {
    /// The page behind a place, or the first one.
    pub fn behind(after: Option<Cursor>, limit: usize) -> Self {
        Self {
            after,
            before: None,
            backwards: false,
            limit,
        }
    }

    /// The page of a list whose items are numbered, with their numbers as places: the numbers of its items out of all
    /// numbers, and whether there is more in the direction of paging.
    pub fn of_numbers(&self, all: Range<u64>) -> (Range<u64>, bool) {
        let number = |cursor: &Option<Cursor>| match cursor.as_ref().map(|cursor| &cursor.value) {
            Some(FieldValue::Integer(number)) => Some(u64::try_from(*number).unwrap_or(0)),
            Some(FieldValue::Absent | FieldValue::Text(_)) | None => None,
        };
        let behind = |number: u64| number.saturating_add(1).clamp(all.start, all.end);
        let from = number(&self.after).map_or(all.start, behind);
        let to = number(&self.before).map_or(all.end, |number| number.clamp(from, all.end));
        let limit = u64::try_from(self.limit).unwrap_or(u64::MAX);
        let more = to - from > limit;
        match (more, self.backwards) {
            (false, _) => (from..to, false),
            (true, false) => (from..from + limit, true),
            (true, true) => (to - limit..to, true),
        }
    }
}

/// One page, with the cursor of each document.
#[derive(Clone, Debug, Default)]
pub struct Page {
    pub documents: Vec<(StoredDocument, Cursor)>,
    /// Whether there is more in the direction of reading: behind the page, or before it when it was taken from the end.
    pub more: bool,
}
