//! The connection to a MongoDB cluster, the same for documents and for files: where the URI names no database both use the
//! same one, and both wait for a server equally long.

use std::time::Duration;

use mongodb::error::{Error, ErrorKind};
use mongodb::options::{
    Acknowledgment, ClientOptions, DatabaseOptions, ReadConcern, ReadPreference, SelectionCriteria, WriteConcern,
};
use mongodb::{Client, Database};

/// The database when the URI names none.
const DATABASE: &str = "minhchung";
/// How long one try waits for a primary (5 s), where an election takes about two.
const SERVER_SELECTION: Duration = Duration::from_secs(5);
/// How long the driver's watch over each server waits for it, and how often it looks: together they say how soon a frozen
/// server is known to be one.
const CONNECT: Duration = Duration::from_secs(3);
const HEARTBEAT: Duration = Duration::from_secs(2);

/// Why there is no connection. Whether anybody answers shows with the first request.
pub enum Unconnected {
    /// The driver does not read the URI. Its own words may repeat what is between `://` and `@`, so that they are withheld.
    Unreadable,
    /// The driver does not take what the URI asks for.
    Refused(Error),
}

/// Connects. Without a `database`, the one that the URI names. Writes wait for a majority and the journal, reads are of
/// what a majority has, from the primary.
pub async fn connect(uri: &str, database: Option<&str>) -> Result<Database, Unconnected> {
    let options = ClientOptions::parse(uri).await;
    let mut options = options.map_err(|_| Unconnected::Unreadable)?;
    options.app_name.get_or_insert_with(|| "minhchung".to_owned());
    options.server_selection_timeout.get_or_insert(SERVER_SELECTION);
    options.connect_timeout.get_or_insert(CONNECT);
    options.heartbeat_freq.get_or_insert(HEARTBEAT);
    let named = options.default_database.clone();
    let database = database.or(named.as_deref()).unwrap_or(DATABASE);
    let client = Client::with_options(options).map_err(Unconnected::Refused)?;
    let written = WriteConcern::builder()
        .w(Acknowledgment::Majority)
        .journal(true)
        .build();
    let settings = DatabaseOptions::builder()
        .read_concern(ReadConcern::majority())
        .selection_criteria(SelectionCriteria::ReadPreference(ReadPreference::Primary))
        .write_concern(written)
        .build();
    Ok(client.database_with_options(database, settings))
}

/// The code of a command that failed.
pub fn code(error: &Error) -> Option<i32> {
    match *error.kind {
        ErrorKind::Command(ref command) => Some(command.code),
        _ => None,
    }
}
