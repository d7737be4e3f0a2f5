//! A store that says yes to every commit and forgets it: the gate loads, authorizes and decides for real, and the next
//! question finds everything as it was.

use std::sync::Arc;

use async_trait::async_trait;
use minhchung::store::{
    ChangeSet, Collection, CommitError, EntryRecord, FieldValue, Head, Key, Page, Query, Read, Snapshot, Store,
    StoreError, StoredDocument, StreamId, TailPosition,
};

pub struct ForgetfulStore(pub Arc<dyn Store>);

#[async_trait]
impl Read for ForgetfulStore {
    async fn get_many(&self, keys: &[Key]) -> Result<Vec<Option<StoredDocument>>, StoreError> {
        self.0.get_many(keys).await
    }

    async fn find(&self, query: &Query) -> Result<Page, StoreError> {
        self.0.find(query).await
    }

    async fn count(&self, query: &Query) -> Result<u64, StoreError> {
        self.0.count(query).await
    }

    async fn count_by(&self, query: &Query, field: &'static str) -> Result<Vec<(FieldValue, u64)>, StoreError> {
        self.0.count_by(query, field).await
    }

    async fn head(&self, stream: &StreamId) -> Result<Option<Head>, StoreError> {
        self.0.head(stream).await
    }

    async fn entries(&self, stream: &StreamId, from: u64, limit: usize) -> Result<Vec<EntryRecord>, StoreError> {
        self.0.entries(stream, from, limit).await
    }
}

#[async_trait]
impl Store for ForgetfulStore {
    async fn snapshot(&self, stream: &StreamId) -> Result<Box<dyn Snapshot>, StoreError> {
        self.0.snapshot(stream).await
    }

    async fn commit(&self, change: ChangeSet) -> Result<(), CommitError> {
        change.check_limits()
    }

    async fn heads(&self, after: Option<&StreamId>, limit: usize) -> Result<Vec<(StreamId, Head)>, StoreError> {
        self.0.heads(after, limit).await
    }

    async fn tail(
        &self,
        after: Option<&TailPosition>,
        limit: usize,
        wait: std::time::Duration,
    ) -> Result<Vec<(TailPosition, StreamId, u64)>, StoreError> {
        self.0.tail(after, limit, wait).await
    }

    async fn documents(
        &self,
        collection: &'static Collection,
        stream: &StreamId,
    ) -> Result<Vec<StoredDocument>, StoreError> {
        self.0.documents(collection, stream).await
    }

    async fn ready(&self) -> Result<(), StoreError> {
        self.0.ready().await
    }
}
