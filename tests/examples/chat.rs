//! The chat server, with clients that are no more than lines in and lines out.

use super::program::Program;

#[test]
fn what_one_says_the_others_hear() {
    let mut server = Program::start("chat_server", &["--port", "0"]);
    let url = server.url();
    let mut join = || {
        let client = Program::start("echo_client", &[&url]);
        let peer = server.line();
        assert!(peer.ends_with(" connected"), "{peer}");
        client
    };
    let (mut ann, mut bob, mut eve) = (join(), join(), join());

    ann.write("ann: hello\n");
    assert_eq!(bob.line(), "ann: hello");
    assert_eq!(eve.line(), "ann: hello");
    bob.write("bob: grüße\n");
    // Her own words did not come back to her: this is the first that she hears.
    assert_eq!(ann.line(), "bob: grüße");
    assert_eq!(eve.line(), "bob: grüße");

    eve.end_of_input();
    eve.expect_exit(0, "");
    let left = server.line();
    assert!(left.ends_with(r#" closed with code 1000, """#), "{left}");
    ann.write("ann: eve left\n");
    assert_eq!(bob.line(), "ann: eve left");
}

#[test]
fn it_ends_with_its_input_and_says_so_to_all() {
    let mut server = Program::start("chat_server", &["--port", "0", "--until-eof"]);
    let client = Program::start("echo_client", &[&server.url()]);
    server.line();
    server.end_of_input();
    server.expect_exit(0, "");
    client.expect_exit(
        1,
        r#"echo_client: the peer closed with code 1001, "Connection closed""#,
    );
}

#[test]
fn it_says_how_it_is_used() {
    let mut asked = Program::start("chat_server", &["--help"]);
    assert!(asked.line().starts_with("Usage: chat_server"));
    asked.expect_exit(0, "");
    Program::start("chat_server", &["--port", "x"]).expect_exit(
        2,
        "chat_server: \"x\" is not a port number; --help says more",
    );
}
