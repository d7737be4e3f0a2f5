//! Meetings of a round's council and their minutes in the API.

use async_graphql::connection::Connection;
use async_graphql::{Context, Enum, ID, InputObject, Object, Result, SimpleObject};

use super::content::{FileInput, files_of_input};
use super::inputs::nfc;
use super::paging::Paging;
use super::revision::{File, linked_files};
use super::scalars::{Date, DateTime};
use super::{ids, session};
use crate::app::browse_council::{CouncilSight, SeenMeeting};
use crate::app::record_meeting;
use crate::domain::council;

/// What somebody is in the council.
#[derive(Enum, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "council::CouncilRole")]
pub enum CouncilRole {
    /// Its chair (chủ tịch hội đồng).
    Chair,
    /// Its standing vice-chair (phó chủ tịch thường trực).
    StandingViceChair,
    /// Its secretary (thư ký).
    Secretary,
    /// Any other member (ủy viên).
    Member,
}

/// Somebody who was present at a meeting of the council.
#[derive(SimpleObject)]
pub struct CouncilMember {
    /// Name as in the minutes.
    pub name: String,
    /// What the person is in the council.
    pub role: CouncilRole,
}

/// Somebody who was present at a meeting of the council.
#[derive(InputObject)]
pub struct CouncilMemberInput {
    /// Name as in the minutes; members of a council need no account.
    pub name: String,
    /// What the person is in the council.
    pub role: CouncilRole,
}

/// What the council decided about one unit, or one criterion of it.
#[derive(SimpleObject)]
pub struct CouncilDecision {
    /// Code of the unit.
    pub unit: String,
    /// Code of the field, criterion or leaf; null for the unit as a whole.
    pub criterion: Option<String>,
    /// What was decided, in words.
    pub text: String,
}

/// What the council decided about one unit, or one criterion of it.
#[derive(InputObject)]
pub struct CouncilDecisionInput {
    /// Code of the unit.
    pub unit: String,
    /// Code of a field, criterion or leaf; without it the unit as a whole.
    pub criterion: Option<String>,
    /// What was decided, in words. It changes no points: reviews do.
    pub text: String,
}

/// What the minutes of a council's meeting say.
#[derive(InputObject)]
pub struct CouncilMinutesInput {
    /// Number and symbol: 45/BB-HĐTĐ.
    pub number: String,
    /// Day of the meeting, not in the future.
    pub held_on: Date,
    /// Name of who chaired, written as in present.
    pub chaired_by: String,
    /// Who was present, 1 to 100 people, each once.
    pub present: Vec<CouncilMemberInput>,
    /// What the council concluded.
    pub conclusion: String,
    /// What it decided about single units, at most 200; all minutes together have at most 768 KiB of text.
    #[graphql(default)]
    pub decisions: Vec<CouncilDecisionInput>,
    /// The signed minutes, at most 20 PDF files. At least one, but for a correction without files, which leaves those of the
    /// version before.
    #[graphql(default)]
    pub files: Vec<FileInput>,
}

impl CouncilMinutesInput {
    /// The minutes as the application takes them.
    pub async fn resolve(self, context: &Context<'_>) -> Result<record_meeting::NewMinutes> {
        let member = |one: CouncilMemberInput| council::CouncilMember {
            name: nfc(&one.name),
            role: one.role.into(),
        };
        let decision = |one: CouncilDecisionInput| council::CouncilDecision {
            unit: one.unit,
            criterion: one.criterion,
            text: nfc(&one.text),
        };
        Ok(record_meeting::NewMinutes {
            files: files_of_input(context, "minutes.files", &self.files).await?,
            number: nfc(&self.number),
            held_on: self.held_on.0,
            chaired_by: nfc(&self.chaired_by),
            present: self.present.into_iter().map(member).collect(),
            conclusion: nfc(&self.conclusion),
            decisions: self.decisions.into_iter().map(decision).collect(),
        })
    }
}

/// A meeting of a round's council.
pub struct CouncilMeeting(pub SeenMeeting);

/// A meeting of the appraisal council of a round. Before results rest on it, those who publish see it; from then on the
/// version of its minutes on which they rest is open.
#[Object]
impl CouncilMeeting {
    /// Opaque id.
    pub async fn id(&self) -> ID {
        let meeting = &self.0.meeting;
        ids::encode("CouncilMeeting", &format!("{}/{}", meeting.round, meeting.id))
    }

    /// Code of the round.
    async fn round_code(&self) -> &str {
        &self.0.meeting.round
    }

    /// The minutes: the newest version, or, for those who do not publish, the one on which the newest results rest.
    async fn minutes(&self) -> CouncilMinutes {
        CouncilMinutes {
            round: self.0.meeting.round.clone(),
            minutes: self.0.minutes.clone(),
            sight: self.0.sight,
        }
    }

    /// Numbers of the publications that rest on the meeting, in their order.
    async fn publications(&self) -> Vec<u32> {
        let rests = self.0.meeting.publications.iter();
        rests.map(|rests| rests.publication).collect()
    }

    /// Versions of the minutes, oldest first: all of them, or, for those who do not publish, the ones on which results rest.
    async fn versions(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "So many from the beginning, 1 to 500; 25 if neither first nor last is stated.")]
        first: Option<i32>,
        #[graphql(desc = "Cursor of the last version before the page.")] after: Option<String>,
        #[graphql(desc = "So many from the end, 1 to 500, in the same order; not together with first.")] last: Option<
            i32,
        >,
        #[graphql(desc = "Cursor of the first version behind the page.")] before: Option<String>,
    ) -> Result<Connection<String, CouncilMinutes>> {
        let SeenMeeting { meeting, sight, .. } = &self.0;
        let query = format!("minutes/{}/{}", meeting.round, meeting.id);
        let paging = Paging::of(&query, first, after, last, before)?;
        let page = session(context).minutes_of(meeting, *sight, paging.window()).await?;
        let mut connection = paging.connection(page.more);
        for (minutes, cursor) in page.items {
            let node = CouncilMinutes {
                round: meeting.round.clone(),
                minutes: minutes.value,
                sight: *sight,
            };
            connection.edges.push(paging.edge(&cursor, node));
        }
        Ok(connection)
    }
}

/// One version of the minutes of a council's meeting.
pub struct CouncilMinutes {
    /// Code of the round.
    pub round: String,
    pub minutes: council::CouncilMinutes,
    pub sight: CouncilSight,
}

impl CouncilMinutes {
    fn is_whole(&self) -> bool {
        self.sight > CouncilSight::Public
    }
}

/// One version of the minutes of a council's meeting; no version is ever changed. Whoever sees no scores is shown number,
/// day and digests alone.
#[Object]
impl CouncilMinutes {
    /// Opaque id.
    pub async fn id(&self) -> ID {
        let key = council::CouncilMinutes::key_of(&self.minutes.meeting, self.minutes.edition);
        ids::encode("CouncilMinutes", &format!("{}/{key}", self.round))
    }

    /// 1 for the first; corrections count on. For expectedVersion.
    async fn version(&self) -> u32 {
        self.minutes.edition
    }

    /// Number and symbol.
    async fn number(&self) -> &str {
        &self.minutes.number
    }

    /// Day of the meeting.
    async fn held_on(&self) -> Date {
        Date(self.minutes.held_on)
    }

    /// SHA-256 of each file of the minutes, hexadecimal.
    async fn sha256(&self) -> Vec<&str> {
        self.minutes.files.iter().map(|file| file.sha256.as_str()).collect()
    }

    /// Name of who chaired; null for those who see no scores.
    async fn chaired_by(&self) -> Option<&str> {
        self.is_whole().then_some(self.minutes.chaired_by.as_str())
    }

    /// Who was present; null for those who see no scores.
    async fn present(&self) -> Option<Vec<CouncilMember>> {
        let member = |one: &council::CouncilMember| CouncilMember {
            name: one.name.clone(),
            role: one.role.into(),
        };
        self.is_whole()
            .then(|| self.minutes.present.iter().map(member).collect())
    }

    /// What the council concluded; null for those who see no scores.
    async fn conclusion(&self) -> Option<&str> {
        self.is_whole().then_some(self.minutes.conclusion.as_str())
    }

    /// What the council decided about single units; null for those who see no scores.
    async fn decisions(&self) -> Option<Vec<CouncilDecision>> {
        let decision = |one: &council::CouncilDecision| CouncilDecision {
            unit: one.unit.clone(),
            criterion: one.criterion.clone(),
            text: one.text.clone(),
        };
        self.is_whole()
            .then(|| self.minutes.decisions.iter().map(decision).collect())
    }

    /// The minutes themselves; none for those who see no scores.
    async fn files(&self, context: &Context<'_>) -> Vec<File> {
        if !self.is_whole() {
            return Vec::new();
        }
        let paper = format!("{}/{}", self.round, self.minutes.meeting);
        linked_files(context, &paper, self.minutes.edition, &self.minutes.files)
    }

    /// Why the version before was corrected; null for the first version, and for those who see no scores.
    async fn reason(&self) -> Option<&str> {
        self.minutes.reason.as_deref().filter(|_| self.is_whole())
    }

    /// When it was recorded; null for those who see no scores.
    async fn recorded_at(&self) -> Option<DateTime> {
        self.is_whole().then_some(DateTime(self.minutes.recorded_at))
    }

    /// Login of who recorded it; for those who publish.
    async fn recorded_by(&self) -> Option<&str> {
        (self.sight == CouncilSight::Full).then_some(self.minutes.recorded_by.as_str())
    }
}
