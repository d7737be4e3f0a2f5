//! A store that holds one chosen act of a process until the test lets it go on: before a load, or between load and
//! commit. Two processes on one store are two applications, each with its own queues; one of them stands on this.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use minhchung::store::query::{Page, Query};
use minhchung::store::{
    ChangeSet, Collection, CommitError, EntryRecord, FieldValue, Head, Key, Read, Snapshot, Store, StoreError,
    StoredDocument, StreamId, TailPosition,
};
use tokio::sync::oneshot;

/// Where an act is held.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Place {
    /// Before anything is read for a command that writes this stream.
    Load(StreamId),
    /// After a command of this name has read and decided, before it commits.
    Commit(&'static str),
}

struct Stop {
    place: Place,
    reached: oneshot::Sender<()>,
    go: oneshot::Receiver<()>,
}

/// The store of a process that can be held.
pub struct Pausing {
    inner: Arc<dyn Store>,
    stop: Mutex<Option<Stop>>,
}

/// An act that will be held once.
pub struct Held {
    reached: oneshot::Receiver<()>,
    go: oneshot::Sender<()>,
}

impl Pausing {
    pub fn new(inner: Arc<dyn Store>) -> Arc<Self> {
        let stop = Mutex::new(None);
        Arc::new(Self { inner, stop })
    }

    /// Holds the next load for a command that writes this stream.
    pub fn hold_load(&self, stream: StreamId) -> Held {
        self.hold(Place::Load(stream))
    }

    /// Holds the next commit of a command of this name.
    pub fn hold_commit(&self, command: &'static str) -> Held {
        self.hold(Place::Commit(command))
    }

    fn hold(&self, place: Place) -> Held {
        let (reached, has_reached) = oneshot::channel();
        let (go, may_go) = oneshot::channel();
        *self.stop.lock().unwrap() = Some(Stop {
            place,
            reached,
            go: may_go,
        });
        Held {
            reached: has_reached,
            go,
        }
    }

    async fn pass(&self, here: impl Fn(&Place) -> bool) {
        let stop = self.stop.lock().unwrap().take_if(|stop| here(&stop.place));
        if let Some(stop) = stop {
            let _ = stop.reached.send(());
            let _ = stop.go.await;
        }
    }
}

impl Held {
    /// Lets `late` run up to the place where it is held, then all of `early`, then the rest of `late`.
    pub async fn while_running<L, E>(self, late: impl Future<Output = L>, early: impl Future<Output = E>) -> (L, E) {
        let mut late = std::pin::pin!(late);
        tokio::select! {
            _ = &mut late => panic!("it ended without coming to the place where it was to be held"),
            reached = self.reached => reached.expect("the store lives"),
        }
        let early = early.await;
        self.go.send(()).expect("it is held");
        (late.await, early)
    }
}

#[async_trait]
impl Read for Pausing {
    async fn get_many(&self, keys: &[Key]) -> Result<Vec<Option<StoredDocument>>, StoreError> {
        self.inner.get_many(keys).await
    }

    async fn find(&self, query: &Query) -> Result<Page, StoreError> {
        self.inner.find(query).await
    }

    async fn count(&self, query: &Query) -> Result<u64, StoreError> {
        self.inner.count(query).await
    }

    async fn count_by(&self, query: &Query, field: &'static str) -> Result<Vec<(FieldValue, u64)>, StoreError> {
        self.inner.count_by(query, field).await
    }

    async fn head(&self, stream: &StreamId) -> Result<Option<Head>, StoreError> {
        self.inner.head(stream).await
    }

    async fn entries(&self, stream: &StreamId, from: u64, limit: usize) -> Result<Vec<EntryRecord>, StoreError> {
        self.inner.entries(stream, from, limit).await
    }
}

#[async_trait]
impl Store for Pausing {
    async fn snapshot(&self, stream: &StreamId) -> Result<Box<dyn Snapshot>, StoreError> {
        self.pass(|place| *place == Place::Load(stream.clone())).await;
        self.inner.snapshot(stream).await
    }

    async fn commit(&self, change: ChangeSet) -> Result<(), CommitError> {
        let header: minhchung::store::entry::Header = serde_json::from_slice(&change.entry.header).unwrap();
        self.pass(|place| matches!(place, Place::Commit(command) if *command == header.command))
            .await;
        self.inner.commit(change).await
    }

    async fn heads(&self, after: Option<&StreamId>, limit: usize) -> Result<Vec<(StreamId, Head)>, StoreError> {
        self.inner.heads(after, limit).await
    }

    async fn tail(
        &self,
        after: Option<&TailPosition>,
        limit: usize,
        wait: Duration,
    ) -> Result<Vec<(TailPosition, StreamId, u64)>, StoreError> {
        self.inner.tail(after, limit, wait).await
    }

    async fn documents(
        &self,
        collection: &'static Collection,
        stream: &StreamId,
    ) -> Result<Vec<StoredDocument>, StoreError> {
        self.inner.documents(collection, stream).await
    }

    async fn ready(&self) -> Result<(), StoreError> {
        self.inner.ready().await
    }
}
