//! `docs/qt_test_cases.md`: Qt's own test functions, and ours in their place.

use super::named_tests::{Named, files_below, named_in, read, root, tests_in};

/// Every test function of Qt's that concerns the client, the frames or the handshake, by its test class.
const OF_QT: [(&str, &[&str]); 8] = [
    (
        "qwebsocket",
        &[
            "tst_initialisation",
            "tst_settersAndGetters",
            "tst_invalidOpen",
            "tst_invalidOrigin",
            "tst_sendTextMessage",
            "tst_sendBinaryMessage",
            "tst_errorString",
            "tst_openRequest",
            "tst_protocolAccessor",
            "protocolsHeaderGeneration",
            "tst_moveToThread",
            "tst_moveToThreadNoWarning",
            "tst_setProxy",
            "authenticationRequired",
            "overlongCloseReason",
            "incomingMessageTooLong",
            "incomingFrameTooLong",
            "testingFrameAndMessageSizeApi",
            "customHeader",
        ],
    ),
    (
        "qwebsocketserver",
        &[
            "tst_initialisation",
            "tst_settersAndGetters",
            "tst_listening",
            "tst_connectivity",
            "tst_protocols",
            "tst_preSharedKey",
            "tst_maxPendingConnections",
            "tst_serverDestroyedWhileSocketConnected",
            "tst_scheme",
            "tst_handleConnection",
            "tst_handshakeTimeout",
            "multipleFrames",
        ],
    ),
    (
        "dataprocessor",
        &[
            "goodBinaryFrame",
            "goodTextFrame",
            "goodControlFrame",
            "goodOpcodes",
            "goodCloseFrame",
            "nonCharacterCodes",
            "frameTooSmall",
            "frameTooBig",
            "invalidHeader",
            "invalidControlFrame",
            "invalidCloseFrame",
            "minimumSizeRequirement",
            "invalidPayload",
            "invalidPayloadInCloseFrame",
            "incompletePayload",
            "incompleteSizeField",
            "clearDataBuffers",
        ],
    ),
    (
        "websocketframe",
        &[
            "tst_initialization",
            "tst_copyConstructorAndAssignment",
            "tst_goodFrames",
            "tst_invalidFrames",
            "tst_malformedFrames",
        ],
    ),
    (
        "websocketprotocol",
        &[
            "tst_validMasks",
            "tst_opCodes",
            "tst_closeCodes",
            "tst_versionFromString",
        ],
    ),
    (
        "handshakerequest",
        &[
            "tst_initialization",
            "tst_invalidStream",
            "tst_multipleValuesInConnectionHeader",
            "tst_parsingWhitespaceInHeaders",
            "tst_multipleVersions",
            "tst_qtbug_39355",
            "tst_qtbug_48123",
            "tst_qtbug_57357",
        ],
    ),
    ("handshakeresponse", &["tst_date_response"]),
    (
        "qdefaultmaskgenerator",
        &["tst_randomnessWithoutSeed", "tst_randomnessWithSeed"],
    ),
];

/// One line of a table.
struct Row {
    qt: String,
    ours: Vec<Named>,
    remark: String,
}

/// The rows of the table below each heading.
fn tables() -> Vec<(String, Vec<Row>)> {
    let text = read(&root().join("docs/qt_test_cases.md"));
    let chapters = text.split("\n## ").skip(1);
    chapters
        .map(|chapter| {
            let (heading, body) = chapter.split_once('\n').expect("a heading");
            (heading.to_owned(), body.lines().filter_map(row).collect())
        })
        .collect()
}

fn row(line: &str) -> Option<Row> {
    let cells: Vec<&str> = line
        .strip_prefix("| `")?
        .split('|')
        .map(str::trim)
        .collect();
    Some(Row {
        qt: cells[0].trim_end_matches('`').into(),
        ours: named_in(cells[1]),
        remark: cells[2].into(),
    })
}

#[test]
fn every_test_of_qt_has_its_row() {
    let tables = tables();
    let rows: Vec<(&str, Vec<&str>)> = tables
        .iter()
        .map(|(class, rows)| {
            let functions = rows.iter().map(|row| row.qt.as_str()).collect();
            (class.as_str(), functions)
        })
        .collect();
    let expected: Vec<(&str, Vec<&str>)> = OF_QT
        .iter()
        .map(|(class, functions)| (*class, functions.to_vec()))
        .collect();
    assert_eq!(rows, expected);
}

#[test]
fn every_row_names_a_test_or_says_why_there_is_none() {
    let mut complaints = Vec::new();
    for (class, row) in tables()
        .into_iter()
        .flat_map(|(class, rows)| rows.into_iter().map(move |row| (class.clone(), row)))
    {
        let place = format!("{class} {}", row.qt);
        let reasons = ["Later: ", "None: "];
        let is_excused = reasons.iter().any(|start| row.remark.starts_with(start));
        if row.ours.is_empty() != is_excused {
            complaints.push(format!("{place}: either a test or a reason"));
        }
        let wrong = row.ours.iter().filter_map(Named::complaint);
        complaints.extend(wrong.map(|complaint| format!("{place}: {complaint}")));
    }
    assert!(complaints.is_empty(), "{complaints:#?}");
}

#[test]
fn every_test_in_qts_place_is_in_the_table() {
    let named: Vec<Named> = tables()
        .into_iter()
        .flat_map(|(_, rows)| rows)
        .flat_map(|row| row.ours)
        .collect();
    let mut missing = Vec::new();
    for path in files_below(&root().join("tests/qt_cases")) {
        let file = path.file_name().expect("a file").to_string_lossy();
        let file = format!("qt_cases/{file}");
        let text = read(&path);
        for function in tests_in(&text) {
            let is_named = |row: &Named| row.file == file && row.function == function;
            if !named.iter().any(is_named) {
                missing.push(format!("{file} {function}"));
            }
        }
    }
    assert!(missing.is_empty(), "{missing:#?}");
}
