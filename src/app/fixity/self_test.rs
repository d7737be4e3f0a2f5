//! Whether the check would notice: a file is stored whole, then with another last byte, then without it, each under the
//! hash of the whole one, and each is looked at as every file is.
//!
//! The whole one comes first, so that a store which answers from its memory, or thinks that it has the bytes already, is
//! caught as well. Nothing refers to the file; should this process die, the sweep removes it.

use jiff::{SignedDuration, Timestamp};
use sha2::{Digest, Sha256};

use super::super::App;
use super::super::error::Error;
use super::record::{Kind, Run};
use super::walk::{Stretch, walk};
use crate::blob::{BlobError, stage_bytes};

/// Length of the planted file (300 KiB): longer than the pieces in which every store keeps or reads bytes of that size, so
/// that its last byte is not among the first that are read.
const LENGTH: usize = 300 * 1024;
/// Bytes of one salt.
const SALT: usize = 16;

/// Plants damage, looks for it, removes it. The answer names what was not noticed, or taken for damage without being it.
///
/// # Errors
/// When the file cannot be stored, looked for or removed.
pub async fn self_test(app: &App) -> Result<Vec<&'static str>, Error> {
    let whole: Vec<u8> = (0..LENGTH / SALT).flat_map(|_| app.entropy.salt().0).collect();
    let sha256 = hex::encode(Sha256::digest(&whole));
    let planted = plant_all(app, &whole, &sha256).await;
    // Whatever became of it.
    let removed = remove(app, &sha256).await;
    let unnoticed = planted?;
    removed?;
    Ok(unnoticed)
}

async fn plant_all(app: &App, whole: &[u8], sha256: &str) -> Result<Vec<&'static str>, Error> {
    let (last, rest) = whole.split_last().ok_or_else(|| Error::Internal("no bytes".into()))?;
    let changed = [rest, &[last ^ 1]].concat();
    let cases = [
        (whole, None, "that a file is whole"),
        (&changed, Some(Kind::Damaged), "a changed byte"),
        (rest, Some(Kind::Damaged), "a missing end"),
    ];
    let mut unnoticed = Vec::new();
    for (number, (bytes, expected, name)) in (0..).zip(cases) {
        // Each a little later: where copies lie side by side, the newest is read.
        let at = later(app.clock.now(), SignedDuration::from_millis(number));
        let found = planted(app, bytes, sha256, at).await?;
        let kinds: Vec<Kind> = found.findings.iter().map(|finding| finding.kind).collect();
        let is_seen = found.tally.files == 1 && found.through.as_deref() == Some(sha256);
        if !is_seen || kinds != Vec::from_iter(expected) {
            unnoticed.push(name);
        }
    }
    Ok(unnoticed)
}

/// Stores bytes under a hash that need not be theirs, and looks.
async fn planted(app: &App, bytes: &[u8], sha256: &str, at: Timestamp) -> Result<Run, Error> {
    let mut staged = stage_bytes(&*app.blobs, bytes).await.map_err(internal)?;
    sha256.clone_into(&mut staged.sha256);
    app.blobs.publish(staged, at).await.map_err(internal)?;
    let stretch = Stretch {
        // Sorts right before the hash, and behind every other that is known.
        after: Some(sha256[..sha256.len() - 1].to_owned()),
        through: Some(sha256.to_owned()),
    };
    Ok(walk(app, stretch, u64::MAX, &mut |_| {}).await?.0)
}

async fn remove(app: &App, sha256: &str) -> Result<(), Error> {
    let now = app.clock.now();
    let after_all = later(now, SignedDuration::from_secs(1));
    let removed = app
        .blobs
        .remove_unused(sha256, after_all, now, app)
        .await
        .map_err(internal)?;
    // It was not there if it could not be stored in the first place.
    let stays = !removed && app.blobs.size(sha256).await.map_err(internal)?.is_some();
    if stays {
        let what = format!("the planted file {sha256} could not be removed; the sweep will");
        return Err(Error::Internal(what.into()));
    }
    Ok(())
}

fn later(at: Timestamp, by: SignedDuration) -> Timestamp {
    at.checked_add(by).unwrap_or(Timestamp::MAX)
}

fn internal(error: BlobError) -> Error {
    Error::Internal(Box::new(error))
}
