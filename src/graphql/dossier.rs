//! Dossiers in the API, with their points.

mod parts;

use std::sync::{Arc, OnceLock};

use async_graphql::connection::Connection;
use async_graphql::{Context, ID, Object, Result};

use super::appeals::{Appeal, page_of_appeals};
use super::assessment::Assessment;
use super::calendar::{Deadline, Reminder};
use super::checks::CheckReport;
use super::evidence::{Evidence, EvidenceFilter};
use super::framework_changes::FrameworkChanges;
use super::frameworks::Framework;
use super::journal::{JournalEntry, ListedDocument};
use super::paging::Paging;
use super::points::{DossierResult, Ledger, Totals, shown};
use super::reasons::{Breakdown, ClassLowered, Veto};
use super::register::Unit;
use super::scalars::{DateTime, Long};
use super::what_if::WhatIf;
use super::{ids, session};
use crate::app::browse::{DossierView, Sight};
use crate::app::browse_dossiers::ListedDossier;
use crate::app::browse_evidence;
use crate::app::error::Error;
use crate::app::prepare_dossier;
use crate::domain::policy::Permission;
use crate::domain::ranking::published_vetoes;
use crate::domain::round::Breakdown as Parts;
use crate::domain::sheet::displayed;
use crate::domain::tally::{NodeTally, Sums, Tally};
use crate::domain::{assessment, calendar, dossier};
use crate::store::typed::Versioned;

pub use parts::{AssessmentState, DossierFilter, DossierPhase, Lack, ViewerCan};

/// One unit in one round.
#[derive(Clone)]
pub enum Dossier {
    /// As one viewer sees it, with everything below.
    Whole(Arc<DossierView>),
    /// As a list has it; what lies below is read if it is asked for.
    Listed(Arc<ListedDossier>),
}

/// The fields of a dossier that a list answers without what lies below.
pub const LISTED_FIELDS: [&str; 12] = [
    "__typename",
    "id",
    "roundCode",
    "unit",
    "framework",
    "phase",
    "submittedAt",
    "submittedLate",
    "deadline",
    "explanationDeadline",
    "reminders",
    "version",
];

impl Dossier {
    /// A deadline, with why the unit has longer for those who work in the dossier.
    fn told(&self, deadline: calendar::Deadline) -> calendar::Deadline {
        let told = match self {
            Self::Whole(view) => view.allows_in_part(Permission::ViewDossier),
            Self::Listed(listed) => listed.tells_extension,
        };
        calendar::Deadline {
            extension: deadline.extension.filter(|_| told),
            ..deadline
        }
    }

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

/// What the dossier comes to as declared, verified and in the end.
fn tallies(view: &DossierView) -> [Option<Tally>; 3] {
    let ledgers = [
        assessment::Ledger::Declared,
        assessment::Ledger::Verified,
        assessment::Ledger::Final,
    ];
    ledgers.map(|ledger| Tally::of(&view.desk.framework, ledger, view))
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

    /// What its framework changes against that of the round before, for units of this type; null where there is no round before.
    async fn changes_since_last_year(&self, context: &Context<'_>) -> Result<Option<FrameworkChanges>> {
        let dossier = self.head();
        let found = session(context).changes_since_last_year(&dossier.round, &dossier.unit);
        Ok(found.await?.map(FrameworkChanges))
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
        let deadline = self.head().deadline.clone()?;
        Some(self.told(deadline).into())
    }

    /// What the unit is reminded of now, oldest first: 7, 3 and 1 days before its self-assessment ends, and that it is over,
    /// until it has submitted; the same for its explanations while it may explain. Ask `dossiers` for those of all units, again
    /// and again with the instant of the time before as `dueAfter`: each then comes once. By unit, stage, day and daysLeft
    /// one is told apart from all others.
    async fn reminders(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Those alone that became due after this instant.")] due_after: Option<DateTime>,
    ) -> Vec<Reminder> {
        let reminders = self.head().reminders(session(context).now());
        let wanted = |at: jiff::Timestamp| due_after.as_ref().is_none_or(|after| at > after.0);
        let reminders = reminders.into_iter().filter(|reminder| wanted(reminder.at));
        reminders.map(Into::into).collect()
    }

    /// Until when the unit explains what the first round of appraisal found; null in a round without that date.
    async fn explanation_deadline(&self) -> Option<Deadline> {
        let deadline = self.head().windows.clone()?.explanation?;
        Some(self.told(deadline).into())
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

    /// Totals of the whole dossier: re-based, with bonus and penalty at their caps and after a veto, as they would be
    /// published; null for those who see only some of its leaves.
    async fn total(&self, context: &Context<'_>) -> Option<Result<Totals>> {
        let view = match self.view(context).await {
            Ok(view) => view,
            Err(error) => return Some(Err(error.into())),
        };
        if !view.sees_total(None) {
            return None;
        }
        let [declared, verified, last] = tallies(&view).map(|tally| {
            let tally = tally?;
            let displayed = tally.displayed(&view.desk.framework);
            Some(shown(&tally.total, displayed))
        });
        Some(Ok(Totals {
            node: None,
            declared: declared?,
            verified: verified?,
            last: last?,
        }))
    }

    /// Class, vetoes and how the total came about, in one ledger, as it stands; null for those who see only some leaves.
    async fn result(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "In which ledger.", default_with = "Ledger::Final")] ledger: Ledger,
    ) -> Result<Option<DossierResult>> {
        let view = self.view(context).await?;
        if !view.sees_total(None) {
            return Ok(None);
        }
        let framework = &view.desk.framework;
        let result = |tally: Tally| DossierResult {
            vetoes: published_vetoes(framework, &tally).iter().map(Veto::of).collect(),
            breakdown: Parts::of(&tally).as_ref().map(Breakdown::of),
            class_lowered: tally
                .classed
                .iter()
                .flat_map(|classed| classed.lowered.iter().map(ClassLowered::of))
                .collect(),
            class_code: tally.classed.and_then(|classed| classed.class),
        };
        let tally = Tally::of(framework, ledger.into(), &*view);
        Ok(tally.filter(|_| !view.hides(ledger.into())).map(result))
    }

    /// What the unit could still gain, and what other figures would come to; for whoever works in the whole dossier or judges it.
    /// Null for others, and for a unit while the ledger is hidden from it.
    async fn what_if(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "In which ledger.", default_with = "Ledger::Declared")] ledger: Ledger,
    ) -> Result<Option<WhatIf>> {
        let view = self.view(context).await?;
        let found = session(context).what_if(&view, ledger.into()).await?;
        Ok(found.map(|ranks| WhatIf {
            view,
            ledger: ledger.into(),
            ranks,
            gains: OnceLock::new(),
        }))
    }

    /// Totals of fields, criteria and sections of which the viewer sees every leaf, in the framework's order: re-based in
    /// the fields, at their caps the sections.
    async fn totals(&self, context: &Context<'_>) -> Result<Vec<Totals>> {
        let view = self.view(context).await?;
        let framework = &view.desk.framework;
        let tallies = tallies(&view);
        let seen = framework
            .nodes
            .iter()
            .filter(|node| node.leaf.is_none() && view.sees_total(Some(&node.code)));
        let found = seen.filter_map(|node| {
            let raw = view.ledgers(&node.code)?;
            let points = |place: usize, raw: &assessment::Contribution| {
                let found = tallies[place].as_ref().and_then(|tally| tally.nodes.get(&node.code));
                match found {
                    Some(found) => shown(&found.shown, NodeTally::displayed(found, framework)),
                    // The total of that moment is not there any more.
                    None => shown(raw, displayed(raw, &framework.scoring)),
                }
            };
            Some(Totals {
                node: Some(node.code.clone()),
                declared: points(0, &raw.declared),
                verified: points(1, &raw.verified),
                last: points(2, &raw.last),
            })
        });
        Ok(found.collect())
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

    /// The unit's appeals against the results, oldest first, as they are now; for those who see the whole dossier with its
    /// documents, those who publish and lead appraisers, null for everybody else.
    async fn appeals(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "So many from the beginning, 1 to 500; 25 if neither first nor last is stated.")]
        first: Option<i32>,
        #[graphql(desc = "Cursor of the last appeal before the page.")] after: Option<String>,
        #[graphql(desc = "So many from the end, 1 to 500, in the same order; not together with first.")] last: Option<
            i32,
        >,
        #[graphql(desc = "Cursor of the first appeal behind the page.")] before: Option<String>,
    ) -> Result<Option<Connection<String, Appeal>>> {
        let view = self.view(context).await?;
        let head = self.head();
        let query = format!("appeals/{}", dossier::Dossier::key(&head.round, &head.unit));
        let paging = Paging::of(&query, first, after, last, before)?;
        let page = session(context).appeals_of_unit(&view, paging.window()).await?;
        Ok(page.map(|page| page_of_appeals(&paging, page)))
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
