//! Reading meetings of a round's council.
//!
//! Who publishes sees every version of everything. When a publication rests on a meeting, the version that it
//! rests on is open: with names and files to whoever sees scores, by number, day and digests to everybody.

use super::Session;
use super::browse::fill;
use super::documents::{council_fields, streams};
use super::error::Error;
use super::reader::TypedPage;
use crate::domain::council::{CouncilMeeting, CouncilMinutes};
use crate::domain::evidence::FileRef;
use crate::domain::policy::Permission;
use crate::store::typed::Versioned;
use crate::store::{Cursor, Direction, Document, FieldValue, Window};

const MEETING: &str = "council meeting";

/// How much a viewer sees of a council's papers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum CouncilSight {
    /// Number, day and digests of the minutes that results rest on.
    Public,
    /// These minutes with names, conclusion and files.
    Published,
    /// All minutes in all versions.
    Full,
}

/// A meeting with the version of its minutes that the viewer is shown.
pub struct SeenMeeting {
    pub meeting: CouncilMeeting,
    pub minutes: CouncilMinutes,
    pub sight: CouncilSight,
}

/// The version of the minutes that a viewer is shown.
fn shown(meeting: &CouncilMeeting, sight: CouncilSight) -> Option<u32> {
    match sight {
        CouncilSight::Full => Some(meeting.newest),
        CouncilSight::Published | CouncilSight::Public => meeting.published_version(),
    }
}

/// Whether a viewer is shown a version of the minutes.
fn shows(meeting: &CouncilMeeting, version: u32, sight: CouncilSight) -> bool {
    sight == CouncilSight::Full || meeting.publications.iter().any(|rests| rests.minutes == version)
}

impl Session {
    /// How much the viewer sees of the papers of councils: everything who publishes; what results rest on who sees scores. An
    /// appraiser is no exception: what is planned for the own unit stands in a draft, too.
    pub async fn council_sight(&self) -> Result<CouncilSight, Error> {
        let Some(viewer) = self.viewer().await? else {
            return Ok(CouncilSight::Public);
        };
        Ok(if self.may(Permission::Publish).await? {
            CouncilSight::Full
        } else if viewer.holds_any(Permission::ViewScores, self.today()?) {
            CouncilSight::Published
        } else {
            CouncilSight::Public
        })
    }

    /// Meetings of a round's council by day, as far as the viewer sees them.
    pub async fn council_meetings(
        &self,
        round: &str,
        window: &Window,
    ) -> Result<(Vec<(SeenMeeting, Cursor)>, bool), Error> {
        let sight = self.council_sight().await?;
        let query = CouncilMeeting::query()
            .filter(council_fields::ROUND.equal(round))
            .order(&council_fields::HELD_ON, Direction::Ascending)
            .window(window);
        let read = self.reader();
        let page = fill(&read, query, |meeting| shown(meeting, sight).is_some()).await?;
        let version = |meeting: &CouncilMeeting| shown(meeting, sight).unwrap_or(meeting.newest);
        let key =
            |(meeting, _): &(Versioned<CouncilMeeting>, Cursor)| CouncilMinutes::key_of(&meeting.id, version(meeting));
        let keys: Vec<String> = page.items.iter().map(key).collect();
        let minutes = read.get_all::<CouncilMinutes>(&streams::round(round), &keys).await?;
        let seen = |((meeting, cursor), minutes): ((Versioned<CouncilMeeting>, Cursor), Option<Versioned<_>>)| {
            let seen = SeenMeeting {
                meeting: meeting.value,
                minutes: minutes?.value,
                sight,
            };
            Some((seen, cursor))
        };
        Ok((
            page.items.into_iter().zip(minutes).filter_map(seen).collect(),
            page.more,
        ))
    }

    /// A meeting with the version of its minutes that is asked for, or that the viewer is shown.
    ///
    /// # Errors
    /// [`Error::NotFound`] for what is not there, and for what the viewer does not see.
    pub async fn council_meeting(&self, round: &str, id: &str, version: Option<u32>) -> Result<SeenMeeting, Error> {
        const MISSING: Error = Error::NotFound { what: MEETING };
        let sight = self.council_sight().await?;
        let (read, stream) = (self.reader(), streams::round(round));
        let meeting = read.require::<CouncilMeeting>(&stream, id, MEETING).await?.value;
        let version = version.or_else(|| shown(&meeting, sight)).ok_or(MISSING)?;
        if !shows(&meeting, version, sight) {
            return Err(MISSING);
        }
        let key = CouncilMinutes::key_of(id, version);
        let minutes = read.require::<CouncilMinutes>(&stream, &key, MEETING).await?.value;
        Ok(SeenMeeting {
            meeting,
            minutes,
            sight,
        })
    }

    /// The versions of a meeting's minutes that the viewer is shown, oldest first.
    pub async fn minutes_of(
        &self,
        meeting: &CouncilMeeting,
        sight: CouncilSight,
        window: &Window,
    ) -> Result<TypedPage<CouncilMinutes>, Error> {
        let stream = streams::round(&meeting.round);
        let versions: Vec<u32> = (1..=meeting.newest)
            .filter(|version| shows(meeting, *version, sight))
            .collect();
        let (numbers, more) = window.of_numbers(1..versions.len() as u64 + 1);
        let place = |number: u64| usize::try_from(number - 1).ok();
        let wanted = numbers.clone().filter_map(|number| versions.get(place(number)?));
        let keys: Vec<String> = wanted
            .map(|version| CouncilMinutes::key_of(&meeting.id, *version))
            .collect();
        let found = self.reader().get_all::<CouncilMinutes>(&stream, &keys).await?;
        let item = |(number, minutes): (u64, Option<Versioned<CouncilMinutes>>)| {
            let minutes = minutes?;
            let cursor = Cursor {
                value: FieldValue::Integer(number.cast_signed()),
                stream: stream.clone(),
                id: minutes.id(),
            };
            Some((minutes, cursor))
        };
        let items = numbers.zip(found).filter_map(item).collect();
        Ok(TypedPage { items, more })
    }

    /// A file of a paper of the round, for those who see the paper with its names: of minutes, or of an appeal, whose id has
    /// its number behind the unit.
    pub async fn paper_file(&self, round: &str, paper: &str, version: u32, index: u32) -> Result<FileRef, Error> {
        let found = match paper.contains('~') {
            true => self.appeal_file(round, paper, version, index).await,
            false => self.minutes_file(round, paper, version, index).await,
        };
        found.map_err(|error| match error.kind() {
            Error::NotFound { .. } => Error::NotFound { what: "file" },
            _ => error,
        })
    }

    async fn minutes_file(&self, round: &str, meeting: &str, version: u32, index: u32) -> Result<FileRef, Error> {
        const MISSING: Error = Error::NotFound { what: MEETING };
        let seen = self.council_meeting(round, meeting, Some(version)).await?;
        if seen.sight == CouncilSight::Public {
            return Err(MISSING);
        }
        seen.minutes.files.into_iter().nth(index as usize).ok_or(MISSING)
    }
}
