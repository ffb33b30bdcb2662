//! The accounts of test servers.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;

use engine::people::{ClientInfo, NewAccount, People, SignIn, SignInOutcome};
use secrecy::ExposeSecret;
use serde_json::{Value, json};

/// The admin that every test server has, who owns the workspace `default`.
pub const ADMIN: &str = "ada";
/// The password of every account of a test.
pub const PASSWORD: &str = "nine walruses play the cello";

/// Signs the admin in, who is made where there is no account yet. Returns an access token.
pub async fn sign_in(people: &People) -> String {
    let client = ClientInfo::default();
    let done = if let Some(secret) = people.setup_secret(None).await.unwrap() {
        let account = NewAccount { name: ADMIN.to_owned(), email: None, password: PASSWORD.into() };
        people.finish_setup(secret.expose_secret(), account, &client).await.unwrap()
    } else {
        let (name, password) = (ADMIN.to_owned(), PASSWORD.into());
        let sign_in = SignIn { name, password, code: None, remember: false };
        match people.sign_in(sign_in, &client).await.unwrap() {
            SignInOutcome::SignedIn(done) => *done,
            SignInOutcome::SecondFactorNeeded => panic!("the admin of a test has no second factor"),
        }
    };
    done.access.token.expose_secret().to_owned()
}

/// The same over HTTP, for a server in a process of its own with this data folder. Of several that start on one database,
/// one makes the account: the others sign in once it has.
pub fn sign_in_at(address: SocketAddr, data_dir: &Path) -> String {
    loop {
        let needed = ask(address, "GET", "/api/v1/setup", "", &Value::Null)["needed"].as_bool().unwrap();
        let signed_in = if needed {
            let secret = std::fs::read_to_string(data_dir.join("setup-token")).unwrap();
            let body =
                json!({ "secret": secret.trim(), "name": ADMIN, "password": PASSWORD, "tokens": true });
            ask(address, "POST", "/api/v1/setup", "", &body)
        } else {
            let body = json!({ "name": ADMIN, "password": PASSWORD, "tokens": true });
            ask(address, "POST", "/api/v1/session", "", &body)
        };
        match signed_in["tokens"]["access_token"].as_str() {
            Some(token) => return token.to_owned(),
            None => assert_eq!(signed_in["code"], "invalid_link", "{signed_in:#}"),
        }
    }
}

/// An API key of the admin that may do whatever a key may.
pub fn api_key_at(address: SocketAddr, data_dir: &Path) -> String {
    let token = sign_in_at(address, data_dir);
    let scopes = ["cards:write", "runs:write", "models:write", "export"];
    let body = json!({ "name": "test", "workspace": "default", "scopes": scopes });
    let made = ask(address, "POST", "/api/v1/account/api-keys", &token, &body);
    made["key"].as_str().unwrap_or_else(|| panic!("{made:#}")).to_owned()
}

/// Asks on a connection of its own and waits: it may be called inside of a runtime and outside of one.
fn ask(address: SocketAddr, method: &str, path: &str, token: &str, body: &Value) -> Value {
    let body = if body.is_null() { String::new() } else { body.to_string() };
    let credential =
        if token.is_empty() { String::new() } else { format!("authorization: Bearer {token}\r\n") };
    let declaration = if body.is_empty() {
        String::new()
    } else {
        format!("content-type: application/json\r\ncontent-length: {}\r\n", body.len())
    };
    let request = format!(
        "{method} {path} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n{credential}{declaration}\r\n{body}"
    );
    let mut stream = TcpStream::connect(address).unwrap();
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let (_, body) = answer.split_once("\r\n\r\n").unwrap();
    serde_json::from_str(body).unwrap_or_else(|error| panic!("{error}: {answer}"))
}
