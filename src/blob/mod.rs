//! Where bytes live, named by what they are: a blob's name is the SHA-256 of its content, so that the same file is kept
//! once and a name can never come to mean other bytes.
//!
//! Bytes come before words: a file is staged, hashed and counted on the way, published under its hash, and only then
//! referred to by a commit. A pin protects the bytes between the two; what is neither pinned nor referred to is swept.
//!
//! This module knows nothing of evidence, people or rights: whoever may ask for a hash was decided elsewhere.

pub mod conformance;
mod examine;
mod file;
mod gridfs;
mod intake;
pub mod link;
mod location;
mod object;
mod parts;
pub mod reference;
pub mod sniff;
mod sweep;
pub mod upload;

use std::ops::Range;

use async_trait::async_trait;
use bytes::Bytes;
use futures::future::BoxFuture;
use futures::stream::BoxStream;
use jiff::{SignedDuration, Timestamp};

pub use examine::{Wrong, examine, held_to_hash};
pub use file::FileBlobStore;
pub use gridfs::GridFsBlobStore;
pub use location::{Cloud, Location, LocationProblem};
pub use object::{ObjectBlobStore, Objects};
pub use sweep::{SweepReport, sweep};

/// An error of a layer that this one does not know.
pub type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// The bytes of a blob, in pieces of bounded size.
pub type ByteStream = BoxStream<'static, std::io::Result<Bytes>>;

/// Most bytes of one piece in which a blob is read (1 MiB): what a reader holds of it, whatever its length.
pub const MAX_PIECE_BYTES: usize = 1024 * 1024;

/// How many leading bytes of a staged file are kept for telling what it is.
pub const HEAD_BYTES: usize = 8 * 1024;

/// Pieces that are staged at once when many are kept: what the disk and the processor take together.
const STAGED_AT_ONCE: usize = 8;

/// Files published at once over the network (16): each takes a few requests that only wait.
const PUBLISHED_AT_ONCE: usize = 16;

/// Why bytes could not be kept or read.
#[derive(Debug, thiserror::Error)]
pub enum BlobError {
    /// There is no blob of that name; a text that is no SHA-256 names none either.
    #[error("no such blob")]
    NotFound,
    /// More bytes came than allowed.
    #[error("more than {limit} bytes")]
    TooLarge {
        /// The limit in bytes.
        limit: u64,
    },
    /// The place where bytes live failed.
    #[error("blob store: {0}")]
    Io(#[from] std::io::Error),
    /// Nobody could tell whether a document still refers to the blob.
    #[error("references: {0}")]
    References(#[source] BoxError),
}

/// A published blob.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BlobRef {
    /// SHA-256 of the content, 64 lowercase hexadecimal digits.
    pub sha256: String,
    /// Length in bytes.
    pub size: u64,
}

/// A blob in a listing, with the time from which its age counts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BlobEntry {
    /// Which blob.
    pub blob: BlobRef,
    /// When it was published last.
    pub published: Timestamp,
}

/// What publishing did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Published {
    /// The blob.
    pub blob: BlobRef,
    /// Whether it is new; `false` if the same bytes were there already.
    pub created: bool,
}

/// A promise that a blob will not be swept before a moment. Each upload holds its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pin {
    /// The blob, which need not exist yet.
    pub sha256: String,
    /// This pin among those of the blob.
    pub id: String,
}

/// Bytes that arrived completely, hashed and counted, and are not visible yet. Dropping them discards them.
#[derive(Debug)]
pub struct Staged {
    /// SHA-256 of the content, 64 lowercase hexadecimal digits.
    pub sha256: String,
    /// Length in bytes.
    pub size: u64,
    /// The first [`HEAD_BYTES`] of the content.
    pub head: Vec<u8>,
    /// Whether all of it is UTF-8 without NUL.
    pub text: bool,
    place: Place,
}

/// Where staged bytes lie; forgets them when dropped.
struct Place {
    name: String,
    discard: Option<Box<dyn FnOnce() + Send + Sync>>,
}

impl std::fmt::Debug for Place {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_tuple("Place").field(&self.name).finish()
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        if let Some(discard) = self.discard.take() {
            discard();
        }
    }
}

/// A file on its way in. Dropping it discards what came so far.
#[async_trait]
pub trait Staging: Send {
    /// Takes the next bytes.
    ///
    /// # Errors
    /// [`BlobError::TooLarge`] as soon as the limit is passed; nothing of the file remains then.
    async fn write(&mut self, chunk: &[u8]) -> Result<(), BlobError>;

    /// Ends the file. It is still invisible.
    async fn finish(self: Box<Self>) -> Result<Staged, BlobError>;
}

/// Says whether any document, old revisions included, refers to a blob.
#[async_trait]
pub trait References: Send + Sync {
    /// Whether the blob is referred to.
    async fn referenced(&self, sha256: &str) -> Result<bool, BoxError>;
}

/// Where bytes live. All times are passed in: a store has no clock.
///
/// Whoever refers to a blob pins it first, asks whether it exists, commits, and lets the pin expire.
#[async_trait]
pub trait BlobStore: Send + Sync + 'static {
    /// Begins a file of at most `limit` bytes.
    async fn stage(&self, limit: u64) -> Result<Box<dyn Staging>, BlobError>;

    /// Makes staged bytes durable and visible under their hashes. Publishing the same bytes again renews their age. What it
    /// costs to make many durable is shared among them. After an error some may be visible, which nothing refers to: the
    /// sweep removes them.
    async fn publish_all(&self, staged: Vec<Staged>, now: Timestamp) -> Result<Vec<Published>, BlobError>;

    /// The same for one.
    async fn publish(&self, staged: Staged, now: Timestamp) -> Result<Published, BlobError> {
        let published = self.publish_all(vec![staged], now).await?.pop();
        published.ok_or_else(|| std::io::Error::other("nothing was published").into())
    }

    /// Protects a blob, existing or to come, from the sweep until `until`.
    async fn pin(&self, sha256: &str, until: Timestamp) -> Result<Pin, BlobError>;

    /// Takes a pin back before it expires.
    async fn unpin(&self, pin: &Pin) -> Result<(), BlobError>;

    /// Forgets the pins that no longer hold at `now`.
    async fn remove_expired_pins(&self, now: Timestamp) -> Result<(), BlobError>;

    /// Whether any pin holds at `now`.
    async fn pinned(&self, sha256: &str, now: Timestamp) -> Result<bool, BlobError>;

    /// Reads a blob, or the given bytes of it, in bounded memory. The range is cut to the blob's length.
    async fn open(&self, sha256: &str, range: Option<Range<u64>>) -> Result<ByteStream, BlobError>;

    /// Length in bytes; `None` if there is no such blob.
    async fn size(&self, sha256: &str) -> Result<Option<u64>, BlobError>;

    /// At most `limit` blobs in the order of their hashes, after the given hash.
    async fn list(&self, after: Option<&str>, limit: usize) -> Result<Vec<BlobEntry>, BlobError>;

    /// Deletes the blob if it was published before `before`, no pin holds at `now` and nothing refers to it. The three
    /// are read again here, in such a way that whoever publishes or pins it meanwhile either saves it or finds it gone.
    /// Answers whether the blob was deleted.
    async fn remove_unused(
        &self,
        sha256: &str,
        before: Timestamp,
        now: Timestamp,
        references: &dyn References,
    ) -> Result<bool, BlobError>;

    /// Discards what was staged at least `age` ago, by the clock of the place where it lies, and never published: whoever
    /// sent it is gone. Answers how many files that were.
    async fn clear_staging(&self, age: SignedDuration) -> Result<u64, BlobError>;

    /// Ends deletions that a process began and did not live to end, and removes copies of the same bytes but one, where a
    /// store has such. Nothing published from `before` on is touched.
    async fn settle(&self, _before: Timestamp, _now: Timestamp, _references: &dyn References) -> Result<(), BlobError> {
        Ok(())
    }
}

/// Reads a whole blob into memory, for those known to be small.
///
/// # Errors
/// [`BlobError::TooLarge`] if it is longer than `limit`.
pub async fn read_all(blobs: &dyn BlobStore, sha256: &str, limit: u64) -> Result<Vec<u8>, BlobError> {
    use futures::TryStreamExt;
    // The length is not asked for first: that answer is for those who want to rely on the bytes, and says that they are gone
    // while a copy of them is saved from the sweep.
    let mut bytes = Vec::new();
    let mut stream = blobs.open(sha256, None).await?;
    while let Some(chunk) = stream.try_next().await? {
        if bytes.len() as u64 + chunk.len() as u64 > limit {
            return Err(BlobError::TooLarge { limit });
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes)
}

/// Stages bytes that the program itself made (row sets, documents of the demonstration).
pub async fn stage_bytes(blobs: &dyn BlobStore, bytes: &[u8]) -> Result<Staged, BlobError> {
    let mut staging = blobs.stage(bytes.len() as u64).await?;
    staging.write(bytes).await?;
    staging.finish().await
}

/// Keeps bytes that the program itself made: stage, then publish.
pub async fn put(blobs: &dyn BlobStore, bytes: &[u8], now: Timestamp) -> Result<Published, BlobError> {
    blobs.publish(stage_bytes(blobs, bytes).await?, now).await
}

/// The same for many pieces, which are made durable together.
pub async fn put_all(blobs: &dyn BlobStore, pieces: Vec<Vec<u8>>, now: Timestamp) -> Result<Vec<Published>, BlobError> {
    use futures::{StreamExt, TryStreamExt};
    let staging = futures::stream::iter(pieces).map(|bytes| async move { stage_bytes(blobs, &bytes).await });
    let staged = staging.buffered(STAGED_AT_ONCE).try_collect().await?;
    blobs.publish_all(staged, now).await
}

/// Publishes each file by itself, where many together cost no less. The futures are boxed: a stream of borrowing ones is
/// beyond the compiler where the answer has to be `Send`.
async fn publish_each<'a>(
    staged: Vec<Staged>,
    publish: impl Fn(Staged) -> BoxFuture<'a, Result<Published, BlobError>>,
) -> Result<Vec<Published>, BlobError> {
    use futures::{StreamExt, TryStreamExt};
    let publishing = staged.into_iter().map(publish);
    futures::stream::iter(publishing)
        .buffered(PUBLISHED_AT_ONCE)
        .try_collect()
        .await
}

/// Whether a text is a SHA-256 in lowercase hexadecimal. Checked before any text becomes part of a path.
pub fn is_sha256(text: &str) -> bool {
    text.len() == 64 && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

/// A name that nobody else has.
fn random_name() -> Result<String, BlobError> {
    let mut bytes = [0_u8; 16];
    aws_lc_rs::rand::fill(&mut bytes).map_err(|_| std::io::Error::other("no randomness"))?;
    Ok(hex::encode(bytes))
}
