//! Large row sets as bytes: column names once, then values by column, so that the same rows are always the same bytes.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Row, RowKind};

/// Version of the form; old ones stay readable.
const FORMAT: u32 = 1;

#[derive(Serialize, Deserialize)]
struct Packed {
    v: u32,
    kind: RowKind,
    columns: Vec<String>,
    /// Line, then the values in the order of `columns`.
    rows: Vec<(u32, Vec<String>)>,
}

/// Packed rows that are not what this program writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a row set")]
pub struct NotARowSet;

/// Rows as bytes. A column that a file may lack is there if any row has it, so that rows without it are the bytes that they
/// were before there was such a column.
pub fn pack(kind: RowKind, rows: &[Row]) -> Vec<u8> {
    let is_there = |name: &str| rows.iter().any(|row| row.values.contains_key(name));
    let columns = kind.columns().iter();
    let columns = columns.filter(|column| column.required || is_there(column.name));
    let columns: Vec<String> = columns.map(|column| column.name.to_owned()).collect();
    let values = |row: &Row| columns.iter().map(|column| row.value(column).to_owned()).collect();
    let packed = Packed {
        v: FORMAT,
        kind,
        rows: rows.iter().map(|row| (row.line, values(row))).collect(),
        columns,
    };
    serde_json::to_vec(&packed).unwrap_or_default()
}

/// Rows from bytes.
///
/// # Errors
/// [`NotARowSet`] for anything that [`pack`] did not make.
pub fn unpack(bytes: &[u8]) -> Result<Vec<Row>, NotARowSet> {
    let packed: Packed = serde_json::from_slice(bytes).map_err(|_| NotARowSet)?;
    if packed.v != FORMAT {
        return Err(NotARowSet);
    }
    let columns = packed.columns;
    let may_lack = |name: &str| packed.kind.column(name).is_some_and(|column| !column.required);
    let row = |(line, values): (u32, Vec<String>)| {
        if values.len() != columns.len() {
            return Err(NotARowSet);
        }
        let cells = columns.iter().cloned().zip(values);
        let values: BTreeMap<String, String> = cells
            .filter(|(name, value)| !(value.is_empty() && may_lack(name)))
            .collect();
        Ok(Row { line, values })
    };
    packed.rows.into_iter().map(row).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::rows::read_csv;

    #[test]
    fn rows_survive_being_packed_and_the_same_rows_are_the_same_bytes() {
        let text = "service,month,level,total,online,fee_cases,online_payments\n1.004227,2019-01,4,100,30,10,5\n";
        let kind = RowKind::OnlineServiceUsage;
        let rows = read_csv(kind, text.as_bytes()).expect("a file").rows;
        let bytes = pack(kind, &rows);
        assert_eq!(unpack(&bytes), Ok(rows.clone()));
        assert_eq!(pack(kind, &unpack(&bytes).expect("rows")), bytes);
        assert_eq!(rows[0].line, 2);
    }

    #[test]
    fn a_column_that_files_may_lack_is_packed_where_a_row_has_it() {
        let kind = RowKind::OneStopCases;
        let without = format!("{}\n2019-01,a,10,5,5,0,0,0,0,0\n", kind.header());
        let rows = read_csv(kind, without.as_bytes()).expect("a file").rows;
        let bytes = pack(kind, &rows);
        assert!(!String::from_utf8(bytes.clone()).expect("text").contains("carried_over"));
        assert_eq!(unpack(&bytes), Ok(rows));

        let with = format!(
            "{},carried_over\n2019-01,a,10,5,5,0,0,0,0,0,4\n2019-02,a,10,5,5,0,0,0,0,0,\n",
            kind.header()
        );
        let rows = read_csv(kind, with.as_bytes()).expect("a file").rows;
        assert_eq!(rows[0].value("carried_over"), "4");
        assert!(!rows[1].values.contains_key("carried_over"));
        assert_eq!(unpack(&pack(kind, &rows)), Ok(rows));
    }

    #[test]
    fn other_bytes_are_not_rows() {
        for bytes in [
            &b""[..],
            b"{}",
            br#"{"v":2,"kind":"ONE_STOP_CASES","columns":[],"rows":[]}"#,
            br#"{"v":1,"kind":"ONE_STOP_CASES","columns":["month"],"rows":[[1,[]]]}"#,
        ] {
            assert_eq!(unpack(bytes), Err(NotARowSet));
        }
    }
}
