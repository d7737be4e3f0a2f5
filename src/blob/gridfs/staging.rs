//! A file on its way into GridFS.

use async_trait::async_trait;
use bytes::Bytes;
use futures::AsyncWriteExt;
use mongodb::bson::Bson;
use mongodb::bson::oid::ObjectId;
use mongodb::gridfs::{GridFsBucket, GridFsUploadStream};

use super::{CHUNK_BYTES, delete_file, failed};
use crate::blob::parts::{PartStaging, Target};
use crate::blob::{BlobError, Place};

/// The file that is being made. Dropped before its end, the driver removes its chunks.
pub struct GridFsTarget(GridFsUploadStream);

#[async_trait]
impl Target for GridFsTarget {
    /// A chunk (255 KiB) a request, one filled while one is sent: the driver copies what it sends some ten times, and four at
    /// once took 105 MiB for a file of 256 MiB and no less time.
    const PART_BYTES: usize = CHUNK_BYTES as usize;

    async fn send(&mut self, part: Bytes) -> Result<(), BlobError> {
        Ok(self.0.write_all(&part).await?)
    }

    async fn end(&mut self, last: Bytes) -> Result<(), BlobError> {
        self.0.write_all(&last).await?;
        Ok(self.0.close().await?)
    }
}

/// Begins a file of at most `limit` bytes.
pub async fn begin(bucket: &GridFsBucket, limit: u64) -> Result<PartStaging<GridFsTarget>, BlobError> {
    let id = ObjectId::new();
    let upload = bucket.open_upload_stream(id.to_hex()).id(Bson::ObjectId(id));
    let target = GridFsTarget(upload.await.map_err(failed)?);
    let discarded = bucket.clone();
    let place = Place {
        name: id.to_hex(),
        discard: Some(Box::new(move || {
            let Ok(runtime) = tokio::runtime::Handle::try_current() else {
                return;
            };
            runtime.spawn(async move {
                if let Err(error) = delete_file(&discarded, id).await {
                    tracing::warn!(%error, "a staged file stays until the next sweep");
                }
            });
        })),
    };
    Ok(PartStaging::begin(target, limit, place))
}
