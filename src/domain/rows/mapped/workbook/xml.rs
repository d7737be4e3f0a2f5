//! Markup of a part, event by event. Entities of a document's own are not known, so that none is ever put in.

use std::io::BufReader;

use quick_xml::Reader;
use quick_xml::XmlVersion;
use quick_xml::escape::resolve_predefined_entity;
use quick_xml::events::{BytesStart, Event as Markup};

use super::package::{Package, Unpacking, of_reading};
use crate::domain::rows::{RowsProblem, RowsProblemCode};

/// What comes next in a part.
pub(super) enum Event<'b> {
    /// An element begins.
    Start(BytesStart<'b>),
    /// An element of this local name ends. One without content ends right after its beginning.
    End(Vec<u8>),
    /// Text, with references resolved; a text may come in pieces.
    Text(String),
}

/// A part that is being read.
pub(super) struct Xml<'p> {
    part: String,
    reader: Reader<BufReader<Unpacking<'p>>>,
    buffer: Vec<u8>,
}

impl<'p> Xml<'p> {
    pub fn open(package: &'p Package<'_>, part: &str) -> Result<Self, RowsProblem> {
        if !package.has(part) {
            return Err(damaged(part));
        }
        let mut reader = Reader::from_reader(package.part(part)?);
        reader.config_mut().expand_empty_elements = true;
        Ok(Self {
            part: part.to_owned(),
            reader,
            buffer: Vec::new(),
        })
    }

    /// The next event; none at the end.
    pub fn next(&mut self) -> Result<Option<Event<'_>>, RowsProblem> {
        self.buffer.clear();
        let part = &self.part;
        let event = self
            .reader
            .read_event_into(&mut self.buffer)
            .map_err(|error| match error {
                quick_xml::Error::Io(error) => of_reading(&error),
                _ => damaged(part),
            })?;
        Ok(Some(match event {
            Markup::Start(start) | Markup::Empty(start) => Event::Start(start),
            Markup::End(end) => Event::End(end.local_name().as_ref().to_vec()),
            Markup::Text(text) => Event::Text(text.xml10_content().map_err(|_| damaged(part))?.into_owned()),
            Markup::CData(text) => Event::Text(text.xml10_content().map_err(|_| damaged(part))?.into_owned()),
            Markup::GeneralRef(reference) => {
                let character = reference.resolve_char_ref().map_err(|_| damaged(part))?;
                let name = reference.decode().map_err(|_| damaged(part))?;
                let named = || resolve_predefined_entity(&name).map(str::to_owned);
                Event::Text(
                    character
                        .map(String::from)
                        .or_else(named)
                        .ok_or_else(|| damaged(part))?,
                )
            }
            Markup::Eof => return Ok(None),
            // Nothing of a document type, a comment or an instruction is read.
            Markup::Comment(_) | Markup::Decl(_) | Markup::PI(_) | Markup::DocType(_) => Event::Text(String::new()),
        }))
    }
}

/// An attribute by its local name.
pub(super) fn attribute(start: &BytesStart<'_>, name: &[u8]) -> Option<String> {
    let mut attributes = start.attributes();
    let found = attributes.with_checks(false).flatten();
    let mut found = found.filter(|one| one.key.local_name().as_ref() == name);
    let value = found
        .next()?
        .normalized_value(XmlVersion::Implicit1_0)
        .ok()?
        .into_owned();
    Some(value)
}

/// Whether an attribute says yes.
pub(super) fn is_true(start: &BytesStart<'_>, name: &[u8]) -> bool {
    attribute(start, name).is_some_and(|value| matches!(value.as_str(), "1" | "true"))
}

pub(super) fn damaged(part: &str) -> RowsProblem {
    RowsProblem::new(
        RowsProblemCode::Unreadable,
        format!("không đọc được phần {part:?} của tệp .xlsx; hãy mở và lưu lại"),
        format!("the part {part:?} of the .xlsx file cannot be read; open it and save it again"),
    )
}
