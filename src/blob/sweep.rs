//! Deletes what nobody needs: bytes of uploads whose commit never came, and pins that have expired.

use jiff::{SignedDuration, Timestamp};

use super::{BlobError, BlobStore, References};

/// Blobs looked at in one step.
const PAGE: usize = 500;

/// What a sweep did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SweepReport {
    /// Blobs looked at.
    pub seen: u64,
    /// Blobs deleted.
    pub deleted: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Uploads discarded that were cut off.
    pub abandoned: u64,
}

/// Deletes blobs older than `minimum_age` at `now` that no pin protects and no document refers to. It marks candidates
/// first and has the store look at all three again at the moment of deletion, because an upload may have come since.
pub async fn sweep(
    blobs: &dyn BlobStore,
    references: &dyn References,
    now: Timestamp,
    minimum_age: SignedDuration,
) -> Result<SweepReport, BlobError> {
    blobs.remove_expired_pins(now).await?;
    let before = now.checked_sub(minimum_age).unwrap_or(Timestamp::MIN);
    blobs.settle(before, now, references).await?;
    let mut report = SweepReport {
        abandoned: blobs.clear_staging(minimum_age).await?,
        ..SweepReport::default()
    };
    let mut after: Option<String> = None;
    loop {
        let page = blobs.list(after.as_deref(), PAGE).await?;
        let Some(last) = page.last() else { return Ok(report) };
        after = Some(last.blob.sha256.clone());
        for entry in page {
            report.seen += 1;
            let sha256 = &entry.blob.sha256;
            // References first: nearly everything has one, and asking for pins can be a request over the network.
            let marked = entry.published < before
                && !references.referenced(sha256).await.map_err(BlobError::References)?
                && !blobs.pinned(sha256, now).await?;
            if marked && blobs.remove_unused(sha256, before, now, references).await? {
                report.deleted += 1;
                report.bytes += entry.blob.size;
            }
        }
    }
}
