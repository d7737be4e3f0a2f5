//! Who sees what of a survey: results as far as the leaf is seen, by unit.

use serde_json::{Value, json};

use super::{ANSWERS, import, with_questionnaire};
use crate::journey::publish_unverified;
use crate::world::World;

/// The units whose counts somebody is shown; null where nobody tells of the survey.
async fn seen(world: &World, login: &str) -> Value {
    let document = r#"{ survey(round: "T-2019", questionnaire: "Q") { unitResults(units: ["ALPHA", "BETA", "OMEGA"]) { unitCode } } }"#;
    let found = world.send(login, document, json!({})).await.ok()["survey"].clone();
    let Some(units) = found["unitResults"].as_array() else {
        return Value::Null;
    };
    units.iter().map(|unit| unit["unitCode"].clone()).collect()
}

#[tokio::test]
async fn a_unit_sees_its_own_results_and_everybody_all_once_they_are_published() {
    let world = crate::journey::in_appraisal().await;
    super::issue(&world, super::questionnaire("1")).await.ok();
    import(&world, ANSWERS, json!({"reason": "Kết quả chính thức"}))
        .await
        .ok();
    world.run_jobs().await;
    let (both, none) = (json!(["ALPHA", "BETA"]), json!([]));
    for (login, units) in [
        ("", &Value::Null),
        ("alpha.officer", &json!(["ALPHA"])),
        ("beta.head", &json!(["BETA"])),
        ("integrator", &both),
        ("manager", &both),
        ("survey", &both),
        ("snv.appraiser", &both),
        // The leaf is SNV's.
        ("sttt.appraiser", &none),
        ("admin", &Value::Null),
    ] {
        assert_eq!(&seen(&world, login).await, units, "{login:?}");
    }
    // The job's report is for who imports and who runs rounds.
    let job = r#"{ surveys(round: "T-2019") { job { done } } }"#;
    for (login, told) in [
        ("survey", json!({"done": true})),
        ("manager", json!({"done": true})),
        ("integrator", Value::Null),
    ] {
        let found = world.send(login, job, json!({})).await.ok();
        assert_eq!(found["surveys"][0]["job"], told, "{login}");
    }
    publish_unverified(&world).await;
    for login in ["", "alpha.officer", "sttt.appraiser", "admin"] {
        assert_eq!(seen(&world, login).await, both, "{login:?}");
    }
    let late = import(&world, ANSWERS, json!({"reason": "r"})).await;
    assert_eq!(late.refused(), ("REJECTED".to_owned(), "WRONG_PHASE".to_owned()));
    world.verified().await;
}

#[tokio::test]
async fn only_the_survey_operator_imports() {
    let world = with_questionnaire().await;
    let wanted = json!({"i": super::input(&world, ANSWERS, json!({})).await});
    for (login, code) in [
        ("", "UNAUTHENTICATED"),
        ("manager", "FORBIDDEN"),
        ("alpha.head", "FORBIDDEN"),
        ("admin", "FORBIDDEN"),
    ] {
        assert_eq!(
            world.send(login, super::IMPORT, wanted.clone()).await.refused().0,
            code,
            "{login:?}"
        );
    }
    let more = json!({"codes": vec!["ALPHA"; 101]});
    let many = "query($codes: [String!]!) { survey(round: \"T-2019\", questionnaire: \"Q\") { unitResults(units: $codes) { unitCode } } }";
    super::send(&world, &wanted["i"]).await.ok();
    assert_eq!(
        world.send("survey", many, more).await.refused(),
        ("INVALID".to_owned(), "units".to_owned())
    );
}
