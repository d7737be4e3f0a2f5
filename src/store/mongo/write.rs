//! Committing: one multi-document transaction, acknowledged by a majority and its journals.
//!
//! The insertion of the entry under its number is the lock. A transaction that the server calls transient has certainly
//! not been applied and is tried again; a COMMIT without a known result is only ever repeated as a COMMIT.

use std::collections::BTreeMap;
use std::time::Duration;

use mongodb::bson::{Bson, Document, doc};
use mongodb::error::{Error, ErrorKind, TRANSIENT_TRANSACTION_ERROR, UNKNOWN_TRANSACTION_COMMIT_RESULT, WriteFailure};
use mongodb::options::{Acknowledgment, ReadConcern, TransactionOptions, WriteConcern};
use mongodb::{ClientSession, Database};

use super::patience::{Pauses, passes};
use super::read::binary;
use super::{JOURNAL, collection_name, filter};
use crate::store::{ChangeSet, CommitError, FieldValue, Put};

/// How often a COMMIT without a result is repeated.
const COMMIT_TRIES: u32 = 5;
/// Pause before a COMMIT is repeated, in milliseconds; it doubles with each.
const PAUSE_MS: u64 = 5;
/// Code of a duplicate key.
const DUPLICATE_KEY: i32 = 11000;

enum Failure {
    Taken,
    /// Certainly not applied; may be tried again.
    Transient(Error),
    NotApplied(Error),
    Unknown(Error),
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        if passes(&error) {
            return Self::Transient(error);
        }
        match *error.kind {
            ErrorKind::Write(WriteFailure::WriteError(ref write)) if write.code == DUPLICATE_KEY => Self::Taken,
            // Nothing is applied before the COMMIT.
            _ => Self::NotApplied(error),
        }
    }
}

/// Commits a changeset whose limits have been checked.
pub async fn commit(database: &Database, change: &ChangeSet) -> Result<(), CommitError> {
    let not_applied = |error: Error| CommitError::NotApplied(Box::new(error));
    // Under contention the second try already sees the taken number; during an election it takes seconds.
    let mut pauses = Pauses::begin();
    let mut session = loop {
        match database.client().start_session().await {
            Ok(session) => break session,
            Err(error) if passes(&error) && pauses.next().await => {}
            Err(error) => return Err(not_applied(error)),
        }
    };
    let statements = Statements::of(change);
    loop {
        let outcome = try_once(database, &mut session, &statements).await;
        if !matches!(outcome, Ok(()) | Err(Failure::Unknown(_))) {
            // The server forgets an aborted transaction by itself; the error that matters is the first.
            let _ = session.abort_transaction().await;
        }
        match outcome {
            Ok(()) => return Ok(()),
            Err(Failure::Taken) => {
                return Err(CommitError::Taken {
                    stream: change.stream.clone(),
                    number: change.expected + 1,
                });
            }
            Err(Failure::Transient(_)) if pauses.next().await => {}
            Err(Failure::Transient(error) | Failure::NotApplied(error)) => return Err(not_applied(error)),
            Err(Failure::Unknown(error)) => {
                forget(database, session);
                return Err(CommitError::Unknown(Box::new(error)));
            }
        }
    }
}

/// Has the server end what a transaction without a known result may still hold: it would keep everybody from its entry's
/// number, whoever finds out by writing too, until the server's own limit for transactions. What is committed stays.
fn forget(database: &Database, session: ClientSession) {
    let admin = database.client().database("admin");
    tokio::spawn(async move {
        let order = doc! { "killSessions": [session.id().clone()] };
        if let Err(error) = admin.run_command(order).await {
            tracing::warn!(error = %error, "a transaction without a known result could not be ended; its limit will do it");
        }
    });
}

/// What one transaction reads and writes: the driver's own words for a changeset.
pub struct Statements {
    /// The entry before, by its key; a first entry has none.
    pub previous: Option<Document>,
    pub entry: Document,
    /// One `update` command per collection.
    pub updates: Vec<Document>,
}

impl Statements {
    /// The statements of a changeset.
    pub fn of(change: &ChangeSet) -> Self {
        let previous = (change.expected > 0).then(|| {
            doc! {
                "_id": filter::entry_key(&change.stream, change.expected),
                "stream": change.stream.as_str(),
            }
        });
        let mut by_collection: BTreeMap<&str, Vec<Bson>> = BTreeMap::new();
        for put in &change.puts {
            let statement = doc! {
                // The stream too: where collections are sharded by it, this names the one shard.
                "q": { "_id": filter::key(&change.stream, &put.id), "stream": change.stream.as_str() },
                "u": document(change, put),
                "upsert": true,
            };
            let statements = by_collection.entry(put.collection.name).or_default();
            statements.push(statement.into());
        }
        let update = |(name, updates)| doc! { "update": collection_name(name), "updates": updates, "ordered": true };
        Self {
            previous,
            entry: entry(change),
            updates: by_collection.into_iter().map(update).collect(),
        }
    }

    /// How a transaction is begun, and what its COMMIT waits for.
    pub fn options() -> TransactionOptions {
        let durable = WriteConcern::builder()
            .w(Acknowledgment::Majority)
            .journal(true)
            .build();
        TransactionOptions::builder()
            .read_concern(ReadConcern::snapshot())
            .write_concern(durable)
            .build()
    }
}

async fn try_once(database: &Database, session: &mut ClientSession, statements: &Statements) -> Result<(), Failure> {
    session.start_transaction().with_options(Statements::options()).await?;
    let journal = database.collection::<Document>(JOURNAL);
    if let Some(previous) = &statements.previous {
        let known = journal
            .find_one(previous.clone())
            .projection(doc! { "_id": 1 })
            .session(&mut *session)
            .await?;
        if known.is_none() {
            // The number before does not exist: whoever asked has not read this stream.
            return Err(Failure::Taken);
        }
    }
    journal.insert_one(&statements.entry).session(&mut *session).await?;
    for update in &statements.updates {
        let reply = database.run_command(update.clone()).session(&mut *session).await?;
        if let Some(errors) = reply.get("writeErrors") {
            let name = update.get_str("update").unwrap_or_default();
            return Err(Failure::NotApplied(Error::custom(format!("writing {name}: {errors}"))));
        }
    }
    finish(session).await
}

async fn finish(session: &mut ClientSession) -> Result<(), Failure> {
    let mut pause = Duration::from_millis(PAUSE_MS);
    for left in (0..COMMIT_TRIES).rev() {
        match session.commit_transaction().await {
            Ok(()) => return Ok(()),
            Err(error) if error.contains_label(UNKNOWN_TRANSACTION_COMMIT_RESULT) && left > 0 => {
                tokio::time::sleep(pause).await;
                pause *= 2;
            }
            Err(error) if error.contains_label(UNKNOWN_TRANSACTION_COMMIT_RESULT) => {
                return Err(Failure::Unknown(error));
            }
            Err(error) if error.contains_label(TRANSIENT_TRANSACTION_ERROR) && left + 1 == COMMIT_TRIES => {
                return Err(Failure::Transient(error));
            }
            // After a COMMIT without a result, or one that failed for no known reason, nothing is certain.
            Err(error) => return Err(Failure::Unknown(error)),
        }
    }
    Err(Failure::Unknown(Error::custom("the commit was not answered")))
}

fn entry(change: &ChangeSet) -> Document {
    let entry = &change.entry;
    let mut puts: Vec<&Put> = change.puts.iter().collect();
    // The order of the header's list.
    puts.sort_by(|a, b| (a.collection.name, &a.id).cmp(&(b.collection.name, &b.id)));
    let documents: Vec<Document> = puts
        .into_iter()
        .map(|put| {
            doc! {
                "collection": put.collection.name,
                "id": &put.id,
                "salt": binary(&put.salt.0),
                "body": binary(&put.body),
            }
        })
        .collect();
    let number = change.expected + 1;
    let mut document = doc! {
        "_id": filter::entry_key(&change.stream, number),
        "stream": change.stream.as_str(),
        "number": number.cast_signed(),
        "at_ms": entry.at_ms,
        "attempt": &entry.attempt,
        "hash": binary(&entry.hash.0),
        "header": binary(&entry.header),
        "documents": documents,
    };
    if let Some(private) = &entry.private {
        document.insert("private_salt", binary(&private.salt.0));
        document.insert("private_body", binary(&private.body));
    }
    document
}

fn document(change: &ChangeSet, put: &Put) -> Document {
    let mut document = doc! {
        "_id": filter::key(&change.stream, &put.id),
        "stream": change.stream.as_str(),
        "version": (change.expected + 1).cast_signed(),
        "salt": binary(&put.salt.0),
        "body": binary(&put.body),
    };
    for (name, field) in &put.fields {
        if *field != FieldValue::Absent {
            document.insert(format!("f_{}", put.collection.field(name).name), filter::value(field));
        }
    }
    document
}
