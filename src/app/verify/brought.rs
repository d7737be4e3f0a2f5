//! Figures of registers in dossiers against the entries that they name.

use crate::app::bring_figures::sources::said_by;
use crate::app::error::Error;
use crate::app::reader::Reader;
use crate::domain::assessment::Assessment;
use crate::store::StreamId;

/// Every figure of one dossier that was brought from a register: the entry is there, and what it wrote says so. What has been redacted
/// from the journal since says nothing.
pub(super) async fn verify_brought(read: &Reader<'_>, stream: &StreamId) -> Result<Option<String>, Error> {
    let foreign = Reader::new(read.app(), &*read.app().store);
    for assessment in read.all::<Assessment>(stream).await? {
        for (input, figure) in &assessment.brought {
            let place = format!("{} of {}", figure.document, figure.stream);
            let of = format!("{input} of {}", assessment.criterion);
            let unit = stream.key().split_once('/').map_or("", |(_, unit)| unit);
            if figure.document.rsplit('~').next() != Some(unit) {
                return Ok(Some(format!("{of} names {place}, which is of another unit")));
            }
            let Some(register) = StreamId::parse(&figure.stream) else {
                return Ok(Some(format!("{of} names {place}, which is no stream")));
            };
            let entries = foreign.entries(&register, figure.entry, 1).await?;
            let Some(entry) = entries.into_iter().find(|entry| entry.number == figure.entry) else {
                return Ok(Some(format!(
                    "{of} names entry {} of {place}, which is not there",
                    figure.entry
                )));
            };
            let header = entry.header().map_err(|error| Error::Internal(Box::new(error)))?;
            if !header.documents.iter().any(|listed| listed.id == figure.document) {
                return Ok(Some(format!(
                    "{of} names {place}, which entry {} did not write",
                    figure.entry
                )));
            }
            let said = said_by(&entry, &figure.found, &figure.document)?;
            if said.is_some_and(|said| said != figure.found) {
                return Ok(Some(format!(
                    "{of} is not what entry {} wrote of {place}",
                    figure.entry
                )));
            }
        }
    }
    Ok(None)
}
