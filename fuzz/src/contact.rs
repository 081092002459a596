//! What the REST API and PubSub requests are read with: bodies and paths.
use contact::{
    ApiPath, BODY_BYTES_MAX, BODY_DEPTH_MAX, BODY_ELEMENTS_MAX, BodyElement, DialogRequest, UserRequest,
};

/// Fuzz entry: a body is read within its limits, and what may stand around it makes no difference.
pub fn rest_body(data: &[u8]) {
    user_body(data);
    dialog_body(data);
}

fn dialog_body(data: &[u8]) {
    let is_dialog = BodyElement::parse(data, "Dialog").is_ok();
    for request in [DialogRequest::for_new_call(data), DialogRequest::for_dialog(data)] {
        match request {
            Ok(_) => assert!(is_dialog, "a request was read from a body that cannot be read"),
            Err(refusal) => assert_eq!(refusal.status, 400),
        }
    }
}

fn user_body(data: &[u8]) {
    let request = UserRequest::from_xml(data);
    let Ok(root) = BodyElement::parse(data, "User") else {
        assert!(request.is_err(), "a request was read from a body that cannot be read");
        return;
    };
    assert!(data.len() <= BODY_BYTES_MAX);
    let (depth, elements) = measure(&root);
    assert!(depth <= BODY_DEPTH_MAX && elements <= BODY_ELEMENTS_MAX, "depth {depth}, {elements} elements");
    let mut longer = data.to_vec();
    longer.extend_from_slice(b"\n<!-- a comment -->\n");
    if longer.len() <= BODY_BYTES_MAX {
        assert_eq!(BodyElement::parse(&longer, "User"), Ok(root));
        assert_eq!(UserRequest::from_xml(&longer), request);
    }
}

/// Fuzz entry: text and path are one to one, and the lenient reading only adds spellings.
pub fn api_path(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let strict = text.parse::<ApiPath>();
    let lenient = ApiPath::parse_lenient(text);
    if let Ok(path) = &strict {
        assert_eq!(path.to_string(), text);
        assert_eq!(lenient.as_ref(), Ok(path));
    }
    if let Ok(path) = lenient {
        assert_eq!(path.to_string().parse(), Ok(path));
    }
}

/// Depth and number of elements.
fn measure(element: &BodyElement) -> (usize, usize) {
    element.children.iter().map(measure).fold((1, 1), |(depth, elements), (child_depth, child_elements)| {
        (depth.max(child_depth + 1), elements + child_elements)
    })
}
