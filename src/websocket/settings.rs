//! What can be set on a socket, apart from what every message needs at hand.

use std::rc::Rc;
use std::time::Duration;

use super::MaskGenerator;
use super::trust::Trust;
use crate::handshake::Headers;
use crate::network::{
    HostAddress, NetworkProxy, NetworkRequest, SslConfiguration, WebSocketHandshakeOptions,
};
use crate::protocol::{Limits, Version};

/// The cold part of a socket, boxed: an accepted one on which nothing was set has none.
pub(super) struct Settings {
    pub(super) origin: String,
    pub(super) version: Version,
    pub(super) request: NetworkRequest,
    pub(super) handshake_options: WebSocketHandshakeOptions,
    /// Of the server's answer to that.
    pub(super) response_headers: Option<Rc<Headers>>,
    /// Status and body of a refusal, until that is told.
    pub(super) untold_refusal: Option<(u16, Vec<u8>)>,
    pub(super) resource_name: String,
    pub(super) peer_name: String,
    /// The server, if a proxy leads there.
    pub(super) behind_proxy: Option<(HostAddress, u16)>,
    pub(super) subprotocol: String,
    pub(super) ssl_configuration: SslConfiguration,
    pub(super) proxy: NetworkProxy,
    pub(super) trust: Trust,
    pub(super) limits: Limits,
    pub(super) outgoing_frame_size: usize,
    pub(super) read_buffer_size: u64,
    pub(super) mask_generator: Option<Rc<dyn MaskGenerator>>,
    pub(super) connect_timeout: Option<Duration>,
    pub(super) happy_eyeballs_delay: Option<Duration>,
    pub(super) close_timeout: Option<Duration>,
    pub(super) message_timeout: Option<Duration>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            origin: String::new(),
            version: Version::LATEST,
            request: NetworkRequest::default(),
            handshake_options: WebSocketHandshakeOptions::default(),
            response_headers: None,
            untold_refusal: None,
            resource_name: String::new(),
            peer_name: String::new(),
            behind_proxy: None,
            subprotocol: String::new(),
            ssl_configuration: SslConfiguration::default(),
            proxy: NetworkProxy::default(),
            trust: Trust::default(),
            limits: Limits::default(),
            outgoing_frame_size: OUTGOING_FRAME_SIZE,
            read_buffer_size: 0,
            mask_generator: None,
            connect_timeout: Some(CONNECT_TIMEOUT),
            happy_eyeballs_delay: Some(HAPPY_EYEBALLS_DELAY),
            close_timeout: Some(CLOSE_TIMEOUT),
            message_timeout: None,
        }
    }
}

/// Qt's size of the frames into which a long message is cut.
pub(super) const OUTGOING_FRAME_SIZE: usize = 512 * 1024;
const CONNECT_TIMEOUT: Duration = Duration::from_secs(30);
/// What RFC 8305 recommends.
const HAPPY_EYEBALLS_DELAY: Duration = Duration::from_millis(250);
pub(super) const CLOSE_TIMEOUT: Duration = Duration::from_secs(5);
