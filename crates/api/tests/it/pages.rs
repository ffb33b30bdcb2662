//! Lists page by page: whatever the size of a page, every item comes once, in its order.

use serde_json::{Value, json};

use crate::running::{Running, run_of};

const ITEMS: usize = 9;

fn keys(items: &[Value], key: &str) -> Vec<String> {
    items.iter().map(|item| item[key].to_string()).collect()
}

async fn whole_by_any_page(server: &Running, path: &str, key: &str, expected: usize) {
    let whole = server.walk(path, 200).await;
    assert_eq!(whole.len(), expected, "{path}");
    for limit in 1..=expected + 1 {
        let pages = server.walk(path, limit).await;
        assert_eq!(keys(&pages, key), keys(&whole, key), "{path} by {limit}");
    }
}

#[tokio::test]
async fn cards_and_suites_come_once_whatever_the_page() {
    let server = Running::start().await;
    for number in 0..ITEMS {
        let tags = if number % 2 == 0 { json!(["even"]) } else { json!([]) };
        let new = json!({ "slug": format!("card-{number}"), "title": "Zebra", "tags": tags, "folder": "f" });
        server.done("POST /cards", &new).await;
    }
    for query in ["", "?folder=f", "?search=zeb"] {
        whole_by_any_page(&server, &format!("/cards{query}"), "slug", ITEMS).await;
    }
    whole_by_any_page(&server, "/cards?tag=even", "slug", ITEMS.div_ceil(2)).await;
    whole_by_any_page(&server, "/suites", "id", ITEMS).await;
}

#[tokio::test]
async fn versions_and_moves_of_labels_come_once_whatever_the_page() {
    let server = Running::start().await;
    server.draft("card", "0").await;
    server.save("card").await;
    for number in 1..ITEMS {
        server.save_as("card", &number.to_string()).await;
        server.done("PUT /cards/card/labels/production", &json!({ "version": number })).await;
    }
    whole_by_any_page(&server, "/cards/card/versions", "number", ITEMS).await;
    whole_by_any_page(&server, "/cards/card/labels/production/history", "id", ITEMS - 1).await;
    let newest = &server.read("/cards/card/versions").await["items"][0];
    assert_eq!(newest["number"], ITEMS);
}

#[tokio::test]
async fn cases_come_once_whatever_the_page_and_the_filter() {
    let server = Running::start().await;
    let suite = server.card_with_cases("card", ITEMS).await;
    let cases = format!("/suites/{suite}/cases");
    whole_by_any_page(&server, &cases, "position", ITEMS).await;
    whole_by_any_page(&server, &format!("{cases}?search=case"), "position", ITEMS).await;
    // What is deleted between two pages moves nothing.
    let first = server.read(&format!("{cases}?limit=3")).await;
    let path = format!("{cases}/{}", first["items"][2]["id"].as_str().unwrap());
    let headers = [("if-match", first["items"][2]["etag"].as_str().unwrap())];
    assert_eq!(server.call(&format!("DELETE {path}"), &headers, &Value::Null).await.status, 204);
    let cursor = first["next_cursor"].as_str().unwrap();
    let second = server.read(&format!("{cases}?limit=200&cursor={cursor}")).await;
    assert_eq!(second["items"].as_array().unwrap().len(), ITEMS - 3);
}

#[tokio::test]
async fn runs_and_cells_come_once_whatever_the_page() {
    let server = Running::with_models(1, 3_600_000).await;
    server.card_with_cases("card", ITEMS).await;
    for repeats in 1..=ITEMS {
        let mut request = run_of("card");
        request["repeats"] = json!(repeats);
        server.done("POST /runs", &request).await;
    }
    for query in ["", "?card=card"] {
        whole_by_any_page(&server, &format!("/runs{query}"), "number", ITEMS).await;
    }
    let run = server.read("/runs").await["items"][ITEMS - 1]["id"].as_str().unwrap().to_owned();
    whole_by_any_page(&server, &format!("/runs/{run}/cells"), "position", ITEMS).await;
}
