//! Reading a blob again: whether what lies under a hash still has that hash.

use futures::TryStreamExt;
use sha2::{Digest, Sha256};

use super::{BlobError, BlobStore};

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
