//! Lists of procedures in force: saved as versions that never change, for units of a round; and read.
//!
//! They lie in the round's stream: that no two of them hold for the same unit is decided in one stream.

use std::sync::Arc;

use async_trait::async_trait;
use serde::Serialize;
use unicode_normalization::UnicodeNormalization as _;

use super::Session;
use super::documents::streams;
use super::error::Error;
use super::gate::{Command, Context, Decision, Loaded};
use super::reader::{Reader, page_of_list};
use super::row_sets::bad_rows;
use super::text::{check_code, check_name};
use crate::blob::{BlobError, read_all};
use crate::domain::policy::Permission;
use crate::domain::procedures::{
    EnteredProcedure, HoldsFor, ListEdition, ListedProcedure, MAXIMUM_LIST_BYTES, ProcedureList, ProcedureListVersion,
    read_csv, read_entered,
};
use crate::domain::rejection::Rejection;
use crate::domain::round::Round;
use crate::domain::rows::{RowsProblem, utf8};
use crate::domain::text::Text;
use crate::store::typed::Versioned;
use crate::store::{Cursor, StreamId, Window};

/// Most lists of a round (100): one for each department, and those that districts and communes share.
const MAX_LISTS: usize = 100;
/// Most versions of a list (1,000): three a day for a year.
const MAX_VERSIONS: u32 = 1000;
/// Largest file of a list, in bytes (2 MiB): more than [`MAXIMUM_LIST_BYTES`] in any encoding of it.
const MAX_FILE_BYTES: u64 = 2 * 1024 * 1024;

const LIST: &str = "procedure list";
/// Where the procedures stand in the input.
const LIST_FIELD: &str = "procedures";

/// A list of procedures as its keeper sends it.
#[derive(Debug, Serialize)]
pub struct SaveProcedureList {
    pub round: String,
    pub code: String,
    pub name: Text,
    pub source: String,
    pub holds_for: HoldsFor,
    /// In the order of their codes.
    pub procedures: Vec<ListedProcedure>,
}

/// Where the procedures of a list come from.
#[derive(Debug)]
pub enum ProceduresInput {
    Entered(Vec<EnteredProcedure>),
    /// SHA-256 of a CSV file of the request.
    File(String),
}

/// A version of a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, serde::Deserialize)]
pub struct ListRef {
    pub code: String,
    pub version: u32,
}

/// A round, its lists, and the newest version of the one that is saved.
pub struct Lists {
    round: Versioned<Round>,
    lists: Vec<ProcedureList>,
    newest: Option<ProcedureListVersion>,
}

#[async_trait]
impl Command for SaveProcedureList {
    const NAME: &'static str = "SaveProcedureList";
    const PERMISSION: Permission = Permission::RunRound;
    type State = Lists;
    type Output = ListRef;

    fn stream(&self) -> StreamId {
        streams::round(&self.round)
    }

    async fn load(&self, read: &Reader<'_>) -> Result<Loaded<Lists>, Error> {
        check_code("code", &self.code)?;
        let stream = self.stream();
        let round = read.require::<Round>(&stream, &self.round, "round").await;
        let round = round.map_err(|error| error.about("round"))?;
        let lists = read.all::<ProcedureList>(&stream).await?;
        let lists: Vec<ProcedureList> = lists.into_iter().map(|one| one.value).collect();
        let newest = match lists.iter().find(|list| list.code == self.code) {
            None => None,
            Some(list) => {
                let key = ProcedureListVersion::key_of(&self.code, list.newest.version);
                Some(read.require::<ProcedureListVersion>(&stream, &key, LIST).await?.value)
            }
        };
        Ok(Loaded::of_system(Lists { round, lists, newest }))
    }

    fn decide(&self, state: Lists, context: &Context<'_>) -> Result<Decision<ListRef>, Error> {
        check_name("name.vi", &self.name.vi)?;
        check_name("name.en", &self.name.en)?;
        check_name("source", &self.source)?;
        self.check_bytes()?;
        self.check_holds_for(&state)?;
        let newest = state.newest.as_ref();
        let of_version = |version| ListRef {
            code: self.code.clone(),
            version,
        };
        if let Some(newest) = newest
            && self.says_the_same(newest)
        {
            return Ok(Decision::new(of_version(newest.edition.version)));
        }
        let version = newest.map_or(1, |newest| newest.edition.version + 1);
        if version > MAX_VERSIONS || (newest.is_none() && state.lists.len() >= MAX_LISTS) {
            return Err(too_many());
        }
        let edition = ListEdition {
            version,
            name: self.name.clone(),
            source: self.source.clone(),
            holds_for: self.holds_for.clone(),
            count: u32::try_from(self.procedures.len()).unwrap_or(u32::MAX),
            saved_at: context.now,
            saved_by: context.login.to_owned(),
        };
        let head = ProcedureList {
            round: self.round.clone(),
            code: self.code.clone(),
            newest: edition.clone(),
        };
        let saved = ProcedureListVersion {
            list: self.code.clone(),
            edition,
            procedures: self.procedures.clone(),
        };
        Ok(Decision::new(of_version(version)).put(head).put(saved))
    }
}

impl SaveProcedureList {
    fn says_the_same(&self, newest: &ProcedureListVersion) -> bool {
        let edition = &newest.edition;
        (&edition.name, &edition.source, &edition.holds_for) == (&self.name, &self.source, &self.holds_for)
            && newest.procedures == self.procedures
    }

    fn check_bytes(&self) -> Result<(), Error> {
        let bytes = serde_json::to_vec(&self.procedures).map_err(|error| Error::Internal(Box::new(error)))?;
        if bytes.len() <= MAXIMUM_LIST_BYTES {
            return Ok(());
        }
        let kib = MAXIMUM_LIST_BYTES / 1024;
        Err(Error::TooLarge {
            field: "procedures".to_owned(),
            message: Text::new(
                format!("Danh mục quá {kib} KiB; hãy chia thành nhiều danh mục theo đơn vị."),
                format!("The list has more than {kib} KiB; make it several lists, by unit."),
            ),
        })
    }

    /// Units and unit types of the round, for which no other list holds.
    fn check_holds_for(&self, state: &Lists) -> Result<(), Error> {
        let HoldsFor { unit_types, units } = &self.holds_for;
        if let Some(unknown) = unit_types.iter().find(|one| !state.round.frameworks.contains_key(*one)) {
            return Err(Error::invalid(
                "unitTypes",
                format!("Kỳ này không đánh giá loại đơn vị {unknown}."),
                format!("The round assesses no units of type {unknown}."),
            ));
        }
        if let Some(unknown) = units.iter().find(|one| state.round.units.binary_search(one).is_err()) {
            return Err(Error::invalid(
                "units",
                format!("Đơn vị {unknown} không tham gia kỳ này."),
                format!("Unit {unknown} takes no part in this round."),
            ));
        }
        let others = state.lists.iter().filter(|list| list.code != self.code);
        let shared = |list: &ProcedureList| {
            let shared = list.newest.holds_for.shared(&self.holds_for)?;
            Some((shared.to_owned(), list.code.clone()))
        };
        match others.filter_map(shared).next() {
            None => Ok(()),
            Some((holder, list)) => Err(Rejection::ProcedureListOverlaps { holder, list }.into()),
        }
    }
}

fn too_many() -> Error {
    Error::TooLarge {
        field: "code".to_owned(),
        message: Text::new(
            format!("Một kỳ có tối đa {MAX_LISTS} danh mục, mỗi danh mục tối đa {MAX_VERSIONS} phiên bản."),
            format!("A round has at most {MAX_LISTS} lists of at most {MAX_VERSIONS} versions each."),
        ),
    }
}

fn refused(problem: RowsProblem) -> Error {
    Error::Invalid {
        field: LIST_FIELD.to_owned(),
        message: problem.message,
    }
}

impl Session {
    /// Reads the procedures of a list, for those who may save one.
    ///
    /// # Errors
    /// [`Error::Invalid`] when nothing can be read, [`Error::Rows`] with the report when some procedures are bad.
    pub async fn read_procedures(&self, input: ProceduresInput) -> Result<Vec<ListedProcedure>, Error> {
        self.check(Permission::RunRound).await?;
        let read = match input {
            ProceduresInput::Entered(entered) => read_entered(entered),
            ProceduresInput::File(sha256) => {
                let bytes = read_all(&*self.app.blobs, &sha256, MAX_FILE_BYTES).await;
                let bytes = bytes.map_err(|error| match error {
                    BlobError::TooLarge { limit } => Error::TooLarge {
                        field: "procedures.csvFile".to_owned(),
                        message: Text::new(
                            format!("Tệp danh mục tối đa {limit} byte; hãy chia nhỏ."),
                            format!("A file of a list has at most {limit} bytes; split it."),
                        ),
                    },
                    other => Error::unavailable(other),
                })?;
                let text = utf8(&bytes).map_err(refused)?;
                read_csv(&text.nfc().collect::<String>())
            }
        };
        read.map_err(refused)?.map_err(|report| bad_rows(LIST_FIELD, report))
    }

    /// The lists of a round by code, each as its newest version says; for everybody with an account.
    pub async fn procedure_lists(&self, round: &str) -> Result<Vec<ProcedureList>, Error> {
        self.account().await?;
        let lists = self.reader().all::<ProcedureList>(&streams::round(round)).await?;
        Ok(lists.into_iter().map(|list| list.value).collect())
    }

    /// A version of a list with its procedures, the newest if none is stated; for everybody with an account.
    pub async fn procedure_list(
        &self,
        round: &str,
        code: &str,
        version: Option<u32>,
    ) -> Result<Arc<ProcedureListVersion>, Error> {
        self.account().await?;
        let (read, stream) = (self.reader(), streams::round(round));
        let version = match version {
            Some(version) => version,
            None => read.require::<ProcedureList>(&stream, code, LIST).await?.newest.version,
        };
        let key = ProcedureListVersion::key_of(code, version);
        let found = read.require::<ProcedureListVersion>(&stream, &key, LIST).await?;
        Ok(Arc::new(found.value))
    }

    /// A page of the procedures of a version that the viewer was shown; `true` if there are more in the direction of paging.
    pub fn listed_procedures(
        &self,
        round: &str,
        list: &ProcedureListVersion,
        window: &Window,
    ) -> (Vec<(ListedProcedure, Cursor)>, bool) {
        let key = ProcedureListVersion::key_of(&list.list, list.edition.version);
        page_of_list(&list.procedures, &streams::round(round), &key, window)
    }
}
