//! Reading: a bounded pool of connections, and the questions themselves.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use rusqlite::types::Value;
use rusqlite::{Connection, OptionalExtension as _, Row};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::schema::{documents_of, table_name};
use super::{Place, connect, sql, unavailable};
use crate::store::entry::{EntryDocument, Sealed};
use crate::store::query::Cursor;
use crate::store::{
    Digest, EntryRecord, FieldValue, Head, Key, MAX_GET_KEYS, MAX_PAGE, Page, Query, Salt, StoreError, StoredDocument,
    StreamId, TailPosition,
};

/// Reading connections: twice the two cores that a small server has, so that a slow page does not stop the others.
const CONNECTIONS: usize = 8;
/// How long a reading waits for a connection (10 s) before the answer is UNAVAILABLE.
const WAIT: Duration = Duration::from_secs(10);

/// Connections that are not in use.
pub struct ReadPool {
    free: Mutex<Vec<Connection>>,
    permits: Arc<Semaphore>,
}

/// A connection that goes back to the pool, outside any transaction.
pub struct PooledConnection {
    connection: Option<Connection>,
    pool: Arc<ReadPool>,
    _permit: OwnedSemaphorePermit,
}

impl ReadPool {
    pub fn open(place: &Place) -> Result<Self, StoreError> {
        let free = (0..CONNECTIONS)
            .map(|_| connect(place, true))
            .collect::<Result<_, _>>()?;
        Ok(Self {
            free: Mutex::new(free),
            permits: Arc::new(Semaphore::new(CONNECTIONS)),
        })
    }

    pub async fn take(self: &Arc<Self>) -> Result<PooledConnection, StoreError> {
        let waiting = tokio::time::timeout(WAIT, Arc::clone(&self.permits).acquire_owned());
        let permit = waiting.await.map_err(unavailable)?.map_err(unavailable)?;
        let connection = self
            .free
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
            .pop();
        Ok(PooledConnection {
            connection,
            pool: Arc::clone(self),
            _permit: permit,
        })
    }
}

impl PooledConnection {
    pub fn get(&self) -> &Connection {
        self.connection
            .as_ref()
            .expect("a permit stands for a connection until the drop")
    }
}

impl Drop for PooledConnection {
    fn drop(&mut self) {
        if let Some(connection) = self.connection.take() {
            if !connection.is_autocommit() {
                // Ending a read transaction cannot fail in a way that matters: nothing was written.
                let _ = connection
                    .prepare_cached("ROLLBACK")
                    .and_then(|mut statement| statement.execute([]));
            }
            self.pool
                .free
                .lock()
                .unwrap_or_else(std::sync::PoisonError::into_inner)
                .push(connection);
        }
    }
}

fn salt(bytes: Vec<u8>) -> rusqlite::Result<Salt> {
    bytes.try_into().map(Salt).map_err(|_| rusqlite::Error::InvalidQuery)
}

fn stored(row: &Row<'_>) -> rusqlite::Result<StoredDocument> {
    let stream: String = row.get(0)?;
    Ok(StoredDocument {
        stream: StreamId::parse(&stream).ok_or(rusqlite::Error::InvalidQuery)?,
        id: row.get(1)?,
        version: row.get::<_, i64>(2)?.cast_unsigned(),
        salt: salt(row.get(3)?)?,
        body: Bytes::from(row.get::<_, Vec<u8>>(4)?),
    })
}

fn field(value: Value) -> FieldValue {
    match value {
        Value::Integer(number) => FieldValue::Integer(number),
        Value::Text(text) => FieldValue::Text(text),
        Value::Null | Value::Real(_) | Value::Blob(_) => FieldValue::Absent,
    }
}

pub fn get_many(connection: &Connection, keys: &[Key]) -> Result<Vec<Option<StoredDocument>>, StoreError> {
    if keys.len() > MAX_GET_KEYS {
        return Err(StoreError::Corrupt(format!("{} keys in one reading", keys.len())));
    }
    let mut found = Vec::with_capacity(keys.len());
    for keys in keys.chunk_by(|one, next| one.collection.name == next.collection.name) {
        let text = format!(
            "SELECT stream, id, version, salt, body FROM {} WHERE stream = ?1 AND id = ?2",
            table_name(keys[0].collection)
        );
        let mut statement = connection.prepare_cached(&text).map_err(unavailable)?;
        for key in keys {
            let row = statement.query_row((key.stream.as_str(), &key.id), stored);
            found.push(row.optional().map_err(unavailable)?);
        }
    }
    Ok(found)
}

pub fn find(connection: &Connection, query: &Query) -> Result<Page, StoreError> {
    let question = sql::find(query);
    let mut statement = connection.prepare_cached(&question.text).map_err(unavailable)?;
    let mut documents = statement
        .query_map(rusqlite::params_from_iter(question.values), |row| {
            let document = stored(row)?;
            let value = field(row.get(5)?);
            let cursor = Cursor {
                value,
                stream: document.stream.clone(),
                id: document.id.clone(),
            };
            Ok((document, cursor))
        })
        .and_then(Iterator::collect::<rusqlite::Result<Vec<_>>>)
        .map_err(unavailable)?;
    let limit = sql::page_limit(query);
    let more = documents.len() > limit;
    documents.truncate(limit);
    if query.backwards {
        documents.reverse();
    }
    Ok(Page { documents, more })
}

pub fn count(connection: &Connection, query: &Query) -> Result<u64, StoreError> {
    let question = sql::count(query);
    let mut statement = connection.prepare_cached(&question.text).map_err(unavailable)?;
    statement
        .query_row(rusqlite::params_from_iter(question.values), |row| row.get::<_, i64>(0))
        .map(i64::cast_unsigned)
        .map_err(unavailable)
}

pub fn count_by(connection: &Connection, query: &Query, name: &str) -> Result<Vec<(FieldValue, u64)>, StoreError> {
    let question = sql::count_by(query, name);
    let mut statement = connection.prepare_cached(&question.text).map_err(unavailable)?;
    statement
        .query_map(rusqlite::params_from_iter(question.values), |row| {
            Ok((field(row.get(0)?), row.get::<_, i64>(1)?.cast_unsigned()))
        })
        .and_then(Iterator::collect)
        .map_err(unavailable)
}

fn digest(bytes: Vec<u8>) -> rusqlite::Result<Digest> {
    bytes.try_into().map(Digest).map_err(|_| rusqlite::Error::InvalidQuery)
}

pub fn head(connection: &Connection, stream: &StreamId) -> Result<Option<Head>, StoreError> {
    connection
        .prepare_cached("SELECT number, hash, at_ms FROM journal_entry WHERE stream = ?1 ORDER BY number DESC LIMIT 1")
        .and_then(|mut statement| {
            statement
                .query_row([stream.as_str()], |row| {
                    Ok(Head {
                        number: row.get::<_, i64>(0)?.cast_unsigned(),
                        hash: digest(row.get(1)?)?,
                        at_ms: row.get(2)?,
                    })
                })
                .optional()
        })
        .map_err(unavailable)
}

pub fn heads(
    connection: &Connection,
    after: Option<&StreamId>,
    limit: usize,
) -> Result<Vec<(StreamId, Head)>, StoreError> {
    let mut found = Vec::new();
    let mut last = after.map_or(String::new(), |stream| stream.as_str().to_owned());
    let mut statement = connection
        .prepare_cached("SELECT stream FROM journal_entry WHERE stream > ?1 ORDER BY stream LIMIT 1")
        .map_err(unavailable)?;
    while found.len() < limit.min(MAX_PAGE) {
        let next: Option<String> = statement
            .query_row([&last], |row| row.get(0))
            .optional()
            .map_err(unavailable)?;
        let Some(name) = next else { break };
        let stream = StreamId::parse(&name).ok_or_else(|| StoreError::Corrupt(format!("stream {name:?}")))?;
        if let Some(head) = head(connection, &stream)? {
            found.push((stream, head));
        }
        last = name;
    }
    Ok(found)
}

pub fn entries(
    connection: &Connection,
    stream: &StreamId,
    from: u64,
    limit: usize,
) -> Result<Vec<EntryRecord>, StoreError> {
    let mut statement = connection
        .prepare_cached(
            "SELECT position, number, at_ms, attempt, hash, header, private_salt, private_body FROM journal_entry \
             WHERE stream = ?1 AND number >= ?2 ORDER BY number LIMIT ?3",
        )
        .map_err(unavailable)?;
    let limit = i64::try_from(limit.min(MAX_PAGE)).unwrap_or(i64::MAX);
    let rows = statement
        .query_map((stream.as_str(), from.cast_signed(), limit), |row| {
            let private = match (row.get::<_, Option<Vec<u8>>>(6)?, row.get::<_, Option<Vec<u8>>>(7)?) {
                (Some(bytes), Some(body)) => Some(Sealed {
                    salt: salt(bytes)?,
                    body: body.into(),
                }),
                _ => None,
            };
            let record = EntryRecord {
                stream: stream.clone(),
                number: row.get::<_, i64>(1)?.cast_unsigned(),
                at_ms: row.get(2)?,
                attempt: row.get(3)?,
                hash: digest(row.get(4)?)?,
                header: row.get::<_, Vec<u8>>(5)?.into(),
                private,
                documents: Vec::new(),
            };
            Ok((row.get::<_, i64>(0)?, record))
        })
        .and_then(Iterator::collect::<rusqlite::Result<Vec<_>>>)
        .map_err(unavailable)?;
    rows.into_iter()
        .map(|(position, record)| {
            Ok(EntryRecord {
                documents: carried(connection, position)?,
                ..record
            })
        })
        .collect()
}

fn carried(connection: &Connection, position: i64) -> Result<Vec<EntryDocument>, StoreError> {
    let mut statement = connection
        .prepare_cached(
            "SELECT collection, id, salt, body FROM journal_document WHERE document >= ?1 AND document < ?2 ORDER BY document",
        )
        .map_err(unavailable)?;
    let numbers = documents_of(position);
    statement
        .query_map([numbers.start, numbers.end], |row| {
            Ok(EntryDocument {
                collection: row.get(0)?,
                id: row.get(1)?,
                salt: salt(row.get(2)?)?,
                body: row.get::<_, Option<Vec<u8>>>(3)?.map(Bytes::from),
            })
        })
        .and_then(Iterator::collect)
        .map_err(unavailable)
}

pub fn tail(
    connection: &Connection,
    after: i64,
    limit: usize,
) -> Result<Vec<(TailPosition, StreamId, u64)>, StoreError> {
    let mut statement = connection
        .prepare_cached(
            "SELECT position, stream, number FROM journal_entry WHERE position > ?1 ORDER BY position LIMIT ?2",
        )
        .map_err(unavailable)?;
    let limit = i64::try_from(limit.min(MAX_PAGE)).unwrap_or(i64::MAX);
    statement
        .query_map((after, limit), |row| {
            let stream: String = row.get(1)?;
            let stream = StreamId::parse(&stream).ok_or(rusqlite::Error::InvalidQuery)?;
            Ok((
                TailPosition(row.get::<_, i64>(0)?.to_string()),
                stream,
                row.get::<_, i64>(2)?.cast_unsigned(),
            ))
        })
        .and_then(Iterator::collect)
        .map_err(unavailable)
}
