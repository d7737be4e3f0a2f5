//! What stands between the driver and two shards, because no `mongos` can be had here.
//!
//! A `mongod` of a sharded cluster carries MongoDB's own routing under names of its own (`clusterFind`, `clusterAggregate`,
//! `clusterUpdate`, …; it needs them for transactions inside the cluster). So everything outside a transaction is only
//! renamed and sent to one shard, whose code decides which shards are asked, asks them and merges their answers; that code
//! explains itself too. Setting up goes by the orders that a `mongos` sends on. Made here is what it would do itself: it says
//! what it is, takes the moment of a snapshot from the latest time it has heard of, and keeps to one shard for one
//! transaction. Which shard that is, the same routing says; a second one is refused, so that whatever passes here has
//! touched one shard. Change streams are refused: inside a `mongod` the routing does not get as far as their second page.

use std::collections::{HashMap, HashSet};
use std::io::{self, ErrorKind};
use std::sync::{Arc, Mutex};

use mongodb::bson::{Bson, Document, Timestamp, doc};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

/// Operation code of the one kind of message there is.
const MESSAGE: i32 = 2013;
/// Bytes of a message's header: length, id, id of what it answers, operation code.
const HEADER: usize = 16;
/// Bytes of the flags behind it.
const FLAGS: usize = 4;

/// Names of what shards do for each other.
const ROUTED: [(&str, &str); 6] = [
    ("find", "clusterFind"),
    ("aggregate", "clusterAggregate"),
    ("getMore", "clusterGetMore"),
    ("insert", "clusterInsert"),
    ("update", "clusterUpdate"),
    ("delete", "clusterDelete"),
];

/// A session and the number of its transaction.
type Transaction = (Vec<u8>, i64);

pub struct Router {
    /// Ports of the shards, the first of which is everything's home, and of the server that keeps the settings.
    shards: Vec<u16>,
    settings: u16,
    /// Database and shard of each transaction, once one of its statements has named them.
    transactions: Mutex<HashMap<Transaction, (String, usize)>>,
    /// Those that were committed.
    committed: Mutex<HashSet<Transaction>>,
    /// The latest time that this router has heard of, as shards tell it.
    latest: Mutex<Option<Document>>,
}

impl Router {
    /// Listens on a free port, which it answers, as long as the process lives.
    pub async fn start(shards: &[u16], settings: u16) -> (Arc<Self>, u16) {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let port = listener.local_addr().expect("an address").port();
        let router = Arc::new(Self {
            shards: shards.to_owned(),
            settings,
            transactions: Mutex::default(),
            committed: Mutex::default(),
            latest: Mutex::default(),
        });
        let routing = Arc::clone(&router);
        // A runtime of its own: tests have one each, and this has to outlive them.
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            let listener = listener.into_std().expect("a listener");
            runtime.expect("a runtime").block_on(async move {
                let listener = TcpListener::from_std(listener).expect("a listener");
                while let Ok((client, _)) = listener.accept().await {
                    let connection = Connection::new(Arc::clone(&routing), client);
                    tokio::spawn(async move { connection.serve().await });
                }
            });
        });
        (router, port)
    }

    /// How many transactions each shard has committed for a database.
    pub fn commits(&self, database: &str) -> Vec<usize> {
        let committed = self.committed.lock().unwrap();
        let transactions = self.transactions.lock().unwrap();
        let mut counted = vec![0; self.shards.len()];
        for (name, shard) in committed.iter().filter_map(|one| transactions.get(one)) {
            counted[*shard] += usize::from(name == database);
        }
        counted
    }

    fn hear(&self, message: &Document) {
        let Ok(told) = message.get_document("$clusterTime") else {
            return;
        };
        let mut latest = self.latest.lock().unwrap();
        if latest.as_ref().is_none_or(|known| time_of(known) < time_of(told)) {
            *latest = Some(told.clone());
        }
    }
}

fn time_of(told: &Document) -> Timestamp {
    told.get_timestamp("clusterTime").expect("a time")
}

/// One connection of a driver, and those to the servers behind.
struct Connection {
    router: Arc<Router>,
    client: TcpStream,
    servers: HashMap<u16, TcpStream>,
}

impl Connection {
    fn new(router: Arc<Router>, client: TcpStream) -> Self {
        Self {
            router,
            client,
            servers: HashMap::new(),
        }
    }

    async fn serve(mut self) -> io::Result<()> {
        loop {
            let (id, command) = read(&mut self.client).await?;
            self.router.hear(&command);
            let answer = self.answer(command).await?;
            write(&mut self.client, id, &answer).await?;
        }
    }

    /// Sends a command to a server and waits for what it says.
    async fn ask(&mut self, port: u16, mut command: Document) -> io::Result<Document> {
        if let Some(latest) = self.router.latest.lock().unwrap().clone() {
            command.insert("$clusterTime", latest);
        }
        let server = match self.servers.entry(port) {
            std::collections::hash_map::Entry::Occupied(there) => there.into_mut(),
            std::collections::hash_map::Entry::Vacant(place) => {
                place.insert(TcpStream::connect(("127.0.0.1", port)).await?)
            }
        };
        write(server, 0, &command).await?;
        let (_, answer) = read(server).await?;
        self.router.hear(&answer);
        Ok(answer)
    }

    async fn at_home(&mut self, command: Document) -> io::Result<Document> {
        self.ask(self.router.shards[0], command).await
    }

    async fn everywhere(&mut self, command: Document) -> io::Result<Document> {
        let mut answer = Document::new();
        for port in self.router.shards.clone() {
            answer = self.ask(port, command.clone()).await?;
            if refused(&answer) {
                break;
            }
        }
        Ok(answer)
    }

    async fn answer(&mut self, command: Document) -> io::Result<Document> {
        let name = command.keys().next().cloned().unwrap_or_default();
        if command.contains_key("autocommit") {
            return self.in_transaction(&name, command).await;
        }
        match name.as_str() {
            "hello" | "isMaster" | "ismaster" => Ok(hello()),
            "killCursors" | "endSessions" => Ok(doc! { "ok": 1 }),
            "killSessions" => self.everywhere(command).await,
            "create" => {
                self.make_database(database_of(&command)).await?;
                self.at_home(command).await
            }
            "insert" | "update" => {
                // A router makes a database with its first write; here on the shard that is everything's home.
                self.make_database(database_of(&command)).await?;
                self.routed(command).await
            }
            "createIndexes" if self.is_distributed(&place_of(&command)).await? => self.everywhere(command).await,
            "enableSharding" => {
                self.make_database(command.get_str("enableSharding").unwrap_or_default())
                    .await
            }
            "shardCollection" => self.distribute(&command).await,
            "explain" => {
                let explained = command.get_document("explain").cloned().unwrap_or_default();
                let mut order = command;
                order.insert("explain", renamed(explained));
                self.at_home(order).await
            }
            _ if is_change_stream(&command) => Ok(refusal("no change streams without a mongos")),
            _ => self.routed(command).await,
        }
    }

    /// By the routing of the home shard, if it is a matter of that, and otherwise by the shard itself.
    async fn routed(&mut self, command: Document) -> io::Result<Document> {
        let mut order = renamed(command);
        // What makes a single write repeatable is a matter of the shards' own sessions.
        order.remove("txnNumber");
        self.fix_moment(&mut order);
        self.at_home(order).await
    }

    /// A snapshot without a moment gets the latest that was heard of.
    fn fix_moment(&self, command: &mut Document) {
        let latest = self.router.latest.lock().unwrap().as_ref().map(time_of);
        if let (Ok(concern), Some(latest)) = (command.get_document_mut("readConcern"), latest)
            && concern.get_str("level").is_ok_and(|level| level == "snapshot")
            && !concern.contains_key("atClusterTime")
        {
            concern.insert("atClusterTime", latest);
        }
    }

    async fn make_database(&mut self, name: &str) -> io::Result<Document> {
        let majority = doc! { "w": "majority" };
        let order = doc! { "_configsvrCreateDatabase": name, "primaryShardId": "shard0", "writeConcern": majority, "$db": "admin" };
        self.ask(self.router.settings, order).await
    }

    async fn setting(&mut self, collection: &str, id: &str) -> io::Result<Option<Document>> {
        let find = doc! { "find": collection, "filter": { "_id": id }, "limit": 1, "singleBatch": true,
        "readConcern": { "level": "majority" }, "$db": "config" };
        let found = self.ask(self.router.settings, find).await?;
        let batch = found
            .get_document("cursor")
            .and_then(|cursor| cursor.get_array("firstBatch"));
        let first = batch.ok().and_then(|batch| batch.first());
        Ok(first.and_then(Bson::as_document).cloned())
    }

    async fn is_distributed(&mut self, place: &str) -> io::Result<bool> {
        Ok(self.setting("collections", place).await?.is_some())
    }

    async fn distribute(&mut self, command: &Document) -> io::Result<Document> {
        let place = command.get_str("shardCollection").unwrap_or_default();
        let (database, collection) = place.split_once('.').unwrap_or_default();
        let known = self.setting("databases", database).await?.unwrap_or_default();
        let Some(version) = known.get("version") else {
            return Ok(refusal("no such database"));
        };
        let order = doc! { "_shardsvrCreateCollection": collection, "shardKey": command.get_document("key").expect("a key"),
        "databaseVersion": version.clone(), "writeConcern": { "w": "majority" }, "$db": database };
        self.at_home(order).await
    }

    /// A statement of a transaction, its COMMIT or its end.
    async fn in_transaction(&mut self, name: &str, mut command: Document) -> io::Result<Document> {
        let transaction = transaction_of(&command);
        let known = self
            .router
            .transactions
            .lock()
            .unwrap()
            .get(&transaction)
            .map(|(_, shard)| *shard);
        command.remove("recoveryToken");
        if let "commitTransaction" | "abortTransaction" = name {
            let Some(shard) = known else {
                return Ok(doc! { "ok": 1 });
            };
            let answer = self.ask(self.router.shards[shard], command).await?;
            if name == "commitTransaction" && !refused(&answer) {
                self.router.committed.lock().unwrap().insert(transaction);
            }
            return Ok(answer);
        }
        let mut shard = known;
        for stream in streams_of(name, &command) {
            let found = self.shard_of(&command, name, &stream).await?;
            if shard.is_some_and(|shard| shard != found) {
                return Ok(refusal("a second shard in one transaction"));
            }
            shard = Some(found);
        }
        let Some(shard) = shard else {
            return Ok(refusal("a statement that names no stream"));
        };
        if known.is_none() {
            let place = (database_of(&command).to_owned(), shard);
            self.router.transactions.lock().unwrap().insert(transaction, place);
        }
        self.ask(self.router.shards[shard], command).await
    }

    /// Where a stream lies, by MongoDB's own routing.
    async fn shard_of(&mut self, command: &Document, name: &str, stream: &str) -> io::Result<usize> {
        let find = doc! { "clusterFind": command.get_str(name).unwrap_or_default(), "filter": { "stream": stream } };
        let order = doc! { "explain": find, "verbosity": "queryPlanner", "$db": database_of(command) };
        let answer = self.at_home(order).await?;
        let plan = answer
            .get_document("queryPlanner")
            .and_then(|plan| plan.get_document("winningPlan"));
        let shards = plan.and_then(|plan| plan.get_array("shards")).ok();
        let names: Vec<&str> = shards
            .into_iter()
            .flatten()
            .filter_map(|one| one.as_document()?.get_str("shardName").ok())
            .collect();
        match names[..] {
            [one] => Ok(usize::from(one == "shard1")),
            _ => Err(io::Error::other(format!("{stream} is nowhere: {answer}"))),
        }
    }
}

/// What a `mongos` of 6.0 says of itself.
fn hello() -> Document {
    doc! { "ismaster": true, "isWritablePrimary": true, "msg": "isdbgrid", "helloOk": true, "ok": 1,
    "maxBsonObjectSize": 16_777_216, "maxMessageSizeBytes": 48_000_000, "maxWriteBatchSize": 100_000,
    "logicalSessionTimeoutMinutes": 30, "minWireVersion": 0, "maxWireVersion": 17 }
}

fn refused(answer: &Document) -> bool {
    !matches!(
        answer.get("ok"),
        Some(Bson::Double(1.0) | Bson::Int32(1) | Bson::Int64(1))
    )
}

fn refusal(why: &str) -> Document {
    doc! { "ok": 0, "errmsg": why, "code": 263, "codeName": "OperationNotSupportedInTransaction" }
}

fn renamed(command: Document) -> Document {
    let name = |name: String| {
        let routed = ROUTED.iter().find(|(plain, _)| *plain == name);
        routed.map_or(name, |(_, routed)| (*routed).to_owned())
    };
    let mut fields = command.into_iter();
    let first = fields.next().map(|(key, value)| (name(key), value));
    first.into_iter().chain(fields).collect()
}

fn database_of(command: &Document) -> &str {
    command.get_str("$db").unwrap_or_default()
}

fn place_of(command: &Document) -> String {
    let collection = command.values().next().and_then(Bson::as_str).unwrap_or_default();
    format!("{}.{collection}", database_of(command))
}

fn is_change_stream(command: &Document) -> bool {
    let first = command.get_array("pipeline").ok().and_then(|stages| stages.first());
    first
        .and_then(Bson::as_document)
        .is_some_and(|stage| stage.contains_key("$changeStream"))
}

fn transaction_of(command: &Document) -> Transaction {
    let session = command.get_document("lsid").ok().and_then(|session| session.get("id"));
    let session = match session {
        Some(Bson::Binary(id)) => id.bytes.clone(),
        _ => Vec::new(),
    };
    (session, command.get_i64("txnNumber").unwrap_or_default())
}

/// The streams that a statement names.
fn streams_of(name: &str, command: &Document) -> Vec<String> {
    let text = |found: &Document| found.get_str("stream").ok().map(str::to_owned);
    let each = |list: &str, part: &dyn Fn(&Document) -> Option<String>| -> Vec<String> {
        let all = command.get_array(list).into_iter().flatten();
        all.filter_map(Bson::as_document).filter_map(part).collect()
    };
    let mut found = match name {
        "insert" => each("documents", &text),
        "update" => each("updates", &|update| update.get_document("q").ok().and_then(text)),
        _ => command.get_document("filter").ok().and_then(text).into_iter().collect(),
    };
    found.dedup();
    found
}

/// The next message: its id and its one document, into which its sequences are put as arrays.
async fn read(from: &mut TcpStream) -> io::Result<(i32, Document)> {
    let broken = |what: &str| io::Error::new(ErrorKind::InvalidData, what.to_owned());
    let mut header = [0; HEADER];
    from.read_exact(&mut header).await?;
    let number = |at: usize| i32::from_le_bytes(header[at..at + 4].try_into().expect("four bytes"));
    let (length, id, operation) = (number(0), number(4), number(12));
    if operation != MESSAGE {
        return Err(broken(&format!("operation {operation}")));
    }
    let mut body = vec![0; usize::try_from(length).map_err(|_| broken("length"))? - HEADER];
    from.read_exact(&mut body).await?;
    let mut rest = &body[FLAGS..];
    let mut document = Document::new();
    let mut sequences = Vec::new();
    while let Some((kind, section)) = rest.split_first() {
        let size = section
            .first_chunk()
            .map(|size| i32::from_le_bytes(*size))
            .ok_or_else(|| broken("section"))?;
        let (part, behind) = section.split_at(usize::try_from(size).map_err(|_| broken("size"))?);
        rest = behind;
        let read = |bytes: &mut &[u8]| Document::from_reader(bytes).map_err(io::Error::other);
        if *kind == 0 {
            document = read(&mut &*part)?;
        } else {
            let end = part[4..]
                .iter()
                .position(|byte| *byte == 0)
                .ok_or_else(|| broken("name"))?;
            let name = String::from_utf8_lossy(&part[4..4 + end]).into_owned();
            let mut bytes = &part[4 + end + 1..];
            let mut all = Vec::new();
            while !bytes.is_empty() {
                all.push(Bson::Document(read(&mut bytes)?));
            }
            sequences.push((name, all));
        }
    }
    document.extend(
        sequences
            .into_iter()
            .map(|(name, all)| (name, Bson::Array(all)))
            .collect::<Document>(),
    );
    Ok((id, document))
}

async fn write(to: &mut TcpStream, answers: i32, document: &Document) -> io::Result<()> {
    let mut bytes = vec![0; HEADER + FLAGS + 1];
    document.to_writer(&mut bytes).map_err(io::Error::other)?;
    let length = i32::try_from(bytes.len()).map_err(io::Error::other)?;
    for (at, number) in [(0, length), (4, 1), (8, answers), (12, MESSAGE)] {
        bytes[at..at + 4].copy_from_slice(&number.to_le_bytes());
    }
    to.write_all(&bytes).await
}
