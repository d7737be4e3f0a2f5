//! At which pace units declare, and who will not be ready when self-assessment ends if it goes on so.
//!
//! Counted are leaves inside the scale that units declare themselves: a survey is recorded by others, and of a bonus or a
//! penalty there may be nothing to declare. A leaf counts on the day on which its declaration, or what is linked to it, last
//! changed.

use std::collections::BTreeMap;

use jiff::civil::Date;

use super::Session;
use super::browse_pace::PaceWindow;
use super::documents::{dossier_fields, queue_fields};
use super::error::Error;
use crate::domain::assessment::{AssessmentState, QueueItem};
use crate::domain::dossier::{Dossier, DossierPhase};
use crate::domain::framework::Method;
use crate::domain::pace::Pace;
use crate::domain::policy::Permission;
use crate::store::typed::TypedQuery;
use crate::store::{Direction, Document};

/// What a unit has left to declare, and how fast it goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeclaringRow {
    pub unit: String,
    /// Of leaves that are declared.
    pub pace: Pace,
    /// Last day of its self-assessment, with what it was given longer; absent in a round without dates.
    pub due: Option<Date>,
}

impl Session {
    /// What each unit that has not submitted has left to declare and how fast it went in the window, by unit; those whose
    /// scores the viewer may see.
    pub async fn declaring(&self, window: &PaceWindow) -> Result<Vec<DeclaringRow>, Error> {
        let days = u32::try_from(window.days.len()).unwrap_or(u32::MAX);
        let open = |query: TypedQuery<QueueItem>| query.filter(queue_fields::STATE.equal(AssessmentState::Open.name()));
        let left = self.declared_by_unit(window, open).await?;
        let declared = match (window.days.first(), window.days.last()) {
            (Some((_, begins, _)), Some((_, _, ends))) => {
                let in_days = |query: TypedQuery<QueueItem>| {
                    query
                        .filter(queue_fields::DECLARED.equal(1_i64))
                        .filter(queue_fields::CHANGED_AT.at_least(begins.as_millisecond()))
                        .filter(queue_fields::CHANGED_AT.less_than(ends.as_millisecond()))
                };
                self.declared_by_unit(window, in_days).await?
            }
            _ => BTreeMap::new(),
        };
        // Whoever sees none of a unit's leaves finds it in neither, whose last leaf was declared before the window in none.
        let seen = |query: TypedQuery<QueueItem>| query.filter(queue_fields::DECLARED.equal(1_i64));
        let seen = self.declared_by_unit(window, seen).await?;
        let dossiers = Dossier::query()
            .filter(dossier_fields::ROUND.equal(window.round.as_str()))
            .order(&dossier_fields::UNIT, Direction::Ascending);
        let dossiers = self.reader().every(dossiers).await?.into_iter().map(|one| one.value);
        let at_it = dossiers.filter(|one| one.phase == DossierPhase::SelfAssessment && !one.is_submitted());
        let count = |counts: &BTreeMap<String, u64>, unit: &str| counts.get(unit).copied().unwrap_or_default();
        let row = |dossier: Dossier| {
            let unit = dossier.unit;
            let is_seen = left.contains_key(&unit) || seen.contains_key(&unit);
            is_seen.then(|| DeclaringRow {
                pace: Pace {
                    left: count(&left, &unit),
                    done: count(&declared, &unit),
                    days,
                },
                due: dossier.deadline.map(|deadline| deadline.day),
                unit,
            })
        };
        Ok(at_it.filter_map(row).collect())
    }

    /// How many leaves that units declare themselves are as wanted, by unit, as far as the viewer sees their scores.
    async fn declared_by_unit(
        &self,
        window: &PaceWindow,
        wanted: impl Fn(TypedQuery<QueueItem>) -> TypedQuery<QueueItem>,
    ) -> Result<BTreeMap<String, u64>, Error> {
        let viewer = self.holder_of(Permission::ViewScores).await?;
        let assignment = self.assignment(&viewer, Permission::ViewScores, &window.round).await?;
        let regions = assignment.queries();
        let known = self.known_codes(&window.round).await?;
        let mut queries = Vec::new();
        // A code may stand for one thing in one framework and for another in the next.
        for (unit_type, reference) in &known.round.frameworks {
            let framework = self.reader().framework_of(reference).await?;
            let declared = framework.leaves().filter(|(node, leaf)| {
                leaf.method == Method::Appraised && framework.outside_scale(&node.code).is_none()
            });
            let codes: Vec<String> = declared.map(|(node, _)| node.code.clone()).collect();
            let of_type = |query: &TypedQuery<QueueItem>| {
                let query = query.clone().filter(queue_fields::UNIT_TYPE.equal(unit_type.as_str()));
                wanted(query.filter(queue_fields::CRITERION.one_of(codes.iter().cloned())))
            };
            queries.extend(regions.iter().map(of_type));
        }
        let counts = self.reader().count_all_by(&queries, queue_fields::UNIT.name).await?;
        let count = |(value, count): (crate::store::FieldValue, u64)| Some((value.as_text()?.to_owned(), count));
        Ok(counts.into_iter().filter_map(count).collect())
    }
}
