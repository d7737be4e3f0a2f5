//! Inputs that registers of the system give: nobody states them, and they hold whatever the register may say.

use std::collections::BTreeSet;

use super::Lint;
use crate::domain::case_evaluation::{CaseMeasure, CaseSource, MAXIMUM_POINTS, MONTHS, check_classes};
use crate::domain::exact::Decimal;
use crate::domain::follow_up::FollowUpSource;
use crate::domain::framework::{Leaf, Method};
use crate::domain::input::{InputSpec, InputType};

impl Lint {
    fn is_imported(&mut self, path: &str, leaf: &Leaf, source: &str) {
        if leaf.method != Method::Imported {
            self.error(
                path,
                "BROUGHT_SOURCE",
                format!(
                    "số liệu {source} do hệ thống đưa vào, không kê khai và không thẩm định; đặt method là IMPORTED"
                ),
                format!(
                    "input of {source} is brought by the system, neither declared nor reviewed; set method to IMPORTED"
                ),
            );
        }
    }

    /// Which conclusions there are, no framework knows: one may be issued before its notice is.
    pub(super) fn follow_up(&mut self, path: &str, leaf: &Leaf, input: &InputSpec, source: &FollowUpSource) {
        self.is_imported(path, leaf, "FOLLOW_UP");
        let (none, one) = (Decimal::from_integer(0), Decimal::from_integer(1));
        let takes_both = match &input.kind {
            InputType::Count { minimum, maximum } => {
                minimum.as_ref().is_none_or(|minimum| *minimum <= none)
                    && maximum.as_ref().is_none_or(|maximum| *maximum >= one)
            }
            _ => false,
        };
        if !takes_both {
            self.error(
                path,
                "BROUGHT_TYPE",
                "FOLLOW_UP cần COUNT chứa 0 và 1: 1 là thực hiện đúng hạn",
                "FOLLOW_UP takes a COUNT with room for 0 and 1, which is for done in time",
            );
        }
        for (field, code) in [("conclusion", &source.conclusion), ("countsAs", &source.counts_as)] {
            self.code(&format!("{path}/{field}"), code);
        }
    }

    pub(super) fn case_evaluation(&mut self, path: &str, leaf: &Leaf, input: &InputSpec, source: &CaseSource) {
        self.is_imported(path, leaf, "CASE_EVALUATION");
        if !holds(source, &input.kind) {
            self.error(
                path,
                "BROUGHT_TYPE",
                format!(
                    "MONTHS cần COUNT chứa 0 đến {MONTHS}; POINTS cần DECIMAL chứa 0 đến {MAXIMUM_POINTS}; CLASS cần OPTION có đúng các mã trong classes"
                ),
                format!(
                    "MONTHS takes a COUNT with room for 0 to {MONTHS}, POINTS a DECIMAL with room for 0 to {MAXIMUM_POINTS}, CLASS an OPTION with just the codes of classes"
                ),
            );
        }
        let path = format!("{path}/classes");
        match source.of {
            CaseMeasure::Months | CaseMeasure::Points if source.classes.is_empty() => {}
            CaseMeasure::Months | CaseMeasure::Points => self.error(
                &path,
                "BAD_CLASSES",
                "chỉ CLASS có classes",
                "classes are for CLASS alone",
            ),
            CaseMeasure::Class => {
                for (position, class) in source.classes.iter().enumerate() {
                    self.code(&format!("{path}/{position}/code"), &class.code);
                    self.text(&format!("{path}/{position}/name"), &class.name);
                }
                if let Err(fault) = check_classes(&source.classes) {
                    let place = fault.field.replace('.', "/");
                    let path = format!("{path}/{place}");
                    self.error(
                        path.trim_end_matches('/'),
                        "BAD_CLASSES",
                        fault.message.vi,
                        fault.message.en,
                    );
                }
            }
        }
    }
}

/// Whether an input of that type can have every value that the register may give.
fn holds(source: &CaseSource, kind: &InputType) -> bool {
    let most = |bound: u32| Decimal::from_integer(i64::from(bound));
    match (source.of, kind) {
        (CaseMeasure::Months, InputType::Count { minimum, maximum }) => {
            let none = Decimal::from_integer(0);
            minimum.as_ref().is_none_or(|minimum| *minimum <= none)
                && maximum
                    .as_ref()
                    .is_none_or(|maximum| *maximum >= most(u32::from(MONTHS)))
        }
        (CaseMeasure::Points, InputType::Decimal { minimum, maximum }) => {
            *minimum <= Decimal::from_integer(0) && *maximum >= most(MAXIMUM_POINTS)
        }
        (CaseMeasure::Class, InputType::Option { codes }) => {
            let stated: BTreeSet<&str> = codes.iter().map(String::as_str).collect();
            let classes: BTreeSet<&str> = source.classes.iter().map(|class| class.code.as_str()).collect();
            stated == classes
        }
        (CaseMeasure::Months | CaseMeasure::Points | CaseMeasure::Class, _) => false,
    }
}
