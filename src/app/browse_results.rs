//! Reading published results: public, and nothing that is not published.

use super::Session;
use super::documents::{UNRANKED, result_fields, streams};
use super::error::Error;
use super::known_codes;
use super::reader::{TypedPage, page_of_list};
use crate::domain::round::{NodeLine, NodeRanking, Publication, RankingRow, Round};
use crate::store::{Cursor, Direction, Document, Window};

impl Session {
    /// A publication of a round: the newest, or that version.
    pub async fn publication(&self, round: &str, version: Option<u32>) -> Result<Option<Publication>, Error> {
        let stream = streams::round(round);
        let read = self.reader();
        let Some(found) = read.get::<Round>(&stream, round).await? else {
            return Ok(None);
        };
        let Some(version) = version.or(found.published_version) else {
            return Ok(None);
        };
        Ok(read
            .get::<Publication>(&stream, &version.to_string())
            .await?
            .map(|one| one.value))
    }

    /// Published lines of a group, best first. Lines without a publication are never shown.
    ///
    /// # Errors
    /// [`Error::Invalid`] when nobody is in that group: an empty list would not tell a slip of the pen from one.
    pub async fn ranking(
        &self,
        publication: &Publication,
        group: &str,
        window: &Window,
    ) -> Result<TypedPage<RankingRow>, Error> {
        let lines = RankingRow::query()
            .filter(result_fields::ROUND.equal(publication.round.as_str()))
            .filter(result_fields::PUBLICATION.equal(i64::from(publication.version)));
        let query = lines
            .clone()
            .filter(result_fields::GROUP.equal(group))
            .order(&result_fields::RANK, Direction::Ascending)
            .window(window);
        let read = self.reader();
        let page = read.page(&query).await?;
        if page.items.is_empty() && window.after.is_none() && window.before.is_none() {
            let groups = read.count_by(&lines, result_fields::GROUP.name).await?;
            let groups = groups.iter().filter_map(|(group, _)| group.as_text()).collect();
            known_codes::check("group", Some(group), &groups)?;
        }
        Ok(page)
    }

    /// Published lines of units that have points but no rank, by unit.
    pub async fn unranked(&self, publication: &Publication, window: &Window) -> Result<TypedPage<RankingRow>, Error> {
        let query = RankingRow::query()
            .filter(result_fields::ROUND.equal(publication.round.as_str()))
            .filter(result_fields::PUBLICATION.equal(i64::from(publication.version)))
            .filter(result_fields::RANK.equal(UNRANKED))
            .order(&result_fields::UNIT, Direction::Ascending)
            .window(window);
        self.reader().page(&query).await
    }

    /// One published line of a ranking by a field, criterion or leaf.
    pub async fn node_line(
        &self,
        round: &str,
        version: u32,
        group: &str,
        node: &str,
        unit: &str,
    ) -> Result<NodeLine, Error> {
        let missing = || Error::NotFound { what: "ranking" };
        self.publication(round, Some(version)).await?.ok_or_else(missing)?;
        let key = NodeRanking::key_of(version, group, node);
        let ranking = self
            .reader()
            .require::<NodeRanking>(&streams::round(round), &key, "ranking")
            .await?;
        let mut lines = ranking.value.lines.into_iter();
        lines.find(|line| line.unit == unit).ok_or_else(missing)
    }

    /// Published lines of a group by a field, criterion or leaf, best first.
    ///
    /// # Errors
    /// [`Error::NotFound`] when the group's framework has no such node.
    pub async fn node_ranking(
        &self,
        publication: &Publication,
        group: &str,
        node: &str,
        window: &Window,
    ) -> Result<(Vec<(NodeLine, Cursor)>, bool), Error> {
        let key = NodeRanking::key_of(publication.version, group, node);
        let stream = streams::round(&publication.round);
        let ranking = self.reader().require::<NodeRanking>(&stream, &key, "ranking").await?;
        Ok(page_of_list(&ranking.value.lines, &stream, &key, window))
    }

    /// One published line.
    pub async fn ranking_row(&self, round: &str, publication: u32, unit: &str) -> Result<RankingRow, Error> {
        let key = RankingRow::key_of(publication, unit);
        let missing = || Error::NotFound { what: "ranking row" };
        self.publication(round, Some(publication)).await?.ok_or_else(missing)?;
        let row = self.reader().get::<RankingRow>(&streams::round(round), &key).await?;
        Ok(row.ok_or_else(missing)?.value)
    }
}
