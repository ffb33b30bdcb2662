//! The URL map: what every route declares, and what is refused at the start.

use api::router;
use api::routes::{RateTier, RouteMistake, Routes};
use domain::permission::Permission::Anyone;
use serde_json::Value;
use utoipa::openapi::{Info, OpenApi};
use utoipa_axum::routes;

fn empty() -> Routes<()> {
    Routes::new(OpenApi::builder().info(Info::new("test", "1")).build())
}

mod first {
    /// A summary
    #[utoipa::path(get, path = "/first", responses((status = 200)))]
    pub(super) async fn show() {}

    #[derive(serde::Serialize, utoipa::ToSchema)]
    pub(super) struct Thing {
        pub(super) name: String,
    }

    /// A thing
    #[utoipa::path(get, path = "/first/thing", responses((status = 200, body = Thing)))]
    pub(super) async fn first_thing() {}
}

mod second {
    /// A summary
    #[utoipa::path(get, path = "/second", responses((status = 200)))]
    pub(super) async fn show() {}

    #[derive(serde::Serialize, utoipa::ToSchema)]
    pub(super) struct Thing {
        pub(super) size: u32,
    }

    /// A thing
    #[utoipa::path(get, path = "/second/thing", responses((status = 200, body = Thing)))]
    pub(super) async fn second_thing() {}
}

#[utoipa::path(get, path = "/bare", responses((status = 200)))]
async fn bare() {}

/// A summary
#[utoipa::path(get, path = "/things/{thing}", responses((status = 200)))]
async fn unknown_placeholder() {}

#[test]
fn the_map_is_sound_and_every_operation_declares_itself() {
    let declared = router::declarations().unwrap();
    let document: Value = serde_json::from_str(&router::openapi().unwrap()).unwrap();
    let mut operations = 0;
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            operations += 1;
            let declaration = declared
                .iter()
                .find(|declaration| {
                    declaration.path == *path && declaration.method.eq_ignore_ascii_case(method)
                })
                .unwrap();
            assert_eq!(operation["operationId"], declaration.operation);
            assert_eq!(
                operation["x-access"]["permission"],
                serde_json::to_value(declaration.permission).unwrap()
            );
            assert!(operation["responses"]["default"].is_object());
        }
    }
    assert_eq!(operations, declared.len());
}

#[test]
fn a_map_with_a_mistake_does_not_start() {
    let mut map = empty();
    map.add(Anyone, RateTier::General, routes!(first::show));
    map.add(Anyone, RateTier::General, routes!(second::show));
    assert_eq!(map.finish().err(), Some(RouteMistake::OperationTwice("show".to_owned())));

    let mut map = empty();
    map.add(Anyone, RateTier::General, routes!(first::first_thing));
    map.add(Anyone, RateTier::General, routes!(second::second_thing));
    assert_eq!(map.finish().err(), Some(RouteMistake::SchemaTwice("Thing".to_owned())));

    let mut map = empty();
    map.add(Anyone, RateTier::General, routes!(bare));
    assert_eq!(map.finish().err(), Some(RouteMistake::NoSummary("bare".to_owned())));

    let mut map = empty();
    map.add(Anyone, RateTier::General, routes!(unknown_placeholder));
    assert!(
        matches!(map.finish().err(), Some(RouteMistake::UnknownPlaceholder { name, .. }) if name == "thing")
    );
}
