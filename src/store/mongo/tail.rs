//! The feed of commits: what the journal holds, then its change stream.
//!
//! "From the beginning" opens the change stream first, keeps its place, and then walks the journal; so a commit during
//! the walk is reported once too often rather than never. A place that the server no longer knows starts again at the
//! beginning, for the same reason.

use std::time::Duration;

use mongodb::Database;
use mongodb::bson::{Bson, Document, doc};
use mongodb::change_stream::event::{ChangeStreamEvent, ResumeToken};
use mongodb::error::{Error, ErrorKind};
use serde::{Deserialize, Serialize};
use tokio::time::Instant;

use super::patience::{self, Pauses};
use super::read::Reader;
use super::{JOURNAL, filter, unavailable};
use crate::store::{MAX_PAGE, StoreError, StreamId, TailPosition};

/// Codes for a place in the change stream that the server no longer holds.
const LOST: [i32; 3] = [136, 280, 286];

/// How long one question to the change stream waits. A server of 6.0 was seen to answer only at the end of the wait
/// although a transaction had been committed in it, so that the wait is short and repeated.
const AWAIT: Duration = Duration::from_millis(250);

/// How long one round waits at most: a server that is frozen meanwhile is noticed so much later than by any other reading.
const ROUND: Duration = Duration::from_secs(5);

type Commits = Vec<(TailPosition, StreamId, u64)>;

#[derive(Serialize, Deserialize)]
struct Place {
    /// Where the change stream goes on.
    token: ResumeToken,
    /// The last entry of the walk through the journal; absent once it is over.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    walked: Option<String>,
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
        None => Place {
            token: now(database).await?,
            walked: Some(String::new()),
        },
    };
    if let Some(walked) = &place.walked {
        let found = walk(database, &place.token, walked, limit)
            .await
            .map_err(Failure::Store)?;
        if !found.is_empty() {
            return Ok(found);
        }
    }
    watch(database, place.token, limit, wait).await
}

fn commit_of(key: &str) -> Result<(StreamId, u64), StoreError> {
    filter::parse_key(key)
        .and_then(|(stream, number)| Some((stream, number.parse().ok()?)))
        .ok_or_else(|| StoreError::Corrupt(format!("entry {key:?}")))
}

async fn walk(database: &Database, token: &ResumeToken, walked: &str, limit: usize) -> Result<Commits, StoreError> {
    let mut reader = Reader::of(database);
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let keys = reader.entry_keys(walked, limit).await?;
    keys.into_iter()
        .map(|key| {
            let (stream, number) = commit_of(&key)?;
            let place = Place {
                token: token.clone(),
                walked: Some(key),
            };
            Ok((place.position()?, stream, number))
        })
        .collect()
}

fn pipeline() -> Vec<Document> {
    vec![
        doc! { "$match": { "operationType": "insert" } },
        doc! { "$project": { "fullDocument": 0 } },
    ]
}

/// The newest place of the change stream.
async fn now(database: &Database) -> Result<ResumeToken, Failure> {
    let mut changes = database
        .collection::<Document>(JOURNAL)
        .watch()
        .pipeline(pipeline())
        .max_await_time(Duration::from_millis(1))
        .await?;
    if let Some(token) = changes.resume_token() {
        return Ok(token);
    }
    changes.next_if_any().await?;
    changes
        .resume_token()
        .ok_or_else(|| Failure::Store(StoreError::Unavailable("the change stream names no place".into())))
}

async fn watch(database: &Database, token: ResumeToken, limit: usize, wait: Duration) -> Result<Commits, Failure> {
    let deadline = Instant::now() + wait;
    let mut changes = database
        .collection::<Document>(JOURNAL)
        .watch()
        .pipeline(pipeline())
        .resume_after(token)
        .max_await_time(wait.clamp(Duration::from_millis(1), AWAIT))
        .await?;
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
    let place = Place {
        token: event.id,
        walked: None,
    };
    Ok((place.position()?, stream, number))
}
