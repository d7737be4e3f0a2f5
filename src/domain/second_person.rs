//! When one appraiser is not enough: changes above a number of points need a second person, and a sample of leaves is
//! reviewed twice, independently.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::appeal::AppealRules;
use super::assessment::AssessmentState;
use super::evidence::{LinkVerdict, VerdictKind};
use super::exact::{Decimal, Exact};

/// What a round asks of its appraisers beyond one review of each leaf, and what it has its council do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct AppraisalRules {
    /// A review that changes a leaf by more points than these, up or down, holds when a second person confirms it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub second_person_above: Option<Decimal>,
    /// How many in a hundred leaves two people review in the first round, without one seeing what the other found.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reviewed_twice_percent: Option<u32>,
    /// Whether results are published on the minutes of a meeting of the council alone.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub council_decides: bool,
    /// How long units may appeal after a publication; absent where they may not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub appeals: Option<AppealRules>,
}

impl AppraisalRules {
    /// Whether a change of points needs a second person.
    pub fn needs_second(&self, before: &Exact, after: &Exact) -> bool {
        let Some(most) = &self.second_person_above else {
            return false;
        };
        let change = match before < after {
            true => after - before,
            false => before - after,
        };
        change > *most.exact()
    }

    /// Whether a leaf is in the sample that is reviewed twice. The sample follows from the codes alone, so that nobody
    /// draws it: the same leaves for everybody who asks, spread evenly over units and criteria.
    pub fn samples(&self, round: &str, unit: &str, criterion: &str) -> bool {
        let Some(percent) = self.reviewed_twice_percent else {
            return false;
        };
        let digest = Sha256::digest(format!("{round}\0{unit}\0{criterion}"));
        let number = digest
            .iter()
            .take(8)
            .fold(0_u64, |number, byte| (number << 8) | u64::from(*byte));
        number % 100 < u64::from(percent)
    }
}

/// Why a leaf waits for a second person.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ProposalKind {
    /// The review changes more points than one person may: another one confirms it.
    LargeChange,
    /// The leaf is in the sample: another one reviews it without seeing the first review.
    Sample,
    /// Two independent reviews differ: the lead decides.
    Dispute,
}

/// A review that does not hold yet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Proposal {
    pub kind: ProposalKind,
    /// Id of the review.
    pub review: String,
    pub by: String,
    /// What the leaf would be worth.
    pub points: Exact,
    /// Ids of the links that it accepts, in their order.
    pub accepted: Vec<String>,
    /// The numbers that the leaf brings to its group, by input: its points may not be known yet.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub brings: BTreeMap<String, Exact>,
    /// The state that the leaf had before.
    pub instead_of: AssessmentState,
}

impl Proposal {
    /// Whether two independent reviews found the same: the same points, from the same documents, and the same to be compared.
    pub fn agrees_with(&self, other: &Self) -> bool {
        (&self.points, &self.accepted, &self.brings) == (&other.points, &other.accepted, &other.brings)
    }
}

/// Ids of the links that verdicts accept, in their order.
pub fn accepted(verdicts: &[LinkVerdict]) -> Vec<String> {
    let accepted = verdicts.iter().filter(|verdict| verdict.kind == VerdictKind::Accepted);
    let mut links: Vec<String> = accepted.map(|verdict| verdict.link.clone()).collect();
    links.sort();
    links
}

/// What became of a leaf that two people reviewed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ReviewedTwice {
    /// Both found the same.
    Agreed,
    /// They differ, and the lead has not decided yet.
    Disputed,
    /// They differed, and the lead decided.
    Reconciled,
}

impl ReviewedTwice {
    /// The name used in the API and in projected fields.
    pub fn name(self) -> &'static str {
        match self {
            Self::Agreed => "AGREED",
            Self::Disputed => "DISPUTED",
            Self::Reconciled => "RECONCILED",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rules(above: Option<&str>, percent: Option<u32>) -> AppraisalRules {
        AppraisalRules {
            second_person_above: above.map(|points| Decimal::parse(points).unwrap()),
            reviewed_twice_percent: percent,
            council_decides: false,
            appeals: None,
        }
    }

    fn exact(points: &str) -> Exact {
        Exact::parse_decimal(points).unwrap()
    }

    #[test]
    fn more_than_the_number_needs_a_second_person_in_either_direction() {
        for (above, before, after, needs) in [
            (None, "4", "0", false),
            (Some("0.5"), "3.5", "3", false),
            (Some("0.5"), "3.5", "2.99", true),
            (Some("0.5"), "3", "3.51", true),
            (Some("0"), "3", "3", false),
            (Some("0"), "3", "3.0001", true),
        ] {
            let found = rules(above, None).needs_second(&exact(before), &exact(after));
            assert_eq!(found, needs, "{above:?}: {before} to {after}");
        }
    }

    #[test]
    fn a_sample_is_the_same_for_everybody_and_about_as_large_as_asked() {
        let units: Vec<String> = (0..40).map(|unit| format!("U{unit}")).collect();
        let drawn = |percent| {
            let rules = rules(None, Some(percent));
            let mut drawn = Vec::new();
            for unit in &units {
                for leaf in 1..=100 {
                    let criterion = format!("1.{leaf}");
                    if rules.samples("T", unit, &criterion) {
                        drawn.push((unit.clone(), criterion));
                    }
                }
            }
            drawn
        };
        assert_eq!(drawn(100).len(), 4000);
        assert_eq!(drawn(0).len(), 0);
        let ten = drawn(10);
        // Four standard deviations of a binomial distribution around 400.
        assert!((324..=476).contains(&ten.len()), "{}", ten.len());
        let five = drawn(5);
        assert!(
            five.iter().all(|leaf| ten.contains(leaf)),
            "a smaller sample is part of a larger one"
        );
        assert_eq!(drawn(10), ten);
    }

    #[test]
    fn reviews_agree_in_points_and_in_what_they_accept() {
        let verdict = |link: &str, kind| LinkVerdict {
            link: link.to_owned(),
            revision: 1,
            kind,
            reason: None,
            text: Some("in other words".to_owned()),
        };
        let both = [verdict("a", VerdictKind::Accepted), verdict("b", VerdictKind::Rejected)];
        let turned = [verdict("b", VerdictKind::Rejected), verdict("a", VerdictKind::Accepted)];
        let other = [verdict("a", VerdictKind::Accepted), verdict("b", VerdictKind::Accepted)];
        let found = |points: &str, verdicts: &[LinkVerdict]| Proposal {
            kind: ProposalKind::Sample,
            review: points.to_owned(),
            by: points.to_owned(),
            points: exact(points),
            accepted: accepted(verdicts),
            brings: BTreeMap::new(),
            instead_of: AssessmentState::Submitted,
        };
        assert!(found("3", &both).agrees_with(&found("3.0", &turned)));
        assert!(!found("3", &both).agrees_with(&found("3", &other)));
        assert!(!found("3", &both).agrees_with(&found("2", &both)));
    }
}
