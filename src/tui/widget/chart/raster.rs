//! Two lines as dots on a grid of cells, each two dots wide and four high.
//!
//! Invariants: a dot outside the grid is left out; the second line is drawn with every other dot, so that the two
//! are told apart without colour.

/// Bits of the dots of a cell, by column and row, as braille patterns number them.
const BITS: [[u8; 4]; 2] = [[0x01, 0x02, 0x04, 0x40], [0x08, 0x10, 0x20, 0x80]];

/// Which of the two lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Line {
    /// Solid.
    First,
    /// Dotted.
    Second,
}

/// The grid.
#[derive(Clone, Debug)]
pub struct Raster {
    columns: usize,
    rows: usize,
    cells: Vec<[u8; 2]>,
}

impl Raster {
    /// An empty grid of so many cells.
    pub fn new(columns: u16, rows: u16) -> Self {
        let (columns, rows) = (usize::from(columns), usize::from(rows));
        Self { columns, rows, cells: vec![[0; 2]; columns * rows] }
    }

    /// The grid's size in dots.
    pub fn dots(&self) -> (i64, i64) {
        (self.columns as i64 * 2, self.rows as i64 * 4)
    }

    /// The dots of both lines in a cell.
    pub fn cell(&self, column: u16, row: u16) -> [u8; 2] {
        let place = usize::from(row) * self.columns + usize::from(column);
        if usize::from(column) < self.columns {
            self.cells.get(place).copied().unwrap_or_default()
        } else {
            [0; 2]
        }
    }

    /// A dot, columns from the left and rows from the top.
    pub fn dot(&mut self, line: Line, (x, y): (i64, i64)) {
        let (Ok(x), Ok(y)) = (usize::try_from(x), usize::try_from(y)) else { return };
        let (column, row) = (x / 2, y / 4);
        let bit = BITS.get(x % 2).and_then(|bits| bits.get(y % 4)).copied().unwrap_or(0);
        if column >= self.columns || row >= self.rows {
            return;
        }
        if let Some([first, second]) = self.cells.get_mut(row * self.columns + column) {
            match line {
                Line::First => *first |= bit,
                Line::Second => *second |= bit,
            }
        }
    }

    /// A straight line between two dots, both ends included.
    pub fn segment(&mut self, line: Line, from: (i64, i64), to: (i64, i64)) {
        let (wide, high) = (to.0 - from.0, to.1 - from.1);
        let steps = wide.abs().max(high.abs()).max(1);
        for step in 0..=steps {
            let at =
                |start: i64, length: i64| start + (2 * length * step + steps * length.signum()) / (2 * steps);
            let dot = (at(from.0, wide), at(from.1, high));
            if line == Line::First || (dot.0 + dot.1) % 2 == 0 {
                self.dot(line, dot);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn count(raster: &Raster, line: usize) -> u32 {
        raster.cells.iter().map(|cell| cell[line].count_ones()).sum()
    }

    #[test]
    fn a_line_has_a_dot_in_every_column_and_a_dotted_one_in_every_other() {
        let mut raster = Raster::new(5, 2);
        raster.segment(Line::First, (0, 7), (9, 0));
        raster.segment(Line::Second, (0, 4), (9, 4));
        assert_eq!((count(&raster, 0), count(&raster, 1)), (10, 5));
        assert_ne!(raster.cell(0, 1)[0] & BITS[0][3], 0, "it begins at the lower left");
        assert_ne!(raster.cell(4, 0)[0] & BITS[1][0], 0, "and ends at the upper right");
    }

    #[test]
    fn what_is_outside_is_left_out() {
        let mut raster = Raster::new(2, 1);
        for dot in [(-1, 0), (0, -1), (4, 0), (0, 4), (i64::MAX, i64::MIN)] {
            raster.dot(Line::First, dot);
        }
        assert_eq!(count(&raster, 0), 0);
        assert_eq!(raster.cell(7, 0), [0, 0]);
    }
}
