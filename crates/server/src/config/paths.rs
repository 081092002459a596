//! Where on the web listeners something is served.

use super::kind::Kind;
use super::value::Value;

/// A list of paths, at least one, none twice, none where something else is.
pub(super) struct Paths;
impl Kind for Paths {
    type Out = Vec<String>;
    fn expected(&self) -> String {
        "a list with at least one path such as \"/ws/\" (letters, digits, \"/\", \".\", \"-\", \"_\" and \"~\"), none of them \
         \"/\", \"/desktop\", or under \"/finesse\", \"/http-bind\" or \"/.well-known\""
            .into()
    }
    fn read(&self, value: &Value) -> Option<Vec<String>> {
        let mut paths: Vec<String> = Vec::new();
        for text in value.texts()? {
            if !is_good(text) || paths.iter().any(|path| path == text) {
                return None;
            }
            paths.push(text.to_owned());
        }
        (!paths.is_empty()).then_some(paths)
    }
}

fn is_good(path: &str) -> bool {
    let Some(rest) = path.strip_prefix('/') else { return false };
    let first = rest.split('/').next().unwrap_or(rest);
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"/.-_~".contains(&byte);
    // Clients take these parts out before they ask.
    let has_dots = rest.split('/').any(|part| part == "." || part == "..");
    rest.bytes().all(is_plain) && !has_dots && !TAKEN.contains(&first)
}

/// First parts of paths that mean something else.
const TAKEN: [&str; 5] = ["", "desktop", "finesse", "http-bind", ".well-known"];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn checklist_013_paths_are_plain_and_free() {
        let read = |text: &str| Paths.read(&Value::Word(text.into()));
        assert_eq!(read("/ws/,/ws"), Some(vec!["/ws/".to_owned(), "/ws".to_owned()]));
        assert!(read("/xmpp-websocket").is_some() && read("/a/b.c/~d_").is_some());
        for bad in [
            "",
            "ws",
            "/",
            "//",
            "//ws",
            "/ws,/ws",
            "/ws?x",
            "/ws#x",
            "/w s",
            "/%77s",
            "/../ws",
            "/ws/.",
            "/finesse",
            "/finesse/ws",
            "/http-bind/",
            "/.well-known/ws",
            "/desktop/",
            "/wß",
            "/ws\"",
        ] {
            assert_eq!(read(bad), None, "{bad}");
        }
    }
}
