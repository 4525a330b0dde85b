/// Which close frames have passed, named after what happens on the wire.
///
/// ```text
///            send_close            recv_close
///      Open ────────────▶ SentByUs ────────────▶ Acknowledged
///        │                                            ▲
///        │ recv_close                     send_close  │
///        └──────────────▶ SentByPeer ─────────────────┘
///
///      any state ── lost ──▶ Gone
/// ```
///
/// Each end sends exactly one close frame and no data after it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Closing {
    /// No close frame has passed: messages flow both ways.
    #[default]
    Open,
    /// Ours is out. We wait for the peer's and ignore its messages.
    SentByUs,
    /// The peer's has come. Ours is owed.
    SentByPeer,
    /// Both have passed; the stream below may be shut down.
    Acknowledged,
    /// The stream below has ended: nothing can be sent or received.
    Gone,
}

impl Closing {
    /// Our close frame goes out. `false`: it must not, one is out already or there is no way to
    /// send it.
    #[must_use = "a second close frame must not be written"]
    pub fn send_close(&mut self) -> bool {
        *self = match self {
            Closing::Open => Closing::SentByUs,
            Closing::SentByPeer => Closing::Acknowledged,
            Closing::SentByUs | Closing::Acknowledged | Closing::Gone => return false,
        };
        true
    }

    /// The peer's close frame came. [`close_is_owed`](Self::close_is_owed) tells whether to answer.
    pub fn recv_close(&mut self) {
        *self = match *self {
            Closing::Open => Closing::SentByPeer,
            Closing::SentByUs => Closing::Acknowledged,
            done => done,
        };
    }

    /// The stream below ended, in whatever state.
    pub fn lost(&mut self) {
        *self = Closing::Gone;
    }

    /// Whether messages and pings may still be sent.
    pub fn may_send_data(self) -> bool {
        self == Closing::Open
    }

    /// Whether messages that come in still matter.
    pub fn may_receive_data(self) -> bool {
        self == Closing::Open
    }

    /// The peer closed and waits for our close frame.
    pub fn close_is_owed(self) -> bool {
        self == Closing::SentByPeer
    }

    /// Both close frames have passed: the connection ended as it should.
    pub fn is_complete(self) -> bool {
        self == Closing::Acknowledged
    }
}

#[cfg(test)]
mod tests {
    use super::Closing::{self, *};

    #[test]
    fn every_event_in_every_state() {
        // state, after send_close and whether it goes out, after recv_close
        let table = [
            (Open, SentByUs, true, SentByPeer),
            (SentByUs, SentByUs, false, Acknowledged),
            (SentByPeer, Acknowledged, true, SentByPeer),
            (Acknowledged, Acknowledged, false, Acknowledged),
            (Gone, Gone, false, Gone),
        ];
        for (state, sent, goes_out, received) in table {
            let mut closing = state;
            assert_eq!(closing.send_close(), goes_out, "{state:?}");
            assert_eq!(closing, sent, "{state:?}");
            let mut closing = state;
            closing.recv_close();
            assert_eq!(closing, received, "{state:?}");
            closing.lost();
            assert_eq!(closing, Gone);
            assert_eq!(state.may_send_data(), state == Open);
            assert_eq!(state.may_receive_data(), state == Open);
            assert_eq!(state.close_is_owed(), state == SentByPeer);
            assert_eq!(state.is_complete(), state == Acknowledged);
        }
        assert_eq!(Closing::default(), Open);
    }
}
