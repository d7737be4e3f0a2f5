//! A store that remembers every question that it was asked.

use std::ops::Deref;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use minhchung::store::query::{Page, Query};
use minhchung::store::{
    ChangeSet, Collection, CommitError, EntryRecord, FieldValue, Head, Key, Read, Snapshot, Store, StoreError,
    StoredDocument, StreamId, TailPosition,
};

/// A question to the store.
#[derive(Clone, Debug)]
pub enum Question {
    /// Documents by their keys.
    Get(Vec<Key>),
    Page(Query),
    Count(Query),
    CountBy(Query, &'static str),
}

/// What was asked, by whatever reads through the same record.
pub type Record = Arc<Mutex<Vec<Question>>>;

/// A store or one moment of it, with the record.
pub struct Recording<R> {
    inner: R,
    record: Record,
}

impl<R> Recording<R> {
    pub fn new(inner: R, record: &Record) -> Self {
        let record = Arc::clone(record);
        Self { inner, record }
    }

    fn note(&self, question: Question) {
        self.record.lock().unwrap().push(question);
    }
}

#[async_trait]
impl<R> Read for Recording<R>
where
    R: Deref + Send + Sync,
    R::Target: Read,
{
    async fn get_many(&self, keys: &[Key]) -> Result<Vec<Option<StoredDocument>>, StoreError> {
        self.note(Question::Get(keys.to_vec()));
        self.inner.get_many(keys).await
    }

    async fn find(&self, query: &Query) -> Result<Page, StoreError> {
        self.note(Question::Page(query.clone()));
        self.inner.find(query).await
    }

    async fn count(&self, query: &Query) -> Result<u64, StoreError> {
        self.note(Question::Count(query.clone()));
        self.inner.count(query).await
    }

    async fn count_by(&self, query: &Query, field: &'static str) -> Result<Vec<(FieldValue, u64)>, StoreError> {
        self.note(Question::CountBy(query.clone(), field));
        self.inner.count_by(query, field).await
    }

    async fn head(&self, stream: &StreamId) -> Result<Option<Head>, StoreError> {
        self.inner.head(stream).await
    }

    async fn entries(&self, stream: &StreamId, from: u64, limit: usize) -> Result<Vec<EntryRecord>, StoreError> {
        self.inner.entries(stream, from, limit).await
    }
}

impl Snapshot for Recording<Box<dyn Snapshot>> {}

#[async_trait]
impl Store for Recording<Arc<dyn Store>> {
    async fn snapshot(&self, stream: &StreamId) -> Result<Box<dyn Snapshot>, StoreError> {
        let moment = self.inner.snapshot(stream).await?;
        Ok(Box::new(Recording::new(moment, &self.record)))
    }

    async fn commit(&self, change: ChangeSet) -> Result<(), CommitError> {
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
