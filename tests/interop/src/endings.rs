//! Ends that need a peer process of their own.

use qwebsocket::{CloseCode, SocketError, SocketState, WebSocket};

use crate::certificates::Certificates;
use crate::message::Message;
use crate::peer::{Kind, Peer};
use crate::report::Report;
use crate::session::{Direction, Session, serve};
use crate::wait::wait_until;
use crate::{name, start};

/// The peer's process is killed in the middle of a connection.
pub fn check_loss(kind: Kind, tls: Option<&Certificates>, report: &mut Report) {
    for direction in Direction::BOTH {
        report.check(&name(kind, tls, direction, "it is killed"), || {
            let peer = start(kind, tls);
            let session = Session::open(&peer, direction, "/echo", tls);
            session.echo(&Message::text(10));
            peer.kill();
            session.wait_for_end();
            assert_eq!(
                session.errors.take_all(),
                [(SocketError::RemoteHostClosed,)]
            );
            assert_ne!(session.socket.error_string(), "");
            assert_eq!(
                session.socket.close_code(),
                CloseCode::ABNORMAL_DISCONNECTION
            );
        });
    }
}

/// The client does not know the authority of the server's certificate.
pub fn check_distrust(kind: Kind, certificates: &Certificates, report: &mut Report) {
    let others = Certificates::generate();
    let name = |direction| name(kind, Some(certificates), direction, "an unknown authority");
    report.check(&name(Direction::WeConnect), || {
        we_distrust(kind, certificates, &others)
    });
    report.check(&name(Direction::PeerConnects), || {
        it_distrusts(kind, certificates, &others)
    });
}

fn we_distrust(kind: Kind, certificates: &Certificates, others: &Certificates) {
    let peer = start(kind, Some(certificates));
    let socket = WebSocket::new();
    let (errors, connected) = (socket.error.collect(), socket.connected.collect());
    socket.set_ssl_configuration(others.configuration());
    socket.open(format!("wss://localhost:{}/echo", peer.port()));
    wait_until("the attempt has ended", || {
        socket.state() == SocketState::Unconnected
    });
    assert_eq!(errors.take_all(), [(SocketError::SslHandshakeFailed,)]);
    assert!(
        socket.error_string().contains("certificate"),
        "{}",
        socket.error_string()
    );
    assert_eq!(socket.close_code(), CloseCode::ABNORMAL_DISCONNECTION);
    assert!(connected.is_empty());
    // The peer saw no connection before this one.
    Session::open(&peer, Direction::WeConnect, "/echo", Some(certificates)).close();
}

fn it_distrusts(kind: Kind, certificates: &Certificates, others: &Certificates) {
    let peer = Peer::start_trusting(kind, Some(certificates), Some(others)).expect("it starts");
    let server = serve(Some(certificates));
    peer.connect(&format!("{}echo", server.server_url().expect("it listens")));
    let line = peer.next_line();
    assert!(
        line.starts_with("failed ") && line.contains("certificate"),
        "{line}"
    );
    assert!(!server.has_pending_connections());
}
