//! Comparing both opinions, and counting.

use std::collections::BTreeMap;
use std::process::ExitCode;

use qwebsocket::internals::verdict::chain_errors;
use qwebsocket::{SslCertificate, SslConfiguration, SslError};

use crate::chain::Chain;
use crate::handshake::{Finding, openssl_findings};

/// What was compared so far.
#[derive(Default)]
pub struct Report {
    equal: usize,
    with_errors: usize,
    /// Accepted by us alone: the worst there is.
    too_lax: usize,
    differences: BTreeMap<String, (usize, String)>,
}

impl Report {
    pub fn compare(&mut self, chain: &Chain, now: i64) {
        let theirs = openssl_findings(chain);
        let ours = our_findings(chain, now);
        self.with_errors += usize::from(!theirs.is_empty());
        if ours == theirs {
            self.equal += 1;
            return;
        }
        self.too_lax += usize::from(ours.is_empty());
        let key = format!("OpenSSL {}\n     ours {}", names(&theirs), names(&ours));
        let example = format!("{chain:?}");
        self.differences.entry(key).or_insert((0, example)).0 += 1;
    }

    /// Prints what was found; the last line is the sum.
    pub fn finish(self, seed: u64) -> ExitCode {
        let mut differences: Vec<_> = self.differences.into_iter().collect();
        differences.sort_by_key(|(_, (count, _))| std::cmp::Reverse(*count));
        for (key, (count, example)) in differences.iter().take(10) {
            println!("{count} times\n  {key}\n{example}\n");
        }
        let failed = differences
            .iter()
            .map(|(_, (count, _))| count)
            .sum::<usize>();
        println!(
            "seed {seed}: {} chains with errors, {} accepted by us alone",
            self.with_errors, self.too_lax
        );
        println!("{} passed, {failed} failed", self.equal);
        match failed {
            0 => ExitCode::SUCCESS,
            _ => ExitCode::FAILURE,
        }
    }
}

fn our_findings(chain: &Chain, now: i64) -> Vec<Finding> {
    let convert = |certificates: &[openssl::x509::X509]| {
        let certificates = certificates.iter();
        certificates
            .map(|certificate| SslCertificate::from_der(&certificate.to_der().expect("DER")))
            .collect::<Vec<_>>()
    };
    let mut configuration = SslConfiguration::new();
    configuration.set_ca_certificates(convert(&chain.trusted));
    configuration.set_peer_verify_depth(chain.depth_limit);
    let errors = chain_errors(&configuration, &convert(&chain.sent), now);
    let finding = |error: &SslError| {
        let certificate = error.certificate().expect("a certificate");
        (error.kind(), certificate.to_der().to_vec())
    };
    errors.iter().map(finding).collect()
}

fn names(findings: &[Finding]) -> String {
    let name = |(kind, der): &Finding| {
        let certificate = SslCertificate::from_der(der);
        format!("{kind:?}({})", certificate.subject_display_name())
    };
    findings.iter().map(name).collect::<Vec<_>>().join(", ")
}
