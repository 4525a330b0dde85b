//! A running proxy, and the folder with its settings.

use std::fs;
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use qwebsocket::EventLoop;

use super::programs::Program;
use crate::wait::PATIENCE;

/// Ended when dropped.
pub struct Daemon {
    process: Child,
    folder: PathBuf,
    pub port: u16,
}

impl Daemon {
    /// The error says why it does not run.
    pub fn start(program: &Program) -> Result<Self, String> {
        // None of them tells which port the system gave it, so another process may be faster.
        let attempts = (0..3).map(|_| Self::start_on(program, free_port()));
        attempts
            .reduce(|before, next| before.or(next))
            .unwrap_or_else(|| Err("not tried".into()))
    }

    fn start_on(program: &Program, port: u16) -> Result<Self, String> {
        let folder = new_folder();
        for (name, content) in (program.files)(&folder, port) {
            fs::write(folder.join(name), content).expect("a file in a folder of ours");
        }
        // One that is started by root goes on as somebody else.
        let _ = Command::new("chmod")
            .args(["-R", "a+rwX"])
            .arg(&folder)
            .status();
        let log = fs::File::create(folder.join("output")).expect("a file in a folder of ours");
        let process = Command::new(program.command)
            .args((program.arguments)(&folder, port))
            .stdin(Stdio::null())
            .stdout(log.try_clone().expect("a descriptor"))
            .stderr(log)
            .spawn()
            .map_err(|error| format!("{}: {error}", program.command))?;
        let mut daemon = Self {
            process,
            folder,
            port,
        };
        daemon.wait_until_it_listens()?;
        Ok(daemon)
    }

    fn wait_until_it_listens(&mut self) -> Result<(), String> {
        let event_loop = EventLoop::new();
        let end = Instant::now() + PATIENCE;
        while TcpStream::connect(("127.0.0.1", self.port)).is_err() {
            let has_ended = matches!(self.process.try_wait(), Ok(Some(_)));
            if has_ended || Instant::now() > end {
                let output = fs::read_to_string(self.folder.join("output"));
                return Err(format!(
                    "it does not listen: {}",
                    output.unwrap_or_default()
                ));
            }
            let _ = event_loop.wait_for_events(Some(Duration::from_millis(10)));
        }
        Ok(())
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        let _ = self.process.kill(); // it may have ended by itself
        let _ = self.process.wait();
        let _ = fs::remove_dir_all(&self.folder);
    }
}

/// A port on which nobody listens.
pub fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    listener.local_addr().expect("an address").port()
}

fn new_folder() -> PathBuf {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    let name = format!("qwebsocket-proxy-{}-{count}", std::process::id());
    let folder = std::env::temp_dir().join(name);
    fs::create_dir_all(&folder).expect("a folder");
    folder
}
