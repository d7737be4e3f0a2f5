//! What every blob store must do, as cases that run on each of them.
//!
//! A test crate calls [`blob_conformance!`](crate::blob_conformance) with a function that opens an empty store. The cases
//! panic when a store is wrong: they are tests that live beside the trait they hold.

mod sweeping;

use std::ops::Range;
use std::sync::Arc;

use async_trait::async_trait;
use futures::TryStreamExt;
use jiff::{SignedDuration, Timestamp};

use super::{BlobEntry, BlobError, BlobStore, MAX_PIECE_BYTES, Published, put, put_all, read_all, stage_bytes};

pub use sweeping::{
    an_upload_or_a_pin_at_each_step_of_the_sweep_is_kept, pins_come_and_go_at_once, pins_hold_each_for_itself,
    the_sweep_looks_twice, the_sweep_spares_the_young_the_pinned_and_the_referenced,
    what_is_needed_is_not_removed_whoever_asks, what_was_staged_and_forgotten_is_cleared,
};

/// A store under test, seen from outside too.
#[async_trait]
pub trait Subject: Send + Sync {
    /// The store.
    fn blobs(&self) -> Arc<dyn BlobStore>;

    /// How much lies in its place that is not published: files staged, parts of files, and notes about them.
    async fn unpublished(&self) -> u64;
}

/// Makes one test of each case: `blob_conformance!(open)`, where `open(case: &str)` is an async function that answers a
/// [`Subject`]. Attributes before the function go to each test.
#[macro_export]
macro_rules! blob_conformance {
    ($(#[$attribute:meta])* $open:path) => {
        $crate::blob_conformance!(@all [$(#[$attribute])*] $open:
            bytes_are_found_under_their_hash
            staged_bytes_are_invisible
            the_same_bytes_again_renew_their_age
            large_files_pass_in_pieces
            a_range_is_read_at_every_border
            an_empty_file_is_a_file
            what_is_cut_off_or_too_long_leaves_nothing
            no_name_but_a_hash_names_anything
            pages_of_the_list_follow_each_other
            of_two_who_send_the_same_one_may_fail
            many_who_send_the_same_have_one_blob
            many_files_are_published_together_as_each_would_be_alone
            pins_hold_each_for_itself
            pins_come_and_go_at_once
            what_is_needed_is_not_removed_whoever_asks
            the_sweep_spares_the_young_the_pinned_and_the_referenced
            the_sweep_looks_twice
            an_upload_or_a_pin_at_each_step_of_the_sweep_is_kept
            what_was_staged_and_forgotten_is_cleared
        );
    };
    (@all $attributes:tt $open:path: $($case:ident)*) => {
        $($crate::blob_conformance!(@one $attributes $open: $case);)*
    };
    (@one [$(#[$attribute:meta])*] $open:path: $case:ident) => {
        #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        $(#[$attribute])*
        async fn $case() {
            $crate::blob::conformance::$case(&$open(stringify!($case)).await).await;
        }
    };
}

/// SHA-256 of `abc`, from FIPS 180-2.
const ABC: &str = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
/// A name of no blob.
const NOBODY: &str = "00000000000000000000000000000000000000000000000000000000000000aa";
/// How long what happens behind an answer may take.
const PATIENCE: std::time::Duration = std::time::Duration::from_secs(20);

/// The beginning of a day of the tests.
fn day(number: i64) -> Timestamp {
    Timestamp::UNIX_EPOCH + SignedDuration::from_hours(24 * (18_322 + number))
}

const DAY: SignedDuration = SignedDuration::from_hours(24);

async fn read(blobs: &dyn BlobStore, sha256: &str, range: Option<Range<u64>>) -> Vec<u8> {
    let stream = blobs.open(sha256, range).await.expect("the blob is there");
    let read = stream.try_fold(Vec::new(), |mut all, piece| async move {
        assert!(piece.len() <= MAX_PIECE_BYTES, "a piece of {} bytes", piece.len());
        all.extend_from_slice(&piece);
        Ok(all)
    });
    read.await.expect("reads to the end")
}

async fn list(blobs: &dyn BlobStore) -> Vec<BlobEntry> {
    blobs.list(None, 100).await.expect("lists")
}

async fn keep(blobs: &dyn BlobStore, bytes: &[u8], now: Timestamp) -> Published {
    put(blobs, bytes, now).await.expect("is kept")
}

fn sha256_of(bytes: &[u8]) -> String {
    use sha2::Digest;
    hex::encode(sha2::Sha256::digest(bytes))
}

/// What was dropped or is done with disappears: at once, or a moment later where that takes requests.
async fn nothing_unpublished(subject: &dyn Subject) {
    let gone = async {
        while subject.unpublished().await > 0 {
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(PATIENCE, gone)
        .await
        .expect("nothing stays that was not published");
}

/// Bytes are kept once, under their hash.
pub async fn bytes_are_found_under_their_hash(subject: &dyn Subject) {
    let blobs = subject.blobs();
    assert_eq!(blobs.size(ABC).await.expect("answers"), None);
    let published = keep(&*blobs, b"abc", day(0)).await;
    assert_eq!((published.blob.sha256.as_str(), published.created), (ABC, true));
    assert_eq!(blobs.size(ABC).await.expect("answers"), Some(3));
    assert_eq!(read_all(&*blobs, ABC, 3).await.expect("reads"), b"abc");
    let too_long = read_all(&*blobs, ABC, 2).await;
    assert!(matches!(too_long, Err(BlobError::TooLarge { limit: 2 })));
    let listed = list(&*blobs).await;
    assert_eq!(listed.len(), 1);
    assert_eq!((&listed[0].blob, listed[0].published), (&published.blob, day(0)));
    nothing_unpublished(subject).await;
}

/// Until it is published, a file is nowhere.
pub async fn staged_bytes_are_invisible(subject: &dyn Subject) {
    let blobs = subject.blobs();
    let mut staging = blobs.stage(100).await.expect("begins");
    staging.write(b"ab").await.expect("is taken");
    staging.write(b"c").await.expect("is taken");
    assert!(list(&*blobs).await.is_empty());
    let staged = staging.finish().await.expect("ends");
    assert_eq!(
        (staged.sha256.as_str(), staged.size, staged.head.as_slice(), staged.text),
        (ABC, 3, b"abc".as_slice(), true)
    );
    assert!(list(&*blobs).await.is_empty());
    assert_eq!(blobs.size(ABC).await.expect("answers"), None);
    assert!(matches!(blobs.open(ABC, None).await, Err(BlobError::NotFound)));
    blobs.publish(staged, day(0)).await.expect("publishes");
    assert_eq!(read(&*blobs, ABC, None).await, b"abc");
}

/// Whoever sends known bytes again finds them as young as if nobody had.
pub async fn the_same_bytes_again_renew_their_age(subject: &dyn Subject) {
    let blobs = subject.blobs();
    assert!(keep(&*blobs, b"abc", day(0)).await.created);
    let again = keep(&*blobs, b"abc", day(3)).await;
    assert_eq!((again.blob.sha256.as_str(), again.created), (ABC, false));
    let listed = list(&*blobs).await;
    assert_eq!((listed.len(), listed[0].blob.size, listed[0].published), (1, 3, day(3)));
    assert_eq!(read(&*blobs, ABC, None).await, b"abc");
    nothing_unpublished(subject).await;
}

/// Longer than all buffers on the way: what comes back is what went in, and characters across pieces are characters.
pub async fn large_files_pass_in_pieces(subject: &dyn Subject) {
    let blobs = subject.blobs();
    let text = "chữ Việt, ".repeat(1_000_000);
    let mut staging = blobs.stage(text.len() as u64).await.expect("begins");
    for chunk in text.as_bytes().chunks(70_001) {
        staging.write(chunk).await.expect("is taken");
    }
    let staged = staging.finish().await.expect("ends");
    assert!(
        staged.text,
        "characters that lie across two pieces are still characters"
    );
    assert_eq!(staged.size, text.len() as u64);
    let blob = blobs.publish(staged, day(0)).await.expect("publishes").blob;
    assert!(read(&*blobs, &blob.sha256, None).await == text.as_bytes());
    let middle = 6_000_000..6_000_010;
    let part = read(&*blobs, &blob.sha256, Some(middle.clone())).await;
    assert_eq!(part, text.as_bytes()[middle.start as usize..middle.end as usize]);
    nothing_unpublished(subject).await;
}

/// First and last bytes, both sides of every piece's end, nothing, and what lies beyond the end.
pub async fn a_range_is_read_at_every_border(subject: &dyn Subject) {
    const LENGTH: u64 = 600_000;
    let blobs = subject.blobs();
    let bytes: Vec<u8> = (0..LENGTH).map(|at| (at * 31 % 251) as u8).collect();
    let sha256 = keep(&*blobs, &bytes, day(0)).await.blob.sha256;
    let piece = 255 * 1024;
    let borders = [
        0,
        1,
        piece - 1,
        piece,
        piece + 1,
        2 * piece,
        LENGTH - 1,
        LENGTH,
        LENGTH + 5,
    ];
    for start in borders {
        for end in borders {
            let wanted = start.min(LENGTH) as usize..end.clamp(start, LENGTH.max(start)).min(LENGTH) as usize;
            let found = read(&*blobs, &sha256, Some(start..end)).await;
            let expected = bytes.get(wanted).unwrap_or_default();
            assert!(found == expected, "{start}..{end}: {} bytes", found.len());
        }
    }
}

/// Nothing has a hash too.
pub async fn an_empty_file_is_a_file(subject: &dyn Subject) {
    let blobs = subject.blobs();
    let sha256 = keep(&*blobs, b"", day(0)).await.blob.sha256;
    assert_eq!(blobs.size(&sha256).await.expect("answers"), Some(0));
    assert!(read(&*blobs, &sha256, None).await.is_empty());
    assert!(read(&*blobs, &sha256, Some(0..5)).await.is_empty());
}

/// A client who goes away, a file over the limit and one that was refused are as if they had never come.
pub async fn what_is_cut_off_or_too_long_leaves_nothing(subject: &dyn Subject) {
    let blobs = subject.blobs();
    let mut cut = blobs.stage(100).await.expect("begins");
    cut.write(b"half of it").await.expect("is taken");
    drop(cut);
    // Far enough that a part of it has left the memory.
    let mut far = blobs.stage(u64::MAX).await.expect("begins");
    for _ in 0..12 {
        far.write(&vec![7; 1024 * 1024]).await.expect("is taken");
    }
    assert!(subject.unpublished().await > 0, "the subject sees what is staged");
    drop(far);
    let mut long = blobs.stage(4).await.expect("begins");
    let refused = long.write(b"12345").await;
    assert!(matches!(refused, Err(BlobError::TooLarge { limit: 4 })));
    drop(long);
    drop(stage_bytes(&*blobs, b"1234").await.expect("ends"));
    assert!(list(&*blobs).await.is_empty());
    nothing_unpublished(subject).await;
}

/// A text that is no SHA-256 never becomes part of a place.
pub async fn no_name_but_a_hash_names_anything(subject: &dyn Subject) {
    let blobs = subject.blobs();
    for name in ["../../etc/passwd", "", "AB", &"A".repeat(64), NOBODY] {
        let opened = blobs.open(name, None).await;
        assert!(matches!(opened, Err(BlobError::NotFound)), "{name}");
        assert_eq!(blobs.size(name).await.expect("answers"), None);
    }
    assert!(blobs.pin("../../etc", day(1)).await.is_err());
}

/// Page after page, each blob once, in the order of hashes.
pub async fn pages_of_the_list_follow_each_other(subject: &dyn Subject) {
    let blobs = subject.blobs();
    for number in 0..25_u8 {
        keep(&*blobs, &[number], day(0)).await;
        if number % 5 == 0 {
            keep(&*blobs, &[number], day(1)).await;
        }
    }
    let mut walked: Vec<BlobEntry> = Vec::new();
    loop {
        let after = walked.last().map(|entry| entry.blob.sha256.as_str());
        let page = blobs.list(after, 7).await.expect("lists");
        assert!(page.len() <= 7);
        if page.is_empty() {
            break;
        }
        walked.extend(page);
    }
    assert_eq!(walked, list(&*blobs).await);
    assert_eq!(walked.len(), 25);
    assert!(walked.is_sorted_by(|one, next| one.blob.sha256 < next.blob.sha256));
    assert_eq!(walked.iter().filter(|entry| entry.published == day(1)).count(), 5);
}

/// One fails, before or after the other is done: the other's bytes stay.
pub async fn of_two_who_send_the_same_one_may_fail(subject: &dyn Subject) {
    let blobs = subject.blobs();
    for (bytes, first_fails) in [(b"first", true), (b"other", false)] {
        let mut failing = blobs.stage(100).await.expect("begins");
        failing.write(&bytes[..3]).await.expect("is taken");
        let staged = stage_bytes(&*blobs, bytes).await.expect("ends");
        let refused = stage_bytes(&*blobs, bytes).await.expect("ends");
        let sha256 = staged.sha256.clone();
        if first_fails {
            drop((failing, refused));
            blobs.publish(staged, day(0)).await.expect("publishes");
        } else {
            blobs.publish(staged, day(0)).await.expect("publishes");
            drop((failing, refused));
        }
        nothing_unpublished(subject).await;
        assert_eq!(read(&*blobs, &sha256, None).await, bytes);
    }
}

/// All at the same time, and each of them finds what was sent.
pub async fn many_who_send_the_same_have_one_blob(subject: &dyn Subject) {
    let blobs = subject.blobs();
    let all = (0..8).map(|number| {
        let blobs = Arc::clone(&blobs);
        tokio::spawn(async move {
            let published = keep(&*blobs, b"abc", day(number)).await;
            (published.blob.sha256, blobs.size(ABC).await.expect("answers"))
        })
    });
    for one in futures::future::join_all(all).await {
        assert_eq!(one.expect("nobody panics"), (ABC.to_owned(), Some(3)));
    }
    assert_eq!(read(&*blobs, ABC, None).await, b"abc");
    let listed = list(&*blobs).await;
    assert_eq!(listed.len(), 1);
    nothing_unpublished(subject).await;
}

/// A request may bring many files: new ones, known ones, and the same one twice.
pub async fn many_files_are_published_together_as_each_would_be_alone(subject: &dyn Subject) {
    let blobs = subject.blobs();
    keep(&*blobs, b"known", day(0)).await;
    let mut pieces: Vec<Vec<u8>> = (0..60_u32).map(|number| number.to_string().into_bytes()).collect();
    pieces.push(b"known".to_vec());
    let published = put_all(&*blobs, pieces.clone(), day(1)).await.expect("are kept");
    assert_eq!(published.len(), pieces.len());
    for (index, (piece, published)) in pieces.iter().zip(&published).enumerate() {
        assert_eq!(read(&*blobs, &published.blob.sha256, None).await, *piece);
        assert_eq!(published.blob.size, piece.len() as u64);
        assert_eq!(published.created, index < 60, "{index}");
    }
    let twice = vec![b"7".to_vec(), b"twice".to_vec(), b"twice".to_vec()];
    for again in put_all(&*blobs, twice, day(1)).await.expect("are kept") {
        assert!(!read(&*blobs, &again.blob.sha256, None).await.is_empty());
    }
    let listed = list(&*blobs).await;
    assert_eq!(listed.len(), 62);
    assert!(listed.iter().all(|one| one.published == day(1)));
    nothing_unpublished(subject).await;
    assert!(
        put_all(&*blobs, Vec::new(), day(1))
            .await
            .expect("nothing is kept")
            .is_empty()
    );
}
