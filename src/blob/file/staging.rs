//! A file on its way in: hashed, counted and looked at while it is written.

use std::fs;
use std::io::{self, Write};

use async_trait::async_trait;
use sha2::{Digest, Sha256};
use tokio::task::{JoinHandle, spawn_blocking};

use crate::blob::{BlobError, HEAD_BYTES, Place, Staged, Staging};

/// Bytes handed to the disk at once: large enough that handing over costs nothing, small enough that two of them per
/// upload (one being filled, one being written) are all the memory an upload takes.
const WRITE_BYTES: usize = 512 * 1024;

/// The file behind a staging: what the disk has to do is done off the async threads.
struct Writer {
    file: fs::File,
    hasher: Sha256,
    text: TextCheck,
}

impl Writer {
    fn new(file: fs::File) -> Self {
        Self {
            file,
            hasher: Sha256::new(),
            text: TextCheck::default(),
        }
    }

    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.hasher.update(bytes);
        self.text.take(bytes);
        self.file.write_all(bytes)
    }
}

/// A write under way.
type Writing = JoinHandle<io::Result<(Writer, Vec<u8>)>>;

/// A file on its way into the folder of unfinished ones.
pub struct FileStaging {
    limit: u64,
    size: u64,
    buffer: Vec<u8>,
    writer: Option<Writer>,
    /// The write that is under way while the next buffer fills; it gives the buffer back.
    writing: Option<Writing>,
    head: Vec<u8>,
    place: Place,
}

impl FileStaging {
    pub fn new(file: fs::File, limit: u64, place: Place) -> Self {
        Self {
            limit,
            size: 0,
            buffer: Vec::new(),
            writer: Some(Writer::new(file)),
            writing: None,
            head: Vec::new(),
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
        self.size = self.size.saturating_add(chunk.len() as u64);
        if self.size > self.limit {
            return Err(BlobError::TooLarge { limit: self.limit });
        }
        let wanted = (HEAD_BYTES - self.head.len()).min(chunk.len());
        self.head.extend_from_slice(&chunk[..wanted]);
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
        Ok(Staged {
            sha256: hex::encode(writer.hasher.finalize()),
            size: self.size,
            head: self.head,
            text: writer.text.is_text(),
            place: self.place,
        })
    }
}

/// Follows UTF-8 over the borders of chunks.
#[derive(Default)]
struct TextCheck {
    broken: bool,
    /// The beginning of a character whose end comes with the next chunk; at most three bytes.
    open: Vec<u8>,
}

impl TextCheck {
    fn take(&mut self, bytes: &[u8]) {
        if self.broken {
            return;
        }
        let mut rest = bytes;
        while !self.open.is_empty() && !rest.is_empty() {
            self.open.push(rest[0]);
            rest = &rest[1..];
            match std::str::from_utf8(&self.open) {
                Ok(_) => self.open.clear(),
                Err(error) if error.error_len().is_none() => {}
                Err(_) => return self.broken = true,
            }
        }
        match std::str::from_utf8(rest) {
            Ok(text) => self.broken = text.contains('\0'),
            Err(error) if error.error_len().is_none() => {
                self.broken = rest.contains(&0);
                self.open = rest[error.valid_up_to()..].to_vec();
            }
            Err(_) => self.broken = true,
        }
    }

    fn is_text(&self) -> bool {
        !self.broken && self.open.is_empty()
    }
}
