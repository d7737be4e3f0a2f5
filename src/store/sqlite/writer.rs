//! The writer: one thread, one transaction for all changesets that are waiting, one fsync.
//!
//! Whether a number is taken is seen before anything is written, so that it costs only the changeset that came second.
//! After any error the writer looks whether the transaction still stands: a full disk rolls back all of it, and then the
//! whole batch has failed. Where it stands with a changeset half written, it is rolled back and each changeset gets a
//! transaction of its own. (A savepoint each would do the same, but SQLite then copies every page before it changes it,
//! which cost a quarter of the writer's time.) An error from COMMIT leaves the outcome unknown to all of the batch, and
//! nothing is written any more.

use std::collections::HashMap;
use std::sync::Arc;

use rusqlite::Connection;
use rusqlite::types::{ToSqlOutput, ValueRef};
use tokio::sync::{Notify, mpsc, oneshot, watch};

use super::schema::{documents_of, table_name};
use super::unavailable;
use crate::store::{ChangeSet, Collection, CommitError, FieldValue, Put, StoreError};

/// Most changesets of one transaction.
const BATCH_CHANGES: usize = 128;
/// Most bytes of bodies of one transaction (4 MiB): a reader's snapshot and the WAL stay small.
const BATCH_BYTES: usize = 4 * 1024 * 1024;
/// Changesets that may wait; more wait outside, in their tasks.
const QUEUE: usize = 256;

struct Waiting {
    change: ChangeSet,
    answer: oneshot::Sender<Result<(), CommitError>>,
}

/// The hand of the writer thread.
pub struct Writer {
    queue: mpsc::Sender<Waiting>,
    /// Becomes true, once and for ever, when the disk has failed or the thread has ended.
    pub broken: Arc<watch::Sender<bool>>,
    /// Notified after each transaction.
    pub committed: Arc<Notify>,
}

impl Writer {
    pub fn start(connection: Connection) -> Result<Self, StoreError> {
        let (queue, waiting) = mpsc::channel(QUEUE);
        let broken = Arc::new(watch::Sender::new(false));
        let committed = Arc::new(Notify::new());
        let (flag, notify) = (Arc::clone(&broken), Arc::clone(&committed));
        std::thread::Builder::new()
            .name("sqlite-writer".to_owned())
            .spawn(move || {
                // Also when the thread panics: without it nothing can be written.
                let end = BrokenAtEnd(flag);
                write_all(&connection, waiting, &end.0, &notify);
            })
            .map_err(unavailable)?;
        Ok(Self {
            queue,
            broken,
            committed,
        })
    }

    pub async fn commit(&self, change: ChangeSet) -> Result<(), CommitError> {
        let (answer, answered) = oneshot::channel();
        let stopped = || CommitError::NotApplied("the writer has stopped".into());
        self.queue
            .send(Waiting { change, answer })
            .await
            .map_err(|_| stopped())?;
        // The thread answers everything it has taken, unless it panicked in the middle.
        answered
            .await
            .unwrap_or_else(|_| Err(CommitError::Unknown("the writer stopped in the middle".into())))
    }
}

struct BrokenAtEnd(Arc<watch::Sender<bool>>);

impl Drop for BrokenAtEnd {
    fn drop(&mut self) {
        self.0.send_replace(true);
    }
}

fn write_all(
    connection: &Connection,
    mut waiting: mpsc::Receiver<Waiting>,
    broken: &watch::Sender<bool>,
    notify: &Notify,
) {
    let mut left_over = None;
    let mut statements = Statements::default();
    while let Some(first) = left_over.take().or_else(|| waiting.blocking_recv()) {
        let mut bytes = size(&first.change);
        let mut batch = vec![first];
        while batch.len() < BATCH_CHANGES {
            let Ok(next) = waiting.try_recv() else { break };
            bytes += size(&next.change);
            if bytes > BATCH_BYTES {
                left_over = Some(next);
                break;
            }
            batch.push(next);
        }
        if *broken.borrow() {
            answer_all(batch, || CommitError::NotApplied("the disk failed before".into()));
            continue;
        }
        write_batch(connection, batch, broken, &mut statements);
        notify.notify_waiters();
    }
}

fn size(change: &ChangeSet) -> usize {
    change.puts.iter().map(|put| put.body.len()).sum::<usize>() + change.entry.header.len()
}

fn answer_all(batch: Vec<Waiting>, error: impl Fn() -> CommitError) {
    for one in batch {
        // Whoever asked may have gone away.
        let _ = one.answer.send(Err(error()));
    }
}

fn not_applied(error: &rusqlite::Error) -> CommitError {
    CommitError::NotApplied(error.to_string().into())
}

fn is_full(error: &rusqlite::Error) -> bool {
    error.sqlite_error_code() == Some(rusqlite::ErrorCode::DiskFull)
}

/// Ends the transaction if it still stands.
fn roll_back(connection: &Connection) {
    if !connection.is_autocommit() {
        // A failure here leaves a transaction that no COMMIT follows; the next BEGIN fails, and so do all commits.
        let _ = connection.execute_batch("ROLLBACK");
    }
}

/// What became of a changeset within the transaction.
type Applied = Result<(), CommitError>;

fn write_batch(
    connection: &Connection,
    batch: Vec<Waiting>,
    broken: &watch::Sender<bool>,
    statements: &mut Statements,
) {
    if let Err(error) = connection.execute_batch("BEGIN IMMEDIATE") {
        answer_all(batch, || not_applied(&error));
        return;
    }
    let mut outcomes: Vec<Applied> = Vec::with_capacity(batch.len());
    for one in &batch {
        match apply(connection, &one.change, statements) {
            Ok(outcome) => outcomes.push(outcome),
            Err(error) if connection.is_autocommit() || batch.len() == 1 => {
                // The transaction is gone, and with it everything that this batch has written.
                roll_back(connection);
                answer_all(batch, || not_applied(&error));
                return;
            }
            Err(_) => {
                roll_back(connection);
                for one in batch {
                    write_batch(connection, vec![one], broken, statements);
                }
                return;
            }
        }
    }
    if let Err(error) = connection.execute_batch("COMMIT") {
        if is_full(&error) {
            // Nothing is valid in the log before the last frame is whole, and that frame could not be written.
            roll_back(connection);
            answer_all(batch, || not_applied(&error));
            return;
        }
        broken.send_replace(true);
        roll_back(connection);
        answer_all(batch, || CommitError::Unknown(error.to_string().into()));
        return;
    }
    let changes = outcomes.iter().filter(|outcome| outcome.is_ok()).count();
    tracing::trace!(changes, "committed");
    for (one, outcome) in batch.into_iter().zip(outcomes) {
        let _ = one.answer.send(outcome);
    }
}

/// Writes a changeset, unless its number is taken. After an error some of it may have been written.
fn apply(connection: &Connection, change: &ChangeSet, statements: &mut Statements) -> rusqlite::Result<Applied> {
    let number = change.expected + 1;
    if last_number(connection, change)? != change.expected {
        return Ok(Err(CommitError::Taken {
            stream: change.stream.clone(),
            number,
        }));
    }
    insert(connection, change, number, statements).map(Ok)
}

/// The number of the stream's last entry; 0 for a new stream.
fn last_number(connection: &Connection, change: &ChangeSet) -> rusqlite::Result<u64> {
    connection
        .prepare_cached("SELECT coalesce(max(number), 0) FROM journal_entry WHERE stream = ?1")?
        .query_row([change.stream.as_str()], |row| row.get::<_, i64>(0))
        .map(i64::cast_unsigned)
}

/// The texts of the statements that write documents, by collection: long, and needed for every document.
#[derive(Default)]
struct Statements(HashMap<&'static str, Writing>);

struct Writing {
    /// Writes a new body where no projected field changes: no index is touched then, although its columns are the same.
    same_fields: String,
    /// Writes a document, new or not.
    upsert: String,
}

impl Statements {
    fn of(&mut self, collection: &'static Collection) -> &Writing {
        self.0.entry(collection.name).or_insert_with(|| Writing {
            same_fields: same_fields(collection),
            upsert: upsert(collection),
        })
    }
}

fn same_fields(collection: &Collection) -> String {
    let fields = collection.fields.iter().zip(6..);
    let same: String = fields
        .map(|(field, place)| format!(" AND f_{} IS ?{place}", field.name))
        .collect();
    format!(
        "UPDATE {} SET version = ?3, salt = ?4, body = ?5 WHERE stream = ?1 AND id = ?2{same}",
        table_name(collection)
    )
}

fn upsert(collection: &Collection) -> String {
    let fields = collection.fields;
    let columns: String = fields.iter().map(|field| format!(", f_{}", field.name)).collect();
    let places: String = (0..fields.len()).map(|index| format!(", ?{}", index + 6)).collect();
    let updates: String = fields
        .iter()
        .map(|field| format!(", f_{0} = excluded.f_{0}", field.name))
        .collect();
    format!(
        "INSERT INTO {} (stream, id, version, salt, body{columns}) VALUES (?1, ?2, ?3, ?4, ?5{places}) \
         ON CONFLICT (stream, id) DO UPDATE SET version = excluded.version, salt = excluded.salt, \
         body = excluded.body{updates}",
        table_name(collection)
    )
}

fn insert(
    connection: &Connection,
    change: &ChangeSet,
    number: u64,
    statements: &mut Statements,
) -> rusqlite::Result<()> {
    let private = change.entry.private.as_ref();
    connection
        .prepare_cached(
            "INSERT INTO journal_entry (stream, number, at_ms, attempt, hash, header, private_salt, private_body) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
        )?
        .execute((
            change.stream.as_str(),
            number.cast_signed(),
            change.entry.at_ms,
            &change.entry.attempt,
            change.entry.hash.0.as_slice(),
            change.entry.header.as_ref(),
            private.map(|part| part.salt.0.as_slice()),
            private.map(|part| part.body.as_ref()),
        ))?;
    let position = connection.last_insert_rowid();
    let mut puts: Vec<&Put> = change.puts.iter().collect();
    // The order of the header's list.
    puts.sort_by(|a, b| (a.collection.name, &a.id).cmp(&(b.collection.name, &b.id)));
    for (document, put) in documents_of(position).zip(puts) {
        connection
            .prepare_cached(
                "INSERT INTO journal_document (document, collection, id, salt, body) VALUES (?1, ?2, ?3, ?4, ?5)",
            )?
            .execute((
                document,
                put.collection.name,
                &put.id,
                put.salt.0.as_slice(),
                put.body.as_ref(),
            ))?;
        write_document(connection, change, number, put, statements)?;
    }
    Ok(())
}

fn write_document(
    connection: &Connection,
    change: &ChangeSet,
    number: u64,
    put: &Put,
    statements: &mut Statements,
) -> rusqlite::Result<()> {
    let projected = |name| match put.fields.get(name) {
        Some(FieldValue::Integer(value)) => ValueRef::Integer(*value),
        Some(FieldValue::Text(value)) => ValueRef::Text(value.as_bytes()),
        Some(FieldValue::Absent) | None => ValueRef::Null,
    };
    let values = [
        ValueRef::Text(change.stream.as_str().as_bytes()),
        ValueRef::Text(put.id.as_bytes()),
        ValueRef::Integer(number.cast_signed()),
        ValueRef::Blob(&put.salt.0),
        ValueRef::Blob(&put.body),
    ];
    let fields = put.collection.fields.iter().map(|field| projected(field.name));
    let values: Vec<ValueRef<'_>> = values.into_iter().chain(fields).collect();
    let write = |text: &str| {
        let values = values.iter().copied().map(ToSqlOutput::Borrowed);
        connection
            .prepare_cached(text)?
            .execute(rusqlite::params_from_iter(values))
    };
    let statements = statements.of(put.collection);
    if write(&statements.same_fields)? == 0 {
        write(&statements.upsert)?;
    }
    Ok(())
}
