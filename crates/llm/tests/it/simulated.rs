//! Answers without a model server.

use std::time::Duration;

use domain::card::{Message, ModelParameters, Role};
use domain::completion::Completion;
use llm::watch::Watch;
use llm::{
    CallError, CallErrorKind, ChatRequest, Latency, Outbound, Provider, ProviderKind, ProviderSettings,
};
use serde_json::{Value, json};
use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;

use super::parameters;

fn provider() -> Provider {
    Provider::new(&ProviderSettings::new("simulated", ProviderKind::Simulated), &Outbound::open())
        .expect("settings")
}

async fn answer(
    model: &str,
    text: &str,
    parameters: &ModelParameters,
    seed: i64,
) -> Result<Completion, CallError> {
    let messages = [Message::text(Role::User, text)];
    let request = ChatRequest { model, messages: &messages, parameters, seed: Some(seed) };
    let cancel = CancellationToken::new();
    let mut watch = Watch::start(Duration::from_secs(9), Duration::from_secs(9), &cancel);
    provider().chat(&request, &mut watch).await
}

async fn content(model: &str, text: &str, seed: i64) -> String {
    answer(model, text, &ModelParameters::default(), seed).await.expect("an answer").content
}

#[tokio::test(start_paused = true)]
async fn an_answer_depends_on_model_prompt_and_seed_alone() {
    let parameters = ModelParameters::default();
    let mut different = 0;
    for seed in 0..20 {
        let one = answer("simulated-small", "Write a story about a fox.", &parameters, seed).await;
        let two = answer("simulated-small", "Write a story about a fox.", &parameters, seed).await;
        assert_eq!(one, two);
        different += usize::from(
            one != answer("simulated-small", "Write a story about a fox.", &parameters, 99).await,
        );
    }
    assert!(different > 0);
    // Written down, so that a change of the generator is noticed: stored runs were made with it.
    assert_eq!(
        content("simulated-small", "Say something about rain.", 7).await,
        "About rain, this much is known: it works well where its limits are respected. Start small and measure."
    );
}

#[tokio::test(start_paused = true)]
async fn the_large_model_is_right_and_the_small_one_mostly() {
    let right = async |model: &str| {
        let mut right = 0;
        for seed in 0..100 {
            right += usize::from(
                content(model, "What is 12 * 12? Answer with only the number.", seed).await == "144",
            );
        }
        right
    };
    assert_eq!(right("simulated-large").await, 100);
    let small = right("simulated-small").await;
    assert!((50..90).contains(&small), "{small}");
}

#[tokio::test(start_paused = true)]
async fn an_answer_takes_its_time_and_says_so() {
    let begun = Instant::now();
    let completion =
        answer("simulated-small", "Hello", &ModelParameters::default(), 1).await.expect("an answer");
    let taken = begun.elapsed();
    let Latency { min_ms, max_ms } = Latency::default();
    assert!((u128::from(min_ms)..=u128::from(max_ms) + 2).contains(&taken.as_millis()), "{taken:?}");
    assert_eq!(completion.timings.total_ms, i64::try_from(taken.as_millis()).unwrap());
    assert!(completion.timings.first_token_ms.expect("measured") < completion.timings.total_ms);
    assert_eq!(completion.usage.prompt_tokens, Some(2));
    assert!(completion.usage.completion_tokens.expect("counted") > 0);
    assert_eq!(completion.finish_reason.as_deref(), Some("stop"));
}

#[tokio::test(start_paused = true)]
async fn a_cancel_ends_it_at_once() {
    let messages = [Message::text(Role::User, "Hello")];
    let parameters = ModelParameters::default();
    let request =
        ChatRequest { model: "simulated-small", messages: &messages, parameters: &parameters, seed: None };
    let cancel = CancellationToken::new();
    let provider = provider();
    let mut watch = Watch::start(Duration::from_secs(9), Duration::from_secs(9), &cancel);
    let begun = Instant::now();
    let (result, ()) = tokio::join!(provider.chat(&request, &mut watch), async {
        sleep(Duration::from_millis(5)).await;
        cancel.cancel();
    });
    assert_eq!(result.expect_err("cancelled").kind, CallErrorKind::Cancelled);
    assert_eq!(begun.elapsed(), Duration::from_millis(5));
}

#[tokio::test(start_paused = true)]
async fn a_prompt_gets_the_kind_of_text_that_it_asks_for() {
    for (text, holds) in [
        ("Write a short story about a lighthouse keeper.", "a lighthouse keeper"),
        ("Write documentation for a function called parse_date.", "parse_date"),
        ("Write a SQL query that lists the ten best customers.", "SELECT"),
        ("Write a Python function that reverses a text.", "def "),
        ("Draft a business strategy for a bakery.", "Strategy for"),
        ("Explain gravity to a student with an example.", "For example"),
        ("Write a tweet about our new release.", "#"),
        ("Review this contract clause on liability.", "thirty days"),
        ("Answer this customer: my parcel is late.", "sorry"),
        ("Summarise the following text.\nThe council met on Monday.", "The council met on Monday"),
        ("Tom has 3 boxes of 4 eggs each. How many eggs? End with #### and the number.", "#### 12"),
        ("Classify the sentiment as positive, negative or neutral: I love it.", "positive"),
        ("Is this spam? Answer with spam or ham.\n\nYou are the winner of a free prize!", "spam"),
    ] {
        let found = content("simulated-large", text, 3).await;
        assert!(found.contains(holds), "{text}: {found}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_schema_is_satisfied() {
    let schema = json!({
        "type": "object",
        "properties": {
            "sentiment": {"enum": ["positive", "negative"]},
            "confidence": {"type": "number", "minimum": 0, "maximum": 1},
            "stars": {"type": "integer", "minimum": 1, "maximum": 5},
            "tags": {"type": "array", "items": {"$ref": "#/$defs/tag"}, "minItems": 1, "maxItems": 3},
            "sure": {"type": "boolean"},
            "note": {"type": "string", "maxLength": 5},
            "nested": {"type": "object", "required": ["x"]},
        },
        "required": ["sentiment", "confidence", "extra"],
        "$defs": {"tag": {"type": "string"}},
    });
    let parameters = parameters(json!({ "format": schema }));
    let completion =
        answer("simulated-large", "I love this phone.", &parameters, 1).await.expect("an answer");
    let found: Value = serde_json::from_str(&completion.content).expect("JSON");
    assert_eq!(found["sentiment"], "positive");
    assert!((0.0..=1.0).contains(&found["confidence"].as_f64().expect("a number")), "{found}");
    assert!((1..=5).contains(&found["stars"].as_i64().expect("a whole number")), "{found}");
    assert!((1..=3).contains(&found["tags"].as_array().expect("a list").len()), "{found}");
    assert!(found["tags"][0].is_string() && found["sure"].is_boolean(), "{found}");
    assert!(found["note"].as_str().expect("a text").chars().count() <= 5, "{found}");
    assert!(found["nested"].get("x").is_some() && found.get("extra").is_some(), "{found}");
}

#[tokio::test(start_paused = true)]
async fn json_is_given_where_it_is_asked_for() {
    let parameters = parameters(json!({"format": "json"}));
    let free = answer("simulated-small", "Name a city", &parameters, 1).await.expect("an answer").content;
    assert!(serde_json::from_str::<Value>(&free).expect("JSON").is_object());
    let keys = content(
        "simulated-small",
        "Answer as JSON with the keys `name`, `email` and `date`. Text: Ada wrote to us.",
        1,
    )
    .await;
    let keys: Value = serde_json::from_str(&keys).expect("JSON");
    assert_eq!(keys.as_object().expect("an object").keys().collect::<Vec<_>>(), ["name", "email", "date"]);
}

#[tokio::test(start_paused = true)]
async fn a_schema_that_refers_to_itself_ends() {
    let schema = json!({"$ref": "#/$defs/node", "$defs": {"node": {
        "type": "object",
        "properties": {"left": {"$ref": "#/$defs/node"}, "right": {"$ref": "#/$defs/node"}},
    }}});
    let parameters = parameters(json!({ "format": schema }));
    assert!(answer("simulated-small", "A tree", &parameters, 1).await.is_ok());
}

#[tokio::test(start_paused = true)]
async fn an_answer_ends_where_it_is_told_to() {
    let short = parameters(json!({"num_predict": 2}));
    let completion =
        answer("simulated-small", "Tell a story about rain.", &short, 1).await.expect("an answer");
    assert_eq!((completion.content.len(), completion.finish_reason.as_deref()), (8, Some("length")));
    let stop = parameters(json!({"stop": ["result"]}));
    let completion = answer("simulated-large", "What is 1 + 1?", &stop, 1).await.expect("an answer");
    assert_eq!(completion.content, "Step by step, the ");
    let think = parameters(json!({"think": true}));
    assert!(answer("simulated-small", "Hello", &think, 1).await.expect("an answer").thinking.is_some());
}

#[tokio::test(start_paused = true)]
async fn its_models_are_labelled_and_no_others_exist() {
    let models = provider().models().await.expect("models");
    assert_eq!(models.len(), 2);
    assert!(models.iter().all(|model| model.simulated && model.loaded && model.digest.is_some()));
    let error = answer("llama3.2", "x", &ModelParameters::default(), 1).await.expect_err("no such model");
    assert_eq!(error.kind, CallErrorKind::ModelMissing);
    assert!(error.detail.contains("simulated-small and simulated-large"), "{error}");
}
