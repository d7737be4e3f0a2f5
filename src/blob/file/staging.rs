//! A file on its way in: hashed, counted and looked at while it is written.

use std::fs;
use std::io::{self, Write};

use async_trait::async_trait;
use tokio::task::{JoinHandle, spawn_blocking};

use crate::blob::intake::{Arriving, Looked};
use crate::blob::{BlobError, Place, Staged, Staging};

/// Bytes handed to the disk at once: large enough that handing over costs nothing, small enough that two of them per
/// upload (one being filled, one being written) are all the memory an upload takes.
const WRITE_BYTES: usize = 512 * 1024;

/// The file behind a staging: what the disk has to do is done off the async threads.
struct Writer {
    file: fs::File,
    looked: Looked,
}

impl Writer {
    fn new(file: fs::File) -> Self {
        Self {
            file,
            looked: Looked::default(),
        }
    }

    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.looked.take(bytes);
        self.file.write_all(bytes)
    }
}

/// A write under way.
type Writing = JoinHandle<io::Result<(Writer, Vec<u8>)>>;

/// A file on its way into the folder of unfinished ones.
pub struct FileStaging {
    arriving: Arriving,
    buffer: Vec<u8>,
    writer: Option<Writer>,
    /// The write that is under way while the next buffer fills; it gives the buffer back.
    writing: Option<Writing>,
    place: Place,
}

impl FileStaging {
    pub fn new(file: fs::File, limit: u64, place: Place) -> Self {
        Self {
            arriving: Arriving::up_to(limit),
            buffer: Vec::new(),
            writer: Some(Writer::new(file)),
            writing: None,
            place,
        }
    }

    /// Starts writing what is buffered, after the write before it has ended.
    async fn flush(&mut self) -> Result<(), BlobError> {
        let (mut writer, mut spare) = self.idle_writer().await?;
        std::mem::swap(&mut self.buffer, &mut spare);
        self.writing = Some(spawn_blocking(move || {
            writer.write(&spare)?;
            spare.clear();
            Ok((writer, spare))
        }));
        Ok(())
    }

    async fn idle_writer(&mut self) -> Result<(Writer, Vec<u8>), BlobError> {
        if let Some(writing) = self.writing.take() {
            return Ok(writing.await.map_err(io::Error::other)??);
        }
        let writer = self
            .writer
            .take()
            .ok_or_else(|| io::Error::other("an earlier write failed"))?;
        Ok((writer, Vec::with_capacity(WRITE_BYTES)))
    }
}

#[async_trait]
impl Staging for FileStaging {
    async fn write(&mut self, mut chunk: &[u8]) -> Result<(), BlobError> {
        self.arriving.take(chunk)?;
        while !chunk.is_empty() {
            let room = WRITE_BYTES - self.buffer.len();
            let (now, later) = chunk.split_at(room.min(chunk.len()));
            self.buffer.extend_from_slice(now);
            chunk = later;
            if self.buffer.len() == WRITE_BYTES {
                self.flush().await?;
            }
        }
        Ok(())
    }

    async fn finish(mut self: Box<Self>) -> Result<Staged, BlobError> {
        self.flush().await?;
        let (writer, _) = self.idle_writer().await?;
        Ok(self.arriving.staged(writer.looked, self.place))
    }
}
