//! The loop: drain what came, change the model, draw when a frame is due, and sleep until something happens.
//!
//! Invariants: nothing here waits for the engine; orders under way are futures beside the loop; when nothing
//! changed nothing is written.

use std::future::Future;
use std::io::{self, IsTerminal};
use std::pin::Pin;
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures::StreamExt;
use futures::stream::FuturesUnordered;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::{Notify, mpsc, watch};

use super::keymap::{Keymap, KeymapError};
use super::model::{Ids, LINES, Model, Operator, Order, RandomIds, ScreenName, Setup};
use super::pacer::Pacer;
use super::screen;
use super::terminal::{self, Guard, Painter};
use super::theme::{Depth, Meaning, Symbols, Theme, ThemeName};
use super::update::{Effect, Msg, update};
use crate::base::{ItemId, Untrusted};
use crate::engine::client::Client;
use crate::release::{Evidence, Wish};

/// Between two frames at least, in milliseconds: on this machine, and through SSH.
const FRAME: (u64, u64) = (33, 80);

/// How long the threads of a process may take to stop once one of them got the signal.
const STOPPING: Duration = Duration::from_millis(100);

/// The most evidence a file may bring, in bytes.
const FILE: usize = 16 * 1024 * 1024;

/// What the cockpit cannot do itself and asks of whoever opened it.
pub trait Host: Send + Sync {
    /// Opens a link in the person's browser.
    ///
    /// # Errors
    /// Why it could not, in words for people.
    fn open_link(&self, url: &str) -> Result<(), String>;
    /// Reads a file for evidence.
    ///
    /// # Errors
    /// Why it could not, in words for people.
    fn read_file(&self, path: &str) -> Result<Vec<u8>, String>;
}

/// A host that opens nothing and reads nothing: links are shown instead.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoHost;

impl Host for NoHost {
    fn open_link(&self, url: &str) -> Result<(), String> {
        Err(url.to_owned())
    }
    fn read_file(&self, path: &str) -> Result<Vec<u8>, String> {
        Err(format!("{path}: files cannot be read from here"))
    }
}

/// How the cockpit is opened.
pub struct Options {
    /// Who acts.
    pub operator: Operator,
    /// The looks.
    pub theme: Theme,
    /// How many colours the terminal shows.
    pub depth: Depth,
    /// The keys.
    pub keymap: Keymap,
    /// The screen to begin with.
    pub screen: ScreenName,
    /// What it cannot do itself.
    pub host: Arc<dyn Host>,
    /// Where the ids of commands come from.
    pub ids: Box<dyn Ids>,
    /// Tells when somebody else acts here, or when the terminal became shared.
    pub operators: Option<watch::Receiver<Operator>>,
}

impl Options {
    /// The built-in keys, and a built-in theme fitted to what the environment says of the terminal.
    ///
    /// # Errors
    /// The built-in keymap does not read, which a test rules out.
    pub fn new(operator: Operator, theme: ThemeName) -> Result<Self, KeymapError> {
        let environment = |name: &str| std::env::var(name).ok();
        let depth = Depth::detect(environment);
        let symbols = Symbols::of_terminal(environment("TERM").as_deref());
        Ok(Self {
            operator,
            theme: Theme::built_in(theme, depth, symbols),
            depth,
            keymap: Keymap::built_in()?,
            screen: ScreenName::Overview,
            host: Arc::new(NoHost),
            ids: Box::new(RandomIds),
            operators: None,
        })
    }
}

/// How the cockpit was left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// A person left; the engine goes on.
    Detached,
    /// The terminal went away, or a signal asked to end.
    HungUp,
}

/// Why the cockpit could not be shown.
#[derive(Debug, thiserror::Error)]
pub enum TuiError {
    /// Input or output is a file or a pipe.
    #[error("{0} is not a terminal; use `tminus status`, `tminus watch` or `tminus snapshot` instead")]
    NoTerminal(&'static str),
    /// The terminal or the runtime refused.
    #[error("the terminal could not be used: {0}")]
    Terminal(#[from] io::Error),
}

/// Asks whether there is a terminal to show anything on.
///
/// # Errors
/// Standard input or output is none.
pub fn require_terminal() -> Result<(), TuiError> {
    if !io::stdin().is_terminal() {
        return Err(TuiError::NoTerminal("standard input"));
    }
    if !io::stdout().is_terminal() {
        return Err(TuiError::NoTerminal("standard output"));
    }
    Ok(())
}

/// Shows a release until somebody leaves. Blocks; the calling thread becomes the UI thread.
///
/// # Errors
/// There is no terminal, or it refused.
pub fn run(client: Client, options: Options) -> Result<Exit, TuiError> {
    require_terminal()?;
    // Colours are the theme's business: with NO_COLOR set the library would drop modifiers too.
    crossterm::style::force_color_output(true);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let guard = Guard::new()?;
    let exit = runtime.block_on(Ui::new(client, options)?.run());
    drop(guard);
    runtime.shutdown_background();
    match exit {
        // The terminal is gone: whoever looked is not there to read an error.
        Err(error) if is_gone(&error) => Ok(Exit::HungUp),
        other => Ok(other?),
    }
}

fn is_gone(error: &io::Error) -> bool {
    // EIO is what a write to a terminal without anybody at the other end answers.
    error.kind() == io::ErrorKind::BrokenPipe || error.raw_os_error() == Some(5)
}

type Under = Pin<Box<dyn Future<Output = Vec<Msg>>>>;

struct Ui {
    client: Client,
    model: Model,
    host: Arc<dyn Host>,
    ids: Box<dyn Ids>,
    operators: Option<watch::Receiver<Operator>>,
    pacer: Pacer,
    painter: Painter,
    began: Instant,
    under_way: FuturesUnordered<Under>,
}

struct Ends {
    hung_up: Arc<Notify>,
    hup: Signal,
    term: Signal,
    int: Signal,
}

impl Ends {
    fn new() -> io::Result<Self> {
        let hung_up = Arc::new(Notify::new());
        terminal::watch(hung_up.clone())?;
        Ok(Self {
            hung_up,
            hup: signal(SignalKind::hangup())?,
            term: signal(SignalKind::terminate())?,
            int: signal(SignalKind::interrupt())?,
        })
    }

    async fn any(&mut self) {
        tokio::select! {
            () = self.hung_up.notified() => {}
            _ = self.hup.recv() => {}
            _ = self.term.recv() => {}
            _ = self.int.recv() => {}
        }
    }
}

impl Ui {
    fn new(client: Client, options: Options) -> io::Result<Self> {
        let size = crossterm::terminal::size()?;
        let setup = Setup { theme: options.theme, depth: options.depth, keymap: options.keymap };
        let mut model = Model::new(client.view(), options.operator, setup, size);
        model.screen = options.screen;
        let remote = std::env::var_os("SSH_CONNECTION").is_some();
        Ok(Self {
            client,
            model,
            host: options.host,
            ids: options.ids,
            operators: options.operators,
            pacer: Pacer::new(if remote { FRAME.1 } else { FRAME.0 }),
            painter: Painter::new(size),
            began: Instant::now(),
            under_way: FuturesUnordered::new(),
        })
    }

    fn at(&self) -> u64 {
        u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    async fn run(mut self) -> io::Result<Exit> {
        let mut ends = Ends::new()?;
        // The reader of keys tells of resizes too, but of a storm of them it may lose the last.
        let mut resized = signal(SignalKind::window_change())?;
        let mut keys = terminal::read_keys()?;
        let mut pictures = self.client.clone();
        let mut operators = self.operators.take();
        let mut attached = true;
        self.draw()?;
        loop {
            let wake = self.wake();
            let mut came = Vec::new();
            tokio::select! {
                biased;
                () = ends.any() => return Ok(Exit::HungUp),
                msg = keys.recv() => match msg {
                    Some(msg) => came.push(msg),
                    None => return Ok(Exit::HungUp),
                },
                Some(()) = resized.recv() => {
                    let (columns, rows) = crossterm::terminal::size()?;
                    came.push(Msg::Resize(columns, rows));
                }
                Some(msgs) = self.under_way.next(), if !self.under_way.is_empty() => came.extend(msgs),
                more = pictures.changed(), if attached => {
                    attached = more;
                    came.push(if more {
                        Msg::View(pictures.view())
                    } else {
                        Msg::Say(Meaning::Bad, "the engine is gone; open the release again to attach".to_owned())
                    });
                }
                operator = next_operator(&mut operators) => came.push(Msg::Operator(operator)),
                () = sleep_until(wake), if wake.is_some() => came.push(Msg::Tick),
            }
            drain(&mut keys, &mut came);
            if self.take_in(came) {
                return Ok(Exit::Detached);
            }
            if self.pacer.take(self.at()) {
                self.draw()?;
            }
        }
    }

    /// Takes in messages; true when somebody leaves.
    fn take_in(&mut self, came: Vec<Msg>) -> bool {
        for msg in came {
            let at = self.at();
            if let Msg::Key(_) | Msg::Paste(_) = msg {
                self.pacer.answer();
            }
            for effect in update(&mut self.model, msg, at) {
                if effect == Effect::Quit {
                    return true;
                }
                self.carry_out(effect);
            }
            self.pacer.request();
        }
        false
    }

    /// When to wake without being told: for a frame that waits, or for a screen that changes by itself.
    fn wake(&self) -> Option<Instant> {
        let at = [self.pacer.due(), self.model.next_frame()].into_iter().flatten().min()?;
        self.began.checked_add(Duration::from_millis(at))
    }

    fn draw(&mut self) -> io::Result<()> {
        let model = &self.model;
        self.painter.frame(model.size, |buffer| screen::draw(model, buffer))
    }

    fn carry_out(&mut self, effect: Effect) {
        match effect {
            Effect::Send(order) => self.send(*order),
            Effect::Keep { item, name, bytes } => self.keep(item, name, bytes),
            Effect::ReadFile { item, path } => self.read_file(item, path),
            Effect::Fetch(digest) => {
                let client = self.client.clone();
                self.under_way.push(Box::pin(async move {
                    client.fetch(digest).await.map(|bytes| Msg::Blob(digest, bytes)).into_iter().collect()
                }));
            }
            Effect::Preview(rollout, weight) => {
                let client = self.client.clone();
                self.under_way.push(Box::pin(async move {
                    let preview = client.preview(rollout.clone(), weight).await;
                    vec![Msg::Preview(rollout, weight, preview)]
                }));
            }
            Effect::PodLog(rollout, pod) => {
                let client = self.client.clone();
                self.under_way.push(Box::pin(async move {
                    let log = client.log(rollout, pod.clone(), LINES).await;
                    vec![Msg::PodLog(pod, log)]
                }));
            }
            Effect::Page(from, count) => {
                let (client, plan) = (self.client.clone(), self.model.view.plan.clone());
                self.under_way
                    .push(Box::pin(async move { vec![Msg::Lines(client.lines(from, count, &plan).await)] }));
            }
            Effect::Copy(text) => {
                let (meaning, said) = match terminal::copy(&text) {
                    Ok(()) => (Meaning::Good, format!("sent to the clipboard: {text}")),
                    Err(error) => (Meaning::Warn, format!("{error}: {text}")),
                };
                self.say(meaning, said);
            }
            Effect::OpenLink(url) => match self.host.open_link(&url) {
                Ok(()) => self.say(Meaning::Good, format!("opened {url}")),
                Err(why) => self.say(Meaning::Warn, why),
            },
            Effect::Redraw => self.painter.redraw(),
            Effect::Suspend => self.suspend(),
            Effect::Quit => {}
        }
    }

    fn say(&mut self, meaning: Meaning, text: String) {
        let at = self.at();
        update(&mut self.model, Msg::Say(meaning, text), at);
    }

    fn send(&mut self, order: Order) {
        let command = order.command(self.ids.next());
        let client = self.client.clone();
        self.under_way.push(Box::pin(async move { vec![Msg::Reply(client.send(command).await)] }));
    }

    fn keep(&mut self, item: ItemId, name: String, bytes: Vec<u8>) {
        let (client, by, seen) = self.order_parts();
        let id = self.ids.next();
        self.under_way.push(Box::pin(async move {
            let Some(digest) = client.keep(bytes).await else {
                return vec![Msg::Say(Meaning::Bad, format!("{name} could not be kept"))];
            };
            let evidence = Evidence::Blob { name: Untrusted::new(name), digest };
            let order = Order { wish: Wish::Attach { item, evidence }, by, seen };
            vec![Msg::Reply(client.send(order.command(id)).await)]
        }));
    }

    fn order_parts(&self) -> (Client, Operator, u64) {
        (self.client.clone(), self.model.operator.clone(), self.model.view.state.version)
    }

    fn read_file(&mut self, item: ItemId, path: String) {
        match self.host.read_file(&path) {
            Ok(bytes) if bytes.len() > FILE => {
                self.say(Meaning::Warn, format!("{path} is larger than {} MB; attach a link", FILE >> 20));
            }
            Ok(bytes) => self.keep(item, path, bytes),
            Err(why) => self.say(Meaning::Warn, why),
        }
    }

    /// Stops the process as the shell expects, and comes back to a whole screen.
    fn suspend(&mut self) {
        terminal::give_back();
        let _ = rustix::process::kill_process(rustix::process::getpid(), rustix::process::Signal::TSTP);
        // Another thread may take the signal first; this one must not touch the terminal before all of them stop.
        std::thread::sleep(STOPPING);
        if terminal::take().is_ok() {
            if let Ok(size) = crossterm::terminal::size() {
                self.model.size = size;
            }
            self.painter.redraw();
        }
    }
}

/// Everything that already came, the last of several resizes only.
fn drain(keys: &mut mpsc::Receiver<Msg>, came: &mut Vec<Msg>) {
    while let Ok(msg) = keys.try_recv() {
        if let (Msg::Resize(..), Some(Msg::Resize(..))) = (&msg, came.last()) {
            came.pop();
        }
        came.push(msg);
    }
}

/// The next one who acts here; waits for ever when nobody will tell.
async fn next_operator(operators: &mut Option<watch::Receiver<Operator>>) -> Operator {
    if let Some(watched) = operators
        && watched.changed().await.is_ok()
    {
        return watched.borrow_and_update().clone();
    }
    std::future::pending().await
}

async fn sleep_until(at: Option<Instant>) {
    if let Some(at) = at {
        tokio::time::sleep_until(at.into()).await;
    }
}
