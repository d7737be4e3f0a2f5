//! `verify --receipts`: what the API answered to changes, kept outside, against what is there. A store that lost its newest
//! entries is whole in itself; only who kept a receipt can tell.

use std::path::Path;

use serde::Deserialize;

use super::Problem;
use crate::store::{Digest, Store, StreamId};

/// A receipt as the API gives it; what else is in it does not matter here.
#[derive(Deserialize)]
struct Receipt {
    stream: String,
    entry: String,
    hash: String,
}

impl Receipt {
    /// The entry that it names, and the hash that this has.
    fn read(line: &str) -> Option<(StreamId, u64, Digest)> {
        let receipt: Self = serde_json::from_str(line).ok()?;
        let hash = hex::decode(&receipt.hash).ok()?.try_into().ok()?;
        Some((
            StreamId::parse(&receipt.stream)?,
            receipt.entry.parse().ok()?,
            Digest(hash),
        ))
    }
}

/// Holds a file of receipts, one a line, against the journal: how many there are, and the first that does not hold.
///
/// # Errors
/// When the file cannot be read, a line is no receipt, or the store does not answer.
pub async fn check(store: &dyn Store, file: &Path) -> Result<(usize, Option<String>), Problem> {
    let text = std::fs::read_to_string(file).map_err(|error| format!("{}: {error}", file.display()))?;
    let lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
    let mut count = 0;
    for (place, line) in lines {
        let receipt = Receipt::read(line);
        let place = place + 1;
        let (stream, number, hash) = receipt.ok_or_else(|| {
            format!(
                "{}, line {place}: no receipt such as {{\"stream\": …, \"entry\": …, \"hash\": …}}",
                file.display()
            )
        })?;
        let found = store.entries(&stream, number, 1).await?;
        match found.first() {
            Some(entry) if entry.number == number && entry.hash == hash => count += 1,
            Some(entry) if entry.number == number => {
                return Ok((
                    count,
                    Some(format!("{stream}: entry {number} is another than the receipt names")),
                ));
            }
            _ => {
                return Ok((
                    count,
                    Some(format!("{stream}: entry {number}, which a receipt names, is not there")),
                ));
            }
        }
    }
    if count == 0 {
        return Err(format!("{} holds no receipt", file.display()).into());
    }
    Ok((count, None))
}
