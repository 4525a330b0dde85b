//! Asks the user whether to go on with a server whose certificate does not verify.

use std::io::{self, Write};
use std::rc::Rc;

use qwebsocket::{SslError, WebSocket};

/// Prints each error, and ignores them all if the user says yes.
pub fn ask_about_errors(socket: &Rc<WebSocket>) {
    socket.ssl_errors.connect_to(socket, |socket, errors| {
        for error in errors {
            eprintln!("{}", described(error));
        }
        // The slot may take its time: the server gets nothing meanwhile, and the clock of the connection stands still.
        if says_yes() {
            socket.ignore_ssl_errors();
        }
    });
}

fn described(error: &SslError) -> String {
    match error.certificate() {
        Some(certificate) => {
            let name = certificate.subject_display_name();
            format!("{} (certificate of {name:?})", error.error_string())
        }
        None => error.error_string().to_owned(),
    }
}

/// Nobody else reads stdin so early: what is to be sent is read when the connection stands.
fn says_yes() -> bool {
    eprint!("Go on all the same? [y/N] ");
    let mut answer = String::new();
    let asked = io::stderr().flush();
    asked
        .and_then(|()| io::stdin().read_line(&mut answer))
        .is_ok_and(|_| answer.trim().eq_ignore_ascii_case("y"))
}
