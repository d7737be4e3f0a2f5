//! What every store does with a file on its way in: counts it, keeps its beginning, hashes it and looks whether it is text.

use sha2::{Digest, Sha256};

use super::{BlobError, HEAD_BYTES, Place, Staged};

/// What is known of a file as its bytes come.
pub struct Arriving {
    limit: u64,
    size: u64,
    head: Vec<u8>,
}

impl Arriving {
    /// A file of at most so many bytes.
    pub fn up_to(limit: u64) -> Self {
        Self {
            limit,
            size: 0,
            head: Vec::new(),
        }
    }

    /// Counts the next bytes.
    pub fn take(&mut self, chunk: &[u8]) -> Result<(), BlobError> {
        self.size = self.size.saturating_add(chunk.len() as u64);
        if self.size > self.limit {
            return Err(BlobError::TooLarge { limit: self.limit });
        }
        let wanted = (HEAD_BYTES - self.head.len()).min(chunk.len());
        self.head.extend_from_slice(&chunk[..wanted]);
        Ok(())
    }

    /// The file is complete.
    pub fn staged(self, looked: Looked, place: Place) -> Staged {
        Staged {
            sha256: hex::encode(looked.hasher.finalize()),
            size: self.size,
            head: self.head,
            text: looked.text.is_text(),
            place,
        }
    }
}

/// What has to look at every byte. It takes the processor's time, so that it is done off the async threads.
#[derive(Default)]
pub struct Looked {
    hasher: Sha256,
    text: TextCheck,
}

impl Looked {
    /// Looks at the next bytes.
    pub fn take(&mut self, bytes: &[u8]) {
        self.hasher.update(bytes);
        self.text.take(bytes);
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
