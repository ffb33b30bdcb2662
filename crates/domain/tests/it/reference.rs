//! The page of the documentation names what the registry has, in its order.

use domain::assertion::types;

const PAGE: &str = include_str!("../../../../docs/reference/assertions.md");

/// The cells of the rows of the first table.
fn rows() -> Vec<Vec<&'static str>> {
    let table = PAGE.lines().skip_while(|line| !line.starts_with("|---")).skip(1);
    let rows = table.take_while(|line| line.starts_with('|'));
    rows.map(|line| line.trim_matches('|').split('|').map(str::trim).collect()).collect()
}

#[test]
fn every_type_has_its_row() {
    let named: Vec<_> = rows().iter().map(|row| row[0].trim_matches('`')).collect();
    let known: Vec<_> = types().into_iter().map(|known| known.name).collect();
    assert_eq!(named, known);
}

#[test]
fn a_threshold_is_named_where_there_is_one() {
    for (row, known) in rows().iter().zip(types()) {
        assert_eq!(row[2] != "–", known.threshold.is_some(), "{}", known.name);
        assert_eq!(
            row[1].starts_with("none;") || row[1] == "none",
            known.example.get("value").is_none(),
            "{}",
            known.name
        );
    }
}

#[test]
fn every_option_is_named() {
    for known in types() {
        let fields = known.value.fields.iter().chain(&known.config);
        for name in fields.map(|field| field.name) {
            assert!(PAGE.contains(&format!("`{name}`")), "{name} of {}", known.name);
        }
    }
}
