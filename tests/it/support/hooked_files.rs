//! A store of files with something of a test's own around it: the one place where such a store is handed on method by method.

use std::ops::Range;
use std::sync::Arc;

use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};
use minhchung::blob::{BlobEntry, BlobError, BlobStore, ByteStream, Pin, Published, References, Staged, Staging};
use tokio::sync::Notify;

type Result<T> = std::result::Result<T, BlobError>;

/// What a test does instead of the store; what the store does, if it does not say.
#[async_trait]
pub trait FileHooks: Send + Sync + 'static {
    async fn publish(&self, blobs: &dyn BlobStore, staged: Vec<Staged>, now: Timestamp) -> Result<Vec<Published>> {
        blobs.publish_all(staged, now).await
    }

    async fn open(&self, blobs: &dyn BlobStore, sha256: &str, range: Option<Range<u64>>) -> Result<ByteStream> {
        blobs.open(sha256, range).await
    }

    async fn list(&self, blobs: &dyn BlobStore, after: Option<&str>, limit: usize) -> Result<Vec<BlobEntry>> {
        blobs.list(after, limit).await
    }
}

pub struct HookedFiles<H> {
    inner: Arc<dyn BlobStore>,
    hooks: Arc<H>,
}

impl<H: FileHooks> HookedFiles<H> {
    pub fn around(inner: &Arc<dyn BlobStore>, hooks: &Arc<H>) -> Arc<dyn BlobStore> {
        Arc::new(Self {
            inner: Arc::clone(inner),
            hooks: Arc::clone(hooks),
        })
    }
}

#[async_trait]
impl<H: FileHooks> BlobStore for HookedFiles<H> {
    async fn stage(&self, limit: u64) -> Result<Box<dyn Staging>> {
        self.inner.stage(limit).await
    }

    async fn publish_all(&self, staged: Vec<Staged>, now: Timestamp) -> Result<Vec<Published>> {
        self.hooks.publish(&*self.inner, staged, now).await
    }

    async fn pin(&self, sha256: &str, until: Timestamp) -> Result<Pin> {
        self.inner.pin(sha256, until).await
    }

    async fn unpin(&self, pin: &Pin) -> Result<()> {
        self.inner.unpin(pin).await
    }

    async fn remove_expired_pins(&self, now: Timestamp) -> Result<()> {
        self.inner.remove_expired_pins(now).await
    }

    async fn pinned(&self, sha256: &str, now: Timestamp) -> Result<bool> {
        self.inner.pinned(sha256, now).await
    }

    async fn open(&self, sha256: &str, range: Option<Range<u64>>) -> Result<ByteStream> {
        self.hooks.open(&*self.inner, sha256, range).await
    }

    async fn size(&self, sha256: &str) -> Result<Option<u64>> {
        self.inner.size(sha256).await
    }

    async fn list(&self, after: Option<&str>, limit: usize) -> Result<Vec<BlobEntry>> {
        self.hooks.list(&*self.inner, after, limit).await
    }

    async fn remove_unused(
        &self,
        sha256: &str,
        before: Timestamp,
        now: Timestamp,
        references: &dyn References,
    ) -> Result<bool> {
        self.inner.remove_unused(sha256, before, now, references).await
    }

    async fn clear_staging(&self, age: SignedDuration) -> Result<u64> {
        self.inner.clear_staging(age).await
    }
}

/// Stands still at the first list until it may go on.
#[derive(Default)]
pub struct Slow {
    stood: std::sync::atomic::AtomicBool,
    pub reached: Notify,
    pub go: Notify,
}

#[async_trait]
impl FileHooks for Slow {
    async fn list(&self, blobs: &dyn BlobStore, after: Option<&str>, limit: usize) -> Result<Vec<BlobEntry>> {
        if !self.stood.swap(true, std::sync::atomic::Ordering::SeqCst) {
            self.reached.notify_one();
            self.go.notified().await;
        }
        blobs.list(after, limit).await
    }
}
