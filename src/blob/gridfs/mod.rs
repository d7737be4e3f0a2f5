//! Blobs in GridFS of the MongoDB that also holds the documents, shared by any number of processes.
//!
//! `blob.files` and `blob.chunks` are a bucket of the driver's kind, in which every upload has a file with an id of its own.
//! One document of the collection `blob` maps each hash to the file that is read, and holds the pins of the hash too:
//!
//! ```text
//! { _id: sha256, file: ObjectId, size, published, pins: [{ id, until }], condemned: ObjectId }
//! ```
//!
//! **Publishing** puts the upload's own file into the mapping, in one update. Of two who send the same bytes the later one
//! stands, and deletes the file that it replaced: a damaged file is healed by sending it again, and known bytes take the same
//! work as new ones. A reader whose file was replaced goes on in the other at the same byte: the bytes are the same.
//!
//! **Deleting** goes through that one document, so that its order is MongoDB's: first a token is put into `condemned`, unless
//! the bytes are young or pinned; then references are looked at; then the mapping is deleted *if the token still stands*
//! and no pin holds. Publishing and pinning take the token away. Whoever came in between has thus saved the bytes, and
//! whoever comes after finds none. Only then does the file go; what a process that died leaves is a file that no mapping
//! names, which the sweep removes when it is old.

mod read;
mod staging;

use std::ops::Range;
use std::time::Duration;

use async_trait::async_trait;
use futures::{FutureExt, TryStreamExt};
use jiff::{SignedDuration, Timestamp};
use mongodb::bson::oid::ObjectId;
use mongodb::bson::{Bson, DateTime, Document, doc};
use mongodb::error::{Error, ErrorKind, GridFsErrorKind};
use mongodb::gridfs::GridFsBucket;
use mongodb::options::{CollectionOptions, GridFsBucketOptions, ReadConcern, ReturnDocument};
use mongodb::{Collection, Database, IndexModel};

use super::{
    BlobEntry, BlobError, BlobRef, BlobStore, ByteStream, Pin, Published, References, Staged, Staging, is_sha256,
    publish_each, random_name,
};
use crate::cluster::{self, Unconnected};

/// The collection of mappings, and the name of the bucket.
const NAME: &str = "blob";
/// Bytes of a chunk (255 KiB): GridFS's own size, with which a chunk and its frame fit a power of two.
const CHUNK_BYTES: u32 = 255 * 1024;
/// How long the one read waits that must not be older than any pin (10 s).
const NEWEST: Duration = Duration::from_secs(10);
/// Staged files older than this are not published any more (12 h): the sweep removes them after 24.
const STAGED_FOR: Duration = Duration::from_secs(12 * 60 * 60);
/// Tries of an update that makes its document: two who make it at once, and one is told of a duplicate.
const UPSERTS: usize = 3;
/// Code for a duplicate key.
const DUPLICATE: i32 = 11_000;

/// Blobs in GridFS.
pub struct GridFsBlobStore {
    database: Database,
    bucket: GridFsBucket,
    mappings: Collection<Document>,
    /// The same, read so that no acknowledged write is missed, even by a primary that was just replaced.
    newest: Collection<Document>,
}

impl GridFsBlobStore {
    /// Connects, and makes the indexes. Without a `database`, the one that the URI names.
    ///
    /// # Errors
    /// When no primary answers, or the driver does not read the URI, which may hold a password and is not repeated.
    pub async fn open(uri: &str, database: Option<&str>) -> Result<Self, BlobError> {
        let database = cluster::connect(uri, database).await.map_err(|problem| match problem {
            Unconnected::Unreadable => {
                let what = "the connection string is not one that the driver reads";
                BlobError::Io(std::io::Error::other(what))
            }
            Unconnected::Refused(error) => failed(error),
        })?;
        Self::of(database).await
    }

    async fn of(database: Database) -> Result<Self, BlobError> {
        let bucket = GridFsBucketOptions::builder()
            .bucket_name(NAME.to_owned())
            .chunk_size_bytes(CHUNK_BYTES)
            .build();
        let newest = CollectionOptions::builder()
            .read_concern(ReadConcern::linearizable())
            .build();
        let store = Self {
            bucket: database.gridfs_bucket(bucket),
            mappings: database.collection(NAME),
            newest: database.collection_with_options(NAME, newest),
            database,
        };
        let index = |field: &str| IndexModel::builder().keys(doc! { field: 1 }).build();
        let indexes = [index("file"), index("pins.until")];
        store.mappings.create_indexes(indexes).await.map_err(failed)?;
        Ok(store)
    }

    /// Changes the mapping of a hash, making it if there is none; answers it as it was before.
    async fn upsert(&self, sha256: &str, update: Document) -> Result<Option<Document>, BlobError> {
        let mut tries = 0;
        loop {
            let changed = self
                .mappings
                .find_one_and_update(doc! { "_id": sha256 }, update.clone())
                .upsert(true)
                .return_document(ReturnDocument::Before)
                .await;
            tries += 1;
            match changed {
                Err(error) if tries < UPSERTS && cluster::code(&error) == Some(DUPLICATE) => {}
                changed => return changed.map_err(failed),
            }
        }
    }

    /// Puts the file of staged bytes into the mapping of their hash.
    async fn publish_one(&self, mut staged: Staged, now: Timestamp) -> Result<Published, BlobError> {
        let file = ObjectId::parse_str(&staged.place.name).map_err(std::io::Error::other)?;
        let begun = file.timestamp().to_system_time();
        if begun.elapsed().is_ok_and(|lying| lying > STAGED_FOR) {
            return Err(std::io::Error::other("staged too long ago; it may be swept").into());
        }
        let size = i64::try_from(staged.size).map_err(std::io::Error::other)?;
        let update = doc! {
            "$set": { "file": file, "size": size },
            "$max": { "published": now.as_millisecond() },
            "$unset": { "condemned": "" },
        };
        // Should the answer be lost, the mapping may name the file: from here on only the sweep may remove it.
        staged.place.discard = None;
        let before = self.upsert(&staged.sha256, update).await?;
        let replaced = before.and_then(|mapping| mapping.get_object_id("file").ok());
        if let Some(replaced) = replaced {
            let bucket = self.bucket.clone();
            // Behind the answer, so that its time does not tell whether the bytes were known.
            tokio::spawn(async move {
                if let Err(error) = delete_file(&bucket, replaced).await {
                    tracing::warn!(%error, "a replaced file stays until the sweep");
                }
            });
        }
        Ok(Published {
            blob: BlobRef {
                sha256: staged.sha256.clone(),
                size: staged.size,
            },
            created: replaced.is_none(),
        })
    }

    async fn delete_file(&self, file: ObjectId) -> Result<(), BlobError> {
        delete_file(&self.bucket, file).await
    }

    /// Whether a mapping names a file.
    async fn mapped(&self, file: ObjectId) -> Result<bool, BlobError> {
        Ok(self
            .mappings
            .find_one(doc! { "file": file })
            .await
            .map_err(failed)?
            .is_some())
    }

    /// The files that no mapping names and that were begun before a moment: those that are complete, and chunks of others.
    async fn unmapped(&self, until: ObjectId) -> Result<Vec<ObjectId>, BlobError> {
        let old = doc! { "_id": { "$lt": until } };
        let files = self.database.collection::<Document>(&format!("{NAME}.files"));
        let mut found = files.find(old).projection(doc! { "_id": 1 }).await.map_err(failed)?;
        let mut unmapped = Vec::new();
        while let Some(file) = found.try_next().await.map_err(failed)? {
            let file = file.get_object_id("_id").map_err(std::io::Error::other)?;
            if !self.mapped(file).await? {
                unmapped.push(file);
            }
        }
        let chunks = self.database.collection::<Document>(&format!("{NAME}.chunks"));
        let firsts = doc! { "files_id": { "$lt": until }, "n": 0 };
        let mut found = chunks
            .find(firsts)
            .projection(doc! { "files_id": 1 })
            .await
            .map_err(failed)?;
        while let Some(chunk) = found.try_next().await.map_err(failed)? {
            let file = chunk.get_object_id("files_id").map_err(std::io::Error::other)?;
            let complete = files.find_one(doc! { "_id": file }).await.map_err(failed)?.is_some();
            if !complete {
                unmapped.push(file);
            }
        }
        Ok(unmapped)
    }
}

fn no_pin_holds(now: Timestamp) -> Document {
    doc! { "$not": { "$elemMatch": { "until": { "$gt": now.as_millisecond() } } } }
}

#[async_trait]
impl BlobStore for GridFsBlobStore {
    async fn stage(&self, limit: u64) -> Result<Box<dyn Staging>, BlobError> {
        Ok(Box::new(staging::begin(&self.bucket, limit).await?))
    }

    async fn publish_all(&self, staged: Vec<Staged>, now: Timestamp) -> Result<Vec<Published>, BlobError> {
        publish_each(staged, |staged| self.publish_one(staged, now).boxed()).await
    }

    async fn pin(&self, sha256: &str, until: Timestamp) -> Result<Pin, BlobError> {
        if !is_sha256(sha256) {
            return Err(BlobError::NotFound);
        }
        let pin = Pin {
            sha256: sha256.to_owned(),
            id: random_name()?,
        };
        let update = doc! {
            "$push": { "pins": { "id": &pin.id, "until": until.as_millisecond() } },
            "$unset": { "condemned": "" },
        };
        self.upsert(sha256, update).await?;
        Ok(pin)
    }

    async fn unpin(&self, pin: &Pin) -> Result<(), BlobError> {
        let update = doc! { "$pull": { "pins": { "id": &pin.id } } };
        let mapping = doc! { "_id": &pin.sha256 };
        self.mappings.update_one(mapping, update).await.map_err(failed)?;
        let empty = doc! { "_id": &pin.sha256, "file": { "$exists": false }, "pins.0": { "$exists": false } };
        self.mappings.delete_one(empty).await.map_err(failed)?;
        Ok(())
    }

    async fn remove_expired_pins(&self, now: Timestamp) -> Result<(), BlobError> {
        let over = doc! { "$lte": now.as_millisecond() };
        let update = doc! { "$pull": { "pins": { "until": over.clone() } } };
        let any = doc! { "pins.until": over };
        self.mappings.update_many(any, update).await.map_err(failed)?;
        let empty = doc! { "file": { "$exists": false }, "pins.0": { "$exists": false } };
        self.mappings.delete_many(empty).await.map_err(failed)?;
        Ok(())
    }

    async fn pinned(&self, sha256: &str, now: Timestamp) -> Result<bool, BlobError> {
        let holds = doc! { "_id": sha256, "pins.until": { "$gt": now.as_millisecond() } };
        Ok(self.mappings.find_one(holds).await.map_err(failed)?.is_some())
    }

    async fn open(&self, sha256: &str, range: Option<Range<u64>>) -> Result<ByteStream, BlobError> {
        read::open(&self.database, sha256, range).await
    }

    /// Asked by those who pinned and now rely on the answer: it must not be older than the pin.
    async fn size(&self, sha256: &str) -> Result<Option<u64>, BlobError> {
        let mapping = self.newest.find_one(doc! { "_id": sha256 }).max_time(NEWEST).await;
        Ok(mapping
            .map_err(failed)?
            .as_ref()
            .and_then(read::file_and_size)
            .map(|(_, size)| size))
    }

    async fn list(&self, after: Option<&str>, limit: usize) -> Result<Vec<BlobEntry>, BlobError> {
        let wanted = doc! { "_id": { "$gt": after.unwrap_or_default() }, "file": { "$exists": true } };
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let found = self.mappings.find(wanted).sort(doc! { "_id": 1 }).limit(limit);
        let mut found = found.projection(doc! { "pins": 0 }).await.map_err(failed)?;
        let mut entries = Vec::new();
        while let Some(mapping) = found.try_next().await.map_err(failed)? {
            let (_, size) = read::file_and_size(&mapping).ok_or_else(|| std::io::Error::other("no size"))?;
            let sha256 = mapping.get_str("_id").map_err(std::io::Error::other)?.to_owned();
            let published = mapping.get_i64("published").map_err(std::io::Error::other)?;
            entries.push(BlobEntry {
                blob: BlobRef { sha256, size },
                published: Timestamp::from_millisecond(published).map_err(std::io::Error::other)?,
            });
        }
        Ok(entries)
    }

    async fn remove_unused(
        &self,
        sha256: &str,
        before: Timestamp,
        now: Timestamp,
        references: &dyn References,
    ) -> Result<bool, BlobError> {
        let token = ObjectId::new();
        let old = doc! {
            "_id": sha256,
            "file": { "$exists": true },
            "published": { "$lt": before.as_millisecond() },
            "pins": no_pin_holds(now),
        };
        let condemned = self
            .mappings
            .update_one(old, doc! { "$set": { "condemned": token } })
            .await;
        if condemned.map_err(failed)?.matched_count == 0
            || references.referenced(sha256).await.map_err(BlobError::References)?
        {
            // A token that stays deletes nothing: only who put it knows it.
            return Ok(false);
        }
        let still = doc! { "_id": sha256, "condemned": token, "pins": no_pin_holds(now) };
        let deleted = self.mappings.find_one_and_delete(still).await.map_err(failed)?;
        let Some((file, _)) = deleted.as_ref().and_then(read::file_and_size) else {
            return Ok(false);
        };
        self.delete_file(file).await?;
        Ok(true)
    }

    async fn clear_staging(&self, age: SignedDuration) -> Result<u64, BlobError> {
        let told = self.database.run_command(doc! { "hello": 1 }).await.map_err(failed)?;
        let now = told.get_datetime("localTime").map_err(std::io::Error::other)?;
        let until = now
            .timestamp_millis()
            .saturating_sub(i64::try_from(age.as_millis()).unwrap_or(i64::MAX));
        // Ids tell whole seconds: the next one is behind all of this second.
        let until = DateTime::from_millis(until.saturating_add(1_000));
        let mut cleared = 0;
        for file in self.unmapped(first_id(until)).await? {
            self.delete_file(file).await?;
            cleared += 1;
        }
        Ok(cleared)
    }
}

/// The least id of a second.
fn first_id(at: DateTime) -> ObjectId {
    let seconds = u32::try_from(at.timestamp_millis().max(0) / 1_000).unwrap_or(u32::MAX);
    ObjectId::from_parts(seconds, [0; 5], [0; 3])
}

/// Deletes a file and its chunks; one that is not complete has chunks alone.
async fn delete_file(bucket: &GridFsBucket, file: ObjectId) -> Result<(), BlobError> {
    match bucket.delete(Bson::ObjectId(file)).await {
        Err(error) if !matches!(*error.kind, ErrorKind::GridFs(GridFsErrorKind::FileNotFound { .. })) => {
            Err(failed(error))
        }
        _ => Ok(()),
    }
}

fn failed(error: Error) -> BlobError {
    BlobError::Io(std::io::Error::other(error))
}
