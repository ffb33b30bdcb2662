//! What holds for every template.

use proptest::prelude::*;

use super::*;

/// Pieces that templates are made of, in any order: mostly broken, sometimes not.
fn template() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        4 => prop::sample::select(vec![
            "{{ a }}", "{{ b|default('x') }}", "{{ c.d }}", "{{ c['d'] }}", "{{ c[0] }}", "{{ a ~ b }}", "{{ a + 1 }}",
            "{{ a[1:] }}", "{{ [a, b]|join }}", "{{ {'k': a} }}", "{{ a if b else c }}", "{{ a and b or c }}",
            "{{ a is defined }}", "{{ a|length }}", "{{ a|upper }}", "{{ not a }}", "{{ a == b }}", "{{ a in b }}",
            "{% if a %}", "{% if b is defined %}", "{% if not c %}", "{% if a is undefined %}", "{% elif b %}",
            "{% else %}", "{% endif %}", "{% for x in a %}", "{% for x in b|default([]) %}", "{{ x }}", "{{ loop.index }}",
            "{% endfor %}", "{% set a = 1 %}", "{% set b = b|default(2) %}", "{% set c %}", "{% endset %}",
            "{% with a = b %}", "{% endwith %}", "{% macro m(a) %}", "{% endmacro %}", "{{ m(b) }}", "{{ m() }}",
            "{% set ns = namespace(a=b) %}", "{% set ns.a = c %}", "{{ ns.a }}", "{% raw %}", "{% endraw %}", "{# b #}",
        ]).prop_map(str::to_owned),
        1 => prop::sample::select(vec!["{{", "}}", "{%", "%}", "{#", "#}", "-", "|", "'", "\"", "\\", "(", "[", "{", "\r\n", "ä😀"])
            .prop_map(str::to_owned),
        1 => "\\PC{0,5}",
    ];
    prop::collection::vec(piece, 0..12).prop_map(|pieces| pieces.concat())
}

fn values() -> impl Strategy<Value = Value> {
    let value = prop_oneof![
        Just(json!("text")),
        Just(json!("")),
        Just(json!(1)),
        Just(json!(2.5)),
        Just(json!(true)),
        Just(Value::Null),
        Just(json!(["x", 1])),
        Just(json!({"d": "y"})),
    ];
    prop::collection::btree_map("[abc]", value, 0..4).prop_map(|map| Value::Object(map.into_iter().collect()))
}

proptest! {
    #[test]
    fn text_without_tags_is_its_own_rendering(text in "(\\PC|[\r\n\t {}%#]){0,200}") {
        let text = text.replace("{{", "{").replace("{%", "{").replace("{#", "{");
        prop_assume!(!["{{", "{%", "{#"].iter().any(|sign| text.contains(sign)));
        prop_assert_eq!(render(&text, json!({})).unwrap(), text.clone());
        prop_assert_eq!(render_text(&text, &Map::new()).unwrap(), text);
    }

    #[test]
    fn text_around_tags_keeps_every_byte(before in "(\\PC|[\r\n\t }%#]){0,50}", after in "(\\PC|[\r\n\t {}%#]){0,50}") {
        let clean = |text: &str| text.replace('{', "(");
        let (before, after) = (clean(&before), format!("{}{{\n", clean(&after)));
        let template = format!("{before}{{{{ x }}}}{{# no #}}{{% if x %}}{after}{{% endif %}}{before}");
        prop_assert_eq!(render(&template, json!({"x": "y"})).unwrap(), format!("{before}y{after}{before}"));
    }

    #[test]
    fn a_value_is_printed_byte_for_byte(text in "\\PC{0,100}|[{}%#\r\n\\\\\"']{0,20}") {
        prop_assert_eq!(render("{{ x }}", json!({"x": text})).unwrap(), text.clone());
        let json: Value = serde_json::from_str(&render("{{ [x] }}", json!({"x": text})).unwrap()).unwrap();
        prop_assert_eq!(json, json!([text]));
    }

    #[test]
    fn a_raw_block_keeps_every_byte(text in "(\\PC|[\r\n\t {}%#\\\\\"]){0,50}") {
        prop_assume!(!text.contains("endraw"));
        let template = format!("{{% raw %}}{text}{{% endraw %}}");
        prop_assert_eq!(render(&template, json!({})).unwrap(), text);
    }

    /// The bounded form means what the template says: where `minijinja` itself can print it, it is
    /// the same.
    #[test]
    fn bounding_a_template_does_not_change_it(source in template(), values in values()) {
        let values = match values {
            Value::Object(map) => map.into_iter().filter(|(_, value)| value.is_string()).collect(),
            _ => Map::new(),
        };
        let mut plain = minijinja::Environment::new();
        plain.set_undefined_behavior(minijinja::UndefinedBehavior::SemiStrict);
        plain.set_syntax(super::super::syntax::syntax());
        plain.set_formatter(|out, _, value| {
            let text = if value.as_str().is_some() { value.to_string() } else { serde_json::to_string(value).unwrap() };
            Ok(out.write_str(&text)?)
        });
        let expected = plain.render_str(&source, minijinja::value::Serde(&values));
        if let (Ok(expected), Ok(rendered)) = (expected, render(&source, Value::Object(values))) {
            prop_assert_eq!(rendered, expected);
        }
    }

    #[test]
    fn nothing_panics_and_what_is_missing_was_found(source in template(), values in values()) {
        let found = find_variables(&CardContent::text(&*source), &Includes::default());
        find_includes(&CardContent::text(&*source));
        if let Err(RenderError::Undefined { name, problem }) = render(&source, values) {
            prop_assert!(problem.line >= 1 && problem.column >= 1);
            prop_assert!(name.is_empty() || found.iter().any(|variable| variable.name == name), "{}: {:?}", name, found);
        }
    }

    /// Without a variable that is not required, nothing is said to be missing.
    #[test]
    fn what_is_required_is_enough(source in template()) {
        let found = find_variables(&CardContent::text(&*source), &Includes::default());
        let given = found.iter().filter(|variable| variable.required).map(|variable| (variable.name.clone(), json!("v")));
        if let Err(RenderError::Undefined { name, problem }) = render(&source, Value::Object(given.collect())) {
            // A field of a given variable may be missing, and so may what only one way through sets.
            let whole = problem.message.starts_with(&format!("`{name}` is not defined"));
            prop_assert!(!whole || source.contains(&format!("set {name}")), "{}", name);
        }
    }
}
