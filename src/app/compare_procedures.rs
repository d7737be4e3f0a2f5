//! The procedures that a unit publishes beside the list in force, at the leaf that they are used for.
//!
//! It is computed when somebody asks, from the newest version of the list and the newest checks of links, and gives no points.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::civil::{Date, date};

use super::Session;
use super::browse::{DossierView, Sight};
use super::error::Error;
use crate::domain::evidence::{EvidenceKind, Revision};
use crate::domain::link_check::LinkCheck;
use crate::domain::procedures::{Compared, ProcedureListVersion, compare, list_for};
use crate::domain::rows::Row;
use crate::domain::text::Text;

/// Most rows of one leaf that are compared (10,000): five times what a province has. Each asks for a check of its link.
const MAX_ROWS: usize = 10_000;

/// A document of published procedures of a leaf.
pub struct ProcedureDocument {
    pub revision: Revision,
    pub rows: Arc<Vec<Row>>,
}

/// A leaf's published procedures beside the list in force.
pub struct ComparedProcedures {
    pub list: Arc<ProcedureListVersion>,
    /// Last day of the assessed year.
    pub until: Date,
    pub documents: Vec<ProcedureDocument>,
    /// Document and row of each row that was compared, in the order of [`Compared`].
    pub places: Vec<(usize, usize)>,
    pub compared: Compared,
    /// Checks of the rows' links, by address.
    pub links: Arc<BTreeMap<String, LinkCheck>>,
}

impl ComparedProcedures {
    /// Document and row of a place among the rows.
    pub fn published(&self, place: usize) -> Option<(&ProcedureDocument, &Row)> {
        let (document, row) = *self.places.get(place)?;
        let document = self.documents.get(document)?;
        Some((document, document.rows.get(row)?))
    }
}

impl Session {
    /// A leaf's published procedures beside the list that holds for the unit; none for those who do not see the leaf fully,
    /// for a leaf without such documents, and where no list holds. All documents of the leaf together stand for the unit, as
    /// they do for an input that is derived from them.
    ///
    /// # Errors
    /// [`Error::TooLarge`] for more than 10,000 rows.
    pub async fn compared_procedures(
        &self,
        view: &DossierView,
        criterion: &str,
    ) -> Result<Option<ComparedProcedures>, Error> {
        if view.sight(criterion) != Sight::Full {
            return Ok(None);
        }
        let documents = documents_of(view, criterion)?;
        if documents.is_empty() {
            return Ok(None);
        }
        let dossier = &view.desk.dossier;
        let lists = self.procedure_lists(&dossier.round).await?;
        let Some(list) = list_for(&lists, &dossier.unit, &dossier.unit_type) else {
            return Ok(None);
        };
        let version = Some(list.newest.version);
        let list = self.procedure_list(&dossier.round, &list.code, version).await?;
        let places: Vec<(usize, usize)> = documents
            .iter()
            .enumerate()
            .flat_map(|(place, document)| (0..document.rows.len()).map(move |row| (place, row)))
            .collect();
        if places.len() > MAX_ROWS {
            return Err(Error::TooLarge {
                field: "procedures".to_owned(),
                message: Text::new(
                    format!("Tối đa {MAX_ROWS} thủ tục được đối chiếu; hãy lọc bớt tài liệu của tiêu chí."),
                    format!("At most {MAX_ROWS} procedures are compared; use fewer documents for the criterion."),
                ),
            });
        }
        let rows: Vec<&Row> = documents.iter().flat_map(|document| document.rows.iter()).collect();
        let addresses = rows.iter().map(|row| row.value("url"));
        // Of two documents with one address the later one decides.
        let filed = documents.iter().map(|document| document.revision.created_at).max();
        let filed = filed.unwrap_or(jiff::Timestamp::MAX);
        let links = self.link_checks(&dossier.round, filed, addresses).await?;
        let states = links.iter().map(|(url, check)| (url.clone(), check.state())).collect();
        let until = date(dossier.year, 12, 31);
        let compared = compare(&list.procedures, &rows, &states, until);
        Ok(Some(ComparedProcedures {
            list,
            until,
            documents,
            places,
            compared,
            links: Arc::new(links),
        }))
    }
}

/// The documents of published procedures that are in use for a leaf, each once.
fn documents_of(view: &DossierView, criterion: &str) -> Result<Vec<ProcedureDocument>, Error> {
    let mut seen = BTreeSet::new();
    let links = view.desk.leaf(criterion)?.links.iter();
    let used = links.filter(|facts| {
        facts.is_active()
            && facts.evidence.kind == EvidenceKind::PublishedProcedures
            && seen.insert(facts.evidence.id.as_str())
    });
    let document = |facts: &crate::domain::score::LinkFacts| {
        Some(ProcedureDocument {
            revision: facts.revision.clone(),
            rows: Arc::clone(facts.rows.as_ref()?),
        })
    };
    Ok(used.filter_map(document).collect())
}
