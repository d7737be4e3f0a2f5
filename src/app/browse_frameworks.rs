//! What one framework changes against another. Both are immutable and public, so that anybody may ask.

use std::sync::Arc;

use super::Session;
use super::documents::streams;
use super::error::Error;
use crate::domain::dossier::Dossier;
use crate::domain::framework::{Framework, FrameworkChanges};
use crate::domain::round::Round;

/// A framework by its names.
#[derive(Clone, Debug)]
pub struct FrameworkKey {
    pub code: String,
    pub version: String,
}

/// Two frameworks and what the second changes against the first.
#[derive(Clone)]
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

    /// What a dossier's framework changes against that of the round before, for its type of units; `None` where there is no such
    /// round or framework.
    pub async fn changes_since_last_year(&self, round: &str, unit: &str) -> Result<Option<ComparedFrameworks>, Error> {
        let read = self.reader();
        let round = read
            .require::<Round>(&streams::round(round), round, "round")
            .await?
            .value;
        let stream = streams::dossier(&round.code, unit);
        let dossier = read.require::<Dossier>(&stream, stream.key(), "dossier").await?.value;
        let Some(previous) = round.previous else {
            return Ok(None);
        };
        let previous = read.get::<Round>(&streams::round(&previous), &previous).await?;
        let before = previous.and_then(|round| round.value.frameworks.get(&dossier.unit_type).cloned());
        let Some(before) = before else { return Ok(None) };
        let (from, to) = (
            read.framework_of(&before).await?,
            read.framework_of(&dossier.framework).await?,
        );
        let changes = from.changes_to(&to);
        Ok(Some(ComparedFrameworks { from, to, changes }))
    }

    async fn compared(&self, side: &str, key: &FrameworkKey) -> Result<Arc<Framework>, Error> {
        let found = self.framework(&key.code, &key.version).await;
        found.map_err(|error| error.about(side))
    }
}
