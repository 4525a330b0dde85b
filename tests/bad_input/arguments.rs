//! What `open` is given: URL text, requests and the origin.

use std::any::Any;
use std::rc::Rc;

use qwebsocket::SocketError::{
    ConnectionRefused, HostNotFound, SslInvalidUserData, UnsupportedSocketOperation,
};
use qwebsocket::{NetworkRequest, SslCertificate, SslConfiguration, Url, WebSocket};

use super::row::{Outcome, Situation, refused_argument, rows, unreachable};

const BAD_URL: &str = "Invalid URL.";
const BAD_RESOURCE: &str = "Invalid resource name.";
const BAD_ORIGIN: &str = "The origin contains newlines. Possible attack detected.";

macro_rules! opening {
    (|$socket:ident| $open:expr) => {
        Situation::Opening(|$socket| {
            $open;
            nothing()
        })
    };
}
macro_rules! url {
    ($text:literal) => {
        opening!(|socket| socket.open($text))
    };
}
macro_rules! header {
    ($name:literal, $value:literal) => {
        opening!(|socket| open_with_header(socket, $name, $value))
    };
}

rows! {
    cr_lf_in_path: "URL text: CR LF in the path", url!("ws://localhost/a\r\nX-Evil: 1") => refused_argument(ConnectionRefused, BAD_RESOURCE);
    lf_in_query: "URL text: LF in the query", url!("ws://localhost/?a\nb") => refused_argument(ConnectionRefused, BAD_RESOURCE);
    nul_in_fragment: "URL text: NUL in the fragment", url!("ws://localhost/#\0") => refused_argument(ConnectionRefused, BAD_RESOURCE);
    encoded_cr_in_path: "URL text: %0D in the path", url!("ws://localhost/a%0D") => refused_argument(ConnectionRefused, BAD_RESOURCE);
    encoded_nul_in_path: "URL text: %00 in the path", url!("ws://localhost/%00") => refused_argument(ConnectionRefused, BAD_RESOURCE);
    lf_in_host: "URL text: LF in the host", url!("ws://local\nhost/") => refused_argument(ConnectionRefused, BAD_URL);
    encoded_lf_in_host: "URL text: %0A in the host", url!("ws://local%0Ahost/") => refused_argument(ConnectionRefused, BAD_URL);
    cr_in_user: "URL text: CR in the user name", url!("ws://us\rer@localhost/") => refused_argument(ConnectionRefused, BAD_URL);
    nul_in_scheme: "URL text: NUL in the scheme", url!("w\0s://localhost/") => refused_argument(ConnectionRefused, BAD_URL);
    lf_at_the_end: "URL text: LF at the end", url!("ws://localhost\n") => refused_argument(ConnectionRefused, BAD_URL);
    space_in_front: "URL text: a space in front", url!(" ws://localhost") => refused_argument(ConnectionRefused, BAD_URL);
    backslash: "URL text: a backslash before the path", url!("ws://localhost\\@evil/") => refused_argument(ConnectionRefused, BAD_URL);
    no_url: "URL text: empty", url!("") => refused_argument(ConnectionRefused, BAD_URL);
    port_out_of_range: "URL text: port 65536", url!("ws://localhost:65536") => refused_argument(ConnectionRefused, BAD_URL);
    other_scheme: "URL text: another scheme", url!("http://localhost/") => refused_argument(UnsupportedSocketOperation, "Unsupported WebSocket scheme: http");
    no_host: "URL text: no host", url!("ws:///path") => unreachable(HostNotFound, "Host not found");
    url_with_an_encoded_line_break: "a `Url` with %0A in the path", opening!(|socket| {
        socket.open(Url::parse("ws://localhost/%0A").expect("a URL"));
    }) => refused_argument(ConnectionRefused, BAD_RESOURCE);
    request_without_a_url: "a request without a URL", opening!(|socket| socket.open(NetworkRequest::default())) => refused_argument(ConnectionRefused, BAD_URL);

    cr_lf_in_a_header_value: "header value with CR LF", header!("X-Good", "a\r\nX-Evil: b") => refused_argument(ConnectionRefused, r#"Invalid header: "X-Good"."#);
    nul_in_a_header_value: "header value with NUL", header!("X-Good", "a\0b") => refused_argument(ConnectionRefused, r#"Invalid header: "X-Good"."#);
    lf_in_a_header_name: "header name with LF", header!("X-Bad\nX", "1") => refused_argument(ConnectionRefused, r#"Invalid header: "X-Bad\nX"."#);
    colon_in_a_header_name: "header name with a colon", header!("X-Bad:", "1") => refused_argument(ConnectionRefused, r#"Invalid header: "X-Bad:"."#);
    empty_header_name: "empty header name", header!("", "1") => refused_argument(ConnectionRefused, r#"Invalid header: ""."#);
    header_upgrade: "header Upgrade", header!("Upgrade", "h2c") => belongs_to_the_handshake("Upgrade");
    header_connection: "header Connection", header!("connection", "close") => belongs_to_the_handshake("connection");
    header_key: "header Sec-WebSocket-Key", header!("Sec-WebSocket-Key", "x") => belongs_to_the_handshake("Sec-WebSocket-Key");
    header_version: "header Sec-WebSocket-Version", header!("Sec-WebSocket-Version", "8") => belongs_to_the_handshake("Sec-WebSocket-Version");
    header_extensions: "header Sec-WebSocket-Extensions", header!("Sec-WebSocket-Extensions", "x") => belongs_to_the_handshake("Sec-WebSocket-Extensions");
    header_content_length: "header Content-Length", header!("Content-Length", "5") => belongs_to_the_handshake("Content-Length");
    header_transfer_encoding: "header Transfer-Encoding", header!("Transfer-Encoding", "chunked") => belongs_to_the_handshake("Transfer-Encoding");
    header_host: "header Host that is no host", header!("Host", "a b") => refused_argument(ConnectionRefused, r#"Invalid header: "Host"."#);
    header_subprotocol: "offered subprotocol that is no token", header!("Sec-WebSocket-Protocol", "good, b@d") => refused_argument(ConnectionRefused, r#"Invalid subprotocol name: "b@d"."#);

    cr_lf_in_the_origin: "origin with CR LF", Situation::OpeningWithOrigin("http://a\r\nX-Evil: 1") => unreachable(ConnectionRefused, BAD_ORIGIN);
    nul_in_the_origin: "origin with NUL", Situation::OpeningWithOrigin("http://a\0") => unreachable(ConnectionRefused, BAD_ORIGIN);

    no_usable_ca: "wss with a CA certificate that is none", opening!(|socket| {
        let mut configuration = SslConfiguration::new();
        configuration.set_ca_certificates([SslCertificate::from_der(b"no certificate")]);
        socket.set_ssl_configuration(configuration);
        socket.open("wss://localhost/");
    }) => refused_argument(
        SslInvalidUserData,
        "a CA certificate cannot be used: it is no X.509 certificate",
    );
}

fn belongs_to_the_handshake(name: &str) -> Outcome {
    refused_argument(
        ConnectionRefused,
        &format!("Header {name} belongs to the handshake."),
    )
}

fn nothing() -> Box<dyn Any> {
    Box::new(())
}

fn open_with_header(socket: &Rc<WebSocket>, name: &str, value: &str) {
    let mut request = NetworkRequest::new(Url::parse("ws://localhost/").expect("a URL"));
    request.set_raw_header(name, value);
    socket.open(request);
}
