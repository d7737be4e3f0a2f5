//! The store on a MongoDB replica set or sharded cluster.
//!
//! A collection per kind of document with the projected fields and the canonical body; one transaction per commit. The
//! entry's `_id` (stream and number) is the lock. Reads are of majority-committed state, from the primary.

mod explain;
mod fill;
mod filter;
mod patience;
mod problems;
mod read;
mod shard;
mod tail;
mod write;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use mongodb::bson::{Bson, Document, Timestamp, doc};
use mongodb::options::{DatabaseOptions, IndexOptions, SessionOptions};
use mongodb::{ClientSession, Database, IndexModel};

use super::known_heads::KnownHeads;
use super::{
    ChangeSet, Collection, CommitError, EntryRecord, FieldValue, Head, Index, Key, MAX_GET_KEYS, Page, Query, Read,
    Snapshot, Store, StoreError, StoredDocument, StreamId, TailPosition,
};
use crate::cluster::{self, Unconnected};
pub use explain::Plan;
use read::Reader;
#[doc(hidden)]
pub use write::Statements;

/// The collection of journal entries.
const JOURNAL: &str = "journal_entry";
/// The collection that holds the version of this layout.
const META: &str = "meta";
/// Version of the layout.
const LAYOUT: i64 = 1;
/// Code for a collection that exists already.
const NAMESPACE_EXISTS: i32 = 48;

fn unavailable(error: impl std::error::Error + Send + Sync + 'static) -> StoreError {
    StoreError::Unavailable(Box::new(error))
}

/// The name of a collection of documents.
fn collection_name(name: &str) -> String {
    format!("doc_{name}")
}

/// The store on MongoDB.
pub struct MongoStore {
    database: Database,
    /// Whether a router of a sharded cluster answers.
    routed: bool,
}

impl MongoStore {
    /// Connects, and creates collections and indexes as needed. Without a `database`, the one that the URI names.
    ///
    /// # Errors
    /// When no primary answers, the server is not part of a replica set or cluster, or a newer program has written here.
    pub async fn open(
        uri: &str,
        database: Option<&str>,
        collections: &'static [&'static Collection],
    ) -> Result<Self, StoreError> {
        let database = cluster::connect(uri, database).await.map_err(|problem| match problem {
            Unconnected::Unreadable => problems::unreadable_uri(),
            Unconnected::Refused(error) => unavailable(error),
        })?;
        let prepared = patience::without_haste(|| prepare(database.clone(), collections)).await;
        prepared.map_err(problems::explained)?;
        let routed = patience::with_patience(|| {
            let database = database.clone();
            async move { shard::is_router(&database).await }
        });
        let routed = routed.await?;
        Ok(Self { database, routed })
    }
}

/// Collections and indexes as they are declared; what is there already stays.
async fn prepare(database: Database, collections: &'static [&'static Collection]) -> Result<(), StoreError> {
    check_layout(&database).await?;
    let there = database.list_collection_names().await.map_err(unavailable)?;
    let missing = |name: &String| !there.contains(name);
    let names = collections.iter().map(|collection| collection_name(collection.name));
    let names: Vec<String> = std::iter::once(JOURNAL.to_owned())
        .chain(names)
        .filter(missing)
        .collect();
    futures::future::try_join_all(names.iter().map(|name| create(&database, name))).await?;
    // A field that was declared later is filled before its index is made: an index that is there is of full documents.
    let older = collections
        .iter()
        .filter(|collection| there.contains(&collection_name(collection.name)));
    let filled = older.map(|collection| fill::fill_new_fields(&database, collection));
    futures::future::try_join_all(filled).await?;
    let indexed = collections
        .iter()
        .map(|collection| create_indexes(&database, collection));
    futures::future::try_join_all(indexed).await?;
    Ok(())
}

async fn create_indexes(database: &Database, collection: &'static Collection) -> Result<(), StoreError> {
    if collection.indexes.is_empty() {
        return Ok(());
    }
    let indexes = collection.indexes.iter().map(|fields| index(collection, fields));
    let target = database.collection::<Document>(&collection_name(collection.name));
    target.create_indexes(indexes).await.map_err(unavailable)?;
    Ok(())
}

async fn check_layout(database: &Database) -> Result<(), StoreError> {
    let meta = database.collection::<Document>(META);
    meta.update_one(doc! { "_id": "layout" }, doc! { "$setOnInsert": { "version": LAYOUT } })
        .upsert(true)
        .await
        .map_err(unavailable)?;
    let found = meta.find_one(doc! { "_id": "layout" }).await.map_err(unavailable)?;
    match found.and_then(|one| one.get_i64("version").ok()) {
        Some(LAYOUT) => Ok(()),
        other => Err(StoreError::Corrupt(format!(
            "the database has layout {other:?}; this program knows {LAYOUT}: use the newer program"
        ))),
    }
}

async fn create(database: &Database, name: &str) -> Result<(), StoreError> {
    match database.create_collection(name).await {
        Ok(()) => Ok(()),
        Err(error) if cluster::code(&error) == Some(NAMESPACE_EXISTS) => Ok(()),
        Err(error) => Err(unavailable(error)),
    }
}

/// A declared index; `_id` is the tie-break of every order.
fn index(collection: &Collection, declared: &Index) -> IndexModel {
    let column = |name: &&str| format!("f_{}", collection.field(name).name);
    let columns = declared.fields.iter().map(column).chain(["_id".to_owned()]);
    let columns = columns.chain(declared.carried.iter().map(column));
    let keys: Document = columns.map(|name| (name, Bson::Int32(1))).collect();
    let only = declared
        .only
        .map(|(field, value)| doc! { format!("f_{}", collection.field(field).name): value });
    let options = IndexOptions::builder()
        .name(declared.name())
        .partial_filter_expression(only)
        .build();
    IndexModel::builder().keys(keys).options(options).build()
}

/// Places of the keys that are asked for together: all; through a router those of one collection, where one waits for the
/// slowest of them and not for one after the other.
fn asked_together(keys: &[Key], routed: bool) -> Vec<Vec<usize>> {
    let mut parts: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (place, key) in keys.iter().enumerate() {
        let part = if routed { key.collection.name } else { "" };
        parts.entry(part).or_default().push(place);
    }
    parts.into_values().collect()
}

/// Implements [`Read`] by what `ask` makes of a question to a [`Reader`].
macro_rules! impl_read {
    ($type:ty) => {
        #[async_trait]
        impl Read for $type {
            async fn get_many(&self, keys: &[Key]) -> Result<Vec<Option<StoredDocument>>, StoreError> {
                if keys.len() > MAX_GET_KEYS {
                    return Err(StoreError::Corrupt(format!("{} keys in one reading", keys.len())));
                }
                let parts = asked_together(keys, self.routed);
                let questions = parts.iter().map(|places| {
                    let keys: Arc<Vec<Key>> = Arc::new(places.iter().map(|place| keys[*place].clone()).collect());
                    self.ask(move |mut reader: Reader| {
                        let keys = Arc::clone(&keys);
                        async move { reader.get_many(&keys).await }
                    })
                });
                let answers = futures::future::try_join_all(questions).await?;
                let mut found = vec![None; keys.len()];
                for (places, answer) in parts.iter().zip(answers) {
                    for (place, document) in places.iter().zip(answer) {
                        found[*place] = document;
                    }
                }
                Ok(found)
            }

            async fn find(&self, query: &Query) -> Result<Page, StoreError> {
                let question = |mut reader: Reader| {
                    let query = query.clone();
                    async move { reader.find(&query).await }
                };
                self.ask(question).await
            }

            async fn get_and_find(
                &self,
                keys: &[Key],
                query: &Query,
            ) -> Result<(Vec<Option<StoredDocument>>, Page), StoreError> {
                if self.routed || keys.len() > MAX_GET_KEYS {
                    return futures::future::try_join(self.get_many(keys), self.find(query)).await;
                }
                let asked = Arc::new((keys.to_vec(), query.clone()));
                let question = |mut reader: Reader| {
                    let asked = Arc::clone(&asked);
                    async move { reader.get_and_find(&asked.0, &asked.1).await }
                };
                self.ask(question).await
            }

            async fn count(&self, query: &Query) -> Result<u64, StoreError> {
                let question = |mut reader: Reader| {
                    let query = query.clone();
                    async move { reader.count(&query).await }
                };
                self.ask(question).await
            }

            async fn count_by(&self, query: &Query, field: &'static str) -> Result<Vec<(FieldValue, u64)>, StoreError> {
                let question = |mut reader: Reader| {
                    let query = query.clone();
                    async move { reader.count_by(&query, field).await }
                };
                self.ask(question).await
            }

            async fn head(&self, stream: &StreamId) -> Result<Option<Head>, StoreError> {
                self.head_of(stream).await
            }

            async fn entries(
                &self,
                stream: &StreamId,
                from: u64,
                limit: usize,
            ) -> Result<Vec<EntryRecord>, StoreError> {
                let question = |mut reader: Reader| {
                    let stream = stream.clone();
                    async move { reader.entries(&stream, from, limit).await }
                };
                self.ask(question).await
            }
        }
    };
}

impl MongoStore {
    /// The newest state, asked again while that may help.
    async fn ask<T, F>(&self, question: impl Fn(Reader) -> F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: Future<Output = Result<T, StoreError>> + Send + 'static,
    {
        patience::with_patience(|| question(Reader::of(&self.database))).await
    }

    async fn head_of(&self, stream: &StreamId) -> Result<Option<Head>, StoreError> {
        let question = |mut reader: Reader| {
            let stream = stream.clone();
            async move { reader.head(&stream).await }
        };
        self.ask(question).await
    }
}

impl_read!(MongoStore);

/// One moment, which the server keeps; each question is asked in a session of its own, so that several may be at once.
struct MongoSnapshot {
    database: Database,
    routed: bool,
    at: Timestamp,
    heads: KnownHeads,
}

impl MongoSnapshot {
    /// The question is asked once: the driver repeats what a lost connection cut off, and a moment that nobody holds any
    /// more does not come back.
    async fn ask<T, F>(&self, question: impl Fn(Reader) -> F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: Future<Output = Result<T, StoreError>> + Send + 'static,
    {
        let options = SessionOptions::builder().snapshot(true).snapshot_time(self.at).build();
        let session = start(&self.database, options).await?;
        patience::one_try(question(Reader::within(&self.database, session))).await
    }

    async fn head_of(&self, stream: &StreamId) -> Result<Option<Head>, StoreError> {
        let question = |mut reader: Reader| {
            let stream = stream.clone();
            async move { reader.head(&stream).await }
        };
        self.heads.get_or_ask(stream, self.ask(question)).await
    }
}

async fn start(database: &Database, options: SessionOptions) -> Result<ClientSession, StoreError> {
    let started = database.client().start_session().with_options(options).await;
    started.map_err(unavailable)
}

impl_read!(MongoSnapshot);
impl Snapshot for MongoSnapshot {}

/// A new snapshot, whose moment the first reading has fixed; through a router not before every shard was heard.
async fn begin(database: Database, routed: bool, streams: Arc<[StreamId]>) -> Result<MongoSnapshot, StoreError> {
    if routed {
        shard::meet_every_shard(&database).await?;
    }
    // A snapshot session brings its own read concern, and takes no other.
    let settings = DatabaseOptions::builder().build();
    let database = database.client().database_with_options(database.name(), settings);
    let session = start(&database, SessionOptions::builder().snapshot(true).build()).await?;
    let mut reader = Reader::within(&database, session);
    // One question: what a router would have to ask several shards, it is asked when it is needed.
    let streams = if routed { &streams[..1] } else { &streams };
    let heads = reader.heads_of(streams).await?;
    let at = reader.session.and_then(|session| session.snapshot_time());
    let at = at.ok_or_else(|| StoreError::Corrupt("a snapshot without a moment".to_owned()))?;
    Ok(MongoSnapshot {
        database,
        routed,
        at,
        heads: streams.iter().cloned().zip(heads).collect(),
    })
}

#[async_trait]
impl Store for MongoStore {
    async fn snapshot(&self, streams: &[StreamId]) -> Result<Box<dyn Snapshot>, StoreError> {
        let streams: Arc<[StreamId]> = streams.into();
        let question = || begin(self.database.clone(), self.routed, Arc::clone(&streams));
        Ok(Box::new(patience::with_patience(question).await?))
    }

    async fn commit(&self, change: ChangeSet) -> Result<(), CommitError> {
        change.check_limits()?;
        let database = self.database.clone();
        let work = tokio::spawn(async move { write::commit(&database, &change).await });
        match tokio::time::timeout(patience::COMMIT, work).await {
            Ok(Ok(outcome)) => outcome,
            Ok(Err(error)) => Err(CommitError::Unknown(Box::new(error))),
            // The task goes on: what it writes late is the same entry under the same number.
            Err(_) => Err(CommitError::Unknown(Box::new(patience::Silence(patience::COMMIT)))),
        }
    }

    async fn heads(&self, after: Option<&StreamId>, limit: usize) -> Result<Vec<(StreamId, Head)>, StoreError> {
        let after = after.cloned();
        let question = |mut reader: Reader| {
            let after = after.clone();
            async move { reader.heads(after.as_ref(), limit).await }
        };
        self.ask(question).await
    }

    async fn tail(
        &self,
        after: Option<&TailPosition>,
        limit: usize,
        wait: Duration,
    ) -> Result<Vec<(TailPosition, StreamId, u64)>, StoreError> {
        tail::tail(&self.database, after, limit, wait).await
    }

    async fn ready(&self) -> Result<(), StoreError> {
        let database = self.database.clone();
        if self.routed {
            // A router calls itself writable whatever has become of the shards.
            return patience::within(patience::READY, async move { shard::meet_every_shard(&database).await }).await;
        }
        let hello = async move { database.run_command(doc! { "hello": 1 }).await.map_err(unavailable) };
        let answer = patience::within(patience::READY, hello).await?;
        match answer.get_bool("isWritablePrimary") {
            Ok(true) => Ok(()),
            _ => Err(StoreError::Unavailable("no primary answers".into())),
        }
    }
}
