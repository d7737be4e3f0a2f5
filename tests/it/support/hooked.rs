//! A store with something of a test's own around it: the one place where a store is handed on method by method.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use minhchung::store::query::{Page, Query};
use minhchung::store::{
    ChangeSet, CommitError, EntryRecord, FieldValue, Head, Key, Read, Snapshot, Store, StoreError, StoredDocument,
    StreamId, TailPosition,
};

/// A question to the store.
#[derive(Clone, Debug)]
pub enum Question {
    /// Documents by their keys.
    Get(Vec<Key>),
    Page(Query),
    /// Documents by their keys, and a page beside them.
    GetAndFind(Vec<Key>, Query),
    Count(Query),
    CountBy(Query, &'static str),
}

impl Question {
    /// Names of the collections that it is put to.
    pub fn collections(&self) -> Vec<&'static str> {
        let (keys, query) = match self {
            Self::Get(keys) => (&keys[..], None),
            Self::GetAndFind(keys, query) => (&keys[..], Some(query)),
            Self::Page(query) | Self::Count(query) | Self::CountBy(query, _) => (&[][..], Some(query)),
        };
        let of_keys = keys.iter().map(|key| key.collection.name);
        of_keys.chain(query.map(|query| query.collection.name)).collect()
    }
}

/// What a test does with what passes through; nothing, if it does not say.
#[async_trait]
pub trait Hooks: Send + Sync + 'static {
    /// Before a question is answered, by the store or by one moment of it.
    fn asked(&self, _question: impl FnOnce() -> Question) {}

    /// Before a moment is taken for a command that writes this stream.
    async fn before_snapshot(&self, _stream: &StreamId) {}

    /// Instead of the commit.
    async fn commit(&self, store: &dyn Store, change: ChangeSet) -> Result<(), CommitError> {
        store.commit(change).await
    }
}

/// A store, or one moment of it, with hooks around it.
pub struct Hooked<R, H> {
    inner: R,
    hooks: Arc<H>,
}

impl<H: Hooks> Hooked<Arc<dyn Store>, H> {
    pub fn around(store: Arc<dyn Store>, hooks: &Arc<H>) -> Arc<dyn Store> {
        Arc::new(Self {
            inner: store,
            hooks: Arc::clone(hooks),
        })
    }
}

#[async_trait]
impl<R, H> Read for Hooked<R, H>
where
    R: std::ops::Deref + Send + Sync,
    R::Target: Read,
    H: Hooks,
{
    async fn get_many(&self, keys: &[Key]) -> Result<Vec<Option<StoredDocument>>, StoreError> {
        self.hooks.asked(|| Question::Get(keys.to_vec()));
        self.inner.get_many(keys).await
    }

    async fn find(&self, query: &Query) -> Result<Page, StoreError> {
        self.hooks.asked(|| Question::Page(query.clone()));
        self.inner.find(query).await
    }

    async fn get_and_find(
        &self,
        keys: &[Key],
        query: &Query,
    ) -> Result<(Vec<Option<StoredDocument>>, Page), StoreError> {
        self.hooks.asked(|| Question::GetAndFind(keys.to_vec(), query.clone()));
        self.inner.get_and_find(keys, query).await
    }

    async fn count(&self, query: &Query) -> Result<u64, StoreError> {
        self.hooks.asked(|| Question::Count(query.clone()));
        self.inner.count(query).await
    }

    async fn count_by(&self, query: &Query, field: &'static str) -> Result<Vec<(FieldValue, u64)>, StoreError> {
        self.hooks.asked(|| Question::CountBy(query.clone(), field));
        self.inner.count_by(query, field).await
    }

    async fn head(&self, stream: &StreamId) -> Result<Option<Head>, StoreError> {
        self.inner.head(stream).await
    }

    async fn entries(&self, stream: &StreamId, from: u64, limit: usize) -> Result<Vec<EntryRecord>, StoreError> {
        self.inner.entries(stream, from, limit).await
    }
}

impl<H: Hooks> Snapshot for Hooked<Box<dyn Snapshot>, H> {}

#[async_trait]
impl<H: Hooks> Store for Hooked<Arc<dyn Store>, H> {
    async fn snapshot(&self, streams: &[StreamId]) -> Result<Box<dyn Snapshot>, StoreError> {
        self.hooks.before_snapshot(&streams[0]).await;
        Ok(Box::new(Hooked {
            inner: self.inner.snapshot(streams).await?,
            hooks: Arc::clone(&self.hooks),
        }))
    }

    async fn commit(&self, change: ChangeSet) -> Result<(), CommitError> {
        self.hooks.commit(&*self.inner, change).await
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

    async fn ready(&self) -> Result<(), StoreError> {
        self.inner.ready().await
    }
}
