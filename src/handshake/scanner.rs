use std::fmt;

/// How large the head of an HTTP message may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HeadLimits {
    /// Bytes of the whole head: start line, header lines, every line end, the blank line.
    pub total: usize,
    /// Bytes of one line, the start line included, its CRLF not counted.
    pub line: usize,
    /// Header lines; neither the start line nor the blank line counts.
    pub lines: usize,
}

impl Default for HeadLimits {
    fn default() -> Self {
        HeadLimits {
            total: 64 * 1024,
            line: 8 * 1024,
            lines: 100,
        }
    }
}

/// What makes a head unacceptable before anyone looks at what it says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum HeadError {
    /// More bytes than [`HeadLimits::total`].
    TooLarge,
    /// A line longer than [`HeadLimits::line`].
    LineTooLong,
    /// More header lines than [`HeadLimits::lines`].
    TooManyLines,
    /// A line feed without a carriage return before it.
    BareLf,
    /// A carriage return without a line feed after it.
    BareCr,
    /// A line that begins with white space: folding, which RFC 9112 took out of HTTP.
    Folded,
    /// A control character other than a tab, NUL among them.
    ControlCharacter,
    /// The first line is no request line or status line.
    StartLine,
    /// A header line without a valid name and a colon right after it.
    HeaderLine,
}

impl HeadError {
    /// Whether a limit was exceeded, as opposed to a rule broken.
    pub fn is_limit(self) -> bool {
        matches!(
            self,
            Self::TooLarge | Self::LineTooLong | Self::TooManyLines
        )
    }

    /// The error in words.
    pub fn text(self) -> &'static str {
        match self {
            Self::TooLarge => "the head is too large",
            Self::LineTooLong => "a line of the head is too long",
            Self::TooManyLines => "the head has too many lines",
            Self::BareLf => "a line ends with a bare line feed",
            Self::BareCr => "a carriage return stands alone",
            Self::Folded => "a line begins with white space",
            Self::ControlCharacter => "the head contains a control character",
            Self::StartLine => "the first line is malformed",
            Self::HeaderLine => "a header line is malformed",
        }
    }
}

impl fmt::Display for HeadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.text())
    }
}

impl std::error::Error for HeadError {}

/// Finds the blank line that ends a head, going on where it stopped.
///
/// Every byte is looked at once, however small the pieces are in which it arrives. Limits and line
/// ends are judged on the way, so that a bad head is refused as soon as its first bad byte is here.
#[derive(Debug, Clone)]
pub struct HeadScanner {
    limits: HeadLimits,
    /// Bytes looked at.
    position: usize,
    /// Bytes of the current line.
    line: usize,
    /// Complete lines, the start line among them.
    lines: usize,
    after_cr: bool,
    #[cfg(test)]
    pub(super) looked_at: usize,
}

impl HeadScanner {
    /// A scanner at the first byte of a head.
    pub fn new(limits: HeadLimits) -> Self {
        HeadScanner {
            limits,
            position: 0,
            line: 0,
            lines: 0,
            after_cr: false,
            #[cfg(test)]
            looked_at: 0,
        }
    }

    /// Looks at what is new in `bytes`, which hold the head from its first byte on.
    ///
    /// Gives the length of the head, the blank line included, or `None` while it is incomplete. What
    /// follows the head is not looked at. An error is final: it is reported again by later calls.
    pub fn scan(&mut self, bytes: &[u8]) -> Result<Option<usize>, HeadError> {
        while let Some(&byte) = bytes.get(self.position) {
            if self.position == self.limits.total {
                return Err(HeadError::TooLarge);
            }
            #[cfg(test)]
            {
                self.looked_at += 1;
            }
            let ends_head = self.step(byte)?;
            self.position += 1;
            if ends_head {
                return Ok(Some(self.position));
            }
        }
        Ok(None)
    }

    /// Takes one byte; true if it ends the head. Changes nothing when it fails.
    fn step(&mut self, byte: u8) -> Result<bool, HeadError> {
        match byte {
            b'\n' if self.after_cr => return Ok(self.end_line()),
            _ if self.after_cr => return Err(HeadError::BareCr),
            b'\r' => self.after_cr = true,
            b'\n' => return Err(HeadError::BareLf),
            b' ' | b'\t' if self.line == 0 => return Err(HeadError::Folded),
            b'\t' => self.grow_line()?,
            _ if byte.is_ascii_control() => return Err(HeadError::ControlCharacter),
            _ => self.grow_line()?,
        }
        Ok(false)
    }

    fn end_line(&mut self) -> bool {
        let is_blank = self.line == 0;
        self.after_cr = false;
        self.line = 0;
        self.lines += 1;
        is_blank
    }

    fn grow_line(&mut self) -> Result<(), HeadError> {
        if self.line == self.limits.line {
            return Err(HeadError::LineTooLong);
        }
        // The start line is the one line more.
        if self.lines > self.limits.lines {
            return Err(HeadError::TooManyLines);
        }
        self.line += 1;
        Ok(())
    }
}
