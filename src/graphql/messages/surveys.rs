//! Questionnaires and surveys.

use async_graphql::{InputObject, SimpleObject};

use crate::graphql::content::FileInput;
use crate::graphql::filing::RowReport;
use crate::graphql::frameworks::Finding;
use crate::graphql::inputs::Idempotency;
use crate::graphql::journal::Receipt;
use crate::graphql::scalars::{Json, Long};
use crate::graphql::surveys::{Questionnaire, SmallSample, SurveyImport, SurveyedUnit};

/// Input of importQuestionnaire.
#[derive(InputObject)]
pub struct ImportQuestionnaireInput {
    /// The questionnaire in the form of schema/questionnaire.schema.json.
    pub questionnaire: Json,
    /// Issue in spite of warnings.
    #[graphql(default)]
    pub accept_warnings: bool,
    /// Only say what lint finds.
    #[graphql(default)]
    pub dry_run: bool,
    /// For sending it again.
    #[graphql(flatten)]
    pub idempotency: Idempotency,
}

/// What importQuestionnaire did.
#[derive(SimpleObject)]
pub struct ImportQuestionnairePayload {
    /// The issued questionnaire; null after a dry run.
    pub questionnaire: Option<Questionnaire>,
    /// What lint found.
    pub findings: Vec<Finding>,
    /// Proof that it was issued; null after a dry run, and when it had been issued before.
    pub receipt: Option<Receipt>,
}

/// How many people a unit's sample stands for.
#[derive(InputObject)]
pub struct UnitPopulationInput {
    /// Code of the unit.
    pub unit: String,
    /// How many people.
    pub population: Long,
}

/// Input of importSurvey.
#[derive(InputObject)]
pub struct ImportSurveyInput {
    /// Code of the round.
    pub round: String,
    /// CODE@VERSION of the questionnaire.
    pub questionnaire: String,
    /// The answers as a CSV file, UTF-8, with commas, semicolons or tabs: a row for each respondent and unit with the columns
    /// of the questionnaire, or unit, question, answer and count. Every other column refuses the file.
    pub file: FileInput,
    /// Survey report or decision.
    pub source: String,
    /// People whom the survey as a whole stands for; needed unless populations names each unit of the file.
    /// Without the column respondent a person who answers about several units counts several times.
    pub population: Option<Long>,
    /// People whom the samples of single units stand for.
    #[graphql(default)]
    pub populations: Vec<UnitPopulationInput>,
    /// Columns that are passed over unread: names, addresses, whatever is not needed.
    #[graphql(default)]
    pub drop_columns: Vec<String>,
    /// Leave bad rows out and count them; otherwise one bad row refuses the file.
    #[graphql(default)]
    pub accept_bad_rows: bool,
    /// Why samples that are smaller than their populations ask for are taken.
    pub accept_small_samples: Option<String>,
    /// Why it takes the place of an edition or of results that are there.
    pub reason: Option<String>,
    /// Only say what would come of it.
    #[graphql(default)]
    pub dry_run: bool,
    /// For sending it again.
    #[graphql(flatten)]
    pub idempotency: Idempotency,
}

/// What importSurvey did.
#[derive(SimpleObject)]
pub struct ImportSurveyPayload {
    /// The edition that was imported; null after a dry run.
    pub survey: Option<SurveyImport>,
    /// What became of the rows; null when the call had been answered before and the file is gone.
    pub rows: Option<RowReport>,
    /// Samples that are smaller than their populations ask for, the whole first.
    pub small_samples: Vec<SmallSample>,
    /// What was counted of the first hundred units by code; all are at survey.unitResults.
    pub units: Vec<SurveyedUnit>,
    /// Proof that it was imported; null after a dry run.
    pub receipt: Option<Receipt>,
}
