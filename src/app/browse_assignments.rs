//! The plan in force as one can read it: who may appraise what of a round, and what the plan gives them.

use super::Session;
use super::allocate_reviews::{Wanted, in_force};
use super::error::Error;
use crate::domain::allocation::AllocationInForce;
use crate::domain::allocation::matrix::{Line, matrix};
use crate::domain::policy::Permission;

/// The assignment matrix of a round.
pub struct Matrix {
    pub lines: Vec<Line>,
    /// The plan that holds; none where nobody made one.
    pub in_force: Option<AllocationInForce>,
}

impl Session {
    /// Who may appraise what of a round today, and what the plan in force gives them; for those who run rounds.
    ///
    /// # Errors
    /// Those of a plan: [`Error::NotFound`] for no such round, and a rejection while its dossiers are still being made.
    pub async fn assignment_matrix(&self, round: &str) -> Result<Matrix, Error> {
        self.check(Permission::RunRound).await?;
        let (outline, today) = (self.appraised(round).await?, self.today()?);
        let wanted = Wanted {
            round: round.to_owned(),
            ..Wanted::default()
        };
        let candidates = self.candidates(&wanted, &outline).await?;
        let parts = self.parts_in_force(round, None).await?;
        let in_force = in_force(&self.reader(), round).await?.map(|plan| plan.value);
        // A country's matrix takes as long as its plan: not on a thread that serves others.
        let work = move || matrix(&wanted.round, &outline, &candidates, &parts, today);
        let lines = tokio::task::spawn_blocking(work).await;
        let lines = lines.map_err(|error| Error::Internal(Box::new(error)))?;
        Ok(Matrix { lines, in_force })
    }
}
