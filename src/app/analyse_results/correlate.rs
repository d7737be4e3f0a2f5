//! Whether published results go together with what people are satisfied with.

use std::collections::BTreeMap;

use super::{Edition, NamedNode, PublicationRef, Published, node_of};
use crate::app::Session;
use crate::app::documents::streams;
use crate::app::error::Error;
use crate::app::text::check_code;
use crate::domain::analysis::{Correlation, UnitTotal, shown};
use crate::domain::exact::Exact;
use crate::domain::series::{IndexEdition, IndexFigure, Period};

/// What results are held against.
pub enum With {
    /// Published percentages of a node, such as that of a survey.
    Criterion(String),
    /// Points of an index that others publish, as recorded of the units.
    Index {
        code: String,
        /// The round's year, if none is named.
        period: Option<Period>,
        /// Which of several sources of one period.
        statement: u32,
    },
}

/// What goes together with what.
pub struct CorrelationQuestion {
    pub round: PublicationRef,
    /// Everybody, if none is named.
    pub group: Option<String>,
    pub with: With,
}

/// How two figures of the same units go together.
pub struct FoundCorrelation {
    pub edition: Edition,
    pub group: Option<String>,
    /// The node that the total is held against, if it is one.
    pub node: Option<NamedNode>,
    /// The period of the index, if it is one.
    pub period: Option<Period>,
    pub correlation: Correlation,
    /// By unit.
    pub pairs: Vec<CorrelatedUnit>,
    /// Ranked units without the other figure, by code.
    pub left_out: Vec<String>,
}

/// One unit's two figures.
#[derive(Clone)]
pub struct CorrelatedUnit {
    pub unit: String,
    /// Displayed percentage of the total.
    pub percent: String,
    /// The other figure as published.
    pub with: String,
}

impl Session {
    /// Pearson's and Spearman's coefficients of the total with another figure, of the ranked units that have both.
    ///
    /// # Errors
    /// [`Error::NotFound`] for what is not published and for an index that is not there, [`Error::Invalid`] for a node in units
    /// of several frameworks.
    pub async fn correlation(&self, question: &CorrelationQuestion) -> Result<FoundCorrelation, Error> {
        let published = self.published(&question.round, "round").await?;
        let mut units: Vec<&UnitTotal> = published
            .some(question.group.as_deref())?
            .into_iter()
            .flat_map(|group| &group.units)
            .filter(|unit| unit.rank.is_some())
            .collect();
        units.sort_by(|one, other| one.unit.cmp(&other.unit));
        let (figures, node, period) = match &question.with {
            With::Criterion(node) => {
                let (figures, node) = published.node_figures(question.group.as_deref(), node).await?;
                (figures, Some(node), None)
            }
            With::Index {
                code,
                period,
                statement,
            } => {
                let period = period.clone().unwrap_or_else(|| Period::year(published.round.year));
                let figures = published.index_figures(code, (&period, *statement), &units).await?;
                (figures, None, Some(period))
            }
        };
        let (mut pairs, mut left_out) = (Vec::new(), Vec::new());
        for unit in units {
            match (unit.percent.clone(), figures.get(&unit.unit)) {
                (Some(percent), Some(with)) => pairs.push(CorrelatedUnit {
                    unit: unit.unit.clone(),
                    percent,
                    with: with.clone(),
                }),
                _ => left_out.push(unit.unit.clone()),
            }
        }
        let values: Vec<(Exact, Exact)> = pairs
            .iter()
            .map(|pair| (shown(&pair.percent), shown(&pair.with)))
            .collect();
        Ok(FoundCorrelation {
            edition: published.edition(),
            group: question.group.clone(),
            node,
            period,
            correlation: Correlation::of(&values),
            pairs,
            left_out,
        })
    }
}

impl Published<'_> {
    /// Displayed percentages of a node, by unit.
    async fn node_figures(
        &self,
        group: Option<&str>,
        node: &str,
    ) -> Result<(BTreeMap<String, String>, NamedNode), Error> {
        let groups = self.some(group)?;
        let mut types = groups.iter().flat_map(|group| &group.unit_types);
        let first = types.next();
        if types.any(|other| Some(other) != first) {
            return Err(Error::invalid(
                "group",
                "Kỳ này có nhiều bộ chỉ số, trong đó mã tiêu chí không cùng nghĩa; hãy nêu group.",
                "The round has several frameworks, in which a code means different things; name a group.",
            ));
        }
        let mut found = BTreeMap::new();
        let mut named = None;
        for group in groups {
            let framework = self.framework("group", group).await?;
            named = Some(NamedNode::from(node_of(&framework, "with.criterion", node)?));
            let standings = self.standings(group, node).await?.into_iter();
            found.extend(standings.filter_map(|(unit, standing)| Some((unit, standing.percent?))));
        }
        Ok((found, named.ok_or(Error::NotFound { what: "ranking" })?))
    }

    /// Points of an index, by unit.
    async fn index_figures(
        &self,
        index: &str,
        (period, statement): (&Period, u32),
        units: &[&UnitTotal],
    ) -> Result<BTreeMap<String, String>, Error> {
        const PLACE: &str = "with.index.code";
        check_code(PLACE, index)?;
        let stream = streams::index(index);
        if self.read.all::<IndexEdition>(&stream).await?.is_empty() {
            return Err(Error::NotFound { what: "index" }.about(PLACE));
        }
        let key = |unit: &&UnitTotal| IndexFigure::key_of(&unit.unit, period, statement);
        let keys: Vec<String> = units.iter().map(key).collect();
        let figures = self.read.get_all::<IndexFigure>(&stream, &keys).await?;
        let points = |figure: IndexFigure| Some((figure.subject, figure.stated.points?.to_string()));
        Ok(figures
            .into_iter()
            .flatten()
            .filter_map(|one| points(one.value))
            .collect())
    }
}
