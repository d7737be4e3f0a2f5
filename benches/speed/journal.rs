//! Bytes that the journal grows by for one review, over all reviews of the demonstration.

use minhchung::app::App;
use minhchung::store::{EntryRecord, StreamId};

use crate::Problem;
use crate::measure::line;

/// Streams and entries of one look.
const PAGE: usize = 500;

pub async fn run(app: &App) -> Result<(), Problem> {
    let (mut bytes, mut reviews, mut largest) = (0, 0, 0);
    let mut after: Option<StreamId> = None;
    loop {
        let heads = app.store.heads(after.as_ref(), PAGE).await?;
        for (stream, head) in &heads {
            for first in (1..=head.number).step_by(PAGE) {
                for entry in app.store.entries(stream, first, PAGE).await? {
                    if entry.header()?.command != "ReviewLeaves" {
                        continue;
                    }
                    let made = entry
                        .documents
                        .iter()
                        .filter(|document| document.collection == "review")
                        .count();
                    bytes += size(&entry);
                    reviews += made;
                    largest = largest.max(size(&entry) / made.max(1));
                }
            }
        }
        let Some((last, _)) = heads.last() else { break };
        after = Some(last.clone());
    }
    let mean = bytes / reviews.max(1);
    line(
        &format!("journal bytes per review, over {reviews} reviews"),
        &mean.to_string(),
        "≤ 8192",
    );
    line("the largest", &largest.to_string(), "");
    Ok(())
}

/// Everything of an entry that the store keeps: header, hash, private part, and each document with its name and salt.
pub fn size(entry: &EntryRecord) -> usize {
    let private = entry
        .private
        .as_ref()
        .map_or(0, |part| part.salt.0.len() + part.body.len());
    let documents = entry.documents.iter().map(|document| {
        let body = document.body.as_ref().map_or(0, |body| body.len());
        document.collection.len() + document.id.len() + document.salt.0.len() + body
    });
    let names = entry.stream.as_str().len() + entry.attempt.len();
    entry.header.len() + entry.hash.0.len() + private + names + documents.sum::<usize>()
}
