//! A file on its way into object storage: by parts of bounded size, one filling while the one before is sent.

use std::io;
use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use object_store::multipart::PartId;
use object_store::path::Path;
use object_store::{MultipartId, ObjectStoreExt, PutPayload};
use tokio::task::{JoinHandle, spawn_blocking};

use super::key::{STAGING, UNFINISHED};
use super::{Objects, failed};
use crate::blob::intake::{Arriving, Looked};
use crate::blob::{BlobError, Place, Staged, Staging, random_name};

/// Bytes of one part (5 MiB): the least that S3 accepts, so that two of them are all the memory an upload takes. S3 takes
/// 10,000 parts, 48 GiB.
const PART_BYTES: usize = 5 * 1024 * 1024;

/// The object that is being made.
struct Target {
    objects: Arc<dyn Objects>,
    name: String,
    upload: Option<MultipartId>,
    parts: Vec<PartId>,
    looked: Looked,
}

impl Target {
    fn place(&self) -> Path {
        staged(&self.name)
    }

    /// Sends a part that more will follow.
    async fn send(mut self, bytes: Vec<u8>) -> Result<Self, BlobError> {
        let bytes = self.look(bytes).await?;
        let upload = match &self.upload {
            Some(upload) => upload,
            None => {
                let upload = self.objects.create_multipart(&self.place()).await.map_err(failed)?;
                let noted = PutPayload::from(upload.clone());
                // Noted before the first part: if this process dies, another finds what to abort. Until then there are no
                // bytes that anybody would have to pay for.
                self.objects.put(&note(&self.name), noted).await.map_err(failed)?;
                self.upload.insert(upload)
            }
        };
        let (place, number) = (staged(&self.name), self.parts.len());
        let part = self.objects.put_part(&place, upload, number, bytes.into()).await;
        self.parts.push(part.map_err(failed)?);
        Ok(self)
    }

    /// Sends the last bytes: a file of less than a part is one request.
    async fn end(mut self, bytes: Vec<u8>) -> Result<Looked, BlobError> {
        if self.upload.is_none() {
            let bytes = self.look(bytes).await?;
            self.objects.put(&self.place(), bytes.into()).await.map_err(failed)?;
            return Ok(self.looked);
        }
        if !bytes.is_empty() {
            self = self.send(bytes).await?;
        }
        if let Some(upload) = &self.upload {
            let (place, parts) = (self.place(), std::mem::take(&mut self.parts));
            self.objects
                .complete_multipart(&place, upload, parts)
                .await
                .map_err(failed)?;
            self.objects.delete(&note(&self.name)).await.map_err(failed)?;
        }
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

/// A file on its way in.
pub struct ObjectStaging {
    arriving: Arriving,
    buffer: Vec<u8>,
    target: Option<Target>,
    /// The part that is being sent while the next one fills.
    sending: Option<JoinHandle<Result<Target, BlobError>>>,
    place: Option<Place>,
}

impl ObjectStaging {
    /// Begins a file. Nothing is sent before there is enough for a part.
    pub fn begin(objects: Arc<dyn Objects>, limit: u64) -> Result<Self, BlobError> {
        let name = random_name()?;
        let place = Place {
            name: name.clone(),
            discard: Some(discarding(Arc::clone(&objects), name.clone())),
        };
        Ok(Self {
            arriving: Arriving::up_to(limit),
            buffer: Vec::new(),
            target: Some(Target {
                objects,
                name,
                upload: None,
                parts: Vec::new(),
                looked: Looked::default(),
            }),
            sending: None,
            place: Some(place),
        })
    }

    async fn idle_target(&mut self) -> Result<Target, BlobError> {
        if let Some(sending) = self.sending.as_mut() {
            let sent = sending.await;
            self.sending = None;
            return sent.map_err(io::Error::other)?;
        }
        let target = self.target.take();
        target.ok_or_else(|| io::Error::other("an earlier part failed").into())
    }
}

#[async_trait]
impl Staging for ObjectStaging {
    async fn write(&mut self, mut chunk: &[u8]) -> Result<(), BlobError> {
        self.arriving.take(chunk)?;
        while !chunk.is_empty() {
            let room = PART_BYTES - self.buffer.len();
            let (now, later) = chunk.split_at(room.min(chunk.len()));
            self.buffer.extend_from_slice(now);
            chunk = later;
            if self.buffer.len() == PART_BYTES {
                let target = self.idle_target().await?;
                let full = std::mem::take(&mut self.buffer);
                self.sending = Some(tokio::spawn(target.send(full)));
            }
        }
        Ok(())
    }

    async fn finish(mut self: Box<Self>) -> Result<Staged, BlobError> {
        let target = self.idle_target().await?;
        let last = std::mem::take(&mut self.buffer);
        let looked = target.end(last).await?;
        let place = self.place.take().ok_or_else(|| io::Error::other("ended twice"))?;
        Ok(std::mem::replace(&mut self.arriving, Arriving::up_to(0)).staged(looked, place))
    }
}

impl Drop for ObjectStaging {
    fn drop(&mut self) {
        let Some(mut place) = self.place.take() else { return };
        let Some(sending) = self.sending.take() else { return };
        // A part that arrives after the abort would stay: what is on its way is waited for.
        if let (Ok(runtime), Some(discard)) = (tokio::runtime::Handle::try_current(), place.discard.take()) {
            runtime.spawn(async move {
                drop(sending.await);
                discard();
            });
        }
    }
}

/// Removes what lies of a staged file, behind whoever drops it. What cannot be removed now is when it is old.
fn discarding(objects: Arc<dyn Objects>, name: String) -> Box<dyn FnOnce() + Send + Sync> {
    Box::new(move || {
        let Ok(runtime) = tokio::runtime::Handle::try_current() else {
            return;
        };
        runtime.spawn(async move {
            let removed = async {
                abort_noted(&*objects, &name).await?;
                match objects.delete(&staged(&name)).await {
                    Ok(()) | Err(object_store::Error::NotFound { .. }) => Ok(()),
                    Err(error) => Err(BlobError::from(failed(error))),
                }
            };
            if let Err(error) = removed.await {
                tracing::warn!(%error, "a staged object stays until the next sweep");
            }
        });
    })
}

/// Aborts the multipart upload of a staged file, if one is noted, and forgets the note.
pub async fn abort_noted(objects: &dyn Objects, name: &str) -> Result<(), BlobError> {
    let note = note(name);
    let noted = match objects.get(&note).await {
        Ok(noted) => noted.bytes().await.map_err(failed)?,
        Err(object_store::Error::NotFound { .. }) => return Ok(()),
        Err(error) => return Err(failed(error).into()),
    };
    let upload = String::from_utf8_lossy(&noted).into_owned();
    match objects.abort_multipart(&staged(name), &upload).await {
        // One that is unknown was completed or aborted before.
        Ok(()) | Err(object_store::Error::NotFound { .. }) => {}
        Err(error) => return Err(failed(error).into()),
    }
    match objects.delete(&note).await {
        Ok(()) | Err(object_store::Error::NotFound { .. }) => Ok(()),
        Err(error) => Err(failed(error).into()),
    }
}

fn staged(name: &str) -> Path {
    Path::from(format!("{STAGING}/{name}"))
}

fn note(name: &str) -> Path {
    Path::from(format!("{UNFINISHED}/{name}"))
}
