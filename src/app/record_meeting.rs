//! Recording a meeting of a round's council with its minutes, and correcting them by a new version.

use std::collections::BTreeSet;

use async_trait::async_trait;
use jiff::civil::Date;
use serde::Serialize;

use super::documents::streams;
use super::error::Error;
use super::gate::{Command, Context, Decision, Loaded};
use super::papers::{check_papers, paper_uses};
use super::reader::Reader;
use super::text::{check_name, check_text};
use crate::domain::council::{CouncilMeeting, CouncilMember, CouncilMinutes};
use crate::domain::evidence::FileRef;
use crate::domain::policy::Permission;
use crate::domain::round::Round;
use crate::domain::text::Text;
use crate::store::typed::Versioned;
use crate::store::{Document, StreamId};

/// Most meetings of one round's council: two a week for a year.
pub const MAX_MEETINGS: usize = 100;
/// Most people present at a meeting: the council, its secretariat and guests from each department.
const MAX_PRESENT: usize = 100;
/// Most versions of one meeting's minutes: who corrects more often records another meeting.
const MAX_VERSIONS: u32 = 100;

/// What minutes say.
#[derive(Clone, Debug, Serialize)]
pub struct NewMinutes {
    pub number: String,
    pub held_on: Date,
    pub chaired_by: String,
    pub present: Vec<CouncilMember>,
    pub conclusion: String,
    pub files: Vec<FileRef>,
}

impl NewMinutes {
    /// The minutes as a version of a meeting's.
    fn make(
        &self,
        meeting: &str,
        version: u32,
        reason: Option<String>,
        time_zone: &str,
        context: &Context<'_>,
    ) -> Result<CouncilMinutes, Error> {
        check_name("minutes.number", &self.number)?;
        check_text("minutes.conclusion", &self.conclusion)?;
        if self.held_on > context.today(time_zone)? {
            return Err(Error::invalid(
                "minutes.heldOn",
                "Ngày họp ở tương lai; hãy ghi biên bản sau khi họp.",
                "The meeting is dated in the future; record it when it has been held.",
            ));
        }
        self.check_present()?;
        Ok(CouncilMinutes {
            meeting: meeting.to_owned(),
            edition: version,
            number: self.number.clone(),
            held_on: self.held_on,
            chaired_by: self.chaired_by.clone(),
            present: self.present.clone(),
            conclusion: self.conclusion.clone(),
            files: check_papers("minutes.files", &self.files)?,
            recorded_at: context.now,
            recorded_by: context.login.to_owned(),
            reason,
        })
    }

    /// Who was present, each once, and who chaired among them.
    fn check_present(&self) -> Result<(), Error> {
        if self.present.len() > MAX_PRESENT {
            return Err(Error::invalid(
                "minutes.present",
                format!("Tối đa {MAX_PRESENT} người."),
                format!("At most {MAX_PRESENT} people."),
            ));
        }
        let mut seen = BTreeSet::new();
        for (index, member) in self.present.iter().enumerate() {
            check_name(&format!("minutes.present.{index}.name"), &member.name)?;
            if !seen.insert(&member.name) {
                return Err(Error::invalid(
                    format!("minutes.present.{index}.name"),
                    format!("{} được nêu hai lần; chỉ gửi một lần.", member.name),
                    format!("{} is stated twice; send it once.", member.name),
                ));
            }
        }
        if !seen.contains(&self.chaired_by) {
            return Err(Error::invalid(
                "minutes.chairedBy",
                "Người chủ trì phải có trong danh sách dự họp (present), ghi đúng như vậy.",
                "Who chaired is one of those present; write the name as it is there.",
            ));
        }
        Ok(())
    }
}

/// Records a meeting of a round's council with its minutes.
#[derive(Clone, Debug, Serialize)]
pub struct RecordCouncilMeeting {
    pub round: String,
    pub minutes: NewMinutes,
}

#[async_trait]
impl Command for RecordCouncilMeeting {
    const NAME: &'static str = "RecordCouncilMeeting";
    const PERMISSION: Permission = Permission::Publish;
    /// The round, and how many meetings it has.
    type State = (Versioned<Round>, u64);
    /// Id of the meeting.
    type Output = String;

    fn stream(&self) -> StreamId {
        streams::round(&self.round)
    }

    async fn load(&self, read: &Reader<'_>) -> Result<Loaded<Self::State>, Error> {
        let stream = self.stream();
        let round = read.require::<Round>(&stream, &self.round, "round").await;
        let round = round.map_err(|error| error.about("round"))?;
        let meetings = read.count(&CouncilMeeting::query().in_stream(&stream)).await?;
        Ok(Loaded::of_system((round, meetings)))
    }

    fn decide(&self, (round, meetings): Self::State, context: &Context<'_>) -> Result<Decision<String>, Error> {
        if meetings >= MAX_MEETINGS as u64 {
            return Err(Error::TooLarge {
                field: "round".to_owned(),
                message: Text::new(
                    format!("Một kỳ có tối đa {MAX_MEETINGS} cuộc họp hội đồng; hãy đính chính biên bản đã có."),
                    format!(
                        "A round has at most {MAX_MEETINGS} meetings of its council; correct minutes that are there."
                    ),
                ),
            });
        }
        let id = context.new_id("council", 0);
        let minutes = self.minutes.make(&id, 1, None, &round.time_zone, context)?;
        let meeting = CouncilMeeting {
            id: id.clone(),
            round: self.round.clone(),
            newest: 1,
            held_on: minutes.held_on,
            publications: Vec::new(),
        };
        let uses = paper_uses(&self.round, &id, 1, &minutes.files);
        Ok(Decision::new(id).put(meeting).put(minutes).put_all(uses))
    }
}

/// Corrects the minutes of a meeting by a new version; the old ones stay readable.
#[derive(Clone, Debug, Serialize)]
pub struct ReviseCouncilMeeting {
    pub round: String,
    pub meeting: String,
    /// Without files those of the version before stay.
    pub minutes: NewMinutes,
    pub reason: String,
}

/// A round and a meeting with its newest minutes.
pub struct MeetingToRevise {
    round: Versioned<Round>,
    meeting: Versioned<CouncilMeeting>,
    newest: Versioned<CouncilMinutes>,
}

#[async_trait]
impl Command for ReviseCouncilMeeting {
    const NAME: &'static str = "ReviseCouncilMeeting";
    const PERMISSION: Permission = Permission::Publish;
    type State = MeetingToRevise;
    /// Id of the meeting.
    type Output = String;

    fn stream(&self) -> StreamId {
        streams::round(&self.round)
    }

    async fn load(&self, read: &Reader<'_>) -> Result<Loaded<Self::State>, Error> {
        const WHAT: &str = "council meeting";
        let stream = self.stream();
        let round = read.require::<Round>(&stream, &self.round, "round").await;
        let round = round.map_err(|error| error.about("round"))?;
        let meeting = read.require::<CouncilMeeting>(&stream, &self.meeting, WHAT).await;
        let meeting = meeting.map_err(|error| error.about("meetingId"))?;
        let newest = CouncilMinutes::key_of(&meeting.id, meeting.newest);
        let newest = read.require::<CouncilMinutes>(&stream, &newest, WHAT).await?;
        Ok(Loaded::of_system(MeetingToRevise { round, meeting, newest }))
    }

    fn decide(&self, state: Self::State, context: &Context<'_>) -> Result<Decision<String>, Error> {
        check_text("reason", &self.reason)?;
        let mut meeting = state.meeting.value;
        if meeting.newest >= MAX_VERSIONS {
            return Err(Error::TooLarge {
                field: "meetingId".to_owned(),
                message: Text::new(
                    format!("Một biên bản có tối đa {MAX_VERSIONS} bản; hãy ghi cuộc họp mới."),
                    format!("Minutes have at most {MAX_VERSIONS} versions; record another meeting."),
                ),
            });
        }
        let mut said = self.minutes.clone();
        if said.files.is_empty() {
            said.files.clone_from(&state.newest.files);
        }
        meeting.newest += 1;
        let reason = Some(self.reason.clone());
        let minutes = said.make(&meeting.id, meeting.newest, reason, &state.round.time_zone, context)?;
        meeting.held_on = minutes.held_on;
        let uses = paper_uses(&self.round, &meeting.id, meeting.newest, &minutes.files);
        let decision = Decision::new(self.meeting.clone()).because(self.reason.clone());
        Ok(decision.put(meeting).put(minutes).put_all(uses))
    }
}
