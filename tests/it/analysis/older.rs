//! Publications of a program that kept no summaries.

use std::sync::Arc;

use async_trait::async_trait;
use minhchung::domain::analysis::{CriterionFindings, GroupSummary};
use minhchung::store::{ChangeSet, CommitError, Document as _, Store};
use serde_json::json;

use super::{GAIN, GAINS, ask, lines};
use crate::journey::{in_appraisal, publish_unverified};
use crate::ranking::publish_2020;
use crate::support::hooked::{Hooked, Hooks};

/// A program from before summaries were kept: it wrote none.
struct WithoutSummaries;

#[async_trait]
impl Hooks for WithoutSummaries {
    async fn commit(&self, store: &dyn Store, change: ChangeSet) -> Result<(), CommitError> {
        let kept = [GroupSummary::COLLECTION.name, CriterionFindings::COLLECTION.name];
        match change.puts.iter().any(|put| kept.contains(&put.collection.name)) {
            true => Ok(()),
            false => store.commit(change).await,
        }
    }
}

#[tokio::test]
async fn publications_from_before_summaries_were_kept_are_summed_up_from_their_rankings() {
    let world = in_appraisal().await;
    let old = world
        .over(|store| Hooked::around(store, &Arc::new(WithoutSummaries)))
        .await;
    publish_unverified(&old).await;
    publish_2020(&world).await;
    world.verified().await;
    let found = ask(&world, "", &format!(r#"improvements(round: "T-2020") {GAINS}"#)).await;
    assert_eq!(lines(&found["units"], GAIN), ["BETA 0.00 0 2 2", "ALPHA -11.00 -1 1 2"]);
    let spread =
        r#"spread(round: "T-2019", group: "SO", level: FIELD) { lines { node { code } spread { median deviation } } }"#;
    assert_eq!(
        ask(&world, "", spread).await["lines"],
        json!([{"node": {"code": "1"}, "spread": {"median": "0.00", "deviation": "0.00"}},
            {"node": {"code": "2"}, "spread": {"median": "63.75", "deviation": "13.75"}}])
    );
    // What was not kept is said to be unknown.
    let claims = r#"overclaims(round: "T-2019") { unitCount unknownCount meanPoints units { unitCode } }"#;
    assert_eq!(
        ask(&world, "", claims).await,
        json!({"unitCount": "0", "unknownCount": "2", "meanPoints": null, "units": []})
    );
    let reasons = r#"rejectionReasons(round: "T-2019") { isKept lineCount }"#;
    assert_eq!(
        ask(&world, "", reasons).await,
        json!({"isKept": false, "lineCount": "0"})
    );
}
