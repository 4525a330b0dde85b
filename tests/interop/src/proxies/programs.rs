//! Which proxies there are, and their settings. Those that ask let in `alice` with the password `secret`.

use std::path::Path;

use qwebsocket::{ProxyType, SslConfiguration};

use crate::certificates::Certificates;

/// A proxy that can be started.
pub struct Program {
    pub name: &'static str,
    pub command: &'static str,
    pub kind: ProxyType,
    pub login: Login,
    /// A name that it finds to be this machine.
    pub known_name: &'static str,
    /// It tells a server that refuses from one that cannot be reached for other reasons.
    pub tells_refusal: bool,
    /// How TLS is spoken to it.
    pub tls: Option<SslConfiguration>,
    /// The settings, given its folder and its port.
    pub files: Box<dyn Fn(&Path, u16) -> Files>,
    pub arguments: fn(&Path, u16) -> Vec<String>,
}

/// Names and contents.
pub type Files = Vec<(&'static str, String)>;

/// Whether it asks who one is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Login {
    None,
    Wanted,
    /// Who gave a wrong answer is not asked again.
    WantedOnce,
}

pub fn all() -> Vec<Program> {
    vec![
        squid("squid", Login::None, |_| "http_access allow all".into()),
        squid_with_basic(),
        squid("squid with Digest", Login::Wanted, |folder| {
            digest(folder) + REQUIRED
        }),
        squid("squid with both", Login::Wanted, |folder| {
            digest(folder) + &basic(folder) + REQUIRED
        }),
        tinyproxy(),
        microsocks("microsocks", Login::None),
        microsocks("microsocks with a login", Login::Wanted),
        dante(),
    ]
}

pub fn squid_with_basic() -> Program {
    squid("squid with Basic", Login::Wanted, |folder| {
        basic(folder) + REQUIRED
    })
}

const REQUIRED: &str = "acl known proxy_auth REQUIRED\nhttp_access allow known\n";

fn basic(folder: &Path) -> String {
    let passwords = file(folder, "htpasswd");
    format!(
        "auth_param basic program /usr/lib/squid/basic_ncsa_auth {passwords}\n\
         auth_param basic children 1\n\
         auth_param basic realm proxy realm\n"
    )
}

/// Its nonces are soon stale.
fn digest(folder: &Path) -> String {
    let passwords = file(folder, "htdigest");
    format!(
        "auth_param digest program /usr/lib/squid/digest_file_auth -c {passwords}\n\
         auth_param digest children 1\n\
         auth_param digest realm proxy realm\n\
         auth_param digest nonce_max_count 3\n"
    )
}

fn squid(name: &'static str, login: Login, access: fn(&Path) -> String) -> Program {
    let files = move |folder: &Path, port| {
        let in_folder = |name: &str| file(folder, name);
        let settings = format!(
            "http_port 127.0.0.1:{port}\n\
             visible_hostname proxy.test\n\
             pid_filename none\n\
             pinger_enable off\n\
             cache deny all\n\
             access_log none\n\
             cache_log {}\n\
             coredump_dir {}\n\
             shutdown_lifetime 0 seconds\n\
             dns_nameservers 127.0.0.1\n\
             hosts_file {}\n\
             {}\n\
             http_access deny all\n",
            in_folder("cache.log"),
            in_folder(""),
            in_folder("hosts"),
            access(folder),
        );
        vec![
            ("squid.conf", settings),
            (
                "hosts",
                "127.0.0.1 localhost\n127.0.0.1 remote-only.test\n".into(),
            ),
            (
                "htpasswd",
                "alice:$apr1$interop1$Yz1SVH4e3296LuDLKuG/C.\n".into(),
            ),
            (
                "htdigest",
                "alice:proxy realm:48dd154e0f8374eff03b2a6d7de8e1d1\n".into(),
            ),
        ]
    };
    Program {
        name,
        command: "squid",
        kind: ProxyType::Http,
        login,
        known_name: "remote-only.test",
        tells_refusal: true,
        tls: None,
        files: Box::new(files),
        arguments: |folder, _| {
            let settings = file(folder, "squid.conf");
            ["-N", "-f", &settings].map(str::to_owned).into()
        },
    }
}

fn tinyproxy() -> Program {
    Program {
        name: "tinyproxy",
        command: "tinyproxy",
        kind: ProxyType::Http,
        login: Login::WantedOnce,
        known_name: "localhost",
        tells_refusal: false,
        tls: None,
        files: Box::new(|_, port| {
            let settings = format!(
                "Port {port}\nListen 127.0.0.1\nTimeout 30\nMaxClients 20\nAllow 127.0.0.1\n\
                 BasicAuth alice secret\nLogLevel Info\n"
            );
            vec![("tinyproxy.conf", settings)]
        }),
        arguments: |folder, _| {
            let settings = file(folder, "tinyproxy.conf");
            ["-d", "-c", &settings].map(str::to_owned).into()
        },
    }
}

fn microsocks(name: &'static str, login: Login) -> Program {
    Program {
        name,
        command: "microsocks",
        kind: ProxyType::Socks5,
        login,
        known_name: "localhost",
        tells_refusal: true,
        tls: None,
        files: Box::new(|_, _| Vec::new()),
        arguments: match login {
            Login::None => |_, port| on_port(port, &[]),
            _ => |_, port| on_port(port, &["-u", "alice", "-P", "secret"]),
        },
    }
}

/// TLS in front of the squid with Basic that listens on this port.
pub fn stunnel(port_of_squid: u16, certificates: &Certificates) -> Program {
    let (certificate, key) = (certificates.certificate(), certificates.key());
    let settings = move |port| {
        format!(
            "foreground = yes\npid =\n[proxy]\naccept = 127.0.0.1:{port}\nconnect = 127.0.0.1:{port_of_squid}\n\
             cert = {}\nkey = {}\n",
            certificate.display(),
            key.display(),
        )
    };
    Program {
        name: "stunnel",
        command: "stunnel4",
        tls: Some(certificates.trusting()),
        files: Box::new(move |_, port| vec![("stunnel.conf", settings(port))]),
        arguments: |folder, _| vec![file(folder, "stunnel.conf")],
        ..squid_with_basic()
    }
}

fn on_port(port: u16, more: &[&str]) -> Vec<String> {
    let port = port.to_string();
    let arguments = ["-i", "127.0.0.1", "-p", &port];
    arguments
        .iter()
        .chain(more)
        .map(|argument| argument.to_string())
        .collect()
}

fn dante() -> Program {
    Program {
        name: "Dante",
        command: "danted",
        kind: ProxyType::Socks5,
        login: Login::None,
        known_name: "localhost",
        tells_refusal: true,
        tls: None,
        files: Box::new(|folder, port| {
            let settings = format!(
                "logoutput: {}\n\
                 internal: 127.0.0.1 port = {port}\n\
                 external: lo\n\
                 clientmethod: none\n\
                 socksmethod: none\n\
                 client pass {{ from: 127.0.0.0/8 to: 0.0.0.0/0 }}\n\
                 socks pass {{ from: 0.0.0.0/0 to: 127.0.0.0/8 command: connect }}\n",
                file(folder, "danted.log"),
            );
            vec![("danted.conf", settings)]
        }),
        arguments: |folder, _| {
            let settings = file(folder, "danted.conf");
            let pid = file(folder, "danted.pid");
            ["-f", &settings, "-p", &pid].map(str::to_owned).into()
        },
    }
}

fn file(folder: &Path, name: &str) -> String {
    let path = folder.join(name);
    path.to_str().expect("a path of ours").to_owned()
}
