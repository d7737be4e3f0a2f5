//! What was claimed and what reviews found; what is refused.

use minhchung::app::documents::streams;
use minhchung::domain::analysis::{CriterionFindings, GroupSummary};
use serde_json::{Value, json};

use super::{ask, lines, refused};
use crate::journey::{
    REVIEW, accept, accepting, ask_to_publish_unverified, brought_to_appraisal, in_appraisal, look, publish_unverified,
};
use crate::support::forging::{forge, standing};
use crate::world::{OPEN_ROUND, World};

/// ALPHA's statistics are rejected: claimed 7.8, found 3.1. Corrected, they count 1.2: 4.3.
#[tokio::test]
async fn claims_are_held_against_what_was_found_in_each_publication() {
    let world = in_appraisal().await;
    publish_unverified(&world).await;
    const CLAIMS: &str =
        "{ source { publicationVersion } unitCount unknownCount meanPoints meanPercent units { unitCode
        declaredPoints declaredPercent finalPoints points percent } }";
    let line: &[&str] = &["/unitCode", "/declaredPoints", "/finalPoints", "/points", "/percent"];
    let claims = async |more: &str| ask(&world, "", &format!(r#"overclaims(round: "T-2019"{more}) {CLAIMS}"#)).await;
    let first = claims("").await;
    assert_eq!(
        lines(&first["units"], line),
        ["ALPHA 7.80 3.10 4.70 47.00", "BETA 2.00 2.00 0.00 0.00"]
    );
    assert_eq!(
        (&first["meanPoints"], &first["meanPercent"]),
        (&json!("2.35"), &json!("23.50"))
    );
    let reopen = r#"mutation { reopenDossier(input: {dossier: {key: {round: "T-2019", unit: "ALPHA"}}, reason: "Đếm sai"}) { round { phase } } }"#;
    world.send("manager", reopen, json!({})).await.ok();
    accept(&world, "sttt.appraiser", "ALPHA", "1.2").await;
    assert_eq!(claims("").await, first, "what is corrected is not public before");
    ask_to_publish_unverified(&world, json!({"correction": "Đếm sai"}))
        .await
        .ok();
    world.run_jobs().await;
    let second = claims(r#", group: "SO""#).await;
    assert_eq!(second["source"]["publicationVersion"], 2);
    assert_eq!(lines(&second["units"], line)[0], "ALPHA 7.80 4.30 3.50 35.00");
    assert_eq!(claims(", publication: 1").await, first);
    assert_eq!(
        refused(&world, r#"overclaims(round: "T-2019", publication: 3) { unitCount }"#)
            .await
            .0,
        "NOT_FOUND"
    );
    world.verified().await;
}

/// Five units, one of which has its statistics rejected.
#[tokio::test]
async fn rejections_are_counted_for_everybody_and_told_in_words_to_those_who_see_the_dossier() {
    let world = World::with_framework().await;
    world.units("SO", &["C1", "C2", "C3"]).await;
    world.open_round(OPEN_ROUND).await;
    let world = brought_to_appraisal(world).await;
    let mut item = accepting("ALPHA", "1.2", &look(&world, "sttt.appraiser", "ALPHA", "1.2").await);
    let verdict = &mut item["verdicts"][0];
    verdict["kind"] = json!("REJECTED");
    verdict["reason"] = json!("WRONG_PERIOD");
    verdict["text"] = json!("Số liệu của năm 2018");
    item["outcome"] = json!("REQUEST_SUPPLEMENT");
    item["supplement"] = json!({"text": "Gửi số liệu năm 2019", "due": "2020-03-10"});
    world
        .send("sttt.appraiser", REVIEW, json!({"i": {"items": [item]}}))
        .await
        .done();
    let mut ask_for = accepting("ALPHA", "1.1", &look(&world, "snv.appraiser", "ALPHA", "1.1").await);
    ask_for["outcome"] = json!("REQUEST_SUPPLEMENT");
    ask_for["supplement"] = json!({"text": "Gửi danh mục", "due": "2020-03-10"});
    world
        .send("snv.appraiser", REVIEW, json!({"i": {"items": [ask_for]}}))
        .await
        .done();
    let units = ["ALPHA", "BETA", "C1", "C2", "C3"];
    let leaves: Vec<Value> = units
        .into_iter()
        .flat_map(|unit| ["1.1", "1.2"].map(|leaf| json!({"unit": unit, "criterion": leaf, "reason": "r"})))
        .chain(
            units[2..]
                .iter()
                .map(|unit| json!({"unit": unit, "criterion": "2.1", "reason": "r"})),
        )
        .collect();
    ask_to_publish_unverified(&world, json!({"unverified": leaves}))
        .await
        .ok();
    world.run_jobs().await;
    const COUNTS: &str =
        "{ isKept lines { group node { code } rejectedLinkCount reasons { reason linkCount } rejectedLeafCount
        supplementLeafCount loweredLeafCount correctedLeafCount source { roundCode node } } }";
    // What is about one unit is told to those who see its dossier, however large the group is.
    let counts = format!(r#"rejectionReasons(round: "T-2019") {COUNTS}"#);
    let public = ask(&world, "", &counts).await;
    let shown = ["/node/code", "/rejectedLinkCount", "/supplementLeafCount", "/reasons"];
    assert_eq!(lines(&public["lines"], &shown), ["1.2 1 null null", "1.1 0 null null"]);
    let found = ask(&world, "manager", &counts).await;
    // Nobody verified 1.1 of ALPHA, which claimed 3.5 for it.
    assert_eq!(
        lines(
            &found["lines"],
            &[
                "/node/code",
                "/rejectedLinkCount",
                "/rejectedLeafCount",
                "/supplementLeafCount",
                "/loweredLeafCount"
            ]
        ),
        ["1.2 1 1 1 1", "1.1 0 0 1 1"]
    );
    assert_eq!(
        found["lines"][0]["reasons"],
        json!([{"reason": "WRONG_PERIOD", "linkCount": 1}])
    );
    let by_field = ask(
        &world,
        "",
        &format!(r#"rejectionReasons(round: "T-2019", group: "SO", level: FIELD) {COUNTS}"#),
    )
    .await;
    assert_eq!(lines(&by_field["lines"], &["/node/code", "/loweredLeafCount"]), ["1 2"]);
    let texts = r#"rejectionTexts(round: "T-2019", group: "SO", criterion: "1.2") { unitCount units { unitCode rejectedLinkCount isLowered
        texts { kind reason text } } }"#;
    let told = ask(&world, "manager", texts).await;
    assert_eq!(
        told,
        json!({"unitCount": "1", "units": [{"unitCode": "ALPHA", "rejectedLinkCount": 1, "isLowered": true,
            "texts": [{"kind": "REJECTED", "reason": "WRONG_PERIOD", "text": "Số liệu của năm 2018"},
                {"kind": "SUPPLEMENT", "reason": null, "text": "Gửi số liệu năm 2019"}]}]})
    );
    for login in ["", "beta.head"] {
        assert_eq!(
            ask(&world, login, texts).await["units"][0]["texts"],
            Value::Null,
            "{login}"
        );
    }
    let asked = texts.replace("1.2", "1.1");
    let told = ask(&world, "manager", &asked).await;
    assert_eq!(lines(&told["units"], &["/unitCode"]), ["ALPHA"]);
    assert_eq!(
        told["units"][0]["texts"],
        json!([{"kind": "SUPPLEMENT", "reason": null, "text": "Gửi danh mục"}])
    );
    world.verified().await;
    // What is kept is what the sealed dossiers give.
    let round = streams::round("T-2019");
    let key = GroupSummary::key_of(1, Some("SO"));
    let summary: GroupSummary = standing(&world, &round, &key).await;
    let mut forged = summary.clone();
    forged.units[0].declared = None;
    forge(&world, &round, &forged).await;
    let said = minhchung::app::verify::verify(&world.app)
        .await
        .unwrap()
        .difference
        .unwrap();
    assert_eq!(
        said,
        "round:T-2019: version 1: the summary of SO is not what the sealed dossiers give"
    );
    forge(&world, &round, &summary).await;
    let key = CriterionFindings::key_of(1, Some("SO"), "1.2");
    let mut forged: CriterionFindings = standing(&world, &round, &key).await;
    forged.criterion = "9".to_owned();
    forge(&world, &round, &forged).await;
    let said = minhchung::app::verify::verify(&world.app)
        .await
        .unwrap()
        .difference
        .unwrap();
    assert_eq!(
        said,
        "round:T-2019: version 1: the summary 1~SO~9 is one that nothing gives"
    );
}

/// In a group of two, the reason of the one rejection would tell what only those know who see that dossier.
#[tokio::test]
async fn small_groups_have_no_reasons_and_what_is_not_published_is_not_there() {
    let world = in_appraisal().await;
    let mut item = accepting("ALPHA", "1.2", &look(&world, "sttt.appraiser", "ALPHA", "1.2").await);
    item["verdicts"][0]["kind"] = json!("REJECTED");
    item["verdicts"][0]["reason"] = json!("NOT_SIGNED");
    item["verdicts"][0]["text"] = json!("Chưa ký");
    item["outcome"] = json!("REQUEST_SUPPLEMENT");
    item["supplement"] = json!({"text": "Gửi bản đã ký", "due": "2020-03-10"});
    world
        .send("sttt.appraiser", REVIEW, json!({"i": {"items": [item]}}))
        .await
        .done();
    let questions = [
        r#"improvements(round: "T-2019", against: {round: "T-2019"}) { unitCount }"#,
        r#"unitProfile(round: "T-2019", unit: "ALPHA") { group }"#,
        r#"weaknesses(round: "T-2019", group: "SO") { lineCount }"#,
        r#"spread(round: "T-2019", group: "SO") { lineCount }"#,
        r#"correlation(round: "T-2019", with: {criterion: "2.1"}) { pearson }"#,
        r#"overclaims(round: "T-2019") { unitCount }"#,
        r#"rejectionReasons(round: "T-2019") { lineCount }"#,
        r#"rejectionTexts(round: "T-2019", criterion: "1.2") { unitCount }"#,
    ];
    for question in questions {
        for login in ["", "manager"] {
            let found = world
                .send(login, &format!("{{ r: {question} }}"), json!({}))
                .await
                .refused();
            assert_eq!(found, ("NOT_FOUND".to_owned(), "round".to_owned()), "{question}");
        }
    }
    let compare = r#"comparison(first: {round: "T-2019"}, second: {round: "T-2019"}, group: "SO") { change }"#;
    assert_eq!(
        refused(&world, compare).await,
        ("NOT_FOUND".to_owned(), "first.round".to_owned())
    );
    publish_unverified(&world).await;
    let found = ask(
        &world,
        "",
        r#"rejectionReasons(round: "T-2019") { lines { rejectedLinkCount supplementLeafCount reasons { linkCount } } }"#,
    )
    .await;
    assert_eq!(
        found["lines"][0],
        json!({"rejectedLinkCount": 1, "supplementLeafCount": null, "reasons": null})
    );
    for (question, field) in [
        (r#"improvements(round: "T-2019") { unitCount }"#, "against"),
        (
            r#"improvements(round: "T-2019", against: {round: "T-2019"}, node: "1") { unitCount }"#,
            "group",
        ),
        (
            r#"improvements(round: "T-2019", against: {round: "T-2019"}, group: "SO", node: "9") { unitCount }"#,
            "node",
        ),
        (
            r#"improvements(round: "T-2019", against: {round: "T-2019"}) { units(first: 501) { change } }"#,
            "first",
        ),
        (
            r#"unitProfile(round: "T-2019", unit: "ALPHA", tolerance: "100.1") { group }"#,
            "tolerance",
        ),
        (
            r#"unitProfile(round: "T-2019", unit: "ALPHA", tolerance: "-1") { group }"#,
            "tolerance",
        ),
        (r#"spread(round: "T-2019", group: "so") { lineCount }"#, "group"),
        (
            r#"comparison(first: {round: "T-2019"}, second: {round: "T-2019"}) { change }"#,
            "group",
        ),
        (
            r#"correlation(round: "T-2019", with: {criterion: "9"}) { pearson }"#,
            "with.criterion",
        ),
        (
            r#"rejectionTexts(round: "T-2019", criterion: "1.2", first: 26) { unitCount }"#,
            "first",
        ),
    ] {
        assert_eq!(
            refused(&world, question).await,
            ("INVALID".to_owned(), field.to_owned()),
            "{question}"
        );
    }
    let no_leaf = r#"rejectionTexts(round: "T-2019", group: "SO", criterion: "9") { unitCount }"#;
    assert_eq!(
        refused(&world, no_leaf).await,
        ("NOT_FOUND".to_owned(), "criterion".to_owned())
    );
    let nobody = r#"unitProfile(round: "T-2019", unit: "OMEGA") { group }"#;
    assert_eq!(
        refused(&world, nobody).await,
        ("NOT_FOUND".to_owned(), "unit".to_owned())
    );
}
