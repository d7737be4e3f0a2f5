//! From rows to the value of an input, or to the reasons why there is none.
//!
//! **Rejecting a document can never raise a value**: a derived input has a value only when every linked document with
//! such rows counts, and conflicts and gaps are looked for over all of them, counted or not. So it is with the documents that
//! rows are matched with: whether a case has its letter is known when each list of letters counts.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::{ColumnKind, Row, RowKind};
use crate::domain::evaluate::{InputState, Missing, MissingCode};
use crate::domain::exact::{Decimal, Exact};
use crate::domain::explain::{DerivedFrom, InputOrigin};
use crate::domain::input::{Count, Coverage, Derivation, InputSource, InputSpec, InputType, InputValue, Matched};
use crate::domain::text::Text;

/// The rows of one active link: not unlinked, and of a document that is not withdrawn.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RowSource {
    pub link: String,
    pub evidence: String,
    pub revision: u32,
    pub kind: RowKind,
    /// Whether the link counts in the ledger that is computed: in *declared* always, in *verified* when accepted.
    pub counts: bool,
    pub rows: Arc<Vec<Row>>,
    /// How many procedures are in force, or cases listed, as the document states.
    pub stated_total: Option<u64>,
}

/// The value of a derived input in one ledger.
///
/// `year` is the assessed year; rows of other months are not of the period and are left out. `sources` are all active
/// links of the leaf with rows, of any kind and in any order; those that do not count make the input missing. An input
/// that is not derived has no value here.
pub fn derive(spec: &InputSpec, year: i16, sources: &[RowSource]) -> InputState {
    let InputSource::Derived(derivation) = &spec.source else {
        return missing(vec![reason(
            spec,
            MissingCode::InvalidValue,
            Vec::new(),
            ("không tính từ số liệu", "is not derived from rows"),
        )]);
    };
    let documents = documents_of(derivation.rows, sources);
    if documents.is_empty() {
        let none = ("chưa có tài liệu số liệu", "no document with rows is linked");
        return missing(vec![reason(spec, MissingCode::NoRows, Vec::new(), none)]);
    }
    let stated: Vec<&Row> = documents.iter().flat_map(|document| document.rows).collect();
    let of_year = |row: &&Row| is_of_year(derivation.rows, row, year);
    let rows: Vec<&Row> = stated.iter().copied().filter(of_year).collect();
    let matches = derivation.matched.as_ref().map(|matched| Matches::of(matched, sources));
    let others = matches.iter().flat_map(|matches| &matches.documents);
    // A case is named once whatever its year; of monthly figures those of other years are not looked at.
    let named = if derivation.rows.lists_cases() { &stated } else { &rows };
    // Cases of another year say nothing of this one: that there was none a document states.
    let of_others = derivation.rows.lists_cases() && rows.is_empty() && !stated.is_empty();
    let none_of_year = || {
        let message = ("không có hồ sơ nào của năm", "no case is of the year");
        reason(spec, MissingCode::Gap, vec![year.to_string()], message)
    };
    let reasons: Vec<Missing> = [
        of_others.then(none_of_year),
        conflicts(spec, derivation.rows, named),
        matches.as_ref().and_then(|matches| matches.conflicts(spec)),
        not_counted(spec, documents.iter().chain(others.clone())),
        gaps(spec, derivation, year, named, &documents),
        matches.as_ref().and_then(|matches| matches.lacking(spec, &rows)),
    ]
    .into_iter()
    .flatten()
    .collect();
    if !reasons.is_empty() {
        return missing(reasons);
    }
    match value(spec, derivation, &rows, matches.as_ref()) {
        Some(value) => InputState::Known {
            value,
            source: InputOrigin::Derived {
                rows: documents.iter().chain(others).map(Document::origin).collect(),
            },
        },
        None => {
            let broken = ("có dòng không đọc được", "a row cannot be read");
            missing(vec![reason(spec, MissingCode::InvalidValue, Vec::new(), broken)])
        }
    }
}

/// One document, linked once or more often; it counts when all of its links do.
struct Document<'a> {
    link: &'a str,
    evidence: &'a str,
    revision: u32,
    counts: bool,
    rows: &'a [Row],
    stated_total: Option<u64>,
}

impl Document<'_> {
    fn origin(&self) -> DerivedFrom {
        DerivedFrom {
            link: self.link.to_owned(),
            evidence: self.evidence.to_owned(),
            revision: self.revision,
            rows: u32::try_from(self.rows.len()).unwrap_or(u32::MAX),
        }
    }
}

fn documents_of(kind: RowKind, sources: &[RowSource]) -> Vec<Document<'_>> {
    let mut documents: BTreeMap<(&str, u32), Document<'_>> = BTreeMap::new();
    for source in sources.iter().filter(|source| source.kind == kind) {
        let document = documents
            .entry((&source.evidence, source.revision))
            .or_insert(Document {
                link: &source.link,
                evidence: &source.evidence,
                revision: source.revision,
                counts: true,
                rows: &source.rows,
                stated_total: source.stated_total,
            });
        document.counts &= source.counts;
        document.link = document.link.min(&source.link);
    }
    documents.into_values().collect()
}

fn is_of_year(kind: RowKind, row: &Row, year: i16) -> bool {
    let is_of = |column: &str| row.value(column).starts_with(&format!("{year:04}-"));
    kind.period_column().is_none_or(is_of)
}

/// The rows that others are matched with, of whatever year: a letter for a case of December is sent in January.
struct Matches<'a> {
    matched: &'a Matched,
    documents: Vec<Document<'a>>,
}

impl<'a> Matches<'a> {
    fn of(matched: &'a Matched, sources: &'a [RowSource]) -> Self {
        Self {
            matched,
            documents: documents_of(matched.rows, sources),
        }
    }

    fn rows(&self) -> impl Iterator<Item = &'a Row> {
        self.documents.iter().flat_map(|document| document.rows)
    }

    fn conflicts(&self, spec: &InputSpec) -> Option<Missing> {
        conflicts(spec, self.matched.rows, &self.rows().collect::<Vec<_>>())
    }

    /// That there is nothing to match rows with. Where there are no rows, none is looked for.
    fn lacking(&self, spec: &InputSpec, rows: &[&Row]) -> Option<Missing> {
        let message = (
            "chưa có tài liệu để đối chiếu, loại",
            "no document to match with is linked, of the kind",
        );
        let is_lacking = self.documents.is_empty() && !rows.is_empty();
        is_lacking.then(|| {
            let kind = vec![self.matched.rows.name().to_owned()];
            reason(spec, MissingCode::NoRows, kind, message)
        })
    }

    /// The column of the rows that are matched, and the values that it has in the others.
    fn values(&self, kind: RowKind) -> Option<(&'static str, BTreeSet<&'a str>)> {
        let column = |kind: RowKind| kind.framework_column(&self.matched.by).map(|column| column.name);
        let theirs = column(self.matched.rows)?;
        Some((column(kind)?, self.rows().map(|row| row.value(theirs)).collect()))
    }
}

fn conflicts(spec: &InputSpec, kind: RowKind, rows: &[&Row]) -> Option<Missing> {
    let mut seen = BTreeSet::new();
    let doubled: BTreeSet<String> = rows
        .iter()
        .map(|row| row.key(kind))
        .filter(|key| !seen.insert(key.clone()))
        .collect();
    let message = ("có số liệu trùng nhau", "rows state the same thing twice");
    (!doubled.is_empty()).then(|| reason(spec, MissingCode::Conflict, doubled.into_iter().collect(), message))
}

fn not_counted<'a, 'rows: 'a>(
    spec: &InputSpec,
    documents: impl Iterator<Item = &'a Document<'rows>>,
) -> Option<Missing> {
    let links: Vec<String> = documents
        .filter(|document| !document.counts)
        .map(|document| document.link.to_owned())
        .collect();
    let message = ("có tài liệu chưa được chấp nhận", "a linked document is not accepted");
    (!links.is_empty()).then(|| reason(spec, MissingCode::NotCounted, links, message))
}

fn gaps(
    spec: &InputSpec,
    derivation: &Derivation,
    year: i16,
    rows: &[&Row],
    documents: &[Document<'_>],
) -> Option<Missing> {
    match derivation.coverage {
        Coverage::EveryMonth => {
            let covered: BTreeSet<&str> = rows.iter().map(|row| row.value("month")).collect();
            let months = (1..=12).map(|month| format!("{year:04}-{month:02}"));
            let gaps: Vec<String> = months.filter(|month| !covered.contains(month.as_str())).collect();
            (!gaps.is_empty()).then(|| reason(spec, MissingCode::Gap, gaps, ("thiếu số liệu tháng", "no rows for")))
        }
        Coverage::EveryProcedure | Coverage::EveryCase => {
            let counted = derivation.rows.counted();
            let found = rows
                .iter()
                .map(|row| row.value(counted.column))
                .collect::<BTreeSet<_>>()
                .len() as u64;
            let stated: BTreeSet<Option<u64>> = documents.iter().map(|document| document.stated_total).collect();
            let (vi, en) = (counted.vi, counted.en);
            match stated.first() {
                Some(Some(total)) if stated.len() == 1 && *total == found => None,
                Some(Some(total)) if stated.len() == 1 => {
                    let vi = format!("số {vi} khác tổng số đã nêu");
                    let en = format!("the {en} differ from the stated total");
                    let items = vec![format!("{found}/{total}")];
                    Some(reason(spec, MissingCode::Gap, items, (&vi, &en)))
                }
                _ => {
                    let vi = format!("tài liệu không nêu thống nhất tổng số {vi}");
                    let en = format!("the documents do not state one total of {en}");
                    Some(reason(spec, MissingCode::NoStatedTotal, Vec::new(), (&vi, &en)))
                }
            }
        }
    }
}

/// The figure of complete rows; `None` when a row or the framework is not as it was checked to be.
fn value(
    spec: &InputSpec,
    derivation: &Derivation,
    rows: &[&Row],
    matches: Option<&Matches<'_>>,
) -> Option<InputValue> {
    let kind = derivation.rows;
    let count_column = |name: &str| kind.column(name).filter(|column| column.kind == ColumnKind::Count);
    let filter = match &derivation.filter {
        Some(filter) => Some((kind.framework_column(&filter.column)?.name, &filter.one_of)),
        None => None,
    };
    let used = match &derivation.used {
        Some(column) => Some(count_column(column)?.name),
        None => None,
    };
    let matched = match matches {
        Some(matches) => Some(matches.values(kind)?),
        None => None,
    };
    let selected = rows
        .iter()
        .copied()
        .filter(|row| filter.is_none_or(|(column, values)| values.iter().any(|value| value == row.value(column))))
        .filter(|row| used.is_none_or(|column| row.value(column) != "0"))
        .filter(|row| {
            let is_matched = |(column, values): &(&str, BTreeSet<&str>)| values.contains(row.value(column));
            matched.as_ref().is_none_or(is_matched)
        });
    let number = match (&derivation.sum, &derivation.count_where, derivation.count) {
        (Some(columns), None, None) => {
            let columns: Vec<_> = columns
                .names()
                .iter()
                .map(|name| count_column(name))
                .collect::<Option<_>>()?;
            let mut sum = Exact::zero();
            for row in selected {
                for column in &columns {
                    sum = sum + Exact::from(row.value(column.name).parse::<u64>().ok()?);
                }
            }
            sum
        }
        (None, Some(condition), None) => {
            let column = kind.framework_column(&condition.column)?.name;
            Exact::from(selected.filter(|row| row.value(column) == condition.equals).count() as u64)
        }
        (None, None, Some(Count::Distinct)) => {
            let column = kind.framework_column(derivation.of.as_deref()?)?.name;
            let different: BTreeSet<&str> = selected.map(|row| row.value(column)).collect();
            Exact::from(different.len() as u64)
        }
        _ => return None,
    };
    let number = Decimal::from_exact(&number)?;
    match spec.kind {
        InputType::Count { .. } => Some(InputValue::Count(number)),
        InputType::Amount { .. } => Some(InputValue::Amount(number)),
        InputType::Decimal { .. } => Some(InputValue::Decimal(number)),
        InputType::Date | InputType::Option { .. } | InputType::YesNo | InputType::Items { .. } => None,
    }
}

fn missing(reasons: Vec<Missing>) -> InputState {
    InputState::Missing { reasons }
}

/// Most months, keys or links that a reason names: a year has 12 months, and nobody mends more than a screen at once.
const MOST_NAMED: usize = 20;

fn reason(spec: &InputSpec, code: MissingCode, mut items: Vec<String>, (vi, en): (&str, &str)) -> Missing {
    let unnamed = items.len().saturating_sub(MOST_NAMED);
    items.truncate(MOST_NAMED);
    let named = if items.is_empty() {
        String::new()
    } else {
        format!(" {}", items.join(", "))
    };
    let (more_vi, more_en) = match unnamed {
        0 => Default::default(),
        more => (format!(" và {more} mục nữa"), format!(" and {more} more")),
    };
    let message = Text::new(
        format!("{}: {vi}{named}{more_vi}", spec.name.vi),
        format!("{}: {en}{named}{more_en}", spec.name.en),
    );
    Missing {
        input: spec.code.clone(),
        code,
        items,
        message,
    }
}

#[cfg(test)]
mod tests;
