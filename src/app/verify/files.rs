//! Every file and every large row set that any revision or paper names: there, of the stated length, and of the bytes that its
//! name stands for. And the column mapping by which a revision's rows were read.

use std::collections::HashMap;

use super::super::error::Error;
use super::super::reader::Reader;
use super::Report;
use super::named::Streams;
use crate::blob::{BlobStore, examine};
use crate::domain::appeal::Appeal;
use crate::domain::council::CouncilMinutes;
use crate::domain::evidence::{FileRef, Revision};
use crate::domain::follow_up::FollowUp;
use crate::store::{Document, MAX_PAGE, StreamId};

/// What was found of each blob: its length, or what is wrong with it. One file is named by many revisions, in many
/// dossiers, and is read once; a name and a length are some 150 bytes, so that a million files take 150 MB.
#[derive(Default)]
pub(super) struct Files(HashMap<String, Result<u64, String>>);

/// Compares what the revisions of a dossier name with the blob store, up to the first difference.
pub(super) async fn verify_files(
    read: &Reader<'_>,
    stream: &StreamId,
    files: &mut Files,
    streams: &mut Streams,
    report: &mut Report,
) -> Result<Option<String>, Error> {
    let mut query = Revision::query().in_stream(stream).limit(MAX_PAGE);
    loop {
        let page = read.page(&query).await?;
        query.query.after = page.items.last().map(|(_, cursor)| cursor.clone());
        for (revision, _) in page.items {
            let (evidence, number) = (&revision.evidence, revision.number);
            let read_by = revision.content.rows.as_ref().and_then(|rows| rows.read_by.as_ref());
            if let Some(read_by) = read_by
                && let Some(problem) = streams.mapping(read, &read_by.mapping).await?
            {
                return Ok(Some(format!("document {evidence}, revision {number}: {problem}")));
            }
            for (name, sha256, stated) in named(&revision) {
                if let Err(problem) = files.check(&*read.app().blobs, sha256, stated, report).await {
                    return Ok(Some(format!(
                        "document {evidence}, revision {number}: {name} {problem}"
                    )));
                }
            }
        }
        if !page.more {
            return Ok(None);
        }
    }
}

/// Compares what the papers of a round name with the blob store, up to the first difference.
pub(super) async fn verify_papers(
    read: &Reader<'_>,
    round: &StreamId,
    files: &mut Files,
    report: &mut Report,
) -> Result<Option<String>, Error> {
    for minutes in read.all::<CouncilMinutes>(round).await? {
        let paper = format!("minutes {}, version {}", minutes.number, minutes.edition);
        if let Some(problem) = files.check_all(read, &paper, &minutes.files, report).await {
            return Ok(Some(problem));
        }
    }
    for appeal in read.all::<Appeal>(round).await? {
        let answer = appeal.answer.as_ref().map(|answer| &answer.letter);
        for letter in std::iter::once(&appeal.letter).chain(answer) {
            let paper = format!("letter {} of appeal {}", letter.number, appeal.key());
            if let Some(problem) = files.check_all(read, &paper, &letter.files, report).await {
                return Ok(Some(problem));
            }
        }
    }
    Ok(None)
}

/// Compares what reports on a conclusion's tasks name with the blob store, up to the first difference.
pub(super) async fn verify_reports(
    read: &Reader<'_>,
    conclusion: &StreamId,
    files: &mut Files,
    report: &mut Report,
) -> Result<Option<String>, Error> {
    for asked in read.all::<FollowUp>(conclusion).await? {
        for (place, one) in asked.reports.iter().enumerate() {
            let paper = format!("report {} of {} on task {}", place + 1, asked.unit, asked.task);
            if let Some(problem) = files.check_all(read, &paper, &one.letter.files, report).await {
                return Ok(Some(problem));
            }
        }
    }
    Ok(None)
}

/// What a revision names: how a person calls it, the SHA-256, and the stated length, which rows have none of.
fn named(revision: &Revision) -> impl Iterator<Item = (String, &str, Option<u64>)> {
    let rows = revision.content.rows.as_ref().and_then(|rows| rows.blob.as_deref());
    let files = revision.files.iter();
    files
        .map(|file| (format!("file {:?}", file.name), file.sha256.as_str(), Some(file.size)))
        .chain(rows.map(|sha256| (format!("the row set {sha256}"), sha256, None)))
}

impl Files {
    /// What is wrong with the first file of a paper that is not what it is said to be.
    async fn check_all(
        &mut self,
        read: &Reader<'_>,
        paper: &str,
        files: &[FileRef],
        report: &mut Report,
    ) -> Option<String> {
        for file in files {
            let checked = self
                .check(&*read.app().blobs, &file.sha256, Some(file.size), report)
                .await;
            if let Err(problem) = checked {
                return Some(format!("{paper}: file {:?} {problem}", file.name));
            }
        }
        None
    }

    /// Whether a blob is what it is said to be; otherwise what is wrong.
    async fn check(
        &mut self,
        blobs: &dyn BlobStore,
        sha256: &str,
        stated: Option<u64>,
        report: &mut Report,
    ) -> Result<(), String> {
        if !self.0.contains_key(sha256) {
            let found = examine(blobs, sha256).await.map_err(|wrong| wrong.to_string());
            report.files += 1;
            report.bytes += found.as_ref().copied().unwrap_or(0);
            self.0.insert(sha256.to_owned(), found);
        }
        let size = self.0[sha256].clone()?;
        match stated {
            Some(stated) if stated != size => Err(format!("is stated to have {stated} bytes, but has {size}")),
            _ => Ok(()),
        }
    }
}
