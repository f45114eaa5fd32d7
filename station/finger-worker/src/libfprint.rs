//! Sensors through libfprint 2: list, open, capture one picture, close.
//!
//! Every call here is made from the main thread; libfprint's `_sync` functions turn GLib's default
//! main context themselves, and the time limit is a timer on that same context.
#![expect(unsafe_code, reason = "libfprint is a C library")]

use std::ffi::{CStr, c_char, c_void};
use std::ptr::{NonNull, null_mut};

use finger_worker::protocol::{Answer, DeviceInfo, Failure, Fault, MAX_PIXELS, Retry};
use zeroize::Zeroize;

mod ffi;

/// libfprint's context, which owns the devices it finds.
pub(crate) struct Sensors(NonNull<ffi::FpContext>);

impl Sensors {
    /// `None` when libfprint has no context to give.
    pub(crate) fn new() -> Option<Self> {
        // SAFETY: takes nothing; answers a new reference that Drop gives back.
        NonNull::new(unsafe { ffi::fp_context_new() }).map(Self)
    }

    /// The sensors present now.
    pub(crate) fn list(&self) -> Vec<DeviceInfo> {
        self.devices().into_iter().map(describe).collect()
    }

    /// Waits for a finger on the named sensor, or on the first that takes pictures.
    pub(crate) fn capture(&self, id: Option<&str>, timeout_ms: u32) -> Result<Captured, Failure> {
        let (device, info) = self
            .devices()
            .into_iter()
            .map(|device| (device, describe(device)))
            .find(|(_, info)| info.captures && id.is_none_or(|id| id == info.id))
            .ok_or(Failure::NotFound)?;
        let open = Open::new(device)?;
        let limit = Limit::new(timeout_ms);
        let mut error = ErrorSlot::new();
        // SAFETY: the device is open, the cancellable lives until after the call, the error slot is empty.
        let image = unsafe {
            ffi::fp_device_capture_sync(device.as_ptr(), 1, limit.cancellable, error.slot())
        };
        drop(limit);
        drop(open);
        let image = NonNull::new(image).ok_or_else(|| error.failure())?;
        Captured::new(image, info)
    }

    fn devices(&self) -> Vec<NonNull<ffi::FpDevice>> {
        // Let arrivals and departures since the last request be noticed.
        // SAFETY: null means the default context, which this thread alone turns.
        while unsafe { ffi::g_main_context_iteration(null_mut(), 0) } != 0 {}
        // SAFETY: the context is alive; the array belongs to it and is read before anything else runs.
        unsafe {
            let array = ffi::fp_context_get_devices(self.0.as_ptr());
            if array.is_null() || (*array).pdata.is_null() {
                return Vec::new();
            }
            std::slice::from_raw_parts((*array).pdata, (*array).len as usize)
                .iter()
                .filter_map(|&device| NonNull::new(device.cast()))
                .collect()
        }
    }
}

impl Drop for Sensors {
    fn drop(&mut self) {
        // SAFETY: gives back the reference `new` took.
        unsafe { ffi::g_object_unref(self.0.as_ptr().cast()) };
    }
}

fn describe(device: NonNull<ffi::FpDevice>) -> DeviceInfo {
    let device = device.as_ptr();
    // SAFETY: the device is alive as long as the context; its strings live as long as the device.
    let (driver, place, name, captures) = unsafe {
        (
            text(ffi::fp_device_get_driver(device)),
            text(ffi::fp_device_get_device_id(device)),
            text(ffi::fp_device_get_name(device)),
            ffi::fp_device_has_feature(device, ffi::FP_DEVICE_FEATURE_CAPTURE) != 0,
        )
    };
    // The second is libfprint's own switch for replayed USB traffic.
    let simulated =
        driver.starts_with("virtual") || std::env::var_os("FP_DEVICE_EMULATION").is_some();
    DeviceInfo {
        id: format!("{driver}:{place}"),
        name,
        driver,
        captures,
        simulated,
    }
}

/// SAFETY: `c` is null or a C string that lives during the call.
unsafe fn text(c: *const c_char) -> String {
    if c.is_null() {
        return String::new();
    }
    // SAFETY: as the caller promises.
    let whole = unsafe { CStr::from_ptr(c) }.to_string_lossy();
    whole.chars().take(200).collect()
}

/// An opened device; closing happens whatever became of the capture.
struct Open(NonNull<ffi::FpDevice>);

impl Open {
    fn new(device: NonNull<ffi::FpDevice>) -> Result<Self, Failure> {
        let mut error = ErrorSlot::new();
        // SAFETY: the device is alive; no cancellable; the error slot is empty.
        let opened = unsafe { ffi::fp_device_open_sync(device.as_ptr(), null_mut(), error.slot()) };
        if opened == 0 {
            return Err(error.failure());
        }
        Ok(Self(device))
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        // A device that does not close (pulled out) is gone anyway: a null slot ignores the error.
        // SAFETY: the device is alive; null means no cancellable and no error wanted.
        unsafe { ffi::fp_device_close_sync(self.0.as_ptr(), null_mut(), null_mut()) };
    }
}

/// A cancellable that a timer cancels.
struct Limit {
    cancellable: *mut ffi::GCancellable,
    timer: u32,
}

impl Limit {
    fn new(timeout_ms: u32) -> Self {
        // SAFETY: plain constructors; the timer's callback gets a pointer that lives until Drop, which
        // removes the timer first.
        unsafe {
            let cancellable = ffi::g_cancellable_new();
            let timer = ffi::g_timeout_add(timeout_ms, cancel, cancellable.cast());
            Self { cancellable, timer }
        }
    }
}

impl Drop for Limit {
    fn drop(&mut self) {
        // SAFETY: the timer repeats until removed here, once; then the reference is given back.
        unsafe {
            ffi::g_source_remove(self.timer);
            ffi::g_object_unref(self.cancellable.cast());
        }
    }
}

/// Answers "again", so that the timer is there to be removed by `Limit` alone.
unsafe extern "C" fn cancel(cancellable: *mut c_void) -> i32 {
    // SAFETY: called only with the cancellable that `Limit` keeps alive.
    unsafe { ffi::g_cancellable_cancel(cancellable.cast()) };
    1
}

/// Where C puts an error, and its translation.
struct ErrorSlot(*mut ffi::GError);

impl ErrorSlot {
    fn new() -> Self {
        Self(null_mut())
    }

    fn slot(&mut self) -> *mut *mut ffi::GError {
        &raw mut self.0
    }

    fn failure(&self) -> Failure {
        // SAFETY: null or a GError that C handed over; it is read only.
        let Some(error) = (unsafe { self.0.as_ref() }) else {
            return Failure::Device(Fault::General);
        };
        // SAFETY: these answer constants.
        let (retry, device, io) = unsafe {
            (
                ffi::fp_device_retry_quark(),
                ffi::fp_device_error_quark(),
                ffi::g_io_error_quark(),
            )
        };
        if error.domain == retry {
            Failure::Retry(match error.code {
                1 => Retry::TooShort,
                2 => Retry::CenterFinger,
                3 => Retry::RemoveFinger,
                _ => Retry::General,
            })
        } else if error.domain == device {
            Failure::Device(match error.code {
                1 => Fault::NotSupported,
                4 => Fault::Busy,
                5 => Fault::Protocol,
                0x100 => Fault::Removed,
                0x101 => Fault::TooHot,
                _ => Fault::General,
            })
        } else if error.domain == io && error.code == ffi::G_IO_ERROR_CANCELLED {
            Failure::Timeout
        } else if error.domain == io && error.code == ffi::G_IO_ERROR_PERMISSION_DENIED {
            Failure::Device(Fault::AccessDenied)
        } else {
            Failure::Device(Fault::General)
        }
    }
}

impl Drop for ErrorSlot {
    fn drop(&mut self) {
        if !self.0.is_null() {
            // SAFETY: C gave the error to us, and it is freed once.
            unsafe { ffi::g_error_free(self.0) };
        }
    }
}

/// A picture still in libfprint's memory; wiped there when dropped.
pub(crate) struct Captured {
    image: NonNull<ffi::FpImage>,
    width: u32,
    height: u32,
    info: DeviceInfo,
}

impl Captured {
    fn new(image: NonNull<ffi::FpImage>, info: DeviceInfo) -> Result<Self, Failure> {
        // SAFETY: the image is alive and ours.
        let (width, height) = unsafe {
            (
                ffi::fp_image_get_width(image.as_ptr()),
                ffi::fp_image_get_height(image.as_ptr()),
            )
        };
        let captured = Self {
            image,
            width,
            height,
            info,
        };
        let expected = width.checked_mul(height);
        if expected.is_none_or(|n| n == 0 || n > MAX_PIXELS)
            || expected != u32::try_from(captured.pixels().len()).ok()
        {
            return Err(Failure::Device(Fault::BadImage));
        }
        Ok(captured)
    }

    pub(crate) fn header(&self) -> Answer {
        // SAFETY: the image is alive.
        let per_mm = unsafe { ffi::fp_image_get_ppmm(self.image.as_ptr()) };
        let dpi = (per_mm * 25.4).round();
        Answer::Image {
            width: self.width,
            height: self.height,
            dpi: (100.0..=4000.0).contains(&dpi).then_some(dpi as u32),
            device: self.info.clone(),
        }
    }

    pub(crate) fn pixels(&self) -> &[u8] {
        let mut length = 0;
        // SAFETY: the image owns the bytes and outlives the borrow of self.
        unsafe {
            let data = ffi::fp_image_get_data(self.image.as_ptr(), &raw mut length);
            if data.is_null() {
                &[]
            } else {
                std::slice::from_raw_parts(data, length)
            }
        }
    }
}

impl Drop for Captured {
    fn drop(&mut self) {
        // SAFETY: both buffers are heap memory of an image that nobody else holds; after wiping it the
        // reference is given back.
        unsafe {
            for read in [ffi::fp_image_get_data, ffi::fp_image_get_binarized] {
                let mut length = 0;
                let data = read(self.image.as_ptr(), &raw mut length);
                if !data.is_null() {
                    std::slice::from_raw_parts_mut(data, length).zeroize();
                }
            }
            ffi::g_object_unref(self.image.as_ptr().cast());
        }
    }
}
