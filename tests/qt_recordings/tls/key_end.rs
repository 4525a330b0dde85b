//! The peer's end of TLS where it has a key in common with the client: OpenSSL's, as in the recordings.

use std::collections::VecDeque;
use std::io::{self, ErrorKind, Read, Write};

use openssl::pkey::PKey;
use openssl::ssl::{
    ErrorCode, Ssl, SslContext, SslContextBuilder, SslMethod, SslStream, SslVersion,
};
use openssl::x509::X509;

use super::TlsPeer;
use super::certificates::Certificates;
use super::ciphertext::{HEADER, Record};
use super::keys::{ACCOUNT, Keys};
use super::setup::{TlsSetup, Versions};

/// One connection of OpenSSL's server.
pub struct KeyEnd {
    stream: SslStream<Memory>,
    is_handshaking: bool,
    has_failed: bool,
    /// The beginning of a record.
    unread: Vec<u8>,
    records: Vec<Record>,
}

/// What is in the middle of the connection.
#[derive(Default)]
struct Memory {
    incoming: VecDeque<u8>,
    outgoing: Vec<u8>,
}

impl KeyEnd {
    pub fn new(setup: &TlsSetup, keys: &Keys, certificates: &Certificates) -> Self {
        let mut ssl = Ssl::new(&context(setup, keys, certificates)).expect("a session");
        ssl.set_accept_state();
        Self {
            stream: SslStream::new(ssl, Memory::default()).expect("a session"),
            is_handshaking: true,
            has_failed: false,
            unread: Vec::new(),
            records: Vec::new(),
        }
    }

    fn take_record(&mut self, record: &[u8], plaintext: &mut Vec<u8>) {
        let before = plaintext.len();
        self.stream.get_mut().incoming.extend(record);
        if !self.has_failed {
            let outcome = self.advance(plaintext);
            let wants_more = |error: &openssl::ssl::Error| error.code() == ErrorCode::WANT_READ;
            self.has_failed = outcome.is_err_and(|error| !wants_more(&error));
        }
        self.records.push(Record {
            ciphertext: record.len() as u64,
            plaintext: (plaintext.len() - before) as u64,
            unread: false,
        });
    }

    fn advance(&mut self, plaintext: &mut Vec<u8>) -> Result<(), openssl::ssl::Error> {
        if self.is_handshaking {
            self.stream.do_handshake()?;
            self.is_handshaking = false;
        }
        let mut piece = [0; 1 << 14];
        loop {
            let count = self.stream.ssl_read(&mut piece)?;
            plaintext.extend_from_slice(&piece[..count]);
        }
    }
}

impl TlsPeer for KeyEnd {
    fn account(&self) -> String {
        ACCOUNT.into()
    }

    fn has_failed(&self) -> bool {
        self.has_failed && self.is_handshaking
    }

    fn receive(&mut self, ciphertext: &[u8], plaintext: &mut Vec<u8>) {
        self.unread.extend_from_slice(ciphertext);
        while let Some(head) = self.unread.first_chunk::<HEADER>() {
            let length = HEADER + usize::from(u16::from_be_bytes([head[3], head[4]]));
            if self.unread.len() < length {
                return;
            }
            let record: Vec<u8> = self.unread.drain(..length).collect();
            self.take_record(&record, plaintext);
        }
    }

    fn end_of_stream(&mut self) {}

    fn send(&mut self, plaintext: &[u8]) {
        self.stream.write_all(plaintext).expect("it is taken");
    }

    fn send_close_notify(&mut self) {
        self.stream.shutdown().expect("it is taken");
    }

    fn take_outgoing(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.stream.get_mut().outgoing)
    }

    fn records(&self) -> &[Record] {
        &self.records
    }
}

impl Read for Memory {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        match self.incoming.is_empty() {
            true => Err(ErrorKind::WouldBlock.into()),
            false => self.incoming.read(into),
        }
    }
}

impl Write for Memory {
    fn write(&mut self, from: &[u8]) -> io::Result<usize> {
        self.outgoing.write(from)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn context(setup: &TlsSetup, keys: &Keys, certificates: &Certificates) -> SslContext {
    let mut context = SslContextBuilder::new(SslMethod::tls_server()).expect("a context");
    let (oldest, newest) = match keys.versions {
        Versions::Both => (SslVersion::TLS1_2, SslVersion::TLS1_3),
        Versions::Only12 => (SslVersion::TLS1_2, SslVersion::TLS1_2),
        Versions::Only13 => (SslVersion::TLS1_3, SslVersion::TLS1_3),
    };
    let set = context
        .set_min_proto_version(Some(oldest))
        .and_then(|()| context.set_max_proto_version(Some(newest)));
    set.expect("versions that are known");
    qwebsocket_openssl_extras::choose_dh_parameters(&mut context);
    if keys.has_certificate {
        let identity = certificates.identity(&setup.leaf);
        let own = X509::from_der(identity.chain[0].to_der()).expect("a certificate");
        let key = PKey::private_key_from_der(identity.key.to_der()).expect("PKCS#8");
        context.set_certificate(&own).expect("a certificate");
        context.set_private_key(&key).expect("its key");
    }
    if let Some(hint) = &keys.hint {
        let hint = std::ffi::CString::new(hint.as_str()).expect("no zero byte");
        qwebsocket_openssl_extras::set_psk_identity_hint(&mut context, &hint).expect("a hint");
    }
    // Like OpenSSL's server it has one key for whoever comes.
    let known = keys.key.clone();
    context.set_psk_server_callback(move |_, _, key| {
        key[..known.len()].copy_from_slice(&known);
        Ok(known.len())
    });
    context.build()
}
