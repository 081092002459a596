//! The OpenAPI description of the interface, made from the table of operations and from the schemas.
//!
//! Source: OpenAPI Specification 3.1.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::{Answer, Content, Operation, Parameter, Who, all, schemas};

/// The whole description.
pub(crate) fn description() -> Value {
    let mut paths = Map::new();
    for operation in all() {
        let path = paths.entry(operation.path).or_insert_with(|| path_item(operation.path));
        path[operation.method.to_ascii_lowercase()] = described(operation);
    }
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Offhook",
            "version": env!("CARGO_PKG_VERSION"),
            "description": ABOUT,
        },
        "servers": [{ "url": "/" }],
        "tags": [
            { "name": FINESSE, "description": "The interface that Finesse clients know. XML." },
            { "name": OWN, "description": "What there is beside it. JSON." },
        ],
        "paths": paths,
        "components": {
            "schemas": schemas::components(),
            "securitySchemes": {
                "basic": { "type": "http", "scheme": "basic", "description": "Login id and password." },
                "token": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "A token of single sign-on, where the server takes those.",
                },
                "publisher": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "The token that a publisher was given when it was added.",
                },
            },
        },
    })
}

const ABOUT: &str = "What was accepted with 202 shows as an event on the user's node, over XMPP. Parameters of the query that \
    nobody knows are ignored. While a fault on demand is active (docs/faults.md), answers may be others than these.";
const FINESSE: &str = "finesse";
const OWN: &str = "offhook";

fn is_finesse(path: &str) -> bool {
    path.starts_with(contact::ApiPath::PREFIX)
}

fn path_item(path: &str) -> Value {
    let names = path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'));
    let parameters: Vec<Value> = names
        .map(|name| {
            let (says, schema, example) = schemas::path_parameter(name);
            json!({
                "name": name,
                "in": "path",
                "required": true,
                "description": says,
                "schema": schema,
                "example": example,
            })
        })
        .collect();
    json!({ "parameters": parameters })
}

fn described(operation: &Operation) -> Value {
    let mut value = json!({
        "operationId": operation.id,
        "summary": operation.summary,
        "description": format!("Who may: {}", operation.who.says()),
        "tags": [if is_finesse(operation.path) { FINESSE } else { OWN }],
        "security": security(operation),
        "parameters": operation.query.iter().map(query_parameter).collect::<Vec<_>>(),
        "responses": responses(operation),
    });
    if let Some(body) = operation.body {
        value["requestBody"] = json!({ "required": true, "content": content(body) });
    }
    value
}

fn security(operation: &Operation) -> Value {
    match operation.who {
        Who::Everybody => json!([]),
        Who::Publisher => json!([{ "publisher": [] }]),
        _ => json!([{ "basic": [] }, { "token": [] }]),
    }
}

fn query_parameter(parameter: &Parameter) -> Value {
    json!({
        "name": parameter.name,
        "in": "query",
        "required": parameter.is_required,
        "description": parameter.says,
        "schema": { "type": "string", "enum": parameter.values },
    })
}

/// What follows from who may ask, from what is sent, and from what the path names; a row of the table says it better where it can.
pub(super) fn refusals(operation: &Operation) -> BTreeMap<u16, &'static str> {
    let mut refusals = BTreeMap::new();
    if is_finesse(operation.path) {
        refusals.insert(301, "The same over https, where this server wants that (`web.redirect_to_https`).");
    }
    if operation.who != Who::Everybody {
        refusals.insert(401, "No credentials, wrong ones, or somebody who may not.");
        refusals.insert(403, "Credentials in the clear, which this server does not take from there.");
        refusals.insert(503, "Out of service, or too much to do.");
    }
    if operation.path.contains('{') {
        refusals.insert(404, "There is no such resource.");
    }
    if operation.body.is_some() {
        refusals.insert(400, "The body is not as expected.");
        refusals.insert(408, "The body did not come in time.");
        refusals.insert(413, "The body is too long.");
    }
    refusals.extend(operation.refusals.iter().copied());
    refusals
}

fn responses(operation: &Operation) -> Value {
    let mut responses = Map::new();
    for Answer { status, says, content: body } in operation.success {
        let mut response = json!({ "description": says });
        if let Some(body) = body {
            response["content"] = content(*body);
        }
        responses.insert(status.to_string(), response);
    }
    let problem = match is_finesse(operation.path) {
        true => Content::Xml("ApiErrors"),
        false => Content::Json("Problem"),
    };
    for (status, says) in refusals(operation) {
        let mut response = json!({ "description": says });
        if status >= 400 {
            response["content"] = content(problem);
        }
        responses.insert(status.to_string(), response);
    }
    Value::Object(responses)
}

fn content(content: Content) -> Value {
    let reference = |name: &str| json!({ "$ref": format!("#/components/schemas/{name}") });
    let list = |name: &str| json!({ "type": "array", "items": reference(name) });
    match content {
        Content::Xml(name) => json!({ "application/xml": { "schema": reference(name) } }),
        Content::Csv => json!({
            "text/csv": { "schema": { "type": "string" } },
            "multipart/form-data": {
                "schema": { "type": "object", "properties": { "file": { "type": "string" } }, "required": ["file"] },
            },
        }),
        Content::Archive => json!({
            "application/zip": { "schema": { "type": "string", "format": "binary" } },
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "properties": { "file": { "type": "string", "format": "binary" } },
                    "required": ["file"],
                },
            },
        }),
        Content::File => json!({
            "text/plain": { "schema": { "type": "string" } },
            "application/zip": { "schema": { "type": "string", "format": "binary" } },
        }),
        Content::Json(name) => json!({ "application/json": { "schema": reference(name) } }),
        Content::JsonList(name) => json!({ "application/json": { "schema": list(name) } }),
        Content::JsonOrLines(name) => json!({
            "application/json": { "schema": { "oneOf": [reference(name), list(name)] } },
            "application/x-ndjson": { "schema": { "type": "string", "description": "One on each line." } },
        }),
    }
}
