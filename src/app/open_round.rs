//! Opening a round: its settings, its frameworks and who takes part.

use std::collections::{BTreeMap, BTreeSet};

use async_trait::async_trait;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::calendar::check_calendar;
use super::documents::streams;
use super::error::Error;
use super::gate::{Command, Context, Decision, Loaded, Owner, derived_id};
use super::open_dossier::being_corrected;
use super::reader::Reader;
use super::run_round::has_ended;
use super::text::{check_code, check_name, check_text};
use crate::domain::appeal::AppealRules;
use crate::domain::calendar::Calendar;
use crate::domain::exact::{Decimal, Exact};
use crate::domain::explain::Language;
use crate::domain::framework::Framework;
use crate::domain::input::InputSource;
use crate::domain::policy::Permission;
use crate::domain::registry::Unit;
use crate::domain::rejection::Rejection;
use crate::domain::round::{Baseline, FrameworkRef, Round, RoundPhase, SecondRound};
use crate::domain::second_person::AppraisalRules;
use crate::domain::text::Text;
use crate::store::typed::Versioned;
use crate::store::{Digest, StreamId};

/// Most units of one round: all communes of the country are about 3,400.
pub const MAX_UNITS: usize = 4000;
/// Most baselines of one round: a commit holds 1,000 documents.
pub const MAX_BASELINES: usize = 900;

/// Longest time for appeals, in working days: what follows a publication is over by the next round.
const MAX_APPEAL_DAYS: u32 = 60;
/// Most days off that are named: of two years, each with Tết and all other holidays.
const MAX_DAYS_OFF: usize = 60;

/// Opens a round: its settings now, its dossiers by a job.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct OpenRound {
    pub code: String,
    pub name: Text,
    /// The assessed year.
    pub year: i16,
    pub owner: String,
    pub time_zone: String,
    /// The round's dates, if they are to hold by themselves.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub calendar: Option<Calendar>,
    /// If a second round of appraisal decides, after the units have explained what the first one found.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub second_round: Option<SecondRound>,
    /// What appraisers do beyond one review of each leaf.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub appraisal: Option<AppraisalRules>,
    /// `code@version` by unit type.
    pub frameworks: BTreeMap<String, String>,
    /// Codes; empty: every unit of these types that exists at the end of the year.
    #[serde(default)]
    pub units: Vec<String>,
    /// Participating units that are scored and published without a rank.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unranked: Vec<UnrankedUnit>,
    /// Code of a published round whose values count as last year's.
    #[serde(default)]
    pub previous: Option<String>,
    #[serde(default)]
    pub baselines: Vec<Baseline>,
}

/// A unit that takes part in a round and is not ranked.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct UnrankedUnit {
    pub unit: String,
    /// Why; it is published with the results.
    pub reason: String,
}

/// What opening a round reads.
pub struct RoundInputs {
    round: Option<Versioned<Round>>,
    /// Whether the job that the round names has ended.
    job_ended: bool,
    /// Baselines of the round as it was opened.
    baselines: Vec<Baseline>,
    units: Vec<Unit>,
    frameworks: BTreeMap<String, (FrameworkRef, std::sync::Arc<Framework>)>,
    previous: Option<Round>,
}

#[async_trait]
impl Command for OpenRound {
    const NAME: &'static str = "OpenRound";
    const PERMISSION: Permission = Permission::RunRound;
    type State = RoundInputs;
    /// Code of the round.
    type Output = String;

    fn stream(&self) -> StreamId {
        streams::round(&self.code)
    }

    async fn load(&self, read: &Reader<'_>) -> Result<Loaded<RoundInputs>, Error> {
        check_code("code", &self.code)?;
        let round = read.get::<Round>(&self.stream(), &self.code).await?;
        let job = round.as_ref().and_then(|round| round.job.as_deref());
        let job_ended = has_ended(read, job).await?;
        let baselines = read.all::<Baseline>(&self.stream()).await?;
        let baselines = baselines.into_iter().map(|one| one.value).collect();
        read.head(&streams::units()).await?;
        let units = read
            .all::<Unit>(&streams::units())
            .await?
            .into_iter()
            .map(|unit| unit.value)
            .collect();
        let mut frameworks = BTreeMap::new();
        for (unit_type, name) in &self.frameworks {
            let (code, version) = name.split_once('@').ok_or_else(|| no_framework(unit_type, name))?;
            let framework = read.framework(code, version).await.map_err(|error| match error {
                Error::NotFound { .. } => no_framework(unit_type, name),
                other => other,
            })?;
            frameworks.insert(unit_type.clone(), (reference(&framework)?, framework));
        }
        let previous = match &self.previous {
            Some(code) => {
                let stream = streams::round(code);
                read.head(&stream).await?;
                read.get::<Round>(&stream, code).await?.map(|round| round.value)
            }
            None => None,
        };
        Ok(Loaded {
            state: RoundInputs {
                round,
                job_ended,
                baselines,
                units,
                frameworks,
                previous,
            },
            owners: vec![Owner::System],
        })
    }

    fn decide(&self, state: RoundInputs, context: &Context<'_>) -> Result<Decision<String>, Error> {
        let round = self.round(&state, context)?;
        if let Some(old) = state.round {
            // Opening again is opening once, whatever has happened to the round since.
            let same = round.is_opened_as(&old) && self.same_baselines(&state.baselines);
            return if same && old.phase == RoundPhase::Opening && state.job_ended {
                // Some dossiers could not be opened: another job tries again.
                let restarted = Round {
                    job: round.job,
                    ..old.value
                };
                Ok(Decision::new(self.code.clone()).put(restarted))
            } else if same {
                Ok(Decision::new(self.code.clone()))
            } else {
                Err(Rejection::RoundExists {
                    code: self.code.clone(),
                }
                .into())
            };
        }
        check_calendar(&round, RoundPhase::SelfAssessment, context.now)?;
        Ok(Decision::new(self.code.clone())
            .put(round)
            .put_all(self.baselines.clone()))
    }
}

impl OpenRound {
    /// Everything but units and baselines; the answer is the last day of the assessed year.
    fn check_settings(&self, state: &RoundInputs) -> Result<Date, Error> {
        check_name("name.vi", &self.name.vi)?;
        check_name("name.en", &self.name.en)?;
        let last_day = Date::new(self.year, 12, 31).map_err(|_| bad_year())?;
        if !(1900..=9000).contains(&self.year) {
            return Err(bad_year());
        }
        if jiff::tz::TimeZone::get(&self.time_zone).is_err() {
            return Err(Error::invalid(
                "timeZone",
                "Múi giờ không có; ví dụ Asia/Ho_Chi_Minh.",
                "No such time zone; for example Asia/Ho_Chi_Minh.",
            ));
        }
        for (unit_type, (_, framework)) in &state.frameworks {
            if framework.unit_type != *unit_type {
                return Err(Error::invalid(
                    format!("frameworks.{unit_type}"),
                    format!("Bộ chỉ số này dành cho loại {}.", framework.unit_type),
                    format!("This framework is for unit type {}.", framework.unit_type),
                ));
            }
        }
        if let Some(code) = &self.previous
            && state
                .previous
                .as_ref()
                .is_none_or(|round| round.published_version.is_none())
        {
            return Err(Error::invalid(
                "previous",
                format!("Kỳ {code} chưa công bố."),
                format!("Round {code} is not published."),
            ));
        }
        let previous = self.previous.as_ref().zip(state.previous.as_ref());
        if let Some((code, _)) = previous.filter(|(_, round)| round.phase != RoundPhase::Published) {
            return Err(being_corrected(code));
        }
        self.check_appraisal()?;
        if self.baselines.len() > MAX_BASELINES {
            return Err(Error::invalid(
                "baselines",
                format!("Tối đa {MAX_BASELINES} giá trị."),
                format!("At most {MAX_BASELINES} baselines."),
            ));
        }
        if !state.units.iter().any(|unit| unit.code == self.owner) {
            return Err(Error::invalid(
                "owner",
                format!("Không có đơn vị {}.", self.owner),
                format!("There is no unit {}.", self.owner),
            ));
        }
        Ok(last_day)
    }

    fn check_appraisal(&self) -> Result<(), Error> {
        let Some(rules) = &self.appraisal else { return Ok(()) };
        if rules.reviewed_twice_percent.is_some_and(|percent| percent > 100) {
            return Err(Error::invalid(
                "appraisal.reviewedTwicePercent",
                "Cần từ 0 đến 100.",
                "Between 0 and 100.",
            ));
        }
        if let Some(appeals) = &rules.appeals {
            check_appeals(appeals)?;
        }
        let negative = |points: &Decimal| *points.exact() < Exact::zero();
        if rules.second_person_above.as_ref().is_some_and(negative) {
            return Err(Error::invalid(
                "appraisal.secondPersonAbove",
                "Số điểm không được âm.",
                "The points must not be negative.",
            ));
        }
        Ok(())
    }

    fn round(&self, state: &RoundInputs, context: &Context<'_>) -> Result<Round, Error> {
        let last_day = self.check_settings(state)?;
        let units = self.participating(state, last_day)?;
        self.check_baselines(state, &units)?;
        let unranked = self.unranked(&units)?;
        let frameworks = state
            .frameworks
            .iter()
            .map(|(kind, (one, _))| (kind.clone(), one.clone()))
            .collect();
        Ok(Round {
            code: self.code.clone(),
            name: self.name.clone(),
            year: self.year,
            owner: self.owner.clone(),
            time_zone: self.time_zone.clone(),
            calendar: self.calendar.clone(),
            second_round: self.second_round.clone(),
            appraisal: self.appraisal.clone(),
            phase: RoundPhase::Opening,
            next: None,
            frameworks,
            units,
            unranked,
            previous: self.previous.clone(),
            job: Some(derived_id(&["job", &self.code, &context.entry.to_string()])),
            closing: None,
            published_version: None,
            reopening: BTreeSet::new(),
        })
    }

    /// Who is not ranked, each once and with a reason.
    fn unranked(&self, units: &[String]) -> Result<BTreeMap<String, String>, Error> {
        let mut unranked = BTreeMap::new();
        for (index, UnrankedUnit { unit, reason }) in self.unranked.iter().enumerate() {
            check_text(&format!("unranked.{index}.reason"), reason)?;
            if !units.contains(unit) {
                return Err(Error::invalid(
                    format!("unranked.{index}.unit"),
                    format!("Đơn vị {unit} không tham gia kỳ này."),
                    format!("Unit {unit} takes no part in this round."),
                ));
            }
            if unranked.insert(unit.clone(), reason.clone()).is_some() {
                return Err(Error::invalid(
                    format!("unranked.{index}.unit"),
                    format!("Đơn vị {unit} được nêu hai lần; chỉ gửi một lần."),
                    format!("Unit {unit} is stated twice; send it once."),
                ));
            }
        }
        Ok(unranked)
    }

    /// A baseline that no leaf would ever look at is a mistake that could not be mended later.
    fn check_baselines(&self, state: &RoundInputs, units: &[String]) -> Result<(), Error> {
        let mut seen = BTreeSet::new();
        for (index, one) in self.baselines.iter().enumerate() {
            let framework = state
                .units
                .iter()
                .find(|unit| unit.code == one.unit && units.contains(&unit.code))
                .and_then(|unit| state.frameworks.get(&unit.unit_type));
            let Some((_, framework)) = framework else {
                return Err(Error::invalid(
                    format!("baselines.{index}.unit"),
                    format!("Đơn vị {} không tham gia kỳ này.", one.unit),
                    format!("Unit {} takes no part in this round.", one.unit),
                ));
            };
            check_name(&format!("baselines.{index}.source"), &one.source)?;
            let wanted = framework.leaf(&one.criterion).and_then(|(_, leaf)| {
                let mut inputs = leaf.inputs.iter();
                inputs.find(|spec| is_earlier_value(&spec.source, one))
            });
            let Some(spec) = wanted else {
                return Err(Error::invalid(
                    format!("baselines.{index}.value.input"),
                    format!(
                        "Tiêu chí {} không dùng giá trị {} của {}.",
                        one.criterion,
                        Language::Vietnamese.years_before(one.years),
                        one.input
                    ),
                    format!(
                        "Criterion {} does not use {} of {}.",
                        one.criterion,
                        one.input,
                        Language::English.years_before(one.years)
                    ),
                ));
            };
            spec.check(&one.value).map_err(|problem| Error::Invalid {
                field: format!("baselines.{index}.value.value"),
                message: problem.message,
            })?;
            if !seen.insert((&one.unit, &one.criterion, &one.input, one.years)) {
                return Err(Error::invalid(
                    format!("baselines.{index}"),
                    format!(
                        "Giá trị {} {}/{}/{} nêu hai lần.",
                        Language::Vietnamese.years_before(one.years),
                        one.unit,
                        one.criterion,
                        one.input
                    ),
                    format!(
                        "{}/{}/{} of {} is given twice.",
                        one.unit,
                        one.criterion,
                        one.input,
                        Language::English.years_before(one.years)
                    ),
                ));
            }
        }
        Ok(())
    }

    fn same_baselines(&self, stored: &[Baseline]) -> bool {
        stored.len() == self.baselines.len() && self.baselines.iter().all(|one| stored.contains(one))
    }

    /// Whether a unit that is named can take part; otherwise why not.
    fn check_participant(&self, state: &RoundInputs, code: &str, last_day: Date) -> Result<(), Text> {
        let Some(unit) = state.units.iter().find(|unit| unit.code == code) else {
            return Err(Text::new(
                format!("Không có đơn vị {code}; kiểm tra mã."),
                format!("There is no unit {code}; check its code."),
            ));
        };
        if !unit.exists_on(last_day) {
            return Err(Text::new(
                format!("Đơn vị {code} không tồn tại vào ngày {last_day}; bỏ ra khỏi kỳ hoặc sửa ngày hiệu lực."),
                format!("Unit {code} does not exist on {last_day}; leave it out, or correct its validity."),
            ));
        }
        let unit_type = &unit.unit_type;
        if !state.frameworks.contains_key(unit_type) {
            return Err(Text::new(
                format!(
                    "Kỳ này không có bộ chỉ số cho loại {unit_type} của đơn vị {code}; thêm vào hoặc bỏ đơn vị ra."
                ),
                format!(
                    "The round has no framework for type {unit_type} of unit {code}; add one, or leave the unit out."
                ),
            ));
        }
        Ok(())
    }

    fn participating(&self, state: &RoundInputs, last_day: Date) -> Result<Vec<String>, Error> {
        let assessed = |unit: &&Unit| state.frameworks.contains_key(&unit.unit_type) && unit.exists_on(last_day);
        let units: BTreeSet<String> = if self.units.is_empty() {
            state
                .units
                .iter()
                .filter(assessed)
                .map(|unit| unit.code.clone())
                .collect()
        } else {
            for (index, code) in self.units.iter().enumerate() {
                self.check_participant(state, code, last_day)
                    .map_err(|message| Error::Invalid {
                        field: format!("units.{index}"),
                        message,
                    })?;
            }
            self.units.iter().cloned().collect()
        };
        if units.is_empty() || units.len() > MAX_UNITS {
            return Err(Error::invalid(
                "units",
                format!("Cần từ 1 đến {MAX_UNITS} đơn vị."),
                format!("A round has 1 to {MAX_UNITS} units."),
            ));
        }
        Ok(units.into_iter().collect())
    }
}

/// Whether an input takes the value that a baseline gives.
fn is_earlier_value(source: &InputSource, one: &Baseline) -> bool {
    matches!(source, InputSource::PreviousYear { input, years } if *input == one.input && *years == one.years)
}

fn bad_year() -> Error {
    Error::invalid("year", "Năm không hợp lệ.", "Not a year.")
}

fn no_framework(unit_type: &str, name: &str) -> Error {
    Error::invalid(
        format!("frameworks.{unit_type}"),
        format!("Không có bộ chỉ số {name}; viết dạng MÃ@BẢN."),
        format!("There is no framework {name}; write CODE@VERSION."),
    )
}

/// The reference of a framework: code, version and the digest of its canonical body.
pub(super) fn reference(framework: &Framework) -> Result<FrameworkRef, Error> {
    let body = crate::store::canonical::to_canonical(framework).map_err(|error| Error::Internal(Box::new(error)))?;
    Ok(FrameworkRef {
        code: framework.code.clone(),
        version: framework.version.clone(),
        digest: Digest::of(&[&body]).to_string(),
    })
}

fn check_appeals(rules: &AppealRules) -> Result<(), Error> {
    if !(1..=MAX_APPEAL_DAYS).contains(&rules.working_days) {
        return Err(Error::invalid(
            "appraisal.appeals.workingDays",
            format!("Cần từ 1 đến {MAX_APPEAL_DAYS} ngày làm việc."),
            format!("Between 1 and {MAX_APPEAL_DAYS} working days."),
        ));
    }
    if rules.days_off.len() > MAX_DAYS_OFF {
        return Err(Error::invalid(
            "appraisal.appeals.daysOff",
            format!("Tối đa {MAX_DAYS_OFF} ngày nghỉ."),
            format!("At most {MAX_DAYS_OFF} days off."),
        ));
    }
    Ok(())
}
