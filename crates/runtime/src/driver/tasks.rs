//! The tasks around the engine. None of them ends unnoticed: one that fails ends the worker.

use futures_util::FutureExt;
use rental_model::Context;
use std::panic::AssertUnwindSafe;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::mpsc;
use tokio::task::{AbortHandle, JoinSet};

/// A task that is over and should not be.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum TaskError {
    #[error("a part of the worker ({name}) failed: {words}; start it again, nothing that was answered is lost")]
    Panicked { name: &'static str, words: String },
    #[error("a part of the worker ({name}) ended before its time; start it again, nothing that was answered is lost")]
    Ended { name: &'static str },
    #[error(
        "another {0} worker has taken over while this one was cut off: this one stops; \
         run one {0} worker only (started again, it waits until the other is gone)"
    )]
    Superseded(Context),
    #[error("a query met damage in the view's data file: {0}")]
    Damaged(String),
}

/// Starts tasks, and ends them all together.
#[derive(Debug, Clone)]
pub(super) struct Tasks {
    running: Arc<Mutex<JoinSet<()>>>,
    failed: mpsc::UnboundedSender<TaskError>,
}

impl Tasks {
    /// With the end at which it is told what fails.
    pub(super) fn new() -> (Self, mpsc::UnboundedReceiver<TaskError>) {
        let (failed, failures) = mpsc::unbounded_channel();
        (Self { running: Arc::default(), failed }, failures)
    }

    /// Runs a task that comes to its end some time.
    pub(super) fn start(&self, name: &'static str, task: impl Future<Output = ()> + Send + 'static) -> AbortHandle {
        self.watch(name, task, false)
    }

    /// Runs a task that is to last as long as the worker.
    pub(super) fn keep(&self, name: &'static str, task: impl Future<Output = ()> + Send + 'static) {
        self.watch(name, task, true);
    }

    fn watch(
        &self,
        name: &'static str,
        task: impl Future<Output = ()> + Send + 'static,
        is_lasting: bool,
    ) -> AbortHandle {
        let failed = self.failed.clone();
        let mut running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        while running.try_join_next().is_some() {}
        running.spawn(async move {
            let error = match AssertUnwindSafe(task).catch_unwind().await {
                Err(panic) => TaskError::Panicked { name, words: crate::subscription::panic_text(&*panic).to_owned() },
                Ok(()) if is_lasting => TaskError::Ended { name },
                Ok(()) => return,
            };
            let _ = failed.send(error);
        })
    }

    /// Ends the worker, for a reason that a task has found.
    pub(super) fn fail(&self, error: TaskError) {
        let _ = self.failed.send(error);
    }

    /// Ends all of them. What they held is let go when this returns.
    pub(super) async fn end(&self) {
        let mut running = std::mem::take(&mut *self.running.lock().unwrap_or_else(PoisonError::into_inner));
        running.shutdown().await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_task_that_fails_or_ends_too_soon_is_told_and_no_other() {
        let (tasks, mut failures) = Tasks::new();
        tasks.start("a short one", async {});
        tasks.keep("a long one", std::future::pending());
        tasks.start("a broken one", async { panic!("no way") });
        let broken = TaskError::Panicked { name: "a broken one", words: "no way".to_owned() };
        assert_eq!(failures.recv().await, Some(broken));
        tasks.keep("one that ends", async {});
        assert_eq!(failures.recv().await, Some(TaskError::Ended { name: "one that ends" }));
        tasks.end().await;
        assert_eq!(failures.try_recv().ok(), None);
    }

    #[tokio::test]
    async fn what_tasks_hold_is_gone_when_they_are_ended() {
        let (tasks, _failures) = Tasks::new();
        let held = Arc::new(());
        let holds = held.clone();
        tasks.keep("a holder", async move {
            std::future::pending::<()>().await;
            drop(holds);
        });
        tasks.end().await;
        assert_eq!(Arc::strong_count(&held), 1);
    }
}
