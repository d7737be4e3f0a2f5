//! Importing the evaluation of cases, and bringing figures of registers into dossiers.

use async_graphql::{ID, InputObject, SimpleObject};

use crate::graphql::cases::CaseImport;
use crate::graphql::content::FileInput;
use crate::graphql::filing::RowReport;
use crate::graphql::inputs::Idempotency;
use crate::graphql::journal::Receipt;
use crate::graphql::rounds::Round;

/// Input of importCaseEvaluation.
#[derive(InputObject)]
pub struct ImportCaseEvaluationInput {
    /// The year of all rows.
    pub year: i16,
    /// The rows as a CSV file, UTF-8, with commas, semicolons or tabs, of units that are in the register. Either one for each case: unit,
    /// month (2020-03), case (its code, which is not kept) and the nine indicators total_time, body_time, desk_contacts, other_contacts,
    /// one_stop, attitude, publication, feedback and online_service with 2, 1 or 0 each. Or one for each unit and month: unit, month,
    /// cases and the sums of the nine; with 0 cases it says that there were none. Every other column refuses the file.
    pub file: FileInput,
    /// The system and its report, or the notice of the results.
    pub source: String,
    /// Why months that are there are replaced; needed where one has other figures.
    pub reason: Option<String>,
    /// Only say what would come of it.
    #[graphql(default)]
    pub dry_run: bool,
    /// For sending it again.
    #[graphql(flatten)]
    pub idempotency: Idempotency,
}

/// What importCaseEvaluation did.
#[derive(SimpleObject)]
pub struct ImportCaseEvaluationPayload {
    /// The import; null after a dry run.
    pub import: Option<CaseImport>,
    /// What became of the rows; null when the call had been answered before and the file is gone.
    pub rows: Option<RowReport>,
    /// Proof that it was imported; null after a dry run, and when the same file had been imported before.
    pub receipt: Option<Receipt>,
}

/// Input of bringFigures.
#[derive(InputObject)]
pub struct BringFiguresInput {
    /// Code of the round.
    pub round: String,
}

/// What bringFigures did.
#[derive(SimpleObject)]
pub struct BringFiguresPayload {
    /// The round.
    pub round: Round,
    /// The job that brings them: it tells which dossiers did not take theirs.
    pub job_id: Option<ID>,
    /// Proof that it was asked for; null while it is on its way already.
    pub receipt: Option<Receipt>,
}
