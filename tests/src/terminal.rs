//! A person at a terminal: a real pseudo terminal, a real program in it, and
//! what the person sees there, as a terminal makes it of the bytes.

use crate::{PATIENCE, Shop, Surroundings, program};
use anyhow::{Context as _, bail};
use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, SlavePty, native_pty_system};
use rustix::process::{Pid, Signal, kill_process};
use std::io::{Read as _, Write};
use std::num::NonZeroU16;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, mpsc};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

const SETTINGS: &str = "with other settings";
const PASTES: &str = "marking pastes";

/// The mode a program is in while it draws what is to be shown in one go.
const SYNCHRONIZED: u16 = 2026;

/// A program in a terminal. It is killed when this is dropped.
pub struct Terminal {
    program: Program,
    master: Box<dyn MasterPty + Send>,
    // Kept open, or the terminal's settings could not be asked for after the program's end.
    _slave: Box<dyn SlavePty + Send>,
    keyboard: Box<dyn Write + Send>,
    screen: Arc<Screen>,
    eyes: JoinHandle<()>,
    are_eyes_shut: Arc<AtomicBool>,
    /// The terminal's settings before the program was started.
    before: String,
}

/// What is seen of the program, and whoever waits to see something else.
struct Screen {
    parser: Mutex<vt100::Parser<Oddities>>,
    has_changed: Condvar,
}

/// What the screen showed when the program had finished drawing.
#[derive(Debug, Clone)]
pub struct Picture {
    pub at: Instant,
    pub text: String,
}

/// What the terminal was told to do beside showing text.
#[derive(Debug, Clone, Default)]
struct Oddities {
    /// A picture is begun and not finished.
    is_drawing: bool,
    told: Vec<String>,
    /// Who wants every picture.
    onlooker: Option<mpsc::Sender<Picture>>,
}

impl vt100::Callbacks for Oddities {
    fn audible_bell(&mut self, _: &mut vt100::Screen) {
        self.told.push("ring".to_owned());
    }

    fn visual_bell(&mut self, _: &mut vt100::Screen) {
        self.told.push("flash".to_owned());
    }

    fn resize(&mut self, _: &mut vt100::Screen, size: (u16, u16)) {
        self.told.push(format!("resize to {size:?}"));
    }

    fn set_window_icon_name(&mut self, _: &mut vt100::Screen, name: &[u8]) {
        self.told.push(format!("icon {}", String::from_utf8_lossy(name)));
    }

    fn set_window_title(&mut self, _: &mut vt100::Screen, title: &[u8]) {
        self.told.push(format!("title {}", String::from_utf8_lossy(title)));
    }

    fn copy_to_clipboard(&mut self, _: &mut vt100::Screen, _: &[u8], data: &[u8]) {
        self.told.push(format!("copy {}", String::from_utf8_lossy(data)));
    }

    fn paste_from_clipboard(&mut self, _: &mut vt100::Screen, _: &[u8]) {
        self.told.push("paste".to_owned());
    }

    fn unhandled_csi(&mut self, screen: &mut vt100::Screen, i1: Option<u8>, _: Option<u8>, params: &[&[u16]], c: char) {
        if i1 != Some(b'?') || params != [[SYNCHRONIZED]] {
            return;
        }
        self.is_drawing = c == 'h';
        if c == 'l' {
            // Nobody has to look on to the end.
            let _ =
                self.onlooker.as_ref().map(|eyes| eyes.send(Picture { at: Instant::now(), text: screen.contents() }));
        }
    }
}

/// A running program, killed when this is dropped.
#[derive(Debug)]
pub struct Program(Box<dyn Child + Send + Sync>);

impl Program {
    /// Its exit code, once it is over.
    pub fn exit_code(&mut self) -> anyhow::Result<Option<u32>> {
        Ok(self.0.try_wait()?.map(|status| status.exit_code()))
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl std::fmt::Debug for Terminal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Terminal").field("text", &self.text()).finish_non_exhaustive()
    }
}

impl Terminal {
    /// Opens the console of this shop, in English, in a terminal of this size.
    pub fn console(shop: &Shop, width: u16, height: u16, arguments: &[&str]) -> anyhow::Result<Self> {
        Self::console_in(shop.surroundings(), width, height, arguments)
    }

    /// The same in these surroundings.
    pub fn console_in(surroundings: Surroundings, width: u16, height: u16, arguments: &[&str]) -> anyhow::Result<Self> {
        let mut command = CommandBuilder::new(program("rental")?);
        command.args(["--lang", "en"]);
        command.args(arguments);
        Self::open(surroundings, width, height, command)
    }

    /// Opens a shell in this shop's surroundings.
    pub fn shell(shop: &Shop, width: u16, height: u16) -> anyhow::Result<Self> {
        let mut command = CommandBuilder::new("bash");
        command.args(["--norc", "--noprofile", "-i"]);
        command.env("PS1", "shell> ");
        Self::open(shop.surroundings(), width, height, command)
    }

    fn open(surroundings: Surroundings, width: u16, height: u16, mut command: CommandBuilder) -> anyhow::Result<Self> {
        for (name, value) in surroundings {
            command.env(name, value);
        }
        command.env("TERM", "xterm-256color");
        command.env_remove("NO_COLOR");
        let pair = native_pty_system().openpty(size(width, height))?;
        let before = settings(&*pair.master)?;
        let mut bytes = pair.master.try_clone_reader()?;
        let keyboard = pair.master.take_writer()?;
        let parser = vt100::Parser::new_with_callbacks(cells(height), cells(width), 0, Oddities::default());
        let screen = Arc::new(Screen { parser: Mutex::new(parser), has_changed: Condvar::new() });
        let program = Program(pair.slave.spawn_command(command)?);
        let are_eyes_shut = Arc::new(AtomicBool::new(false));
        let (shown, are_shut) = (screen.clone(), are_eyes_shut.clone());
        let eyes = std::thread::spawn(move || {
            let mut chunk = [0; 4096];
            while let Ok(count @ 1..) = bytes.read(&mut chunk) {
                lock(&shown).process(&chunk[..count]);
                shown.has_changed.notify_all();
                if are_shut.load(Ordering::SeqCst) {
                    break;
                }
            }
        });
        let master = pair.master;
        Ok(Self { program, master, _slave: pair.slave, keyboard, screen, eyes, are_eyes_shut, before })
    }

    /// Types these bytes, as a keyboard sends them (`\r` is Enter, `\x1b` Esc).
    pub fn press(&mut self, keys: &str) -> anyhow::Result<()> {
        self.keyboard.write_all(keys.as_bytes())?;
        Ok(self.keyboard.flush()?)
    }

    /// What is on the screen.
    pub fn text(&self) -> String {
        lock(&self.screen).screen().contents()
    }

    /// What the terminal was told to do beside showing text: to ring, to copy, to change its title.
    pub fn oddities(&self) -> Vec<String> {
        lock(&self.screen).callbacks().told.clone()
    }

    /// Waits until the screen shows `words`; answers with what is on it then.
    pub fn until_shows(&self, words: &str) -> anyhow::Result<String> {
        self.until(&format!("the screen shows {words:?}"), |text| text.contains(words))
    }

    /// Waits until the screen is as wanted.
    pub fn until(&self, what: &str, is_so: impl Fn(&str) -> bool) -> anyhow::Result<String> {
        let deadline = Instant::now() + PATIENCE;
        let mut parser = lock(&self.screen);
        loop {
            let text = parser.screen().contents();
            // Half a picture may show what is no longer there, or not yet.
            if !parser.callbacks().is_drawing && is_so(&text) {
                return Ok(text);
            }
            let Some(left) = deadline.checked_duration_since(Instant::now()) else {
                bail!("not within {} s: {what}; it shows:\n{text}", PATIENCE.as_secs());
            };
            let waited = self.screen.has_changed.wait_timeout(parser, left);
            (parser, _) = waited.unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Every picture from now on, as the program finishes it, with its time.
    pub fn pictures(&self) -> mpsc::Receiver<Picture> {
        let (onlooker, pictures) = mpsc::channel();
        lock(&self.screen).callbacks_mut().onlooker = Some(onlooker);
        pictures
    }

    pub fn resize(&self, width: u16, height: u16) -> anyhow::Result<()> {
        lock(&self.screen).screen_mut().set_size(cells(height), cells(width));
        self.master.resize(size(width, height))
    }

    /// Sends the program a signal, as the system or another program does.
    pub fn signal(&self, signal: Signal) -> anyhow::Result<()> {
        let id = self.process_id()?;
        let pid = Pid::from_raw(i32::try_from(id)?).context("a process id is above 0")?;
        Ok(kill_process(pid, signal)?)
    }

    /// The number of the program's process.
    pub fn process_id(&self) -> anyhow::Result<u32> {
        self.program.0.process_id().context("the program has a process")
    }

    /// Waits until the program is suspended.
    pub fn until_suspended(&self) -> anyhow::Result<()> {
        let stat = format!("/proc/{}/stat", self.process_id()?);
        // The state stands behind the name, which is in brackets.
        let is_suspended = || Ok(std::fs::read_to_string(&stat)?.contains(") T ").then_some(()));
        look_until("the program is suspended", is_suspended)
    }

    /// Waits for the program's end; answers with its exit code.
    pub fn until_over(&mut self) -> anyhow::Result<u32> {
        let over = look_until("the program ends", || self.program.exit_code());
        over.with_context(|| format!("it shows:\n{}", self.text()))
    }

    /// Waits until the program's screen is left; a shell's line editor keeps settings of its own.
    pub fn until_at_a_prompt(&self) -> anyhow::Result<()> {
        self.until_without(|ill| ill != SETTINGS && ill != PASTES)
    }

    /// Takes the terminal away from its program, as a closed window does.
    pub fn close(self) -> anyhow::Result<Program> {
        self.are_eyes_shut.store(true, Ordering::SeqCst);
        // What the program draws now wakes the reader, whose end of the terminal must be closed, too.
        self.resize(100, 30)?;
        self.eyes.join().map_err(|_| anyhow::anyhow!("the reader has failed"))?;
        Ok(self.program)
    }

    /// Waits until the terminal is as it was before the program: its settings, the
    /// screen before, a visible cursor, and no reports of pastes or the mouse.
    pub fn until_sane(&self) -> anyhow::Result<()> {
        self.until_without(|_| true)
    }

    fn until_without(&self, counts: impl Fn(&str) -> bool) -> anyhow::Result<()> {
        let mut ills = Vec::new();
        let sane = look_until("the terminal is as it was", || {
            ills = self.ills()?;
            ills.retain(|ill| counts(ill));
            Ok(ills.is_empty().then_some(()))
        });
        sane.with_context(|| format!("it was left {}; it shows:\n{}", ills.join(", "), self.text()))
    }

    fn ills(&self) -> anyhow::Result<Vec<&'static str>> {
        let parser = lock(&self.screen);
        let screen = parser.screen();
        let ills = [
            (SETTINGS, settings(&*self.master)? != self.before),
            ("on the alternate screen", screen.alternate_screen()),
            ("without a cursor", screen.hide_cursor()),
            (PASTES, screen.bracketed_paste()),
            ("reporting the mouse", screen.mouse_protocol_mode() != vt100::MouseProtocolMode::None),
            ("in application keypad mode", screen.application_keypad()),
        ];
        Ok(ills.into_iter().filter_map(|(ill, is_so)| is_so.then_some(ill)).collect())
    }
}

/// Looks until there is something to be seen that nobody reports.
fn look_until<T>(what: &str, mut look: impl FnMut() -> anyhow::Result<Option<T>>) -> anyhow::Result<T> {
    let deadline = Instant::now() + PATIENCE;
    loop {
        if let Some(seen) = look()? {
            return Ok(seen);
        }
        if Instant::now() > deadline {
            bail!("not within {} s: {what}", PATIENCE.as_secs());
        }
        std::thread::sleep(Duration::from_millis(20));
    }
}

fn cells(count: u16) -> NonZeroU16 {
    NonZeroU16::new(count).unwrap_or(NonZeroU16::MIN)
}

const fn size(width: u16, height: u16) -> PtySize {
    PtySize { rows: height, cols: width, pixel_width: 0, pixel_height: 0 }
}

fn settings(terminal: &dyn MasterPty) -> anyhow::Result<String> {
    Ok(format!("{:?}", terminal.get_termios().context("the terminal tells its settings")?))
}

fn lock(screen: &Screen) -> MutexGuard<'_, vt100::Parser<Oddities>> {
    screen.parser.lock().unwrap_or_else(PoisonError::into_inner)
}
