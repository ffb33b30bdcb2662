//! Templates written to exhaust the server: each ends in an error, soon, and in little memory.

use serde_json::{Map, Value, json};

use super::render;
use crate::card::{CardContent, CardKind, Message, Role};
use crate::template::{Includes, PROMPT_LIMIT, PromptTemplate, RenderError};

/// Loops as often as the fuel allows around a statement that changes `ns.x`.
fn grow(start: &str, step: &str, end: &str) -> String {
    format!(
        "{{% set ns = namespace(x={start}) %}}{{% for i in range(10000) %}}{{% set ns.x = {step} %}}{{% endfor %}}{end}"
    )
}

/// Loops in loops around a text.
fn loops(depth: usize, body: &str) -> String {
    let open: Vec<_> = (0..depth).map(|n| format!("{{% for i{n} in range(10000) %}}")).collect();
    format!("{}{body}{}", open.concat(), "{% endfor %}".repeat(depth))
}

fn bombs() -> Vec<String> {
    [loops_and_recursion(), repetition(), filters(), growth(), work(), large_texts()].concat()
}

/// Loops and recursion without end.
fn loops_and_recursion() -> Vec<String> {
    vec![
        loops(4, ""),
        loops(4, "x"),
        loops(2, "{{ 'a' * 1000 }}"),
        "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}".to_owned(),
        "{% macro m() %}{{ m() }}{{ m() }}{% endmacro %}{{ m() }}".to_owned(),
        "{% macro m(x) %}{{ m([x, x]) }}{% endmacro %}{{ m(1) }}".to_owned(),
        "{% for x in [1] recursive %}{{ loop([1, 1]) }}{% endfor %}".to_owned(),
        "{% macro m() %}{% call m() %}{% endcall %}{% endmacro %}{{ m() }}".to_owned(),
        "{% for i in range(10001) %}{% endfor %}".to_owned(),
        "{{ range(10**12)|list }}".to_owned(),
        "{{ range(0, 0 - 10**12, -1)|list }}".to_owned(),
        "{{ range(-9223372036854775807, 9223372036854775807) }}".to_owned(),
    ]
}

/// Texts and lists that are repeated.
fn repetition() -> Vec<String> {
    vec![
        "{{ 'a' * 10**9 }}".to_owned(),
        "{{ 10**9 * 'a' }}".to_owned(),
        "{{ ('a' * 10**5) * 10**4 }}".to_owned(),
        "{{ [1] * 10**9 }}".to_owned(),
        "{{ [1] * 100000000 }}".to_owned(),
        "{{ (1, 2) * 10**8 }}".to_owned(),
        "{{ items * 100000000 }}".to_owned(),
        "{{ ([1] * 100000000) ~ '' }}".to_owned(),
        "{{ ([1] * 100000000)|string }}".to_owned(),
        "{{ ([1] * 100000000)|join }}".to_owned(),
        "{{ ([1] * 100000000)|tojson }}".to_owned(),
        "{{ ([1] * 100000000)|list|length }}".to_owned(),
        "{{ [1] * 100000000 == [1] * 100000000 }}".to_owned(),
        "{{ 2 in [1] * 100000000 }}".to_owned(),
        "{{ (items * 100000000) in 'abc' }}".to_owned(),
        "{{ ([1] * 100000000)|sort|first }}".to_owned(),
        "{{ ([1] * 100000000)|sum }}".to_owned(),
        "{{ ([1] * 100000000)[99999999] }}".to_owned(),
        "{{ ([1] * 100000000)[::-1]|first }}".to_owned(),
        "{{ ([1] * 100000000)|last }}".to_owned(),
        "{% set x %}{{ [1] * 100000000 }}{% endset %}".to_owned(),
        "{% set a, b = [1] * 100000000 %}".to_owned(),
        "{{ '%s'|format([1] * 100000000) }}".to_owned(),
        "{{ dict(a=[1] * 100000000) }}".to_owned(),
        "{{ namespace(a=[1] * 100000000).a }}".to_owned(),
    ]
}

/// Filters that widen what they are given.
fn filters() -> Vec<String> {
    vec![
        "{{ '%1000000000d'|format(1) }}".to_owned(),
        "{{ '%.1000000000f'|format(1.5) }}".to_owned(),
        "{{ '%*d'|format(1000000000, 1) }}".to_owned(),
        "{{ 'a\nb'|indent(10**9) }}".to_owned(),
        "{{ ('a\n' * 10**5)|indent(10**5) }}".to_owned(),
        "{{ items|batch(10**9, 'x') }}".to_owned(),
        "{{ items|slice(10**9) }}".to_owned(),
        "{{ items|slice(10**9, 'x')|length }}".to_owned(),
        "{{ ('a' * 10**6)|replace('a', 'a' * 10**6) }}".to_owned(),
        "{{ ('a' * 10**6)|replace('', 'a' * 1000) }}".to_owned(),
        "{{ ('a' * 2000)|list|join('a' * 10**5) }}".to_owned(),
        "{{ ('a,' * 10**6)|split(',')|length }}{{ ('a,' * 10**6)|split('')|length }}".to_owned(),
        "{{ ('a\n' * 10**6)|lines|length }}".to_owned(),
        "{{ ('a' * 10**6)|list|length }}".to_owned(),
        "{{ ('&' * 10**6)|escape|escape|escape }}".to_owned(),
        "{{ ('ﬃ' * 10**6)|upper|upper }}".to_owned(),
        "{{ ('Σ' * 10**5)|title }}{{ ('Σ' * 10**6)|lower }}".to_owned(),
        "{{ ('a' * 10**5)|trim('b' * 10**5 ~ 'a') }}".to_owned(),
        "{{ items|tojson(indent=10**9) ~ ('a' * 10**9) }}".to_owned(),
        "{{ 9**9**9**9 }}{{ 2.5|round(10**9) }}{{ 'a' * 2**62 }}".to_owned(),
        "{{ 1|round(-2147483648) }}{{ 'a' * -1 }}{{ 'a' * 10**8 }}".to_owned(),
        "{{ ['a' * 10**6, 'a' * 10**6, 'a' * 10**6]|sum(start='') }}".to_owned(),
        "{{ ([['a' * 1000]] * 1000)|sum(start=[])|join }}".to_owned(),
        "{{ ([items] * 10000)|map('join', 'a' * 10**5)|list|length }}".to_owned(),
        "{{ ([('b' * 10**6)] * 10000)|map('upper')|list|length }}".to_owned(),
        "{{ ([('b' * 10**6)] * 10000)|select('upper')|list|length }}".to_owned(),
        "{{ ([items] * 10000)|map('batch', 10**6, 1)|list|length }}".to_owned(),
    ]
}

/// Values that grow in a loop.
fn growth() -> Vec<String> {
    vec![
        grow("'aa'", "ns.x ~ ns.x", "{{ ns.x }}"),
        grow("'aa'", "ns.x + ns.x", "{{ ns.x }}"),
        grow("'aa'", "ns.x * 2", "{{ ns.x }}"),
        grow("'aa'", "ns.x|replace('a', 'aa')", "{{ ns.x }}"),
        grow("['a', 'a']", "[ns.x|join(ns.x|join('a')), 'a']", ""),
        grow("'a\n'", "ns.x|indent(1000, true)", ""),
        grow("'a'", "'%s%s'|format(ns.x, ns.x)", ""),
        grow("[1]", "ns.x + ns.x", "{{ ns.x|length }}"),
        grow("[1]", "ns.x * 2", "{{ ns.x|length }}"),
        grow("[1]", "[ns.x]", ""),
        grow("[1]", "[[[[[[[[[[ns.x]]]]]]]]]]", ""),
        grow("[1]", "(ns.x, )", ""),
        grow("[1]", "{'a': ns.x}", ""),
        grow("[1]", "dict(a=ns.x)", ""),
        grow("[1]", "[ns.x, ns.x]", "{{ ns.x }}"),
        grow("[1]", "{'a': ns.x, 'b': ns.x}", "{{ ns.x }}"),
        grow("[1]", "ns.x|batch(2)", "{{ ns.x }}"),
        grow("[1]", "ns.x|slice(2)", "{{ ns.x }}"),
        grow("[1, 2]", "ns.x[1:] + ns.x", "{{ ns.x|length }}"),
        grow("[{'a': 1}]", "[ns.x|groupby('a')]", "{{ ns.x }}"),
        grow("{'a': 1}", "ns.x|items", "{{ ns.x }}"),
        grow("{'a': 1}", "{'a': ns.x|items}", "{{ ns.x }}"),
        grow("{'a': 1}", "{'a': ns.x|dictsort}", "{{ ns.x }}"),
        grow("[1]", "[ns.x]|map('list')|list", ""),
        grow("[1]", "[ns]", ""),
        grow("[1]", "ns", "{{ ns }}"),
        grow("[1]", "namespace(x=ns)", ""),
        grow("[1]", "{'a': namespace(x=ns.x)}", ""),
        grow("''", "ns.x ~ ns", ""),
        "{% set a = [1, 1] %}".to_owned() + &"{% set a = [a, a] %}".repeat(200) + "{{ a }}",
        "{% set a = [1, 1] %}".to_owned()
            + &"{% set a = [a, a] %}".repeat(15)
            + &loops(2, "{{ a == [a, a] }}"),
        "{% set a = {} %}{% set b = {} %}".to_owned()
            + &"{% set a = {'a': a} %}{% set b = {'a': b} %}".repeat(2000),
    ]
}

/// Work without growth.
fn work() -> Vec<String> {
    vec![
        loops(2, "{{ long == longer }}"),
        loops(2, "{{ long is upper }}{{ long|upper|length }}"),
        loops(2, "{{ long[65000] }}"),
        loops(2, "{{ ('ä' * 10**6)[999999] }}"),
        "{% set s = 'ä' * 10**6 %}".to_owned() + &loops(2, "{{ s[999999] }}"),
        "{% set s = 'ä' * 10**6 %}".to_owned() + &loops(2, "{{ s[999998:999999] }}"),
        "{% set s = 'ä' * 10**6 %}".to_owned() + &loops(2, "{% if s is lower %}{% endif %}"),
        "{% set s = 'ä' * 10**6 %}".to_owned() + &loops(2, "{% if 'b' in s %}{% endif %}"),
        "{% set s = 'ä' * 10**6 %}".to_owned() + &loops(2, "{% if s == s ~ '' %}{% endif %}"),
        "{% set s = 'ä' * 10**6 %}".to_owned() + &loops(2, "{{ s is startingwith('b') }}"),
        loops(2, "{% if many == other %}{% endif %}"),
        loops(2, "{% if many in [other] %}{% endif %}"),
        loops(2, "{{ many|sort|first|first|first }}"),
        loops(2, "{{ many|unique|list|length }}"),
        loops(2, "{% set x = {many: 1} %}"),
        loops(
            2,
            "{% set x = {}[many] if false %}{% set x = dict(many) if false %}{% if loop.changed(many) %}{% endif %}",
        ),
        loops(2, "{{ many|tojson|length }}"),
        loops(2, "{{ [long]|select('upper')|list|length }}"),
        loops(2, "{{ pages|select('upper')|list|length }}"),
        loops(2, "{{ pages|join|length }}"),
        loops(2, "{{ pages|map('trim')|list|length }}"),
        loops(2, "{{ pages|map('replace', 'q', 'aa')|list|length }}"),
        loops(2, "{{ 'a'|int(1) }}{{ long|int(1) }}"),
        loops(2, "{% macro m() %}{{ i0 }}{{ i1 }}{{ long }}{% endmacro %}"),
    ]
}

/// Texts that are large or deep before they are run.
fn large_texts() -> Vec<String> {
    vec![
        "{{ a".to_owned() + &" ~ a".repeat(60_000) + " }}",
        "{{ 1".to_owned() + &" + 1".repeat(60_000) + " }}",
        "{{ a".to_owned() + &".a".repeat(100_000) + " }}",
        "{{ a".to_owned() + &"|upper".repeat(40_000) + " }}",
        "{{ ".to_owned() + &"not ".repeat(60_000) + "a }}",
        "{{ ".to_owned() + &"-".repeat(200_000) + "1 }}",
        "{{ ".to_owned() + &"(".repeat(200_000) + "1",
        "{{ ".to_owned() + &"[".repeat(140) + &"]".repeat(140) + " }}",
        "{{ ".to_owned() + &"{1:".repeat(140) + "1" + &"}".repeat(140) + " }}",
        "{{ a".to_owned() + &" if a else a".repeat(20_000) + " }}",
        "{% if a %}".to_owned() + &"{% elif a %}".repeat(20_000) + "{% endif %}",
        "{% if a %}".repeat(140) + &"{% endif %}".repeat(140),
        "{% for a in b %}".repeat(20_000),
        "{% set a %}".repeat(149) + &"{% endset %}".repeat(149) + "{{ 'a' * 10**9 }}",
        "{% with a = 1 %}".repeat(149) + &"{% endwith %}".repeat(149),
        "{% macro a() %}".repeat(149) + &"{% endmacro %}".repeat(149),
        "{% filter upper %}".repeat(149) + &"{% endfilter %}".repeat(149),
        "{{ a|b }}".repeat(29_000),
        (0..29_000).map(|n| format!("{{{{a{n}}}}}")).collect::<Vec<_>>().concat(),
        "{{".to_owned() + &"\n".repeat(250_000),
        "{{ x|y(".to_owned() + &"{% raw %}".repeat(20_000),
        "{{ 'a' }}".repeat(29_000) + "{{ missing }}",
    ]
}

fn values() -> Value {
    let many: Vec<Value> = (0..100).map(|n| json!([[n, "a"], (0..100).collect::<Vec<_>>()])).collect();
    let mut other = many.clone();
    other[99] = json!([[99, "b"]]);
    json!({
        "items": ["a", "b", "c"], "long": "ä".repeat(32_000), "longer": "ä".repeat(32_000) , "many": many,
        "other": other, "pages": vec!["B".repeat(6000); 10],
    })
}

/// The time is that of the processor, so that a busy machine does not matter. A build without
/// optimisation is about ten times slower than what is promised: 250 ms.
#[test]
fn bombs_end_in_an_error_soon() {
    let values = values();
    let limit = if cfg!(debug_assertions) { 2_500_000_000 } else { 250_000_000 };
    let before = peak_kib();
    for bomb in bombs() {
        let shown: String = bomb.chars().take(150).collect();
        let start = busy_nanoseconds();
        let result = render(&bomb, values.clone());
        let took = busy_nanoseconds() - start;
        let error = result.map(|text| text.len()).expect_err(&shown);
        assert!(took < limit, "{took} ns: {shown}");
        let grown = peak_kib().saturating_sub(before);
        assert!(grown < 32 * 1024, "{grown} KiB more, {error}: {shown}");
    }
}

#[test]
fn many_messages_share_one_budget() {
    let work = "{% for i in range(5000) %}{{ '' }}{% endfor %}";
    let content = CardContent {
        kind: CardKind::Chat,
        messages: vec![Message::text(Role::User, work); 100],
        ..CardContent::text("")
    };
    let template = PromptTemplate::compile(&content, &Includes::default()).unwrap();
    let error = template.render(&Map::new()).unwrap_err();
    assert!(
        matches!(&error, RenderError::Limit(problem) if problem.pointer == "/messages/2/content/0/text"),
        "{error}"
    );
}

#[test]
fn a_prompt_is_at_most_one_mebibyte_over_all_messages() {
    let render = |texts: &[&str]| {
        let messages = texts.iter().map(|text| Message::text(Role::User, *text)).collect();
        let content = CardContent { kind: CardKind::Chat, messages, ..CardContent::text("") };
        PromptTemplate::compile(&content, &Includes::default()).unwrap().render(&Map::new())
    };
    let half = "a".repeat(PROMPT_LIMIT / 2);
    assert!(render(&[&half, &half]).is_ok());
    assert!(matches!(render(&[&half, &half, "a"]), Err(RenderError::Limit(_))));
    assert!(render(&[&half, "{{ 'a' * (2 ** 19) }}"]).is_ok());
    let error = render(&[&half, "{{ 'a' * (2 ** 19 + 1) }}"]).unwrap_err();
    assert_eq!(error.to_string(), "Message 2, line 1: The rendered prompt is longer than 1 MiB. Shorten it.");
}

#[test]
fn many_texts_that_are_each_small_enough_are_refused_together() {
    let text = "{{ 'a' }}".repeat(5000);
    let messages = vec![Message::text(Role::User, text); 4];
    let content = CardContent { kind: CardKind::Chat, messages, ..CardContent::text("") };
    assert_eq!(PromptTemplate::compile(&content, &Includes::default()).unwrap_err().len(), 1);
}

/// The most memory that the process had at once. Zero where the system does not say.
fn peak_kib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.trim().trim_end_matches(" kB").parse().ok()).unwrap_or_default()
}

/// For how long this thread has had a processor. Zero where the system does not say.
fn busy_nanoseconds() -> u64 {
    let statistics = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    statistics.split(' ').next().and_then(|field| field.parse().ok()).unwrap_or_default()
}
