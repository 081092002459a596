//! `<RuntimeConfigInfo>`.

use super::XmlWriter;

/// The document of `GET /RuntimeConfigInfo`.
///
/// - `values`: names and values, by name.
pub fn runtime_config_xml(values: &[(&str, &str)]) -> String {
    let mut xml = XmlWriter::new();
    xml.open("RuntimeConfigInfo");
    for (name, value) in values {
        xml.text(name, value);
    }
    xml.close("RuntimeConfigInfo");
    xml.finish()
}
