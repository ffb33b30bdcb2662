//! Building the URL map: a route cannot be added without its permission, its rate tier and its documentation.

use std::collections::BTreeSet;

use axum::Router;
use domain::permission::Permission;
use serde::Serialize;
use serde_json::json;
use utoipa::openapi::extensions::Extensions;
use utoipa::openapi::path::{Operation, Parameter, ParameterBuilder, ParameterIn, PathItem};
use utoipa::openapi::response::{Response, ResponseBuilder};
use utoipa::openapi::schema::{ObjectBuilder, SchemaType, Type};
use utoipa::openapi::{Components, Content, KnownFormat, OpenApi, Ref, RefOr, Required, SchemaFormat};
use utoipa_axum::router::UtoipaMethodRouter;

/// How requests of a route are counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum RateTier {
    /// Not counted.
    Uncounted,
    /// Everyday reads and edits.
    General,
    /// Event streams: each is one request, however long it is, and so many may be open at once.
    Events,
    /// Work that calls models: each start of a run is one.
    Ai,
    /// Everything of a workspace as one file.
    Export,
    /// Where a password or another secret is tried: what fails is counted apart.
    Auth,
    /// What an open page asks of its session by itself. Counted apart, or it would lock its owner out.
    Refresh,
    /// Reports of browsers about blocked content, counted for themselves.
    Reports,
}

/// What one route declares.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Declaration {
    /// `GET`, `POST` and so on.
    pub method: &'static str,
    /// The address, with `{placeholders}`.
    pub path: String,
    /// The name of the operation, unique.
    pub operation: String,
    /// What a caller needs.
    pub permission: Permission,
    /// How it is counted.
    pub tier: RateTier,
}

/// Something is wrong with the URL map itself. The server does not start with it.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum RouteMistake {
    /// Two routes have one name.
    #[error("two operations are named `{0}`: name the handler for what it does and to what")]
    OperationTwice(String),
    /// Two different types have one name in the document.
    #[error("two different schemas are named `{0}`: rename one type")]
    SchemaTwice(String),
    /// A placeholder that `path_parameter` does not know.
    #[error("the placeholder `{{{name}}}` of {path} is not described in routes.rs")]
    UnknownPlaceholder {
        /// The placeholder.
        name: String,
        /// The route.
        path: String,
    },
    /// A handler without a doc comment.
    #[error("the operation `{0}` has no summary: give its handler a doc comment")]
    NoSummary(String),
}

/// Routes, their documentation and what they declare.
pub struct Routes<S> {
    router: Router<S>,
    document: OpenApi,
    declared: Vec<Declaration>,
    mistakes: Vec<RouteMistake>,
}

impl<S: Clone + Send + Sync + 'static> Routes<S> {
    /// No routes yet; `document` has the title and the version.
    pub fn new(mut document: OpenApi) -> Self {
        let components = document.components.get_or_insert(Components::new());
        components.responses.insert("Problem".to_owned(), RefOr::T(problem_response()));
        let mut schemas = Vec::new();
        schemas
            .push(("Problem".to_owned(), <crate::problem::Problem<'_> as utoipa::PartialSchema>::schema()));
        <crate::problem::Problem<'_> as utoipa::ToSchema>::schemas(&mut schemas);
        components.schemas.extend(schemas);
        Self { router: Router::new(), document, declared: Vec::new(), mistakes: Vec::new() }
    }

    /// Adds what `routes!(handler)` made of one handler.
    pub fn add(
        &mut self,
        permission: Permission,
        tier: RateTier,
        (schemas, paths, methods): UtoipaMethodRouter<S>,
    ) {
        for (path, mut item) in paths.paths {
            self.router = std::mem::take(&mut self.router).route(&path, methods.clone());
            for (method, operation) in operations(&mut item) {
                self.complete(&path, method, operation, permission, tier);
            }
            match self.document.paths.paths.get_mut(&path) {
                Some(present) => present.merge_operations(item),
                None => drop(self.document.paths.paths.insert(path, item)),
            }
        }
        let components = self.document.components.get_or_insert(Components::new());
        for (name, schema) in schemas {
            match components.schemas.get(&name) {
                Some(present) if *present != schema => self.mistakes.push(RouteMistake::SchemaTwice(name)),
                Some(_) => {}
                None => drop(components.schemas.insert(name, schema)),
            }
        }
    }

    /// The router, its document and the declarations, if the map is sound.
    pub fn finish(mut self) -> Result<(Router<S>, OpenApi, Vec<Declaration>), RouteMistake> {
        if !self.mistakes.is_empty() {
            return Err(self.mistakes.swap_remove(0));
        }
        let mut names = BTreeSet::new();
        for declaration in &self.declared {
            if !names.insert(&declaration.operation) {
                return Err(RouteMistake::OperationTwice(declaration.operation.clone()));
            }
        }
        Ok((self.router, self.document, self.declared))
    }

    fn complete(
        &mut self,
        path: &str,
        method: &'static str,
        operation: &mut Operation,
        permission: Permission,
        tier: RateTier,
    ) {
        let name = operation.operation_id.clone().unwrap_or_default();
        if operation.summary.as_deref().is_none_or(str::is_empty) {
            self.mistakes.push(RouteMistake::NoSummary(name.clone()));
        }
        let parameters = operation.parameters.get_or_insert_default();
        parameters.retain(|parameter| match parameter {
            RefOr::T(parameter) => parameter.parameter_in != ParameterIn::Path,
            RefOr::Ref(_) => true,
        });
        for (position, name) in placeholders(path).enumerate() {
            match path_parameter(name) {
                Some(parameter) => parameters.insert(position, RefOr::T(parameter)),
                None => self
                    .mistakes
                    .push(RouteMistake::UnknownPlaceholder { name: name.to_owned(), path: path.to_owned() }),
            }
        }
        let answer = RefOr::Ref(Ref::new("#/components/responses/Problem"));
        operation.responses.responses.insert("default".to_owned(), answer);
        let access = json!({ "permission": permission, "rate_tier": tier });
        operation.extensions = Some(Extensions::from_iter([("x-access", access)]));
        self.declared.push(Declaration { method, path: path.to_owned(), operation: name, permission, tier });
    }
}

fn operations(item: &mut PathItem) -> impl Iterator<Item = (&'static str, &mut Operation)> {
    [
        ("GET", item.get.as_mut()),
        ("PUT", item.put.as_mut()),
        ("POST", item.post.as_mut()),
        ("PATCH", item.patch.as_mut()),
        ("DELETE", item.delete.as_mut()),
    ]
    .into_iter()
    .filter_map(|(method, operation)| Some((method, operation?)))
}

fn placeholders(path: &str) -> impl Iterator<Item = &str> {
    path.split('/').filter_map(|segment| segment.strip_prefix('{')?.strip_suffix('}'))
}

/// The placeholders of the URL map, described once for all routes.
fn path_parameter(name: &str) -> Option<Parameter> {
    let (kind, description) = match name {
        "ws" => (Kind::Text, "The workspace's slug, `default` on a fresh server."),
        "slug" => (Kind::Text, "The card's slug."),
        "label" => (Kind::Text, "The label's name, for example `production`."),
        "number" => (Kind::Number, "The version's number, from 1."),
        "suite" => (Kind::Id, "The suite's id."),
        "case" => (Kind::Id, "The test case's id."),
        "provider" => (Kind::Id, "The provider's id."),
        "model" => (Kind::Text, "The model's name, with its tag."),
        "dependency" => {
            (Kind::Text, "The dependency's id in the health report, for example `provider-ollama`.")
        }
        "endpoint" => (Kind::Id, "The id of the entry of the list."),
        "pull" => (Kind::Id, "The pull's id."),
        "run" => (Kind::Id, "The run's id."),
        "user" => (Kind::Id, "The account's id."),
        "session" => (Kind::Id, "The session's id."),
        "key" => (Kind::Id, "The API key's id."),
        "share" => (Kind::Id, "The share's id."),
        "position" => (Kind::Number, "The cell's position in the run, from 0."),
        _ => return None,
    };
    let schema = match kind {
        Kind::Text => ObjectBuilder::new().schema_type(SchemaType::Type(Type::String)),
        Kind::Number => ObjectBuilder::new()
            .schema_type(SchemaType::Type(Type::Integer))
            .format(Some(SchemaFormat::KnownFormat(KnownFormat::Int64)))
            .minimum(Some(0)),
        Kind::Id => ObjectBuilder::new()
            .schema_type(SchemaType::Type(Type::String))
            .format(Some(SchemaFormat::Custom("uuid".to_owned()))),
    };
    Some(
        ParameterBuilder::new()
            .name(name)
            .parameter_in(ParameterIn::Path)
            .required(Required::True)
            .description(Some(description))
            .schema(Some(schema))
            .build(),
    )
}

enum Kind {
    Text,
    Number,
    Id,
}

fn problem_response() -> Response {
    let schema = Ref::from_schema_name("Problem");
    ResponseBuilder::new()
        .description("What went wrong: a problem of RFC 9457. The codes are listed under `Code`.")
        .content("application/problem+json", Content::new(Some(schema)))
        .build()
}
