//! Rendering as Nunjucks renders. Each line of the tables was run through promptfoo 0.121.20.

use serde_json::{Value, json};

use super::*;

fn variables() -> Map<String, Value> {
    let Value::Object(variables) = json!({
        "name": "Ada", "text": "a,b", "number": "10", "n": 10, "float": 1.0, "half": 0.5, "yes": true, "no": false,
        "list": ["x", "y"], "empty": [], "object": {"a": 1, "b": [1, 2.0]}, "none": null, "json": "{\"k\": [1, 2]}",
        "face": "😀",
    }) else {
        unreachable!()
    };
    variables
}

fn render(source: &str) -> String {
    match NunjucksTemplate::compile(source).map(|template| template.render(&variables())) {
        Ok(Ok(text)) => text,
        Ok(Err(error)) => format!("error: {error}"),
        Err(problem) => format!("problem: {}", problem.message),
    }
}

#[test]
fn values_are_written_as_javascript_writes_them() {
    let table = [
        ("[{{ missing }}{{ missing.a.b }}{{ none }}{{ name.a }}]", "[]"),
        ("{{ float }} {{ half }} {{ n }} {{ yes }}", "1 0.5 10 true"),
        ("{{ list }} {{ object }} {{ object.b }}", "x,y [object Object] 1,2"),
        ("{{ object | dump }}", r#"{"a":1,"b":[1,2]}"#),
        ("{{ object | dump(2) }}", "{\n  \"a\": 1,\n  \"b\": [\n    1,\n    2\n  ]\n}"),
        ("[{{ missing | dump }}]", "[]"),
        ("{{ (json | load).k[1] }}", "2"),
        ("{{ list.length }} {{ name.length }} {{ face.length }} [{{ n.length }}]", "2 3 2 []"),
        ("{{ list | length }} {{ missing | length }}", "2 0"),
        ("{{ missing | upper }}{{ missing | replace('a', 'b') }}{{ n | string }}", "10"),
        ("{{ missing | default('d') }} {{ '' | default('d', true) }}", "d d"),
        ("{{ list | join(' + ') }} {{ text | replace(',', ';') }}", "x + y a;b"),
        ("{{ 'a' if missing }}{{ 'b' if name else 'c' }}", "b"),
        ("{% raw %}{{ name }}{% endraw %}{# gone #}", "{{ name }}"),
        ("{{ name }}\n", "Ada\n"),
        ("{{ \"it's two  words\" | wordcount }}", "4"),
    ];
    for (source, expected) in table {
        assert_eq!(render(source), expected, "{source}");
    }
}

#[test]
fn values_are_compared_as_javascript_compares_them() {
    let table = [
        ("number == 10", true),
        ("number === n", false),
        ("number != 10", false),
        ("number !== 10", true),
        ("(n) === (10)", true),
        ("missing === none", false),
        ("number > 9", true),
        ("number < '9'", true),
        ("n < 9", false),
        ("missing == none", true),
        ("missing == ''", false),
        ("none == 0", false),
        ("no == 0", true),
        ("'' == 0", true),
        ("'abc' == 0", false),
        ("list == 'x,y'", true),
        ("empty", true),
        ("not empty", false),
        ("object and empty", true),
        ("missing or no", false),
        ("'0'", true),
        ("0", false),
        ("'x' in list", true),
        ("1 < 2 < 3", true),
        ("3 > 2 > 1", false),
        ("missing is defined", false),
        ("missing < 1", false),
    ];
    for (condition, expected) in table {
        let source = format!("{{% if {condition} %}}true{{% else %}}false{{% endif %}}");
        assert_eq!(render(&source), expected.to_string(), "{condition}");
    }
}

#[test]
fn tags_of_nunjucks_are_there() {
    let table = [
        ("{% if no %}a{% elseif yes %}b{% endif %}", "b"),
        ("{% if no %}a{% elif n !== 10 %}b{% else %}c{% endif %}", "c"),
        ("{% for x in list %}{{ loop.index }}{{ x }}{% endfor %}", "1x2y"),
        ("{% for k, v in object %}{{ k }}={{ v }};{% endfor %}", "a=1;b=1,2;"),
        ("{% for x in missing %}a{% else %}none{% endfor %}", "none"),
        ("{% for x in none %}a{% endfor %}{% for x in object %}b{% endfor %}", ""),
        ("{% for x in 'ab' %}{{ x }}.{% endfor %}", "a.b."),
        ("{% set x = name %}{{ x | lower }}", "ada"),
        ("{%- if name -%} hi {%- endif -%}", "hi"),
    ];
    for (source, expected) in table {
        assert_eq!(render(source), expected, "{source}");
    }
}

#[test]
fn what_is_not_there_is_named() {
    let table = [
        ("{{ name | truncate(3) }}", "problem: There is no filter `truncate`."),
        (
            "{% include 'a.txt' %}",
            "problem: `include` is not supported in the templates of a promptfoo file.",
        ),
        ("{% switch n %}{% endswitch %}", "problem: `switch` is no tag"),
        ("{{ name.toUpperCase() }}", "error: Line 1: String has no method named toUpperCase."),
        ("{{ 'a' + 1 }}", "error: Line 1: Tried to use + operator on unsupported types"),
        ("{{ cycler('a') }}", "error: Line 1: There is no function `cycler`."),
        ("{{ json.k | load }}", "error: "),
        ("{{ name", "problem: "),
    ];
    for (source, expected) in table {
        let said = render(source);
        assert!(said.starts_with(expected), "{source}: {said}");
    }
}

#[test]
fn the_limits_of_a_card_hold_here_too() {
    for source in [
        "{% for a in range(10000) %}{% for b in range(10000) %}x{% endfor %}{% endfor %}",
        "{% for a in range(10000) %}{{ list | dump }}{{ n == '10' }}{{ object.b.length }}{% endfor %}",
    ] {
        assert!(render(source).contains("too much work"), "{source}");
    }
    let long = format!("{{{{ name{} }}}}", " ~ name".repeat(600));
    assert!(render(&long).contains("words and signs"));
}

#[test]
fn a_comparison_keeps_its_place_in_the_text() {
    let error =
        NunjucksTemplate::compile("{% if a === b %}\n{% elseif c %}{{ x | nope }}{% endif %}").unwrap_err();
    assert_eq!((error.line, error.column), (2, 22));
}
