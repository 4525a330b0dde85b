//! Sockets on threads that are not the main one.

use std::sync::mpsc;
use std::thread::JoinHandle;

use qwebsocket::{EventLoop, Handle, Inbox, Remote, SocketState, WebSocket};

use super::support::frames::*;
use super::support::pair::{listening, next_connection};
use super::support::raw_peer::RawPeer;
use super::support::run_until;

/// A thread that runs a loop until it is told to quit.
fn worker() -> (Handle, JoinHandle<()>) {
    let (tell, told) = mpsc::channel();
    let thread = std::thread::spawn(move || {
        let event_loop = EventLoop::new();
        tell.send(event_loop.handle()).expect("somebody waits");
        event_loop.exec();
    });
    (told.recv().expect("its handle"), thread)
}

/// A socket that was moved to a thread left parts of itself behind, which then worked in two threads.
#[test]
fn qtbug_83722_a_socket_works_on_the_thread_that_made_it() {
    let server = listening();
    let url = server.server_url().expect("it listens").to_string();
    let (handle, thread) = worker();
    let (tell, told) = mpsc::channel();
    let socket: Remote<WebSocket> = handle
        .create(move || {
            let socket = WebSocket::new();
            let made_on = std::thread::current().id();
            for signal in [&socket.connected, &socket.disconnected] {
                let tell = tell.clone();
                signal.connect(move || {
                    let told = tell.send(std::thread::current().id() == made_on);
                    told.expect("the test waits");
                });
            }
            socket
                .text_message_received
                .connect_to(&socket, |socket, text| socket.send_text_message(text));
            socket.open(url);
            socket
        })
        .expect("the thread runs");
    let accepted = next_connection(&server);
    let echoes = accepted.text_message_received.collect();
    accepted.send_text_message("across threads");
    run_until(|| echoes.count() == 1);
    accepted.close();
    run_until(|| accepted.state() == SocketState::Unconnected);
    assert_eq!((told.recv(), told.recv()), (Ok(true), Ok(true)));
    drop(socket);
    handle.quit().expect("it runs");
    thread.join().expect("it was fine");
}

/// Calls from elsewhere met a socket that lived on another thread.
#[test]
fn qtbug_78078_calls_from_another_thread_are_made_on_the_sockets_own() {
    let peer = RawPeer::new(|wire| {
        wire.accept_upgrade();
        wire.expect_frame(TEXT, "one");
        wire.expect_frame(TEXT, "two");
        wire.send(frame(TEXT, b"three"));
        wire.expect_close(1000, "");
        wire.send(close(1000, ""));
    });
    let url = peer.url();
    let here = std::rc::Rc::new(std::cell::RefCell::new(Vec::new()));
    let listener = Remote::new(&here).expect("a loop");
    let (handle, thread) = worker();
    let socket = handle
        .create(move || {
            let socket = WebSocket::new();
            socket.connected.connect_to(&socket, |socket| {
                socket.send_text_message("one");
                socket.send_text_message("two");
            });
            socket
                .text_message_received
                .connect_remote(&listener, |heard, text| {
                    heard.borrow_mut().push(text.to_owned())
                });
            socket.disconnected.connect_remote(&listener, |heard| {
                heard.borrow_mut().push("over".to_owned())
            });
            socket
        })
        .expect("the thread runs");
    socket
        .invoke(move |socket| socket.open(url))
        .expect("it lives");
    run_until(|| here.borrow().len() == 1);
    socket.invoke(WebSocket::close).expect("it lives");
    run_until(|| here.borrow().len() == 2);
    assert_eq!(*here.borrow(), ["three", "over"]);
    drop(socket);
    handle.quit().expect("it runs");
    thread.join().expect("it was fine");
    peer.join();
}

/// A socket that was still open when its thread ended was used, or forgotten.
#[test]
fn qtbug_106372_a_socket_ends_properly_with_its_thread() {
    let peer = RawPeer::new(|wire| {
        wire.accept_upgrade();
        wire.send(frame(TEXT, b"hello"));
        wire.expect_close(1001, "Connection closed");
    });
    let url = peer.url();
    let thread = std::thread::spawn(move || {
        let socket = WebSocket::new();
        let hello: Inbox<(String,)> = socket.text_message_received.collect();
        socket.open(url);
        run_until(|| hello.count() == 1);
    });
    thread.join().expect("it was fine");
    peer.join();
}
