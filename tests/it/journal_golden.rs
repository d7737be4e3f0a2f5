//! One journal entry to the byte, against files that another implementation made: `golden/journal/make.py`.

use minhchung::app::gate::Outcome;
use minhchung::domain::registry::Unit;
use minhchung::domain::text::Text;
use minhchung::store::canonical::to_canonical;
use minhchung::store::entry::{Basis, FORMAT, Header, Private, Sealed, SealedEntry, document_digest};
use minhchung::store::{Digest, Document, Salt, StreamId};

/// A file that `make.py` wrote.
macro_rules! golden {
    ($name:literal) => {
        include_bytes!(concat!("golden/journal/", $name)).as_slice()
    };
}

/// Sixteen bytes that count up from the first.
fn salt(first: u8) -> Salt {
    Salt(std::array::from_fn(|place| first + u8::try_from(place).unwrap()))
}

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap()
}

fn transport() -> Unit {
    Unit {
        code: "SGTVT".to_owned(),
        name: Text::new(
            "Sở Giao thông vận tải",
            "Department of \"Transport\" \\ 𝄞\u{2028}\u{7f}\t\u{1f}",
        ),
        unit_type: "SO".to_owned(),
        group: Some("SO".to_owned()),
        parent: Some("UBND-QNM".to_owned()),
        valid_from: "2018-01-01".parse().unwrap(),
        valid_to: None,
        agency_code: Some("H47.12".to_owned()),
    }
}

fn former() -> Unit {
    Unit {
        code: "CŨ".to_owned(),
        name: Text::new("Đơn vị cũ", "Former unit"),
        unit_type: "OTHER".to_owned(),
        group: None,
        parent: None,
        valid_from: "1997-01-01".parse().unwrap(),
        valid_to: Some("2019-12-31".parse().unwrap()),
        agency_code: None,
    }
}

fn outcome() -> Outcome {
    Outcome {
        id: "0123456789abcdef0123456789".to_owned(),
        command: "PutUnits".to_owned(),
        input: Digest::of(&[b"input"]),
        output: r#"["CŨ","SGTVT"]"#.to_owned(),
    }
}

fn private() -> Private {
    let names = [("qtht", "Nguyễn Thị Ánh"), ("0", "Trần Văn Ơn")];
    Private {
        reason: Some("Sáp nhập theo Nghị quyết 653\nhiệu lực từ 2020".to_owned()),
        key: Some("khóa-1".to_owned()),
        names: names.map(|(login, name)| (login.to_owned(), name.to_owned())).into(),
    }
}

fn header() -> Header {
    Header {
        v: FORMAT,
        stream: StreamId::new("register", "units"),
        // Beyond what a reader with binary floats keeps: 2^53 + 1.
        number: 9_007_199_254_740_993,
        previous: Some(Digest::of(&[b"previous"])),
        at: minhchung::app::gate::instant_text("2020-03-01T02:00:00.007Z".parse().unwrap()),
        clock: None,
        actor: "qtht".to_owned(),
        role: minhchung::domain::registry::Role::Admin.name().to_owned(),
        command: "PutUnits".to_owned(),
        basis: vec![Basis {
            stream: StreamId::new("user", "qtht"),
            number: 2,
            hash: Digest::of(&[b"grant"]),
        }],
        attempt: hex::encode(salt(0).0),
        private: None,
        documents: Vec::new(),
    }
}

#[test]
fn an_entry_has_the_bytes_and_the_hash_that_another_implementation_gives_it() {
    let puts = [
        transport().to_put(salt(16)).unwrap(),
        former().to_put(salt(32)).unwrap(),
        outcome().to_put(salt(48)).unwrap(),
    ];
    assert_eq!(text(&puts[0].body), text(golden!("unit-SGTVT.json")));
    assert_eq!(text(&puts[1].body), text(golden!("unit-former.json")));
    assert_eq!(text(&puts[2].body), text(golden!("outcome.json")));
    let private = Sealed {
        salt: salt(64),
        body: to_canonical(&private()).unwrap().into(),
    };
    assert_eq!(text(&private.body), text(golden!("private.json")));
    let entry = SealedEntry::seal(header(), 0, Some(private), &puts).unwrap();
    assert_eq!(text(&entry.header), text(golden!("header.json")));
    assert_eq!(entry.hash.to_string(), text(golden!("hash.txt")).trim_end());
}

/// The files are read back as what they say, so that an old journal stays readable.
#[test]
fn the_golden_entry_is_read_back() {
    let read: Header = serde_json::from_slice(golden!("header.json")).unwrap();
    assert_eq!(
        Header {
            private: None,
            documents: Vec::new(),
            ..read.clone()
        },
        header()
    );
    assert_eq!(Unit::from_body(golden!("unit-SGTVT.json")).unwrap(), transport());
    assert_eq!(Unit::from_body(golden!("unit-former.json")).unwrap(), former());
    assert_eq!(
        serde_json::from_slice::<Private>(golden!("private.json")).unwrap(),
        private()
    );
    let listed = read.documents.iter().find(|one| one.id == "SGTVT").unwrap();
    assert_eq!(document_digest(&salt(16), golden!("unit-SGTVT.json")), listed.digest);
    // Another salt is another digest: a short body cannot be guessed from it.
    assert_ne!(document_digest(&salt(17), golden!("unit-SGTVT.json")), listed.digest);
}
