//! Cards in cards.

use std::collections::BTreeMap;

use super::*;
use crate::card::PinnedInclude;

/// Cards by slug, each with its versions; the label `old` points to the first, any other to the last.
#[derive(Default)]
struct Cards(BTreeMap<&'static str, Vec<CardContent>>);

impl Cards {
    fn with(mut self, slug: &'static str, text: &str) -> Self {
        let content = self.saved(slug, text);
        self.0.entry(slug).or_default().push(content);
        self
    }

    /// The content as it is saved: with its pins.
    fn saved(&self, slug: &str, text: &str) -> CardContent {
        let content = CardContent::text(text);
        let pins =
            resolve_includes(Some(slug), &content, |slug, wanted| self.lookup(slug, wanted)).unwrap().pins;
        CardContent { includes: pins, ..content }
    }

    fn lookup(&self, slug: &str, wanted: Wanted) -> Lookup {
        let Some(versions) = self.0.get(slug) else { return Lookup::Unknown };
        let version = match wanted {
            Wanted::Label("old") => 1,
            Wanted::Label("none") => return Lookup::Unknown,
            Wanted::Label("archived") => return Lookup::Archived,
            Wanted::Label(_) => i64::try_from(versions.len()).unwrap(),
            Wanted::Version(version) => version,
        };
        let content = versions[usize::try_from(version).unwrap() - 1].clone();
        Lookup::Found { version, content: Box::new(content) }
    }

    fn resolve(&self, content: &CardContent) -> Result<ResolvedIncludes, Vec<TemplateProblem>> {
        resolve_includes(Some("me"), content, |slug, wanted| self.lookup(slug, wanted))
    }

    fn refusal(&self, text: &str) -> String {
        self.resolve(&CardContent::text(text)).unwrap_err()[0].to_string()
    }

    fn compile(&self, content: &CardContent) -> PromptTemplate {
        PromptTemplate::compile(content, &self.resolve(content).unwrap().includes).unwrap()
    }

    fn render(&self, content: &CardContent, values: Value) -> Result<String, RenderError> {
        Ok(self.compile(content).render(&variables(values))?.remove(0).joined_text())
    }
}

#[test]
fn finds_the_tags_and_their_places() {
    let text = "a\n{% if x %}{% include 'card:tone@production' %}{% endif %}{% include y %}{% include 'z' %}";
    let found = find_includes(&CardContent::text(text));
    assert_eq!(found.len(), 1);
    assert_eq!((found[0].slug.as_str(), found[0].label.as_str()), ("tone", "production"));
    assert_eq!((found[0].line, found[0].column), (2, 22));
    assert_eq!(found[0].pointer, "/messages/0/content/0/text");
}

#[test]
fn takes_in_the_version_that_was_pinned() {
    let cards = Cards::default()
        .with("tone", "Be kind to {{ name }}.\n")
        .with("card", "{% include 'card:tone@production' %}");
    let content = cards.saved(
        "me",
        "{% set x = 1 %}{% include \"card:tone@production\" %}{% include 'card:card@a' %}{{ x }}",
    );
    let pin = |slug: &str, label: &str| PinnedInclude {
        slug: slug.to_owned(),
        label: label.to_owned(),
        version: 1,
    };
    assert_eq!(content.includes, [pin("tone", "production"), pin("card", "a")]);

    // A later version changes nothing for who has pinned, neither here nor below.
    let cards = cards.with("tone", "Be strict.");
    let text = cards.render(&content, json!({"name": "Ada"})).unwrap();
    assert_eq!(text, "Be kind to Ada.\nBe kind to Ada.\n1");
    let anew = CardContent { includes: Vec::new(), ..content };
    assert_eq!(cards.render(&anew, json!({"name": "Ada"})).unwrap(), "Be strict.Be kind to Ada.\n1");
}

#[test]
fn one_tag_may_stand_for_two_versions() {
    let cards = Cards::default()
        .with("tone", "old")
        .with("inner", "{% include 'card:tone@production' %}")
        .with("tone", "new");
    let content =
        cards.saved("me", "{% include 'card:tone@production' %} {% include 'card:inner@production' %}");
    assert_eq!(cards.render(&content, json!({})).unwrap(), "new old");
}

#[test]
fn the_variables_of_an_included_card_are_the_cards_own() {
    let cards = Cards::default().with("tone", "{{ name }}{{ set_here }}{{ mood|default('') }}");
    let content = CardContent::text("\n{% set set_here = 1 %}{% include 'card:tone@production' %}");
    let includes = cards.resolve(&content).unwrap().includes;
    let found = find_variables(&content, &includes);
    let found: Vec<_> = found.iter().map(|it| (it.name.as_str(), it.required, it.line, it.column)).collect();
    assert_eq!(found, [("name", true, 2, 34), ("mood", false, 2, 34)]);
    let error = cards.render(&content, json!({"nam": 1})).unwrap_err();
    let message =
        "Line 2: In the included card `tone`, version 1, line 1: `name` is not defined. Did you mean `nam`?";
    assert_eq!(error.to_string(), message);
    assert!(matches!(error, RenderError::Undefined { name, .. } if name == "name"));
}

#[test]
fn refuses_what_cannot_be_included() {
    let mut cards = Cards::default().with("a", "a").with("b", "{% include 'card:a@x' %}");
    let mut chat = CardContent::text("");
    chat.messages.push(Message::text(Role::Assistant, ""));
    cards.0.insert("chat", vec![chat]);
    cards.0.insert("broken", vec![CardContent::text("{{")]);
    cards
        .0
        .insert("long", vec![CardContent::text("a".repeat(200_000)), CardContent::text("b".repeat(200_000))]);
    // A card that includes itself by the label of an older version, and two that include each other.
    let selfish = "{% include 'card:me@old' %}";
    cards.0.insert("me", vec![CardContent::text("")]);
    cards.0.insert("ping", vec![CardContent::text("{% include 'card:pong@x' %}")]);
    cards.0.insert("pong", vec![CardContent::text("{% include 'card:ping@x' %}")]);
    for (text, message) in [
        ("{% include 'card:none@x' %}", "There is no card `none` with the label `x` in this workspace."),
        ("{% include 'card:a@none' %}", "There is no card `a` with the label `none` in this workspace."),
        ("{% include 'card:a@archived' %}", "The card `a` is archived. Restore it, or take the include out."),
        ("{% include 'card:chat@x' %}", "The card `chat` has several messages. Only a text can be included."),
        ("{% include 'card:broken@x' %}", "Version 1 of the included card `broken` does not parse."),
        (
            "{% include 'card:long@old' %}{% include 'card:long@x' %}",
            "The included cards are longer than 262144 bytes together.",
        ),
        (selfish, "The card `me` includes itself, by way of the cards between."),
        ("{% include 'card:ping@x' %}", "The card `ping` includes itself, by way of the cards between."),
    ] {
        assert_eq!(cards.refusal(text), format!("Line 1: {message}"), "{text}");
    }
    assert!(cards.resolve(&CardContent::text("{% include 'card:b@x' %}{% include 'card:a@x' %}")).is_ok());
}

#[test]
fn a_cycle_is_found_below_a_text_that_is_known_already() {
    let mut cards = Cards::default().with("a", "a");
    cards.0.insert("b", vec![CardContent::text("{% include 'card:a@x' %}")]);
    // Version 2 of `a` takes in `b`, which took in version 1: no loop, but `a` within `a`.
    cards.0.get_mut("a").unwrap().push(CardContent::text("{% include 'card:b@x' %}"));
    cards.0.get_mut("b").unwrap()[0].includes =
        vec![PinnedInclude { slug: "a".to_owned(), label: "x".to_owned(), version: 1 }];
    let text = "{% include 'card:b@x' %}{% include 'card:a@x' %}";
    assert_eq!(cards.refusal(text), "Line 1: The card `a` includes itself, by way of the cards between.");
}

#[test]
fn eight_levels_render_and_nine_are_refused() {
    let slugs = ["c1", "c2", "c3", "c4", "c5", "c6", "c7", "c8", "c9"];
    let mut cards = Cards::default().with("c1", "{% macro m() %}{{ n }}{% endmacro %}{{ m() }}");
    for pair in slugs.windows(2).take(7) {
        cards = cards.with(pair[1], &format!("({{% include 'card:{}@x' %}})", pair[0]));
    }
    let content = CardContent::text("{% include 'card:c8@x' %}");
    assert_eq!(cards.render(&content, json!({"n": 1})).unwrap(), "(((((((1)))))))");
    cards.0.insert("c9", vec![CardContent::text("{% include 'card:c8@x' %}")]);
    assert_eq!(
        cards.refusal("{% include 'card:c9@x' %}"),
        "Line 1: Cards include cards more than 8 deep here."
    );
    // Also where the eight are known from a tag before.
    let text = "{% include 'card:c8@x' %}{% include 'card:c9@x' %}";
    assert_eq!(cards.refusal(text), "Line 1: Cards include cards more than 8 deep here.");
}

#[test]
fn includes_that_double_at_each_level_end_soon() {
    let mut cards =
        Cards::default().with("c1", "{% macro m() %}{{ m() }}{% endmacro %}{{ 'a' * 1000 }}{{ x }}");
    for (slug, below) in
        [("c2", "c1"), ("c3", "c2"), ("c4", "c3"), ("c5", "c4"), ("c6", "c5"), ("c7", "c6"), ("c8", "c7")]
    {
        cards = cards.with(slug, &format!("{{% include 'card:{below}@x' %}}").repeat(24));
    }
    let content = CardContent::text("{% include 'card:c8@x' %}");
    assert_eq!(find_variables(&content, &cards.resolve(&content).unwrap().includes).len(), 1);
    assert!(matches!(cards.render(&content, json!({"x": ""})), Err(RenderError::Limit(_))));
}

#[test]
fn an_endless_macro_in_the_deepest_include_does_not_overflow_the_stack() {
    let mut cards = Cards::default().with("c1", "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}");
    for (slug, below) in
        [("c2", "c1"), ("c3", "c2"), ("c4", "c3"), ("c5", "c4"), ("c6", "c5"), ("c7", "c6"), ("c8", "c7")]
    {
        cards = cards.with(slug, &format!("{{% include 'card:{below}@x' %}}"));
    }
    assert!(matches!(
        cards.render(&CardContent::text("{% include 'card:c8@x' %}"), json!({})),
        Err(RenderError::Limit(_))
    ));
}

#[test]
fn without_its_text_an_include_is_a_problem() {
    let content = CardContent::text("{% include 'card:tone@production' %}");
    let problems = PromptTemplate::compile(&content, &Includes::default()).unwrap_err();
    assert_eq!(problems[0].message, "The text of the card `tone` with the label `production` is not there.");
    let content = CardContent::text("{% include 'card:tone@production' ignore missing %}");
    assert!(PromptTemplate::compile(&content, &Includes::default()).is_err());
}
