//! The terminal, borrowed: whatever happens, it is given back as it was.
//!
//! [`Guard`] gives it back when dropped, a panic hook before the panic is
//! told, and the loop on SIGTERM, SIGHUP and when suspended. Giving back is
//! safe to do twice.

use crate::app::background;
use ratatui::Terminal;
use ratatui::backend::CrosstermBackend;
use ratatui::crossterm::cursor::Show;
use ratatui::crossterm::event::{DisableBracketedPaste, DisableMouseCapture, EnableBracketedPaste, EnableMouseCapture};
use ratatui::crossterm::terminal::{
    BeginSynchronizedUpdate, Clear, ClearType, EndSynchronizedUpdate, EnterAlternateScreen, LeaveAlternateScreen,
    disable_raw_mode, enable_raw_mode,
};
use ratatui::crossterm::{execute, queue};
use rustix::process::{Signal, kill_current_process_group};
use std::io;
use std::io::{Stdout, Write, stdout};
use std::sync::Once;
use std::sync::atomic::{AtomicBool, Ordering};

/// Whether the terminal is ours at present.
static IS_OURS: AtomicBool = AtomicBool::new(false);

/// Whether the mouse is to be ours, whenever the terminal is.
static HAS_MOUSE: AtomicBool = AtomicBool::new(false);

/// The terminal, in our hands until this is dropped.
#[derive(Debug)]
pub(crate) struct Guard {
    terminal: Terminal<CrosstermBackend<Stdout>>,
}

impl Guard {
    /// Takes the terminal over.
    pub(crate) fn take() -> io::Result<Self> {
        static HOOK: Once = Once::new();
        HOOK.call_once(|| {
            let tell = std::panic::take_hook();
            std::panic::set_hook(Box::new(move |panic| {
                give_back();
                tell(panic);
            }));
        });
        take_over()?;
        // From here on a failure gives back what was taken.
        let guard = Self { terminal: Terminal::new(CrosstermBackend::new(stdout()))? };
        Ok(guard)
    }

    /// Draws a frame in one go, so that nothing half-drawn is ever seen.
    pub(crate) fn draw(&mut self, view: impl FnOnce(&mut ratatui::Frame)) -> io::Result<()> {
        queue!(stdout(), BeginSynchronizedUpdate)?;
        let drawn = self.terminal.draw(view).map(|_| ());
        // Must follow even a failed drawing, or the terminal stays frozen.
        execute!(stdout(), EndSynchronizedUpdate)?;
        drawn
    }

    /// Puts `text` on the clipboard of whoever sits at the terminal, over any distance (OSC 52).
    pub(crate) fn copy(&mut self, text: &str) -> io::Result<()> {
        let out = self.terminal.backend_mut();
        write!(out, "\x1b]52;c;{}\x07", data_encoding::BASE64.encode(text.as_bytes()))?;
        Write::flush(out)
    }

    /// Asks the terminal for its background.
    pub(crate) fn ask_background(&mut self) -> io::Result<()> {
        let out = self.terminal.backend_mut();
        out.write_all(background::QUESTION.as_bytes())?;
        Write::flush(out)
    }

    /// Takes the mouse from the terminal, or gives it back so that its own selection works.
    pub(crate) fn mouse(&mut self, is_ours: bool) -> io::Result<()> {
        HAS_MOUSE.store(is_ours, Ordering::SeqCst);
        let out = self.terminal.backend_mut();
        if is_ours { execute!(out, EnableMouseCapture) } else { execute!(out, DisableMouseCapture) }
    }

    pub(crate) fn size(&self) -> io::Result<(u16, u16)> {
        self.terminal.size().map(|size| (size.width, size.height))
    }

    /// Gives the terminal to the shell and stops, until the shell wakes us.
    pub(crate) fn suspend(&mut self) -> io::Result<()> {
        give_back();
        // The whole group, as the terminal's own Ctrl-Z does: a script that started the
        // console must stop, too, or its shell never learns that the terminal is free.
        kill_current_process_group(Signal::STOP)?;
        self.resume()
    }

    /// Takes the terminal over again, and draws everything anew next time.
    pub(crate) fn resume(&mut self) -> io::Result<()> {
        take_over()?;
        // Not `Terminal::clear`: that asks where the cursor is, and the keyboard's
        // reader would take the answer. A new one remembers nothing and draws all.
        execute!(stdout(), Clear(ClearType::All))?;
        self.terminal = Terminal::new(CrosstermBackend::new(stdout()))?;
        Ok(())
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        give_back();
    }
}

fn take_over() -> io::Result<()> {
    IS_OURS.store(true, Ordering::SeqCst);
    enable_raw_mode()
        .and_then(|()| execute!(stdout(), EnterAlternateScreen, EnableBracketedPaste))
        .and_then(|()| if HAS_MOUSE.load(Ordering::SeqCst) { execute!(stdout(), EnableMouseCapture) } else { Ok(()) })
        .inspect_err(|_| give_back())
}

/// Undoes all that taking over and drawing have done. Errors are of no use here:
/// the terminal may be gone, and the rest must be tried all the same.
fn give_back() {
    if IS_OURS.swap(false, Ordering::SeqCst) {
        let mut out = stdout();
        let _ = execute!(out, EndSynchronizedUpdate, DisableMouseCapture, DisableBracketedPaste);
        let _ = execute!(out, LeaveAlternateScreen, Show);
        let _ = disable_raw_mode();
        let _ = out.flush();
    }
}
