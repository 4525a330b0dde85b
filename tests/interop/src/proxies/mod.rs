//! Between a client and a server of ours: squid, tinyproxy, microsocks and Dante.

mod cases;
mod daemon;
mod programs;

use self::daemon::Daemon;
use crate::certificates::Certificates;
use crate::report::Report;

pub fn check_all(report: &mut Report) {
    let certificates = Certificates::generate();
    for program in programs::all() {
        let daemon = match Daemon::start(&program) {
            Ok(daemon) => daemon,
            Err(reason) => {
                report.peer_is_missing(program.name, &reason);
                continue;
            }
        };
        report.peer_runs(program.name);
        for tls in [None, Some(&certificates)] {
            let scheme = if tls.is_some() { "wss" } else { "ws" };
            for (name, check) in cases::of(&program) {
                let name = format!("{} over {scheme}: {name}", program.name);
                report.check(&name, || check(&cases::Way::new(&program, &daemon, tls)));
            }
        }
    }
}
