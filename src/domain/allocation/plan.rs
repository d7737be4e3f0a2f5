//! What a plan says: shares and who was given them, what was left and why, and each person's part as it is kept.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::domain::conflict::Conflict;

/// Leaves of one dossier that one person judges.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Share {
    pub unit: String,
    /// The appraising department.
    pub department: String,
    /// Codes of the leaves, in the framework's order.
    pub criteria: Vec<String>,
}

impl Share {
    pub(super) fn weight(&self) -> u64 {
        self.criteria.len() as u64
    }
}

/// Why nobody was given a share.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reason {
    /// No grant covers it.
    NoAppraiser,
    /// Everybody whose grants cover it has a conflict of interest: these.
    Conflicts(BTreeSet<Conflict>),
    /// Everybody who may judge it has as much as the limit allows.
    NoRoom,
}

/// What one person was given in all.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Load {
    pub login: String,
    pub leaves: u64,
    pub shares: u64,
    /// Leaves that the person has verified already, beside those.
    pub verified: u64,
    pub most: Option<u64>,
}

/// Who appraises what.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Plan {
    /// Each share with the login of who judges it, by unit.
    pub given: Vec<(Share, String)>,
    /// By unit.
    pub left: Vec<(Share, Reason)>,
    /// Everybody, by login, also who was given nothing.
    pub loads: Vec<Load>,
}

/// Shares of the same leaves in many dossiers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Lot {
    /// The appraising department.
    pub department: String,
    /// Codes of the leaves.
    pub criteria: Vec<String>,
    pub units: Vec<String>,
}

/// What a plan gave to one person. Kept in the account's stream, one for each plan; the round says which plan holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Allocation {
    pub round: String,
    /// The plan, by its digest.
    pub plan: String,
    pub login: String,
    pub lots: Vec<Lot>,
}

/// The plan that holds in a round. Kept in the round's stream, written when everybody's part of the plan is there: so the
/// round goes from one plan to the next at once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct AllocationInForce {
    pub round: String,
    /// The plan, by its digest.
    pub plan: String,
    pub at: jiff::Timestamp,
    pub by: String,
}

impl Allocation {
    /// The key of a person's part of a plan, within the account.
    pub fn key_of(round: &str, plan: &str) -> String {
        format!("{round}~{plan}")
    }
}

impl Plan {
    /// What one person was given, the same leaves of many dossiers together.
    pub fn lots_of(&self, login: &str) -> Vec<Lot> {
        let mut lots: BTreeMap<(&str, &[String]), Vec<String>> = BTreeMap::new();
        for (share, _) in self.given.iter().filter(|(_, who)| who == login) {
            let units = lots.entry((&share.department, &share.criteria)).or_default();
            units.push(share.unit.clone());
        }
        let lot = |((department, criteria), units): ((&str, &[String]), Vec<String>)| Lot {
            department: department.to_owned(),
            criteria: criteria.to_vec(),
            units,
        };
        lots.into_iter().map(lot).collect()
    }
}
