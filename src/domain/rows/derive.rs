//! From rows to the value of an input, or to the reasons why there is none.
//!
//! **Rejecting a document can never raise a value**: a derived input has a value only when every linked document with
//! such rows counts, and conflicts and gaps are looked for over all of them, counted or not.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::{ColumnKind, Row, RowKind};
use crate::domain::evaluate::{InputState, Missing, MissingCode};
use crate::domain::exact::{Decimal, Exact};
use crate::domain::explain::{DerivedFrom, InputOrigin};
use crate::domain::input::{Count, Coverage, Derivation, InputSource, InputSpec, InputType, InputValue};
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
    /// How many procedures are in force, as the document states.
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
    let sources = documents(derivation.rows, sources);
    if sources.is_empty() {
        let none = ("chưa có tài liệu số liệu", "no document with rows is linked");
        return missing(vec![reason(spec, MissingCode::NoRows, Vec::new(), none)]);
    }
    let rows: Vec<&Row> = sources
        .iter()
        .flat_map(|source| source.rows)
        .filter(|row| of_year(derivation.rows, row, year))
        .collect();
    let reasons: Vec<Missing> = [
        conflicts(spec, derivation.rows, &rows),
        not_counted(spec, &sources),
        gaps(spec, derivation, year, &rows, &sources),
    ]
    .into_iter()
    .flatten()
    .collect();
    if !reasons.is_empty() {
        return missing(reasons);
    }
    match value(spec, derivation, &rows) {
        Some(value) => InputState::Known {
            value,
            source: InputOrigin::Derived {
                rows: origins(&sources),
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

fn documents(kind: RowKind, sources: &[RowSource]) -> Vec<Document<'_>> {
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

fn of_year(kind: RowKind, row: &Row, year: i16) -> bool {
    kind.column("month").is_none() || row.value("month").starts_with(&format!("{year:04}-"))
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

fn not_counted(spec: &InputSpec, sources: &[Document<'_>]) -> Option<Missing> {
    let links: Vec<String> = sources
        .iter()
        .filter(|source| !source.counts)
        .map(|source| source.link.to_owned())
        .collect();
    let message = ("có tài liệu chưa được chấp nhận", "a linked document is not accepted");
    (!links.is_empty()).then(|| reason(spec, MissingCode::NotCounted, links, message))
}

fn gaps(
    spec: &InputSpec,
    derivation: &Derivation,
    year: i16,
    rows: &[&Row],
    sources: &[Document<'_>],
) -> Option<Missing> {
    match derivation.coverage {
        Coverage::EveryMonth => {
            let covered: BTreeSet<&str> = rows.iter().map(|row| row.value("month")).collect();
            let months = (1..=12).map(|month| format!("{year:04}-{month:02}"));
            let gaps: Vec<String> = months.filter(|month| !covered.contains(month.as_str())).collect();
            (!gaps.is_empty()).then(|| reason(spec, MissingCode::Gap, gaps, ("thiếu số liệu tháng", "no rows for")))
        }
        Coverage::EveryProcedure => {
            let column = derivation.rows.procedure_column();
            let found = rows.iter().map(|row| row.value(column)).collect::<BTreeSet<_>>().len() as u64;
            let stated: BTreeSet<Option<u64>> = sources.iter().map(|source| source.stated_total).collect();
            match stated.first() {
                Some(Some(total)) if stated.len() == 1 && *total == found => None,
                Some(Some(total)) if stated.len() == 1 => {
                    let items = vec![format!("{found}/{total}")];
                    let message = (
                        "số thủ tục khác tổng số đã nêu",
                        "the procedures differ from the stated total",
                    );
                    Some(reason(spec, MissingCode::Gap, items, message))
                }
                _ => {
                    let message = (
                        "tài liệu không nêu thống nhất tổng số thủ tục",
                        "the documents do not state one total of procedures",
                    );
                    Some(reason(spec, MissingCode::NoStatedTotal, Vec::new(), message))
                }
            }
        }
    }
}

/// The figure of complete rows; `None` when a row or the framework is not as it was checked to be.
fn value(spec: &InputSpec, derivation: &Derivation, rows: &[&Row]) -> Option<InputValue> {
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
    let selected = rows
        .iter()
        .copied()
        .filter(|row| filter.is_none_or(|(column, values)| values.iter().any(|value| value == row.value(column))))
        .filter(|row| used.is_none_or(|column| row.value(column) != "0"));
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

fn origins(sources: &[Document<'_>]) -> Vec<DerivedFrom> {
    let origin = |source: &Document<'_>| DerivedFrom {
        link: source.link.to_owned(),
        evidence: source.evidence.to_owned(),
        revision: source.revision,
        rows: u32::try_from(source.rows.len()).unwrap_or(u32::MAX),
    };
    sources.iter().map(origin).collect()
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
