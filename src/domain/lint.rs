//! Lint: whether a framework that could be read makes sense. Errors forbid issuing; warnings have to be accepted.
//!
//! Real documents contain slips (one national decision's counts per field add to 39 criteria, its text says 38):
//! differences to *stated counts* are warnings, while points that do not add up are errors, because scores rest on them.

mod brought;
mod formulas;
mod growth;
mod inputs;
mod levels;
mod normalised;
mod results;
mod rules;
mod surveys;
mod translations;

use std::collections::{BTreeMap, BTreeSet};

use self::results::is_field;
use super::exact::{Decimal, Exact};
use super::framework::{Finding, Framework, Leaf, MAXIMUM_LEAVES, Method, Node, RoundLeaf, SectionKind};
use super::input::InputSource;
use super::text::Text;

/// Most characters of a name.
pub const MAXIMUM_NAME_LENGTH: usize = 2_000;
/// Most characters of a code.
pub const MAXIMUM_CODE_LENGTH: usize = 40;
/// Most places to which points are rounded.
const MAXIMUM_PLACES: u32 = 6;

/// Names of the kinds of evidence that a requirement may state.
const EVIDENCE_KINDS: [&str; 12] = [
    "OFFICIAL_DOCUMENT",
    "ONE_STOP_CASES",
    "ONLINE_SERVICE_USAGE",
    "PUBLISHED_PROCEDURES",
    "LATE_CASES",
    "APOLOGY_LETTERS",
    "ELECTRONIC_DOCUMENTS",
    "LIST",
    "LINK",
    "PHOTO",
    "SYSTEM_EXPORT",
    "OTHER",
];

impl Framework {
    /// Everything that is wrong with the framework, errors first, otherwise in the order of the document.
    pub fn lint(&self) -> Vec<Finding> {
        let mut lint = Lint { findings: Vec::new() };
        lint.head(self);
        lint.classes(self);
        lint.tree(self);
        lint.points(self);
        lint.stated(self);
        for (node, leaf) in self.leaves() {
            let found = self.findings().filter(|(code, _)| *code == node.code);
            let found: Vec<&str> = found.map(|(_, when)| when.input.as_str()).collect();
            let is_penalty = self.outside_scale(&node.code) == Some(SectionKind::Penalty);
            lint.leaf(&format!("nodes/{}/leaf", node.code), leaf, &found, is_penalty);
        }
        lint.results(self);
        lint.findings.sort_by_key(|finding| finding.severity);
        lint.findings
    }
}

/// Collects findings.
struct Lint {
    findings: Vec<Finding>,
}

impl Lint {
    fn error(&mut self, path: &str, code: &str, vi: impl Into<String>, en: impl Into<String>) {
        self.findings.push(Finding::error(path, code, Text::new(vi, en)));
    }

    fn warning(&mut self, path: &str, code: &str, vi: impl Into<String>, en: impl Into<String>) {
        self.findings.push(Finding::warning(path, code, Text::new(vi, en)));
    }

    fn text(&mut self, path: &str, text: &Text) {
        if !text.is_complete() {
            let missing = if text.vi.trim().is_empty() { "vi" } else { "en" };
            self.error(
                path,
                "MISSING_TRANSLATION",
                format!("thiếu bản dịch {missing:?}"),
                format!("the translation {missing:?} is missing"),
            );
        }
        self.translation(path, text);
        if text.vi.chars().count().max(text.en.chars().count()) > MAXIMUM_NAME_LENGTH {
            self.error(
                path,
                "TOO_LONG",
                format!("dài quá {MAXIMUM_NAME_LENGTH} ký tự"),
                format!("longer than {MAXIMUM_NAME_LENGTH} characters"),
            );
        }
    }

    fn code(&mut self, path: &str, code: &str) {
        let good = |character: char| character.is_ascii_alphanumeric() || matches!(character, '.' | '-' | '_');
        if code.is_empty() || code.len() > MAXIMUM_CODE_LENGTH || !code.chars().all(good) {
            self.error(
                path,
                "BAD_CODE",
                format!("mã {code:?}: từ 1 đến {MAXIMUM_CODE_LENGTH} chữ cái không dấu, chữ số, '.', '-', '_'"),
                format!("code {code:?}: 1 to {MAXIMUM_CODE_LENGTH} ASCII letters, digits, '.', '-', '_'"),
            );
        }
    }

    /// Reports every code that occurs again.
    fn unique<'a>(&mut self, path: &str, codes: impl IntoIterator<Item = &'a str>) {
        let mut seen = BTreeSet::new();
        for code in codes {
            if !seen.insert(code) {
                self.error(
                    path,
                    "DOUBLED_CODE",
                    format!("mã {code} bị trùng"),
                    format!("the code {code} is used twice"),
                );
            }
        }
    }

    fn between(&mut self, path: &str, value: &Decimal, lowest: i64, highest: i64) {
        let exact = value.exact();
        if *exact < lowest || *exact > highest {
            self.error(
                path,
                "OUT_OF_RANGE",
                format!("{value} không nằm trong khoảng {lowest} đến {highest}"),
                format!("{value} is not between {lowest} and {highest}"),
            );
        }
    }

    fn head(&mut self, framework: &Framework) {
        self.code("code", &framework.code);
        self.code("version", &framework.version);
        self.code("unitType", &framework.unit_type);
        self.text("name", &framework.name);
        let places = match framework.scoring.round_leaf {
            RoundLeaf::None => 0,
            RoundLeaf::Places(places) => places,
        };
        for (path, places) in [
            ("scoring/roundLeaf", places),
            ("scoring/roundTotal", framework.scoring.round_total),
        ] {
            if places > MAXIMUM_PLACES {
                self.error(
                    path,
                    "OUT_OF_RANGE",
                    format!("làm tròn tối đa {MAXIMUM_PLACES} chữ số"),
                    format!("rounding to at most {MAXIMUM_PLACES} places"),
                );
            }
        }
    }

    fn classes(&mut self, framework: &Framework) {
        self.unique("classes", framework.classes.iter().map(|class| class.code.as_str()));
        for class in &framework.classes {
            let path = format!("classes/{}", class.code);
            self.code(&path, &class.code);
            self.text(&path, &class.name);
            self.between(&path, &class.at_least, 0, 100);
        }
        for pair in framework.classes.windows(2) {
            if pair[0].at_least <= pair[1].at_least {
                self.error(
                    &format!("classes/{}", pair[1].code),
                    "NOT_DESCENDING",
                    format!("mức của {} phải thấp hơn {}", pair[1].code, pair[0].code),
                    format!("{} must begin below {}", pair[1].code, pair[0].code),
                );
            }
        }
        if framework
            .classes
            .last()
            .is_none_or(|class| !class.at_least.exact().is_zero())
        {
            self.error(
                "classes",
                "NO_LAST_CLASS",
                "loại cuối cùng phải bắt đầu từ 0",
                "the last class must begin at 0, so that every result has a class",
            );
        }
    }

    fn tree(&mut self, framework: &Framework) {
        self.unique("nodes", framework.nodes.iter().map(|node| node.code.as_str()));
        let mut before: BTreeMap<&str, &Node> = BTreeMap::new();
        let parents: BTreeSet<&str> = framework
            .nodes
            .iter()
            .filter_map(|node| node.parent.as_deref())
            .collect();
        for node in &framework.nodes {
            let path = format!("nodes/{}", node.code);
            self.code(&path, &node.code);
            self.text(&format!("{path}/name"), &node.name);
            self.parent(&path, framework, node, &before);
            if node.leaf.is_none() && !parents.contains(node.code.as_str()) {
                self.error(
                    &path,
                    "NODE_WITHOUT_LEAF",
                    "không phải tiêu chí thành phần và không có tiêu chí nào bên dưới",
                    "neither a leaf nor has it nodes below",
                );
            }
            before.insert(&node.code, node);
        }
        let leaves = framework.leaves().count();
        if leaves > MAXIMUM_LEAVES {
            self.error(
                "nodes",
                "TOO_MANY_LEAVES",
                format!("{leaves} tiêu chí thành phần; tối đa {MAXIMUM_LEAVES}"),
                format!("{leaves} leaves; at most {MAXIMUM_LEAVES}"),
            );
        }
        if framework.nodes.is_empty() {
            self.error(
                "nodes",
                "NO_NODES",
                "bộ chỉ số chưa có tiêu chí",
                "the framework has no nodes",
            );
        }
    }

    fn parent(&mut self, path: &str, framework: &Framework, node: &Node, before: &BTreeMap<&str, &Node>) {
        let Some(parent) = node.parent.as_deref() else { return };
        match before.get(parent) {
            Some(above) if above.leaf.is_some() => self.error(
                path,
                "LEAF_WITH_CHILDREN",
                format!("{parent} là tiêu chí thành phần nên không thể có tiêu chí bên dưới"),
                format!("{parent} is a leaf and cannot have nodes below"),
            ),
            Some(_) => {}
            None if framework.node(parent).is_some() => self.error(
                path,
                "PARENT_AFTER_CHILD",
                format!("{parent} phải đứng trước {}", node.code),
                format!("{parent} must come before {}", node.code),
            ),
            None => self.error(
                path,
                "PARENT_MISSING",
                format!("không có tiêu chí {parent}"),
                format!("there is no node {parent}"),
            ),
        }
    }

    fn points(&mut self, framework: &Framework) {
        for node in &framework.nodes {
            if *node.points.exact() <= 0 {
                self.error(
                    &format!("nodes/{}/points", node.code),
                    "OUT_OF_RANGE",
                    format!("điểm phải lớn hơn 0, không phải {}", node.points),
                    format!("points must be above 0, not {}", node.points),
                );
            }
        }
        if let RoundLeaf::Places(places) = framework.scoring.round_leaf {
            for (node, _) in framework
                .leaves()
                .filter(|(node, _)| node.points.exact().decimal_text(places).is_none())
            {
                self.error(
                    &format!("nodes/{}/points", node.code),
                    "FINER_THAN_ROUNDING",
                    format!("{} có nhiều hơn {places} chữ số thập phân", node.points),
                    format!(
                        "{} has more than {places} places, so that rounding could exceed it",
                        node.points
                    ),
                );
            }
        }
        let sum_of = |parent: Option<&str>| -> Option<Exact> {
            let is_below = |node: &&Node| match parent {
                None => is_field(node),
                parent => node.parent.as_deref() == parent,
            };
            let mut below = framework.nodes.iter().filter(is_below).peekable();
            below.peek()?;
            Some(below.map(|node| node.points.exact()).sum())
        };
        let mut expected = vec![("scale".to_owned(), &framework.scale, sum_of(None))];
        for node in &framework.nodes {
            expected.push((
                format!("nodes/{}/points", node.code),
                &node.points,
                sum_of(Some(&node.code)),
            ));
        }
        for (path, stated, sum) in expected {
            let Some(sum) = sum.filter(|sum| sum != stated.exact()) else {
                continue;
            };
            let sum = sum.decimal_text(12).unwrap_or_else(|| sum.to_string());
            self.error(
                &path,
                "POINTS_DO_NOT_ADD_UP",
                format!("nêu {stated} điểm nhưng tổng bên dưới là {sum}"),
                format!("states {stated} points, but those below add up to {sum}"),
            );
        }
    }

    fn stated(&mut self, framework: &Framework) {
        let Some(stated) = &framework.stated else { return };
        let criteria = framework.nodes.iter().filter(|node| {
            let above = node.parent.as_deref().and_then(|parent| framework.node(parent));
            above.is_some_and(is_field)
        });
        // A document counts what is in its scale.
        let leaves = framework
            .leaves()
            .filter(|(node, _)| framework.outside_scale(&node.code).is_none());
        let fields = framework.fields().filter(|field| is_field(field));
        let counts = [
            ("fields", stated.fields, fields.count()),
            ("criteria", stated.criteria, criteria.count()),
            ("leaves", stated.leaves, leaves.count()),
        ];
        for (name, stated, found) in counts {
            if let Some(stated) = stated.filter(|stated| *stated as usize != found) {
                self.warning(
                    &format!("stated/{name}"),
                    "STATED_COUNT_DIFFERS",
                    format!("văn bản nêu {stated}, trong bộ chỉ số có {found}"),
                    format!("the document states {stated}, the framework has {found}"),
                );
            }
        }
    }

    /// `found` are the inputs that vetoes and conditions of classes look at.
    fn leaf(&mut self, path: &str, leaf: &Leaf, found: &[&str], is_penalty: bool) {
        self.code(&format!("{path}/appraiser"), &leaf.appraiser);
        if let Some(when) = &leaf.not_applicable_when {
            self.text(&format!("{path}/notApplicableWhen"), when);
        }
        self.inputs(path, leaf, found);
        self.rule(&format!("{path}/rule"), leaf);
        self.required_evidence(path, leaf, is_penalty);
    }

    fn required_evidence(&mut self, path: &str, leaf: &Leaf, is_penalty: bool) {
        let path = format!("{path}/requiredEvidence");
        let derived = leaf
            .inputs
            .iter()
            .any(|input| matches!(input.source, InputSource::Derived(_)));
        // A penalty needs none: it rests on what an appraiser finds.
        if leaf.method == Method::Appraised && leaf.required_evidence.is_empty() && !derived && !is_penalty {
            self.warning(
                &path,
                "NO_EVIDENCE",
                "tiêu chí có thể được điểm mà không cần tài liệu kiểm chứng",
                "the leaf can have points without any evidence",
            );
        }
        // Nobody links documents to such a leaf: what is required there would withhold its points for ever.
        let without_documents = match leaf.method {
            Method::Appraised => None,
            Method::Survey => Some((
                "SURVEY_EVIDENCE",
                "tiêu chí điều tra xã hội học không nhận tài liệu; bỏ requiredEvidence",
                "a survey leaf takes no documents; leave requiredEvidence empty",
            )),
            Method::Imported => Some((
                "IMPORTED_EVIDENCE",
                "tiêu chí lấy từ chỉ số khác hoặc từ hệ thống không nhận tài liệu; bỏ requiredEvidence",
                "a leaf of another index or of a register takes no documents; leave requiredEvidence empty",
            )),
        };
        if let Some((code, vi, en)) = without_documents.filter(|_| !leaf.required_evidence.is_empty()) {
            self.error(&path, code, vi, en);
        }
        self.unique(
            &path,
            leaf.required_evidence.iter().map(|required| required.code.as_str()),
        );
        for required in &leaf.required_evidence {
            let path = format!("{path}/{}", required.code);
            self.code(&path, &required.code);
            self.text(&path, &required.name);
            if required.at_least == 0 {
                self.error(&path, "OUT_OF_RANGE", "atLeast phải từ 1", "atLeast must be 1 or more");
            }
            if required.kinds.is_empty() {
                self.error(
                    &path,
                    "NO_KINDS",
                    "chưa nêu loại tài liệu",
                    "no kind of evidence is stated",
                );
            }
            for kind in required
                .kinds
                .iter()
                .filter(|kind| !EVIDENCE_KINDS.contains(&kind.as_str()))
            {
                let known = EVIDENCE_KINDS.join(", ");
                self.error(
                    &path,
                    "UNKNOWN_KIND",
                    format!("không có loại tài liệu {kind:?}; các loại: {known}"),
                    format!("there is no kind of evidence {kind:?}; the kinds are {known}"),
                );
            }
        }
    }
}

#[cfg(test)]
mod tests;
