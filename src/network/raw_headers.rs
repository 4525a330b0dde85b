//! Headers as an application sets them: names are compared without regard to case, and keep their place.

/// Headers in the order in which they were first set.
#[derive(Clone, Default, PartialEq, Eq)]
pub(super) struct RawHeaders(Vec<(String, String)>);

impl RawHeaders {
    /// Replaces the value of the header with this name, or adds one.
    pub(super) fn set(&mut self, name: &str, value: &str) {
        let mut headers = self.0.iter_mut();
        match headers.find(|(other, _)| other.eq_ignore_ascii_case(name)) {
            Some((_, old)) => value.clone_into(old),
            None => self.0.push((name.to_owned(), value.to_owned())),
        }
    }

    pub(super) fn remove(&mut self, name: &str) {
        self.0
            .retain(|(other, _)| !other.eq_ignore_ascii_case(name));
    }

    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.iter()
            .find(|(other, _)| other.eq_ignore_ascii_case(name))
            .map(|(_, value)| value)
    }

    pub(super) fn names(&self) -> Vec<&str> {
        self.iter().map(|(name, _)| name).collect()
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
    }
}
