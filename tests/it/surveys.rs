//! What a survey delivers, from the file to the points.
//!
//! Leaf 2.1, worth 4 points, takes a mean from 1 to 5. Of ALPHA six people are asked two questions: 5 4 · 4 4 · 5 3 · 4 and none ·
//! don't know and 5 · 2 1. Ten answers come to 37: 3.7, and (3.7 − 1) ÷ 4 × 4 = 2.7 points. Of BETA three: 3 3 · 4 4 · 3 and none: five
//! answers come to 17: 3.4, and 2.4 points. Six of six people are a sample of ALPHA; three of 1,665 are none of BETA, which takes
//! 323.

mod kept;
mod seen;

use serde_json::{Value, json};

use crate::bad_input::assert_unchanged;
use crate::support::forging::{forge, standing};
use crate::world::{Answer, World};

fn text(text: &str) -> Value {
    json!({"vi": text, "en": text})
}

/// Two questions of leaf 2.1, and the sex of who answers.
pub fn questionnaire(version: &str) -> Value {
    let answer = |value: u32| {
        let code = value.to_string();
        json!({"code": code, "name": text(&code), "value": code, "satisfied": value > 3})
    };
    let question = |code: &str| json!({"code": code, "name": text(code), "scale": "S5", "criterion": "2.1"});
    let answers: Vec<Value> = (1..=5).map(answer).collect();
    json!({"format": 1, "code": "Q", "version": version, "name": text("Hài lòng"),
        "criteria": [{"criterion": "2.1", "figure": "MEAN"}],
        "scales": [{"code": "S5", "answers": answers, "missing": ["99"]}],
        "questions": [question("q1"), question("q2")],
        "strata": [{"code": "sex", "name": text("Giới tính"), "values": [
            {"code": "F", "name": text("Nữ")}, {"code": "M", "name": text("Nam")}]}]})
}

pub const ANSWERS: &str = "unit,q1,q2,sex\nALPHA,5,4,F\nALPHA,4,4,F\nALPHA,5,3,F\nALPHA,4,,F\nALPHA,99,5,F\nALPHA,2,1,M\nBETA,3,3,F\n\
    BETA,4,4,M\nBETA,3,,M\n";

pub async fn issue(world: &World, questionnaire: Value) -> Answer {
    let document = "mutation($i: ImportQuestionnaireInput!) { importQuestionnaire(input: $i) {
        questionnaire { code version columns } findings { code } receipt { stream } } }";
    let input = json!({"i": {"questionnaire": questionnaire}});
    world.send("manager", document, input).await
}

const IMPORT: &str = "mutation($i: ImportSurveyInput!) { importSurvey(input: $i) {
    survey { edition fedAt goodRows badRows droppedColumns respondents smallSamplesReason unitCodes rowsAre fileSha256 }
    rows { goodRows badRows problems { line column code message { vi en } } }
    smallSamples { unitCode population respondents required }
    units { unitCode respondents requiredSample sampleReached
        leaves { criterion figure valid missing mean share }
        questions { question valid unanswered answers { answer valid count } }
        strata { stratum groups { code count } } }
    receipt { stream entry } } }";

/// The input of an import of a file uploaded ahead.
pub async fn input(world: &World, file: &str, more: Value) -> Value {
    let uploaded = world
        .upload_ahead("survey", vec![("khao-sat.csv", file.as_bytes().to_vec())])
        .await;
    let mut input = json!({"round": "T-2019", "questionnaire": "Q@1", "source": "BC 22/BC-SNV", "file": {"reference": uploaded[0]},
        "populations": [{"unit": "ALPHA", "population": "6"}, {"unit": "BETA", "population": "1665"}],
        "acceptSmallSamples": "Thôn xa, mẫu nhỏ"});
    for (name, value) in more.as_object().unwrap() {
        input[name] = value.clone();
    }
    input
}

pub async fn send(world: &World, input: &Value) -> Answer {
    world.send("survey", IMPORT, json!({ "i": input })).await
}

/// Imports a file that was uploaded ahead.
pub async fn import(world: &World, file: &str, more: Value) -> Answer {
    send(world, &input(world, file, more).await).await
}

/// A round with the questionnaire.
pub async fn with_questionnaire() -> World {
    let world = World::with_round().await;
    issue(&world, questionnaire("1")).await.ok();
    world
}

/// Points of leaf 2.1.
async fn points(world: &World, unit: &str) -> String {
    let document = r#"query($u: String!) { assessment(ref: {key: {round: "T-2019", unit: $u, criterion: "2.1"}}) {
        explain(ledger: VERIFIED) { outcome points } } }"#;
    let found = world.send("manager", document, json!({"u": unit})).await.ok();
    let explained = &found["assessment"]["explain"];
    match explained["outcome"].as_str() {
        Some("POINTS") => explained["points"].as_str().unwrap().to_owned(),
        other => other.unwrap_or("NOTHING").to_owned(),
    }
}

#[tokio::test]
async fn answers_become_points_by_way_of_counts() {
    let world = with_questionnaire().await;
    let mut wanted = input(&world, ANSWERS, json!({"acceptSmallSamples": null})).await;

    // A dry run says what would come of it, and changes nothing.
    let before = world.kept();
    let mut dry = wanted.clone();
    dry["dryRun"] = json!(true);
    let told = send(&world, &dry).await.ok()["importSurvey"].clone();
    assert_unchanged(&world, &before, "a dry run");
    assert_eq!((&told["survey"], &told["receipt"]), (&Value::Null, &Value::Null));
    assert_eq!(told["rows"], json!({"goodRows": 9, "badRows": 0, "problems": []}));
    let small = json!([{"unitCode": "BETA", "population": "1665", "respondents": "3", "required": "323"}]);
    assert_eq!(told["smallSamples"], small);
    let alpha = &told["units"][0];
    assert_eq!(
        alpha["leaves"],
        json!([{"criterion": "2.1", "figure": "MEAN", "valid": "10", "missing": "2", "mean": "37/10", "share": "7/10"}])
    );
    let answers = |counts: [u32; 6]| -> Value {
        let codes = ["1", "2", "3", "4", "5", "99"].iter().zip(counts);
        codes
            .map(|(code, count)| json!({"answer": code, "valid": *code != "99", "count": count}))
            .collect()
    };
    assert_eq!(
        alpha["questions"],
        json!([
            {"question": "q1", "valid": "5", "unanswered": "1", "answers": answers([0, 1, 0, 2, 2, 1])},
            {"question": "q2", "valid": "5", "unanswered": "1", "answers": answers([1, 0, 1, 2, 1, 0])}])
    );
    // One man among six is not shown, nor are the five women from whom he would follow; nobody left it open.
    let hidden = json!([{"code": "F", "count": null}, {"code": "M", "count": null}, {"code": null, "count": 0}]);
    assert_eq!(alpha["strata"], json!([{"stratum": "sex", "groups": hidden}]));
    // Of three people nothing is told but what the leaf takes.
    let (beta, leaf) = (&told["units"][1], &told["units"][1]["leaves"][0]);
    assert_eq!((&beta["respondents"], &beta["questions"]), (&json!(3), &json!([])));
    assert_eq!((&leaf["mean"], &leaf["share"]), (&json!("17/5"), &Value::Null));

    // A sample that is too small needs a reason; the refusal leaves the file for the next call.
    let (code, rule, message) = send(&world, &wanted).await.refusal("en").unwrap();
    assert_eq!((code.as_str(), rule.as_str()), ("REJECTED", "SMALL_SAMPLES"));
    assert!(message.contains("BETA: 3 people of 323 needed"), "{message}");
    assert_unchanged(&world, &before, "a refusal");
    wanted["acceptSmallSamples"] = json!("Thôn xa, mẫu nhỏ");
    let imported = send(&world, &wanted).await.ok()["importSurvey"].clone();
    assert_eq!(imported["receipt"]["stream"], "round:T-2019");
    let survey = &imported["survey"];
    assert_eq!(survey["unitCodes"], json!(["ALPHA", "BETA"]));
    assert_eq!((&survey["edition"], &survey["respondents"]), (&json!(1), &json!("9")));
    assert_eq!(survey["smallSamplesReason"], "Thôn xa, mẫu nhỏ");
    assert_eq!(
        (&survey["rowsAre"], &survey["fedAt"]),
        (&json!("RESPONDENTS"), &Value::Null)
    );

    // A job brings the results into the dossiers, and nothing is published before.
    assert_eq!(points(&world, "ALPHA").await, "NOTHING");
    world.run_jobs().await;
    assert_eq!(points(&world, "ALPHA").await, "27/10");
    assert_eq!(points(&world, "BETA").await, "12/5");
    world.verified().await;
}

#[tokio::test]
async fn counts_instead_of_respondents_give_the_same() {
    let world = with_questionnaire().await;
    let counts = "\u{feff}unit;question;answer;count\r\n\r\nALPHA;q1;5;2\r\nALPHA;q1;4;2\r\nALPHA;q1;2;1\r\nALPHA;q1;99;1\r\n\
        ALPHA;q2;5;1\r\nALPHA;q2;4;2\r\nALPHA;q2;3;1\r\nALPHA;q2;1;1\r\n;;;\r\n\"BETA\";q1;3;2\r\nBETA;q1;4;1\r\nBETA;q2;3;1\r\nBETA;q2;4;1\r\n";
    let imported = import(&world, counts, json!({})).await.ok()["importSurvey"].clone();
    assert_eq!(imported["survey"]["rowsAre"], "COUNTS");
    let leaves: Vec<&Value> = (0..2).map(|unit| &imported["units"][unit]["leaves"][0]).collect();
    assert_eq!(
        (&leaves[0]["mean"], &leaves[0]["missing"]),
        (&json!("37/10"), &json!("2"))
    );
    assert_eq!(
        (&leaves[1]["mean"], &leaves[1]["missing"]),
        (&json!("17/5"), &json!("1"))
    );
    world.run_jobs().await;
    assert_eq!(points(&world, "ALPHA").await, "27/10");
    assert_eq!(points(&world, "BETA").await, "12/5");
    world.verified().await;
}

#[tokio::test]
async fn a_later_edition_takes_the_place_of_all_results_with_a_reason() {
    let world = with_questionnaire().await;
    import(&world, ANSWERS, json!({})).await.ok();
    // While the job is on its way nothing else is imported, and nothing is published on half of it.
    let again = import(&world, ANSWERS, json!({"reason": "Nhập lại"})).await;
    assert_eq!(again.refused(), ("REJECTED".to_owned(), "SURVEY_FEEDING".to_owned()));
    let publish = crate::journey::ask_to_publish_unverified(&world, json!({})).await;
    assert_eq!(publish.refused(), ("REJECTED".to_owned(), "SURVEY_FEEDING".to_owned()));
    let record = r#"mutation($u: String!) { recordSurveyResults(input: {round: "T-2019", reason: "r", results: [
        {unit: $u, criterion: "2.1", mean: "4.1", lowest: "1", highest: "5", sample: 400, source: "BC 10"}]}) { items { problem { rule } } } }"#;
    let by_hand = world.send("survey", record, json!({"u": "ALPHA"})).await.ok();
    assert_eq!(
        by_hand["recordSurveyResults"]["items"][0]["problem"]["rule"],
        "SURVEY_FEEDING"
    );
    world.run_jobs().await;

    let refused = import(&world, ANSWERS, json!({})).await;
    assert_eq!(refused.refused(), ("REJECTED".to_owned(), "SURVEY_IMPORTED".to_owned()));
    let only = "unit,q1,q2,sex\nALPHA,1,1,F\n";
    let lacks = import(&world, only, json!({"reason": "Sửa"})).await;
    assert_eq!(
        lacks.refused(),
        ("REJECTED".to_owned(), "SURVEY_LACKS_RESULT".to_owned())
    );

    // Everybody of ALPHA gives the lowest answer: 0 points. BETA stays as it was.
    let lowest = "unit,q1,q2\nALPHA,1,1\nALPHA,1,1\nBETA,3,3\nBETA,4,4\nBETA,3,\n";
    let entries = world.entries("BETA").await;
    let second = import(&world, lowest, json!({"reason": "Bản chính thức"})).await.ok();
    assert_eq!(second["importSurvey"]["survey"]["edition"], 2);
    world.run_jobs().await;
    assert_eq!(points(&world, "ALPHA").await, "0");
    assert_eq!(points(&world, "BETA").await, "12/5");
    assert_eq!(
        world.entries("BETA").await,
        entries,
        "the same result was written again"
    );
    let editions = r#"{ a: survey(round: "T-2019", questionnaire: "Q", edition: 1) { edition unitResults(units: ["ALPHA"]) { leaves { mean } } }
        b: survey(round: "T-2019", questionnaire: "Q") { edition reason fedAt unitResults(units: ["ALPHA"]) { leaves { mean } } }
        surveys(round: "T-2019") { edition job { done problemCount } } }"#;
    let found = world.send("survey", editions, json!({})).await.ok();
    assert_eq!(found["a"]["unitResults"][0]["leaves"][0]["mean"], "37/10");
    assert_eq!(found["b"]["unitResults"][0]["leaves"][0]["mean"], "1");
    assert_eq!(found["b"]["reason"], "Bản chính thức");
    // How answers were distributed in what was superseded is for who imports surveys.
    let distributed = r#"{ survey(round: "T-2019", questionnaire: "Q", edition: 1) { unitResults(units: ["ALPHA"]) {
        leaves { mean share } questions { question } } } }"#;
    for (login, questions, share) in [("survey", 2, json!("7/10")), ("manager", 0, Value::Null)] {
        let told = world.send(login, distributed, json!({})).await.ok()["survey"]["unitResults"][0].clone();
        assert_eq!(told["questions"].as_array().map(Vec::len), Some(questions), "{login}");
        assert_eq!(told["leaves"], json!([{"mean": "37/10", "share": share}]), "{login}");
    }
    assert!(found["b"]["fedAt"].is_string());
    assert_eq!(
        found["surveys"],
        json!([{"edition": 2, "job": {"done": true, "problemCount": 0}}])
    );

    // Another survey does not give the same result.
    let mut other = questionnaire("1");
    other["code"] = json!("OTHER");
    issue(&world, other).await.ok();
    let overlap = import(&world, ANSWERS, json!({"questionnaire": "OTHER@1", "reason": "r"})).await;
    assert_eq!(overlap.refused(), ("REJECTED".to_owned(), "SURVEY_OVERLAPS".to_owned()));
    world.verified().await;
}

#[tokio::test]
async fn a_result_recorded_by_hand_gives_way_with_a_reason() {
    let world = with_questionnaire().await;
    let record = r#"mutation { recordSurveyResults(input: {round: "T-2019", results: [
        {unit: "ALPHA", criterion: "2.1", mean: "4.1", lowest: "1", highest: "5", sample: 400, source: "BC 10"}]}) { items { problem { code } } } }"#;
    world.send("survey", record, json!({})).await.done();
    let (code, rule, message) = import(&world, ANSWERS, json!({})).await.refusal("en").unwrap();
    assert_eq!((code.as_str(), rule.as_str()), ("REJECTED", "SURVEY_RECORDED"));
    assert!(message.contains("2.1 (ALPHA)"), "{message}");
    import(&world, ANSWERS, json!({"reason": "Kết quả chính thức"}))
        .await
        .ok();
    world.run_jobs().await;
    assert_eq!(points(&world, "ALPHA").await, "27/10");
    world.verified().await;
}

/// What a dossier takes follows from its leaf's rule: 7 of 10 answers are 4 or 5.
#[tokio::test]
async fn a_share_goes_to_a_leaf_that_takes_one() {
    let world = World::with_framework().await;
    world.import(crate::other_rules::share()).await;
    let open = r#"mutation { openRound(input: {code: "T-2019", name: {vi: "Kỳ thử", en: "Trial"}, year: 2019, owner: "SNV",
        frameworks: [{unitType: "SO", framework: "R@1"}] }) { round { phase } } }"#;
    world.open_round(open).await;
    issue(&world, questionnaire("1")).await.ok();
    let (code, field, message) = import(&world, ANSWERS, json!({})).await.refusal("en").unwrap();
    assert_eq!((code.as_str(), field.as_str()), ("INVALID", "questionnaire"));
    assert!(message.contains("SURVEY_SHARE does not take"), "{message}");
    let mut share = questionnaire("2");
    share["criteria"][0]["figure"] = json!("SHARE");
    issue(&world, share).await.ok();
    import(&world, ANSWERS, json!({"questionnaire": "Q@2"})).await.ok();
    world.run_jobs().await;
    // ALPHA 7/10: three quarters of 4 from 60 % on. BETA 2/5: nothing.
    assert_eq!(points(&world, "ALPHA").await, "3");
    assert_eq!(points(&world, "BETA").await, "0");
    world.verified().await;
}

#[tokio::test]
async fn a_questionnaire_is_linted_issued_once_and_never_changed() {
    let world = World::with_round().await;
    let mut wrong = questionnaire("1");
    wrong["questions"][0]["scale"] = json!("S7");
    let document = "mutation($q: JSON!, $d: Boolean!) { importQuestionnaire(input: {questionnaire: $q, dryRun: $d}) {
        questionnaire { code } findings { severity path code } receipt { entry } } }";
    let dry = world
        .send("manager", document, json!({"q": wrong, "d": true}))
        .await
        .ok();
    let findings = dry["importQuestionnaire"]["findings"].as_array().unwrap();
    let unknown = json!({"severity": "ERROR", "path": "questions/q1", "code": "UNKNOWN_SCALE"});
    assert!(findings.contains(&unknown), "{findings:?}");
    let (code, field) = issue(&world, wrong).await.refused();
    assert_eq!(
        (code.as_str(), field.as_str()),
        ("INVALID", "questionnaire.questions/q1")
    );

    let mut doubtful = questionnaire("1");
    doubtful["name"]["en"] = json!("");
    let refused = issue(&world, doubtful).await;
    assert_eq!(
        refused.refused(),
        ("REJECTED".to_owned(), "QUESTIONNAIRE_WARNINGS".to_owned())
    );
    let issued = issue(&world, questionnaire("1")).await.ok()["importQuestionnaire"].clone();
    assert_eq!(
        issued["questionnaire"]["columns"],
        json!(["unit", "respondent", "q1", "q2", "sex"])
    );
    assert_eq!(issued["receipt"]["stream"], "questionnaire:Q@1");
    let again = issue(&world, questionnaire("1")).await.ok();
    assert_eq!(again["importQuestionnaire"]["receipt"], Value::Null);
    let mut other = questionnaire("1");
    other["questions"][1]["weight"] = json!(2);
    let refused = issue(&world, other).await;
    assert_eq!(
        refused.refused(),
        ("REJECTED".to_owned(), "QUESTIONNAIRE_ISSUED".to_owned())
    );
    let found = world
        .send("", r#"{ questionnaire(code: "Q", version: "1") { json } none: questionnaire(code: "Q", version: "9") { code } }"#, json!({}))
        .await
        .ok();
    assert_eq!(found["none"], Value::Null);
    let read = minhchung::domain::questionnaire::Questionnaire::parse(&found["questionnaire"]["json"]).unwrap();
    assert_eq!(
        read,
        minhchung::domain::questionnaire::Questionnaire::parse(&questionnaire("1")).unwrap()
    );
}

#[tokio::test]
async fn nothing_is_published_on_a_survey_that_did_not_reach_every_dossier() {
    let world = with_questionnaire().await;
    import(&world, ANSWERS, json!({})).await.ok();
    world.run_jobs().await;
    let advance = r#"mutation { advanceRound(input: {round: "T-2019"}) { round { phase } } }"#;
    world.send("manager", advance, json!({})).await.ok();
    world.run_jobs().await;
    crate::journey::publish_unverified(&world).await;
    let reopen = r#"mutation($u: String!) { reopenDossier(input: {dossier: {key: {round: "T-2019", unit: $u}}, reason: "Khảo sát sai"}) { round { phase } } }"#;
    world.send("manager", reopen, json!({"u": "ALPHA"})).await.ok();
    world.run_jobs().await;

    // BETA lies behind its seal.
    let other = "unit,q1,q2\nALPHA,1,1\nALPHA,1,1\nBETA,1,1\nBETA,1,1\n";
    import(&world, other, json!({"reason": "Bản chính thức"})).await.ok();
    world.run_jobs().await;
    let survey = r#"{ survey(round: "T-2019", questionnaire: "Q") { refusedDossiers job { problemCount } } }"#;
    let found = world.send("survey", survey, json!({})).await.ok();
    assert_eq!(
        found["survey"],
        json!({"refusedDossiers": 1, "job": {"problemCount": 1}})
    );
    let correction = json!({"correction": "Khảo sát sai"});
    let refused = crate::journey::ask_to_publish_unverified(&world, correction.clone()).await;
    assert_eq!(refused.refused(), ("REJECTED".to_owned(), "SURVEY_REFUSED".to_owned()));

    world.send("manager", reopen, json!({"u": "BETA"})).await.ok();
    world.run_jobs().await;
    import(&world, other, json!({"reason": "Nhập lại sau khi mở hồ sơ"}))
        .await
        .ok();
    world.run_jobs().await;
    assert_eq!(points(&world, "BETA").await, "0");
    crate::journey::ask_to_publish_unverified(&world, correction).await.ok();
    world.run_jobs().await;
    world.verified().await;

    // ALPHA's result is that of the second edition, since the third one says the same. Counts that give something else, on a sound chain, are not what a dossier has.
    let round = minhchung::store::StreamId::new("round", "T-2019");
    let mut counted: minhchung::domain::survey::SurveyedUnit = standing(&world, &round, "Q~0002~ALPHA").await;
    counted.respondents += 1;
    forge(&world, &round, &counted).await;
    let report = minhchung::app::verify::verify(&world.app).await.unwrap();
    let difference = report.difference.unwrap();
    assert!(
        difference.contains("the survey result of 2.1 is not what Q~0002 counted"),
        "{difference}"
    );
}
