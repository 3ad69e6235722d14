//! A broker of a few lines that says what no real one would.

use super::*;
use crate::{CallError, Silence};
use rental_model::Context;
use std::sync::Mutex;
use std::sync::atomic::AtomicUsize;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

const PATIENCE: Duration = Duration::from_secs(10);

/// Answers every request with the same bytes, `{subject}` and `{sid}` filled in.
struct Fake {
    url: String,
    connections: Arc<AtomicUsize>,
    answer: Arc<Mutex<Vec<u8>>>,
    _folder: tempfile::TempDir,
    key: PathBuf,
}

impl Fake {
    async fn start(answer: &[u8]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("nats://{}", listener.local_addr().unwrap());
        let connections = Arc::new(AtomicUsize::new(0));
        let answer = Arc::new(Mutex::new(answer.to_vec()));
        let (counted, answers) = (connections.clone(), answer.clone());
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                counted.fetch_add(1, Ordering::Relaxed);
                tokio::spawn(talk(stream, answers.clone()));
            }
        });
        let folder = tempfile::tempdir().unwrap();
        let key = folder.path().join("staff.nk");
        keys::ensure(&key).unwrap();
        Self { url, connections, answer, _folder: folder, key }
    }

    async fn bus(&self) -> Bus {
        let (url, key) = (self.url.clone(), self.key.clone());
        let settings = ConnectionSettings {
            url,
            user: "staff".to_owned(),
            key,
            name: "test".to_owned(),
            is_patient: false,
            tls: crate::Tls::default(),
        };
        Bus::connect(settings).await.unwrap()
    }

    fn connections(&self) -> usize {
        self.connections.load(Ordering::Relaxed)
    }
}

async fn talk(stream: TcpStream, answer: Arc<Mutex<Vec<u8>>>) {
    let (read, mut write) = stream.into_split();
    let mut read = BufReader::new(read);
    let info = r#"{"server_id":"x","version":"2.15.1","proto":1,"headers":true,"max_payload":1048576,"nonce":"abc"}"#;
    write.write_all(format!("INFO {info}\r\n").as_bytes()).await.unwrap();
    let mut sid = String::new();
    let mut line = String::new();
    while read.read_line(&mut line).await.is_ok_and(|read| read > 0) {
        let words: Vec<_> = line.split_whitespace().collect();
        match words[..] {
            ["PING"] => write.write_all(b"PONG\r\n").await.unwrap(),
            ["SUB", _, id] => id.clone_into(&mut sid),
            ["PUB", _, reply, length] => {
                let mut body = vec![0; length.parse::<usize>().unwrap() + 2];
                read.read_exact(&mut body).await.unwrap();
                let bytes = answer.lock().unwrap().clone();
                write.write_all(&filled(&bytes, reply, &sid)).await.unwrap();
            }
            _ => {}
        }
        line.clear();
    }
}

fn filled(bytes: &[u8], subject: &str, sid: &str) -> Vec<u8> {
    let mut filled = Vec::new();
    for part in bytes.split_inclusive(|byte| *byte == b'}') {
        if let Some(before) = part.strip_suffix(b"{subject}") {
            filled.extend([before, subject.as_bytes()].concat());
        } else if let Some(before) = part.strip_suffix(b"{sid}") {
            filled.extend([before, sid.as_bytes()].concat());
        } else {
            filled.extend(part);
        }
    }
    filled
}

/// A message with these headers, which no request waits for.
fn message(headers: &[u8]) -> Vec<u8> {
    let line = format!("HMSG _INBOX_staff.x.y {{sid}} {} {}\r\n", headers.len(), headers.len() + 2);
    [line.as_bytes(), headers, b"hi\r\n"].concat()
}

#[tokio::test]
async fn a_message_that_cannot_be_read_is_left_out_and_disturbs_nobody() {
    let malformed: [&[u8]; 9] = [
        b"NATS/1.0\r\nA: b\rC\r\n\r\n",
        b"NATS/1.0\r\nno colon\r\n\r\n",
        b"NATS/1.0 abc\r\n\r\n",
        b"HTTP/1.0\r\nA: b\r\n\r\n",
        b"NATS/1.0\r\nA: \xff\xfe\r\n\r\n",
        b"NATS/1.0\r\n: b\r\n\r\n",
        b"NATS/1.0\r\nA b: c\r\n\r\n",
        b"NATS/1.0\r\nA: b\r\n \rfolded\r\n\r\n",
        b"",
    ];
    let mut answer: Vec<u8> = malformed.iter().flat_map(|headers| message(headers)).collect();
    answer.extend(b"MSG _INBOX_staff.\xff {sid} 2\r\nhi\r\n");
    answer.extend(b"MSG {subject} {sid} 2\r\n{}\r\n");
    let fake = Fake::start(&answer).await;
    let bus = fake.bus().await;
    for calls in 1..=20 {
        let answered = bus.call_raw(Context::Order, "status", Vec::new(), PATIENCE).await;
        assert_eq!(answered.unwrap(), "{}");
        assert!(bus.malformed() >= 8 * calls, "{} of {calls} calls", bus.malformed());
    }
    assert_eq!(fake.connections(), 1, "the connection was lost");
}

#[tokio::test]
async fn a_client_whose_tasks_have_ended_is_replaced() {
    let fake = Fake::start(b"MSG {subject} {sid} 2\r\n{}\r\n").await;
    let bus = fake.bus().await;
    let mut state = bus.watch();
    let begun = std::time::Instant::now();
    bus.client().drain().await.unwrap();
    state.wait_for(|state| matches!(state, LinkState::Down(_))).await.unwrap();
    tokio::time::timeout(PATIENCE, bus.wait_until_up()).await.unwrap();
    assert!(begun.elapsed() < Duration::from_secs(1), "{:?}", begun.elapsed());
    let answered = bus.call_raw(Context::Order, "status", Vec::new(), PATIENCE).await;
    assert_eq!(answered.unwrap(), "{}");
    assert_eq!(fake.connections(), 2);
}

/// A long-lived program that connects now and then, as the supervisor does, keeps no task of each.
#[tokio::test]
async fn nothing_is_left_of_a_bus_that_nobody_holds_any_more() {
    let fake = Fake::start(b"MSG {subject} {sid} 2\r\n{}\r\n").await;
    let tasks = || tokio::runtime::Handle::current().metrics().num_alive_tasks();
    let before = tasks();
    let bus = fake.bus().await;
    bus.shared.state.send_replace(LinkState::Down("the broker is away".to_owned()));
    tokio::task::yield_now().await;
    drop(bus);
    let all_gone = async {
        while tasks() > before {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(PATIENCE, all_gone).await.expect("a task goes on for ever");
}

#[tokio::test]
async fn a_broker_that_answers_nothing_is_told_from_a_service_that_does_not_run() {
    let fake = Fake::start(b"").await;
    let bus = fake.bus().await;
    let answered = bus.call_raw(Context::Order, "status", Vec::new(), Duration::from_millis(200)).await;
    assert!(matches!(&answered, Err(CallError::Silent { why: Silence::Late(_), .. })), "{answered:?}");
    *fake.answer.lock().unwrap() = b"HMSG {subject} {sid} 16 16\r\nNATS/1.0 503\r\n\r\n\r\n".to_vec();
    let answered = bus.call_raw(Context::Order, "status", Vec::new(), PATIENCE).await;
    assert!(matches!(answered, Err(CallError::Silent { why: Silence::NotRunning, .. })), "{answered:?}");
}

/// What connecting to whatever says `words` to everybody fails with.
async fn refusal(words: &'static str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("nats://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        let mut held = Vec::new();
        while let Ok((mut stream, _)) = listener.accept().await {
            // As an HTTP server does: only once it has been spoken to.
            let _ = stream.write_all(if words.starts_with("HTTP") { "" } else { words }.as_bytes()).await;
            let answer = async {
                let mut asked = [0; 64];
                if words.starts_with("HTTP") && stream.read(&mut asked).await.is_ok_and(|read| read > 0) {
                    let _ = stream.write_all(words.as_bytes()).await;
                }
            };
            let _ = tokio::time::timeout(Duration::from_millis(2500), answer).await;
            held.push(stream);
        }
    });
    let folder = tempfile::tempdir().unwrap();
    let key = folder.path().join("staff.nk");
    keys::ensure(&key).unwrap();
    let settings = ConnectionSettings {
        url,
        user: "staff".to_owned(),
        key,
        name: "test".to_owned(),
        is_patient: false,
        tls: crate::Tls::default(),
    };
    Bus::connect(settings).await.unwrap_err().to_string()
}

#[tokio::test]
async fn what_listens_instead_of_a_broker_is_named() {
    let http = refusal("HTTP/1.1 400 Bad Request\r\n\r\n").await;
    assert!(http.contains("is no NATS broker") && http.contains("HTTP/1.1 400"), "{http}");
    let ssh = refusal("SSH-2.0-OpenSSH_9.9\r\n").await;
    assert!(ssh.contains("is no NATS broker") && ssh.contains("SSH-2.0"), "{ssh}");
    let mute = refusal("").await;
    assert!(mute.contains("says nothing"), "{mute}");
}

#[test]
fn a_broker_below_the_floor_is_told_from_a_newer_one() {
    for old in ["2.9.10", "2.11.99", "1.99.0", "", "x.y"] {
        assert!(!is_new_enough(old), "{old}");
    }
    for new in ["2.12.0", "2.15.1", "2.12.0-RC.1", "3.0.0"] {
        assert!(is_new_enough(new), "{new}");
    }
}
