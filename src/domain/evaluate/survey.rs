//! What a survey found: a mean on its scale, or the share of those who are satisfied.

use super::points::{bands, measured, position_between, share};
use super::{Facts, Points};
use crate::domain::exact::Exact;
use crate::domain::explain::Explanation;
use crate::domain::explain::wording::text;
use crate::domain::rule::{SurveyMean, SurveyShare};

pub(super) fn survey_mean(rule: &SurveyMean, maximum: &Exact, facts: &Facts<'_>) -> Explanation {
    let mean = facts.number(&rule.input);
    let (lowest, highest) = (rule.lowest.exact(), rule.highest.exact());
    let ratio = position_between(facts.input(&rule.input), lowest, highest);
    let because = text(|language| {
        let (mean, lowest, highest) = (
            language.number(&mean),
            language.number(lowest),
            language.number(highest),
        );
        format!(
            "({mean} − {lowest}) ÷ ({highest} − {lowest}) = {}",
            language.percent(&ratio.result)
        )
    });
    share(maximum, ratio, &because)
}

/// Nobody's answer is no satisfaction: where none is valid, nothing can say that it is worth something.
pub(super) fn survey_share(rule: &SurveyShare, maximum: &Exact, facts: &Facts<'_>) -> Points {
    measured(&rule.measure(), None, maximum, facts, |found| match &rule.tiers {
        Some(tiers) => bands(&tiers.bands, &tiers.otherwise, found),
        None => {
            let shown = text(|language| found.shown(language));
            (found.tree, shown)
        }
    })
}
