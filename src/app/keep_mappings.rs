//! Column mappings: saved as versions that never change, listed, and used to read files of other systems.
//!
//! All versions of a mapping lie in one stream, so that they are numbered one after the other.

use async_trait::async_trait;
use serde::Serialize;

use super::Session;
use super::documents::{mapping_fields, streams};
use super::error::Error;
use super::gate::{Command, Context, Decision, Loaded};
use super::reader::{Reader, TypedPage};
use super::row_sets::KeptFile;
use super::text::{check_code, check_name};
use crate::domain::mapping::{ColumnMapping, Layout, MappingContent, MappingRef};
use crate::domain::policy::Permission;
use crate::domain::rows::{RowKind, RowReport, RowsProblem, RowsRead};
use crate::domain::text::Text;
use crate::store::typed::Versioned;
use crate::store::{Direction, Document, StreamId, Window};

/// Most versions of one mapping (500): a change a week for ten years.
const MAX_VERSIONS: usize = 500;

/// Saves a mapping: as its first version, or as the next one.
#[derive(Debug, Serialize)]
pub struct SaveColumnMapping {
    pub code: String,
    pub content: MappingContent,
}

#[async_trait]
impl Command for SaveColumnMapping {
    const NAME: &'static str = "SaveColumnMapping";
    const PERMISSION: Permission = Permission::KeepFrameworks;
    /// The versions that there are.
    type State = Vec<Versioned<ColumnMapping>>;
    type Output = MappingRef;

    fn stream(&self) -> StreamId {
        streams::mapping(&self.code)
    }

    async fn load(&self, read: &Reader<'_>) -> Result<Loaded<Self::State>, Error> {
        check_code("code", &self.code)?;
        Ok(Loaded::of_system(read.all::<ColumnMapping>(&self.stream()).await?))
    }

    fn decide(&self, versions: Self::State, context: &Context<'_>) -> Result<Decision<MappingRef>, Error> {
        check_name("name.vi", &self.content.name.vi)?;
        check_name("name.en", &self.content.name.en)?;
        check_name("system", &self.content.system)?;
        self.content.check()?;
        let newest = versions.iter().map(|one| &one.value).max_by_key(|one| one.version);
        let of_version = |version| MappingRef {
            code: self.code.clone(),
            version,
        };
        if let Some(newest) = newest {
            // What stands already is not saved again.
            if newest.content == self.content {
                return Ok(Decision::new(of_version(newest.version)));
            }
            // Rows of one kind are not read as another because a document named a newer version.
            if newest.content.kind != self.content.kind {
                let kind = newest.content.kind.name();
                return Err(Error::invalid(
                    "kind",
                    format!("Ánh xạ {} đọc {kind}; hãy dùng mã khác.", self.code),
                    format!("The mapping {} reads {kind}; take another code.", self.code),
                ));
            }
        }
        if versions.len() >= MAX_VERSIONS {
            return Err(Error::TooLarge {
                field: "code".to_owned(),
                message: Text::new(
                    format!("Một ánh xạ có tối đa {MAX_VERSIONS} phiên bản; hãy dùng mã khác."),
                    format!("A mapping has at most {MAX_VERSIONS} versions; take another code."),
                ),
            });
        }
        let version = newest.map_or(1, |newest| newest.version + 1);
        Ok(Decision::new(of_version(version)).put(ColumnMapping {
            code: self.code.clone(),
            version,
            content: self.content.clone(),
            saved_at: context.now,
            saved_by: context.login.to_owned(),
        }))
    }
}

/// What reading a file would give.
pub struct TriedReading {
    pub kind: RowKind,
    /// The rows and the report, or why nothing could be read.
    pub read: Result<RowsRead, RowsProblem>,
}

impl TriedReading {
    /// The report with its first problems; none if nothing could be read.
    pub fn report(&self, most: usize) -> Option<RowReport> {
        self.read.as_ref().ok().map(|read| read.summary(most))
    }
}

impl Session {
    /// A version of a mapping, the newest if none is stated; for everybody with an account.
    pub async fn column_mapping(&self, code: &str, version: Option<u32>) -> Result<ColumnMapping, Error> {
        const MISSING: Error = Error::NotFound { what: "column mapping" };
        self.account().await?;
        check_code("code", code)?;
        let (read, stream) = (self.reader(), streams::mapping(code));
        match version {
            Some(version) => {
                let found = read
                    .get::<ColumnMapping>(&stream, &ColumnMapping::key_of(version))
                    .await?;
                found.map(|mapping| mapping.value).ok_or(MISSING)
            }
            None => {
                let versions = read.all::<ColumnMapping>(&stream).await?;
                let newest = versions.into_iter().map(|one| one.value).max_by_key(|one| one.version);
                newest.ok_or(MISSING)
            }
        }
    }

    /// All versions of all mappings by code, the oldest of each first; for everybody with an account.
    pub async fn column_mappings(&self, window: &Window) -> Result<TypedPage<ColumnMapping>, Error> {
        self.account().await?;
        let query = ColumnMapping::query().order(&mapping_fields::CODE, Direction::Ascending);
        self.reader().page(&query.window(window)).await
    }

    /// How a mapping reads rows of a kind, if it does and may be used today.
    /// `place` is where the mapping is named in the input.
    pub(super) async fn layout(&self, kind: RowKind, mapping: &MappingRef, place: &str) -> Result<Layout, Error> {
        let found = self.column_mapping(&mapping.code, Some(mapping.version)).await;
        let found = found.map_err(|error| error.about(place))?;
        let MappingRef { code, version } = mapping;
        if found.content.kind != kind {
            let (reads, wanted) = (found.content.kind.name(), kind.name());
            return Err(Error::invalid(
                place,
                format!("Ánh xạ {code} đọc {reads}, không phải {wanted}."),
                format!("The mapping {code} reads {reads}, not {wanted}."),
            ));
        }
        let today = self.today()?;
        if !found.content.is_valid_on(today) {
            return Err(Error::invalid(
                place,
                format!(
                    "Phiên bản {version} của ánh xạ {code} không có hiệu lực ngày {today}; hãy dùng phiên bản khác."
                ),
                format!("Version {version} of the mapping {code} is not valid on {today}; take another one."),
            ));
        }
        Ok(found.content.layout)
    }

    /// Reads a file by the mapping that it names, and keeps nothing; for those who upload files.
    pub async fn read_statistics(&self, file: KeptFile) -> Result<TriedReading, Error> {
        self.may_upload().await?;
        let Some(read_by) = &file.read_by else {
            return Err(Error::Internal("a file is tried by a mapping".into()));
        };
        let mapping = self
            .column_mapping(&read_by.mapping.code, Some(read_by.mapping.version))
            .await;
        let mapping = mapping.map_err(|error| error.about("mapping"))?;
        let kind = mapping.content.kind;
        let read = self.try_reading(kind, file).await?;
        Ok(TriedReading { kind, read })
    }
}
