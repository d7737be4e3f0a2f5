//! Apology letters and the late cases that they are for, where a leaf has lists of both.
//!
//! Who is late asks to be excused by letter and names a new day (Decree 61/2018/NĐ-CP). The points follow from the
//! cases that have a letter; what a person should look at is told here: letters for cases that are not late, another due date
//! than the case's, a second letter, a letter that came after the result, and cases that nobody was asked to excuse.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;

use super::{CheckFinding, CheckRule, CheckSeverity, some_of};
use crate::domain::rows::{Row, RowKind};
use crate::domain::score::{LeafFacts, LinkFacts};
use crate::domain::text::Text;

/// In what letters and late cases of a leaf do not go together.
pub(super) fn check(leaf: &LeafFacts<'_>) -> Vec<CheckFinding> {
    let (lists, letters) = (
        documents(leaf, RowKind::LateCases),
        documents(leaf, RowKind::ApologyLetters),
    );
    if lists.is_empty() || letters.is_empty() {
        return Vec::new();
    }
    let rows = lists.iter().flat_map(|facts| rows_of(facts));
    let cases: BTreeMap<&str, &Row> = rows.map(|row| (row.value("case"), row)).collect();
    let mut findings = Vec::new();
    for facts in &letters {
        findings.extend(of_document(leaf, facts, &cases));
    }
    findings.extend(of_leaf(leaf, &letters, &cases));
    findings
}

/// Documents of a kind in use for the leaf, each once.
fn documents<'a>(leaf: &LeafFacts<'a>, kind: RowKind) -> Vec<&'a LinkFacts> {
    let mut seen = BTreeSet::new();
    let of_kind = |facts: &&LinkFacts| facts.is_active() && facts.evidence.kind.row_kind() == Some(kind);
    let mut found: Vec<&LinkFacts> = leaf.links.iter().filter(of_kind).collect();
    found.retain(|facts| seen.insert(&facts.evidence.id));
    found
}

fn rows_of(facts: &LinkFacts) -> &[Row] {
    facts.stated_rows().unwrap_or_default()
}

/// What is wrong with the letters of one document.
fn of_document(leaf: &LeafFacts<'_>, facts: &LinkFacts, cases: &BTreeMap<&str, &Row>) -> Vec<CheckFinding> {
    let mut unknown = Vec::new();
    let mut other_due = Vec::new();
    let mut too_late = Vec::new();
    for row in rows_of(facts) {
        let (letter, name) = (row.value("letter"), row.value("case"));
        let Some(case) = cases.get(name) else {
            unknown.push(format!("{letter} ({name})"));
            continue;
        };
        if row.value("due_on") != case.value("due_on") {
            other_due.push(format!(
                "{letter} ({name}: {}, {})",
                row.value("due_on"),
                case.value("due_on")
            ));
        }
        if let (Some(sent), Some(resolved)) = (day(row, "sent_on"), day(case, "resolved_on"))
            && sent > resolved
        {
            too_late.push(format!("{letter} ({name}: {sent}, {resolved})"));
        }
    }
    let found = [
        (
            unknown,
            (
                "Thư xin lỗi cho hồ sơ không có trong danh sách trễ hạn",
                "Letters for cases that are in no list of late cases",
            ),
            (
                "Sửa mã hồ sơ theo hệ thống một cửa, hoặc bổ sung hồ sơ vào danh sách trễ hạn.",
                "Write the case as the one-stop system does, or add it to the list of late cases.",
            ),
        ),
        (
            other_due,
            (
                "Hạn trả trong thư khác hạn trong danh sách hồ sơ trễ hạn",
                "Letters state another due date than the list of late cases",
            ),
            (
                "Đối chiếu hạn trả với giấy hẹn rồi sửa danh sách ghi sai.",
                "Compare with the appointment slip, and mend the list that is wrong.",
            ),
        ),
        (
            too_late,
            (
                "Thư xin lỗi gửi sau ngày trả kết quả",
                "Letters were sent after the case was resolved",
            ),
            (
                "Kiểm tra ngày gửi và ngày trả kết quả; nếu đúng, giải trình.",
                "Check the day of sending and that of the result; if they are right, explain.",
            ),
        ),
    ];
    let told = |(names, message, remedy): (Vec<String>, (&str, &str), (&str, &str))| {
        (!names.is_empty()).then(|| CheckFinding {
            evidence: Some(facts.evidence.id.clone()),
            link: Some(facts.link.id.clone()),
            ..finding(leaf, &names, message, remedy)
        })
    };
    found.into_iter().filter_map(told).collect()
}

/// Cases with several letters, and those of the year without any.
fn of_leaf(leaf: &LeafFacts<'_>, letters: &[&LinkFacts], cases: &BTreeMap<&str, &Row>) -> Vec<CheckFinding> {
    let mut sent: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for row in letters.iter().flat_map(|facts| rows_of(facts)) {
        sent.entry(row.value("case")).or_default().insert(row.value("letter"));
    }
    let several = sent.iter().filter(|(_, letters)| letters.len() > 1);
    let several: Vec<String> = several
        .map(|(case, letters)| format!("{case} ({})", letters.iter().copied().collect::<Vec<_>>().join("; ")))
        .collect();
    let is_of_year = |row: &Row| day(row, "due_on").is_some_and(|due| due.year() == leaf.year);
    let without = cases
        .iter()
        .filter(|(case, row)| is_of_year(row) && !sent.contains_key(*case));
    let without: Vec<String> = without.map(|(case, _)| (*case).to_owned()).collect();
    let mut findings = Vec::new();
    if !several.is_empty() {
        findings.push(finding(
            leaf,
            &several,
            ("Hồ sơ có nhiều thư xin lỗi", "Cases have several letters"),
            (
                "Mỗi hồ sơ chỉ tính một lần; kiểm tra xem thư sau có phải do trễ hạn lần nữa.",
                "A case counts once; see whether the later letter is for being late again.",
            ),
        ));
    }
    if !without.is_empty() {
        findings.push(finding(
            leaf,
            &without,
            (
                "Hồ sơ trễ hạn chưa có thư xin lỗi",
                "Late cases for which there is no letter",
            ),
            (
                "Bổ sung thư đã gửi vào danh sách thư xin lỗi.",
                "Add the letters that were sent to the list of letters.",
            ),
        ));
    }
    findings
}

fn day(row: &Row, column: &str) -> Option<Date> {
    row.value(column).parse().ok()
}

fn finding(leaf: &LeafFacts<'_>, names: &[String], (vi, en): (&str, &str), remedy: (&str, &str)) -> CheckFinding {
    let (count, named) = (names.len(), some_of(names));
    CheckFinding {
        rule: CheckRule::ApologyLetters,
        severity: CheckSeverity::Warning,
        criteria: vec![leaf.node.code.clone()],
        evidence: None,
        link: None,
        input: None,
        message: Text::new(
            format!("{vi} ({count}): {}.", named.vi),
            format!("{en} ({count}): {}.", named.en),
        ),
        remedy: Text::new(remedy.0, remedy.1),
        others: Vec::new(),
    }
}
