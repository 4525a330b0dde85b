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
fn randomness_of_masks() {
    for is_seeded in [false, true] {
        let (first, second) = (built_in(), built_in());
        if is_seeded {
            assert!(first.seed() && second.seed());
        }
        assert_ne!(series(&*first), series(&*first), "one generator");
        assert_ne!(series(&*first), series(&*second), "two generators");
    }
}
