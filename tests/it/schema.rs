//! The checked-in schema is to the letter what is served.

#[test]
fn the_checked_in_schema_is_what_is_served() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/schema/schema.graphql");
    let served = minhchung::graphql::sdl();
    if std::env::var_os("UPDATE_SCHEMA").is_some() {
        std::fs::write(path, &served).unwrap();
    }
    let kept = std::fs::read_to_string(path).unwrap_or_default();
    assert!(
        kept == served,
        "schema/schema.graphql is out of date: UPDATE_SCHEMA=1 cargo test --test it schema"
    );
}

#[test]
fn the_schema_names_the_columns_of_every_kind_of_file() {
    let served = minhchung::graphql::sdl();
    for kind in minhchung::domain::rows::RowKind::ALL {
        assert!(served.contains(&format!("`{}`", kind.header())), "{}", kind.header());
    }
}
