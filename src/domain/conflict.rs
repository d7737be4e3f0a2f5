//! Conflicts of interest: who must not judge what, and why.
//!
//! A department that appraises is itself assessed, and people change between the unit that is judged and the one that
//! judges. So each leaf is asked for the ties between a person and its unit, in this order; the first that holds is named:
//!
//! 1. **Own unit.** The account belongs to the assessed unit. In an appraising department's own dossier the named
//!    substitute takes its place.
//! 2. **Held grant.** The person prepares or signs the unit's dossier, or that of a unit above it, or did so at any time: who
//!    wrote a dossier does not judge it later, be the grant revoked.
//! 3. **Parent or child unit.** Two cases, in the tree of units as it is:
//!    - the account's unit lies *below* the assessed one, at any depth: nobody judges those who give the orders there (Law
//!      on Cadres and Civil Servants 22/2008/QH12, article 9: a civil servant carries out the decisions of the superior);
//!    - the account's unit lies *above* the assessed one and is of the same unit type: both are assessed by one framework
//!      and compared with one another, so that the department would score what it is itself ranked with, as with an agency
//!      that is attached to a department.
//!
//!    A unit above of another type judges those below without a conflict: this is how the index works, a district
//!    appraises its communes, and the owner of the round stands above everybody. Units beside one another have no such tie.
//! 4. **Recusal.** The person, or the round's manager for the person, declared it with a reason (Anti-Corruption Law
//!    36/2018/QH14, article 23: who has a conflict of interest reports it, and the task goes to somebody else).
//!
//! Knows no dates: an act is asked for at its own time, with the facts of that moment.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::policy::Viewer;
use super::registry::{Revocation, is_within};

/// Why somebody must not judge a leaf.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Conflict {
    /// The account belongs to the unit.
    OwnUnit,
    /// An officer or head grant at the unit, or at one above it, is or was held.
    HeldGrant,
    /// The account's unit lies below the assessed one, or above it and is assessed by the same framework.
    ParentOrChildUnit,
    /// Recused from the dossier or from the leaf.
    Recused,
}

impl Conflict {
    /// The stable name of the rule that refuses. An own unit is one by the account or by a grant.
    pub fn rule(self) -> &'static str {
        match self {
            Self::OwnUnit | Self::HeldGrant => "OWN_UNIT",
            Self::ParentOrChildUnit => "PARENT_OR_CHILD_UNIT",
            Self::Recused => "RECUSED",
        }
    }
}

/// Where a unit stands in the tree of units.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnitPlace {
    /// Codes of its ancestors, nearest first.
    pub path: Vec<String>,
    pub unit_type: String,
}

/// Somebody does not judge a dossier, or a criterion subtree of it, by declaration. Kept in the account's stream: it holds
/// for every attempt whose load begins after it was acknowledged, as a revocation does.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Recusal {
    pub id: String,
    pub login: String,
    pub round: String,
    pub unit: String,
    /// Root of the criterion subtree; absent: the whole dossier.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub criterion: Option<String>,
    pub reason: String,
    pub declared_at: jiff::Timestamp,
    /// Login of the person, or of the manager who declared it for the person.
    pub declared_by: String,
    /// When, by whom and why it was lifted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lifted: Option<Revocation>,
}

impl Recusal {
    /// Whether it holds.
    pub fn stands(&self) -> bool {
        self.lifted.is_none()
    }

    /// Whether it is about a leaf; of a dossier as a whole each part is one.
    fn is_about(&self, criterion: Option<&str>) -> bool {
        match (&self.criterion, criterion) {
            (None, _) | (Some(_), None) => true,
            (Some(root), Some(leaf)) => is_within(leaf, root),
        }
    }
}

/// Which of the limits of recusals is reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RecusalLimit {
    /// How many an account ever has.
    All,
    /// From parts of how many dossiers of a round.
    Parts,
}

/// What is to be judged, as facts fixed for the round.
#[derive(Clone, Copy, Debug)]
pub struct Assessed<'a> {
    pub round: &'a str,
    pub unit: &'a str,
    /// Codes of its ancestors.
    pub unit_path: &'a [String],
    pub unit_type: &'a str,
    /// Code of the leaf; none for the dossier with all its leaves.
    pub criterion: Option<&'a str>,
}

/// What ties a person to units and dossiers.
#[derive(Debug)]
pub struct Ties<'a> {
    unit: &'a str,
    /// Where the account's unit stands, if it is known.
    place: Option<&'a UnitPlace>,
    /// Units at which an officer or head grant is or was held.
    held: BTreeSet<&'a str>,
    recusals: Vec<&'a Recusal>,
}

impl Viewer {
    /// What ties the person to units and dossiers.
    pub fn ties(&self) -> Ties<'_> {
        let held = self.grants.iter().filter(|grant| grant.role.is_for_the_unit());
        Ties {
            unit: &self.user.unit,
            place: self.place.as_ref(),
            held: held.filter_map(|grant| grant.unit.as_deref()).collect(),
            recusals: self.recusals.iter().filter(|recusal| recusal.stands()).collect(),
        }
    }
}

impl Ties<'_> {
    /// The conflict of interest that stands in the way of judging, if there is one.
    pub fn conflict(&self, assessed: Assessed<'_>) -> Option<Conflict> {
        self.by_unit(assessed).or_else(|| {
            let mut recusals = self.recusals_from(assessed.round, assessed.unit);
            let recused = recusals.any(|recusal| recusal.is_about(assessed.criterion));
            recused.then_some(Conflict::Recused)
        })
    }

    /// The conflict that follows from units alone, the same for all leaves of a dossier.
    pub fn by_unit(&self, assessed: Assessed<'_>) -> Option<Conflict> {
        if self.unit == assessed.unit {
            return Some(Conflict::OwnUnit);
        }
        let holds_at = |unit: &str| self.held.contains(unit);
        if holds_at(assessed.unit) || assessed.unit_path.iter().any(|above| holds_at(above)) {
            return Some(Conflict::HeldGrant);
        }
        let place = self.place?;
        let is_below = place.path.iter().any(|above| above == assessed.unit);
        let is_above = assessed.unit_path.iter().any(|above| above == self.unit);
        let is_compared = is_above && place.unit_type == assessed.unit_type;
        (is_below || is_compared).then_some(Conflict::ParentOrChildUnit)
    }

    /// Standing recusals from a dossier or from parts of it.
    pub fn recusals_from<'b>(&'b self, round: &'b str, unit: &'b str) -> impl Iterator<Item = &'b Recusal> {
        let recusals = self.recusals.iter().copied();
        recusals.filter(move |recusal| recusal.round == round && recusal.unit == unit)
    }
}

#[cfg(test)]
mod tests;
