//! No fault of a model server leaves anything behind in us, and none reaches the calls of another server.

use domain::card::{Message, ModelParameters, Role};
use fake_ollama::{FakeOllama, Fault, Options};
use llm::{ChatRequest, Guarded, ProviderKind, ProviderSettings};
use tokio::runtime::Handle;
use tokio::task::yield_now;
use tokio_util::sync::CancellationToken;

use super::fault_table::everywhere;
use super::guarded;

/// Files that the process has open. Zero where the system does not say.
fn files() -> usize {
    std::fs::read_dir("/proc/self/fd").map(Iterator::count).unwrap_or_default()
}

fn provider(kind: ProviderKind, url: String, limit: u64) -> Guarded {
    let mut settings = ProviderSettings::new("it", kind);
    settings.base_url = Some(url);
    settings.attempts = 1;
    (settings.limits.first_token_ms, settings.limits.loading_ms, settings.limits.idle_ms) =
        (limit, limit, limit);
    guarded(settings)
}

async fn answers(provider: &Guarded) -> bool {
    let messages = [Message::text(Role::User, "echo: one two three four five")];
    let parameters = ModelParameters::default();
    let request = ChatRequest { model: "llama3.2", messages: &messages, parameters: &parameters, seed: None };
    provider.chat(&request, &CancellationToken::new()).await.result.is_ok()
}

#[tokio::test]
async fn no_fault_at_any_place_leaves_a_task_or_a_connection_behind_or_reaches_another_server() {
    let faulty = FakeOllama::start(Options::default()).expect("a server");
    let sound = FakeOllama::start(Options::default()).expect("a server");
    let tasks = || Handle::current().metrics().num_alive_tasks();
    let (tasks_before, files_before) = (tasks(), files());
    for kind in [ProviderKind::Ollama, ProviderKind::OpenAi] {
        for fault in everywhere() {
            // What is silent ends by its limit; the other has all the time of a slow machine.
            let (provider, other) = (provider(kind, faulty.url(), 200), provider(kind, sound.url(), 50_000));
            faulty.fail(match fault {
                Fault::Refuse { .. } => Fault::Refuse { for_ms: 1 },
                fault => fault,
            });
            for _ in 0..2 {
                let (_, other_answers) = tokio::join!(answers(&provider), answers(&other));
                assert!(other_answers, "{fault:?} of {kind:?}");
            }
            drop((provider, other));
            faulty.wait_until(|now| now.in_flight == 0 && now.hanging == 0).await;
            while tasks() > tasks_before {
                yield_now().await;
            }
            assert!(files() <= files_before, "{fault:?} of {kind:?}: {} files", files());
        }
    }
}
