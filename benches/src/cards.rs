//! Cards to read: each with a draft, a version, tags and the label `production`.

use std::net::SocketAddr;
use std::sync::Arc;

use anyhow::Result;
use serde_json::{Value, json};

use crate::http::{Pace, Request, Script, load};

/// Connections that make them.
const CONNECTIONS: usize = 64;

/// The slug of a card.
pub(crate) fn slug(number: usize) -> String {
    format!("card-{number}")
}

/// The address of a card.
pub(crate) fn path(number: usize) -> String {
    format!("/api/v1/workspaces/default/cards/{}", slug(number))
}

/// The body that makes a card.
pub(crate) fn new_card(number: usize) -> Value {
    json!({
        "slug": slug(number),
        "title": format!("Reply to a customer, variant {number}"),
        "description": "Answers a complaint in the tone of the house.",
        "folder": format!("support/group-{}", number % 50),
        "tags": ["reply", "tone"],
        "content": {
            "kind": "text",
            "messages": [{ "role": "user", "content": [{ "type": "text", "text":
                "You answer customers of {{ company }}. Be brief and friendly, and promise nothing that is not in \
                 the notes.\n\nNotes:\n{{ notes }}\n\nThe customer wrote:\n{{ message }}\n\nYour reply:" }] }],
            "variables": [
                { "name": "company", "type": "text", "required": true },
                { "name": "notes", "type": "text", "required": true },
                { "name": "message", "type": "text", "required": true },
            ],
        },
    })
}

/// The request that makes a card.
pub(crate) fn create(address: SocketAddr, number: usize) -> Request {
    let body = new_card(number).to_string();
    Request::new(address, "POST", "/api/v1/workspaces/default/cards", &[], &body)
}

/// Makes so many cards.
pub(crate) async fn fill(address: SocketAddr, count: usize) -> Result<()> {
    let version = move |number: usize| {
        let path = format!("{}/versions", path(number));
        Request::new(address, "POST", &path, &[("if-match", "\"1\"")], r#"{"message":"First version"}"#)
    };
    let label = move |number: usize| {
        let path = format!("{}/labels/production", path(number));
        Request::new(address, "PUT", &path, &[], r#"{"version":1}"#)
    };
    let steps: [Script; 3] =
        [Arc::new(move |number| create(address, number)), Arc::new(version), Arc::new(label)];
    for step in &steps {
        load(address, CONNECTIONS.min(count), Pace::Count(count), step).await?;
    }
    Ok(())
}
