//! Files that came with one request: published and pinned, named by the handles that stand in its variables.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};

use jiff::{SignedDuration, Timestamp};

use super::{BlobError, BlobRef, BlobStore, Pin, References, Staged};

/// How a handle begins; the number of the file in the request follows.
const HANDLE: &str = "upload:";

/// A file whose bytes are kept and that no document refers to yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StagedFile {
    /// SHA-256 of the content, 64 lowercase hexadecimal digits.
    pub sha256: String,
    /// Length in bytes.
    pub size: u64,
    /// The name the client gave, without folders.
    pub name: String,
    /// Told from the content, never from what the client said.
    pub content_type: String,
}

/// The content of a file is not what its sender said it is.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the file's SHA-256 is {actual}, not {stated}; send it again")]
pub struct DigestMismatch {
    /// What the sender stated.
    pub stated: String,
    /// What arrived.
    pub actual: String,
}

impl StagedFile {
    /// Holds the stated digest, if any, against the bytes that arrived. Letter case does not matter.
    pub fn check_stated(&self, stated: Option<&str>) -> Result<(), DigestMismatch> {
        match stated {
            Some(stated) if !stated.eq_ignore_ascii_case(&self.sha256) => Err(DigestMismatch {
                stated: stated.to_owned(),
                actual: self.sha256.clone(),
            }),
            _ => Ok(()),
        }
    }

    /// The bytes.
    pub fn blob(&self) -> BlobRef {
        BlobRef {
            sha256: self.sha256.clone(),
            size: self.size,
        }
    }
}

/// The files of one request, in the order in which they came; lies in the request's data.
#[derive(Clone, Debug, Default)]
pub struct Uploads {
    files: Vec<StagedFile>,
    /// Digests of those that were read and are not to be kept.
    spent: Arc<Mutex<BTreeSet<String>>>,
}

impl Uploads {
    /// The files of a request.
    pub fn new(files: Vec<StagedFile>) -> Self {
        Self {
            files,
            spent: Arc::default(),
        }
    }

    /// Says that a file has been read and nothing refers to it: it goes with the request.
    pub fn spend(&self, sha256: &str) {
        let mut spent = self.spent.lock().unwrap_or_else(PoisonError::into_inner);
        spent.insert(sha256.to_owned());
    }

    /// Whether a file goes with the request.
    pub fn is_spent(&self, sha256: &str) -> bool {
        self.spent
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .contains(sha256)
    }

    /// What stands in the variables for the file with this number.
    pub fn handle(index: usize) -> String {
        format!("{HANDLE}{index}")
    }

    /// The file that a handle stands for; `None` for any other text, and for a handle that did not come with files.
    pub fn get(&self, handle: &str) -> Option<&StagedFile> {
        self.files.get(handle.strip_prefix(HANDLE)?.parse::<usize>().ok()?)
    }

    /// All files.
    pub fn files(&self) -> &[StagedFile] {
        &self.files
    }
}

/// Bytes that were published before the change that is to refer to them.
pub struct Kept {
    /// The bytes.
    pub blob: BlobRef,
    pin: Pin,
}

impl Kept {
    /// Pins and publishes together: from the first moment on the bytes are protected for `pinned`. After an error nothing is
    /// published that anybody could refer to, and the pins expire.
    pub async fn publish(
        blobs: &dyn BlobStore,
        staged: Vec<Staged>,
        pinned: SignedDuration,
        now: Timestamp,
    ) -> Result<Vec<Self>, BlobError> {
        let until = now.checked_add(pinned).unwrap_or(Timestamp::MAX);
        let mut pins = Vec::with_capacity(staged.len());
        for one in &staged {
            pins.push(blobs.pin(&one.sha256, until).await?);
        }
        let published = blobs.publish_all(staged, now).await?.into_iter();
        let kept = published.zip(pins).map(|(published, pin)| Self {
            blob: published.blob,
            pin,
        });
        Ok(kept.collect())
    }

    /// The change is committed: what it refers to needs no pin any more.
    pub async fn release(&self, blobs: &dyn BlobStore) {
        if let Err(error) = blobs.unpin(&self.pin).await {
            tracing::warn!(sha256 = self.blob.sha256, %error, "a pin stays until it expires");
        }
    }

    /// The change was refused: it leaves no bytes behind, unless somebody else refers to them or has just sent them too.
    /// Whether the same bytes were known before changes nothing in what is done, so that its time tells nobody.
    pub async fn take_back(&self, blobs: &dyn BlobStore, references: &dyn References, now: Timestamp) {
        let mut result = blobs.unpin(&self.pin).await;
        if result.is_ok() {
            let removed = blobs.remove_unused(&self.blob.sha256, Timestamp::MAX, now, references);
            result = removed.await.map(drop);
        }
        if let Err(error) = result {
            tracing::warn!(sha256 = self.blob.sha256, %error, "unused bytes stay until the next sweep");
        }
    }
}
