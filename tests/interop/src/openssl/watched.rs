//! A socket of ours, and what it told.

use std::rc::Rc;

use qwebsocket::{
    AlertLevel, AlertType, CloseCode, Inbox, SocketError, SocketState, SslConfiguration, WebSocket,
};

use super::tool::Tool;
use crate::wait::wait_until;

pub struct Watched {
    pub socket: Rc<WebSocket>,
    pub texts: Inbox<(String,)>,
    pub binaries: Inbox<(Vec<u8>,)>,
    connected: Inbox<()>,
    errors: Inbox<(SocketError,)>,
    alerts_sent: Inbox<(AlertLevel, AlertType, String)>,
    alerts_received: Inbox<(AlertLevel, AlertType, String)>,
}

impl Watched {
    /// A client that tries to connect to this machine.
    pub fn open(port: u16, configuration: &SslConfiguration) -> Self {
        let client = Self::of(WebSocket::new());
        client.open_again(port, configuration);
        client
    }

    pub fn of(socket: Rc<WebSocket>) -> Self {
        Self {
            texts: socket.text_message_received.collect(),
            binaries: socket.binary_message_received.collect(),
            connected: socket.connected.collect(),
            errors: socket.error.collect(),
            alerts_sent: socket.alert_sent.collect(),
            alerts_received: socket.alert_received.collect(),
            socket,
        }
    }

    pub fn open_again(&self, port: u16, configuration: &SslConfiguration) {
        self.socket.set_ssl_configuration(configuration.clone());
        self.socket.open(format!("wss://localhost:{port}/chat"));
    }

    #[track_caller]
    pub fn expect_connected(&self) {
        wait_until("our client is connected or failed", || {
            self.socket.state() != SocketState::Connecting
        });
        assert!(self.socket.is_valid(), "{}", self.socket.error_string());
        self.connected.take_all();
    }

    #[track_caller]
    pub fn expect_text(&self, text: &str) {
        wait_until("a text arrives", || !self.texts.is_empty());
        assert_eq!(self.texts.try_next(), Some((text.to_owned(),)));
    }

    #[track_caller]
    pub fn expect_binary(&self, bytes: &[u8]) {
        wait_until("a message arrives", || !self.binaries.is_empty());
        let (received,) = self.binaries.try_next().expect("a message");
        assert!(received == bytes, "a message of {} bytes", received.len());
    }

    /// The connection does not come about, for this reason.
    #[track_caller]
    pub fn expect_failure(&self, error: SocketError, text: &str) {
        self.expect_error(error, text);
        assert!(self.connected.is_empty(), "it was connected");
    }

    /// The connection is lost because it ended, and nothing more arrives.
    #[track_caller]
    pub fn expect_loss(&self) {
        self.expect_error(SocketError::RemoteHostClosed, "closed");
    }

    /// The connection, or the attempt, ends for this reason, and nothing more arrives.
    #[track_caller]
    pub fn expect_error(&self, error: SocketError, text: &str) {
        self.wait_for_end();
        let told = self.socket.error_string();
        assert_eq!(self.errors.take_all(), [(error,)], "{told}");
        assert!(told.contains(text), "{told}");
        assert_eq!(self.socket.close_code(), CloseCode::ABNORMAL_DISCONNECTION);
        assert!(
            self.texts.is_empty() && self.binaries.is_empty(),
            "a message"
        );
    }

    /// The connection ends as the protocol wants it.
    #[track_caller]
    pub fn expect_close(&self, code: CloseCode) {
        self.wait_for_end();
        assert_eq!(self.errors.take_all(), [], "{}", self.socket.error_string());
        assert_eq!(self.socket.close_code(), code);
    }

    /// The alerts that went out and came in, in OpenSSL's words.
    pub fn take_alerts(&self) -> Alerts {
        let words = |alerts: &Inbox<(AlertLevel, AlertType, String)>| {
            let alerts = alerts.take_all().into_iter();
            alerts
                .map(|(level, alert, description)| {
                    assert_eq!(alert.to_string(), description);
                    let level = match level {
                        AlertLevel::Warning => "warning",
                        _ => "fatal",
                    };
                    format!("{level}:{description}")
                })
                .collect()
        };
        Alerts {
            sent: words(&self.alerts_sent),
            received: words(&self.alerts_received),
        }
    }

    /// What one end says it sent the other says it received. The tool ran with the option `-state`.
    #[track_caller]
    pub fn expect_agreement_on_alerts(&self, tool: &Tool) {
        let (ours, its) = (self.take_alerts(), Alerts::in_output(&tool.printed()));
        assert_eq!((&ours.sent, &ours.received), (&its.received, &its.sent));
        assert!(
            !(ours.sent.is_empty() && ours.received.is_empty()),
            "no alert"
        );
    }

    #[track_caller]
    fn wait_for_end(&self) {
        wait_until("the connection has ended", || {
            self.socket.state() == SocketState::Unconnected
        });
    }
}

/// What one end said about the end of a connection, and what it heard.
#[derive(Debug, PartialEq, Eq)]
pub struct Alerts {
    pub sent: Vec<String>,
    pub received: Vec<String>,
}

impl Alerts {
    /// Those that a tool with the option `-state` told of.
    pub fn in_output(printed: &str) -> Self {
        let alerts = |start| {
            let lines = printed.lines().filter_map(|line| line.split_once(start));
            lines.map(|(_, alert)| alert.to_owned()).collect()
        };
        Self {
            sent: alerts("SSL3 alert write:"),
            received: alerts("SSL3 alert read:"),
        }
    }
}
