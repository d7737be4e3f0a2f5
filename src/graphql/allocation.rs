//! Plans of who appraises what, in the API.

use async_graphql::{Enum, Object, Result, SimpleObject};

use super::register::ConflictOfInterest;
use super::scalars::Long;
use crate::app::error::Error;
use crate::domain::allocation;
use crate::store::MAX_PAGE;

/// Why nobody is given a share.
#[derive(Enum, Clone, Copy, PartialEq, Eq)]
pub enum UnallocatedReason {
    /// No grant to review covers it: grant one, or in a department's own dossier name its substitute.
    NoAppraiser,
    /// Everybody whose grants cover it has a conflict of interest: name somebody else.
    ConflictOfInterest,
    /// Everybody who may judge it has as many leaves as the limit allows: raise limits, or name more people.
    NoRoom,
}

/// Leaves of one dossier that one person judges: of one appraising department, so that documents used for several leaves
/// are read once.
#[derive(SimpleObject)]
pub struct ReviewShare {
    /// Code of the assessed unit.
    pub unit_code: String,
    /// Code of the appraising department.
    pub department_code: String,
    /// Codes of the leaves.
    pub criteria: Vec<String>,
    /// Login of who judges it.
    pub login: String,
}

/// Leaves of one dossier that nobody is given.
#[derive(SimpleObject)]
pub struct UnallocatedShare {
    /// Code of the assessed unit.
    pub unit_code: String,
    /// Code of the appraising department.
    pub department_code: String,
    /// Codes of the leaves.
    pub criteria: Vec<String>,
    /// Why.
    pub reason: UnallocatedReason,
    /// The conflicts of interest that stand in the way; empty for other reasons.
    pub conflicts: Vec<ConflictOfInterest>,
}

/// What one person is given in all.
#[derive(SimpleObject)]
pub struct AppraiserLoad {
    /// Login.
    pub login: String,
    /// Leaves.
    pub leaves: Long,
    /// Shares: dossiers, counted once for each department and group of leaves.
    pub shares: Long,
    /// Leaves of the round that the person has verified already, beside those: they weigh as much.
    pub verified: Long,
    /// Most leaves that the call allows, those verified already too; null for no limit.
    pub max_leaves: Option<Long>,
}

/// Who appraises what of a round. The same call makes the same plan, so that its lists are read on by calling again with
/// another skip.
pub struct AllocationPlan(pub allocation::Plan);

/// One page of a list that is there as a whole.
pub(super) fn page<T>(items: &[T], first: i32, skip: i32) -> Result<&[T]> {
    let first = usize::try_from(first)
        .ok()
        .filter(|first| (1..=MAX_PAGE).contains(first));
    let first = first.ok_or_else(|| {
        Error::invalid(
            "first",
            format!("first phải từ 1 đến {MAX_PAGE}."),
            format!("first must be 1 to {MAX_PAGE}."),
        )
    })?;
    let skip = usize::try_from(skip)
        .map_err(|_| Error::invalid("skip", "skip phải từ 0 trở lên.", "skip must be 0 or more."))?;
    let rest = items.get(skip..).unwrap_or_default();
    Ok(&rest[..rest.len().min(first)])
}

pub(super) fn count(items: usize) -> Long {
    Long(items as u64)
}

/// Who appraises what of a round. The same call makes the same plan, so that its lists are read on by calling again with
/// another skip.
#[Object]
impl AllocationPlan {
    /// How many shares are given to somebody.
    async fn share_count(&self) -> Long {
        count(self.0.given.len())
    }

    /// How many shares nobody is given.
    async fn unallocated_count(&self) -> Long {
        count(self.0.left.len())
    }

    /// How many people are asked, with or without a share.
    async fn appraiser_count(&self) -> Long {
        count(self.0.loads.len())
    }

    /// Shares by unit and department.
    async fn shares(
        &self,
        #[graphql(desc = "So many, 1 to 500.", default = 25)] first: i32,
        #[graphql(desc = "So many are left out before them.", default)] skip: i32,
    ) -> Result<Vec<ReviewShare>> {
        let share = |(share, login): &(allocation::Share, String)| ReviewShare {
            unit_code: share.unit.clone(),
            department_code: share.department.clone(),
            criteria: share.criteria.clone(),
            login: login.clone(),
        };
        Ok(page(&self.0.given, first, skip)?.iter().map(share).collect())
    }

    /// What nobody is given, by unit and department, with the reason.
    async fn unallocated(
        &self,
        #[graphql(desc = "So many, 1 to 500.", default = 25)] first: i32,
        #[graphql(desc = "So many are left out before them.", default)] skip: i32,
    ) -> Result<Vec<UnallocatedShare>> {
        let left = page(&self.0.left, first, skip)?.iter();
        Ok(left.map(unallocated).collect())
    }

    /// People by login with what they are given.
    async fn loads(
        &self,
        #[graphql(desc = "So many, 1 to 500.", default = 25)] first: i32,
        #[graphql(desc = "So many are left out before them.", default)] skip: i32,
    ) -> Result<Vec<AppraiserLoad>> {
        let load = |load: &allocation::Load| AppraiserLoad {
            login: load.login.clone(),
            leaves: Long(load.leaves),
            shares: Long(load.shares),
            verified: Long(load.verified),
            max_leaves: load.most.map(Long),
        };
        Ok(page(&self.0.loads, first, skip)?.iter().map(load).collect())
    }
}

fn unallocated((share, reason): &(allocation::Share, allocation::Reason)) -> UnallocatedShare {
    let (reason, conflicts) = match reason {
        allocation::Reason::NoAppraiser => (UnallocatedReason::NoAppraiser, Vec::new()),
        allocation::Reason::NoRoom => (UnallocatedReason::NoRoom, Vec::new()),
        allocation::Reason::Conflicts(conflicts) => {
            let named = conflicts.iter().copied().map(Into::into).collect();
            (UnallocatedReason::ConflictOfInterest, named)
        }
    };
    UnallocatedShare {
        unit_code: share.unit.clone(),
        department_code: share.department.clone(),
        criteria: share.criteria.clone(),
        reason,
        conflicts,
    }
}
