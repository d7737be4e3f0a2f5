//! Settings of a framework that apply to all of its nodes, compared and in words.

use crate::domain::explain::wording::{Language, text};
use crate::domain::framework::{AboveMaximum, Class, Framework, Rebase, RoundLeaf, Scoring, Stated, TieBreak, TotalOf};
use crate::domain::text::Text;

/// Something that holds for the framework as a whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Setting {
    Name,
    UnitType,
    Scale,
    RoundLeaf,
    RoundTotal,
    TotalOf,
    Rebase,
    AboveMaximum,
    Classes,
    TieOrder,
    Stated,
    Sources,
}

/// A setting that differs, with what it says on either side.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SettingChange {
    pub setting: Setting,
    pub from: Text,
    pub to: Text,
}

/// The settings that differ, in the order of the format.
pub(super) fn changes(from: &Framework, to: &Framework) -> Vec<SettingChange> {
    let (old, new) = (&from.scoring, &to.scoring);
    let compared = [
        (Setting::Name, from.name == to.name),
        (Setting::UnitType, from.unit_type == to.unit_type),
        (Setting::Scale, from.scale == to.scale),
        (Setting::RoundLeaf, old.round_leaf == new.round_leaf),
        (Setting::RoundTotal, old.round_total == new.round_total),
        (Setting::TotalOf, old.total_of == new.total_of),
        (Setting::Rebase, old.rebase == new.rebase),
        (Setting::AboveMaximum, above_maximum(old) == above_maximum(new)),
        (Setting::Classes, from.classes == to.classes),
        (Setting::TieOrder, tie_order(from) == tie_order(to)),
        (
            Setting::Stated,
            from.stated.clone().unwrap_or_default() == to.stated.clone().unwrap_or_default(),
        ),
        (Setting::Sources, from.sources == to.sources),
    ];
    let differing = compared.into_iter().filter(|(_, same)| !same);
    let change = |(setting, _): (Setting, bool)| SettingChange {
        setting,
        from: from.describe_setting(setting),
        to: to.describe_setting(setting),
    };
    differing.map(change).collect()
}

/// What is absent is kept.
fn above_maximum(scoring: &Scoring) -> AboveMaximum {
    scoring.above_maximum.unwrap_or(AboveMaximum::Keep)
}

fn tie_order(framework: &Framework) -> &[TieBreak] {
    framework.tie_order.as_deref().unwrap_or_default()
}

impl Framework {
    /// A setting in words.
    pub fn describe_setting(&self, setting: Setting) -> Text {
        let scoring = &self.scoring;
        match setting {
            Setting::Name => self.name.clone(),
            Setting::UnitType => Text::same(&self.unit_type),
            Setting::Scale => text(|language| language.number(self.scale.exact())),
            Setting::RoundLeaf => match scoring.round_leaf {
                RoundLeaf::None => Text::new("không làm tròn", "not rounded"),
                RoundLeaf::Places(places) => rounded(places),
            },
            Setting::RoundTotal => rounded(scoring.round_total),
            Setting::TotalOf => match scoring.total_of {
                TotalOf::Exact => Text::new("từ tổng điểm chính xác", "from the exact sums"),
                TotalOf::Rounded => Text::new("từ tổng điểm đã làm tròn", "from the rounded sums"),
            },
            Setting::Rebase => rebase(scoring.rebase),
            Setting::AboveMaximum => match above_maximum(scoring) {
                AboveMaximum::Keep => Text::new("được vượt 100 %", "may be above 100 %"),
                AboveMaximum::Cut => Text::new("tối đa 100 %", "at most 100 %"),
            },
            Setting::Classes => self.describe_classes(),
            Setting::TieOrder => self.describe_tie_order(),
            Setting::Stated => text(|language| stated(language, self.stated.as_ref())),
            Setting::Sources => Text::same(self.sources.join("; ")),
        }
    }

    fn describe_classes(&self) -> Text {
        text(|language| {
            let class = |class: &Class| {
                let least = language.number(class.at_least.exact());
                let conditions = class.conditions.iter().map(|one| self.describe_condition(one));
                let conditions: Vec<String> = conditions.map(|one| language.of(&one).to_owned()).collect();
                let begins = format!("{} ({}) ≥ {least} %", language.of(&class.name), class.code);
                std::iter::once(begins).chain(conditions).collect::<Vec<_>>().join(", ")
            };
            self.classes.iter().map(class).collect::<Vec<_>>().join("; ")
        })
    }

    fn describe_tie_order(&self) -> Text {
        if tie_order(self).is_empty() {
            return Text::new("bằng nhau thì đồng hạng", "equal percentages share the rank");
        }
        text(|language| {
            let by = |by: &TieBreak| match by {
                TieBreak::Index => language.pick("chỉ số", "index").to_owned(),
                TieBreak::AppraisedPart => language.pick("phần thẩm định", "appraised part").to_owned(),
                TieBreak::Node(node) => format!("{} {node}", language.pick("mục", "node")),
                TieBreak::SmallerGap => language
                    .pick(
                        "chênh lệch nhỏ hơn giữa tự chấm và kết quả",
                        "smaller gap between claim and result",
                    )
                    .to_owned(),
            };
            let order: Vec<String> = tie_order(self).iter().map(by).collect();
            order.join(" → ")
        })
    }
}

fn rounded(places: u32) -> Text {
    Text::new(format!("{places} chữ số thập phân"), format!("{places} decimal places"))
}

fn rebase(rebase: Rebase) -> Text {
    match rebase {
        Rebase::Ratio => Text::new(
            "phần không áp dụng không tính vào điểm tối đa",
            "what does not apply leaves the maximum",
        ),
        Rebase::Spread => Text::new(
            "điểm của phần không áp dụng được chia đều cho các tiêu chí gần nhất có áp dụng",
            "the points of what does not apply go in equal parts to the nearest leaves that do",
        ),
        Rebase::Full => Text::new(
            "phần không áp dụng được tính đủ điểm",
            "what does not apply counts in full",
        ),
    }
}

fn stated(language: Language, stated: Option<&Stated>) -> String {
    let stated = stated.cloned().unwrap_or_default();
    let counts = [
        (language.pick("lĩnh vực", "fields"), stated.fields),
        (language.pick("tiêu chí", "criteria"), stated.criteria),
        (language.pick("tiêu chí thành phần", "leaves"), stated.leaves),
    ];
    let counts: Vec<String> = counts
        .iter()
        .filter_map(|(name, count)| count.map(|count| format!("{count} {name}")))
        .collect();
    if counts.is_empty() {
        return language.pick("không nêu", "not stated").to_owned();
    }
    counts.join(", ")
}
