//! Looking files up: paths, patterns and bounds.

use super::*;

fn files() -> InMemoryFiles {
    let names =
        ["config.yaml", "a/one.txt", "a/two.txt", "a/.hidden.txt", "a/b/three.txt", "a/b/c/four.md", "z.txt"];
    names.into_iter().map(|name| (name, name)).collect()
}

#[test]
fn paths_are_joined_without_looking_at_any_disk() {
    let table = [
        ("", "a.txt", "a.txt"),
        ("x", "./a.txt", "x/a.txt"),
        ("x/y", "../a.txt", "x/a.txt"),
        ("x", "../../a.txt", "../a.txt"),
        ("..", "../a", "../../a"),
        ("x", "/etc/../a", "/a"),
        ("/", "../a", "/a"),
        ("/x//y", "b", "/x/y/b"),
    ];
    for (folder, path, expected) in table {
        assert_eq!(join(folder, path), expected, "{folder} {path}");
    }
}

#[test]
fn patterns_find_files_in_order() {
    let files = files();
    let reader = Reader::new(&files, "");
    let table = [
        ("a/*.txt", vec!["a/one.txt", "a/two.txt"]),
        ("**/*.txt", vec!["a/b/three.txt", "a/one.txt", "a/two.txt", "z.txt"]),
        ("a/**/f*", vec!["a/b/c/four.md"]),
        ("a/{one,two}.txt", vec!["a/one.txt", "a/two.txt"]),
        ("a/.h*", vec!["a/.hidden.txt"]),
        ("a/o?e.txt", vec!["a/one.txt"]),
        ("nowhere/*.txt", vec![]),
        ("a/one.txt", vec!["a/one.txt"]),
    ];
    for (pattern, expected) in table {
        assert_eq!(reader.matching(pattern).unwrap(), expected, "{pattern}");
    }
}

#[test]
fn a_file_outside_the_folder_is_refused_where_it_must_be() {
    let files: InMemoryFiles = [("in/config.yaml", "x"), ("secret.txt", "s")].into_iter().collect();
    let reader = Reader::new(&files, "in");
    for path in ["secret.txt", "/etc/passwd", "../secret.txt", "inside.txt"] {
        assert!(reader.text(path).unwrap_err().contains("outside the config's folder"), "{path}");
    }
    assert!(reader.matching("../*.txt").unwrap_err().contains("outside"));
    assert_eq!(reader.text("in/config.yaml").unwrap(), "x");
}

#[test]
fn what_cannot_be_read_is_said_plainly() {
    let files: InMemoryFiles =
        [("bom.txt", b"\xEF\xBB\xBFhi".to_vec()), ("latin1.txt", b"caf\xE9".to_vec())].into_iter().collect();
    let reader = Reader::new(&files, "");
    assert_eq!(reader.text("bom.txt").unwrap(), "hi");
    assert!(reader.text("latin1.txt").unwrap_err().contains("byte 3"));
    assert_eq!(reader.text("none.txt").unwrap_err(), "there is no file `none.txt`");
}
