//! What can be asked of conclusions and of what became of them.

use async_graphql::connection::Connection;
use async_graphql::{Context, Object, Result};

use super::citations::{Citation, CitedSource};
use super::conclusions::Conclusion;
use super::follow_ups::{FollowUp, FollowUpFilter, FollowUpTotal};
use super::paging::Paging;
use super::query::found;
use super::session;

/// What can be asked of conclusions and of what became of them.
#[derive(Default)]
pub struct ConclusionQuery;

/// What can be asked of conclusions and of what became of them.
#[Object]
impl ConclusionQuery {
    /// A conclusion by its code; null if there is none. Everybody may ask, as for published results.
    async fn conclusion(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Code, such as 232-TB-UBND-2020.")] code: String,
    ) -> Option<Result<Conclusion>> {
        found(session(context).conclusion(&code).await.map(Conclusion::new))
    }

    /// Conclusions, the newest day first. Everybody may ask.
    async fn conclusions(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "So many from the beginning, 1 to 500; 25 if neither first nor last is stated.")]
        first: Option<i32>,
        #[graphql(desc = "Cursor of the last conclusion before the page.")] after: Option<String>,
        #[graphql(desc = "So many from the end, 1 to 500, in the same order; not together with first.")] last: Option<
            i32,
        >,
        #[graphql(desc = "Cursor of the first conclusion behind the page.")] before: Option<String>,
    ) -> Result<Connection<String, Conclusion>> {
        let paging = Paging::of("conclusions", first, after, last, before)?;
        let page = session(context).conclusions(paging.window()).await?;
        let mut connection = paging.connection(page.more);
        let items = page.items.into_iter();
        connection.edges = items
            .map(|(one, cursor)| paging.edge(&cursor, Conclusion::new(one.value)))
            .collect();
        Ok(connection)
    }

    /// Where the results of a round or the figures of an index are cited: after a correction, ask for changed and currentValue.
    async fn citations(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Of what.")] of: CitedSource,
        #[graphql(desc = "So many from the beginning, 1 to 500; 25 if neither first nor last is stated.")]
        first: Option<i32>,
        #[graphql(desc = "Cursor of the last citation before the page.")] after: Option<String>,
        #[graphql(desc = "So many from the end, 1 to 500, in the same order; not together with first.")] last: Option<
            i32,
        >,
        #[graphql(desc = "Cursor of the first citation behind the page.")] before: Option<String>,
    ) -> Result<Connection<String, Citation>> {
        let about = of.about();
        let paging = Paging::of(&format!("citations/{about}"), first, after, last, before)?;
        let page = session(context).citing(&about, paging.window()).await?;
        let mut connection = paging.connection(page.more);
        let items = page.items.into_iter();
        connection.edges = items
            .map(|(one, cursor)| paging.edge(&cursor, Citation::from(one.value)))
            .collect();
        Ok(connection)
    }

    /// What conclusions ask of units, by the day on which it is due: all that is asked of one unit (filter unit), what is overdue, what
    /// waits to be looked at (filter state: REPORTED), what is with whom by escalation. Officers and heads ask for their unit; who sees all
    /// scores or follows up may leave it out.
    async fn follow_ups(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Which of them; all if left out.")] filter: Option<FollowUpFilter>,
        #[graphql(desc = "So many from the beginning, 1 to 500; 25 if neither first nor last is stated.")]
        first: Option<i32>,
        #[graphql(desc = "Cursor of the last one before the page.")] after: Option<String>,
        #[graphql(desc = "So many from the end, 1 to 500, in the same order; not together with first.")] last: Option<
            i32,
        >,
        #[graphql(desc = "Cursor of the first one behind the page.")] before: Option<String>,
    ) -> Result<Connection<String, FollowUp, FollowUpTotal>> {
        let filter = filter.unwrap_or_default().resolve();
        let paging = Paging::of(&format!("followUps/{filter:?}"), first, after, last, before)?;
        let page = session(context).follow_ups(&filter, paging.window()).await?;
        let mut connection = Connection::with_additional_fields(
            paging.has_previous(page.more),
            paging.has_next(page.more),
            FollowUpTotal(filter),
        );
        let items = page.items.into_iter();
        connection.edges = items
            .map(|(one, cursor)| paging.edge(&cursor, FollowUp(one.value)))
            .collect();
        Ok(connection)
    }
}
