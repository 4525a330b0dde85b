use std::fmt::Write;

use md5::Md5;
use sha2::{Sha256, Sha512_256};

use super::parse::Parameters;
use super::{Asked, Credentials};

/// A Digest challenge that can be answered: RFC 7616, and RFC 2617 where the server knows no `qop`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Digest {
    hash: Hash,
    /// The hash of the credentials is bound to this conversation.
    is_session: bool,
    /// As the server spelled it; it may have said nothing.
    algorithm: Option<String>,
    nonce: String,
    opaque: Option<String>,
    /// Both sides add something of their own to each answer: `qop=auth`.
    is_protected: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Hash {
    Md5,
    Sha256,
    Sha512_256,
}

impl Digest {
    /// `None` for an algorithm or a protection that nobody here knows, and without a nonce.
    pub(super) fn new(parameters: &Parameters) -> Option<Self> {
        let algorithm = parameters.get("algorithm");
        let (hash, is_session) = match algorithm.map(str::to_ascii_lowercase).as_deref() {
            None | Some("md5") => (Hash::Md5, false),
            Some("md5-sess") => (Hash::Md5, true),
            Some("sha-256") => (Hash::Sha256, false),
            Some("sha-256-sess") => (Hash::Sha256, true),
            Some("sha-512-256") => (Hash::Sha512_256, false),
            Some("sha-512-256-sess") => (Hash::Sha512_256, true),
            Some(_) => return None,
        };
        let qop = parameters.get("qop");
        let is_protected = qop.is_some_and(|qop| {
            let mut options = qop.split(',').map(str::trim);
            options.any(|option| option.eq_ignore_ascii_case("auth"))
        });
        let needs_protection = is_session || qop.is_some_and(|qop| !qop.trim().is_empty());
        if needs_protection && !is_protected {
            return None;
        }
        Some(Digest {
            hash,
            is_session,
            algorithm: algorithm.map(str::to_owned),
            nonce: parameters.get("nonce")?.to_owned(),
            opaque: parameters.get("opaque").map(str::to_owned),
            is_protected,
        })
    }

    pub(super) fn strength(&self) -> u8 {
        match self.hash {
            Hash::Md5 => 1,
            Hash::Sha256 => 2,
            Hash::Sha512_256 => 3,
        }
    }

    pub(super) fn nonce(&self) -> &str {
        &self.nonce
    }

    /// No control character is in the credentials; what the server sent has none, since heads have none.
    pub(super) fn answer(
        &self,
        realm: &str,
        credentials: Credentials<'_>,
        asked: Asked<'_>,
    ) -> String {
        let response = self.response(realm, credentials, asked);
        let mut answer = String::from("Digest ");
        push_quoted(&mut answer, "username", credentials.user);
        push_quoted(&mut answer, "realm", realm);
        push_quoted(&mut answer, "nonce", &self.nonce);
        push_quoted(&mut answer, "uri", asked.uri);
        if let Some(algorithm) = &self.algorithm {
            push(&mut answer, "algorithm", algorithm);
        }
        if self.is_protected {
            push(&mut answer, "qop", "auth");
            push(&mut answer, "nc", &count(asked));
            push_quoted(&mut answer, "cnonce", asked.client_nonce);
        }
        push_quoted(&mut answer, "response", &response);
        if let Some(opaque) = &self.opaque {
            push_quoted(&mut answer, "opaque", opaque);
        }
        answer
    }

    fn response(&self, realm: &str, credentials: Credentials<'_>, asked: Asked<'_>) -> String {
        let Credentials { user, password } = credentials;
        let mut secret = self.hash(&[user, realm, password]);
        if self.is_session {
            secret = self.hash(&[&secret, &self.nonce, asked.client_nonce]);
        }
        let request = self.hash(&[asked.method, asked.uri]);
        match self.is_protected {
            false => self.hash(&[&secret, &self.nonce, &request]),
            true => {
                let parts = [&secret, &self.nonce, &count(asked)];
                let [secret, nonce, count] = parts.map(String::as_str);
                self.hash(&[secret, nonce, count, asked.client_nonce, "auth", &request])
            }
        }
    }

    fn hash(&self, parts: &[&str]) -> String {
        fn digest<D: sha2::Digest>(text: &str) -> String {
            let mut digits = String::new();
            for byte in D::digest(text) {
                // A string takes everything.
                let _ = write!(digits, "{byte:02x}");
            }
            digits
        }
        let text = parts.join(":");
        match self.hash {
            Hash::Md5 => digest::<Md5>(&text),
            Hash::Sha256 => digest::<Sha256>(&text),
            Hash::Sha512_256 => digest::<Sha512_256>(&text),
        }
    }
}

fn count(asked: Asked<'_>) -> String {
    format!("{:08x}", asked.nonce_count)
}

fn push(answer: &mut String, name: &str, value: &str) {
    if answer.contains('=') {
        answer.push_str(", ");
    }
    answer.push_str(name);
    answer.push('=');
    answer.push_str(value);
}

fn push_quoted(answer: &mut String, name: &str, value: &str) {
    let value = value.replace('\\', "\\\\").replace('"', "\\\"");
    push(answer, name, &format!("\"{value}\""));
}
