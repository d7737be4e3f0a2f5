//! Column mappings in the API: how exports of other systems are read, and what reading a file would give.

use async_graphql::{Context, Enum, ID, InputObject, Object, Result, SimpleObject};

use super::content::{RowValueInput, given_values, referred};
use super::filing::RowReport;
use super::inputs::Idempotency;
use super::journal::Receipt;
use super::layout::TableLayout;
use super::messages::TextInput;
use super::register::Text;
use super::scalars::{Date, DateTime};
use super::{ids, session};
use crate::app::error::Error;
use crate::app::keep_mappings::{SaveColumnMapping, TriedReading};
use crate::app::row_sets::{KeptFile, MAX_LISTED_PROBLEMS};
use crate::domain::{mapping, rows};

/// Most rows that readStatistics shows.
const MAX_SHOWN_ROWS: u32 = 100;

/// Kinds of rows; each is also a kind of documents, whose description names the columns.
#[derive(Enum, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "rows::RowKind")]
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

/// One version of how the exports of a system are read.
pub struct ColumnMapping(pub Box<mapping::ColumnMapping>);

/// One version of how the exports of another system are read as rows. A version never changes.
#[Object]
impl ColumnMapping {
    /// Opaque id.
    pub async fn id(&self) -> ID {
        ids::encode("ColumnMapping", &format!("{}@{}", self.0.code, self.0.version))
    }

    /// Code of the mapping, the same for all its versions.
    async fn code(&self) -> &str {
        &self.0.code
    }

    /// Number of the version, from 1.
    async fn version(&self) -> u32 {
        self.0.version
    }

    /// Name in both languages.
    async fn name(&self) -> Text {
        self.0.content.name.clone().into()
    }

    /// The system whose exports it reads.
    async fn system(&self) -> &str {
        &self.0.content.system
    }

    /// Which rows it gives.
    async fn kind(&self) -> RowKind {
        self.0.content.kind.into()
    }

    /// First day on which files may be read by it.
    async fn valid_from(&self) -> Date {
        Date(self.0.content.valid_from)
    }

    /// Last day; null if there is none.
    async fn valid_to(&self) -> Option<Date> {
        self.0.content.valid_to.map(Date)
    }

    /// Where the table stands in a file, and what its cells mean.
    async fn layout(&self) -> TableLayout {
        (&self.0.content.layout).into()
    }

    /// When the version was saved.
    async fn saved_at(&self) -> DateTime {
        DateTime(self.0.saved_at)
    }
}

/// A version of a mapping, as a file names it.
#[derive(InputObject)]
pub struct ColumnMappingRefInput {
    /// Code of the mapping.
    pub code: String,
    /// Number of the version.
    pub version: u32,
}

impl From<ColumnMappingRefInput> for mapping::MappingRef {
    fn from(reference: ColumnMappingRefInput) -> Self {
        Self {
            code: reference.code,
            version: reference.version,
        }
    }
}

/// Input of saveColumnMapping.
#[derive(InputObject)]
pub struct SaveColumnMappingInput {
    /// Code of the mapping. A code that there is gets its next version.
    pub code: String,
    /// Name in both languages.
    pub name: TextInput,
    /// The system whose exports it reads.
    pub system: String,
    /// Which rows it gives; all versions of a code give the same.
    pub kind: RowKind,
    /// First day on which files may be read by it.
    pub valid_from: Date,
    /// Last day.
    pub valid_to: Option<Date>,
    /// Where the table stands in a file, and what its cells mean.
    pub layout: TableLayout,
    /// For sending it again.
    #[graphql(flatten)]
    pub idempotency: Idempotency,
}

/// What saveColumnMapping did.
#[derive(SimpleObject)]
pub struct SaveColumnMappingPayload {
    /// The version that says this: a new one, or the newest, if it says the same.
    pub mapping: ColumnMapping,
    /// Proof that the version was saved; null when it was there already.
    pub receipt: Option<Receipt>,
}

/// Saves a mapping.
pub async fn save(context: &Context<'_>, input: SaveColumnMappingInput) -> Result<SaveColumnMappingPayload> {
    let session = session(context);
    let command = SaveColumnMapping {
        code: input.code,
        content: mapping::MappingContent {
            name: input.name.into(),
            system: super::inputs::nfc(&input.system),
            kind: input.kind.into(),
            valid_from: input.valid_from.0,
            valid_to: input.valid_to.map(|date| date.0),
            layout: input.layout.into_domain()?,
        },
    };
    let done = session.run(command, input.idempotency.key).await?;
    let saved = session
        .column_mapping(&done.output.code, Some(done.output.version))
        .await?;
    Ok(SaveColumnMappingPayload {
        mapping: ColumnMapping(Box::new(saved)),
        receipt: done.receipt.map(Into::into),
    })
}

/// A value of a row.
#[derive(SimpleObject)]
pub struct RowValue {
    /// Name of the column.
    pub column: String,
    /// Value as text.
    pub value: String,
}

/// A row as it would be kept.
#[derive(SimpleObject)]
pub struct ReadRow {
    /// Line in the file, or row of the sheet.
    pub line: u32,
    /// Its values by column.
    pub values: Vec<RowValue>,
}

/// Why nothing of a file can be read.
#[derive(SimpleObject)]
pub struct FileProblem {
    /// Kind of problem: WRONG_ENCODING, MISSING_COLUMN, SECOND_TABLE, ENCRYPTED, TOO_LARGE and so on.
    pub code: String,
    /// What is wrong, in both languages.
    pub message: Text,
}

/// What reading a file would give; nothing is kept.
#[derive(SimpleObject)]
pub struct StatisticsReading {
    /// Which rows the mapping gives.
    pub kind: RowKind,
    /// The first good rows.
    pub rows: Vec<ReadRow>,
    /// What became of each line; null if nothing of the file can be read.
    pub report: Option<RowReport>,
    /// Why nothing can be read; null if something can.
    pub problem: Option<FileProblem>,
}

impl StatisticsReading {
    fn new(tried: TriedReading, most: u32) -> Self {
        let report = tried.report(MAX_LISTED_PROBLEMS);
        let kind = tried.kind.into();
        let value = |(column, value)| RowValue { column, value };
        let row = |row: rows::Row| ReadRow {
            line: row.line,
            values: row.values.into_iter().map(value).collect(),
        };
        match tried.read {
            Ok(read) => Self {
                kind,
                rows: read.rows.into_iter().take(most as usize).map(row).collect(),
                report: report.map(Into::into),
                problem: None,
            },
            Err(problem) => Self {
                kind,
                rows: Vec::new(),
                report: None,
                problem: Some(FileProblem {
                    code: problem.code.name().to_owned(),
                    message: problem.message.into(),
                }),
            },
        }
    }
}

/// Reads a file that was uploaded before, and keeps nothing.
pub async fn read_statistics(
    context: &Context<'_>,
    reference: &str,
    mapping: ColumnMappingRefInput,
    given: Vec<RowValueInput>,
    first: u32,
) -> Result<StatisticsReading, Error> {
    if !(1..=MAX_SHOWN_ROWS).contains(&first) {
        return Err(Error::invalid(
            "first",
            format!("first phải từ 1 đến {MAX_SHOWN_ROWS}."),
            format!("first must be 1 to {MAX_SHOWN_ROWS}."),
        ));
    }
    let session = session(context);
    session.may_upload().await?;
    let staged = referred(context, "reference", reference).await?;
    let file = KeptFile {
        name: staged.name,
        sha256: staged.sha256,
        read_by: Some(mapping::ReadBy {
            mapping: mapping.into(),
            given: given_values("given", given)?,
        }),
    };
    let tried = session.read_statistics(file).await?;
    Ok(StatisticsReading::new(tried, first))
}
