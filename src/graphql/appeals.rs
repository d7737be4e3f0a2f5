//! Appeals and their answers in the API.

use async_graphql::connection::Connection;
use async_graphql::{Context, Enum, ID, InputObject, Object, Result, SimpleObject};

use super::content::{FileInput, files_of_input};
use super::inputs::nfc;
use super::paging::Paging;
use super::revision::{File, linked_files};
use super::scalars::{Date, DateTime};
use super::{ids, session};
use crate::app::keep_appeals::{self, ANSWER, LETTER};
use crate::app::reader::TypedPage;
use crate::domain::{appeal, council, round};

/// How long units may appeal after a publication.
#[derive(SimpleObject)]
pub struct AppealRules {
    /// Working days from the day after the publication: Monday to Friday but for daysOff.
    pub working_days: u32,
    /// Days off from Monday to Friday.
    pub days_off: Vec<Date>,
}

impl From<appeal::AppealRules> for AppealRules {
    fn from(rules: appeal::AppealRules) -> Self {
        Self {
            working_days: rules.working_days,
            days_off: rules.days_off.into_iter().map(Date).collect(),
        }
    }
}

/// Where an appeal stands.
#[derive(Enum, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "appeal::AppealState")]
pub enum AppealState {
    /// It waits for the council's answer.
    Open,
    /// It is answered.
    Answered,
}

/// What the council found of one criterion that was appealed against.
#[derive(Enum, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "appeal::AppealOutcome")]
pub enum AppealOutcome {
    /// The unit is right.
    Upheld,
    /// The unit is right in part.
    Partly,
    /// What was published stays.
    Rejected,
}

/// A criterion that a unit appeals against.
#[derive(SimpleObject)]
pub struct AppealGround {
    /// Code of the leaf.
    pub criterion: String,
    /// Why.
    pub reason: String,
}

/// A criterion that a unit appeals against.
#[derive(InputObject)]
pub struct AppealGroundInput {
    /// Code of the leaf.
    pub criterion: String,
    /// Why.
    pub reason: String,
}

impl From<AppealGroundInput> for appeal::AppealGround {
    fn from(ground: AppealGroundInput) -> Self {
        Self {
            criterion: ground.criterion,
            reason: nfc(&ground.reason),
        }
    }
}

/// What the council found of one criterion.
#[derive(SimpleObject)]
pub struct AppealFinding {
    /// Code of the leaf.
    pub criterion: String,
    /// What it found.
    pub outcome: AppealOutcome,
    /// Why.
    pub reason: String,
}

/// What the council found of one criterion.
#[derive(InputObject)]
pub struct AppealFindingInput {
    /// Code of the leaf.
    pub criterion: String,
    /// What it found.
    pub outcome: AppealOutcome,
    /// Why.
    pub reason: String,
}

impl From<AppealFindingInput> for appeal::AppealFinding {
    fn from(finding: AppealFindingInput) -> Self {
        Self {
            criterion: finding.criterion,
            outcome: finding.outcome.into(),
            reason: nfc(&finding.reason),
        }
    }
}

/// A signed letter.
#[derive(InputObject)]
pub struct LetterInput {
    /// Number and symbol.
    pub number: String,
    /// Its date, not in the future and not before the date of what it is about.
    pub dated: Date,
    /// The signed letter, 1 to 20 PDF files.
    pub files: Vec<FileInput>,
}

impl LetterInput {
    /// The letter as the application takes it.
    pub async fn resolve(self, context: &Context<'_>) -> Result<keep_appeals::NewLetter> {
        Ok(keep_appeals::NewLetter {
            files: files_of_input(context, "letter.files", &self.files).await?,
            number: nfc(&self.number),
            dated: self.dated.0,
        })
    }
}

/// A signed letter.
#[derive(SimpleObject)]
pub struct Letter {
    /// Number and symbol.
    pub number: String,
    /// Its date.
    pub dated: Date,
    /// The signed letter.
    pub files: Vec<File>,
}

/// Minutes of the council as something names them that rests on them.
#[derive(SimpleObject)]
pub struct NamedMinutes {
    /// Id of the version, for node; null there for those who do not see it.
    pub minutes_id: ID,
    /// Number and symbol.
    pub number: String,
    /// Day of the meeting.
    pub held_on: Date,
    /// SHA-256 of each file, hexadecimal.
    pub sha256: Vec<String>,
}

impl NamedMinutes {
    fn new(round: &str, minutes: &council::MinutesRef) -> Self {
        let key = council::CouncilMinutes::key_of(&minutes.meeting, minutes.edition);
        Self {
            minutes_id: ids::encode("CouncilMinutes", &format!("{round}/{key}")),
            number: minutes.number.clone(),
            held_on: Date(minutes.held_on),
            sha256: minutes.files.clone(),
        }
    }
}

/// The council's answer to an appeal.
#[derive(SimpleObject)]
pub struct AppealAnswer {
    /// The council's letter.
    pub letter: Letter,
    /// One for each criterion that was appealed against, in the order of the appeal.
    pub findings: Vec<AppealFinding>,
    /// The minutes of the council that it rests on; null where it names none.
    pub minutes: Option<NamedMinutes>,
    /// When it was recorded.
    pub recorded_at: DateTime,
}

/// An appeal that a publication follows.
#[derive(SimpleObject)]
pub struct FollowedAppeal {
    /// Id of the appeal, for node; null there for those who do not see it.
    pub appeal_id: ID,
    /// Code of the unit.
    pub unit_code: String,
    /// Number and symbol of the unit's letter.
    pub letter_number: String,
    /// Number and symbol of the council's answer.
    pub answer_number: String,
}

impl FollowedAppeal {
    /// The appeals that a publication names.
    pub fn of(publication: &round::Publication) -> Vec<Self> {
        let followed = |one: &appeal::AppealRef| Self {
            appeal_id: id_of(&publication.round, &one.unit, one.number),
            unit_code: one.unit.clone(),
            letter_number: one.letter.clone(),
            answer_number: one.answer.clone(),
        };
        publication.appeals.iter().map(followed).collect()
    }
}

fn id_of(round: &str, unit: &str, number: u32) -> ID {
    ids::encode("Appeal", &format!("{round}/{}", appeal::Appeal::key_of(unit, number)))
}

/// A page of appeals as a connection.
pub fn page_of_appeals(paging: &Paging, page: TypedPage<appeal::Appeal>) -> Connection<String, Appeal> {
    let mut connection = paging.connection(page.more);
    let items = page.items.into_iter();
    connection.edges = items
        .map(|(appeal, cursor)| paging.edge(&cursor, Appeal(appeal.value)))
        .collect();
    connection
}

/// An appeal of a unit against published results.
pub struct Appeal(pub appeal::Appeal);

impl Appeal {
    fn signed(&self, context: &Context<'_>, letter: &appeal::Letter, place: u32) -> Letter {
        let paper = format!("{}/{}", self.0.round, self.0.key());
        Letter {
            number: letter.number.clone(),
            dated: Date(letter.dated),
            files: linked_files(context, &paper, place, &letter.files),
        }
    }
}

/// An appeal of a unit to the council against published results. It changes no points by itself: what is upheld is mended by
/// reopenDossier, a new review and publishResults with a correction that names the appeal.
#[Object]
impl Appeal {
    /// Opaque id.
    pub async fn id(&self) -> ID {
        id_of(&self.0.round, &self.0.unit, self.0.number)
    }

    /// Code of the round.
    async fn round_code(&self) -> &str {
        &self.0.round
    }

    /// Code of the unit.
    async fn unit_code(&self) -> &str {
        &self.0.unit
    }

    /// The unit.
    async fn unit(&self, context: &Context<'_>) -> Result<Option<super::register::Unit>> {
        Ok(session(context).unit(&self.0.unit).await?.map(super::register::Unit))
    }

    /// 1 for the unit's first appeal in the round.
    async fn number(&self) -> u32 {
        self.0.number
    }

    /// Number of the publication that it is against.
    async fn publication_version(&self) -> u32 {
        self.0.publication
    }

    /// Where it stands.
    async fn state(&self) -> AppealState {
        self.0.state().into()
    }

    /// The unit's letter.
    async fn letter(&self, context: &Context<'_>) -> Letter {
        self.signed(context, &self.0.letter, LETTER)
    }

    /// What it is against, and why.
    async fn grounds(&self) -> Vec<AppealGround> {
        let ground = |one: &appeal::AppealGround| AppealGround {
            criterion: one.criterion.clone(),
            reason: one.reason.clone(),
        };
        self.0.grounds.iter().map(ground).collect()
    }

    /// When it was filed.
    async fn filed_at(&self) -> DateTime {
        DateTime(self.0.filed_at)
    }

    /// Login of who filed it.
    async fn filed_by(&self) -> &str {
        &self.0.filed_by
    }

    /// The council's answer; null before it.
    async fn answer(&self, context: &Context<'_>) -> Option<AppealAnswer> {
        let answer = self.0.answer.as_ref()?;
        let finding = |one: &appeal::AppealFinding| AppealFinding {
            criterion: one.criterion.clone(),
            outcome: one.outcome.into(),
            reason: one.reason.clone(),
        };
        let council = answer.council.as_ref();
        Some(AppealAnswer {
            letter: self.signed(context, &answer.letter, ANSWER),
            findings: answer.findings.iter().map(finding).collect(),
            minutes: council.map(|minutes| NamedMinutes::new(&self.0.round, minutes)),
            recorded_at: DateTime(answer.at),
        })
    }

    /// Versions of the results that were corrected because of it, in their order.
    async fn followed_by(&self) -> &[u32] {
        &self.0.followed_by
    }
}
