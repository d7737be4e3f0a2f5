//! Indices that others publish, and what they state of a province or a unit: kept with their sources, read with what does not agree.
//!
//! An index lies in a stream of its own with all its editions and figures, so that what is recorded of one index is numbered one after
//! the other.

use std::collections::{BTreeMap, BTreeSet};

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use super::Session;
use super::documents::{figure_fields, streams};
use super::error::Error;
use super::gate::{Command, Context, Decision, Loaded};
use super::reader::Reader;
use super::text::{MAX_PAGES_CHARS, MAX_URL_CHARS, check_code, check_name, check_optional, check_text};
use crate::domain::policy::Permission;
use crate::domain::registry::Unit;
use crate::domain::rejection::Rejection;
use crate::domain::series::{
    Contradiction, IndexContent, IndexEdition, IndexFigure, Period, Source, Stated, contradictions,
};
use crate::domain::text::Text;
use crate::store::typed::Versioned;
use crate::store::{Direction, Document, StreamId};

/// Most figures of one call (500): a year of the months of forty units.
pub const MAX_INDEX_FIGURES: usize = 500;
/// Most editions of one index (100): another method every year for a century.
const MAX_EDITIONS: usize = 100;
/// Most sources of one period (20): what papers and notices say of one result.
const MAX_STATEMENTS: u32 = 20;
/// Most figures of a unit in one index (600): a month each for fifty years.
pub const MAX_SERIES: usize = 600;
/// Most indices that are listed.
const MAX_INDICES: usize = 500;

const WHAT: &str = "index";

/// Saves what an index consists of from a period on: its first edition, or the next one.
#[derive(Debug, Serialize)]
pub struct SaveIndex {
    pub code: String,
    pub content: IndexContent,
}

#[async_trait]
impl Command for SaveIndex {
    const NAME: &'static str = "SaveIndex";
    const PERMISSION: Permission = Permission::KeepFrameworks;
    type State = Vec<Versioned<IndexEdition>>;
    /// Number of the edition.
    type Output = u32;

    fn stream(&self) -> StreamId {
        streams::index(&self.code)
    }

    async fn load(&self, read: &Reader<'_>) -> Result<Loaded<Self::State>, Error> {
        check_code("code", &self.code)?;
        Ok(Loaded::of_system(read.all::<IndexEdition>(&self.stream()).await?))
    }

    fn decide(&self, editions: Self::State, context: &Context<'_>) -> Result<Decision<u32>, Error> {
        self.check_texts()?;
        self.content.check()?;
        let newest = editions.iter().map(|one| &one.value).max_by_key(|one| one.edition);
        if let Some(newest) = newest {
            // What stands already is not saved again.
            if newest.content == self.content {
                return Ok(Decision::new(newest.edition));
            }
            // What is measured by an edition keeps its measure.
            let from = &newest.content.from;
            if self.content.from <= *from {
                return Err(Error::invalid(
                    "from",
                    format!("Bản mới nhất bắt đầu từ {from}; bản sau bắt đầu từ một kỳ muộn hơn."),
                    format!("The newest edition begins with {from}; the next one begins with a later period."),
                ));
            }
        }
        if editions.len() >= MAX_EDITIONS {
            return Err(Error::TooLarge {
                field: "code".to_owned(),
                message: Text::new(
                    format!("Một chỉ số có tối đa {MAX_EDITIONS} bản; hãy dùng mã khác."),
                    format!("An index has at most {MAX_EDITIONS} editions; take another code."),
                ),
            });
        }
        let edition = newest.map_or(1, |newest| newest.edition + 1);
        Ok(Decision::new(edition).put(IndexEdition {
            code: self.code.clone(),
            edition,
            content: self.content.clone(),
            saved_at: context.now,
            saved_by: context.login.to_owned(),
        }))
    }
}

impl SaveIndex {
    fn check_texts(&self) -> Result<(), Error> {
        let content = &self.content;
        let mut names = vec![
            ("name".to_owned(), &content.name),
            ("publisher".to_owned(), &content.publisher),
        ];
        for part in &content.parts {
            check_code("parts.code", &part.code)?;
            names.push((format!("parts.{}.name", part.code), &part.name));
        }
        for group in &content.groups {
            check_code("groups.code", &group.code)?;
            names.push((format!("groups.{}.name", group.code), &group.name));
        }
        for (field, name) in names {
            check_name(&format!("{field}.vi"), &name.vi)?;
            check_name(&format!("{field}.en"), &name.en)?;
        }
        if content.sources.is_empty() {
            return Err(Error::invalid(
                "sources",
                "Nêu văn bản quy định chỉ số này.",
                "Name the document that lays the index down.",
            ));
        }
        content
            .sources
            .iter()
            .try_for_each(|source| check_name("sources", source))
    }
}

/// What a source states of one subject in one period.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NewFigure {
    /// Code of a unit.
    pub subject: String,
    pub period: Period,
    pub stated: Stated,
    pub source: Source,
}

/// Records what sources state of an index.
#[derive(Debug, Serialize)]
pub struct RecordIndexFigures {
    pub index: String,
    pub figures: Vec<NewFigure>,
    /// Why figures of the same sources are replaced.
    pub reason: Option<String>,
}

/// An index with what is recorded of some subjects.
pub struct Recorded {
    editions: Vec<IndexEdition>,
    figures: Vec<IndexFigure>,
    units: BTreeSet<String>,
}

#[async_trait]
impl Command for RecordIndexFigures {
    const NAME: &'static str = "RecordIndexFigures";
    const PERMISSION: Permission = Permission::RecordFigures;
    type State = Recorded;
    /// How many figures there are in the call.
    type Output = usize;

    fn stream(&self) -> StreamId {
        streams::index(&self.index)
    }

    async fn load(&self, read: &Reader<'_>) -> Result<Loaded<Self::State>, Error> {
        check_code("index", &self.index)?;
        if self.figures.is_empty() || self.figures.len() > MAX_INDEX_FIGURES {
            return Err(Error::invalid(
                "figures",
                format!("Cần từ 1 đến {MAX_INDEX_FIGURES} số liệu."),
                format!("1 to {MAX_INDEX_FIGURES} figures are needed."),
            ));
        }
        let stream = self.stream();
        let editions = read.all::<IndexEdition>(&stream).await?;
        let subjects: BTreeSet<String> = self.figures.iter().map(|one| one.subject.clone()).collect();
        let subjects: Vec<String> = subjects.into_iter().collect();
        let recorded = IndexFigure::query()
            .in_stream(&stream)
            .filter(figure_fields::SUBJECT.one_of(subjects.iter().cloned()));
        // That a unit is there rests on the register's entry.
        read.head(&streams::units()).await?;
        let units = read.get_all::<Unit>(&streams::units(), &subjects).await?;
        Ok(Loaded::of_system(Recorded {
            editions: editions.into_iter().map(|one| one.value).collect(),
            figures: read.every(recorded).await?.into_iter().map(|one| one.value).collect(),
            units: units.into_iter().flatten().map(|unit| unit.value.code).collect(),
        }))
    }

    fn decide(&self, state: Self::State, context: &Context<'_>) -> Result<Decision<usize>, Error> {
        if state.editions.is_empty() {
            return Err(Error::NotFound { what: WHAT }.about("index"));
        }
        if let Some(reason) = &self.reason {
            check_text("reason", reason)?;
        }
        let mut recorded: BTreeMap<String, IndexFigure> =
            state.figures.iter().map(|one| (one.key(), one.clone())).collect();
        let mut changed = BTreeSet::new();
        let mut named = BTreeSet::new();
        for (position, figure) in self.figures.iter().enumerate() {
            let place = format!("figures.{position}");
            let source = (&figure.subject, &figure.period, &figure.source.document);
            if !named.insert(source) {
                return Err(Error::invalid(
                    place,
                    "Nguồn này đã nêu kỳ này trong cùng lần gửi.",
                    "This source states this period twice in one call.",
                ));
            }
            let edition = check(figure, &state, &place)?;
            if let Some(put) = self.put(figure, edition, &recorded, (context, &place))? {
                changed.insert(put.key());
                recorded.insert(put.key(), put);
            }
        }
        for subject in self
            .figures
            .iter()
            .map(|figure| &figure.subject)
            .collect::<BTreeSet<_>>()
        {
            if recorded.values().filter(|one| one.subject == *subject).count() > MAX_SERIES {
                return Err(Error::TooLarge {
                    field: "figures".to_owned(),
                    message: Text::new(
                        format!("Một chỉ số của một đơn vị có tối đa {MAX_SERIES} số liệu."),
                        format!("An index has at most {MAX_SERIES} figures of a unit."),
                    ),
                });
            }
        }
        let changed = changed.iter().filter_map(|key| recorded.remove(key));
        let decision = Decision::new(self.figures.len()).put_all(changed.collect::<Vec<_>>());
        Ok(match &self.reason {
            Some(reason) => decision.because(reason.clone()),
            None => decision,
        })
    }
}

impl RecordIndexFigures {
    /// The figure in its place among those of its period; none where the source has said the same before.
    fn put(
        &self,
        figure: &NewFigure,
        edition: u32,
        recorded: &BTreeMap<String, IndexFigure>,
        (context, place): (&Context<'_>, &str),
    ) -> Result<Option<IndexFigure>, Error> {
        let of_period = |one: &&IndexFigure| (&one.subject, &one.period) == (&figure.subject, &figure.period);
        let standing: Vec<&IndexFigure> = recorded.values().filter(of_period).collect();
        let same_source = |one: &&&IndexFigure| one.source.document == figure.source.document;
        let statement = match standing.iter().find(same_source) {
            Some(before) if (&before.stated, &before.source) == (&figure.stated, &figure.source) => return Ok(None),
            Some(_) if self.reason.is_none() => {
                let (subject, period) = (figure.subject.clone(), figure.period.to_string());
                let error = Error::from(Rejection::IndexFigureRecorded { subject, period });
                return Err(error.about(place));
            }
            Some(before) => before.statement,
            None => standing.iter().map(|one| one.statement).max().unwrap_or(0) + 1,
        };
        if statement > MAX_STATEMENTS {
            return Err(Error::TooLarge {
                field: place.to_owned(),
                message: Text::new(
                    format!("Một kỳ có tối đa {MAX_STATEMENTS} nguồn."),
                    format!("A period has at most {MAX_STATEMENTS} sources."),
                ),
            });
        }
        Ok(Some(IndexFigure {
            index: self.index.clone(),
            subject: figure.subject.clone(),
            period: figure.period.clone(),
            statement,
            edition,
            stated: figure.stated.clone(),
            source: figure.source.clone(),
            recorded_at: context.now,
            recorded_by: context.login.to_owned(),
            reason: self.reason.clone(),
        }))
    }
}

/// Whether a figure is about a unit that is there, and is one of the index: the number of the edition by which it is measured.
fn check(figure: &NewFigure, state: &Recorded, place: &str) -> Result<u32, Error> {
    check_name(&format!("{place}.source.document"), &figure.source.document)?;
    check_optional(
        &format!("{place}.source.url"),
        figure.source.url.as_deref(),
        MAX_URL_CHARS,
    )?;
    check_optional(
        &format!("{place}.source.place"),
        figure.source.place.as_deref(),
        MAX_PAGES_CHARS,
    )?;
    if !state.units.contains(&figure.subject) {
        return Err(Error::NotFound { what: "unit" }.about(format!("{place}.unit")));
    }
    let Some(edition) = IndexEdition::of_period(&state.editions, &figure.period) else {
        return Err(Error::invalid(
            format!("{place}.period"),
            "Chỉ số chưa có bản nào cho kỳ này; lưu bản bắt đầu từ kỳ đó trước (saveIndex).",
            "The index has no edition for this period; save one that begins with it first (saveIndex).",
        ));
    };
    let checked = edition.content.check_stated(&figure.stated);
    checked.map(|()| edition.edition).map_err(|fault| Error::Invalid {
        field: format!("{place}.{}", fault.field),
        message: fault.message,
    })
}

/// What is recorded of one subject in one index.
pub struct IndexSeries {
    pub editions: Vec<IndexEdition>,
    /// By period, then by source.
    pub figures: Vec<IndexFigure>,
    pub contradictions: Vec<Contradiction>,
}

impl Session {
    /// The newest edition of every index, by code. Indices are published by others, and so public here.
    pub async fn indices(&self) -> Result<Vec<IndexEdition>, Error> {
        let read = self.reader();
        let query = IndexEdition::query().order(&figure_fields::CODE, Direction::Ascending);
        let mut newest: BTreeMap<String, IndexEdition> = BTreeMap::new();
        for edition in read.every(query).await? {
            let edition = edition.value;
            let known = newest.entry(edition.code.clone()).or_insert_with(|| edition.clone());
            if known.edition < edition.edition {
                *known = edition;
            }
        }
        Ok(newest.into_values().take(MAX_INDICES).collect())
    }

    /// What is recorded of a unit in an index.
    ///
    /// # Errors
    /// [`Error::NotFound`] for an index that is not there.
    pub async fn index_series(&self, index: &str, subject: &str) -> Result<IndexSeries, Error> {
        check_code("index", index)?;
        let (read, stream) = (self.reader(), streams::index(index));
        let editions = read.all::<IndexEdition>(&stream).await?;
        if editions.is_empty() {
            return Err(Error::NotFound { what: WHAT });
        }
        let query = IndexFigure::query()
            .in_stream(&stream)
            .filter(figure_fields::SUBJECT.equal(subject));
        let figures = read.every(query).await?;
        let editions: Vec<IndexEdition> = editions.into_iter().map(|one| one.value).collect();
        let mut figures: Vec<IndexFigure> = figures.into_iter().map(|one| one.value).collect();
        figures.sort_by_key(IndexFigure::key);
        Ok(IndexSeries {
            contradictions: contradictions(&editions, &figures),
            editions,
            figures,
        })
    }
}
