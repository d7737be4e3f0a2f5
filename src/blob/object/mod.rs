//! Blobs in object storage: S3 and its kin, shared by any number of processes, without a lock and without conditional
//! requests. All it asks of the storage is that a finished request is seen by every later one, which they all promise.
//!
//! ```text
//! blobs/<sha256>/<published>-<random>             one copy of the bytes
//! blobs/<sha256>/<published>-<random>.condemned   the copy is going to be deleted
//! pins/<sha256>/<until>-<random>                  a promise that the bytes stay until then
//! staging/<random>                                a file that arrived and is not published
//! unfinished/<random>                             the number of the multipart upload of staging/<random>
//! clock                                           by which the storage tells its own time
//! ```
//!
//! **Publishing** copies the staged object, on the server and at once, to a name that no other upload has. Two who send
//! the same bytes thus make two copies, and neither can harm the other's. Readers take the newest.
//!
//! **Deleting.** A copy is deleted in three steps: put its mark `condemned`; *then* list the copies and look at pins and
//! references again; then delete the copy and its mark. If the bytes turn out to be needed and no copy without a mark is
//! left, the bytes are first copied to a new name. A mark is never taken back, so that a process which stood still between
//! looking and deleting deletes nothing that anybody came to rely on since.
//!
//! Why nothing is lost, however the steps of any number of processes mix:
//! - *Who uploads* relies on a copy of its own. It is young, so that it is not marked before the upload's pin and the time
//!   that a commit may take are both over; by then the reference is there.
//! - *Who pins* writes the pin first and then asks whether a copy without a mark exists. Who deletes writes the mark first
//!   and then asks for pins. Of two who each write before they read, at least one sees the other: either the pinner sees
//!   the mark, is told that there is no such blob, and has it sent again; or the deleter sees the pin, and copies.
//! - *Who deletes a copy because another is left* has seen that other without a mark. Whoever marks that one later lists
//!   afterwards, finds no copy without a mark, and looks at pins and references: needed bytes are copied before the last
//!   copy goes. Of several who do this at once each makes a copy; a surplus copy is removed when it is old.
//! - *Who dies* in between leaves a mark or a surplus copy, and [`ObjectBlobStore::settle`] of any process ends the work.

mod key;
mod staging;

use std::io;
use std::ops::Range;
use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use futures::{FutureExt, StreamExt, TryStreamExt, stream};
use jiff::{SignedDuration, Timestamp};
use object_store::multipart::MultipartStore;
use object_store::path::Path;
use object_store::{GetOptions, ObjectMeta, ObjectStore, ObjectStoreExt, PutPayload};

use self::key::{BLOBS, Copy, PINS, STAGING, UNFINISHED};
use super::{
    BlobEntry, BlobError, BlobRef, BlobStore, ByteStream, MAX_PIECE_BYTES, Pin, Published, References, Staged, Staging,
    is_sha256, publish_each,
};

/// Bytes asked for in one request when a blob is sent (4 MiB): few requests, and none so long that a slow client lets it
/// time out.
const READ_BYTES: u64 = 4 * 1024 * 1024;
/// How often a reader looks again when the copy it chose is gone: it was replaced at that moment.
const OPEN_ATTEMPTS: usize = 3;
/// The object by which the storage tells its time.
const CLOCK: &str = "clock";

/// What a storage has to be able to do.
pub trait Objects: ObjectStore + MultipartStore {}

impl<T: ObjectStore + MultipartStore> Objects for T {}

/// Blobs in object storage.
pub struct ObjectBlobStore {
    objects: Arc<dyn Objects>,
}

/// All copies of one blob, the newest first.
struct Copies {
    sha256: String,
    copies: Vec<Copy>,
    /// Marks whose copy is gone.
    loose_marks: Vec<Path>,
}

impl Copies {
    /// Of what lies under the blob's name.
    fn of(sha256: &str, objects: &[ObjectMeta]) -> Self {
        let mut copies: Vec<Copy> = objects.iter().filter_map(Copy::read).collect();
        copies.sort_unstable_by(|one, other| other.name.cmp(&one.name));
        let mut loose_marks = Vec::new();
        for name in objects.iter().filter_map(key::condemned) {
            match copies.iter_mut().find(|copy| copy.name == name) {
                Some(copy) => copy.condemned = true,
                None => loose_marks.push(key::mark(sha256, name)),
            }
        }
        Self {
            sha256: sha256.to_owned(),
            copies,
            loose_marks,
        }
    }

    /// Those that may be relied on.
    fn standing(&self) -> impl Iterator<Item = &Copy> {
        self.copies.iter().filter(|copy| !copy.condemned)
    }

    fn condemned(&self) -> impl Iterator<Item = &Copy> {
        self.copies.iter().filter(|copy| copy.condemned)
    }

    /// The one that is read: the newest, and one that is condemned only if there is no other.
    fn read_from(&self) -> Option<&Copy> {
        self.standing().next().or_else(|| self.condemned().next())
    }
}

impl ObjectBlobStore {
    /// Blobs in this storage.
    pub fn over(objects: Arc<dyn Objects>) -> Self {
        Self { objects }
    }

    async fn copies(&self, sha256: &str) -> Result<Copies, BlobError> {
        if !is_sha256(sha256) {
            return Err(BlobError::NotFound);
        }
        let under = Path::from(format!("{BLOBS}/{sha256}"));
        let found: Vec<ObjectMeta> = self.objects.list(Some(&under)).try_collect().await.map_err(failed)?;
        Ok(Copies::of(sha256, &found))
    }

    async fn needed(&self, sha256: &str, now: Timestamp, references: &dyn References) -> Result<bool, BlobError> {
        Ok(self.pinned(sha256, now).await? || references.referenced(sha256).await.map_err(BlobError::References)?)
    }

    /// Deletes what is condemned, after a copy of it where that is the last of needed bytes. Everything is looked at after
    /// the marks were written. Answers whether the blob is gone.
    async fn delete_condemned(
        &self,
        sha256: &str,
        now: Timestamp,
        references: &dyn References,
    ) -> Result<bool, BlobError> {
        let copies = self.copies(sha256).await?;
        let Some(last) = copies.condemned().next() else {
            return Ok(false);
        };
        let needed = self.needed(sha256, now, references).await?;
        let standing = copies.standing().next().is_some();
        if needed && !standing {
            let rescued = key::copy(sha256, last.published)?;
            match self.objects.copy(&last.place(sha256), &rescued).await {
                Ok(()) => {}
                // Another process has just ended this deletion, and copied or had no need to.
                Err(object_store::Error::NotFound { .. }) => return Ok(false),
                Err(error) => return Err(failed(error).into()),
            }
        }
        for copy in copies.condemned() {
            self.delete(&copy.place(sha256)).await?;
            self.delete(&key::mark(sha256, &copy.name)).await?;
        }
        Ok(!needed && !standing)
    }

    async fn condemn(&self, sha256: &str, copy: &Copy) -> Result<(), BlobError> {
        let mark = key::mark(sha256, &copy.name);
        self.objects.put(&mark, PutPayload::new()).await.map_err(failed)?;
        Ok(())
    }

    async fn delete(&self, place: &Path) -> Result<(), BlobError> {
        match self.objects.delete(place).await {
            Ok(()) | Err(object_store::Error::NotFound { .. }) => Ok(()),
            Err(error) => Err(failed(error).into()),
        }
    }

    /// Ends what was begun with one blob, and condemns old copies of which there is a newer one.
    async fn settle_one(
        &self,
        copies: &Copies,
        before: Timestamp,
        now: Timestamp,
        references: &dyn References,
    ) -> Result<(), BlobError> {
        for mark in &copies.loose_marks {
            self.delete(mark).await?;
        }
        let mut begun = copies.condemned().next().is_some();
        for surplus in copies.standing().skip(1).filter(|copy| copy.published < before) {
            self.condemn(&copies.sha256, surplus).await?;
            begun = true;
        }
        if begun {
            self.delete_condemned(&copies.sha256, now, references).await?;
        }
        Ok(())
    }

    /// The blobs after a hash, each with all that lies under its name, in the order of hashes.
    fn walk(&self, after: Option<&str>) -> stream::BoxStream<'static, Result<Copies, BlobError>> {
        let under = Path::from(BLOBS);
        let objects = match after {
            // Sorts behind everything that lies under that hash, and before every other.
            Some(after) => {
                let behind = Path::from(format!("{BLOBS}/{after}/g"));
                self.objects.list_with_offset(Some(&under), &behind)
            }
            None => self.objects.list(Some(&under)),
        };
        let gathering = (objects.fuse(), None::<(String, Vec<ObjectMeta>)>);
        stream::try_unfold(gathering, |(mut objects, mut open)| async move {
            loop {
                let Some(object) = objects.try_next().await.map_err(failed)? else {
                    return Ok(open.map(|(sha256, found)| (Copies::of(&sha256, &found), (objects, None))));
                };
                let Some(sha256) = key::blob_of(&object) else { continue };
                match open {
                    Some((ref name, ref mut found)) if *name == sha256 => found.push(object),
                    Some((name, found)) => {
                        let next = (objects, Some((sha256, vec![object])));
                        return Ok(Some((Copies::of(&name, &found), next)));
                    }
                    None => open = Some((sha256, vec![object])),
                }
            }
        })
        .boxed()
    }

    /// Gives staged bytes a copy of their own under their hash.
    async fn publish_one(&self, staged: Staged, now: Timestamp) -> Result<Published, BlobError> {
        let created = self.copies(&staged.sha256).await?.standing().next().is_none();
        let from = Path::from(format!("{STAGING}/{}", staged.place.name));
        let to = key::copy(&staged.sha256, now)?;
        self.objects.copy(&from, &to).await.map_err(failed)?;
        // The staged object goes when `staged` is dropped, behind the answer.
        Ok(Published {
            blob: BlobRef {
                sha256: staged.sha256.clone(),
                size: staged.size,
            },
            created,
        })
    }

    /// The storage's own clock: the only one by which the age of what lies there can be told.
    async fn storage_time(&self) -> Result<Timestamp, BlobError> {
        let clock = Path::from(CLOCK);
        self.objects.put(&clock, PutPayload::new()).await.map_err(failed)?;
        let told = self.objects.head(&clock).await.map_err(failed)?;
        // A header tells whole seconds, a list tells parts of them.
        Ok(modified(&told)?
            .checked_add(SignedDuration::from_secs(1))
            .unwrap_or(Timestamp::MAX))
    }

    /// What has lain under a name for so long.
    async fn lying(&self, under: &str, until: Timestamp) -> Result<Vec<Path>, BlobError> {
        let found: Vec<ObjectMeta> = self
            .objects
            .list(Some(&Path::from(under)))
            .try_collect()
            .await
            .map_err(failed)?;
        let mut old = Vec::new();
        for object in found {
            if modified(&object)? <= until {
                old.push(object.location);
            }
        }
        Ok(old)
    }
}

#[async_trait]
impl BlobStore for ObjectBlobStore {
    async fn stage(&self, limit: u64) -> Result<Box<dyn Staging>, BlobError> {
        Ok(Box::new(staging::begin(Arc::clone(&self.objects), limit)?))
    }

    async fn publish_all(&self, staged: Vec<Staged>, now: Timestamp) -> Result<Vec<Published>, BlobError> {
        publish_each(staged, |staged| self.publish_one(staged, now).boxed()).await
    }

    async fn pin(&self, sha256: &str, until: Timestamp) -> Result<Pin, BlobError> {
        if !is_sha256(sha256) {
            return Err(BlobError::NotFound);
        }
        let pin = Pin {
            sha256: sha256.to_owned(),
            id: key::dated(until)?,
        };
        self.objects
            .put(&key::pin(&pin), PutPayload::new())
            .await
            .map_err(failed)?;
        Ok(pin)
    }

    async fn unpin(&self, pin: &Pin) -> Result<(), BlobError> {
        self.delete(&key::pin(pin)).await
    }

    async fn remove_expired_pins(&self, now: Timestamp) -> Result<(), BlobError> {
        let mut pins = self.objects.list(Some(&Path::from(PINS)));
        while let Some(pin) = pins.try_next().await.map_err(failed)? {
            if key::date(&pin).is_none_or(|until| until <= now) {
                self.delete(&pin.location).await?;
            }
        }
        Ok(())
    }

    async fn pinned(&self, sha256: &str, now: Timestamp) -> Result<bool, BlobError> {
        let mut pins = self.objects.list(Some(&Path::from(format!("{PINS}/{sha256}"))));
        while let Some(pin) = pins.try_next().await.map_err(failed)? {
            if key::date(&pin).is_some_and(|until| now < until) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    async fn open(&self, sha256: &str, range: Option<Range<u64>>) -> Result<ByteStream, BlobError> {
        for _ in 0..OPEN_ATTEMPTS {
            let copies = self.copies(sha256).await?;
            let copy = copies.read_from().ok_or(BlobError::NotFound)?;
            let range = range.clone().unwrap_or(0..copy.size);
            let place = copy.place(sha256);
            let pieces = Pieces {
                objects: Arc::clone(&self.objects),
                place,
                range: range.start.min(copy.size)..range.end.min(copy.size),
            };
            // The first request is made here: whether the copy is there is known before anything is promised.
            match pieces.next().await {
                Ok(None) => return Ok(stream::empty().boxed()),
                Ok(Some((first, rest))) => {
                    let later = stream::try_unfold(rest, Pieces::next).try_flatten();
                    return Ok(first.chain(later).boxed());
                }
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => return Err(error.into()),
            }
        }
        Err(BlobError::NotFound)
    }

    /// A blob whose copies are all condemned is not there: nobody may rely on it.
    async fn size(&self, sha256: &str) -> Result<Option<u64>, BlobError> {
        if !is_sha256(sha256) {
            return Ok(None);
        }
        Ok(self.copies(sha256).await?.standing().next().map(|copy| copy.size))
    }

    async fn list(&self, after: Option<&str>, limit: usize) -> Result<Vec<BlobEntry>, BlobError> {
        let blobs = self.walk(after).try_filter_map(async |copies| {
            let newest = copies.standing().next();
            Ok(newest.map(|copy| BlobEntry {
                blob: BlobRef {
                    sha256: copies.sha256.clone(),
                    size: copy.size,
                },
                published: copy.published,
            }))
        });
        blobs.take(limit).try_collect().await
    }

    async fn remove_unused(
        &self,
        sha256: &str,
        before: Timestamp,
        now: Timestamp,
        references: &dyn References,
    ) -> Result<bool, BlobError> {
        let copies = self.copies(sha256).await?;
        if copies.standing().any(|copy| copy.published >= before) || self.needed(sha256, now, references).await? {
            return Ok(false);
        }
        for copy in copies.standing() {
            self.condemn(sha256, copy).await?;
        }
        self.delete_condemned(sha256, now, references).await
    }

    async fn clear_staging(&self, age: SignedDuration) -> Result<u64, BlobError> {
        let until = self.storage_time().await?.checked_sub(age).unwrap_or(Timestamp::MIN);
        let mut cleared = 0;
        for note in self.lying(UNFINISHED, until).await? {
            let name = note.filename().unwrap_or_default().to_owned();
            staging::abort_noted(&*self.objects, &name).await?;
            cleared += 1;
        }
        for staged in self.lying(STAGING, until).await? {
            self.delete(&staged).await?;
            cleared += 1;
        }
        Ok(cleared)
    }

    async fn settle(&self, before: Timestamp, now: Timestamp, references: &dyn References) -> Result<(), BlobError> {
        let mut blobs = self.walk(None);
        while let Some(copies) = blobs.try_next().await? {
            self.settle_one(&copies, before, now, references).await?;
        }
        Ok(())
    }
}

/// What is still to be read of a copy.
struct Pieces {
    objects: Arc<dyn Objects>,
    place: Path,
    range: Range<u64>,
}

impl Pieces {
    /// The bytes of the next request, and what is left after it.
    async fn next(mut self) -> io::Result<Option<(stream::BoxStream<'static, io::Result<Bytes>>, Self)>> {
        if self.range.is_empty() {
            return Ok(None);
        }
        let end = self.range.end.min(self.range.start + READ_BYTES);
        let options = GetOptions {
            range: Some((self.range.start..end).into()),
            ..GetOptions::default()
        };
        let got = self.objects.get_opts(&self.place, options).await.map_err(failed)?;
        self.range.start = end;
        let pieces = got.into_stream().map_err(failed).map_ok(split).try_flatten();
        Ok(Some((pieces.boxed(), self)))
    }
}

/// A storage answers in pieces of its own choice; here no piece is longer than promised.
fn split(bytes: Bytes) -> stream::BoxStream<'static, io::Result<Bytes>> {
    let starts = (0..bytes.len()).step_by(MAX_PIECE_BYTES);
    let pieces = starts.map(move |start| Ok(bytes.slice(start..bytes.len().min(start + MAX_PIECE_BYTES))));
    stream::iter(pieces).boxed()
}

fn modified(object: &ObjectMeta) -> Result<Timestamp, BlobError> {
    Timestamp::from_millisecond(object.last_modified.timestamp_millis()).map_err(|error| io::Error::other(error).into())
}

/// What is not there has its own kind, whatever the storage's words are.
fn failed(error: object_store::Error) -> io::Error {
    match error {
        object_store::Error::NotFound { .. } => io::Error::new(io::ErrorKind::NotFound, error),
        other => io::Error::other(other),
    }
}
