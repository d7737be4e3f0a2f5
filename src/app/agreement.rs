//! How far independent reviews agree, for the lead.

use std::collections::BTreeMap;

use super::Session;
use super::documents::queue_fields;
use super::error::Error;
use crate::domain::policy::Permission;
use crate::domain::second_person::ReviewedTwice;

/// What became of the leaves of one criterion that two people reviewed independently.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Agreement {
    pub criterion: String,
    pub agreed: u64,
    /// Differing, and not decided yet.
    pub disputed: u64,
    /// Differing, and decided by the lead.
    pub reconciled: u64,
}

impl Session {
    /// Agreement by criterion, in the order of their codes, over the leaves that the lead may decide.
    ///
    /// # Errors
    /// [`Error::Forbidden`] for who leads nowhere.
    pub async fn agreement(&self, round: &str) -> Result<Vec<Agreement>, Error> {
        let viewer = self.holder_of(Permission::Reconcile).await?;
        let assignment = self.assignment(&viewer, Permission::Reconcile, round).await?;
        let read = self.reader();
        let mut found: BTreeMap<String, Agreement> = BTreeMap::new();
        for twice in [
            ReviewedTwice::Agreed,
            ReviewedTwice::Disputed,
            ReviewedTwice::Reconciled,
        ] {
            let queries = assignment.queries().into_iter().map(|query| {
                let drawn = query.filter(queue_fields::REVIEWED_TWICE.equal(1_i64));
                drawn.filter(queue_fields::TWICE.equal(twice.name()))
            });
            let queries: Vec<_> = queries.collect();
            for (value, count) in read.count_all_by(&queries, queue_fields::CRITERION.name).await? {
                let criterion = value.as_text().unwrap_or_default().to_owned();
                let line = found.entry(criterion.clone()).or_insert_with(|| Agreement {
                    criterion,
                    ..Agreement::default()
                });
                match twice {
                    ReviewedTwice::Agreed => line.agreed += count,
                    ReviewedTwice::Disputed => line.disputed += count,
                    ReviewedTwice::Reconciled => line.reconciled += count,
                }
            }
        }
        Ok(found.into_values().collect())
    }
}
