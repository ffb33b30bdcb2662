//! `/api/docs`: the OpenAPI document as a page without scripts.

use std::fmt::Write as _;

use serde_json::{Map, Value};

use crate::problem::Code;

/// The whole page.
pub(super) fn draw(document: &Value) -> String {
    let mut page = Page(String::from(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\
         <title>Promptcards API</title><link rel=\"stylesheet\" href=\"/api/docs.css\"></head><body><main>",
    ));
    let info = &document["info"];
    page.line("h1", &format!("{} API {}", text(&info["title"]), text(&info["version"])));
    page.line("p", text(&info["description"]));
    page.raw("<p>The document itself: <a href=\"/api/v1/openapi.json\">/api/v1/openapi.json</a>.</p>");
    page.operations(document);
    page.schemas(document);
    page.codes();
    page.raw("</main></body></html>");
    page.0
}

struct Page(String);

impl Page {
    fn raw(&mut self, html: &str) {
        self.0.push_str(html);
    }

    fn text(&mut self, text: &str) {
        for character in text.chars() {
            match character {
                '&' => self.raw("&amp;"),
                '<' => self.raw("&lt;"),
                '>' => self.raw("&gt;"),
                '"' => self.raw("&quot;"),
                other => self.0.push(other),
            }
        }
    }

    fn line(&mut self, element: &str, content: &str) {
        if !content.is_empty() {
            let _ = write!(self.0, "<{element}>");
            self.text(content);
            let _ = write!(self.0, "</{element}>");
        }
    }

    fn cell(&mut self, content: &str) {
        self.raw("<td>");
        self.text(content);
        self.raw("</td>");
    }

    fn operations(&mut self, document: &Value) {
        let mut tags: Vec<&str> = Vec::new();
        for (_, item) in entries(&document["paths"]) {
            for (_, operation) in entries(item) {
                let tag = tag_of(operation);
                if !tags.contains(&tag) {
                    tags.push(tag);
                }
            }
        }
        for tag in tags {
            self.line("h2", tag);
            for (path, item) in entries(&document["paths"]) {
                for (method, operation) in entries(item).filter(|(_, operation)| tag_of(operation) == tag) {
                    self.operation(path, method, operation);
                }
            }
        }
    }

    fn operation(&mut self, path: &str, method: &str, operation: &Value) {
        let _ = write!(self.0, "<section id=\"{}\"><h3><code>", text(&operation["operationId"]));
        self.text(&format!("{} {path}", method.to_uppercase()));
        self.raw("</code></h3>");
        self.line("p", text(&operation["summary"]));
        self.line("p", text(&operation["description"]));
        let access = &operation["x-access"];
        self.line(
            "p",
            &format!("Permission {}, rate tier {}.", text(&access["permission"]), text(&access["rate_tier"])),
        );
        let parameters = operation["parameters"].as_array().map_or(&[][..], Vec::as_slice);
        if !parameters.is_empty() {
            self.raw("<table><tr><th>Parameter</th><th>In</th><th>Type</th><th>Meaning</th></tr>");
            for parameter in parameters {
                self.raw("<tr>");
                self.cell(text(&parameter["name"]));
                self.cell(text(&parameter["in"]));
                self.typed(&parameter["schema"]);
                self.cell(text(&parameter["description"]));
                self.raw("</tr>");
            }
            self.raw("</table>");
        }
        self.raw("<table><tr><th>Body</th><th>Type</th><th>Meaning</th></tr>");
        for (_, body) in entries(&operation["requestBody"]["content"]) {
            self.raw("<tr><td>request</td>");
            self.typed(&body["schema"]);
            self.raw("<td></td></tr>");
        }
        for (status, response) in entries(&operation["responses"]).filter(|(status, _)| *status != "default")
        {
            self.raw("<tr>");
            self.cell(status);
            let schema =
                entries(&response["content"]).next().map_or(&Value::Null, |(_, body)| &body["schema"]);
            self.typed(schema);
            self.cell(text(&response["description"]));
            self.raw("</tr>");
        }
        self.raw("</table></section>");
    }

    fn schemas(&mut self, document: &Value) {
        self.line("h2", "Types");
        for (name, schema) in entries(&document["components"]["schemas"]) {
            let _ = write!(self.0, "<section id=\"type-{name}\">");
            self.line("h3", name);
            self.line("p", text(&schema["description"]));
            if entries(&schema["properties"]).next().is_none() {
                self.raw("<table><tr>");
                self.typed(schema);
                self.raw("</tr></table></section>");
                continue;
            }
            let required = schema["required"].as_array().map_or(&[][..], Vec::as_slice);
            self.raw("<table><tr><th>Field</th><th>Type</th><th>Meaning</th></tr>");
            for (field, property) in entries(&schema["properties"]) {
                self.raw("<tr>");
                let optional = if required.iter().any(|name| name == field) { "" } else { " (optional)" };
                self.cell(&format!("{field}{optional}"));
                self.typed(property);
                self.cell(text(&property["description"]));
                self.raw("</tr>");
            }
            self.raw("</table></section>");
        }
    }

    /// A cell with the name of a type, a link if it has a section of its own.
    fn typed(&mut self, schema: &Value) {
        self.raw("<td>");
        self.type_name(schema);
        self.raw("</td>");
    }

    fn type_name(&mut self, schema: &Value) {
        if let Some(event) = schema.pointer("/properties/data/contentSchema") {
            self.text("events of ");
            return self.type_name(event);
        }
        if let Some(name) = schema["$ref"].as_str().and_then(|link| link.rsplit('/').next()) {
            let _ = write!(self.0, "<a href=\"#type-{name}\">{name}</a>");
        } else if let Some(choices) = schema["enum"].as_array() {
            let choices: Vec<String> = choices.iter().map(ToString::to_string).collect();
            self.text(&choices.join(" | "));
        } else if let Some(choices) = schema["oneOf"].as_array().or(schema["allOf"].as_array()) {
            for (position, choice) in choices.iter().enumerate() {
                self.raw(if position > 0 { " | " } else { "" });
                self.type_name(choice);
            }
        } else if schema["type"] == "array" {
            self.raw("list of ");
            self.type_name(&schema["items"]);
        } else if let Some(kinds) = schema["type"].as_array() {
            let kinds: Vec<&str> = kinds.iter().map(text).collect();
            self.text(&kinds.join(" | "));
        } else {
            self.text(text(&schema["type"]));
            if let Some(format) = schema["format"].as_str() {
                self.text(&format!(" ({format})"));
            }
        }
    }

    fn codes(&mut self) {
        self.line("h2", "Error codes");
        self.raw("<table><tr><th>Code</th><th>Status</th><th>Meaning</th></tr>");
        for code in Code::ALL {
            let _ = write!(self.0, "<tr id=\"{}\">", code.name());
            self.cell(code.name());
            self.cell(&code.status().as_u16().to_string());
            self.cell(code.meaning());
            self.raw("</tr>");
        }
        self.raw("</table>");
    }
}

fn tag_of(operation: &Value) -> &str {
    operation["tags"][0].as_str().unwrap_or("other")
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

fn entries(value: &Value) -> impl Iterator<Item = (&str, &Value)> {
    value.as_object().into_iter().flat_map(Map::iter).map(|(name, value)| (name.as_str(), value))
}
