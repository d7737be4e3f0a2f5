//! Recording a meeting of a round's council with its minutes, and correcting them by a new version.

use std::collections::BTreeSet;
use std::sync::Arc;

use async_trait::async_trait;
use jiff::civil::Date;
use serde::Serialize;

use super::documents::streams;
use super::error::Error;
use super::gate::{Command, Context, Decision, Loaded};
use super::papers::{check_papers, paper_uses};
use super::reader::Reader;
use super::text::{check_name, check_text};
use crate::domain::council::{CouncilDecision, CouncilMeeting, CouncilMember, CouncilMinutes};
use crate::domain::evidence::FileRef;
use crate::domain::framework::Framework;
use crate::domain::policy::Permission;
use crate::domain::rejection::Rejection;
use crate::domain::round::Round;
use crate::domain::text::Text;
use crate::store::StreamId;
use crate::store::typed::Versioned;

/// Most meetings of one round's council: two a week for a year.
pub const MAX_MEETINGS: usize = 100;
/// Most people present at a meeting: the council, its secretariat and guests from each department.
const MAX_PRESENT: usize = 100;
/// Most versions of one meeting's minutes: who corrects more often records another meeting.
const MAX_VERSIONS: u32 = 100;

/// Most decisions about single units in one meeting's minutes: a few for each unit of a province.
const MAX_DECISIONS: usize = 200;

/// Most bytes of one version of minutes, as JSON (768 KiB): a stored body has 1 MiB, of which the rest is room. 200 decisions
/// of half a page each have place.
const MAX_MINUTES_BYTES: usize = 768 * 1024;

/// What minutes say.
#[derive(Clone, Debug, Serialize)]
pub struct NewMinutes {
    pub number: String,
    pub held_on: Date,
    pub chaired_by: String,
    pub present: Vec<CouncilMember>,
    pub conclusion: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub decisions: Vec<CouncilDecision>,
    pub files: Vec<FileRef>,
}

impl NewMinutes {
    /// The minutes as a version of a meeting's.
    fn make(
        &self,
        meeting: &str,
        version: u32,
        reason: Option<String>,
        settings: &Settings,
        context: &Context<'_>,
    ) -> Result<CouncilMinutes, Error> {
        check_name("minutes.number", &self.number)?;
        check_text("minutes.conclusion", &self.conclusion)?;
        if self.held_on > context.today(&settings.round.time_zone)? {
            return Err(Error::invalid(
                "minutes.heldOn",
                "Ngày họp ở tương lai; hãy ghi biên bản sau khi họp.",
                "The meeting is dated in the future; record it when it has been held.",
            ));
        }
        self.check_present()?;
        self.check_decisions(settings)?;
        let minutes = CouncilMinutes {
            meeting: meeting.to_owned(),
            edition: version,
            number: self.number.clone(),
            held_on: self.held_on,
            chaired_by: self.chaired_by.clone(),
            present: self.present.clone(),
            conclusion: self.conclusion.clone(),
            decisions: self.decisions.clone(),
            files: check_papers("minutes.files", &self.files)?,
            recorded_at: context.now,
            recorded_by: context.login.to_owned(),
            reason,
        };
        let bytes = serde_json::to_vec(&minutes).map_err(|error| Error::Internal(Box::new(error)))?;
        if bytes.len() <= MAX_MINUTES_BYTES {
            return Ok(minutes);
        }
        let kib = MAX_MINUTES_BYTES / 1024;
        Err(Error::TooLarge {
            field: "minutes.decisions".to_owned(),
            message: Text::new(
                format!("Biên bản quá {kib} KiB chữ; hãy rút ngắn các kết luận, phần chi tiết nằm trong tệp biên bản."),
                format!(
                    "The minutes have more than {kib} KiB of text; shorten the decisions, details belong into the file."
                ),
            ),
        })
    }

    /// Units of the round, and nodes that one of its frameworks has.
    fn check_decisions(&self, settings: &Settings) -> Result<(), Error> {
        if self.decisions.len() > MAX_DECISIONS {
            return Err(Error::invalid(
                "minutes.decisions",
                format!("Tối đa {MAX_DECISIONS} kết luận riêng."),
                format!("At most {MAX_DECISIONS} decisions."),
            ));
        }
        for (index, decision) in self.decisions.iter().enumerate() {
            let CouncilDecision { unit, criterion, text } = decision;
            let field = |name: &str| format!("minutes.decisions.{index}.{name}");
            check_text(&field("text"), text)?;
            if !settings.round.units.contains(unit) {
                return Err(Error::invalid(
                    field("unit"),
                    format!("Đơn vị {unit} không tham gia kỳ này."),
                    format!("Unit {unit} takes no part in this round."),
                ));
            }
            let is_there = |code: &String| settings.frameworks.iter().any(|one| one.node(code).is_some());
            if let Some(code) = criterion.as_ref().filter(|code| !is_there(code)) {
                return Err(Error::invalid(
                    field("criterion"),
                    format!("Kỳ này không có tiêu chí {code}."),
                    format!("This round has no criterion {code}."),
                ));
            }
        }
        Ok(())
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

/// A round with its frameworks.
pub struct Settings {
    round: Versioned<Round>,
    frameworks: Vec<Arc<Framework>>,
}

impl Settings {
    async fn load(read: &Reader<'_>, round: &str) -> Result<Self, Error> {
        let found = read.require::<Round>(&streams::round(round), round, "round").await;
        let round = found.map_err(|error| error.about("round"))?;
        let mut frameworks = Vec::with_capacity(round.frameworks.len());
        for reference in round.frameworks.values() {
            frameworks.push(read.framework_of(reference).await?);
        }
        Ok(Self { round, frameworks })
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
    /// The round, and the minutes of its meetings as they are now.
    type State = (Settings, Vec<CouncilMinutes>);
    /// Id of the meeting.
    type Output = String;

    fn stream(&self) -> StreamId {
        streams::round(&self.round)
    }

    async fn load(&self, read: &Reader<'_>) -> Result<Loaded<Self::State>, Error> {
        let settings = Settings::load(read, &self.round).await?;
        let stream = self.stream();
        let meetings = read.all::<CouncilMeeting>(&stream).await?.into_iter();
        let newest: Vec<String> = meetings
            .map(|one| CouncilMinutes::key_of(&one.id, one.newest))
            .collect();
        let minutes = read.get_all::<CouncilMinutes>(&stream, &newest).await?;
        let minutes = minutes.into_iter().flatten().map(|one| one.value).collect();
        Ok(Loaded::of_system((settings, minutes)))
    }

    fn decide(&self, (settings, meetings): Self::State, context: &Context<'_>) -> Result<Decision<String>, Error> {
        let new = &self.minutes;
        if meetings
            .iter()
            .any(|one| one.number == new.number && one.held_on == new.held_on)
        {
            let (number, held_on) = (new.number.clone(), new.held_on);
            return Err(Error::from(Rejection::MeetingRecorded { number, held_on }).about("minutes.number"));
        }
        if meetings.len() >= MAX_MEETINGS {
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
        let minutes = self.minutes.make(&id, 1, None, &settings, context)?;
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
    /// The version of the minutes that is corrected.
    pub expected_version: u32,
    /// Without files those of the version before stay.
    pub minutes: NewMinutes,
    pub reason: String,
}

/// A round and a meeting with its newest minutes.
pub struct MeetingToRevise {
    settings: Settings,
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
        let settings = Settings::load(read, &self.round).await?;
        let meeting = read.require::<CouncilMeeting>(&stream, &self.meeting, WHAT).await;
        let meeting = meeting.map_err(|error| error.about("meetingId"))?;
        let newest = CouncilMinutes::key_of(&meeting.id, meeting.newest);
        let newest = read.require::<CouncilMinutes>(&stream, &newest, WHAT).await?;
        Ok(Loaded::of_system(MeetingToRevise {
            settings,
            meeting,
            newest,
        }))
    }

    fn decide(&self, state: Self::State, context: &Context<'_>) -> Result<Decision<String>, Error> {
        check_text("reason", &self.reason)?;
        let mut meeting = state.meeting.value;
        if meeting.newest != self.expected_version {
            let stale = Rejection::MinutesChanged {
                number: state.newest.value.number,
                expected: self.expected_version,
                actual: meeting.newest,
            };
            return Err(Error::from(stale).about("expectedVersion"));
        }
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
        let minutes = said.make(&meeting.id, meeting.newest, reason, &state.settings, context)?;
        let uses = paper_uses(&self.round, &meeting.id, meeting.newest, &minutes.files);
        let decision = Decision::new(self.meeting.clone()).because(self.reason.clone());
        Ok(decision.put(meeting).put(minutes).put_all(uses))
    }
}
