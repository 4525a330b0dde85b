//! Between a client and a server of ours: squid, tinyproxy, microsocks, Dante, and stunnel in front of squid.

mod cases;
mod daemon;
mod programs;

use self::daemon::Daemon;
use self::programs::Program;
use crate::certificates::Certificates;
use crate::report::Report;

pub fn check_all(report: &mut Report) {
    let certificates = Certificates::generate();
    for program in programs::all() {
        check_program(&program, &certificates, report);
    }
    // What is missing was said already.
    if let Ok(squid) = Daemon::start(&programs::squid_with_basic()) {
        let stunnel = programs::stunnel(squid.port, &certificates);
        check_program(&stunnel, &certificates, report);
    }
}

fn check_program(program: &Program, certificates: &Certificates, report: &mut Report) {
    let daemon = match Daemon::start(program) {
        Ok(daemon) => daemon,
        Err(reason) => return report.peer_is_missing(program.name, &reason),
    };
    report.peer_runs(program.name);
    for tls in [None, Some(certificates)] {
        let scheme = if tls.is_some() { "wss" } else { "ws" };
        for (name, check) in cases::of(program) {
            let name = format!("{} over {scheme}: {name}", program.name);
            report.check(&name, || check(&cases::Way::new(program, &daemon, tls)));
        }
    }
}
