//! Which variables are found.

use super::*;
use crate::variables::VariableType::{self, Boolean, List, Number, Object, Text};

fn found(template: &str) -> Vec<(String, bool, VariableType)> {
    find_variables(&CardContent::text(template), &Includes::default())
        .into_iter()
        .map(|variable| (variable.name, variable.required, variable.suggested_type))
        .collect()
}

/// What is expected, as `name` or `name?` where it is optional.
fn names(template: &str) -> String {
    let name = |(name, required, _): (String, bool, _)| if required { name } else { format!("{name}?") };
    found(template).into_iter().map(name).collect::<Vec<_>>().join(" ")
}

#[test]
fn tells_what_is_needed_from_what_is_not() {
    for (template, expected) in [
        ("{{ b }}{{ a }}{{ b }}", "b a"),
        ("{{ a|default('x') }}", "a?"),
        ("{{ a|d('x')|upper }}", "a?"),
        ("{{ a|default(b) }}", "a? b"),
        ("{{ a|upper|default('x') }}", "a"),
        ("{{ a.b|default('x') }}", "a"),
        ("{{ a|default('x') }}{{ a }}", "a"),
        ("{% if a is defined %}{{ a }}{{ b }}{% endif %}", "a? b"),
        ("{% if a is defined and a.b %}{% endif %}", "a?"),
        ("{% if a %}{{ a }}{% else %}{{ b }}{% endif %}", "a? b"),
        ("{% if not a %}x{% else %}{{ a }}{% endif %}", "a?"),
        ("{% if a is not defined %}{{ a }}{% endif %}", "a"),
        ("{% if a is undefined %}x{% else %}{{ a }}{% endif %}", "a?"),
        ("{% if a or b %}{{ a }}{% endif %}", "a b?"),
        ("{% if not (a or b) %}x{% else %}{{ a }}{% endif %}", "a b?"),
        ("{% if not a or not b %}x{% else %}{{ a }}{{ b }}{% endif %}", "a? b?"),
        ("{% if a == 'x' %}{% endif %}", "a"),
        ("{% if a is string %}{{ a }}{% endif %}{{ b is none }}", "a b"),
        ("{{ a or 'x' }}", "a?"),
        ("{{ a and 'x' }}", "a"),
        ("{{ a if a is defined else b }}", "a? b"),
        ("{{ a if b else c }}", "b? a c"),
        ("{% for x in a %}{{ x }}{{ loop.index }}{% else %}{{ x }}{% endfor %}", "a x"),
        ("{% for x in a|default([]) %}{% endfor %}", "a?"),
        ("{% for x, y in a if x == b %}{{ y }}{% endfor %}", "a b"),
        ("{% set a = a|default('x') %}{{ a }}", "a?"),
        ("{% set a = 1 %}{{ a }}", ""),
        ("{% if a is not defined %}{% set a = 'x' %}{% endif %}{{ a }}", "a?"),
        ("{% if b %}{% set a = 1 %}{% else %}{% set a = 2 %}{% endif %}{{ a }}", "b?"),
        ("{% for x in a %}{% set y = x %}{% endfor %}{{ y }}", "a y"),
        ("{% with x = a %}{{ x }}{% endwith %}{{ x }}", "a x"),
        ("{% set x %}{{ a }}{% endset %}{{ x }}", "a"),
        ("{% macro m(x, y=a) %}{{ x }}{{ y }}{{ b }}{{ caller() }}{% endmacro %}{{ m(c) }}", "a b c"),
        ("{% macro m() %}{{ caller(1) }}{% endmacro %}{% call(x) m() %}{{ x }}{{ a }}{% endcall %}", "a"),
        ("{% set ns = namespace(x=a) %}{% set ns.x = b %}{{ ns.x }}{{ range(3) }}{{ dict(y=c) }}", "a b c"),
        (
            "{{ a[b] }}{{ a[c:d] }}{{ -e }}{{ f ~ g }}{{ h in i }}{{ {j: k} }}{{ 'x'|replace(l, m=n) }}",
            "a b c d e f g h i j k l n",
        ),
        ("{# a #}{% raw %}{{ a }}{% endraw %}", ""),
        ("{{ a", ""),
    ] {
        assert_eq!(names(template), expected, "{template}");
    }
}

#[test]
fn guesses_types_by_use() {
    for (template, guess) in [
        ("{{ a }}", Text),
        ("{{ a ~ 'x' }}", Text),
        ("{% if a %}x{% endif %}", Boolean),
        ("{% if a %}{{ a }}{% endif %}", Text),
        ("{{ a - 1 }}", Number),
        ("{{ a * 2 }}", Number),
        ("{% if a > 3 %}{{ a }}{% endif %}", Number),
        ("{{ a|round }}", Number),
        ("{% for x in a %}{% endfor %}", List),
        ("{{ a|join(', ') }}", List),
        ("{{ a[0] }}", List),
        ("{{ a.b }}", Object),
        ("{{ a['b'] }}", Object),
        ("{% for k, v in a|items %}{% endfor %}", Object),
        ("{% for x in a.b %}{{ a }}{% endfor %}", Object),
        ("{% for x in a|default([]) %}{% endfor %}", List),
    ] {
        assert_eq!(found(template)[0].2, guess, "{template}");
    }
}

#[test]
fn tells_the_place_of_the_first_use() {
    let content = CardContent {
        kind: CardKind::Chat,
        messages: vec![
            Message::text(Role::System, "{{ b }}{% set c = 1 %}"),
            Message::text(Role::User, "ä\n ü {{ a }}{{ b }}{{ c }}"),
        ],
        ..CardContent::text("")
    };
    let found = find_variables(&content, &Includes::default());
    let places: Vec<_> =
        found.iter().map(|it| (it.name.as_str(), it.message_index, it.line, it.column)).collect();
    assert_eq!(places, [("b", 0, 1, 4), ("a", 1, 2, 7), ("c", 1, 2, 21)]);
}
