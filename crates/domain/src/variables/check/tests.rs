//! Values that fit and do not, at each limit.

use serde_json::json;

use super::*;

fn definition(name: &str, variable_type: VariableType) -> VariableDefinition {
    VariableDefinition {
        name: name.to_owned(),
        variable_type,
        required: true,
        default: None,
        description: String::new(),
        allowed_values: Vec::new(),
    }
}

fn check(definition: &VariableDefinition, value: Value) -> Result<Value, String> {
    let given = Map::from_iter([(definition.name.clone(), value)]);
    check_variables(std::slice::from_ref(definition), &given)
        .map(|mut variables| variables.remove(&definition.name).unwrap_or(Value::Null))
        .map_err(|problems| {
            assert_eq!(problems[0].pointer, "/variables/x");
            problems[0].message.clone()
        })
}

#[test]
fn takes_values_of_the_type_and_texts_that_stand_for_them() {
    for (variable_type, given, taken) in [
        (VariableType::Text, json!("a"), json!("a")),
        (VariableType::Text, json!(""), json!("")),
        (VariableType::Text, json!(3.0), json!(3.0)),
        (VariableType::Text, json!(true), json!(true)),
        (VariableType::Number, json!(3), json!(3)),
        (VariableType::Number, json!("42"), json!(42)),
        (VariableType::Number, json!("-0.5"), json!(-0.5)),
        (VariableType::Number, json!("3.50"), json!("3.50")),
        (VariableType::Number, json!(" 7 "), json!(" 7 ")),
        (VariableType::Number, json!("007"), json!("007")),
        (
            VariableType::Number,
            json!("123456789012345678901234567890"),
            json!("123456789012345678901234567890"),
        ),
        (VariableType::Boolean, json!(false), json!(false)),
        (VariableType::Boolean, json!("TRUE"), json!(true)),
        (VariableType::List, json!([1]), json!([1])),
        (VariableType::List, json!("[1, \"a\"]"), json!([1, "a"])),
        (VariableType::Object, json!({"a": 1}), json!({"a": 1})),
        (VariableType::Object, json!("{\"b\": 1, \"a\": 2}"), json!({"b": 1, "a": 2})),
    ] {
        assert_eq!(check(&definition("x", variable_type), given.clone()), Ok(taken), "{given}");
    }
}

#[test]
fn refuses_values_of_another_type() {
    for (variable_type, given, message) in [
        (VariableType::Text, json!(["a"]), "`x` must be a text, not a list."),
        (VariableType::Number, json!("ten"), "`x` must be a number, not the text `ten`."),
        (VariableType::Number, json!(""), "`x` must be a number, not an empty text."),
        (VariableType::Number, json!("nan"), "`x` must be a number, not the text `nan`."),
        (VariableType::Number, json!("-inf"), "`x` must be a number, not the text `-inf`."),
        (VariableType::Number, json!(true), "`x` must be a number, not true or false."),
        (VariableType::Boolean, json!(1), "`x` must be true or false, not the number 1."),
        (VariableType::List, json!("{}"), "`x` must be a list, not the text `{}`."),
        (VariableType::Object, json!([]), "`x` must be an object, not a list."),
    ] {
        assert_eq!(check(&definition("x", variable_type), given), Err(message.to_owned()));
    }
}

#[test]
fn missing_values_are_told_or_take_the_default() {
    let needed = definition("x", VariableType::Text);
    let missing = Err("`x` is missing. The card needs it.".to_owned());
    assert_eq!(check(&needed, Value::Null), missing);
    assert_eq!(check_variables(&[needed], &Map::new()).unwrap_err().len(), 1);
    let spared = VariableDefinition { required: false, ..definition("x", VariableType::Text) };
    assert_eq!(check_variables(&[spared], &Map::new()), Ok(Map::new()));
    let default = VariableDefinition { default: Some(json!("d")), ..definition("x", VariableType::Text) };
    assert_eq!(check(&default, Value::Null), Ok(json!("d")));
    assert_eq!(check(&default, json!("")), Ok(json!("")));
}

#[test]
fn only_allowed_values_pass() {
    let unit = VariableDefinition {
        allowed_values: vec![json!("m"), json!("km")],
        ..definition("x", VariableType::Text)
    };
    assert_eq!(check(&unit, json!("km")), Ok(json!("km")));
    assert_eq!(check(&unit, json!("cm")), Err("`x` is `cm`. It must be one of `m`, `km`.".to_owned()));
    let number = VariableDefinition {
        allowed_values: vec![json!(1), json!(2.5)],
        ..definition("x", VariableType::Number)
    };
    assert_eq!(check(&number, json!("2.50")), Ok(json!("2.50")));
    assert!(check(&number, json!(2)).is_err());
}

#[test]
fn a_value_is_at_most_64_kib_whether_defined_or_not() {
    let long = "a".repeat(VALUE_LIMIT);
    assert!(check(&definition("x", VariableType::Text), json!(long)).is_ok());
    assert!(check(&definition("x", VariableType::Text), json!(format!("{long}a"))).is_err());
    let given = Map::from_iter([("other/one".to_owned(), json!(format!("{long}a")))]);
    assert_eq!(check_variables(&[], &given).unwrap_err()[0].pointer, "/variables/other~1one");
}

#[test]
fn unknown_variables_are_kept_and_listed() {
    let given = Map::from_iter([("x".to_owned(), json!("1")), ("y".to_owned(), json!([1]))]);
    let definitions = [definition("x", VariableType::Text)];
    assert_eq!(check_variables(&definitions, &given), Ok(given.clone()));
    let unknown = unknown_variables(&definitions, &given);
    assert_eq!(unknown[0].message, "The card has no variable `y`.");
    assert_eq!(unknown.len(), 1);
}

#[test]
fn definitions_are_checked() {
    let mut definitions = vec![
        definition("x", VariableType::Number),
        definition("x", VariableType::Number),
        definition("unit name", VariableType::Text),
        definition("1st", VariableType::Text),
        definition("loop", VariableType::Text),
        definition("größe", VariableType::Text),
        definition("_ok1", VariableType::Text),
    ];
    definitions[0].default = Some(json!("ten"));
    definitions[1].allowed_values = vec![json!(1), json!("two")];
    definitions[6].allowed_values = vec![json!("a")];
    definitions[6].default = Some(json!("b"));
    let problems = check_definitions(&definitions);
    let pointers: Vec<_> = problems.iter().map(|problem| problem.pointer.as_str()).collect();
    assert_eq!(
        pointers,
        [
            "/variables/0/default",
            "/variables/1/name",
            "/variables/1/allowed_values/1",
            "/variables/2/name",
            "/variables/3/name",
            "/variables/4/name",
            "/variables/5/name",
            "/variables/6/default",
        ]
    );
}
