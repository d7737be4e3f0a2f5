//! Points of the three ledgers in the API.

use async_graphql::{Enum, SimpleObject};

use super::reasons::{Breakdown, ClassLowered, Veto};
use super::scalars::Fraction;
use crate::domain::assessment;
use crate::domain::sheet::percent;

/// Which of the three ledgers.
#[derive(Enum, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "assessment::Ledger")]
pub enum Ledger {
    /// What the unit claims.
    Declared,
    /// What was verified.
    Verified,
    /// What counts in the end.
    Final,
}

/// Points in one ledger.
#[derive(SimpleObject)]
#[graphql(name = "LedgerPoints")]
pub struct Points {
    /// Exact points.
    pub points: Fraction,
    /// Points as displayed, half-up to the framework's places.
    pub displayed: String,
    /// What counts in the denominator.
    pub applicable: Fraction,
    /// What can still be won.
    pub open: Fraction,
    /// Percentage of the applicable maximum as displayed; null when nothing is applicable.
    pub percent: Option<String>,
}

fn points(contribution: &assessment::Contribution, places: u32) -> Points {
    Points {
        points: Fraction(contribution.points.clone()),
        displayed: contribution.points.rounded(places),
        applicable: Fraction(contribution.applicable.clone()),
        open: Fraction(contribution.open.clone()),
        percent: percent(contribution).map(|value| value.rounded(places)),
    }
}

/// Points with what is displayed of them.
pub(super) fn shown(contribution: &assessment::Contribution, (displayed, percent): (String, Option<String>)) -> Points {
    Points {
        points: Fraction(contribution.points.clone()),
        displayed,
        applicable: Fraction(contribution.applicable.clone()),
        open: Fraction(contribution.open.clone()),
        percent,
    }
}

/// Totals of one node in the three ledgers.
#[derive(SimpleObject)]
pub struct Totals {
    /// Code of the node; null for the whole dossier.
    pub node: Option<String>,
    /// What the unit claims.
    pub declared: Points,
    /// What was verified.
    pub verified: Points,
    /// What counts in the end.
    #[graphql(name = "final")]
    pub last: Points,
}

pub(super) fn totals(node: Option<String>, ledgers: &assessment::Ledgers, places: u32) -> Totals {
    Totals {
        node,
        declared: points(&ledgers.declared, places),
        verified: points(&ledgers.verified, places),
        last: points(&ledgers.last, places),
    }
}

/// What a dossier comes to in one ledger besides points.
#[derive(SimpleObject)]
pub struct DossierResult {
    /// Code of the class that the total gives as it stands; null where nothing applies.
    #[graphql(name = "class")]
    pub class_code: Option<String>,
    /// Why it is not a class that the percentage reaches: best class first.
    pub class_lowered: Vec<ClassLowered>,
    /// Established vetoes.
    pub vetoes: Vec<Veto>,
    /// How the total came about; null where it is the plain sum of the fields.
    pub breakdown: Option<Breakdown>,
}
