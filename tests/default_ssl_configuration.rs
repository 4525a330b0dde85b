//! What new sockets take for their TLS settings can be changed for the whole process: a program of its own for that.
#![cfg(feature = "rustls")]

use std::sync::{Mutex, MutexGuard, mpsc};
use std::time::Duration;

use qwebsocket::{SslConfiguration, SslProtocol};

/// The default changes under everybody's feet, so one test at a time.
fn alone() -> MutexGuard<'static, ()> {
    static ALONE: Mutex<()> = Mutex::new(());
    ALONE.lock().unwrap_or_else(|lock| lock.into_inner())
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
