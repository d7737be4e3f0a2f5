//! What of a survey's file is kept: counts, and nothing of anybody.

use std::path::Path;

use serde_json::{Value, json};

use super::{ANSWERS, IMPORT, import, input, points, send, with_questionnaire};

const NAME: &str = "Nguyễn Thị Kín Đáo";

/// Files below a folder in which the bytes occur.
fn holding(folder: &Path, bytes: &[u8]) -> Vec<String> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(holding(&path, bytes));
        } else if std::fs::read(&path)
            .unwrap()
            .windows(bytes.len())
            .any(|window| window == bytes)
        {
            found.push(path.display().to_string());
        }
    }
    found
}

/// The answers with a name and an address in each row.
fn with_names() -> String {
    let lines = ANSWERS.lines().enumerate();
    let line = |(number, line): (usize, &str)| match number {
        0 => format!("ho_ten,{line},dia_chi\n"),
        number => format!("{NAME} {number},{line},\"Thôn {number}, xã Kín\"\n"),
    };
    lines.map(line).collect()
}

#[tokio::test]
async fn no_byte_of_a_name_is_left_anywhere() {
    let world = with_questionnaire().await;
    let folder = world.folder.path();
    let file = with_names();
    let wanted = input(&world, &file, json!({})).await;
    assert_eq!(
        holding(folder, NAME.as_bytes()).len(),
        1,
        "the upload itself waits there"
    );

    let (code, field, message) = send(&world, &wanted).await.refusal("en").unwrap();
    assert_eq!((code.as_str(), field.as_str()), ("INVALID", "file"));
    assert!(message.contains("no column ho_ten"), "{message}");
    let mut dropping = wanted.clone();
    dropping["dropColumns"] = json!(["ho_ten", "dia_chi"]);
    dropping["idempotencyKey"] = json!("k1");
    let imported = send(&world, &dropping).await.ok()["importSurvey"].clone();
    assert_eq!(imported["survey"]["droppedColumns"], json!(["dia_chi", "ho_ten"]));
    world.run_jobs().await;
    assert_eq!(points(&world, "ALPHA").await, "27/10");
    for secret in [NAME, "xã Kín"] {
        assert_eq!(holding(folder, secret.as_bytes()), Vec::<String>::new());
    }

    // A lost answer is given again although the file is gone; the reference opens nothing any more.
    let again = send(&world, &dropping).await.ok()["importSurvey"].clone();
    assert_eq!(again["receipt"], imported["receipt"]);
    assert_eq!((&again["survey"]["edition"], &again["rows"]), (&json!(1), &Value::Null));
    dropping["idempotencyKey"] = json!("k2");
    let (code, field, message) = send(&world, &dropping).await.refusal("en").unwrap();
    assert_eq!((code.as_str(), field.as_str()), ("INVALID", "file"));
    assert!(message.contains("upload it again"), "{message}");
    world.verified().await;
}

#[tokio::test]
async fn a_file_of_the_same_request_goes_with_it() {
    let world = with_questionnaire().await;
    let mut wanted = input(
        &world,
        "unit,q1,q2\n",
        json!({"dropColumns": ["ho_ten", "dia_chi"], "dryRun": true}),
    )
    .await;
    wanted["file"] = json!({"upload": null});
    for dry_run in [true, false] {
        wanted["dryRun"] = json!(dry_run);
        let file = vec![("i.file.upload", "khao-sat.csv", with_names().into_bytes())];
        let told = world.upload("survey", IMPORT, &json!({"i": wanted}), file).await.ok();
        assert_eq!(told["importSurvey"]["rows"]["goodRows"], 9);
        assert_eq!(holding(world.folder.path(), NAME.as_bytes()), Vec::<String>::new());
    }
    world.run_jobs().await;
    assert_eq!(points(&world, "BETA").await, "12/5");
}

#[tokio::test]
async fn bad_rows_refuse_the_file_or_are_left_out_and_never_told() {
    let world = with_questionnaire().await;
    let file = format!("{ANSWERS}OMEGA,5,5,F\nALPHA,{NAME},9,F\nBETA,3\n");
    let wanted = input(&world, &file, json!({})).await;
    // A dry run says what would refuse it.
    let mut dry = wanted.clone();
    dry["dryRun"] = json!(true);
    let told = send(&world, &dry).await.ok()["importSurvey"]["rows"].clone();
    assert_eq!(
        (&told["badRows"], &told["problems"][0]["line"]),
        (&json!(3), &json!(11))
    );
    let refused = send(&world, &wanted).await;
    let (code, field, message) = refused.refusal("en").unwrap();
    assert_eq!((code.as_str(), field.as_str()), ("INVALID", "file"));
    assert!(
        message.starts_with("3 bad rows, the first is line 11, unit:"),
        "{message}"
    );
    assert!(!message.contains(NAME), "{message}");
    let mut accepted = wanted.clone();
    accepted["acceptBadRows"] = json!(true);
    let imported = send(&world, &accepted).await.ok()["importSurvey"].clone();
    assert_eq!(
        (&imported["survey"]["goodRows"], &imported["survey"]["badRows"]),
        (&json!(9), &json!(3))
    );
    let problems = imported["rows"]["problems"].as_array().unwrap();
    let told: Vec<Value> = problems
        .iter()
        .map(|one| json!([one["line"], one["column"], one["code"]]))
        .collect();
    assert_eq!(
        told,
        [
            json!([11, "unit", "UNKNOWN_CODE"]),
            json!([12, "q1", "UNKNOWN_CODE"]),
            json!([12, "q2", "UNKNOWN_CODE"]),
            json!([13, null, "WRONG_LENGTH"])
        ]
    );
    assert!(!imported.to_string().contains(NAME));
    world.run_jobs().await;
    assert_eq!(points(&world, "ALPHA").await, "27/10");
    assert_eq!(holding(world.folder.path(), NAME.as_bytes()), Vec::<String>::new());
}

#[tokio::test]
async fn what_is_no_survey_is_refused_with_what_to_do() {
    let world = with_questionnaire().await;
    let before = world.kept();
    for (file, more, code, field, says) in [
        (
            "q1,q2\n5,5\n",
            json!({}),
            "INVALID",
            "file",
            "header with the column unit",
        ),
        (
            "unit,q1\nALPHA,5\n",
            json!({}),
            "INVALID",
            "file",
            "Column q2 is missing",
        ),
        ("unit,q1,q2\n", json!({}), "INVALID", "file", "no rows"),
        (
            ANSWERS,
            json!({"questionnaire": "Q@9"}),
            "NOT_FOUND",
            "questionnaire",
            "questionnaire",
        ),
        (ANSWERS, json!({"round": "NONE"}), "NOT_FOUND", "round", "round"),
        (
            ANSWERS,
            json!({"populations": []}),
            "INVALID",
            "populations",
            "State the population of ALPHA",
        ),
        (
            ANSWERS,
            json!({"population": "8", "populations": []}),
            "INVALID",
            "population",
            "smaller than the 9 asked",
        ),
        (
            ANSWERS,
            json!({"populations": [{"unit": "OMEGA", "population": "1"}]}),
            "INVALID",
            "populations",
            "OMEGA takes no part",
        ),
        (
            ANSWERS,
            json!({"dropColumns": ["q1"]}),
            "INVALID",
            "file",
            "q1 is needed",
        ),
        (ANSWERS, json!({"source": " "}), "INVALID", "source", "1 to 500"),
        (
            ANSWERS,
            json!({"file": {"reference": "x"}}),
            "INVALID",
            "file.reference",
            "uploadFiles",
        ),
        (ANSWERS, json!({"file": {}}), "INVALID", "file", "exactly one"),
    ] {
        let answer = import(&world, file, more.clone()).await;
        let (found, found_field, message) = answer.refusal("en").unwrap();
        assert_eq!(
            (found.as_str(), found_field.as_str()),
            (code, field),
            "{more}: {message}"
        );
        assert!(message.contains(says), "{more}: {message}");
    }
    // What is left are the files themselves, which wait as long as their references.
    let left = before.difference(&world.kept());
    assert!(left.iter().all(|name| !name.contains(" row ")), "{left:?}");
}
