use std::fmt;

/// Why a connection was closed.
///
/// A number rather than an enumeration, since 3000 to 3999 are registered by libraries and 4000 to
/// 4999 belong to applications: `CloseCode(4001)` is as good a code as [`CloseCode::NORMAL`].
#[doc(alias = "QWebSocketProtocol::CloseCode")]
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CloseCode(pub u16);

impl CloseCode {
    /// 1000: the purpose of the connection is fulfilled.
    #[doc(alias = "CloseCodeNormal")]
    pub const NORMAL: CloseCode = CloseCode(1000);
    /// 1001: the server goes down, or the user left the page.
    #[doc(alias = "CloseCodeGoingAway")]
    pub const GOING_AWAY: CloseCode = CloseCode(1001);
    /// 1002: the other end broke the rules of the protocol.
    #[doc(alias = "CloseCodeProtocolError")]
    pub const PROTOCOL_ERROR: CloseCode = CloseCode(1002);
    /// 1003: a kind of data arrived that this end does not take, such as binary where text is
    /// expected.
    #[doc(alias = "CloseCodeDatatypeNotSupported")]
    pub const DATATYPE_NOT_SUPPORTED: CloseCode = CloseCode(1003);
    /// 1004: reserved. Never sent.
    #[doc(alias = "CloseCodeReserved1004")]
    pub const RESERVED_1004: CloseCode = CloseCode(1004);
    /// 1005: the close frame had no code in it. Never sent.
    #[doc(alias = "CloseCodeMissingStatusCode")]
    pub const MISSING_STATUS_CODE: CloseCode = CloseCode(1005);
    /// 1006: the connection was lost without a close frame. Never sent.
    #[doc(alias = "CloseCodeAbnormalDisconnection")]
    pub const ABNORMAL_DISCONNECTION: CloseCode = CloseCode(1006);
    /// 1007: the content does not match its type, such as text that is not UTF-8.
    #[doc(alias = "CloseCodeWrongDatatype")]
    pub const WRONG_DATATYPE: CloseCode = CloseCode(1007);
    /// 1008: a rule was broken for which there is no better code.
    #[doc(alias = "CloseCodePolicyViolated")]
    pub const POLICY_VIOLATED: CloseCode = CloseCode(1008);
    /// 1009: a frame or message is larger than this end takes.
    #[doc(alias = "CloseCodeTooMuchData")]
    pub const TOO_MUCH_DATA: CloseCode = CloseCode(1009);
    /// 1010: the client needs an extension that the server did not agree to.
    #[doc(alias = "CloseCodeMissingExtension")]
    pub const MISSING_EXTENSION: CloseCode = CloseCode(1010);
    /// 1011: something unexpected kept the server from fulfilling the request.
    #[doc(alias = "CloseCodeBadOperation")]
    pub const BAD_OPERATION: CloseCode = CloseCode(1011);
    /// 1012: the service restarts.
    pub const SERVICE_RESTART: CloseCode = CloseCode(1012);
    /// 1013: the service is overloaded; come back later.
    pub const TRY_AGAIN_LATER: CloseCode = CloseCode(1013);
    /// 1014: a gateway got a bad answer from the server behind it.
    pub const BAD_GATEWAY: CloseCode = CloseCode(1014);
    /// 1015: the TLS handshake failed. Never sent.
    #[doc(alias = "CloseCodeTlsHandshakeFailed")]
    pub const TLS_HANDSHAKE_FAILED: CloseCode = CloseCode(1015);

    /// Whether a close frame may carry this code: 1000 to 1003, 1007 to 1014 and 3000 to 4999.
    pub const fn is_valid_on_wire(self) -> bool {
        matches!(self.0, 1000..=1003 | 1007..=1014 | 3000..=4999)
    }
}

impl fmt::Display for CloseCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl From<u16> for CloseCode {
    fn from(code: u16) -> Self {
        CloseCode(code)
    }
}

impl From<CloseCode> for u16 {
    fn from(code: CloseCode) -> Self {
        code.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_is_allowed_on_the_wire_or_not() {
        let allowed: Vec<u16> = (0..=u16::MAX)
            .filter(|&n| CloseCode(n).is_valid_on_wire())
            .collect();
        let mut expected = vec![1000, 1001, 1002, 1003];
        expected.extend(1007..1015);
        expected.extend(3000..5000);
        assert_eq!(allowed, expected);
    }

    #[test]
    fn shows_as_its_number() {
        assert_eq!(CloseCode::GOING_AWAY.to_string(), "1001");
        assert_eq!(u16::from(CloseCode::from(4001)), 4001);
    }
}
