//! Receipts: what a sender keeps to prove later that the server took a change.

use jiff::Timestamp;

use super::error::Error;
use super::reader::Reader;
use crate::store::{Digest, StreamId};

/// Names the journal entry that holds a change, beyond doubt: whoever has the hash holds the server to the entry and to
/// all before it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receipt {
    pub stream: StreamId,
    /// Number of the entry in its stream.
    pub entry: u64,
    pub hash: Digest,
    /// The entry's time.
    pub at: Timestamp,
}

impl Receipt {
    pub(super) fn new(stream: &StreamId, entry: u64, hash: Digest, at_ms: i64) -> Result<Self, Error> {
        let at = Timestamp::from_millisecond(at_ms).map_err(|error| Error::Internal(Box::new(error)))?;
        Ok(Self {
            stream: stream.clone(),
            entry,
            hash,
            at,
        })
    }

    /// The receipt of an entry that is in the journal already.
    pub(super) async fn of_entry(read: &Reader<'_>, stream: &StreamId, number: u64) -> Result<Self, Error> {
        let found = read.entries(stream, number, 1).await?;
        let Some(entry) = found.first().filter(|entry| entry.number == number) else {
            return Err(Error::Internal(format!("entry {number} of {stream} is missing").into()));
        };
        Self::new(stream, number, entry.hash, entry.at_ms)
    }
}

/// What a command answered, with the receipt of the entry that holds its change. There is none when nothing had to
/// change: then nothing was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Done<O> {
    pub output: O,
    pub receipt: Option<Receipt>,
}

impl<O> Done<O> {
    /// The same with what another answer makes of the output.
    pub fn map<P>(self, make: impl FnOnce(O) -> P) -> Done<P> {
        Done {
            output: make(self.output),
            receipt: self.receipt,
        }
    }
}
