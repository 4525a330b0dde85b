//! Reads `scheme name=value, name="value", scheme token68, ..`: a comma parts the parameters of one challenge and
//! also the challenges.

use crate::handshake::field;

/// The parameters of one challenge. Names are compared without regard to case; of several the first counts.
#[derive(Debug, Default)]
pub(super) struct Parameters(Vec<(String, String)>);

/// A challenge needs seven. What a server says beyond that is not remembered.
const REMEMBERED: usize = 32;

impl Parameters {
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        let mut all = self.0.iter();
        all.find(|(other, _)| other.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
    }

    pub(super) fn is(&self, name: &str, value: &str) -> bool {
        self.get(name)
            .is_some_and(|other| other.eq_ignore_ascii_case(value))
    }

    fn add(&mut self, name: &str, value: String) {
        if self.0.len() < REMEMBERED {
            self.0.push((name.to_owned(), value));
        }
    }
}

/// Shows each challenge in the value of a header to `look`. What is malformed ends the reading: nobody knows what a
/// part behind it means, and the challenge in which it stands is not shown.
pub(super) fn each(value: &str, look: &mut impl FnMut(&str, &Parameters)) {
    let mut rest = value;
    let mut current: Option<(&str, Parameters)> = None;
    loop {
        rest = rest.trim_start_matches([' ', '\t', ',']);
        if rest.is_empty() {
            break;
        }
        if let Some((name, value, behind)) = parameter(rest) {
            let Some((_, parameters)) = &mut current else {
                return; // it belongs to nothing
            };
            parameters.add(name, value);
            rest = behind;
        } else if let Some((scheme, behind)) = scheme(rest) {
            if let Some((scheme, parameters)) = current.replace((scheme, Parameters::default())) {
                look(scheme, &parameters);
            }
            rest = behind;
        } else {
            return;
        }
        let at_end = rest.trim_start_matches([' ', '\t']);
        let follows_scheme = current.as_ref().is_some_and(|(_, all)| all.0.is_empty());
        if !at_end.is_empty() && !at_end.starts_with(',') && !follows_scheme {
            return;
        }
    }
    if let Some((scheme, parameters)) = current {
        look(scheme, &parameters);
    }
}

/// `name=value`, and what is behind it.
fn parameter(text: &str) -> Option<(&str, String, &str)> {
    let (name, rest) = token(text)?;
    let rest = skip_space(rest).strip_prefix('=')?;
    let rest = skip_space(rest);
    if let Some(quoted) = rest.strip_prefix('"') {
        let (value, behind) = unquoted(quoted)?;
        return Some((name, value, behind));
    }
    let (value, behind) = token(rest)?;
    Some((name, value.to_owned(), behind))
}

/// A scheme and, if there is one, its `token68`, which no scheme known here has.
fn scheme(text: &str) -> Option<(&str, &str)> {
    let (scheme, rest) = token(text)?;
    let end = rest.find(',').unwrap_or(rest.len());
    let (data, behind) = rest.split_at(end);
    let is_alone = data.trim_matches([' ', '\t']).is_empty();
    if !is_alone && !data.starts_with([' ', '\t']) {
        return None;
    }
    let is_token68 = || {
        let data = field::trim(data).trim_end_matches('=');
        let is_part = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~+/".contains(&byte);
        data.bytes().all(is_part)
    };
    match () {
        () if is_alone => Some((scheme, behind)),
        () if parameter(skip_space(rest)).is_some() => Some((scheme, skip_space(rest))),
        () if is_token68() => Some((scheme, behind)),
        () => None,
    }
}

fn token(text: &str) -> Option<(&str, &str)> {
    let end = text
        .bytes()
        .position(|byte| !field::is_token_byte(byte))
        .unwrap_or(text.len());
    (end > 0).then(|| text.split_at(end))
}

/// What stands up to the closing quote, and what is behind that.
fn unquoted(text: &str) -> Option<(String, &str)> {
    let mut value = String::new();
    let mut chars = text.char_indices();
    while let Some((at, c)) = chars.next() {
        match c {
            '"' => return Some((value, &text[at + 1..])),
            '\\' => value.push(chars.next()?.1),
            c => value.push(c),
        }
    }
    None
}

fn skip_space(text: &str) -> &str {
    text.trim_start_matches([' ', '\t'])
}
