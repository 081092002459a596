-- Prosody 0.12 as `make bench` runs it. @DATA@ and @PORT@ are filled in by bench/run.
-- Only what the benchmark needs is loaded, nothing is limited, and the garbage collector is the generational one,
-- which did better than the default and than any incremental setting we tried.
daemonize = false
run_as_root = true -- bench/run may be started by anybody; nothing here needs rights
pidfile = "@DATA@/prosody.pid"
data_path = "@DATA@/data"
log = { warn = "@DATA@/prosody.log" }
gc = { mode = "generational" }

modules_enabled = { "roster", "saslauth", "disco", "ping", "websocket", "http", "posix", "presence", "c2s" }
modules_disabled = { "s2s", "offline" }
c2s_ports = {}
s2s_ports = {}
http_interfaces = { "127.0.0.1" }
http_ports = { @PORT@ }
https_ports = {}
-- In clear on the loopback, like the others.
consider_websocket_secure = true
c2s_require_encryption = false
allow_unencrypted_plain_auth = true
-- Passwords in clear are its fastest: a login then costs no key derivation, as with a remembered credential here.
authentication = "internal_plain"
storage = "internal"

VirtualHost "localhost"
http_host = "localhost"

Component "pubsub.localhost" "pubsub"
admins = { "admin@localhost" }
