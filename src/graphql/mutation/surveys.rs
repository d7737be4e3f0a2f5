//! Issuing questionnaires and importing surveys.

use async_graphql::{Context, Object, Result};

use crate::app::browse_surveys::MAX_SURVEYED_UNITS;
use crate::app::findings::unreadable;
use crate::app::{import_questionnaire, import_survey};
use crate::domain::policy::Permission;
use crate::graphql::content::passing_file;
use crate::graphql::frameworks::Finding;
use crate::graphql::inputs::{by_name, nfc, nfc_option};
use crate::graphql::messages::*;
use crate::graphql::scalars::Long;
use crate::graphql::session;
use crate::graphql::surveys::{Questionnaire, SmallSample, SurveyImport, SurveyedUnit};

/// Issuing questionnaires and importing surveys.
#[derive(Default)]
pub struct SurveyMutation;

/// Issuing questionnaires and importing surveys.
#[Object]
impl SurveyMutation {
    /// Lints a questionnaire and issues it; issued questionnaires never change.
    async fn import_questionnaire(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The questionnaire.")] input: ImportQuestionnaireInput,
    ) -> Result<ImportQuestionnairePayload> {
        session(context).check(Permission::KeepFrameworks).await?;
        let found = import_questionnaire::check(&input.questionnaire.0);
        let (questionnaire, findings) = found.map_err(|findings| unreadable("questionnaire", findings))?;
        let findings: Vec<Finding> = findings.into_iter().map(Into::into).collect();
        if input.dry_run {
            return Ok(ImportQuestionnairePayload {
                questionnaire: None,
                findings,
                receipt: None,
            });
        }
        let command = import_questionnaire::ImportQuestionnaire {
            questionnaire,
            accept_warnings: input.accept_warnings,
        };
        let done = session(context).run(command, input.idempotency.key).await?;
        let issued = session(context).questionnaire(&done.output).await?;
        Ok(ImportQuestionnairePayload {
            questionnaire: Some(Questionnaire(issued.into())),
            findings,
            receipt: done.receipt.map(Into::into),
        })
    }

    /// Imports a survey: counts the answers of a file, and a job brings means or shares of satisfied answers into the
    /// dossiers, as recordSurveyResults would. An answer that was not given is in no mean and no share. Neither the file nor
    /// any row is kept: a file of this request goes with it, one that was uploaded ahead goes once the import is made. A later
    /// edition takes the place of all results of the one before, with a reason; editions stay readable.
    async fn import_survey(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The survey.")] input: ImportSurveyInput,
    ) -> Result<ImportSurveyPayload> {
        session(context).check(Permission::RecordSurvey).await?;
        let upload = passing_file(context, "file", &input.file)?;
        let population = |one: UnitPopulationInput| (one.unit, one.population.0);
        let round = input.round;
        let command = import_survey::ImportSurvey {
            round: round.clone(),
            questionnaire: input.questionnaire,
            source: nfc(&input.source),
            population: input.population.map(|population| population.0),
            populations: by_name("populations", input.populations.into_iter().map(population))?,
            drop_columns: input.drop_columns.iter().map(|name| name.trim().to_owned()).collect(),
            accept_bad_rows: input.accept_bad_rows,
            accept_small_samples: nfc_option(input.accept_small_samples),
            reason: nfc_option(input.reason),
            dry_run: input.dry_run,
            sha256: upload.file.sha256.clone(),
            size: upload.file.size,
            counted: None,
        };
        let imported = session(context)
            .import_survey(command, upload, input.idempotency.key)
            .await?;
        let survey = match input.dry_run {
            true => None,
            false => {
                let (code, edition) = imported.done.output.rsplit_once('~').unwrap_or_default();
                let found = session(context).survey(&round, code, edition.parse().ok()).await?;
                Some(SurveyImport(found))
            }
        };
        let counted = imported.counted.as_deref();
        let small = |one: &import_survey::SmallSample| SmallSample {
            unit_code: one.unit.clone(),
            population: Long(one.population),
            respondents: Long(one.respondents),
            required: Long(one.required),
        };
        let first = imported.units.into_iter().take(MAX_SURVEYED_UNITS);
        Ok(ImportSurveyPayload {
            survey,
            rows: counted.map(|counted| counted.report().clone().into()),
            small_samples: counted.map_or_else(Vec::new, |counted| counted.small.iter().map(small).collect()),
            units: first
                .filter_map(|unit| Some(SurveyedUnit::whole(unit, &counted?.questionnaire)))
                .collect(),
            receipt: imported.done.receipt.map(Into::into),
        })
    }
}
