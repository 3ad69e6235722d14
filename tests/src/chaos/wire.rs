//! The wire between a worker and its broker, which can be cut without anyone being told.

use std::net::Ipv4Addr;
use std::sync::Arc;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;

/// A way to the broker for one worker. While it is cut, what either side sends goes nowhere, and
/// connections stay open: nobody is told, as when a cable is pulled.
#[derive(Debug)]
pub(super) struct Wire {
    port: u16,
    state: watch::Sender<State>,
    // Ends with the wire.
    _serving: JoinSet<()>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Whole,
    Cut,
}

impl Wire {
    /// Leads from a port of its own to the broker's.
    pub(super) async fn to(broker: u16) -> anyhow::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let (port, state) = (listener.local_addr()?.port(), watch::Sender::new(State::Whole));
        let mut serving = JoinSet::new();
        let seen = state.subscribe();
        serving.spawn(async move {
            let mut connections = JoinSet::new();
            while let Ok((near, _)) = listener.accept().await {
                let seen = seen.clone();
                connections.spawn(async move { carry(near, broker, seen).await });
                while connections.try_join_next().is_some() {}
            }
        });
        Ok(Self { port, state, _serving: serving })
    }

    pub(super) fn url(&self) -> String {
        format!("nats://127.0.0.1:{}", self.port)
    }

    pub(super) fn cut(&self) {
        self.state.send_replace(State::Cut);
    }

    /// Carries again. What was on its way meanwhile arrives late, as TCP sees to it.
    pub(super) fn mend(&self) {
        self.state.send_replace(State::Whole);
    }
}

async fn carry(near: TcpStream, broker: u16, state: watch::Receiver<State>) {
    if whole(&mut state.clone()).await.is_none() {
        return;
    }
    let Ok(far) = TcpStream::connect((Ipv4Addr::LOCALHOST, broker)).await else { return };
    // Latency is not what is tried here.
    let _ = (near.set_nodelay(true), far.set_nodelay(true));
    let ((near_in, near_out), (far_in, far_out)) = (near.into_split(), far.into_split());
    let state = Arc::new(state);
    tokio::select! {
        () = one_way(near_in, far_out, state.clone()) => {}
        () = one_way(far_in, near_out, state) => {}
    }
}

async fn one_way(
    mut from: impl AsyncReadExt + Unpin,
    mut to: impl AsyncWriteExt + Unpin,
    state: Arc<watch::Receiver<State>>,
) {
    let mut state = (*state).clone();
    let mut buffer = vec![0; 64 * 1024];
    while let Ok(count @ 1..) = from.read(&mut buffer).await {
        if whole(&mut state).await.is_none() || to.write_all(&buffer[..count]).await.is_err() {
            return;
        }
    }
}

/// Waits while the wire is cut; none if it is gone.
async fn whole(state: &mut watch::Receiver<State>) -> Option<()> {
    state.wait_for(|state| *state == State::Whole).await.ok().map(drop)
}
