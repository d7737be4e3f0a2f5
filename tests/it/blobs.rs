//! The embedded blob store: what is published stays, what is cut off leaves nothing, what nobody needs is swept.

use std::collections::HashSet;
use std::sync::Mutex;

use async_trait::async_trait;
use futures::TryStreamExt;
use jiff::{SignedDuration, Timestamp};
use minhchung::blob::{BlobError, BlobStore, BoxError, FileBlobStore, References, put, put_all, read_all, sweep};

struct Known(Mutex<HashSet<String>>);

impl Known {
    fn of<const N: usize>(hashes: [&str; N]) -> Self {
        Self(Mutex::new(hashes.map(str::to_owned).into()))
    }
}

#[async_trait]
impl References for Known {
    async fn referenced(&self, sha256: &str) -> Result<bool, BoxError> {
        Ok(self.0.lock().map_err(|_| "poisoned")?.contains(sha256))
    }
}

fn day(number: i64) -> Timestamp {
    "2020-03-01T00:00:00Z".parse::<Timestamp>().unwrap() + SignedDuration::from_hours(24 * number)
}

const DAY: SignedDuration = SignedDuration::from_hours(24);

#[tokio::test]
async fn bytes_are_found_under_their_hash() {
    let folder = tempfile::tempdir().unwrap();
    let blobs = FileBlobStore::open(folder.path()).await.unwrap();
    let published = put(&blobs, b"abc", day(0)).await.unwrap();
    assert_eq!(
        published.blob.sha256,
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    );
    assert!(published.created);
    let file = folder.path().join("blobs/ba/78").join(&published.blob.sha256);
    let inode = || std::os::unix::fs::MetadataExt::ino(&std::fs::metadata(&file).unwrap());
    let first = inode();
    assert!(!put(&blobs, b"abc", day(1)).await.unwrap().created);
    // Known bytes are written, renamed and synced as new ones are: no shortcut that its time would tell.
    assert_ne!(inode(), first);
    assert_eq!(std::fs::read_dir(folder.path().join("staging")).unwrap().count(), 0);
    let page = blobs.list(None, 10).await.unwrap();
    assert_eq!(page.len(), 1);
    assert_eq!((page[0].blob.size, page[0].published), (3, day(1)));
    assert_eq!(read_all(&blobs, &published.blob.sha256, 3).await.unwrap(), b"abc");
    let part = blobs.open(&published.blob.sha256, Some(1..2)).await.unwrap();
    assert_eq!(part.try_concat_bytes().await, b"b");
    let beyond = blobs.open(&published.blob.sha256, Some(2..9)).await.unwrap();
    assert_eq!(beyond.try_concat_bytes().await, b"c");
}

trait Concat {
    async fn try_concat_bytes(self) -> Vec<u8>;
}

impl Concat for minhchung::blob::ByteStream {
    async fn try_concat_bytes(self) -> Vec<u8> {
        self.try_fold(Vec::new(), |mut all, chunk| async move {
            all.extend_from_slice(&chunk);
            Ok(all)
        })
        .await
        .unwrap()
    }
}

#[tokio::test]
async fn large_files_pass_in_pieces() {
    let folder = tempfile::tempdir().unwrap();
    let blobs = FileBlobStore::open(folder.path()).await.unwrap();
    let text = "chữ Việt, ".repeat(200_000);
    let mut staging = blobs.stage(10_000_000).await.unwrap();
    for chunk in text.as_bytes().chunks(7_001) {
        staging.write(chunk).await.unwrap();
    }
    let staged = staging.finish().await.unwrap();
    assert!(
        staged.text,
        "characters that lie across two pieces are still characters"
    );
    assert_eq!(staged.size, text.len() as u64);
    let blob = blobs.publish(staged, day(0)).await.unwrap().blob;
    assert_eq!(read_all(&blobs, &blob.sha256, u64::MAX).await.unwrap(), text.as_bytes());
}

#[tokio::test]
async fn what_is_cut_off_or_too_long_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let blobs = FileBlobStore::open(folder.path()).await.unwrap();
    let mut cut = blobs.stage(100).await.unwrap();
    cut.write(b"half of it").await.unwrap();
    drop(cut);
    let mut long = blobs.stage(4).await.unwrap();
    assert!(matches!(
        long.write(b"12345").await,
        Err(BlobError::TooLarge { limit: 4 })
    ));
    drop(long);
    let mut refused = blobs.stage(4).await.unwrap();
    refused.write(b"1234").await.unwrap();
    drop(refused.finish().await.unwrap());
    assert_eq!(blobs.list(None, 10).await.unwrap(), []);
    assert_eq!(std::fs::read_dir(folder.path().join("staging")).unwrap().count(), 0);

    std::fs::write(folder.path().join("staging/left-by-a-crash"), b"x").unwrap();
    // Whoever only reads leaves other processes' uploads alone; whoever takes the folder over clears up.
    let next = FileBlobStore::open(folder.path()).await.unwrap();
    assert_eq!(std::fs::read_dir(folder.path().join("staging")).unwrap().count(), 1);
    next.clear_staging().await.unwrap();
    assert_eq!(std::fs::read_dir(folder.path().join("staging")).unwrap().count(), 0);
}

#[tokio::test]
async fn many_files_are_published_together_as_each_would_be_alone() {
    let folder = tempfile::tempdir().unwrap();
    let blobs = FileBlobStore::open(folder.path()).await.unwrap();
    put(&blobs, b"known", day(0)).await.unwrap();
    let mut pieces: Vec<Vec<u8>> = (0..200_u32).map(|number| number.to_string().into_bytes()).collect();
    pieces.push(b"known".to_vec());
    pieces.push(b"7".to_vec());
    let published = put_all(&blobs, pieces.clone(), day(1)).await.unwrap();
    assert_eq!(published.len(), pieces.len());
    for (index, (piece, published)) in pieces.iter().zip(&published).enumerate() {
        assert_eq!(read_all(&blobs, &published.blob.sha256, 10).await.unwrap(), *piece);
        assert_eq!(published.blob.size, piece.len() as u64);
        // What was there before, or came twice, is not new.
        assert_eq!(published.created, index < 200, "{index}");
    }
    let listed = blobs.list(None, 500).await.unwrap();
    assert_eq!(listed.len(), 201);
    assert!(listed.iter().all(|one| one.published == day(1)));
    assert_eq!(std::fs::read_dir(folder.path().join("staging")).unwrap().count(), 0);
    assert_eq!(put_all(&blobs, Vec::new(), day(1)).await.unwrap(), []);
}

#[tokio::test]
async fn a_batch_that_cannot_be_placed_leaves_nothing_unfinished() {
    let folder = tempfile::tempdir().unwrap();
    let blobs = FileBlobStore::open(folder.path()).await.unwrap();
    // Where the folder of one of them should be, there is a file.
    let pieces = vec![b"abc".to_vec(), b"abd".to_vec()];
    std::fs::write(folder.path().join("blobs/ba"), b"in the way").unwrap();
    assert!(matches!(
        put_all(&blobs, pieces.clone(), day(0)).await,
        Err(BlobError::Io(_))
    ));
    assert_eq!(std::fs::read_dir(folder.path().join("staging")).unwrap().count(), 0);
    std::fs::remove_file(folder.path().join("blobs/ba")).unwrap();
    let published = put_all(&blobs, pieces.clone(), day(0)).await.unwrap();
    assert_eq!(read_all(&blobs, &published[0].blob.sha256, 3).await.unwrap(), b"abc");
}

#[tokio::test]
async fn a_name_never_leaves_the_folder() {
    let folder = tempfile::tempdir().unwrap();
    let blobs = FileBlobStore::open(folder.path()).await.unwrap();
    for name in ["../../etc/passwd", "", "AB", &"A".repeat(64)] {
        assert!(
            matches!(blobs.open(name, None).await, Err(BlobError::NotFound)),
            "{name}"
        );
        assert_eq!(blobs.size(name).await.unwrap(), None);
    }
}

#[tokio::test]
async fn pages_of_the_list_follow_each_other() {
    let folder = tempfile::tempdir().unwrap();
    let blobs = FileBlobStore::open(folder.path()).await.unwrap();
    for number in 0..25_u8 {
        put(&blobs, &[number], day(0)).await.unwrap();
    }
    let all = blobs.list(None, 100).await.unwrap();
    let mut walked = Vec::new();
    while let page = blobs
        .list(
            walked
                .last()
                .map(|e: &minhchung::blob::BlobEntry| e.blob.sha256.as_str()),
            7,
        )
        .await
        .unwrap()
        && !page.is_empty()
    {
        walked.extend(page);
    }
    assert_eq!(walked, all);
    assert_eq!(all.len(), 25);
    assert!(all.is_sorted_by_key(|entry| entry.blob.sha256.clone()));
}

#[tokio::test]
async fn the_sweep_spares_the_young_the_pinned_and_the_referenced() {
    let folder = tempfile::tempdir().unwrap();
    let blobs = FileBlobStore::open(folder.path()).await.unwrap();
    let referenced = put(&blobs, b"referenced", day(0)).await.unwrap().blob.sha256;
    let pinned = put(&blobs, b"pinned", day(0)).await.unwrap().blob.sha256;
    let orphan = put(&blobs, b"orphan", day(0)).await.unwrap().blob.sha256;
    let young = put(&blobs, b"young", day(2)).await.unwrap().blob.sha256;
    let pin = blobs.pin(&pinned, day(9)).await.unwrap();
    let expired = blobs.pin(&orphan, day(1)).await.unwrap();
    blobs.pin(&referenced, day(1)).await.unwrap();
    blobs.pin(&"0".repeat(64), day(1)).await.unwrap();
    let known = Known::of([&referenced]);

    let report = sweep(&blobs, &known, day(2), DAY).await.unwrap();
    assert_eq!((report.seen, report.deleted, report.bytes), (4, 1, 6));
    let left = std::fs::read_dir(folder.path().join("pins")).unwrap();
    let left: Vec<_> = left.map(|pin| pin.unwrap().file_name()).collect();
    assert_eq!(left, [pinned.as_str()], "pins that have expired are forgotten");
    assert_eq!(blobs.size(&orphan).await.unwrap(), None);
    for kept in [&referenced, &pinned, &young] {
        assert!(blobs.size(kept).await.unwrap().is_some());
    }
    blobs.unpin(&expired).await.unwrap();
    blobs.unpin(&pin).await.unwrap();
    assert_eq!(sweep(&blobs, &known, day(2), DAY).await.unwrap().deleted, 1);
    assert_eq!(blobs.size(&pinned).await.unwrap(), None);
}

/// A reference that appears, as a commit would make it, after the sweep has marked the blob.
struct Late(Mutex<u32>);

#[async_trait]
impl References for Late {
    async fn referenced(&self, _: &str) -> Result<bool, BoxError> {
        let mut asked = self.0.lock().map_err(|_| "poisoned")?;
        *asked += 1;
        Ok(*asked > 1)
    }
}

#[tokio::test]
async fn the_sweep_looks_twice() {
    let folder = tempfile::tempdir().unwrap();
    let blobs = FileBlobStore::open(folder.path()).await.unwrap();
    put(&blobs, b"just referred to", day(0)).await.unwrap();
    assert_eq!(
        sweep(&blobs, &Late(Mutex::new(0)), day(5), DAY).await.unwrap().deleted,
        0
    );
}
