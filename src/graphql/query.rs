//! Everything that can be asked.

use std::sync::Arc;

use async_graphql::connection::Connection;
use async_graphql::{Context, ID, InputObject, MergedObject, Object, OneofObject, Result};

use super::analysis::AnalysisQuery;
use super::assessment::Assessment;
use super::assignments::AssignmentMatrix;
use super::cases::CaseQuery;
use super::conclusion_query::ConclusionQuery;
use super::dossier::{Dossier, DossierFilter, LISTED_FIELDS};
use super::framework_query::FrameworkQuery;
use super::journal::JournalEntry;
use super::node::{self, Node};
use super::pace::RoundPace;
use super::paging::Paging;
use super::procedures::ProcedureQuery;
use super::queue::{QueueFilter, QueueOrder};
use super::queue_page::QueuePage;
use super::register::{Me, Recusal, Unit};
use super::results::{Progress, ProgressBy};
use super::rounds::{Job, Round};
use super::scalars::{Date, DateTime, Long};
use super::series::SeriesQuery;
use super::survey_query::SurveyQuery;
use super::{ids, session};
use crate::app::browse::Sight;
use crate::app::browse_dossiers;
use crate::app::error::Error;
use crate::store::Cursor;
use crate::store::typed::Versioned;

/// Most ids of one call of `nodes`.
const MAX_NODES: usize = 100;

/// A dossier by its codes.
#[derive(InputObject)]
pub struct DossierKey {
    /// Code of the round.
    pub round: String,
    /// Code of the unit.
    pub unit: String,
}

/// A dossier, by id or by its codes.
#[derive(OneofObject)]
pub enum DossierRef {
    /// Opaque id.
    Id(ID),
    /// Round and unit codes.
    Key(DossierKey),
}

impl DossierRef {
    /// Codes of round and unit; `place` is where the reference stands in the input.
    pub fn resolve(self, place: &str) -> Result<(String, String), Error> {
        match self {
            Self::Key(key) => Ok((key.round, key.unit)),
            Self::Id(id) => ids::decode(&id)
                .filter(|(kind, _)| kind == "Dossier")
                .and_then(|(_, key)| {
                    key.split_once('/')
                        .map(|(round, unit)| (round.to_owned(), unit.to_owned()))
                })
                .ok_or_else(|| Error::NotFound { what: "dossier" }.about(format!("{place}.id"))),
        }
    }
}

/// A leaf of a dossier by its codes.
#[derive(InputObject)]
pub struct AssessmentKey {
    /// Code of the round.
    pub round: String,
    /// Code of the unit.
    pub unit: String,
    /// Code of the leaf.
    pub criterion: String,
}

/// A leaf of a dossier, by id or by its codes.
#[derive(OneofObject)]
pub enum AssessmentRef {
    /// Opaque id.
    Id(ID),
    /// Round, unit and criterion codes.
    Key(AssessmentKey),
}

impl AssessmentRef {
    /// Codes of round, unit and criterion; `place` is where the reference stands in the input.
    pub fn resolve(self, place: &str) -> Result<AssessmentKey, Error> {
        match self {
            Self::Key(key) => Ok(key),
            Self::Id(id) => ids::decode(&id)
                .filter(|(kind, _)| kind == "Assessment")
                .and_then(|(_, key)| {
                    let mut parts = key.split('/').map(str::to_owned);
                    Some(AssessmentKey {
                        round: parts.next()?,
                        unit: parts.next()?,
                        criterion: parts.next()?,
                    })
                })
                .ok_or_else(|| Error::NotFound { what: "assessment" }.about(format!("{place}.id"))),
        }
    }
}

/// One leaf as the viewer sees it.
pub(super) async fn assessment(context: &Context<'_>, key: AssessmentKey) -> Result<Assessment, Error> {
    let view = session(context).view(&key.round, &key.unit).await?;
    if view.desk.leaf(&key.criterion).is_err() || view.sight(&key.criterion) == Sight::Nothing {
        return Err(Error::NotFound { what: "assessment" });
    }
    Ok(Assessment {
        view,
        criterion: key.criterion,
    })
}

/// One dossier as the viewer sees it.
pub(super) async fn dossier(context: &Context<'_>, round: &str, unit: &str) -> Result<Dossier, Error> {
    Ok(Dossier::Whole(session(context).view(round, unit).await?))
}

/// A nullable field with its error: the error costs this field alone. (An `Err` around an option would null the parent,
/// against the specification.)
fn nullable<T>(found: Result<Option<T>, Error>) -> Option<Result<T>> {
    found.map_err(Into::into).transpose()
}

/// A nullable field: null for what is not there or not visible.
pub(super) fn found<T>(found: Result<T, Error>) -> Option<Result<T>> {
    match found {
        Ok(found) => Some(Ok(found)),
        Err(error) if matches!(error.kind(), Error::NotFound { .. }) => None,
        Err(error) => Some(Err(error.into())),
    }
}

/// Whether nothing is asked of the dossiers of a list that lies below them.
fn asks_for_plain_dossiers(context: &Context<'_>) -> bool {
    let looked_at = context.look_ahead();
    let nodes = [looked_at.field("edges").field("node"), looked_at.field("nodes")];
    let mut fields = nodes.iter().flat_map(|nodes| nodes.selection_fields());
    fields.all(|node| node.selection_set().all(|field| LISTED_FIELDS.contains(&field.name())))
}

/// Everything that can be asked.
#[derive(MergedObject, Default)]
pub struct Query(
    MainQuery,
    FrameworkQuery,
    ProcedureQuery,
    SurveyQuery,
    SeriesQuery,
    ConclusionQuery,
    CaseQuery,
    AnalysisQuery,
);

/// What can be asked of accounts, units, rounds and dossiers.
#[derive(Default)]
pub struct MainQuery;

/// What can be asked of accounts, units, rounds and dossiers.
#[Object]
impl MainQuery {
    /// The account that asks; null for nobody.
    async fn viewer(&self, context: &Context<'_>) -> Option<Result<Me>> {
        nullable(session(context).viewer().await.map(|viewer| viewer.map(Me)))
    }

    /// An object by its id; null if it is not there or not visible.
    async fn node(&self, context: &Context<'_>, #[graphql(desc = "Opaque id.")] id: ID) -> Option<Result<Node>> {
        nullable(node::find(context, &id).await)
    }

    /// Objects by their ids, in the order asked; at most 100.
    async fn nodes(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Opaque ids.")] ids: Vec<ID>,
    ) -> Result<Vec<Option<Node>>> {
        if ids.len() > MAX_NODES {
            return Err(Error::invalid("ids", "Tối đa 100 id.", "At most 100 ids.").into());
        }
        let mut found = Vec::with_capacity(ids.len());
        for id in ids {
            found.push(node::find(context, &id).await?);
        }
        Ok(found)
    }

    /// Units by code.
    async fn units(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "So many from the beginning, 1 to 500; 25 if neither first nor last is stated.")]
        first: Option<i32>,
        #[graphql(desc = "Cursor of the last unit before the page.")] after: Option<String>,
        #[graphql(desc = "So many from the end, 1 to 500, in the same order; not together with first.")] last: Option<
            i32,
        >,
        #[graphql(desc = "Cursor of the first unit behind the page.")] before: Option<String>,
    ) -> Result<Connection<String, Unit>> {
        let paging = Paging::of("units", first, after, last, before)?;
        let page = session(context).units(paging.window()).await?;
        let mut connection = paging.connection(page.more);
        let edge = |(unit, cursor): (Versioned<_>, Cursor)| paging.edge(&cursor, Unit(unit.value));
        connection.edges = page.items.into_iter().map(edge).collect();
        Ok(connection)
    }

    /// A round by code; null if there is none.
    async fn round(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Code, such as QNM-2019.")] code: String,
    ) -> Option<Result<Round>> {
        found(session(context).round(&code).await.map(Round))
    }

    /// Rounds, the newest year first.
    async fn rounds(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "So many from the beginning, 1 to 500; 25 if neither first nor last is stated.")]
        first: Option<i32>,
        #[graphql(desc = "Cursor of the last round before the page.")] after: Option<String>,
        #[graphql(desc = "So many from the end, 1 to 500, in the same order; not together with first.")] last: Option<
            i32,
        >,
        #[graphql(desc = "Cursor of the first round behind the page.")] before: Option<String>,
    ) -> Result<Connection<String, Round>> {
        let paging = Paging::of("rounds", first, after, last, before)?;
        let page = session(context).rounds(paging.window()).await?;
        let mut connection = paging.connection(page.more);
        let edge = |(round, cursor): (_, Cursor)| paging.edge(&cursor, Round(round));
        connection.edges = page.items.into_iter().map(edge).collect();
        Ok(connection)
    }

    /// Recusals of a round by unit code, lifted ones too, for those who run rounds. One's own are at viewer.recusals.
    async fn recusals(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Code of the round.")] round: String,
        #[graphql(desc = "So many from the beginning, 1 to 500; 25 if neither first nor last is stated.")]
        first: Option<i32>,
        #[graphql(desc = "Cursor of the last recusal before the page.")] after: Option<String>,
        #[graphql(desc = "So many from the end, 1 to 500, in the same order; not together with first.")] last: Option<
            i32,
        >,
        #[graphql(desc = "Cursor of the first recusal behind the page.")] before: Option<String>,
    ) -> Result<Connection<String, Recusal>> {
        let paging = Paging::of(&format!("recusals/{round}"), first, after, last, before)?;
        let page = session(context).recusals(&round, paging.window()).await?;
        let mut connection = paging.connection(page.more);
        let edge = |(recusal, cursor): (Versioned<_>, Cursor)| paging.edge(&cursor, Recusal(recusal.value));
        connection.edges = page.items.into_iter().map(edge).collect();
        Ok(connection)
    }

    /// A job by id, for those who run rounds.
    async fn job(&self, context: &Context<'_>, #[graphql(desc = "Id of the job.")] id: ID) -> Option<Result<Job>> {
        let found = match ids::decode(&id) {
            Some((kind, key)) if kind == "Job" => session(context).job(&key).await,
            _ => Err(Error::NotFound { what: "job" }),
        };
        Some(found.map(Into::into).map_err(Into::into))
    }

    /// A dossier, as it stands or as it stood.
    ///
    /// With `asOf` everything below it is of that instant, rebuilt from the journal: phase, leaves with their inputs, states,
    /// points, explanations, links and reviews, totals, documents with their revisions, what was missing, exclusions and the
    /// history until then. Not of that instant are: the rights, which are those of now, and with them `viewerCan`; names of
    /// units and uses of a file in other dossiers, which are the register's and the others' of now; lists of procedures in force and
    /// checks of links, which are the newest. A state that was never
    /// published is not public later either. Ids name things, not moments: `node` shows them as they stand.
    async fn dossier(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Which dossier.", name = "ref")] reference: DossierRef,
        #[graphql(
            desc = "As it stood at this instant, with everything recorded until then; as it stands if not stated. \
            NOT_FOUND before the dossier was opened, INVALID for the future, TOO_LARGE beyond 10,000 entries; at most 10 \
            moments a request."
        )]
        as_of: Option<DateTime>,
    ) -> Option<Result<Dossier>> {
        let found = match reference.resolve("ref") {
            Ok((round, unit)) => {
                let as_of = as_of.map(|instant| instant.0);
                let view = session(context).view_as_of(&round, &unit, as_of).await;
                view.map(Dossier::Whole)
            }
            Err(error) => Err(error),
        };
        Some(found.map_err(Into::into))
    }

    /// An entry of the journal, as a receipt names it. Shown to those who see the dossier's history, to those who keep
    /// what the stream holds, and to who made the entry.
    async fn journal_entry(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The stream, as the receipt has it.")] stream: String,
        #[graphql(desc = "Number of the entry, as the receipt has it.")] entry: Long,
    ) -> Option<Result<JournalEntry>> {
        let found = session(context).journal_entry(&stream, entry.0).await;
        Some(found.map(Into::into).map_err(Into::into))
    }

    /// Dossiers of a round that the viewer may see, by unit. A list of plain fields (unit, phase, submission, version) is
    /// answered without the leaves below; everything else reads each dossier whole.
    #[expect(clippy::too_many_arguments, reason = "they are the arguments of the field")]
    async fn dossiers(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Code of the round.")] round: String,
        #[graphql(desc = "Which dossiers.")] filter: Option<DossierFilter>,
        #[graphql(desc = "So many from the beginning, 1 to 500; 25 if neither first nor last is stated.")]
        first: Option<i32>,
        #[graphql(desc = "Cursor of the last dossier before the page.")] after: Option<String>,
        #[graphql(desc = "So many from the end, 1 to 500, in the same order; not together with first.")] last: Option<
            i32,
        >,
        #[graphql(desc = "Cursor of the first dossier behind the page.")] before: Option<String>,
    ) -> Result<Connection<String, Dossier>> {
        let filter = browse_dossiers::DossierFilter::from(filter.unwrap_or_default());
        let paging = Paging::of(&format!("dossiers/{round}/{filter:?}"), first, after, last, before)?;
        let (found, more) = session(context).dossiers(&round, &filter, paging.window()).await?;
        let plain = asks_for_plain_dossiers(context);
        let mut connection = paging.connection(more);
        for (listed, cursor) in found {
            let node = match plain {
                true => Dossier::Listed(Arc::new(listed)),
                // One moment of each, whatever is asked of it.
                false => match dossier(context, &listed.dossier.round, &listed.dossier.unit).await {
                    Err(error) if matches!(error.kind(), Error::NotFound { .. }) => continue,
                    other => other?,
                },
            };
            connection.edges.push(paging.edge(&cursor, node));
        }
        Ok(connection)
    }

    /// A leaf of a dossier.
    async fn assessment(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Which leaf.", name = "ref")] reference: AssessmentRef,
    ) -> Option<Result<Assessment>> {
        let found = match reference.resolve("ref") {
            Ok(key) => assessment(context, key).await,
            Err(error) => Err(error),
        };
        Some(found.map_err(Into::into))
    }

    /// The criteria not yet verified within the viewer's assignment.
    #[expect(clippy::too_many_arguments, reason = "they are the arguments of the field")]
    async fn review_queue(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Code of the round.")] round: String,
        #[graphql(desc = "Which criteria.")] filter: Option<QueueFilter>,
        #[graphql(
            desc = "Order; most points at stake first if not stated, by unit where unclaimed ones or open differences are wanted."
        )]
        order: Option<QueueOrder>,
        #[graphql(desc = "So many from the beginning, 1 to 500; 25 if neither first nor last is stated.")]
        first: Option<i32>,
        #[graphql(desc = "Cursor of the last criterion before the page.")] after: Option<String>,
        #[graphql(desc = "So many from the end, 1 to 500, in the same order; not together with first.")] last: Option<
            i32,
        >,
        #[graphql(desc = "Cursor of the first criterion behind the page.")] before: Option<String>,
    ) -> Result<QueuePage> {
        let filter = crate::app::browse_queue::QueueFilter::from(filter.unwrap_or_default());
        let order = order.unwrap_or(match filter.unclaimed || filter.open_differences {
            true => QueueOrder::Unit,
            false => QueueOrder::Stake,
        });
        // A cursor binds the query's shape and order, not rights: those are applied again on each page.
        let query = format!(
            "queue/{round}/{:?}/{filter:?}",
            crate::app::browse_queue::QueueOrder::from(order)
        );
        let paging = Paging::of(&query, first, after, last, before)?;
        let page = session(context)
            .review_queue(&round, &filter, order.into(), paging.window())
            .await?;
        Ok(QueuePage::new(round, filter, &paging, page))
    }

    /// How far a round is, by unit, field, group, appraising department or person: how many leaves stand where. Leaves that do
    /// not apply to a unit are not counted.
    async fn progress(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Code of the round.")] round: String,
        #[graphql(desc = "By what.")] by: ProgressBy,
    ) -> Result<Vec<Progress>> {
        Ok(session(context)
            .progress(&round, by.into())
            .await?
            .into_iter()
            .map(Into::into)
            .collect())
    }

    /// Who may appraise what of a round today and what the plan in force gives them: department × criteria × unit type, with people,
    /// substitutes and standing recusals. For those who run rounds.
    async fn assignment_matrix(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Code of the round.")] round: String,
    ) -> Result<AssignmentMatrix> {
        Ok(AssignmentMatrix(session(context).assignment_matrix(&round).await?))
    }

    /// At which pace the appraisers verify a round, day by day, and what will be left after a due day if it goes on so.
    async fn pace(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Code of the round.")] round: String,
        #[graphql(desc = "So many whole days before today, 1 to 92.", default = 7)] days: u32,
        #[graphql(desc = "Last day by which all should be verified, in the round's time zone.")] due: Option<Date>,
    ) -> Result<RoundPace> {
        let window = session(context).pace_window(&round, days).await?;
        Ok(RoundPace::new(window, due.map(|day| day.0)))
    }
}
