//! The review queue: every filter, order and count, claims, and reviews of many dossiers in one call.

use minhchung::domain::registry::Role;
use serde_json::{Value, json};

use crate::journey::{ADD, DECLARE, REVIEW, SUBMIT, accepting, declaration, dossier, export, leaf, look, report};
use crate::world::{World, usage};

/// BETA submits at nine, ALPHA an hour later, the round advances at eleven. `all` reviews every leaf of field 1.
async fn queued() -> World {
    let world = World::with_round().await;
    for (unit, instant) in [("beta", "2020-03-01T02:00:00Z"), ("alpha", "2020-03-01T03:00:00Z")] {
        world.set_time(instant);
        let (officer, code) = (format!("{unit}.officer"), unit.to_uppercase());
        world.send(&officer, ADD, report(&code, "1.1")).await.ok();
        let rows = export(&code, &usage(12, 30, 100));
        world.send(&officer, ADD, rows).await.ok();
        world.send(&officer, DECLARE, declaration(&code, "28")).await.ok();
        let head = format!("{unit}.head");
        world.send(&head, SUBMIT, json!({"u": code})).await.ok();
    }
    world.set_time("2020-03-01T04:00:00Z");
    world.person("all", Role::Appraiser, "SNV").await;
    let more = r#"mutation { grantRole(input: {login: "all", role: APPRAISER, criteria: ["1"], validFrom: "2018-01-01"}) { grantId } }"#;
    world.send("admin", more, json!({})).await.ok();
    let advance = r#"mutation { advanceRound(input: {round: "T-2019"}) { round { phase } } }"#;
    world.send("manager", advance, json!({})).await.ok();
    world.run_jobs().await;
    world
}

/// Unit and criterion of the lines, after the counts were compared with them.
async fn lines(world: &World, login: &str, filter: Value, order: &str) -> Vec<String> {
    let query = r#"query($f: QueueFilter, $o: QueueOrder) { reviewQueue(round: "T-2019", filter: $f, order: $o) {
        totalCount countByUnit { key count } countByField { key count } countByState { key count }
        nodes { unitCode criterion fieldCode state } } }"#;
    let found = world.send(login, query, json!({"f": filter, "o": order})).await.ok()["reviewQueue"].clone();
    let nodes = found["nodes"].as_array().unwrap();
    assert_eq!(found["totalCount"], nodes.len().to_string());
    for (counts, name) in [
        ("countByUnit", "unitCode"),
        ("countByField", "fieldCode"),
        ("countByState", "state"),
    ] {
        for count in found[counts].as_array().unwrap() {
            let same = nodes.iter().filter(|node| node[name] == count["key"]).count();
            assert_eq!(count["count"], same.to_string(), "{counts} of {filter}");
        }
        let sum: usize = found[counts]
            .as_array()
            .unwrap()
            .iter()
            .map(|count| count["count"].as_str().unwrap().parse::<usize>().unwrap())
            .sum();
        assert_eq!(sum, nodes.len());
    }
    let line = |node: &Value| {
        format!(
            "{} {}",
            node["unitCode"].as_str().unwrap(),
            node["criterion"].as_str().unwrap()
        )
    };
    nodes.iter().map(line).collect()
}

async fn claim(world: &World, login: &str, unit: &str, criterion: &str) -> usize {
    let document = "mutation($i: ClaimInput!) { claim(input: $i) { assessments { criterion } } }";
    let input = json!({"i": {"round": "T-2019", "assessments": [leaf(unit, criterion)]}});
    let got = world.send(login, document, input).await.ok();
    got["claim"]["assessments"].as_array().unwrap().len()
}

/// The appraiser asks for more of ALPHA's 1.1 and the unit answers at noon.
async fn supplemented(world: &World) {
    let seen = look(world, "snv.appraiser", "ALPHA", "1.1").await;
    let mut ask = accepting("ALPHA", "1.1", &seen);
    ask["outcome"] = json!("REQUEST_SUPPLEMENT");
    ask["supplement"] = json!({"text": "t", "due": "2020-03-10"});
    world
        .send("snv.appraiser", REVIEW, json!({"i": {"items": [ask]}}))
        .await
        .done();
    world.set_time("2020-03-01T05:00:00Z");
    let answer = json!({"i": {"assessment": leaf("ALPHA", "1.1"), "answer": "a"}});
    let document = "mutation($i: AnswerSupplementInput!) { answerSupplement(input: $i) { assessment { state } } }";
    world.send("alpha.officer", document, answer).await.ok();
}

#[tokio::test]
async fn the_queue_comes_in_each_order() {
    let world = queued().await;
    // 4 of 10 points before 2 of 10; equal ones by unit from behind.
    let by_stake = ["BETA 1.1", "ALPHA 1.1", "BETA 1.2", "ALPHA 1.2"];
    assert_eq!(lines(&world, "all", json!({}), "STAKE").await, by_stake);
    let by_age = ["BETA 1.1", "BETA 1.2", "ALPHA 1.1", "ALPHA 1.2"];
    assert_eq!(lines(&world, "all", json!({}), "AGE").await, by_age);
    let by_unit = ["ALPHA 1.1", "ALPHA 1.2", "BETA 1.1", "BETA 1.2"];
    assert_eq!(lines(&world, "all", json!({}), "UNIT").await, by_unit);
}

#[tokio::test]
async fn every_filter_cuts_rows_and_counts_alike() {
    let world = queued().await;
    supplemented(&world).await;
    claim(&world, "all", "BETA", "1.1").await;
    claim(&world, "sttt.appraiser", "BETA", "1.2").await;
    let all = ["ALPHA 1.1", "ALPHA 1.2", "BETA 1.1", "BETA 1.2"];
    for (filter, expected) in [
        (json!({}), &all[..]),
        (json!({"unit": "ALPHA"}), &all[..2]),
        (json!({"group": "SO"}), &all[..]),
        (json!({"unitType": "SO"}), &all[..]),
        (json!({"field": "1"}), &all[..]),
        (json!({"field": "2"}), &[]),
        (json!({"criterion": "1.2"}), &["ALPHA 1.2", "BETA 1.2"]),
        (json!({"states": ["SUPPLEMENTED"]}), &["ALPHA 1.1"]),
        (json!({"states": ["SUBMITTED"]}), &all[1..]),
        (json!({"states": ["VERIFIED", "OPEN"]}), &[]),
        (json!({"claim": "MINE"}), &["BETA 1.1"]),
        (json!({"claim": "OTHERS"}), &["BETA 1.2"]),
        (json!({"claim": "NOBODY"}), &["ALPHA 1.1", "ALPHA 1.2"]),
        (json!({"changedAfter": "2020-03-01T04:00:00Z"}), &["ALPHA 1.1"]),
        (json!({"changedAfter": "2020-03-01T05:00:00Z"}), &[]),
        (
            json!({"unit": "ALPHA", "criterion": "1.1", "claim": "NOBODY", "states": ["SUPPLEMENTED"]}),
            &["ALPHA 1.1"],
        ),
    ] {
        assert_eq!(lines(&world, "all", filter.clone(), "UNIT").await, expected, "{filter}");
    }
    // Another round has another queue, and none that is not there.
    let other = r#"{ reviewQueue(round: "T-1999") { totalCount } }"#;
    assert_eq!(world.send("all", other, json!({})).await.refused().0, "NOT_FOUND");
    // A claim that has run out is nobody's.
    world.set_time("2020-03-01T05:20:00Z");
    assert_eq!(lines(&world, "all", json!({"claim": "NOBODY"}), "UNIT").await, all);
}

/// The queue page by page, one line each.
async fn walked(world: &World, login: &str, order: &str) -> Vec<String> {
    let page = r#"query($o: QueueOrder, $a: String) { reviewQueue(round: "T-2019", order: $o, first: 1, after: $a) {
        nodes { unitCode criterion } pageInfo { hasNextPage endCursor } } }"#;
    let (mut found, mut after) = (Vec::new(), Value::Null);
    loop {
        let answer = world.send(login, page, json!({"o": order, "a": after})).await.ok()["reviewQueue"].clone();
        let node = &answer["nodes"][0];
        found.push(format!(
            "{} {}",
            node["unitCode"].as_str().unwrap(),
            node["criterion"].as_str().unwrap()
        ));
        after = answer["pageInfo"]["endCursor"].clone();
        if answer["pageInfo"]["hasNextPage"] == false {
            return found;
        }
    }
}

#[tokio::test]
async fn a_leaf_waits_again_once_the_day_for_its_supplement_is_over() {
    let world = queued().await;
    let ask = async |login: &str, due: &str| {
        let seen = look(&world, login, "ALPHA", "1.1").await;
        let mut ask = accepting("ALPHA", "1.1", &seen);
        ask["outcome"] = json!("REQUEST_SUPPLEMENT");
        ask["supplement"] = json!({"text": "t", "due": due});
        world.send(login, REVIEW, json!({"i": {"items": [ask]}})).await.done();
    };
    ask("snv.appraiser", "2020-03-10").await;
    // Until midnight in Việt Nam it is the unit's turn: nobody finds or gets the leaf.
    let others = ["ALPHA 1.2", "BETA 1.1", "BETA 1.2"];
    world.set_time("2020-03-10T16:59:59.999Z");
    assert_eq!(lines(&world, "all", json!({}), "UNIT").await, others);
    let overdue = json!({"states": ["SUPPLEMENT_REQUESTED"]});
    assert!(lines(&world, "all", overdue.clone(), "UNIT").await.is_empty());
    assert_eq!(claim(&world, "snv.second", "ALPHA", "1.1").await, 0);

    world.set_time("2020-03-10T17:00:00.000Z");
    let by_unit = ["ALPHA 1.1", "ALPHA 1.2", "BETA 1.1", "BETA 1.2"];
    assert_eq!(lines(&world, "all", json!({}), "UNIT").await, by_unit);
    assert_eq!(lines(&world, "all", overdue.clone(), "UNIT").await, ["ALPHA 1.1"]);
    for (order, expected) in [
        ("STAKE", ["BETA 1.1", "ALPHA 1.1", "BETA 1.2", "ALPHA 1.2"]),
        ("AGE", ["BETA 1.1", "BETA 1.2", "ALPHA 1.1", "ALPHA 1.2"]),
        ("UNIT", by_unit),
    ] {
        assert_eq!(walked(&world, "all", order).await, expected, "{order}");
    }
    let answer = json!({"i": {"assessment": leaf("ALPHA", "1.1"), "answer": "a"}});
    let document = "mutation($i: AnswerSupplementInput!) { answerSupplement(input: $i) { assessment { state } } }";
    let late = world.send("alpha.officer", document, answer).await.refused();
    assert_eq!(late, ("REJECTED".to_owned(), "SUPPLEMENT_OVERDUE".to_owned()));

    // Whoever claims it decides: first to give the unit more time, which takes it out of the queue until then.
    let next = r#"mutation { claim(input: {round: "T-2019", first: 1, filter: {unit: "ALPHA"}}) { assessments { state criterion } } }"#;
    let got = world.send("snv.second", next, json!({})).await.ok()["claim"]["assessments"].clone();
    assert_eq!(got, json!([{"state": "SUPPLEMENT_REQUESTED", "criterion": "1.1"}]));
    ask("snv.second", "2020-03-12").await;
    assert_eq!(lines(&world, "all", json!({}), "UNIT").await, others);
    world.set_time("2020-03-12T17:00:00.000Z");
    assert_eq!(lines(&world, "all", overdue, "UNIT").await, ["ALPHA 1.1"]);
    let seen = look(&world, "snv.appraiser", "ALPHA", "1.1").await;
    let review = json!({"i": {"items": [accepting("ALPHA", "1.1", &seen)]}});
    world.send("snv.appraiser", REVIEW, review).await.done();
    assert_eq!(lines(&world, "all", json!({}), "UNIT").await, others);
    world.verified().await;
}

#[tokio::test]
async fn a_claim_is_renewed_by_acts_released_by_its_holder_and_passed_over_by_others() {
    let world = queued().await;
    let next = |first: usize| {
        format!(
            r#"mutation {{ claim(input: {{round: "T-2019", first: {first}}}) {{ assessments {{ criterion version dossier {{ unit {{ code }} }} }} }} }}"#
        )
    };
    let before = look(&world, "all", "BETA", "1.1").await["version"].clone();
    let mine = world.send("all", &next(1), json!({})).await.ok()["claim"]["assessments"].clone();
    // A claim is not a change of the leaf.
    assert_eq!(
        mine,
        json!([{"criterion": "1.1", "version": before, "dossier": {"unit": {"code": "BETA"}}}])
    );
    // The next one by filter is the next that nobody else holds.
    let theirs = world.send("snv.second", &next(5), json!({})).await.ok()["claim"]["assessments"].clone();
    assert_eq!(theirs[0]["dossier"]["unit"]["code"], "ALPHA");
    assert_eq!(theirs.as_array().unwrap().len(), 1);
    assert_eq!(claim(&world, "snv.second", "BETA", "1.1").await, 0);

    // Asking for more at the eighteenth minute holds the leaf for twenty more: it comes back to whoever asked.
    world.set_time("2020-03-01T04:18:00Z");
    let seen = look(&world, "all", "BETA", "1.1").await;
    let mut ask = accepting("BETA", "1.1", &seen);
    ask["outcome"] = json!("REQUEST_SUPPLEMENT");
    ask["supplement"] = json!({"text": "t", "due": "2020-03-10"});
    world.send("all", REVIEW, json!({"i": {"items": [ask]}})).await.done();
    let answer = json!({"i": {"assessment": leaf("BETA", "1.1"), "answer": "a"}});
    let document = "mutation($i: AnswerSupplementInput!) { answerSupplement(input: $i) { assessment { state } } }";
    world.send("beta.officer", document, answer).await.ok();
    world.set_time("2020-03-01T04:37:59.999Z");
    assert_eq!(
        lines(&world, "all", json!({"claim": "MINE"}), "UNIT").await,
        ["BETA 1.1"]
    );
    let seen = look(&world, "snv.second", "BETA", "1.1").await;
    let review = json!({"i": {"items": [accepting("BETA", "1.1", &seen)]}});
    assert_eq!(
        world.send("snv.second", REVIEW, review.clone()).await.refused().1,
        "CLAIMED"
    );

    // What somebody else releases stays held; the holder's release frees it at once.
    let release = "mutation($i: ReleaseClaimInput!) { releaseClaim(input: $i) { items { criterion } } }";
    let input = json!({"i": {"assessments": [leaf("BETA", "1.1")]}});
    world.send("snv.second", release, input.clone()).await.ok();
    assert_eq!(
        world.send("snv.second", REVIEW, review.clone()).await.refused().1,
        "CLAIMED"
    );
    world.send("all", release, input).await.ok();
    world.send("snv.second", REVIEW, review).await.done();
}

#[tokio::test]
async fn a_claim_of_many_dossiers_answers_for_each_leaf_in_the_order_given() {
    let world = queued().await;
    let document = "mutation($l: [AssessmentRef!]!) { claim(input: {round: \"T-2019\", assessments: $l}) {
        items { round unit criterion outcome heldUntil problem { code } } assessments { criterion dossier { unit { code } } } } }";
    let claimed = async |login: &str, leaves: &[(&str, &str)]| {
        let leaves: Vec<Value> = leaves.iter().map(|(unit, criterion)| leaf(unit, criterion)).collect();
        let answer = world.send(login, document, json!({"l": leaves})).await.ok();
        answer["claim"].clone()
    };
    claim(&world, "snv.second", "BETA", "1.1").await;
    let seen = look(&world, "all", "ALPHA", "1.2").await;
    let review = json!({"i": {"items": [accepting("ALPHA", "1.2", &seen)]}});
    world.send("all", REVIEW, review).await.done();
    world.set_time("2020-03-01T04:05:00Z");
    let item = |unit: &str, criterion: &str, outcome: &str, held_until: Option<&str>| {
        json!({"round": "T-2019", "unit": unit, "criterion": criterion, "outcome": outcome, "heldUntil": held_until,
            "problem": null})
    };
    let wanted = [("BETA", "1.2"), ("ALPHA", "1.2"), ("BETA", "1.1"), ("ALPHA", "1.1")];
    let answer = claimed("all", &wanted).await;
    assert_eq!(
        answer["items"],
        json!([
            item("BETA", "1.2", "CLAIMED", Some("2020-03-01T04:25:00.000Z")),
            item("ALPHA", "1.2", "NOT_WAITING", None),
            item("BETA", "1.1", "HELD", Some("2020-03-01T04:20:00.000Z")),
            item("ALPHA", "1.1", "CLAIMED", Some("2020-03-01T04:25:00.000Z")),
        ])
    );
    let held = |unit: &str, criterion: &str| json!({"criterion": criterion, "dossier": {"unit": {"code": unit}}});
    assert_eq!(
        answer["assessments"],
        json!([held("BETA", "1.2"), held("ALPHA", "1.1")])
    );
    // Who holds a leaf already holds it longer; the claim of the other one ends by itself.
    world.set_time("2020-03-01T04:20:00Z");
    let again = claimed("all", &[("BETA", "1.1"), ("ALPHA", "1.1")]).await;
    let until = Some("2020-03-01T04:40:00.000Z");
    assert_eq!(
        again["items"],
        json!([
            item("BETA", "1.1", "CLAIMED", until),
            item("ALPHA", "1.1", "CLAIMED", until)
        ])
    );
    // What is wrong with one dossier is told for its leaves alone, be it one of many or the only one.
    world.person("alpha.appraiser", Role::Appraiser, "SNV").await;
    let user = r#"mutation { putUser(input: {login: "alpha.appraiser", name: "N", unit: "ALPHA"}) { login } }"#;
    world.send("admin", user, json!({})).await.ok();
    world
        .send(
            "all",
            "mutation($i: ReleaseClaimInput!) { releaseClaim(input: $i) { items { unit } } }",
            json!({"i": {"assessments": [leaf("BETA", "1.1"), leaf("ALPHA", "1.1")]}}),
        )
        .await
        .ok();
    let mixed = claimed("alpha.appraiser", &[("ALPHA", "1.1"), ("BETA", "1.1")]).await;
    let mut own = item("ALPHA", "1.1", "REFUSED", None);
    own["problem"] = json!({"code": "REJECTED"});
    assert_eq!(mixed["items"], json!([own, item("BETA", "1.1", "CLAIMED", until)]));
    let alone = claimed("alpha.appraiser", &[("ALPHA", "1.1")]).await;
    assert_eq!(alone["items"], json!([mixed["items"][0]]));
    let many = vec![leaf("BETA", "1.1"); 51];
    let too_many = world.send("all", document, json!({"l": many})).await.refused();
    assert_eq!(too_many, ("INVALID".to_owned(), "assessments".to_owned()));

    // By filter, the order is the queue's.
    world.set_time("2020-03-01T05:00:00Z");
    let next =
        r#"mutation { claim(input: {round: "T-2019", order: STAKE, first: 3}) { items { unit criterion outcome } } }"#;
    let found = world.send("all", next, json!({})).await.ok();
    let next = |unit: &str, criterion: &str| json!({"unit": unit, "criterion": criterion, "outcome": "CLAIMED"});
    assert_eq!(
        found["claim"]["items"],
        json!([next("BETA", "1.1"), next("ALPHA", "1.1"), next("BETA", "1.2")])
    );
}

#[tokio::test]
async fn releases_answer_in_the_order_given_too() {
    let world = queued().await;
    let wanted = [("BETA", "1.2"), ("ALPHA", "1.1"), ("BETA", "1.1")];
    for (unit, criterion) in wanted {
        assert_eq!(claim(&world, "all", unit, criterion).await, 1);
    }
    let leaves: Vec<Value> = wanted.iter().map(|(unit, criterion)| leaf(unit, criterion)).collect();
    let release =
        "mutation($i: ReleaseClaimInput!) { releaseClaim(input: $i) { items { unit criterion problem { code } } } }";
    let found = world
        .send("all", release, json!({"i": {"assessments": leaves}}))
        .await
        .ok();
    let expected = wanted.map(|(unit, criterion)| json!({"unit": unit, "criterion": criterion, "problem": null}));
    assert_eq!(found["releaseClaim"]["items"], json!(expected));
    assert!(lines(&world, "all", json!({"claim": "MINE"}), "UNIT").await.is_empty());
}

#[tokio::test]
async fn reviews_of_many_dossiers_have_one_key_and_each_item_its_outcome() {
    let world = queued().await;
    let item = |unit: &'static str, criterion: &'static str| {
        let world = &world;
        async move { accepting(unit, criterion, &look(world, "all", unit, criterion).await) }
    };
    let mut stale = item("BETA", "1.1").await;
    stale["expectedVersion"] = json!("1");
    // In the order given, dossiers mixed: ALPHA goes through as a whole, BETA not at all.
    let items = json!([
        item("ALPHA", "1.2").await,
        item("BETA", "1.2").await,
        item("ALPHA", "1.1").await,
        stale
    ]);
    let input = json!({"i": {"items": items, "idempotencyKey": "batch-1"}});
    let review = "mutation($i: ReviewInput!) { review(input: $i) { items { unit criterion made problem { code rule field } } } }";
    let first = world.send("all", review, input.clone()).await.ok()["review"]["items"].clone();
    let made = |index: usize| first[index]["made"].is_string();
    assert_eq!([0, 1, 2, 3].map(made), [true, false, true, false]);
    // Each item of BETA says what stood in its way: its own version, or the item that had the wrong one.
    assert_eq!(
        [&first[1]["problem"], &first[3]["problem"]],
        [
            &json!({"code": "REJECTED", "rule": "OTHER_ITEM_REFUSED", "field": "items.3"}),
            &json!({"code": "REJECTED", "rule": "STALE_VERSION", "field": "items.3.expectedVersion"})
        ]
    );
    assert_eq!(first[3]["criterion"], "1.1");
    assert_eq!(lines(&world, "all", json!({}), "UNIT").await, ["BETA 1.1", "BETA 1.2"]);

    // Sent again it answers the same, also of what would go through by now.
    assert_eq!(
        world.send("all", review, input.clone()).await.ok()["review"]["items"],
        first
    );
    let mut other = input.clone();
    other["i"]["items"].as_array_mut().unwrap().pop();
    assert_eq!(
        world.send("all", review, other).await.refused(),
        ("INVALID".to_owned(), "idempotencyKey".to_owned())
    );
    // The key is the sender's own.
    let again = world.send("snv.second", review, input).await.ok()["review"]["items"].clone();
    assert!(again[0]["made"].is_null());

    // A field names the item of the call, not its place among those of its dossier.
    let mut wrong = item("BETA", "1.2").await;
    wrong["waivers"] = json!([{"requirement": "NONE", "reason": "r"}]);
    let items = json!([item("BETA", "1.1").await, leaf_of_alpha(&world).await, wrong]);
    let answer = world.send("all", review, json!({"i": {"items": items}})).await.ok()["review"]["items"].clone();
    assert_eq!(answer[2]["problem"]["field"], "items.2.waivers.NONE");
    let many: Vec<Value> = (0..201).map(|_| items[0].clone()).collect();
    assert_eq!(
        world.send("all", review, json!({"i": {"items": many}})).await.refused(),
        ("INVALID".to_owned(), "items".to_owned())
    );
    assert_eq!(
        minhchung::app::verify::verify(&world.app).await.unwrap().difference,
        None
    );
}

async fn leaf_of_alpha(world: &World) -> Value {
    accepting("ALPHA", "1.1", &look(world, "all", "ALPHA", "1.1").await)
}

#[tokio::test]
async fn an_own_review_is_replaced_until_the_phase_closes() {
    let world = queued().await;
    let revise = "mutation($i: ReviseReviewInput!) { reviseReview(input: $i) { items { made problem { code rule field message { vi en } } } } }";
    for unit in ["ALPHA", "BETA"] {
        for criterion in ["1.1", "1.2"] {
            let seen = look(&world, "all", unit, criterion).await;
            let review = json!({"i": {"items": [accepting(unit, criterion, &seen)]}});
            world.send("all", REVIEW, review).await.done();
        }
    }
    let replaced = |seen: &Value| json!({"i": {"item": accepting("ALPHA", "1.1", seen), "reason": "xem lại"}});
    let seen = look(&world, "all", "ALPHA", "1.1").await;
    world.send("all", revise, replaced(&seen)).await.ok();
    // The leaf that was judged is the one before the replacement: what changed since is looked at again.
    assert_eq!(
        world.send("all", revise, replaced(&seen)).await.refused().1,
        "STALE_VERSION"
    );
    let publish = "mutation($i: PublishResultsInput!) { publishResults(input: $i) { round { phase } } }";
    let survey = r#"mutation { recordSurveyResults(input: {round: "T-2019", results: [
        {unit: "ALPHA", criterion: "2.1", mean: "4", lowest: "1", highest: "5", sample: 400, source: "s"},
        {unit: "BETA", criterion: "2.1", mean: "4", lowest: "1", highest: "5", sample: 400, source: "s"}]}) { items { problem { code } } } }"#;
    world.send("survey", survey, json!({})).await.ok();
    let input = json!({"i": {"round": "T-2019", "decisionNumber": "1", "decisionDate": "2020-02-28"}});
    world.send("manager", publish, input).await.ok();
    world.run_jobs().await;
    let seen = look(&world, "all", "ALPHA", "1.1").await;
    assert_eq!(
        world.send("all", revise, replaced(&seen)).await.refused().1,
        "WRONG_PHASE"
    );
    let declare = json!({"i": {"dossier": dossier("ALPHA"), "items": [{"criterion": "1.2"}]}});
    assert_eq!(
        world.send("alpha.officer", DECLARE, declare).await.refused().1,
        "WRONG_PHASE"
    );
}

#[tokio::test]
async fn progress_counts_leaves_by_state_as_far_as_the_viewer_sees_them() {
    let world = queued().await;
    let seen = look(&world, "all", "ALPHA", "1.1").await;
    let review = json!({"i": {"items": [accepting("ALPHA", "1.1", &seen)]}});
    world.send("all", REVIEW, review).await.done();
    let query = r#"query($by: ProgressBy!) { progress(round: "T-2019", by: $by) { key states { state count } } }"#;
    let row = |key: &str, states: &[(&str, u32)]| {
        let states: Vec<Value> = states
            .iter()
            .map(|(state, count)| json!({"state": state, "count": count.to_string()}))
            .collect();
        json!({"key": key, "states": states})
    };
    // Leaves 1.1 (SNV) and 1.2 (STTTT) were submitted by both units, one is verified; nobody has surveyed 2.1 (SNV).
    for (login, by, expected) in [
        (
            "manager",
            "UNIT",
            json!([
                row("ALPHA", &[("OPEN", 1), ("SUBMITTED", 1), ("VERIFIED", 1)]),
                row("BETA", &[("OPEN", 1), ("SUBMITTED", 2)])
            ]),
        ),
        (
            "manager",
            "FIELD",
            json!([row("1", &[("SUBMITTED", 3), ("VERIFIED", 1)]), row("2", &[("OPEN", 2)])]),
        ),
        (
            "integrator",
            "GROUP",
            json!([row("SO", &[("OPEN", 2), ("SUBMITTED", 3), ("VERIFIED", 1)])]),
        ),
        (
            "integrator",
            "APPRAISER",
            json!([
                row("SNV", &[("OPEN", 2), ("SUBMITTED", 1), ("VERIFIED", 1)]),
                row("STTTT", &[("SUBMITTED", 2)])
            ]),
        ),
        (
            "beta.officer",
            "UNIT",
            json!([row("BETA", &[("OPEN", 1), ("SUBMITTED", 2)])]),
        ),
        ("sttt.appraiser", "FIELD", json!([row("1", &[("SUBMITTED", 2)])])),
    ] {
        let found = world.send(login, query, json!({"by": by})).await.ok();
        assert_eq!(found["progress"], expected, "{login} {by}");
    }
    for (login, code) in [("", "UNAUTHENTICATED"), ("admin", "FORBIDDEN"), ("survey", "FORBIDDEN")] {
        assert_eq!(world.send(login, query, json!({"by": "UNIT"})).await.refused().0, code);
    }
}

#[tokio::test]
async fn survey_results_come_many_at_once_and_units_neither_declare_nor_wait_for_them() {
    let world = queued().await;
    let record = r#"mutation($r: [SurveyResultInput!]!) { recordSurveyResults(input: {round: "T-2019", results: $r}) {
        items { unit problem { code rule field } } } }"#;
    let result = |unit: &str, criterion: &str, mean: &str, highest: &str| json!({"unit": unit, "criterion": criterion, "mean": mean, "lowest": "1", "highest": highest, "sample": 400, "source": "BC 10/BC-SNV"});
    // What is wrong in one dossier leaves the other ones alone.
    let results = json!([result("ALPHA", "2.1", "4.1", "5"), result("BETA", "2.1", "5.1", "5")]);
    let items = world.send("survey", record, json!({"r": results})).await.ok()["recordSurveyResults"]["items"].clone();
    assert_eq!(items[0], json!({"unit": "ALPHA", "problem": null}));
    assert_eq!(items[1]["problem"]["field"], "mean");
    for (wrong, field) in [
        (result("BETA", "2.1", "4", "10"), "scale"),
        (result("BETA", "1.1", "4", "5"), "criterion"),
    ] {
        let found = world.send("survey", record, json!({"r": [wrong]})).await.ok();
        assert_eq!(found["recordSurveyResults"]["items"][0]["problem"]["field"], field);
    }
    // (4.1 − 1) ÷ (5 − 1) × 4 = 3.1 points, in every ledger, without an appraiser.
    let leaf = r#"query($u: String!) { assessment(ref: {key: {round: "T-2019", unit: $u, criterion: "2.1"}}) {
        state points { declared { points } verified { points } final { points } } } }"#;
    let found = world.send("manager", leaf, json!({"u": "ALPHA"})).await.ok()["assessment"].clone();
    let points = json!({"points": "31/10"});
    assert_eq!(
        found,
        json!({"state": "VERIFIED", "points": {"declared": points, "verified": points, "final": points}})
    );
    // Both dossiers were submitted before any survey; nobody declares or reviews what it finds.
    let beta = world.send("manager", leaf, json!({"u": "BETA"})).await.ok()["assessment"].clone();
    assert_eq!(beta["state"], "OPEN");
    let seen = look(&world, "all", "ALPHA", "2.1").await;
    let review = json!({"i": {"items": [accepting("ALPHA", "2.1", &seen)]}});
    assert_eq!(world.send("all", REVIEW, review).await.refused().1, "SURVEY_LEAF");
    let declare = json!({"i": {"dossier": dossier("BETA"), "items": [{"criterion": "2.1"}]}});
    assert_eq!(
        world.send("beta.officer", DECLARE, declare).await.refused().1,
        "SURVEY_LEAF"
    );
}

/// The page's lists are written straight away when the selection is plain; whatever else is asked must answer the same.
#[tokio::test]
async fn a_page_reads_the_same_however_it_is_asked_for() {
    let world = queued().await;
    assert_eq!(claim(&world, "snv.appraiser", "ALPHA", "1.1").await, 1);
    let ask = async |selection: &str| {
        let variables = if selection.contains("$yes") {
            "($yes: Boolean = true)"
        } else {
            ""
        };
        let fragment = if selection.contains("...Line") {
            "fragment Line on QueueItem { __typename id unitCode state stake submittedAt claimedUntil }"
        } else {
            ""
        };
        let document = format!(
            "query Page{variables} {{ reviewQueue(round: \"T-2019\", order: UNIT) {{ {selection} }} }} {fragment}"
        );
        let request = world.server.post("all").json(&json!({"query": document}));
        request.send().await.unwrap().text().await.unwrap()
    };
    let read = |text: &str| serde_json::from_str::<Value>(text).unwrap()["data"]["reviewQueue"].clone();
    let fields = "__typename id unitCode state stake submittedAt claimedUntil";
    let text = ask(&format!(
        "edges {{ cursor node {{ {fields} }} __typename }} nodes {{ {fields} }}"
    ))
    .await;
    let plain = read(&text);
    let edges = plain["edges"].as_array().unwrap();
    assert_eq!(edges.len(), plain["nodes"].as_array().unwrap().len());
    assert_eq!(edges[0]["__typename"], "QueueItemEdge");
    assert_eq!(edges[0]["node"]["__typename"], "QueueItem");
    assert!(edges.iter().any(|edge| edge["node"]["claimedUntil"].is_string()));
    assert!(edges.iter().any(|edge| edge["node"]["claimedUntil"].is_null()));
    for other in [
        "edges { cursor node { ...Line } __typename } nodes { ...Line }".to_owned(),
        format!("edges {{ cursor node {{ {fields} @include(if: $yes) }} __typename }} nodes {{ {fields} }}"),
        format!("edges {{ cursor node {{ criterion @skip(if: $yes) {fields} }} __typename }} nodes {{ {fields} }}"),
        format!(
            "edges {{ cursor node {{ __typename id }} __typename }} edges {{ node {{ {fields} }} }} nodes {{ {fields} }}"
        ),
        format!(
            "... on QueueItemConnection {{ edges {{ cursor node {{ {fields} }} __typename }} nodes {{ {fields} }} }}"
        ),
    ] {
        assert_eq!(ask(&other).await, text, "{other}");
    }
    let inner =
        format!("edges {{ cursor node {{ {fields} assessment {{ criterion }} }} __typename }} nodes {{ {fields} }}");
    let mut inner = read(&ask(&inner).await);
    for edge in inner["edges"].as_array_mut().unwrap() {
        let assessment = edge["node"].as_object_mut().unwrap().remove("assessment");
        assert!(assessment.unwrap()["criterion"].is_string());
    }
    assert_eq!(inner, plain);
    let renamed = read(&ask("mine: edges { place: cursor line: node { code: unitCode } } nodes { unitCode }").await);
    for ((edge, node), plain) in std::iter::zip(
        renamed["mine"].as_array().unwrap(),
        renamed["nodes"].as_array().unwrap(),
    )
    .zip(edges)
    {
        assert_eq!(edge["place"], plain["cursor"]);
        assert_eq!(edge["line"], json!({"code": node["unitCode"]}));
    }
}
