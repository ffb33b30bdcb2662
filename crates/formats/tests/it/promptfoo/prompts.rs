//! Prompts: inline, from files, several in a file.

use super::{evaluation_of, refused, sends};

fn labels(config: &str, others: &[(&str, &str)]) -> Vec<String> {
    evaluation_of(config, others).unwrap().prompts.into_iter().map(|prompt| prompt.label).collect()
}

#[test]
fn a_text_is_itself_and_its_own_label() {
    assert_eq!(sends("prompts: Hi\nproviders: echo\n", &[]), ["Hi"]);
    let config = "prompts: [Hi, {raw: Ho, label: second, id: h}]\nproviders: [echo]\n";
    assert_eq!(sends(config, &[]), ["Hi", "Ho"]);
    assert_eq!(labels(config, &[]), ["Hi", "second"]);
}

#[test]
fn without_prompts_the_variable_of_that_name_is_sent() {
    assert_eq!(sends("providers: [echo]\ntests: [{vars: {prompt: Hi}}]\n", &[]), ["Hi"]);
}

#[test]
fn a_text_file_is_split_at_dashes() {
    let files = [("p/a.txt", "\none {{x}}\nmore\n ---\r\n\n---\ntwo\n")];
    let config = "prompts: [file://p/a.txt]\nproviders: [echo]\ntests: [{vars: {x: 1}}]\n";
    assert_eq!(sends(config, &files), ["one 1\nmore", "two"]);
    assert_eq!(labels(config, &files), ["p/a.txt: one {{x}}\nmore", "p/a.txt: two"]);
    let labelled = "prompts: [{id: file://p/a.txt, label: L}]\nproviders: [echo]\n";
    assert_eq!(labels(labelled, &files)[1], "L: p/a.txt: two");
}

#[test]
fn chats_come_from_json_and_yaml() {
    let files = [
        ("a.json", r#"[{"role": "user", "content": "Hi {{x}}"}]"#),
        ("b.yaml", "- role: system\n  content: |\n    Be {{x}}\n"),
        ("c.jsonl", "{\"a\": \"{{x}}\"}\n{\"b\": 2}\n"),
        ("d.json", "{% if x %}[\"{{x}}\"]{% endif %}"),
    ];
    let config =
        "prompts: [a.json, b.yaml, c.jsonl, d.json]\nproviders: [echo]\ntests: [{vars: {x: 'a \"b\"'}}]\n";
    let expected = [
        "[\n  {\n    \"role\": \"user\",\n    \"content\": \"Hi a \\\"b\\\"\"\n  }\n]",
        "[\n  {\n    \"role\": \"system\",\n    \"content\": \"Be a \\\"b\\\"\\n\"\n  }\n]",
        "{\n  \"a\": \"a \\\"b\\\"\"\n}",
        "{\n  \"b\": 2\n}",
        "[\"a \"b\"\"]",
    ];
    assert_eq!(sends(config, &files), expected);
}

#[test]
fn patterns_maps_and_tables_name_prompts() {
    let files = [
        ("p/b.txt", "b"),
        ("p/a.md", "# a\n---\n"),
        ("p/c.j2", "c {{ x }}"),
        ("t.csv", "prompt,label\nHi,L\n,\nHo,\n"),
    ];
    assert_eq!(sends("prompts: ['p/*']\nproviders: [echo]\n", &files), ["# a\n---\n", "b", "c "]);
    assert_eq!(labels("prompts: {p/b.txt: second}\nproviders: [echo]\n", &files), ["second: p/b.txt: b"]);
    assert_eq!(labels("prompts: [file://t.csv]\nproviders: [echo]\n", &files), ["L", "Prompt 2 - Ho"]);
    let lines = [("l.csv", "prompt\nHi\n\nHo\n")];
    assert_eq!(sends("prompts: [file://l.csv]\nproviders: [echo]\n", &lines), ["Hi", "Ho"]);
    // Not a path, though it has a star.
    assert_eq!(sends("prompts: ['2 * 3?']\nproviders: [echo]\n", &[]), ["2 * 3?"]);
}

#[test]
fn what_cannot_be_a_prompt_is_named() {
    let config = "prompts: [a.py, 'file://b.js:f', none.txt, 'exec:x', {config: {}}, '{{ _conversation }}', e.txt]\nproviders: [echo]\n";
    assert_eq!(
        refused(config, &[("e.txt", " \n")]),
        [
            "prompts[0]: `a.py` is a program, which is not supported as a prompt",
            "prompts[1]: `b.js:f` is a program, which is not supported as a prompt",
            "prompts[2]: there is no file `none.txt`",
            "prompts[3]: `exec:x` is not supported",
            "prompts[4]: must have `raw`, or an `id` that names a file",
            "prompts[5]: `_conversation` is not supported",
            "prompts[6]: there is no prompt in `e.txt`",
        ]
    );
}
