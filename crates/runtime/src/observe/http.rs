//! The probes and metrics over HTTP: at the worker's socket, and at a port if one is given.
//!
//! It only tells. Whoever reaches it changes nothing, learns nothing of orders
//! or people, and cannot hold more than a few connections for a few seconds.

use super::Observer;
use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::header::{CONTENT_TYPE, HeaderValue};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use rental_bus::health::{BEHIND_FOR, Health, Verdict};
use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::Semaphore;

/// How many are answered at a time.
const AT_ONCE: usize = 32;
/// How long one may take, from the first byte to the last.
const WITHIN: Duration = Duration::from_secs(5);
/// How long to wait after no connection could be taken (too many open files, say).
const TAKE_AGAIN_AFTER: Duration = Duration::from_millis(200);

/// Answers at a port.
pub(super) async fn serve_tcp(observer: Observer, listener: tokio::net::TcpListener) {
    let places = Arc::new(Semaphore::new(AT_ONCE));
    loop {
        let taken: std::io::Result<(_, SocketAddr)> = listener.accept().await;
        serve(&observer, &places, taken.map(|(stream, _)| stream)).await;
    }
}

/// Answers at the worker's socket.
pub(super) async fn serve_unix(observer: Observer, listener: tokio::net::UnixListener) {
    let places = Arc::new(Semaphore::new(AT_ONCE));
    loop {
        serve(&observer, &places, listener.accept().await.map(|(stream, _)| stream)).await;
    }
}

async fn serve<S>(observer: &Observer, places: &Arc<Semaphore>, taken: std::io::Result<S>)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let Ok(stream) = taken else {
        tokio::time::sleep(TAKE_AGAIN_AFTER).await;
        return;
    };
    let Ok(place) = places.clone().acquire_owned().await else { return };
    let observer = observer.clone();
    tokio::spawn(async move {
        let answering = service_fn(move |request: Request<Incoming>| {
            let observer = observer.clone();
            // What is wrong is read from the data file.
            let answering = tokio::task::spawn_blocking(move || answer(&observer, &request));
            let gone = |_| text(StatusCode::SERVICE_UNAVAILABLE, "the worker is stopping\n".to_owned());
            async move { Ok::<_, Infallible>(answering.await.unwrap_or_else(gone)) }
        });
        let connection = http1::Builder::new().keep_alive(false).serve_connection(TokioIo::new(stream), answering);
        // What the other side does wrong is its own affair.
        let _ = tokio::time::timeout(WITHIN, connection).await;
        drop(place);
    });
}

fn answer<B>(observer: &Observer, request: &Request<B>) -> Response<Full<Bytes>> {
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        return text(StatusCode::METHOD_NOT_ALLOWED, "only GET\n".to_owned());
    }
    let behind_for = match request.uri().query().map(behind_for) {
        None => BEHIND_FOR,
        Some(Some(seconds)) => seconds,
        Some(None) => return text(StatusCode::BAD_REQUEST, "expected behind-for=SECONDS\n".to_owned()),
    };
    match request.uri().path() {
        "/livez" => health(&observer.live()),
        "/readyz" => health(&observer.ready(behind_for)),
        "/healthz" => health(&observer.health(behind_for)),
        "/metrics" => {
            let mut response = text(StatusCode::OK, observer.metrics_text());
            let format = HeaderValue::from_static("text/plain; version=0.0.4; charset=utf-8");
            response.headers_mut().insert(CONTENT_TYPE, format);
            response
        }
        _ => text(StatusCode::NOT_FOUND, "/livez, /readyz, /healthz or /metrics\n".to_owned()),
    }
}

fn behind_for(query: &str) -> Option<Duration> {
    query.strip_prefix("behind-for=")?.parse().ok().map(Duration::from_secs)
}

fn health(health: &Health) -> Response<Full<Bytes>> {
    let is_well = health.verdict == Verdict::Well;
    let status = if is_well { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    // One line, whatever an alert carries.
    let line: String = health.to_string().chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    text(status, line + "\n")
}

fn text(status: StatusCode, body: String) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(Bytes::from(body)));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
    response
}
