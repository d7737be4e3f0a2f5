//! A file on its way into object storage: one object if it is small, a multipart upload if it is not.

use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use object_store::multipart::PartId;
use object_store::path::Path;
use object_store::{MultipartId, ObjectStoreExt, PutPayload};

use super::key::{STAGING, UNFINISHED};
use super::{Objects, failed};
use crate::blob::parts::{PartStaging, Target};
use crate::blob::{BlobError, Place, random_name};

/// The object that is being made.
pub struct ObjectTarget {
    objects: Arc<dyn Objects>,
    name: String,
    upload: Option<MultipartId>,
    parts: Vec<PartId>,
}

#[async_trait]
impl Target for ObjectTarget {
    /// The least that S3 accepts (5 MiB), so that two of them are all the memory an upload takes. S3 takes 10,000 parts,
    /// 48 GiB.
    const PART_BYTES: usize = 5 * 1024 * 1024;

    async fn send(&mut self, part: Bytes) -> Result<(), BlobError> {
        let place = staged(&self.name);
        let upload = match &self.upload {
            Some(upload) => upload,
            None => {
                let upload = self.objects.create_multipart(&place).await.map_err(failed)?;
                let noted = PutPayload::from(upload.clone());
                // Noted before the first part: if this process dies, another finds what to abort. Until then there are no
                // bytes that anybody would have to pay for.
                self.objects.put(&note(&self.name), noted).await.map_err(failed)?;
                self.upload.insert(upload)
            }
        };
        let sent = self
            .objects
            .put_part(&place, upload, self.parts.len(), part.into())
            .await;
        self.parts.push(sent.map_err(failed)?);
        Ok(())
    }

    async fn end(&mut self, last: Bytes) -> Result<(), BlobError> {
        let place = staged(&self.name);
        if self.upload.is_none() {
            self.objects.put(&place, last.into()).await.map_err(failed)?;
            return Ok(());
        }
        if !last.is_empty() {
            self.send(last).await?;
        }
        if let Some(upload) = &self.upload {
            let parts = std::mem::take(&mut self.parts);
            self.objects
                .complete_multipart(&place, upload, parts)
                .await
                .map_err(failed)?;
            self.objects.delete(&note(&self.name)).await.map_err(failed)?;
        }
        Ok(())
    }
}

/// Begins a file of at most `limit` bytes.
pub fn begin(objects: Arc<dyn Objects>, limit: u64) -> Result<PartStaging<ObjectTarget>, BlobError> {
    let name = random_name()?;
    let place = Place {
        name: name.clone(),
        discard: Some(discarding(Arc::clone(&objects), name.clone())),
    };
    let target = ObjectTarget {
        objects,
        name,
        upload: None,
        parts: Vec::new(),
    };
    Ok(PartStaging::begin(target, limit, place))
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
