//! What the TLS backend makes of a configuration.

use std::any::Any;
use std::sync::{Arc, Mutex, MutexGuard};

use super::SslConfiguration;

/// The backend's own forms of a configuration, one per type, made at first use. What they are is the backend's affair.
#[derive(Clone, Default)]
pub(crate) struct BackendCache {
    forms: Arc<Mutex<Vec<Form>>>,
}

type Form = Arc<dyn Any + Send + Sync>;

impl BackendCache {
    /// The form of this type; `make` makes it if there is none yet.
    pub(crate) fn get_or_make<T: Any + Send + Sync, E>(
        &self,
        make: impl FnOnce() -> Result<T, E>,
    ) -> Result<Arc<T>, E> {
        if let Some(form) = find(&self.lock()) {
            return Ok(form);
        }
        let made = Arc::new(make()?); // without the lock: it reads files
        let mut forms = self.lock();
        // Another thread may have been quicker. Whoever shares a configuration shares its sessions.
        Ok(find(&forms).unwrap_or_else(|| {
            forms.push(made.clone());
            made
        }))
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Form>> {
        self.forms.lock().unwrap_or_else(|lock| lock.into_inner())
    }
}

fn find<T: Any + Send + Sync>(forms: &[Form]) -> Option<Arc<T>> {
    forms
        .iter()
        .find_map(|form| Arc::clone(form).downcast().ok())
}

impl SslConfiguration {
    pub(crate) fn backend_cache(&self) -> &BackendCache {
        &self.cache
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_form_is_made_once_and_a_failure_is_not_kept() {
        let cache = BackendCache::default();
        assert_eq!(cache.get_or_make(|| Err::<u8, _>("no")), Err("no"));
        let first = cache.get_or_make(|| Ok::<u8, &str>(1));
        let again = cache.clone().get_or_make(|| Ok::<u8, &str>(2));
        assert_eq!((first, again), (Ok(Arc::new(1)), Ok(Arc::new(1))));
        let other = cache.get_or_make(|| Ok::<u16, &str>(3));
        assert_eq!(other, Ok(Arc::new(3)));
    }
}
