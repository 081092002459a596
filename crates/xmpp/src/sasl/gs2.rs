//! The GS2 header, with which a client begins in SCRAM and in OAUTHBEARER (RFC 5801 §4, RFC 5802 §7, RFC 7628 §3.1).

use super::ChannelBinding;

/// What a client says about channel binding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum BindingFlag {
    /// `n`: the client can do none.
    Unsupported,
    /// `y`: the client could, but thinks that the server cannot.
    NotOffered,
    /// `p=name`: it is used; `None` is a kind that we don't know.
    Used(Option<ChannelBinding>),
}

/// A GS2 header and where the message behind it begins.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Gs2Header<'a> {
    pub(super) flag: BindingFlag,
    /// Whom to act as, unescaped; empty means as oneself.
    pub(super) authzid: String,
    /// The header itself, with its last comma.
    pub(super) text: &'a str,
    pub(super) rest: &'a str,
}

impl<'a> Gs2Header<'a> {
    /// Reads the header at the start of a message. None if there is no good one.
    pub(super) fn read(message: &'a str) -> Option<Self> {
        let (flag, rest) = message.split_once(',')?;
        let (authzid, rest) = rest.split_once(',')?;
        let flag = match flag {
            "n" => BindingFlag::Unsupported,
            "y" => BindingFlag::NotOffered,
            flag => BindingFlag::Used(ChannelBinding::from_name(binding_name(flag.strip_prefix("p=")?)?)),
        };
        let authzid = match authzid {
            "" => String::new(),
            authzid => unescape(authzid.strip_prefix("a=")?)?,
        };
        Some(Self { flag, authzid, text: &message[..message.len() - rest.len()], rest })
    }
}

/// Writes a header: the flag as it goes over the wire (`n`, `y`, `p=tls-exporter`), then the identity to act as.
pub(super) fn write(flag: &BindingFlag, authzid: &str) -> String {
    let flag = match flag {
        BindingFlag::Unsupported | BindingFlag::Used(None) => "n".to_owned(),
        BindingFlag::NotOffered => "y".to_owned(),
        BindingFlag::Used(Some(binding)) => format!("p={binding}"),
    };
    match authzid {
        "" => format!("{flag},,"),
        authzid => format!("{flag},a={},", escape(authzid)),
    }
}

/// The name if it is one by RFC 5801 §4: letters, digits, dots and hyphens.
fn binding_name(name: &str) -> Option<&str> {
    let is_good = |b: u8| b.is_ascii_alphanumeric() || b == b'.' || b == b'-';
    (!name.is_empty() && name.bytes().all(is_good)).then_some(name)
}

/// Writes a saslname.
pub(super) fn escape(name: &str) -> String {
    name.replace('=', "=3D").replace(',', "=2C")
}

/// Undoes the escaping of a saslname: `=2C` is a comma, `=3D` an equals sign, nothing else may follow `=`.
pub(super) fn unescape(name: &str) -> Option<String> {
    let mut parts = name.split('=');
    let mut unescaped = parts.next()?.to_owned();
    for part in parts {
        let (character, rest) = match part.as_bytes() {
            [b'2', b'C', ..] => (',', &part[2..]),
            [b'3', b'D', ..] => ('=', &part[2..]),
            _ => return None,
        };
        unescaped.push(character);
        unescaped.push_str(rest);
    }
    Some(unescaped)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_are_read_and_written() {
        for (flag, authzid, text) in [
            (BindingFlag::Unsupported, "", "n,,"),
            (BindingFlag::NotOffered, "x,y", "y,a=x=2Cy,"),
            (BindingFlag::Used(Some(ChannelBinding::TlsExporter)), "", "p=tls-exporter,,"),
            (BindingFlag::Used(Some(ChannelBinding::TlsServerEndPoint)), "a", "p=tls-server-end-point,a=a,"),
        ] {
            assert_eq!(write(&flag, authzid), text);
            let message = format!("{text}n=a,r=b");
            let header = Gs2Header::read(&message).unwrap();
            assert_eq!((header.flag, header.authzid.as_str()), (flag, authzid));
            assert_eq!((header.text, header.rest), (text, "n=a,r=b"));
        }
        let header = Gs2Header::read("p=tls-unique,,").unwrap();
        assert_eq!((header.flag, header.rest), (BindingFlag::Used(None), ""));
        for message in
            ["", "n", "n,", "N,,", "p,,", "p=,,", "p=a b,,", "q=x,,", "n,b,", "n,a=x=2c,", "n,a==,", "n a,,"]
        {
            assert_eq!(Gs2Header::read(message), None, "{message}");
        }
    }
}
