//! Reading the review queue and progress. Rows, counts and facets are cut by the same assignment.

use std::sync::Arc;

use jiff::Timestamp;

use super::Session;
use super::claim::{Claimed, LeafOutcomes};
use super::documents::queue_fields;
use super::error::Error;
use super::reader::TypedPage;
use super::review_many::LeafKey;
use crate::domain::allocation::Lot;
use crate::domain::assessment::{AssessmentState, QueueItem};
use crate::domain::policy::{Permission, Viewer};
use crate::store::typed::TypedQuery;
use crate::store::{Direction, FieldValue, Window};

/// Leaves that one look considers when the next ones are claimed (200): four times the most that can be asked for.
const CLAIM_CANDIDATES: usize = 200;

/// A filter of the review queue.
#[derive(Clone, Debug, Default)]
pub struct QueueFilter {
    pub unit: Option<String>,
    pub group: Option<String>,
    pub unit_type: Option<String>,
    pub field: Option<String>,
    pub criterion: Option<String>,
    pub states: Vec<AssessmentState>,
    pub claim: Option<ClaimFilter>,
    pub changed_after: Option<Timestamp>,
    /// Only what the plan in force gives to the viewer.
    pub allocated_to_me: bool,
    /// Instead of what waits, leaves of which the unit has said nothing and an appraiser may find something.
    pub unclaimed: bool,
    /// Instead of what waits, leaves with a figure that differs from a system's and has no outcome, verified ones too.
    pub open_differences: bool,
}

/// Whose claims are wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClaimFilter {
    Mine,
    Nobody,
    Others,
}

/// The order of the review queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum QueueOrder {
    /// Most points at stake first.
    Stake,
    /// Soonest due first, of the same day most points at stake first.
    Due,
    /// Longest waiting first.
    Age,
    Unit,
}

impl QueueFilter {
    /// The query with the filter's conditions.
    fn apply(&self, mut query: TypedQuery<QueueItem>, login: &str, now: i64) -> TypedQuery<QueueItem> {
        let codes = [
            (queue_fields::UNIT, &self.unit),
            (queue_fields::GROUP, &self.group),
            (queue_fields::UNIT_TYPE, &self.unit_type),
            (queue_fields::FIELD, &self.field),
            (queue_fields::CRITERION, &self.criterion),
        ];
        for (field, wanted) in codes {
            if let Some(code) = wanted {
                query = query.filter(field.equal(code.as_str()));
            }
        }
        if !self.states.is_empty() {
            query = query.filter(queue_fields::STATE.one_of(self.states.iter().map(|state| state.name())));
        }
        if let Some(after) = self.changed_after {
            query = query.filter(queue_fields::CHANGED_AT.at_least(after.as_millisecond() + 1));
        }
        match self.claim {
            None => query,
            Some(ClaimFilter::Mine) => query
                .filter(queue_fields::CLAIMED_BY.equal(login))
                .filter(queue_fields::CLAIMED_UNTIL.at_least(now + 1)),
            Some(ClaimFilter::Others) => query
                .filter(queue_fields::CLAIMED_BY.none_of([login]))
                .filter(queue_fields::CLAIMED_UNTIL.at_least(now + 1)),
            // What nobody ever claimed has zero there.
            Some(ClaimFilter::Nobody) => query.filter(queue_fields::CLAIMED_UNTIL.less_than(now + 1)),
        }
    }
}

impl Session {
    async fn reviewer(&self) -> Result<Viewer, Error> {
        self.holder_of(Permission::Review).await
    }

    /// The viewer, who has to hold some grant of a permission today, whatever its scope.
    pub(super) async fn holder_of(&self, permission: Permission) -> Result<Viewer, Error> {
        let viewer = self.account().await?;
        if !viewer.holds_any(permission, self.today()?) {
            return Err(Error::Forbidden { needs: permission });
        }
        Ok(viewer)
    }

    /// The queue's queries for this viewer.
    async fn queue_queries(&self, round: &str, filter: &QueueFilter) -> Result<Vec<TypedQuery<QueueItem>>, Error> {
        let viewer = self.reviewer().await?;
        let now = self.app.clock.now().as_millisecond();
        let assignment = self.assignment(&viewer, Permission::Review, round).await?;
        let waiting = |query: TypedQuery<QueueItem>| {
            let query = match (filter.open_differences, filter.unclaimed) {
                (true, _) => query.filter(queue_fields::DIFFERS.equal(1i64)),
                (false, true) => query.filter(queue_fields::UNCLAIMED.equal(1i64)),
                (false, false) => query
                    .filter(queue_fields::WAITING.equal(1i64))
                    .filter(queue_fields::WAITING_FROM.less_than(now + 1)),
            };
            filter.apply(query, &viewer.user.login, now)
        };
        let queries = assignment.queries().into_iter().map(waiting);
        if !filter.allocated_to_me {
            return Ok(queries.collect());
        }
        // The lots of one person are disjoint, like the queries.
        let lots = self.allocated_to_me(round).await?;
        let within = |query: TypedQuery<QueueItem>, lot: &Lot| {
            query
                .filter(queue_fields::UNIT.one_of(lot.units.iter().cloned()))
                .filter(queue_fields::CRITERION.one_of(lot.criteria.iter().cloned()))
        };
        let in_lots = |query: TypedQuery<QueueItem>| {
            lots.iter()
                .map(move |lot| within(query.clone(), lot))
                .collect::<Vec<_>>()
        };
        Ok(queries.flat_map(in_lots).collect())
    }

    /// Whether the filter names what the round has: an empty page would not tell a slip of the pen from an empty queue.
    async fn check_filter(&self, round: &str, filter: &QueueFilter) -> Result<(), Error> {
        let named = [
            &filter.unit,
            &filter.group,
            &filter.unit_type,
            &filter.field,
            &filter.criterion,
        ];
        if named.iter().all(|one| one.is_none()) {
            return Ok(());
        }
        let known = self.known_codes(round).await?;
        known.check_units("filter.unit", filter.unit.as_slice())?;
        known.check_unit_type("filter.unitType", filter.unit_type.as_deref())?;
        known.check_group("filter.group", filter.group.as_deref()).await?;
        known.check_field("filter.field", filter.field.as_deref()).await?;
        known
            .check_criterion("filter.criterion", filter.criterion.as_deref())
            .await
    }

    /// A page of the criteria that wait for this appraiser.
    ///
    /// # Errors
    /// [`Error::Invalid`] for an order in which what does not wait is not kept.
    pub async fn review_queue(
        &self,
        round: &str,
        filter: &QueueFilter,
        order: QueueOrder,
        window: &Window,
    ) -> Result<TypedPage<Arc<QueueItem>>, Error> {
        if filter.unclaimed && filter.open_differences {
            return Err(Error::invalid(
                "filter",
                "Chỉ nêu một trong unclaimed và openDifferences.",
                "Give either unclaimed or openDifferences.",
            ));
        }
        if (filter.unclaimed || filter.open_differences) && order != QueueOrder::Unit {
            return Err(Error::invalid(
                "order",
                "Với filter.unclaimed hoặc filter.openDifferences chỉ xếp được theo đơn vị (UNIT).",
                "With filter.unclaimed or filter.openDifferences the only order is UNIT.",
            ));
        }
        let ordered = |query: TypedQuery<QueueItem>| {
            let query = match order {
                QueueOrder::Stake => query.order(&queue_fields::STAKE, Direction::Descending),
                QueueOrder::Due => query.order(&queue_fields::URGENCY, Direction::Ascending),
                QueueOrder::Age => query.order(&queue_fields::SUBMITTED_AT, Direction::Ascending),
                QueueOrder::Unit => query.order(&queue_fields::UNIT, Direction::Ascending),
            };
            query.window(window)
        };
        let queries = self.queue_queries(round, filter).await?;
        self.check_filter(round, filter).await?;
        self.reader()
            .queue_page(queries.into_iter().map(ordered).collect())
            .await
    }

    /// How many criteria wait, by the value of a field.
    pub async fn queue_counts(
        &self,
        round: &str,
        filter: &QueueFilter,
        field: &'static str,
    ) -> Result<Vec<(FieldValue, u64)>, Error> {
        let queries = self.queue_queries(round, filter).await?;
        self.reader().count_all_by(&queries, field).await
    }

    /// How many criteria wait.
    pub async fn queue_total(&self, round: &str, filter: &QueueFilter) -> Result<u64, Error> {
        let queries = self.queue_queries(round, filter).await?;
        self.reader().count_all(&queries).await
    }

    /// Claims the next leaves by filter, in the order asked.
    pub async fn claim_next(
        &self,
        round: &str,
        filter: &QueueFilter,
        order: QueueOrder,
        limit: usize,
    ) -> Result<LeafOutcomes<Claimed>, Error> {
        if filter.open_differences {
            return Err(Error::invalid(
                "filter.openDifferences",
                "Danh sách này có cả tiêu chí đã thẩm định nên không nhận theo lượt; hãy nhận từng tiêu chí (claim với items).",
                "This list has verified leaves, too, and is not claimed in turn; claim single leaves.",
            ));
        }
        if filter.unclaimed {
            return Err(Error::invalid(
                "filter.unclaimed",
                "Không ai phải xử lý các tiêu chí này nên không cần nhận; hãy thẩm định trực tiếp (review).",
                "Nobody has to act on these, and they are not claimed; review them as they are.",
            ));
        }
        let _turn = self.claiming().await?;
        let next = self.next_free(round, filter, order, limit).await?;
        let leaf = |item: &Arc<QueueItem>| LeafKey {
            round: item.round.clone(),
            unit: item.unit.clone(),
            criterion: item.criterion.clone(),
        };
        self.claim_in_turn(next.iter().map(leaf).collect()).await
    }

    /// The next leaves that nobody holds; those that the account holds itself are the next only where it asks for them.
    async fn next_free(
        &self,
        round: &str,
        filter: &QueueFilter,
        order: QueueOrder,
        limit: usize,
    ) -> Result<Vec<Arc<QueueItem>>, Error> {
        let (me, now) = (self.signed_in()?, self.app.clock.now());
        let mut free = Vec::new();
        let mut window = Window::behind(None, CLAIM_CANDIDATES);
        loop {
            let page = self.review_queue(round, filter, order, &window).await?;
            window.after = page.items.last().map(|(_, cursor)| cursor.clone());
            let found = page.items.into_iter().map(|(item, _)| item.value);
            let renewed = filter.claim == Some(ClaimFilter::Mine);
            let found = found.filter(|item| !item.waits_for_another(me));
            free.extend(found.filter(|item| item.holder(now).is_none_or(|holder| renewed && holder == me)));
            if free.len() >= limit || !page.more {
                free.truncate(limit);
                return Ok(free);
            }
        }
    }
}
