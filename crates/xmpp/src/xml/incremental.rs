//! A stream of bytes to the elements of an XML stream, as XMPP over TCP has it (RFC 6120 §4, §11).
//!
//! Each element gets a parser of its own, which is told of the stream's open root first. Between two elements nothing is
//! kept but the names that the root has declared: an idle stream holds no parser and no buffer.

use std::collections::VecDeque;

use rxml::error::EndOrError;
use rxml::parser::{RawEvent, RawParser, RawQName};
use rxml::{Options, Parse, WithOptions};

use super::element::{Element, Node};
use super::limits::Limits;
use super::read::{Builder, Scope, XmlError, grammar_error};
use crate::ns;

/// Reads one stream, however it is cut into reads.
#[derive(Debug, Default)]
pub struct StreamReader {
    place: Place,
    reading: Option<Box<Reading>>,
}

/// How far the stream is.
#[derive(Debug, Default)]
enum Place {
    #[default]
    BeforeHeader,
    InRoot(Root),
    /// The header was an empty element: its end is still to be told.
    Closing,
    Ended,
}

/// What comes out of a stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StreamItem {
    /// The root's start tag: an element without content.
    Header(Element),
    /// A child of the root, whole.
    Element {
        /// The child; names that the root has declared are resolved.
        element: Element,
        /// How many bytes it was.
        bytes: usize,
    },
    /// The root's end tag.
    End,
}

/// The stream's open root.
#[derive(Debug)]
struct Root {
    /// Its start tag without attributes, as it was written.
    tag: Box<str>,
    scope: Scope,
}

/// The header or an element that is not complete yet.
struct Reading {
    parser: RawParser,
    builder: Builder,
    bytes: usize,
    /// The header's name, when it is a header that is read.
    header: Option<RawQName>,
    is_header: bool,
    /// The last bytes that were read, to know in an error what they belonged to.
    tail: VecDeque<u8>,
}

impl StreamReader {
    /// Starts before the header.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes bytes off the front of `input` up to the end of the next item. `None`: it has taken all of them and needs
    /// more.
    ///
    /// White space between elements is skipped (RFC 6120 §4.6.1), and everything after [`StreamItem::End`]. After an
    /// error nothing more is to be read.
    ///
    /// - `limits`: for the next element. A name, a reference and an attribute's value have [`StreamReader::TOKEN_BYTES_MAX`]
    ///   bytes at most.
    ///
    /// # Errors
    ///
    /// See [`XmlError`]; [`XmlError::condition`] is what the peer is told.
    pub fn read(&mut self, input: &mut &[u8], limits: &Limits) -> Result<Option<StreamItem>, XmlError> {
        match self.place {
            Place::BeforeHeader | Place::InRoot(_) => {}
            Place::Closing => {
                self.place = Place::Ended;
                return Ok(Some(StreamItem::End));
            }
            Place::Ended => {
                *input = &[];
                return Ok(None);
            }
        }
        let reading = match &mut self.reading {
            Some(reading) => reading,
            None => {
                *input = input.trim_ascii_start();
                if input.is_empty() {
                    return Ok(None);
                }
                self.reading.insert(Box::new(Reading::new(&self.place, limits)))
            }
        };
        let Some(item) = reading.item(input, limits)? else { return Ok(None) };
        match &item {
            StreamItem::Header(_) if reading.is_closed() => self.place = Place::Closing,
            StreamItem::Header(_) => self.place = Place::InRoot(reading.root()),
            StreamItem::End => self.place = Place::Ended,
            StreamItem::Element { .. } => {}
        }
        self.reading = None;
        Ok(Some(item))
    }

    /// Forgets the stream: a new header follows. What has been read of an item that is not complete is forgotten too.
    pub fn reset(&mut self) {
        *self = Self::default();
    }

    /// Longest name, reference or attribute value in bytes. Text may be longer.
    pub const TOKEN_BYTES_MAX: usize = 16_384;
}

impl Reading {
    fn new(place: &Place, limits: &Limits) -> Self {
        let options = Options { max_token_length: StreamReader::TOKEN_BYTES_MAX, ..Options::default() };
        let mut parser = RawParser::with_options(options);
        // The root is a level of its own, which a message elsewhere does not have.
        let mut builder = Builder::new(Limits { depth_max: limits.depth_max.saturating_add(1), ..*limits });
        if let Place::InRoot(root) = place {
            let mut tag = root.tag.as_bytes();
            // Two events: the tag was good when it was read for the first time.
            while let Ok(Some(_)) = parser.parse(&mut tag, false) {}
            builder.scope.clone_from(&root.scope);
            builder.open.push((Element::new("", ns::NONE), root.scope.len()));
        }
        let is_header = !matches!(place, Place::InRoot(_));
        Self { parser, builder, bytes: 0, header: None, is_header, tail: VecDeque::new() }
    }

    /// Reads on to the end of the item.
    fn item(&mut self, input: &mut &[u8], limits: &Limits) -> Result<Option<StreamItem>, XmlError> {
        while let Some(event) = self.event(input, limits)? {
            let is_tag = matches!(event, RawEvent::ElementHeadClose(_) | RawEvent::ElementFoot(_));
            match &event {
                RawEvent::ElementHeadOpen(_, name) if self.is_header => self.header = Some(name.clone()),
                RawEvent::Text(_, text) if self.builder.open.len() == 1 && !text.trim_ascii().is_empty() => {
                    return Err(XmlError::StrayText);
                }
                _ => {}
            }
            self.builder.event(event, self.bytes)?;
            if is_tag && let Some(item) = self.complete() {
                return Ok(Some(item));
            }
        }
        Ok(None)
    }

    fn event(&mut self, input: &mut &[u8], limits: &Limits) -> Result<Option<RawEvent>, XmlError> {
        let before = *input;
        let outcome = self.parser.parse(input, false);
        let read = &before[..before.len() - input.len()];
        self.bytes += read.len();
        if self.bytes > limits.bytes_max {
            return Err(XmlError::TooLong { bytes: self.bytes, bytes_max: limits.bytes_max });
        }
        self.tail.extend(&read[read.len().saturating_sub(TAIL_BYTES)..]);
        self.tail.drain(..self.tail.len().saturating_sub(TAIL_BYTES));
        match outcome {
            Ok(event) => Ok(event),
            Err(EndOrError::NeedMoreData) => Ok(None),
            Err(EndOrError::Error(error)) => {
                Err(grammar_error(&error, self.tail.make_contiguous(), self.bytes))
            }
        }
    }

    /// The item that is complete after a tag, if one is.
    fn complete(&mut self) -> Option<StreamItem> {
        let Builder { open, root, .. } = &mut self.builder;
        match open.as_mut_slice() {
            [(header, _)] if self.is_header => Some(StreamItem::Header(header.clone())),
            [(root, _)] => match root.children.pop() {
                Some(Node::Element(element)) => Some(StreamItem::Element { element, bytes: self.bytes }),
                _ => None,
            },
            [] if root.is_some() => Some(StreamItem::End),
            _ => None,
        }
    }

    /// Whether the start tag that has just been read was an end tag too.
    fn is_closed(&mut self) -> bool {
        matches!(self.parser.parse(&mut [].as_slice(), false), Ok(Some(RawEvent::ElementFoot(_))))
    }

    /// What has to be known of the header from now on.
    fn root(&mut self) -> Root {
        let tag = match self.header.take() {
            Some((Some(prefix), local)) => format!("<{prefix}:{local}>"),
            Some((None, local)) => format!("<{local}>"),
            None => String::new(),
        };
        Root { tag: tag.into(), scope: std::mem::take(&mut self.builder.scope) }
    }
}

impl std::fmt::Debug for Reading {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Reading").field("bytes", &self.bytes).finish_non_exhaustive()
    }
}

/// Enough to see which kind of markup an error is in.
const TAIL_BYTES: usize = 8;
