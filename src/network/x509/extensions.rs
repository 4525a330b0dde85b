//! The extensions of a certificate that decide whom it may speak for.

use super::der::{self, BIT_STRING, BOOLEAN, Der, INTEGER, OCTET_STRING, OID, SEQUENCE};

/// What a certificate's extensions say. `None` means that the extension is not there.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Extensions<'a> {
    pub(crate) basic_constraints: Option<BasicConstraints>,
    pub(crate) key_usage: Option<KeyUsage>,
    pub(crate) extended_key_usage: Option<ExtendedKeyUsage>,
    pub(crate) subject_key_id: Option<&'a [u8]>,
    pub(crate) authority_key_id: Option<AuthorityKeyId<'a>>,
    /// The general names, one after the other.
    pub(crate) subject_alternative_names: Option<&'a [u8]>,
    /// The permitted and the excluded subtrees.
    pub(crate) name_constraints: Option<&'a [u8]>,
    /// An extension must be understood to judge the certificate, and is not.
    pub(crate) has_unknown_critical: bool,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct BasicConstraints {
    pub(crate) is_ca: bool,
    pub(crate) path_length: Option<u32>,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct KeyUsage(u8);

impl KeyUsage {
    pub(crate) fn digital_signature(self) -> bool {
        self.0 & 0x80 != 0
    }

    pub(crate) fn key_encipherment(self) -> bool {
        self.0 & 0x20 != 0
    }

    pub(crate) fn key_agreement(self) -> bool {
        self.0 & 0x08 != 0
    }

    pub(crate) fn key_cert_sign(self) -> bool {
        self.0 & 0x04 != 0
    }
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct ExtendedKeyUsage {
    pub(crate) server_auth: bool,
    pub(crate) client_auth: bool,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct AuthorityKeyId<'a> {
    pub(crate) key_id: Option<&'a [u8]>,
    /// The issuer's own issuer: the name, with its tag.
    pub(crate) issuer: Option<&'a [u8]>,
    pub(crate) serial: Option<&'a [u8]>,
}

impl<'a> Extensions<'a> {
    /// Reads the list of extensions; `None` if it is broken.
    pub(super) fn read(mut list: Der<'a>) -> Option<Self> {
        let mut extensions = Self::default();
        while !list.is_empty() {
            let mut extension = list.enter(SEQUENCE)?;
            let oid = extension.take(OID)?;
            let is_critical = extension.is_at(BOOLEAN) && extension.take(BOOLEAN)? != [0];
            let value = extension.take(OCTET_STRING)?;
            extensions.add(oid, is_critical, value)?;
        }
        Some(extensions)
    }

    fn add(&mut self, oid: &'a [u8], is_critical: bool, value: &'a [u8]) -> Option<()> {
        let mut value = Der::new(value);
        match oid {
            BASIC_CONSTRAINTS => self.basic_constraints = Some(basic_constraints(value)?),
            KEY_USAGE => {
                let bits = der::bits(value.take(BIT_STRING)?)?;
                self.key_usage = Some(KeyUsage(bits.first().copied().unwrap_or(0)));
            }
            EXTENDED_KEY_USAGE => self.extended_key_usage = Some(extended_key_usage(value)?),
            SUBJECT_ALTERNATIVE_NAME => {
                self.subject_alternative_names = Some(value.take(SEQUENCE)?);
            }
            SUBJECT_KEY_ID => {
                self.subject_key_id = Some(value.take(OCTET_STRING)?);
                self.has_unknown_critical |= is_critical;
            }
            AUTHORITY_KEY_ID => {
                self.authority_key_id = Some(authority_key_id(value)?);
                self.has_unknown_critical |= is_critical;
            }
            NAME_CONSTRAINTS => self.name_constraints = Some(value.take(SEQUENCE)?),
            _ => self.has_unknown_critical |= is_critical && !UNDERSTOOD_IF_CRITICAL.contains(&oid),
        }
        Some(())
    }
}

fn basic_constraints(mut value: Der<'_>) -> Option<BasicConstraints> {
    let mut fields = value.enter(SEQUENCE)?;
    let is_ca = fields.is_at(BOOLEAN) && fields.take(BOOLEAN)? != [0];
    let path_length = match fields.is_at(INTEGER) {
        true => Some(der::small_integer(fields.take(INTEGER)?)?),
        false => None,
    };
    Some(BasicConstraints { is_ca, path_length })
}

fn extended_key_usage(mut value: Der<'_>) -> Option<ExtendedKeyUsage> {
    let mut usage = ExtendedKeyUsage {
        server_auth: false,
        client_auth: false,
    };
    let mut purposes = value.enter(SEQUENCE)?;
    while !purposes.is_empty() {
        match purposes.take(OID)? {
            SERVER_AUTH => usage.server_auth = true,
            CLIENT_AUTH => usage.client_auth = true,
            _ => {}
        }
    }
    Some(usage)
}

fn authority_key_id(mut value: Der<'_>) -> Option<AuthorityKeyId<'_>> {
    let mut fields = value.enter(SEQUENCE)?;
    let mut id = AuthorityKeyId {
        key_id: None,
        issuer: None,
        serial: None,
    };
    while !fields.is_empty() {
        let field = fields.next()?;
        match field.tag {
            KEY_ID => id.key_id = Some(field.content),
            ISSUER => id.issuer = directory_name(Der::new(field.content)),
            SERIAL => id.serial = Some(field.content),
            _ => {}
        }
    }
    Some(id)
}

fn directory_name(mut names: Der<'_>) -> Option<&[u8]> {
    const DIRECTORY_NAME: u8 = der::explicit(4);
    while let Some(name) = names.next() {
        if name.tag == DIRECTORY_NAME {
            return Der::new(name.content).take_whole(SEQUENCE);
        }
    }
    None
}

const KEY_ID: u8 = der::implicit(0);
const ISSUER: u8 = der::explicit(1);
const SERIAL: u8 = der::implicit(2);

const SUBJECT_KEY_ID: &[u8] = &[0x55, 0x1D, 14];
const KEY_USAGE: &[u8] = &[0x55, 0x1D, 15];
const SUBJECT_ALTERNATIVE_NAME: &[u8] = &[0x55, 0x1D, 17];
const BASIC_CONSTRAINTS: &[u8] = &[0x55, 0x1D, 19];
const NAME_CONSTRAINTS: &[u8] = &[0x55, 0x1D, 30];
const AUTHORITY_KEY_ID: &[u8] = &[0x55, 0x1D, 35];
const EXTENDED_KEY_USAGE: &[u8] = &[0x55, 0x1D, 37];
const SERVER_AUTH: &[u8] = &[0x2B, 6, 1, 5, 5, 7, 3, 1];
const CLIENT_AUTH: &[u8] = &[0x2B, 6, 1, 5, 5, 7, 3, 2];

/// What OpenSSL counts as understood beside the above: distribution points and policies. That they are kept is webpki's
/// affair, which refuses those of them that it does not know.
const UNDERSTOOD_IF_CRITICAL: [&[u8]; 5] = [
    &[0x55, 0x1D, 31],
    &[0x55, 0x1D, 32],
    &[0x55, 0x1D, 33],
    &[0x55, 0x1D, 36],
    &[0x55, 0x1D, 54],
];
