//! Addresses: placeholders, query parameters, cursors.

use crate::server::Server;

#[tokio::test]
async fn an_id_that_is_none_is_not_found() {
    let server = Server::start().await;
    let known = "01890a5d-ac96-774b-bcce-b302099a8057";
    assert_eq!(server.get(&format!("/runs/{known}")).await.text(), known);
    for id in ["x", "0", "..", "%00", "%ff", "%F0%9F%98%80", "01890a5d-ac96-774b-bcce-b302099a805"] {
        let answer = server.get(&format!("/runs/{id}")).await;
        assert_eq!((answer.status, answer.code().as_str()), (404, "not_found"), "{id}");
    }
}

#[tokio::test]
async fn parameters_have_defaults() {
    let server = Server::start().await;
    let answer = server.get("/list").await.json();
    assert_eq!((&answer["limit"], &answer["archived"]), (&50.into(), &false.into()));
    let answer = server.get("/list?limit=200&archived=true&search=a%20b").await.json();
    assert_eq!(
        (&answer["limit"], &answer["archived"], &answer["search"]),
        (&200.into(), &true.into(), &"a b".into())
    );
}

#[tokio::test]
async fn each_parameter_that_is_wrong_is_named() {
    let server = Server::start().await;
    for (query, pointer) in [
        ("limit=0", "/limit"),
        ("limit=201", "/limit"),
        ("limit=-1", "/limit"),
        ("limit=many", "/limit"),
        ("archived=perhaps", "/archived"),
        ("serach=x", "/serach"),
        ("search=longer-than-ten", "/search"),
        ("search=a%00b", "/search"),
        ("cursor=nonsense", "/cursor"),
        ("cursor=%2E%2E", "/cursor"),
    ] {
        let answer = server.get(&format!("/list?{query}")).await;
        assert_eq!((answer.status, answer.code().as_str()), (422, "invalid"), "{query}");
        assert_eq!(answer.pointer(), pointer, "{query}");
    }
    let answer = server.get("/list?limit=1&limit=2").await;
    assert_eq!(answer.code(), "invalid");
}

#[tokio::test]
async fn a_cursor_comes_back_as_it_was() {
    let server = Server::start().await;
    let next = server.get("/list").await.json()["next"].as_str().unwrap().to_owned();
    let answer = server.get(&format!("/list?cursor={next}")).await.json();
    assert_eq!(answer["after"], serde_json::json!([7, "x"]));
    let long = "A".repeat(513);
    assert_eq!(server.get(&format!("/list?cursor={long}")).await.pointer(), "/cursor");
}
