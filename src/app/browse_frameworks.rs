//! What one framework changes against another. Both are immutable and public, so that anybody may ask.

use std::sync::Arc;

use super::Session;
use super::error::Error;
use crate::domain::framework::{Framework, FrameworkChanges};

/// A framework by its names.
#[derive(Clone, Debug)]
pub struct FrameworkKey {
    pub code: String,
    pub version: String,
}

/// Two frameworks and what the second changes against the first.
pub struct ComparedFrameworks {
    pub from: Arc<Framework>,
    pub to: Arc<Framework>,
    pub changes: FrameworkChanges,
}

impl Session {
    /// What `to` changes against `from`, whatever their unit types and whichever is the newer.
    ///
    /// # Errors
    /// [`Error::NotFound`], about the side that is not there.
    pub async fn framework_changes(&self, from: &FrameworkKey, to: &FrameworkKey) -> Result<ComparedFrameworks, Error> {
        let from = self.compared("from", from).await?;
        let to = self.compared("to", to).await?;
        let changes = from.changes_to(&to);
        Ok(ComparedFrameworks { from, to, changes })
    }

    async fn compared(&self, side: &str, key: &FrameworkKey) -> Result<Arc<Framework>, Error> {
        let found = self.framework(&key.code, &key.version).await;
        found.map_err(|error| error.about(side))
    }
}
