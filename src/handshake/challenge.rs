//! Challenges of servers and proxies (RFC 9110, section 11), and the answers to them: Basic (RFC 7617) and Digest
//! (RFC 7616). Which header a challenge came in, and in which one the answer leaves, is the caller's.

mod basic;
mod digest;
mod parse;

use std::fmt;

use self::digest::Digest;
use self::parse::Parameters;

/// The strongest of a server's challenges that can be answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Challenge {
    realm: String,
    is_stale: bool,
    scheme: Scheme,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Scheme {
    Basic { wants_utf8: bool },
    Digest(Digest),
}

/// Who somebody is.
#[derive(Clone, Copy)]
pub struct Credentials<'a> {
    /// The name.
    pub user: &'a str,
    /// The secret.
    pub password: &'a str,
}

/// What is asked for once more, and what makes each answer unlike the ones before.
#[derive(Debug, Clone, Copy)]
pub struct Asked<'a> {
    /// The method of the request.
    pub method: &'a str,
    /// The target of the request, as in its first line.
    pub uri: &'a str,
    /// How often the nonce of the challenge was answered, this answer included.
    pub nonce_count: u32,
    /// Something that nobody can guess: letters and digits.
    pub client_nonce: &'a str,
}

/// Credentials that must not be sent: with a control character, or for Basic with a colon in the name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InvalidCredentials;

impl Challenge {
    /// Picks from the values of all headers that challenge. Digest comes before Basic, SHA-512/256 before SHA-256 before MD5, and
    /// among equals the first counts. `None` if there is none that can be answered.
    pub fn strongest<'a>(values: impl Iterator<Item = &'a str>) -> Option<Self> {
        let mut best: Option<Self> = None;
        for value in values {
            parse::each(value, &mut |scheme, parameters| {
                if let Some(challenge) = Self::new(scheme, parameters)
                    && best
                        .as_ref()
                        .is_none_or(|best| best.strength() < challenge.strength())
                {
                    best = Some(challenge);
                }
            });
        }
        best
    }

    fn new(scheme: &str, parameters: &Parameters) -> Option<Self> {
        let is = |name: &str| scheme.eq_ignore_ascii_case(name);
        let scheme = if is("Basic") {
            let wants_utf8 = parameters.is("charset", "UTF-8");
            Scheme::Basic { wants_utf8 }
        } else if is("Digest") {
            Scheme::Digest(Digest::new(parameters)?)
        } else {
            return None;
        };
        // What has no nonce cannot be stale: whoever answered with a hash is asked before the password itself leaves.
        let has_nonce = matches!(scheme, Scheme::Digest(_));
        Some(Challenge {
            realm: parameters.get("realm").unwrap_or_default().to_owned(),
            is_stale: has_nonce && parameters.is("stale", "true"),
            scheme,
        })
    }

    fn strength(&self) -> u8 {
        match &self.scheme {
            Scheme::Basic { .. } => 0,
            Scheme::Digest(digest) => digest.strength(),
        }
    }

    /// What the credentials are for, in words.
    pub fn realm(&self) -> &str {
        &self.realm
    }

    /// The last answer was right but for its nonce, which is too old.
    pub fn is_stale(&self) -> bool {
        self.is_stale
    }

    /// What an answer must not use too often; `None` where there is no such thing.
    pub fn nonce(&self) -> Option<&str> {
        match &self.scheme {
            Scheme::Basic { .. } => None,
            Scheme::Digest(digest) => Some(digest.nonce()),
        }
    }

    /// The value of the header that answers.
    ///
    /// # Errors
    /// Credentials that must not be sent.
    pub fn answer(
        &self,
        credentials: Credentials<'_>,
        asked: Asked<'_>,
    ) -> Result<String, InvalidCredentials> {
        let has_control = |text: &str| text.chars().any(char::is_control);
        if has_control(credentials.user) || has_control(credentials.password) {
            return Err(InvalidCredentials);
        }
        match &self.scheme {
            Scheme::Basic { wants_utf8 } => basic::answer(credentials, *wants_utf8),
            Scheme::Digest(digest) => Ok(digest.answer(&self.realm, credentials, asked)),
        }
    }
}

impl fmt::Debug for Credentials<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credentials").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
