//! What JavaScript says, and `regress` as the oracle of random patterns.

use proptest::prelude::*;

use super::*;

fn matches(pattern: &str, text: &str) -> bool {
    Pattern::new(pattern).unwrap().is_match(text).unwrap()
}

#[test]
fn patterns_mean_what_javascript_means() {
    // Each line was run in Node.js: `new RegExp(pattern).test(text)`.
    let table = [
        (".", "\n", false),
        (".", "\u{2028}", false),
        (".", "\u{85}", true),
        ("^.$", "😀", false),
        ("^..$", "😀", true),
        ("😀", "a😀b", true),
        ("[😀]", "\u{1F601}", true),
        ("^[^a]{2}$", "😀", true),
        (r"\ud83d", "😀", true),
        ("^b", "a\nb", false),
        ("a$", "a\nb", false),
        ("a$", "a\n", false),
        (r"\d", "٣", false),
        (r"\w", "é", false),
        (r"\bé", "é", false),
        (r"\B|.\S", "1éa", true),
        (r"\B|.b", "1éa", false),
        (r"\B|x", "1éax", true),
        (r"\s", "\u{a0}", true),
        (r"\s", "\u{feff}", true),
        (r"\s", "\u{85}", false),
        (r"\S", "\u{180e}", true),
        ("[]", "a", false),
        ("[^]", "\n", true),
        ("a{,2}", "a{,2}", true),
        ("a{2", "a{2", true),
        ("a{1}{", "a{", true),
        ("]}", "]}", true),
        (r"\1(a)", "a", true),
        (r"^(a)?\1b$", "b", true),
        (r"(?:(a)|b)*\1$", "ab", true),
        (r"^(?:(a)|b)*\1$", "abb", true),
        (r"(z)((a+)?(b+)?(c))*", "zaacbbbcac", true),
        (r"^\8$", "8", true),
        (r"\101", "A", true),
        (r"\08", "\08", true),
        (r"[\c_]", "\u{1f}", true),
        (r"\c", r"\c", true),
        (r"\c!", r"\c!", true),
        (r"[\c]", "\\", true),
        (r"\cJ", "\n", true),
        (r"\x4", "x4", true),
        (r"\u004", "u004", true),
        (r"^\u{3}$", "uuu", true),
        (r"\p{L}", "p{L}", true),
        (r"\p{L}", "a", false),
        (r"\k<a>", "k<a>", true),
        (r"(?<a>x)\k<a>", "xx", true),
        (r"\k<a>(?<a>x)", "x", true),
        (r"(?:(?<y>a)|(?<y>b))\k<y>", "bb", true),
        (r"[\d-x]", "-", true),
        (r"[a-\d]", "-", true),
        (r"[--a]", "B", true),
        (r"[^-]", "-", false),
        (r"(?=a)*b", "b", true),
        (r"(?<=\$)\d+", "costs $42", true),
        (r"(?<!\$)\b\d+", "costs $42", false),
        (r"(?<=^(\d+)(\d+))$", "1053", true),
        (r"(?<=(\d)\1)$", "11", true),
        (r"(?<=\1(\d))$", "11", true),
        (r"^(?=(a+))\1b", "aab", true),
        (r"(?!foo)...", "foo", false),
        (r"(a*)*b", "aaab", true),
        (r"^(?:a?){3}$", "aa", true),
        (r"^(?:|a)+$", "aaa", true),
        (r"^(?:a*?){2,3}?$", "aaaa", true),
        (r"(?:)", "", true),
        ("", "x", true),
        (r"\0", "\0", true),
        (r"a\/b", "a/b", true),
        (r"\a", "a", true),
    ];
    for (pattern, text, expected) in table {
        assert_eq!(matches(pattern, text), expected, "/{pattern}/ on {text:?}");
    }
}

#[test]
fn modifiers_hold_within_their_group() {
    assert!(matches("(?i:a)b", "Ab"));
    assert!(!matches("(?i:a)b", "AB"));
    assert!(!matches("(?i:k)", "\u{212A}"));
    assert!(matches("(?i:[^k])", "\u{212A}"));
    assert!(!matches("(?i:[^k])", "K"));
    assert!(matches("(?s:.)", "\n"));
    assert!(matches("(?m:^b$)", "a\nb\nc"));
    assert!(matches(r"(?i:(a)\1)", "aA"));
    assert!(!matches("(?i:a(?-i:b))", "aB"));
}

#[test]
fn what_javascript_refuses_is_invalid() {
    let refused = [
        "(?i)a",
        "(",
        ")",
        "a)",
        "[",
        "[b-a]",
        "*",
        "+a",
        "?",
        "a**",
        "a{2,1}",
        "{1}",
        "^*",
        "$+",
        r"\b+",
        "(?<=a)*",
        "(?<!a){2}",
        "\\",
        "(?",
        "(?P<a>x)",
        "(?<>x)",
        "(?<1>x)",
        "(?<a>x)(?<a>y)",
        r"(?<a>x)\k<b>",
        r"(?<a>x)\k",
        r"(?<a>x)[\k]",
        "(?#a)",
        "(?>a)",
        "(?-:a)",
        "(?ii:a)",
        "(?i-i:a)",
        "a{1}{2}",
        "(?:a",
    ];
    for pattern in refused {
        assert!(matches!(Pattern::new(pattern), Err(PatternError::Invalid(_))), "/{pattern}/");
    }
    assert_eq!(Pattern::new(&"a".repeat(1025)).unwrap_err(), PatternError::TooLong);
}

#[test]
fn the_last_capture_is_found() {
    let capture = |pattern: &str, text: &str| Pattern::new(pattern).unwrap().last_capture(text).unwrap();
    assert_eq!(capture(r"A: (\d+)", "A: 1, A: 22."), Some("22".into()));
    assert_eq!(capture(r"\d+", "1 and 22"), Some("22".into()));
    assert_eq!(capture("b*", "abb"), Some(String::new()), "the last match is the empty one at the end");
    assert_eq!(capture("(x)|y", "xy"), None, "the group takes no part in the last match");
    assert_eq!(capture("(?:(a)|b)*", "ab"), None);
    assert_eq!(capture("z", "xy"), None);
    assert_eq!(capture("<(.*?)>", "<😀>"), Some("😀".into()));
}

#[test]
fn patterns_that_match_everything_are_known() {
    for pattern in ["", ".*", "a?", "(?:)", "(a*)*", "x|", "(|y)z{0}", "a{0,3}?"] {
        assert!(Pattern::new(pattern).unwrap().always_matches(), "/{pattern}/");
    }
    for pattern in ["^", ".", "^$", "a+", r"\b", "(?=)", "x|y"] {
        assert!(!Pattern::new(pattern).unwrap().always_matches(), "/{pattern}/");
    }
}

/// Atoms, and what may stand around them: enough for every construct that a pattern has.
fn patterns() -> impl Strategy<Value = String> {
    let atom = prop_oneof![
        8 => prop::sample::select(vec![
            "a", "b", "c", "-", ".", r"\d", r"\w", r"\W", r"\s", r"\S", r"\D", "[ab]", "[^a]", "[a-c-]", r"[\w-]",
            "[]", "[^]", r"[^\d\s]", r"\x61", r"\u0062", r"\61", r"\n", "é", "😀", "[😀é]", r"\cA", r"\c", r"\-",
            "{", "}", "]", "a{,3}", r"\8", r"[\b]", r"\0", "[ -~]", r"\ude00", r"[\ud800-\udfff]",
        ]).prop_map(str::to_owned),
        1 => prop::sample::select(vec!["^", "$", r"\b(?:)", r"\B(?:)", ""]).prop_map(str::to_owned),
        1 => prop::sample::select(vec![r"\1", r"\2", r"\3"]).prop_map(str::to_owned),
    ];
    atom.prop_recursive(4, 16, 3, |inner| {
        let quantifier =
            prop::sample::select(vec!["*", "+", "?", "*?", "+?", "??", "{2}", "{0,2}", "{1,}?", "{1,2}?"]);
        prop_oneof![
            4 => (inner.clone(), inner.clone()).prop_map(|(first, second)| format!("{first}{second}")),
            2 => (inner.clone(), inner.clone()).prop_map(|(first, second)| format!("(?:{first}|{second})")),
            3 => (inner.clone(), quantifier).prop_map(|(body, quantifier)| format!("(?:{body}){quantifier}")),
            2 => inner.clone().prop_map(|body| format!("({body})")),
            1 => (prop::sample::select(vec!["(?=", "(?!", "(?<=", "(?<!"]), inner.clone())
                .prop_map(|(open, body)| format!("{open}{body})")),
            1 => inner.prop_map(|body| format!("(?i:{body})")),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, ..ProptestConfig::default() })]

    #[test]
    fn random_patterns_match_where_regress_matches(pattern in patterns(), text in "[abcA1 é😀\n-]{0,9}") {
        let expected = regress::Regex::from_unicode(pattern.encode_utf16().map(u32::from), "").unwrap();
        let units: Vec<u16> = text.encode_utf16().collect();
        let expected_match = expected.find_from_ucs2(&units, 0).next();
        let ours = Pattern::new(&pattern).unwrap();
        prop_assert_eq!(ours.is_match(&text).unwrap(), expected_match.is_some(), "automaton /{}/", pattern);
        let slots = Search::new(&ours.program, &units).find(0).unwrap();
        let found = slots.map(|slots| slots[0]..slots[1]);
        prop_assert_eq!(found, expected_match.map(|found| found.range()), "backtracking /{}/", pattern);
    }

    #[test]
    fn random_text_is_a_pattern_where_it_is_one_for_regress(
        // Without `\b`, which regress lets repeat.
        pattern in r"([ab0-9|]|\(|\)|\[|\]|\{|\}|\?|:|<|>|=|!|\*|\+|\^|\$|-|,|i|\\[kcdx1])((\(\?<[ab]>)|\(\?:)?[ab)|*?,]{0,8}"
    ) {
        let expected = regress::Regex::from_unicode(pattern.encode_utf16().map(u32::from), "").is_ok();
        prop_assert_eq!(Pattern::new(&pattern).is_ok(), expected, "/{}/", pattern);
    }
}
