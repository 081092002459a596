//! Files in requests.

use contact::Refusal;
use http::HeaderMap;
use http::header::CONTENT_TYPE;

/// The file in a request: the first part of a `multipart/form-data` body (RFC 7578), else the body itself.
pub(super) fn file_of<'a>(headers: &HeaderMap, body: &'a [u8]) -> Result<&'a [u8], Refusal> {
    let kind = headers.get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    if !kind.trim_start().to_ascii_lowercase().starts_with("multipart/") {
        return Ok(body);
    }
    let parameter = kind.split(';').filter_map(|parameter| parameter.trim().split_once('='));
    let boundary = parameter
        .into_iter()
        .find_map(|(name, value)| name.eq_ignore_ascii_case("boundary").then_some(value));
    let boundary =
        boundary.map(|boundary| boundary.trim_matches('"')).filter(|boundary| !boundary.is_empty());
    let boundary = boundary.ok_or_else(|| Refusal::bad_request("the form has no boundary"))?;
    if boundary.len() > BOUNDARY_BYTES_MAX {
        return Err(Refusal::bad_request(format!("the form's boundary is longer than {BOUNDARY_BYTES_MAX}")));
    }
    let part = first_part(body, format!("--{boundary}").as_bytes());
    part.ok_or_else(|| Refusal::bad_request("the form has no file between its boundaries"))
}

fn first_part<'a>(body: &'a [u8], boundary: &[u8]) -> Option<&'a [u8]> {
    let head = &body[position(body, boundary)? + boundary.len()..];
    let content = &head[position(head, b"\r\n\r\n")? + 4..];
    let mut end = vec![b'\r', b'\n'];
    end.extend_from_slice(boundary);
    Some(&content[..position(content, &end)?])
}

fn position(text: &[u8], part: &[u8]) -> Option<usize> {
    text.windows(part.len()).position(|window| window == part)
}

/// RFC 2046 §5.1.1. Each place of a body is compared with the boundary, so a long one would cost as many times more.
const BOUNDARY_BYTES_MAX: usize = 70;

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;

    #[test]
    fn the_file_of_a_form() {
        let mut headers = HeaderMap::new();
        assert_eq!(file_of(&headers, b"a,b"), Ok(&b"a,b"[..]));
        let kind = "Multipart/form-data; charset=utf-8; boundary=\"x1\"";
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(kind));
        let form = b"--x1\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.csv\"\r\n\r\na,b\r\nc,d\r\n--x1--\r\n";
        assert_eq!(file_of(&headers, form), Ok(&b"a,b\r\nc,d"[..]));
        for end in 0..form.len() - 4 {
            assert!(file_of(&headers, &form[..end]).is_err(), "{end}");
        }
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("multipart/form-data"));
        assert!(file_of(&headers, form).is_err());
    }

    #[test]
    fn a_boundary_has_at_most_70_characters() {
        for (length, is_read) in [(1, true), (70, true), (71, false), (4000, false)] {
            let boundary = "-".repeat(length);
            let kind = HeaderValue::try_from(format!("multipart/form-data; boundary={boundary}")).unwrap();
            let headers = HeaderMap::from_iter([(CONTENT_TYPE, kind)]);
            let form = format!("--{boundary}\r\n\r\na,b\r\n--{boundary}--\r\n");
            assert_eq!(file_of(&headers, form.as_bytes()).is_ok(), is_read, "{length}");
        }
    }
}
