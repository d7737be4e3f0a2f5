//! A round's dates: whether they can be, and what becomes of them in its dossiers.

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::error::Error;
use crate::domain::calendar::{Calendar, Deadline, LatePolicy, Stage, Windows};
use crate::domain::exact::Exact;
use crate::domain::rejection::Rejection;
use crate::domain::round::{Round, RoundPhase};

/// A round's dates follow each other, belong to stages that it has, and do not close the stage that it is in at once.
pub(super) fn check_calendar(round: &Round, phase: RoundPhase, now: Timestamp) -> Result<(), Error> {
    let Some(calendar) = &round.calendar else { return Ok(()) };
    if let Some(((name, day), (before, other))) = calendar.misplaced() {
        return Err(Error::invalid(
            format!("calendar.{name}"),
            format!(
                "Ngày {} đứng trước {before} ({}); các ngày phải theo thứ tự.",
                day.strftime("%d/%m/%Y"),
                other.strftime("%d/%m/%Y")
            ),
            format!("{day} comes before {before} ({other}); the dates follow each other."),
        ));
    }
    let of_second = [
        ("explanation", calendar.explanation),
        ("secondAppraisal", calendar.second_appraisal),
    ];
    let unused = of_second.iter().find(|(_, day)| day.is_some());
    if let (Some((name, _)), None) = (unused, &round.second_round) {
        return Err(Error::from(Rejection::OneRound).about(format!("calendar.{name}")));
    }
    check_late_points(calendar)?;
    check_not_over(round, calendar, phase, now)
}

/// Points are lost where the round says so, and nowhere else.
fn check_late_points(calendar: &Calendar) -> Result<(), Error> {
    let wrong = match (calendar.late, &calendar.late_points) {
        (LatePolicy::Deduct, Some(points)) => *points.exact() <= Exact::zero(),
        (LatePolicy::Deduct, None) | (LatePolicy::Refuse | LatePolicy::Flag, Some(_)) => true,
        (LatePolicy::Refuse | LatePolicy::Flag, None) => false,
    };
    if wrong {
        return Err(Error::invalid(
            "calendar.latePoints",
            "Với late: DEDUCT nêu số điểm trừ lớn hơn 0; với cách khác thì bỏ trống.",
            "With late: DEDUCT state the points that are lost, above 0; otherwise leave it out.",
        ));
    }
    Ok(())
}

/// The stage that a round is in is not over at once.
fn check_not_over(round: &Round, calendar: &Calendar, phase: RoundPhase, now: Timestamp) -> Result<(), Error> {
    let (stage, name) = match phase {
        RoundPhase::Opening | RoundPhase::SelfAssessment => (Stage::SelfAssessment, "selfAssessment"),
        RoundPhase::Appraisal => (Stage::Appraisal, "appraisal"),
        RoundPhase::Explanation => (Stage::Explanation, "explanation"),
        RoundPhase::SecondAppraisal => (Stage::SecondAppraisal, "secondAppraisal"),
        RoundPhase::Advancing
        | RoundPhase::Rescheduling
        | RoundPhase::Measuring
        | RoundPhase::Closing
        | RoundPhase::Published => return Ok(()),
    };
    windows_of(round)?;
    let Some(day) = calendar.last_day(stage) else {
        return Ok(());
    };
    let field = format!("calendar.{name}");
    if deadline(day, &round.time_zone, calendar.late, &field)?.is_over(now) {
        return Err(Error::invalid(
            field,
            "Ngày này đã qua; nêu một ngày từ hôm nay trở đi.",
            "That day lies in the past; give one from today on.",
        ));
    }
    Ok(())
}

/// The dates of a round that hold in its dossiers beside that of self-assessment.
pub(super) fn windows_of(round: &Round) -> Result<Option<Windows>, Error> {
    let Some(calendar) = &round.calendar else {
        return Ok(None);
    };
    let zone = TimeZone::get(&round.time_zone).map_err(|error| Error::Internal(Box::new(error)))?;
    let found = Windows::of(calendar, &zone);
    let found = found.ok_or_else(|| Error::invalid("calendar", "Ngày này quá xa.", "A day is too far away."))?;
    Ok(Some(found).filter(|windows| *windows != Windows::default()))
}

/// Until when the units of a round assess themselves.
pub(super) fn deadline_of(round: &Round) -> Result<Option<Deadline>, Error> {
    let Some(calendar) = &round.calendar else {
        return Ok(None);
    };
    let found = deadline(
        calendar.self_assessment,
        &round.time_zone,
        calendar.late,
        "calendar.selfAssessment",
    )?;
    Ok(Some(Deadline {
        late_points: calendar.late_points.clone(),
        ..found
    }))
}

/// A deadline at the end of a day in a round's time zone.
pub(super) fn deadline(day: Date, time_zone: &str, late: LatePolicy, field: &str) -> Result<Deadline, Error> {
    let zone = TimeZone::get(time_zone).map_err(|error| Error::Internal(Box::new(error)))?;
    Deadline::at_end_of(day, &zone, late)
        .ok_or_else(|| Error::invalid(field.to_owned(), "Ngày này quá xa.", "That day is too far away."))
}
