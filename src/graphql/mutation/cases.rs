//! Importing the evaluation of cases, and bringing figures of registers into dossiers.

use async_graphql::{Context, Object, Result};

use crate::app::import_cases;
use crate::domain::policy::Permission;
use crate::graphql::cases::CaseImport;
use crate::graphql::content::passing_file;
use crate::graphql::inputs::{nfc, nfc_option};
use crate::graphql::messages::*;
use crate::graphql::rounds::Round;
use crate::graphql::{ids, session};

/// Importing the evaluation of cases, and bringing figures of registers into dossiers.
#[derive(Default)]
pub struct CaseMutation;

/// Importing the evaluation of cases, and bringing figures of registers into dossiers.
#[Object]
impl CaseMutation {
    /// Imports the monthly evaluation of how cases are handled (Decree 61/2018/NĐ-CP) of one system, for one month of a year or several:
    /// sums by unit and month are kept, neither the file nor anything of a single case. A later import of a month takes its place, with
    /// a reason; what was there stays in the journal. The same file sent again changes nothing, and goes on where it was cut off.
    /// Dossiers take nothing of it before bringFigures.
    async fn import_case_evaluation(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The file and the year.")] input: ImportCaseEvaluationInput,
    ) -> Result<ImportCaseEvaluationPayload> {
        session(context).check(Permission::RecordFigures).await?;
        let upload = passing_file(context, "file", &input.file)?;
        let command = import_cases::ImportCaseEvaluation {
            year: input.year,
            source: nfc(&input.source),
            reason: nfc_option(input.reason),
            dry_run: input.dry_run,
            sha256: upload.file.sha256.clone(),
            size: upload.file.size,
            added: None,
        };
        let imported = session(context)
            .import_case_evaluation(command, upload, input.idempotency.key)
            .await?;
        let import = match input.dry_run {
            true => None,
            false => {
                let imports = session(context).case_imports(input.year).await?;
                imports.get(&imported.done.output).map(CaseImport::of).transpose()?
            }
        };
        Ok(ImportCaseEvaluationPayload {
            import,
            rows: imported.added.map(|added| added.read.report.clone().into()),
            receipt: imported.done.receipt.map(Into::into),
        })
    }

    /// Brings what registers of the system say into all dossiers of a round, by a job: the monthly evaluation of cases of the round's
    /// year for inputs with the source CASE_EVALUATION. Sent again after another import it brings the newest. What is not there leaves
    /// its input missing, with what to do; results are not published while a dossier holds something older than the register.
    async fn bring_figures(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Which round.")] input: BringFiguresInput,
    ) -> Result<BringFiguresPayload> {
        let brought = session(context).bring_figures(input.round).await?;
        Ok(BringFiguresPayload {
            round: Round(session(context).round(&brought.done.output).await?),
            job_id: brought.job.map(|job| ids::encode("Job", &job)),
            receipt: brought.done.receipt.map(Into::into),
        })
    }
}
