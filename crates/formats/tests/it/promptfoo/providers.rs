//! Providers: which servers are asked, and how.

use formats::promptfoo::{Endpoint, Flags, ProviderKind};
use serde_json::json;

use super::{evaluation_of, refused, with};

fn endpoint(providers: &str, environment: &[(&str, &str)]) -> Endpoint {
    let config = format!("prompts: [x]\nproviders: [{providers}]\n");
    let evaluation = with(&config, &[], environment, Flags::default()).unwrap();
    match evaluation.providers.into_iter().next().unwrap().kind {
        ProviderKind::OllamaChat(it) | ProviderKind::OllamaCompletion(it) | ProviderKind::OpenAiChat(it) => {
            it
        }
        ProviderKind::Echo => panic!("echo has no server"),
    }
}

#[test]
fn providers_are_named_in_three_ways() {
    let config = "
prompts: [x]
providers:
  - ollama:chat:llama3.2:3b
  - {id: 'ollama:completion:m', label: L, config: {temperature: 0.5, num_predict: 9, mirostat: 1, think: true, stop: [a]}, delay: 5}
  - ollama:phi4
  - openai:chat:gpt-4.1: {config: {max_tokens: 5}, id: mine}
  - openai:gpt-5-mini
  - echo
  - file://more.yaml
";
    let evaluation = evaluation_of(config, &[("more.yaml", "- id: echo\n  label: last\n")]).unwrap();
    insta::assert_debug_snapshot!(evaluation.providers);
}

#[test]
fn addresses_and_keys_come_from_the_config_or_the_environment() {
    let chat = "'openai:chat:m'";
    assert_eq!(endpoint(chat, &[]).base_url, "https://api.openai.com/v1");
    assert_eq!(endpoint(chat, &[("OPENAI_BASE_URL", "http://a/v1/")]).base_url, "http://a/v1");
    assert_eq!(endpoint(chat, &[("OPENAI_API_KEY", "s3cret")]).key.unwrap().expose(), "s3cret");
    let configured = "{id: 'openai:chat:m', config: {apiBaseUrl: 'http://b', apiKeyEnvar: OTHER}}";
    let found =
        endpoint(configured, &[("OTHER", "k2"), ("OPENAI_API_KEY", "k1"), ("OPENAI_BASE_URL", "http://a")]);
    assert_eq!((found.base_url.as_str(), found.key.unwrap().expose()), ("http://b", "k2"));
    assert_eq!(
        endpoint("{id: 'openai:chat:m', config: {apiHost: h.test}}", &[]).base_url,
        "https://h.test/v1"
    );
    assert_eq!(endpoint("'ollama:chat:m'", &[]).base_url, "http://localhost:11434");
    assert_eq!(endpoint("'ollama:chat:m'", &[("OLLAMA_BASE_URL", "http://o:1")]).base_url, "http://o:1");
    let own = "{id: 'ollama:chat:m', env: {OLLAMA_BASE_URL: 'http://own'}}";
    assert_eq!(endpoint(own, &[("OLLAMA_BASE_URL", "http://o:1")]).base_url, "http://own");
}

#[test]
fn a_key_is_never_shown() {
    let config =
        "prompts: [x]\nproviders: [{id: 'openai:chat:m', config: {apiKey: s3cret}}]\nenv: {TOKEN: s3cret}\n";
    let evaluation = evaluation_of(config, &[]).unwrap();
    assert!(!format!("{:?}", evaluation.providers).contains("s3cret"));
    assert!(!evaluation.config.to_string().contains("s3cret"));
}

#[test]
fn openai_has_defaults_of_its_own() {
    let parameters = |provider: &str| json!(endpoint(provider, &[]).parameters);
    assert_eq!(parameters("'openai:chat:m'"), json!({"temperature": 0.0, "num_predict": 1024}));
    assert_eq!(parameters("{id: 'openai:chat:m', config: {omitDefaults: true}}"), json!({}));
    assert_eq!(parameters("'openai:chat:o3'"), json!({}));
    let format = "{id: 'openai:chat:m', config: {response_format: {type: json_object}, seed: 3, passthrough: {min_p: 0.1}}}";
    assert_eq!(
        parameters(format),
        json!({"temperature": 0.0, "num_predict": 1024, "seed": 3, "format": "json", "options": {"min_p": 0.1}})
    );
}

#[test]
fn what_cannot_be_asked_is_named() {
    let config = "
prompts: [x]
providers:
  - anthropic:messages:claude
  - python:provider.py
  - https://example.com/api
  - ollama:embeddings:m
  - openai:embedding:m
  - {label: nothing}
  - {id: 'ollama:chat:m', transform: output, config: {tools: [{}], nonsense: 1, seed: a}}
  - {id: 'openai:chat:m', config: {apiBaseUrl: 'localhost:1', tools: [{}]}}
  - 7
";
    assert_eq!(
        refused(config, &[]),
        [
            "providers[0]: anthropic:messages:claude is not supported",
            "providers[1]: python:provider.py is not supported",
            "providers[2]: https://example.com/api is not supported",
            "providers[3]: an embedding model answers no prompts",
            "providers[4]: openai:embedding is not supported",
            "providers[5]: must have an `id`",
            "providers[6].transform: is not supported",
            "providers[6].config.seed: must be a whole number",
            "providers[6].config.tools: is not supported",
            "providers[6].config.nonsense: is not supported",
            "providers[7].config.tools: is not supported",
            "providers[7]: `localhost:1` is no address: it must begin with http:// or https://",
            "providers[8]: must be a text or a map",
        ]
    );
    assert_eq!(
        refused("prompts: [x]\n", &[])[0],
        "providers: must name at least one provider, such as `ollama:chat:llama3.2`"
    );
}

#[test]
fn providers_that_are_not_wanted_stand_in_nobodys_way() {
    let config = "
prompts: [x]
providers:
  - {id: 'anthropic:messages:claude', label: one, transform: output}
  - {'ollama:chat:m': {label: two}}
  - {id: echo, label: two too}
";
    let chosen = |config: &str, pattern: Option<&str>| {
        let flags = Flags { filter_providers: pattern.map(Into::into), ..Flags::default() };
        let evaluation = with(config, &[], &[], flags)?;
        Ok::<_, Vec<String>>(evaluation.providers.iter().map(|it| it.name().to_owned()).collect::<Vec<_>>())
    };
    assert_eq!(chosen(config, None).unwrap_err().len(), 2);
    assert_eq!(chosen(config, Some("^two")).unwrap(), ["two", "two too"]);
    assert_eq!(chosen(config, Some("ollama|echo")).unwrap(), ["two", "two too"]);
    assert_eq!(chosen(config, Some("nobody")).unwrap(), [] as [String; 0]);
    let own = format!("{config}commandLineOptions: {{filterProviders: too$}}\n");
    assert_eq!(chosen(&own, None).unwrap(), ["two too"]);
    assert_eq!(chosen(&own, Some("two$")).unwrap(), ["two"]);
    let said = chosen(config, Some("((")).unwrap_err();
    assert!(said[0].starts_with("providers: cannot be filtered by `((`, which is no pattern: "), "{said:?}");
}
