//! What sockets use on which no proxy was set.

use std::sync::{PoisonError, RwLock};

use super::{NetworkProxy, ProxyType, is_local};

static APPLICATION: RwLock<Option<NetworkProxy>> = RwLock::new(None);

impl NetworkProxy {
    /// The proxy of all sockets of the process that have none of their own; `ProxyType::None` until one is set.
    #[doc(alias = "applicationProxy")]
    pub fn application_proxy() -> Self {
        // Nobody panics with the lock in hand.
        let proxy = APPLICATION.read().unwrap_or_else(PoisonError::into_inner);
        proxy.clone().unwrap_or_else(Self::none)
    }

    /// Sets the proxy of all sockets of the process, on whatever thread, whose own is of the type `Default`. It counts
    /// from each socket's next `open` on. As in Qt, connections to this machine (`localhost` and loopback addresses)
    /// do not use it. One of the type `Default` takes it back.
    ///
    /// ```
    /// use qwebsocket::{NetworkProxy, ProxyType};
    ///
    /// NetworkProxy::set_application_proxy(NetworkProxy::new(ProxyType::Http, "proxy.example.com", 3128));
    /// # NetworkProxy::set_application_proxy(NetworkProxy::none());
    /// ```
    #[doc(alias = "setApplicationProxy")]
    pub fn set_application_proxy(proxy: Self) {
        let proxy = (proxy.kind != ProxyType::Default).then_some(proxy);
        let mut application = APPLICATION.write().unwrap_or_else(PoisonError::into_inner);
        let old = std::mem::replace(&mut *application, proxy);
        drop(application);
        drop(old); // not under the lock
    }

    /// The proxy to use for a host: itself, unless it stands for the application's. `None` for none.
    pub(crate) fn for_host(&self, host: &str) -> Option<Self> {
        let proxy = match self.kind {
            ProxyType::Default if is_local(host) => return None,
            ProxyType::Default => Self::application_proxy(),
            _ => self.clone(),
        };
        (proxy.kind != ProxyType::None).then_some(proxy)
    }
}
