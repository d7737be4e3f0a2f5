//! Results that are worth keeping because they never change: a bounded memory that forgets the oldest first.

use std::collections::{HashMap, VecDeque};
use std::hash::Hash;
use std::sync::{Mutex, PoisonError};

/// So many results by what they were computed from.
pub struct Remembered<K, V> {
    most: usize,
    known: Mutex<Known<K, V>>,
}

struct Known<K, V> {
    values: HashMap<K, V>,
    order: VecDeque<K>,
}

impl<K: Clone + Eq + Hash, V: Clone> Remembered<K, V> {
    /// A memory of at most so many results.
    pub fn new(most: usize) -> Self {
        let known = Known {
            values: HashMap::new(),
            order: VecDeque::new(),
        };
        Self {
            most,
            known: Mutex::new(known),
        }
    }

    /// What was computed before.
    pub fn get(&self, key: &K) -> Option<V> {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.values.get(key).cloned()
    }

    /// Keeps a result; the oldest is forgotten for it when there is no room.
    pub fn keep(&self, key: K, value: V) {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if known.values.insert(key.clone(), value).is_some() {
            return;
        }
        known.order.push_back(key);
        if known.order.len() > self.most
            && let Some(oldest) = known.order.pop_front()
        {
            known.values.remove(&oldest);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_is_forgotten_first() {
        let memory = Remembered::new(2);
        for number in 0..3 {
            memory.keep(number, number * 10);
        }
        memory.keep(2, 21);
        assert_eq!([0, 1, 2].map(|number| memory.get(&number)), [None, Some(10), Some(21)]);
    }
}
