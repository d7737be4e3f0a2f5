//! Blobs in a folder of the local file system: `blobs/ab/<sha256>`, `staging/<random>`, `pins/<sha256>/<random>`.

mod staging;

use std::collections::BTreeSet;
use std::fs;
use std::io::{self, Seek, SeekFrom};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::{Duration, SystemTime};

use async_trait::async_trait;
use futures::{StreamExt, TryStreamExt};
use jiff::{SignedDuration, Timestamp};
use tokio::io::AsyncReadExt;
use tokio::sync::RwLock;
use tokio::task::spawn_blocking;
use tokio_util::io::ReaderStream;

use self::staging::FileStaging;
use super::{
    BlobEntry, BlobError, BlobRef, BlobStore, ByteStream, Pin, Place, Published, References, Staged, Staging,
    is_sha256, random_name,
};

/// Bytes read from the disk at once when a blob is sent.
const READ_BYTES: usize = 64 * 1024;

/// Files or folders that are on their way to the disk at once. Each waits in a thread of its own, which costs a few KiB.
const SYNCS_AT_ONCE: usize = 64;
/// From so many files on, the file system is brought to the disk as a whole, where it can be told to: one call instead of
/// three for each file. Below, an upload does not wait for what others are writing.
const WHOLE_FROM: usize = if cfg!(target_os = "linux") { 32 } else { usize::MAX };

/// The embedded blob store.
pub struct FileBlobStore {
    blobs: PathBuf,
    staging: PathBuf,
    pins: PathBuf,
    /// Shared by publishing and pinning, exclusive for deleting: between the last look at pins and references and the
    /// deletion nothing may come to depend on the blob.
    changes: RwLock<()>,
}

impl FileBlobStore {
    /// Opens the folder and makes what is missing. One process only may write into it at a time; that one clears
    /// the staging first, of whatever age: what was being uploaded when another process died was never promised to anybody.
    pub async fn open(data: impl Into<PathBuf>) -> Result<Self, BlobError> {
        let data = data.into();
        blocking(move || {
            let store = Self {
                blobs: data.join("blobs"),
                staging: data.join("staging"),
                pins: data.join("pins"),
                changes: RwLock::new(()),
            };
            for folder in [&store.blobs, &store.staging, &store.pins] {
                fs::create_dir_all(folder)?;
            }
            Ok(store)
        })
        .await
    }

    fn path(&self, sha256: &str) -> Result<PathBuf, BlobError> {
        if !is_sha256(sha256) {
            return Err(BlobError::NotFound);
        }
        Ok(self.blobs.join(&sha256[..2]).join(sha256))
    }

    fn pin_folder(&self, sha256: &str) -> Result<PathBuf, BlobError> {
        if is_sha256(sha256) {
            Ok(self.pins.join(sha256))
        } else {
            Err(BlobError::NotFound)
        }
    }
}

#[async_trait]
impl BlobStore for FileBlobStore {
    async fn stage(&self, limit: u64) -> Result<Box<dyn Staging>, BlobError> {
        let name = random_name()?;
        let path = self.staging.join(&name);
        let (file, path) = blocking(move || Ok((fs::File::create_new(&path)?, path))).await?;
        let place = Place {
            name,
            discard: Some(Box::new(move || drop(fs::remove_file(path)))),
        };
        Ok(Box::new(FileStaging::new(file, limit, place)))
    }

    async fn publish_all(&self, mut staged: Vec<Staged>, now: Timestamp) -> Result<Vec<Published>, BlobError> {
        let place = |one: &Staged| Ok((self.staging.join(&one.place.name), self.path(&one.sha256)?));
        let moves: Vec<(PathBuf, PathBuf)> = staged.iter().map(place).collect::<Result<_, BlobError>>()?;
        let root = self.blobs.clone();
        let age = SystemTime::UNIX_EPOCH + Duration::from_millis(u64::try_from(now.as_millisecond()).unwrap_or(0));
        let whole = moves.len() >= WHOLE_FROM;
        // The bytes are on the disk before their names are: a crash in between leaves staging files and nothing else.
        let files = moves.iter().map(|(from, _)| from.clone()).collect();
        each(files, whole, move |file| {
            file.set_modified(age)?;
            if whole { Ok(()) } else { file.sync_all() }
        })
        .await?;
        if whole {
            sync_whole(&root).await?;
        }
        let _shared = self.changes.read().await;
        let place = (moves, root.clone());
        let (created, folders) = blocking(move || place_files(&place.0, &place.1)).await?;
        for one in &mut staged {
            one.place.discard = None;
        }
        match whole {
            true => sync_whole(&root).await?,
            false => each(folders, whole, fs::File::sync_all).await?,
        }
        let published = |(one, created): (&Staged, bool)| Published {
            blob: BlobRef {
                sha256: one.sha256.clone(),
                size: one.size,
            },
            created,
        };
        Ok(staged.iter().zip(created).map(published).collect())
    }

    async fn pin(&self, sha256: &str, until: Timestamp) -> Result<Pin, BlobError> {
        let folder = self.pin_folder(sha256)?;
        let pin = Pin {
            sha256: sha256.to_owned(),
            id: random_name()?,
        };
        let id = pin.id.clone();
        let _shared = self.changes.read().await;
        blocking(move || {
            fs::create_dir_all(&folder)?;
            fs::write(folder.join(id), until.to_string())
        })
        .await?;
        Ok(pin)
    }

    async fn unpin(&self, pin: &Pin) -> Result<(), BlobError> {
        let folder = self.pin_folder(&pin.sha256)?;
        let id = pin.id.clone();
        // Between looking whether it is the last pin and removing the folder no other may be put there.
        let _exclusive = self.changes.write().await;
        blocking(move || {
            ignore_missing(fs::remove_file(folder.join(id)))?;
            remove_if_empty(&folder)
        })
        .await
    }

    async fn remove_expired_pins(&self, now: Timestamp) -> Result<(), BlobError> {
        let pins = self.pins.clone();
        for name in blocking(move || sorted_names(&pins)).await? {
            let folder = self.pin_folder(&name)?;
            // A pin that is being put there right now would look like one cut short.
            let _exclusive = self.changes.write().await;
            blocking(move || {
                for id in sorted_names(&folder)? {
                    let pin = folder.join(id);
                    if !holds(&fs::read_to_string(&pin)?, now) {
                        fs::remove_file(pin)?;
                    }
                }
                remove_if_empty(&folder)
            })
            .await?;
        }
        Ok(())
    }

    async fn pinned(&self, sha256: &str, now: Timestamp) -> Result<bool, BlobError> {
        let folder = self.pin_folder(sha256)?;
        blocking(move || any_pin(&folder, now)).await
    }

    async fn open(&self, sha256: &str, range: Option<Range<u64>>) -> Result<ByteStream, BlobError> {
        let path = self.path(sha256)?;
        let (file, length) = blocking(move || {
            let mut file = fs::File::open(path)?;
            let size = file.metadata()?.len();
            let range = range.unwrap_or(0..size);
            let start = range.start.min(size);
            file.seek(SeekFrom::Start(start))?;
            Ok((file, range.end.min(size).saturating_sub(start)))
        })
        .await
        .map_err(missing_is_not_found)?;
        let reader = tokio::fs::File::from_std(file).take(length);
        Ok(ReaderStream::with_capacity(reader, READ_BYTES).boxed())
    }

    async fn size(&self, sha256: &str) -> Result<Option<u64>, BlobError> {
        let Ok(path) = self.path(sha256) else { return Ok(None) };
        match blocking(move || Ok(fs::metadata(path)?.len()))
            .await
            .map_err(missing_is_not_found)
        {
            Ok(size) => Ok(Some(size)),
            Err(BlobError::NotFound) => Ok(None),
            Err(error) => Err(error),
        }
    }

    async fn list(&self, after: Option<&str>, limit: usize) -> Result<Vec<BlobEntry>, BlobError> {
        let root = self.blobs.clone();
        let after = after.unwrap_or_default().to_owned();
        blocking(move || list_blobs(&root, &after, limit)).await
    }

    async fn remove_unused(
        &self,
        sha256: &str,
        before: Timestamp,
        now: Timestamp,
        references: &dyn References,
    ) -> Result<bool, BlobError> {
        let path = self.path(sha256)?;
        let pins = self.pin_folder(sha256)?;
        let _exclusive = self.changes.write().await;
        let looked_at = path.clone();
        let unused = blocking(move || match fs::metadata(&looked_at) {
            Ok(metadata) => Ok(published_at(&metadata)? < before && !any_pin(&pins, now)?),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
            Err(error) => Err(error),
        })
        .await?;
        if !unused || references.referenced(sha256).await.map_err(BlobError::References)? {
            return Ok(false);
        }
        let pins = self.pin_folder(sha256)?;
        blocking(move || {
            ignore_missing(fs::remove_dir_all(pins))?;
            fs::remove_file(path)
        })
        .await?;
        Ok(true)
    }

    async fn clear_staging(&self, age: SignedDuration) -> Result<u64, BlobError> {
        let staging = self.staging.clone();
        blocking(move || {
            let mut cleared = 0;
            for leftover in fs::read_dir(&staging)? {
                let leftover = leftover?;
                // One that is gone by now was published or dropped.
                let Ok(modified) = leftover.metadata().and_then(|metadata| metadata.modified()) else {
                    continue;
                };
                let lying = modified.elapsed().unwrap_or_default();
                if SignedDuration::try_from(lying).is_ok_and(|lying| lying >= age) {
                    ignore_missing(fs::remove_file(leftover.path()))?;
                    cleared += 1;
                }
            }
            Ok(cleared)
        })
        .await
    }
}

/// Gives staged files their names; answers which of them are new, and the folders that have to be synced for the names to
/// last: each of them once, however many files it took. A name that is there already is given to the same bytes again, with
/// the same work: how long it takes tells nobody whether the bytes were known.
fn place_files(moves: &[(PathBuf, PathBuf)], root: &Path) -> io::Result<(Vec<bool>, Vec<PathBuf>)> {
    let mut created = Vec::with_capacity(moves.len());
    let mut folders = BTreeSet::new();
    for (from, to) in moves {
        let folder = to.parent().ok_or_else(|| io::Error::other("no folder"))?;
        if folders.insert(folder) {
            fs::create_dir_all(folder)?;
        }
        created.push(!to.exists());
        fs::rename(from, to)?;
    }
    folders.insert(root);
    Ok((created, folders.into_iter().map(Path::to_owned).collect()))
}

/// Does something to each file or folder: at once, one behind the other, or, where each waits for the disk, many together. It
/// takes what waits together, so that a hundred cost little more than one.
async fn each(
    paths: Vec<PathBuf>,
    at_once: bool,
    work: impl Fn(&fs::File) -> io::Result<()> + Copy + Send + 'static,
) -> Result<(), BlobError> {
    let one = move |path: PathBuf| work(&fs::File::open(path)?);
    if at_once {
        return blocking(move || paths.into_iter().try_for_each(one)).await;
    }
    futures::stream::iter(paths)
        .map(|path| blocking(move || one(path)))
        .buffer_unordered(SYNCS_AT_ONCE)
        .try_for_each(|()| std::future::ready(Ok(())))
        .await
}

/// Brings the file system that holds a folder to the disk.
#[cfg(target_os = "linux")]
async fn sync_whole(folder: &Path) -> Result<(), BlobError> {
    let folder = folder.to_owned();
    blocking(move || Ok(rustix::fs::syncfs(fs::File::open(folder)?)?)).await
}

#[cfg(not(target_os = "linux"))]
async fn sync_whole(_: &Path) -> Result<(), BlobError> {
    Err(io::Error::from(io::ErrorKind::Unsupported).into())
}

fn any_pin(folder: &Path, now: Timestamp) -> io::Result<bool> {
    let pins = match fs::read_dir(folder) {
        Ok(pins) => pins,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
        Err(error) => return Err(error),
    };
    for pin in pins {
        let text = match fs::read_to_string(pin?.path()) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            Err(error) => return Err(error),
        };
        if holds(&text, now) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Whether a pin still protects. One cut short by a crash does not: whoever wrote it is gone. The age of the bytes still
/// does.
fn holds(pin: &str, now: Timestamp) -> bool {
    Timestamp::from_str(pin).is_ok_and(|until| now < until)
}

fn remove_if_empty(folder: &Path) -> io::Result<()> {
    match fs::remove_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::DirectoryNotEmpty => Ok(()),
        other => ignore_missing(other),
    }
}

fn published_at(metadata: &fs::Metadata) -> io::Result<Timestamp> {
    Timestamp::try_from(metadata.modified()?).map_err(io::Error::other)
}

fn list_blobs(root: &Path, after: &str, limit: usize) -> io::Result<Vec<BlobEntry>> {
    let mut found = Vec::new();
    for first in sorted_names(root)? {
        // What somebody else put there is none of ours, and stays.
        if !is_fan_out(&first) || first.as_str() < after.get(..2).unwrap_or_default() {
            continue;
        }
        let folder = root.join(&first);
        for name in sorted_names(&folder)? {
            if name.as_str() <= after || !is_sha256(&name) {
                continue;
            }
            if found.len() == limit {
                return Ok(found);
            }
            let metadata = match fs::metadata(folder.join(&name)) {
                Ok(metadata) => metadata,
                Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                Err(error) => return Err(error),
            };
            let published = published_at(&metadata)?;
            found.push(BlobEntry {
                blob: BlobRef {
                    sha256: name,
                    size: metadata.len(),
                },
                published,
            });
        }
    }
    Ok(found)
}

/// Whether a name is that of a folder of blobs: the first two digits of their hashes.
fn is_fan_out(name: &str) -> bool {
    name.len() == 2 && name.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

fn sorted_names(folder: &Path) -> io::Result<Vec<String>> {
    let mut names = Vec::new();
    let unreadable = |error: io::Error| io::Error::new(error.kind(), format!("{}: {error}", folder.display()));
    for entry in fs::read_dir(folder).map_err(unreadable)? {
        if let Ok(name) = entry?.file_name().into_string() {
            names.push(name);
        }
    }
    names.sort_unstable();
    Ok(names)
}

fn ignore_missing(result: io::Result<()>) -> io::Result<()> {
    match result {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        other => other,
    }
}

fn missing_is_not_found(error: BlobError) -> BlobError {
    match error {
        BlobError::Io(error) if error.kind() == io::ErrorKind::NotFound => BlobError::NotFound,
        other => other,
    }
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> io::Result<T> + Send + 'static) -> Result<T, BlobError> {
    Ok(spawn_blocking(work).await.map_err(io::Error::other)??)
}
