//! What can be set when the program starts, by flag or by environment. All problems are reported at once.

use std::fmt;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use clap::Args;
use jiff::SignedDuration;
use tracing_subscriber::EnvFilter;

use crate::blob::Location;
use crate::http::tokens::OutsideIssuer;

/// Default limit of one file: a scanned report of some hundred pages.
pub const DEFAULT_UPLOAD_BYTES: u64 = 50 * 1024 * 1024; // 50 MiB

/// Longest time between two readings of a file, in days (ten years): by then a disk has been replaced twice.
const MOST_FIXITY_DAYS: i64 = 3650;

/// Longest time between two checks of a link, in days (a year): a round is over by then.
const MOST_LINK_DAYS: i64 = 366;

/// Settings of the server.
#[derive(Clone, Debug, Args)]
pub struct Settings {
    /// Address to listen on
    #[arg(
        long,
        global = true,
        env = "MINHCHUNG_LISTEN",
        value_name = "ADDR",
        default_value = "127.0.0.1:8080"
    )]
    pub listen: String,

    /// Folder of the embedded database, the files and the server's key
    #[arg(
        long,
        global = true,
        env = "MINHCHUNG_DATA",
        value_name = "DIR",
        default_value = "data"
    )]
    pub data: PathBuf,

    /// Where documents live: sqlite://PATH, or mongodb://USER:PASSWORD@HOST,…/DATABASE?replicaSet=NAME [default: store.db in the data folder]
    #[arg(
        long,
        global = true,
        env = "MINHCHUNG_STORE",
        hide_env_values = true,
        value_name = "URL"
    )]
    pub store: Option<Secret>,

    /// Where uploaded files live: file://PATH, or s3://, gs:// or az:// with BUCKET/PREFIX, or gridfs [default: the data folder]
    ///
    /// With gridfs they live in the MongoDB that --store names.
    /// The keys of a cloud come from its own variables, such as AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_ENDPOINT.
    #[arg(
        long,
        global = true,
        env = "MINHCHUNG_BLOBS",
        hide_env_values = true,
        value_name = "URL"
    )]
    pub blobs: Option<String>,

    /// Largest file that may be uploaded, in bytes
    #[arg(long, global = true, env = "MINHCHUNG_MAX_UPLOAD_BYTES", value_name = "BYTES", default_value_t = DEFAULT_UPLOAD_BYTES.to_string())]
    pub max_upload_bytes: String,

    /// Days in which a server reads every stored file again and holds it against its hash; 0 for never
    #[arg(
        long,
        global = true,
        env = "MINHCHUNG_FIXITY_DAYS",
        value_name = "DAYS",
        default_value = "30"
    )]
    pub fixity_days: String,

    /// Days in which a server fetches the links of documents of rounds that are not published; 0 for never
    #[arg(
        long,
        global = true,
        env = "MINHCHUNG_CHECK_LINKS_DAYS",
        value_name = "DAYS",
        default_value = "0"
    )]
    pub check_links_days: String,

    /// A host whose links are fetched although its address is not public, such as that of an intranet; may be given several times
    #[arg(
        long,
        global = true,
        env = "MINHCHUNG_ALLOW_PRIVATE",
        value_name = "HOST",
        value_delimiter = ','
    )]
    pub allow_private: Vec<String>,

    /// Another issuer whose tokens are accepted: the `iss` they carry
    #[arg(long, global = true, env = "MINHCHUNG_ISSUER", value_name = "ISS")]
    pub issuer: Option<String>,

    /// The `aud` that the other issuer's tokens carry for this server
    #[arg(long, global = true, env = "MINHCHUNG_ISSUER_AUDIENCE", value_name = "AUD")]
    pub issuer_audience: Option<String>,

    /// File with the other issuer's public key: PEM, Ed25519, P-256 or RSA
    #[arg(long, global = true, env = "MINHCHUNG_ISSUER_KEY", value_name = "FILE")]
    pub issuer_key: Option<PathBuf>,

    /// What is logged: a level such as info or debug, or levels by module such as warn,minhchung=debug
    #[arg(
        long,
        global = true,
        env = "MINHCHUNG_LOG",
        value_name = "LEVELS",
        default_value = "info"
    )]
    pub log: String,
}

/// Settings that hold together.
#[derive(Clone, Debug)]
pub struct Config {
    /// Address to listen on.
    pub listen: SocketAddr,
    /// Folder of everything that lasts.
    pub data: PathBuf,
    /// Where uploaded files live.
    pub blobs: Location,
    /// Where documents live.
    pub store: StoreSetting,
    /// Limit of one file in bytes.
    pub max_upload_bytes: u64,
    /// How often a server reads every file again; never if absent.
    pub fixity_every: Option<SignedDuration>,
    /// How often a server checks links; never if absent.
    pub check_links_every: Option<SignedDuration>,
    /// Hosts whose links are fetched although their addresses are not public.
    pub private_hosts: Vec<String>,
    /// Another issuer besides the server.
    pub outside_issuer: Option<OutsideIssuer>,
    /// What is logged, in the terms of `tracing`.
    pub log: String,
}

impl Settings {
    /// Holds the settings against each other and reads the key file.
    ///
    /// # Errors
    /// Every problem there is, one text each.
    pub fn validate(&self) -> Result<Config, Vec<String>> {
        let mut problems = Vec::new();
        let listen = SocketAddr::from_str(&self.listen);
        if let Err(error) = &listen {
            problems.push(format!(
                "listen: {:?} is no address such as 127.0.0.1:8080 ({error})",
                self.listen
            ));
        }
        if self.data.exists() && !self.data.is_dir() {
            problems.push(format!("data: {} is not a folder", self.data.display()));
        }
        let max_upload_bytes = self.max_upload_bytes.parse().ok().filter(|bytes| *bytes > 0);
        if max_upload_bytes.is_none() {
            problems.push(format!(
                "max-upload-bytes: {:?} is no number of bytes from 1",
                self.max_upload_bytes
            ));
        }
        let fixity_every = every("fixity-days", &self.fixity_days, MOST_FIXITY_DAYS);
        let check_links_every = every("check-links-days", &self.check_links_days, MOST_LINK_DAYS);
        for every in [&fixity_every, &check_links_every] {
            problems.extend(every.as_ref().err().cloned());
        }
        if let Err(error) = EnvFilter::try_new(&self.log) {
            problems.push(format!(
                "log: {:?} names no levels such as info or minhchung=debug ({error})",
                self.log
            ));
        }
        let store = StoreSetting::of(self.store.as_ref(), &self.data);
        if let Err(problem) = &store {
            problems.push(problem.clone());
        }
        let blobs = blobs_of(self.blobs.as_deref(), store.as_ref().ok(), &self.data);
        if let Err(problem) = &blobs {
            problems.push(problem.clone());
        }
        let outside_issuer = self.outside_issuer(&mut problems);
        let everies = fixity_every.ok().zip(check_links_every.ok());
        match (listen, max_upload_bytes, store, blobs, everies) {
            (Ok(listen), Some(max_upload_bytes), Ok(store), Ok(blobs), Some((fixity_every, check_links_every)))
                if problems.is_empty() =>
            {
                Ok(Config {
                    listen,
                    data: self.data.clone(),
                    store,
                    blobs,
                    max_upload_bytes,
                    fixity_every,
                    check_links_every,
                    private_hosts: self.allow_private.clone(),
                    outside_issuer,
                    log: self.log.clone(),
                })
            }
            _ => Err(problems),
        }
    }

    fn outside_issuer(&self, problems: &mut Vec<String>) -> Option<OutsideIssuer> {
        match (&self.issuer, &self.issuer_audience, &self.issuer_key) {
            (None, None, None) => None,
            (Some(issuer), Some(audience), Some(key)) => match std::fs::read_to_string(key) {
                Ok(public_key) => {
                    let outside = OutsideIssuer {
                        issuer: issuer.clone(),
                        audience: audience.clone(),
                        public_key,
                    };
                    if let Err(problem) = outside.check() {
                        problems.push(format!("issuer-key: {}: {problem}", key.display()));
                    }
                    Some(outside)
                }
                Err(error) => {
                    problems.push(format!("issuer-key: {} cannot be read ({error})", key.display()));
                    None
                }
            },
            (_, _, key) => {
                problems
                    .push("issuer, issuer-audience and issuer-key belong together: set all three or none".to_owned());
                if let Some(key) = key
                    && let Err(error) = std::fs::metadata(key)
                {
                    problems.push(format!("issuer-key: {} cannot be read ({error})", key.display()));
                }
                None
            }
        }
    }
}

/// A time between two runs, as a setting says it in days; none for 0.
///
/// # Errors
/// When it is no number of days up to the most.
fn every(setting: &str, days: &str, most: i64) -> Result<Option<SignedDuration>, String> {
    let found = days.parse().ok().filter(|days| (0..=most).contains(days));
    let found = found.ok_or_else(|| format!("{setting}: {days:?} is no number of days from 0 to {most}"))?;
    Ok((found > 0).then(|| SignedDuration::from_hours(24 * found)))
}

/// Where files live, as a URL names it; without one, in the data folder. What is wrong with the store is told elsewhere.
///
/// # Errors
/// When the URL names no place, or one that the store of documents does not have.
pub fn blobs_of(url: Option<&str>, store: Option<&StoreSetting>, data: &Path) -> Result<Location, String> {
    let Some(url) = url else {
        return Ok(Location::Folder(data.to_owned()));
    };
    let location = url.parse().map_err(|problem| format!("blobs: {problem}"))?;
    match (&location, store) {
        (Location::GridFs, Some(StoreSetting::Embedded(_))) => Err(
            "blobs: gridfs keeps files in the MongoDB of the documents, and the embedded store is none; name a mongodb:// \
             store, or keep files in file://PATH or a bucket"
                .to_owned(),
        ),
        _ => Ok(location),
    }
}

/// Where documents live.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StoreSetting {
    /// A database file, in which one process writes.
    Embedded(PathBuf),
    /// A MongoDB replica set or sharded cluster, which any number of processes share. The URL may hold a password.
    Cluster(Secret),
}

impl StoreSetting {
    /// What a URL names; without one, the database file of the data folder.
    ///
    /// # Errors
    /// What is wrong with it, in a text that does not repeat it.
    pub fn of(url: Option<&Secret>, data: &Path) -> Result<Self, String> {
        let Some(url) = url else {
            return Ok(Self::Embedded(data.join("store.db")));
        };
        match url.reveal().split_once("://") {
            Some(("sqlite", path)) if !path.is_empty() => Ok(Self::Embedded(path.into())),
            Some(("mongodb", hosts)) if !hosts.is_empty() => Ok(Self::Cluster(url.clone())),
            Some(("mongodb+srv", _)) => {
                Err("store: mongodb+srv:// is not read; name the hosts in mongodb://".to_owned())
            }
            // Whatever it is, it may hold a password.
            _ => Err("store: neither sqlite://PATH nor mongodb://HOST,…/DATABASE (it is not repeated here)".to_owned()),
        }
    }

    /// The URL by which [`crate::store::open`] knows it.
    pub fn url(&self) -> Secret {
        match self {
            Self::Embedded(path) => Secret::new(format!("sqlite://{}", path.display())),
            Self::Cluster(url) => url.clone(),
        }
    }
}

impl fmt::Display for StoreSetting {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Embedded(path) => write!(formatter, "sqlite://{}", path.display()),
            Self::Cluster(_) => formatter.write_str("mongodb://[secret]"),
        }
    }
}

/// A text that is never shown: not by `Debug`, not by `Display`, not in a log.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Keeps a text.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text, for the one place that needs it.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl From<String> for Secret {
    fn from(text: String) -> Self {
        Self(text)
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("[secret]")
    }
}

impl fmt::Display for Secret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("[secret]")
    }
}

#[cfg(test)]
mod tests;
