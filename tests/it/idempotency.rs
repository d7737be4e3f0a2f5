//! One key, one change: every mutation that takes a key answers it again with the first outcome, changes nothing more,
//! and refuses it with other input.

use std::collections::BTreeSet;

use minhchung::domain::registry::Role;
use serde_json::{Value, json};

use crate::bad_input::assert_unchanged;
use crate::journey::{accepting, dossier, export, leaf, look, report};
use crate::world::{OPEN_ROUND, World, framework, usage};

/// Mutations without a key, and why they need none.
const WITHOUT_KEY: [(&str, &str); 7] = [
    (
        "allocateReviews",
        "the same call makes the same plan, and in force again it changes nothing",
    ),
    (
        "bringFigures",
        "sent again it brings the newest, and what is the same changes nothing",
    ),
    ("carryForward", "what came forward once does not come again"),
    (
        "claim",
        "sent again it renews the leaves that one holds and answers with them",
    ),
    (
        "measureGroups",
        "sent again it measures again, and what is the same changes nothing",
    ),
    ("releaseClaim", "sent again it changes nothing"),
    ("uploadFiles", "the same bytes are kept once, whatever they are called"),
];

const PAYLOADS: [(&str, &str); 48] = [
    ("importFramework", "framework { code version }"),
    ("saveColumnMapping", "mapping { code version }"),
    ("saveProcedureList", "list { id version }"),
    ("saveIndex", "code edition"),
    ("recordIndexFigures", "figureCount"),
    ("putUnits", "units { code }"),
    ("putUser", "login"),
    ("grantRole", "grantId"),
    ("revokeGrant", "grantId"),
    ("recuse", "recusal { id }"),
    ("liftRecusal", "recusal { liftedAt }"),
    ("openRound", "round { code }"),
    ("advanceRound", "round { code }"),
    ("setCalendar", "round { code }"),
    ("setNotApplicable", "dossier { version }"),
    ("recordSurveyResults", "items { unit problem { code field } }"),
    ("recordFigures", "items { unit problem { code field } }"),
    ("importQuestionnaire", "questionnaire { code version }"),
    ("importSurvey", "survey { id edition }"),
    ("importCaseEvaluation", "import { number sha256 }"),
    ("addEvidence", "evidenceId"),
    ("reviseEvidence", "evidenceId dossier { version }"),
    ("linkEvidence", "evidenceId"),
    ("unlinkEvidence", "dossier { version }"),
    ("withdrawEvidence", "evidenceId"),
    ("declare", "items { criterion }"),
    ("fileDossier", "items { externalId outcome }"),
    ("submitDossier", "dossier { version submittedAt }"),
    ("extendDeadline", "dossier { version deadline { day } }"),
    ("returnDossier", "dossier { version submittedAt }"),
    ("review", "items { made }"),
    ("reviseReview", "items { made }"),
    ("answerSupplement", "assessment { version }"),
    ("submitExplanation", "assessment { version }"),
    ("confirmReview", "assessment { version }"),
    ("reopenLeaf", "assessment { version }"),
    ("reopenUnit", "criteria dossier { version }"),
    ("reconcileReview", "assessment { version }"),
    ("recordCouncilMeeting", "meeting { id }"),
    ("reviseCouncilMeeting", "meeting { id minutes { version } }"),
    ("publishResults", "round { code }"),
    ("fileAppeal", "appeal { id state }"),
    ("answerAppeal", "appeal { id state }"),
    ("issueConclusion", "conclusion { code }"),
    ("reportFollowUp", "followUp { state }"),
    ("decideFollowUp", "followUp { state }"),
    ("amendFollowUp", "followUp { state }"),
    ("reopenDossier", "round { code phase }"),
];

struct Sender {
    world: World,
    seen: BTreeSet<&'static str>,
}

impl Sender {
    async fn send(&self, login: &str, name: &str, input: &Value) -> crate::world::Answer {
        let payload = PAYLOADS.iter().find(|(one, _)| *one == name).unwrap().1;
        // Both are about one dossier and why.
        let of = if name == "reopenDossier" { "returnDossier" } else { name };
        let upper = of[..1].to_uppercase() + &of[1..];
        let document = format!("mutation($i: {upper}Input!) {{ {name}(input: $i) {{ {payload} }} }}");
        self.world.send(login, &document, json!({ "i": input })).await
    }

    /// Sends an input twice under one key, then another input under the same key.
    async fn once(&mut self, login: &str, name: &'static str, input: Value, other: impl FnOnce(&mut Value)) -> Value {
        let mut input = input;
        input["idempotencyKey"] = json!(format!("key of {name}"));
        let first = self.send(login, name, &input).await.ok();
        let before = self.world.kept();
        let again = self.send(login, name, &input).await.ok();
        assert_eq!(again, first, "{name}");
        assert_unchanged(&self.world, &before, name);
        let mut changed = input.clone();
        other(&mut changed);
        if changed != input {
            let answer = self.send(login, name, &changed).await;
            let problem = answer.data[name]["items"][0]["problem"].clone();
            let (code, field) = match problem["code"].as_str() {
                Some(code) => (
                    code.to_owned(),
                    problem["field"].as_str().unwrap_or_default().to_owned(),
                ),
                None => answer.refused(),
            };
            assert_eq!((code.as_str(), field.as_str()), ("INVALID", "idempotencyKey"), "{name}");
            assert_unchanged(&self.world, &before, name);
        }
        self.seen.insert(name);
        first[name].clone()
    }
}

/// Another reason than before.
fn reason(input: &mut Value) {
    input["reason"] = json!("Lý do khác");
}

fn nothing(_: &mut Value) {}

#[tokio::test]
async fn what_is_sent_again_under_its_key_is_done_once() {
    let world = World::with_framework().await;
    let dates = r#"year: 2019, secondRound: {firstSeen: AT_ONCE},
        appraisal: {secondPersonAbove: "0", reviewedTwicePercent: 100, appeals: {workingDays: 10}}, calendar: {selfAssessment: "2029-12-31"}"#;
    world.open_round(&OPEN_ROUND.replace("year: 2019", dates)).await;
    world.person("snv.lead", Role::LeadAppraiser, "SNV").await;
    let mut sender = Sender {
        world,
        seen: BTreeSet::new(),
    };
    register(&mut sender).await;
    preparing(&mut sender).await;
    appraising(&mut sender).await;
    sender.world.verified().await;
    let inputs =
        r#"{ __schema { mutationType { fields { name args { type { ofType { name inputFields { name } } } } } } } }"#;
    let found = sender.world.send("", inputs, json!({})).await.ok();
    for field in found["__schema"]["mutationType"]["fields"].as_array().unwrap() {
        let name = field["name"].as_str().unwrap();
        let fields = field["args"][0]["type"]["ofType"]["inputFields"].as_array().unwrap();
        let has_key = fields.iter().any(|one| one["name"] == "idempotencyKey");
        let needs_none = WITHOUT_KEY.iter().any(|(one, _)| *one == name);
        assert!(has_key != needs_none, "{name}: a key, or a reason why it needs none");
        assert_eq!(sender.seen.contains(name), has_key, "{name} is sent twice above");
    }
}

async fn register(sender: &mut Sender) {
    let mut second = framework();
    second["version"] = json!("2");
    let import = json!({"framework": second, "acceptWarnings": true});
    let other = |input: &mut Value| input["framework"]["name"]["en"] = json!("Another");
    sender.once("manager", "importFramework", import, other).await;
    let mapping = crate::mappings::usage_mapping("DVC");
    let other = |input: &mut Value| input["system"] = json!("Another");
    sender.once("manager", "saveColumnMapping", mapping, other).await;
    let index = json!({"code": "PAPI", "name": {"vi": "PAPI", "en": "PAPI"}, "publisher": {"vi": "UNDP", "en": "UNDP"}, "from": "2018",
        "places": 2, "total": "STATED", "sources": ["papi.org.vn"]});
    let other = |input: &mut Value| input["places"] = json!(3);
    sender.once("manager", "saveIndex", index, other).await;
    let figures = json!({"index": "PAPI", "reason": "Đính chính", "figures": [{"unit": "ALPHA", "period": "2019", "rank": 22,
        "source": {"document": "TB 232/TB-UBND"}}]});
    sender.once("manager", "recordIndexFigures", figures, reason).await;
    let cases = crate::cases::input(&sender.world, &crate::cases::january(), json!({})).await;
    sender.once("manager", "importCaseEvaluation", cases, reason).await;
    let list = crate::procedures::list("SO");
    let other = |input: &mut Value| input["source"] = json!("Another");
    sender.once("manager", "saveProcedureList", list, other).await;
    let units = json!({"units": [{"code": "NEW", "name": {"vi": "Mới", "en": "New"}, "type": "OTHER", "validFrom": "2018-01-01"}]});
    let other = |input: &mut Value| input["units"][0]["name"]["en"] = json!("Newer");
    sender.once("admin", "putUnits", units, other).await;
    let user = json!({"login": "new", "name": "N", "unit": "NEW"});
    let other = |input: &mut Value| input["name"] = json!("M");
    sender.once("admin", "putUser", user, other).await;
    let grant = json!({"login": "new", "role": "MANAGER", "validFrom": "2018-01-01"});
    let other = |input: &mut Value| input["role"] = json!("INTEGRATOR");
    let granted = sender.once("admin", "grantRole", grant, other).await;
    let revoke = json!({"login": "new", "grantId": granted["grantId"], "reason": "Thôi việc"});
    sender.once("admin", "revokeGrant", revoke, reason).await;
    let round = json!({"code": "T-2020", "name": {"vi": "K", "en": "R"}, "year": 2020, "owner": "SNV",
        "frameworks": [{"unitType": "SO", "framework": "T@1"}]});
    let other = |input: &mut Value| input["year"] = json!(2021);
    sender.once("manager", "openRound", round, other).await;
    sender.world.run_jobs().await;
}

async fn preparing(sender: &mut Sender) {
    let officer = "alpha.officer";
    let alpha = |more: Value| {
        let mut input = more;
        input["dossier"] = dossier("ALPHA");
        input
    };
    let added = report("ALPHA", "1.1")["i"].take();
    let other = |input: &mut Value| input["title"] = json!("Khác");
    let evidence = sender.once(officer, "addEvidence", added.clone(), other).await["evidenceId"].clone();
    let content = added["content"].clone();
    let revise = alpha(json!({"evidenceId": evidence, "reason": "Bản mới", "content": content}));
    sender.once(officer, "reviseEvidence", revise, reason).await;
    let link = alpha(json!({"evidenceId": evidence, "links": [{"criterion": "1.2"}]}));
    let other = |input: &mut Value| input["links"][0]["pages"] = json!("7");
    sender.once(officer, "linkEvidence", link, other).await;
    let of = |leaf: Value| leaf["links"][0]["id"].clone();
    let used = of(look(&sender.world, officer, "ALPHA", "1.2").await);
    let kept = of(look(&sender.world, officer, "ALPHA", "1.1").await);
    let unlink = alpha(json!({"linkId": used}));
    sender
        .once(officer, "unlinkEvidence", unlink, |input| input["linkId"] = kept)
        .await;
    let spare = sender
        .world
        .send(officer, crate::journey::ADD, report("ALPHA", "1.1"))
        .await
        .ok();
    let withdraw = alpha(json!({"evidenceId": spare["addEvidence"]["evidenceId"], "reason": "Nhầm"}));
    sender.once(officer, "withdrawEvidence", withdraw, reason).await;
    let items = crate::journey::declaration("ALPHA", "28")["i"]["items"].take();
    let declare = alpha(json!({"items": items}));
    let other = |input: &mut Value| input["items"][1]["explanation"] = json!("Khác");
    sender.once(officer, "declare", declare, other).await;
    let mut figures = export("ALPHA", &usage(12, 30, 100))["i"].take();
    figures.as_object_mut().unwrap().remove("dossier");
    figures["externalId"] = json!("DVC");
    let filed = alpha(json!({"evidence": [figures]}));
    let other = |input: &mut Value| input["evidence"][0]["title"] = json!("Khác");
    sender.once(officer, "fileDossier", filed, other).await;
    let exclude = alpha(json!({"criterion": "1.2", "reason": "Không phát sinh", "document": "QĐ 1"}));
    sender.once("manager", "setNotApplicable", exclude, reason).await;
    let lift = alpha(json!({"criterion": "1.2", "reason": "Có phát sinh", "document": "QĐ 2", "lift": true}));
    sender.send("manager", "setNotApplicable", &lift).await.ok();
    let longer = alpha(json!({"until": "2030-01-31", "reason": "Lũ lụt"}));
    sender.once("manager", "extendDeadline", longer, reason).await;
    let dates =
        json!({"round": "T-2019", "calendar": {"selfAssessment": "2029-11-30"}, "reason": "Theo KH 5442/KH-UBND"});
    sender.once("manager", "setCalendar", dates, reason).await;
    sender.world.run_jobs().await;
    sender
        .once("alpha.head", "submitDossier", alpha(json!({})), nothing)
        .await;
    sender
        .once("manager", "returnDossier", alpha(json!({"reason": "Thiếu"})), reason)
        .await;
    sender.send("alpha.head", "submitDossier", &alpha(json!({}))).await.ok();
    let result = json!({"unit": "ALPHA", "criterion": "2.1", "mean": "4.1", "lowest": "1", "highest": "5", "sample": 400,
        "source": "BC 10/BC-SNV"});
    let survey = json!({"round": "T-2019", "results": [result]});
    let other = |input: &mut Value| input["results"][0]["mean"] = json!("4.2");
    sender.once("survey", "recordSurveyResults", survey, other).await;
    let issue = json!({"questionnaire": crate::surveys::questionnaire("1")});
    let other = |input: &mut Value| input["questionnaire"]["questions"][0]["weight"] = json!(2);
    sender.once("manager", "importQuestionnaire", issue, other).await;
    let more = json!({"reason": "Kết quả chính thức"});
    let answers = crate::surveys::input(&sender.world, crate::surveys::ANSWERS, more).await;
    let other = |input: &mut Value| input["source"] = json!("Khác");
    sender.once("survey", "importSurvey", answers, other).await;
    sender.world.run_jobs().await;
    figures_of_another_index(sender).await;
}

/// In a round with a leaf that takes one.
async fn figures_of_another_index(sender: &mut Sender) {
    sender.world.import(crate::figures::framework()).await;
    let open = OPEN_ROUND.replace("T-2019", "F-2019").replace("T@1", "R@1");
    sender.world.open_round(&open).await;
    let figure = json!({"unit": "ALPHA", "criterion": "1.1", "source": "TB 12/TB-VPUB",
        "value": {"input": "class", "value": {"option": "TOT"}}});
    let figures = json!({"round": "F-2019", "figures": [figure]});
    let other = |input: &mut Value| input["figures"][0]["source"] = json!("TB 13/TB-VPUB");
    sender.once("manager", "recordFigures", figures, other).await;
}

/// A second person finds something else, the lead decides, and somebody confirms that.
async fn two_people(sender: &mut Sender) {
    let finding = async |sender: &Sender, login: &str, completed: &str| {
        let mut item = accepting("ALPHA", "1.1", &look(&sender.world, login, "ALPHA", "1.1").await);
        item["corrections"] =
            json!([{"input": "completed", "value": {"count": completed}, "reason": "r", "basis": "OWN_DATA"}]);
        item
    };
    let other = finding(sender, "snv.second", "26").await;
    sender
        .send("snv.second", "review", &json!({"items": [other]}))
        .await
        .ok();
    let item = finding(sender, "snv.lead", "27").await;
    let other = |input: &mut Value| input["item"]["comment"] = json!("Khác");
    sender
        .once("snv.lead", "reconcileReview", json!({"item": item}), other)
        .await;
    let item = finding(sender, "snv.lead", "26").await;
    let again = json!({"item": item, "reason": "Đếm lại"});
    sender.send("snv.lead", "reviseReview", &again).await.ok();
    let version = look(&sender.world, "snv.second", "ALPHA", "1.1").await["version"].clone();
    let confirm = json!({"assessment": leaf("ALPHA", "1.1"), "expectedVersion": version, "confirms": true});
    sender.once("snv.second", "confirmReview", confirm, reason).await;
}

/// The signed minutes come as files that were uploaded ahead: sent again, they are the same.
async fn council(sender: &mut Sender) {
    let file = ("Biên bản.pdf", crate::council::signed("45/BB-HĐTĐ"));
    let references = sender.world.upload_ahead("manager", vec![file]).await;
    let mut minutes = crate::council::minutes("45/BB-HĐTĐ", "2020-02-27");
    minutes["files"] = json!([{"reference": references[0]}]);
    let record = json!({"round": "T-2019", "minutes": minutes});
    let other = |input: &mut Value| input["minutes"]["number"] = json!("46/BB-HĐTĐ");
    let made = sender
        .once("manager", "recordCouncilMeeting", record.clone(), other)
        .await;
    let mut revise = record;
    revise["meetingId"] = made["meeting"]["id"].clone();
    revise["expectedVersion"] = json!(1);
    revise["reason"] = json!("Sai tên");
    sender.once("manager", "reviseCouncilMeeting", revise, reason).await;
}

async fn appeal(sender: &mut Sender) {
    let letter = async |sender: &Sender, login: &str, number: &str| {
        let file = ("Công văn.pdf", crate::council::signed(number));
        let references = sender.world.upload_ahead(login, vec![file]).await;
        json!({"number": number, "dated": "2020-03-01", "files": [{"reference": references[0]}]})
    };
    let sent = letter(sender, "alpha.head", "120/ALPHA").await;
    let file =
        json!({"dossier": dossier("ALPHA"), "letter": sent, "grounds": [{"criterion": "1.1", "reason": "Đếm thiếu"}]});
    let other = |input: &mut Value| input["grounds"][0]["reason"] = json!("Khác");
    let filed = sender.once("alpha.head", "fileAppeal", file, other).await;
    let sent = letter(sender, "manager", "88/HĐTĐ").await;
    let findings = json!([{"criterion": "1.1", "outcome": "UPHELD", "reason": "Đúng"}]);
    let answer = json!({"round": "T-2019", "appealId": filed["appeal"]["id"], "letter": sent, "findings": findings});
    let other = |input: &mut Value| input["findings"][0]["outcome"] = json!("REJECTED");
    sender.once("manager", "answerAppeal", answer, other).await;
    let text = |text: &str| json!({"vi": text, "en": text});
    let issue = json!({"code": "N-2020", "number": "1/TB", "dated": "2020-01-02", "issuer": "SNV", "title": text("t"), "source": {"document": "d"},
        "tasks": [{"code": "1", "text": text("Họp"), "units": ["ALPHA"], "due": "2020-12-31"}]});
    let other = |input: &mut Value| input["number"] = json!("2/TB");
    sender.once("manager", "issueConclusion", issue, other).await;
    let asked = json!({"conclusion": "N-2020", "task": "1", "unit": "ALPHA"});
    let sent = letter(sender, "alpha.officer", "15/BC").await;
    let report = json!({"asked": asked, "text": "Đã họp", "letter": sent});
    let other = |input: &mut Value| input["text"] = json!("Khác");
    sender.once("alpha.officer", "reportFollowUp", report, other).await;
    let decide = json!({"asked": asked, "report": 1, "accept": false, "reason": "Thiếu"});
    sender.once("manager", "decideFollowUp", decide, reason).await;
    let amend = json!({"asked": asked, "due": "2021-01-31", "reason": "Theo đề nghị"});
    sender.once("manager", "amendFollowUp", amend, reason).await;
}

async fn advance_to(sender: &Sender, phase: &str) {
    let advance = json!({"round": "T-2019", "to": phase});
    sender.send("manager", "advanceRound", &advance).await.ok();
    sender.world.run_jobs().await;
}

async fn appraising(sender: &mut Sender) {
    let advance = json!({"round": "T-2019"});
    sender.once("manager", "advanceRound", advance, nothing).await;
    sender.world.run_jobs().await;
    let mut ask = accepting(
        "ALPHA",
        "1.1",
        &look(&sender.world, "snv.appraiser", "ALPHA", "1.1").await,
    );
    ask["outcome"] = json!("REQUEST_SUPPLEMENT");
    ask["supplement"] = json!({"text": "Gửi thêm", "due": "2020-03-10"});
    let other = |input: &mut Value| input["items"][0]["comment"] = json!("Khác");
    sender
        .once("snv.appraiser", "review", json!({"items": [ask]}), other)
        .await;
    let answer = json!({"assessment": leaf("ALPHA", "1.1"), "answer": "Đã bổ sung"});
    let other = |input: &mut Value| input["answer"] = json!("Khác");
    sender.once("alpha.officer", "answerSupplement", answer, other).await;
    let item = accepting(
        "ALPHA",
        "1.1",
        &look(&sender.world, "snv.appraiser", "ALPHA", "1.1").await,
    );
    sender
        .send("snv.appraiser", "review", &json!({"items": [item]}))
        .await
        .ok();
    let item = accepting(
        "ALPHA",
        "1.1",
        &look(&sender.world, "snv.appraiser", "ALPHA", "1.1").await,
    );
    sender
        .once(
            "snv.appraiser",
            "reviseReview",
            json!({"item": item, "reason": "Xem lại"}),
            reason,
        )
        .await;
    two_people(sender).await;
    let recuse = json!({"login": "snv.second", "dossier": dossier("BETA"), "reason": "Có người thân"});
    sender.once("manager", "recuse", recuse.clone(), reason).await;
    sender.once("manager", "liftRecusal", recuse, reason).await;
    advance_to(sender, "EXPLANATION").await;
    let explanation = json!({"assessment": leaf("ALPHA", "1.2"), "text": "Đã công bố đủ"});
    let other = |input: &mut Value| input["text"] = json!("Khác");
    sender
        .once("alpha.officer", "submitExplanation", explanation, other)
        .await;
    advance_to(sender, "SECOND_APPRAISAL").await;
    let again = json!({"assessment": leaf("ALPHA", "1.2"), "reason": "Tệp hỏng", "due": "2030-01-01"});
    sender.once("manager", "reopenLeaf", again, reason).await;
    council(sender).await;
    let whole = json!({"dossier": dossier("ALPHA"), "reason": "Tệp hỏng", "due": "2030-01-01"});
    sender.once("manager", "reopenUnit", whole, reason).await;
    let leaves = [
        ("ALPHA", "1.1"),
        ("ALPHA", "1.2"),
        ("BETA", "1.1"),
        ("BETA", "1.2"),
        ("BETA", "2.1"),
    ];
    let unverified: Vec<Value> = leaves
        .map(|(unit, leaf)| json!({"unit": unit, "criterion": leaf, "reason": "Hết hạn"}))
        .into();
    let publish = json!({"round": "T-2019", "decisionNumber": "617/QĐ-UBND", "decisionDate": "2020-02-28", "unverified": unverified});
    let other = |input: &mut Value| input["decisionNumber"] = json!("618/QĐ-UBND");
    sender.once("manager", "publishResults", publish, other).await;
    sender.world.run_jobs().await;
    appeal(sender).await;
    let reopen = json!({"dossier": dossier("ALPHA"), "reason": "Đếm sai"});
    sender.once("manager", "reopenDossier", reopen, reason).await;
}

/// A person who is somebody else has keys of the own.
#[tokio::test]
async fn a_key_is_its_senders_own() {
    let world = World::with_round().await;
    world.person("alpha.second", Role::Officer, "ALPHA").await;
    let mut input = report("ALPHA", "1.1");
    input["i"]["idempotencyKey"] = json!("1");
    let first = world
        .send("alpha.officer", crate::journey::ADD, input.clone())
        .await
        .ok();
    input["i"]["title"] = json!("Của người khác");
    let second = world.send("alpha.second", crate::journey::ADD, input).await.ok();
    assert_ne!(first, second);
}
