//! Ending a stream so that what was sent last arrives.

use super::{Buffers, Stream};

/// Says the end on every layer and lets go.
///
/// A TCP socket that is closed over unread bytes answers with a reset, and a reset makes the peer forget what it
/// received but did not read yet: our close frame. So what already arrived is read first, up to a bound.
pub(crate) fn shut_down(mut stream: Stream, buffers: &Buffers) {
    stream.say_the_end();
    let mut buffer = buffers.take_read_buffer();
    for _ in 0..READS_AT_MOST {
        buffer.clear();
        match stream.read_raw(&mut buffer) {
            Ok(count) if count > 0 => {}
            _ => break,
        }
    }
    buffers.give_read_buffer(buffer);
}

const READS_AT_MOST: usize = 16;
