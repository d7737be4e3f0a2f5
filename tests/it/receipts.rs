//! Receipts: every change gives one, it names the entry that holds the change, and it is checked without the server.

use std::collections::{BTreeMap, BTreeSet};

use minhchung::store::{EntryRecord, StreamId};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::journey::{accepting, declaration, dossier, export, in_appraisal, leaf, look, publish_unverified, report};
use crate::world::{World, framework, usage};

const ENTRY: &str = "query($s: String!, $n: Long!) { journalEntry(stream: $s, entry: $n) {
    stream number hash previousHash header command actor role at reason documents { collection key digest } } }";

/// Sends a mutation by its name, and asks for what its payload says besides `$with`.
async fn change(world: &World, login: &str, name: &str, with: &str, input: Value) -> Value {
    let kind = format!("{}{}Input", name[..1].to_uppercase(), &name[1..]);
    let kind = if name == "reopenDossier" {
        "ReturnDossierInput"
    } else {
        &kind
    };
    let receipt = "stream entry hash recordedAt";
    let ask = with.replace("receipts", &format!("receipts {{ {receipt} }}"));
    let ask = if with.contains("receipts") {
        ask
    } else {
        ask.replace("receipt", &format!("receipt {{ {receipt} }}"))
    };
    let document = format!("mutation($i: {kind}!) {{ {name}(input: $i) {{ {ask} }} }}");
    world.send(login, &document, json!({"i": input})).await.ok()[name].clone()
}

async fn entry_of(world: &World, receipt: &Value) -> EntryRecord {
    let stream = StreamId::parse(receipt["stream"].as_str().unwrap()).unwrap();
    let number = receipt["entry"].as_str().unwrap().parse().unwrap();
    let found = world.app.store.entries(&stream, number, 1).await.unwrap();
    found.into_iter().next().expect("the entry of a receipt")
}

/// The receipt names an entry of that command in that stream, with its hash and its time.
async fn proves(world: &World, receipt: &Value, stream: &str, command: &str) {
    assert_eq!(receipt["stream"], stream, "{command}: {receipt}");
    let entry = entry_of(world, receipt).await;
    let header = entry.header().unwrap();
    assert_eq!(header.command, command);
    assert_eq!(receipt["hash"], entry.hash.to_string());
    assert_eq!(receipt["recordedAt"], header.at);
}

/// What an outsider computes: SHA-256 over the tag, a zero byte and the bytes served.
fn hash(header: &str) -> String {
    let mut hasher = Sha256::new();
    hasher.update("minhchung/entry/1");
    hasher.update([0]);
    hasher.update(header);
    hex::encode(hasher.finalize())
}

#[tokio::test]
async fn what_the_register_and_a_round_take_is_receipted() {
    let world = World::with_round().await;
    let unit = json!({"code": "GAMMA", "name": {"vi": "G", "en": "G"}, "type": "SO", "validFrom": "2018-01-01"});
    let done = change(&world, "admin", "putUnits", "receipt", json!({"units": [unit]})).await;
    proves(&world, &done["receipt"], "register:units", "PutUnits").await;
    let user = json!({"login": "new", "name": "N", "unit": "SNV"});
    let done = change(&world, "admin", "putUser", "receipt", user).await;
    proves(&world, &done["receipt"], "user:new", "PutUser").await;
    let grant = json!({"login": "new", "role": "INTEGRATOR", "validFrom": "2018-01-01"});
    let done = change(&world, "admin", "grantRole", "grantId receipt", grant).await;
    proves(&world, &done["receipt"], "user:new", "GrantRole").await;
    let revoke = json!({"login": "new", "grantId": done["grantId"], "reason": "Chuyển công tác"});
    let done = change(&world, "admin", "revokeGrant", "receipt", revoke).await;
    proves(&world, &done["receipt"], "user:new", "RevokeGrant").await;

    let mut newer = framework();
    newer["version"] = json!("2");
    let import = json!({"framework": newer, "acceptWarnings": true});
    let done = change(&world, "manager", "importFramework", "receipt", import.clone()).await;
    proves(&world, &done["receipt"], "framework:T@2", "ImportFramework").await;
    // It is issued already: nothing is written, and there is nothing to prove.
    let again = change(
        &world,
        "manager",
        "importFramework",
        "framework { code } receipt",
        import,
    )
    .await;
    assert_eq!(again, json!({"framework": {"code": "T"}, "receipt": null}));

    let open = json!({"code": "T-2020", "name": {"vi": "K", "en": "K"}, "year": 2020, "owner": "SNV",
        "frameworks": [{"unitType": "SO", "framework": "T@2"}]});
    let done = change(&world, "manager", "openRound", "receipt", open).await;
    proves(&world, &done["receipt"], "round:T-2020", "OpenRound").await;
    world.run_jobs().await;
    let done = change(&world, "manager", "advanceRound", "receipt", json!({"round": "T-2020"})).await;
    proves(&world, &done["receipt"], "round:T-2020", "AdvanceRound").await;
}

#[tokio::test]
async fn what_a_unit_sends_is_receipted() {
    let world = World::with_round().await;
    let stream = "dossier:T-2019/ALPHA";
    let (officer, head) = ("alpha.officer", "alpha.head");
    let input = report("ALPHA", "1.1")["i"].clone();
    let added = change(&world, officer, "addEvidence", "evidenceId receipt", input.clone()).await;
    proves(&world, &added["receipt"], stream, "AddEvidence").await;
    let evidence = &added["evidenceId"];
    let revise =
        json!({"dossier": dossier("ALPHA"), "evidenceId": evidence, "content": input["content"], "reason": "Sửa"});
    let done = change(&world, officer, "reviseEvidence", "receipt", revise).await;
    proves(&world, &done["receipt"], stream, "ReviseEvidence").await;
    let link = json!({"dossier": dossier("ALPHA"), "evidenceId": evidence, "links": [{"criterion": "1.2"}]});
    let done = change(&world, officer, "linkEvidence", "receipt", link).await;
    proves(&world, &done["receipt"], stream, "LinkEvidence").await;
    let linked = look(&world, officer, "ALPHA", "1.2").await;
    let unlink = json!({"dossier": dossier("ALPHA"), "linkId": linked["links"][0]["id"]});
    let done = change(&world, officer, "unlinkEvidence", "receipt", unlink).await;
    proves(&world, &done["receipt"], stream, "UnlinkEvidence").await;
    let withdraw = json!({"dossier": dossier("ALPHA"), "evidenceId": evidence, "reason": "Nhầm"});
    let done = change(&world, officer, "withdrawEvidence", "receipt", withdraw).await;
    proves(&world, &done["receipt"], stream, "WithdrawEvidence").await;

    change(&world, officer, "addEvidence", "receipt", input).await;
    change(
        &world,
        officer,
        "addEvidence",
        "receipt",
        export("ALPHA", &usage(12, 30, 100))["i"].clone(),
    )
    .await;
    let declare = declaration("ALPHA", "28")["i"].clone();
    let mut trial = declare.clone();
    trial["dryRun"] = json!(true);
    let done = change(&world, officer, "declare", "receipt", trial).await;
    assert_eq!(done["receipt"], Value::Null, "a dry run commits nothing");
    let done = change(&world, officer, "declare", "items { receipt }", declare.clone()).await;
    let items = done["items"].as_array().unwrap();
    assert_eq!(items[0]["receipt"], items[1]["receipt"], "one commit, one receipt");
    proves(&world, &items[0]["receipt"], stream, "Declare").await;

    let file = json!({"dossier": dossier("ALPHA"), "declarations": [{"criterion": "1.1", "inputs": [
        {"input": "completed", "value": {"count": "30"}}, {"input": "planned", "value": {"count": "32"}}]}]});
    let done = change(&world, officer, "fileDossier", "commits receipts", file.clone()).await;
    assert_eq!(done["commits"], 1);
    proves(&world, &done["receipts"][0], stream, "FileDossier").await;
    let done = change(&world, officer, "fileDossier", "commits receipts", file).await;
    assert_eq!(done, json!({"commits": 0, "receipts": []}), "as stated already");

    let submit = json!({"dossier": dossier("ALPHA"), "idempotencyKey": "nộp-1"});
    let first = change(&world, head, "submitDossier", "receipt", submit.clone()).await;
    proves(&world, &first["receipt"], stream, "SubmitDossier").await;
    let back = json!({"dossier": dossier("ALPHA"), "reason": "Thiếu phụ lục"});
    let done = change(&world, "manager", "returnDossier", "receipt", back).await;
    proves(&world, &done["receipt"], stream, "ReturnDossier").await;
    // The same call again is answered with its first receipt, whatever has happened since.
    let again = change(&world, head, "submitDossier", "receipt", submit).await;
    assert_eq!(again, first);
}

#[tokio::test]
async fn what_appraisers_and_managers_do_is_receipted() {
    let world = in_appraisal().await;
    let (alpha, beta) = ("dossier:T-2019/ALPHA", "dossier:T-2019/BETA");
    let claim = json!({"round": "T-2019", "first": 5});
    let done = change(&world, "snv.appraiser", "claim", "receipts", claim.clone()).await;
    assert_eq!(
        done["receipts"].as_array().unwrap().len(),
        2,
        "a commit for each dossier"
    );
    // In the order of the queue: equal stakes by unit from behind.
    proves(&world, &done["receipts"][0], beta, "Claim").await;
    proves(&world, &done["receipts"][1], alpha, "Claim").await;
    let release = json!({"assessments": [leaf("ALPHA", "1.1")]});
    let done = change(&world, "snv.appraiser", "releaseClaim", "items { receipt }", release).await;
    proves(&world, &done["items"][0]["receipt"], alpha, "ReleaseClaim").await;

    // Many dossiers in one call: each item has the receipt of its own dossier, the refused one has none.
    let mut items = Vec::new();
    for unit in ["ALPHA", "BETA"] {
        items.push(accepting(
            unit,
            "1.1",
            &look(&world, "snv.appraiser", unit, "1.1").await,
        ));
    }
    items[1]["expectedVersion"] = json!("1");
    let review = json!({"items": items, "idempotencyKey": "đợt-1"});
    let first = change(
        &world,
        "snv.appraiser",
        "review",
        "items { made receipt }",
        review.clone(),
    )
    .await;
    proves(&world, &first["items"][0]["receipt"], alpha, "ReviewLeaves").await;
    assert_eq!(first["items"][1], json!({"made": null, "receipt": null}));
    let again = change(&world, "snv.appraiser", "review", "items { made receipt }", review).await;
    assert_eq!(again, first);

    let seen = look(&world, "snv.appraiser", "ALPHA", "1.1").await;
    let revise = json!({"item": accepting("ALPHA", "1.1", &seen), "reason": "Đọc lại"});
    let done = change(&world, "snv.appraiser", "reviseReview", "items { receipt }", revise).await;
    proves(&world, &done["items"][0]["receipt"], alpha, "ReviewLeaves").await;
    let mut ask = accepting("ALPHA", "1.2", &look(&world, "sttt.appraiser", "ALPHA", "1.2").await);
    ask["outcome"] = json!("REQUEST_SUPPLEMENT");
    ask["verdicts"][0]["kind"] = json!("SUPPLEMENT");
    ask["supplement"] = json!({"text": "Gửi thêm", "due": "2020-03-10"});
    change(
        &world,
        "sttt.appraiser",
        "review",
        "items { receipt }",
        json!({"items": [ask]}),
    )
    .await;
    let answer = json!({"assessment": leaf("ALPHA", "1.2"), "answer": "Đã gửi"});
    let done = change(&world, "alpha.officer", "answerSupplement", "receipt", answer).await;
    proves(&world, &done["receipt"], alpha, "AnswerSupplement").await;

    let survey = json!({"round": "T-2019", "reason": "Sửa số liệu", "results": [
        {"unit": "ALPHA", "criterion": "2.1", "mean": "4.2", "lowest": "1", "highest": "5", "sample": 400, "source": "BC"},
        {"unit": "BETA", "criterion": "2.1", "mean": "9", "lowest": "1", "highest": "5", "sample": 400, "source": "BC"}]});
    let done = change(&world, "survey", "recordSurveyResults", "items { receipt }", survey).await;
    proves(&world, &done["items"][0]["receipt"], alpha, "RecordSurvey").await;
    assert_eq!(done["items"][1]["receipt"], Value::Null);
    let exclude = json!({"dossier": dossier("BETA"), "criterion": "1.2", "reason": "Không có", "document": "QĐ 1"});
    let done = change(&world, "manager", "setNotApplicable", "receipt", exclude).await;
    proves(&world, &done["receipt"], beta, "SetNotApplicable").await;

    publish_unverified(&world).await;
    let reopen = json!({"dossier": dossier("ALPHA"), "reason": "Đếm sai"});
    let done = change(&world, "manager", "reopenDossier", "receipts", reopen).await;
    proves(&world, &done["receipts"][0], "round:T-2019", "ReopenRound").await;
    proves(&world, &done["receipts"][1], alpha, "ReopenDossier").await;
    let correct =
        json!({"round": "T-2019", "decisionNumber": "2/QĐ", "decisionDate": "2020-02-28", "correction": "Đếm sai"});
    let done = change(&world, "manager", "publishResults", "receipt", correct).await;
    proves(&world, &done["receipt"], "round:T-2019", "PublishResults").await;
}

/// A payload without a receipt would be a change that nobody can prove.
#[tokio::test]
async fn every_mutation_that_commits_answers_with_receipts() {
    let world = World::new().await;
    let query = "{ __schema { mutationType { fields { name type { ofType { name } } } } } }";
    let found = world.send("", query, json!({})).await.ok();
    let mutations = found["__schema"]["mutationType"]["fields"].as_array().unwrap().clone();
    let mut without = BTreeSet::new();
    for mutation in &mutations {
        let payload = &mutation["type"]["ofType"]["name"];
        let query = "query($n: String!) { __type(name: $n) { fields { name } } }";
        let fields = world.send("", query, json!({"n": payload})).await.ok()["__type"]["fields"].clone();
        let has = |name: &str| fields.as_array().unwrap().iter().any(|field| field["name"] == name);
        if !has("receipt") && !has("receipts") && payload != "ItemsPayload" {
            without.insert(mutation["name"].as_str().unwrap().to_owned());
        }
    }
    // Files that wait for their use are in no journal yet.
    assert_eq!(without, BTreeSet::from(["uploadFiles".to_owned()]));
    assert!(mutations.len() > 20);
}

#[tokio::test]
async fn a_receipt_is_checked_without_trusting_the_server() {
    let world = in_appraisal().await;
    let input = report("ALPHA", "1.1")["i"].clone();
    let mut ask = accepting("ALPHA", "1.1", &look(&world, "snv.appraiser", "ALPHA", "1.1").await);
    ask["outcome"] = json!("REQUEST_SUPPLEMENT");
    ask["verdicts"][0]["kind"] = json!("SUPPLEMENT");
    ask["supplement"] = json!({"text": "Gửi thêm", "due": "2020-03-10"});
    change(
        &world,
        "snv.appraiser",
        "review",
        "items { receipt }",
        json!({"items": [ask]}),
    )
    .await;
    let added = change(&world, "alpha.officer", "addEvidence", "evidenceId receipt", input).await;
    let receipt = &added["receipt"];

    // From the entry that the receipt names back to the first one, by what is served and nothing else.
    let mut number: u64 = receipt["entry"].as_str().unwrap().parse().unwrap();
    let mut expected = receipt["hash"].clone();
    let mut commands = BTreeMap::new();
    loop {
        let variables = json!({"s": receipt["stream"], "n": number.to_string()});
        let entry = world.send("alpha.officer", ENTRY, variables).await.ok()["journalEntry"].clone();
        let text = entry["header"].as_str().unwrap();
        assert_eq!(hash(text), expected, "entry {number}");
        assert_eq!(entry["hash"], expected);
        let header: Value = serde_json::from_str(text).unwrap();
        assert_eq!(header["number"], number.to_string());
        assert_eq!(header["stream"], receipt["stream"]);
        for field in ["command", "actor", "role", "at"] {
            assert_eq!(header[field], entry[field]);
        }
        let listed = header["documents"].as_array().unwrap().iter();
        let listed: Vec<Value> = listed
            .map(|one| json!({"collection": one["collection"], "key": one["id"], "digest": one["digest"]}))
            .collect();
        assert_eq!(entry["documents"], json!(listed));
        commands.insert(number, header["command"].as_str().unwrap().to_owned());
        let previous = header.get("previous").cloned().unwrap_or(Value::Null);
        assert_eq!(entry["previousHash"], previous);
        // One character more or less and the hash is another.
        assert_ne!(hash(&text.replace("ALPHA", "BETA")), expected);
        if number == 1 {
            assert_eq!(previous, Value::Null);
            break;
        }
        (number, expected) = (number - 1, previous);
    }
    assert_eq!(commands[&1], "OpenDossier");
    assert_eq!(commands.last_key_value().unwrap().1, "AddEvidence");
}

#[tokio::test]
async fn a_receipt_opens_its_entry_to_those_who_may_see_it() {
    let world = in_appraisal().await;
    let code = |login: &'static str, stream: &'static str, number: u64| {
        let world = &world;
        async move {
            let answer = world
                .send(login, ENTRY, json!({"s": stream, "n": number.to_string()}))
                .await;
            match answer.errors.first() {
                Some((code, _, _)) => code.clone(),
                None => answer.data["journalEntry"]["command"].as_str().unwrap().to_owned(),
            }
        }
    };
    let alpha = "dossier:T-2019/ALPHA";
    let mut survey = 0;
    for number in 1..=world.entries("ALPHA").await {
        if code("manager", alpha, number).await == "RecordSurvey" {
            survey = number;
        }
    }
    for (login, expected) in [
        ("", "UNAUTHENTICATED"),
        ("alpha.officer", "OpenDossier"),
        ("beta.officer", "NOT_FOUND"),
        ("integrator", "NOT_FOUND"),
        ("admin", "NOT_FOUND"),
        ("survey", "NOT_FOUND"),
    ] {
        assert_eq!(code(login, alpha, 1).await, expected, "{login}");
    }
    // Who recorded the survey sees nothing of the dossier but the own act.
    assert_eq!(code("survey", alpha, survey).await, "RecordSurvey");
    assert_eq!(code("integrator", alpha, survey).await, "NOT_FOUND");
    // The register's entries are for those who see the register, and one's own account's for oneself.
    assert_eq!(code("admin", "user:alpha.head", 1).await, "PutUser");
    assert_eq!(code("alpha.head", "user:alpha.head", 1).await, "PutUser");
    assert_eq!(code("alpha.officer", "user:alpha.head", 1).await, "NOT_FOUND");
    assert_eq!(code("alpha.officer", "register:units", 1).await, "NOT_FOUND");
    assert_eq!(code("manager", "round:T-2019", 1).await, "OpenRound");
    assert_eq!(code("alpha.officer", "round:T-2019", 1).await, "NOT_FOUND");
    for (stream, number) in [(alpha, 0), (alpha, 9_999), ("dossier:T-2019/NONE", 1), ("nonsense", 1)] {
        assert_eq!(code("manager", stream, number).await, "NOT_FOUND", "{stream} {number}");
    }
}
