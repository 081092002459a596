//! The page at `/`: what is where, for somebody who opened the address in a browser.

use crate::config::Config;

/// Makes the page.
pub(super) fn page(config: &Config) -> String {
    let hint = match &config.demo {
        Some(_) => DEMO,
        None => "",
    };
    PAGE.replace("{line}", &config.web.websocket_paths[0])
        .replace("{domain}", &config.domain)
        .replace("{demo}", hint)
}

const PAGE: &str = include_str!("landing.html");

const DEMO: &str = "<h2>Demonstration</h2>\n<p>Agents <code>1001001</code> to <code>1001012</code>, supervisors \
    <code>1001</code> and <code>1002</code>, administrator <code>admin</code>. The password is on the terminal \
    where the server was started.</p>\n";
