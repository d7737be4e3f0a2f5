//! Pages of connections by Relay's arguments, in both directions.

use async_graphql::OutputType;
use async_graphql::connection::{Connection, Edge};

use super::ids::{CursorsOf, decode_cursor};
use crate::app::error::Error;
use crate::store::{Cursor, MAX_PAGE, Window};

/// Page size when the client states none.
const DEFAULT_PAGE: i32 = 25;

/// The page of a query that is wanted.
pub struct Paging {
    cursors: CursorsOf,
    window: Window,
}

fn page_size(field: &str, size: i32) -> Result<usize, Error> {
    let within = usize::try_from(size).ok().filter(|size| (1..=MAX_PAGE).contains(size));
    within.ok_or_else(|| {
        Error::invalid(
            field,
            format!("{field} phải từ 1 đến {MAX_PAGE}."),
            format!("{field} must be 1 to {MAX_PAGE}."),
        )
    })
}

impl Paging {
    /// The page that the arguments of a connection ask for, the first 25 if no size is stated. The query is named by
    /// everything that decides what its pages hold and in which order.
    ///
    /// # Errors
    /// [`Error::Invalid`] for a size that is not 1 to 500, for both sizes, and for cursors of other queries.
    pub fn of(
        query: &str,
        first: Option<i32>,
        after: Option<String>,
        last: Option<i32>,
        before: Option<String>,
    ) -> Result<Self, Error> {
        if first.is_some() && last.is_some() {
            return Err(Error::invalid(
                "last",
                "Chỉ nêu first hoặc last; bỏ một trong hai.",
                "State first or last, not both: leave one out.",
            ));
        }
        let limit = match last {
            Some(last) => page_size("last", last)?,
            None => page_size("first", first.unwrap_or(DEFAULT_PAGE))?,
        };
        Ok(Self {
            cursors: CursorsOf::query(query),
            window: Window {
                after: decode_cursor(query, "after", after.as_deref())?,
                before: decode_cursor(query, "before", before.as_deref())?,
                backwards: last.is_some(),
                limit,
            },
        })
    }

    pub fn window(&self) -> &Window {
        &self.window
    }

    pub fn cursors(&self) -> CursorsOf {
        self.cursors
    }

    /// Whether anything comes before the page: what the cursor was of that it begins behind, or what is left when it was
    /// taken from the end.
    pub fn has_previous(&self, more: bool) -> bool {
        self.window.after.is_some() || (self.window.backwards && more)
    }

    /// Whether anything comes behind the page: what the cursor was of that it ends before, or what is left.
    pub fn has_next(&self, more: bool) -> bool {
        self.window.before.is_some() || (!self.window.backwards && more)
    }

    /// A page without its edges.
    pub fn connection<N: OutputType>(&self, more: bool) -> Connection<String, N> {
        Connection::new(self.has_previous(more), self.has_next(more))
    }

    pub fn edge<N: OutputType>(
        &self,
        cursor: &Cursor,
        node: N,
    ) -> Edge<String, N, async_graphql::connection::EmptyFields> {
        Edge::new(self.cursors.encode(cursor), node)
    }
}
