//! What prompts become: variables in variables, JSON, lists of messages.

use domain::card::Role;
use formats::promptfoo::Flags;

use super::{evaluation_of, sends, sent, with};

fn rendered(prompt: &str, vars: &str) -> String {
    let config = format!("prompts: [{{raw: {prompt:?}}}]\nproviders: [echo]\ntests: [{{vars: {vars}}}]\n");
    sends(&config, &[]).remove(0)
}

#[test]
fn texts_become_what_promptfoo_makes_of_them() {
    // Each line was run through promptfoo 0.121.20 with its provider `echo`.
    let table = [
        ("{{a}}{{missing}}!", "{a: hi}", "hi!"),
        ("{{a}}|", r#"{a: "line\n\n"}"#, "line\n|"),
        ("{{a}}", "{a: '{{b}} {{c}}', b: '{{c}}', c: x}", "x x"),
        ("{{a}}", "{a: '{{missing}} {{ b | upper }}', b: x}", "{{missing}} {{ b | upper }}"),
        ("{{a}}", "{a: '{{ b | upper }}', b: x}", "X"),
        ("{{a}}", "{a: 'costs {{b}}', b: '$$5 $&'}", "costs $5 $5 $5 $5 $5 $$5 $&"),
        ("{{a}} {{ open", "{a: x}", "{{a}} {{ open"),
        ("{{ a.k }} {{ l[1] }} {{ o }}", "{a: {k: 1.0}, l: [1, b], o: {}}", "1 b [object Object]"),
        (
            r#"{"x": "{{a}}", "n": 1.0, "l": []}"#,
            r#"{a: 'say "hi"'}"#,
            "{\n  \"x\": \"say \\\"hi\\\"\",\n  \"n\": 1,\n  \"l\": []\n}",
        ),
        (r#"{"x": "{{ a | nope }}"}"#, "{a: 1}", "error: Line 1: There is no filter `nope`."),
        ("{{ a }}", "{a: '{% if b %}yes{% endif %}', b: true}", "yes"),
        ("{{ a }}", "{a: '{% if c %}yes{% endif %}'}", "{% if c %}yes{% endif %}"),
        ("{{ n == '1' }}", "{n: 1}", "true"),
        ("42", "{}", "42"),
        ("{{ a }}", "{a: [null, 1]}", ",1"),
        ("{{ a }}", "{a: '{{b}}', b: [null, 1]}", ",1"),
    ];
    for (prompt, vars, expected) in table {
        assert_eq!(rendered(prompt, vars), expected, "{prompt} {vars}");
    }
}

#[test]
fn the_environment_is_seen_while_reading_and_while_rendering() {
    let config = "
env: {OWN: '{{env.HOME}}+x', KEY: k}
prompts: ['{{env.OWN}} {{ env[\"HOME\"] }} {{env.NONE}} {{ env.NONE | default(\"d\") }} {% if env.KEY %}{{a}}{% endif %}']
providers: [{id: 'ollama:chat:{{env.KEY}}'}]
tests: [{vars: {a: 'in {{ env.OWN }}'}}]
";
    let evaluation = with(config, &[], &[("HOME", "h")], Flags::default()).unwrap();
    assert_eq!(sent(&evaluation), ["h+x h  d in h+x"]);
    assert_eq!(evaluation.providers[0].id, "ollama:chat:k");
    assert_eq!(evaluation.config["env"]["OWN"], "[REDACTED]");
}

#[test]
fn a_chat_takes_the_messages_that_a_prompt_lists() {
    let messages = |prompt: &str| {
        let config = format!("prompts: [{{raw: {prompt:?}}}]\nproviders: [echo]\n");
        let evaluation = evaluation_of(&config, &[]).unwrap();
        let cell = evaluation.cells().unwrap()[0];
        evaluation.renderer().render(&cell).unwrap().messages()
    };
    let listed = messages(
        r#"[{"role": "system", "content": "a"}, {"role": "user", "content": [{"type": "text", "text": "b"}]}]"#,
    );
    let listed = listed.unwrap();
    assert_eq!((listed[0].role, listed[1].joined_text()), (Role::System, "b".into()));
    let yaml = messages("- role: user\n  content: hi\n").unwrap();
    assert_eq!((yaml[0].role, yaml[0].joined_text()), (Role::User, "hi".into()));
    for text in ["hi", "42", "[draft] hello [x]", "{{ a }}"] {
        assert_eq!(messages(text).unwrap().len(), 1, "{text}");
    }
    let wrong = [
        (r#"[{"role": "user", "content": "a"]"#, "looks like JSON"),
        (r#"{"a": 1}"#, "no list of messages"),
        (r#"[{"role": "tool", "content": "a"}]"#, "the role `tool`"),
        (r#"[{"role": "user", "content": [{"type": "image_url"}]}]"#, "other parts than text"),
        (r#"[{"content": "a"}]"#, "no role"),
        (r#"[{"role": "user"}]"#, "no content"),
        ("- role: user\n content: x\n  y: [", "in YAML"),
    ];
    for (prompt, expected) in wrong {
        let said = messages(prompt).unwrap_err();
        assert!(said.contains(expected), "{prompt}: {said}");
    }
}
