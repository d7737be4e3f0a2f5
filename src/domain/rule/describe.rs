//! Rules in words, generated from their parameters, so that what people read is what is applied.

use super::{
    Band, Choice, Deductions, Expressions, GatedProportional, Growth, GrowthBand, Linear, Maturity, Measure, MinMax,
    Rule, SurveyShare, Variant, WhenEmpty, YearOnYear, ZScore,
};
use crate::domain::exact::{Decimal, Exact};
use crate::domain::explain::wording::{Language, text};
use crate::domain::formula::Formula;
use crate::domain::framework::Leaf;
use crate::domain::text::Text;

impl Rule {
    /// The rule in words, with the points that its ratios mean for this maximum; inputs appear by their codes.
    pub fn describe(&self, maximum: &Exact) -> Text {
        text(|language| {
            Words {
                language,
                maximum,
                leaf: None,
            }
            .rule(self)
        })
    }
}

impl Leaf {
    /// The leaf's rule in words, with the points that its ratios mean for this maximum; inputs appear by their names.
    pub fn describe(&self, maximum: &Exact) -> Text {
        text(|language| {
            Words {
                language,
                maximum,
                leaf: Some(self),
            }
            .rule(&self.rule)
        })
    }
}

struct Words<'a> {
    language: Language,
    maximum: &'a Exact,
    /// Knows the names of inputs.
    leaf: Option<&'a Leaf>,
}

impl Words<'_> {
    fn rule(&self, rule: &Rule) -> String {
        let sentence = match rule {
            Rule::Options(rule) => self.choices(("Một trong: ", "One of: "), &rule.options),
            Rule::ClassMap(rule) => self.choices(("Theo xếp loại: ", "By class: "), &rule.classes),
            Rule::Checklist(rule) => self.choices(("Cộng điểm từng mục: ", "Adds up: "), &rule.items),
            Rule::Maturity(rule) => self.maturity(rule),
            Rule::YesNo(rule) => {
                let (yes, no) = (self.points(&rule.yes), self.points(&rule.no));
                format!("{}: {yes}; {}: {no}", self.pick("Có", "Yes"), self.pick("không", "no"))
            }
            Rule::Proportional(rule) => {
                let (measure, maximum) = (self.measure(&rule.measure), self.language.number(self.maximum));
                format!("{measure} × {maximum}")
            }
            Rule::GatedProportional(rule) => self.gated(rule),
            Rule::Bands(rule) => self.bands(&rule.measure, &rule.bands, &rule.otherwise),
            Rule::Linear(rule) => self.linear(rule),
            Rule::Deductions(rule) => self.deductions(rule),
            Rule::YearOnYear(rule) => self.year_on_year(rule),
            Rule::Growth(rule) => self.growth(rule),
            Rule::Formula(rule) => self.expressions(&rule.expressions),
            Rule::SurveyShare(rule) => self.survey_share(rule),
            Rule::MinMax(rule) => self.min_max(rule),
            Rule::ZScore(rule) => self.z_score(rule),
            Rule::SurveyMean(rule) => {
                let (lowest, highest) = (self.number(&rule.lowest), self.number(&rule.highest));
                let maximum = self.language.number(self.maximum);
                format!(
                    "({} − {lowest}) ÷ ({highest} − {lowest}) × {maximum}",
                    self.input(&rule.input)
                )
            }
        };
        match rule.when_empty() {
            None => format!("{sentence}."),
            Some(setting) => format!("{sentence}. {}.", self.when_empty(setting)),
        }
    }

    fn pick<'a>(&self, vi: &'a str, en: &'a str) -> &'a str {
        self.language.pick(vi, en)
    }

    /// What an input is called.
    fn input(&self, code: &str) -> String {
        let spec = self.leaf.and_then(|leaf| leaf.input(code));
        spec.map_or_else(|| code.to_owned(), |spec| self.language.of(&spec.name).to_owned())
    }

    /// A formula as it is written; names stand in quotation marks, because they are words among signs.
    fn formula(&self, formula: &Formula) -> String {
        formula.in_words(|code| match self.leaf {
            Some(_) => format!("“{}”", self.input(code)),
            None => code.to_owned(),
        })
    }

    fn expressions(&self, expressions: &Expressions) -> String {
        let maximum = self.language.number(self.maximum);
        let variants = match expressions {
            Expressions::One(formula) => return format!("{maximum} × ({})", self.formula(formula)),
            Expressions::Several(variants) => variants,
        };
        let variant = |one: &Variant| {
            let (name, formula) = (self.language.of(&one.name), self.formula(&one.expression));
            format!("{name}: {maximum} × ({formula})")
        };
        let all: Vec<String> = variants.choices.iter().map(variant).collect();
        let chosen = self.input(&variants.input);
        format!("{} {chosen}: {}", self.pick("Theo", "By"), all.join("; "))
    }

    fn number(&self, number: &Decimal) -> String {
        self.language.number(number.exact())
    }

    /// The points that a ratio means.
    fn points(&self, ratio: &Decimal) -> String {
        self.language.number(&(ratio.exact() * self.maximum))
    }

    fn measure(&self, measure: &Measure) -> String {
        match measure {
            Measure::Ratio { numerator, denominator } => {
                format!("{} / {}", self.input(numerator), self.input(denominator))
            }
            Measure::Input(input) => self.input(input),
        }
    }

    /// A parameter in the form of its measure.
    fn parameter(&self, measure: &Measure, value: &Decimal) -> String {
        match measure {
            Measure::Ratio { .. } => self.language.percent(value.exact()),
            Measure::Input(_) => self.number(value),
        }
    }

    fn choices(&self, (vi, en): (&str, &str), choices: &[Choice]) -> String {
        let choice = |choice: &Choice| format!("{}: {}", self.language.of(&choice.name), self.points(&choice.ratio));
        format!(
            "{}{}",
            self.pick(vi, en),
            choices.iter().map(choice).collect::<Vec<_>>().join("; ")
        )
    }

    fn maturity(&self, rule: &Maturity) -> String {
        let opening = (
            "Mức cao nhất đạt được khi mọi mức thấp hơn cũng đạt: ",
            "The highest level that is met together with all below it: ",
        );
        let levels = self.choices(opening, &rule.levels);
        format!("{levels}; {}: 0", self.pick("chưa đạt mức đầu", "without the first"))
    }

    fn gated(&self, rule: &GatedProportional) -> String {
        let measure = self.measure(&rule.measure);
        let [full, threshold, over] =
            [&rule.full, &rule.threshold, &rule.over].map(|value| self.parameter(&rule.measure, value));
        let maximum = self.language.number(self.maximum);
        let divided = if *rule.over.exact() == 1 {
            String::new()
        } else {
            format!(" ÷ {over}")
        };
        let otherwise = self.pick("còn lại", "otherwise");
        format!("{measure} ≥ {full}: {maximum}; ≥ {threshold}: {measure}{divided} × {maximum}; {otherwise}: 0")
    }

    fn bands(&self, measure: &Measure, bands: &[Band], otherwise: &Decimal) -> String {
        let mut tiers: Vec<String> = Vec::new();
        for band in bands {
            tiers.push(format!(
                "≥ {}: {}",
                self.parameter(measure, &band.at_least),
                self.points(&band.ratio)
            ));
        }
        tiers.push(format!(
            "{}: {}",
            self.pick("còn lại", "otherwise"),
            self.points(otherwise)
        ));
        format!("{} {}", self.measure(measure), tiers.join("; "))
    }

    fn survey_share(&self, rule: &SurveyShare) -> String {
        let measure = rule.measure();
        let share = match &rule.tiers {
            Some(tiers) => self.bands(&measure, &tiers.bands, &tiers.otherwise),
            None => format!("{} × {}", self.measure(&measure), self.language.number(self.maximum)),
        };
        let nobody = self.pick(
            "không có trả lời hợp lệ thì không có điểm",
            "no points without a valid answer",
        );
        format!("{share}; {nobody}")
    }

    fn linear(&self, rule: &Linear) -> String {
        let (zero, full) = (
            self.parameter(&rule.measure, &rule.zero_at),
            self.parameter(&rule.measure, &rule.full_at),
        );
        let (measure, maximum) = (self.measure(&rule.measure), self.language.number(self.maximum));
        match self.language {
            Language::Vietnamese => format!("{measure}: tuyến tính từ {zero} (0) đến {full} ({maximum})"),
            Language::English => format!("{measure}: linear from {zero} (0) to {full} ({maximum})"),
        }
    }

    fn min_max(&self, rule: &MinMax) -> String {
        let (lowest, highest) = (self.input(&rule.lowest), self.input(&rule.highest));
        let (zero, full) = match rule.less_is_better {
            false => (lowest, highest),
            true => (highest, lowest),
        };
        self.straight(&self.input(&rule.input), (&zero, &full), &rule.without_spread)
    }

    fn z_score(&self, rule: &ZScore) -> String {
        let [value, mean, deviation] = [&rule.input, &rule.mean, &rule.deviation].map(|code| self.input(code));
        let (zero, full) = (self.number(&rule.zero_at), self.number(&rule.full_at));
        let z = format!("({value} − {mean}) ÷ {deviation}");
        self.straight(&z, (&zero, &full), &rule.without_spread)
    }

    /// A straight line over a group, and what a group without any difference has.
    fn straight(&self, value: &str, (zero, full): (&str, &str), without_spread: &Decimal) -> String {
        let (maximum, without) = (self.language.number(self.maximum), self.points(without_spread));
        match self.language {
            Language::Vietnamese => {
                format!("{value}: tuyến tính từ {zero} (0) đến {full} ({maximum}); cả nhóm như nhau: {without}")
            }
            Language::English => {
                format!("{value}: linear from {zero} (0) to {full} ({maximum}); in a group of equals: {without}")
            }
        }
    }

    fn deductions(&self, rule: &Deductions) -> String {
        let each = |deduction: &super::Deduction| {
            let (each, input) = (self.number(&deduction.each), self.input(&deduction.input));
            match self.language {
                Language::Vietnamese => format!("{each} cho mỗi “{input}”"),
                // Names are plurals.
                Language::English => format!("{each} each ({input})"),
            }
        };
        let all = rule.deductions.iter().map(each).collect::<Vec<_>>().join("; ");
        let maximum = self.language.number(self.maximum);
        match self.language {
            Language::Vietnamese => format!("{maximum} trừ {all}; không dưới 0"),
            Language::English => format!("{maximum} less {all}; never below 0"),
        }
    }

    fn year_on_year(&self, rule: &YearOnYear) -> String {
        let tiers = self.growth_tiers(&rule.bands, &rule.otherwise);
        let against = self.pick("so với", "against");
        let (current, previous) = (self.input(&rule.current), self.input(&rule.previous));
        format!("{current} {against} {previous}: {tiers}")
    }

    fn growth(&self, rule: &Growth) -> String {
        let (years, current) = (rule.bases().len(), self.input(rule.current()));
        let tiers = self.growth_tiers(&rule.bands, &rule.otherwise);
        match self.language {
            Language::Vietnamese => {
                format!("Bình quân {years} năm của {current}: {tiers}; năm gốc bằng 0 thì không có điểm")
            }
            Language::English => {
                format!("Average over {years} years of {current}: {tiers}; no points from a year of zero")
            }
        }
    }

    fn growth_tiers(&self, bands: &[GrowthBand], otherwise: &Decimal) -> String {
        let tier = |band: &GrowthBand| {
            let (sign, growth) = match (&band.growth_above, &band.growth_at_least) {
                (Some(above), _) => (">", self.language.percent(above.exact())),
                (None, Some(at_least)) => ("≥", self.language.percent(at_least.exact())),
                (None, None) => ("≥", self.language.percent(&Exact::zero())),
            };
            format!(
                "{} {sign} {growth}: {}",
                self.pick("tăng", "growth"),
                self.points(&band.ratio)
            )
        };
        let tiers = bands.iter().map(tier).collect::<Vec<_>>().join("; ");
        let otherwise = format!("{}: {}", self.pick("còn lại", "otherwise"), self.points(otherwise));
        format!("{tiers}; {otherwise}")
    }

    fn when_empty(&self, setting: WhenEmpty) -> String {
        let maximum = self.language.number(self.maximum);
        let worth = match setting {
            WhenEmpty::Full => maximum,
            WhenEmpty::Zero => "0".to_owned(),
            WhenEmpty::NotApplicable => self.pick("không áp dụng", "not applicable").to_owned(),
        };
        let nothing = self.pick(
            "Có tài liệu xác nhận không phát sinh",
            "Evidence states that there was nothing to do",
        );
        format!("{nothing}: {worth}")
    }
}
