//! Runs over the links of a round: each address once, what became of it kept in a stream of its own, by one worker at a time.

use jiff::SignedDuration;
use minhchung::app::check_links::{LinkRun, Wanted, check_due, check_links};
use minhchung::app::documents::streams;
use minhchung::app::error::Error;
use minhchung::domain::link_check::{LinkCheck, LinkState};
use minhchung::store::{Document, documents_of};
use serde_json::{Value, json};

use crate::journey::{ADD, dossier, in_appraisal, publish_unverified};
use crate::support::site::{PAGE, Site};
use crate::web_links::fetcher;
use crate::world::World;

/// A document of published procedures with a link each.
pub fn published(unit: &str, rows: &[(&str, &str)]) -> Value {
    let line =
        |(code, url): &(&str, &str)| format!("{code},N,QĐ 234/QĐ-UBND,{url},2019-12-15,yes,yes,yes,4,yes,no,0\n");
    let header = "code,name,decision,url,checked_on,at_desk,on_portal,one_stop,level,in_force,iso,post_cases\n";
    let csv = format!("{header}{}", rows.iter().map(line).collect::<String>());
    json!({"i": {"dossier": dossier(unit), "kind": "PUBLISHED_PROCEDURES", "title": "TTHC công khai",
        "content": {"rows": {"csv": csv}}, "links": [{"criterion": "1.1"}]}})
}

/// Checks the links of the round, or of a unit; addresses of this machine's number are fetched.
pub async fn check(world: &World, unit: Option<&str>) -> (LinkRun, Vec<(String, LinkState)>) {
    let wanted = Wanted {
        round: "T-2019".to_owned(),
        unit: unit.map(str::to_owned),
    };
    let mut told = Vec::new();
    let mut tell = |check: &LinkCheck| told.push((check.url.clone(), check.state()));
    let run = check_links(&world.app, &fetcher(&["127.0.0.1"]), "test", wanted, &mut tell).await;
    (run.unwrap(), told)
}

#[tokio::test]
async fn a_link_that_failed_in_two_nights_is_dead_and_is_shown_where_the_address_is() {
    let (world, site) = (World::with_round().await, Site::start().await);
    let down = site.url("status/503");
    world
        .send("alpha.officer", ADD, published("ALPHA", &[("1.1", &down)]))
        .await
        .ok();
    let page = json!({"i": {"dossier": dossier("ALPHA"), "kind": "LINK", "title": "Cổng", "content": {"url": site.url("page")},
        "links": [{"criterion": "1.1"}]}});
    world.send("alpha.officer", ADD, page).await.ok();
    for (time, state) in [
        ("2020-03-01T15:00:00Z", LinkState::Failing),
        ("2020-03-02T02:59:00Z", LinkState::Failing),
        ("2020-03-02T03:00:00Z", LinkState::Dead),
    ] {
        world.set_time(time);
        let (run, told) = check(&world, None).await;
        assert!(told.contains(&(down.clone(), state)), "{time}: {told:?}");
        assert_eq!(run.tally.checked(), 2);
    }
    let read = r#"{ dossier(ref: {key: {round: "T-2019", unit: "ALPHA"}}) { evidence { nodes { kind newest {
        linkCheck { state checkedAt sha256 bytes failure lastSucceededAt }
        rows { nodes { ... on PublishedProcedureRow { linkCheck { state status failingSince checkedAt } } } } } } } } }"#;
    let found = world.send("alpha.officer", read, json!({})).await.ok();
    let nodes = found["dossier"]["evidence"]["nodes"].as_array().unwrap();
    let of = |kind: &str| nodes.iter().find(|one| one["kind"] == kind).unwrap()["newest"].clone();
    let bytes = PAGE.len().to_string();
    assert_eq!(
        of("LINK")["linkCheck"],
        json!({"state": "ALIVE", "checkedAt": "2020-03-02T03:00:00.000Z", "sha256": crate::council::sha256(PAGE), "bytes": bytes,
            "failure": null, "lastSucceededAt": "2020-03-02T03:00:00.000Z"})
    );
    let listed = of("PUBLISHED_PROCEDURES");
    assert_eq!(listed["linkCheck"], Value::Null);
    assert_eq!(
        listed["rows"]["nodes"][0]["linkCheck"],
        json!({"state": "DEAD", "status": 503, "failingSince": "2020-03-01T15:00:00.000Z", "checkedAt": "2020-03-02T03:00:00.000Z"})
    );
    world.verified().await;
}

#[tokio::test]
async fn each_address_is_fetched_once_for_the_units_that_are_wanted() {
    let (world, site) = (World::with_round().await, Site::start().await);
    let url = |path: &str| site.url(path);
    for (unit, officer, own) in [("ALPHA", "alpha.officer", "a"), ("BETA", "beta.officer", "b")] {
        let rows = [("1.1", url("shared")), ("1.2", url(own)), ("1.3", url("shared"))];
        let rows: Vec<(&str, &str)> = rows.iter().map(|(code, url)| (*code, url.as_str())).collect();
        world.send(officer, ADD, published(unit, &rows)).await.ok();
    }
    // What was withdrawn, or is in an older revision alone, is not asked for.
    let gone = json!({"i": {"dossier": dossier("ALPHA"), "kind": "LINK", "title": "T", "content": {"url": url("withdrawn")}, "links": []}});
    let gone = world.send("alpha.officer", ADD, gone).await.ok()["addEvidence"]["evidenceId"].clone();
    let withdraw = "mutation($i: WithdrawEvidenceInput!) { withdrawEvidence(input: $i) { evidenceId } }";
    let input = json!({"i": {"dossier": dossier("ALPHA"), "evidenceId": gone, "reason": "r"}});
    world.send("alpha.officer", withdraw, input).await.ok();
    check(&world, Some("BETA")).await;
    let asked = |site: &Site| {
        let mut asked = site.asked();
        asked.sort();
        asked
    };
    assert_eq!(asked(&site), ["b", "shared"]);
    let (run, _) = check(&world, None).await;
    assert_eq!(asked(&site), ["a", "b", "shared"]);
    assert_eq!((run.fence, run.tally.checked(), run.unit), (2, 3, None));
    let wanted = |round: &str, unit: Option<&str>| Wanted {
        round: round.to_owned(),
        unit: unit.map(str::to_owned),
    };
    for wanted in [wanted("NONE", None), wanted("T-2019", Some("SNV"))] {
        let refused = check_links(&world.app, &fetcher(&[]), "test", wanted, &mut |_| {}).await;
        assert!(matches!(refused, Err(Error::NotFound { .. })), "{refused:?}");
    }
    world.verified().await;
}

#[tokio::test]
async fn many_addresses_are_recorded_in_batches() {
    let (world, site) = (World::with_round().await, Site::start().await);
    let rows: Vec<(String, String)> = (0..250)
        .map(|number| (format!("1.{number}"), site.url(&format!("p{number}"))))
        .collect();
    let rows: Vec<(&str, &str)> = rows.iter().map(|(code, url)| (code.as_str(), url.as_str())).collect();
    world.send("alpha.officer", ADD, published("ALPHA", &rows)).await.ok();
    let (run, told) = check(&world, None).await;
    assert_eq!((run.tally.alive, told.len()), (250, 250));
    // Beginning, three batches, end.
    let head = async || {
        let stream = streams::links("T-2019");
        world.app.store.head(&stream).await.unwrap().unwrap().number
    };
    assert_eq!(head().await, 5);
    world.verified().await;
}

#[tokio::test]
async fn a_run_that_was_overtaken_writes_nothing_more() {
    let (world, site) = (World::with_round().await, Site::start().await);
    world
        .send("alpha.officer", ADD, published("ALPHA", &[("1.1", &site.url("late"))]))
        .await
        .ok();
    let wanted = || Wanted {
        round: "T-2019".to_owned(),
        unit: None,
    };
    let (one, other) = (fetcher(&["127.0.0.1"]), fetcher(&["127.0.0.1"]));
    let (mut by_first, mut by_second) = (Vec::new(), Vec::new());
    let mut tell_first = |check: &LinkCheck| by_first.push(check.url.clone());
    let mut tell_second = |check: &LinkCheck| by_second.push(check.url.clone());
    let first = check_links(&world.app, &one, "first", wanted(), &mut tell_first);
    let second = async {
        while site.asked().is_empty() {
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        }
        check_links(&world.app, &other, "second", wanted(), &mut tell_second).await
    };
    let (first, second) = tokio::join!(first, second);
    assert!(matches!(first, Err(Error::LeaseLost)), "{first:?}");
    let second = second.unwrap();
    assert_eq!((second.fence, second.tally.checked(), second.lease), (2, 1, None));
    assert_eq!((by_first.len(), by_second.len()), (0, 1));
    world.verified().await;
}

#[tokio::test]
async fn the_schedule_checks_each_round_once_in_its_time_until_results_are_published() {
    let world = in_appraisal().await;
    let due = async || {
        let every = SignedDuration::from_hours(7 * 24);
        let runs = check_due(&world.app, &fetcher(&[]), "schedule", every, &mut |_| {})
            .await
            .unwrap();
        runs.iter()
            .map(|run| (run.fence, run.tally.checked()))
            .collect::<Vec<_>>()
    };
    // The address of the reports has no page; both units name the same.
    assert_eq!(due().await, [(1, 1)]);
    assert_eq!(due().await, []);
    world.set_time("2020-03-08T01:59:59Z");
    assert_eq!(due().await, []);
    world.set_time("2020-03-08T02:00:00Z");
    assert_eq!(due().await, [(2, 1)]);
    publish_unverified(&world).await;
    world.set_time("2020-04-08T02:00:00Z");
    assert_eq!(due().await, []);
    world.verified().await;
}

#[tokio::test]
async fn a_machine_that_reaches_nobody_records_nothing() {
    let world = World::with_round().await;
    let file = async |hosts: &[&str]| {
        let rows: Vec<(String, String)> = hosts
            .iter()
            .map(|host| (format!("1.{host}"), format!("http://{host}.invalid/")))
            .collect();
        let rows: Vec<(&str, &str)> = rows.iter().map(|(code, url)| (code.as_str(), url.as_str())).collect();
        world.send("alpha.officer", ADD, published("ALPHA", &rows)).await.ok();
    };
    let wanted = || Wanted {
        round: "T-2019".to_owned(),
        unit: None,
    };
    let checks = async || {
        let stream = streams::links("T-2019");
        documents_of(
            &*world.app.store.snapshot(std::slice::from_ref(&stream)).await.unwrap(),
            LinkCheck::COLLECTION,
            &stream,
        )
        .await
        .unwrap()
        .len()
    };
    file(&["a", "b"]).await;
    let (run, _) = check(&world, None).await;
    assert_eq!((run.tally.failing, checks().await), (2, 2));
    file(&["c"]).await;
    world.set_time("2020-03-09T02:00:00Z");
    let refused = check_links(&world.app, &fetcher(&[]), "test", wanted(), &mut |_| {})
        .await
        .unwrap_err();
    assert!(refused.to_string().contains("no host answered"), "{refused}");
    assert_eq!(checks().await, 2);
    // The schedule tries again after an hour.
    let due = async || {
        let every = SignedDuration::from_hours(7 * 24);
        check_due(&world.app, &fetcher(&[]), "schedule", every, &mut |_| {}).await
    };
    assert_eq!(due().await.unwrap(), []);
    world.set_time("2020-03-09T03:00:00Z");
    assert!(matches!(due().await, Err(Error::Unavailable { .. })));
    world.verified().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_command_says_what_leads_to_no_page_and_names_hosts_only_where_it_is_told_to() {
    let (world, site) = (World::with_round().await, Site::start().await);
    let rows = [
        ("1.1", site.url("page")),
        ("1.2", site.url("status/404")),
        ("1.3", site.named("page")),
    ];
    let rows: Vec<(&str, &str)> = rows.iter().map(|(code, url)| (*code, url.as_str())).collect();
    world.send("alpha.officer", ADD, published("ALPHA", &rows)).await.ok();
    let url = crate::support::stores::url(world.folder.path()).await;
    let folder = world.close();
    let run = |arguments: &[&str]| {
        let mut program = crate::program::program_on(folder.path(), &url);
        let output = program.arg("check-links").args(arguments).output().unwrap();
        let printed = [&output.stdout, &output.stderr].map(|bytes| String::from_utf8_lossy(bytes).into_owned());
        (output.status.success(), printed.concat())
    };
    let (content, printed) = run(&["--round", "T-2019", "--allow-private", "127.0.0.1"]);
    assert!(content, "{printed}");
    assert!(
        printed.contains(&format!("dead GONE 404 {}\n", site.url("status/404"))),
        "{printed}"
    );
    assert!(
        printed.contains(&format!("failing NOT_ALLOWED {}\n", site.named("page"))),
        "{printed}"
    );
    assert!(!printed.contains(&site.url("page")), "{printed}");
    let sum = "T-2019: 3 links checked, 1 alive, 0 denied, 1 failing, 1 dead; 0 left for the next run";
    assert!(printed.contains(sum), "{printed}");
    let (content, printed) = run(&["--round", "NONE"]);
    assert!(!content && printed.contains("round not found"), "{printed}");
}

/// What an address led to before somebody filed it would tell that somebody else had.
#[tokio::test]
async fn what_was_found_before_an_address_was_filed_is_not_told() {
    let (world, site) = (World::with_round().await, Site::start().await);
    let url = site.url("status/503");
    let link = |unit: &str| json!({"i": {"dossier": dossier(unit), "kind": "LINK", "title": "Cổng", "content": {"url": url}, "links": [{"criterion": "1.1"}]}});
    let read = |unit: &str| {
        format!(
            r#"{{ dossier(ref: {{key: {{round: "T-2019", unit: "{unit}"}}}}) {{ evidence {{ nodes {{ newest {{
                linkCheck {{ state failingSince }} }} }} }} }} }}"#
        )
    };
    let seen = async |login: &str, unit: &str| {
        let found = world.send(login, &read(unit), json!({})).await.ok();
        found["dossier"]["evidence"]["nodes"][0]["newest"]["linkCheck"].clone()
    };
    world.send("alpha.officer", ADD, link("ALPHA")).await.ok();
    for time in ["2020-03-01T15:00:00Z", "2020-03-02T03:00:00Z"] {
        world.set_time(time);
        check(&world, None).await;
    }
    world.set_time("2020-03-02T04:00:00Z");
    world.send("beta.officer", ADD, link("BETA")).await.ok();
    assert_eq!(seen("beta.officer", "BETA").await, Value::Null);
    world.set_time("2020-03-02T05:00:00Z");
    check(&world, None).await;
    assert_eq!(
        seen("beta.officer", "BETA").await,
        json!({"state": "FAILING", "failingSince": "2020-03-02T04:00:00.000Z"})
    );
    assert_eq!(
        seen("alpha.officer", "ALPHA").await,
        json!({"state": "DEAD", "failingSince": "2020-03-01T15:00:00.000Z"})
    );
}
