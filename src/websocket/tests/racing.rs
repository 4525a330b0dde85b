//! Several addresses under one name, some of which are dead.

use std::io::Read;
use std::net::{SocketAddr, TcpListener};
use std::rc::Rc;
use std::time::Duration;

use qeventloop::reactor::ManualClock;
use qeventloop::{EventLoop, Next};
use qwebsocket::{SocketState, WebSocket};

use super::addresses::{BlackHole, Refusing, both_families, unreachable};
use super::support::pair::stopped_clock;
use super::support::raw_peer::{RawPeer, Script, Wire};
use super::support::transcript::Recorder;
use super::support::{run_until, settle};
use crate::transport::hosts;

const DELAY: Duration = Duration::from_millis(250);
const MOMENT: Duration = Duration::from_millis(1);
const SECOND: Duration = Duration::from_secs(1);
const URL: &str = "ws://several.test";

const OPENED: &str = "
    [open
      state_changed(Connecting)  {Connecting | no error | 1000}
    ]
";

/// A client that was told to open a name with these addresses, on a clock that stands still.
fn opening(addresses: &[SocketAddr]) -> (ManualClock, Rc<WebSocket>, Recorder) {
    opening_with(addresses, |_| {})
}

fn opening_with(
    addresses: &[SocketAddr],
    prepare: impl FnOnce(&WebSocket),
) -> (ManualClock, Rc<WebSocket>, Recorder) {
    hosts::set("several.test", addresses);
    let clock = stopped_clock();
    let socket = WebSocket::new();
    prepare(&socket);
    let recorder = Recorder::new(&socket);
    recorder.call("open", |socket| socket.open(URL));
    recorder.expect_and_clear(OPENED);
    settle();
    (clock, socket, recorder)
}

fn server() -> (RawPeer, SocketAddr) {
    server_behind(TcpListener::bind("127.0.0.1:0").expect("a port"))
}

fn server_behind(listener: TcpListener) -> (RawPeer, SocketAddr) {
    let address = listener.local_addr().expect("an address");
    let script = |wire: &mut Wire| {
        wire.accept_upgrade();
        wire.expect_end();
    };
    (
        RawPeer::behind(listener, [Box::new(script) as Script]),
        address,
    )
}

/// Two addresses that swallow packets, both being tried, and a third one that is not yet.
struct Race {
    clock: ManualClock,
    socket: Rc<WebSocket>,
    recorder: Recorder,
    holes: [BlackHole; 3],
}

impl Race {
    fn new() -> Self {
        let holes = [BlackHole::new(), BlackHole::new(), BlackHole::new()];
        let addresses = holes.each_ref().map(BlackHole::address);
        let (clock, socket, recorder) = opening(&addresses);
        clock.advance(DELAY);
        settle();
        let race = Self {
            clock,
            socket,
            recorder,
            holes,
        };
        assert_eq!(race.waiting(), [1, 1, 0]);
        race
    }

    fn waiting(&self) -> [usize; 3] {
        self.holes.each_ref().map(BlackHole::waiting)
    }

    /// Nothing is tried any more, and nothing will be.
    #[track_caller]
    fn expect_over(&self) {
        assert_eq!(self.waiting(), [0, 0, 0]);
        settle();
        assert_eq!(EventLoop::new().next(), Next::WhenWoken);
        self.clock.advance(60 * SECOND);
        settle();
        assert_eq!(self.waiting(), [0, 0, 0]);
    }
}

#[track_caller]
fn expect_connected(socket: &WebSocket, recorder: &Recorder, peer: RawPeer) {
    recorder.run_until("connected");
    recorder.expect(
        "
        state_changed(Connected)     {Connected, valid | no error | 1000}
        connected                    {Connected, valid | no error | 1000}
        ",
    );
    assert_eq!(socket.peer_port(), peer.port());
    socket.abort();
    peer.join();
}

#[test]
fn a_second_address_joins_in_after_the_delay_and_wins() {
    let hole = BlackHole::new();
    let (peer, address) = server();
    let (clock, socket, recorder) = opening(&[hole.address(), address]);
    assert_eq!(hole.waiting(), 1);
    clock.advance(DELAY);
    run_until(|| socket.state() == SocketState::Connected);
    assert_eq!(hole.waiting(), 0, "the loser is closed");
    expect_connected(&socket, &recorder, peer);
    settle();
    assert_eq!(EventLoop::new().next(), Next::WhenWoken);
}

#[test]
fn each_address_waits_for_the_delay() {
    let holes = [BlackHole::new(), BlackHole::new(), BlackHole::new()];
    let waiting = || holes.each_ref().map(BlackHole::waiting);
    let (clock, _socket, _recorder) = opening(&holes.each_ref().map(BlackHole::address));
    for (so_far, next) in [([1, 0, 0], [1, 1, 0]), ([1, 1, 0], [1, 1, 1])] {
        clock.advance(DELAY - MOMENT);
        settle();
        assert_eq!(waiting(), so_far);
        clock.advance(MOMENT);
        settle();
        assert_eq!(waiting(), next);
    }
    // Nothing is left to wait for but the deadline of the whole.
    let end = EventLoop::new().next();
    assert_eq!(end, Next::At(now() + 30 * SECOND - 2 * DELAY));
}

fn now() -> std::time::Instant {
    EventLoop::new().dispatcher().read_clock()
}

#[test]
fn a_delay_of_ones_own_but_none_too_short() {
    for (asked, taken) in [(3 * SECOND, 3 * SECOND), (Duration::ZERO, 10 * MOMENT)] {
        let holes = [BlackHole::new(), BlackHole::new()];
        let addresses = holes.each_ref().map(BlackHole::address);
        let (clock, socket, _recorder) = opening_with(&addresses, |socket| {
            socket.set_happy_eyeballs_delay(Some(asked));
        });
        clock.advance(taken - MOMENT);
        settle();
        assert_eq!(holes[1].waiting(), 0, "{asked:?}");
        clock.advance(MOMENT);
        settle();
        assert_eq!(holes[1].waiting(), 1, "{asked:?}");
        socket.abort();
    }
}

#[test]
fn a_refused_address_hands_over_at_once() {
    let refusing = Refusing::new();
    let (peer, address) = server();
    let (_stopped, socket, recorder) = opening(&[refusing.address(), address]);
    expect_connected(&socket, &recorder, peer);
}

/// The one that was tried last hands over, however long the others have been at it.
#[test]
fn a_refused_address_hands_over_at_once_in_the_middle_of_a_race() {
    let hole = BlackHole::new();
    let (refusing, last) = (Refusing::new(), BlackHole::new());
    let addresses = [hole.address(), refusing.address(), last.address()];
    let (clock, _socket, _recorder) = opening(&addresses);
    assert_eq!((hole.waiting(), last.waiting()), (1, 0));
    clock.advance(DELAY);
    settle();
    run_until(|| last.waiting() == 1);
    assert_eq!(hole.waiting(), 1);
}

#[test]
fn the_first_address_may_still_win() {
    let race = Race::new();
    race.holes[0].open_up();
    run_until(|| race.waiting() != [1, 1, 0]);
    settle(); // the system knew before the loop did
    assert_eq!(race.waiting(), [0, 0, 0], "the other is closed");
    let mut request = [0; 4];
    let mut server = race.holes[0].accept();
    server.read_exact(&mut request).expect("a request");
    assert_eq!(&request, b"GET ");
    race.socket.abort();
    race.expect_over();
}

#[track_caller]
fn fails(addresses: &[SocketAddr], facts: &str) {
    let (_stopped, socket, recorder) = opening(addresses);
    expect_failure(&recorder, facts);
    assert_eq!(socket.state(), SocketState::Unconnected);
}

#[track_caller]
fn expect_failure(recorder: &Recorder, facts: &str) {
    recorder.run_until("disconnected");
    settle();
    let kind = facts.split(' ').next().expect("a kind of error");
    recorder.expect(&format!(
        "
        error({kind})                {{Connecting | {facts} | 1006}}
        state_changed(Unconnected)   {{Unconnected | {facts} | 1006}}
        disconnected                 {{Unconnected | {facts} | 1006}}
        "
    ));
}

const REFUSED: &str = r#"ConnectionRefused "Connection refused""#;
const UNREACHABLE: &str = r#"Network "Network unreachable""#;

#[test]
fn if_all_fail_the_last_one_says_why() {
    let refusing = [Refusing::new(), Refusing::new()];
    let [first, second] = refusing.each_ref().map(Refusing::address);
    fails(&[first, second], REFUSED);
    fails(&[unreachable(), first], REFUSED);
    fails(&[first, unreachable()], UNREACHABLE);
}

/// The order of the addresses counts, not that of their failures.
#[test]
fn an_early_address_that_fails_late_is_not_the_last() {
    let hole = BlackHole::new();
    let (clock, _socket, recorder) = opening(&[hole.address(), unreachable()]);
    clock.advance(DELAY);
    settle();
    assert_eq!(hole.waiting(), 1, "it goes on alone");
    drop(hole); // the system's second packet is refused
    expect_failure(&recorder, UNREACHABLE);
}

#[test]
fn if_all_swallow_packets_the_deadline_ends_it() {
    let race = Race::new();
    race.clock.advance(30 * SECOND - DELAY - MOMENT);
    settle();
    assert_eq!(race.waiting(), [1, 1, 1]);
    race.clock.advance(MOMENT);
    expect_failure(&race.recorder, r#"SocketTimeout "Connection timed out""#);
    race.expect_over();
}

#[test]
fn abort_in_the_middle_of_a_race() {
    let race = Race::new();
    race.recorder.call("abort", |socket| socket.abort());
    race.recorder.expect(
        "
        [abort
          about_to_close               {Connecting | no error | 1000}
          state_changed(Unconnected)   {Unconnected | no error | 1000}
          disconnected                 {Unconnected | no error | 1000}
          read_channel_finished        {Unconnected | no error | 1000}
        ]
        ",
    );
    race.expect_over();
}

#[test]
fn close_in_the_middle_of_a_race() {
    let race = Race::new();
    race.recorder.call("close", |socket| socket.close());
    race.recorder.expect(
        "
        [close
          about_to_close               {Connecting | no error | 1000}
          state_changed(Unconnected)   {Unconnected | no error | 1000}
          disconnected                 {Unconnected | no error | 1000}
          read_channel_finished        {Unconnected | no error | 1000}
        ]
        ",
    );
    race.expect_over();
}

#[test]
fn drop_in_the_middle_of_a_race() {
    let mut race = Race::new();
    let socket = std::mem::replace(&mut race.socket, WebSocket::new());
    race.recorder.drop_socket(socket);
    race.recorder.expect(
        "
        [drop
        ]
        ",
    );
    race.expect_over();
}

#[test]
fn open_in_the_middle_of_a_race() {
    let race = Race::new();
    let (peer, address) = server();
    hosts::set("another.test", &[address]);
    race.recorder
        .call("open", |socket| socket.open("ws://another.test"));
    assert_eq!(race.waiting(), [0, 0, 0]);
    race.recorder.expect_and_clear(
        "
        [open
          about_to_close               {Connecting | no error | 1000}
          state_changed(Unconnected)   {Unconnected | no error | 1000}
          disconnected                 {Unconnected | no error | 1000}
          read_channel_finished        {Unconnected | no error | 1000}
          state_changed(Connecting)    {Connecting | no error | 1000}
        ]
        ",
    );
    expect_connected(&race.socket, &race.recorder, peer);
    race.expect_over();
}

/// Both on one port. The second address of IPv6 has to wait for the first one of IPv4.
#[test]
fn ipv4_stands_in_for_ipv6() {
    let (hole, listener) = both_families();
    let (peer, v4) = server_behind(listener);
    let dead = BlackHole::at("[::1]:0");
    let (clock, socket, recorder) = opening(&[hole.address(), dead.address(), v4]);
    clock.advance(DELAY);
    recorder.run_until("connected");
    assert_eq!(socket.peer_address().to_string(), "127.0.0.1");
    assert_eq!((hole.waiting(), dead.waiting()), (0, 0));
    expect_connected(&socket, &recorder, peer);
}

#[test]
fn an_address_in_the_url_sets_no_alarm() {
    for listener in [BlackHole::new(), BlackHole::at("[::1]:0")] {
        stopped_clock();
        let socket = WebSocket::new();
        socket.set_connect_timeout(None);
        socket.open(format!("ws://{}", listener.address()));
        settle();
        assert_eq!(listener.waiting(), 1);
        assert_eq!(EventLoop::new().next(), Next::WhenWoken);
        socket.abort();
    }
}

/// A client that tries three addresses that swallow packets one at a time.
fn one_at_a_time(timeout: Option<Duration>) -> Race {
    let holes = [BlackHole::new(), BlackHole::new(), BlackHole::new()];
    let addresses = holes.each_ref().map(BlackHole::address);
    let (clock, socket, recorder) = opening_with(&addresses, |socket| {
        socket.set_happy_eyeballs_delay(None);
        socket.set_connect_timeout(timeout);
    });
    let race = Race {
        clock,
        socket,
        recorder,
        holes,
    };
    assert_eq!(race.waiting(), [1, 0, 0]);
    race
}

impl Race {
    /// The turn comes to the next address after `share`, not before.
    #[track_caller]
    fn expect_turn(&self, share: Duration, before: [usize; 3], after: [usize; 3]) {
        self.clock.advance(share - MOMENT);
        settle();
        assert_eq!(self.waiting(), before);
        self.clock.advance(MOMENT);
        settle();
        assert_eq!(self.waiting(), after);
    }
}

#[test]
fn one_at_a_time_each_has_its_share_of_the_deadline() {
    let race = one_at_a_time(Some(30 * SECOND));
    race.expect_turn(10 * SECOND, [1, 0, 0], [0, 1, 0]);
    race.expect_turn(10 * SECOND, [0, 1, 0], [0, 0, 1]);
    race.expect_turn(10 * SECOND, [0, 0, 1], [0, 0, 0]);
    expect_failure(&race.recorder, r#"SocketTimeout "Connection timed out""#);
    race.expect_over();
}

#[test]
fn one_at_a_time_without_a_deadline_each_has_30_seconds() {
    let race = one_at_a_time(None);
    race.expect_turn(30 * SECOND, [1, 0, 0], [0, 1, 0]);
    race.expect_turn(30 * SECOND, [0, 1, 0], [0, 0, 1]);
    assert_eq!(EventLoop::new().next(), Next::WhenWoken);
    race.socket.abort();
    race.expect_over();
}

/// Also where a race would have had the other family in between.
#[test]
fn one_at_a_time_the_order_is_the_systems() {
    let refusing = Refusing::new();
    let holes = [BlackHole::new(), BlackHole::at("[::1]:0")];
    let addresses = [refusing.address(), holes[0].address(), holes[1].address()];
    let (clock, _socket, _recorder) = opening_with(&addresses, |socket| {
        socket.set_happy_eyeballs_delay(None);
    });
    let waiting = || holes.each_ref().map(BlackHole::waiting);
    run_until(|| waiting() == [1, 0]);
    clock.advance(14 * SECOND);
    settle();
    assert_eq!(waiting(), [1, 0], "what the first one left is shared");
    clock.advance(SECOND);
    settle();
    assert_eq!(waiting(), [0, 1]);
}
