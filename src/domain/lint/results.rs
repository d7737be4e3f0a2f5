//! What a result depends on besides points: sections, vetoes, conditions of classes, the order of ties.

use std::collections::BTreeSet;

use super::Lint;
use crate::domain::framework::{ClassCondition, Framework, Leaf, Node, SectionKind, TieBreak, Veto, VetoEffect, When};
use crate::domain::input::{InputSource, InputType};
use crate::domain::rule::{Rule, WhenEmpty};

impl Lint {
    pub(super) fn results(&mut self, framework: &Framework) {
        self.sections(framework);
        for (node, leaf) in framework.leaves() {
            let path = format!("nodes/{}/leaf", node.code);
            if framework.outside_scale(&node.code) == Some(SectionKind::Penalty) {
                self.penalty(&path, leaf);
            }
            if let Some(veto) = &leaf.veto {
                self.veto(&format!("{path}/veto"), framework, leaf, veto);
            }
        }
        self.conditions(framework);
        self.tie_order(framework);
    }

    fn sections(&mut self, framework: &Framework) {
        for node in &framework.nodes {
            let Some(section) = &node.section else { continue };
            let path = format!("nodes/{}/section", node.code);
            if node.parent.is_some() {
                self.error(
                    &path,
                    "SECTION_BELOW",
                    "chỉ mục trên cùng mới là phần điểm thưởng hoặc điểm trừ",
                    "only a node without a parent is a bonus or penalty section",
                );
            }
            let cap = section.cap.exact();
            if *cap <= 0 || cap > node.points.exact() {
                self.error(
                    &format!("{path}/cap"),
                    "OUT_OF_RANGE",
                    format!("cap phải lớn hơn 0 và không quá {} điểm của mục", node.points),
                    format!(
                        "the cap must be above 0 and at most the section's {} points",
                        node.points
                    ),
                );
            }
        }
        let has_fields = framework.fields().any(|field| field.section.is_none());
        if !framework.nodes.is_empty() && !has_fields {
            self.error(
                "nodes",
                "NO_FIELDS",
                "chỉ có điểm thưởng và điểm trừ, chưa có lĩnh vực nào trong thang điểm",
                "there are only bonus and penalty sections, and no field inside the scale",
            );
        }
    }

    /// In a penalty section the points of a rule are what is taken away.
    fn penalty(&mut self, path: &str, leaf: &Leaf) {
        if matches!(leaf.rule, Rule::Deductions(_)) {
            self.error(
                &format!("{path}/rule"),
                "PENALTY_RULE",
                "điểm của quy tắc là số điểm bị trừ, nên DEDUCTIONS sẽ trừ nhiều nhất khi không có vi phạm; dùng LINEAR",
                "the rule's points are what is taken away: DEDUCTIONS would take most where nothing happened; use LINEAR",
            );
        }
        if leaf.inputs.iter().any(|spec| spec.source.is_of_group()) {
            self.error(
                &format!("{path}/inputs"),
                "PENALTY_GROUP",
                "điểm trừ phải biết ngay khi thẩm định, không chờ số liệu của các đơn vị khác",
                "a penalty is known when it is found, and does not wait for what other units have",
            );
        }
        if leaf.rule.when_empty() == Some(WhenEmpty::Full) {
            self.error(
                &format!("{path}/rule"),
                "PENALTY_RULE",
                "whenEmpty FULL sẽ trừ toàn bộ điểm khi không phát sinh; dùng ZERO",
                "whenEmpty FULL would take all points where there was nothing to do; use ZERO",
            );
        }
        if !leaf.method.is_appraised() {
            self.error(
                &format!("{path}/method"),
                "PENALTY_SURVEY",
                "điểm trừ dựa trên phát hiện của người thẩm định, không dựa trên khảo sát hoặc chỉ số khác",
                "a penalty rests on an appraiser's finding, not on a survey or another index",
            );
        }
    }

    fn veto(&mut self, path: &str, framework: &Framework, leaf: &Leaf, veto: &Veto) {
        self.when(&format!("{path}/when"), leaf, &veto.when);
        let VetoEffect::ClassAtMost { class } = &veto.effect else {
            return;
        };
        match framework.classes.iter().position(|one| one.code == *class) {
            None => self.error(
                &format!("{path}/effect"),
                "UNKNOWN_CLASS",
                format!("không có loại {class}"),
                format!("there is no class {class}"),
            ),
            Some(0) => self.error(
                &format!("{path}/effect"),
                "NO_EFFECT",
                format!("{class} là loại cao nhất nên không hạn chế gì"),
                format!("{class} is the best class, so that nothing is limited"),
            ),
            Some(_) => {}
        }
    }

    /// A value that an input may be found to have.
    fn when(&mut self, path: &str, leaf: &Leaf, when: &When) {
        let stated = [when.is.is_some(), when.one_of.is_some(), when.at_least.is_some()];
        if stated.iter().filter(|stated| **stated).count() != 1 {
            self.error(
                path,
                "BAD_WHEN",
                "nêu đúng một trong is, oneOf, atLeast",
                "state exactly one of is, oneOf and atLeast",
            );
        }
        let Some(spec) = leaf.input(&when.input) else {
            self.error(
                path,
                "UNDEFINED_INPUT",
                format!("chưa định nghĩa số liệu {:?}", when.input),
                format!("the input {:?} is not defined", when.input),
            );
            return;
        };
        // Otherwise a verdict on evidence could make a finding go away.
        if spec.source != InputSource::Declared {
            self.error(
                path,
                "FINDING_NOT_DECLARED",
                format!("số liệu {} phải là số liệu kê khai (DECLARED)", spec.code),
                format!(
                    "the input {} must be a declared one, so that no verdict on evidence changes it",
                    spec.code
                ),
            );
        }
        let fits = match (&spec.kind, &when.one_of) {
            (InputType::YesNo, _) => when.is.is_some(),
            (InputType::Option { codes }, Some(wanted)) => {
                if wanted.is_empty() || wanted.iter().any(|code| !codes.contains(code)) {
                    self.error(
                        path,
                        "OPTION_NOT_IN_INPUT",
                        format!("oneOf phải gồm các mã của số liệu {}", spec.code),
                        format!("oneOf has to name codes of the input {}", spec.code),
                    );
                }
                true
            }
            (kind, _) => kind.is_number() && when.at_least.is_some(),
        };
        if !fits {
            self.error(
                path,
                "WRONG_INPUT_TYPE",
                format!(
                    "điều kiện không hợp với kiểu {} của số liệu {}",
                    spec.kind.name(),
                    spec.code
                ),
                format!(
                    "the test does not fit the kind {} of the input {}",
                    spec.kind.name(),
                    spec.code
                ),
            );
        }
    }

    fn conditions(&mut self, framework: &Framework) {
        for class in &framework.classes {
            for (place, condition) in class.conditions.iter().enumerate() {
                let path = format!("classes/{}/conditions/{place}", class.code);
                self.condition(&path, framework, condition);
            }
        }
        if let Some(last) = framework.classes.last().filter(|last| !last.conditions.is_empty()) {
            self.error(
                &format!("classes/{}/conditions", last.code),
                "LAST_CLASS_CONDITION",
                "loại cuối cùng không có điều kiện, để mọi kết quả đều được xếp loại",
                "the last class has no conditions, so that every result has a class",
            );
        }
    }

    fn condition(&mut self, path: &str, framework: &Framework, condition: &ClassCondition) {
        match condition {
            ClassCondition::NodeAtLeast { node, percent } => {
                self.inside_scale(path, framework, node);
                if *percent.exact() <= 0 || *percent.exact() > 100 {
                    self.error(
                        path,
                        "OUT_OF_RANGE",
                        format!("{percent} % phải lớn hơn 0 và không quá 100"),
                        format!("{percent} % must be above 0 and at most 100"),
                    );
                }
            }
            ClassCondition::NotFound { leaf, when } => match framework.leaf(leaf) {
                Some((_, found)) => self.when(&format!("{path}/when"), found, when),
                None => self.unknown_node(path, leaf),
            },
            ClassCondition::NoVeto => {
                if framework.leaves().all(|(_, leaf)| leaf.veto.is_none()) {
                    self.warning(
                        path,
                        "NO_EFFECT",
                        "bộ chỉ số không có nội dung phủ quyết nào",
                        "the framework has no veto",
                    );
                }
            }
        }
    }

    fn tie_order(&mut self, framework: &Framework) {
        let Some(order) = &framework.tie_order else { return };
        if order.is_empty() {
            self.error(
                "tieOrder",
                "EMPTY_LIST",
                "tieOrder không được rỗng; bỏ đi nếu đồng hạng",
                "tieOrder is empty; leave it out where ranks are shared",
            );
        }
        let mut seen = BTreeSet::new();
        for (place, by) in order.iter().enumerate() {
            let path = format!("tieOrder/{place}");
            if !seen.insert(by) {
                self.error(&path, "DOUBLED_CODE", "nêu hai lần", "it is stated twice");
            }
            match by {
                TieBreak::Index if place > 0 => self.error(
                    &path,
                    "INDEX_NOT_FIRST",
                    "INDEX luôn được so sánh trước tiên; đặt ở đầu hoặc bỏ đi",
                    "INDEX is compared first in any case; put it first, or leave it out",
                ),
                TieBreak::Node(node) => self.inside_scale(&path, framework, node),
                TieBreak::Index | TieBreak::AppraisedPart | TieBreak::SmallerGap => {}
            }
        }
    }

    fn inside_scale(&mut self, path: &str, framework: &Framework, code: &str) {
        if framework.node(code).is_none() {
            self.unknown_node(path, code);
        } else if framework.outside_scale(code).is_some() {
            self.error(
                path,
                "OUTSIDE_SCALE",
                format!("mục {code} là điểm thưởng hoặc điểm trừ, không có tỷ lệ trong thang điểm"),
                format!("node {code} is bonus or penalty and has no percentage of the scale"),
            );
        }
    }

    fn unknown_node(&mut self, path: &str, code: &str) {
        self.error(
            path,
            "UNKNOWN_NODE",
            format!("không có tiêu chí {code}"),
            format!("there is no such criterion: {code}"),
        );
    }
}

/// Top nodes inside the scale.
pub(super) fn is_field(node: &Node) -> bool {
    node.parent.is_none() && node.section.is_none()
}
