//! Object storage in memory whose every request first stands still once, and a scheduler that lets several tasks take
//! their requests in every order.

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use async_trait::async_trait;
use futures::future::BoxFuture;
use futures::stream::BoxStream;
use futures::{FutureExt, StreamExt};
use object_store::memory::InMemory;
use object_store::multipart::{MultipartStore, PartId};
use object_store::path::Path;
use object_store::{
    CopyOptions, GetOptions, GetResult, ListResult, MultipartId, MultipartUpload, ObjectMeta, ObjectStore,
    PutMultipartOptions, PutOptions, PutPayload, PutResult, Result,
};

/// The storage. Clones share what lies in it.
#[derive(Clone, Debug, Default)]
pub struct Stepping(Arc<InMemory>);

/// Stands still once: whoever polls decides when the request goes on.
async fn step() {
    let mut stood = false;
    std::future::poll_fn(move |context: &mut Context<'_>| {
        if std::mem::replace(&mut stood, true) {
            return Poll::Ready(());
        }
        context.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}

impl fmt::Display for Stepping {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("stepping")
    }
}

#[async_trait]
impl ObjectStore for Stepping {
    async fn put_opts(&self, location: &Path, payload: PutPayload, options: PutOptions) -> Result<PutResult> {
        step().await;
        self.0.put_opts(location, payload, options).await
    }

    async fn put_multipart_opts(
        &self,
        location: &Path,
        options: PutMultipartOptions,
    ) -> Result<Box<dyn MultipartUpload>> {
        step().await;
        self.0.put_multipart_opts(location, options).await
    }

    async fn get_opts(&self, location: &Path, options: GetOptions) -> Result<GetResult> {
        step().await;
        self.0.get_opts(location, options).await
    }

    fn delete_stream(&self, locations: BoxStream<'static, Result<Path>>) -> BoxStream<'static, Result<Path>> {
        let inner = Arc::clone(&self.0);
        step()
            .map(move |()| inner.delete_stream(locations))
            .flatten_stream()
            .boxed()
    }

    fn list(&self, prefix: Option<&Path>) -> BoxStream<'static, Result<ObjectMeta>> {
        let (inner, prefix) = (Arc::clone(&self.0), prefix.cloned());
        step()
            .map(move |()| inner.list(prefix.as_ref()))
            .flatten_stream()
            .boxed()
    }

    async fn list_with_delimiter(&self, prefix: Option<&Path>) -> Result<ListResult> {
        step().await;
        self.0.list_with_delimiter(prefix).await
    }

    async fn copy_opts(&self, from: &Path, to: &Path, options: CopyOptions) -> Result<()> {
        step().await;
        self.0.copy_opts(from, to, options).await
    }
}

#[async_trait]
impl MultipartStore for Stepping {
    async fn create_multipart(&self, path: &Path) -> Result<MultipartId> {
        step().await;
        self.0.create_multipart(path).await
    }

    async fn put_part(&self, path: &Path, id: &MultipartId, part: usize, data: PutPayload) -> Result<PartId> {
        step().await;
        self.0.put_part(path, id, part, data).await
    }

    async fn complete_multipart(&self, path: &Path, id: &MultipartId, parts: Vec<PartId>) -> Result<PutResult> {
        step().await;
        self.0.complete_multipart(path, id, parts).await
    }

    async fn abort_multipart(&self, path: &Path, id: &MultipartId) -> Result<()> {
        step().await;
        self.0.abort_multipart(path, id).await
    }
}

/// Somebody at work: each poll is one request.
pub type Actor = BoxFuture<'static, ()>;

/// Who went when: at each step the number chosen and out of how many.
pub type Order = Vec<(usize, usize)>;

/// Lets the actors take their steps in this order, which grows where it ends: by the first of those who are not done,
/// or as `choose` says.
pub fn run(mut actors: Vec<Actor>, order: &mut Order, mut choose: impl FnMut(usize) -> usize) {
    let mut context = Context::from_waker(Waker::noop());
    let mut at = 0;
    while !actors.is_empty() {
        if at == order.len() {
            order.push((choose(actors.len()), actors.len()));
        }
        let chosen = order[at].0;
        at += 1;
        if Pin::new(&mut actors[chosen]).poll(&mut context).is_ready() {
            drop(actors.remove(chosen));
        }
    }
    order.truncate(at);
}

/// The next order that has not been yet; `false` after the last.
pub fn next(order: &mut Order) -> bool {
    while let Some((chosen, of)) = order.pop() {
        if chosen + 1 < of {
            order.push((chosen + 1, of));
            return true;
        }
    }
    false
}

/// Takes at most so many steps, then forgets the actor, as a process that is killed forgets.
pub fn killed_after(mut actor: Actor, steps: usize) -> bool {
    let mut context = Context::from_waker(Waker::noop());
    (0..steps).any(|_| Pin::new(&mut actor).poll(&mut context).is_ready())
}
