//! Reading a blob again: whether what lies under a hash still has that hash.

use std::io;

use bytes::Bytes;
use futures::{StreamExt, TryStreamExt};
use sha2::{Digest, Sha256};

use super::{BlobError, BlobStore, ByteStream};

/// What is wrong with a blob. The text says it behind a name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Wrong {
    #[error("is not there")]
    Missing,
    #[error("is damaged: its {size} bytes do not have the SHA-256 {sha256}")]
    Damaged { sha256: String, size: u64 },
    /// A disk that cannot give the bytes is a difference like any other: nobody can read that file.
    #[error("cannot be read: {0}")]
    Unreadable(String),
}

/// Reads a blob piece by piece; the answer is its length.
///
/// # Errors
/// What is wrong with it.
pub async fn examine(blobs: &dyn BlobStore, sha256: &str) -> Result<u64, Wrong> {
    let unreadable = |error: &dyn std::fmt::Display| Wrong::Unreadable(error.to_string());
    let mut bytes = match blobs.open(sha256, None).await {
        Ok(bytes) => bytes,
        Err(BlobError::NotFound) => return Err(Wrong::Missing),
        Err(error) => return Err(unreadable(&error)),
    };
    let (mut hasher, mut size) = (Sha256::new(), 0);
    while let Some(piece) = bytes.try_next().await.map_err(|error| unreadable(&error))? {
        hasher.update(&piece);
        size += piece.len() as u64;
    }
    if hex::encode(hasher.finalize()) == sha256 {
        Ok(size)
    } else {
        let sha256 = sha256.to_owned();
        Err(Wrong::Damaged { sha256, size })
    }
}

/// The bytes of a whole blob on their way to a reader. The last piece is given only when all of them have the hash: who
/// is sent something else gets an answer that breaks off, and not one that looks whole.
pub fn held_to_hash(bytes: ByteStream, sha256: String) -> ByteStream {
    struct Reading {
        bytes: ByteStream,
        sha256: String,
        hasher: Sha256,
        held: Option<Bytes>,
    }
    let reading = Reading {
        bytes,
        sha256,
        hasher: Sha256::new(),
        held: None,
    };
    futures::stream::try_unfold(Some(reading), |reading| async move {
        let Some(mut reading) = reading else {
            return Ok(None);
        };
        while let Some(piece) = reading.bytes.try_next().await? {
            reading.hasher.update(&piece);
            if let Some(before) = reading.held.replace(piece) {
                return Ok(Some((before, Some(reading))));
            }
        }
        let found = hex::encode(std::mem::take(&mut reading.hasher).finalize());
        if found != reading.sha256 {
            tracing::error!(
                sha256 = reading.sha256,
                found,
                "a stored file is not as it was uploaded; run `minhchung fixity`"
            );
            return Err(io::Error::new(io::ErrorKind::InvalidData, "the file is damaged"));
        }
        Ok(reading.held.take().map(|last| (last, None)))
    })
    .boxed()
}
