//! The read-me: it lists what there is to run.

use super::named_tests::{read, root};

#[test]
fn every_example_is_listed() {
    let read_me = read(&root().join("README.md"));
    let files = std::fs::read_dir(root().join("examples")).expect("the examples");
    let names = files.map(|entry| entry.expect("an entry").file_name().into_string());
    let names = names.map(|name| name.expect("a name in Unicode"));
    for name in names.filter(|name| name.ends_with(".rs")) {
        let link = format!("(examples/{name})");
        assert!(read_me.contains(&link), "{name} is not in the read-me");
    }
}
