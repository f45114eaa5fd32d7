//! The dozen functions of libsane this program needs, declared by hand from `sane.h`, and a safe face over them.
#![expect(
    unsafe_code,
    reason = "libsane is a C library; every call into it is in this file"
)]

use std::ffi::{CStr, CString, c_char, c_int, c_void};
use std::ptr::{null, null_mut};

use scanner_drivers::wire::Fault;

/// Numbers of `SANE_Status` (SANE standard 1.06 §4.2.7).
pub(crate) mod status {
    pub(crate) const GOOD: i32 = 0;
    pub(crate) const UNSUPPORTED: i32 = 1;
    pub(crate) const CANCELLED: i32 = 2;
    pub(crate) const DEVICE_BUSY: i32 = 3;
    pub(crate) const INVAL: i32 = 4;
    pub(crate) const EOF: i32 = 5;
    pub(crate) const JAMMED: i32 = 6;
    pub(crate) const NO_DOCS: i32 = 7;
    pub(crate) const COVER_OPEN: i32 = 8;
    // 9 is IO_ERROR: the word for everything without one of its own.
    pub(crate) const NO_MEM: i32 = 10;
    pub(crate) const ACCESS_DENIED: i32 = 11;
}

/// The wire's word for a status that is not `GOOD`.
pub(crate) fn fault(status: i32) -> Fault {
    match status {
        status::UNSUPPORTED | status::INVAL => Fault::Unsupported,
        status::CANCELLED => Fault::Cancelled,
        status::DEVICE_BUSY => Fault::DeviceBusy,
        status::EOF => Fault::ShortPage,
        status::JAMMED => Fault::Jam,
        status::NO_DOCS => Fault::NoPaper,
        status::COVER_OPEN => Fault::CoverOpen,
        status::NO_MEM => Fault::NoMemory,
        status::ACCESS_DENIED => Fault::AccessDenied,
        // IO_ERROR (9), and whatever a backend may invent.
        _ => Fault::Io,
    }
}

#[repr(C)]
struct RawDevice {
    name: *const c_char,
    vendor: *const c_char,
    model: *const c_char,
    kind: *const c_char,
}

#[repr(C)]
struct RawOption {
    name: *const c_char,
    title: *const c_char,
    desc: *const c_char,
    kind: c_int,
    unit: c_int,
    size: c_int,
    cap: c_int,
    constraint_type: c_int,
    /// A union of three pointers in C; `constraint_type` says which.
    constraint: *const c_void,
}

#[repr(C)]
struct RawRange {
    min: c_int,
    max: c_int,
    quant: c_int,
}

/// What the device says about the frame it is sending (`SANE_Parameters`).
#[repr(C)]
#[derive(Clone, Copy, Default)]
pub(crate) struct Parameters {
    pub(crate) format: c_int,
    pub(crate) last_frame: c_int,
    pub(crate) bytes_per_line: c_int,
    pub(crate) pixels_per_line: c_int,
    /// -1 when the device does not know before the end (a hand scanner, a long sheet).
    pub(crate) lines: c_int,
    pub(crate) depth: c_int,
}

type Handle = *mut c_void;

#[link(name = "sane")]
unsafe extern "C" {
    fn sane_init(version: *mut c_int, authorize: Option<unsafe extern "C" fn()>) -> c_int;
    fn sane_exit();
    fn sane_get_devices(list: *mut *const *const RawDevice, local_only: c_int) -> c_int;
    fn sane_open(name: *const c_char, handle: *mut Handle) -> c_int;
    fn sane_close(handle: Handle);
    fn sane_get_option_descriptor(handle: Handle, option: c_int) -> *const RawOption;
    fn sane_control_option(
        handle: Handle,
        option: c_int,
        action: c_int,
        value: *mut c_void,
        info: *mut c_int,
    ) -> c_int;
    fn sane_get_parameters(handle: Handle, parameters: *mut Parameters) -> c_int;
    fn sane_start(handle: Handle) -> c_int;
    fn sane_read(handle: Handle, data: *mut u8, max_length: c_int, length: *mut c_int) -> c_int;
    fn sane_cancel(handle: Handle);
}

/// The library, initialised. One at a time.
pub(crate) struct Sane(());

/// A line of the device list.
pub(crate) struct Listed {
    pub(crate) name: String,
    pub(crate) vendor: String,
    pub(crate) model: String,
    pub(crate) kind: String,
}

impl Sane {
    pub(crate) fn init() -> Result<Self, i32> {
        let mut version = 0;
        // SAFETY: both arguments are as sane.h wants them; no authorization callback is given.
        match unsafe { sane_init(&raw mut version, None) } {
            status::GOOD => Ok(Self(())),
            status => Err(status),
        }
    }

    pub(crate) fn devices(&self, local_only: bool) -> Result<Vec<Listed>, i32> {
        let mut list: *const *const RawDevice = null();
        // SAFETY: the list stays valid until the next call of this function or sane_exit; it is copied at once.
        let status = unsafe { sane_get_devices(&raw mut list, c_int::from(local_only)) };
        if status != status::GOOD || list.is_null() {
            return Err(status);
        }
        let mut found = Vec::new();
        for index in 0..1024 {
            // SAFETY: the list ends with a null pointer, at which the loop stops.
            let device = unsafe { *list.add(index) };
            if device.is_null() {
                break;
            }
            // SAFETY: a listed device is a valid struct of strings (SANE standard §4.2.8).
            let device = unsafe { &*device };
            found.push(Listed {
                name: text(device.name),
                vendor: text(device.vendor),
                model: text(device.model),
                kind: text(device.kind),
            });
        }
        Ok(found)
    }

    pub(crate) fn open(&self, name: &str) -> Result<Device<'_>, i32> {
        let name = CString::new(name).map_err(|_| status::INVAL)?;
        let mut handle = null_mut();
        // SAFETY: the name is a C string that outlives the call.
        match unsafe { sane_open(name.as_ptr(), &raw mut handle) } {
            status::GOOD => Ok(Device {
                handle,
                _sane: self,
            }),
            status => Err(status),
        }
    }
}

impl Drop for Sane {
    fn drop(&mut self) {
        // SAFETY: initialised once, and every device borrowed from it is closed by now.
        unsafe { sane_exit() }
    }
}

/// An open scanner.
pub(crate) struct Device<'sane> {
    handle: Handle,
    _sane: &'sane Sane,
}

/// The kind of value an option holds (`SANE_Value_Type`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Bool,
    Int,
    Fixed,
    String,
    Button,
    Group,
}

/// What values an option takes; numbers in the option's own unit, fixed-point already undone.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Constraint {
    Any,
    Range { min: f64, max: f64 },
    Words(Vec<f64>),
    Strings(Vec<String>),
}

/// One knob of the device.
#[derive(Clone, Debug)]
pub(crate) struct Knob {
    pub(crate) index: i32,
    pub(crate) name: String,
    pub(crate) kind: Kind,
    pub(crate) bytes: usize,
    pub(crate) settable: bool,
    pub(crate) constraint: Constraint,
}

/// A value to set.
pub(crate) enum Value<'a> {
    Bool(bool),
    Number(f64),
    Text(&'a str),
    Press,
}

const CAP_SOFT_SELECT: i32 = 1;
const CAP_INACTIVE: i32 = 1 << 5;
const FIXED_ONE: f64 = 65536.0;
const ACTION_GET: c_int = 0;
const ACTION_SET: c_int = 1;
/// Far above any backend's number of options or size of a value.
const MAX_OPTIONS: i32 = 4096;
const MAX_VALUE_BYTES: usize = 1 << 20;

impl Device<'_> {
    /// The knobs as they are now; setting one may bring others to life, so ask again.
    pub(crate) fn knobs(&self) -> Vec<Knob> {
        // Descriptor 0 always exists; descriptors end with a null pointer.
        (0..MAX_OPTIONS)
            .map_while(|index| self.knob(index))
            .filter(|knob| knob.kind != Kind::Group)
            .collect()
    }

    fn knob(&self, index: i32) -> Option<Knob> {
        // SAFETY: the descriptor is valid until the device is closed; it is copied at once.
        let raw = unsafe { sane_get_option_descriptor(self.handle, index).as_ref() }?;
        let kind = match raw.kind {
            0 => Kind::Bool,
            1 => Kind::Int,
            2 => Kind::Fixed,
            3 => Kind::String,
            4 => Kind::Button,
            _ => Kind::Group,
        };
        Some(Knob {
            index,
            name: text(raw.name),
            kind,
            bytes: usize::try_from(raw.size).unwrap_or(0).min(MAX_VALUE_BYTES),
            settable: raw.cap & CAP_SOFT_SELECT != 0 && raw.cap & CAP_INACTIVE == 0,
            constraint: constraint(raw, kind),
        })
    }

    /// Sets one knob; the status is the device's.
    pub(crate) fn set(&self, knob: &Knob, value: &Value<'_>) -> Result<(), i32> {
        // SANE wants room for `size` bytes, words aligned (SANE standard §4.3.7).
        let mut room = vec![0_i32; knob.bytes.div_ceil(4).max(1)];
        match (knob.kind, value) {
            (Kind::Bool, Value::Bool(on)) => room[0] = i32::from(*on),
            (Kind::Int, Value::Number(number)) => room[0] = *number as i32,
            (Kind::Fixed, Value::Number(number)) => room[0] = (number * FIXED_ONE).round() as i32,
            (Kind::Button, Value::Press) => {}
            (Kind::String, Value::Text(text)) => {
                // One byte stays zero: the end of the C string.
                if text.len() >= knob.bytes || text.contains('\0') {
                    return Err(status::INVAL);
                }
                for (at, byte) in text.bytes().enumerate() {
                    let mut word = room[at / 4].to_ne_bytes();
                    word[at % 4] = byte;
                    room[at / 4] = i32::from_ne_bytes(word);
                }
            }
            _ => return Err(status::INVAL),
        }
        self.control(knob.index, ACTION_SET, &mut room)
    }

    /// Reads back a knob that holds a number.
    pub(crate) fn number(&self, knob: &Knob) -> Option<f64> {
        let scale = match knob.kind {
            Kind::Int => 1.0,
            Kind::Fixed => FIXED_ONE,
            _ => return None,
        };
        let mut room = vec![0_i32; knob.bytes.div_ceil(4).max(1)];
        self.control(knob.index, ACTION_GET, &mut room).ok()?;
        Some(f64::from(room[0]) / scale)
    }

    fn control(&self, index: i32, action: c_int, room: &mut [i32]) -> Result<(), i32> {
        let mut info = 0;
        // SAFETY: `room` is at least as large as the option's size and aligned for words.
        let status = unsafe {
            sane_control_option(
                self.handle,
                index,
                action,
                room.as_mut_ptr().cast(),
                &raw mut info,
            )
        };
        if status == status::GOOD {
            Ok(())
        } else {
            Err(status)
        }
    }

    pub(crate) fn start(&self) -> Result<(), i32> {
        // SAFETY: the handle is open.
        match unsafe { sane_start(self.handle) } {
            status::GOOD => Ok(()),
            status => Err(status),
        }
    }

    pub(crate) fn parameters(&self) -> Result<Parameters, i32> {
        let mut parameters = Parameters::default();
        // SAFETY: the struct has C layout and lives through the call.
        match unsafe { sane_get_parameters(self.handle, &raw mut parameters) } {
            status::GOOD => Ok(parameters),
            status => Err(status),
        }
    }

    /// Reads some bytes; `Err(EOF)` at the end of the frame.
    pub(crate) fn read(&self, into: &mut [u8]) -> Result<usize, i32> {
        let room = c_int::try_from(into.len()).unwrap_or(c_int::MAX);
        let mut length = 0;
        // SAFETY: at most `room` bytes are written into a buffer of that length.
        match unsafe { sane_read(self.handle, into.as_mut_ptr(), room, &raw mut length) } {
            status::GOOD => Ok(usize::try_from(length).unwrap_or(0).min(into.len())),
            status => Err(status),
        }
    }

    /// Ends the acquisition; the device may be started again.
    pub(crate) fn cancel(&self) {
        // SAFETY: the handle is open.
        unsafe { sane_cancel(self.handle) }
    }
}

impl Drop for Device<'_> {
    fn drop(&mut self) {
        // SAFETY: opened once, closed once.
        unsafe { sane_close(self.handle) }
    }
}

fn constraint(raw: &RawOption, kind: Kind) -> Constraint {
    if raw.constraint.is_null() {
        return Constraint::Any;
    }
    let number = |word: c_int| {
        if kind == Kind::Fixed {
            f64::from(word) / FIXED_ONE
        } else {
            f64::from(word)
        }
    };
    match raw.constraint_type {
        1 => {
            // SAFETY: constraint type 1 is a pointer to a range (SANE standard §4.2.9.7).
            let range = unsafe { &*raw.constraint.cast::<RawRange>() };
            Constraint::Range {
                min: number(range.min),
                max: number(range.max),
            }
        }
        2 => {
            let words = raw.constraint.cast::<c_int>();
            // SAFETY: the first word is the number of the words that follow it.
            let count = usize::try_from(unsafe { *words }).unwrap_or(0).min(4096);
            // SAFETY: as above; `count` is never larger than what the device says.
            Constraint::Words(
                (1..=count)
                    .map(|at| number(unsafe { *words.add(at) }))
                    .collect(),
            )
        }
        3 => {
            let strings = raw.constraint.cast::<*const c_char>();
            let list = (0..4096).map_while(|at| {
                // SAFETY: the list ends with a null pointer, at which the iteration stops.
                let string = unsafe { *strings.add(at) };
                (!string.is_null()).then(|| text(string))
            });
            Constraint::Strings(list.collect())
        }
        _ => Constraint::Any,
    }
}

fn text(string: *const c_char) -> String {
    if string.is_null() {
        return String::new();
    }
    // SAFETY: SANE strings end with a zero byte; the text is copied at once.
    unsafe { CStr::from_ptr(string) }
        .to_string_lossy()
        .into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_status_has_its_own_word() {
        let told: Vec<_> = (1..=11).map(fault).collect();
        assert_eq!(told[(status::JAMMED - 1) as usize], Fault::Jam);
        assert_eq!(told[(status::NO_DOCS - 1) as usize], Fault::NoPaper);
        assert_eq!(told[(status::COVER_OPEN - 1) as usize], Fault::CoverOpen);
        assert_eq!(
            told[(status::ACCESS_DENIED - 1) as usize],
            Fault::AccessDenied
        );
        assert_eq!(fault(9), Fault::Io);
        assert_eq!(fault(12), Fault::Io); // SANE_STATUS_WARMING_UP, not in the standard
    }
}
