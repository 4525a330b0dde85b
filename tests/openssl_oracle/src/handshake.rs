//! OpenSSL's opinion, from a real handshake: what its callback is told while it is made to go on, as Qt does.

use std::collections::VecDeque;
use std::io::{self, Read, Write};
use std::sync::{Arc, Mutex};

use openssl::ssl::{
    HandshakeError, MidHandshakeSslStream, Ssl, SslContext, SslContextBuilder, SslMethod,
    SslStream, SslVerifyMode,
};
use openssl::x509::X509;
use openssl::x509::store::X509StoreBuilder;
use qwebsocket::SslErrorKind;

use crate::chain::Chain;

/// An error as both sides can tell it: kind and certificate (DER).
pub type Finding = (SslErrorKind, Vec<u8>);

/// Every error that a client on OpenSSL comes across, in order.
pub fn openssl_findings(chain: &Chain) -> Vec<Finding> {
    let findings = Arc::new(Mutex::new(Vec::new()));
    let client = client_context(chain, findings.clone());
    let server = server_context(chain);
    let (near, far) = Wire::pair();
    let client = Ssl::new(&client).map(|ssl| ssl.connect(near));
    let server = Ssl::new(&server).map(|ssl| ssl.accept(far));
    let mut client = Step::from(client.expect("a client"));
    let mut server = Step::from(server.expect("a server"));
    while let (Step::Under(_), _) | (_, Step::Under(_)) = (&client, &server) {
        client = client.advance();
        server = server.advance();
    }
    let findings = findings.lock().expect("unpoisoned");
    findings.clone()
}

fn client_context(chain: &Chain, findings: Arc<Mutex<Vec<Finding>>>) -> SslContext {
    let mut store = X509StoreBuilder::new().expect("a store");
    for certificate in &chain.trusted {
        store.add_cert(certificate.clone()).expect("a certificate");
    }
    let mut context = SslContextBuilder::new(SslMethod::tls_client()).expect("a context");
    context.set_security_level(2);
    context.set_cert_store(store.build());
    if chain.depth_limit > 0 {
        context.set_verify_depth(chain.depth_limit);
    }
    context.set_verify_callback(SslVerifyMode::PEER, move |is_good, state| {
        if !is_good {
            let certificate = state.current_cert().map(|certificate| certificate.to_der());
            let der = certificate.expect("a certificate").expect("DER");
            let mut findings = findings.lock().expect("unpoisoned");
            findings.push((kind(state.error().as_raw()), der));
        }
        true
    });
    context.build()
}

fn server_context(chain: &Chain) -> SslContext {
    let mut context = SslContextBuilder::new(SslMethod::tls_server()).expect("a context");
    context.set_security_level(0); // it must show what nobody should
    let [leaf, issuers @ ..] = &chain.sent[..] else {
        unreachable!("a server sends a certificate");
    };
    context.set_certificate(leaf).expect("a certificate");
    context.set_private_key(&chain.key).expect("its key");
    let mut add = |issuer: &X509| context.add_extra_chain_cert(issuer.clone());
    issuers
        .iter()
        .for_each(|issuer| add(issuer).expect("a certificate"));
    context.build()
}

/// OpenSSL 3's numbers by Qt's names.
fn kind(number: i32) -> SslErrorKind {
    use SslErrorKind as Kind;
    match number {
        2 => Kind::UnableToGetIssuerCertificate,
        4 => Kind::UnableToDecryptCertificateSignature,
        6 => Kind::UnableToDecodeIssuerPublicKey,
        7 => Kind::CertificateSignatureFailed,
        9 => Kind::CertificateNotYetValid,
        10 => Kind::CertificateExpired,
        13 => Kind::InvalidNotBeforeField,
        14 => Kind::InvalidNotAfterField,
        18 => Kind::SelfSignedCertificate,
        19 => Kind::SelfSignedCertificateInChain,
        20 => Kind::UnableToGetLocalIssuerCertificate,
        21 => Kind::UnableToVerifyFirstCertificate,
        23 => Kind::CertificateRevoked,
        79 => Kind::InvalidCaCertificate,
        25 => Kind::PathLengthExceeded,
        26 => Kind::InvalidPurpose,
        27 => Kind::CertificateUntrusted,
        28 => Kind::CertificateRejected,
        _ => Kind::Unspecified,
    }
}

enum Step {
    Under(MidHandshakeSslStream<Wire>),
    Done,
}

impl Step {
    fn from(outcome: Result<SslStream<Wire>, HandshakeError<Wire>>) -> Self {
        match outcome {
            Err(HandshakeError::WouldBlock(stream)) => Self::Under(stream),
            Ok(_) => Self::Done,
            Err(error) => panic!("the handshake failed: {error}"),
        }
    }

    fn advance(self) -> Self {
        match self {
            Self::Under(stream) => Self::from(stream.handshake()),
            Self::Done => Self::Done,
        }
    }
}

type Pipe = Arc<Mutex<VecDeque<u8>>>;

/// One end of a connection in memory.
#[derive(Debug)]
struct Wire {
    incoming: Pipe,
    outgoing: Pipe,
}

impl Wire {
    fn pair() -> (Self, Self) {
        let (up, down) = (Pipe::default(), Pipe::default());
        let near = Self {
            incoming: down.clone(),
            outgoing: up.clone(),
        };
        let far = Self {
            incoming: up,
            outgoing: down,
        };
        (near, far)
    }
}

impl Read for Wire {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self.incoming.lock().expect("unpoisoned").read(buffer)? {
            0 => Err(io::ErrorKind::WouldBlock.into()),
            count => Ok(count),
        }
    }
}

impl Write for Wire {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.outgoing.lock().expect("unpoisoned").write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
