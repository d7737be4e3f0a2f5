//! Who sees which appeals, and that their files are kept and what they name is there.

use minhchung::app::documents::streams;
use minhchung::blob::References as _;
use minhchung::domain::appeal::Appeal;
use serde_json::json;

use super::{answer, appeal, appeals, file, finding, letter, of_unit, published, status};
use crate::council::{minutes, minutes_id, record, sha256, signed};
use crate::proof::said;
use crate::support::forging::{forge, standing};

#[tokio::test]
async fn the_council_sees_all_appeals_a_unit_its_own_and_their_files_are_kept() {
    let world = published().await;
    let counted = minhchung::app::verify::verify(&world.app).await.unwrap().files;
    file(
        &world,
        "alpha.head",
        appeal("ALPHA", letter("120/ALPHA-VP", "2020-03-01"), "1.1"),
    )
    .await
    .ok();
    let alpha = appeals(&world, "snv.lead", json!(null)).await[0].clone();
    let held = minutes("50/BB-HĐTĐ", "2020-03-01");
    let meeting = record(&world, "manager", held, "b.pdf", signed("50/BB-HĐTĐ"))
        .await
        .ok();
    let meeting = &meeting["recordCouncilMeeting"]["meeting"]["id"];
    let upheld = json!({"findings": [finding("1.1", "PARTLY")], "councilMinutesId": minutes_id(meeting, 1)});
    answer(&world, "manager", &alpha["id"], "88/HĐTĐ", "2020-03-01", upheld)
        .await
        .ok();
    for login in ["manager", "snv.lead"] {
        let seen = appeals(&world, login, json!("ANSWERED")).await[0].clone();
        assert_eq!(
            (&seen["unitCode"], &seen["filedBy"]),
            (&json!("ALPHA"), &json!("alpha.head")),
            "{login}"
        );
        assert_eq!(seen["grounds"], json!([{"criterion": "1.1", "reason": "Đếm thiếu"}]));
        assert_eq!(
            seen["answer"]["minutes"],
            json!({"number": "50/BB-HĐTĐ", "heldOn": "2020-03-01", "sha256": [sha256(&signed("50/BB-HĐTĐ"))]})
        );
    }
    let node = "query($i: ID!) { node(id: $i) { id } }";
    for (login, of_round, own, other) in [
        ("manager", true, true, true),
        ("snv.lead", true, true, true),
        ("alpha.head", false, true, false),
        ("alpha.officer", false, true, false),
        ("beta.head", false, false, true),
        ("snv.appraiser", false, false, false),
        ("integrator", false, false, false),
        ("", false, false, false),
    ] {
        assert_eq!(
            !appeals(&world, login, json!(null)).await.is_null(),
            of_round,
            "{login}"
        );
        assert_eq!(!of_unit(&world, login, "ALPHA").await.is_null(), own, "{login}");
        assert_eq!(!of_unit(&world, login, "BETA").await.is_null(), other, "{login}");
        let found = world.send(login, node, json!({"i": alpha["id"]})).await.ok();
        assert_eq!(!found["node"].is_null(), own, "{login}");
    }
    // Letters and answers are files of the round: kept, downloaded by who sees the appeal, read again by verify.
    let answered = appeals(&world, "manager", json!(null)).await[0].clone();
    for letter in [&answered["letter"], &answered["answer"]["letter"]] {
        let (path, bytes) = (&letter["files"][0]["path"], &letter["files"][0]["sha256"]);
        assert_eq!(*bytes, json!(sha256(&signed(letter["number"].as_str().unwrap()))));
        assert!(world.app.referenced(bytes.as_str().unwrap()).await.unwrap());
        assert_eq!(
            (
                status(&world, "manager", path).await,
                status(&world, "alpha.head", path).await
            ),
            (200, 404)
        );
    }
    let path = &of_unit(&world, "alpha.officer", "ALPHA").await[0]["letter"]["files"][0]["path"];
    assert_eq!(status(&world, "alpha.officer", path).await, 200);
    let report = minhchung::app::verify::verify(&world.app).await.unwrap();
    assert_eq!((report.difference, report.files), (None, counted + 3));

    // Whoever can write could make an answer rest on other minutes, or an appeal be followed by what is not there.
    let round = streams::round("T-2019");
    let honest: Appeal = standing(&world, &round, "ALPHA~01").await;
    let mut forged = honest.clone();
    forged.answer.as_mut().unwrap().council.as_mut().unwrap().edition = 2;
    forge(&world, &round, &forged).await;
    let told = "round:T-2019: the answer to appeal ALPHA~01: the council's minutes 50/BB-HĐTĐ, version 2 are not as it names them";
    assert_eq!(said(&world).await, told);
    let mut forged = honest.clone();
    forged.followed_by = vec![2];
    forge(&world, &round, &forged).await;
    assert_eq!(
        said(&world).await,
        "round:T-2019: appeal ALPHA~01 names version 2, which is not there"
    );
    let mut followed = honest.clone();
    followed.followed_by = vec![1];
    let mut late = honest.clone();
    late.filed_at = "2020-03-09T17:00:00Z".parse().unwrap();
    let (mut early, mut unmet) = (honest.clone(), honest.clone());
    early.answer.as_mut().unwrap().letter.dated = "2020-02-29".parse().unwrap();
    unmet.letter.dated = "2020-03-02".parse().unwrap();
    unmet.answer.as_mut().unwrap().letter.dated = "2020-03-02".parse().unwrap();
    unmet.answer.as_mut().unwrap().at = "2020-03-02T02:00:00Z".parse().unwrap();
    for (forged, told) in [
        (followed, "appeal ALPHA~01 names versions that do not follow it"),
        (late, "appeal ALPHA~01 was not filed in time"),
        (
            early,
            "the answer to appeal ALPHA~01: it is dated at a time at which it was not given",
        ),
        (
            unmet,
            "the answer to appeal ALPHA~01: the meeting that it rests on was not between the letter and it",
        ),
    ] {
        forge(&world, &round, &forged).await;
        assert_eq!(said(&world).await, format!("round:T-2019: {told}"));
    }
    forge(&world, &round, &honest).await;
    let sha = sha256(&signed("88/HĐTĐ"));
    std::fs::remove_file(world.folder.path().join("blobs").join(&sha[..2]).join(&sha)).unwrap();
    let told = "round:T-2019: letter 88/HĐTĐ of appeal ALPHA~01: file \"Trả lời.pdf\" is not there";
    assert_eq!(said(&world).await, told);
}
