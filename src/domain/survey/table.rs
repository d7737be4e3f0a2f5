//! A table in a text file, record by record as its bytes come: what is held is one record, whatever the file's length.
//!
//! Commas, semicolons or tabs, whichever the first line has most of; quoted values; any line ends but a lone CR. Columns
//! that nobody wants are passed over without being kept.

/// Most bytes of the first line: two hundred questions with codes of the greatest length.
const MAXIMUM_HEADER_BYTES: usize = 64 * 1024;
/// Most bytes of a value that are kept; codes are shorter.
const MAXIMUM_VALUE_BYTES: usize = 200;
/// Most values of a record that are kept; the rest is counted.
const MAXIMUM_COLUMNS: usize = 1_000;

const BYTE_ORDER_MARK: &[u8] = b"\xEF\xBB\xBF";

/// Why a text is no table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TableProblem {
    /// The first line does not end.
    LongHeader,
    /// A quote that was opened in this line is never closed.
    OpenQuote { line: u32 },
}

/// One record of a table.
pub struct Record<'a> {
    /// Line of the file in which it begins.
    pub line: u32,
    /// How many values it has.
    pub length: usize,
    bytes: &'a [u8],
    ends: &'a [usize],
    cut: &'a [usize],
}

impl Record<'_> {
    /// A value without the spaces around it; empty for a column that is not kept.
    pub fn value(&self, column: usize) -> &[u8] {
        let start = column
            .checked_sub(1)
            .map_or(Some(0), |before| self.ends.get(before).copied());
        let bounds = start.zip(self.ends.get(column).copied());
        bounds.map_or(&[][..], |(start, end)| self.bytes[start..end].trim_ascii())
    }

    /// Whether a value was too long to be kept whole.
    pub fn is_cut(&self, column: usize) -> bool {
        self.cut.contains(&column)
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    /// Before the first letter of a value.
    Start,
    Plain,
    Quoted,
    /// Behind a quote in a quoted value: its end, or the first of two that are one.
    Closed,
}

/// A table on its way in.
pub struct Table {
    /// The beginning, until the first line is whole.
    head: Vec<u8>,
    delimiter: Option<u8>,
    state: State,
    line: u32,
    record_line: u32,
    quote_line: u32,
    bytes: Vec<u8>,
    ends: Vec<usize>,
    cut: Vec<usize>,
    /// Values so far, those that are not kept included.
    column: usize,
    /// Whether anything but spaces came in the record.
    anything: bool,
    /// Columns that are kept; all until they are named.
    wanted: Option<Vec<bool>>,
}

impl Default for Table {
    fn default() -> Self {
        Self {
            head: Vec::new(),
            delimiter: None,
            state: State::Start,
            line: 1,
            record_line: 1,
            quote_line: 1,
            bytes: Vec::new(),
            ends: Vec::new(),
            cut: Vec::new(),
            column: 0,
            anything: false,
            wanted: None,
        }
    }
}

impl Table {
    /// Takes the next bytes; `each` gets every record that they end and may answer which columns are kept from then on.
    /// Blank records, of separators alone too, are none.
    pub fn push<E: From<TableProblem>>(
        &mut self,
        bytes: &[u8],
        each: &mut impl FnMut(&Record<'_>) -> Result<Option<Vec<bool>>, E>,
    ) -> Result<(), E> {
        if self.delimiter.is_some() {
            return self.read(bytes, each);
        }
        self.head.extend_from_slice(bytes);
        let text = self.head.strip_prefix(BYTE_ORDER_MARK).unwrap_or(&self.head);
        // Blank lines before the header say nothing of its separator.
        let first = text.iter().position(|byte| !byte.is_ascii_whitespace());
        let end = first.and_then(|first| Some(first + text[first..].iter().position(|byte| *byte == b'\n')?));
        match end {
            Some(_) => self.begin(each),
            None if self.head.len() > MAXIMUM_HEADER_BYTES => Err(TableProblem::LongHeader.into()),
            None => Ok(()),
        }
    }

    /// The file has ended.
    pub fn finish<E: From<TableProblem>>(
        mut self,
        each: &mut impl FnMut(&Record<'_>) -> Result<Option<Vec<bool>>, E>,
    ) -> Result<(), E> {
        if self.delimiter.is_none() {
            self.begin(each)?;
        }
        if self.state == State::Quoted {
            let line = self.quote_line;
            return Err(TableProblem::OpenQuote { line }.into());
        }
        self.end_record(each)
    }

    /// The first line is there: it tells the separator.
    fn begin<E: From<TableProblem>>(
        &mut self,
        each: &mut impl FnMut(&Record<'_>) -> Result<Option<Vec<bool>>, E>,
    ) -> Result<(), E> {
        let head = std::mem::take(&mut self.head);
        let text = head.strip_prefix(BYTE_ORDER_MARK).unwrap_or(&head);
        let line = text
            .trim_ascii_start()
            .split(|byte| *byte == b'\n')
            .next()
            .unwrap_or_default();
        let count = |separator: &u8| line.iter().filter(|byte| *byte == separator).count();
        // The last of equal ones wins: without any, a table of one column is as good with commas.
        self.delimiter = [b'\t', b';', b','].into_iter().max_by_key(count);
        self.read(text, each)
    }

    fn read<E: From<TableProblem>>(
        &mut self,
        bytes: &[u8],
        each: &mut impl FnMut(&Record<'_>) -> Result<Option<Vec<bool>>, E>,
    ) -> Result<(), E> {
        let delimiter = self.delimiter.unwrap_or(b',');
        for byte in bytes.iter().copied() {
            if self.state != State::Quoted {
                if byte == b'\n' {
                    self.end_record(each)?;
                    self.line += 1;
                    self.record_line = self.line;
                    continue;
                }
                if byte == delimiter {
                    self.end_value();
                    continue;
                }
            }
            self.take(byte);
        }
        Ok(())
    }

    /// A byte that ends no value.
    fn take(&mut self, byte: u8) {
        match self.state {
            State::Start if byte == b'"' => {
                self.quote_line = self.line;
                self.state = State::Quoted;
            }
            State::Start if byte.is_ascii_whitespace() => {}
            State::Start | State::Plain => {
                self.state = State::Plain;
                self.keep(byte);
            }
            State::Quoted if byte == b'"' => self.state = State::Closed,
            State::Quoted => {
                self.line += u32::from(byte == b'\n');
                self.keep(byte);
            }
            State::Closed if byte == b'"' => {
                self.state = State::Quoted;
                self.keep(byte);
            }
            // What follows a closed quote belongs to the value, as spreadsheets read it.
            State::Closed => self.keep(byte),
        }
    }

    fn is_wanted(&self) -> bool {
        match &self.wanted {
            Some(wanted) => wanted.get(self.column).copied().unwrap_or(false),
            None => self.column < MAXIMUM_COLUMNS,
        }
    }

    fn keep(&mut self, byte: u8) {
        self.anything |= !byte.is_ascii_whitespace();
        if !self.is_wanted() {
            return;
        }
        if self.bytes.len() - self.ends.last().copied().unwrap_or(0) < MAXIMUM_VALUE_BYTES {
            self.bytes.push(byte);
        } else if self.cut.last() != Some(&self.column) {
            self.cut.push(self.column);
        }
    }

    fn end_value(&mut self) {
        if self.column < MAXIMUM_COLUMNS {
            self.ends.push(self.bytes.len());
        }
        self.column += 1;
        self.state = State::Start;
    }

    fn end_record<E: From<TableProblem>>(
        &mut self,
        each: &mut impl FnMut(&Record<'_>) -> Result<Option<Vec<bool>>, E>,
    ) -> Result<(), E> {
        self.end_value();
        let record = Record {
            line: self.record_line,
            length: self.column,
            bytes: &self.bytes,
            ends: &self.ends,
            cut: &self.cut,
        };
        let wanted = match self.anything {
            true => each(&record)?,
            false => None,
        };
        if wanted.is_some() {
            self.wanted = wanted;
        }
        self.bytes.clear();
        self.ends.clear();
        self.cut.clear();
        (self.column, self.anything) = (0, false);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Lines and values of the records, the text handed over in pieces of so many bytes.
    fn records(text: &str, piece: usize) -> Result<Vec<(u32, Vec<String>)>, TableProblem> {
        let mut found = Vec::new();
        let mut each = |record: &Record<'_>| {
            let value = |column| String::from_utf8(record.value(column).to_vec()).expect("text");
            found.push((record.line, (0..record.length).map(value).collect()));
            Ok::<_, TableProblem>(None)
        };
        let mut table = Table::default();
        for bytes in text.as_bytes().chunks(piece) {
            table.push(bytes, &mut each)?;
        }
        table.finish(&mut each)?;
        Ok(found)
    }

    #[test]
    fn values_are_the_same_however_the_file_is_written_and_cut() {
        let expected = vec![
            (1, vec!["unit".to_owned(), "a".to_owned()]),
            (2, vec!["X".to_owned(), "1".to_owned()]),
            (4, vec!["Y".to_owned(), "2".to_owned()]),
        ];
        for text in [
            "unit,a\nX,1\n\nY,2\n",
            "unit,a\nX,1\n\nY,2",
            "\u{feff}unit;a\r\nX;1\r\n\r\nY;2\r\n",
            "unit\ta\r\nX\t 1 \r\n\t\r\n\"Y\"\t\"2\"\r\n",
            "\"unit\",\"a\"\n \"X\" ,1\n , \nY,2\n",
        ] {
            for piece in [1, 2, 3, 1000] {
                assert_eq!(
                    records(text, piece),
                    Ok(expected.clone()),
                    "{text:?} in pieces of {piece}"
                );
            }
        }
    }

    #[test]
    fn quotes_hold_separators_quotes_and_line_ends() {
        let found = records("unit,a\n\"X, \"\"Y\"\"\nZ\",1\nW,2\n", 5);
        assert_eq!(
            found,
            Ok(vec![
                (1, vec!["unit".to_owned(), "a".to_owned()]),
                (2, vec!["X, \"Y\"\nZ".to_owned(), "1".to_owned()]),
                (4, vec!["W".to_owned(), "2".to_owned()]),
            ])
        );
        assert_eq!(
            records("unit,a\nX,\"1\nY,2\n", 7),
            Err(TableProblem::OpenQuote { line: 2 })
        );
    }

    #[test]
    fn what_nobody_wants_is_not_kept_and_long_values_are_cut() {
        let mut found = Vec::new();
        let mut first = true;
        let mut each = |record: &Record<'_>| {
            if std::mem::take(&mut first) {
                return Ok::<_, TableProblem>(Some(vec![true, false, true]));
            }
            let value = |column| record.value(column).len();
            found.push((record.length, value(0), value(1), value(2), record.is_cut(2)));
            Ok(None)
        };
        let mut table = Table::default();
        let text = format!(
            "u,n,a\nX,{},1\nY,,{}\nZ,a,1,2\n",
            "đ".repeat(100_000),
            "9".repeat(1_000)
        );
        table.push(text.as_bytes(), &mut each).expect("a table");
        assert!(table.bytes.capacity() < 4_096, "{}", table.bytes.capacity());
        table.finish(&mut each).expect("a table");
        assert_eq!(found, [(3, 1, 0, 1, false), (3, 1, 0, 200, true), (4, 1, 0, 1, false)]);
    }

    #[test]
    fn a_first_line_without_end_is_no_table() {
        let text = "a".repeat(MAXIMUM_HEADER_BYTES + 1);
        assert_eq!(records(&text, 1_000), Err(TableProblem::LongHeader));
        assert_eq!(records("", 1), Ok(Vec::new()));
    }
}
