//! The review queue in the API.

use async_graphql::connection::{Connection, EmptyFields};
use async_graphql::{Context, Enum, ID, InputObject, Object, Result, SimpleObject};

use super::assessment::Assessment;
use super::dossier::AssessmentState;
use super::scalars::{DateTime, Fraction, Long};
use super::{ids, session};
use crate::app::browse_queue;
use crate::domain::{assessment, dossier};

/// Whose claims are wanted.
#[derive(Enum, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "browse_queue::ClaimFilter")]
pub enum ClaimFilter {
    /// Held by the viewer.
    Mine,
    /// Held by nobody.
    Nobody,
    /// Held by others.
    Others,
}

/// Order of the queue.
#[derive(Enum, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "browse_queue::QueueOrder")]
pub enum QueueOrder {
    /// Most points at stake first.
    Stake,
    /// Longest waiting first.
    Age,
    /// By unit code.
    Unit,
}

/// Which criteria are wanted; all conditions must hold.
#[derive(InputObject, Default)]
pub struct QueueFilter {
    /// Code of the unit.
    pub unit: Option<String>,
    /// Ranking group.
    pub group: Option<String>,
    /// Unit type.
    pub unit_type: Option<String>,
    /// Code of the field.
    pub field: Option<String>,
    /// Code of the leaf.
    pub criterion: Option<String>,
    /// States; SUBMITTED and SUPPLEMENTED wait, SUPPLEMENT_REQUESTED once the day that was set is over.
    pub states: Option<Vec<AssessmentState>>,
    /// Whose claims.
    pub claim: Option<ClaimFilter>,
    /// Changed after this instant.
    pub changed_after: Option<DateTime>,
}

impl From<QueueFilter> for browse_queue::QueueFilter {
    fn from(filter: QueueFilter) -> Self {
        Self {
            unit: filter.unit,
            group: filter.group,
            unit_type: filter.unit_type,
            field: filter.field,
            criterion: filter.criterion,
            states: filter.states.unwrap_or_default().into_iter().map(Into::into).collect(),
            claim: filter.claim.map(Into::into),
            changed_after: filter.changed_after.map(|at| at.0),
        }
    }
}

/// A criterion that waits for an appraiser.
pub struct QueueItem(pub assessment::QueueItem);

/// A criterion that waits for an appraiser.
#[Object]
impl QueueItem {
    /// Opaque id.
    pub async fn id(&self) -> ID {
        let dossier = dossier::Dossier::key(&self.0.round, &self.0.unit);
        ids::encode_part("QueueItem", &dossier, &self.0.criterion)
    }

    /// Code of the unit.
    async fn unit_code(&self) -> &str {
        &self.0.unit
    }

    /// Code of the leaf.
    async fn criterion(&self) -> &str {
        &self.0.criterion
    }

    /// Code of the field.
    async fn field_code(&self) -> &str {
        &self.0.field
    }

    /// Where it stands.
    async fn state(&self) -> AssessmentState {
        self.0.state.into()
    }

    /// Points at stake as a share of the dossier's applicable maximum.
    async fn stake(&self) -> Fraction {
        Fraction(self.0.stake.clone())
    }

    /// When the dossier was submitted.
    async fn submitted_at(&self) -> Option<DateTime> {
        self.0.submitted_at.map(DateTime)
    }

    /// When it last changed.
    async fn changed_at(&self) -> DateTime {
        DateTime(self.0.changed_at)
    }

    /// Until when somebody holds it; null or past: nobody does.
    async fn claimed_until(&self) -> Option<DateTime> {
        self.0.claimed_until.map(DateTime)
    }

    /// Everything needed to judge it.
    async fn assessment(&self, context: &Context<'_>) -> Result<Assessment> {
        Ok(Assessment {
            view: session(context).view(&self.0.round, &self.0.unit).await?,
            criterion: self.0.criterion.clone(),
        })
    }
}

/// A page of the queue.
pub type QueuePage = Connection<String, QueueItem, QueueCounts, EmptyFields>;

/// How many criteria wait, for one value.
#[derive(SimpleObject)]
pub struct QueueCount {
    /// Unit code, field code or state.
    pub key: String,
    /// How many.
    pub count: Long,
}

/// Counts over the whole queue under the same filter and rights.
pub struct QueueCounts {
    pub round: String,
    pub filter: browse_queue::QueueFilter,
}

impl QueueCounts {
    async fn by(&self, context: &Context<'_>, field: &'static str) -> Result<Vec<QueueCount>> {
        let counts = session(context).queue_counts(&self.round, &self.filter, field).await?;
        Ok(counts
            .into_iter()
            .map(|(value, count)| QueueCount {
                key: value.as_text().unwrap_or_default().to_owned(),
                count: Long(count),
            })
            .collect())
    }
}

/// Counts over the whole queue, computed only when asked for.
#[Object]
impl QueueCounts {
    /// How many criteria wait in all.
    async fn total_count(&self, context: &Context<'_>) -> Result<Long> {
        Ok(Long(session(context).queue_total(&self.round, &self.filter).await?))
    }

    /// By unit.
    async fn count_by_unit(&self, context: &Context<'_>) -> Result<Vec<QueueCount>> {
        self.by(context, "unit").await
    }

    /// By field.
    async fn count_by_field(&self, context: &Context<'_>) -> Result<Vec<QueueCount>> {
        self.by(context, "field").await
    }

    /// By state.
    async fn count_by_state(&self, context: &Context<'_>) -> Result<Vec<QueueCount>> {
        self.by(context, "state").await
    }
}
