//! What the peer of a recording had for TLS: told by what the recording says of it, and by what came of it.

use rustls::SupportedProtocolVersion;
use rustls::version::{TLS12, TLS13};
use serde_json::Value;

use super::certificates::{Leaf, Names};
use super::keys::Keys;
use crate::proxies::are_used;
use crate::recording::{Scenario, each_call, events};

/// How a peer speaks TLS.
#[derive(Clone, Debug, PartialEq)]
pub struct TlsSetup {
    pub leaf: Leaf,
    pub versions: Versions,
    pub asks_for_certificate: bool,
    /// The fatal alert that it sends if the handshake fails.
    pub alert: Option<u8>,
    /// What the CA is called that nobody trusts, where it can be seen.
    pub stranger: Option<String>,
    /// What it knows that has a key.
    pub keys: Option<Keys>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Versions {
    Both,
    Only12,
    Only13,
}

impl Versions {
    pub fn as_rustls(self) -> Vec<&'static SupportedProtocolVersion> {
        match self {
            Self::Both => vec![&TLS13, &TLS12],
            Self::Only12 => vec![&TLS12],
            Self::Only13 => vec![&TLS13],
        }
    }
}

const IN_TUNNEL: &str = "tls ok TLSv1.3 TLS_AES_256_GCM_SHA384 peercert=no";

/// The peers that speak TLS are those that gave an account of it, in their order.
pub fn set_up_tls(json: &Value, scenario: &mut Scenario) {
    let mut secure = Vec::new();
    each_call(&mut scenario.nodes, &mut |call| {
        let url = call.op["url"].as_str().unwrap_or_default();
        let peer = call.op["reaches"].as_u64().map(|peer| peer as usize);
        secure.extend(peer.filter(|_| url.starts_with("wss:")));
    });
    let accounts = json["notes"]["peer_tls"].as_array();
    let accounts = accounts.into_iter().flatten().filter_map(Value::as_str);
    // Those behind a proxy gave none.
    let in_tunnel = are_used(&scenario.nodes).then_some(IN_TUNNEL);
    let accounts = accounts.chain(in_tunnel);
    for (peer, account) in secure.into_iter().zip(accounts) {
        scenario.tls[peer] = Some(TlsSetup::read(json, account));
        scenario.wires[peer].tls = Some(account.to_owned());
    }
}

impl TlsSetup {
    fn read(json: &Value, account: &str) -> Self {
        let about = json["setup"].as_str().unwrap_or_default();
        let asks = ["peercert=yes", "RETURN_A_CERTIFICATE", "VERIFY_FAILED"];
        Self {
            leaf: leaf(json, about),
            versions: versions(json, about, account),
            asks_for_certificate: about.contains("requires client cert")
                || asks.iter().any(|words| account.contains(words)),
            alert: fatal_alert(json),
            stranger: stranger(json),
            keys: Keys::read(json),
        }
    }
}

/// Some recordings name the certificate. Of others it is known that it is self-signed, and what was wrong with it.
fn leaf(json: &Value, about: &str) -> Leaf {
    let named = about.split_once("server cert ");
    let name = named.and_then(|(_, rest)| rest.split([',', ' ']).next());
    let is_its_own = about.contains("self-signed") && !about.contains("client cert self-signed");
    let name = name.unwrap_or(if is_its_own { "self" } else { "good" });
    let numbers = errors(json).filter_map(|error| number(&error["error"]));
    let mut leaf = Leaf::named(name).with_errors(&numbers.collect::<Vec<_>>());
    // A host that is an address, and not in a certificate for the right name.
    let is_named_right = |error: &Value| {
        number(&error["error"]) == Some(22) && error["cert_subject_cn"] == "localhost"
    };
    if errors(json).any(is_named_right) {
        (leaf.wrong_host, leaf.names) = (false, Names::Host);
    }
    leaf
}

/// The certificate that is at fault where a root is sent that is not trusted.
fn stranger(json: &Value) -> Option<String> {
    let mut errors = errors(json);
    let error = errors.find(|error| number(&error["error"]) == Some(10))?;
    error["cert_subject_cn"].as_str().map(str::to_owned)
}

fn errors(json: &Value) -> impl Iterator<Item = &Value> {
    signals(json, &["sslErrors", "peerVerifyError"])
        .flat_map(|signal| signal["args"].as_array().into_iter().flatten())
}

fn versions(json: &Value, about: &str, account: &str) -> Versions {
    let offers = |version: &str| {
        let settings = events(json).iter().map(|event| &event["call"]["protocol"]);
        settings.into_iter().any(|protocol| protocol == version)
    };
    if let Some(keys) = Keys::read(json) {
        return if offers("1.2") {
            Versions::Only12
        } else {
            keys.versions
        };
    }
    let is_unsupported = account.contains("UNSUPPORTED_PROTOCOL");
    let says_12 = about.contains("TLS 1.2") || about.contains("TLS1.2");
    if is_unsupported && offers("1.2") {
        Versions::Only13
    } else if is_unsupported
        || account.contains("TLSv1.2")
        || (says_12 && !account.contains("TLSv1.3"))
    {
        Versions::Only12
    } else {
        Versions::Both
    }
}

fn fatal_alert(json: &Value) -> Option<u8> {
    let alert = signals(json, &["alertReceived"]).find(|signal| signal["args"][0] == 1)?;
    u8::try_from(alert["args"][1].as_u64()?).ok()
}

fn signals<'a>(json: &'a Value, names: &'a [&str]) -> impl Iterator<Item = &'a Value> {
    let is_one = move |event: &&Value| {
        event["signal"]
            .as_str()
            .is_some_and(|name| names.contains(&name))
    };
    events(json).iter().filter(is_one)
}

/// The number in `"SelfSignedCertificate(9)"`.
pub fn number(value: &Value) -> Option<i64> {
    let (_, number) = value.as_str()?.strip_suffix(')')?.rsplit_once('(')?;
    number.parse().ok()
}
