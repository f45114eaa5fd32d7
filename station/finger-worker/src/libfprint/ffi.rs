//! The C functions used, by hand: libfprint 1.94 (`libfprint-2/fprint.h`) and the little of GLib it
//! speaks with.

use std::ffi::{c_char, c_void};

macro_rules! opaque {
    ($($name:ident)*) => {
        $(
            #[repr(C)]
            pub(super) struct $name {
                _opaque: [u8; 0],
            }
        )*
    };
}

opaque! { FpContext FpDevice FpImage GCancellable GMainContext }

#[repr(C)]
pub(super) struct GPtrArray {
    pub(super) pdata: *mut *mut c_void,
    pub(super) len: u32,
}

#[repr(C)]
pub(super) struct GError {
    pub(super) domain: u32,
    pub(super) code: i32,
    pub(super) message: *mut c_char,
}

/// `FpDeviceFeature`.
pub(super) const FP_DEVICE_FEATURE_CAPTURE: u32 = 1;
/// `GIOErrorEnum`.
pub(super) const G_IO_ERROR_PERMISSION_DENIED: i32 = 14;
pub(super) const G_IO_ERROR_CANCELLED: i32 = 19;

#[link(name = "fprint-2")]
unsafe extern "C" {
    pub(super) fn fp_context_new() -> *mut FpContext;
    pub(super) fn fp_context_get_devices(context: *mut FpContext) -> *mut GPtrArray;
    pub(super) fn fp_device_get_driver(device: *mut FpDevice) -> *const c_char;
    pub(super) fn fp_device_get_device_id(device: *mut FpDevice) -> *const c_char;
    pub(super) fn fp_device_get_name(device: *mut FpDevice) -> *const c_char;
    pub(super) fn fp_device_has_feature(device: *mut FpDevice, feature: u32) -> i32;
    pub(super) fn fp_device_open_sync(
        device: *mut FpDevice,
        cancellable: *mut GCancellable,
        error: *mut *mut GError,
    ) -> i32;
    pub(super) fn fp_device_close_sync(
        device: *mut FpDevice,
        cancellable: *mut GCancellable,
        error: *mut *mut GError,
    ) -> i32;
    pub(super) fn fp_device_capture_sync(
        device: *mut FpDevice,
        wait_for_finger: i32,
        cancellable: *mut GCancellable,
        error: *mut *mut GError,
    ) -> *mut FpImage;
    pub(super) fn fp_device_retry_quark() -> u32;
    pub(super) fn fp_device_error_quark() -> u32;
    pub(super) fn fp_image_get_width(image: *mut FpImage) -> u32;
    pub(super) fn fp_image_get_height(image: *mut FpImage) -> u32;
    pub(super) fn fp_image_get_ppmm(image: *mut FpImage) -> f64;
    // C says const; the bytes are the image's own heap memory, and we wipe them.
    pub(super) fn fp_image_get_data(image: *mut FpImage, length: *mut usize) -> *mut u8;
    pub(super) fn fp_image_get_binarized(image: *mut FpImage, length: *mut usize) -> *mut u8;
}

#[link(name = "gio-2.0")]
unsafe extern "C" {
    pub(super) fn g_cancellable_new() -> *mut GCancellable;
    pub(super) fn g_cancellable_cancel(cancellable: *mut GCancellable);
    pub(super) fn g_io_error_quark() -> u32;
}

#[link(name = "gobject-2.0")]
unsafe extern "C" {
    pub(super) fn g_object_unref(object: *mut c_void);
}

#[link(name = "glib-2.0")]
unsafe extern "C" {
    pub(super) fn g_error_free(error: *mut GError);
    pub(super) fn g_main_context_iteration(context: *mut GMainContext, may_block: i32) -> i32;
    pub(super) fn g_timeout_add(
        interval_ms: u32,
        function: unsafe extern "C" fn(*mut c_void) -> i32,
        data: *mut c_void,
    ) -> u32;
    pub(super) fn g_source_remove(tag: u32) -> i32;
}
