//! Queries as MongoDB filters.
//!
//! A document's `_id` is `stream NUL id`: NUL sorts before everything, so that the order of `_id` is the order of
//! (stream, id), and one field serves as key, tie-break and range of a stream. Absent fields are missing, which MongoDB
//! indexes and compares as null, before numbers and text.

use std::collections::BTreeSet;

use mongodb::bson::{Bson, Document, doc};

use crate::store::query::{Condition, Cursor, Direction};
use crate::store::{FieldValue, MAX_PAGE, Query, StreamId};

/// Between stream and id in an `_id`.
const SEPARATOR: char = '\u{0}';

/// The `_id` of a document.
pub fn key(stream: &StreamId, id: &str) -> String {
    format!("{stream}{SEPARATOR}{id}")
}

/// Stream and id of an `_id`.
pub fn parse_key(key: &str) -> Option<(StreamId, &str)> {
    let (stream, id) = key.split_once(SEPARATOR)?;
    Some((StreamId::parse(stream)?, id))
}

/// The `_id` of an entry: of fixed width, so that the order of text is the order of numbers.
pub fn entry_key(stream: &StreamId, number: u64) -> String {
    key(stream, &format!("{number:020}"))
}

/// The least `_id` behind all of a stream.
pub fn behind_stream(stream: &StreamId) -> String {
    format!("{stream}\u{1}")
}

/// All `_id`s of a stream; its name too, which is the shard key.
pub fn within(stream: &StreamId) -> Document {
    doc! { "_id": { "$gte": key(stream, ""), "$lt": behind_stream(stream) }, "stream": stream.as_str() }
}

/// The documents with these `_id`s; their streams too, so that a router asks the shards that have them and no other.
pub fn with_keys(keys: &[String]) -> Document {
    let streams = keys.iter().filter_map(|key| key.split_once(SEPARATOR));
    let streams: BTreeSet<&str> = streams.map(|(stream, _)| stream).collect();
    let streams: Vec<&str> = streams.into_iter().collect();
    doc! { "_id": { "$in": keys }, "stream": { "$in": streams } }
}

/// The name of a projected field.
pub fn field_name(query: &Query, name: &str) -> String {
    format!("f_{}", query.collection.field(name).name)
}

/// A value as MongoDB keeps it.
pub fn value(field: &FieldValue) -> Bson {
    match field {
        FieldValue::Absent => Bson::Null,
        FieldValue::Integer(number) => Bson::Int64(*number),
        FieldValue::Text(text) => Bson::String(text.clone()),
    }
}

/// A value as the store's callers know it.
pub fn field_value(value: Option<&Bson>) -> FieldValue {
    match value {
        Some(Bson::Int64(number)) => FieldValue::Integer(*number),
        Some(Bson::Int32(number)) => FieldValue::Integer(i64::from(*number)),
        Some(Bson::String(text)) => FieldValue::Text(text.clone()),
        _ => FieldValue::Absent,
    }
}

/// What the query asks for, without order and cursor.
pub fn matching(query: &Query) -> Document {
    let mut all: Vec<Document> = query.stream.iter().map(within).collect();
    all.extend(query.conditions.iter().map(|one| condition(query, one)));
    joined(all)
}

/// What the query asks for, between its cursors, and only documents that have the order's field.
pub fn page(query: &Query) -> Document {
    let mut all = vec![matching(query)];
    if let Some(order) = query.order {
        all.push(doc! { field_name(query, order.field): { "$ne": Bson::Null } });
    }
    let after = query.after.as_ref();
    all.extend(after.map(|cursor| behind(query, cursor, query.direction())));
    let before = query.before.as_ref();
    all.extend(before.map(|cursor| behind(query, cursor, query.direction().reversed())));
    joined(all)
}

/// The order in which a page is read, with the tie-break.
pub fn order(query: &Query) -> Document {
    let sign = match query.reading() {
        Direction::Ascending => 1,
        Direction::Descending => -1,
    };
    match query.order {
        None => doc! { "_id": sign },
        Some(order) => doc! { field_name(query, order.field): sign, "_id": sign },
    }
}

/// How many documents a page may have.
pub fn page_limit(query: &Query) -> usize {
    query.limit.clamp(1, MAX_PAGE)
}

fn joined(all: Vec<Document>) -> Document {
    let mut all: Vec<Document> = all.into_iter().filter(|one| !one.is_empty()).collect();
    match all.len() {
        0 => Document::new(),
        1 => all.remove(0),
        _ => doc! { "$and": all },
    }
}

fn condition(query: &Query, condition: &Condition) -> Document {
    let values = |all: &[FieldValue]| all.iter().map(value).collect::<Vec<_>>();
    match condition {
        Condition::Equal(name, wanted) => doc! { field_name(query, name): { "$eq": value(wanted) } },
        Condition::OneOf(name, wanted) => doc! { field_name(query, name): { "$in": values(wanted) } },
        Condition::NoneOf(name, unwanted) => doc! { field_name(query, name): { "$nin": values(unwanted) } },
        Condition::AtLeast(name, least) => doc! { field_name(query, name): { "$gte": value(least) } },
        Condition::LessThan(name, bound) => doc! { field_name(query, name): { "$lt": value(bound) } },
    }
}

/// Everything behind a cursor in a direction: a range on the order's field, which an index answers, and then the residual.
fn behind(query: &Query, cursor: &Cursor, direction: Direction) -> Document {
    let place = key(&cursor.stream, &cursor.id);
    let (behind, from) = match direction {
        Direction::Ascending => ("$gt", "$gte"),
        Direction::Descending => ("$lt", "$lte"),
    };
    let Some(order) = query.order else {
        return doc! { "_id": { behind: place } };
    };
    let name = field_name(query, order.field);
    let bound = value(&cursor.value);
    doc! {
        &name: { from: &bound },
        "$or": [ { &name: { behind: bound.clone() } }, { "_id": { behind: place } } ],
    }
}
