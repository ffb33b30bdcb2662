//! Rendering, from outside: what a template prints, and what it says when it cannot.

mod bombs;
mod includes;
mod properties;
mod variables;

use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::*;
use crate::card::{CardContent, CardKind, Message, Role};

pub(super) fn variables(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(map) => map,
        other => panic!("not an object: {other}"),
    }
}

pub(super) fn render(template: &str, values: Value) -> Result<String, RenderError> {
    let template = PromptTemplate::compile(&CardContent::text(template), &Includes::default())
        .map_err(|problems| RenderError::Failed(problems.into_iter().next().unwrap()))?;
    Ok(template.render(&variables(values))?.remove(0).joined_text())
}

fn sentence(template: &str, values: Value) -> String {
    render(template, values).unwrap_err().to_string()
}

#[test]
fn prints_values_as_json_writes_them() {
    let values = json!({
        "text": "a \"b\" ü 😀 <&>", "int": 3, "float": 3.0, "big": 18_446_744_073_709_551_615_u64, "small": -7,
        "huge": 1e20, "yes": true, "nothing": null, "list": ["z", 1, 2.5, false, null], "object": {"z": 1, "a": "ü"},
    });
    for (template, text) in [
        ("{{ text }}", "a \"b\" ü 😀 <&>"),
        ("{{ int }} {{ float }} {{ big }} {{ small }} {{ huge }}", "3 3.0 18446744073709551615 -7 1e+20"),
        ("{{ yes }} {{ nothing }} {{ 1 == 1 }} {{ none }}", "true null true null"),
        ("{{ list }}", r#"["z",1,2.5,false,null]"#),
        ("{{ object }}", r#"{"z":1,"a":"ü"}"#),
        ("{{ object|tojson }}", r#"{"z":1,"a":"ü"}"#),
        ("{{ list|tojson(indent=2) }}", "[\n  \"z\",\n  1,\n  2.5,\n  false,\n  null\n]"),
        ("{{ yes ~ ' ' ~ list }}", r#"true ["z",1,2.5,false,null]"#),
        ("{{ yes|string }}", "true"),
        ("{% for key in object %}{{ key }}={{ object[key] }};{% endfor %}", "z=1;a=ü;"),
    ] {
        assert_eq!(render(template, values.clone()).unwrap(), text, "{template}");
    }
}

#[test]
fn understands_jinja() {
    let values = json!({"name": "Ada", "items": ["a", "b", "c"], "users": [{"n": "x", "a": 2}, {"n": "y", "a": 1}], "n": 3});
    for (template, text) in [
        ("{{ name|upper }}{{ name[0] }}{{ name[1:] }}{{ items[-1] }}{{ items[1:] }}", r#"ADAAdac["b","c"]"#),
        (
            "{% for x in items if x != 'b' %}{{ loop.index }}{{ x }}{% if not loop.last %},{% endif %}{% endfor %}",
            "1a,2c",
        ),
        ("{% for x in [] %}{% else %}none{% endfor %}", "none"),
        ("{% if n > 2 and name is defined %}a{% elif n %}b{% else %}c{% endif %}", "a"),
        ("{{ 'x' if missing else 'y' }}{{ missing|default('d') }}{{ 'e' if false }}", "yd"),
        ("{% set a, b = 1, 2 %}{% set (c, d) = [3, 4] %}{{ a }}{{ b }}{{ c }}{{ d }}", "1234"),
        (
            "{% set ns = namespace(sum=0) %}{% for u in users %}{% set ns.sum = ns.sum + u.a %}{% endfor %}{{ ns.sum }}",
            "3",
        ),
        (
            "{% set ns = namespace(l=[]) %}{% for i in items %}{% set ns.l = ns.l + [i] %}{% endfor %}{{ ns.l }}",
            r#"["a","b","c"]"#,
        ),
        ("{% macro m(a, b='!') %}{{ a }}{{ b }}{% endmacro %}{{ m('x') }}{{ m('y', b='?') }}", "x!y?"),
        ("{% macro d(t) %}<{{ caller(t) }}>{% endmacro %}{% call(x) d('q') %}{{ x }}{% endcall %}", "<q>"),
        ("{% with a = 1, (b, c) = (2, 3) %}{{ a + b + c }}{% endwith %}", "6"),
        ("{% filter upper|replace('A', 'b') %}a{{ name }}{% endfilter %}", "bbDb"),
        ("{% set t | upper %}x{{ n }}{% endset %}{{ t }}", "X3"),
        ("{% raw %}{{ name }} \"\\{% endraw %}", "{{ name }} \"\\"),
        ("a {# no #} b {%- if n %}\n c {%+ endif %}", "a  b\n c "),
        (
            "{{ users|map(attribute='n')|join(', ') }} {{ users|sort(attribute='a')|first }}",
            r#"x, y {"n":"y","a":1}"#,
        ),
        (
            "{{ 2 ** 3 + 7 // 2 * -1 - 10 % 3 }} {{ -n }} {{ not n }} {{ (1, 2) }} {{ {'a': n} }}",
            r#"4 -3 false [1,2] {"a":3}"#,
        ),
        (
            "{{ 1 < 2 < n }} {{ 'a' in items }} {{ 'z' not in items }} {{ n is not odd }} {{ n is divisibleby 3 }}",
            "true true true false true",
        ),
        ("{% for a, b in {'x': 1}|items %}{{ a }}{{ b }}{% endfor %}", "x1"),
        ("{% for r in [[1, [2]]] recursive %}{{ loop(r) if r is sequence else r }}{% endfor %}", "12"),
        (
            "{{ '%s-%03d'|format(name, n) }} {{ '=' * 5 }} {{ range(3)|list }} {{ dict(a=1) }}",
            r#"Ada-003 ===== [0,1,2] {"a":1}"#,
        ),
        (
            "{{ users|groupby('a')|map(attribute=0)|list }} {{ [3, 1]|sum }} {{ 'xxaxx'|trim('x') }}",
            "[1,2] 4 a",
        ),
        ("{% do range(1) %}{{ loop_ if false else 'ok' }}", "ok"),
        ("{{ 'a' 'b' }}{{ \"it's\" }}{{ 'tab\\t' }}", "abit'stab\t"),
    ] {
        assert_eq!(render(template, values.clone()).unwrap(), text, "{template}");
    }
}

#[test]
fn says_which_variable_is_not_defined_and_where() {
    let error = render("a\nb\nc\nIn {{ unit_name }}.", json!({"unit": "metres"})).unwrap_err();
    assert_eq!(error.to_string(), "Line 4: `unit_name` is not defined. Did you mean `unit`?");
    let RenderError::Undefined { name, problem } = error else { panic!("{error:?}") };
    assert_eq!(name, "unit_name");
    assert_eq!((problem.column, problem.end_column), (7, Some(16)));
    assert_eq!(problem.pointer, "/messages/0/content/0/text");

    assert_eq!(sentence("{{ user.name }}", json!({"user": {}})), "Line 1: `user.name` is not defined.");
    assert_eq!(sentence("{{ user['name'] }}", json!({"user": {}})), "Line 1: `user['name']` is not defined.");
    assert_eq!(
        sentence("{{ user.name }}", json!({"use": {}})),
        "Line 1: `user` is not defined. Did you mean `use`?"
    );
    for template in [
        "{{ x|upper }}",
        "{% for a in x %}{% endfor %}",
        "{{ x ~ 'a' }}",
        "{{ x + 1 }}",
        "{{ x == 1 }}",
        "{{ [x]|join }}{{ x }}",
        "{{ x.y }}",
        "{% set y = x %}{{ y }}",
        "{{ x[0] }}",
        "{{ 1 in x }}",
        "{{ x|tojson }}",
        "{{ x|string }}",
        "{{ x[1:] }}",
    ] {
        assert!(
            sentence(template, json!({})).contains("`x` is not defined"),
            "{template}: {}",
            sentence(template, json!({}))
        );
    }
}

#[test]
fn names_the_message_where_it_is_not_the_first() {
    let content = CardContent {
        kind: CardKind::Chat,
        messages: vec![Message::text(Role::System, "Be kind."), Message::text(Role::User, "\n{{ qestion }}")],
        ..CardContent::text("")
    };
    let template = PromptTemplate::compile(&content, &Includes::default()).unwrap();
    let error = template.render(&variables(json!({"question": "?"}))).unwrap_err();
    assert_eq!(error.to_string(), "Message 2, line 2: `qestion` is not defined. Did you mean `question`?");
}

#[test]
fn turns_syntax_errors_into_sentences_with_a_place() {
    for (template, line, column, message) in [
        ("a {{ name", 1, 6, "`{{` is not closed. Write `}}` at its end."),
        ("{{ }}", 1, 4, "There is nothing between `{{` and `}}`. Write a variable's name."),
        ("a\n {{ unit name }}", 2, 10, "`}}` is expected here. A variable's name has no spaces."),
        ("{% if x %}a", 1, 11, "A tag is opened and not closed: `%}` or its `{% end… %}` is missing."),
        ("{% endif %}", 1, 4, "`{% endif %}` has no `{% if %}` before it."),
        ("{% else %}", 1, 4, "`{% else %}` has no `{% if %}` before it."),
        (
            "{% foreach x %}",
            1,
            4,
            "`foreach` is no tag. Jinja has `if`, `for`, `set`, `with`, `macro`, `include`.",
        ),
        ("{{ 'abc }}", 1, 4, "A text in quotes is not closed."),
        ("{{ a ? b }}", 1, 6, "This sign has no meaning inside a tag."),
        ("{# x", 1, 1, "The comment is not closed. Write `#}` at its end."),
        ("{% for x of y %}{% endfor %}", 1, 10, "`in` is expected here, not a name."),
        ("{{ x|uper }}", 1, 6, "There is no filter `uper`. Did you mean `upper`?"),
        ("{{ x is defind }}", 1, 9, "There is no test `is defind`. Did you mean `defined`?"),
        (
            "{% extends 'x' %}",
            1,
            4,
            "A card cannot use `extends`. Another card's text is taken in by `{% include \"card:slug@label\" %}`.",
        ),
        (
            "{% include name %}",
            1,
            12,
            "An include names a card and its label, as in `{% include \"card:slug@label\" %}`.",
        ),
    ] {
        let problems =
            PromptTemplate::compile(&CardContent::text(template), &Includes::default()).unwrap_err();
        let problem = &problems[0];
        assert_eq!(
            (problem.line, problem.column, problem.message.as_str()),
            (line, column, message),
            "{template}"
        );
    }
}

#[test]
fn tells_the_problems_of_all_messages() {
    let content = CardContent {
        kind: CardKind::Chat,
        messages: vec![Message::text(Role::System, "{{ a|b }}{{ a|c }}"), Message::text(Role::User, "{{")],
        ..CardContent::text("")
    };
    let problems = PromptTemplate::compile(&content, &Includes::default()).unwrap_err();
    let pointers: Vec<_> = problems.iter().map(|problem| problem.pointer.as_str()).collect();
    assert_eq!(
        pointers,
        ["/messages/0/content/0/text", "/messages/0/content/0/text", "/messages/1/content/0/text"]
    );
}

#[test]
fn says_what_a_value_does_not_fit() {
    for (template, message) in [
        ("{% set a = namespace() %}{% set a.b = a %}", "Line 1: A namespace cannot hold a namespace."),
        ("{{ [namespace()] }}", "Line 1: A list or an object cannot hold a namespace."),
        ("a\n{{ 1 + 'a' }}", "Line 2: Tried to use + operator on unsupported types number and string."),
        ("{{ nope() }}", "Line 1: There is no function `nope`."),
        ("{{ 'a'|round }}", "Line 1: Cannot round value (string)."),
        ("{{ 1 / 0 }}", "Line 1: Unable to calculate 1 / 0."),
        ("{{ loop.index }}", "Line 1: `loop` is only there inside `{% for %}`."),
    ] {
        assert_eq!(sentence(template, json!({})), message, "{template}");
    }
}

#[test]
fn a_template_is_shared_by_threads() {
    let template =
        Arc::new(PromptTemplate::compile(&CardContent::text("{{ n }}"), &Includes::default()).unwrap());
    std::thread::scope(|scope| {
        for n in 0..4 {
            let template = Arc::clone(&template);
            scope.spawn(move || {
                let messages = template.render(&variables(json!({"n": n}))).unwrap();
                assert_eq!(messages[0].joined_text(), n.to_string());
            });
        }
    });
}

#[test]
fn render_text_serves_the_values_of_assertions() {
    let values = variables(json!({"answer": 18}));
    assert_eq!(render_text("no tag { } \r\n", &values).unwrap(), "no tag { } \r\n");
    assert_eq!(render_text("is {{ answer }}\n", &values).unwrap(), "is 18\n");
    let error = render_text("{{ anser }}", &values).unwrap_err();
    assert_eq!(error.to_string(), "Line 1: `anser` is not defined. Did you mean `answer`?");
    assert_eq!(error.problem().pointer, "");
    assert_eq!(render_text("{{", &values).unwrap_err().problem().line, 1);
}
