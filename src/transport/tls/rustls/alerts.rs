//! The alerts of a session that failed, read off its error: rustls tells no more of them.

use rustls::{AlertDescription, Error};

use crate::network::AlertType;

/// The alert of the peer that is this error.
pub(super) fn received(error: &Error) -> Option<AlertType> {
    match error {
        Error::AlertReceived(description) => Some(kind(*description)),
        _ => None,
    }
}

/// The alert that rustls sends because of this error, where one error always makes the same alert.
pub(super) fn sent(error: &Error) -> Option<AlertType> {
    let description = match error {
        Error::InvalidMessage(error) => (*error).into(),
        Error::InvalidCertificate(error) => error.clone().into(),
        Error::InappropriateMessage { .. } | Error::InappropriateHandshakeMessage { .. } => {
            AlertDescription::UnexpectedMessage
        }
        Error::DecryptError => AlertDescription::BadRecordMac,
        Error::PeerSentOversizedRecord => AlertDescription::RecordOverflow,
        Error::NoApplicationProtocol => AlertDescription::NoApplicationProtocol,
        _ => return None,
    };
    Some(kind(description))
}

fn kind(description: AlertDescription) -> AlertType {
    AlertType::from_number(description.into())
}
