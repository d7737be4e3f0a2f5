//! Dates: within the assessed year, and not after the last day of self-assessment.
//!
//! A document should be dated within the assessed year (practice of the yearly guidance; the cut-off is 31 December). A
//! plan or programme for the year (KH, CTr) is made before it begins, so that one of the year before is in order. Pages and
//! photos are captured, and lists of procedures checked, while the dossier is prepared: only what is older than the year is
//! outside it. A case is one of the year in which it was due.

use std::collections::BTreeSet;

use jiff::civil::{Date, date};

use super::{CheckFinding, CheckRule, Checked, DocumentInUse, some_of};
use crate::domain::evidence::{EvidenceKind, OfficialHeader};
use crate::domain::text::{Text, folded};

/// Abbreviations of the types of documents that are made for a year before it begins: kế hoạch, chương trình.
const MADE_AHEAD: [&str; 2] = ["kh", "ctr"];
/// Columns of rows that say when something was done.
const DONE_ON: [&str; 3] = ["checked_on", "resolved_on", "sent_on"];

/// Why a document's date is outside an assessed year; `None` if it is not.
pub fn outside_year(header: &OfficialHeader, year: i16) -> Option<Text> {
    let issued = header.issued_on;
    let ahead = MADE_AHEAD.contains(&folded(&header.document_type).as_str()) && issued.year() == year - 1;
    (issued.year() != year && !ahead).then(|| {
        Text::new(
            format!("Văn bản ngày {issued} nằm ngoài năm đánh giá {year}."),
            format!("The document is dated {issued}, outside the assessed year {year}."),
        )
    })
}

/// What is wrong with the dates of a document.
pub(super) fn check(checked: &Checked<'_>, document: &DocumentInUse<'_>) -> Vec<CheckFinding> {
    let mut findings = Vec::new();
    findings.extend(period(checked, document).into_iter().map(|message| {
        let remedy = Text::new(
            format!(
                "Thay bằng tài liệu của năm {}, hoặc nêu trong phần giải trình vì sao tài liệu này được tính cho năm đó.",
                checked.year
            ),
            format!(
                "Replace it by a document of {}, or explain why this one counts for that year.",
                checked.year
            ),
        );
        document.finding(CheckRule::WrongPeriod, message, remedy)
    }));
    findings.extend(late(checked, document).into_iter().map(|message| {
        let remedy = Text::new(
            "Kiểm tra lại ngày; nếu ngày đúng, thay bằng tài liệu có trước hạn tự chấm điểm.",
            "Check the date; if it is right, replace the document by one that was there in time.",
        );
        document.finding(CheckRule::DatedAfterDeadline, message, remedy)
    }));
    findings
}

fn period(checked: &Checked<'_>, document: &DocumentInUse<'_>) -> Vec<Text> {
    let year = checked.year;
    let revision = &document.facts.revision;
    let mut wrong = Vec::new();
    wrong.extend(revision.header.as_ref().and_then(|header| outside_year(header, year)));
    let captured = revision.content.captured_on.filter(|day| *day < date(year, 1, 1));
    wrong.extend(captured.map(|day| {
        Text::new(
            format!("Ảnh hoặc trang được ghi lại ngày {day}, trước năm đánh giá {year}."),
            format!("The page or photo was captured on {day}, before the assessed year {year}."),
        )
    }));
    let months = values(document, "month", |month| !month.starts_with(&format!("{year:04}-")));
    if !months.is_empty() {
        let named = some_of(&months);
        wrong.push(Text::new(
            format!("Có số liệu ngoài năm đánh giá {year}: tháng {}.", named.vi),
            format!("There are rows outside the assessed year {year}: {}.", named.en),
        ));
    }
    let due = values(document, "due_on", |day| !day.starts_with(&format!("{year:04}-")));
    if !due.is_empty() && document.facts.evidence.kind == EvidenceKind::LateCases {
        let named = some_of(&due);
        wrong.push(Text::new(
            format!(
                "Có hồ sơ đến hạn ngoài năm đánh giá {year}, không được tính: {}.",
                named.vi
            ),
            format!(
                "Cases were due outside the assessed year {year} and do not count: {}.",
                named.en
            ),
        ));
    }
    let old = values(document, "checked_on", |day| {
        day.parse::<Date>().is_ok_and(|day| day < date(year, 1, 1))
    });
    if !old.is_empty() {
        let named = some_of(&old);
        wrong.push(Text::new(
            format!("Có thủ tục được kiểm tra trước năm đánh giá {year}: ngày {}.", named.vi),
            format!(
                "Procedures were checked before the assessed year {year}: on {}.",
                named.en
            ),
        ));
    }
    wrong
}

/// Different values of a column of the document's rows that are not as they should be, in order.
fn values(document: &DocumentInUse<'_>, column: &str, is_wrong: impl Fn(&str) -> bool) -> Vec<String> {
    let kind = document.facts.evidence.kind.row_kind();
    if kind.is_none_or(|kind| kind.column(column).is_none()) {
        return Vec::new();
    }
    let rows = document.facts.rows.iter().flat_map(|rows| rows.iter());
    let wrong: BTreeSet<&str> = rows
        .map(|row| row.value(column))
        .filter(|value| is_wrong(value))
        .collect();
    wrong.into_iter().map(str::to_owned).collect()
}

fn late(checked: &Checked<'_>, document: &DocumentInUse<'_>) -> Vec<Text> {
    let revision = &document.facts.revision;
    let issued = revision.header.as_ref().map(|header| header.issued_on);
    let written = issued.into_iter().chain(revision.content.captured_on);
    let done = DONE_ON.iter().flat_map(|column| values(document, column, |_| true));
    let done = done.filter_map(|day| day.parse::<Date>().ok());
    let dates: BTreeSet<Date> = written.chain(done).collect();
    let is_too_late = |day: &Date| checked.deadline.is_some_and(|last| *day > last);
    let (too_late, in_time): (BTreeSet<Date>, BTreeSet<Date>) = dates.into_iter().partition(is_too_late);
    let named = |dates: Vec<Date>| some_of(&dates.iter().map(Date::to_string).collect::<Vec<_>>());
    let mut found = Vec::new();
    if let Some(last) = checked.deadline.filter(|_| !too_late.is_empty()) {
        let named = named(too_late.into_iter().collect());
        found.push(Text::new(
            format!("Tài liệu ghi ngày {}, sau hạn tự chấm điểm {last}.", named.vi),
            format!(
                "The document is dated {}, after the last day of self-assessment, {last}.",
                named.en
            ),
        ));
    }
    let to_come: Vec<Date> = in_time.into_iter().filter(|day| *day > checked.today).collect();
    if !to_come.is_empty() {
        let named = named(to_come);
        found.push(Text::new(
            format!("Tài liệu ghi ngày {}, sau ngày hôm nay.", named.vi),
            format!("The document is dated {}, which is still to come.", named.en),
        ));
    }
    found
}
