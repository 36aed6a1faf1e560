//! The part of a list that is on screen. Nothing outside of it is looked at, so a list's length costs nothing.

use std::ops::Range;

/// The rows to draw of `count`, so that the cursor is seen with some rows after it.
pub fn window(count: usize, cursor: usize, height: u16) -> Range<usize> {
    let height = usize::from(height);
    let cursor = cursor.min(count.saturating_sub(1));
    let start =
        (cursor + 1 + height / 4).saturating_sub(height).min(count.saturating_sub(height)).min(cursor);
    start..(start + height).min(count)
}

#[cfg(test)]
mod tests {
    use super::window;

    #[test]
    fn the_cursor_is_always_inside() {
        for count in [0usize, 1, 5, 40] {
            for height in [0u16, 1, 3, 8, 50] {
                for cursor in 0..count {
                    let rows = window(count, cursor, height);
                    assert!(rows.len() <= usize::from(height) && rows.end <= count);
                    assert!(height == 0 || rows.contains(&cursor), "{count} {cursor} {height} {rows:?}");
                }
            }
        }
        assert_eq!(window(10, 0, 4), 0..4);
        assert_eq!(window(10, 9, 4), 6..10);
    }
}
