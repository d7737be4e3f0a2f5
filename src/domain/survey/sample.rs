//! How many respondents a survey needs, and which counts of respondents are not shown.

/// (1 ÷ e)² for the margin e = 5 % at which surveys of satisfaction are planned.
const INVERSE_MARGIN_SQUARED: u64 = 400;

/// Largest population that is taken, which no country exceeds; keeps the arithmetic in whole numbers.
pub const MAXIMUM_POPULATION: u64 = 10_000_000_000;

/// Smallest count of people of whom a group, or the distribution of a unit's answers, is kept and shown. Below it they are few
/// enough for a colleague or neighbour to tell who is meant; five is the threshold that statistical offices commonly use.
pub const SMALLEST_SHOWN: u32 = 5;

/// How many have to be asked of a population: n = N ÷ (1 + N × e²) with e = 5 %, rounded **up** to whole people, because
/// fewer would miss the margin: 399.4 of 268,763 are 400, 322.5 of 1,665 are 323.
pub fn required_sample(population: u64) -> u64 {
    let population = population.min(MAXIMUM_POPULATION);
    (INVERSE_MARGIN_SQUARED * population).div_ceil(INVERSE_MARGIN_SQUARED + population)
}

/// Counts of one grouping as they may be kept: none below [`SMALLEST_SHOWN`], and as many more hidden, the smallest
/// first, as it takes for the hidden ones to come to that together: their sum follows from the total. An empty group is
/// nobody and hides nobody; it is hidden only where all others are not enough.
pub fn shown(counts: &[u32]) -> Vec<Option<u32>> {
    let mut order: Vec<usize> = (0..counts.len()).filter(|place| counts[*place] > 0).collect();
    order.sort_by_key(|place| counts[*place]);
    let mut shown: Vec<Option<u32>> = counts.iter().copied().map(Some).collect();
    let mut hidden = 0_u32;
    for (number, place) in order.into_iter().enumerate() {
        let small = counts[place] < SMALLEST_SHOWN;
        if !small && (number == 0 || hidden >= SMALLEST_SHOWN) {
            return shown;
        }
        hidden = hidden.saturating_add(counts[place]);
        shown[place] = None;
    }
    if hidden < SMALLEST_SHOWN {
        return vec![None; counts.len()];
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sample_of_a_population_is_rounded_up() {
        for (population, sample) in [
            (268_763, 400),
            (1_665, 323),
            (0, 0),
            (1, 1),
            (2, 2),
            (400, 200),
            (401, 201),
            (100_000_000, 400),
        ] {
            assert_eq!(required_sample(population), sample, "{population}");
        }
    }

    #[test]
    fn what_is_hidden_cannot_be_told_from_the_total() {
        for (counts, kept) in [
            (vec![10, 20], vec![Some(10), Some(20)]),
            // The one below five would follow from the total.
            (vec![4, 20, 9], vec![None, Some(20), None]),
            (vec![4, 3, 9], vec![None, None, Some(9)]),
            (vec![0, 1, 9, 8], vec![Some(0), None, Some(9), None]),
            (vec![2], vec![None]),
            // Everybody stated theirs.
            (vec![200, 300, 0], vec![Some(200), Some(300), Some(0)]),
            (vec![20, 0], vec![Some(20), Some(0)]),
            // The three would follow from the total if it were known that the others are empty.
            (vec![3, 0, 0], vec![None, None, None]),
            (vec![0, 0], vec![None, None]),
            (vec![5, 5], vec![Some(5), Some(5)]),
            (vec![], vec![]),
        ] {
            assert_eq!(shown(&counts), kept, "{counts:?}");
        }
    }
}
