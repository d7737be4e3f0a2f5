//! A store that remembers every question that it was asked.

use std::sync::{Arc, Mutex};

use minhchung::store::Store;

use super::hooked::{Hooked, Hooks, Question};

/// What was asked, of the store and of every moment of it.
#[derive(Default)]
pub struct Record(Mutex<Vec<Question>>);

impl Hooks for Record {
    fn asked(&self, question: impl FnOnce() -> Question) {
        self.0.lock().unwrap().push(question());
    }
}

impl Record {
    /// The store with this record.
    pub fn of(self: &Arc<Self>, store: Arc<dyn Store>) -> Arc<dyn Store> {
        Hooked::around(store, self)
    }

    /// What has been asked since it was last taken.
    pub fn take(&self) -> Vec<Question> {
        std::mem::take(&mut self.0.lock().unwrap())
    }
}
