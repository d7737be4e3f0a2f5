//! Heads that a snapshot has read: a moment does not move, and the same few are asked for again and again.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::{Head, StoreError, StreamId};

/// The heads of one moment.
pub(super) struct KnownHeads(Mutex<HashMap<StreamId, Option<Head>>>);

impl FromIterator<(StreamId, Option<Head>)> for KnownHeads {
    fn from_iter<I: IntoIterator<Item = (StreamId, Option<Head>)>>(heads: I) -> Self {
        Self(Mutex::new(heads.into_iter().collect()))
    }
}

impl KnownHeads {
    /// The head of a stream, asked for unless it is known.
    ///
    /// # Errors
    /// Those of the question.
    pub async fn get_or_ask(
        &self,
        stream: &StreamId,
        ask: impl Future<Output = Result<Option<Head>, StoreError>>,
    ) -> Result<Option<Head>, StoreError> {
        let known = self.all().get(stream).cloned();
        if let Some(head) = known {
            return Ok(head);
        }
        let head = ask.await?;
        self.all().insert(stream.clone(), head.clone());
        Ok(head)
    }

    fn all(&self) -> MutexGuard<'_, HashMap<StreamId, Option<Head>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
