//! Kinds of rows: their columns, what names a row, what bounds its values, and when rows are complete.

use serde::{Deserialize, Serialize};

use crate::domain::input::Coverage;

/// Which rows a document carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum RowKind {
    /// One-stop case statistics per month and service.
    OneStopCases,
    /// Online-service usage per month and service.
    OnlineServiceUsage,
    /// Published procedures, one per row.
    PublishedProcedures,
    /// Cases that were or are overdue, one per row.
    LateCases,
    /// Apology letters for late cases: a row for each case that a letter names.
    ApologyLetters,
    /// Electronic documents and files handled online, per month and office.
    ElectronicDocuments,
}

/// A column of a kind of rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Column {
    /// As in the CSV header.
    pub name: &'static str,
    pub kind: ColumnKind,
    /// Whether every file has it and every row a value there. What may be lacking serves checks alone: no framework names it.
    pub required: bool,
}

/// What a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ColumnKind {
    /// `YYYY-MM`.
    Month,
    /// The code of a service, procedure, case or office, the number of a letter; never empty.
    Code,
    /// A whole number from zero, digits only.
    Count,
    /// How far a service is online: 1 to 4 as counted before 2022, `full` or `partial` (toàn trình, một phần) as since
    /// Decree 42/2022/NĐ-CP. Both are kept as they are: neither can be told from the other.
    Level,
    /// `yes` or `no`.
    YesNo,
    /// `YYYY-MM-DD`.
    Date,
    /// Free text; may be empty.
    Text,
}

const fn column(name: &'static str, kind: ColumnKind) -> Column {
    let required = true;
    Column { name, kind, required }
}

const fn optional(name: &'static str, kind: ColumnKind) -> Column {
    let required = false;
    Column { name, kind, required }
}

const ONE_STOP_CASES: [Column; 11] = [
    column("month", ColumnKind::Month),
    column("service", ColumnKind::Code),
    column("received", ColumnKind::Count),
    column("resolved_early", ColumnKind::Count),
    column("resolved_on_time", ColumnKind::Count),
    column("resolved_late", ColumnKind::Count),
    column("pending_in_time", ColumnKind::Count),
    column("pending_overdue", ColumnKind::Count),
    column("apology_letters", ColumnKind::Count),
    column("extra_papers", ColumnKind::Count),
    // A part of `received`; the rest of it is new.
    optional("carried_over", ColumnKind::Count),
];

const ONLINE_SERVICE_USAGE: [Column; 7] = [
    column("month", ColumnKind::Month),
    column("service", ColumnKind::Code),
    column("level", ColumnKind::Level),
    column("total", ColumnKind::Count),
    column("online", ColumnKind::Count),
    column("fee_cases", ColumnKind::Count),
    column("online_payments", ColumnKind::Count),
];

const PUBLISHED_PROCEDURES: [Column; 13] = [
    column("code", ColumnKind::Code),
    column("name", ColumnKind::Text),
    column("decision", ColumnKind::Text),
    column("url", ColumnKind::Text),
    column("checked_on", ColumnKind::Date),
    column("at_desk", ColumnKind::YesNo),
    column("on_portal", ColumnKind::YesNo),
    column("one_stop", ColumnKind::YesNo),
    column("level", ColumnKind::Level),
    column("in_force", ColumnKind::YesNo),
    column("iso", ColumnKind::YesNo),
    column("post_cases", ColumnKind::Count),
    // When the unit published it.
    optional("published_on", ColumnKind::Date),
];

const LATE_CASES: [Column; 4] = [
    // As the one-stop system writes it: 000.00.12.H47-200616-0001.
    column("case", ColumnKind::Code),
    column("service", ColumnKind::Code),
    column("due_on", ColumnKind::Date),
    // A case that is still open has none.
    optional("resolved_on", ColumnKind::Date),
];

const APOLOGY_LETTERS: [Column; 6] = [
    column("letter", ColumnKind::Code),
    column("case", ColumnKind::Code),
    column("due_on", ColumnKind::Date),
    column("new_due_on", ColumnKind::Date),
    column("sent_on", ColumnKind::Date),
    column("signer", ColumnKind::Text),
];

const ELECTRONIC_DOCUMENTS: [Column; 7] = [
    column("month", ColumnKind::Month),
    column("office", ColumnKind::Code),
    column("issued", ColumnKind::Count),
    column("electronic", ColumnKind::Count),
    column("signed", ColumnKind::Count),
    column("files", ColumnKind::Count),
    column("files_online", ColumnKind::Count),
];

/// What a total counts that a document states: the different values of a column, and what people call them.
pub(in crate::domain) struct Counted {
    pub column: &'static str,
    pub vi: &'static str,
    pub en: &'static str,
}

impl RowKind {
    /// All kinds.
    pub const ALL: [Self; 6] = [
        Self::OneStopCases,
        Self::OnlineServiceUsage,
        Self::PublishedProcedures,
        Self::LateCases,
        Self::ApologyLetters,
        Self::ElectronicDocuments,
    ];

    /// The name in JSON and the API.
    pub fn name(self) -> &'static str {
        match self {
            Self::OneStopCases => "ONE_STOP_CASES",
            Self::OnlineServiceUsage => "ONLINE_SERVICE_USAGE",
            Self::PublishedProcedures => "PUBLISHED_PROCEDURES",
            Self::LateCases => "LATE_CASES",
            Self::ApologyLetters => "APOLOGY_LETTERS",
            Self::ElectronicDocuments => "ELECTRONIC_DOCUMENTS",
        }
    }

    /// The columns in the order of the documented header, then those that a file may lack; it may have them in any order.
    pub fn columns(self) -> &'static [Column] {
        match self {
            Self::OneStopCases => &ONE_STOP_CASES,
            Self::OnlineServiceUsage => &ONLINE_SERVICE_USAGE,
            Self::PublishedProcedures => &PUBLISHED_PROCEDURES,
            Self::LateCases => &LATE_CASES,
            Self::ApologyLetters => &APOLOGY_LETTERS,
            Self::ElectronicDocuments => &ELECTRONIC_DOCUMENTS,
        }
    }

    /// A column by its name.
    pub fn column(self, name: &str) -> Option<&'static Column> {
        self.columns().iter().find(|column| column.name == name)
    }

    /// The header line of a file of this kind, without what a file may lack.
    pub fn header(self) -> String {
        let required = self.columns().iter().filter(|column| column.required);
        required.map(|column| column.name).collect::<Vec<_>>().join(",")
    }

    /// The columns that together name a row. One letter may name several cases, and a case may get a second letter.
    pub fn natural_key(self) -> &'static [&'static str] {
        match self {
            Self::OneStopCases | Self::OnlineServiceUsage => &["month", "service"],
            Self::PublishedProcedures => &["code"],
            Self::LateCases => &["case"],
            Self::ApologyLetters => &["letter", "case"],
            Self::ElectronicDocuments => &["month", "office"],
        }
    }

    /// What makes rows of this kind complete.
    pub fn coverage(self) -> Coverage {
        match self {
            Self::OneStopCases | Self::OnlineServiceUsage | Self::ElectronicDocuments => Coverage::EveryMonth,
            Self::PublishedProcedures => Coverage::EveryProcedure,
            Self::LateCases | Self::ApologyLetters => Coverage::EveryCase,
        }
    }

    /// Whether it lists single cases. Such a list may be empty: its document says so, and has no rows.
    pub fn lists_cases(self) -> bool {
        self.coverage() == Coverage::EveryCase
    }

    /// The column with the month or day by which a row is one of a year, if there is one. A case is late in the year in which
    /// it was due, so that it is in one year alone.
    pub(in crate::domain) fn period_column(self) -> Option<&'static str> {
        match self {
            Self::OneStopCases | Self::OnlineServiceUsage | Self::ElectronicDocuments => Some("month"),
            Self::LateCases => Some("due_on"),
            Self::PublishedProcedures | Self::ApologyLetters => None,
        }
    }

    /// The column that names the service or procedure, if there is one.
    fn procedure_column(self) -> Option<&'static str> {
        match self {
            Self::OneStopCases | Self::OnlineServiceUsage | Self::LateCases => Some("service"),
            Self::PublishedProcedures => Some("code"),
            Self::ApologyLetters | Self::ElectronicDocuments => None,
        }
    }

    /// What a total counts that a document of this kind states.
    pub(in crate::domain) fn counted(self) -> Counted {
        let (column, vi, en) = match self {
            Self::OneStopCases | Self::OnlineServiceUsage => ("service", "thủ tục", "procedures"),
            Self::PublishedProcedures => ("code", "thủ tục", "procedures"),
            Self::LateCases | Self::ApologyLetters => ("case", "hồ sơ", "cases"),
            Self::ElectronicDocuments => ("office", "đơn vị", "offices"),
        };
        Counted { column, vi, en }
    }

    /// A column as a framework may name it; `procedure` stands for the column with its code.
    pub(in crate::domain) fn framework_column(self, name: &str) -> Option<&'static Column> {
        let named = match name {
            "procedure" => self.procedure_column()?,
            other => other,
        };
        self.column(named).filter(|column| column.required)
    }

    /// Parts that may not exceed their whole: the columns added up, and the column that bounds them.
    pub(super) fn bounds(self) -> &'static [(&'static [&'static str], &'static str)] {
        match self {
            // Received includes what was carried over; returned cases have no column, so that less is possible.
            Self::OneStopCases => &[
                (
                    &[
                        "resolved_early",
                        "resolved_on_time",
                        "resolved_late",
                        "pending_in_time",
                        "pending_overdue",
                    ],
                    "received",
                ),
                (&["extra_papers"], "received"),
                (&["carried_over"], "received"),
            ],
            Self::OnlineServiceUsage => &[
                (&["online"], "total"),
                (&["fee_cases"], "total"),
                (&["online_payments"], "fee_cases"),
            ],
            Self::ElectronicDocuments => &[
                (&["electronic"], "issued"),
                (&["signed"], "electronic"),
                (&["files_online"], "files"),
            ],
            Self::PublishedProcedures | Self::LateCases | Self::ApologyLetters => &[],
        }
    }

    /// Days that lie after another one of the same row: the later column, and the earlier one. A case that was resolved on
    /// the day on which it was due is not late; a letter gives a new day.
    pub(super) fn order(self) -> &'static [(&'static str, &'static str)] {
        match self {
            Self::LateCases => &[("resolved_on", "due_on")],
            Self::ApologyLetters => &[("new_due_on", "due_on")],
            Self::OneStopCases | Self::OnlineServiceUsage | Self::PublishedProcedures | Self::ElectronicDocuments => {
                &[]
            }
        }
    }

    /// Parts that add up to their whole where nothing was returned or withdrawn: what is left over is worth a look.
    pub(super) fn balance(self) -> Option<(&'static [&'static str], &'static str)> {
        match self {
            Self::OneStopCases => self.bounds().first().copied(),
            Self::OnlineServiceUsage
            | Self::PublishedProcedures
            | Self::LateCases
            | Self::ApologyLetters
            | Self::ElectronicDocuments => None,
        }
    }
}

#[cfg(test)]
mod tests;
