//! Qt's tests of the generator of masks that is built in.

use std::rc::Rc;

use qwebsocket::{MaskGenerator, WebSocket};

fn built_in() -> Rc<dyn MaskGenerator> {
    WebSocket::new().mask_generator()
}

fn series(generator: &dyn MaskGenerator) -> Vec<u32> {
    (0..1000).map(|_| generator.next_mask()).collect()
}

#[test]
fn randomness_without_seed() {
    let generator = built_in();
    assert_ne!(series(&*generator), series(&*generator));
}

/// One generator, two that are seeded, and one of two.
#[test]
fn randomness_with_seed() {
    let (first, second) = (built_in(), built_in());
    assert!(first.seed());
    assert_ne!(series(&*first), series(&*first));
    assert_ne!(series(&*first), series(&*second));
    assert!(second.seed());
    assert_ne!(series(&*first), series(&*second));
}
