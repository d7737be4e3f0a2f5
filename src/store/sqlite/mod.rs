//! The embedded store: one SQLite file in WAL mode with `synchronous=FULL`.
//!
//! One writer thread takes waiting changesets into one transaction with one fsync; a pool of connections reads. A table
//! per collection, the body as a blob, declared fields as indexed columns.

mod read;
mod schema;
mod sql;
mod writer;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};

use super::known_heads::KnownHeads;
use super::{
    ChangeSet, Collection, CommitError, EntryRecord, FieldValue, Head, Key, Page, Query, Read, Snapshot, Store,
    StoreError, StoredDocument, StreamId, TailPosition,
};
use read::{PooledConnection, ReadPool};
use writer::Writer;

/// Pages that each connection keeps in memory (16 MiB, negative means KiB).
const CACHE_KIB: i64 = -16 * 1024;
/// How long a connection waits for another process's lock, in milliseconds.
const BUSY_TIMEOUT_MS: u64 = 5000;
/// Pages of the log after which they are brought into the file (8,192 pages of 4 KiB, 32 MiB). A page that was changed a
/// hundred times until then is brought there once.
const CHECKPOINT_PAGES: i64 = 8192;
/// Prepared statements kept per connection.
const STATEMENTS: usize = 256;

fn unavailable(error: impl std::error::Error + Send + Sync + 'static) -> StoreError {
    StoreError::Unavailable(Box::new(error))
}

/// Where the file is.
struct Place {
    path: PathBuf,
    /// SQLite's name for the file layer; `None` for the system's own.
    layer: Option<&'static str>,
}

/// The embedded store.
pub struct SqliteStore {
    place: Place,
    pool: Arc<ReadPool>,
    writer: Writer,
}

impl SqliteStore {
    /// Opens the file, creating it, its tables and indexes as needed.
    ///
    /// # Errors
    /// When the file cannot be opened, or was written by a newer program.
    pub fn open(path: &Path, collections: &'static [&'static Collection]) -> Result<Self, StoreError> {
        Self::open_on(path, None, collections)
    }

    /// Opens the file through a registered file layer of SQLite: tests bring one whose disk fails.
    #[doc(hidden)]
    pub fn open_on(
        path: &Path,
        layer: Option<&'static str>,
        collections: &'static [&'static Collection],
    ) -> Result<Self, StoreError> {
        let place = Place {
            path: path.to_owned(),
            layer,
        };
        let connection = connect(&place, false)?;
        schema::create(&connection, collections)?;
        let pool = Arc::new(ReadPool::open(&place)?);
        Ok(Self {
            place,
            pool,
            writer: Writer::start(connection)?,
        })
    }

    /// Whether an fsync or COMMIT has failed: nothing is known about the disk any more, and the process must end.
    pub fn is_broken(&self) -> bool {
        *self.writer.broken.borrow()
    }

    /// The plan of one page of a query, a line each: tests hold that no served query scans a table.
    pub fn explain(&self, query: &Query) -> Result<Vec<String>, StoreError> {
        self.plan(&sql::find(query))
    }

    /// The plan of counting what a query finds.
    pub fn explain_count(&self, query: &Query) -> Result<Vec<String>, StoreError> {
        self.plan(&sql::count(query))
    }

    /// The plan of counting what a query finds by the value of a field.
    pub fn explain_count_by(&self, query: &Query, field: &str) -> Result<Vec<String>, StoreError> {
        self.plan(&sql::count_by(query, field))
    }

    fn plan(&self, statement: &sql::Statement) -> Result<Vec<String>, StoreError> {
        let connection = connect(&self.place, true)?;
        let mut prepared = connection
            .prepare(&format!("EXPLAIN QUERY PLAN {}", statement.text))
            .map_err(unavailable)?;
        let rows = prepared
            .query_map(rusqlite::params_from_iter(statement.values.iter()), |row| {
                row.get::<_, String>(3)
            })
            .map_err(unavailable)?;
        rows.collect::<Result<_, _>>().map_err(unavailable)
    }

    async fn with<T: Send + 'static>(
        &self,
        documents: usize,
        work: impl FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let connection = self.pool.take().await?;
        let (result, _connection) = run(connection, documents, work).await?;
        result
    }
}

/// Opens a connection with our settings.
fn connect(place: &Place, read_only: bool) -> Result<Connection, StoreError> {
    let mode = if read_only {
        OpenFlags::SQLITE_OPEN_READ_ONLY
    } else {
        OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE
    };
    let mode = mode | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = match place.layer {
        None => Connection::open_with_flags(&place.path, mode),
        Some(layer) => Connection::open_with_flags_and_vfs(&place.path, mode, layer),
    }
    .map_err(unavailable)?;
    connection
        .busy_timeout(Duration::from_millis(BUSY_TIMEOUT_MS))
        .map_err(unavailable)?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS);
    // A plan follows from the statement alone: otherwise SQLite prepares a kept statement again for every new value.
    connection
        .set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)
        .map_err(unavailable)?;
    connection
        .pragma_update(None, "cache_size", CACHE_KIB)
        .map_err(unavailable)?;
    if !read_only {
        connection
            .pragma_update(None, "journal_mode", "WAL")
            .map_err(unavailable)?;
        connection
            .pragma_update(None, "synchronous", "FULL")
            .map_err(unavailable)?;
        connection
            .pragma_update(None, "wal_autocheckpoint", CHECKPOINT_PAGES)
            .map_err(unavailable)?;
    }
    Ok(connection)
}

/// Most documents of a reading that runs where it is asked for. It takes microseconds from memory, less than handing it
/// to another thread and back; the program has more threads than processors, for when it has to wait for the disk.
const SHORT: usize = 128;
/// A reading of unknown length.
const LONG: usize = usize::MAX;

/// Runs a reading of so many documents on a pooled connection and gives the connection back. Long ones get a thread of
/// their own.
async fn run<T: Send + 'static>(
    connection: PooledConnection,
    documents: usize,
    work: impl FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
) -> Result<(Result<T, StoreError>, PooledConnection), StoreError> {
    if documents <= SHORT {
        return Ok((work(connection.get()), connection));
    }
    tokio::task::spawn_blocking(move || (work(connection.get()), connection))
        .await
        .map_err(unavailable)
}

/// Implements [`Read`] by a method `with` that runs blocking work on a connection.
macro_rules! impl_read {
    ($type:ty) => {
        #[async_trait]
        impl Read for $type {
            async fn get_many(&self, keys: &[Key]) -> Result<Vec<Option<StoredDocument>>, StoreError> {
                let keys = keys.to_vec();
                self.with(keys.len(), move |connection| read::get_many(connection, &keys))
                    .await
            }

            async fn find(&self, query: &Query) -> Result<Page, StoreError> {
                let query = query.clone();
                self.with(query.limit, move |connection| read::find(connection, &query))
                    .await
            }

            async fn get_and_find(
                &self,
                keys: &[Key],
                query: &Query,
            ) -> Result<(Vec<Option<StoredDocument>>, Page), StoreError> {
                let documents = keys.len().max(query.limit);
                let (keys, query) = (keys.to_vec(), query.clone());
                self.with(documents, move |connection| {
                    Ok((
                        read::get_many(connection, &keys)?,
                        read::find(connection, &query)?,
                    ))
                })
                .await
            }

            async fn count(&self, query: &Query) -> Result<u64, StoreError> {
                let query = query.clone();
                self.with(LONG, move |connection| read::count(connection, &query))
                    .await
            }

            async fn count_by(&self, query: &Query, field: &'static str) -> Result<Vec<(FieldValue, u64)>, StoreError> {
                let query = query.clone();
                self.with(LONG, move |connection| read::count_by(connection, &query, field))
                    .await
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
                let stream = stream.clone();
                self.with(LONG, move |connection| {
                    read::entries(connection, &stream, from, limit)
                })
                .await
            }
        }
    };
}

impl SqliteStore {
    async fn head_of(&self, stream: &StreamId) -> Result<Option<Head>, StoreError> {
        let stream = stream.clone();
        self.with(1, move |connection| read::head(connection, &stream)).await
    }
}

impl_read!(SqliteStore);

fn begin(connection: &Connection) -> Result<(), StoreError> {
    let statement = connection.prepare_cached("BEGIN");
    statement
        .and_then(|mut statement| statement.execute([]))
        .map_err(unavailable)?;
    Ok(())
}

/// One read transaction on a pooled connection; the connection leaves it when the snapshot is dropped.
struct SqliteSnapshot {
    connection: tokio::sync::Mutex<Option<PooledConnection>>,
    heads: KnownHeads,
}

impl SqliteSnapshot {
    async fn head_of(&self, stream: &StreamId) -> Result<Option<Head>, StoreError> {
        let asked = stream.clone();
        let question = self.with(1, move |connection| read::head(connection, &asked));
        self.heads.get_or_ask(stream, question).await
    }

    async fn with<T: Send + 'static>(
        &self,
        documents: usize,
        work: impl FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let mut slot = self.connection.lock().await;
        let connection = slot
            .take()
            .ok_or_else(|| StoreError::Corrupt("a snapshot lost its connection".to_owned()))?;
        let (result, connection) = run(connection, documents, work).await?;
        *slot = Some(connection);
        result
    }
}

impl_read!(SqliteSnapshot);
impl Snapshot for SqliteSnapshot {}

#[async_trait]
impl Store for SqliteStore {
    async fn snapshot(&self, streams: &[StreamId]) -> Result<Box<dyn Snapshot>, StoreError> {
        let connection = self.pool.take().await?;
        let asked = streams.to_vec();
        let (heads, connection) = run(connection, streams.len(), move |connection| {
            begin(connection)?;
            // A deferred transaction sees nothing until its first read: this one fixes the moment.
            let heads = asked.into_iter().map(|stream| {
                let head = read::head(connection, &stream)?;
                Ok((stream, head))
            });
            heads.collect::<Result<_, StoreError>>()
        })
        .await?;
        Ok(Box::new(SqliteSnapshot {
            connection: tokio::sync::Mutex::new(Some(connection)),
            heads: heads?,
        }))
    }

    async fn commit(&self, change: ChangeSet) -> Result<(), CommitError> {
        change.check_limits()?;
        self.writer.commit(change).await
    }

    async fn heads(&self, after: Option<&StreamId>, limit: usize) -> Result<Vec<(StreamId, Head)>, StoreError> {
        let after = after.cloned();
        self.with(LONG, move |connection| read::heads(connection, after.as_ref(), limit))
            .await
    }

    async fn tail(
        &self,
        after: Option<&TailPosition>,
        limit: usize,
        wait: Duration,
    ) -> Result<Vec<(TailPosition, StreamId, u64)>, StoreError> {
        let position: i64 = match after {
            Some(position) => position
                .0
                .parse()
                .map_err(|_| StoreError::Corrupt(format!("not a position of this store: {}", position.0)))?,
            None => 0,
        };
        let until = tokio::time::Instant::now() + wait;
        loop {
            // Subscribed before the look, so that a commit between look and wait is not missed.
            let committed = self.writer.committed.notified();
            tokio::pin!(committed);
            committed.as_mut().enable();
            let found = self
                .with(LONG, move |connection| read::tail(connection, position, limit))
                .await?;
            // The word of a commit can come after the reader has seen it already: then there is nothing new yet.
            if !found.is_empty() || tokio::time::timeout_at(until, committed).await.is_err() {
                return Ok(found);
            }
        }
    }

    async fn ready(&self) -> Result<(), StoreError> {
        if self.is_broken() {
            return Err(StoreError::Unavailable(
                "the disk failed; the process has to end".into(),
            ));
        }
        self.with(LONG, |connection| {
            connection.query_row("SELECT 1", [], |_| Ok(())).map_err(unavailable)
        })
        .await
    }

    async fn until_broken(&self) {
        // An error would mean that the sender is gone, and that lives as long as the store.
        let _ = self.writer.broken.subscribe().wait_for(|broken| *broken).await;
    }
}
