//! Procedures in force as a province keeps their list, and what a unit publishes beside it.
//!
//! Publishing follows from decisions: a procedure that a decision announces is published on the portal and at the desk by a day
//! and as long as it is in force (Decree 63/2010/NĐ-CP as amended by Decree 92/2017/NĐ-CP, articles 15 to 17).

mod compare;
mod read;

use std::collections::BTreeSet;

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::text::Text;

pub use compare::{Compared, ComparedProcedure, ProcedureFinding, compare};
pub use read::{EnteredProcedure, HEADER, read_csv, read_entered};

/// Most procedures of one list (3,000): a province with all its levels has some 2,000. With [`MAXIMUM_LIST_BYTES`] a list is one
/// document, so that no list needs the files' store.
pub const MAXIMUM_LISTED: usize = 3_000;
/// Most bytes of one list as JSON (768 KiB): a stored body has 1 MiB. 3,000 procedures with names of 60 letters have room.
pub const MAXIMUM_LIST_BYTES: usize = 768 * 1024;

/// A procedure of a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ListedProcedure {
    /// As in the national database: `1.004227`.
    pub code: String,
    pub name: String,
    /// Number and symbol of the decision that announced it: `1234/QĐ-UBND`.
    pub decision: String,
    /// First day in force.
    pub in_force_from: Date,
    /// Last day in force; absent while nothing ends it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub in_force_until: Option<Date>,
    /// Last day on which publishing it is in time; absent where none is set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub publish_by: Option<Date>,
}

impl ListedProcedure {
    /// Whether it is in force on a day.
    pub fn is_in_force(&self, day: Date) -> bool {
        self.in_force_from <= day && !self.is_over(day)
    }

    /// Whether it was in force before a day and is no longer.
    pub fn is_over(&self, day: Date) -> bool {
        self.in_force_until.is_some_and(|last| last < day)
    }

    /// Whether it has to be published on a day: in force, and its time to be published is over.
    pub fn has_to_be_published(&self, day: Date) -> bool {
        self.is_in_force(day) && self.publish_by.is_none_or(|last| last <= day)
    }
}

/// For whom a list holds: units by code, and all other units of some types.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct HoldsFor {
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub unit_types: BTreeSet<String>,
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub units: BTreeSet<String>,
}

impl HoldsFor {
    /// What two lists both hold for: a unit, or a unit type.
    pub fn shared<'a>(&'a self, other: &'a Self) -> Option<&'a str> {
        let units = self.units.intersection(&other.units);
        let types = self.unit_types.intersection(&other.unit_types);
        units.chain(types).next().map(String::as_str)
    }
}

/// What a version of a list is, without its procedures.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ListEdition {
    /// From 1, in the order in which the versions were saved.
    pub version: u32,
    pub name: Text,
    /// The decisions that the list follows, or the export that it was made from.
    pub source: String,
    pub holds_for: HoldsFor,
    /// How many procedures it has.
    pub count: u32,
    pub saved_at: Timestamp,
    pub saved_by: String,
}

/// A list of procedures in force of a round: what stays the same over its versions, and the newest of them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ProcedureList {
    /// Code of the round.
    pub round: String,
    pub code: String,
    pub newest: ListEdition,
}

/// One version of a list with its procedures, which never changes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ProcedureListVersion {
    /// Code of the list.
    pub list: String,
    pub edition: ListEdition,
    /// In the order of their codes, each once.
    pub procedures: Vec<ListedProcedure>,
}

impl ProcedureListVersion {
    /// The id of a version in its round's stream.
    pub fn key_of(list: &str, version: u32) -> String {
        format!("{list}~{version:04}")
    }

    /// A procedure by its code.
    pub fn procedure(&self, code: &str) -> Option<&ListedProcedure> {
        let place = self
            .procedures
            .binary_search_by(|one| one.code.as_str().cmp(code))
            .ok()?;
        self.procedures.get(place)
    }
}

/// The list that holds for a unit: one that names it, otherwise one of its type. No two lists of a round name the same.
pub fn list_for<'a>(lists: &'a [ProcedureList], unit: &str, unit_type: &str) -> Option<&'a ProcedureList> {
    let names = |list: &&ProcedureList| list.newest.holds_for.units.contains(unit);
    let of_type = |list: &&ProcedureList| list.newest.holds_for.unit_types.contains(unit_type);
    lists.iter().find(names).or_else(|| lists.iter().find(of_type))
}

#[cfg(test)]
mod tests;
