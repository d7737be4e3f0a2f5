//! What can be asked of frameworks and column mappings.

use std::sync::Arc;

use async_graphql::connection::Connection;
use async_graphql::{Context, Object, Result};

use super::content::RowValueInput;
use super::framework_changes::{FrameworkChanges, FrameworkKey};
use super::framework_copy::{FrameworkCopy, FrameworkEdit};
use super::framework_replay::{FrameworkDraft, FrameworkReplay};
use super::frameworks::Framework;
use super::mappings::{ColumnMapping, ColumnMappingRefInput, StatisticsReading, read_statistics};
use super::paging::Paging;
use super::points::Ledger;
use super::query::found;
use super::session;
use crate::app::replay_framework::ReplayQuestion;
use crate::store::Cursor;
use crate::store::typed::Versioned;

/// What can be asked of frameworks and column mappings.
#[derive(Default)]
pub struct FrameworkQuery;

/// What can be asked of frameworks and column mappings.
#[Object]
impl FrameworkQuery {
    /// A framework by code and version; null if there is none.
    async fn framework(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Code, such as QNM-SO.")] code: String,
        #[graphql(desc = "Version, such as 2019.")] version: String,
    ) -> Option<Result<Framework>> {
        found(session(context).framework(&code, &version).await.map(Framework))
    }

    /// What one framework changes against another: a new version against the one before, or the framework of one unit type against
    /// that of another. With the sides the other way round, what was added is removed.
    async fn framework_changes(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "What is compared with, such as the version of the year before.")] from: FrameworkKey,
        #[graphql(desc = "What is compared, such as the new version.")] to: FrameworkKey,
    ) -> Result<FrameworkChanges> {
        let compared = session(context).framework_changes(&from.into(), &to.into()).await?;
        Ok(FrameworkChanges(compared))
    }

    /// A framework copied forward under another name, with edits: its text, what lint says of it, and what it changes. Nothing is
    /// issued: importFramework does that with the text, and replayFramework tries it on last year's dossiers before. For those who
    /// keep frameworks.
    async fn copy_framework(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "What is copied, such as the version of the year before.")] from: FrameworkKey,
        #[graphql(desc = "The new code and version.")] to: FrameworkKey,
        #[graphql(desc = "Edits, in this order; at most 1,000.", default)] edits: Vec<FrameworkEdit>,
    ) -> Result<FrameworkCopy> {
        let edits: Vec<_> = edits.into_iter().map(Into::into).collect();
        let copied = session(context)
            .copy_framework(&from.into(), &to.into(), &edits)
            .await?;
        Ok(FrameworkCopy(copied))
    }

    /// What the dossiers of a round would come to under another framework, and whose rank would move: before a draft is signed, or
    /// to see how a ranking hangs on weights and rounding. For who runs rounds; one at a time, another is RATE_LIMITED meanwhile.
    async fn replay_framework(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Code of the round, such as QNM-2019.")] round: String,
        #[graphql(desc = "The framework to try, for a unit type of the round.")] to: FrameworkDraft,
        #[graphql(desc = "In which ledger.", default_with = "Ledger::Final")] ledger: Ledger,
    ) -> Result<FrameworkReplay> {
        let question = ReplayQuestion {
            round,
            draft: to.into(),
            ledger: ledger.into(),
        };
        let replayed = session(context).replay_framework(&question).await?;
        Ok(FrameworkReplay(Arc::new(replayed)))
    }

    /// A version of a column mapping, for everybody with an account; null if there is none.
    async fn column_mapping(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Code of the mapping.")] code: String,
        #[graphql(desc = "Number of the version; the newest if not stated.")] version: Option<u32>,
    ) -> Option<Result<ColumnMapping>> {
        let mapping = session(context).column_mapping(&code, version).await;
        found(mapping.map(|mapping| ColumnMapping(Box::new(mapping))))
    }

    /// All versions of all column mappings by code, the oldest of each first, for everybody with an account.
    async fn column_mappings(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "So many from the beginning, 1 to 500; 25 if neither first nor last is stated.")]
        first: Option<i32>,
        #[graphql(desc = "Cursor of the last mapping before the page.")] after: Option<String>,
        #[graphql(desc = "So many from the end, 1 to 500, in the same order; not together with first.")] last: Option<
            i32,
        >,
        #[graphql(desc = "Cursor of the first mapping behind the page.")] before: Option<String>,
    ) -> Result<Connection<String, ColumnMapping>> {
        let paging = Paging::of("columnMappings", first, after, last, before)?;
        let page = session(context).column_mappings(paging.window()).await?;
        let mut connection = paging.connection(page.more);
        let edge =
            |(mapping, cursor): (Versioned<_>, Cursor)| paging.edge(&cursor, ColumnMapping(Box::new(mapping.value)));
        connection.edges = page.items.into_iter().map(edge).collect();
        Ok(connection)
    }

    /// What reading a file by a column mapping gives, without keeping anything: rows, problems and remarks. The file was
    /// uploaded before by the same account (uploadFiles). For those who upload files.
    async fn read_statistics(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The reference that uploadFiles answered.")] reference: String,
        #[graphql(desc = "The version of the mapping.")] mapping: ColumnMappingRefInput,
        #[graphql(desc = "Values of the columns that the mapping asks for with each file.", default)] given: Vec<
            RowValueInput,
        >,
        #[graphql(desc = "Rows that are shown, 1 to 100.", default = 25)] first: u32,
    ) -> Result<StatisticsReading> {
        Ok(read_statistics(context, &reference, mapping, given, first).await?)
    }
}
