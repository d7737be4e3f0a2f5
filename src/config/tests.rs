use super::*;

fn settings() -> Settings {
    Settings {
        listen: "127.0.0.1:8080".into(),
        data: "data".into(),
        blobs: None,
        store: None,
        max_upload_bytes: DEFAULT_UPLOAD_BYTES.to_string(),
        fixity_days: "30".into(),
        check_links_days: "0".into(),
        allow_private: Vec::new(),
        issuer: None,
        issuer_audience: None,
        issuer_key: None,
        log: "info".into(),
    }
}

#[test]
fn the_defaults_hold() {
    assert!(settings().validate().is_ok());
}

#[test]
fn files_are_read_again_monthly_or_never() {
    let every = |days: &str| {
        let fixity_days = days.into();
        Settings {
            fixity_days,
            ..settings()
        }
        .validate()
        .map(|config| config.fixity_every)
    };
    assert_eq!(
        settings().validate().unwrap().fixity_every,
        Some(SignedDuration::from_hours(720))
    );
    assert_eq!(every("0"), Ok(None));
    for wrong in ["", "-1", "4000", "monthly"] {
        assert!(every(wrong).unwrap_err()[0].starts_with("fixity-days: "), "{wrong}");
    }
}

#[test]
fn links_are_checked_by_a_server_only_where_that_is_set() {
    assert_eq!(settings().validate().unwrap().check_links_every, None);
    let weekly = Settings {
        check_links_days: "7".into(),
        ..settings()
    };
    assert_eq!(
        weekly.validate().unwrap().check_links_every,
        Some(SignedDuration::from_hours(7 * 24))
    );
}

#[test]
fn all_problems_come_at_once() {
    let wrong = Settings {
        listen: "here".into(),
        data: "Cargo.toml".into(),
        blobs: Some("s3://key:hunter2@bucket".into()),
        store: Some(Secret::new("postgres://minhchung:s3cret@host")),
        max_upload_bytes: "0".into(),
        fixity_days: "-1".into(),
        check_links_days: "400".into(),
        issuer: Some("x".into()),
        log: "minhchung=loud".into(),
        ..settings()
    };
    let problems = wrong.validate().unwrap_err();
    assert_eq!(problems.len(), 9, "{problems:?}");
    assert!(!problems.concat().contains("hunter2"), "{problems:?}");
    assert!(!problems.concat().contains("s3cret"), "{problems:?}");
}

#[test]
fn a_url_names_the_store_and_is_not_shown() {
    let of = |url: &str| StoreSetting::of(Some(&Secret::new(url)), Path::new("data"));
    assert_eq!(
        of("sqlite:///var/lib/minhchung.db"),
        Ok(StoreSetting::Embedded("/var/lib/minhchung.db".into()))
    );
    let cluster = of("mongodb://minhchung:s3cret@a,b/index?replicaSet=rs0").unwrap();
    assert_eq!(format!("{cluster}"), "mongodb://[secret]");
    assert!(!format!("{cluster:?}").contains("s3cret"));
    for wrong in ["sqlite://", "mongodb://", "mongodb+srv://minhchung:s3cret@a", "s3cret"] {
        assert!(!of(wrong).unwrap_err().contains("s3cret"), "{wrong}");
    }
    let default = settings().validate().unwrap().store;
    assert_eq!(default, StoreSetting::Embedded("data/store.db".into()));
}

#[test]
fn gridfs_needs_a_mongodb_and_says_so_with_all_else() {
    let with = |store: Option<&str>, listen: &str| {
        let settings = Settings {
            listen: listen.into(),
            blobs: Some("gridfs".into()),
            store: store.map(Secret::new),
            ..settings()
        };
        settings.validate()
    };
    let cluster = with(Some("mongodb://host/index"), "127.0.0.1:8080").unwrap();
    assert_eq!(cluster.blobs, Location::GridFs);
    for embedded in [None, Some("sqlite://store.db")] {
        let problems = with(embedded, "here").unwrap_err();
        assert_eq!(problems.len(), 2, "{problems:?}");
        assert!(problems[1].contains("name a mongodb:// store"), "{problems:?}");
    }
    // A store that is nowhere is the one problem.
    let problems = with(Some("postgres://host"), "127.0.0.1:8080").unwrap_err();
    assert_eq!(problems.len(), 1, "{problems:?}");
}

#[test]
fn a_secret_is_never_shown() {
    let secret = Secret::new("s3cret");
    assert_eq!(
        format!("{secret} {secret:?} {:?}", Some(&secret)),
        "[secret] [secret] Some([secret])"
    );
}
