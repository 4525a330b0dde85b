//! What both ends of a TLS connection said last.

use super::WebSocket;
use super::news::News;
use crate::network::AlertLevel;
use crate::transport::Alerts;

impl WebSocket {
    /// Remembers the alerts of a connection that ends, to be told with its end.
    pub(super) fn note_alerts(&self, alerts: Alerts) {
        if alerts == Alerts::default() {
            return;
        }
        self.change_texts(|texts| texts.alerts = alerts);
        let sent = alerts.sent.map(|alert| match alert.level() {
            AlertLevel::Fatal => News::FATAL_ALERT_SENT,
            _ => News::CLOSE_NOTIFY_SENT,
        });
        let news = sent.unwrap_or(News::NONE);
        self.news
            .add(news.and_if(alerts.received.is_some(), News::ALERT_RECEIVED));
    }

    pub(super) fn tell_alert_received(&self) {
        if let Some(alert) = self.alerts().received {
            self.alert_received.emit(alert.level(), alert, alert.text());
        }
    }

    pub(super) fn tell_alert_sent(&self) {
        if let Some(alert) = self.alerts().sent {
            self.alert_sent.emit(alert.level(), alert, alert.text());
        }
    }

    fn alerts(&self) -> Alerts {
        self.texts.with(|texts| {
            texts
                .as_ref()
                .map_or_else(Alerts::default, |texts| texts.alerts)
        })
    }
}
