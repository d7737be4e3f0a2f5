//! Rows of evidence: statistics and lists whose figures become inputs.
//!
//! Knows nothing of files, stores or dossiers: bytes and rows come in, rows, reports and values go out.

use std::collections::BTreeMap;

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

/// One row as read: its line in the file (from 2 after the header; from 1 when given directly) and its values by column.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Row {
    pub line: u32,
    pub values: BTreeMap<String, String>,
}
