//! A page of the review queue. It is asked for all day long, so that it is written plainly where it can be.

use std::sync::Arc;

use async_graphql::connection::PageInfo;
use async_graphql::parser::types::SelectionSet;
use async_graphql::{Context, ContextSelectionSet, Object, Result, SimpleObject};

use super::ids::CursorsOf;
use super::paging::Paging;
use super::plain::{Plain, PlainList, Written, all_plain, write_object};
use super::queue::QueueItem;
use super::scalars::Long;
use super::session;
use crate::app::browse_queue;
use crate::app::reader::TypedPage;
use crate::domain::assessment;
use crate::store::Cursor;
use crate::store::typed::Versioned;

/// A page, and what it is a page of.
pub struct QueuePage {
    pub round: String,
    pub filter: browse_queue::QueueFilter,
    edges: Vec<QueueEdge>,
    has_previous: bool,
    has_next: bool,
}

/// A criterion and its place.
pub struct QueueEdge {
    node: QueueItem,
    cursor: Cursor,
    cursors: CursorsOf,
}

/// How many criteria wait, for one value.
#[derive(SimpleObject)]
pub struct QueueCount {
    /// Unit code, field code or state.
    pub key: String,
    /// How many.
    pub count: Long,
}

impl QueuePage {
    /// The page as it was found.
    pub fn new(
        round: String,
        filter: browse_queue::QueueFilter,
        paging: &Paging,
        page: TypedPage<Arc<assessment::QueueItem>>,
    ) -> Self {
        let edge = |(item, cursor): (Versioned<Arc<assessment::QueueItem>>, Cursor)| QueueEdge {
            node: QueueItem(item.value),
            cursor,
            cursors: paging.cursors(),
        };
        Self {
            round,
            filter,
            edges: page.items.into_iter().map(edge).collect(),
            has_previous: paging.has_previous(page.more),
            has_next: paging.has_next(page.more),
        }
    }

    async fn counts(&self, context: &Context<'_>, field: &'static str) -> Result<Vec<QueueCount>> {
        let counts = session(context).queue_counts(&self.round, &self.filter, field).await?;
        Ok(counts
            .into_iter()
            .map(|(value, count)| QueueCount {
                key: value.as_text().unwrap_or_default().to_owned(),
                count: Long(count),
            })
            .collect())
    }
}

/// A page of the review queue; the counts are over the whole queue.
#[Object(name = "QueueItemConnection")]
impl QueuePage {
    /// Information to aid in pagination.
    async fn page_info(&self) -> PageInfo {
        PageInfo {
            has_previous_page: self.has_previous,
            has_next_page: self.has_next,
            start_cursor: self.edges.first().map(QueueEdge::place),
            end_cursor: self.edges.last().map(QueueEdge::place),
        }
    }

    /// A list of edges.
    async fn edges(&self) -> PlainList<'_, QueueEdge> {
        PlainList(self.edges.iter().collect())
    }

    /// A list of nodes.
    async fn nodes(&self) -> PlainList<'_, QueueItem> {
        PlainList(self.edges.iter().map(|edge| &edge.node).collect())
    }

    /// How many criteria wait in all.
    async fn total_count(&self, context: &Context<'_>) -> Result<Long> {
        Ok(Long(session(context).queue_total(&self.round, &self.filter).await?))
    }

    /// By unit.
    async fn count_by_unit(&self, context: &Context<'_>) -> Result<Vec<QueueCount>> {
        self.counts(context, "unit").await
    }

    /// By field.
    async fn count_by_field(&self, context: &Context<'_>) -> Result<Vec<QueueCount>> {
        self.counts(context, "field").await
    }

    /// By state.
    async fn count_by_state(&self, context: &Context<'_>) -> Result<Vec<QueueCount>> {
        self.counts(context, "state").await
    }
}

impl QueueEdge {
    fn place(&self) -> String {
        self.cursors.encode(&self.cursor)
    }
}

/// An edge in a connection.
#[Object(name = "QueueItemEdge")]
impl QueueEdge {
    /// The item at the end of the edge
    async fn node(&self) -> &QueueItem {
        &self.node
    }

    /// A cursor for use in pagination
    async fn cursor(&self) -> String {
        self.place()
    }
}

impl Plain for QueueEdge {
    fn is_plain(selection: &SelectionSet) -> bool {
        all_plain::<QueueItem>(selection, Some("node"))
    }

    fn write<'a>(&'a self, context: &'a ContextSelectionSet<'a>, out: &'a mut Vec<u8>) -> Written<'a> {
        Box::pin(write_object(self, Some(&self.node), context, out))
    }
}

impl Plain for QueueItem {
    fn is_plain(selection: &SelectionSet) -> bool {
        all_plain::<Self>(selection, None)
    }

    fn write<'a>(&'a self, context: &'a ContextSelectionSet<'a>, out: &'a mut Vec<u8>) -> Written<'a> {
        Box::pin(write_object::<_, Self>(self, None, context, out))
    }
}
