//! Files in object storage while several processes work on the same bytes: every order of their requests, not a lucky one.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use async_trait::async_trait;
use futures::{FutureExt, StreamExt};
use jiff::{SignedDuration, Timestamp};
use minhchung::blob::{BlobStore, BoxError, ObjectBlobStore, References, Staged, put, read_all, stage_bytes, sweep};
use object_store::ObjectStore as _;

use crate::support::stepping::{Actor, Order, Stepping, killed_after, next, run};

const BYTES: &[u8] = b"the same bytes";
const DAY: SignedDuration = SignedDuration::from_hours(24);
/// Orders of three actors that are tried: all would be millions.
const RANDOM_ORDERS: u64 = 3_000;

fn day(number: i64) -> Timestamp {
    "2020-03-01T00:00:00Z".parse::<Timestamp>().unwrap() + DAY * i32::try_from(number).unwrap()
}

/// One storage, a commit that refers to the bytes or not yet, and any number of processes.
#[derive(Clone)]
struct Scene {
    storage: Stepping,
    committed: Arc<AtomicBool>,
    sha256: String,
}

#[async_trait]
impl References for Scene {
    async fn referenced(&self, _: &str) -> Result<bool, BoxError> {
        Ok(self.committed.load(Ordering::SeqCst))
    }
}

impl Scene {
    /// Old bytes, in so many copies, that nobody needs.
    async fn with_copies(copies: i64) -> Self {
        let storage = Stepping::default();
        let mut sha256 = String::new();
        for number in 0..copies {
            let blobs = ObjectBlobStore::over(Arc::new(storage.clone()));
            sha256 = put(&blobs, BYTES, day(number)).await.unwrap().blob.sha256;
        }
        Self {
            storage,
            committed: Arc::new(AtomicBool::new(false)),
            sha256,
        }
    }

    /// What another process sees.
    fn process(&self) -> ObjectBlobStore {
        ObjectBlobStore::over(Arc::new(self.storage.clone()))
    }

    fn sweeping(&self) -> Actor {
        let scene = self.clone();
        async move {
            scene.process().settle(day(9), day(10), &scene).await.unwrap();
            scene.removing().await;
        }
        .boxed()
    }

    /// As one who names a file uploaded earlier: pin, ask, commit, let go.
    fn referring(&self) -> Actor {
        let scene = self.clone();
        async move {
            let blobs = scene.process();
            let pin = blobs.pin(&scene.sha256, day(11)).await.unwrap();
            if blobs.size(&scene.sha256).await.unwrap().is_some() {
                scene.committed.store(true, Ordering::SeqCst);
            }
            blobs.unpin(&pin).await.unwrap();
        }
        .boxed()
    }

    /// Deletes without looking for surplus copies first: they came since, or another process is at them.
    fn removing(&self) -> Actor {
        let scene = self.clone();
        async move {
            let blobs = scene.process();
            let removed = blobs.remove_unused(&scene.sha256, day(9), day(10), &scene);
            removed.await.unwrap();
        }
        .boxed()
    }

    /// As one who refers to the bytes, and reads them as soon as they are told to be there.
    fn using(&self) -> Actor {
        let scene = self.clone();
        async move {
            scene.referring().await;
            if scene.committed.load(Ordering::SeqCst) {
                scene.reading().await;
            }
        }
        .boxed()
    }

    /// As one who sends the file with the change.
    fn uploading(&self, staged: Staged) -> Actor {
        let scene = self.clone();
        async move {
            let blobs = scene.process();
            let pin = blobs.pin(&scene.sha256, day(11)).await.unwrap();
            blobs.publish(staged, day(10)).await.unwrap();
            scene.committed.store(true, Ordering::SeqCst);
            blobs.unpin(&pin).await.unwrap();
        }
        .boxed()
    }

    fn reading(&self) -> Actor {
        let scene = self.clone();
        async move {
            let read = read_all(&scene.process(), &scene.sha256, 100).await;
            assert_eq!(read.unwrap(), BYTES);
        }
        .boxed()
    }

    /// What was committed is there, now and after whatever sweeps follow; what was not is gone after them.
    async fn check(&self, order: &Order) {
        let blobs = self.process();
        for later in [10, 10, 40, 40] {
            if self.committed.load(Ordering::SeqCst) {
                let read = read_all(&blobs, &self.sha256, 100).await;
                assert_eq!(read.expect("what was committed is there"), BYTES, "{order:?}");
            }
            sweep(&blobs, self, day(later), DAY).await.unwrap();
        }
        let left = blobs.list(None, 10).await.unwrap();
        let expected = usize::from(self.committed.load(Ordering::SeqCst));
        assert_eq!(left.len(), expected, "{order:?}");
        // No surplus copy stays, and no mark.
        let objects: Vec<_> = self.storage.list(Some(&"blobs".into())).collect().await;
        assert_eq!(objects.len(), expected, "{order:?}: {objects:?}");
    }
}

/// All orders of two.
async fn in_every_order(copies: i64, actors: impl AsyncFn(&Scene) -> Vec<Actor>) -> usize {
    let (mut order, mut tried, mut kept) = (Order::new(), 0, 0);
    loop {
        let scene = Scene::with_copies(copies).await;
        run(actors(&scene).await, &mut order, |_| 0);
        scene.check(&order).await;
        tried += 1;
        kept += usize::from(scene.committed.load(Ordering::SeqCst));
        if !next(&mut order) {
            assert!(tried > 20, "{tried} orders");
            return kept;
        }
    }
}

/// Many orders of more, each from its number.
async fn in_many_orders(copies: i64, committed: bool, actors: impl AsyncFn(&Scene) -> Vec<Actor>) {
    for seed in 1..=RANDOM_ORDERS {
        let scene = Scene::with_copies(copies).await;
        scene.committed.store(committed, Ordering::SeqCst);
        let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15);
        let mut order = Order::new();
        run(actors(&scene).await, &mut order, |of| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            usize::try_from(state % of as u64).unwrap()
        });
        scene.check(&order).await;
    }
}

#[tokio::test]
async fn who_refers_to_old_bytes_while_they_are_swept_keeps_them_or_is_told_that_they_are_gone() {
    for copies in [1, 2] {
        let kept = in_every_order(copies, async |scene| vec![scene.sweeping(), scene.referring()]).await;
        assert!(kept > 0, "sometimes the reference comes first");
    }
}

#[tokio::test]
async fn who_refers_to_bytes_whose_copies_are_all_being_deleted_keeps_one() {
    let kept = in_every_order(2, async |scene| vec![scene.removing(), scene.referring()]).await;
    assert!(kept > 0, "sometimes the reference comes first");
}

#[tokio::test]
async fn who_was_told_that_bytes_are_there_can_read_them_at_once() {
    let kept = in_every_order(1, async |scene| vec![scene.removing(), scene.using()]).await;
    assert!(kept > 0, "sometimes the reference comes first");
}

#[tokio::test]
async fn who_sends_bytes_while_the_same_are_swept_keeps_them() {
    in_every_order(1, async |scene| {
        let staged = stage_bytes(&scene.process(), BYTES).await.unwrap();
        vec![scene.sweeping(), scene.uploading(staged)]
    })
    .await;
}

#[tokio::test]
async fn several_sweeps_at_once_lose_nothing() {
    in_many_orders(2, false, async |scene| {
        let staged = stage_bytes(&scene.process(), BYTES).await.unwrap();
        vec![
            scene.sweeping(),
            scene.sweeping(),
            scene.referring(),
            scene.uploading(staged),
        ]
    })
    .await;
    in_many_orders(2, false, async |scene| {
        vec![scene.sweeping(), scene.sweeping(), scene.referring()]
    })
    .await;
}

#[tokio::test]
async fn surplus_copies_go_and_readers_do_not_notice() {
    in_many_orders(3, true, async |scene| {
        vec![scene.sweeping(), scene.sweeping(), scene.reading()]
    })
    .await;
    let scene = Scene::with_copies(3).await;
    scene.committed.store(true, Ordering::SeqCst);
    sweep(&scene.process(), &scene, day(10), DAY).await.unwrap();
    let objects: Vec<_> = scene.storage.list(Some(&"blobs".into())).collect().await;
    assert_eq!(objects.len(), 1, "{objects:?}");
}

#[tokio::test]
async fn a_sweep_that_is_killed_at_any_step_harms_nothing_and_is_ended_by_another() {
    for referred_after in [true, false] {
        let mut steps = 0;
        loop {
            let scene = Scene::with_copies(2).await;
            let ended = killed_after(scene.sweeping(), steps);
            if referred_after {
                scene.referring().await;
            }
            scene.check(&Order::new()).await;
            if ended {
                break;
            }
            steps += 1;
        }
        assert!(steps > 8, "{steps} steps");
    }
}

/// A sweep stands still at each of its steps while something happens, and then goes on: nothing that is needed is gone.
async fn standing_still(meanwhile: impl AsyncFn(&Scene)) {
    let mut steps = 0;
    loop {
        let scene = Scene::with_copies(1).await;
        let mut context = std::task::Context::from_waker(std::task::Waker::noop());
        let mut sleeper = scene.sweeping();
        let ended = (0..steps).any(|_| sleeper.poll_unpin(&mut context).is_ready());
        meanwhile(&scene).await;
        if !ended {
            sleeper.await;
        }
        scene.check(&Order::new()).await;
        if ended {
            break;
        }
        steps += 1;
    }
    assert!(steps > 8, "{steps} steps");
}

#[tokio::test]
async fn a_sweep_that_stood_still_deletes_nothing_that_came_since() {
    standing_still(async |scene| {
        // Days pass, other processes sweep, and the bytes come again and grow old.
        sweep(&scene.process(), scene, day(10), DAY).await.unwrap();
        let staged = stage_bytes(&scene.process(), BYTES).await.unwrap();
        scene.uploading(staged).await;
        sweep(&scene.process(), scene, day(30), DAY).await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn a_sweep_that_stood_still_deletes_nothing_that_another_has_saved() {
    standing_still(async |scene| {
        // Somebody needs the bytes before another sweep looks, and asks for them after it.
        let blobs = scene.process();
        let pin = blobs.pin(&scene.sha256, day(11)).await.unwrap();
        sweep(&blobs, scene, day(10), DAY).await.unwrap();
        let is_there = blobs.size(&scene.sha256).await.unwrap().is_some();
        scene.committed.store(is_there, Ordering::SeqCst);
        blobs.unpin(&pin).await.unwrap();
    })
    .await;
}
