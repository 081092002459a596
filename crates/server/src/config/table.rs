//! The table of settings: one row gives a key its field, its default, its kind, its flag and its explanation.

use super::kind::Describe;

/// One row of the table.
pub struct Setting {
    /// The key in `offhook.toml`, with its table: `log.sync`.
    pub key: &'static str,
    /// The default, as it would stand in the file.
    pub default: &'static str,
    /// True if `offhook serve` has a flag for it. Its name is the key with `-` for `_`.
    pub has_flag: bool,
    /// What it does and what happens at the limit, line by line.
    pub about: &'static [&'static str],
    pub(super) kind: &'static dyn Describe,
}

impl Setting {
    /// The environment variable: `OFFHOOK_` and the key in capitals, with `_` for `.`.
    pub fn variable(&self) -> String {
        format!("OFFHOOK_{}", self.key.replace('.', "_").to_ascii_uppercase())
    }

    /// The flag, such as `--ready-file`, if it has one.
    pub fn flag(&self) -> Option<String> {
        self.has_flag.then(|| format!("--{}", self.key.replace('_', "-")))
    }

    /// What a value of it has to be.
    pub fn expected(&self) -> String {
        self.kind.expected()
    }

    /// True for a value that no message may repeat.
    pub(super) fn is_secret(&self) -> bool {
        self.key.ends_with("password")
    }
}

/// Ends the row of a setting that has a flag.
pub(super) const FLAG: bool = true;

/// Makes a struct of settings and its rows of the table from one text, so that they cannot disagree.
///
/// `prefix` is the table's name with its dot, or `""`. A row is
/// `/// about` … `field: Type = "default in TOML", kind;` and ends in `kind, FLAG;` if there is a flag for it.
macro_rules! settings {
    ($(#[doc = $struct_doc:literal])+ $vis:vis $name:ident in $prefix:literal {
        $($(#[doc = $doc:literal])+ $field:ident: $type:ty = $default:literal, $kind:expr $(, $flag:ident)?;)+
    }) => {
        $(#[doc = $struct_doc])+
        #[derive(Clone, Debug, PartialEq)]
        $vis struct $name {
            $($(#[doc = $doc])+ $vis $field: $type,)+
        }

        impl $name {
            pub(super) const SETTINGS: &'static [$crate::config::table::Setting] = &[
                $($crate::config::table::Setting {
                    key: concat!($prefix, stringify!($field)),
                    default: $default,
                    has_flag: false $(|| $flag)?,
                    about: &[$($doc),+],
                    kind: &$kind,
                },)+
            ];

            /// Reads every row; `None` if one of them was refused, which `layers` has noted.
            pub(super) fn read(layers: &mut $crate::config::layers::Layers) -> Option<Self> {
                $(let $field: Option<$type> = layers.read(concat!($prefix, stringify!($field)), &$kind);)+
                Some(Self { $($field: $field?,)+ })
            }
        }
    };
}
pub(super) use settings;
