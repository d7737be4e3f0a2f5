//! How far a round is: leaves by state, of each unit, field, group, department or person.
//!
//! Of people there are two counts, which need not agree: what the plan in force gives them, by state, and what they have
//! verified, whoever was to. The first is counted by the lots of the plan, so that no leaf has to say whose work it is.

use std::collections::BTreeMap;

use super::Session;
use super::assignments::Assignment;
use super::documents::queue_fields;
use super::error::Error;
use crate::domain::allocation::Lot;
use crate::domain::assessment::{AssessmentState, QueueItem};
use crate::domain::policy::Permission;
use crate::store::Document;
use crate::store::typed::TypedQuery;

/// By what progress is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProgressBy {
    Unit,
    Field,
    Group,
    /// The appraising department.
    Appraiser,
    /// The person: what the plan in force gives to whom, and what each has verified.
    Person,
}

impl ProgressBy {
    pub(super) fn column(self) -> &'static str {
        match self {
            Self::Unit => "unit",
            Self::Field => "field",
            Self::Group => "unit_group",
            Self::Appraiser => "scope",
            Self::Person => "verified_by",
        }
    }

    /// What a value of the column stands for.
    pub(super) fn key(self, value: &str) -> &str {
        match self {
            Self::Unit | Self::Field | Self::Group | Self::Person => value,
            Self::Appraiser => QueueItem::department_of(value),
        }
    }
}

/// Leaves by state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProgressRow {
    pub key: String,
    /// Of people, those that the plan in force gives them.
    pub states: BTreeMap<AssessmentState, u64>,
    /// Leaves in which the person's review stands; of people alone.
    pub verified: Option<u64>,
}

/// Whose progress the viewer sees where people are told apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Whose {
    Everybody,
    /// The own, by login.
    Own(String),
}

impl Whose {
    pub(super) fn login(&self) -> Option<&str> {
        match self {
            Self::Everybody => None,
            Self::Own(login) => Some(login),
        }
    }

    /// What these people have verified.
    pub(super) fn verified(&self, query: TypedQuery<QueueItem>) -> TypedQuery<QueueItem> {
        match self {
            Self::Everybody => query,
            Self::Own(login) => query.filter(queue_fields::VERIFIED_BY.equal(login.as_str())),
        }
    }
}

impl Session {
    /// Leaves of a round by state, for each value of a field; those whose scores the viewer may see.
    pub async fn progress(&self, round: &str, by: ProgressBy) -> Result<Vec<ProgressRow>, Error> {
        if by == ProgressBy::Person {
            return self.progress_of_people(round).await;
        }
        let viewer = self.holder_of(Permission::ViewScores).await?;
        let assignment: Assignment = self.assignment(&viewer, Permission::ViewScores, round).await?;
        let read = self.reader();
        let mut rows: BTreeMap<String, ProgressRow> = BTreeMap::new();
        for state in AssessmentState::ALL {
            let in_state = |query: TypedQuery<QueueItem>| query.filter(queue_fields::STATE.equal(state.name()));
            let queries: Vec<_> = assignment.queries().into_iter().map(in_state).collect();
            for (value, count) in read.count_all_by(&queries, by.column()).await? {
                let key = by.key(value.as_text().unwrap_or_default());
                let row = rows.entry(key.to_owned()).or_insert_with(|| row(key, None));
                *row.states.entry(state).or_insert(0) += count;
            }
        }
        Ok(rows.into_values().collect())
    }

    /// Whose progress the viewer sees: everybody's for those who run rounds, the own for those who judge.
    ///
    /// # Errors
    /// [`Error::Forbidden`] for others: who appraises them is nothing that units and dashboards count.
    pub(super) async fn whose_progress(&self) -> Result<Whose, Error> {
        if self.runs_rounds().await? {
            return Ok(Whose::Everybody);
        }
        let needs = Permission::RunRound;
        match self.holder_of(Permission::Review).await {
            Ok(viewer) => Ok(Whose::Own(viewer.user.login)),
            Err(Error::Forbidden { .. }) => Err(Error::Forbidden { needs }),
            Err(error) => Err(error),
        }
    }

    async fn progress_of_people(&self, round: &str) -> Result<Vec<ProgressRow>, Error> {
        let whose = self.whose_progress().await?;
        let viewer = self.holder_of(Permission::ViewScores).await?;
        let assignment: Assignment = self.assignment(&viewer, Permission::ViewScores, round).await?;
        let read = self.reader();
        let mut rows: BTreeMap<String, ProgressRow> = BTreeMap::new();
        for part in self.parts_in_force(round, whose.login()).await? {
            let mut row = row(&part.login, Some(0));
            for lot in &part.lots {
                for (value, count) in read.count_by(&of_lot(round, lot), queue_fields::STATE.name).await? {
                    let name = value.as_text().unwrap_or_default();
                    // What does not apply is in none of them.
                    if let Some(state) = AssessmentState::ALL.into_iter().find(|state| state.name() == name) {
                        *row.states.entry(state).or_insert(0) += count;
                    }
                }
            }
            rows.insert(part.login, row);
        }
        let verified = |query: TypedQuery<QueueItem>| whose.verified(query.filter(queue_fields::VERIFIED.equal(1_i64)));
        let queries: Vec<_> = assignment.queries().into_iter().map(verified).collect();
        for (value, count) in read.count_all_by(&queries, queue_fields::VERIFIED_BY.name).await? {
            // A survey is nobody's work.
            if let Some(login) = value.as_text().filter(|login| !login.is_empty()) {
                let row = rows.entry(login.to_owned()).or_insert_with(|| row(login, Some(0)));
                row.verified = row.verified.map(|before| before + count);
            }
        }
        Ok(rows.into_values().collect())
    }
}

fn row(key: &str, verified: Option<u64>) -> ProgressRow {
    ProgressRow {
        key: key.to_owned(),
        states: BTreeMap::new(),
        verified,
    }
}

/// The leaves of a lot. A department's leaves of its own dossier, which the substitute has, lie under a key of their own.
fn of_lot(round: &str, lot: &Lot) -> TypedQuery<QueueItem> {
    let scopes = [
        QueueItem::scope_of(&lot.department, ""),
        QueueItem::scope_of(&lot.department, &lot.department),
    ];
    QueueItem::query()
        .filter(queue_fields::ROUND.equal(round))
        .filter(queue_fields::SCOPE.one_of(scopes))
        .filter(queue_fields::UNIT.one_of(lot.units.iter().cloned()))
        .filter(queue_fields::CRITERION.one_of(lot.criteria.iter().cloned()))
}
