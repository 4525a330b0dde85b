//! Rules about TLS.

use rustls::AlertDescription;
use serde_json::json;

use super::make::{
    CLOSING, GONE, UNCONNECTED, remove_signals_of_connection, seen_before, told, told_with,
};
use crate::recording::Scenario;
use crate::rewrite::{Moment, each_list, each_seen, each_signal};
use crate::tls::ciphertext::OWN_WORDS;
use crate::tls::setup::Versions;
use crate::transcript::Node;

/// The handshake of TLS is not counted, only what is sent through it.
pub fn the_tls_handshake_is_not_told(scenario: &mut Scenario) {
    each_list(&mut scenario.nodes, &mut |nodes| {
        nodes.retain(|node| {
            node.signal().is_none_or(|signal| {
                !signal.is("bytesWritten") || signal.args != [json!(OWN_WORDS)]
            })
        });
    });
}

/// On TLS Qt tells of an abort when all is over. We tell first, as without TLS.
pub fn about_to_close_comes_first(scenario: &mut Scenario) {
    each_list(&mut scenario.nodes, &mut |nodes| {
        for node in nodes.iter_mut().filter(|node| node.is_call("abort")) {
            let inner = node.inner_mut().expect("a call");
            let about = inner.iter().position(|node| node.is_signal("aboutToClose"));
            let gone = inner.iter().position(|node| node.is_signal(UNCONNECTED));
            if let (Some(about), Some(gone)) = (about, gone)
                && gone < about
            {
                inner[gone..=about].rotate_right(1);
            }
        }
    });
}

/// A `close_notify` ends the connection, as a FIN does. Qt says in other words that it was closed, and stays connected.
pub fn a_close_notify_ends_the_connection(scenario: &mut Scenario) {
    const CLOSED: &str = "The TLS/SSL connection has been closed";
    each_seen(&mut scenario.nodes, &mut |_, seen| {
        if seen.error_string == CLOSED {
            seen.error_string = "The remote host closed the connection".into();
        }
    });
    let Some(index) = scenario.nodes.windows(2).position(|nodes| {
        nodes[0].is_signal("alertReceived")
            && is_close_notify(&nodes[0])
            && nodes[1].is_signal("error")
    }) else {
        return;
    };
    let index = index + 1;
    if scenario
        .nodes
        .get(index + 1)
        .is_some_and(|node| node.is_signal(CLOSING))
    {
        return;
    }
    remove_signals_of_connection(&mut scenario.nodes, index + 1);
    let seen = seen_before(&scenario.nodes, &[index + 1]);
    let goodbye = vec![json!(0), json!(0), json!("close notify")];
    let mut end = vec![told(CLOSING, &seen)];
    end.extend(GONE.map(|kind| told(kind, &seen)));
    end.push(told_with("alertSent", goodbye, &seen));
    scenario.nodes.splice(index + 1..index + 1, end);
}

/// All alerts have names. Qt knows none for those that TLS 1.3 brought.
pub fn every_alert_has_a_name(scenario: &mut Scenario) {
    each_signal(&mut scenario.nodes, &mut |signal| {
        if signal.name.starts_with("alert") && signal.args[2] == "unknown" {
            let name = match signal.args[1].as_u64() {
                Some(109) => "missing extension",
                Some(116) => "certificate required",
                Some(120) => "no application protocol",
                _ => return,
            };
            signal.args[2] = json!(name);
        }
    });
}

/// The error is known from the first slot on, also in the one of the alert that brings it.
pub fn an_alert_knows_its_error(scenario: &mut Scenario) {
    each_list(&mut scenario.nodes, &mut |nodes| {
        for index in 1..nodes.len() {
            let (before, behind) = nodes.split_at_mut(index);
            if let (Node::Signal(alert), Node::Signal(error)) = (&mut before[index - 1], &behind[0])
                && alert.name.starts_with("alert")
                && error.is("error")
            {
                alert.seen.clone_from(&error.seen);
            }
        }
    });
}

/// What is wrong is told in the words of our TLS library, and what interrupted a handshake in its own. Qt's are those of
/// OpenSSL, as ours are if that is the library; it has none for an interruption.
pub fn errors_of_tls_have_our_words(scenario: &mut Scenario) {
    let is_rustls = is_done_by_rustls(scenario);
    let (mut alert, mut interruption) = (None, String::new());
    each_seen(&mut scenario.nodes, &mut |moment, seen| {
        match moment {
            Moment::Signal {
                kind: "alertReceived",
                args,
            } => {
                alert = args[1]
                    .as_u64()
                    .and_then(|number| u8::try_from(number).ok())
            }
            Moment::Signal {
                kind: "handshakeInterruptedOnError",
                args,
            } => interruption = args[0]["string"].as_str().unwrap_or_default().to_owned(),
            _ => {}
        }
        if seen.error_string == "Error during SSL handshake: " {
            seen.error_string.clone_from(&interruption);
        }
        if is_rustls && let Some((head, words)) = seen.error_string.split_once(": error:") {
            let words = match alert {
                Some(number) => {
                    format!("received fatal alert: {:?}", AlertDescription::from(number))
                }
                None if words.ends_with("wrong version number") => {
                    "received corrupt message of type InvalidContentType".into()
                }
                None => return,
            };
            seen.error_string = format!("{head}: {words}");
        }
    });
}

/// A server that speaks no TLS is told so, by rustls.
pub fn a_server_without_tls_is_told(scenario: &mut Scenario) {
    if !is_done_by_rustls(scenario) {
        return;
    }
    let Some(index) = scenario.nodes.iter().position(|node| {
        let seen = node.signal().and_then(|signal| signal.seen.as_ref());
        node.is_signal("error")
            && seen.is_some_and(|seen| seen.error_string.ends_with("wrong version number"))
    }) else {
        return;
    };
    let seen = seen_before(&scenario.nodes, &[index]);
    let args = vec![json!(1), json!(50), json!("decode error")];
    scenario
        .nodes
        .insert(index, told_with("alertSent", args, &seen));
}

/// Who chooses nothing but ciphers of TLS 1.2 speaks TLS 1.2. Qt goes on offering TLS 1.3, with all of its ciphers, which
/// a server without a certificate takes and fails.
pub fn a_list_of_ciphers_is_kept_to(scenario: &mut Scenario) {
    let chooses = |node: &Node| {
        let op = &node.call()?.op;
        let names = op["ciphers"].as_str()?;
        Some(op["protocol"].is_null() && !names.contains("TLS_"))
    };
    let mut setups = scenario.tls.iter().flatten();
    let keys = setups.find_map(|setup| setup.keys.clone());
    let Some(keys) = keys.filter(|keys| keys.versions == Versions::Both) else {
        return;
    };
    let Some(alert) = scenario
        .nodes
        .iter()
        .position(|node| node.is_signal("alertReceived"))
    else {
        return;
    };
    if !scenario
        .nodes
        .iter()
        .filter_map(chooses)
        .any(|chooses| chooses)
    {
        return;
    }
    let question = json!({"hint": keys.hint, "max_identity": 255, "max_psk": 512});
    let seen = seen_before(&scenario.nodes, &[alert]);
    if let Node::Signal(signal) = &mut scenario.nodes[alert] {
        signal.name = "alertSent".into();
    }
    let asked = told_with("preSharedKeyAuthenticationRequired", vec![question], &seen);
    scenario.nodes.insert(alert, asked);
    each_seen(&mut scenario.nodes, &mut |_, seen| {
        if seen.error_string.contains(": error:") {
            // Nobody answers the question in this recording.
            seen.error_string = NO_KEY.into();
        }
    });
}

const NO_KEY: &str =
    "Error during SSL handshake: error:0A0000DF:SSL routines::psk identity not found";

/// What has to do with pre-shared keys is done by OpenSSL in any case.
fn is_done_by_rustls(scenario: &Scenario) -> bool {
    let mut setups = scenario.tls.iter().flatten();
    cfg!(feature = "rustls") && setups.all(|setup| setup.keys.is_none())
}

fn is_close_notify(node: &Node) -> bool {
    node.signal()
        .is_some_and(|signal| signal.args[..2] == [json!(0), json!(0)])
}
