//! Ranking: standard competition ranking (1, 2, 2, 4) on displayed values, inside groups.

/// Ranks for values in any order: 1 for the highest, equal values share a rank, the next one leaves a gap.
///
/// Values are compared as they are displayed (domain practice: the ICT Index of 2017 lists 17, 17, 19).
pub fn competition_ranks<T: Ord>(values: &[T]) -> Vec<u32> {
    values
        .iter()
        .map(|value| 1 + u32::try_from(values.iter().filter(|other| *other > value).count()).unwrap_or(u32::MAX - 1))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::competition_ranks;

    #[test]
    fn equal_values_share_a_rank_and_leave_a_gap() {
        assert_eq!(competition_ranks(&[633, 700, 633, 624]), [2, 1, 2, 4]);
    }

    /// The ICT Index of 2017 at places 17, 17 and 19.
    #[test]
    fn the_ict_table_of_2017() {
        let mut scores: Vec<i32> = (0..16).map(|place| 900 - place).collect();
        scores.extend([633, 633, 624]);
        assert_eq!(competition_ranks(&scores)[16..], [17, 17, 19]);
    }
}
