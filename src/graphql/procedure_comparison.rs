//! What units publish beside the list of procedures in force, in the API.

use std::sync::Arc;

use async_graphql::{Enum, ID, Object, Result, SimpleObject};

use super::ids;
use super::link_checks::PageLinks;
use super::procedures::{ListedProcedure, ProcedureList};
use super::rows::{PublishedProcedureRow, RowPlace};
use super::scalars::Date;
use crate::app::compare_procedures::ComparedProcedures;
use crate::app::error::Error;
use crate::domain::{evidence, procedures};

/// Most compared procedures of one answer.
const MAX_ITEMS: u32 = 200;

/// What differs between a list and what is published. A procedure may come under several of them.
#[derive(Enum, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "procedures::ProcedureFinding")]
pub enum ProcedureFinding {
    /// In force at the end of the year, its time to be published over, and in none of the leaf's documents.
    Missing,
    /// Published although no longer in force when it was looked at, or at the end of the year if that was earlier.
    Expired,
    /// Published after the day by which it had to be.
    Late,
    /// Looked at after the day by which it had to be published, and the document does not say when it was.
    Undated,
    /// Not on the list at all.
    Unknown,
    /// The document says that it is not in force; by the list it is.
    StatedNotInForce,
    /// The document names another decision than the list, or none.
    DecisionDiffers,
    /// In force and not posted at the one-stop desk.
    NotAtDesk,
    /// In force and not posted on the portal.
    NotOnPortal,
    /// A row before it, of the same or another document, has the same code.
    Doubled,
    /// Its link is dead.
    DeadLink,
    /// Its link failed with the newest check, and may be well again.
    FailingLink,
    /// The server of its link does not answer programs: look yourself.
    DeniedLink,
    /// Its link has never been fetched.
    UncheckedLink,
    /// It has no link.
    NoLink,
}

/// How many rows, or procedures of the list that are missing, come under a finding.
#[derive(SimpleObject)]
pub struct ProcedureCount {
    /// What differs.
    pub finding: ProcedureFinding,
    /// How many; exact, however many are listed.
    pub count: u32,
}

/// A procedure with one thing that differs.
#[derive(SimpleObject)]
pub struct ComparedProcedure {
    /// What differs.
    pub finding: ProcedureFinding,
    /// Code of the procedure.
    pub code: String,
    /// The procedure on the list, with its dates and decision; null for what is not on it.
    pub listed: Option<ListedProcedure>,
    /// Id of the document with the row; null for what is missing.
    pub evidence_id: Option<ID>,
    /// The row with its dates, decision and link; null for what is missing.
    pub row: Option<PublishedProcedureRow>,
}

/// A leaf's published procedures beside the list in force.
pub struct ProcedureComparison {
    /// Round and unit, as in the dossier's key.
    pub dossier: String,
    /// Code of the round.
    pub round: String,
    pub found: ComparedProcedures,
}

impl ProcedureComparison {
    fn item(&self, item: &procedures::ComparedProcedure) -> ComparedProcedure {
        let listed = item.listed.and_then(|place| self.found.list.procedures.get(place));
        let published = item.published.and_then(|place| self.found.published(place));
        let row = published.and_then(|(document, row)| {
            let revision = &document.revision;
            let key = evidence::Revision::key_of(&revision.evidence, revision.number);
            let set = revision.content.rows.as_ref()?;
            let links = PageLinks::known(&self.found.links);
            let place = RowPlace::new(&self.dossier, &key, set, row.clone(), &links);
            Some(PublishedProcedureRow::new(place))
        });
        ComparedProcedure {
            finding: item.finding.into(),
            code: item.code.clone(),
            listed: listed.map(|procedure| ListedProcedure::of(&self.round, &self.found.list, procedure)),
            evidence_id: published
                .map(|(document, _)| ids::encode_part("Evidence", &self.dossier, &document.revision.evidence)),
            row,
        }
    }
}

/// The published procedures of all documents of a leaf beside the newest version of the list that holds for the unit. It is a
/// help for who judges and gives no points by itself: what an appraiser takes from it is a correction or a figure with its source.
#[Object]
impl ProcedureComparison {
    /// The list.
    async fn list(&self) -> ProcedureList {
        ProcedureList::whole(&self.round, Arc::clone(&self.found.list))
    }

    /// The last day of the assessed year, at which procedures had to be published.
    async fn until(&self) -> Date {
        Date(self.found.until)
    }

    /// How many procedures of the list had to be published then.
    async fn required_count(&self) -> u32 {
        self.found.compared.required
    }

    /// How many rows the leaf's documents have.
    async fn published_count(&self) -> u32 {
        self.found.compared.published
    }

    /// How many rows, or procedures of the list that are missing, come under each finding; without those that nothing comes under.
    async fn counts(&self) -> Vec<ProcedureCount> {
        let counts = self.found.compared.counts.iter();
        let count = |(finding, count): (&procedures::ProcedureFinding, &u32)| ProcedureCount {
            finding: (*finding).into(),
            count: *count,
        };
        counts.map(count).collect()
    }

    /// The procedures, by finding and code.
    async fn items(
        &self,
        #[graphql(desc = "Under this finding only.")] finding: Option<ProcedureFinding>,
        #[graphql(desc = "So many from the beginning, 1 to 200.", default = 50)] first: u32,
    ) -> Result<Vec<ComparedProcedure>> {
        if !(1..=MAX_ITEMS).contains(&first) {
            return Err(Error::invalid(
                "first",
                format!("first phải từ 1 đến {MAX_ITEMS}."),
                format!("first must be 1 to {MAX_ITEMS}."),
            )
            .into());
        }
        let wanted = finding.map(procedures::ProcedureFinding::from);
        let items = self.found.compared.items.iter();
        let items = items.filter(|item| wanted.is_none_or(|finding| item.finding == finding));
        Ok(items.take(first as usize).map(|item| self.item(item)).collect())
    }
}
