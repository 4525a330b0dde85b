//! The alerts of a session.

use qwebsocket_openssl_extras::AlertObserver;

use super::conversation::Conversation;
use crate::network::AlertType;

/// Notes those that end a session.
pub(super) struct Alerts;

const FATAL: u8 = 2;

impl AlertObserver for Alerts {
    fn alert(is_sent: bool, level: u8, description: u8) {
        let alert = AlertType::from_number(description);
        if level != FATAL && alert != AlertType::CloseNotify {
            return;
        }
        if let Some(conversation) = Conversation::current() {
            let mut alerts = conversation.alerts.get();
            match is_sent {
                true => alerts.sent = Some(alert),
                false => alerts.received = Some(alert),
            }
            conversation.alerts.set(alerts);
        }
    }
}
