//! What analyses read of a publication, against what the sealed dossiers give.

use std::collections::BTreeMap;

use super::super::documents::summary_fields;
use super::super::error::Error;
use super::super::reader::Reader;
use crate::domain::analysis::{CriterionFindings, GroupSummary};
use crate::domain::ranking::Summaries;
use crate::store::{Document, StreamId};

/// What differs. Publications from before summaries were kept have none. Where reviews were redacted (`are_whole` is false),
/// what they found can be counted no more, and everything else still is compared.
pub(super) async fn differing(
    read: &Reader<'_>,
    round: &StreamId,
    version: u32,
    again: Summaries,
    are_whole: bool,
) -> Result<Option<String>, Error> {
    let query = GroupSummary::query()
        .in_stream(round)
        .filter(summary_fields::PUBLICATION.equal(i64::from(version)));
    let found = read.every(query).await?.into_iter();
    let mut found: BTreeMap<String, GroupSummary> = found.map(|one| (one.value.id(), one.value)).collect();
    let findings = read.all::<CriterionFindings>(round).await?.into_iter();
    let findings = findings.map(|one| one.value).filter(|one| one.publication == version);
    let mut findings: BTreeMap<String, CriterionFindings> = findings.map(|one| (one.id(), one)).collect();
    if found.is_empty() && findings.is_empty() {
        return Ok(None);
    }
    for mut again in again.groups {
        let mut summary = found.remove(&again.id());
        if !are_whole {
            again.findings = None;
            if let Some(summary) = &mut summary {
                summary.findings = None;
            }
        }
        if summary.as_ref() != Some(&again) {
            let group = again.group.as_deref().unwrap_or("-");
            let what = format!("version {version}: the summary of {group}");
            return Ok(Some(format!("{what} is not what the sealed dossiers give")));
        }
    }
    let mut strange = found.into_keys();
    if are_whole {
        for again in again.findings {
            if findings.remove(&again.id()).as_ref() != Some(&again) {
                let what = format!("version {version}: what reviews found in {}", again.criterion);
                return Ok(Some(format!("{what} is not what the sealed dossiers give")));
            }
        }
    } else {
        findings.clear();
    }
    let strange = strange.next().or_else(|| findings.into_keys().next());
    Ok(strange.map(|id| format!("version {version}: the summary {id} is one that nothing gives")))
}
