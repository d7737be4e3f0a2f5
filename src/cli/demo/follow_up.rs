//! The notice on the results of 2019, and what became of what it asks: most units report in time, some late, some not at all.
//!
//! What the notice says is in `seed/conclusions`, each figure a citation. What the units reported is made up, from how each of them works.

use std::sync::Arc;

use super::clock::FillingClock;
use super::paper::Drawer;
use super::practice::Practices;
use super::{officer, pick};
use crate::app::follow_up::{Asked, DecideFollowUp, ReportFollowUp};
use crate::app::issue_conclusion::IssueConclusion;
use crate::app::keep_appeals::NewLetter;
use crate::app::{App, Session};
use crate::cli::Problem;
use crate::domain::conclusion::{Conclusion, Task};

/// The notice, built into the program.
const NOTICE: &str = include_str!("../../../seed/conclusions/232-TB-UBND-2020.json");
/// When units report, when those do that are late, and when what they reported is looked at.
const REPORTED: &str = "2020-07-28T02:00:00Z";
const REPORTED_LATE: &str = "2020-08-12T02:00:00Z";
const LOOKED_AT: &str = "2020-08-17T02:00:00Z";
/// Who looks after it: the department of home affairs, and the office where it is that department's own.
const OFFICE: &str = "vpub.manager";
const DEPARTMENT: &str = "SNV";
/// One unit in so many sends a report that does not show what it should.
const ONE_SENT_BACK: i64 = 12;

/// When a unit reports on a task.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Reports {
    InTime,
    Late,
    Never,
}

/// Issues the notice.
pub async fn announce(manager: &Session) -> Result<(), Problem> {
    let notice: IssueConclusion = serde_json::from_str(NOTICE)?;
    manager.run(notice, None).await?;
    Ok(())
}

/// Units report and are looked at, as each of them works.
pub async fn follow(
    app: &Arc<App>,
    clock: &FillingClock,
    practices: &Practices,
    manager: &Session,
) -> Result<(), Problem> {
    let notice: IssueConclusion = serde_json::from_str(NOTICE)?;
    let notice = manager.conclusion(&notice.code).await?;
    let mut reporting = Vec::new();
    let mut drawer = Drawer::default();
    for task in &notice.content.tasks {
        for unit in &task.units {
            let when = reports(practices, task, unit);
            if when != Reports::Never {
                reporting.push((when, report(&notice, task, unit, &mut drawer)?));
            }
        }
    }
    drawer.keep(app).await?;
    let (in_time, late): (Vec<_>, Vec<_>) = reporting.into_iter().partition(|(when, _)| *when == Reports::InTime);
    for (instant, reported) in [(REPORTED, &in_time), (REPORTED_LATE, &late)] {
        clock.put_to(instant)?;
        for (_, one) in reported {
            Session::of(app, officer(&one.asked.unit))
                .run(one.clone(), None)
                .await?;
        }
    }
    clock.put_to(LOOKED_AT)?;
    for (_, one) in in_time.iter().chain(&late) {
        decide(app, manager, &one.asked).await?;
    }
    Ok(())
}

/// What all units are asked they do as they work; of what single ones are asked, two are done and two are not yet.
fn reports(practices: &Practices, task: &Task, unit: &str) -> Reports {
    if task.units.len() == 1 {
        return match task.code.as_str() {
            "4" => Reports::Late,
            "5" => Reports::InTime,
            _ => Reports::Never,
        };
    }
    let practice = practices.of(unit, 2019);
    match practice.is_careful(unit, &task.code) {
        true => Reports::InTime,
        false if pick(unit, &task.code, 3) == 0 => Reports::Never,
        false => Reports::Late,
    }
}

fn report(conclusion: &Conclusion, task: &Task, unit: &str, drawer: &mut Drawer) -> Result<ReportFollowUp, Problem> {
    let number = format!("{}/BC-{unit}", 100 + pick(unit, &task.code, 200));
    let lines = [
        format!("Bao cao thuc hien nhiem vu {} cua thong bao 232/TB-UBND", task.code),
        format!("So: {number}"),
    ];
    Ok(ReportFollowUp {
        asked: Asked {
            conclusion: conclusion.code.clone(),
            task: task.code.clone(),
            unit: unit.to_owned(),
        },
        text: format!("Đã thực hiện: {}", task.text.vi),
        letter: NewLetter {
            number,
            dated: "2020-07-27".parse()?,
            files: vec![drawer.pdf(format!("bao-cao-{}.pdf", task.code), &lines)],
        },
    })
}

/// Most reports are accepted; some do not show what they should.
async fn decide(app: &Arc<App>, manager: &Session, asked: &Asked) -> Result<(), Problem> {
    let accept = pick(&asked.unit, &format!("look {}", asked.task), ONE_SENT_BACK) != 0;
    let reason = match accept {
        true => "Văn bản kèm theo thể hiện đủ nội dung",
        false => "Chưa kèm biên bản họp; đề nghị bổ sung",
    };
    let command = DecideFollowUp {
        asked: asked.clone(),
        report: 1,
        accept,
        reason: reason.to_owned(),
    };
    match asked.unit.as_str() {
        DEPARTMENT => Session::of(app, OFFICE).run(command, None).await?,
        _ => manager.run(command, None).await?,
    };
    Ok(())
}
