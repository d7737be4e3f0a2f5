//! What one request may cost, and why each limit is what it is. README prints this table.

/// Bytes of a JSON body from somebody without a token: a query with its variables, with much room.
pub const ANONYMOUS_BODY_BYTES: usize = 256 * 1024;

/// Bytes of a JSON body from a holder of a valid token: 5,000 rows given directly, of 12 named columns and 600 bytes each,
/// or a framework of 100 leaves.
pub const BODY_BYTES: usize = 4 * 1024 * 1024;

/// Bytes of an answer that is sent as it is (1 KiB): it fits into one packet, and compressing it saves nothing.
pub const UNCOMPRESSED_BYTES: u16 = 1024;

/// Bytes of a query document. The largest honest one, the explorer's introspection, has 2 KiB.
pub const DOCUMENT_BYTES: usize = 64 * 1024;

/// Tokens of a query document: parsing costs per token, and 64 KiB could hold 30,000.
pub const DOCUMENT_TOKENS: usize = 8_000;

/// Brackets open at once in a query document. The parser recurses; unbounded, a kilobyte of `[` ends the process.
pub const DOCUMENT_NESTING: usize = 50;

/// Fragments of a query document. Chains of them make the weighing pass recurse.
pub const FRAGMENTS: usize = 100;

/// Fields above each other, fragments opened. The explorer's introspection needs 15, a whole dossier 12.
pub const DEPTH: u64 = 20;

/// Fields after every fragment is put in place. A whole dossier with inputs, links and files needs some 200.
pub const FIELDS: u64 = 1_500;

/// Aliases after every fragment is put in place: asking one expensive field under many names is the cheapest attack.
pub const ALIASES: u64 = 100;

/// Directives after every fragment is put in place.
pub const DIRECTIVES: u64 = 100;

/// Fields of the root after every fragment is put in place. Each is a use case of its own.
pub const ROOT_FIELDS: u64 = 20;

/// List fields of the introspection within each other (`fields`, `inputFields`, `interfaces`, `possibleTypes`): each
/// level multiplies the answer by the number of fields. Tools ask for one, and two through a possible type.
pub const INTROSPECTION_LISTS: u64 = 3;

/// Fields of the answer, if every page is full. 50 dossiers × 90 leaves × 10 fields is 45,000; a whole dossier with
/// pages of 100 leaves × 50 links × 15 fields is 75,000.
pub const COST: u64 = 250_000;

/// Page size counted where a query states none: the default of every connection.
pub const DEFAULT_PAGE: u64 = 25;

/// Page size counted at most: no connection gives more.
pub const LARGEST_PAGE: u64 = 500;

/// Errors in one answer; the rest are counted in `extensions.omittedErrors`.
pub const ERRORS: usize = 20;

/// Files in one upload.
pub const FILES: usize = 20;

/// Bytes of `map` in an upload: 20 files with a few paths each.
pub const MAP_BYTES: usize = 16 * 1024;

/// Seconds until a client that sends nothing more of its body is given up.
pub const BODY_SILENCE: std::time::Duration = std::time::Duration::from_secs(30);

/// Bytes that are read and thrown away after a refusal (8 MiB), so that a client that is still sending hears the answer.
pub const DRAIN_BYTES: usize = 8 * 1024 * 1024;
/// Seconds that this may take.
pub const DRAIN_TIME: std::time::Duration = std::time::Duration::from_secs(2);

/// Seconds a query may take. Mutations are not cut: they end in their own task.
pub const QUERY_TIME: std::time::Duration = std::time::Duration::from_secs(30);

/// Mutations under way at once; more wait.
pub const MUTATIONS: u32 = 256;

/// Parsed documents kept, and the largest one kept: at most 4 MiB of text.
pub const CACHED_DOCUMENTS: usize = 512;
/// See [`CACHED_DOCUMENTS`].
pub const CACHED_DOCUMENT_BYTES: usize = 8 * 1024;
