//! The council of the round of 2019: the meeting that its results rest on, an appeal against them, and the meeting that answers.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::ROUND_2019;
use super::cases::LATE;
use super::clock::FillingClock;
use super::paper::Drawer;
use crate::app::keep_appeals::{AnswerAppeal, FileAppeal, NewLetter};
use crate::app::record_meeting::{NewMinutes, RecordCouncilMeeting};
use crate::app::{App, Session};
use crate::cli::Problem;
use crate::domain::appeal::{AppealFinding, AppealGround, AppealOutcome, AppealRules};
use crate::domain::council::{CouncilDecision, CouncilMember, CouncilMinutes, CouncilRole};
use crate::domain::second_person::AppraisalRules;

const APPEALED: &str = "2020-06-26T02:00:00Z";
const ANSWERED: &str = "2020-07-01T02:00:00Z";
/// Who appeals, and against what: an explanation without evidence had not been enough.
const APPEAL: (&str, &str) = ("STC", "5.3.1");
/// What the units have for an appeal; no text gives a period for this index, and provinces give 5 to 10.
const WORKING_DAYS: u32 = 5;

/// The council decides, and its results may be appealed against.
pub fn rules() -> AppraisalRules {
    AppraisalRules {
        second_person_above: None,
        reviewed_twice_percent: None,
        council_decides: true,
        appeals: Some(AppealRules {
            working_days: WORKING_DAYS,
            days_off: BTreeSet::new(),
        }),
    }
}

fn member(name: &str, role: CouncilRole) -> CouncilMember {
    CouncilMember {
        name: name.to_owned(),
        role,
    }
}

/// The council meets on the results of the second round; the answer is the id of the minutes.
pub async fn meet(app: &App, manager: &Session) -> Result<String, Problem> {
    let conclusion = "Thống nhất kết quả thẩm định vòng 2 và trình công bố xếp hạng theo ba nhóm";
    let decisions = vec![CouncilDecision {
        unit: LATE.to_owned(),
        criterion: None,
        text: "Nộp hồ sơ tự chấm điểm chậm; nhắc nhở, không trừ điểm".to_owned(),
    }];
    record(app, manager, ("03/BB-HĐTĐ", "2020-06-12"), conclusion, decisions).await
}

/// Records a meeting by number and day; the answer is the id of the minutes.
async fn record(
    app: &App,
    manager: &Session,
    (number, held_on): (&str, &str),
    conclusion: &str,
    decisions: Vec<CouncilDecision>,
) -> Result<String, Problem> {
    let mut drawer = Drawer::default();
    let plain = number.replace('Đ', "D");
    let lines = [
        "Bien ban hop Hoi dong tham dinh Chi so CCHC nam 2019".to_owned(),
        format!("So: {plain}"),
    ];
    let minutes = NewMinutes {
        number: number.to_owned(),
        held_on: held_on.parse()?,
        chaired_by: "Phó Chủ tịch Hội đồng".to_owned(),
        present: vec![
            member("Phó Chủ tịch Hội đồng", CouncilRole::StandingViceChair),
            member("Đại diện Văn phòng UBND tỉnh", CouncilRole::Member),
            member("Đại diện Sở Tư pháp", CouncilRole::Member),
            member("Trưởng phòng CCHC, Sở Nội vụ", CouncilRole::Secretary),
        ],
        conclusion: conclusion.to_owned(),
        decisions,
        files: vec![drawer.pdf("bien-ban.pdf".to_owned(), &lines)],
    };
    drawer.keep(app).await?;
    let round = ROUND_2019.to_owned();
    let recorded = manager.run(RecordCouncilMeeting { round, minutes }, None).await?;
    Ok(CouncilMinutes::key_of(&recorded.output, 1))
}

/// A unit appeals by letter; the council meets again, and stands by what it decided.
pub async fn appeal(app: &Arc<App>, clock: &FillingClock, manager: &Session) -> Result<(), Problem> {
    let (unit, criterion) = APPEAL;
    let mut drawer = Drawer::default();
    let mut letter = |number: &str, name: &str| drawer.pdf(name.to_owned(), &[format!("So: {number}")]);
    let (asked, answered) = (letter("88/STC-VP", "kien-nghi.pdf"), letter("1820/HDTD", "tra-loi.pdf"));
    drawer.keep(app).await?;
    clock.put_to(APPEALED)?;
    let filed = FileAppeal {
        round: ROUND_2019.to_owned(),
        unit: unit.to_owned(),
        letter: NewLetter {
            number: "88/STC-VP".to_owned(),
            dated: "2020-06-25".parse()?,
            files: vec![asked],
        },
        grounds: vec![AppealGround {
            criterion: criterion.to_owned(),
            reason: "Việc bổ nhiệm đã thực hiện đúng quy trình; hồ sơ lưu tại Sở Nội vụ".to_owned(),
        }],
    };
    let head = Session::of(app, format!("{}.head", unit.to_lowercase()));
    let filed = head.run(filed, None).await?;
    clock.put_to(ANSWERED)?;
    let conclusion = "Giữ nguyên kết quả đã công bố của tiêu chí bị kiến nghị";
    let decisions = vec![CouncilDecision {
        unit: unit.to_owned(),
        criterion: Some(criterion.to_owned()),
        text: "Không chấp nhận kiến nghị".to_owned(),
    }];
    let minutes = record(app, manager, ("04/BB-HĐTĐ", "2020-06-30"), conclusion, decisions).await?;
    let answer = AnswerAppeal {
        round: ROUND_2019.to_owned(),
        appeal: filed.output,
        letter: NewLetter {
            number: "1820/HĐTĐ".to_owned(),
            dated: "2020-07-01".parse()?,
            files: vec![answered],
        },
        findings: vec![AppealFinding {
            criterion: criterion.to_owned(),
            outcome: AppealOutcome::Rejected,
            reason: "Đơn vị không gửi tài liệu trong thời gian giải trình; hồ sơ lưu không thay thế được".to_owned(),
        }],
        minutes: Some(minutes),
    };
    manager.run(answer, None).await?;
    Ok(())
}
