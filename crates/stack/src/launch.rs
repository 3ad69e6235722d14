//! What is run for an installation: the broker and the five workers.

use crate::broker_files;
use crate::cluster::Member;
use crate::found;
use crate::home::{Home, HomeError, numbered};
use crate::process::{Launch, Ownership};
use rental_model::Context;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The broker's configuration of this version; `nats.conf` in the checkout.
pub const BROKER_CONFIG: &str = include_str!("../../../nats.conf");

/// The broker's name among the processes.
pub(crate) const BROKER: &str = "broker";

/// What to start an installation with.
#[derive(Debug, Clone)]
pub struct Options {
    pub home: PathBuf,
    pub port: u16,
    /// The brokers of a cluster, in place of the one at `port`. Streams are kept on as many of
    /// them as the workers are told (`--replicas`).
    pub cluster: Vec<Member>,
    /// The nats-server program; by default `RENTAL_NATS_SERVER`, else the first on the PATH.
    pub nats_server: Option<PathBuf>,
    /// The folder of `rental-worker`; by default `RENTAL_BIN_DIR`, else beside this program.
    pub bin_dir: Option<PathBuf>,
    /// The broker's configuration; by default `RENTAL_NATS_CONF`, else [`BROKER_CONFIG`].
    pub broker_config: Option<PathBuf>,
    /// The port on which this machine may look at the broker itself, and with it the system
    /// account; none: neither.
    pub monitoring: Option<u16>,
    /// More arguments for every worker.
    pub worker_arguments: Vec<OsString>,
    pub ownership: Ownership,
    /// How long all five may take until they serve.
    pub patience: Duration,
}

/// Why there is nothing to start.
#[derive(Debug, thiserror::Error)]
pub enum LaunchError {
    #[error(transparent)]
    Home(#[from] HomeError),
    #[error(transparent)]
    Program(#[from] MissingProgram),
}

/// A program that is needed and not there.
#[derive(Debug, thiserror::Error)]
pub enum MissingProgram {
    #[error("there is no nats-server; run ./scripts/nats-server, or set RENTAL_NATS_SERVER to the program")]
    NatsServer,
    #[error("this program does not find itself; start it again")]
    Itself,
    #[error("there is no rental-worker in {}; run `cargo build --release`, or set RENTAL_BIN_DIR to its folder", .0.display())]
    Worker(PathBuf),
}

/// Where a broker on this machine is reached.
pub fn broker_url(port: u16) -> String {
    format!("nats://127.0.0.1:{port}")
}

impl Options {
    /// An installation that lives as long as its handles.
    pub fn new(home: impl Into<PathBuf>, port: u16) -> Self {
        let variable = |name| std::env::var_os(name).map(PathBuf::from);
        Self {
            home: home.into(),
            port,
            cluster: Vec::new(),
            nats_server: variable("RENTAL_NATS_SERVER"),
            bin_dir: variable("RENTAL_BIN_DIR"),
            broker_config: variable("RENTAL_NATS_CONF"),
            monitoring: None,
            worker_arguments: Vec::new(),
            ownership: Ownership::Handle,
            patience: Duration::from_secs(30),
        }
    }

    /// The folder it all lies in.
    pub fn home(&self) -> Result<Home, HomeError> {
        Home::new(&self.home)
    }

    /// Where the broker, or every broker of the cluster, is reached.
    pub fn url(&self) -> String {
        let urls: Vec<_> = self.ports().into_iter().map(broker_url).collect();
        urls.join(",")
    }

    pub(crate) fn ports(&self) -> Vec<u16> {
        if self.cluster.is_empty() { vec![self.port] } else { self.cluster.iter().map(|member| member.port).collect() }
    }

    /// The broker, ready to start; of a cluster the first. Makes the home's folders and keys.
    pub fn broker(&self) -> Result<Launch, LaunchError> {
        self.broker_of(0)
    }

    /// Every broker, ready to start.
    pub(crate) fn brokers(&self) -> Result<Vec<Launch>, LaunchError> {
        (0..self.ports().len()).map(|index| self.broker_of(index)).collect()
    }

    /// The brokers and the workers, ready to start.
    pub(crate) fn launches(&self) -> Result<(Vec<Launch>, Vec<Launch>), LaunchError> {
        let workers = Context::ALL.map(|context| self.worker(context));
        Ok((self.brokers()?, workers.into_iter().collect::<Result<_, _>>()?))
    }

    /// This program as the home's supervisor, ready to start.
    pub(crate) fn supervisor(&self, home: &Home) -> Result<Launch, LaunchError> {
        let program = std::env::current_exe().map_err(|_| MissingProgram::Itself)?;
        let mut arguments: Vec<OsString> = vec!["--home".into(), home.root().into()];
        arguments.extend(["--port".into(), self.port.to_string().into(), "supervise".into()]);
        let files =
            [("--nats-server", &self.nats_server), ("--bin-dir", &self.bin_dir), ("--nats-conf", &self.broker_config)];
        for (option, file) in files {
            if let Some(file) = file.as_ref().and_then(|file| std::path::absolute(file).ok()) {
                arguments.extend([option.into(), file.into()]);
            }
        }
        if let Some(port) = self.monitoring {
            arguments.extend(["--monitoring".into(), port.to_string().into()]);
        }
        Ok(self.launch(home, found::SUPERVISOR, broker_url(self.port), program, arguments, Vec::new()))
    }

    /// How much the broker may store, as far as its configuration tells.
    pub(crate) fn file_store_limit(&self) -> Option<u64> {
        let own = || Some(BROKER_CONFIG.to_owned());
        let config = self.broker_config.as_ref().map_or_else(own, |path| std::fs::read_to_string(path).ok())?;
        crate::storage::limit_bytes(&config)
    }

    fn broker_of(&self, index: usize) -> Result<Launch, LaunchError> {
        let program = find_nats_server(self.nats_server.clone())?;
        let home = self.home()?;
        let keys = home.prepare()?;
        let given = self.broker_config.as_ref().and_then(|path| std::path::absolute(path).ok());
        let port = self.cluster.get(index).map_or(self.port, |member| member.port);
        // Each broker of a cluster on this machine needs a port of its own for this, too.
        let monitoring = self.monitoring.map(|first| first.saturating_add(u16::try_from(index).unwrap_or(0)));
        let config = broker_files::write_config(&home, given.as_deref(), &self.cluster, index, monitoring)?;
        broker_files::write_contexts(&home, &self.url(), monitoring.is_some())?;
        let mut environment = vec![
            ("RENTAL_NATS_HOST".to_owned(), "\"127.0.0.1\"".into()),
            ("RENTAL_NATS_PORT".to_owned(), port.to_string().into()),
            ("RENTAL_JETSTREAM_DIR".to_owned(), quoted(&home.jetstream_of(index))),
        ];
        environment.extend(keys.into_iter().map(|(user, key)| (nkey_variable(user), key.into())));
        let arguments = vec!["--config".into(), config.into()];
        let name = numbered(BROKER, index);
        Ok(self.launch(&home, &name, broker_url(port), program, arguments, environment))
    }

    /// A context's worker, ready to start.
    pub fn worker(&self, context: Context) -> Result<Launch, LaunchError> {
        let program = find_worker(self.bin_dir.clone())?;
        let home = self.home()?;
        let mut arguments: Vec<OsString> = vec![context.name().into()];
        arguments.extend(["--home".into(), home.root().into()]);
        arguments.extend(["--nats-url".into(), self.url().into()]);
        arguments.extend(self.worker_arguments.iter().cloned());
        Ok(self.launch(&home, context.name(), self.url(), program, arguments, Vec::new()))
    }

    fn launch(
        &self,
        home: &Home,
        name: &str,
        address: String,
        program: PathBuf,
        arguments: Vec<OsString>,
        mut environment: Vec<(String, OsString)>,
    ) -> Launch {
        let marks = [(found::PROCESS_MARK, name.into()), (found::HOME_MARK, home.root().into())];
        environment.extend(marks.map(|(variable, value)| (variable.to_owned(), value)));
        Launch {
            name: name.to_owned(),
            program,
            arguments,
            environment,
            address,
            log: home.log(name),
            ownership: self.ownership,
        }
    }
}

/// The variable in which the broker's configuration finds a user's public key.
pub fn nkey_variable(user: &str) -> String {
    format!("RENTAL_NKEY_{}", user.to_uppercase())
}

/// A path as nats-server reads it from a variable: as a piece of its configuration.
fn quoted(path: &Path) -> OsString {
    format!("\"{}\"", path.to_string_lossy().replace('\\', "\\\\").replace('"', "\\\"")).into()
}

/// The nats-server to use: `named`, or the first on the PATH.
fn find_nats_server(named: Option<PathBuf>) -> Result<PathBuf, MissingProgram> {
    let on_path = || {
        let path = std::env::var_os("PATH")?;
        std::env::split_paths(&path).map(|folder| folder.join("nats-server")).find(|program| program.is_file())
    };
    named.or_else(on_path).filter(|program| program.is_file()).ok_or(MissingProgram::NatsServer)
}

/// The worker to use: in `folder`, or beside the program that asks.
fn find_worker(folder: Option<PathBuf>) -> Result<PathBuf, MissingProgram> {
    const NAME: &str = "rental-worker";
    if let Some(folder) = folder {
        let program = folder.join(NAME);
        return if program.is_file() { Ok(program) } else { Err(MissingProgram::Worker(folder)) };
    }
    let asker = std::env::current_exe().unwrap_or_default();
    // Tests lie one folder deeper than the programs.
    let mut folders = asker.ancestors().skip(1).take(2);
    let beside = asker.parent().unwrap_or(Path::new(".")).to_owned();
    folders.find_map(|folder| Some(folder.join(NAME)).filter(|p| p.is_file())).ok_or(MissingProgram::Worker(beside))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_with_signs_reaches_the_broker_whole() {
        assert_eq!(quoted(Path::new(r#"/a b/"c\"#)), OsString::from(r#""/a b/\"c\\""#));
    }

    #[test]
    fn a_missing_program_is_said_with_the_way_out() {
        let folder = tempfile::tempdir().unwrap();
        let error = find_worker(Some(folder.path().to_owned())).unwrap_err();
        assert!(error.to_string().contains("RENTAL_BIN_DIR"), "{error}");
        let error = find_nats_server(Some("/nowhere/nats-server".into())).unwrap_err();
        assert!(error.to_string().contains("RENTAL_NATS_SERVER"), "{error}");
    }
}
