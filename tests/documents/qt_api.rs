//! `docs/qt_api.md` holds every member of Qt's class, and what it says of ours is so.

use super::named_tests::{Named, files_below, named_in, read, root};
use super::qt_names::is_documented_as;

/// Every overload of every member, under the headings of the document: the 54 of Qt 5's class page, then what later
/// versions added.
const MEMBERS: &[(&str, &[&str])] = &[
    (
        "Functions",
        &[
            "QWebSocket(origin, version, parent)",
            "~QWebSocket()",
            "abort()",
            "closeCode()",
            "closeReason()",
            "error()",
            "errorString()",
            "flush()",
            "ignoreSslErrors(errors)",
            "isValid()",
            "localAddress()",
            "localPort()",
            "maskGenerator()",
            "origin()",
            "pauseMode()",
            "peerAddress()",
            "peerName()",
            "peerPort()",
            "proxy()",
            "readBufferSize()",
            "request()",
            "requestUrl()",
            "resourceName()",
            "resume()",
            "sendBinaryMessage(data)",
            "sendTextMessage(message)",
            "setMaskGenerator(maskGenerator)",
            "setPauseMode(pauseMode)",
            "setProxy(networkProxy)",
            "setReadBufferSize(size)",
            "setSslConfiguration(sslConfiguration)",
            "sslConfiguration()",
            "state()",
            "version()",
        ],
    ),
    (
        "Slots",
        &[
            "close(closeCode, reason)",
            "ignoreSslErrors()",
            "open(url)",
            "open(request)",
            "ping(payload)",
        ],
    ),
    (
        "Signals",
        &[
            "aboutToClose()",
            "binaryFrameReceived(frame, isLastFrame)",
            "binaryMessageReceived(message)",
            "bytesWritten(bytes)",
            "connected()",
            "disconnected()",
            "error(error)",
            "pong(elapsedTime, payload)",
            "preSharedKeyAuthenticationRequired(authenticator)",
            "proxyAuthenticationRequired(proxy, authenticator)",
            "readChannelFinished()",
            "sslErrors(errors)",
            "stateChanged(state)",
            "textFrameReceived(frame, isLastFrame)",
            "textMessageReceived(message)",
        ],
    ),
    (
        "What later versions added",
        &[
            "bytesToWrite()",
            "maxAllowedIncomingFrameSize()",
            "maxAllowedIncomingMessageSize()",
            "maxIncomingFrameSize()",
            "maxIncomingMessageSize()",
            "maxOutgoingFrameSize()",
            "outgoingFrameSize()",
            "setMaxAllowedIncomingFrameSize(size)",
            "setMaxAllowedIncomingMessageSize(size)",
            "setOutgoingFrameSize(size)",
            "alertReceived(level, type, description)",
            "alertSent(level, type, description)",
            "continueInterruptedHandshake()",
            "handshakeInterruptedOnError(error)",
            "peerVerifyError(error)",
            "handshakeOptions()",
            "open(request, options)",
            "open(url, options)",
            "subprotocol()",
            "errorOccurred(error)",
            "authenticationRequired(authenticator)",
        ],
    ),
];

/// One line of the document.
pub(super) struct Row {
    pub(super) section: String,
    pub(super) qt: String,
    pub(super) ours: Vec<String>,
    deviations: Vec<String>,
    tests: Vec<Named>,
}

impl Row {
    fn read(section: &str, line: &str) -> Self {
        let cells: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
        let [qt, since, ours, deviations, tests] = cells[..] else {
            panic!("five cells: {line}");
        };
        assert!(since.starts_with("5.") || since.starts_with("6."), "{line}");
        let numbers = deviations.split(", ").filter(|number| !number.is_empty());
        Self {
            section: section.into(),
            qt: qt.trim_matches('`').into(),
            ours: quoted(ours),
            deviations: numbers.map(str::to_owned).collect(),
            tests: named_in(tests),
        }
    }

    /// Qt's name without its parameters.
    fn name(&self) -> &str {
        self.qt.split('(').next().unwrap_or_default()
    }
}

/// The lines of all tables.
pub(super) fn rows() -> Vec<Row> {
    let text = read(&root().join("docs/qt_api.md"));
    let mut section = "";
    let mut rows = Vec::new();
    for line in text.lines() {
        if let Some(title) = line.strip_prefix("## ") {
            section = title;
        } else if line.starts_with("| `") {
            rows.push(Row::read(section, line));
        }
    }
    rows
}

#[test]
fn every_member_has_its_line() {
    let rows = rows();
    let told: Vec<(&str, &str)> = rows
        .iter()
        .map(|row| (row.section.as_str(), row.qt.as_str()))
        .collect();
    let members: Vec<(&str, &str)> = MEMBERS
        .iter()
        .flat_map(|(section, members)| members.iter().map(|member| (*section, *member)))
        .collect();
    assert_eq!(told, members);
    let of_the_class_page: usize = MEMBERS[..3].iter().map(|(_, members)| members.len()).sum();
    assert_eq!(of_the_class_page, 54);
}

#[test]
fn qts_name_leads_to_ours_in_the_documentation() {
    let sources: Vec<String> = files_below(&root().join("src/websocket"))
        .iter()
        .map(|path| read(path))
        .collect();
    let mut complaints = Vec::new();
    for row in rows() {
        let leads = |ours: &String| {
            let is_there = |text: &String| is_documented_as(text, row.name(), ours);
            sources.iter().any(is_there)
        };
        if !row.ours.iter().any(leads) {
            complaints.push(format!("{} does not lead to {:?}", row.qt, row.ours));
        }
    }
    assert!(complaints.is_empty(), "{complaints:#?}");
}

#[test]
fn every_member_names_a_test_of_it() {
    let mut complaints = Vec::new();
    for row in rows() {
        if !row.tests.iter().any(|test| !test.function.is_empty()) {
            complaints.push(format!("{}: names no test", row.qt));
        }
        let wrong = row.tests.iter().filter_map(Named::complaint);
        complaints.extend(wrong.map(|complaint| format!("{}: {complaint}", row.qt)));
    }
    assert!(complaints.is_empty(), "{complaints:#?}");
}

#[test]
fn every_deviation_has_its_entry() {
    let entries = read(&root().join("docs/deviations.md"));
    for row in rows() {
        for number in &row.deviations {
            let heading = format!("\n## {number}. ");
            assert!(entries.contains(&heading), "{}: {number}", row.qt);
        }
    }
}

/// What stands in backticks.
fn quoted(cell: &str) -> Vec<String> {
    let words = cell.split('`').skip(1).step_by(2);
    words.map(str::to_owned).collect()
}
