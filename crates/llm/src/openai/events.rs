//! The data of server-sent events, out of the lines that a body comes in.

/// What one line of an event stream holds.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Line<'a> {
    /// The data of an event. In this protocol nearly each event has one line of it; servers that leave out the
    /// empty line between two events are understood too.
    Data(&'a [u8]),
    /// The data of this event is an error.
    Failure,
    /// The event is complete.
    End,
    /// Nothing: a comment, or a field that says nothing about the answer.
    Nothing,
}

/// Reads a line without its line feed.
pub(super) fn line(line: &[u8]) -> Line<'_> {
    let line = line.strip_prefix("\u{feff}".as_bytes()).unwrap_or(line);
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    if line.is_empty() {
        return Line::End;
    }
    // Some gateways write an error of theirs into the stream without a frame.
    if line.starts_with(b"{") {
        return Line::Data(line);
    }
    let (name, value) = match memchr::memchr(b':', line) {
        Some(colon) => (&line[..colon], &line[colon + 1..]),
        None => (line, &b""[..]),
    };
    let value = value.strip_prefix(b" ").unwrap_or(value);
    match name {
        // llama.cpp has sent its errors under this name.
        b"data" | b"error" if !value.trim_ascii().is_empty() => Line::Data(value.trim_ascii()),
        b"event" if value.trim_ascii() == b"error" => Line::Failure,
        _ => Line::Nothing,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn data_is_found_in_every_spelling() {
        for text in
            ["data: {1}", "data:{1}", "data: {1}\r", "\u{feff}data: {1}", "error: {1}", "{1}", "data:  {1} "]
        {
            assert_eq!(line(text.as_bytes()), Line::Data(b"{1}"), "{text:?}");
        }
    }

    #[test]
    fn the_rest_says_nothing() {
        for text in
            [":", ": ping", ":data: {1}", "event: message", "id: 3", "retry: 10", "data", "data:", "data: "]
        {
            assert_eq!(line(text.as_bytes()), Line::Nothing, "{text:?}");
        }
        assert_eq!((line(b""), line(b"\r")), (Line::End, Line::End));
        assert_eq!((line(b"event: error"), line(b"event:error\r")), (Line::Failure, Line::Failure));
    }
}
