//! Frames onto the terminal: only the cells that changed, in one write, in one synchronized update. A frame that
//! changes nothing writes nothing.

use std::io::{self, BufWriter, Stdout, Write};

use crossterm::queue;
use crossterm::terminal::{BeginSynchronizedUpdate, Clear, ClearType, EndSynchronizedUpdate};
use ratatui::backend::{Backend, CrosstermBackend};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

/// Room for a whole frame of a large terminal.
const ROOM: usize = 64 * 1024;

/// What is on the terminal, and the way there.
#[derive(Debug)]
pub struct Painter {
    backend: CrosstermBackend<BufWriter<Stdout>>,
    shown: Buffer,
    next: Buffer,
    whole: bool,
}

impl Painter {
    /// A painter of an empty terminal of this size.
    pub fn new((columns, rows): (u16, u16)) -> Self {
        let area = Rect::new(0, 0, columns, rows);
        Self {
            backend: CrosstermBackend::new(BufWriter::with_capacity(ROOM, io::stdout())),
            shown: Buffer::empty(area),
            next: Buffer::empty(area),
            whole: true,
        }
    }

    /// The next frame writes every cell.
    pub fn redraw(&mut self) {
        self.whole = true;
    }

    /// Draws a frame of this size.
    ///
    /// # Errors
    /// The terminal cannot be written: it is gone.
    pub fn frame(&mut self, (columns, rows): (u16, u16), draw: impl FnOnce(&mut Buffer)) -> io::Result<()> {
        let area = Rect::new(0, 0, columns, rows);
        if self.shown.area != area {
            self.next = Buffer::empty(area);
            self.whole = true;
        }
        // What an older frame left behind must not show through.
        self.next.reset();
        draw(&mut self.next);
        if self.whole {
            self.shown = Buffer::empty(area);
        }
        let changes = self.shown.diff(&self.next);
        if changes.is_empty() && !self.whole {
            return Ok(());
        }
        queue!(self.backend, BeginSynchronizedUpdate)?;
        if self.whole {
            queue!(self.backend, Clear(ClearType::All))?;
        }
        self.backend.draw(changes.into_iter())?;
        queue!(self.backend, EndSynchronizedUpdate)?;
        Write::flush(&mut self.backend)?;
        std::mem::swap(&mut self.shown, &mut self.next);
        self.whole = false;
        Ok(())
    }
}
