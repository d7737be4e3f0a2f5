//! Reading from GridFS by chunks, from any byte on: the driver's own stream begins at the first.

use std::io;
use std::ops::Range;

use bytes::Bytes;
use futures::{StreamExt, TryStreamExt, stream};
use mongodb::bson::oid::ObjectId;
use mongodb::bson::spec::BinarySubtype;
use mongodb::bson::{Bson, Document, doc};
use mongodb::{Cursor, Database};

use super::{CHUNK_BYTES, NAME, failed};
use crate::blob::{BlobError, ByteStream};

/// Chunks that the server sends at once (510 KiB): few round trips, little memory.
const BATCH_CHUNKS: u32 = 2;

/// Which file a mapping names, and how long it is; `None` if it has pins alone.
pub fn file_and_size(mapping: &Document) -> Option<(ObjectId, u64)> {
    let file = mapping.get_object_id("file").ok()?;
    Some((file, u64::try_from(mapping.get_i64("size").ok()?).ok()?))
}

async fn mapped(database: &Database, sha256: &str) -> Result<(ObjectId, u64), BlobError> {
    let mapping = database
        .collection::<Document>(NAME)
        .find_one(doc! { "_id": sha256 })
        .await;
    mapping
        .map_err(failed)?
        .as_ref()
        .and_then(file_and_size)
        .ok_or(BlobError::NotFound)
}

/// Opens a blob at a range, which is cut to its length.
pub async fn open(database: &Database, sha256: &str, range: Option<Range<u64>>) -> Result<ByteStream, BlobError> {
    let (file, size) = mapped(database, sha256).await?;
    let range = range.unwrap_or(0..size);
    let reading = Reading {
        database: database.clone(),
        sha256: sha256.to_owned(),
        file,
        range: range.start.min(size)..range.end.min(size),
        chunks: None,
    };
    Ok(stream::try_unfold(reading, |reading| async move {
        reading.next().await.map_err(io::Error::other)
    })
    .boxed())
}

/// What is still to be read.
struct Reading {
    database: Database,
    sha256: String,
    file: ObjectId,
    range: Range<u64>,
    chunks: Option<Cursor<Document>>,
}

impl Reading {
    async fn next(mut self) -> Result<Option<(Bytes, Self)>, BlobError> {
        loop {
            if self.range.is_empty() {
                return Ok(None);
            }
            match self.next_chunk().await? {
                Some(bytes) => {
                    self.range.start += bytes.len() as u64;
                    return Ok(Some((bytes, self)));
                }
                None => self.follow().await?,
            }
        }
    }

    /// What of the next chunk lies in the range; `None` if the chunk is not there.
    async fn next_chunk(&mut self) -> Result<Option<Bytes>, BlobError> {
        let size = u64::from(CHUNK_BYTES);
        let number = self.range.start / size;
        if self.chunks.is_none() {
            self.chunks = Some(self.chunks_from(number).await?);
        }
        let Some(chunks) = self.chunks.as_mut() else {
            return Ok(None);
        };
        let Some(mut chunk) = chunks.try_next().await.map_err(failed)? else {
            return Ok(None);
        };
        let found = chunk
            .get("n")
            .and_then(|n| n.as_i64().or_else(|| n.as_i32().map(i64::from)));
        let Some(Bson::Binary(data)) = chunk.remove("data") else {
            return Ok(None);
        };
        if found.and_then(|found| u64::try_from(found).ok()) != Some(number) || data.subtype != BinarySubtype::Generic {
            return Ok(None);
        }
        let bytes = Bytes::from(data.bytes);
        let from = (self.range.start - number * size) as usize;
        let to = (self.range.end - number * size).min(bytes.len() as u64) as usize;
        Ok((from < to).then(|| bytes.slice(from..to)))
    }

    async fn chunks_from(&mut self, number: u64) -> Result<Cursor<Document>, BlobError> {
        let number = i64::try_from(number).map_err(io::Error::other)?;
        let last = i64::try_from((self.range.end - 1) / u64::from(CHUNK_BYTES)).map_err(io::Error::other)?;
        let wanted = doc! { "files_id": self.file, "n": { "$gte": number, "$lte": last } };
        let chunks = self.database.collection::<Document>(&format!("{NAME}.chunks"));
        let found = chunks.find(wanted).sort(doc! { "n": 1 }).batch_size(BATCH_CHUNKS);
        found.await.map_err(failed)
    }

    /// The file ended before it should: somebody sent the bytes again and the mapping names another, or it is damaged.
    async fn follow(&mut self) -> Result<(), BlobError> {
        let (file, _) = mapped(&self.database, &self.sha256).await?;
        if file == self.file {
            let cut = io::Error::new(io::ErrorKind::UnexpectedEof, "a chunk of the file is missing");
            return Err(cut.into());
        }
        self.file = file;
        self.chunks = None;
        Ok(())
    }
}
