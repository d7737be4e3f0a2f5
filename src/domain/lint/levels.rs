//! Levels of maturity: an order in which more is worth more.

use super::Lint;
use crate::domain::framework::Leaf;
use crate::domain::rule::{MAXIMUM_LEVELS, Maturity};

impl Lint {
    pub(super) fn maturity(&mut self, path: &str, leaf: &Leaf, rule: &Maturity) {
        self.choices(path, leaf, &rule.input, ("levels", &rule.levels), "ITEMS");
        if rule.levels.len() > MAXIMUM_LEVELS {
            let found = rule.levels.len();
            self.error(
                &format!("{path}/levels"),
                "TOO_MANY_LEVELS",
                format!("{found} mức; tối đa {MAXIMUM_LEVELS}"),
                format!("{found} levels; at most {MAXIMUM_LEVELS}"),
            );
        }
        // Meeting one level more must never cost points.
        for pair in rule.levels.windows(2).filter(|pair| pair[1].ratio < pair[0].ratio) {
            let (lower, higher) = (&pair[0].code, &pair[1].code);
            self.error(
                &format!("{path}/{higher}"),
                "LEVELS_NOT_ASCENDING",
                format!("mức {higher} được ít điểm hơn mức {lower} ở dưới; xếp mức thấp nhất trước"),
                format!("the level {higher} is worth less than {lower} below it; state the lowest first"),
            );
        }
        if let Some(highest) = rule.levels.last().filter(|level| *level.ratio.exact() < 1) {
            self.warning(
                path,
                "LEVELS_BELOW_MAXIMUM",
                format!("mức cao nhất {} chỉ được {} điểm tối đa", highest.code, highest.ratio),
                format!(
                    "the highest level {} is worth {} of the maximum",
                    highest.code, highest.ratio
                ),
            );
        }
    }
}
