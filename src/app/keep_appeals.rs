//! Appeals against published results: filed by the unit's head, answered on behalf of the council.
//!
//! They lie in the stream of the round, and so do the publications that they are about and those that follow them: that
//! a unit has one open appeal, and that a correction follows what the council upheld, is decided in one stream. A dossier's
//! own stream ends with its seal, on which what is published rests.

use std::collections::BTreeSet;
use std::sync::Arc;

use async_trait::async_trait;
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde::Serialize;

use super::desk::dossier_owner;
use super::documents::{appeal_fields, streams};
use super::error::Error;
use super::gate::{Command, Context, Decision, Loaded};
use super::grounds::NamedMinutes;
use super::papers::{check_papers, paper_uses};
use super::reader::Reader;
use super::text::{check_name, check_text};
use crate::domain::appeal::{Appeal, AppealAnswer, AppealFinding, AppealGround, Letter};
use crate::domain::dossier::Dossier;
use crate::domain::evidence::FileRef;
use crate::domain::framework::{Framework, MAXIMUM_LEAVES};
use crate::domain::policy::Permission;
use crate::domain::rejection::Rejection;
use crate::domain::round::{Publication, Round};
use crate::domain::text::Text;
use crate::store::typed::Versioned;
use crate::store::{Document, StreamId};

/// Most appeals of one unit in one round: two digits of their ids, and far more than publications.
const MAX_APPEALS: usize = 99;
/// Most leaves of one appeal: as many as a framework has.
const MAX_GROUNDS: usize = MAXIMUM_LEAVES;
/// Most bytes of what one appeal is against, as JSON (256 KiB): forty pages of reasons. Appeal and answer are one document of
/// at most 1 MiB, so that whatever is filed can be answered; the other half is for both letters, the minutes and what follows.
const MAX_GROUNDS_BYTES: usize = 256 * 1024;
/// Most bytes of what one answer finds, as JSON (256 KiB): as much as what it answers.
const MAX_FINDINGS_BYTES: usize = 256 * 1024;
/// The revision under which the files of a unit's letter are kept.
pub const LETTER: u32 = 1;
/// The revision under which those of the answer are kept.
pub const ANSWER: u32 = 2;

/// A letter as it comes in.
#[derive(Clone, Debug, Serialize)]
pub struct NewLetter {
    pub number: String,
    pub dated: Date,
    pub files: Vec<FileRef>,
}

impl NewLetter {
    /// The letter, dated between two days.
    pub(super) fn make(&self, first: Date, today: Date) -> Result<Letter, Error> {
        check_name("letter.number", &self.number)?;
        if self.dated > today {
            return Err(Error::invalid(
                "letter.dated",
                "Ngày của văn bản ở tương lai; hãy kiểm tra lại.",
                "The letter is dated in the future; check the date.",
            ));
        }
        if self.dated < first {
            return Err(Error::invalid(
                "letter.dated",
                format!(
                    "Văn bản ghi ngày trước {}, là ngày của văn bản mà nó trả lời.",
                    first.strftime("%d/%m/%Y")
                ),
                format!("The letter is dated before {first}, the day of what it is about."),
            ));
        }
        Ok(Letter {
            number: self.number.clone(),
            dated: self.dated,
            files: check_papers("letter.files", &self.files)?,
        })
    }
}

/// The last day on which a publication may be appealed against and the instant at which it ends; `None` where the round
/// takes no appeals.
///
/// # Errors
/// [`Error::Internal`] for a time zone that opening the round should have refused.
pub(super) fn appeal_deadline(round: &Round, publication: &Publication) -> Result<Option<(Date, Timestamp)>, Error> {
    let Some(rules) = round.appraisal.as_ref().and_then(|rules| rules.appeals.as_ref()) else {
        return Ok(None);
    };
    let zone = TimeZone::get(&round.time_zone).map_err(|error| Error::Internal(Box::new(error)))?;
    Ok(rules.deadline(publication.published_at, &zone))
}

/// Appeals against the results of a unit by letter to the council.
#[derive(Clone, Debug, Serialize)]
pub struct FileAppeal {
    pub round: String,
    pub unit: String,
    pub letter: NewLetter,
    pub grounds: Vec<AppealGround>,
}

/// What an appeal is about.
pub struct Published {
    round: Versioned<Round>,
    framework: Arc<Framework>,
    /// The newest; absent before the first.
    publication: Option<Versioned<Publication>>,
    /// The unit's appeals so far.
    appeals: Vec<Versioned<Appeal>>,
}

#[async_trait]
impl Command for FileAppeal {
    const NAME: &'static str = "FileAppeal";
    const PERMISSION: Permission = Permission::SubmitDossier;
    type State = Published;
    /// Id of the appeal.
    type Output = String;

    fn stream(&self) -> StreamId {
        streams::round(&self.round)
    }

    fn about(&self) -> StreamId {
        streams::dossier(&self.round, &self.unit)
    }

    async fn load(&self, read: &Reader<'_>) -> Result<Loaded<Published>, Error> {
        let dossier = self.about();
        read.head(&dossier).await?;
        let dossier = read.require::<Dossier>(&dossier, dossier.key(), "dossier").await?;
        let stream = self.stream();
        let round = read.require::<Round>(&stream, &self.round, "round").await?;
        let publication = match round.published_version {
            Some(version) => read.get::<Publication>(&stream, &version.to_string()).await?,
            None => None,
        };
        Ok(Loaded {
            owners: vec![dossier_owner(&dossier)],
            state: Published {
                framework: read.framework_of(&dossier.framework).await?,
                appeals: appeals_of(read, &self.round, &self.unit).await?,
                publication,
                round,
            },
        })
    }

    fn decide(&self, state: Published, context: &Context<'_>) -> Result<Decision<String>, Error> {
        let Some(publication) = &state.publication else {
            return Err(Rejection::NotPublished.into());
        };
        let Some((day, end)) = appeal_deadline(&state.round, publication)? else {
            return Err(Rejection::NoAppeals.into());
        };
        if context.now >= end {
            return Err(Rejection::AppealsOver { day }.into());
        }
        if let Some(open) = state.appeals.iter().find(|appeal| appeal.answer.is_none()) {
            let letter = open.letter.number.clone();
            return Err(Rejection::AppealOpen { letter }.into());
        }
        if state.appeals.len() >= MAX_APPEALS {
            return Err(Error::TooLarge {
                field: "dossier".to_owned(),
                message: Text::new(
                    format!("Một đơn vị có tối đa {MAX_APPEALS} kiến nghị trong một kỳ."),
                    format!("A unit appeals at most {MAX_APPEALS} times in a round."),
                ),
            });
        }
        self.check_grounds(&state.framework)?;
        let number = u32::try_from(state.appeals.len() + 1).unwrap_or(u32::MAX);
        let appeal = Appeal {
            round: self.round.clone(),
            unit: self.unit.clone(),
            number,
            publication: publication.value.version,
            letter: self
                .letter
                .make(publication.decision_date, context.today(&state.round.time_zone)?)?,
            grounds: self.grounds.clone(),
            filed_at: context.now,
            filed_by: context.login.to_owned(),
            answer: None,
            followed_by: Vec::new(),
        };
        let uses = paper_uses(&self.round, &appeal.key(), LETTER, &appeal.letter.files);
        Ok(Decision::new(appeal.key()).put(appeal).put_all(uses))
    }
}

impl FileAppeal {
    /// Leaves that the unit has, each once and with its reason.
    fn check_grounds(&self, framework: &Framework) -> Result<(), Error> {
        if self.grounds.is_empty() || self.grounds.len() > MAX_GROUNDS {
            return Err(Error::invalid(
                "grounds",
                format!("Nêu từ 1 đến {MAX_GROUNDS} tiêu chí."),
                format!("Name 1 to {MAX_GROUNDS} criteria."),
            ));
        }
        let mut seen = BTreeSet::new();
        for (index, ground) in self.grounds.iter().enumerate() {
            let field = format!("grounds.{index}.criterion");
            if framework.leaf(&ground.criterion).is_none() {
                return Err(Error::NotFound { what: "criterion" }.about(field));
            }
            if !seen.insert(&ground.criterion) {
                return Err(named_twice(field, &ground.criterion));
            }
            check_text(&format!("grounds.{index}.reason"), &ground.reason)?;
        }
        check_bytes("grounds", &self.grounds, MAX_GROUNDS_BYTES)
    }
}

/// Texts that have room in the document of their appeal.
fn check_bytes(field: &str, texts: &impl Serialize, most: usize) -> Result<(), Error> {
    let bytes = serde_json::to_vec(texts).map_err(|error| Error::Internal(Box::new(error)))?;
    if bytes.len() <= most {
        return Ok(());
    }
    let kib = most / 1024;
    Err(Error::TooLarge {
        field: field.to_owned(),
        message: Text::new(
            format!("Tối đa {kib} KiB lý do trong một văn bản; hãy rút ngắn, phần chi tiết nằm trong tệp kèm theo."),
            format!("At most {kib} KiB of reasons in one letter; shorten them, details belong into its files."),
        ),
    })
}

fn named_twice(field: String, criterion: &str) -> Error {
    Error::invalid(
        field,
        format!("Tiêu chí {criterion} được nêu hai lần; chỉ gửi một lần."),
        format!("Criterion {criterion} is stated twice; send it once."),
    )
}

/// All appeals of a unit in a round, in their order.
pub(super) async fn appeals_of(read: &Reader<'_>, round: &str, unit: &str) -> Result<Vec<Versioned<Appeal>>, Error> {
    let query = Appeal::query()
        .filter(appeal_fields::ROUND.equal(round))
        .filter(appeal_fields::UNIT.equal(unit));
    read.every(query).await
}

/// Answers an appeal on behalf of the council.
#[derive(Clone, Debug, Serialize)]
pub struct AnswerAppeal {
    pub round: String,
    /// Id of the appeal.
    pub appeal: String,
    pub letter: NewLetter,
    pub findings: Vec<AppealFinding>,
    /// Id of the version of the minutes that the answer rests on.
    pub minutes: Option<String>,
}

/// An appeal with its round, and the minutes that are named.
pub struct AppealToAnswer {
    round: Versioned<Round>,
    appeal: Versioned<Appeal>,
    minutes: Option<NamedMinutes>,
}

#[async_trait]
impl Command for AnswerAppeal {
    const NAME: &'static str = "AnswerAppeal";
    const PERMISSION: Permission = Permission::Publish;
    type State = AppealToAnswer;
    /// Id of the appeal.
    type Output = String;

    fn stream(&self) -> StreamId {
        streams::round(&self.round)
    }

    async fn load(&self, read: &Reader<'_>) -> Result<Loaded<AppealToAnswer>, Error> {
        let stream = self.stream();
        let round = read.require::<Round>(&stream, &self.round, "round").await;
        let round = round.map_err(|error| error.about("round"))?;
        let appeal = read.require::<Appeal>(&stream, &self.appeal, "appeal").await;
        let appeal = appeal.map_err(|error| error.about("appealId"))?;
        let minutes = match &self.minutes {
            Some(id) => Some(NamedMinutes::load(read, &stream, id).await?),
            None => None,
        };
        Ok(Loaded::of_system(AppealToAnswer { round, appeal, minutes }))
    }

    fn decide(&self, state: AppealToAnswer, context: &Context<'_>) -> Result<Decision<String>, Error> {
        let mut appeal = state.appeal.value;
        if let Some(answer) = &appeal.answer {
            let letter = answer.letter.number.clone();
            return Err(Rejection::AppealAnswered { letter }.into());
        }
        let letter = self
            .letter
            .make(appeal.letter.dated, context.today(&state.round.time_zone)?)?;
        let council = match &state.minutes {
            Some(minutes) => Some(minutes.answering(appeal.letter.dated, letter.dated)?),
            None => None,
        };
        let findings = self.findings_of(&appeal)?;
        let uses = paper_uses(&self.round, &self.appeal, ANSWER, &letter.files);
        appeal.answer = Some(AppealAnswer {
            letter,
            findings,
            council,
            at: context.now,
            by: context.login.to_owned(),
        });
        Ok(Decision::new(self.appeal.clone()).put(appeal).put_all(uses))
    }
}

impl AnswerAppeal {
    /// One finding for each leaf that was appealed against and for no other, in the order of the appeal.
    fn findings_of(&self, appeal: &Appeal) -> Result<Vec<AppealFinding>, Error> {
        let mut seen = BTreeSet::new();
        for (index, finding) in self.findings.iter().enumerate() {
            let field = format!("findings.{index}.criterion");
            let criterion = &finding.criterion;
            if !appeal.grounds.iter().any(|ground| ground.criterion == *criterion) {
                return Err(Error::invalid(
                    field,
                    format!("Kiến nghị không nêu tiêu chí {criterion}; hãy bỏ ra."),
                    format!("The appeal does not name criterion {criterion}; leave it out."),
                ));
            }
            if !seen.insert(criterion) {
                return Err(named_twice(field, criterion));
            }
            check_text(&format!("findings.{index}.reason"), &finding.reason)?;
        }
        check_bytes("findings", &self.findings, MAX_FINDINGS_BYTES)?;
        let of = |ground: &AppealGround| {
            let found = self
                .findings
                .iter()
                .find(|finding| finding.criterion == ground.criterion);
            found.cloned().ok_or_else(|| {
                let criterion = &ground.criterion;
                Error::invalid(
                    "findings",
                    format!("Chưa trả lời tiêu chí {criterion}; mỗi tiêu chí kiến nghị cần một kết luận."),
                    format!(
                        "Criterion {criterion} is not answered; each one that is appealed against needs a finding."
                    ),
                )
            })
        };
        appeal.grounds.iter().map(of).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::MAX_BODY_BYTES;

    #[test]
    fn whatever_is_filed_can_be_answered() {
        let ground = |letters: usize| AppealGround {
            criterion: "1.1".to_owned(),
            reason: "ư".repeat(letters),
        };
        // 32 reasons of 4,000 letters of two bytes are 256,000 bytes and some 32 for each, below 262,144; 33 are above.
        let grounds = |count: usize| check_bytes("grounds", &vec![ground(4000); count], MAX_GROUNDS_BYTES);
        assert!(grounds(32).is_ok());
        let refused = grounds(33).unwrap_err();
        assert_eq!((refused.field(), refused.code().name()), (Some("grounds"), "TOO_LARGE"));
        // 20 files of each letter have names of at most 500 letters of four bytes.
        let files = 2 * 20 * (500 * 4 + 200);
        assert!(MAX_GROUNDS_BYTES + MAX_FINDINGS_BYTES + files < MAX_BODY_BYTES);
    }
}
