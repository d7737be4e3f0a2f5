//! Which shards answer what the application asks, as a picture: `routes.txt`, from the cluster's own explanations of a whole
//! journey. ARCHITECTURE.md says why each question that goes to all shards may.

use std::collections::{BTreeMap, BTreeSet};

use minhchung::app::documents::COLLECTIONS;
use minhchung::store::mongo::{MongoStore, Plan};
use minhchung::store::query::Direction;
use minhchung::store::{Condition, Key, Query};

use crate::plans::asked_of_a_journey;
use crate::policy::table;
use crate::support::hooked::Question;
use crate::support::stores::{self, Kind};

/// Kind of question, collection, what is given, order; and where it went.
type Routes = BTreeMap<[String; 4], BTreeSet<&'static str>>;

fn condition(condition: &Condition) -> String {
    let (field, compared) = match condition {
        Condition::Equal(field, _) => (field, "="),
        Condition::OneOf(field, _) => (field, " in"),
        Condition::NoneOf(field, _) => (field, " not in"),
        Condition::AtLeast(field, _) => (field, ">="),
        Condition::LessThan(field, _) => (field, "<"),
    };
    format!("{field}{compared}")
}

/// A question without its values.
fn line(kind: &str, query: &Query) -> [String; 4] {
    let stream = query.stream.iter().map(|_| "stream=".to_owned());
    let mut given: Vec<String> = query.conditions.iter().map(condition).collect();
    given.sort();
    given.dedup();
    let given: Vec<String> = stream.chain(given).collect();
    let order = query
        .order
        .filter(|_| kind == "page")
        .map(|order| match order.direction {
            Direction::Ascending => order.field.to_owned(),
            Direction::Descending => format!("{} down", order.field),
        });
    [
        kind.to_owned(),
        query.collection.name.to_owned(),
        given.join(" "),
        order.unwrap_or_default(),
    ]
}

/// Keys of one collection, one question each.
fn by_collection(keys: &[Key]) -> Vec<Vec<Key>> {
    let mut found: BTreeMap<&str, Vec<Key>> = BTreeMap::new();
    for key in keys {
        found.entry(key.collection.name).or_default().push(key.clone());
    }
    found.into_values().collect()
}

fn route(plan: &Plan) -> &'static str {
    match plan.shards.len() {
        0 => panic!("no shard was asked: {plan:?}"),
        1 => "one shard",
        _ => "all shards",
    }
}

async fn routes(store: &MongoStore, asked: &[Question]) -> Routes {
    let mut found = Routes::new();
    let mut seen = BTreeSet::new();
    for question in asked {
        if !seen.insert(format!("{question:?}")) {
            continue;
        }
        let (line, plan) = match question {
            Question::Page(query) => (line("page", query), store.explain(query).await),
            Question::Count(query) | Question::CountBy(query, _) => {
                (line("count", query), store.explain_count(query).await)
            }
            Question::Get(keys) | Question::GetAndFind(keys, _) => {
                if let Question::GetAndFind(_, query) = question {
                    let plan = store.explain(query).await.unwrap();
                    found.entry(line("page", query)).or_default().insert(route(&plan));
                }
                for keys in by_collection(keys) {
                    let streams: BTreeSet<_> = keys.iter().map(|key| key.stream.as_str()).collect();
                    let given = if streams.len() == 1 {
                        "stream= id in"
                    } else {
                        "stream in id in"
                    };
                    let collection = keys[0].collection;
                    let plan = store.explain_keys(collection, &keys).await.unwrap();
                    let line = ["keys", collection.name, given, ""].map(str::to_owned);
                    found.entry(line).or_default().insert(route(&plan));
                }
                continue;
            }
        };
        found.entry(line).or_default().insert(route(&plan.unwrap()));
    }
    found
}

#[tokio::test]
#[ignore = "needs a mongod: .ci/mongod"]
async fn every_question_goes_to_the_shards_that_the_table_says() {
    let (world, asked) = stores::on(Kind::Sharded, asked_of_a_journey()).await;
    let url = stores::on(Kind::Sharded, stores::url(world.folder.path())).await;
    let store = MongoStore::open(&url, None, COLLECTIONS).await.unwrap();
    let mut found = routes(&store, &asked).await;
    let streams = world.app.store.heads(None, 100).await.unwrap();
    for (stream, _) in &streams {
        let plan = store.explain_head(stream).await.unwrap();
        let line = ["page", "journal_entry", "stream=", "number"].map(str::to_owned);
        found.entry(line).or_default().insert(route(&plan));
    }
    for ([kind, _, given, _], went) in &found {
        if given.starts_with("stream=") {
            assert_eq!(went.iter().collect::<Vec<_>>(), [&"one shard"], "{kind} {given}");
        }
    }
    let mut lines = vec![
        ["ANSWERED BY", "QUESTION", "OF", "GIVEN", "IN THE ORDER OF"]
            .map(str::to_owned)
            .to_vec(),
    ];
    for (line, went) in found {
        // Keys of several streams lie on those streams' shards, of which there may be one.
        let went = if went.len() == 1 {
            went.into_iter().next().unwrap_or_default()
        } else {
            "their shards"
        };
        lines.push([went.to_owned()].into_iter().chain(line).collect());
    }
    lines[1..].sort();
    table::check("routes.txt", &table::columns(&lines));
}
