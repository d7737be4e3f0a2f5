//! Dossiers in the API, with their points.

use std::sync::Arc;

use async_graphql::connection::Connection;
use async_graphql::{Context, Enum, ID, Object, Result, SimpleObject};

use super::assessment::Assessment;
use super::evidence::{Evidence, EvidenceFilter};
use super::journal::{JournalEntry, ListedDocument};
use super::paging::Paging;
use super::register::{Framework, Text, Unit};
use super::scalars::{DateTime, Fraction, Long};
use super::{ids, session};
use crate::app::browse::{DossierView, Sight, node_ledgers};
use crate::app::browse_evidence;
use crate::app::prepare_dossier;
use crate::domain::policy::Permission;
use crate::domain::sheet::{TOTAL, displayed, percent};
use crate::domain::{assessment, dossier};

/// Where a dossier stands.
#[derive(Enum, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "dossier::DossierPhase")]
pub enum DossierPhase {
    /// The unit declares and submits.
    SelfAssessment,
    /// Appraisers review.
    Appraisal,
    /// Nothing can be changed any more.
    Sealed,
}

/// Where a leaf stands.
#[derive(Enum, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "assessment::AssessmentState")]
pub enum AssessmentState {
    /// Nothing declared yet.
    Open,
    /// Declared by the unit.
    Declared,
    /// Submitted: waits for an appraiser.
    Submitted,
    /// The unit is asked for more.
    SupplementRequested,
    /// Answered: waits for an appraiser again.
    Supplemented,
    /// Verified by an appraiser.
    Verified,
    /// Sealed.
    Final,
}

/// Which of the three ledgers.
#[derive(Enum, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "assessment::Ledger")]
pub enum Ledger {
    /// What the unit claims.
    Declared,
    /// What was verified.
    Verified,
    /// What counts in the end.
    Final,
}

/// Points in one ledger.
#[derive(SimpleObject)]
#[graphql(name = "LedgerPoints")]
pub struct Points {
    /// Exact points.
    pub points: Fraction,
    /// Points as displayed, half-up to the framework's places.
    pub displayed: String,
    /// What counts in the denominator.
    pub applicable: Fraction,
    /// What can still be won.
    pub open: Fraction,
    /// Percentage of the applicable maximum as displayed; null when nothing is applicable.
    pub percent: Option<String>,
}

fn points(contribution: &assessment::Contribution, places: u32) -> Points {
    Points {
        points: Fraction(contribution.points.clone()),
        displayed: contribution.points.rounded(places),
        applicable: Fraction(contribution.applicable.clone()),
        open: Fraction(contribution.open.clone()),
        percent: percent(contribution).map(|value| value.rounded(places)),
    }
}

/// Totals of one node in the three ledgers.
#[derive(SimpleObject)]
pub struct Totals {
    /// Code of the node; null for the whole dossier.
    pub node: Option<String>,
    /// What the unit claims.
    pub declared: Points,
    /// What was verified.
    pub verified: Points,
    /// What counts in the end.
    #[graphql(name = "final")]
    pub last: Points,
}

pub(super) fn totals(node: Option<String>, ledgers: &assessment::Ledgers, places: u32) -> Totals {
    Totals {
        node,
        declared: points(&ledgers.declared, places),
        verified: points(&ledgers.verified, places),
        last: points(&ledgers.last, places),
    }
}

/// What a leaf still lacks.
#[derive(SimpleObject)]
pub struct Lack {
    /// Code of the leaf.
    pub criterion: String,
    /// DECLARATION, INPUT or EVIDENCE; ROWS where rows do not give an input its figure.
    pub kind: String,
    /// Code of the input or required evidence.
    pub code: Option<String>,
    /// What to do, in both languages.
    pub message: Text,
    /// Whether the dossier cannot be submitted without it. Rows do not block: their figures count nothing.
    pub blocks: bool,
}

/// What the viewer may do with a dossier, whatever its state.
#[derive(SimpleObject)]
pub struct ViewerCan {
    /// Upload evidence and declare.
    pub prepare: bool,
    /// Sign off and submit.
    pub submit: bool,
    /// Return it, exclude criteria.
    pub run: bool,
}

/// One unit in one round.
#[derive(Clone)]
pub struct Dossier(pub Arc<DossierView>);

impl Dossier {
    fn places(&self) -> u32 {
        self.0.desk.framework.scoring.round_total
    }
}

/// One unit in one round: its leaves, evidence and totals, as far as the viewer may see them.
#[Object]
impl Dossier {
    /// Opaque id.
    pub async fn id(&self) -> ID {
        let dossier = &self.0.desk.dossier;
        ids::encode("Dossier", &dossier::Dossier::key(&dossier.round, &dossier.unit))
    }

    /// Code of the round.
    async fn round_code(&self) -> &str {
        &self.0.desk.dossier.value.round
    }

    /// The unit.
    async fn unit(&self, context: &Context<'_>) -> Result<Option<Unit>> {
        Ok(session(context).unit(&self.0.desk.dossier.unit).await?.map(Unit))
    }

    /// The framework by which it is assessed: every leaf's rule, inputs and required evidence with their codes.
    async fn framework(&self) -> Framework {
        Framework(Arc::clone(&self.0.desk.framework))
    }

    /// Where the dossier stands.
    async fn phase(&self) -> DossierPhase {
        self.0.desk.dossier.phase.into()
    }

    /// When the head submitted it.
    async fn submitted_at(&self) -> Option<DateTime> {
        self.0.desk.dossier.submitted_at.map(DateTime)
    }

    /// Version of this object: the number of the entry that last wrote it.
    async fn version(&self) -> Long {
        Long(self.0.desk.dossier.version)
    }

    /// Documents of that moment that are left out of a dossier as of an instant, because their bodies have been redacted
    /// since; none in a dossier as it stands.
    async fn redacted(&self) -> Vec<ListedDocument> {
        self.0.redacted().iter().map(Into::into).collect()
    }

    /// Totals of the whole dossier; null for those who see only some of its leaves.
    async fn total(&self) -> Option<Totals> {
        let ledgers = node_ledgers(&self.0, TOTAL).filter(|_| self.0.sees_total(None))?;
        let mut found = totals(None, ledgers, self.places());
        // The total's percentage follows the framework's totalOf.
        let scoring = &self.0.desk.framework.scoring;
        for (shown, ledger) in [
            (&mut found.declared, &ledgers.declared),
            (&mut found.verified, &ledgers.verified),
            (&mut found.last, &ledgers.last),
        ] {
            (shown.displayed, shown.percent) = displayed(ledger, scoring);
        }
        Some(found)
    }

    /// Totals of fields and criteria of which the viewer sees every leaf, in the framework's order.
    async fn totals(&self) -> Vec<Totals> {
        let nodes = self
            .0
            .desk
            .framework
            .nodes
            .iter()
            .filter(|node| node.leaf.is_none() && self.0.sees_total(Some(&node.code)));
        nodes
            .filter_map(|node| {
                Some(totals(
                    Some(node.code.clone()),
                    node_ledgers(&self.0, &node.code)?,
                    self.places(),
                ))
            })
            .collect()
    }

    /// The leaves that the viewer sees, in the framework's order.
    async fn assessments(&self) -> Vec<Assessment> {
        let visible = self.0.visible();
        visible
            .into_iter()
            .map(|criterion| Assessment {
                view: Arc::clone(&self.0),
                criterion,
            })
            .collect()
    }

    /// What the dossier still lacks: before it can be submitted, and for its figures to count.
    async fn missing(&self) -> Result<Vec<Lack>> {
        let lacks = prepare_dossier::missing(&self.0.desk)?;
        let seen = |lack: &prepare_dossier::Lack| self.0.sight(&lack.criterion) == Sight::Full;
        let lack = |one: prepare_dossier::Lack| Lack {
            criterion: one.criterion,
            kind: one.kind,
            code: one.code,
            message: one.message.into(),
            blocks: one.blocks,
        };
        Ok(lacks.into_iter().filter(seen).map(lack).collect())
    }

    /// Documents of the dossier, by id.
    async fn evidence(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Which documents.")] filter: Option<EvidenceFilter>,
        #[graphql(desc = "So many from the beginning, 1 to 500; 25 if neither first nor last is stated.")]
        first: Option<i32>,
        #[graphql(desc = "Cursor of the last document before the page.")] after: Option<String>,
        #[graphql(desc = "So many from the end, 1 to 500, in the same order; not together with first.")] last: Option<
            i32,
        >,
        #[graphql(desc = "Cursor of the first document behind the page.")] before: Option<String>,
    ) -> Result<Connection<String, Evidence>> {
        let head = &self.0.desk.dossier;
        let key = dossier::Dossier::key(&head.round, &head.unit);
        let filter = browse_evidence::EvidenceFilter::from(filter.unwrap_or_default());
        let query = format!("evidence/{key}/{:?}/{filter:?}", self.0.moment());
        let paging = Paging::of(&query, first, after, last, before)?;
        let page = session(context).evidence(&self.0, &filter, paging.window()).await?;
        let mut connection = paging.connection(page.more);
        let revisions = session(context).newest_revisions(&self.0, &page.items).await?;
        for ((evidence, cursor), revision) in page.items.into_iter().zip(revisions) {
            let Some(revision) = revision else { continue };
            let full = self.0.sees_document_fully(&evidence.id);
            let node = Evidence {
                dossier: key.clone(),
                evidence: evidence.value,
                revision,
                full,
            };
            connection.edges.push(paging.edge(&cursor, node));
        }
        Ok(connection)
    }

    /// The dossier's journal, oldest entry first; `last` pages it from the newest one on.
    async fn history(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "So many from the beginning, 1 to 500; 25 if neither first nor last is stated.")]
        first: Option<i32>,
        #[graphql(desc = "Cursor of the last entry before the page.")] after: Option<String>,
        #[graphql(desc = "So many from the end, 1 to 500, in the same order; not together with first.")] last: Option<
            i32,
        >,
        #[graphql(desc = "Cursor of the first entry behind the page.")] before: Option<String>,
    ) -> Result<Connection<String, JournalEntry>> {
        let head = &self.0.desk.dossier;
        let query = format!("history/{}", dossier::Dossier::key(&head.round, &head.unit));
        let paging = Paging::of(&query, first, after, last, before)?;
        let (entries, more) = session(context).history(&self.0, paging.window()).await?;
        let mut connection = paging.connection(more);
        connection.edges = entries
            .into_iter()
            .map(|(entry, cursor)| paging.edge(&cursor, entry.into()))
            .collect();
        Ok(connection)
    }

    /// What the viewer may do with it.
    async fn viewer_can(&self) -> ViewerCan {
        ViewerCan {
            prepare: self.0.allows_in_part(Permission::PrepareDossier),
            submit: self.0.allows(Permission::SubmitDossier),
            run: self.0.allows(Permission::RunRound),
        }
    }
}
