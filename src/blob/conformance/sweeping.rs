//! What is deleted, and what never.

use std::collections::HashSet;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use jiff::SignedDuration;
use tokio::task::JoinHandle;

use super::{DAY, Subject, day, keep, list, nothing_unpublished, read};
use crate::blob::{BlobStore, BoxError, References, stage_bytes, sweep};

/// How long the sweep holds still at a step for another to do what it can (200 ms). A store that makes the other wait
/// there is as right as one that lets it through.
const STEP: Duration = Duration::from_millis(200);
/// Who pin the same at once, and how often each.
const PINNERS: usize = 4;
const PINS_EACH: usize = 50;
/// More questions than a sweep asks about one blob.
const STEPS: usize = 4;

/// Documents that refer to these.
struct Known(HashSet<String>);

impl Known {
    fn of<const N: usize>(hashes: [&str; N]) -> Self {
        Self(hashes.map(str::to_owned).into())
    }
}

#[async_trait]
impl References for Known {
    async fn referenced(&self, sha256: &str) -> Result<bool, BoxError> {
        Ok(self.0.contains(sha256))
    }
}

/// A pin protects until its own end, and taking one back leaves the others.
pub async fn pins_hold_each_for_itself(subject: &dyn Subject) {
    let blobs = subject.blobs();
    let sha256 = keep(&*blobs, b"pinned", day(0)).await.blob.sha256;
    let short = blobs.pin(&sha256, day(3)).await.expect("pins");
    let long = blobs.pin(&sha256, day(6)).await.expect("pins");
    let other = "0".repeat(64);
    blobs.pin(&other, day(3)).await.expect("pins what is to come");
    let pinned = async |sha256: &str, at| blobs.pinned(sha256, day(at)).await.expect("answers");
    assert!(pinned(&sha256, 2).await && pinned(&sha256, 5).await && pinned(&other, 2).await);
    assert!(!pinned(&sha256, 6).await, "a pin ends at its end");
    blobs.remove_expired_pins(day(4)).await.expect("forgets");
    assert!(!pinned(&other, 2).await && pinned(&sha256, 5).await);
    blobs.unpin(&short).await.expect("a pin that is gone can be taken back");
    assert!(pinned(&sha256, 5).await);
    blobs.unpin(&long).await.expect("takes back");
    assert!(!pinned(&sha256, 1).await);
}

/// Several who pin the same and let go again: nobody takes away what another needs for it.
pub async fn pins_come_and_go_at_once(subject: &dyn Subject) {
    let blobs = subject.blobs();
    let sha256 = keep(&*blobs, b"pinned", day(0)).await.blob.sha256;
    let all = (0..PINNERS).map(|_| {
        let (blobs, sha256) = (Arc::clone(&blobs), sha256.clone());
        tokio::spawn(async move {
            for _ in 0..PINS_EACH {
                let pin = blobs.pin(&sha256, day(3)).await.expect("pins");
                assert!(blobs.pinned(&sha256, day(2)).await.expect("answers"));
                blobs.unpin(&pin).await.expect("takes back");
            }
        })
    });
    for one in futures::future::join_all(all).await {
        one.expect("nobody fails");
    }
    assert!(!blobs.pinned(&sha256, day(2)).await.expect("answers"));
}

/// The sweep asks before it removes; the store looks for itself at the moment when it does.
pub async fn what_is_needed_is_not_removed_whoever_asks(subject: &dyn Subject) {
    let blobs = subject.blobs();
    let sha256 = keep(&*blobs, b"needed", day(1)).await.blob.sha256;
    let remove = async |before, known: &Known| {
        let removed = blobs.remove_unused(&sha256, day(before), day(5), known).await;
        removed.expect("answers")
    };
    let (nobody, known) = (Known::of([]), Known::of([&sha256]));
    assert!(!remove(1, &nobody).await, "it is young");
    assert!(!remove(4, &known).await, "it is referred to");
    let pin = blobs.pin(&sha256, day(6)).await.expect("pins");
    assert!(!remove(4, &nobody).await, "it is pinned");
    assert_eq!(read(&*blobs, &sha256, None).await, b"needed");
    assert!(blobs.size(&sha256).await.expect("answers").is_some());
    blobs.unpin(&pin).await.expect("takes back");
    assert!(remove(4, &nobody).await, "nobody needs it");
    assert!(blobs.size(&sha256).await.expect("answers").is_none());
}

/// Old, unpinned and unreferenced, all three: then it goes, and nothing else does.
pub async fn the_sweep_spares_the_young_the_pinned_and_the_referenced(subject: &dyn Subject) {
    let blobs = subject.blobs();
    let put = async |bytes: &[u8], at| keep(&*blobs, bytes, day(at)).await.blob.sha256;
    let referenced = put(b"referenced", 0).await;
    let pinned = put(b"pinned", 0).await;
    let orphan = put(b"orphan", 0).await;
    let young = put(b"young", 2).await;
    let renewed = put(b"renewed", 0).await;
    put(b"renewed", 2).await;
    let pin = blobs.pin(&pinned, day(9)).await.expect("pins");
    let expired = blobs.pin(&orphan, day(1)).await.expect("pins");
    blobs.pin(&referenced, day(1)).await.expect("pins");
    let known = Known::of([&referenced]);

    let report = sweep(&*blobs, &known, day(2), DAY).await.expect("sweeps");
    assert_eq!((report.seen, report.deleted, report.bytes), (5, 1, 6));
    assert_eq!(blobs.size(&orphan).await.expect("answers"), None);
    for kept in [&referenced, &pinned, &young, &renewed] {
        assert!(blobs.size(kept).await.expect("answers").is_some(), "{kept}");
    }
    assert_eq!(read(&*blobs, &renewed, None).await, b"renewed");
    blobs
        .unpin(&expired)
        .await
        .expect("a pin that is gone can be taken back");
    blobs.unpin(&pin).await.expect("takes back");
    let report = sweep(&*blobs, &known, day(2), DAY).await.expect("sweeps");
    assert_eq!(report.deleted, 1);
    assert_eq!(blobs.size(&pinned).await.expect("answers"), None);
    let late = sweep(&*blobs, &known, day(9), DAY).await.expect("sweeps");
    assert_eq!(late.deleted, 2);
    assert_eq!(list(&*blobs).await.len(), 1);
    assert_eq!(read(&*blobs, &referenced, None).await, b"referenced");
    // What was deleted can come again.
    put(b"orphan", 9).await;
    assert_eq!(read(&*blobs, &orphan, None).await, b"orphan");
}

/// A reference that appears, as a commit would make it, after the sweep has marked the blob.
struct Late(AtomicUsize);

#[async_trait]
impl References for Late {
    async fn referenced(&self, _: &str) -> Result<bool, BoxError> {
        Ok(self.0.fetch_add(1, Ordering::SeqCst) > 0)
    }
}

/// What is referred to between the mark and the deletion stays, and can be read all the time.
pub async fn the_sweep_looks_twice(subject: &dyn Subject) {
    let blobs = subject.blobs();
    let sha256 = keep(&*blobs, b"just referred to", day(0)).await.blob.sha256;
    let late = Late(AtomicUsize::new(0));
    let report = sweep(&*blobs, &late, day(5), DAY).await.expect("sweeps");
    assert_eq!(report.deleted, 0);
    assert_eq!(blobs.size(&sha256).await.expect("answers"), Some(16));
    assert_eq!(read(&*blobs, &sha256, None).await, b"just referred to");
    let known = Known::of([&sha256]);
    sweep(&*blobs, &known, day(6), DAY).await.expect("sweeps");
    assert_eq!(read(&*blobs, &sha256, None).await, b"just referred to");
}

/// What somebody does while the sweep is at work.
#[derive(Clone, Copy, Debug)]
enum Deed {
    /// Sends the same bytes: pins, then publishes.
    Uploads,
    /// Sends the same bytes and relies on their age alone.
    UploadsWithoutPin,
    /// Pins what is there, and asks whether it is.
    Pins,
}

const BYTES: &[u8] = b"wanted again";

impl Deed {
    /// Does it; answers whether the bytes are promised to be there from now on.
    async fn done(self, blobs: Arc<dyn BlobStore>) -> bool {
        match self {
            Self::Uploads | Self::UploadsWithoutPin => {
                let staged = stage_bytes(&*blobs, BYTES).await.expect("ends");
                if matches!(self, Self::Uploads) {
                    blobs.pin(&staged.sha256, day(20)).await.expect("pins");
                }
                blobs.publish(staged, day(10)).await.expect("publishes");
                true
            }
            Self::Pins => {
                let sha256 = crate::blob::conformance::sha256_of(BYTES);
                blobs.pin(&sha256, day(20)).await.expect("pins");
                blobs.size(&sha256).await.expect("answers").is_some()
            }
        }
    }
}

/// No reference, and at one of the questions somebody else acts.
struct Meddling {
    at: usize,
    asked: AtomicUsize,
    deed: Deed,
    blobs: Arc<dyn BlobStore>,
    doing: Mutex<Option<JoinHandle<bool>>>,
}

#[async_trait]
impl References for Meddling {
    async fn referenced(&self, _: &str) -> Result<bool, BoxError> {
        if self.asked.fetch_add(1, Ordering::SeqCst) + 1 == self.at {
            let mut doing = tokio::spawn(self.deed.done(Arc::clone(&self.blobs)));
            let done = tokio::time::timeout(STEP, &mut doing).await;
            let doing = match done {
                Ok(done) => tokio::spawn(async move { done.expect("nobody panics") }),
                Err(_) => doing,
            };
            *self.doing.lock().unwrap_or_else(PoisonError::into_inner) = Some(doing);
        }
        Ok(false)
    }
}

/// Whatever the sweep is doing: who has sent the bytes, or pinned them and was told that they are there, can read them
/// then and after the next sweep.
pub async fn an_upload_or_a_pin_at_each_step_of_the_sweep_is_kept(subject: &dyn Subject) {
    let blobs = subject.blobs();
    let nobody = Known::of([]);
    for deed in [Deed::Uploads, Deed::UploadsWithoutPin, Deed::Pins] {
        let mut steps = 0;
        for at in 1..=STEPS {
            let sha256 = keep(&*blobs, BYTES, day(0)).await.blob.sha256;
            let meddling = Meddling {
                at,
                asked: AtomicUsize::new(0),
                deed,
                blobs: Arc::clone(&blobs),
                doing: Mutex::new(None),
            };
            sweep(&*blobs, &meddling, day(10), DAY).await.expect("sweeps");
            let doing = meddling.doing.lock().unwrap_or_else(PoisonError::into_inner).take();
            let Some(doing) = doing else { break };
            steps += 1;
            let promised = doing.await.expect("nobody panics");
            assert!(promised || matches!(deed, Deed::Pins), "{deed:?} at {at}");
            for later in [10, 10] {
                if promised {
                    assert_eq!(read(&*blobs, &sha256, None).await, BYTES, "{deed:?} at {at}");
                    assert_eq!(blobs.size(&sha256).await.expect("answers"), Some(BYTES.len() as u64));
                }
                sweep(&*blobs, &nobody, day(later), DAY).await.expect("sweeps");
            }
            // All pins are over, and everything is old: nothing is left for the next round.
            sweep(&*blobs, &nobody, day(30), DAY).await.expect("sweeps");
            assert!(list(&*blobs).await.is_empty(), "{deed:?} at {at}");
        }
        assert!(steps >= 2, "the sweep asks when it marks and when it deletes");
    }
}

/// Waits until what is on its way has arrived: a process that is killed sends nothing more, and this one lives on.
async fn at_rest(subject: &dyn Subject) {
    let mut before = None;
    loop {
        let now = subject.unpublished().await;
        if before.replace(now) == Some(now) {
            return;
        }
        tokio::time::sleep(2 * STEP).await;
    }
}

/// What was staged and never published goes when it has lain long enough, and not before.
pub async fn what_was_staged_and_forgotten_is_cleared(subject: &dyn Subject) {
    let blobs = subject.blobs();
    // As a process leaves them that is killed: nothing runs that would clear up.
    let mut cut = blobs.stage(u64::MAX).await.expect("begins");
    for _ in 0..12 {
        cut.write(&vec![7; 1024 * 1024]).await.expect("is taken");
    }
    at_rest(subject).await;
    std::mem::forget(cut);
    std::mem::forget(stage_bytes(&*blobs, b"never published").await.expect("ends"));
    assert_eq!(blobs.clear_staging(DAY).await.expect("clears"), 0);
    assert!(subject.unpublished().await >= 2);
    let staged = stage_bytes(&*blobs, b"in time").await.expect("ends");
    blobs.publish(staged, day(0)).await.expect("publishes");
    assert_eq!(blobs.clear_staging(SignedDuration::ZERO).await.expect("clears"), 2);
    nothing_unpublished(subject).await;
    assert_eq!(list(&*blobs).await.len(), 1);
}
