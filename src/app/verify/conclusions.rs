//! What conclusions cite: the value that was taken is the one that its source had.

use std::sync::Arc;

use super::super::cite::{published_value, stream_of, value_of};
use super::super::error::Error;
use super::super::reader::Reader;
use super::super::replay::Replay;
use super::named::Streams;
use crate::domain::conclusion::{Citation, TakenFrom};
use crate::store::StreamId;

/// Compares what a conclusion cites with the publications and figures that it names, up to the first difference.
pub(super) async fn verify_cited(
    read: &Reader<'_>,
    conclusion: &StreamId,
    known: &mut Streams,
) -> Result<Option<String>, Error> {
    let app = read.app();
    // What is cited was there before, and the conclusion's own moment shows its own stream alone.
    let newest = Reader::new(app, &*app.store);
    let mut replayed: Option<((StreamId, u64), Replay)> = None;
    for citation in read.all::<Citation>(conclusion).await? {
        let Citation {
            code, cited, measure, ..
        } = &citation.value;
        let source = stream_of(cited);
        if !known.holds(app, source.clone()).await? {
            return Ok(Some(format!("citation {code}: {source} is not there")));
        }
        let value = match citation.taken_from {
            TakenFrom::Publication { version } => published_value(&newest, cited, *measure, version).await?,
            TakenFrom::Figure { entry } => {
                let place = (source, entry);
                // One replay for all that is cited from the same entry.
                if replayed.as_ref().is_none_or(|(of, _)| *of != place) {
                    let then = Replay::to_entry(&Arc::clone(&app.store), &place.0, entry).await?;
                    replayed = then.map(|then| (place.clone(), then));
                }
                let Some((_, then)) = replayed.as_ref().filter(|(of, _)| *of == place) else {
                    return Ok(Some(format!("citation {code}: {} has no entry {entry}", place.0)));
                };
                // What has been redacted from the journal since says nothing.
                if !then.redacted().is_empty() {
                    continue;
                }
                let found = value_of(&Reader::new(app, then), cited, *measure).await?;
                found.map(|found| found.0)
            }
        };
        if value.as_deref() != Some(citation.value.value.as_str()) {
            return Ok(Some(format!(
                "citation {code} does not have the value that it was taken from"
            )));
        }
    }
    Ok(None)
}
