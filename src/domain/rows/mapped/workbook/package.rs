//! The package: a ZIP archive whose sizes are bounded twice, as it states them and as they are.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::io::{self, BufReader, Read};

use flate2::CrcReader;
use flate2::read::DeflateDecoder;

use crate::domain::rows::{RowsProblem, RowsProblemCode};

/// Most bytes that all parts of a package unpack to (128 MiB): a sheet of 100,000 rows of a dozen cells has some 60 MB.
pub const MAXIMUM_UNPACKED_BYTES: u64 = 128 * 1024 * 1024;
/// Most parts of a package (2,000): sheets, pictures and what belongs to them.
const MAXIMUM_PARTS: usize = 2_000;
/// Most bytes from one piece of markup to the next (256 KiB): the longest text of a cell, 32,767 characters, with all of
/// them escaped. A reader keeps such a piece in memory whole.
const MAXIMUM_BETWEEN_MARKUP: usize = 256 * 1024;
/// Bytes unpacked at once.
const AT_ONCE: usize = 32 * 1024;

const COMPOUND: &[u8] = &[0xD0, 0xCF, 0x11, 0xE0, 0xA1, 0xB1, 0x1A, 0xE1];
const LOCAL: &[u8] = b"PK\x03\x04";
const CENTRAL: &[u8] = b"PK\x01\x02";
const END: &[u8] = b"PK\x05\x06";
/// Bytes of the record at the end, and the longest comment behind it.
const END_BYTES: usize = 22;
const LONGEST_COMMENT: usize = u16::MAX as usize;

const STORED: u16 = 0;
const DEFLATED: u16 = 8;

/// What the archive says of a part.
struct Part {
    method: u16,
    packed: usize,
    /// Bytes that it unpacks to, as stated.
    stated: u64,
    /// CRC-32 of those bytes, as stated.
    checksum: u32,
    /// Where its local header is.
    place: usize,
}

/// The parts of a package by their names in small letters; names differ by more than case.
pub struct Package<'a> {
    bytes: &'a [u8],
    parts: BTreeMap<String, Part>,
    /// Bytes that were unpacked so far.
    unpacked: Cell<u64>,
}

impl<'a> Package<'a> {
    /// Opens a package after its sizes were held to [`MAXIMUM_UNPACKED_BYTES`].
    ///
    /// # Errors
    /// For what is no package, needs a password, or unpacks to more.
    pub fn open(bytes: &'a [u8]) -> Result<Self, RowsProblem> {
        let package = Self::listed(bytes)?;
        let stated = package
            .parts
            .values()
            .fold(0_u64, |sum, part| sum.saturating_add(part.stated));
        if stated > MAXIMUM_UNPACKED_BYTES {
            return Err(too_large());
        }
        package.measure()?;
        Ok(package)
    }

    fn listed(bytes: &'a [u8]) -> Result<Self, RowsProblem> {
        if bytes.starts_with(COMPOUND) {
            return Err(compound(bytes));
        }
        if !bytes.starts_with(LOCAL) {
            return Err(RowsProblem::new(
                RowsProblemCode::WrongFormat,
                "ánh xạ đọc bảng tính .xlsx, nhưng tệp này không phải",
                "the mapping reads a workbook (.xlsx), and this is none",
            ));
        }
        let parts = directory(bytes).ok_or_else(damaged)?;
        if parts.values().any(|(_, encrypted)| *encrypted) {
            return Err(encrypted());
        }
        Ok(Self {
            bytes,
            parts: parts.into_iter().map(|(name, (part, _))| (name, part)).collect(),
            unpacked: Cell::new(0),
        })
    }

    /// Unpacks every part to nowhere: what a part states is not what it is.
    fn measure(&self) -> Result<(), RowsProblem> {
        for (name, stated) in &self.parts {
            let mut part = self.unpack(name)?;
            part.markup = false;
            let mut part = CrcReader::new(part);
            io::copy(&mut part, &mut io::sink()).map_err(|error| of_reading(&error))?;
            // Less than it states, or something else: lines may be missing, and figures wrong.
            if part.get_ref().left > 0 || part.crc().sum() != stated.checksum {
                return Err(damaged());
            }
        }
        Ok(())
    }

    /// Bytes that were unpacked so far, measuring included.
    pub fn unpacked(&self) -> u64 {
        self.unpacked.get()
    }

    /// Whether there is such a part.
    pub fn has(&self, name: &str) -> bool {
        self.parts.contains_key(&name.to_ascii_lowercase())
    }

    /// A part's bytes, unpacked as they are read.
    pub(super) fn part(&self, name: &str) -> Result<BufReader<Unpacking<'_>>, RowsProblem> {
        Ok(BufReader::with_capacity(AT_ONCE, self.unpack(name)?))
    }

    fn unpack(&self, name: &str) -> Result<Unpacking<'_>, RowsProblem> {
        let part = self.parts.get(&name.to_ascii_lowercase()).ok_or_else(damaged)?;
        let packed = local_bytes(self.bytes, part).ok_or_else(damaged)?;
        let source = match part.method {
            STORED => Source::Stored(packed),
            DEFLATED => Source::Deflated(DeflateDecoder::new(packed)),
            _ => return Err(damaged()),
        };
        Ok(Unpacking {
            source,
            left: part.stated,
            between: 0,
            markup: true,
            unpacked: &self.unpacked,
        })
    }
}

enum Source<'p> {
    Stored(&'p [u8]),
    Deflated(DeflateDecoder<&'p [u8]>),
}

/// A part being unpacked: an error as soon as it is longer than it states, or a piece between markup too long.
pub(super) struct Unpacking<'p> {
    source: Source<'p>,
    left: u64,
    between: usize,
    /// Whether it is read as markup.
    markup: bool,
    unpacked: &'p Cell<u64>,
}

impl Read for Unpacking<'_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let most = into.len().min(AT_ONCE);
        let count = match &mut self.source {
            Source::Stored(bytes) => bytes.read(&mut into[..most])?,
            Source::Deflated(decoder) => decoder.read(&mut into[..most])?,
        };
        self.unpacked.set(self.unpacked.get() + count as u64);
        self.left = self
            .left
            .checked_sub(count as u64)
            .ok_or_else(|| io::Error::from(io::ErrorKind::FileTooLarge))?;
        if self.markup {
            let read = &into[..count];
            let first = read.iter().position(|byte| *byte == b'<').unwrap_or(count);
            if self.between + first > MAXIMUM_BETWEEN_MARKUP {
                return Err(io::Error::from(io::ErrorKind::FileTooLarge));
            }
            let last = read.iter().rposition(|byte| *byte == b'<');
            self.between = last.map_or(self.between + count, |last| count - last);
        }
        Ok(count)
    }
}

/// The problem behind an error of reading.
pub(super) fn of_reading(error: &io::Error) -> RowsProblem {
    match error.kind() {
        io::ErrorKind::FileTooLarge => too_large(),
        _ => damaged(),
    }
}

fn short(bytes: &[u8], place: usize) -> Option<u16> {
    Some(u16::from_le_bytes(bytes.get(place..place + 2)?.try_into().ok()?))
}

fn long(bytes: &[u8], place: usize) -> Option<usize> {
    let value = u32::from_le_bytes(bytes.get(place..place + 4)?.try_into().ok()?);
    // In archives of more than 4 GiB it stands for a value elsewhere.
    (value != u32::MAX).then_some(value as usize)
}

/// The parts that the directory at the end of an archive lists, and whether each is encrypted.
fn directory(bytes: &[u8]) -> Option<BTreeMap<String, (Part, bool)>> {
    let from = bytes.len().saturating_sub(END_BYTES + LONGEST_COMMENT);
    let tail = bytes.get(from..)?;
    let end = from + tail.windows(END.len()).rposition(|window| window == END)?;
    // The length of the comment is the last thing that has to be there.
    short(bytes, end + 20)?;
    let count = usize::from(short(bytes, end + 10)?);
    let mut place = long(bytes, end + 16)?;
    if count > MAXIMUM_PARTS {
        return None;
    }
    let mut parts = BTreeMap::new();
    for _ in 0..count {
        let header = bytes.get(place..)?;
        if !header.starts_with(CENTRAL) {
            return None;
        }
        let lengths = [28, 30, 32].map(|at| short(header, at).map(usize::from));
        let [Some(name), Some(extra), Some(comment)] = lengths else {
            return None;
        };
        let part = Part {
            method: short(header, 10)?,
            packed: long(header, 20)?,
            stated: long(header, 24)? as u64,
            checksum: u32::from_le_bytes(header.get(16..20)?.try_into().ok()?),
            place: long(header, 42)?,
        };
        let encrypted = short(header, 8)? & 1 == 1;
        let text = String::from_utf8_lossy(header.get(46..46 + name)?).replace('\\', "/");
        // Two parts of one name would be one for one reader and the other for another.
        if parts.insert(text.to_ascii_lowercase(), (part, encrypted)).is_some() {
            return None;
        }
        place += 46 + name + extra + comment;
    }
    Some(parts)
}

/// The packed bytes of a part, behind its local header.
fn local_bytes<'b>(bytes: &'b [u8], part: &Part) -> Option<&'b [u8]> {
    let header = bytes.get(part.place..)?;
    if !header.starts_with(LOCAL) {
        return None;
    }
    let start = 30 + usize::from(short(header, 26)?) + usize::from(short(header, 28)?);
    header.get(start..start + part.packed)
}

/// What the compound files of older office programs are: a workbook before 2007, or a newer one behind a password.
fn compound(bytes: &[u8]) -> RowsProblem {
    let name: Vec<u8> = "EncryptedPackage".encode_utf16().flat_map(u16::to_le_bytes).collect();
    match bytes.windows(name.len()).any(|window| window == name) {
        true => encrypted(),
        false => RowsProblem::new(
            RowsProblemCode::WrongFormat,
            "bảng tính kiểu cũ (.xls); hãy lưu lại dạng .xlsx",
            "an older workbook (.xls); save it again as .xlsx",
        ),
    }
}

fn encrypted() -> RowsProblem {
    RowsProblem::new(
        RowsProblemCode::Encrypted,
        "bảng tính đặt mật khẩu; hãy bỏ mật khẩu rồi gửi lại",
        "the workbook needs a password; take it off and send it again",
    )
}

fn too_large() -> RowsProblem {
    let most = MAXIMUM_UNPACKED_BYTES / 1024 / 1024;
    RowsProblem::new(
        RowsProblemCode::TooLarge,
        format!("bảng tính giải nén lớn hơn {most} MiB hoặc hơn mức tự ghi; hãy xóa phần thừa hoặc chia nhỏ"),
        format!(
            "the workbook unpacks to more than {most} MiB, or more than it states; delete what is not needed, or split it"
        ),
    )
}

fn damaged() -> RowsProblem {
    RowsProblem::new(
        RowsProblemCode::Unreadable,
        "tệp .xlsx hỏng; hãy mở và lưu lại",
        "the .xlsx file is damaged; open it and save it again",
    )
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    /// An archive of one part of so many zeros, which states another length.
    fn archive(zeros: usize, stated: u32) -> Vec<u8> {
        let mut encoder = flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::best());
        let chunk = [0; 64 * 1024];
        let mut sum = flate2::Crc::new();
        let mut left = zeros;
        while left > 0 {
            let some = left.min(chunk.len());
            encoder.write_all(&chunk[..some]).expect("memory");
            sum.update(&chunk[..some]);
            left -= some;
        }
        let packed = encoder.finish().expect("memory");
        let mut bytes = LOCAL.to_vec();
        let sizes = |bytes: &mut Vec<u8>| {
            // Method, time, date and checksum, sizes, length of the name and of nothing more.
            bytes.extend([8, 0, 0, 0, 0, 0]);
            bytes.extend(sum.sum().to_le_bytes());
            bytes.extend((packed.len() as u32).to_le_bytes());
            bytes.extend(stated.to_le_bytes());
            bytes.extend([1, 0, 0, 0]);
        };
        bytes.extend([20, 0, 0, 0]);
        sizes(&mut bytes);
        bytes.push(b'a');
        bytes.extend(&packed);
        let directory = bytes.len() as u32;
        bytes.extend(CENTRAL);
        bytes.extend([20, 0, 20, 0, 0, 0]);
        sizes(&mut bytes);
        bytes.extend([0; 14]);
        bytes.push(b'a');
        let length = bytes.len() as u32 - directory;
        bytes.extend(END);
        bytes.extend([0, 0, 0, 0, 1, 0, 1, 0]);
        bytes.extend(length.to_le_bytes());
        bytes.extend(directory.to_le_bytes());
        bytes.extend([0, 0]);
        bytes
    }

    #[test]
    fn what_a_package_states_to_be_too_large_is_not_unpacked_at_all() {
        let zeros = 200 * 1024 * 1024;
        let bytes = archive(zeros, zeros as u32);
        assert!(bytes.len() < 1024 * 1024, "{} bytes", bytes.len());
        assert_eq!(
            Package::open(&bytes).err().map(|problem| problem.code),
            Some(RowsProblemCode::TooLarge)
        );
    }

    #[test]
    fn what_is_larger_than_it_states_is_unpacked_so_far_and_no_farther() {
        let bytes = archive(200 * 1024 * 1024, 1024 * 1024);
        let package = Package::listed(&bytes).expect("a directory");
        assert_eq!(
            package.measure().err().map(|problem| problem.code),
            Some(RowsProblemCode::TooLarge)
        );
        let unpacked = package.unpacked();
        assert!(
            unpacked <= (1024 * 1024 + AT_ONCE) as u64,
            "{unpacked} bytes were unpacked"
        );

        let bytes = archive(1024 * 1024, 1024 * 1024);
        assert_eq!(Package::open(&bytes).expect("a package").unpacked(), 1024 * 1024);
    }

    #[test]
    fn what_is_less_than_it_states_or_something_else_is_damaged() {
        let code = |bytes: &[u8]| Package::open(bytes).err().map(|problem| problem.code);
        assert_eq!(code(&archive(1000, 1000)), None);
        assert_eq!(code(&archive(1000, 1001)), Some(RowsProblemCode::Unreadable));
        let mut other = archive(1000, 1000);
        let directory = other
            .windows(4)
            .position(|window| window == CENTRAL)
            .expect("a directory");
        other[directory + 16] ^= 1;
        assert_eq!(code(&other), Some(RowsProblemCode::Unreadable));
    }

    #[test]
    fn a_piece_without_markup_ends_before_it_fills_the_memory() {
        let bytes = archive(4 * 1024 * 1024, 4 * 1024 * 1024);
        let package = Package::open(&bytes).expect("a package");
        let before = package.unpacked();
        let read = io::copy(&mut package.unpack("a").expect("a part"), &mut io::sink());
        assert_eq!(read.expect_err("too long").kind(), io::ErrorKind::FileTooLarge);
        assert!(package.unpacked() - before <= (MAXIMUM_BETWEEN_MARKUP + 2 * AT_ONCE) as u64);
    }

    #[test]
    fn what_is_no_package_says_what_to_do() {
        let compound = |name: &str| {
            let name = name.encode_utf16().flat_map(u16::to_le_bytes);
            COMPOUND.iter().copied().chain(name).collect::<Vec<u8>>()
        };
        for (bytes, code, says) in [
            (
                compound("Workbook"),
                RowsProblemCode::WrongFormat,
                "(.xls); save it again as .xlsx",
            ),
            (compound("EncryptedPackage"), RowsProblemCode::Encrypted, "take it off"),
            (b"a,b\n".to_vec(), RowsProblemCode::WrongFormat, "this is none"),
            (
                b"PK\x03\x04 and no end".to_vec(),
                RowsProblemCode::Unreadable,
                "damaged",
            ),
        ] {
            let problem = Package::open(&bytes).err().expect("a problem");
            assert_eq!(problem.code, code);
            assert!(problem.message.en.contains(says), "{problem:?}");
        }
        let mut bytes = archive(10, 10);
        let flags = bytes
            .windows(4)
            .position(|window| window == CENTRAL)
            .expect("a directory")
            + 8;
        bytes[flags] = 1;
        assert_eq!(
            Package::open(&bytes).err().map(|problem| problem.code),
            Some(RowsProblemCode::Encrypted)
        );
        // Every way of cutting an archive short is a problem and no panic.
        let whole = archive(1000, 1000);
        for length in 0..whole.len() {
            assert!(Package::open(&whole[..length]).is_err(), "{length}");
        }
    }
}
