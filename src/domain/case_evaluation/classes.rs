//! Classes of a month or a year: bounds on the mean points of all indicators and of the first one.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::{MAXIMUM_OF_INDICATOR, MAXIMUM_POINTS, MeanPoints};
use crate::domain::exact::Decimal;
use crate::domain::fault::Fault;
use crate::domain::text::Text;

/// Most classes of a scheme.
pub const MAXIMUM_CLASSES: usize = 12;

/// A class of handling cases.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct EvaluationClass {
    pub code: String,
    pub name: Text,
    /// Mean points of all indicators, 0 to 18.
    pub at_least: Decimal,
    /// Mean points of the first indicator, 0 to 2; absent where it does not matter.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_at_least: Option<Decimal>,
}

/// The first class, of those that stand best first, whose bounds both hold. Each bound holds of more points, too, so that more points
/// never give a worse class.
pub fn class_of<'a>(classes: &'a [EvaluationClass], means: &MeanPoints) -> Option<&'a EvaluationClass> {
    classes.iter().find(|class| {
        let first = class.first_at_least.as_ref();
        means.total >= *class.at_least.exact() && first.is_none_or(|least| means.first >= *least.exact())
    })
}

/// What is wrong with a list of classes, if anything: fields as `0.atLeast`.
pub(in crate::domain) fn check_classes(classes: &[EvaluationClass]) -> Result<(), Fault> {
    if classes.is_empty() || classes.len() > MAXIMUM_CLASSES {
        return Err(Fault::new(
            "",
            format!("cần từ 1 đến {MAXIMUM_CLASSES} loại, loại tốt nhất đứng đầu"),
            format!("1 to {MAXIMUM_CLASSES} classes are needed, the best first"),
        ));
    }
    let mut codes = BTreeSet::new();
    for (position, class) in classes.iter().enumerate() {
        if !codes.insert(&class.code) {
            return Err(Fault::new(
                format!("{position}.code"),
                format!("loại {} nêu hai lần", class.code),
                format!("class {} is stated twice", class.code),
            ));
        }
        let within = |bound: &Decimal, most: u32| {
            !bound.exact().is_negative() && *bound <= Decimal::from_integer(i64::from(most))
        };
        if !within(&class.at_least, MAXIMUM_POINTS) {
            return Err(Fault::new(
                format!("{position}.atLeast"),
                format!("phải từ 0 đến {MAXIMUM_POINTS} điểm"),
                format!("must be 0 to {MAXIMUM_POINTS} points"),
            ));
        }
        let first = class.first_at_least.as_ref();
        if first.is_some_and(|bound| !within(bound, MAXIMUM_OF_INDICATOR)) {
            return Err(Fault::new(
                format!("{position}.firstAtLeast"),
                format!("phải từ 0 đến {MAXIMUM_OF_INDICATOR} điểm"),
                format!("must be 0 to {MAXIMUM_OF_INDICATOR} points"),
            ));
        }
        let before = position.checked_sub(1).map(|before| &classes[before].at_least);
        if before.is_some_and(|before| *before <= class.at_least) {
            return Err(Fault::new(
                format!("{position}.atLeast"),
                "phải thấp hơn loại đứng trước",
                "must be below that of the class before",
            ));
        }
    }
    // Every unit with cases has a class.
    let last = classes
        .last()
        .filter(|last| last.at_least.exact().is_zero() && last.first_at_least.is_none());
    last.map(drop).ok_or_else(|| {
        Fault::new(
            format!("{}.atLeast", classes.len() - 1),
            "loại cuối bắt đầu từ 0, không có điều kiện về chỉ số 1",
            "the last class begins at 0, without a bound on indicator 1",
        )
    })
}
