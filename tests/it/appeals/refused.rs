//! Appeals and answers that cannot be, and two at once.

use serde_json::{Value, json};

use super::{
    FILE, answer, appeal, appeals, appraised, file, finding, invalid, letter, publish, published, rejected, results,
};
use crate::council::{minutes_id, recorded};
use crate::journey::ask_to_publish_unverified;
use crate::races::second_process;

#[tokio::test]
async fn appeals_that_cannot_be_are_refused_and_leave_nothing() {
    let world = appraised().await;
    let good = || appeal("ALPHA", letter("120/ALPHA-VP", "2020-02-28"), "1.1");
    assert_eq!(
        file(&world, "alpha.head", good()).await.refused(),
        rejected("NOT_PUBLISHED")
    );
    let meeting = recorded(&world, "45/BB-HĐTĐ", "2020-02-28").await;
    publish(&world, json!({"councilMinutesId": minutes_id(&meeting, 1)}))
        .await
        .ok();
    let before = world.kept();
    let changed = |field: &str, value: Value| {
        let mut input = good();
        input[field] = value;
        input
    };
    let ground = |criterion: &str| json!({"criterion": criterion, "reason": "r"});
    for (input, refused) in [
        (changed("letter", letter(" ", "2020-02-28")), invalid("letter.number")),
        (changed("letter", letter("1", "2020-02-27")), invalid("letter.dated")),
        (changed("letter", letter("1", "2020-03-02")), invalid("letter.dated")),
        (changed("grounds", json!([])), invalid("grounds")),
        (
            changed("grounds", json!([ground("1.1"), ground("1.1")])),
            invalid("grounds.1.criterion"),
        ),
        (
            changed("grounds", json!([{"criterion": "1.1", "reason": ""}])),
            invalid("grounds.0.reason"),
        ),
        (
            changed("grounds", json!([ground("1.1"), ground("9.9")])),
            ("NOT_FOUND".to_owned(), "grounds.1.criterion".to_owned()),
        ),
        // A field is not a leaf.
        (
            changed("grounds", json!([ground("1")])),
            ("NOT_FOUND".to_owned(), "grounds.0.criterion".to_owned()),
        ),
    ] {
        assert_eq!(file(&world, "alpha.head", input).await.refused(), refused);
    }
    assert_eq!(file(&world, "alpha.officer", good()).await.refused().0, "FORBIDDEN");
    assert_eq!(file(&world, "beta.head", good()).await.refused().0, "NOT_FOUND");
    let mut bare = good();
    bare["letter"]["files"] = json!([]);
    assert_eq!(
        world.send("alpha.head", FILE, json!({"i": bare})).await.refused(),
        invalid("letter.files")
    );
    world.set_time("2020-03-09T17:00:00Z");
    let late = file(&world, "alpha.head", good()).await;
    assert!(late.messages[0].contains("2020-03-09"), "{:?}", late.messages);
    assert_eq!(late.refused(), rejected("APPEALS_OVER"));
    assert!(
        before.difference(&world.kept()).is_empty(),
        "refused, but something was kept"
    );

    world.set_time("2020-03-09T16:59:59Z");
    let filed = file(&world, "alpha.head", good()).await.ok();
    let alpha = filed["fileAppeal"]["appeal"]["id"].clone();
    assert_eq!(
        file(&world, "alpha.head", good()).await.refused(),
        rejected("APPEAL_OPEN")
    );

    // The answer: dated in its turn, about what was asked and nothing else, on a meeting that was before.
    world.set_time("2020-03-11T02:00:00Z");
    let later = recorded(&world, "51/BB-HĐTĐ", "2020-03-11").await;
    let earlier = recorded(&world, "44/BB-HĐTĐ", "2020-02-27").await;
    let before = world.kept();
    let found = |findings: Value| json!({ "findings": findings });
    let one = || found(json!([finding("1.1", "PARTLY")]));
    let on_later = json!({"findings": [finding("1.1", "PARTLY")], "councilMinutesId": minutes_id(&later, 1)});
    let on_earlier = json!({"findings": [finding("1.1", "PARTLY")], "councilMinutesId": minutes_id(&earlier, 1)});
    for (dated, more, refused) in [
        ("2020-02-27", one(), invalid("letter.dated")),
        ("2020-03-12", one(), invalid("letter.dated")),
        ("2020-03-10", found(json!([])), invalid("findings")),
        (
            "2020-03-10",
            found(json!([finding("1.2", "PARTLY")])),
            invalid("findings.0.criterion"),
        ),
        (
            "2020-03-10",
            found(json!([finding("1.1", "PARTLY"), finding("1.1", "UPHELD")])),
            invalid("findings.1.criterion"),
        ),
        ("2020-03-10", on_later, rejected("MEETING_AFTER_DECISION")),
        ("2020-03-10", on_earlier, rejected("MEETING_BEFORE_LETTER")),
    ] {
        assert_eq!(
            answer(&world, "manager", &alpha, "88/HĐTĐ", dated, more)
                .await
                .refused(),
            refused
        );
    }
    let missing = answer(&world, "manager", &json!("nonsense"), "88", "2020-03-10", one()).await;
    assert_eq!(missing.refused(), ("NOT_FOUND".to_owned(), "appealId".to_owned()));
    assert_eq!(
        answer(&world, "alpha.head", &alpha, "88", "2020-03-10", one())
            .await
            .refused()
            .0,
        "FORBIDDEN"
    );
    assert!(
        before.difference(&world.kept()).is_empty(),
        "refused, but something was kept"
    );
    answer(&world, "manager", &alpha, "88/HĐTĐ", "2020-03-10", one())
        .await
        .ok();
    let twice = answer(&world, "manager", &alpha, "89/HĐTĐ", "2020-03-10", one()).await;
    assert_eq!(twice.refused(), rejected("APPEAL_ANSWERED"));
    world.verified().await;
}

#[tokio::test]
async fn a_round_without_a_time_for_appeals_takes_none() {
    let world = crate::journey::in_appraisal().await;
    ask_to_publish_unverified(&world, json!({})).await.ok();
    world.run_jobs().await;
    let input = appeal("ALPHA", letter("120/ALPHA-VP", "2020-03-01"), "1.1");
    assert_eq!(
        file(&world, "alpha.head", input).await.refused(),
        rejected("NO_APPEALS")
    );
    let found = results(&world).await;
    assert_eq!(
        (&found["appealDay"], &found["appealsUntil"]),
        (&json!(null), &json!(null))
    );
    let first: jiff::civil::Date = "2020-01-01".parse().unwrap();
    let days_of_year: Vec<String> = (0..61_i64)
        .map(|day| first.checked_add(jiff::Span::new().days(day)).unwrap().to_string())
        .collect();
    for (days, off, refused) in [
        (0, json!([]), Some("workingDays")),
        (61, json!([]), Some("workingDays")),
        (5, json!(days_of_year), Some("daysOff")),
        // The same day many times is one day off.
        (5, json!(vec!["2020-04-30"; 61]), None),
    ] {
        let rules = json!({"workingDays": days, "daysOff": off});
        let open = "mutation($r: AppealRulesInput!) { openRound(input: {code: \"X\", name: {vi: \"X\", en: \"X\"}, year: 2019,
            owner: \"SNV\", frameworks: [{unitType: \"SO\", framework: \"T@1\"}], appraisal: {appeals: $r}}) { round { appraisalRules {
            appeals { workingDays daysOff } } } } }";
        let answer = world.send("manager", open, json!({"r": rules})).await;
        match refused {
            None => {
                let found = answer.ok()["openRound"]["round"]["appraisalRules"]["appeals"].clone();
                assert_eq!(found, json!({"workingDays": 5, "daysOff": ["2020-04-30"]}));
            }
            Some(field) => assert_eq!(answer.refused(), invalid(&format!("appraisal.appeals.{field}"))),
        }
    }
}

/// Two letters of one unit at the same moment, through two processes: one is filed.
#[tokio::test]
async fn of_two_appeals_at_once_one_is_filed() {
    let world = published().await;
    let (other, store) = second_process(&world).await;
    let one = |number: &str| appeal("ALPHA", letter(number, "2020-03-01"), "1.1");
    let late = file(&other, "alpha.head", one("120/ALPHA-VP"));
    let early = file(&world, "alpha.head", one("121/ALPHA-VP"));
    let (late, early) = store.hold_commit("FileAppeal").while_running(late, early).await;
    assert_eq!(early.ok()["fileAppeal"]["appeal"]["number"], 1);
    assert_eq!(late.refused(), rejected("APPEAL_OPEN"));
    let standing = appeals(&world, "manager", json!(null)).await;
    assert_eq!(
        (&standing[0]["letter"]["number"], standing[1].is_null()),
        (&json!("121/ALPHA-VP"), true)
    );
    world.verified().await;
}
