//! Following up what a conclusion asks of a unit: the unit reports with its papers, somebody else accepts or sends back.
//!
//! It lies in the conclusion's stream. Who looks at a report is not of the unit that made it, and never was: the policy
//! asks for that as with reviews.

use async_trait::async_trait;
use jiff::civil::Date;
use serde::Serialize;

use super::documents::streams;
use super::error::Error;
use super::gate::{Command, Context, Decision, Loaded, Owner};
use super::keep_appeals::NewLetter;
use super::open_dossier::ancestors;
use super::papers::paper_uses;
use super::reader::Reader;
use super::text::{check_code, check_text};
use crate::domain::conclusion::Conclusion;
use crate::domain::follow_up::{
    Extension, FollowUp, FollowUpState, Lifted, MAX_EXTENSIONS, MAX_REPORTS, Outcome, Report,
};
use crate::domain::policy::Permission;
use crate::domain::registry::Unit;
use crate::domain::rejection::Rejection;
use crate::domain::text::Text;
use crate::store::StreamId;
use crate::store::typed::Versioned;

/// What stands in front of a follow-up's own key in the name of its files.
pub const FOLLOW_UP_FILES: &str = "follow-up";

/// What one conclusion asks of one unit in one task.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Asked {
    /// Code of the conclusion.
    pub conclusion: String,
    /// Code of the task.
    pub task: String,
    /// Code of the unit.
    pub unit: String,
}

impl Asked {
    fn stream(&self) -> StreamId {
        streams::conclusion(&self.conclusion)
    }

    /// What is asked of which unit is public, as the conclusion is. Where nothing is, the rights that count are those over the unit, so that
    /// its own people are told which code is wrong.
    async fn load(&self, read: &Reader<'_>) -> Result<Loaded<Option<Standing>>, Error> {
        check_code("conclusion", &self.conclusion)?;
        let stream = self.stream();
        let conclusion = read.get::<Conclusion>(&stream, &self.conclusion).await?;
        let key = FollowUp::key_of(&self.task, &self.unit);
        let follow_up = read.get::<FollowUp>(&stream, &key).await?;
        if let Some((conclusion, follow_up)) = conclusion.zip(follow_up) {
            return Ok(Loaded {
                owners: vec![owner_of(&follow_up)],
                state: Some(Standing { conclusion, follow_up }),
            });
        }
        Ok(Loaded {
            owners: vec![unit_owner(read, &self.unit).await?],
            state: None,
        })
    }
}

/// A unit as it is in the register; of one that is not there nobody has anything but who has all.
pub(super) async fn unit_owner(read: &Reader<'_>, code: &str) -> Result<Owner, Error> {
    let unit = read.get::<Unit>(&streams::units(), code).await?;
    let unit_path = match &unit {
        Some(unit) => ancestors(read, unit).await?,
        None => Vec::new(),
    };
    Ok(Owner::Dossier {
        round: String::new(),
        unit: code.to_owned(),
        unit_path,
        unit_type: unit.map_or_else(String::new, |unit| unit.value.unit_type),
    })
}

/// Whose what is asked is: the unit's, as a dossier is.
pub(super) fn owner_of(follow_up: &FollowUp) -> Owner {
    Owner::Dossier {
        round: String::new(),
        unit: follow_up.unit.clone(),
        unit_path: follow_up.unit_path.clone(),
        unit_type: follow_up.unit_type.clone(),
    }
}

/// A conclusion, and how what it asks of a unit stands.
pub struct Standing {
    conclusion: Versioned<Conclusion>,
    follow_up: Versioned<FollowUp>,
}

fn standing(found: Option<Standing>) -> Result<Standing, Error> {
    found.ok_or_else(|| Error::NotFound { what: "follow-up" }.about("asked"))
}

fn wrong(state: FollowUpState) -> Error {
    Rejection::WrongFollowUp { state }.into()
}

/// Reports what was done, by a signed letter and its papers.
#[derive(Clone, Debug, Serialize)]
pub struct ReportFollowUp {
    #[serde(flatten)]
    pub asked: Asked,
    pub text: String,
    pub letter: NewLetter,
}

#[async_trait]
impl Command for ReportFollowUp {
    const NAME: &'static str = "ReportFollowUp";
    const PERMISSION: Permission = Permission::PrepareDossier;
    type State = Option<Standing>;
    /// Number of the report.
    type Output = u32;

    fn stream(&self) -> StreamId {
        self.asked.stream()
    }

    async fn load(&self, read: &Reader<'_>) -> Result<Loaded<Option<Standing>>, Error> {
        self.asked.load(read).await
    }

    fn decide(&self, state: Option<Standing>, context: &Context<'_>) -> Result<Decision<u32>, Error> {
        let state = standing(state)?;
        check_text("text", &self.text)?;
        let mut follow_up = state.follow_up.value;
        let today = context.today(&state.conclusion.time_zone)?;
        let letter = self.letter.make(state.conclusion.content.dated, today)?;
        if !follow_up.state().is_owing() {
            return Err(wrong(follow_up.state()));
        }
        if follow_up.reports.len() >= MAX_REPORTS {
            return Err(Error::TooLarge {
                field: "task".to_owned(),
                message: Text::new(
                    format!("Tối đa {MAX_REPORTS} báo cáo cho một nhiệm vụ; hãy trao đổi trực tiếp với nơi giao."),
                    format!("At most {MAX_REPORTS} reports on one task; talk to whoever gave it."),
                ),
            });
        }
        let number = u32::try_from(follow_up.reports.len() + 1).unwrap_or(u32::MAX);
        let key = FollowUp::key_of(&self.asked.task, &self.asked.unit);
        let uses = paper_uses(&self.asked.conclusion, &key, number, &letter.files);
        follow_up.reports.push(Report {
            text: self.text.clone(),
            letter,
            on: today,
            at: context.now,
            by: context.login.to_owned(),
            outcome: None,
        });
        Ok(Decision::new(number).put(follow_up).put_all(uses))
    }
}

/// Accepts the report that waits, or sends it back.
#[derive(Debug, Serialize)]
pub struct DecideFollowUp {
    #[serde(flatten)]
    pub asked: Asked,
    /// Number of the report that was read.
    pub report: u32,
    pub accept: bool,
    pub reason: String,
}

#[async_trait]
impl Command for DecideFollowUp {
    const NAME: &'static str = "DecideFollowUp";
    const PERMISSION: Permission = Permission::FollowUp;
    type State = Option<Standing>;
    /// Number of the report.
    type Output = u32;

    fn stream(&self) -> StreamId {
        self.asked.stream()
    }

    async fn load(&self, read: &Reader<'_>) -> Result<Loaded<Option<Standing>>, Error> {
        self.asked.load(read).await
    }

    fn decide(&self, state: Option<Standing>, context: &Context<'_>) -> Result<Decision<u32>, Error> {
        let state = standing(state)?;
        check_text("reason", &self.reason)?;
        let mut follow_up = state.follow_up.value;
        let found = follow_up.state();
        let number = u32::try_from(follow_up.reports.len()).unwrap_or(u32::MAX);
        let report = follow_up
            .reports
            .last_mut()
            .filter(|_| found == FollowUpState::Reported);
        let Some(report) = report else {
            return Err(wrong(found));
        };
        if self.report != number {
            return Err(Rejection::OtherReport { newest: number }.into());
        }
        report.outcome = Some(Outcome {
            accepted: self.accept,
            reason: self.reason.clone(),
            at: context.now,
            by: context.login.to_owned(),
        });
        Ok(Decision::new(number).put(follow_up))
    }
}

/// How what is asked changes.
#[derive(Clone, Debug, Serialize)]
pub enum Amendment {
    /// It is due on a later day.
    Due(Date),
    /// It is asked no more.
    Lift,
}

/// Puts a deadline off, or asks no more.
#[derive(Debug, Serialize)]
pub struct AmendFollowUp {
    #[serde(flatten)]
    pub asked: Asked,
    pub amendment: Amendment,
    pub reason: String,
}

#[async_trait]
impl Command for AmendFollowUp {
    const NAME: &'static str = "AmendFollowUp";
    const PERMISSION: Permission = Permission::FollowUp;
    type State = Option<Standing>;
    type Output = ();

    fn stream(&self) -> StreamId {
        self.asked.stream()
    }

    async fn load(&self, read: &Reader<'_>) -> Result<Loaded<Option<Standing>>, Error> {
        self.asked.load(read).await
    }

    fn decide(&self, state: Option<Standing>, context: &Context<'_>) -> Result<Decision<()>, Error> {
        let state = standing(state)?;
        check_text("reason", &self.reason)?;
        let mut follow_up = state.follow_up.value;
        match follow_up.state() {
            FollowUpState::Open | FollowUpState::Returned | FollowUpState::Reported => {}
            over @ (FollowUpState::Accepted | FollowUpState::Lifted) => return Err(wrong(over)),
        }
        match self.amendment {
            Amendment::Due(to) => {
                let today = context.today(&state.conclusion.time_zone)?;
                let Some(from) = follow_up.due.filter(|due| *due < to && today <= to) else {
                    return Err(Error::invalid(
                        "due",
                        "Hạn mới phải sau hạn cũ và không ở quá khứ; nhiệm vụ không có hạn thì không gia hạn được.",
                        "The new day lies behind the one before and not in the past; what has no day cannot be put off.",
                    ));
                };
                if follow_up.extensions.len() >= MAX_EXTENSIONS {
                    return Err(Error::TooLarge {
                        field: "due".to_owned(),
                        message: Text::new(
                            format!("Tối đa {MAX_EXTENSIONS} lần gia hạn."),
                            format!("A deadline is put off at most {MAX_EXTENSIONS} times."),
                        ),
                    });
                }
                follow_up.due = Some(to);
                follow_up.extensions.push(Extension {
                    from,
                    to,
                    reason: self.reason.clone(),
                    at: context.now,
                    by: context.login.to_owned(),
                });
            }
            Amendment::Lift => {
                follow_up.lifted = Some(Lifted {
                    reason: self.reason.clone(),
                    at: context.now,
                    by: context.login.to_owned(),
                });
            }
        }
        Ok(Decision::new(()).put(follow_up))
    }
}
