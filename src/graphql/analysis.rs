//! Analyses of published results, in the API: the questions, and what all answers share.

mod nodes;
mod rejections;
mod units;

use async_graphql::{Context, Enum, InputObject, Object, OneofObject, Result, SimpleObject};

pub use nodes::{Comparison, NodeStatistics, UnitProfile};
pub use rejections::{Correlation, RejectionReasons, RejectionTexts};
pub use units::{Improvements, Overclaims};

use super::register::Text;
use super::scalars::{Decimal, Period};
use super::session;
use crate::app::analyse_results::{
    self, ComparisonQuestion, CorrelationQuestion, Edition, ImprovementQuestion, NamedNode, ProfileQuestion,
    PublicationRef, RejectionQuestion, With,
};
use crate::app::error::Error;

/// A published version of a round's results.
#[derive(InputObject)]
pub struct PublicationInput {
    /// Code of the round.
    pub round: String,
    /// Number of the publication; the newest if not stated.
    pub publication: Option<u32>,
}

impl From<PublicationInput> for PublicationRef {
    fn from(input: PublicationInput) -> Self {
        Self {
            round: input.round,
            publication: input.publication,
        }
    }
}

/// Where in the tree of a framework.
#[derive(Enum, Clone, Copy, PartialEq, Eq)]
#[graphql(name = "NodeLevel", remote = "analyse_results::Level")]
pub enum Level {
    /// Fields (lĩnh vực): nodes without one above, bonus and penalty sections too.
    Field,
    /// Criteria (tiêu chí): nodes between fields and leaves.
    Criterion,
    /// Leaf criteria (tiêu chí thành phần): what is assessed.
    Leaf,
}

/// In which order nodes are listed.
#[derive(Enum, Clone, Copy, PartialEq, Eq, Default)]
pub enum WeaknessOrder {
    /// The lowest median first, then the lowest mean.
    #[default]
    WorstFirst,
    /// The other way round.
    BestFirst,
}

/// With what results are held together: exactly one member.
#[derive(OneofObject)]
pub enum CorrelationWith {
    /// Code of a field, criterion or leaf, such as that of a survey: its published percentages.
    Criterion(String),
    /// An index that others publish, as it is recorded of the units.
    Index(CorrelationIndex),
}

/// An index that others publish.
#[derive(InputObject)]
pub struct CorrelationIndex {
    /// Code of the index, such as SIPAS.
    pub code: String,
    /// The period of its figures; the round's year if not stated.
    pub period: Option<Period>,
    /// Which of several sources of one period; the first if not stated.
    #[graphql(default = 1)]
    pub statement: u32,
}

/// Where a figure is published.
#[derive(SimpleObject)]
pub struct FigureSource {
    /// Code of the round.
    pub round_code: String,
    /// Number of the publication.
    pub publication_version: u32,
    /// Code of the unit that it is about; null for a figure of a group.
    pub unit_code: Option<String>,
    /// Code of the field, criterion or leaf; null for the total.
    pub node: Option<String>,
}

impl FigureSource {
    fn of(edition: &Edition, unit: Option<&str>, node: Option<&NamedNode>) -> Self {
        Self {
            round_code: edition.round.clone(),
            publication_version: edition.publication,
            unit_code: unit.map(str::to_owned),
            node: node.map(|node| node.code.clone()),
        }
    }
}

/// A field, criterion or leaf as its framework names it.
#[derive(SimpleObject)]
pub struct AnalysedNode {
    /// Code, such as 3 or 3.4.
    pub code: String,
    /// Name in both languages.
    pub name: Text,
}

impl From<&NamedNode> for AnalysedNode {
    fn from(node: &NamedNode) -> Self {
        Self {
            code: node.code.clone(),
            name: node.name.clone().into(),
        }
    }
}

/// A nullable answer with its error: it costs this field alone, and the other analyses of the document are answered.
fn answered<A, B: From<A>>(found: Result<A, Error>) -> Option<Result<B>> {
    Some(found.map(B::from).map_err(Into::into))
}

fn of_round(round: String, publication: Option<u32>) -> PublicationRef {
    PublicationRef { round, publication }
}

/// What can be asked of published results when they are looked at together.
#[derive(Default)]
pub struct AnalysisQuery;

/// What can be asked of published results when they are looked at together.
#[Object]
impl AnalysisQuery {
    /// Units by what they gained: percentage points between their displayed percentages in two published rounds. Units that are in
    /// one of the rounds alone, or to which nothing applied, are listed apart with the reason and never count as zero.
    async fn improvements(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Code of the later round, which has to be published.")] round: String,
        #[graphql(desc = "Number of its publication; the newest if not stated.")] publication: Option<u32>,
        #[graphql(desc = "Ranking group in the later round; everybody if not stated.")] group: Option<String>,
        #[graphql(desc = "The round to compare with; the one before if not stated.")] against: Option<PublicationInput>,
        #[graphql(
            desc = "Code of a field, criterion or leaf of the group's framework; the total if not stated. In the other round the node \
            of the same name counts, under whatever code (as in frameworkChanges). Needs the group."
        )]
        node: Option<String>,
    ) -> Option<Result<Improvements>> {
        let question = ImprovementQuestion {
            round: of_round(round, publication),
            group,
            against: against.map(Into::into),
            node,
        };
        answered(session(context).improvements(&question).await)
    }

    /// Strengths and weaknesses of a unit: each field or criterion against the median of the ranked units of its group, and against
    /// the round before.
    #[expect(clippy::too_many_arguments, reason = "they are the arguments of the field")]
    async fn unit_profile(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Code of the round, which has to be published.")] round: String,
        #[graphql(desc = "Number of its publication; the newest if not stated.")] publication: Option<u32>,
        #[graphql(desc = "Code of the unit.")] unit: String,
        #[graphql(desc = "FIELD or CRITERION.", default_with = "Level::Field")] level: Level,
        #[graphql(desc = "The round to compare with; the one before, if it is published, if not stated.")]
        against: Option<PublicationInput>,
        #[graphql(
            desc = "Percentage points from the median within which a unit is AVERAGE, 0 to 100.",
            default_with = "Decimal(crate::domain::exact::Decimal::from_integer(5))"
        )]
        tolerance: Decimal,
    ) -> Option<Result<UnitProfile>> {
        let question = ProfileQuestion {
            round: of_round(round, publication),
            unit,
            level: level.into(),
            against: against.map(Into::into),
            tolerance: tolerance.0,
        };
        answered(session(context).unit_profile(&question).await)
    }

    /// Where a group is weak: its fields, criteria or leaves by their median, of the ranked units to which they apply.
    async fn weaknesses(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Code of the round, which has to be published.")] round: String,
        #[graphql(desc = "Number of its publication; the newest if not stated.")] publication: Option<u32>,
        #[graphql(desc = "Ranking group, such as SO.")] group: String,
        #[graphql(desc = "Which nodes.", default_with = "Level::Field")] level: Level,
        #[graphql(desc = "In which order.", default)] order: WeaknessOrder,
    ) -> Option<Result<NodeStatistics>> {
        let found = session(context)
            .node_statistics(&of_round(round, publication), &group, level.into())
            .await;
        answered(found.map(|mut found| {
            found.by_weakness(order == WeaknessOrder::BestFirst);
            found
        }))
    }

    /// Which fields, criteria or leaves tell the units of a group apart: those first that do so least, by their standard deviation.
    /// What everybody has the same of is a question for next year's framework.
    async fn spread(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Code of the round, which has to be published.")] round: String,
        #[graphql(desc = "Number of its publication; the newest if not stated.")] publication: Option<u32>,
        #[graphql(desc = "Ranking group, such as SO.")] group: String,
        #[graphql(desc = "Which nodes.", default_with = "Level::Leaf")] level: Level,
    ) -> Option<Result<NodeStatistics>> {
        let found = session(context)
            .node_statistics(&of_round(round, publication), &group, level.into())
            .await;
        answered(found.map(|mut found| {
            found.by_spread();
            found
        }))
    }

    /// Two published rounds of any years node by node: of a unit, or of the means of a group's ranked units. Nodes are paired by
    /// their names before their codes (as in frameworkChanges); what has no counterpart is listed with one side.
    async fn comparison(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "What is compared with.")] first: PublicationInput,
        #[graphql(desc = "What is compared.")] second: PublicationInput,
        #[graphql(desc = "Ranking group, under the same code in both rounds. Exactly one of group and unit.")]
        group: Option<String>,
        #[graphql(desc = "Code of a unit: its fields and criteria. Exactly one of group and unit.")] unit: Option<
            String,
        >,
    ) -> Option<Result<Comparison>> {
        let question = ComparisonQuestion {
            first: first.into(),
            second: second.into(),
            group,
            unit,
        };
        answered(session(context).comparison(&question).await)
    }

    /// Whether results go together with another figure, such as how satisfied people are: correlation of the displayed percentage of
    /// the total with it, over the ranked units that have both. It does not tell what causes what.
    async fn correlation(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Code of the round, which has to be published.")] round: String,
        #[graphql(desc = "Number of its publication; the newest if not stated.")] publication: Option<u32>,
        #[graphql(desc = "Ranking group; everybody if not stated.")] group: Option<String>,
        #[graphql(desc = "The other figure.")] with: CorrelationWith,
    ) -> Option<Result<Correlation>> {
        let with = match with {
            CorrelationWith::Criterion(node) => With::Criterion(node),
            CorrelationWith::Index(index) => With::Index {
                code: index.code,
                period: index.period.map(|period| period.0),
                statement: index.statement,
            },
        };
        let question = CorrelationQuestion {
            round: of_round(round, publication),
            group,
            with,
        };
        answered(session(context).correlation(&question).await)
    }

    /// What units claimed beyond what was found: the declared total minus the final one, as displayed. Publications from before
    /// claims were kept do not tell; their units are counted in unknownCount.
    async fn overclaims(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Code of the round, which has to be published.")] round: String,
        #[graphql(desc = "Number of its publication; the newest if not stated.")] publication: Option<u32>,
        #[graphql(desc = "Ranking group; everybody if not stated.")] group: Option<String>,
    ) -> Option<Result<Overclaims>> {
        let round = of_round(round, publication);
        answered(session(context).overclaims(&round, group.as_deref()).await)
    }

    /// What reviews found, by group and node: rejected links, supplements that were asked for, points below the declared ones.
    /// As counted when the results were published.
    async fn rejection_reasons(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Code of the round, which has to be published.")] round: String,
        #[graphql(desc = "Number of its publication; the newest if not stated.")] publication: Option<u32>,
        #[graphql(desc = "Ranking group; everybody if not stated.")] group: Option<String>,
        #[graphql(desc = "Which nodes.", default_with = "Level::Leaf")] level: Level,
    ) -> Option<Result<RejectionReasons>> {
        let question = RejectionQuestion {
            round: of_round(round, publication),
            group,
            level: level.into(),
        };
        answered(session(context).rejections(&question).await)
    }

    /// The units of a group in one leaf of which reviews rejected links or left less than was claimed, with the appraisers' words where the viewer sees the whole
    /// dossier. Units and counts are those of the publication, the words those that stand in the dossier now.
    #[expect(clippy::too_many_arguments, reason = "they are the arguments of the field")]
    async fn rejection_texts(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Code of the round, which has to be published.")] round: String,
        #[graphql(desc = "Number of its publication; the newest if not stated.")] publication: Option<u32>,
        #[graphql(desc = "Ranking group; the units that are in none if not stated.")] group: Option<String>,
        #[graphql(desc = "Code of the leaf.")] criterion: String,
        #[graphql(desc = "So many units, 1 to 25: each dossier is read as a whole.", default = 10)] first: i32,
        #[graphql(desc = "So many are left out before them.", default)] skip: i32,
    ) -> Option<Result<RejectionTexts>> {
        let page = (usize::try_from(first).unwrap_or(0), usize::try_from(skip).unwrap_or(0));
        let found = session(context)
            .rejection_texts(&of_round(round, publication), (group.as_deref(), &criterion), page)
            .await;
        answered(found)
    }
}
