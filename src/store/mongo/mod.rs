//! The store on a MongoDB replica set or sharded cluster.
//!
//! A collection per kind of document with the projected fields and the canonical body; one transaction per commit. The
//! entry's `_id` (stream and number) is the lock. Reads are of majority-committed state, from the primary.

mod filter;
mod read;
mod tail;
mod write;

use std::time::Duration;

use async_trait::async_trait;
use mongodb::bson::{Bson, Document, doc};
use mongodb::error::{Error, ErrorKind};
use mongodb::options::{
    Acknowledgment, ClientOptions, DatabaseOptions, IndexOptions, ReadConcern, SelectionCriteria, SessionOptions,
    WriteConcern,
};
use mongodb::{Client, ClientSession, Database, IndexModel};

use super::{
    ChangeSet, Collection, CommitError, EntryRecord, FieldValue, Head, Index, Key, Page, Query, Read, Snapshot, Store,
    StoreError, StoredDocument, StreamId, TailPosition,
};
use read::Reader;

/// The collection of journal entries.
const JOURNAL: &str = "journal_entry";
/// The collection that holds the version of this layout.
const META: &str = "meta";
/// The database when the URI names none.
const DATABASE: &str = "minhchung";
/// Version of the layout.
const LAYOUT: i64 = 1;
/// How long an operation waits for a primary (5 s): an election takes about two.
const SERVER_SELECTION: Duration = Duration::from_secs(5);
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
        let mut options = ClientOptions::parse(uri).await.map_err(unavailable)?;
        options.app_name.get_or_insert_with(|| "minhchung".to_owned());
        options.server_selection_timeout.get_or_insert(SERVER_SELECTION);
        let named = options.default_database.clone();
        let database = database.or(named.as_deref()).unwrap_or(DATABASE);
        let client = Client::with_options(options).map_err(unavailable)?;
        let settings = DatabaseOptions::builder()
            .read_concern(ReadConcern::majority())
            .selection_criteria(SelectionCriteria::ReadPreference(
                mongodb::options::ReadPreference::Primary,
            ))
            .write_concern(
                WriteConcern::builder()
                    .w(Acknowledgment::Majority)
                    .journal(true)
                    .build(),
            )
            .build();
        let database = client.database_with_options(database, settings);
        check_layout(&database).await?;
        create(&database, JOURNAL).await?;
        for collection in collections {
            let name = collection_name(collection.name);
            create(&database, &name).await?;
            let indexes: Vec<IndexModel> = collection
                .indexes
                .iter()
                .map(|declared| index(collection, declared))
                .collect();
            if !indexes.is_empty() {
                let target = database.collection::<Document>(&name);
                target.create_indexes(indexes).await.map_err(unavailable)?;
            }
        }
        Ok(Self { database })
    }

    fn reader(&self) -> Reader<'_> {
        Reader {
            database: &self.database,
            session: None,
        }
    }
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
        Err(error) if code(&error) == Some(NAMESPACE_EXISTS) => Ok(()),
        Err(error) => Err(unavailable(error)),
    }
}

fn code(error: &Error) -> Option<i32> {
    match *error.kind {
        ErrorKind::Command(ref command) => Some(command.code),
        _ => None,
    }
}

/// A declared index; `_id` is the tie-break of every order.
fn index(collection: &Collection, declared: &Index) -> IndexModel {
    let column = |name: &&str| format!("f_{}", collection.field(name).name);
    let columns = declared.fields.iter().map(column).chain(["_id".to_owned()]);
    let columns = columns.chain(declared.carried.iter().map(column));
    let keys: Document = columns.map(|name| (name, Bson::Int32(1))).collect();
    let options = IndexOptions::builder().name(declared.name()).build();
    IndexModel::builder().keys(keys).options(options).build()
}

/// Implements [`Read`] by an expression for a [`Reader`].
macro_rules! impl_read {
    ($type:ty, $self:ident => $reader:expr) => {
        #[async_trait]
        impl Read for $type {
            async fn get_many(&$self, keys: &[Key]) -> Result<Vec<Option<StoredDocument>>, StoreError> {
                $reader.get_many(keys).await
            }

            async fn find(&$self, query: &Query) -> Result<Page, StoreError> {
                $reader.find(query).await
            }

            async fn count(&$self, query: &Query) -> Result<u64, StoreError> {
                $reader.count(query).await
            }

            async fn count_by(
                &$self,
                query: &Query,
                field: &'static str,
            ) -> Result<Vec<(FieldValue, u64)>, StoreError> {
                $reader.count_by(query, field).await
            }

            async fn head(&$self, stream: &StreamId) -> Result<Option<Head>, StoreError> {
                $reader.head(stream).await
            }

            async fn entries(
                &$self,
                stream: &StreamId,
                from: u64,
                limit: usize,
            ) -> Result<Vec<EntryRecord>, StoreError> {
                $reader.entries(stream, from, limit).await
            }
        }
    };
}

impl_read!(MongoStore, self => self.reader());

/// A snapshot session: the server answers all of its reads at the time of the first.
struct MongoSnapshot {
    database: Database,
    session: tokio::sync::Mutex<ClientSession>,
}

impl_read!(MongoSnapshot, self => Reader {
    database: &self.database,
    session: Some(&mut *self.session.lock().await),
});
impl Snapshot for MongoSnapshot {}

#[async_trait]
impl Store for MongoStore {
    async fn snapshot(&self, stream: &StreamId) -> Result<Box<dyn Snapshot>, StoreError> {
        let options = SessionOptions::builder().snapshot(true).build();
        let client = self.database.client();
        let session = client
            .start_session()
            .with_options(options)
            .await
            .map_err(unavailable)?;
        // A snapshot session brings its own read concern, and takes no other.
        let settings = DatabaseOptions::builder().build();
        let snapshot = MongoSnapshot {
            database: client.database_with_options(self.database.name(), settings),
            session: tokio::sync::Mutex::new(session),
        };
        // The first read fixes the moment.
        snapshot.head(stream).await?;
        Ok(Box::new(snapshot))
    }

    async fn commit(&self, change: ChangeSet) -> Result<(), CommitError> {
        change.check_limits()?;
        write::commit(&self.database, &change).await
    }

    async fn heads(&self, after: Option<&StreamId>, limit: usize) -> Result<Vec<(StreamId, Head)>, StoreError> {
        self.reader().heads(after, limit).await
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
        let answer = self
            .database
            .run_command(doc! { "hello": 1 })
            .await
            .map_err(unavailable)?;
        match answer.get_bool("isWritablePrimary") {
            Ok(true) => Ok(()),
            _ => Err(StoreError::Unavailable("no primary answers".into())),
        }
    }
}
