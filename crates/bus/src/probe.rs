//! What listens where the broker is expected.

use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

/// How long something may take to say its first words.
const PATIENCE: Duration = Duration::from_millis(700);

/// The port of a broker, if its URL names none.
const PORT: &str = "4222";

/// What is received from whoever takes the connection.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum FirstWords {
    Broker {
        wants_tls: bool,
    },
    Nothing,
    /// The first line of something else, or its beginning.
    Other(String),
}

/// The first words of the first address that takes a connection; none if none does.
pub(crate) async fn first_words(addresses: impl Iterator<Item = &str>) -> Option<FirstWords> {
    for address in addresses {
        let address = address.trim_start_matches("nats://").trim_start_matches("tls://");
        let is_whole = address.rsplit_once(':').is_some_and(|(_, port)| port.parse::<u16>().is_ok());
        let address = if is_whole { address.to_owned() } else { format!("{address}:{PORT}") };
        if let Ok(Ok(stream)) = timeout(PATIENCE, TcpStream::connect(address)).await {
            return Some(listen(stream).await);
        }
    }
    None
}

/// A broker speaks first. Most others wait for a line, and then at least complain.
async fn listen(mut stream: TcpStream) -> FirstWords {
    let mut said = read(&mut stream).await;
    if said.is_empty() {
        let _ = stream.write_all(b"PING\r\n\r\n").await;
        said = read(&mut stream).await;
    }
    understand(&said)
}

async fn read(stream: &mut TcpStream) -> Vec<u8> {
    let mut said = vec![0; 4096];
    let read = timeout(PATIENCE, stream.read(&mut said)).await;
    said.truncate(read.ok().and_then(Result::ok).unwrap_or_default());
    said
}

fn understand(said: &[u8]) -> FirstWords {
    if let Some(info) = said.strip_prefix(b"INFO ") {
        let wants_tls = String::from_utf8_lossy(info).contains("\"tls_required\":true");
        return FirstWords::Broker { wants_tls };
    }
    let text = String::from_utf8_lossy(said);
    let line: String = text.lines().next().unwrap_or_default().chars().filter(|c| !c.is_control()).take(60).collect();
    if said.is_empty() { FirstWords::Nothing } else { FirstWords::Other(line) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_broker_is_told_from_others() {
        assert_eq!(understand(b"INFO {\"port\":4222}\r\n"), FirstWords::Broker { wants_tls: false });
        assert_eq!(understand(b"INFO {\"tls_required\":true}\r\n"), FirstWords::Broker { wants_tls: true });
        assert_eq!(understand(b""), FirstWords::Nothing);
        assert_eq!(
            understand(b"HTTP/1.1 400 Bad\x1b[2J Request\r\nServer: x"),
            FirstWords::Other("HTTP/1.1 400 Bad[2J Request".to_owned())
        );
    }
}
