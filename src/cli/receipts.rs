//! `verify --receipts`: what the API answered to changes, kept outside, against what is there. A store that lost its newest
//! entries is whole in itself; only who kept a receipt can tell.

use std::path::Path;

use jiff::Timestamp;
use serde::Deserialize;

use super::Problem;
use crate::store::{Digest, Store, StreamId};

/// A receipt as the API gives it; what else is in it does not matter here.
#[derive(Deserialize)]
struct Receipt {
    stream: String,
    entry: String,
    hash: String,
    /// The time that deadlines are held to; who left it out does not ask about it.
    #[serde(rename = "recordedAt")]
    recorded_at: Option<Timestamp>,
}

/// What a receipt says of an entry.
struct Claim {
    stream: StreamId,
    number: u64,
    hash: Digest,
    recorded_at: Option<Timestamp>,
}

impl Receipt {
    fn read(line: &str) -> Option<Claim> {
        let receipt: Self = serde_json::from_str(line).ok()?;
        Some(Claim {
            stream: StreamId::parse(&receipt.stream)?,
            number: receipt.entry.parse().ok()?,
            hash: Digest(hex::decode(&receipt.hash).ok()?.try_into().ok()?),
            recorded_at: receipt.recorded_at,
        })
    }
}

/// Holds a file of receipts, one a line, against the journal: how many there are, and the first that does not hold.
///
/// # Errors
/// When the file cannot be read, a line is no receipt, or the store does not answer.
pub async fn check(store: &dyn Store, file: &Path) -> Result<(usize, Option<String>), Problem> {
    let text = std::fs::read_to_string(file).map_err(|error| format!("{}: {error}", file.display()))?;
    // Some editors begin a file with a byte order mark.
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
    let lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
    let mut count = 0;
    for (place, line) in lines {
        let place = place + 1;
        let claim = Receipt::read(line).ok_or_else(|| {
            format!(
                "{}, line {place}: no receipt such as {{\"stream\": …, \"entry\": …, \"hash\": …, \"recordedAt\": …}}",
                file.display()
            )
        })?;
        if let Some(difference) = difference(store, &claim).await? {
            return Ok((
                count,
                Some(format!("{}: entry {}{difference}", claim.stream, claim.number)),
            ));
        }
        count += 1;
    }
    if count == 0 {
        return Err(format!("{} holds no receipt", file.display()).into());
    }
    Ok((count, None))
}

/// What of an entry is not as a receipt says, behind its name.
async fn difference(store: &dyn Store, claim: &Claim) -> Result<Option<String>, Problem> {
    let found = store.entries(&claim.stream, claim.number, 1).await?;
    let Some(entry) = found.first().filter(|entry| entry.number == claim.number) else {
        return Ok(Some(", which a receipt names, is not there".to_owned()));
    };
    if entry.hash != claim.hash {
        return Ok(Some(" is another than the receipt names".to_owned()));
    }
    let stated = claim.recorded_at.map(Timestamp::as_millisecond);
    Ok(stated
        .filter(|stated| *stated != entry.at_ms)
        .map(|_| " was recorded at another time than the receipt says".to_owned()))
}
