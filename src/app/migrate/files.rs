//! Copying files from one place into another: each is hashed on the way, and published only if the hash is its name.
//!
//! What is in the target with its hash is left, so that a copy that was cut off goes on. What is there under its name with
//! other bytes is copied again. That everything came across is proved by `verify`, which reads what revisions name.

use futures::{StreamExt, TryStreamExt};

use crate::app::Clock;
use crate::blob::{BlobEntry, BlobError, BlobStore, Staged, Wrong, examine};

/// Files looked up at once.
const PAGE: usize = 500;
/// Files published together (64): a folder brings them to the disk at once.
const TOGETHER: usize = 64;
/// Bytes that are published together (1 GiB): what is lost when the copy is cut off.
const TOGETHER_BYTES: u64 = 1024 * 1024 * 1024;
/// Files on their way at once (4): a network waits meanwhile, and each takes up to 14 MiB of memory.
const AT_ONCE: usize = 4;
/// Most files that are named because they could not be copied; the count goes on.
const MAX_WRONG: usize = 100;

/// How far a copy of files has come.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FilesProgress {
    pub copied: u64,
    /// Bytes of these.
    pub bytes: u64,
    /// Files that were there already.
    pub found: u64,
    /// Files that the source does not have as their names say.
    pub wrong_count: u64,
    /// The first of these.
    pub wrong: Vec<(String, Wrong)>,
    /// The last file that was looked at: they come in the order of their hashes.
    pub at: Option<String>,
}

/// What became of one file.
enum Copied {
    Staged(Staged),
    WasThere,
    Wrong(String, Wrong),
}

/// Copies what the target lacks. Tells after some files how far it is.
///
/// # Errors
/// When a place cannot be listed or written; what was copied until then stays, and counts the next time. A file that the
/// source does not have whole is no error: it is named, and the others are copied.
pub async fn copy_files(
    from: &dyn BlobStore,
    to: &dyn BlobStore,
    clock: &dyn Clock,
    tell: &mut (dyn FnMut(&FilesProgress) + Send),
) -> Result<FilesProgress, BlobError> {
    let mut progress = FilesProgress::default();
    loop {
        let mut page = from.list(progress.at.as_deref(), PAGE).await?;
        if page.is_empty() {
            return Ok(progress);
        }
        while !page.is_empty() {
            let rest = page.split_off(together(&page));
            copy_some(from, to, clock, &page, &mut progress).await?;
            tell(&progress);
            page = rest;
        }
    }
}

/// How many of these are published together.
fn together(files: &[BlobEntry]) -> usize {
    let mut bytes = 0;
    let fits = |entry: &&BlobEntry| {
        let before = bytes;
        bytes += entry.blob.size;
        before < TOGETHER_BYTES
    };
    files.iter().take(TOGETHER).take_while(fits).count()
}

async fn copy_some(
    from: &dyn BlobStore,
    to: &dyn BlobStore,
    clock: &dyn Clock,
    files: &[BlobEntry],
    progress: &mut FilesProgress,
) -> Result<(), BlobError> {
    // Boxed: a stream of borrowing futures is beyond the compiler where the answer has to be `Send`.
    let copying = files
        .iter()
        .map(|entry| Box::pin(copy_one(from, to, entry)) as futures::future::BoxFuture<'_, _>);
    let copied: Vec<Copied> = futures::stream::iter(copying).buffered(AT_ONCE).try_collect().await?;
    let mut staged = Vec::new();
    for one in copied {
        match one {
            Copied::Staged(one) => staged.push(one),
            Copied::WasThere => progress.found += 1,
            Copied::Wrong(sha256, wrong) => {
                progress.wrong_count += 1;
                if progress.wrong.len() < MAX_WRONG {
                    progress.wrong.push((sha256, wrong));
                }
            }
        }
    }
    for published in to.publish_all(staged, clock.now()).await? {
        progress.copied += 1;
        progress.bytes += published.blob.size;
    }
    progress.at = files.last().map(|entry| entry.blob.sha256.clone());
    Ok(())
}

async fn copy_one(from: &dyn BlobStore, to: &dyn BlobStore, entry: &BlobEntry) -> Result<Copied, BlobError> {
    let sha256 = &entry.blob.sha256;
    if to.size(sha256).await? == Some(entry.blob.size) && examine(to, sha256).await.is_ok() {
        return Ok(Copied::WasThere);
    }
    let wrong = |wrong| Ok(Copied::Wrong(sha256.clone(), wrong));
    let mut bytes = match from.open(sha256, None).await {
        Ok(bytes) => bytes,
        Err(BlobError::NotFound) => return wrong(Wrong::Missing),
        Err(error) => return wrong(Wrong::Unreadable(error.to_string())),
    };
    let mut staging = to.stage(u64::MAX).await?;
    loop {
        match bytes.try_next().await {
            Ok(Some(piece)) => staging.write(&piece).await?,
            Ok(None) => break,
            Err(error) => return wrong(Wrong::Unreadable(error.to_string())),
        }
    }
    let staged = staging.finish().await?;
    if staged.sha256 == *sha256 {
        return Ok(Copied::Staged(staged));
    }
    wrong(Wrong::Damaged {
        sha256: sha256.clone(),
        size: staged.size,
    })
}
