//! Reviews hammer on a round from two processes while it is published: what is published is what was sealed, every
//! review acknowledged before its dossier's seal is counted, and every later one was rejected.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use minhchung::domain::exact::Exact;
use minhchung::domain::round::RankingRow;
use serde_json::{Value, json};

use crate::journey::{REVIEW, accepting, in_appraisal, look};
use crate::races::{ask_to_publish, published_is_sealed, second_process};
use crate::world::World;

const REVIEWS: &str = r#"query($u: String!, $c: String!) {
    assessment(ref: {key: {round: "T-2019", unit: $u, criterion: $c}}) { reviews { id } } }"#;
const REVISE: &str = "mutation($i: ReviseReviewInput!) { reviseReview(input: $i) { items { made problem { code rule field message { vi en } } } } }";
/// Reviews that everybody has made before publication is asked for.
const WARM: usize = 3;
/// Rounds that are played: scheduling differs each time.
const ROUNDS: usize = 3;

/// One appraiser on one leaf.
struct Hammer {
    login: &'static str,
    unit: &'static str,
    criterion: &'static str,
}

const HAMMERS: [Hammer; 4] = [
    Hammer {
        login: "snv.appraiser",
        unit: "ALPHA",
        criterion: "1.1",
    },
    Hammer {
        login: "sttt.appraiser",
        unit: "ALPHA",
        criterion: "1.2",
    },
    Hammer {
        login: "snv.second",
        unit: "BETA",
        criterion: "1.1",
    },
    Hammer {
        login: "sttt.appraiser",
        unit: "BETA",
        criterion: "1.2",
    },
];

impl Hammer {
    /// Corrections in the `n`-th review, and the points that follow from them, worked out by hand.
    fn correction(&self, n: usize) -> (Value, Exact) {
        let correct = |input: &str, count: usize| json!({"input": input, "value": {"count": count.to_string()}, "reason": "Đếm lại", "basis": "OWN_DATA"});
        match self.criterion {
            // Of 32 tasks 26 to 32 are done, all above the gate of 0.8: n/32 of 4 points.
            "1.1" => {
                let done = 26 + n % 7;
                (json!([correct("completed", done)]), Exact::ratio(done as i64, 8))
            }
            // Of 100 dossiers up to 50 are online, the target being half: n/50 of 2 points.
            _ => {
                let online = n % 51;
                (
                    json!([correct("online", online), correct("total", 100)]),
                    Exact::ratio(online as i64, 25),
                )
            }
        }
    }

    /// Reviews the leaf again and again until that is refused. Ids of the acknowledged reviews, and the last points.
    async fn strike(&self, process: &World, struck: &AtomicUsize) -> (Vec<String>, Exact) {
        let mut made: Vec<String> = Vec::new();
        let mut points = Exact::zero();
        loop {
            let seen = look(process, self.login, self.unit, self.criterion).await;
            let mut item = accepting(self.unit, self.criterion, &seen);
            let (corrections, worth) = self.correction(made.len());
            item["corrections"] = corrections;
            let (document, input) = if made.is_empty() {
                (REVIEW, json!({"i": {"items": [item]}}))
            } else {
                (REVISE, json!({"i": {"item": item, "reason": "Đếm lại"}}))
            };
            let answer = process.send(self.login, document, input).await;
            match answer.refusal("en") {
                None => {
                    let root = if made.is_empty() { "review" } else { "reviseReview" };
                    let id = answer.data[root]["items"][0]["made"].as_str();
                    made.push(id.expect("an id").to_owned());
                    points = worth;
                    if made.len() == WARM {
                        struck.fetch_add(1, Ordering::SeqCst);
                    }
                }
                Some((code, rule, _)) if code == "REJECTED" => {
                    assert_eq!(rule, "WRONG_PHASE");
                    return (made, points);
                }
                // Certainly not applied: the other process was faster too often.
                Some((code, ..)) => assert_eq!(code, "CONFLICT"),
            }
        }
    }
}

fn points_of(rows: &[RankingRow], unit: &str, node: &str) -> Exact {
    rows.iter().find(|row| row.unit == unit).unwrap().nodes[node]
        .points
        .clone()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_published_is_what_was_sealed() {
    for _ in 0..ROUNDS {
        let world = in_appraisal().await;
        let (other, _) = second_process(&world).await;
        let struck = AtomicUsize::new(0);
        let publish = async {
            while struck.load(Ordering::SeqCst) < HAMMERS.len() {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
            ask_to_publish(&world, &["ALPHA", "BETA"], None).await;
            world.run_jobs().await;
        };
        let [first, second, third, fourth] = &HAMMERS;
        let (one, two, three, four, ()) = tokio::join!(
            first.strike(&world, &struck),
            second.strike(&other, &struck),
            third.strike(&other, &struck),
            fourth.strike(&world, &struck),
            publish
        );
        let rows = published_is_sealed(&world).await;
        for (hammer, (made, _)) in HAMMERS.iter().zip([&one, &two, &three, &four]) {
            let input = json!({"u": hammer.unit, "c": hammer.criterion});
            let reviews = world.send(hammer.login, REVIEWS, input).await.ok()["assessment"]["reviews"].clone();
            let mut found: Vec<&str> = reviews
                .as_array()
                .unwrap()
                .iter()
                .map(|review| review["id"].as_str().unwrap())
                .collect();
            let mut made = made.clone();
            found.sort();
            made.sort();
            assert_eq!(found, made, "{} {}", hammer.unit, hammer.criterion);
        }
        // Field 1 is the sum of its two leaves as they were reviewed last.
        assert_eq!(points_of(&rows, "ALPHA", "1"), &one.1 + &two.1);
        assert_eq!(points_of(&rows, "BETA", "1"), &three.1 + &four.1);
        world.verified().await;
    }
}
