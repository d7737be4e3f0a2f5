//! The council's meetings, their minutes in versions, and who sees what of them when.

use minhchung::app::documents::streams;
use minhchung::app::fixity;
use minhchung::blob::References as _;
use minhchung::domain::council::{CouncilMeeting, Rests};
use minhchung::domain::round::{NodeRanking, Publication, RankingRow};
use minhchung::graphql::ids;
use minhchung::store::Digest;
use serde_json::{Value, json};

use crate::journey::{PDF, ask_to_publish_unverified, brought_to_appraisal, in_appraisal};
use crate::proof::said;
use crate::support::forging::{forge, standing};
use crate::world::{Answer, OPEN_ROUND, World};

pub const RECORD: &str = "mutation($i: RecordCouncilMeetingInput!) { recordCouncilMeeting(input: $i) {
    meeting { id minutes { version number sha256 } } receipt { stream } } }";
const REVISE: &str = "mutation($i: ReviseCouncilMeetingInput!) { reviseCouncilMeeting(input: $i) {
    meeting { id minutes { version number reason sha256 } } } }";
const MEETINGS: &str = r#"{ round(code: "T-2019") { councilMeetings { nodes { id roundCode publications
    minutes { version number heldOn chairedBy present { name role } conclusion decisions { unit criterion text } sha256 reason recordedBy files { name size path } }
    versions { nodes { version number } } } } } }"#;

pub fn minutes(number: &str, held_on: &str) -> Value {
    json!({"number": number, "heldOn": held_on, "chairedBy": "Hồ Quang Bửu", "conclusion": "Thống nhất kết quả thẩm định",
        "decisions": [{"unit": "ALPHA", "criterion": "1.1", "text": "Giữ kết quả thẩm định"}, {"unit": "BETA", "text": "Nhắc nhở"}],
        "present": [{"name": "Hồ Quang Bửu", "role": "CHAIR"}, {"name": "Nguyễn Văn A", "role": "SECRETARY"}],
        "files": [{"upload": null}]})
}

pub fn signed(text: &str) -> Vec<u8> {
    [PDF, text.as_bytes()].concat()
}

pub fn sha256(bytes: &[u8]) -> String {
    Digest::of(&[bytes]).to_string()
}

/// Records a meeting with one file.
pub async fn record(world: &World, login: &str, minutes: Value, file: &str, bytes: Vec<u8>) -> Answer {
    let input = json!({"i": {"round": "T-2019", "minutes": minutes}});
    let part = vec![("i.minutes.files.0.upload", file, bytes)];
    world.upload(login, RECORD, &input, part).await
}

/// Records a meeting; its id.
pub async fn recorded(world: &World, number: &str, held_on: &str) -> Value {
    let bytes = signed(number);
    let answer = record(world, "manager", minutes(number, held_on), "Biên bản.pdf", bytes).await;
    answer.ok()["recordCouncilMeeting"]["meeting"]["id"].clone()
}

/// The id of a version of a meeting's minutes.
pub fn minutes_id(meeting: &Value, version: u32) -> Value {
    let (_, key) = ids::decode(meeting.as_str().unwrap()).unwrap();
    json!(ids::encode("CouncilMinutes", &format!("{key}~{version}")).as_str())
}

/// The meetings that somebody sees.
pub async fn meetings(world: &World, login: &str) -> Vec<Value> {
    let found = world.send(login, MEETINGS, json!({})).await.ok();
    found["round"]["councilMeetings"]["nodes"].as_array().unwrap().clone()
}

/// Corrects the first version of a meeting's minutes without sending a file.
async fn revise(world: &World, meeting: &Value, mut minutes: Value, reason: &str) -> Answer {
    minutes["files"] = json!([]);
    let input = json!({"i": {"round": "T-2019", "meetingId": meeting, "expectedVersion": 1, "minutes": minutes, "reason": reason}});
    world.send("manager", REVISE, input).await
}

async fn status(world: &World, login: &str, path: &Value) -> u16 {
    let request = world.server.client.get(world.server.url(path.as_str().unwrap()));
    let request = request.bearer_auth(world.server.token(login));
    request.send().await.unwrap().status().as_u16()
}

#[tokio::test]
async fn minutes_are_recorded_with_their_file_and_corrected_by_a_version() {
    let world = in_appraisal().await;
    let id = recorded(&world, "45/BB-HĐTĐ", "2020-02-27").await;
    let seen = meetings(&world, "manager").await;
    assert_eq!(seen.len(), 1);
    assert_eq!((&seen[0]["id"], &seen[0]["publications"]), (&id, &json!([])));
    let first = &seen[0]["minutes"];
    assert_eq!(
        first["present"][1],
        json!({"name": "Nguyễn Văn A", "role": "SECRETARY"})
    );
    assert_eq!(
        first["decisions"],
        json!([{"unit": "ALPHA", "criterion": "1.1", "text": "Giữ kết quả thẩm định"},
            {"unit": "BETA", "criterion": null, "text": "Nhắc nhở"}])
    );
    assert_eq!(first["sha256"], json!([sha256(&signed("45/BB-HĐTĐ"))]));
    assert_eq!(
        (&first["reason"], &first["recordedBy"]),
        (&json!(null), &json!("manager"))
    );
    let path = first["files"][0]["path"].clone();
    let found = world.server.client.get(world.server.url(path.as_str().unwrap())).send();
    assert_eq!(found.await.unwrap().bytes().await.unwrap(), signed("45/BB-HĐTĐ"));
    assert_eq!(status(&world, "alpha.head", &path).await, 404);

    // Nobody else sees anything before results rest on it: who reviews would read what is planned for the own unit.
    for login in [
        "",
        "alpha.head",
        "alpha.officer",
        "snv.appraiser",
        "survey",
        "admin",
        "integrator",
    ] {
        assert_eq!(meetings(&world, login).await, Vec::<Value>::new(), "{login}");
        let node = world
            .send(login, "query($i: ID!) { node(id: $i) { id } }", json!({"i": id}))
            .await
            .ok();
        assert_eq!(node["node"], json!(null), "{login}");
    }

    // A correction: the file stays, both versions are read, and the reason is told.
    let revised = revise(&world, &id, minutes("45/BB-HĐTĐ-CCHC", "2020-02-26"), "Sai ký hiệu")
        .await
        .ok();
    assert_eq!(
        revised["reviseCouncilMeeting"]["meeting"]["minutes"],
        json!({"version": 2, "number": "45/BB-HĐTĐ-CCHC", "reason": "Sai ký hiệu", "sha256": first["sha256"]})
    );
    let seen = meetings(&world, "manager").await;
    let versions = json!([{"version": 1, "number": "45/BB-HĐTĐ"}, {"version": 2, "number": "45/BB-HĐTĐ-CCHC"}]);
    assert_eq!(seen[0]["versions"]["nodes"], versions);
    let pages = r#"query($a: String) { round(code: "T-2019") { councilMeetings { nodes { versions(first: 1, after: $a) {
        nodes { version } pageInfo { endCursor hasNextPage } } } } } }"#;
    let page = async |after: &Value| {
        let found = world.send("manager", pages, json!({"a": after})).await.ok();
        found["round"]["councilMeetings"]["nodes"][0]["versions"].clone()
    };
    let one = page(&json!(null)).await;
    assert_eq!(
        (&one["nodes"][0]["version"], &one["pageInfo"]["hasNextPage"]),
        (&json!(1), &json!(true))
    );
    let two = page(&one["pageInfo"]["endCursor"]).await;
    assert_eq!(
        (&two["nodes"][0]["version"], &two["pageInfo"]["hasNextPage"]),
        (&json!(2), &json!(false))
    );

    // Meetings come by day, whenever they were recorded.
    recorded(&world, "44/BB-HĐTĐ", "2020-01-15").await;
    let numbers: Vec<Value> = meetings(&world, "manager")
        .await
        .iter()
        .map(|one| one["minutes"]["number"].clone())
        .collect();
    assert_eq!(numbers, ["44/BB-HĐTĐ", "45/BB-HĐTĐ-CCHC"]);
    world.verified().await;
}

#[tokio::test]
async fn minutes_that_cannot_be_are_refused_and_leave_nothing() {
    let world = in_appraisal().await;
    let before = world.kept();
    let good = || minutes("45/BB-HĐTĐ", "2020-02-27");
    let changed = |field: &str, value: Value| {
        let mut input = good();
        input[field] = value;
        input
    };
    let decided = |unit: &str, criterion: Value, text: &str| {
        changed(
            "decisions",
            json!([{"unit": unit, "criterion": criterion, "text": text}]),
        )
    };
    let twice = json!([{"name": "A", "role": "CHAIR"}, {"name": "A", "role": "MEMBER"}]);
    for (input, field) in [
        (changed("number", json!(" ")), "minutes.number"),
        (changed("conclusion", json!("")), "minutes.conclusion"),
        (changed("heldOn", json!("2020-03-02")), "minutes.heldOn"),
        (changed("chairedBy", json!("Người khác")), "minutes.chairedBy"),
        (changed("present", json!([])), "minutes.chairedBy"),
        (changed("present", twice), "minutes.present.1.name"),
        (decided("OMEGA", json!(null), "t"), "minutes.decisions.0.unit"),
        (decided("ALPHA", json!("9.9"), "t"), "minutes.decisions.0.criterion"),
        (decided("ALPHA", json!("1.1"), " "), "minutes.decisions.0.text"),
        (
            changed("decisions", json!(vec![json!({"unit": "ALPHA", "text": "t"}); 201])),
            "minutes.decisions",
        ),
    ] {
        let refused = record(&world, "manager", input, "b.pdf", signed("b")).await.refused();
        assert_eq!(refused, ("INVALID".to_owned(), field.to_owned()));
    }
    // Today is not the future, and a picture is no signed paper.
    let picture = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01\x08\x06\0\0\0".to_vec();
    let refused = record(&world, "manager", good(), "b.png", picture).await.refused();
    assert_eq!(refused, ("INVALID".to_owned(), "minutes.files.0".to_owned()));
    let none = json!({"i": {"round": "T-2019", "minutes": changed("files", json!([]))}});
    let refused = world.send("manager", RECORD, none).await.refused();
    assert_eq!(refused, ("INVALID".to_owned(), "minutes.files".to_owned()));
    let elsewhere = json!({"i": {"round": "T-1900", "minutes": changed("files", json!([]))}});
    assert_eq!(world.send("manager", RECORD, elsewhere).await.refused().0, "NOT_FOUND");
    let missing = json!("Q291bmNpbE1lZXRpbmc6VC0yMDE5L25vbmU");
    assert_eq!(
        revise(&world, &missing, good(), "r").await.refused(),
        ("NOT_FOUND".to_owned(), "meetingId".to_owned())
    );
    assert!(
        before.difference(&world.kept()).is_empty(),
        "refused, but something was kept"
    );

    let id = recorded(&world, "45/BB-HĐTĐ", "2020-03-01").await;
    let refused = revise(&world, &id, good(), " ").await.refused();
    assert_eq!(refused, ("INVALID".to_owned(), "reason".to_owned()));
}

#[tokio::test]
async fn minutes_are_kept_read_again_and_missed_like_evidence() {
    let world = in_appraisal().await;
    let counted = minhchung::app::verify::verify(&world.app).await.unwrap().files;
    let id = recorded(&world, "45/BB-HĐTĐ", "2020-02-27").await;
    let mut second = minutes("45/BB-HĐTĐ", "2020-02-27");
    second["files"] = json!([{"upload": null}]);
    let input = json!({"i": {"round": "T-2019", "meetingId": id, "expectedVersion": 1, "minutes": second, "reason": "Bản có dấu"}});
    let part = vec![("i.minutes.files.0.upload", "Biên bản.pdf", signed("stamped"))];
    world.upload("manager", REVISE, &input, part).await.ok();

    // Nobody needs the first version any more, but it names its bytes still: no sweep takes them.
    let first = sha256(&signed("45/BB-HĐTĐ"));
    for bytes in [&first, &sha256(&signed("stamped"))] {
        assert!(world.app.referenced(bytes).await.unwrap());
    }
    assert!(!world.app.referenced(&sha256(b"unknown")).await.unwrap());
    let report = minhchung::app::verify::verify(&world.app).await.unwrap();
    assert_eq!((report.difference, report.files), (None, counted + 2));

    let place = world.folder.path().join("blobs").join(&first[..2]).join(&first);
    let bytes = std::fs::read(&place).unwrap();
    std::fs::remove_file(&place).unwrap();
    let missing = "round:T-2019: minutes 45/BB-HĐTĐ, version 1: file \"Biên bản.pdf\" is not there";
    assert_eq!(said(&world).await, missing);
    let mut found = Vec::new();
    let asked = fixity::Asked {
        resume: false,
        limit: None,
    };
    fixity::run_all(&world.app, "test", asked, &mut |finding| {
        found.push(finding.to_string())
    })
    .await
    .unwrap();
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(
        found[0].starts_with(&first) && found[0].contains(" of T-2019, revision 1"),
        "{found:?}"
    );
    std::fs::write(&place, bytes).unwrap();
    assert_eq!(said(&world).await, "");
}

const PUBLICATION: &str = r#"{ round(code: "T-2019") { phase publishedVersion appraisalRules { councilDecides }
    publication { version councilMinutes { id version number heldOn sha256 chairedBy present { name } conclusion decisions { text } reason
    recordedAt recordedBy files { path } } } } }"#;

/// The minutes that the newest results rest on, as somebody sees them.
async fn rests_on(world: &World, login: &str) -> Value {
    let found = world.send(login, PUBLICATION, json!({})).await.ok();
    found["round"]["publication"]["councilMinutes"].clone()
}

/// A round whose council decides, in appraisal.
pub async fn where_the_council_decides() -> World {
    let world = World::with_framework().await;
    let rules = "year: 2019, appraisal: {councilDecides: true}";
    world.open_round(&OPEN_ROUND.replace("year: 2019", rules)).await;
    brought_to_appraisal(world).await
}

#[tokio::test]
async fn results_rest_on_a_meeting_in_the_version_that_they_name() {
    let world = where_the_council_decides().await;
    let rejected = |rule: &str| ("REJECTED".to_owned(), rule.to_owned());
    let late = recorded(&world, "46/BB-HĐTĐ", "2020-02-29").await;
    let meeting = recorded(&world, "45/BB-HĐTĐ", "2020-02-28").await;
    let before = world.kept();
    let ask = async |more: Value| ask_to_publish_unverified(&world, more).await;
    let refused = ask(json!({})).await;
    assert!(
        refused.messages[0].contains("recordCouncilMeeting"),
        "{:?}",
        refused.messages
    );
    assert_eq!(refused.refused(), rejected("COUNCIL_DECIDES"));
    assert_eq!(
        ask(json!({"councilMinutesId": minutes_id(&late, 1)})).await.refused(),
        rejected("MEETING_AFTER_DECISION")
    );
    for missing in [json!("nonsense"), minutes_id(&meeting, 2), meeting.clone()] {
        let refused = ask(json!({"councilMinutesId": missing})).await.refused();
        assert_eq!(refused, ("NOT_FOUND".to_owned(), "councilMinutesId".to_owned()));
    }
    assert!(
        before.difference(&world.kept()).is_empty(),
        "refused, but something was kept"
    );

    ask(json!({"councilMinutesId": minutes_id(&meeting, 1)})).await.ok();
    // What is asked for is on its way: a correction of the minutes meanwhile changes nothing of it.
    let corrected = minutes("45A/BB-HĐTĐ", "2020-02-28");
    revise(&world, &meeting, corrected, "Sai ký hiệu").await.ok();
    world.run_jobs().await;
    let bytes = json!([sha256(&signed("45/BB-HĐTĐ"))]);
    for login in ["", "survey", "admin"] {
        let seen = rests_on(&world, login).await;
        assert_eq!(
            (&seen["number"], &seen["heldOn"]),
            (&json!("45/BB-HĐTĐ"), &json!("2020-02-28")),
            "{login}"
        );
        assert_eq!((&seen["version"], &seen["sha256"]), (&json!(1), &bytes), "{login}");
        for hidden in [
            "chairedBy",
            "present",
            "conclusion",
            "decisions",
            "reason",
            "recordedAt",
            "recordedBy",
        ] {
            assert_eq!(seen[hidden], json!(null), "{login}: {hidden}");
        }
        assert_eq!(seen["files"], json!([]), "{login}");
        let listed = meetings(&world, login).await;
        assert_eq!(listed.len(), 1, "{login}: the other meeting is nobody's business yet");
        assert_eq!(
            (&listed[0]["minutes"]["version"], &listed[0]["publications"]),
            (&json!(1), &json!([1]))
        );
        assert_eq!(
            listed[0]["versions"]["nodes"],
            json!([{"version": 1, "number": "45/BB-HĐTĐ"}]),
            "{login}"
        );
    }
    // The units read the minutes that decided about them, and no other version.
    let seen = rests_on(&world, "beta.head").await;
    assert_eq!(
        (&seen["version"], &seen["chairedBy"]),
        (&json!(1), &json!("Hồ Quang Bửu"))
    );
    assert_eq!(
        (
            &seen["recordedBy"],
            status(&world, "beta.head", &seen["files"][0]["path"]).await
        ),
        (&json!(null), 200)
    );
    let newest = meetings(&world, "manager").await;
    let newest = newest.iter().find(|one| one["id"] == meeting).unwrap();
    assert_eq!(newest["minutes"]["version"], 2);
    let path = &newest["minutes"]["files"][0]["path"];
    assert_eq!(
        (
            status(&world, "manager", path).await,
            status(&world, "beta.head", path).await
        ),
        (200, 404)
    );
    let rules = world.send("", PUBLICATION, json!({})).await.ok();
    assert_eq!(rules["round"]["appraisalRules"]["councilDecides"], true);
    world.verified().await;
}

#[tokio::test]
async fn a_publication_that_names_other_minutes_than_there_are_is_found() {
    let world = where_the_council_decides().await;
    let meeting = recorded(&world, "45/BB-HĐTĐ", "2020-02-28").await;
    ask_to_publish_unverified(&world, json!({"councilMinutesId": minutes_id(&meeting, 1)}))
        .await
        .ok();
    world.run_jobs().await;
    let round = streams::round("T-2019");
    let honest: Publication = standing(&world, &round, "1").await;
    let mut forged = honest.clone();
    forged.council.as_mut().unwrap().number = "47/BB-HĐTĐ".to_owned();
    forge(&world, &round, &forged).await;
    let told = "round:T-2019: version 1: the council's minutes 47/BB-HĐTĐ, version 1 are not as it names them";
    assert_eq!(said(&world).await, told);
    forged.council = None;
    forge(&world, &round, &forged).await;
    let told = "round:T-2019: version 1: it rests on no meeting of the council, which decides in this round";
    assert_eq!(said(&world).await, told);
    let mut forged = honest.clone();
    forged.decision_date = "2020-02-27".parse().unwrap();
    forge(&world, &round, &forged).await;
    let told = "round:T-2019: version 1: the meeting that it rests on was held after its decision";
    assert_eq!(said(&world).await, told);
    forge(&world, &round, &honest).await;

    // The other way round: a meeting says that results rest on it, and becomes public by that.
    let (_, key) = ids::decode(meeting.as_str().unwrap()).unwrap();
    let id = key.split_once('/').unwrap().1;
    let plain: CouncilMeeting = standing(&world, &round, id).await;
    for named in [vec![(1, 1), (2, 1)], vec![(1, 1), (1, 1)]] {
        let mut forged = plain.clone();
        let rests = |(publication, minutes)| Rests { publication, minutes };
        forged.publications = named.into_iter().map(rests).collect();
        forge(&world, &round, &forged).await;
        let told = format!("round:T-2019: council meeting {id} names publications that do not rest on it");
        assert_eq!(said(&world).await, told);
    }
    forge(&world, &round, &plain).await;

    // Lines of units that are not in the round, and rankings of nothing.
    let row: RankingRow = standing(&world, &round, &RankingRow::key_of(1, "ALPHA")).await;
    let node: NodeRanking = standing(&world, &round, &NodeRanking::key_of(1, "SO", "1")).await;
    let mut forged = node.clone();
    forged.node = "9".to_owned();
    forge(&world, &round, &forged).await;
    let told = "round:T-2019: version 1: the ranking of SO by 9 is one that nothing ranks";
    assert_eq!(said(&world).await, told);
    let mut forged = row.clone();
    forged.unit = "OMEGA".to_owned();
    forge(&world, &round, &forged).await;
    let told = "round:T-2019: version 1: its lines are not those of the round's units";
    assert_eq!(said(&world).await, told);
}

/// What was decided on is named: a correction that nobody who decided has read is not published unseen.
#[tokio::test]
async fn results_rest_on_the_minutes_that_were_read() {
    let world = where_the_council_decides().await;
    let meeting = recorded(&world, "45/BB-HĐTĐ", "2020-02-27").await;
    let corrected = minutes("45A/BB-HĐTĐ", "2020-02-27");
    revise(&world, &meeting, corrected.clone(), "Sai ký hiệu").await.ok();
    let ask = async |version| {
        let named = json!({"councilMinutesId": minutes_id(&meeting, version)});
        ask_to_publish_unverified(&world, named).await
    };
    let refused = ask(1).await;
    assert_eq!(refused.errors[0].2.as_deref(), Some("councilMinutesId"));
    assert!(refused.messages[0].contains("version 2"), "{:?}", refused.messages);
    assert_eq!(
        refused.refused(),
        ("REJECTED".to_owned(), "MINUTES_CORRECTED".to_owned())
    );
    ask(2).await.ok();
    world.run_jobs().await;
    assert_eq!(rests_on(&world, "").await["version"], 2);

    // Nor is a correction made of what somebody else has corrected, or a meeting recorded twice.
    let refused = revise(&world, &meeting, corrected, "Sai ngày").await;
    assert_eq!(refused.errors[0].2.as_deref(), Some("expectedVersion"));
    assert_eq!(refused.refused(), ("REJECTED".to_owned(), "STALE_VERSION".to_owned()));
    let before = world.kept();
    let again = record(
        &world,
        "manager",
        minutes("45A/BB-HĐTĐ", "2020-02-27"),
        "b.pdf",
        signed("45/BB-HĐTĐ"),
    )
    .await;
    assert_eq!(again.errors[0].2.as_deref(), Some("minutes.number"));
    assert_eq!(again.refused(), ("REJECTED".to_owned(), "MEETING_RECORDED".to_owned()));
    assert!(
        before.difference(&world.kept()).is_empty(),
        "refused, but something was kept"
    );
    recorded(&world, "45A/BB-HĐTĐ", "2020-02-28").await;
    world.verified().await;
}

/// Those who see one version alone learn nothing of the day in another from where the meeting stands.
#[tokio::test]
async fn meetings_stand_where_their_first_version_put_them() {
    let world = where_the_council_decides().await;
    let early = recorded(&world, "44/BB-HĐTĐ", "2020-01-15").await;
    recorded(&world, "45/BB-HĐTĐ", "2020-02-27").await;
    revise(&world, &early, minutes("44/BB-HĐTĐ", "2020-02-28"), "Sai ngày")
        .await
        .ok();
    let days: Vec<Value> = meetings(&world, "manager")
        .await
        .iter()
        .map(|one| one["minutes"]["heldOn"].clone())
        .collect();
    assert_eq!(days, ["2020-02-28", "2020-02-27"]);
}

/// Two hundred decisions of 4,000 letters of two bytes are 1.6 MB: more than a document holds. Half of that is, too.
#[tokio::test]
async fn minutes_have_room_in_a_document() {
    let world = in_appraisal().await;
    let long = |count: usize, letters: usize| {
        let mut input = minutes("45/BB-HĐTĐ", "2020-02-27");
        input["decisions"] = json!(vec![json!({"unit": "ALPHA", "text": "ư".repeat(letters)}); count]);
        input
    };
    for (count, letters) in [(200, 4000), (200, 2000)] {
        let refused = record(&world, "manager", long(count, letters), "b.pdf", signed("b")).await;
        assert_eq!(
            refused.refused(),
            ("TOO_LARGE".to_owned(), "minutes.decisions".to_owned())
        );
    }
    record(&world, "manager", long(200, 1800), "b.pdf", signed("b"))
        .await
        .ok();
}
