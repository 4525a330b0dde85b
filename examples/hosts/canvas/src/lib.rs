//! Draws the chat pixel by pixel, for hosts that have no text of their own.

use chat::Chat;
use font8x8::UnicodeFonts;

const BACKGROUND: u32 = 0x001b_2430;
const TEXT: u32 = 0x00e8_ecf0;
const STATUS: u32 = 0x0041_cd52;
const MARGIN: usize = 8;
const GLYPH_WIDTH: usize = 8;
/// Glyphs have 8 rows, each drawn twice.
const LINE_HEIGHT: usize = 20;

/// Fills `pixels` (0x00RRGGBB, `width` of them a row): the lines from the top on, what is being typed, and
/// the status at the bottom.
pub fn draw(chat: &Chat, draft: &str, pixels: &mut [u32], width: usize) {
    pixels.fill(BACKGROUND);
    let height = pixels.len() / width.max(1);
    let lines = chat.lines();
    let room = height.saturating_sub(2 * MARGIN) / LINE_HEIGHT;
    let shown = &lines[lines.len().saturating_sub(room.saturating_sub(2))..];
    for (row, line) in shown.iter().enumerate() {
        text(pixels, width, MARGIN + row * LINE_HEIGHT, line, TEXT);
    }
    let from_bottom = |lines: usize| height.saturating_sub(MARGIN + lines * LINE_HEIGHT);
    text(pixels, width, from_bottom(2), &format!("> {draft}_"), TEXT);
    text(pixels, width, from_bottom(1), &chat.status(), STATUS);
}

/// Writes `text` at the left, `top` pixels down; what does not fit is cut off.
fn text(pixels: &mut [u32], width: usize, top: usize, text: &str, color: u32) {
    let columns = width.saturating_sub(2 * MARGIN) / GLYPH_WIDTH;
    for (column, character) in text.chars().take(columns).enumerate() {
        let glyph = font8x8::BASIC_FONTS.get(character).unwrap_or([0x7e; 8]);
        for y in 0..2 * glyph.len() {
            let start = (top + y) * width + MARGIN + column * GLYPH_WIDTH;
            let Some(row) = pixels.get_mut(start..start + GLYPH_WIDTH) else {
                return;
            };
            for (x, pixel) in row.iter_mut().enumerate() {
                if glyph[y / 2] & (1 << x) != 0 {
                    *pixel = color;
                }
            }
        }
    }
}
