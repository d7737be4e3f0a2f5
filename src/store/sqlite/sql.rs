//! Queries as SQL. The keyset comparison is a row value, so that an index range answers it; never an OR. Several ranges
//! of one index are merged in order.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use rusqlite::types::Value;

use super::schema::table_name;
use crate::store::query::{Condition, Cursor, Direction};
use crate::store::{FieldValue, Index, MAX_PAGE, Query};

/// SQL text with the values of its parameters.
pub struct Statement {
    pub text: String,
    pub values: Vec<Value>,
}

impl Statement {
    fn bind(&mut self, value: Value) -> String {
        self.values.push(value);
        format!("?{}", self.values.len())
    }
}

/// A field's value as a parameter.
pub fn value(field: &FieldValue) -> Value {
    match field {
        FieldValue::Absent => Value::Null,
        FieldValue::Integer(number) => Value::Integer(*number),
        FieldValue::Text(text) => Value::Text(text.clone()),
    }
}

/// How many documents a page may have.
pub fn page_limit(query: &Query) -> usize {
    query.limit.clamp(1, MAX_PAGE)
}

/// Most values of a field whose ranges are merged; beyond, SQLite chooses. An assignment has at most so many scope keys.
const MAX_MERGED: usize = 64;

/// One page and one document more, to know whether something follows.
pub fn find(query: &Query) -> Statement {
    let mut statement = Statement {
        text: String::new(),
        values: Vec::new(),
    };
    let merged = merged_ranges(query);
    let order_column = query
        .order
        .map(|order| format!("f_{}", query.collection.field(order.field).name));
    let selected = order_column.as_deref().unwrap_or("NULL");
    let select = format!(
        "SELECT stream, id, version, salt, body, {selected} FROM {}",
        table_name(query.collection)
    );
    let rest = query.conditions.iter().enumerate();
    let rest = rest.filter(|(place, _)| merged.as_ref().is_none_or(|merged| merged.place != *place));
    let mut filters = conditions(query, rest.map(|(_, condition)| condition), &mut statement);
    filters.extend(order_column.as_ref().map(|column| format!("{column} IS NOT NULL")));
    for (cursor, direction) in [
        (&query.after, query.direction()),
        (&query.before, query.direction().reversed()),
    ] {
        if let Some(cursor) = cursor {
            filters.push(behind(cursor, order_column.as_deref(), direction, &mut statement));
        }
    }
    match merged {
        None => {
            statement.text.push_str(&select);
            push_filters(&mut statement, &filters);
        }
        Some(merged) => {
            for (index, one) in merged.values.into_iter().enumerate() {
                let condition = condition_text(query, &Condition::Equal(merged.field, one), &mut statement);
                statement.text.push_str(if index == 0 { "" } else { " UNION ALL " });
                statement.text.push_str(&select);
                let all: Vec<String> = std::iter::once(condition).chain(filters.iter().cloned()).collect();
                push_filters(&mut statement, &all);
            }
        }
    }
    let word = match query.reading() {
        Direction::Ascending => "ASC",
        Direction::Descending => "DESC",
    };
    statement.text.push_str(" ORDER BY ");
    if let Some(column) = &order_column {
        let _ = write!(statement.text, "{column} {word}, ");
    }
    let _ = write!(
        statement.text,
        "stream {word}, id {word} LIMIT {}",
        page_limit(query) + 1
    );
    statement
}

/// Values of one field whose index ranges are in the order asked, each by itself.
struct Merged {
    /// Which condition of the query they come from.
    place: usize,
    field: &'static str,
    values: Vec<FieldValue>,
}

/// A condition `one_of` between the equal ones and the order of an index: its ranges are merged as they are read, so
/// that a page costs a page however much lies in the other ranges. (SQLite itself would walk the whole order, or sort.)
fn merged_ranges(query: &Query) -> Option<Merged> {
    let order = query.order?;
    let equal = |name: &str| {
        let mut conditions = query.conditions.iter();
        conditions.any(|condition| matches!(condition, Condition::Equal(field, _) if *field == name))
    };
    let in_order = |name: &str| {
        let mut indexes = query.collection.indexes.iter();
        indexes.any(
            |Index {
                 fields: index, only, ..
             }| {
                let of_all = only.is_none_or(|(field, value)| asks_for(query, field, value));
                let Some(end) = index.iter().position(|field| *field == order.field) else {
                    return false;
                };
                of_all
                    && index[..end].contains(&name)
                    && index[..end].iter().all(|field| *field == name || equal(field))
            },
        )
    };
    let mut conditions = query.conditions.iter().enumerate();
    conditions.find_map(|(place, condition)| match condition {
        Condition::OneOf(field, values) => {
            let values: BTreeSet<FieldValue> = values.iter().cloned().collect();
            let fits = (2..=MAX_MERGED).contains(&values.len()) && in_order(field);
            fits.then(|| Merged {
                place,
                field,
                values: values.into_iter().collect(),
            })
        }
        _ => None,
    })
}

/// The number of matching documents.
pub fn count(query: &Query) -> Statement {
    let mut statement = Statement {
        text: format!("SELECT count(*) FROM {}", table_name(query.collection)),
        values: Vec::new(),
    };
    let filters = conditions(query, &query.conditions, &mut statement);
    push_filters(&mut statement, &filters);
    statement
}

/// The number of matching documents for each value of a field.
pub fn count_by(query: &Query, field: &str) -> Statement {
    let column = format!("f_{}", query.collection.field(field).name);
    let mut statement = Statement {
        text: format!("SELECT {column}, count(*) FROM {}", table_name(query.collection)),
        values: Vec::new(),
    };
    let filters = conditions(query, &query.conditions, &mut statement);
    push_filters(&mut statement, &filters);
    let _ = write!(statement.text, " GROUP BY {column} ORDER BY {column}");
    statement
}

fn push_filters(statement: &mut Statement, filters: &[String]) {
    if !filters.is_empty() {
        let _ = write!(statement.text, " WHERE {}", filters.join(" AND "));
    }
}

fn conditions<'a>(
    query: &Query,
    wanted: impl IntoIterator<Item = &'a Condition>,
    statement: &mut Statement,
) -> Vec<String> {
    let mut filters = Vec::new();
    if let Some(stream) = &query.stream {
        let parameter = statement.bind(Value::Text(stream.as_str().to_owned()));
        filters.push(format!("stream = {parameter}"));
    }
    for condition in wanted {
        filters.push(condition_text(query, condition, statement));
    }
    filters
}

fn condition_text(query: &Query, condition: &Condition, statement: &mut Statement) -> String {
    let column = |name: &str| format!("f_{}", query.collection.field(name).name);
    match condition {
        Condition::Equal(field, FieldValue::Absent) => format!("{} IS NULL", column(field)),
        // A plan is made without the values of parameters: an index of certain documents is used only where the text
        // itself says that none but those are asked for.
        Condition::Equal(field, FieldValue::Integer(wanted)) if has_index_of(query, field, *wanted) => {
            format!("{} = {wanted}", column(field))
        }
        Condition::Equal(field, wanted) => format!("{} = {}", column(field), statement.bind(value(wanted))),
        Condition::OneOf(field, wanted) => one_of(&column(field), wanted, statement),
        Condition::NoneOf(field, unwanted) => {
            let inner = one_of(&column(field), unwanted, statement);
            // A comparison with NULL is neither true nor false: absent values are kept unless they are unwanted.
            format!("({inner}) IS NOT TRUE")
        }
        Condition::AtLeast(field, least) => format!("{} >= {}", column(field), statement.bind(value(least))),
        Condition::LessThan(field, bound) => format!("{} < {}", column(field), statement.bind(value(bound))),
    }
}

/// Whether a query asks only for documents that have this value.
fn asks_for(query: &Query, field: &str, value: i64) -> bool {
    let wanted = FieldValue::Integer(value);
    let mut conditions = query.conditions.iter();
    conditions.any(|condition| matches!(condition, Condition::Equal(name, one) if *name == field && *one == wanted))
}

/// Whether an index holds just the documents that have this value.
fn has_index_of(query: &Query, field: &str, value: i64) -> bool {
    let mut indexes = query.collection.indexes.iter();
    indexes.any(|index| index.only == Some((field, value)))
}

fn one_of(column: &str, wanted: &[FieldValue], statement: &mut Statement) -> String {
    let present: Vec<String> = wanted
        .iter()
        .filter(|one| **one != FieldValue::Absent)
        .map(|one| statement.bind(value(one)))
        .collect();
    let listed = format!("{column} IN ({})", present.join(", "));
    if wanted.contains(&FieldValue::Absent) {
        format!("({listed} OR {column} IS NULL)")
    } else {
        listed
    }
}

/// Everything behind the cursor in a direction.
fn behind(cursor: &Cursor, order_column: Option<&str>, direction: Direction, statement: &mut Statement) -> String {
    let comparison = match direction {
        Direction::Ascending => ">",
        Direction::Descending => "<",
    };
    let stream = statement.bind(Value::Text(cursor.stream.as_str().to_owned()));
    let id = statement.bind(Value::Text(cursor.id.clone()));
    match order_column {
        None => format!("(stream, id) {comparison} ({stream}, {id})"),
        Some(column) => {
            let bound = statement.bind(value(&cursor.value));
            format!("({column}, stream, id) {comparison} ({bound}, {stream}, {id})")
        }
    }
}
