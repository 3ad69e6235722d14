//! TLS to the broker: whom we trust, and with which certificate we show ourselves.

use async_nats::ConnectOptions;
use rustls::{AlertDescription, CertificateError, Error as Handshake};
use std::error::Error;
use std::path::{Path, PathBuf};

/// The files of TLS. All empty: TLS only where the URL says `tls://`, or the
/// broker asks for it, and then with the authorities this system trusts.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tls {
    /// The authorities to trust instead of the system's, in PEM.
    pub ca: Option<PathBuf>,
    /// Our certificate and its chain, in PEM, for a broker that wants to see one.
    pub certificate: Option<PathBuf>,
    /// The secret key of our certificate, in PEM.
    pub key: Option<PathBuf>,
}

/// Why the files of TLS cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    #[error("{} cannot be read", path.display())]
    Unreadable { path: PathBuf, source: std::io::Error },
    #[error("{} holds no {what} in PEM", path.display())]
    Empty { path: PathBuf, what: &'static str },
    #[error("a client certificate needs both files, --tls-cert and --tls-key")]
    Half,
    #[error("others can read the key {path} (mode {mode:o}); run: chmod 600 {path}", path = path.display())]
    Exposed { path: PathBuf, mode: u32 },
}

impl Tls {
    /// Puts the files into the options of a connection. Whoever names a file wants TLS and nothing less.
    pub(crate) fn put_into(&self, options: ConnectOptions) -> ConnectOptions {
        let mut options = options;
        if let Some(ca) = &self.ca {
            options = options.add_root_certificates(ca.clone()).require_tls(true);
        }
        if let (Some(certificate), Some(key)) = (&self.certificate, &self.key) {
            options = options.add_client_certificate(certificate.clone(), key.clone()).require_tls(true);
        }
        options
    }

    /// Looks whether the files can be used: said at the start, and not at every attempt to connect.
    pub fn check(&self) -> Result<(), TlsError> {
        if self.certificate.is_some() != self.key.is_some() {
            return Err(TlsError::Half);
        }
        for path in self.ca.iter().chain(&self.certificate) {
            has(path, "-----BEGIN CERTIFICATE-----", "certificate")?;
        }
        if let Some(key) = &self.key {
            has(key, "PRIVATE KEY-----", "private key")?;
            let mode = std::os::unix::fs::MetadataExt::mode(&std::fs::metadata(key).map_err(unreadable(key))?) & 0o777;
            // Its group may: that is how a secret is mounted for a service that is not root.
            if mode & 0o007 != 0 {
                return Err(TlsError::Exposed { path: key.clone(), mode });
            }
        }
        Ok(())
    }
}

fn unreadable(path: &Path) -> impl FnOnce(std::io::Error) -> TlsError {
    let path = path.to_owned();
    move |source| TlsError::Unreadable { path, source }
}

fn has(path: &Path, mark: &str, what: &'static str) -> Result<(), TlsError> {
    let bytes = std::fs::read(path).map_err(unreadable(path))?;
    let is_there = String::from_utf8_lossy(&bytes).contains(mark);
    if is_there { Ok(()) } else { Err(TlsError::Empty { path: path.to_owned(), what }) }
}

/// What is wrong with the handshake, in words that say what to do; none if it is something else.
pub(crate) fn cause(error: &(dyn Error + 'static)) -> Option<String> {
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(handshake) = handshake(error) {
            return Some(words(handshake));
        }
        next = error.source();
    }
    None
}

/// The handshake's own error; I/O errors carry it inside, and not as their source.
fn handshake<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a Handshake> {
    let inner = || error.downcast_ref::<std::io::Error>()?.get_ref()?.downcast_ref();
    error.downcast_ref().or_else(inner)
}

fn words(error: &Handshake) -> String {
    match error {
        Handshake::InvalidCertificate(why) => certificate_words(why),
        Handshake::AlertReceived(AlertDescription::CertificateRequired) => {
            "it wants a client certificate: give --tls-cert and --tls-key".to_owned()
        }
        Handshake::AlertReceived(alert) => {
            format!("it does not take our certificate ({alert:?}); ask whoever runs it which authority it trusts")
        }
        Handshake::InvalidMessage(_) => "it speaks no TLS; leave out the --tls options and tls:// \
                                         only if the way to it is safe"
            .to_owned(),
        other => other.to_string(),
    }
}

fn certificate_words(why: &CertificateError) -> String {
    match why {
        CertificateError::UnknownIssuer => {
            "its certificate is of an authority that is not trusted here; name the authority's file with --tls-ca"
                .to_owned()
        }
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
            format!("its certificate is for another name than the URL's ({why}); use the name the certificate has")
        }
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => {
            format!("its certificate has expired ({why}); it needs a new one, or this machine's clock is wrong")
        }
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
            format!("its certificate is not valid yet ({why}); this machine's clock may be wrong")
        }
        other => format!("its certificate is not accepted: {other}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_a_client_certificate_and_files_that_are_none_are_said() {
        let half = Tls { certificate: Some("x.pem".into()), ..Tls::default() };
        assert!(matches!(half.check(), Err(TlsError::Half)));
        let missing = Tls { ca: Some("/nowhere/ca.pem".into()), ..Tls::default() };
        assert!(matches!(missing.check(), Err(TlsError::Unreadable { .. })));
        let nothing = Tls { ca: Some("/dev/null".into()), ..Tls::default() };
        assert_eq!(nothing.check().unwrap_err().to_string(), "/dev/null holds no certificate in PEM");
    }

    #[test]
    fn what_lies_within_an_io_error_is_found() {
        let rustls = Handshake::InvalidCertificate(CertificateError::UnknownIssuer);
        let io = std::io::Error::new(std::io::ErrorKind::InvalidData, rustls);
        let error = async_nats::ConnectError::with_source(async_nats::ConnectErrorKind::Io, io);
        assert!(cause(&error).unwrap().contains("--tls-ca"));
        let refused = async_nats::ConnectError::from(std::io::Error::from(std::io::ErrorKind::ConnectionRefused));
        assert_eq!(cause(&refused), None);
    }
}
