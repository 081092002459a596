#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| offhook_fuzz::store::peer(data));
