//! Files that are read once and not kept: piece by piece from the blob store, worked through off the async threads.

use bytes::Bytes;
use futures::TryStreamExt as _;
use jiff::Timestamp;
use tokio::sync::mpsc::Receiver;

use super::Session;
use super::error::Error;
use crate::blob::upload::StagedFile;
use crate::blob::{BlobError, ByteStream, Pin, held_to_hash};

/// Pieces of a file (of at most 1 MiB) that wait between disk and counting.
const PIECES_WAITING: usize = 2;

/// A file that is read once and not kept.
pub struct PassingFile {
    pub file: StagedFile,
    /// What protects the bytes until they are used; none for a file of the same request.
    pub pin: Option<Pin>,
}

/// That a file is not there any more.
pub(super) fn gone() -> Error {
    Error::invalid(
        "file",
        "Tệp không còn trên máy chủ; hãy tải lên lại.",
        "The file is not there any more; upload it again.",
    )
}

/// Reading waits for counting and counting for reading, so that a few pieces are all that is held.
pub(super) async fn feed<T: Send + 'static>(
    mut bytes: ByteStream,
    count: impl FnOnce(&mut Receiver<Bytes>) -> T + Send + 'static,
) -> Result<T, Error> {
    let (send, mut receive) = tokio::sync::mpsc::channel::<Bytes>(PIECES_WAITING);
    let counting = tokio::task::spawn_blocking(move || count(&mut receive));
    let mut broken = None;
    loop {
        match bytes.try_next().await {
            Ok(Some(piece)) => {
                // A file that cannot be what it should be is read no further.
                if send.send(piece).await.is_err() {
                    break;
                }
            }
            Ok(None) => break,
            Err(error) => {
                broken = Some(error);
                break;
            }
        }
    }
    drop(send);
    let counted = counting.await.map_err(|error| Error::Internal(Box::new(error)))?;
    match broken {
        Some(error) => Err(Error::unavailable(error)),
        None => Ok(counted),
    }
}

impl Session {
    /// The bytes of a file, held to its hash; nothing when they are gone.
    pub(super) async fn passing_bytes(&self, file: &StagedFile) -> Result<Option<ByteStream>, Error> {
        match self.app.blobs.open(&file.sha256, None).await {
            Ok(bytes) => Ok(Some(held_to_hash(bytes, file.sha256.clone()))),
            Err(BlobError::NotFound) => Ok(None),
            Err(error) => Err(Error::unavailable(error)),
        }
    }

    /// Deletes a file that was uploaded ahead. What goes wrong is left to the sweep.
    pub(super) async fn discard(&self, upload: &PassingFile) {
        let Some(pin) = &upload.pin else { return };
        let (blobs, sha256) = (&self.app.blobs, &upload.file.sha256);
        let mut result = blobs.unpin(pin).await;
        if result.is_ok() {
            let now = self.app.clock.now();
            let removed = blobs.remove_unused(sha256, Timestamp::MAX, now, &*self.app).await;
            result = removed.map(drop);
        }
        if let Err(error) = result {
            tracing::warn!(sha256, %error, "a file that was read once stays until the next sweep");
        }
    }
}
