//! The feed of commits: what the journal holds, then its change stream.
//!
//! "From the beginning" takes the server's time first and then walks the journal; the change stream goes on from that time,
//! so that a commit during the walk is reported once too often rather than never. The walk reads what a majority holds, which
//! may lie behind: it waits until that has come to the time. (A change stream that is opened without a time begins behind
//! the newest write, whether a majority holds it or not, and what it left out a walk right after it did not see yet.) A
//! place that the server no longer knows starts again at the beginning.

use std::time::Duration;

use mongodb::Database;
use mongodb::bson::{Bson, Document, Timestamp, doc};
use mongodb::change_stream::event::{ChangeStreamEvent, ResumeToken};
use mongodb::error::{Error, ErrorKind};
use mongodb::options::SessionOptions;
use serde::{Deserialize, Serialize};
use tokio::time::Instant;

use super::patience::{self, Pauses};
use super::read::Reader;
use super::{JOURNAL, filter, start, unavailable};
use crate::store::{MAX_PAGE, StoreError, StreamId, TailPosition};

/// Codes for a place in the change stream that the server no longer holds.
const LOST: [i32; 3] = [136, 280, 286];

/// How long one question to the change stream waits. A server of 6.0 was seen to answer only at the end of the wait
/// although a transaction had been committed in it, so that the wait is short and repeated.
const AWAIT: Duration = Duration::from_millis(250);

/// How long one round waits at most: a server that is frozen meanwhile is noticed so much later than by any other reading.
const ROUND: Duration = Duration::from_secs(5);

type Commits = Vec<(TailPosition, StreamId, u64)>;

/// Where a reader of the feed stands.
#[derive(Serialize, Deserialize)]
enum Place {
    /// In the walk through the journal, behind an entry; the change stream goes on from a time of the server, its seconds
    /// and the number of the operation within them.
    Walk { from: (u32, u32), behind: String },
    /// Behind a change.
    Change(ResumeToken),
}

impl Place {
    fn position(&self) -> Result<TailPosition, StoreError> {
        serde_json::to_string(self).map(TailPosition).map_err(unavailable)
    }
}

enum Failure {
    Lost,
    Store(StoreError),
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        match *error.kind {
            ErrorKind::Command(ref command) if LOST.contains(&command.code) => Self::Lost,
            _ => Self::Store(unavailable(error)),
        }
    }
}

/// Commits after a position, in rounds of waiting until there are some. What fails for a passing reason is tried again as a
/// reading is; the position stands, so that nothing is left out.
pub async fn tail(
    database: &Database,
    after: Option<&TailPosition>,
    limit: usize,
    wait: Duration,
) -> Result<Commits, StoreError> {
    let deadline = Instant::now() + wait;
    let mut pauses = Pauses::until(deadline + patience::PATIENCE);
    loop {
        let left = deadline.saturating_duration_since(Instant::now());
        let round = left.min(ROUND);
        let (database, after) = (database.clone(), after.cloned());
        let work = async move { one_round(&database, after.as_ref(), limit, round).await };
        match patience::within(round + patience::ANSWER, work).await {
            Ok(found) if !found.is_empty() || round == left => return Ok(found),
            Ok(_) => {}
            Err(error) if patience::may_pass(&error) && pauses.next().await => {}
            Err(error) => return Err(error),
        }
    }
}

async fn one_round(
    database: &Database,
    after: Option<&TailPosition>,
    limit: usize,
    wait: Duration,
) -> Result<Commits, StoreError> {
    let place = after
        .map(|position| serde_json::from_str::<Place>(&position.0))
        .transpose()
        .map_err(|_| StoreError::Corrupt("not a position of this store".to_owned()))?;
    let limit = limit.clamp(1, MAX_PAGE);
    match go_on(database, place, limit, wait).await {
        Ok(found) => Ok(found),
        Err(Failure::Store(error)) => Err(error),
        Err(Failure::Lost) => match go_on(database, None, limit, wait).await {
            Ok(found) => Ok(found),
            Err(Failure::Store(error)) => Err(error),
            Err(Failure::Lost) => Err(StoreError::Unavailable("the change stream does not hold still".into())),
        },
    }
}

async fn go_on(database: &Database, place: Option<Place>, limit: usize, wait: Duration) -> Result<Commits, Failure> {
    let place = match place {
        Some(place) => place,
        None => Place::Walk {
            from: now(database).await?,
            behind: String::new(),
        },
    };
    if let Place::Walk { from, behind } = &place {
        let found = walk(database, *from, behind, limit).await.map_err(Failure::Store)?;
        if !found.is_empty() {
            return Ok(found);
        }
    }
    watch(database, place, limit, wait).await
}

fn commit_of(key: &str) -> Result<(StreamId, u64), StoreError> {
    filter::parse_key(key)
        .and_then(|(stream, number)| Some((stream, number.parse().ok()?)))
        .ok_or_else(|| StoreError::Corrupt(format!("entry {key:?}")))
}

async fn walk(database: &Database, from: (u32, u32), behind: &str, limit: usize) -> Result<Commits, StoreError> {
    let mut session = start(database, SessionOptions::builder().causal_consistency(true).build()).await?;
    session.advance_operation_time(timestamp(from));
    let mut reader = Reader::within(database, session);
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let keys = reader.entry_keys(behind, limit).await?;
    keys.into_iter()
        .map(|key| {
            let (stream, number) = commit_of(&key)?;
            let place = Place::Walk { from, behind: key };
            Ok((place.position()?, stream, number))
        })
        .collect()
}

fn timestamp((time, increment): (u32, u32)) -> Timestamp {
    Timestamp { time, increment }
}

fn pipeline() -> Vec<Document> {
    vec![
        doc! { "$match": { "operationType": "insert" } },
        doc! { "$project": { "fullDocument": 0 } },
    ]
}

/// The server's time: nothing is written before it any more.
async fn now(database: &Database) -> Result<(u32, u32), Failure> {
    let answer = database.run_command(doc! { "hello": 1 }).await?;
    match answer.get_timestamp("operationTime") {
        Ok(at) => Ok((at.time, at.increment)),
        Err(_) => Err(Failure::Store(StoreError::Unavailable(
            "the server tells no time: it is no member of a set".into(),
        ))),
    }
}

async fn watch(database: &Database, place: Place, limit: usize, wait: Duration) -> Result<Commits, Failure> {
    let deadline = Instant::now() + wait;
    let journal = database.collection::<Document>(JOURNAL);
    let changes = journal
        .watch()
        .pipeline(pipeline())
        .max_await_time(wait.clamp(Duration::from_millis(1), AWAIT));
    let mut changes = match place {
        // What was written at that very time the walk has seen.
        Place::Walk { from: (time, step), .. } => {
            changes
                .start_at_operation_time(timestamp((time, step.saturating_add(1))))
                .await?
        }
        Place::Change(token) => changes.resume_after(token).await?,
    };
    let mut found = Vec::new();
    while found.len() < limit {
        match changes.next_if_any().await? {
            Some(event) => found.push(commit_of_event(event).map_err(Failure::Store)?),
            None if !found.is_empty() || Instant::now() >= deadline => break,
            None => {}
        }
    }
    Ok(found)
}

fn commit_of_event(event: ChangeStreamEvent<Document>) -> Result<(TailPosition, StreamId, u64), StoreError> {
    let key = match event.document_key.as_ref().and_then(|key| key.get("_id")) {
        Some(Bson::String(key)) => key,
        _ => return Err(StoreError::Corrupt("a change without the key of an entry".to_owned())),
    };
    let (stream, number) = commit_of(key)?;
    let place = Place::Change(event.id);
    Ok((place.position()?, stream, number))
}
