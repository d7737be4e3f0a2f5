//! Publications, rankings and progress in the API.

use async_graphql::connection::Connection;
use async_graphql::{Context, Enum, ID, Object, Result, SimpleObject};

use super::appeals::FollowedAppeal;
use super::council::CouncilMinutes;
use super::dossier::AssessmentState;
use super::frameworks::TieBreak;
use super::paging::Paging;
use super::reasons::{Breakdown, ClassLowered, Tie, TieValue, Veto};
use super::scalars::{Date, DateTime, Fraction, Long};
use super::{ids, session};
use crate::app::browse_progress;
use crate::app::reader::TypedPage;
use crate::domain::round;

/// A published result of a round.
pub struct Publication(pub round::Publication);

/// A published result of a round; versions follow each other and all stay readable.
#[Object]
impl Publication {
    /// Opaque id.
    pub async fn id(&self) -> ID {
        ids::encode("Publication", &format!("{}@{}", self.0.round, self.0.version))
    }

    /// 1 for the first; corrections count on.
    async fn version(&self) -> u32 {
        self.0.version
    }

    /// Number of the announcing decision.
    async fn decision_number(&self) -> &str {
        &self.0.decision_number
    }

    /// Date of the announcing decision.
    async fn decision_date(&self) -> Date {
        Date(self.0.decision_date)
    }

    /// When it was published here.
    async fn published_at(&self) -> DateTime {
        DateTime(self.0.published_at)
    }

    /// Why the version before was corrected.
    async fn correction(&self) -> Option<&str> {
        self.0.correction.as_deref()
    }

    /// The minutes of the round's council that the decision rests on, in the version that was decided on; null where it
    /// names no meeting.
    async fn council_minutes(&self, context: &Context<'_>) -> Result<Option<CouncilMinutes>> {
        let Some(council) = &self.0.council else {
            return Ok(None);
        };
        let seen = session(context)
            .council_meeting(&self.0.round, &council.meeting, Some(council.edition))
            .await?;
        Ok(Some(CouncilMinutes {
            round: self.0.round.clone(),
            minutes: seen.minutes,
            sight: seen.sight,
        }))
    }

    /// Last day on which units may appeal against it, in the round's time zone; null where the round takes no appeals. Only
    /// the newest results are appealed against.
    async fn appeal_day(&self, context: &Context<'_>) -> Result<Option<Date>> {
        let until = session(context).appeals_until(&self.0).await?;
        Ok(until.map(|(day, _)| Date(day)))
    }

    /// The instant at which that day ends: the first that is too late.
    async fn appeals_until(&self, context: &Context<'_>) -> Result<Option<DateTime>> {
        let until = session(context).appeals_until(&self.0).await?;
        Ok(until.map(|(_, end)| DateTime(end)))
    }

    /// The appeals that the correction follows.
    async fn appeals(&self) -> Vec<FollowedAppeal> {
        FollowedAppeal::of(&self.0)
    }

    /// Leaves that count zero because nobody verified them, each with the reason.
    async fn unverified(&self) -> Vec<UnverifiedLeaf> {
        let leaf = |one: &round::UnverifiedLeaf| UnverifiedLeaf {
            unit: one.unit.clone(),
            criterion: one.criterion.clone(),
            reason: one.reason.clone(),
        };
        self.0.unverified.iter().map(leaf).collect()
    }

    /// The ranking of a group, best first. Units with equal displayed percentages share a rank, unless the framework's
    /// tieOrder tells them apart; those to which nothing applies and those that are not ranked come last without one.
    async fn ranking(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Ranking group, such as SO.")] group: String,
        #[graphql(desc = "So many from the beginning, 1 to 500; 25 if neither first nor last is stated.")]
        first: Option<i32>,
        #[graphql(desc = "Cursor of the last line before the page.")] after: Option<String>,
        #[graphql(desc = "So many from the end, 1 to 500, in the same order; not together with first.")] last: Option<
            i32,
        >,
        #[graphql(desc = "Cursor of the first line behind the page.")] before: Option<String>,
    ) -> Result<Connection<String, RankingRow>> {
        let query = format!("ranking/{}/{}/{group}", self.0.round, self.0.version);
        let paging = Paging::of(&query, first, after, last, before)?;
        let page = session(context).ranking(&self.0, &group, paging.window()).await?;
        Ok(ranking_rows(&paging, page))
    }

    /// Units that have points but no rank, by code, each with the reason.
    async fn unranked(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "So many from the beginning, 1 to 500; 25 if neither first nor last is stated.")]
        first: Option<i32>,
        #[graphql(desc = "Cursor of the last line before the page.")] after: Option<String>,
        #[graphql(desc = "So many from the end, 1 to 500, in the same order; not together with first.")] last: Option<
            i32,
        >,
        #[graphql(desc = "Cursor of the first line behind the page.")] before: Option<String>,
    ) -> Result<Connection<String, RankingRow>> {
        let query = format!("unranked/{}/{}", self.0.round, self.0.version);
        let paging = Paging::of(&query, first, after, last, before)?;
        let page = session(context).unranked(&self.0, paging.window()).await?;
        Ok(ranking_rows(&paging, page))
    }

    /// The ranking of a group by a field, criterion or leaf, best first (of a penalty: the smallest); equal percentages share
    /// a rank. Units to which it does not apply and those that are not ranked come last without one.
    #[expect(clippy::too_many_arguments, reason = "they are the arguments of the field")]
    async fn node_ranking(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Ranking group, such as SO.")] group: String,
        #[graphql(desc = "Code of the field, criterion or leaf, such as 3 or 3.4.")] node: String,
        #[graphql(desc = "So many from the beginning, 1 to 500; 25 if neither first nor last is stated.")]
        first: Option<i32>,
        #[graphql(desc = "Cursor of the last line before the page.")] after: Option<String>,
        #[graphql(desc = "So many from the end, 1 to 500, in the same order; not together with first.")] last: Option<
            i32,
        >,
        #[graphql(desc = "Cursor of the first line behind the page.")] before: Option<String>,
    ) -> Result<Connection<String, NodeRankingRow>> {
        let query = format!("nodeRanking/{}/{}/{group}/{node}", self.0.round, self.0.version);
        let paging = Paging::of(&query, first, after, last, before)?;
        let (lines, more) = session(context)
            .node_ranking(&self.0, &group, &node, paging.window())
            .await?;
        let mut connection = paging.connection(more);
        let ranking = format!("{}/{}/{group}/{node}", self.0.round, self.0.version);
        let row = |line| NodeRankingRow {
            ranking: ranking.clone(),
            line,
        };
        connection.edges = lines
            .into_iter()
            .map(|(line, cursor)| paging.edge(&cursor, row(line)))
            .collect();
        Ok(connection)
    }
}

fn ranking_rows(paging: &Paging, page: TypedPage<round::RankingRow>) -> Connection<String, RankingRow> {
    let mut connection = paging.connection(page.more);
    connection.edges = page
        .items
        .into_iter()
        .map(|(row, cursor)| paging.edge(&cursor, RankingRow(row.value)))
        .collect();
    connection
}

/// One unit's line of a ranking by a field, criterion or leaf.
pub struct NodeRankingRow {
    /// Round, version, group and node, as in its id.
    pub ranking: String,
    pub line: round::NodeLine,
}

/// One unit's line of a ranking by a field, criterion or leaf.
#[Object]
impl NodeRankingRow {
    /// Opaque id.
    pub async fn id(&self) -> ID {
        ids::encode("NodeRankingRow", &format!("{}/{}", self.ranking, self.line.unit))
    }

    /// Code of the unit.
    async fn unit_code(&self) -> &str {
        &self.line.unit
    }

    /// The unit.
    async fn unit(&self, context: &Context<'_>) -> Result<Option<super::register::Unit>> {
        Ok(session(context).unit(&self.line.unit).await?.map(super::register::Unit))
    }

    /// Rank in the group; null where it does not apply to the unit, and for units that are not ranked.
    async fn rank(&self) -> Option<u32> {
        self.line.rank
    }

    /// Whether another unit has the same rank.
    async fn is_tied(&self) -> bool {
        self.line.tied
    }

    /// Displayed points.
    async fn points(&self) -> &str {
        &self.line.points
    }

    /// Displayed applicable maximum.
    async fn applicable(&self) -> &str {
        &self.line.applicable
    }

    /// Displayed percentage of the applicable maximum; null where it does not apply to the unit.
    async fn percent(&self) -> Option<&str> {
        self.line.percent.as_deref()
    }

    /// Percentage points against the published year before; null without one.
    async fn percent_change(&self) -> Option<&str> {
        self.line.percent_change.as_deref()
    }

    /// Places gained against the published year before in the same group; null without one.
    async fn rank_change(&self) -> Option<i32> {
        self.line.rank_change
    }
}

/// A leaf that is published unverified.
#[derive(SimpleObject)]
pub struct UnverifiedLeaf {
    /// Code of the unit.
    pub unit: String,
    /// Code of the leaf.
    pub criterion: String,
    /// Why.
    pub reason: String,
}

/// One unit's line of a ranking.
pub struct RankingRow(pub round::RankingRow);

/// Why a unit has no rank.
#[derive(Enum, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "round::Unranked")]
pub enum UnrankedReason {
    /// It is in no ranking group: scored, but compared with nobody.
    NoGroup,
    /// No criterion applies to it: there is nothing to compare.
    NothingApplicable,
    /// The round lists it as one that is scored and not ranked; unrankedReason says why.
    Listed,
    /// A veto keeps it from a rank; vetoes says which.
    Veto,
}

/// Final points of a node: re-based in the fields, at its cap a section.
#[derive(SimpleObject)]
pub struct NodePoints {
    /// Code of the node.
    pub node: String,
    /// Exact points.
    pub points: Fraction,
    /// What counts in the denominator.
    pub applicable: Fraction,
}

/// One unit's line of a ranking.
#[Object]
impl RankingRow {
    /// Opaque id.
    pub async fn id(&self) -> ID {
        let row = &self.0;
        ids::encode("RankingRow", &format!("{}/{}/{}", row.round, row.publication, row.unit))
    }

    /// Code of the unit.
    async fn unit_code(&self) -> &str {
        &self.0.unit
    }

    /// The unit.
    async fn unit(&self, context: &Context<'_>) -> Result<Option<super::register::Unit>> {
        Ok(session(context).unit(&self.0.unit).await?.map(super::register::Unit))
    }

    /// Code of the ranking group; null for a unit that is in none.
    async fn group(&self) -> Option<&str> {
        self.0.group.as_deref()
    }

    /// Rank in the group; null for units that are not ranked.
    async fn rank(&self) -> Option<u32> {
        self.0.rank
    }

    /// Why it has no rank; null if it has one.
    async fn unranked_because(&self) -> Option<UnrankedReason> {
        self.0.unranked().map(Into::into)
    }

    /// The reason that the round states for not ranking it, where unrankedBecause is LISTED.
    async fn unranked_reason(&self) -> Option<&str> {
        match &self.0.kept_from_rank {
            Some(round::KeptFromRank::Listed { reason }) => Some(reason),
            Some(round::KeptFromRank::Veto) | None => None,
        }
    }

    /// Whether another unit of the group has the same rank.
    async fn is_tied(&self) -> bool {
        self.0.tied
    }

    /// By what it was told apart from units of equal displayed percentage; null where nobody has the same, where the
    /// framework names no order, and where units of another framework have the same percentage: then the rank is shared.
    async fn tie(&self) -> Option<Tie> {
        let value = |one: &round::TieValue| TieValue {
            by: TieBreak::of(&one.by),
            value: one.value.clone(),
        };
        self.0.tie.as_ref().map(|tie| Tie {
            broken_by: tie.broken_by.as_ref().map(TieBreak::of),
            values: tie.values.iter().map(value).collect(),
        })
    }

    /// Displayed points.
    async fn points(&self) -> &str {
        &self.0.points
    }

    /// Displayed applicable maximum.
    async fn applicable(&self) -> &str {
        &self.0.applicable
    }

    /// Displayed percentage of the applicable maximum; null where nothing applies to the unit.
    async fn percent(&self) -> Option<&str> {
        self.0.percent.as_deref()
    }

    /// Code of the class; null where nothing applies to the unit.
    #[graphql(name = "class")]
    async fn class_code(&self) -> Option<&str> {
        self.0.class.as_deref()
    }

    /// Why it does not have a class that its percentage reaches: best class first; empty where it has that class.
    async fn class_lowered(&self) -> Vec<ClassLowered> {
        self.0.class_lowered.iter().map(ClassLowered::of).collect()
    }

    /// Established vetoes, by which leaf each.
    async fn vetoes(&self) -> Vec<Veto> {
        self.0.vetoes.iter().map(Veto::of).collect()
    }

    /// How the total came about; null where it is the plain sum of the fields.
    async fn breakdown(&self) -> Option<Breakdown> {
        self.0.breakdown.as_ref().map(Breakdown::of)
    }

    /// Percentage points against the published year before; null without one.
    async fn percent_change(&self) -> Option<&str> {
        self.0.percent_change.as_deref()
    }

    /// Places gained against the published year before in the same group; null without one.
    async fn rank_change(&self) -> Option<i32> {
        self.0.rank_change
    }

    /// Number of the dossier's sealed entry that the line rests on.
    async fn sealed_entry(&self) -> Long {
        Long(self.0.sealed_entry)
    }

    /// Hash of that entry.
    async fn sealed_hash(&self) -> &str {
        &self.0.sealed_hash
    }

    /// Final points of fields and criteria: re-based in the fields, at their caps the sections.
    async fn nodes(&self) -> Vec<NodePoints> {
        let node = |(node, one): (&String, &round::NodePoints)| NodePoints {
            node: node.clone(),
            points: Fraction(one.points.clone()),
            applicable: Fraction(one.applicable.clone()),
        };
        self.0.nodes.iter().map(node).collect()
    }
}

/// By what progress is counted.
#[derive(Enum, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "browse_progress::ProgressBy")]
pub enum ProgressBy {
    /// By unit.
    Unit,
    /// By field.
    Field,
    /// By ranking group.
    Group,
    /// By appraising department.
    Appraiser,
    /// By person, for who runs rounds; who appraises sees the own line alone, and others are FORBIDDEN.
    Person,
}

/// Leaves by state, for one unit, field, group, department or person.
#[derive(SimpleObject)]
pub struct Progress {
    /// The code, or the login of the person; empty for units that are in no ranking group.
    pub key: String,
    /// How many leaves are in each state. Of people, those leaves that the plan in force (allocateReviews) gives them: none
    /// where the round has no plan, or it gives them nothing.
    pub states: Vec<StateCount>,
    /// Leaves that are verified by the person's review as it stands, whoever the plan gave them to. Null but by PERSON.
    pub verified: Option<Long>,
}

/// How many leaves are in a state.
#[derive(SimpleObject)]
pub struct StateCount {
    /// The state.
    pub state: AssessmentState,
    /// How many.
    pub count: Long,
}

impl From<browse_progress::ProgressRow> for Progress {
    fn from(row: browse_progress::ProgressRow) -> Self {
        let count = |(state, count): (_, u64)| StateCount {
            state: AssessmentState::from(state),
            count: Long(count),
        };
        Self {
            key: row.key,
            states: row.states.into_iter().map(count).collect(),
            verified: row.verified.map(Long),
        }
    }
}
