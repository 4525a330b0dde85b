//! What new sockets take for their TLS settings can be changed for the whole process: a program of its own for that.
#![cfg(feature = "rustls")]

use std::sync::{Mutex, MutexGuard, mpsc};
use std::time::Duration;

use qwebsocket::{SslConfiguration, SslProtocol, WebSocket};

/// The default changes under everybody's feet, so one test at a time.
fn alone() -> MutexGuard<'static, ()> {
    static ALONE: Mutex<()> = Mutex::new(());
    ALONE.lock().unwrap_or_else(|lock| lock.into_inner())
}

/// Whoever was there before keeps what the default was then, whether something was set on it or not.
#[test]
fn the_default_is_for_new_sockets() {
    let _alone = alone();
    let factory = SslConfiguration::new();
    let [untouched, tuned] = [(); 2].map(|()| WebSocket::new());
    tuned.set_connect_timeout(None);
    let mut changed = factory.clone();
    changed.set_protocol(SslProtocol::TlsV1_3);
    SslConfiguration::set_default_configuration(changed.clone());
    let new = WebSocket::new();
    let seen = [&new, &tuned, &untouched].map(|socket| socket.ssl_configuration());
    SslConfiguration::set_default_configuration(factory.clone());
    assert_eq!(seen, [changed.clone(), factory.clone(), factory]);
    assert_eq!(new.ssl_configuration(), changed);
}

/// The destructor of a key log is the application's code, and may look at the default that replaces its own.
#[test]
fn the_old_default_is_dropped_unlocked() {
    struct Look;
    impl Drop for Look {
        fn drop(&mut self) {
            assert_ne!(SslConfiguration::new().protocol(), SslProtocol::TlsV1_3);
        }
    }
    let _alone = alone();
    let factory = SslConfiguration::new();
    let mut changed = factory.clone();
    changed.set_protocol(SslProtocol::TlsV1_3);
    let look = Look;
    changed.set_key_log(move |_| {
        let _ = &look;
    });
    let (over, is_over) = mpsc::channel();
    std::thread::spawn(move || {
        SslConfiguration::set_default_configuration(changed);
        SslConfiguration::set_default_configuration(factory);
        over.send(()).expect("somebody waits");
    });
    assert_eq!(is_over.recv_timeout(Duration::from_secs(10)), Ok(()));
}
