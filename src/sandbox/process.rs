//! Containers that run `wasi:cli/run`: a process that ends by itself.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use tokio::sync::{OwnedSemaphorePermit, oneshot};
use wasmtime_wasi::p2::bindings::CommandPre;

use crate::container::{Container, not_made};
use crate::error::StartError;
use crate::failure::failure;
use crate::guest::Guest;
use crate::spec::Failure;

/// Makes the instance and lets it run. `running` is called before its first instruction, `ended` when nothing of it is
/// left; neither is called when it could not be made.
pub(crate) async fn start(
    container: &Arc<Container>,
    program: CommandPre<Guest>,
    slot: OwnedSemaphorePermit,
    running: impl FnOnce() + Send + 'static,
    ended: impl FnOnce(Failure) + Send + 'static,
) -> Result<(), StartError> {
    let (made, is_made) = oneshot::channel();
    let guest = run(Arc::clone(container), program, slot, running, made);
    let kill = container.kill.clone();
    let was_killed = kill.clone();
    container.node.lanes.run(Box::pin(guest), Arc::clone(&container.meter), kill, move |outcome| {
        match outcome {
            Some(Some(failure)) => ended(failure),
            Some(None) => {}
            None if was_killed.is_cancelled() => ended(Failure::Killed),
            None => ended(Failure::Trap("the host failed while running it".into())),
        }
    });
    is_made.await.unwrap_or(Err(StartError::Removed))
}

/// Nothing when the instance could not be made.
async fn run(
    container: Arc<Container>,
    program: CommandPre<Guest>,
    _slot: OwnedSemaphorePermit,
    running: impl FnOnce(),
    made: oneshot::Sender<Result<(), StartError>>,
) -> Option<Failure> {
    let mut store = match container.store() {
        Ok(store) => store,
        Err(error) => {
            let _ = made.send(Err(error));
            return None;
        }
    };
    let denied = store.data().memory.denied();
    let command = match program.instantiate_async(&mut store).await {
        Ok(command) => command,
        Err(error) => {
            if denied.load(Ordering::Relaxed) {
                running();
                let _ = made.send(Ok(()));
                return Some(Failure::OutOfMemory);
            }
            let _ = made.send(Err(not_made(&error, &container.node)));
            return None;
        }
    };
    running();
    let _ = made.send(Ok(()));
    Some(match command.wasi_cli_run().call_run(&mut store).await {
        Ok(Ok(())) => Failure::Exit(0),
        Ok(Err(())) if denied.load(Ordering::Relaxed) => Failure::OutOfMemory,
        Ok(Err(())) => Failure::Exit(1),
        Err(error) => failure(&error, denied.load(Ordering::Relaxed)),
    })
}
