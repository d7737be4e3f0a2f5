//! The writer: one thread, one transaction for all changesets that are waiting, one fsync.
//!
//! Each changeset has its savepoint, so that a taken number costs only itself. After any error the writer looks
//! whether the transaction still stands: a full disk rolls back all of it, and then the whole batch has failed. Any other
//! error from COMMIT leaves the outcome unknown to all of the batch, and nothing is written any more.

use std::sync::Arc;

use rusqlite::Connection;
use rusqlite::types::Value;
use tokio::sync::{Notify, mpsc, oneshot, watch};

use super::schema::table_name;
use super::unavailable;
use crate::store::{ChangeSet, CommitError, FieldValue, Put, StoreError};

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
        write_batch(connection, batch, broken);
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

fn write_batch(connection: &Connection, batch: Vec<Waiting>, broken: &watch::Sender<bool>) {
    if let Err(error) = connection.execute_batch("BEGIN IMMEDIATE") {
        answer_all(batch, || not_applied(&error));
        return;
    }
    let mut outcomes = Vec::with_capacity(batch.len());
    for one in &batch {
        let outcome = write_one(connection, &one.change);
        if connection.is_autocommit() {
            // The transaction is gone, and with it everything that this batch has written.
            let cause = outcome
                .err()
                .map_or_else(|| "the transaction was rolled back".to_owned(), |e| e.to_string());
            answer_all(batch, || CommitError::NotApplied(cause.clone().into()));
            return;
        }
        outcomes.push(outcome);
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

fn write_one(connection: &Connection, change: &ChangeSet) -> Result<(), CommitError> {
    connection
        .execute_batch("SAVEPOINT one")
        .map_err(|error| not_applied(&error))?;
    let outcome = apply(connection, change);
    let end = match &outcome {
        Ok(()) => "RELEASE one",
        Err(_) if connection.is_autocommit() => return outcome,
        Err(_) => "ROLLBACK TO one; RELEASE one",
    };
    if let Err(error) = connection.execute_batch(end) {
        // What this changeset wrote can no longer be told from the rest: all of the batch goes.
        roll_back(connection);
        return Err(not_applied(&error));
    }
    outcome
}

fn apply(connection: &Connection, change: &ChangeSet) -> Result<(), CommitError> {
    let number = change.expected + 1;
    let head = super::read::head(connection, &change.stream)
        .map_err(|error| CommitError::NotApplied(error.to_string().into()))?;
    if head.map_or(0, |head| head.number) != change.expected {
        return Err(CommitError::Taken {
            stream: change.stream.clone(),
            number,
        });
    }
    let written = insert(connection, change, number);
    written.map_err(|error| not_applied(&error))
}

fn insert(connection: &Connection, change: &ChangeSet, number: u64) -> rusqlite::Result<()> {
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
    for (place, put) in (0i64..).zip(puts) {
        connection
            .prepare_cached(
                "INSERT INTO journal_document (position, place, collection, id, salt, body) \
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            )?
            .execute((
                position,
                place,
                put.collection.name,
                &put.id,
                put.salt.0.as_slice(),
                put.body.as_ref(),
            ))?;
        write_document(connection, change, number, put)?;
    }
    Ok(())
}

fn write_document(connection: &Connection, change: &ChangeSet, number: u64, put: &Put) -> rusqlite::Result<()> {
    let fields = put.collection.fields;
    let columns: String = fields.iter().map(|field| format!(", f_{}", field.name)).collect();
    let places: String = (0..fields.len()).map(|index| format!(", ?{}", index + 6)).collect();
    let updates: String = fields
        .iter()
        .map(|field| format!(", f_{0} = excluded.f_{0}", field.name))
        .collect();
    let text = format!(
        "INSERT INTO {} (stream, id, version, salt, body{columns}) VALUES (?1, ?2, ?3, ?4, ?5{places}) \
         ON CONFLICT (stream, id) DO UPDATE SET version = excluded.version, salt = excluded.salt, \
         body = excluded.body{updates}",
        table_name(put.collection)
    );
    let mut values = vec![
        Value::Text(change.stream.as_str().to_owned()),
        Value::Text(put.id.clone()),
        Value::Integer(number.cast_signed()),
        Value::Blob(put.salt.0.to_vec()),
        Value::Blob(put.body.to_vec()),
    ];
    values.extend(fields.iter().map(|field| match put.fields.get(field.name) {
        Some(FieldValue::Integer(value)) => Value::Integer(*value),
        Some(FieldValue::Text(text)) => Value::Text(text.clone()),
        Some(FieldValue::Absent) | None => Value::Null,
    }));
    connection
        .prepare_cached(&text)?
        .execute(rusqlite::params_from_iter(values))?;
    Ok(())
}
