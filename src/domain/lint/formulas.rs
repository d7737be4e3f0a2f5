//! Formulas: over numbers, and with a variant for every option.

use std::collections::BTreeSet;

use super::Lint;
use crate::domain::formula::Formula;
use crate::domain::framework::Leaf;
use crate::domain::input::InputType;
use crate::domain::rule::{Expressions, FormulaRule, MAXIMUM_VARIANTS, Variants};

impl Lint {
    pub(super) fn formula(&mut self, path: &str, leaf: &Leaf, rule: &FormulaRule) {
        let used: BTreeSet<&str> = rule.all().into_iter().flat_map(Formula::inputs).collect();
        for input in used.into_iter().chain(rule.empty_when_zero.as_deref()) {
            self.expect_number(path, leaf, input);
        }
        if rule.when_empty.is_some() != rule.empty_when_zero.is_some() {
            self.error(
                path,
                "BAD_WHEN_EMPTY",
                "whenEmpty và emptyWhenZero phải đi cùng nhau",
                "whenEmpty and emptyWhenZero must be stated together",
            );
        }
        if let Expressions::Several(variants) = &rule.expressions {
            self.variants(&format!("{path}/variants"), leaf, variants);
        }
    }

    fn variants(&mut self, path: &str, leaf: &Leaf, variants: &Variants) {
        let (input, found) = (&variants.input, variants.choices.len());
        self.expect_type(path, leaf, input, "OPTION");
        self.unique(path, variants.choices.iter().map(|variant| variant.code.as_str()));
        // One is what a formula without variants has.
        if !(2..=MAXIMUM_VARIANTS).contains(&found) {
            self.error(
                path,
                "WRONG_NUMBER_OF_VARIANTS",
                format!("{found} cách tính; cần từ 2 đến {MAXIMUM_VARIANTS}"),
                format!("{found} variants; 2 to {MAXIMUM_VARIANTS} are needed"),
            );
        }
        for variant in &variants.choices {
            let path = format!("{path}/{}", variant.code);
            self.code(&path, &variant.code);
            self.text(&path, &variant.name);
        }
        let Some(InputType::Option { codes }) = leaf.input(input).map(|spec| &spec.kind) else {
            return;
        };
        let known: BTreeSet<&str> = codes.iter().map(String::as_str).collect();
        let ruled: BTreeSet<&str> = variants.choices.iter().map(|variant| variant.code.as_str()).collect();
        self.same_options(path, input, &known, &ruled);
    }
}
