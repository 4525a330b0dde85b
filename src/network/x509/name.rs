//! The names of subjects and issuers.

use super::der::{Der, OID, SEQUENCE, SET, Value};

const UTF8_STRING: u8 = 0x0C;
const NUMERIC_STRING: u8 = 0x12;
const PRINTABLE_STRING: u8 = 0x13;
const TELETEX_STRING: u8 = 0x14;
const IA5_STRING: u8 = 0x16;
const UNIVERSAL_STRING: u8 = 0x1C;
const BMP_STRING: u8 = 0x1E;

/// Every value that a name (with its tag) has for an attribute, in order.
pub(crate) fn values(name: &[u8], attribute: &[u8]) -> Vec<String> {
    let mut found = Vec::new();
    // A broken name gives what stood in front of the fault.
    let _ = for_each_attribute(name, |oid, value| {
        if oid == attribute {
            found.extend(text(value));
        }
    });
    found
}

fn for_each_attribute<'a>(
    name: &'a [u8],
    mut visit: impl FnMut(&'a [u8], Value<'a>),
) -> Option<()> {
    let mut sets = Der::new(name).enter(SEQUENCE)?;
    while !sets.is_empty() {
        let mut set = sets.enter(SET)?;
        while !set.is_empty() {
            let mut pair = set.enter(SEQUENCE)?;
            let oid = pair.take(OID)?;
            visit(oid, pair.next()?);
        }
    }
    Some(())
}

fn text(value: Value<'_>) -> Option<String> {
    let bytes = value.content;
    match value.tag {
        UTF8_STRING | PRINTABLE_STRING | IA5_STRING | NUMERIC_STRING => {
            String::from_utf8(bytes.to_vec()).ok()
        }
        // What is called Teletex is Latin-1 in practice.
        TELETEX_STRING => Some(bytes.iter().map(|byte| char::from(*byte)).collect()),
        BMP_STRING => {
            let units = bytes.chunks(2).map(|unit| match *unit {
                [high, low] => u16::from_be_bytes([high, low]),
                _ => u16::MAX,
            });
            char::decode_utf16(units).collect::<Result<_, _>>().ok()
        }
        UNIVERSAL_STRING => bytes
            .chunks(4)
            .map(|unit| char::from_u32(u32::from_be_bytes(unit.try_into().ok()?)))
            .collect(),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(tag: u8, value: &[u8]) -> Vec<u8> {
        let mut bytes = vec![6, 3, 0x55, 4, 3, tag, value.len() as u8];
        bytes.extend(value);
        for tag in [SEQUENCE, SET, SEQUENCE] {
            bytes.splice(0..0, [tag, bytes.len() as u8]);
        }
        bytes
    }

    #[test]
    fn strings_of_all_kinds_are_read() {
        let common_name: &[u8] = &[0x55, 4, 3];
        let of = |tag, value: &[u8]| values(&name(tag, value), common_name);
        assert_eq!(of(UTF8_STRING, "é".as_bytes()), ["é"]);
        assert_eq!(of(PRINTABLE_STRING, b"e"), ["e"]);
        assert_eq!(of(TELETEX_STRING, &[0xE9]), ["é"]);
        assert_eq!(of(BMP_STRING, &[0, 0xE9]), ["é"]);
        assert_eq!(of(UNIVERSAL_STRING, &[0, 0, 0, 0xE9]), ["é"]);
        assert!(of(UTF8_STRING, &[0xFF]).is_empty());
        assert!(of(UNIVERSAL_STRING, &[0, 0, 0]).is_empty());
        assert!(of(0x04, b"e").is_empty());
        assert!(values(&name(UTF8_STRING, b"e"), &[0x55, 4, 10]).is_empty());
    }
}
