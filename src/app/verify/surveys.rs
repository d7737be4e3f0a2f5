//! Survey results in dossiers against the counts of the imports that they name.

use std::collections::BTreeMap;

use crate::app::documents::streams;
use crate::app::error::Error;
use crate::app::feed_survey::figure_of;
use crate::app::reader::Reader;
use crate::domain::dossier::Dossier;
use crate::domain::survey::{SurveyImport, SurveyValue, SurveyedUnit};
use crate::store::StreamId;

/// Every result of one dossier that an import gave; what was recorded by hand names none.
pub(super) async fn verify_surveys(read: &Reader<'_>, stream: &StreamId) -> Result<Option<String>, Error> {
    let mut by_import: BTreeMap<String, Vec<SurveyValue>> = BTreeMap::new();
    for value in read.all::<SurveyValue>(stream).await? {
        if let Some(import) = value.import.clone() {
            by_import.entry(import).or_default().push(value.value);
        }
    }
    if by_import.is_empty() {
        return Ok(None);
    }
    let dossier = read.require::<Dossier>(stream, stream.key(), "dossier").await?;
    let round = streams::round(&dossier.round);
    let foreign = Reader::new(read.app(), &*read.app().store);
    for (key, values) in by_import {
        let import = foreign.get::<SurveyImport>(&round, &key).await?;
        let unit = SurveyedUnit::key_of(&key, &dossier.unit);
        let unit = foreign.get::<SurveyedUnit>(&round, &unit).await?;
        let Some((import, unit)) = import.map(|one| one.value).zip(unit) else {
            return Ok(Some(format!(
                "its survey results name the import {key}, which is not there"
            )));
        };
        let questionnaire = foreign.questionnaire(&import.questionnaire_id()).await?;
        let mut found = BTreeMap::new();
        for leaf in unit.found(&questionnaire) {
            found.insert(leaf.criterion.clone(), figure_of(&leaf, &questionnaire)?);
        }
        let differs = |value: &&SurveyValue| {
            found.get(&value.criterion) != Some(&value.found) || value.sample != unit.respondents
        };
        if let Some(value) = values.iter().find(differs) {
            let criterion = &value.criterion;
            return Ok(Some(format!(
                "the survey result of {criterion} is not what {key} counted"
            )));
        }
    }
    Ok(None)
}
