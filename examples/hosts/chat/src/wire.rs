//! What a host under test and the talker say to each other: lines of the chat like any other, after a `#`.
//!
//! Some servers put in front of a line who said it, so the end of a line counts.

use std::fmt;
use std::str::FromStr;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// What a host asks the talker.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Request {
    /// Greet me; I am this host.
    Join(String),
    /// Answer, at once or later.
    Answer {
        /// How much later.
        after: Duration,
    },
    /// Send stamps.
    Stamps {
        /// How many.
        count: usize,
        /// The time between two.
        every: Duration,
    },
}

/// What the talker replies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reply {
    /// To [`Request::Join`].
    Welcome,
    /// To [`Request::Answer`].
    Answer,
    /// One of [`Request::Stamps`]: when it was sent.
    Stamp(SystemTime),
}

impl Request {
    /// The request in a line, if there is one.
    pub fn find(line: &str) -> Option<Self> {
        let mut words = words(line)?;
        match words.next()? {
            "join" => Some(Self::Join(words.next()?.to_owned())),
            "answer" => Some(Self::Answer {
                after: milliseconds(words.next())?,
            }),
            "stamps" => Some(Self::Stamps {
                count: number(words.next())?,
                every: milliseconds(words.next())?,
            }),
            _ => None,
        }
    }
}

impl fmt::Display for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Join(host) => write!(f, "#join {host}"),
            Self::Answer { after } => write!(f, "#answer {}", after.as_millis()),
            Self::Stamps { count, every } => write!(f, "#stamps {count} {}", every.as_millis()),
        }
    }
}

impl Reply {
    /// A stamp with the time as it is.
    pub fn stamp() -> Self {
        Self::Stamp(SystemTime::now())
    }

    /// The reply in a line, if there is one.
    pub fn find(line: &str) -> Option<Self> {
        let mut words = words(line)?;
        match words.next()? {
            "welcome" => Some(Self::Welcome),
            "answered" => Some(Self::Answer),
            "stamp" => {
                let since = Duration::from_nanos(number(words.next())?);
                Some(Self::Stamp(UNIX_EPOCH.checked_add(since)?))
            }
            _ => None,
        }
    }
}

impl fmt::Display for Reply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Welcome => f.write_str("#welcome"),
            Self::Answer => f.write_str("#answered"),
            Self::Stamp(at) => {
                let since = at.duration_since(UNIX_EPOCH).unwrap_or_default();
                write!(f, "#stamp {}", since.as_nanos())
            }
        }
    }
}

fn words(line: &str) -> Option<impl Iterator<Item = &str>> {
    Some(line.rsplit_once('#')?.1.split_whitespace())
}

fn number<T: FromStr>(word: Option<&str>) -> Option<T> {
    word?.parse().ok()
}

fn milliseconds(word: Option<&str>) -> Option<Duration> {
    number(word).map(Duration::from_millis)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_said_is_understood_whoever_said_it() {
        let requests = [
            Request::Join("winit".to_owned()),
            Request::Answer {
                after: Duration::from_millis(3),
            },
            Request::Stamps {
                count: 2,
                every: Duration::from_millis(10),
            },
        ];
        for request in requests {
            assert_eq!(
                Request::find(&format!("127.0.0.1:1234 {request}")),
                Some(request)
            );
        }
        for reply in [Reply::Welcome, Reply::Answer, Reply::stamp()] {
            assert_eq!(Reply::find(&format!("talker: {reply}")), Some(reply));
        }
    }

    #[test]
    fn talk_is_no_command() {
        for line in [
            "",
            "hello",
            "#",
            "# welcomes",
            "#answer",
            "#answer me",
            "#stamps 1",
        ] {
            assert_eq!(Request::find(line), None, "{line}");
        }
    }
}
