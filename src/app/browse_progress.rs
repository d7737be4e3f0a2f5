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
use crate::domain::policy::{Permission, Viewer};
use crate::domain::round::RoundPhase;
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
        let tells_second = self.tells_second_persons(&viewer).await?;
        let phase = self.known_codes(round).await?.round.phase;
        let mut rows: BTreeMap<String, ProgressRow> = BTreeMap::new();
        for state in AssessmentState::ALL {
            let in_state = |query: TypedQuery<QueueItem>| query.filter(queue_fields::STATE.equal(state.name()));
            let queries: Vec<_> = assignment.queries().into_iter().map(in_state).collect();
            for (value, count) in read.count_all_by(&queries, by.column()).await? {
                let key = by.key(value.as_text().unwrap_or_default());
                let row = rows.entry(key.to_owned()).or_insert_with(|| row(key, None));
                let told = match tells_second {
                    true => state,
                    false => without_second_persons(state, phase),
                };
                *row.states.entry(told).or_insert(0) += count;
            }
        }
        Ok(rows.into_values().collect())
    }

    /// Whether the viewer is told how many leaves wait for a second person: who runs rounds, and lead appraisers. To a unit
    /// it would tell that a large change was found, or that two reviews differ.
    async fn tells_second_persons(&self, viewer: &Viewer) -> Result<bool, Error> {
        Ok(viewer.holds_any(Permission::Reconcile, self.today()?) || self.runs_rounds().await?)
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

/// The state under which a leaf is counted for those who are not told of second persons. In the second round a leaf that waits
/// for one may have been explained or not: all that waits is counted together then, so that the difference tells nothing.
fn without_second_persons(state: AssessmentState, phase: RoundPhase) -> AssessmentState {
    let waits = matches!(
        state,
        AssessmentState::Submitted | AssessmentState::Explained | AssessmentState::Proposed | AssessmentState::Disputed
    );
    match phase {
        _ if !waits => state,
        RoundPhase::SecondAppraisal => AssessmentState::Explained,
        _ if state == AssessmentState::Explained => state,
        _ => AssessmentState::Submitted,
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
