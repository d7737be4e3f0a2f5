//! Dossiers in the API, with their points.

use std::sync::Arc;

use async_graphql::connection::Connection;
use async_graphql::{Context, Enum, ID, InputObject, Object, Result, SimpleObject};

use super::assessment::Assessment;
use super::calendar::Deadline;
use super::checks::CheckReport;
use super::evidence::{Evidence, EvidenceFilter};
use super::journal::{JournalEntry, ListedDocument};
use super::paging::Paging;
use super::register::{Framework, Text, Unit};
use super::scalars::{DateTime, Fraction, Long};
use super::{ids, session};
use crate::app::browse::{DossierView, Sight, node_ledgers};
use crate::app::browse_dossiers::{self, ListedDossier};
use crate::app::browse_evidence;
use crate::app::error::Error;
use crate::app::prepare_dossier;
use crate::domain::policy::Permission;
use crate::domain::sheet::{TOTAL, displayed, percent};
use crate::domain::{assessment, dossier};
use crate::store::typed::Versioned;

/// Which dossiers are wanted; all conditions must hold.
#[derive(InputObject, Default)]
pub struct DossierFilter {
    /// Unit type.
    pub unit_type: Option<String>,
    /// Ranking group.
    pub group: Option<String>,
    /// Where it stands.
    pub phase: Option<DossierPhase>,
    /// Submitted ones only, or none of them.
    pub submitted: Option<bool>,
    /// Codes of units, at most 200; every unit if empty.
    #[graphql(default)]
    pub units: Vec<String>,
}

impl From<DossierFilter> for browse_dossiers::DossierFilter {
    fn from(filter: DossierFilter) -> Self {
        Self {
            unit_type: filter.unit_type,
            group: filter.group,
            phase: filter.phase.map(Into::into),
            submitted: filter.submitted,
            units: filter.units,
        }
    }
}

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
    /// Give it longer, return it, exclude criteria.
    pub run: bool,
}

/// One unit in one round.
#[derive(Clone)]
pub enum Dossier {
    /// As one viewer sees it, with everything below.
    Whole(Arc<DossierView>),
    /// As a list has it; what lies below is read if it is asked for.
    Listed(Arc<ListedDossier>),
}

/// The fields of a dossier that a list answers without what lies below.
pub const LISTED_FIELDS: [&str; 10] = [
    "__typename",
    "id",
    "roundCode",
    "unit",
    "framework",
    "phase",
    "submittedAt",
    "submittedLate",
    "deadline",
    "version",
];

impl Dossier {
    fn head(&self) -> &Versioned<dossier::Dossier> {
        match self {
            Self::Whole(view) => &view.desk.dossier,
            Self::Listed(listed) => &listed.dossier,
        }
    }

    /// The dossier as the viewer sees it.
    pub async fn view(&self, context: &Context<'_>) -> Result<Arc<DossierView>, Error> {
        match self {
            Self::Whole(view) => Ok(Arc::clone(view)),
            Self::Listed(listed) => session(context).view(&listed.dossier.round, &listed.dossier.unit).await,
        }
    }
}

fn places(view: &DossierView) -> u32 {
    view.desk.framework.scoring.round_total
}

/// One unit in one round: its leaves, evidence and totals, as far as the viewer may see them.
#[Object]
impl Dossier {
    /// Opaque id.
    pub async fn id(&self) -> ID {
        let dossier = self.head();
        ids::encode("Dossier", &dossier::Dossier::key(&dossier.round, &dossier.unit))
    }

    /// Code of the round.
    async fn round_code(&self) -> &str {
        &self.head().value.round
    }

    /// The unit.
    async fn unit(&self, context: &Context<'_>) -> Result<Option<Unit>> {
        Ok(session(context).unit(&self.head().unit).await?.map(Unit))
    }

    /// The framework by which it is assessed: every leaf's rule, inputs and required evidence with their codes.
    async fn framework(&self) -> Framework {
        Framework(Arc::clone(match self {
            Self::Whole(view) => &view.desk.framework,
            Self::Listed(listed) => &listed.framework,
        }))
    }

    /// Where the dossier stands.
    async fn phase(&self) -> DossierPhase {
        self.head().phase.into()
    }

    /// When the head submitted it.
    async fn submitted_at(&self) -> Option<DateTime> {
        self.head().submitted_at.map(DateTime)
    }

    /// Whether it was submitted after its time.
    async fn submitted_late(&self) -> bool {
        self.head().is_late()
    }

    /// Until when the unit assesses itself; null in a round without dates. Why a unit has longer than others is told to
    /// whoever works in the dossier.
    async fn deadline(&self) -> Option<Deadline> {
        let mut deadline = self.head().deadline.clone()?;
        let told = match self {
            Self::Whole(view) => view.allows_in_part(Permission::ViewDossier),
            Self::Listed(listed) => listed.tells_extension,
        };
        deadline.extension = deadline.extension.filter(|_| told);
        Some(deadline.into())
    }

    /// Version of this object: the number of the entry that last wrote it.
    async fn version(&self) -> Long {
        Long(self.head().version)
    }

    /// Documents of that moment that are left out of a dossier as of an instant, because their bodies have been redacted
    /// since; none in a dossier as it stands.
    async fn redacted(&self) -> Vec<ListedDocument> {
        match self {
            Self::Whole(view) => view.redacted().iter().map(Into::into).collect(),
            Self::Listed(_) => Vec::new(),
        }
    }

    /// Totals of the whole dossier; null for those who see only some of its leaves.
    async fn total(&self, context: &Context<'_>) -> Option<Result<Totals>> {
        let view = match self.view(context).await {
            Ok(view) => view,
            Err(error) => return Some(Err(error.into())),
        };
        let ledgers = node_ledgers(&view, TOTAL).filter(|_| view.sees_total(None))?;
        let mut found = totals(None, ledgers, places(&view));
        // The total's percentage follows the framework's totalOf.
        let scoring = &view.desk.framework.scoring;
        for (shown, ledger) in [
            (&mut found.declared, &ledgers.declared),
            (&mut found.verified, &ledgers.verified),
            (&mut found.last, &ledgers.last),
        ] {
            (shown.displayed, shown.percent) = displayed(ledger, scoring);
        }
        Some(Ok(found))
    }

    /// Totals of fields and criteria of which the viewer sees every leaf, in the framework's order.
    async fn totals(&self, context: &Context<'_>) -> Result<Vec<Totals>> {
        let view = self.view(context).await?;
        let nodes = view.desk.framework.nodes.iter();
        let seen = nodes.filter(|node| node.leaf.is_none() && view.sees_total(Some(&node.code)));
        Ok(seen
            .filter_map(|node| {
                let ledgers = node_ledgers(&view, &node.code)?;
                Some(totals(Some(node.code.clone()), ledgers, places(&view)))
            })
            .collect())
    }

    /// The leaves that the viewer sees, in the framework's order.
    async fn assessments(&self, context: &Context<'_>) -> Result<Vec<Assessment>> {
        let view = self.view(context).await?;
        let leaf = |criterion| Assessment {
            view: Arc::clone(&view),
            criterion,
        };
        Ok(view.visible().into_iter().map(leaf).collect())
    }

    /// What the dossier still lacks: before it can be submitted, and for its figures to count.
    async fn missing(&self, context: &Context<'_>) -> Result<Vec<Lack>> {
        let view = self.view(context).await?;
        let lacks = prepare_dossier::missing(&view.desk)?;
        let seen = |lack: &prepare_dossier::Lack| view.sight(&lack.criterion) == Sight::Full;
        let lack = |one: prepare_dossier::Lack| Lack {
            criterion: one.criterion,
            kind: one.kind,
            code: one.code,
            message: one.message.into(),
            blocks: one.blocks,
        };
        Ok(lacks.into_iter().filter(seen).map(lack).collect())
    }

    /// What looks wrong in documents and figures and how to mend it, before submission and for appraisers afterwards: in
    /// the leaves that the viewer sees fully, and compared with other dossiers as far as the viewer sees those fully, up to 50
    /// uses of a number or file and 50 dossiers. Nothing of it blocks. Documents that no leaf uses are not looked at; a
    /// dossier as of an instant is not compared with others.
    async fn checks(&self, context: &Context<'_>) -> Result<CheckReport> {
        let view = self.view(context).await?;
        let found = session(context).checks(&view).await?;
        Ok(CheckReport::of(&view, &found, None))
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
        let view = self.view(context).await?;
        let head = self.head();
        let key = dossier::Dossier::key(&head.round, &head.unit);
        let filter = browse_evidence::EvidenceFilter::from(filter.unwrap_or_default());
        let query = format!("evidence/{key}/{:?}/{filter:?}", view.moment());
        let paging = Paging::of(&query, first, after, last, before)?;
        let page = session(context).evidence(&view, &filter, paging.window()).await?;
        let mut connection = paging.connection(page.more);
        let revisions = session(context).newest_revisions(&view, &page.items).await?;
        for ((evidence, cursor), revision) in page.items.into_iter().zip(revisions) {
            let Some(revision) = revision else { continue };
            let full = view.sees_document_fully(&evidence.id);
            let node = Evidence {
                dossier: key.clone(),
                evidence: evidence.value,
                revision,
                full,
                view: Some(Arc::clone(&view)),
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
        let view = self.view(context).await?;
        let head = self.head();
        let query = format!("history/{}", dossier::Dossier::key(&head.round, &head.unit));
        let paging = Paging::of(&query, first, after, last, before)?;
        let (entries, more) = session(context).history(&view, paging.window()).await?;
        let mut connection = paging.connection(more);
        connection.edges = entries
            .into_iter()
            .map(|(entry, cursor)| paging.edge(&cursor, entry.into()))
            .collect();
        Ok(connection)
    }

    /// What the viewer may do with it.
    async fn viewer_can(&self, context: &Context<'_>) -> Result<ViewerCan> {
        let view = self.view(context).await?;
        Ok(ViewerCan {
            prepare: view.allows_in_part(Permission::PrepareDossier),
            submit: view.allows(Permission::SubmitDossier),
            run: view.allows(Permission::RunRound),
        })
    }
}
