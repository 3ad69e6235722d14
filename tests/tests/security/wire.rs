//! The NATS protocol by hand, for what no client library lets one do.

use anyhow::{Context as _, bail, ensure};
use rental_tests::{PATIENCE, Shop};
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader, BufWriter};
use tokio::net::TcpStream;
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::time::timeout;

/// A connection that reads only when told to.
#[derive(Debug)]
pub(crate) struct Wire {
    input: BufReader<OwnedReadHalf>,
    output: BufWriter<OwnedWriteHalf>,
    user: String,
}

impl Wire {
    /// Connects, and has been let in.
    pub(crate) async fn connect(shop: &Shop, user: &str) -> anyhow::Result<Self> {
        let address = shop.stack.url().trim_start_matches("nats://");
        let (input, output) = TcpStream::connect(address).await?.into_split();
        let mut wire = Self { input: BufReader::new(input), output: BufWriter::new(output), user: user.to_owned() };
        let info = wire.line().await?;
        let info: Value = serde_json::from_str(info.strip_prefix("INFO ").context("a broker says INFO first")?)?;
        let seed = std::fs::read_to_string(rental_bus::keys::path(&shop.home(), user))?;
        let key = nkeys::KeyPair::from_seed(seed.trim())?;
        let signature = key.sign(info["nonce"].as_str().context("a nonce")?.as_bytes())?;
        let signature = data_encoding::BASE64URL_NOPAD.encode(&signature);
        let connect = json!({ "verbose": false, "pedantic": false, "lang": "test", "version": "1", "protocol": 1, "headers": true,
            "nkey": key.public_key(), "sig": signature });
        wire.output.write_all(format!("CONNECT {connect}\r\nPING\r\n").as_bytes()).await?;
        wire.output.flush().await?;
        loop {
            let line = wire.line().await?;
            match line.as_str() {
                "PONG" => return Ok(wire),
                line if line.starts_with("-ERR") => bail!("{line}"),
                _ => {}
            }
        }
    }

    async fn line(&mut self) -> anyhow::Result<String> {
        let mut line = String::new();
        let read = timeout(PATIENCE, self.input.read_line(&mut line)).await??;
        ensure!(read > 0, "the broker closed the connection");
        Ok(line.trim().to_owned())
    }

    /// Wants the answers from now on, and does not read them.
    pub(crate) async fn listen(&mut self) -> anyhow::Result<()> {
        self.output.write_all(format!("SUB _INBOX_{}.> 1\r\n", self.user).as_bytes()).await?;
        Ok(self.output.flush().await?)
    }

    /// Stays connected, as a client does: answers the broker's signs of life, and nothing else.
    pub(crate) async fn stay(mut self) {
        while let Ok(line) = self.line().await {
            if line == "PING"
                && (self.output.write_all(b"PONG\r\n").await.is_err() || self.output.flush().await.is_err())
            {
                return;
            }
        }
    }

    pub(crate) async fn send(&mut self, subject: &str, body: &[u8]) -> anyhow::Result<()> {
        self.send_many(&[(subject, body.to_vec())], 1).await
    }

    /// Sends these requests round and round, `count` in all, as fast as the broker takes them.
    pub(crate) async fn send_many(&mut self, requests: &[(&str, Vec<u8>)], count: usize) -> anyhow::Result<()> {
        for (subject, body) in requests.iter().cycle().take(count) {
            let head = format!("PUB {subject} _INBOX_{}.a {}\r\n", self.user, body.len());
            self.output.write_all(head.as_bytes()).await?;
            self.output.write_all(body).await?;
            self.output.write_all(b"\r\n").await?;
        }
        Ok(self.output.flush().await?)
    }

    /// Sends a message with these bytes where its headers belong.
    pub(crate) async fn send_with_headers(&mut self, subject: &str, headers: &[u8]) -> anyhow::Result<()> {
        let head = format!("HPUB {subject} _INBOX_{}.a {} {}\r\n", self.user, headers.len(), headers.len() + 2);
        self.output.write_all(head.as_bytes()).await?;
        self.output.write_all(headers).await?;
        self.output.write_all(b"{}\r\n").await?;
        Ok(self.output.flush().await?)
    }

    /// Begins a message of this size; answers with what the broker says before it hangs up.
    pub(crate) async fn send_too_much(&mut self, subject: &str, bytes: usize) -> anyhow::Result<String> {
        self.output.write_all(format!("PUB {subject} {bytes}\r\n").as_bytes()).await?;
        let piece = vec![b'x'; 64 * 1024];
        for _ in 0..bytes / piece.len() {
            // It need not read to the end what it does not want.
            if self.output.write_all(&piece).await.is_err() {
                break;
            }
        }
        let _ = self.output.flush().await;
        let mut said = Vec::new();
        // It may hang up so hard that its last word is lost; then the error is the word.
        match timeout(PATIENCE, self.input.read_to_end(&mut said)).await? {
            Err(error) if said.is_empty() => bail!("no word from the broker: {error}"),
            Ok(_) | Err(_) => Ok(String::from_utf8_lossy(&said).into_owned()),
        }
    }
}
