//! A server's certificate that does not verify: what is asked, in which order, and what each answer leads to.

use std::cell::Cell;
use std::rc::Rc;

use qwebsocket::{
    PauseModes, PeerVerifyMode, SocketState, SslConfiguration, SslError, SslErrorKind, SslProtocol,
    WebSocket, WebSocketServer,
};

use super::support::pair::{next_connection, stopped_clock};
use super::support::tls::{Identity, by_library, listening, secure_url};
use super::support::transcript::Recorder;
use super::support::{run_until, settle};

const UNTRUSTED: &str =
    r#"SslHandshakeFailed "The certificate is self-signed, and untrusted" | 1006"#;

/// What comes up until the answer counts.
const ASKED: &str = "
    peer_verify_error(SelfSignedCertificate) {Connecting | no error | 1000}
    ssl_errors(SelfSignedCertificate)        {Connecting | no error | 1000}
";

const CONNECTED: &str = "
    state_changed(Connected)                 {Connected, valid | no error | 1000}
    connected                                {Connected, valid | no error | 1000}
";

fn refused() -> String {
    format!(
        "
        error(SslHandshakeFailed)    {{Connecting | {UNTRUSTED}}}
        state_changed(Unconnected)   {{Unconnected | {UNTRUSTED}}}
        disconnected                 {{Unconnected | {UNTRUSTED}}}
        read_channel_finished        {{Unconnected | {UNTRUSTED}}}
        "
    )
}

/// A server with a certificate that it signed itself, and a client that does not trust it.
struct Strangers {
    server: Rc<WebSocketServer>,
    client: Rc<WebSocket>,
    recorder: Recorder,
    /// What comes up.
    error: SslError,
}

impl Strangers {
    fn new() -> Self {
        Self::with(|_| {})
    }

    /// With other settings of the client.
    fn with(change: impl FnOnce(&mut SslConfiguration)) -> Self {
        stopped_clock();
        let identity = Identity::new();
        let client = WebSocket::new();
        let mut configuration = Identity::new().trusting();
        change(&mut configuration);
        client.set_ssl_configuration(configuration);
        Self {
            server: identity.listening(),
            recorder: Recorder::new(&client),
            client,
            error: SslError::with_certificate(
                SslErrorKind::SelfSignedCertificate,
                identity.certificate(),
            ),
        }
    }

    /// As far as `connected` or the end.
    #[track_caller]
    fn open(&self) {
        self.recorder.clear();
        self.client.open(secure_url(&self.server));
        self.recorder.forget_through("state_changed(Connecting)");
        self.run();
    }

    #[track_caller]
    fn run(&self) {
        run_until(|| self.client.state() != SocketState::Connecting);
        settle();
    }

    /// The question comes up, and the connection stands nevertheless.
    #[track_caller]
    fn expect_connected(&self) {
        self.recorder
            .expect_and_clear(&format!("{ASKED}{CONNECTED}"));
    }

    #[track_caller]
    fn expect_refused(&self) {
        self.recorder
            .expect_and_clear(&format!("{ASKED}{}", refused()));
    }

    /// The next connection, with no new answer, is refused.
    #[track_caller]
    fn expect_refused_next_time(&self) {
        self.client.abort();
        self.open();
        self.expect_refused();
    }
}

#[test]
fn everything_that_is_wrong_is_told_the_chain_first_and_the_name_first() {
    stopped_clock();
    let server = Identity::with(|params| {
        params.subject_alt_names.clear();
        params.subject_alt_names.push(rcgen::SanType::DnsName(
            "other.example".try_into().expect("a name"),
        ));
        params.not_after = rcgen::date_time_ymd(2001, 1, 1);
    })
    .listening();
    let client = WebSocket::new();
    let recorder = Recorder::new(&client);
    client.ssl_errors.connect_to(&client, |client, errors| {
        assert_eq!(client.ssl_errors(), errors);
    });
    recorder.call("open", |client| client.open(secure_url(&server)));
    recorder.run_until("read_channel_finished");
    settle();
    let facts = r#"SslHandshakeFailed "The host name did not match any of the valid hosts for this certificate" | 1006"#;
    recorder.expect(&format!(
        "
        [open
          state_changed(Connecting)              {{Connecting | no error | 1000}}
        ]
        peer_verify_error(SelfSignedCertificate) {{Connecting | no error | 1000}}
        peer_verify_error(CertificateExpired)    {{Connecting | no error | 1000}}
        peer_verify_error(HostNameMismatch)      {{Connecting | no error | 1000}}
        ssl_errors(HostNameMismatch, SelfSignedCertificate, CertificateExpired) {{Connecting | no error | 1000}}
        error(SslHandshakeFailed)                {{Connecting | {facts}}}
        state_changed(Unconnected)               {{Unconnected | {facts}}}
        disconnected                             {{Unconnected | {facts}}}
        read_channel_finished                    {{Unconnected | {facts}}}
        "
    ));
    let kinds: Vec<_> = client.ssl_errors().iter().map(SslError::kind).collect();
    assert_eq!(
        kinds,
        [
            SslErrorKind::HostNameMismatch,
            SslErrorKind::SelfSignedCertificate,
            SslErrorKind::CertificateExpired
        ]
    );
    assert!(!server.has_pending_connections());
}

#[test]
fn ignored_in_the_slot_of_the_errors() {
    let strangers = Strangers::new();
    let client = &strangers.client;
    let connection = client
        .ssl_errors
        .connect_to(client, |client, _| client.ignore_ssl_errors());
    strangers.open();
    strangers.expect_connected();
    connection.disconnect();
    strangers.expect_refused_next_time();
}

#[test]
fn ignored_in_the_slot_of_one_error() {
    let strangers = Strangers::new();
    let client = &strangers.client;
    let connection = client
        .peer_verify_error
        .connect_to(client, |client, _| client.ignore_ssl_errors());
    strangers.open();
    strangers.expect_connected();
    connection.disconnect();
    strangers.expect_refused_next_time();
}

#[test]
fn ignored_between_open_and_the_handshake() {
    let strangers = Strangers::new();
    strangers.client.open(secure_url(&strangers.server));
    strangers.client.ignore_ssl_errors();
    strangers.recorder.clear();
    strangers.run();
    strangers.expect_connected();
    strangers.expect_refused_next_time();
}

#[test]
fn ignored_before_open_for_one_connection() {
    let strangers = Strangers::new();
    strangers.client.ignore_ssl_errors();
    strangers.client.open("no URL"); // no connection
    strangers.open();
    strangers.expect_connected();
    strangers.expect_refused_next_time();
}

#[test]
fn ignored_while_connected_for_the_next_connection() {
    let strangers = Strangers::new();
    strangers.client.ignore_ssl_errors();
    strangers.open();
    strangers.client.ignore_ssl_errors();
    strangers.client.abort();
    strangers.open();
    strangers.expect_connected();
    strangers.expect_refused_next_time();
}

#[test]
fn ignored_for_an_attempt_that_came_to_nothing() {
    let strangers = Strangers::new();
    strangers.client.ignore_ssl_errors();
    strangers.client.open(secure_url(&strangers.server));
    strangers.client.abort();
    strangers.open();
    strangers.expect_refused();
}

#[test]
fn a_list_stays_until_it_is_replaced_or_emptied() {
    let strangers = Strangers::new();
    let client = &strangers.client;
    client.ignore_these_ssl_errors(std::slice::from_ref(&strangers.error));
    for _ in 0..2 {
        strangers.open();
        strangers.expect_connected();
        client.abort();
    }
    client.ignore_these_ssl_errors(&[]);
    strangers.open();
    strangers.expect_refused();
    client.ignore_ssl_errors(); // where there is no list, this counts
    strangers.open();
    strangers.expect_connected();
}

#[test]
fn a_list_in_the_slot_is_kept_as_well() {
    let strangers = Strangers::new();
    let client = &strangers.client;
    let connection = client.ssl_errors.connect_to(client, |client, errors| {
        client.ignore_these_ssl_errors(errors);
    });
    strangers.open();
    strangers.expect_connected();
    connection.disconnect();
    client.abort();
    strangers.open();
    strangers.expect_connected();
}

#[test]
fn a_list_means_kind_and_certificate_and_outranks_the_call_without_one() {
    let strangers = Strangers::new();
    let kind = SslErrorKind::SelfSignedCertificate;
    let own = strangers
        .error
        .certificate()
        .expect("a certificate")
        .clone();
    for wrong in [
        SslError::new(kind),
        SslError::with_certificate(kind, Identity::new().certificate()),
        SslError::with_certificate(SslErrorKind::CertificateExpired, own),
    ] {
        strangers.client.ignore_these_ssl_errors(&[wrong]);
        strangers.client.ignore_ssl_errors();
        strangers.open();
        strangers.expect_refused();
    }
}

#[test]
fn a_list_must_have_every_error() {
    stopped_clock();
    let identity = Identity::with(|params| params.not_after = rcgen::date_time_ymd(2001, 1, 1));
    let server = identity.listening();
    let error = |kind| SslError::with_certificate(kind, identity.certificate());
    let [self_signed, expired] = [
        SslErrorKind::SelfSignedCertificate,
        SslErrorKind::CertificateExpired,
    ]
    .map(error);
    let another = SslError::new(SslErrorKind::HostNameMismatch);
    for (list, is_enough) in [
        (vec![self_signed.clone()], false),
        (vec![expired.clone(), another.clone()], false),
        (vec![another, expired, self_signed], true),
    ] {
        let client = WebSocket::new();
        client.ignore_these_ssl_errors(&list);
        client.open(secure_url(&server));
        run_until(|| client.state() != SocketState::Connecting);
        assert_eq!(client.is_valid(), is_enough, "{list:?}");
    }
}

#[test]
fn a_peer_that_is_only_queried() {
    let strangers = Strangers::with(|configuration| {
        configuration.set_peer_verify_mode(PeerVerifyMode::Query);
    });
    strangers.client.set_pause_mode(PauseModes::ON_SSL_ERRORS);
    strangers.open();
    strangers.expect_connected();
}

#[test]
fn a_peer_that_is_not_verified() {
    let strangers = Strangers::with(|configuration| {
        configuration.set_peer_verify_mode(PeerVerifyMode::None);
    });
    strangers.open();
    strangers.recorder.expect(CONNECTED);
    assert!(strangers.client.ssl_errors().is_empty());
}

/// A client that is paused.
fn paused() -> Strangers {
    let strangers = Strangers::new();
    strangers.client.set_pause_mode(PauseModes::ON_SSL_ERRORS);
    strangers.client.resume(); // there is nothing to resume yet
    strangers.client.open(secure_url(&strangers.server));
    strangers.recorder.run_until("ssl_errors");
    settle();
    strangers
        .recorder
        .forget_through("state_changed(Connecting)");
    strangers.recorder.expect_and_clear(ASKED);
    strangers
}

#[test]
fn paused_and_resumed_without_an_answer() {
    let strangers = paused();
    strangers.recorder.call("resume", |client| client.resume());
    strangers.run();
    strangers
        .recorder
        .expect(&format!("[resume\n]\n{}", refused()));
}

#[test]
fn paused_and_resumed_with_the_errors_ignored() {
    let strangers = paused();
    strangers
        .recorder
        .call("ignore", |client| client.ignore_ssl_errors());
    settle();
    strangers.recorder.call("resume", |client| client.resume());
    strangers.run();
    strangers
        .recorder
        .expect_and_clear(&format!("[ignore\n]\n[resume\n]\n{CONNECTED}"));
    let accepted = next_connection(&strangers.server);
    accepted
        .text_message_received
        .connect_to(&accepted, |accepted, text| accepted.send_text_message(text));
    strangers.client.send_text_message("as if nothing had been");
    strangers.recorder.run_until("text_message_received");
    strangers.expect_refused_next_time_paused();
}

impl Strangers {
    #[track_caller]
    fn expect_refused_next_time_paused(&self) {
        self.client.abort();
        self.recorder.clear();
        self.client.open(secure_url(&self.server));
        self.recorder.run_until("ssl_errors");
        self.client.resume();
        self.recorder.forget_through("ssl_errors");
        self.run();
        self.recorder.expect(&refused());
    }
}

#[test]
fn an_answer_in_the_slot_makes_a_pause_needless() {
    let strangers = Strangers::new();
    let client = &strangers.client;
    client.set_pause_mode(PauseModes::ON_SSL_ERRORS);
    assert_eq!(client.pause_mode(), PauseModes::ON_SSL_ERRORS);
    client.ssl_errors.connect_to(client, |client, _| {
        client.resume(); // does nothing: it is not paused yet
        client.ignore_ssl_errors();
    });
    strangers.open();
    strangers.expect_connected();
}

#[test]
fn a_paused_connection_ends() {
    let ended = "
        about_to_close               {Connecting | no error | 1000}
        state_changed(Unconnected)   {Unconnected | no error | 1000}
        disconnected                 {Unconnected | no error | 1000}
        read_channel_finished        {Unconnected | no error | 1000}
    ";
    for end in [WebSocket::close, WebSocket::abort] {
        let strangers = paused();
        strangers.recorder.call("end", |client| end(client));
        strangers.client.resume();
        settle();
        strangers.recorder.expect(&format!("[end\n{ended}]"));
    }
    let strangers = paused();
    strangers.client.set_pause_mode(PauseModes::NEVER);
    strangers.recorder.call("open", |client| {
        client.open(secure_url(&strangers.server));
        client.resume();
    });
    strangers.run();
    strangers.recorder.expect(&format!(
        "[open\n{ended}\nstate_changed(Connecting) {{Connecting | no error | 1000}}\n]\n{ASKED}{}",
        refused()
    ));
    let Strangers {
        client, recorder, ..
    } = paused();
    recorder.drop_socket(client);
    settle();
    recorder.expect("[drop\n]");
}

/// What a slot does before the connection stands ends it, and nobody is asked anything more.
fn ends_in_slot(end: fn(&Rc<WebSocket>), ended: &str) {
    for asked in ["peer_verify_error", "ssl_errors"] {
        let strangers = Strangers::new();
        let in_slot = strangers.recorder.clone();
        let client = &strangers.client;
        let end = move |_: &Rc<WebSocket>| in_slot.call("end", end);
        match asked {
            "ssl_errors" => client
                .ssl_errors
                .connect_rc(client, move |client, _| end(client)),
            _ => client
                .peer_verify_error
                .connect_rc(client, move |client, _| end(client)),
        };
        strangers.open();
        let told = ASKED.trim().lines().map(str::trim);
        let told: Vec<_> = match asked {
            "ssl_errors" => told.collect(),
            _ => told.take(1).collect(),
        };
        strangers
            .recorder
            .expect(&format!("{}\n[end\n{ended}]", told.join("\n")));
        assert!(!strangers.server.has_pending_connections());
    }
}

const ENDED: &str = "
    about_to_close               {Connecting | no error | 1000}
    state_changed(Unconnected)   {Unconnected | no error | 1000}
    disconnected                 {Unconnected | no error | 1000}
    read_channel_finished        {Unconnected | no error | 1000}
";

#[test]
fn close_in_the_slots() {
    ends_in_slot(|client| client.close(), ENDED);
}

#[test]
fn abort_in_the_slots() {
    ends_in_slot(|client| client.abort(), ENDED);
}

/// The new connection is not ignored what was ignored for the old one.
#[test]
fn open_in_the_slots() {
    let strangers = Strangers::new();
    let client = &strangers.client;
    let url = secure_url(&strangers.server);
    let in_slot = strangers.recorder.clone();
    client.ssl_errors.connect_once(move |_| {
        in_slot.call("open", |client| {
            client.ignore_ssl_errors();
            client.open(&url);
        });
    });
    strangers.open();
    strangers.recorder.expect(&format!(
        "{ASKED}[open\n{ENDED}state_changed(Connecting) {{Connecting | no error | 1000}}\n]\n{ASKED}{}",
        refused()
    ));
}

/// Dropped in a slot, a socket that connects tells nothing more, and nobody hears from it.
#[test]
fn drop_in_the_slots() {
    let Strangers {
        server,
        client,
        recorder,
        ..
    } = Strangers::new();
    let held = Rc::new(Cell::new(None));
    client.peer_verify_error.connect({
        let held = held.clone();
        move |_| drop(held.take())
    });
    let gone = Rc::downgrade(&client);
    client.ignore_ssl_errors();
    client.open(secure_url(&server));
    recorder.clear();
    held.set(Some(client));
    run_until(|| gone.strong_count() == 0);
    settle();
    recorder.expect("peer_verify_error(SelfSignedCertificate) {Connecting | no error | 1000}");
    assert!(!server.has_pending_connections());
}

/// A loop in a slot must not go on where the slot is still being asked, whatever the peer does meanwhile.
#[test]
fn a_nested_loop_in_the_slots_waits_for_them() {
    let Strangers {
        server,
        client,
        recorder,
        ..
    } = Strangers::new();
    let in_slot = recorder.clone();
    let url = secure_url(&server);
    let server = Cell::new(Some(server));
    client.peer_verify_error.connect(move |_| {
        drop(server.take()); // and with it the peer's end
        settle();
        in_slot.note("nothing so far");
    });
    client.ignore_ssl_errors();
    client.open(url);
    recorder.run_until("read_channel_finished");
    recorder.forget_through("state_changed(Connecting)");
    let lost = r#"RemoteHostClosed "The remote host closed the connection" | 1006"#;
    recorder.expect(&format!(
        "
        peer_verify_error(SelfSignedCertificate) {{Connecting | no error | 1000}}
        nothing so far
        ssl_errors(SelfSignedCertificate)        {{Connecting | no error | 1000}}
        error(RemoteHostClosed)                  {{Connecting | {lost}}}
        state_changed(Unconnected)               {{Unconnected | {lost}}}
        disconnected                             {{Unconnected | {lost}}}
        read_channel_finished                    {{Unconnected | {lost}}}
        alert_sent(Warning, CloseNotify)         {{Unconnected | {lost}}}
        "
    ));
}

/// A slot that panics has answered nothing: the rest is told, and the connection fails.
#[test]
fn a_panic_in_the_slots_is_no_consent() {
    let strangers = Strangers::new();
    strangers
        .client
        .peer_verify_error
        .connect(|_| panic!("on purpose"));
    strangers.recorder.clear();
    strangers.client.open(secure_url(&strangers.server));
    strangers
        .recorder
        .forget_through("state_changed(Connecting)");
    let run = std::panic::AssertUnwindSafe(|| strangers.run());
    assert!(std::panic::catch_unwind(run).is_err());
    strangers.run();
    strangers.expect_refused();
}

const INTERRUPTED: &str =
    "handshake_interrupted_on_error(SelfSignedCertificate) {Connecting | no error | 1000}";

fn interrupting() -> Strangers {
    Strangers::with(|configuration| configuration.set_handshake_must_interrupt_on_error(true))
}

#[test]
fn a_handshake_that_is_interrupted() {
    let strangers = interrupting();
    strangers.client.ignore_ssl_errors();
    strangers.open();
    strangers
        .recorder
        .expect(&format!("{INTERRUPTED}{}", refused()));
}

#[test]
fn a_handshake_that_is_interrupted_and_continued() {
    let strangers = interrupting();
    let client = &strangers.client;
    client
        .handshake_interrupted_on_error
        .connect_to(client, |client, _| client.continue_interrupted_handshake());
    let errors = "ssl_errors(SelfSignedCertificate) {Connecting | no error | 1000}";
    strangers.open();
    strangers
        .recorder
        .expect(&format!("{INTERRUPTED}\n{errors}{}", refused()));
    client.ignore_ssl_errors();
    strangers.open();
    strangers
        .recorder
        .expect(&format!("{INTERRUPTED}\n{errors}{CONNECTED}"));
}

#[test]
fn there_is_nothing_to_interrupt_where_errors_end_nothing() {
    let strangers = Strangers::with(|configuration| {
        configuration.set_handshake_must_interrupt_on_error(true);
        configuration.set_peer_verify_mode(PeerVerifyMode::Query);
    });
    strangers.open();
    strangers.expect_connected();
}

/// Why the server broke off is told right before the error.
#[test]
fn an_alert_of_the_server() {
    stopped_clock();
    let identity = Identity::new();
    let mut configuration = identity.showing();
    configuration.set_protocol(SslProtocol::TlsV1_3);
    let server = listening(configuration);
    let mut configuration = identity.trusting();
    configuration.set_protocol(SslProtocol::TlsV1_2);
    let client = WebSocket::new();
    client.set_ssl_configuration(configuration);
    let recorder = Recorder::new(&client);
    recorder.call("open", |client| client.open(secure_url(&server)));
    recorder.run_until("read_channel_finished");
    settle();
    let facts = by_library(
        r#"SslHandshakeFailed "Error during SSL handshake: received fatal alert: ProtocolVersion" | 1006"#,
        r#"SslHandshakeFailed "Error during SSL handshake: error:0A00042E:SSL routines::tlsv1 alert protocol version" | 1006"#,
    );
    recorder.expect(&format!(
        "
        [open
          state_changed(Connecting)            {{Connecting | no error | 1000}}
        ]
        alert_received(Fatal, ProtocolVersion) {{Connecting | {facts}}}
        error(SslHandshakeFailed)              {{Connecting | {facts}}}
        state_changed(Unconnected)             {{Unconnected | {facts}}}
        disconnected                           {{Unconnected | {facts}}}
        read_channel_finished                  {{Unconnected | {facts}}}
        "
    ));
}
