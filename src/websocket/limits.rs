//! How large frames and messages may be, in both directions.

use super::WebSocket;
use super::settings::OUTGOING_FRAME_SIZE;
use crate::protocol::Limits;

/// Qt's largest value for all three sizes: what its byte arrays hold.
const LARGEST: u64 = i32::MAX as u64 - 1;

impl WebSocket {
    /// The longest frame that is accepted, in bytes: 16 MiB unless set.
    #[doc(alias = "maxAllowedIncomingFrameSize")]
    pub fn max_allowed_incoming_frame_size(&self) -> u64 {
        self.limits().frame
    }

    /// Sets the longest frame that is accepted, in bytes, from the next frame on. A peer that announces more is closed
    /// with code 1009. As in Qt, a value above [`max_incoming_frame_size`](Self::max_incoming_frame_size) is ignored.
    #[doc(alias = "setMaxAllowedIncomingFrameSize")]
    pub fn set_max_allowed_incoming_frame_size(&self, bytes: u64) {
        if bytes <= Self::max_incoming_frame_size() {
            self.change_limits(|limits| limits.frame = bytes);
        }
    }

    /// The largest value that [`set_max_allowed_incoming_frame_size`](Self::set_max_allowed_incoming_frame_size) takes.
    #[doc(alias = "maxIncomingFrameSize")]
    pub fn max_incoming_frame_size() -> u64 {
        LARGEST
    }

    /// The longest message that is accepted, in bytes: 64 MiB unless set.
    #[doc(alias = "maxAllowedIncomingMessageSize")]
    pub fn max_allowed_incoming_message_size(&self) -> u64 {
        self.limits().message
    }

    /// Sets the longest message that is accepted, in bytes, from the next frame on. A peer that sends more is closed
    /// with code 1009. As in Qt, a value above [`max_incoming_message_size`](Self::max_incoming_message_size) is ignored.
    #[doc(alias = "setMaxAllowedIncomingMessageSize")]
    pub fn set_max_allowed_incoming_message_size(&self, bytes: u64) {
        if bytes <= Self::max_incoming_message_size() {
            self.change_limits(|limits| limits.message = bytes);
        }
    }

    /// The largest value that [`set_max_allowed_incoming_message_size`](Self::set_max_allowed_incoming_message_size)
    /// takes.
    #[doc(alias = "maxIncomingMessageSize")]
    pub fn max_incoming_message_size() -> u64 {
        LARGEST
    }

    /// Sets how many frames a message may have: 131 072 unless set. Empty ones count.
    pub fn set_max_allowed_incoming_fragments(&self, fragments: u32) {
        self.change_limits(|limits| limits.fragments = fragments);
    }

    /// The size of the frames into which longer messages are cut, in bytes: 512 KiB unless set.
    #[doc(alias = "outgoingFrameSize")]
    pub fn outgoing_frame_size(&self) -> usize {
        self.settings.with(|settings| {
            settings
                .as_ref()
                .map_or(OUTGOING_FRAME_SIZE, |settings| settings.outgoing_frame_size)
        })
    }

    /// Sets the size of the frames into which longer messages are cut, in bytes; 0 never cuts. As in Qt, a value above
    /// [`max_outgoing_frame_size`](Self::max_outgoing_frame_size) is ignored.
    #[doc(alias = "setOutgoingFrameSize")]
    pub fn set_outgoing_frame_size(&self, bytes: usize) {
        if bytes as u64 <= Self::max_outgoing_frame_size() {
            self.change_settings(|settings| settings.outgoing_frame_size = bytes);
        }
    }

    /// The largest value that [`set_outgoing_frame_size`](Self::set_outgoing_frame_size) takes.
    #[doc(alias = "maxOutgoingFrameSize")]
    pub fn max_outgoing_frame_size() -> u64 {
        LARGEST
    }

    pub(super) fn limits(&self) -> Limits {
        self.settings.with(|settings| {
            settings
                .as_ref()
                .map_or_else(Limits::default, |settings| settings.limits)
        })
    }

    fn change_limits(&self, change: impl FnOnce(&mut Limits)) {
        let limits = self.change_settings(|settings| {
            change(&mut settings.limits);
            settings.limits
        });
        self.reader.with(|reader| {
            if let Some(reader) = reader {
                reader.set_limits(limits);
            }
        });
    }
}
