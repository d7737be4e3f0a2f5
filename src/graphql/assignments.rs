//! Who may appraise what of a round, in the API.

use async_graphql::{Object, Result, SimpleObject};

use super::allocation::{count, page};
use super::register::{ConflictOfInterest, Recusal};
use super::scalars::{DateTime, Long};
use crate::app::browse_assignments::Matrix;
use crate::domain::allocation::AllocationInForce;
use crate::domain::allocation::matrix::{Line, Part};

/// The plan of allocateReviews that holds in a round.
#[derive(SimpleObject)]
pub struct PlanInForce {
    /// Since when.
    pub at: DateTime,
    /// Login of who put it in force.
    pub author: String,
}

impl From<AllocationInForce> for PlanInForce {
    fn from(plan: AllocationInForce) -> Self {
        Self {
            at: DateTime(plan.at),
            author: plan.by,
        }
    }
}

/// Who may appraise what of a round today by grants, substitutes and conflicts of interest, and what the plan in force gives them.
pub struct AssignmentMatrix(pub Matrix);

/// Who may appraise what of a round today by grants, substitutes and conflicts of interest, and what the plan in force gives them.
/// Its lists are read on by asking again with another skip.
#[Object]
impl AssignmentMatrix {
    /// The plan in force; null where the round has none.
    async fn plan(&self) -> Option<PlanInForce> {
        self.0.in_force.clone().map(Into::into)
    }

    /// How many lines there are.
    async fn line_count(&self) -> Long {
        count(self.0.lines.len())
    }

    /// Lines by unit type, department and criterion.
    async fn lines(
        &self,
        #[graphql(desc = "So many, 1 to 500.", default = 25)] first: i32,
        #[graphql(desc = "So many are left out before them.", default)] skip: i32,
    ) -> Result<Vec<AssignmentLine<'_>>> {
        Ok(page(&self.0.lines, first, skip)?.iter().map(AssignmentLine).collect())
    }
}

/// Leaves of one department and unit type that the same people may appraise.
pub struct AssignmentLine<'a>(&'a Line);

/// Leaves of one department in the framework of one unit type that the same people may appraise. Without survey leaves.
#[Object]
impl AssignmentLine<'_> {
    /// The unit type.
    async fn unit_type(&self) -> &str {
        &self.0.unit_type
    }

    /// Code of the appraising department.
    async fn department_code(&self) -> &str {
        &self.0.department
    }

    /// Codes of the leaves, in the framework's order.
    async fn criteria(&self) -> &[String] {
        &self.0.criteria
    }

    /// How many dossiers of the unit type there are.
    async fn dossier_count(&self) -> Long {
        Long(self.0.dossiers)
    }

    /// How many people there are; 0 where nobody may appraise the line.
    async fn people_count(&self) -> Long {
        count(self.0.people.len())
    }

    /// People whose grants in force cover the leaves in some dossier or other, by login.
    async fn people(
        &self,
        #[graphql(desc = "So many, 1 to 500.", default = 25)] first: i32,
        #[graphql(desc = "So many are left out before them.", default)] skip: i32,
    ) -> Result<Vec<AssignedPerson<'_>>> {
        Ok(page(&self.0.people, first, skip)?.iter().map(AssignedPerson).collect())
    }
}

/// A person who may appraise the leaves of a line.
pub struct AssignedPerson<'a>(&'a Part);

/// A person who may appraise the leaves of a line, with what a conflict of interest takes away and the plan gives.
#[Object]
impl AssignedPerson<'_> {
    /// Login.
    async fn login(&self) -> &str {
        &self.0.user.login
    }

    /// Name.
    async fn name(&self) -> &str {
        &self.0.user.name
    }

    /// Code of the account's unit.
    async fn unit_code(&self) -> &str {
        &self.0.user.unit
    }

    /// Whether a grant is that of a lead, who decides where two reviews differ.
    async fn leads(&self) -> bool {
        self.0.leads
    }

    /// Whether the person is the named substitute who appraises the department's own dossier.
    async fn substitutes(&self) -> bool {
        self.0.substitutes
    }

    /// How many leaves the person may judge: each leaf of the line once for each dossier.
    async fn leaves(&self) -> Long {
        Long(self.0.leaves)
    }

    /// How many leaves the grants cover and a conflict of interest takes away.
    async fn leaves_kept_out(&self) -> Long {
        Long(self.0.kept_out)
    }

    /// The conflicts of interest that do.
    async fn conflicts(&self) -> Vec<ConflictOfInterest> {
        self.0.conflicts.iter().copied().map(Into::into).collect()
    }

    /// How many recusals from leaves of the line stand.
    async fn standing_recusal_count(&self) -> Long {
        count(self.0.recusals.len())
    }

    /// These recusals, by unit.
    async fn standing_recusals(
        &self,
        #[graphql(desc = "So many, 1 to 500.", default = 25)] first: i32,
        #[graphql(desc = "So many are left out before them.", default)] skip: i32,
    ) -> Result<Vec<Recusal>> {
        Ok(page(&self.0.recusals, first, skip)?
            .iter()
            .cloned()
            .map(Recusal)
            .collect())
    }

    /// How many leaves of the line the plan in force gives to the person.
    async fn planned_leaves(&self) -> Long {
        Long(self.0.planned)
    }

    /// Of how many dossiers these are.
    async fn planned_unit_count(&self) -> Long {
        count(self.0.units.len())
    }

    /// Codes of the units of whose dossiers these are.
    async fn planned_units(
        &self,
        #[graphql(desc = "So many, 1 to 500.", default = 25)] first: i32,
        #[graphql(desc = "So many are left out before them.", default)] skip: i32,
    ) -> Result<Vec<&str>> {
        let units: Vec<&str> = self.0.units.iter().map(String::as_str).collect();
        Ok(page(&units, first, skip)?.to_vec())
    }
}
