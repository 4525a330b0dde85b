//! Where the masks of client frames come from.

use std::fmt;
use std::rc::Rc;

use qeventloop::reactor::Shared;

/// Makes the masks with which a client scrambles what it sends.
///
/// Masks protect proxies that misread WebSocket traffic as HTTP against text that a script chose; so they must be
/// unpredictable. The built-in generator's are. One of your own is of use where frames must be reproducible, as in
/// tests.
///
/// ```
/// use std::cell::Cell;
/// use std::rc::Rc;
/// use qwebsocket::{MaskGenerator, WebSocket};
///
/// #[derive(Default)]
/// struct Counting(Cell<u32>);
///
/// impl MaskGenerator for Counting {
///     fn next_mask(&self) -> u32 {
///         self.0.replace(self.0.get() + 1)
///     }
/// }
///
/// let socket = WebSocket::new();
/// socket.set_mask_generator(Some(Rc::new(Counting::default())));
/// ```
#[doc(alias = "QMaskGenerator")]
pub trait MaskGenerator {
    /// Prepares the generator; `false` if that failed. Never called by this library, as it is not by Qt.
    fn seed(&self) -> bool {
        true
    }

    /// The next mask, as it is sent, most significant byte first. Zero is a mask like any other.
    #[doc(alias = "nextMask")]
    fn next_mask(&self) -> u32;
}

impl fmt::Debug for dyn MaskGenerator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MaskGenerator")
    }
}

/// The built-in generator of this thread: the system's randomness, fetched some KiB at a time.
pub(super) fn default_mask_generator() -> Rc<dyn MaskGenerator> {
    thread_local! {
        static GENERATOR: Rc<RandomMasks> = Rc::default();
    }
    // A socket may outlive the thread's locals.
    GENERATOR.try_with(Rc::clone).unwrap_or_default()
}

const POOL: usize = 4 * 1024;

struct RandomMasks {
    pool: Shared<Pool>,
}

struct Pool {
    bytes: Box<[u8]>,
    used: usize,
}

impl Default for RandomMasks {
    fn default() -> Self {
        Self {
            pool: Shared::new(Pool {
                bytes: vec![0; POOL].into(),
                used: POOL,
            }),
        }
    }
}

impl MaskGenerator for RandomMasks {
    fn next_mask(&self) -> u32 {
        self.pool.with(|pool| {
            if pool.used == POOL {
                // invariant: an operating system that runs this has a source of randomness; a mask that can be
                // guessed would be worse than none.
                getrandom::fill(&mut pool.bytes).expect("the system gives random bytes");
                pool.used = 0;
            }
            let mut mask = [0; 4];
            mask.copy_from_slice(&pool.bytes[pool.used..pool.used + 4]);
            pool.used += 4;
            u32::from_be_bytes(mask)
        })
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn masks_do_not_repeat_across_refills() {
        let generator = default_mask_generator();
        let masks: HashSet<u32> = (0..3 * POOL / 4).map(|_| generator.next_mask()).collect();
        assert!(
            masks.len() > 3 * POOL / 4 - 4,
            "{} different ones",
            masks.len()
        );
    }
}
