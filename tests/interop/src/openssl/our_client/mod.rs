//! Our client against `openssl s_server`.

mod alerts;
mod client_certificates;
mod conversations;
mod endings;
#[cfg(feature = "openssl")]
mod pre_shared_keys;
mod resumption;
mod s_server;
mod settings;
mod trust;
mod verification;

use super::Checks;

pub fn check(checks: &mut Checks<'_>) {
    conversations::check(checks);
    verification::check(checks);
    trust::check(checks);
    client_certificates::check(checks);
    settings::check(checks);
    resumption::check(checks);
    alerts::check(checks);
    endings::check(checks);
    #[cfg(feature = "openssl")]
    pre_shared_keys::check(checks);
}
