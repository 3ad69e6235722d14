//! TLS between the programs and the broker: what is taken, and what is said of what is not.

use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, date_time_ymd};
use rental_bus::{Bus, ConnectError, ConnectionSettings, Tls, keys};
use rental_stack::{Options, Process, port};
use rental_tests::{PATIENCE, eventually, program};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

struct Authority {
    issuer: Issuer<'static, KeyPair>,
    file: PathBuf,
}

impl Authority {
    fn new(folder: &Path, name: &str) -> anyhow::Result<Self> {
        let mut params = CertificateParams::new(Vec::new())?;
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.distinguished_name.push(DnType::CommonName, name);
        let key = KeyPair::generate()?;
        let file = folder.join(format!("{name}.pem"));
        std::fs::write(&file, params.self_signed(&key)?.pem())?;
        Ok(Self { issuer: Issuer::new(params, key), file })
    }

    /// A certificate for `name`, and its key.
    fn issue(&self, folder: &Path, file: &str, name: &str, is_expired: bool) -> anyhow::Result<(PathBuf, PathBuf)> {
        let mut params = CertificateParams::new(vec![name.to_owned()])?;
        if is_expired {
            (params.not_before, params.not_after) = (date_time_ymd(2020, 1, 1), date_time_ymd(2021, 1, 1));
        }
        let key = KeyPair::generate()?;
        let paths = (folder.join(format!("{file}.pem")), folder.join(format!("{file}.key")));
        std::fs::write(&paths.0, params.signed_by(&key, &self.issuer)?.pem())?;
        std::fs::write(&paths.1, key.serialize_pem())?;
        std::fs::set_permissions(&paths.1, std::fs::Permissions::from_mode(0o600))?;
        Ok(paths)
    }
}

struct Broker {
    folder: tempfile::TempDir,
    port: u16,
    // Its own process ends with it.
    _process: Process,
}

impl Broker {
    /// A broker with our own nats.conf and `tls` in front.
    async fn start(folder: tempfile::TempDir, tls: &str) -> anyhow::Result<Self> {
        let port = port::free()?;
        let mut options = Options::new(folder.path(), port);
        options.broker_config = None;
        let mut launch = options.broker()?;
        let config = folder.path().join("nats-tls.conf");
        std::fs::write(&config, format!("include \"nats.conf\"\n{tls}\n"))?;
        launch.arguments = vec!["--config".into(), config.into()];
        let process = Process::start(launch)?;
        let listens = async || std::net::TcpStream::connect(("127.0.0.1", port)).ok().map(drop);
        eventually("the broker listens", listens).await?;
        Ok(Self { folder, port, _process: process })
    }

    async fn connect(&self, host: &str, tls: Tls) -> Result<Bus, ConnectError> {
        let settings = ConnectionSettings {
            url: format!("{host}:{}", self.port),
            user: "staff".to_owned(),
            key: keys::path(self.folder.path(), "staff"),
            name: "a test".to_owned(),
            is_patient: false,
            tls,
        };
        Bus::connect(settings).await
    }

    async fn refusal(&self, host: &str, tls: Tls) -> String {
        match self.connect(host, tls).await {
            Err(error @ ConnectError::Tls { .. }) => error.to_string(),
            other => format!("not refused for its TLS: {other:?}"),
        }
    }
}

fn block(certificate: &(PathBuf, PathBuf), more: &str) -> String {
    let (certificate, key) = (certificate.0.display(), certificate.1.display());
    format!("tls {{ cert_file: \"{certificate}\", key_file: \"{key}\"{more} }}")
}

#[tokio::test(flavor = "multi_thread")]
async fn each_way_in_which_tls_fails_is_named_as_what_it_is() -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let (ours, other) = (Authority::new(folder.path(), "ca")?, Authority::new(folder.path(), "other")?);
    let certificate = ours.issue(folder.path(), "broker", "127.0.0.1", false)?;
    let expired = ours.issue(folder.path(), "old", "127.0.0.1", true)?;
    let trusting = |authority: &Authority| Tls { ca: Some(authority.file.clone()), ..Tls::default() };
    let (ca, stranger) = (trusting(&ours), trusting(&other));

    let broker = Broker::start(tempfile::tempdir()?, &block(&certificate, "")).await?;
    assert!(broker.connect("nats://127.0.0.1", ca.clone()).await?.is_up());
    assert!(broker.connect("tls://127.0.0.1", ca.clone()).await?.is_up());
    let unknown = broker.refusal("nats://127.0.0.1", stranger).await;
    assert!(unknown.contains("not trusted here") && unknown.contains("--tls-ca"), "{unknown}");
    let name = broker.refusal("nats://localhost", ca.clone()).await;
    assert!(name.contains("for another name"), "{name}");

    let broker = Broker::start(tempfile::tempdir()?, &block(&expired, "")).await?;
    let old = broker.refusal("nats://127.0.0.1", ca.clone()).await;
    assert!(old.contains("has expired"), "{old}");

    let broker = Broker::start(tempfile::tempdir()?, "").await?;
    let plain = broker.refusal("nats://127.0.0.1", ca).await;
    assert!(plain.contains("speaks no TLS"), "{plain}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_broker_that_wants_client_certificates_gets_them_from_worker_and_console() -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let ours = Authority::new(folder.path(), "ca")?;
    let other = Authority::new(folder.path(), "other")?;
    let certificate = ours.issue(folder.path(), "broker", "127.0.0.1", false)?;
    let (cert, key) = ours.issue(folder.path(), "client", "desk", false)?;
    let (strange_cert, strange_key) = other.issue(folder.path(), "strange", "desk", false)?;
    let verify = format!(", ca_file: \"{}\", verify: true", ours.file.display());
    let broker = Broker::start(tempfile::tempdir()?, &block(&certificate, &verify)).await?;
    let tls = Tls { ca: Some(ours.file.clone()), certificate: Some(cert.clone()), key: Some(key.clone()) };
    assert!(broker.connect("nats://127.0.0.1", tls.clone()).await?.is_up());
    let none = broker.refusal("nats://127.0.0.1", Tls { ca: tls.ca.clone(), ..Tls::default() }).await;
    assert!(none.contains("--tls-cert and --tls-key"), "{none}");
    let strange = Tls { certificate: Some(strange_cert), key: Some(strange_key), ..tls };
    let strange = broker.refusal("nats://127.0.0.1", strange).await;
    assert!(strange.contains("does not take our certificate"), "{strange}");

    let url = format!("nats://127.0.0.1:{}", broker.port);
    let options = |command: &mut Command| {
        command.args(["--nats-url", &url, "--home"]).arg(broker.folder.path());
        command.arg("--tls-ca").arg(&ours.file).arg("--tls-cert").arg(&cert).arg("--tls-key").arg(&key);
    };
    let mut worker = Command::new(program("rental-worker")?);
    options(worker.arg("order").stderr(Stdio::null()));
    let mut worker = worker.spawn()?;
    let answered = eventually("order answers over TLS", async || {
        let mut status = Command::new(program("rental").unwrap());
        options(status.args(["status", "--json"]).env("RENTAL_CONFIG", "/dev/null"));
        let answer: serde_json::Value = serde_json::from_slice(&status.output().unwrap().stdout).ok()?;
        (answer["contexts"][0]["isUp"] == true).then_some(answer)
    })
    .await;
    rustix::process::kill_process(rustix::process::Pid::from_child(&worker), rustix::process::Signal::TERM)?;
    answered?;
    let ended = eventually("the worker ends", async || worker.try_wait().unwrap()).await?;
    assert_eq!(ended.code(), Some(0), "within {PATIENCE:?}");
    Ok(())
}
