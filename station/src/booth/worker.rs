//! The worker's side of the pipe: holds a booth and does what the desk asks, one thing after the other.

use std::fs::File;
use std::io;
use std::os::fd::AsFd;
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use rustix::process::{DumpableBehavior, Resource, Rlimit, set_dumpable_behavior, setrlimit};

use crate::desk::Step;
use crate::devices::camera::{Choice, Look, OpenCvCamera};
use crate::devices::finger_sensor::LibfprintSensor;
use crate::visit::Stop;

use super::wire::{Line, Setup, Told, ToldStep, hear, known, say, take};
use super::{Booth, FaceAsk, FingerAsk, FingerTaken, LocalBooth};

/// How long the preview waits for a picture before it looks whether it is still wanted.
const LOOK: Duration = Duration::from_secs(1);
/// From one picture to the next while people look through the preview.
const BETWEEN: Duration = Duration::from_millis(100);
/// How long the work may go on when the desk is gone.
const FAREWELL: Duration = Duration::from_millis(500);

/// The pipe to the desk: lines of the work and pictures of the preview go through it, each whole.
type Out = Arc<Mutex<File>>;

/// Works until the desk closes its end of the pipe.
///
/// # Errors
/// When memory cannot be kept private, the pipe breaks, or the desk does not speak our language.
pub fn serve() -> io::Result<()> {
    keep_memory_private()?;
    let mut input = File::from(io::stdin().as_fd().try_clone_to_owned()?);
    // Not `io::stdout()`: its buffer would keep pictures of the preview.
    let out: Out = Arc::new(Mutex::new(File::from(
        io::stdout().as_fd().try_clone_to_owned()?,
    )));
    let Some(Line::Setup(setup)) = hear(&mut input)? else {
        return Err(io::ErrorKind::InvalidData.into());
    };
    let mut booth = match open(&setup) {
        Ok(booth) => booth,
        Err(stop) => return tell(&out, &Told::of_stop(&stop)),
    };
    tell(&out, &Told::Ready {})?;
    let mut shown = false;
    let asks = listen(input);
    let mut open = false;
    loop {
        let asked = match open {
            true => asks.recv_timeout(BETWEEN),
            false => asks.recv().map_err(|_| RecvTimeoutError::Disconnected),
        };
        let asked = match asked {
            Ok(asked) => asked?,
            Err(RecvTimeoutError::Timeout) => {
                booth.show();
                continue;
            }
            Err(RecvTimeoutError::Disconnected) => break,
        };
        open = match asked {
            Asked::Preview => open,
            _ => matches!(asked, Asked::Show),
        };
        match asked {
            Asked::Show => booth.show(),
            Asked::Face(ask) => {
                let seen = booth.face(&ask, &mut steps(&out));
                tell(&out, &Told::of_face(seen))?;
            }
            Asked::Finger(ask) => {
                let seen = booth.finger(&ask, &mut steps(&out));
                tell(&out, &Told::of_finger(seen))?;
            }
            Asked::Rest => booth.rest(),
            Asked::Preview => {
                if let Some(preview) = booth.preview().filter(|_| !shown) {
                    shown = true;
                    let out = Arc::clone(&out);
                    thread::spawn(move || show(preview.as_ref(), &out));
                }
            }
        }
    }
    Ok(())
}

/// One thing the desk wants, with the samples that came with it.
enum Asked {
    Face(FaceAsk),
    Finger(FingerAsk),
    Show,
    Rest,
    Preview,
}

/// Reads the desk's asks on a thread of its own, so that a desk that goes away, killed or not, ends the worker in the
/// middle of a look too: nobody is left who may hear what it sees.
fn listen(mut input: File) -> Receiver<io::Result<Asked>> {
    let (sender, asks) = channel();
    thread::spawn(move || {
        while let Some(asked) = next(&mut input).transpose() {
            let bad = asked.is_err();
            if sender.send(asked).is_err() || bad {
                break;
            }
        }
        drop(sender);
        // An idle worker ends by itself, its memory wiped; a busy one is ended.
        thread::sleep(FAREWELL);
        std::process::exit(0);
    });
    asks
}

/// The next ask; `None` when the desk has closed the pipe.
fn next(input: &mut File) -> io::Result<Option<Asked>> {
    let Some(line) = hear(input)? else {
        return Ok(None);
    };
    Ok(Some(match line {
        Line::Setup(_) => return Err(io::ErrorKind::InvalidData.into()),
        Line::Face {
            portrait,
            poses,
            attempt,
            notices,
        } => Asked::Face(FaceAsk {
            portrait: take(input, portrait)?,
            poses,
            attempt,
            notices: notices.iter().filter_map(|code| known(code)).collect(),
        }),
        Line::Finger {
            records,
            finger,
            presentation,
        } => Asked::Finger(FingerAsk {
            records: records
                .iter()
                .map(|record| {
                    let image = take(input, record.bytes)?;
                    let dpi = record.dpi;
                    Ok(FingerTaken { image, dpi })
                })
                .collect::<io::Result<_>>()?,
            finger,
            presentation,
        }),
        Line::Show {} => Asked::Show,
        Line::Rest {} => Asked::Rest,
        Line::Preview {} => Asked::Preview,
    }))
}

/// No core dump and no attaching debugger of the same account.
fn keep_memory_private() -> io::Result<()> {
    let none = Rlimit {
        current: Some(0),
        maximum: Some(0),
    };
    setrlimit(Resource::Core, none)?;
    set_dumpable_behavior(DumpableBehavior::NotDumpable)?;
    Ok(())
}

fn open(setup: &Setup) -> Result<LocalBooth, Stop> {
    let (face, liveness) = models::Manifest::load(&setup.models)
        .and_then(|manifest| {
            let face = models_opencv::SFace::load(&manifest)?;
            Ok((face, models_opencv::MiniFasNet::load(&manifest)?))
        })
        .map_err(|error| Stop::failure(error.code()))?;
    let formats = setup.camera.formats.iter().map(|format| format.parse());
    let mut formats: Vec<models_opencv::Format> = formats
        .collect::<Result<_, _>>()
        .map_err(|_| Stop::failure("config.invalid"))?;
    if formats.is_empty() {
        formats.extend(models_opencv::Format::WANTED);
    }
    let choice = Choice {
        sources: setup.camera.sources.clone(),
        allow: setup.camera.allow.clone(),
        practice: setup.camera.practice,
    };
    let finger = setup.sensor.as_ref().map(|sensor| {
        let wait = Duration::from_millis(sensor.wait_ms);
        let sensor = LibfprintSensor::new(sensor.worker.clone(), sensor.env.clone(), wait);
        (
            Box::new(sensor) as _,
            Box::new(models::MinutiaeEngine::default()) as _,
        )
    });
    Ok(LocalBooth {
        camera: Box::new(OpenCvCamera::of(choice, &formats)),
        face: Box::new(face),
        liveness: liveness.map(|nets| Box::new(nets) as _),
        finger,
    })
}

fn lock(out: &Out) -> MutexGuard<'_, File> {
    out.lock().unwrap_or_else(PoisonError::into_inner)
}

fn tell(out: &Out, told: &Told) -> io::Result<()> {
    say(&mut *lock(out), told)
}

/// Tells steps as they happen. A pipe that broke is noticed at the answer.
fn steps(out: &Out) -> impl FnMut(Step) + '_ {
    |step| {
        if let Some(step) = ToldStep::of(&step) {
            let _ = tell(out, &Told::Step { step });
        }
    }
}

/// Sends the pictures of the preview until the desk is gone.
fn show(preview: &dyn Look, out: &Out) {
    use std::io::Write as _;
    let mut seen = 0;
    loop {
        let Some(shot) = preview.after(seen, LOOK) else {
            continue;
        };
        seen = shot.number;
        let jpeg = shot.jpeg();
        let told = Told::Shot { bytes: jpeg.len() };
        let mut out = lock(out);
        let sent = say(&mut *out, &told).and_then(|()| out.write_all(jpeg));
        if sent.is_err() {
            return;
        }
    }
}
