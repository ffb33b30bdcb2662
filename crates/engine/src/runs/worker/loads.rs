//! Which model each provider has in memory: a machine with one GPU loads each model once.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use llm::ProviderKind;

use super::Shared;
use super::lanes::Lane;

/// Which model each provider has been told to load, where that is worth knowing.
#[derive(Default)]
pub(super) struct Loads(Mutex<HashMap<String, Load>>);

struct Load {
    model: String,
    ready: bool,
}

impl Loads {
    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<String, Load>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether the provider may be given cells of this model now. A server that loads one model after the other is
/// told to load the next one when the last cell of the one before has ended.
pub(super) fn is_loaded(shared: &Arc<Shared>, lane: &Lane) -> bool {
    let Some(provider) = lane.server().cloned() else { return true };
    if provider.kind() != ProviderKind::Ollama {
        return true;
    }
    let mut loads = shared.loads.lock();
    match loads.get(lane.provider()) {
        Some(load) if load.model == lane.model_name() => return load.ready,
        Some(load) if !load.ready || shared.slots_of(lane).is_busy() => return false,
        _ => {}
    }
    let model = lane.model_name().to_owned();
    let slots = lane.provider().to_owned();
    loads.insert(slots.clone(), Load { model: model.clone(), ready: false });
    drop(loads);
    let parameters = lane.run.load_parameters(lane.model);
    let (tasks, shared) = (shared.tasks.clone(), Arc::clone(shared));
    tasks.spawn(async move {
        if let Err(error) = provider.load(&model, &parameters, &shared.stop).await {
            // The cells will meet the same trouble, and say so where it is seen.
            tracing::info!(provider = provider.name(), model, %error, "the model was not loaded");
        }
        if let Some(load) = shared.loads.lock().get_mut(&slots)
            && load.model == model
        {
            load.ready = true;
        }
        shared.wake.notify_one();
    });
    false
}
