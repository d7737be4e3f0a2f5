//! Kinds of rows: their columns, what names a row and what bounds its values.

use serde::{Deserialize, Serialize};

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
    /// The code of a service or procedure; never empty.
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

impl RowKind {
    /// All kinds.
    pub const ALL: [Self; 3] = [Self::OneStopCases, Self::OnlineServiceUsage, Self::PublishedProcedures];

    /// The name in JSON and the API.
    pub fn name(self) -> &'static str {
        match self {
            Self::OneStopCases => "ONE_STOP_CASES",
            Self::OnlineServiceUsage => "ONLINE_SERVICE_USAGE",
            Self::PublishedProcedures => "PUBLISHED_PROCEDURES",
        }
    }

    /// The columns in the order of the documented header, then those that a file may lack; it may have them in any order.
    pub fn columns(self) -> &'static [Column] {
        match self {
            Self::OneStopCases => &ONE_STOP_CASES,
            Self::OnlineServiceUsage => &ONLINE_SERVICE_USAGE,
            Self::PublishedProcedures => &PUBLISHED_PROCEDURES,
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

    /// The columns that together name a row: month and service, or the procedure's code.
    pub fn natural_key(self) -> &'static [&'static str] {
        match self {
            Self::OneStopCases | Self::OnlineServiceUsage => &["month", "service"],
            Self::PublishedProcedures => &["code"],
        }
    }

    /// The column that names the service or procedure.
    pub fn procedure_column(self) -> &'static str {
        match self {
            Self::OneStopCases | Self::OnlineServiceUsage => "service",
            Self::PublishedProcedures => "code",
        }
    }

    /// A column as a framework may name it; `procedure` stands for the column with its code.
    pub(in crate::domain) fn framework_column(self, name: &str) -> Option<&'static Column> {
        let named = if name == "procedure" {
            self.procedure_column()
        } else {
            name
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
            Self::PublishedProcedures => &[],
        }
    }

    /// Parts that add up to their whole where nothing was returned or withdrawn: what is left over is worth a look.
    pub(super) fn balance(self) -> Option<(&'static [&'static str], &'static str)> {
        match self {
            Self::OneStopCases => self.bounds().first().copied(),
            Self::OnlineServiceUsage | Self::PublishedProcedures => None,
        }
    }
}
