//! Lists of procedures in force in the API.

use std::sync::Arc;

use async_graphql::connection::Connection;
use async_graphql::{Context, ID, InputObject, Object, OneofObject, Result, SimpleObject};

use super::content::spent_upload;
use super::inputs::{Idempotency, nfc};
use super::journal::Receipt;
use super::messages::TextInput;
use super::paging::Paging;
use super::query::found;
use super::register::Text;
use super::scalars::{Date, DateTime, Upload};
use super::{ids, session};
use crate::app::error::Error;
use crate::app::keep_procedures::{self, SaveProcedureList};
use crate::domain::procedures;

/// A version of a list of procedures in force, for some units of a round.
pub struct ProcedureList {
    round: String,
    code: String,
    edition: procedures::ListEdition,
    /// The procedures, where they are at hand.
    whole: Option<Arc<procedures::ProcedureListVersion>>,
}

impl ProcedureList {
    /// A version with its procedures.
    pub fn whole(round: &str, list: Arc<procedures::ProcedureListVersion>) -> Self {
        Self {
            round: round.to_owned(),
            code: list.list.clone(),
            edition: list.edition.clone(),
            whole: Some(list),
        }
    }

    fn key(&self) -> String {
        key(&self.round, &self.code, self.edition.version)
    }
}

impl From<procedures::ProcedureList> for ProcedureList {
    fn from(list: procedures::ProcedureList) -> Self {
        Self {
            round: list.round,
            code: list.code,
            edition: list.newest,
            whole: None,
        }
    }
}

fn key(round: &str, code: &str, version: u32) -> String {
    format!("{round}/{code}@{version}")
}

/// A version of a list of procedures in force, for some units of a round. A version never changes.
#[Object]
impl ProcedureList {
    /// Opaque id.
    pub async fn id(&self) -> ID {
        ids::encode("ProcedureList", &self.key())
    }

    /// Code of the list, the same for all its versions.
    async fn code(&self) -> &str {
        &self.code
    }

    /// Number of the version, from 1.
    async fn version(&self) -> u32 {
        self.edition.version
    }

    /// Name in both languages.
    async fn name(&self) -> Text {
        self.edition.name.clone().into()
    }

    /// The decisions that it follows, or the export that it was made from.
    async fn source(&self) -> &str {
        &self.edition.source
    }

    /// Codes of the unit types for which it holds, but for units that another list names.
    async fn unit_types(&self) -> Vec<&str> {
        self.edition.holds_for.unit_types.iter().map(String::as_str).collect()
    }

    /// Codes of the units for which it holds, whatever their type.
    async fn unit_codes(&self) -> Vec<&str> {
        self.edition.holds_for.units.iter().map(String::as_str).collect()
    }

    /// How many procedures it has.
    async fn procedure_count(&self) -> u32 {
        self.edition.count
    }

    /// When the version was saved.
    async fn saved_at(&self) -> DateTime {
        DateTime(self.edition.saved_at)
    }

    /// Its procedures by code.
    async fn procedures(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "So many from the beginning, 1 to 500; 25 if neither first nor last is stated.")]
        first: Option<i32>,
        #[graphql(desc = "Cursor of the last procedure before the page.")] after: Option<String>,
        #[graphql(desc = "So many from the end, 1 to 500, in the same order; not together with first.")] last: Option<
            i32,
        >,
        #[graphql(desc = "Cursor of the first procedure behind the page.")] before: Option<String>,
    ) -> Result<Connection<String, ListedProcedure>> {
        let paging = Paging::of(&format!("procedures/{}", self.key()), first, after, last, before)?;
        let session = session(context);
        let list = match &self.whole {
            Some(list) => Arc::clone(list),
            None => {
                let version = Some(self.edition.version);
                session.procedure_list(&self.round, &self.code, version).await?
            }
        };
        let (page, more) = session.listed_procedures(&self.round, &list, paging.window());
        let mut connection = paging.connection(more);
        connection.edges.extend(page.into_iter().map(|(procedure, cursor)| {
            let list = self.key();
            paging.edge(&cursor, ListedProcedure { list, procedure })
        }));
        Ok(connection)
    }
}

/// A procedure of a version of a list.
pub struct ListedProcedure {
    /// Key of the version.
    list: String,
    procedure: procedures::ListedProcedure,
}

impl ListedProcedure {
    /// A procedure of a version of a round's list.
    pub fn of(round: &str, list: &procedures::ProcedureListVersion, procedure: &procedures::ListedProcedure) -> Self {
        Self {
            list: key(round, &list.list, list.edition.version),
            procedure: procedure.clone(),
        }
    }
}

/// A procedure of a version of a list of procedures in force.
#[Object]
impl ListedProcedure {
    /// Opaque id.
    pub async fn id(&self) -> ID {
        ids::encode("ListedProcedure", &format!("{}/{}", self.list, self.procedure.code))
    }

    /// Code of the procedure.
    async fn code(&self) -> &str {
        &self.procedure.code
    }

    /// Name of the procedure.
    async fn name(&self) -> &str {
        &self.procedure.name
    }

    /// Number and symbol of the decision that announced it.
    async fn decision(&self) -> &str {
        &self.procedure.decision
    }

    /// First day in force.
    async fn in_force_from(&self) -> Date {
        Date(self.procedure.in_force_from)
    }

    /// Last day in force; null while nothing ends it.
    async fn in_force_until(&self) -> Option<Date> {
        self.procedure.in_force_until.map(Date)
    }

    /// Last day on which publishing it is in time; null where none is set.
    async fn publish_by(&self) -> Option<Date> {
        self.procedure.publish_by.map(Date)
    }
}

/// A version of a list by its key.
pub async fn list_by_key(context: &Context<'_>, key: &str) -> Result<Option<ProcedureList>, Error> {
    let parts = key
        .split_once('/')
        .and_then(|(round, rest)| Some((round, rest.split_once('@')?)));
    let Some((round, (code, version))) = parts else {
        return Ok(None);
    };
    let Ok(version) = version.parse() else { return Ok(None) };
    let list = session(context).procedure_list(round, code, Some(version)).await?;
    Ok(Some(ProcedureList::whole(round, list)))
}

/// A procedure by its key: that of the list, and its code.
pub async fn procedure_by_key(context: &Context<'_>, key: &str) -> Result<Option<ListedProcedure>, Error> {
    let [round, version, code] = key.splitn(3, '/').collect::<Vec<_>>()[..] else {
        return Ok(None);
    };
    let list = list_by_key(context, &format!("{round}/{version}")).await?;
    let procedure = |list: ProcedureList| {
        let procedure = list.whole.as_ref()?.procedure(code)?.clone();
        let list = list.key();
        Some(ListedProcedure { list, procedure })
    };
    Ok(list.and_then(procedure))
}

/// A procedure of a list, as it is saved.
#[derive(InputObject)]
pub struct ListedProcedureInput {
    /// Code of the procedure, as units state it in their documents.
    pub code: String,
    /// Name of the procedure.
    pub name: String,
    /// Number and symbol of the decision that announced it: 1234/QĐ-UBND.
    pub decision: String,
    /// First day in force.
    pub in_force_from: Date,
    /// Last day in force, if there is one.
    pub in_force_until: Option<Date>,
    /// Last day on which publishing it is in time, if one is set.
    pub publish_by: Option<Date>,
}

/// The procedures of a list: exactly one member.
#[derive(OneofObject)]
pub enum ProceduresInput {
    /// A CSV file in UTF-8 as a part of the multipart request, read once and not kept. Its header, in any order:
    /// `code,name,decision,in_force_from,in_force_until,publish_by`; the last two columns may be left out, dates are `2019-12-31`.
    CsvFile(Upload),
    /// Given directly.
    Entered(Vec<ListedProcedureInput>),
}

/// Input of saveProcedureList.
#[derive(InputObject)]
pub struct SaveProcedureListInput {
    /// Code of the round.
    pub round: String,
    /// Code of the list. A code that there is in the round gets its next version.
    pub code: String,
    /// Name in both languages.
    pub name: TextInput,
    /// The decisions that the list follows, or the export that it was made from.
    pub source: String,
    /// Codes of the unit types of the round for which it holds. No two lists hold for the same.
    #[graphql(default)]
    pub unit_types: Vec<String>,
    /// Codes of the units for which it holds: their own list goes before that of their type. No two lists hold for the same.
    #[graphql(default)]
    pub units: Vec<String>,
    /// Its procedures: at most 3,000 and 768 KiB.
    pub procedures: ProceduresInput,
    /// For sending it again.
    #[graphql(flatten)]
    pub idempotency: Idempotency,
}

/// What saveProcedureList did.
#[derive(SimpleObject)]
pub struct SaveProcedureListPayload {
    /// The version that says this: a new one, or the newest, if it says the same.
    pub list: ProcedureList,
    /// Proof that the version was saved; null when it was there already.
    pub receipt: Option<Receipt>,
}

/// Saves a list.
pub async fn save(context: &Context<'_>, input: SaveProcedureListInput) -> Result<SaveProcedureListPayload> {
    let session = session(context);
    let procedures = session.read_procedures(input.procedures.resolve(context)?).await?;
    let command = SaveProcedureList {
        round: input.round.clone(),
        code: input.code,
        name: input.name.into(),
        source: nfc(&input.source),
        holds_for: procedures::HoldsFor {
            unit_types: input.unit_types.into_iter().collect(),
            units: input.units.into_iter().collect(),
        },
        procedures,
    };
    let done = session.run(command, input.idempotency.key).await?;
    let saved = &done.output;
    let list = session
        .procedure_list(&input.round, &saved.code, Some(saved.version))
        .await?;
    Ok(SaveProcedureListPayload {
        list: ProcedureList::whole(&input.round, list),
        receipt: done.receipt.map(Into::into),
    })
}

impl ProceduresInput {
    fn resolve(self, context: &Context<'_>) -> Result<keep_procedures::ProceduresInput, Error> {
        let text = |date: Option<Date>| date.map(|date| date.0.to_string()).unwrap_or_default();
        let procedure = |one: ListedProcedureInput| procedures::EnteredProcedure {
            code: nfc(&one.code),
            name: nfc(&one.name),
            decision: nfc(&one.decision),
            in_force_from: one.in_force_from.0.to_string(),
            in_force_until: text(one.in_force_until),
            publish_by: text(one.publish_by),
        };
        Ok(match self {
            Self::CsvFile(upload) => {
                let file = spent_upload(context, "procedures.csvFile", &upload)?;
                keep_procedures::ProceduresInput::File(file.sha256)
            }
            Self::Entered(entered) => {
                keep_procedures::ProceduresInput::Entered(entered.into_iter().map(procedure).collect())
            }
        })
    }
}

/// What can be asked of procedures in force.
#[derive(Default)]
pub struct ProcedureQuery;

/// What can be asked of procedures in force.
#[Object]
impl ProcedureQuery {
    /// A version of a list of procedures in force of a round, for everybody with an account; null if there is none.
    async fn procedure_list(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Code of the round.")] round: String,
        #[graphql(desc = "Code of the list.")] code: String,
        #[graphql(desc = "Number of the version; the newest if not stated.")] version: Option<u32>,
    ) -> Option<Result<ProcedureList>> {
        let list = session(context).procedure_list(&round, &code, version).await;
        found(list.map(|list| ProcedureList::whole(&round, list)))
    }
}
