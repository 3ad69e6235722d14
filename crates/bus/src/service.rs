//! A context's endpoints as a NATS micro service (`nats micro ls|info|stats`).

use crate::connection::Bus;
use crate::relay::Relay;
use crate::subjects;
use async_nats::service::{NATS_SERVICE_ERROR, NATS_SERVICE_ERROR_CODE, ServiceExt};
use bytes::Bytes;
use futures_util::StreamExt;
use rental_model::{Context, Endpoint, Refusal};
use std::collections::HashMap;
use tokio::sync::mpsc;
use tokio::task::JoinSet;

/// No request of ours is nearly as large. What waits to be looked at is bounded
/// in number, and so by this in memory.
pub const LARGEST_REQUEST_BYTES: usize = 16 * 1024;

/// A request that wants an answer.
#[derive(Debug)]
pub struct Incoming {
    /// The endpoint's name, as in [`Endpoint::name`].
    pub endpoint: &'static str,
    pub payload: Bytes,
    /// W3C trace context of the caller, if it sent one.
    pub trace: Option<String>,
    pub responder: Responder,
}

/// The way back to a caller.
#[derive(Debug)]
pub struct Responder {
    request: async_nats::service::Request,
}

impl Responder {
    /// Answers. A caller that went away, or never wanted an answer, is no error of ours.
    ///
    /// Only to an inbox: a caller that names an event's subject as the way back
    /// would have our right to publish record its answer there.
    pub async fn send(self, answer: Result<Vec<u8>, Refusal>) {
        let reply = self.request.message.reply.as_deref().unwrap_or_default();
        if !(reply.starts_with("_INBOX_") || reply.starts_with("_R_.")) {
            tracing::warn!(reply, "a request wants its answer where none belongs; it gets none");
            return;
        }
        let sent = match answer {
            Ok(body) => self.request.respond(Ok(body.into())).await,
            Err(refusal) => {
                let mut headers = async_nats::HeaderMap::new();
                // A header is one line; the body has the message whole.
                let line: String = refusal.message.chars().filter(|c| !c.is_control()).take(200).collect();
                headers.insert(NATS_SERVICE_ERROR, line.as_str());
                headers.insert(NATS_SERVICE_ERROR_CODE, u16::from(refusal.code).to_string().as_str());
                self.request.respond_with_headers(Ok(refusal.to_body().into()), headers).await
            }
        };
        if let Err(error) = sent {
            tracing::debug!(%error, "an answer could not be sent");
        }
    }
}

/// A running service. Dropping it stops taking requests.
#[derive(Debug)]
pub struct Service {
    micro: async_nats::service::Service,
    endpoints: JoinSet<()>,
    relay: Relay,
}

impl Service {
    /// Serves `endpoints`; requests go into `requests`, and are refused at once while that is full.
    pub async fn start(
        bus: &Bus,
        context: Context,
        endpoints: &[Endpoint],
        requests: mpsc::Sender<Incoming>,
    ) -> Result<Self, async_nats::Error> {
        let service = bus
            .client()
            .service_builder()
            .description(format!("The {context} context of the rental service"))
            .start(subjects::service(context), env!("CARGO_PKG_VERSION"))
            .await?;
        let group = service.group(subjects::service_prefix(context));
        let mut tasks = JoinSet::new();
        for endpoint in endpoints {
            let metadata = [("about", endpoint.about), ("example", endpoint.example)];
            let metadata: HashMap<_, _> = metadata.map(|(k, v)| (k.to_owned(), v.to_owned())).into();
            let builder = group.endpoint_builder().name(endpoint.name.replace('.', "-")).metadata(metadata);
            let mut stream = builder.add(endpoint.name).await?;
            let (requests, name) = (requests.clone(), endpoint.name);
            tasks.spawn(async move {
                while let Some(request) = stream.next().await {
                    let trace = request.message.headers.as_ref().and_then(|headers| headers.get(subjects::TRACE));
                    let trace = trace.map(|trace| trace.as_str().to_owned());
                    let payload = request.message.payload.clone();
                    let size = payload.len();
                    let incoming = Incoming { endpoint: name, payload, trace, responder: Responder { request } };
                    if size > LARGEST_REQUEST_BYTES {
                        let most = LARGEST_REQUEST_BYTES / 1024;
                        let refusal = Refusal::malformed(format!("the request has {size} bytes; {most} KiB at most"));
                        incoming.responder.send(Err(refusal)).await;
                        continue;
                    }
                    if let Err(mpsc::error::TrySendError::Full(incoming)) = requests.try_send(incoming) {
                        let busy = Refusal::unavailable(format!("{context} is overloaded; try again in a moment"));
                        incoming.responder.send(Err(busy)).await;
                    }
                }
            });
        }
        let relay = Relay::start(bus, context, service.info().await.id);
        Ok(Self { micro: service, endpoints: tasks, relay })
    }

    /// Waits until an endpoint no longer takes requests, which is none of its own doing; says why.
    pub async fn ended(&mut self) -> String {
        match self.endpoints.join_next().await {
            Some(Err(error)) if error.is_panic() => format!("an endpoint has failed: {error}"),
            Some(_) => "an endpoint no longer gets requests".to_owned(),
            None => "there are no endpoints".to_owned(),
        }
    }

    /// Takes no more requests.
    pub async fn stop(mut self) {
        drop(self.relay);
        self.endpoints.abort_all();
        let _ = self.micro.stop().await;
    }
}
