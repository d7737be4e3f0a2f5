//! A file on its way in by parts of bounded size: one fills while the one before is sent.

use std::io;

use async_trait::async_trait;
use bytes::Bytes;
use tokio::task::{JoinHandle, spawn_blocking};

use super::intake::{Arriving, Looked};
use super::{BlobError, Place, Staged, Staging};

/// Up to here (64 KiB) a buffer grows by doubling, as that of a small file does; then it gets its full length at once, because
/// every doubling leaves its last half behind in the allocator.
const SMALL_BYTES: usize = 64 * 1024;

/// Where the parts go.
#[async_trait]
pub trait Target: Send + Sized + 'static {
    /// Bytes of every part but the last.
    const PART_BYTES: usize;

    /// Takes a part that more will follow.
    async fn send(&mut self, part: Bytes) -> Result<(), BlobError>;

    /// Takes the last bytes, and ends.
    async fn end(&mut self, last: Bytes) -> Result<(), BlobError>;
}

/// A target with what is known of the bytes that it took.
struct Sent<T> {
    target: T,
    looked: Looked,
}

/// A file on its way into a [`Target`].
pub struct PartStaging<T: Target> {
    arriving: Arriving,
    buffer: Vec<u8>,
    idle: Option<Sent<T>>,
    /// The part that is being sent while the next one fills.
    sending: Option<JoinHandle<Result<Sent<T>, BlobError>>>,
    place: Option<Place>,
}

impl<T: Target> Sent<T> {
    async fn send(mut self, bytes: Vec<u8>) -> Result<Self, BlobError> {
        let part = self.look(bytes).await?;
        self.target.send(part).await?;
        Ok(self)
    }

    async fn end(mut self, bytes: Vec<u8>) -> Result<Looked, BlobError> {
        let last = self.look(bytes).await?;
        self.target.end(last).await?;
        Ok(self.looked)
    }

    /// Hashing takes the processor's time, so that it is done off the async threads.
    async fn look(&mut self, bytes: Vec<u8>) -> Result<Bytes, BlobError> {
        let mut looked = std::mem::take(&mut self.looked);
        let looking = spawn_blocking(move || {
            looked.take(&bytes);
            (looked, bytes)
        });
        let (looked, bytes) = looking.await.map_err(io::Error::other)?;
        self.looked = looked;
        Ok(bytes.into())
    }
}

impl<T: Target> PartStaging<T> {
    /// Begins a file of at most `limit` bytes. Nothing is sent before there is enough for a part.
    pub fn begin(target: T, limit: u64, place: Place) -> Self {
        Self {
            arriving: Arriving::up_to(limit),
            buffer: Vec::new(),
            idle: Some(Sent {
                target,
                looked: Looked::default(),
            }),
            sending: None,
            place: Some(place),
        }
    }

    async fn idle(&mut self) -> Result<Sent<T>, BlobError> {
        if let Some(sending) = self.sending.as_mut() {
            let sent = sending.await;
            self.sending = None;
            return sent.map_err(io::Error::other)?;
        }
        let idle = self.idle.take();
        idle.ok_or_else(|| io::Error::other("an earlier part failed").into())
    }
}

#[async_trait]
impl<T: Target> Staging for PartStaging<T> {
    async fn write(&mut self, mut chunk: &[u8]) -> Result<(), BlobError> {
        self.arriving.take(chunk)?;
        while !chunk.is_empty() {
            let room = T::PART_BYTES - self.buffer.len();
            let (now, later) = chunk.split_at(room.min(chunk.len()));
            if self.buffer.len() + now.len() > SMALL_BYTES {
                self.buffer.reserve_exact(T::PART_BYTES - self.buffer.len());
            }
            self.buffer.extend_from_slice(now);
            chunk = later;
            if self.buffer.len() == T::PART_BYTES {
                let idle = self.idle().await?;
                let full = std::mem::take(&mut self.buffer);
                self.sending = Some(tokio::spawn(idle.send(full)));
            }
        }
        Ok(())
    }

    async fn finish(mut self: Box<Self>) -> Result<Staged, BlobError> {
        let idle = self.idle().await?;
        let last = std::mem::take(&mut self.buffer);
        let looked = idle.end(last).await?;
        let place = self.place.take().ok_or_else(|| io::Error::other("ended twice"))?;
        Ok(std::mem::replace(&mut self.arriving, Arriving::up_to(0)).staged(looked, place))
    }
}

impl<T: Target> Drop for PartStaging<T> {
    fn drop(&mut self) {
        let Some(mut place) = self.place.take() else { return };
        let Some(sending) = self.sending.take() else { return };
        // A part that arrives after its file was discarded would stay: what is on its way is waited for.
        if let (Ok(runtime), Some(discard)) = (tokio::runtime::Handle::try_current(), place.discard.take()) {
            runtime.spawn(async move {
                drop(sending.await);
                discard();
            });
        }
    }
}
