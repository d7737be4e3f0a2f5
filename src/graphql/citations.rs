//! Figures that conclusions state, in the API.

use async_graphql::{Context, Enum, ID, Object, OneofObject, Result};
use tokio::sync::OnceCell;

use super::register::Unit;
use super::scalars::Period;
use super::series::IndexSource;
use super::{ids, session};
use crate::domain::conclusion::{self, Cited};

/// Which value of what is cited.
#[derive(Enum, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "conclusion::Measure")]
pub enum CitedMeasure {
    /// Points.
    Points,
    /// Percentage of the applicable maximum; of results alone.
    Percent,
    /// Rank: of results within the unit's group.
    Rank,
    /// How many are ranked; of figures alone.
    RankedUnits,
    /// Places gained against the year before; below zero for places lost.
    RankChange,
    /// Points gained against the year before of figures, percentage points of results.
    Change,
    /// Code of the class or group; of the whole alone.
    Class,
    /// The middle of the percentages of a group's units; of groups alone.
    Median,
}

/// A figure that a conclusion states.
pub struct Citation {
    stated: conclusion::Citation,
    /// The value as it is now, which is read once.
    now: OnceCell<Option<String>>,
}

impl From<conclusion::Citation> for Citation {
    fn from(stated: conclusion::Citation) -> Self {
        let now = OnceCell::new();
        Self { stated, now }
    }
}

impl Citation {
    async fn current(&self, context: &Context<'_>) -> Result<Option<&str>> {
        let read = || session(context).cited_now(&self.stated);
        Ok(self.now.get_or_try_init(read).await?.as_deref())
    }

    fn of_unit(&self) -> Option<&str> {
        match &self.stated.cited {
            Cited::Result { unit, .. } | Cited::Figure { unit, .. } => Some(unit),
            Cited::Group { .. } => None,
        }
    }
}

/// A figure that a conclusion states: a reference to a published result or to a figure of an index of others, with its value then and now.
#[Object]
impl Citation {
    /// Opaque id.
    pub async fn id(&self) -> ID {
        ids::encode("Citation", &format!("{}/{}", self.stated.conclusion, self.stated.code))
    }

    /// Code of the conclusion.
    async fn conclusion_code(&self) -> &str {
        &self.stated.conclusion
    }

    /// Code within the conclusion.
    async fn code(&self) -> &str {
        &self.stated.code
    }

    /// Code of the round whose published results it is from; null for a figure of an index.
    async fn round_code(&self) -> Option<&str> {
        match &self.stated.cited {
            Cited::Result { round, .. } | Cited::Group { round, .. } => Some(round),
            Cited::Figure { .. } => None,
        }
    }

    /// Code of the field, criterion or leaf; null for the whole, and for a figure of an index.
    async fn node(&self) -> Option<&str> {
        match &self.stated.cited {
            Cited::Result { node, .. } => node.as_deref(),
            Cited::Group { node, .. } => Some(node),
            Cited::Figure { .. } => None,
        }
    }

    /// Code of the index whose figure it is; null for a published result.
    async fn index(&self) -> Option<&str> {
        match &self.stated.cited {
            Cited::Figure { index, .. } => Some(index),
            Cited::Result { .. } | Cited::Group { .. } => None,
        }
    }

    /// What time a figure of an index is about; null for a published result.
    async fn period(&self) -> Option<Period> {
        match &self.stated.cited {
            Cited::Figure { period, .. } => Some(Period(period.clone())),
            Cited::Result { .. } | Cited::Group { .. } => None,
        }
    }

    /// Which of several sources of that period; null for a published result.
    async fn statement(&self) -> Option<u32> {
        match &self.stated.cited {
            Cited::Figure { statement, .. } => Some(*statement),
            Cited::Result { .. } | Cited::Group { .. } => None,
        }
    }

    /// Code of the part of the index; null for the whole, and for a published result.
    async fn part(&self) -> Option<&str> {
        match &self.stated.cited {
            Cited::Figure { part, .. } => part.as_deref(),
            Cited::Result { .. } | Cited::Group { .. } => None,
        }
    }

    /// Code of the unit that it is about; null for a group.
    async fn unit_code(&self) -> Option<&str> {
        self.of_unit()
    }

    /// The unit that it is about; null for a group.
    async fn unit(&self, context: &Context<'_>) -> Result<Option<Unit>> {
        match self.of_unit() {
            Some(unit) => Ok(session(context).unit(unit).await?.map(Unit)),
            None => Ok(None),
        }
    }

    /// Code of the group of the round that it is about; null for a unit.
    async fn group(&self) -> Option<&str> {
        match &self.stated.cited {
            Cited::Group { group, .. } => Some(group),
            Cited::Result { .. } | Cited::Figure { .. } => None,
        }
    }

    /// Which value it is.
    async fn measure(&self) -> CitedMeasure {
        self.stated.measure.into()
    }

    /// The value when the conclusion was issued, as it was displayed where it comes from.
    async fn value(&self) -> &str {
        &self.stated.value
    }

    /// The value as it is there now; null where it is no longer there.
    async fn current_value(&self, context: &Context<'_>) -> Result<Option<&str>> {
        self.current(context).await
    }

    /// Whether the value is another one now, because of a correction.
    async fn changed(&self, context: &Context<'_>) -> Result<bool> {
        Ok(self.current(context).await? != Some(self.stated.value.as_str()))
    }

    /// Version of the results that the value was taken from; null for a figure of an index.
    async fn publication_version(&self) -> Option<u32> {
        match self.stated.taken_from {
            conclusion::TakenFrom::Publication { version } => Some(version),
            conclusion::TakenFrom::Figure { .. } => None,
        }
    }

    /// Where the value is stated: the document of the figure, or the decision by which the results were published.
    async fn source(&self, context: &Context<'_>) -> Result<Option<IndexSource>> {
        Ok(session(context).source_of(&self.stated).await?.map(Into::into))
    }
}

/// What is cited: the results of a round, or an index.
#[derive(OneofObject)]
pub enum CitedSource {
    /// Code of a round.
    Round(String),
    /// Code of an index that others publish.
    Index(String),
}

impl CitedSource {
    /// What citations are found by.
    pub fn about(self) -> String {
        match self {
            Self::Round(code) => Cited::of_round(&code),
            Self::Index(code) => Cited::of_index(&code),
        }
    }
}
