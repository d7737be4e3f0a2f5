//! Opening what the settings name: taken by the process that writes there, or looked at beside it.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::SignedDuration;

use super::Problem;
use super::demo;
use super::demo::place::{self, check_not_cut_off, recorded_offset};
use super::folder::{Sharing, Taken};
use crate::app::documents::COLLECTIONS;
use crate::app::{App, SystemClock, SystemEntropy};
use crate::blob::{BlobStore, Location};
use crate::config::{Config, StoreSetting};
use crate::http::tokens::Tokens;
use crate::store::Store;

/// Everything that lies in a data folder.
pub struct Opened {
    pub app: Arc<App>,
    pub store: Arc<dyn Store>,
    pub tokens: Arc<Tokens>,
    /// Kept until the work has ended: then others may come in.
    pub taken: Taken,
}

/// Whether several processes may work at once: a cluster orders their commits, and only the files are in the folder.
fn sharing(config: &Config) -> Sharing {
    match config.store {
        StoreSetting::Embedded(_) => Sharing::Alone,
        StoreSetting::Cluster(_) => Sharing::WithOthers,
    }
}

/// Opens folder and store for writing.
pub async fn open(config: &Config) -> Result<Opened, Problem> {
    let mut taken = Taken::default();
    taken.take(&config.data, sharing(config))?;
    check_not_cut_off(&config.data)?;
    open_taken(config, taken).await
}

/// Opens the folder of a demonstration for writing, filled first if it is new or was cut off.
pub async fn open_demo(config: &Config) -> Result<Opened, Problem> {
    // Before the folder is taken: one that is refused does not even get a lock.
    place::check(&config.data)?;
    let mut taken = Taken::default();
    // Filling is for one alone, wherever the documents go.
    taken.take(&config.data, Sharing::Alone)?;
    if config.store != StoreSetting::of(None, &config.data)? {
        let store = open_store(&config.store).await?;
        place::check_store(&config.data, !store.heads(None, 1).await?.is_empty())?;
    }
    let empty = place::prepare(&config.data, demo::clock_offset())?;
    let opened = open_taken(config, taken).await?;
    if empty {
        demo::fill(&opened.app).await?;
        place::finish(&config.data)?;
    }
    Ok(opened)
}

/// Opens what lies in the data folder, which is taken, and takes what lies elsewhere.
async fn open_taken(config: &Config, mut taken: Taken) -> Result<Opened, Problem> {
    if let Some(folder) = store_folder(&config.store) {
        // A server may work there, with a data folder of its own.
        taken.take(&folder, Sharing::Alone)?;
    }
    // A bucket and GridFS are shared.
    if let Location::Folder(files) = &config.blobs
        && taken.take(files, sharing(config))?.alone
    {
        // Whatever was being uploaded when the last process ended is nobody's now.
        open_blobs(config).await?.clear_staging(SignedDuration::ZERO).await?;
    }
    taken.admit(sharing(config))?;
    let (app, store) = open_app(config).await?;
    let tokens = Arc::new(Tokens::open(&config.data, config.outside_issuer.as_ref())?);
    Ok(Opened {
        app,
        store,
        tokens,
        taken,
    })
}

/// The folder in which an embedded store lies.
pub fn store_folder(setting: &StoreSetting) -> Option<PathBuf> {
    let StoreSetting::Embedded(file) = setting else {
        return None;
    };
    let parent = file.parent().filter(|parent| !parent.as_os_str().is_empty());
    Some(parent.unwrap_or(Path::new(".")).to_owned())
}

/// Where the documents are, for people.
pub fn place_in_words(config: &Config) -> String {
    match &config.store {
        StoreSetting::Embedded(_) if StoreSetting::of(None, &config.data).as_ref() == Ok(&config.store) => {
            config.data.display().to_string()
        }
        other => other.to_string(),
    }
}

/// The clock that dates entries in a data folder.
pub fn clock_in_words(data: &Path) -> Result<String, Problem> {
    let offset = recorded_offset(data)?;
    Ok(if offset.is_zero() {
        "the machine's clock".to_owned()
    } else {
        format!("the demonstration's clock, {} s beside the machine's", offset.as_secs())
    })
}

/// Opens the folder for reading alone, beside a server that may be running there.
pub async fn open_to_read(config: &Config) -> Result<Arc<App>, Problem> {
    check_there(config)?;
    let (app, _) = open_app(config).await?;
    Ok(app)
}

/// Refuses an embedded store that nobody has made: what is only looked at is not made by looking.
pub fn check_there(config: &Config) -> Result<(), Problem> {
    if let StoreSetting::Embedded(file) = &config.store
        && !file.is_file()
    {
        let what = format!(
            "there is no store {}; name the data folder with --data, or the file with --store",
            file.display()
        );
        return Err(what.into());
    }
    Ok(())
}

pub async fn open_store(setting: &StoreSetting) -> Result<Arc<dyn Store>, Problem> {
    Ok(crate::store::open(setting.url().reveal(), COLLECTIONS).await?)
}

async fn open_blobs(config: &Config) -> Result<Arc<dyn BlobStore>, Problem> {
    Ok(config.blobs.open(config.store.url().reveal()).await?)
}

async fn open_app(config: &Config) -> Result<(Arc<App>, Arc<dyn Store>), Problem> {
    let store = open_store(&config.store).await?;
    let blobs = open_blobs(config).await?;
    Ok((app_over(config, Arc::clone(&store), blobs)?, store))
}

/// The application over these places, by the clock of the data folder.
pub fn app_over(config: &Config, store: Arc<dyn Store>, blobs: Arc<dyn BlobStore>) -> Result<Arc<App>, Problem> {
    let offset = recorded_offset(&config.data)?;
    Ok(App::new(
        store,
        blobs,
        Arc::new(SystemClock { offset }),
        Arc::new(SystemEntropy),
    ))
}
