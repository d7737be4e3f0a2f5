//! What counts are held to: the leaves' rules, the results that stand, and the samples that their populations ask for.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::super::documents::streams;
use super::super::error::Error;
use super::super::feed_survey::figure_of;
use super::super::reader::{Reader, typed};
use super::{ImportSurvey, SmallSample, respondents};
use crate::domain::dossier::Dossier;
use crate::domain::framework::{Framework, Method};
use crate::domain::questionnaire::{Figure, Questionnaire};
use crate::domain::rule::Rule;
use crate::domain::survey::{LeafFound, MAXIMUM_POPULATION, SurveyRead, SurveyValue, required_sample};
use crate::store::Document;
use crate::store::typed::Versioned;

/// Holds what was found to the units' frameworks. Answers a leaf that has another result already, with its unit.
pub(super) async fn against_dossiers(
    read: &Reader<'_>,
    call: &ImportSurvey,
    questionnaire: &Questionnaire,
    counted: &SurveyRead,
) -> Result<Option<String>, Error> {
    let streams = counted.units.keys().map(|unit| streams::dossier(&call.round, unit));
    let keys: Vec<_> = streams
        .map(|stream| <Dossier as Document>::key(&stream, stream.key()))
        .collect();
    let dossiers: Vec<Option<Versioned<Dossier>>> = typed(read.get_mixed(&keys).await?)?;
    let mut frameworks: BTreeMap<String, Arc<Framework>> = BTreeMap::new();
    let (mut keys, mut values) = (Vec::new(), Vec::new());
    for (dossier, (unit, tally)) in dossiers.iter().zip(&counted.units) {
        // While the round is opening there is none yet, and its phase forbids the import.
        let Some(dossier) = dossier else { continue };
        let id = dossier.framework.id();
        let framework = match frameworks.get(&id) {
            Some(known) => Arc::clone(known),
            None => {
                let found = read.framework_of(&dossier.framework).await?;
                frameworks.insert(id, Arc::clone(&found));
                found
            }
        };
        for found in tally.found(questionnaire) {
            check_rule(&framework, questionnaire, &found)?;
            keys.push(SurveyValue::key(&dossier.stream, found.criterion.clone()));
            values.push((unit, tally.respondents, found));
        }
    }
    let standing: Vec<Option<Versioned<SurveyValue>>> = typed(read.get_mixed(&keys).await?)?;
    for (standing, (unit, sample, found)) in standing.into_iter().zip(values) {
        let figure = figure_of(&found, questionnaire)?;
        let other = |value: &Versioned<SurveyValue>| {
            (&value.found, value.sample, &value.source) != (&figure, sample, &call.source)
        };
        if standing.as_ref().is_some_and(other) {
            return Ok(Some(format!("{} ({unit})", found.criterion)));
        }
    }
    Ok(None)
}

/// Whether a leaf takes what the questionnaire gives.
fn check_rule(framework: &Framework, questionnaire: &Questionnaire, found: &LeafFound) -> Result<(), Error> {
    let (code, version, criterion) = (&framework.code, &framework.version, &found.criterion);
    let refused = |vi: String, en: String| {
        Err(Error::invalid(
            "questionnaire",
            format!("Bộ chỉ số {code}@{version}, tiêu chí {criterion}: {vi}."),
            format!("Framework {code}@{version}, criterion {criterion}: {en}."),
        ))
    };
    let Some((_, leaf)) = framework
        .leaf(criterion)
        .filter(|(_, leaf)| leaf.method == Method::Survey)
    else {
        return refused(
            "không phải tiêu chí khảo sát; dùng phiếu khác cho loại đơn vị này".to_owned(),
            "no survey leaf; use another questionnaire for units of this type".to_owned(),
        );
    };
    match (&leaf.rule, found.figure) {
        (Rule::SurveyShare(_), Figure::Share) => Ok(()),
        (Rule::SurveyMean(rule), Figure::Mean) => {
            let span = questionnaire.span(criterion);
            if span == Some((&rule.lowest, &rule.highest)) {
                return Ok(());
            }
            let (lowest, highest) = (&rule.lowest, &rule.highest);
            refused(
                format!("thang điểm phải là {lowest} đến {highest}"),
                format!("the scale is {lowest} to {highest}"),
            )
        }
        (rule, _) => {
            let rule = rule.name();
            refused(
                format!("quy tắc {rule} không nhận kết quả mà phiếu đưa ra (figure)"),
                format!("its rule {rule} does not take what the questionnaire gives (figure)"),
            )
        }
    }
}

/// Samples below what their populations ask for. Populations are stated for all units together, for each, or both.
pub(super) fn small_samples(call: &ImportSurvey, counted: &SurveyRead) -> Result<Vec<SmallSample>, Error> {
    let mut small = Vec::new();
    let mut hold = |unit: Option<&String>, population: u64, asked: u64| {
        if population < asked || population > MAXIMUM_POPULATION {
            let field = if unit.is_some() { "populations" } else { "population" };
            let of = unit.map_or_else(String::new, |unit| format!("{unit}: "));
            return Err(Error::invalid(
                field,
                format!("{of}tổng thể {population} nhỏ hơn {asked} người đã hỏi, hoặc quá lớn."),
                format!("{of}a population of {population} is smaller than the {asked} asked, or too large."),
            ));
        }
        let required = required_sample(population);
        if asked < required {
            small.push(SmallSample {
                unit: unit.cloned(),
                population,
                respondents: asked,
                required,
            });
        }
        Ok(())
    };
    if let Some(population) = call.population {
        hold(None, population, respondents(counted))?;
    }
    for (unit, tally) in &counted.units {
        match call.populations.get(unit) {
            Some(population) => hold(Some(unit), *population, u64::from(tally.respondents))?,
            None if call.population.is_some() => {}
            None => {
                return Err(Error::invalid(
                    "populations",
                    format!("Nêu tổng thể của {unit}, hoặc population của toàn bộ khảo sát."),
                    format!("State the population of {unit}, or population for the survey as a whole."),
                ));
            }
        }
    }
    Ok(small)
}
