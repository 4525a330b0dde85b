//! Signals and slots.

mod arity;
mod blocker;
mod connection;
mod kinds;
mod param;
mod signature;
mod slots;

pub use self::blocker::SignalBlocker;
pub use self::connection::{Connection, ScopedConnection};
pub use self::param::{Direct, Param, QueuedParam, Ref, RemoteParam};
pub use self::signature::Signature;

use std::cell::OnceCell;
use std::fmt;
use std::rc::{Rc, Weak};

use self::connection::Sender;
use self::slots::Core;

/// A typed list of slots.
///
/// A signal is a public field of the object that emits it. Its type is written like the type of a
/// function, so the field reads like a declaration. A `Copy` parameter is passed by value;
/// [`Ref<T>`](Ref) lends a `&T` to the slots.
///
/// ```
/// use std::{cell::Cell, rc::Rc};
/// use qeventloop::{Ref, Signal};
///
/// #[derive(Default)]
/// struct Thermometer {
///     /// A new value was measured.
///     pub temperature_changed: Signal<fn(celsius: f64)>,
///     /// Something is wrong with the sensor.
///     pub failed: Signal<fn(reason: Ref<str>)>,
///     celsius: Cell<f64>,
/// }
///
/// impl Thermometer {
///     fn measure(&self, celsius: f64) {
///         if celsius < -273.15 {
///             return self.failed.emit("colder than cold");
///         }
///         if self.celsius.replace(celsius) != celsius {
///             self.temperature_changed.emit(celsius);
///         }
///     }
/// }
///
/// struct Display {
///     thermometer: Rc<Thermometer>,
///     updates: Cell<u32>,
/// }
///
/// impl Display {
///     fn new() -> Rc<Self> {
///         let display =
///             Rc::new(Display { thermometer: Rc::default(), updates: Cell::new(0) });
///         let thermometer = &display.thermometer;
///         thermometer.temperature_changed.connect_to(&display, Self::on_temperature_changed);
///         thermometer.failed.connect(|reason| println!("failed: {reason}"));
///         display
///     }
///
///     fn on_temperature_changed(&self, celsius: f64) {
///         println!("{celsius:.1} °C");
///         self.updates.set(self.updates.get() + 1);
///     }
/// }
///
/// let display = Display::new();
/// display.thermometer.measure(21.5);
/// display.thermometer.measure(21.5);
/// display.thermometer.measure(-300.0);
/// assert_eq!(display.updates.get(), 1);
/// ```
///
/// # What a slot may do
///
/// Everything. Slots run in the order in which they were connected. One that is connected during an
/// emission waits for the next; one that is disconnected is skipped; a panic passes through and
/// leaves the signal usable. If the sender is dropped by a slot, the rest is silent. What a slot
/// returns is ignored.
///
/// # What it costs
///
/// Eight bytes and no allocation until it is connected, then one allocation per connection and one
/// per signal. Emitting allocates nothing; without slots it is a single branch.
pub struct Signal<S: Signature> {
    core: OnceCell<Rc<Core<S::Slot>>>,
}

impl<S: Signature> Signal<S> {
    /// A signal nobody listens to.
    pub const fn new() -> Self {
        Self {
            core: OnceCell::new(),
        }
    }

    /// Suppresses emissions, or no longer; returns whether they were suppressed.
    ///
    /// What is emitted meanwhile is lost. [`SignalBlocker`] does this for a scope.
    #[doc(alias = "blockSignals")]
    pub fn block_signals(&self, block: bool) -> bool {
        match self.core.get() {
            None if !block => false,
            _ => self.core().block(block),
        }
    }

    /// Breaks every connection of this signal.
    pub fn disconnect_all(&self) {
        if let Some(core) = self.core.get() {
            core.disconnect_all();
        }
    }

    /// How many slots would be called.
    pub fn receivers(&self) -> usize {
        self.core.get().map_or(0, |core| core.receivers())
    }

    /// Whether any slot would be called. For skipping work whose only use is to be emitted.
    #[doc(alias = "isSignalConnected")]
    pub fn is_connected(&self) -> bool {
        self.receivers() > 0
    }

    fn core(&self) -> &Rc<Core<S::Slot>> {
        self.core.get_or_init(|| Rc::new(Core::new()))
    }

    fn sender(&self) -> Weak<dyn Sender> {
        let sender: Weak<Core<S::Slot>> = Rc::downgrade(self.core());
        sender
    }
}

impl<S: Signature> Default for Signal<S> {
    fn default() -> Self {
        Self::new()
    }
}

impl<S: Signature> Drop for Signal<S> {
    fn drop(&mut self) {
        if let Some(core) = self.core.get() {
            core.abandon();
        }
    }
}

impl<S: Signature> fmt::Debug for Signal<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Signal")
            .field("receivers", &self.receivers())
            .finish_non_exhaustive()
    }
}
