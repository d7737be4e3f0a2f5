//! The feed of commits.

use std::sync::Arc;
use std::time::Duration;

use super::{Shared, append, pair, stream};
use crate::store::StreamId;

/// Walking the feed while streams grow gives every commit, in order within its stream.
pub async fn the_tail_has_no_gaps(store: Shared) {
    let writers = (0..4).map(|n| {
        let store = Arc::clone(&store);
        tokio::spawn(async move {
            for value in 0..25 {
                append(&store, &stream(&format!("s{n}")), vec![pair("p", value)]).await;
            }
        })
    });
    let writers: Vec<_> = writers.collect();
    let mut seen = std::collections::BTreeMap::<StreamId, u64>::new();
    let mut position = None;
    let deadline = tokio::time::Instant::now() + Duration::from_secs(60);
    while seen.values().sum::<u64>() < 100 {
        assert!(tokio::time::Instant::now() < deadline, "the feed stopped at {seen:?}");
        let page = store
            .tail(position.as_ref(), 7, Duration::from_millis(500))
            .await
            .expect("the feed");
        for (place, stream, number) in page {
            let last = seen.entry(stream).or_default();
            assert!(number <= *last + 1, "a gap before {number}: {last}");
            *last = number.max(*last);
            position = Some(place);
        }
    }
    for writer in writers {
        writer.await.expect("the writer went on");
    }
    let rest = store
        .tail(position.as_ref(), 100, Duration::ZERO)
        .await
        .expect("the feed");
    assert!(rest.iter().all(|(_, stream, number)| seen[stream] >= *number));
}

/// A reader at the end of the feed waits, and wakes with the next commit.
pub async fn the_tail_waits_for_a_commit(store: Shared) {
    let here = stream("here");
    append(&store, &here, vec![pair("p", 1)]).await;
    let first = store.tail(None, 10, Duration::from_secs(5)).await.expect("the feed");
    let position = first.last().map(|(place, ..)| place.clone());
    assert_eq!(first.iter().map(|(_, _, number)| *number).collect::<Vec<_>>(), [1]);
    let waiting = {
        let store = Arc::clone(&store);
        tokio::spawn(async move { store.tail(position.as_ref(), 10, Duration::from_secs(30)).await })
    };
    tokio::time::sleep(Duration::from_millis(100)).await;
    append(&store, &here, vec![pair("p", 2)]).await;
    let woken = tokio::time::timeout(Duration::from_secs(10), waiting)
        .await
        .expect("woken in time");
    let woken = woken.expect("no panic").expect("the feed");
    assert_eq!(
        woken.last().map(|(_, stream, number)| (stream.clone(), *number)),
        Some((here, 2))
    );
}
