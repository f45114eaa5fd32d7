//! The ONNX Runtime: one shared library, loaded once a process from the folder of models.

use std::path::Path;
use std::sync::Mutex;

use ort::environment::Environment;
use ort::logging::LogLevel;

use crate::OpenError;

/// The runtime allows one environment a process; it stays for as long as the process lives.
static ENVIRONMENT: Mutex<Option<Environment>> = Mutex::new(None);

/// Loads the library at its first call; later calls get the same one, whatever path they name.
pub(crate) fn environment(library: &Path) -> Result<Environment, OpenError> {
    let failed = |detail: String| OpenError::Runtime {
        file: library.to_owned(),
        detail,
    };
    // Whoever held it died while loading; the place is still empty or filled, both are good.
    let mut place = ENVIRONMENT
        .lock()
        .unwrap_or_else(|poisoned| poisoned.into_inner());
    if let Some(environment) = &*place {
        return Ok(environment.clone());
    }
    // A path that is not absolute would be looked for beside the program.
    let library = library
        .canonicalize()
        .map_err(|error| failed(error.to_string()))?;
    let environment = ort::init_from(&library)
        .map_err(|error| failed(error.to_string()))?
        .with_name("niem")
        .with_telemetry(false)
        .build()
        .map_err(|error| failed(error.to_string()))?;
    // What fails is told by the errors; the runtime's own lines on the console are for nobody.
    environment.set_log_level(LogLevel::Fatal);
    *place = Some(environment.clone());
    Ok(environment)
}
