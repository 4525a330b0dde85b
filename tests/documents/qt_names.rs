//! Names of Qt in the documentation: who looks for one finds ours.

use super::named_tests::{files_below, read, root};

/// Qt's spelling and ours of what exists beside the members of `QWebSocket`, which are in `docs/qt_api.md`.
const PORTED: &[(&str, &str)] = &[
    ("QWebSocket", "WebSocket"),
    // QWebSocketServer
    ("QWebSocketServer", "WebSocketServer"),
    ("newConnection", "new_connection"),
    ("handleConnection", "handle_connection"),
    ("closed", "closed"),
    ("listen", "listen"),
    ("isListening", "is_listening"),
    ("serverAddress", "server_address"),
    ("serverPort", "server_port"),
    ("serverUrl", "server_url"),
    ("serverName", "server_name"),
    ("secureMode", "secure_mode"),
    ("hasPendingConnections", "has_pending_connections"),
    ("nextPendingConnection", "next_pending_connection"),
    ("setHandshakeTimeout", "set_handshake_timeout"),
    ("handshakeTimeout", "handshake_timeout"),
    ("setMaxPendingConnections", "set_max_pending_connections"),
    ("maxPendingConnections", "max_pending_connections"),
    ("setSupportedSubprotocols", "set_supported_subprotocols"),
    ("supportedSubprotocols", "supported_subprotocols"),
    // what comes with them
    ("QMaskGenerator", "MaskGenerator"),
    ("nextMask", "next_mask"),
    ("seed", "seed"),
    ("QNetworkRequest", "NetworkRequest"),
    ("QHttpHeaders", "Headers"),
    ("QWebSocketHandshakeOptions", "WebSocketHandshakeOptions"),
    ("subprotocols", "subprotocols"),
    ("setSubprotocols", "set_subprotocols"),
    ("QAuthenticator", "Authenticator"),
    ("user", "user"),
    ("setUser", "set_user"),
    ("password", "password"),
    ("setPassword", "set_password"),
    ("realm", "realm"),
    ("setRealm", "set_realm"),
    ("option", "option"),
    ("setOption", "set_option"),
    ("options", "options"),
    ("isNull", "is_null"),
    ("QNetworkProxy", "NetworkProxy"),
    ("QNetworkProxy::ProxyType", "ProxyType"),
    ("QNetworkProxy::Capabilities", "ProxyCapabilities"),
    ("type", "proxy_type"),
    ("setType", "set_proxy_type"),
    ("hostName", "host_name"),
    ("setHostName", "set_host_name"),
    ("port", "port"),
    ("setPort", "set_port"),
    ("capabilities", "capabilities"),
    ("setCapabilities", "set_capabilities"),
    ("isTransparentProxy", "is_transparent_proxy"),
    ("isCachingProxy", "is_caching_proxy"),
    ("setRawHeader", "set_raw_header"),
    ("rawHeader", "raw_header"),
    ("hasRawHeader", "has_raw_header"),
    ("rawHeaderList", "raw_header_list"),
    ("applicationProxy", "application_proxy"),
    ("setApplicationProxy", "set_application_proxy"),
    ("systemProxyForQuery", "system_proxy_for"),
    ("QHostAddress", "HostAddress"),
    ("QSslConfiguration", "SslConfiguration"),
    (
        "handshakeMustInterruptOnError",
        "handshake_must_interrupt_on_error",
    ),
    (
        "setHandshakeMustInterruptOnError",
        "set_handshake_must_interrupt_on_error",
    ),
    ("missingCertificateIsFatal", "missing_certificate_is_fatal"),
    (
        "setMissingCertificateIsFatal",
        "set_missing_certificate_is_fatal",
    ),
    ("QSsl::AlertLevel", "AlertLevel"),
    ("QSsl::AlertType", "AlertType"),
    ("QAbstractSocket::PauseModes", "PauseModes"),
    ("QSslCertificate", "SslCertificate"),
    ("QSslKey", "SslKey"),
    ("QWebSocketProtocol::CloseCode", "CloseCode"),
    ("QWebSocketProtocol::Version", "Version"),
    ("QAbstractSocket::SocketError", "SocketError"),
    ("QAbstractSocket::SocketState", "SocketState"),
];

#[test]
fn who_looks_for_a_name_of_qt_finds_ours() {
    let sources: Vec<String> = files_below(&root().join("src"))
        .iter()
        .map(|path| read(path))
        .collect();
    let is_found =
        |qt: &str, ours: &str| sources.iter().any(|text| is_documented_as(text, qt, ours));
    let missing: Vec<&(&str, &str)> = PORTED
        .iter()
        .filter(|(qt, ours)| !is_found(qt, ours))
        .collect();
    assert!(missing.is_empty(), "{missing:?}");
}

/// Whether there is a public item `ours` with the alias `qt`. The compiler refuses an alias that is the name itself.
pub(crate) fn is_documented_as(text: &str, qt: &str, ours: &str) -> bool {
    let alias = format!("#[doc(alias = \"{qt}\")]");
    let mut aliases = false;
    for line in text.lines().map(str::trim_start) {
        if line.starts_with("#[") || line.starts_with("//") {
            aliases |= line == alias;
            continue;
        }
        if declared(line) == Some(ours) && (aliases || qt == ours) {
            return true;
        }
        aliases = false;
    }
    false
}

/// The name that a line declares: a function, also of a trait, a type or a field.
fn declared(line: &str) -> Option<&str> {
    let public = line.strip_prefix("pub ");
    let rest = public.unwrap_or(line);
    for keyword in ["fn ", "const fn ", "struct ", "enum ", "trait "] {
        if let Some(name) = rest.strip_prefix(keyword) {
            return Some(identifier(name));
        }
    }
    public.map(identifier)
}

fn identifier(text: &str) -> &str {
    let end = text.find(|c: char| !c.is_alphanumeric() && c != '_');
    &text[..end.unwrap_or(text.len())]
}
