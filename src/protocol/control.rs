//! What control frames say.

use super::{CloseCode, Event, Opcode, Violation};

/// The event of a complete control frame.
pub(super) fn control_event(opcode: Opcode, payload: &[u8]) -> Event<'_> {
    match opcode {
        Opcode::Ping => Event::Ping(payload),
        Opcode::Pong => Event::Pong(payload),
        _ => close_event(payload).unwrap_or_else(Event::Violation),
    }
}

fn close_event(payload: &[u8]) -> Result<Event<'_>, Violation> {
    let (code, reason) = match payload {
        [] => {
            return Ok(Event::Close {
                code: None,
                reason: "",
            });
        }
        [_] => return Err(Violation::close_payload_too_small()),
        [high, low, reason @ ..] => (CloseCode(u16::from_be_bytes([*high, *low])), reason),
    };
    if !code.is_valid_on_wire() {
        return Err(Violation::invalid_close_code(code));
    }
    match simdutf8::basic::from_utf8(reason) {
        Ok(reason) => Ok(Event::Close {
            code: Some(code),
            reason,
        }),
        Err(_) => Err(Violation::invalid_utf8("a close reason")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_close_code() {
        for code in 0..=u16::MAX {
            let payload = code.to_be_bytes();
            match control_event(Opcode::Close, &payload) {
                Event::Close {
                    code: Some(CloseCode(seen)),
                    reason: "",
                } => {
                    assert!(CloseCode(code).is_valid_on_wire());
                    assert_eq!(seen, code);
                }
                Event::Violation(violation) => {
                    assert!(!CloseCode(code).is_valid_on_wire());
                    assert_eq!(violation.code, CloseCode::PROTOCOL_ERROR);
                    assert_eq!(
                        violation.reason,
                        format!("Invalid close code {code} detected.")
                    );
                    assert!(violation.detail.contains(&code.to_string()));
                }
                other => panic!("{other:?}"),
            }
        }
    }

    #[test]
    fn close_payloads() {
        let close = |payload| control_event(Opcode::Close, payload);
        assert_eq!(
            close(b""),
            Event::Close {
                code: None,
                reason: ""
            }
        );
        assert_eq!(
            close(b"\x03\xE8bye \xE2\x82\xAC"),
            Event::Close {
                code: Some(CloseCode::NORMAL),
                reason: "bye \u{20AC}"
            }
        );
        let Event::Violation(short) = close(b"\x03") else {
            panic!()
        };
        assert_eq!(
            (short.code.0, &*short.reason),
            (1002, "Payload of close frame is too small.")
        );
        let Event::Violation(text) = close(b"\x03\xE8\xE2\x82") else {
            panic!()
        };
        assert_eq!(
            (text.code.0, &*text.reason),
            (1007, "Invalid UTF-8 code encountered.")
        );
    }

    #[test]
    fn pings_and_pongs_carry_anything() {
        assert_eq!(control_event(Opcode::Ping, b"\xFF"), Event::Ping(b"\xFF"));
        assert_eq!(control_event(Opcode::Pong, b""), Event::Pong(b""));
    }
}
