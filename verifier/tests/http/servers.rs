//! Servers that none of us wrote, started for a test and ended with it: Debian's PostgreSQL, and SeaweedFS for S3.
//!
//! Each runs under a small watcher whose standard input we hold: when the test program ends, however it ends, the
//! watcher ends the server and removes its folder. Both listen on this machine alone.

use std::fs;
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::os::unix::fs::MetadataExt as _;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

/// Starts the command it is given, waits until nobody holds its input any more, then ends it and tidies up.
const WATCHER: &str = r#"
folder=$1; signal=$2; shift 2
"$@" </dev/null >"$folder/log" 2>&1 & pid=$!
cat >/dev/null
kill -s "$signal" $pid 2>/dev/null
wait $pid
[ -e "$folder/keep" ] || rm -rf "$folder"
"#;

/// How long a server may take to start on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// Whether the servers are there. `cargo xtask test` installs them and sets NIEM_JUDGES: there nothing is left out.
pub(crate) fn are_here() -> bool {
    let here = postgres_programs().is_some() && weed().is_some();
    assert!(
        here || std::env::var_os("NIEM_JUDGES").is_none(),
        "PostgreSQL (Debian: postgresql) and weed (`cargo xtask test` fetches it) must be there"
    );
    here
}

/// A program under its watcher.
struct Watched {
    watcher: Child,
}

impl Watched {
    fn start(folder: &Path, signal: &str, user: Option<(u32, u32)>, program: &mut Command) -> Self {
        let mut watcher = Command::new("sh");
        watcher
            .args(["-c", WATCHER, "watcher"])
            .arg(folder)
            .arg(signal)
            .arg(program.get_program())
            .args(program.get_args())
            .current_dir(folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::null());
        if let Some((uid, gid)) = user {
            watcher.uid(uid).gid(gid);
        }
        Self {
            watcher: watcher.spawn().unwrap(),
        }
    }
}

impl Drop for Watched {
    fn drop(&mut self) {
        // Wakes the watcher up.
        drop(self.watcher.stdin.take());
        let _ = self.watcher.wait();
    }
}

/// A PostgreSQL server with a cluster of its own, reached by a socket in its folder.
pub(crate) struct Postgres {
    folder: PathBuf,
    user: Option<(u32, u32)>,
    programs: PathBuf,
    watched: Option<Watched>,
}

impl Postgres {
    /// Makes a cluster and starts its server, fsync and all.
    pub(crate) fn start() -> Self {
        let folder = tempfile::Builder::new()
            .prefix("niem-pg-")
            .tempdir()
            .unwrap()
            .keep();
        let user = server_user();
        if let Some((uid, gid)) = user {
            std::os::unix::fs::chown(&folder, Some(uid), Some(gid)).unwrap();
        }
        let mut server = Self {
            programs: postgres_programs().unwrap(),
            folder,
            user,
            watched: None,
        };
        let data = server.folder.join("data");
        let mut initdb = server.program("initdb");
        initdb.arg("-D").arg(&data);
        run(initdb.args([
            "-U",
            "niem",
            "-A",
            "trust",
            "-E",
            "UTF8",
            "--locale=C",
            "--no-sync",
            "--wal-segsize=1",
        ]));
        server.resume();
        server
    }

    /// Starts the server again after it was killed.
    pub(crate) fn resume(&mut self) {
        let mut postgres = self.program("postgres");
        postgres
            .arg("-D")
            .arg(self.folder.join("data"))
            .arg("-k")
            .arg(&self.folder);
        for setting in [
            "listen_addresses=",
            "max_connections=60",
            "shared_buffers=16MB",
            "min_wal_size=2MB",
        ] {
            postgres.args(["-c", setting]);
        }
        self.watched = Some(Watched::start(
            &self.folder,
            "INT",
            self.user,
            &mut postgres,
        ));
        wait_for("PostgreSQL", &self.folder, || {
            self.psql("postgres", "SELECT 1").status.success()
        });
    }

    /// SIGKILL to the server and every process it has started.
    pub(crate) fn kill(&mut self) {
        let file = fs::read_to_string(self.folder.join("data/postmaster.pid")).unwrap();
        let parent = file.lines().next().unwrap().trim();
        let mut all = vec![parent.to_owned()];
        all.extend(children_of(parent));
        // Children it starts between the look and the signal end by themselves when they find it gone.
        run(Command::new("kill").arg("-9").args(&all));
        fs::write(self.folder.join("keep"), "").unwrap();
        self.watched = None;
        fs::remove_file(self.folder.join("keep")).unwrap();
        let gone = |pid: &String| !Path::new("/proc").join(pid).exists();
        wait_for("the end of PostgreSQL", &self.folder, || {
            all.iter().all(gone)
        });
    }

    /// An empty database, and where it is.
    pub(crate) fn database(&self, name: &str) -> String {
        let made = self.psql("postgres", &format!("CREATE DATABASE {name}"));
        assert!(
            made.status.success(),
            "{}",
            String::from_utf8_lossy(&made.stderr)
        );
        let folder = self.folder.display().to_string().replace('/', "%2F");
        format!("postgresql://niem@{folder}/{name}")
    }

    /// Runs SQL as the server's owner; what it prints, one row a line.
    pub(crate) fn sql(&self, database: &str, sql: &str) -> String {
        let done = self.psql(database, sql);
        assert!(
            done.status.success(),
            "{}",
            String::from_utf8_lossy(&done.stderr)
        );
        String::from_utf8(done.stdout).unwrap()
    }

    /// A database as SQL text.
    pub(crate) fn dump(&self, database: &str) -> String {
        let mut dump = self.program("pg_dump");
        dump.arg("-h")
            .arg(&self.folder)
            .args(["-U", "niem", "--no-owner", "--inserts", database]);
        let done = dump.output().unwrap();
        assert!(
            done.status.success(),
            "{}",
            String::from_utf8_lossy(&done.stderr)
        );
        let text = String::from_utf8(done.stdout).unwrap();
        // Comments, and words for psql alone. Empty lines stay: a signed note has one.
        let lines = text
            .lines()
            .filter(|line| !line.starts_with("--") && !line.starts_with('\\'));
        lines.flat_map(|line| [line, "\n"]).collect()
    }

    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    fn psql(&self, database: &str, sql: &str) -> Output {
        let mut psql = self.program("psql");
        psql.arg("-h").arg(&self.folder);
        psql.args([
            "-U",
            "niem",
            "-X",
            "-q",
            "-A",
            "-t",
            "-v",
            "ON_ERROR_STOP=1",
        ]);
        psql.args(["-d", database, "-c", sql]).output().unwrap()
    }

    fn program(&self, name: &str) -> Command {
        let mut program = Command::new(self.programs.join(name));
        program.current_dir(&self.folder);
        if let Some((uid, gid)) = self.user {
            program.uid(uid).gid(gid);
        }
        program
    }
}

/// A SeaweedFS server with one bucket, set to sync what it acknowledges.
pub(crate) struct Bucket {
    pub(crate) endpoint: String,
    folder: PathBuf,
    _watched: Watched,
}

impl Bucket {
    pub(crate) const NAME: &'static str = "niem";
    pub(crate) const ACCESS_KEY: &'static str = "niem-test";
    pub(crate) const SECRET_KEY: &'static str = "niem-test-secret";

    pub(crate) fn start() -> Self {
        let folder = tempfile::Builder::new()
            .prefix("niem-s3-")
            .tempdir()
            .unwrap()
            .keep();
        let weed = weed().unwrap();
        fs::create_dir(folder.join("data")).unwrap();
        let config = format!(
            r#"{{"identities":[{{"name":"niem","credentials":[{{"accessKey":"{}","secretKey":"{}"}}],
               "actions":["Admin","Read","Write","List"]}}]}}"#,
            Self::ACCESS_KEY,
            Self::SECRET_KEY
        );
        fs::write(folder.join("s3.json"), config).unwrap();
        let [
            s3,
            s3_grpc,
            master,
            master_grpc,
            volume,
            volume_grpc,
            filer,
            filer_grpc,
        ] = free_ports();
        let mut server = Command::new(&weed);
        server.args([
            "server",
            "-dir=data",
            "-ip=127.0.0.1",
            "-ip.bind=127.0.0.1",
            "-s3",
        ]);
        // It would tell its makers about itself.
        server.args([
            "-master.telemetry=false",
            "-s3.config=s3.json",
            "-iam=false",
        ]);
        server.args([
            "-s3.port.iceberg=0",
            "-s3.port.lance=0",
            "-volume.minFreeSpace=10MiB",
        ]);
        server.args(["-master.volumeSizeLimitMB=64", "-volume.max=32"]);
        for (name, port) in [
            ("s3.port", s3),
            ("s3.port.grpc", s3_grpc),
            ("master.port", master),
            ("master.port.grpc", master_grpc),
            ("volume.port", volume),
            ("volume.port.grpc", volume_grpc),
            ("filer.port", filer),
            ("filer.port.grpc", filer_grpc),
        ] {
            server.arg(format!("-{name}={port}"));
        }
        let watched = Watched::start(&folder, "KILL", None, &mut server);
        wait_for("SeaweedFS", &folder, || {
            TcpStream::connect((Ipv4Addr::LOCALHOST, s3)).is_ok()
        });
        // Without -fsync it acknowledges what lies in memory only.
        let words = format!(
            "s3.bucket.create -name {}\nfs.configure -locationPrefix=/buckets/ -fsync -apply\n",
            Self::NAME
        );
        fs::write(folder.join("words"), words).unwrap();
        wait_for("the bucket", &folder, || {
            let said = Command::new(&weed)
                .arg("shell")
                .arg(format!("-master=127.0.0.1:{master}.{master_grpc}"))
                .arg(format!("-filer=127.0.0.1:{filer}.{filer_grpc}"))
                .stdin(fs::File::open(folder.join("words")).unwrap())
                .current_dir(&folder)
                .output()
                .unwrap();
            String::from_utf8_lossy(&said.stdout).contains("\"fsync\":  true")
        });
        Self {
            endpoint: format!("http://127.0.0.1:{s3}"),
            folder,
            _watched: watched,
        }
    }

    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }
}

/// The user under whom PostgreSQL runs: nobody but root needs another one, and root may not run it.
fn server_user() -> Option<(u32, u32)> {
    let root = fs::metadata("/proc/self").unwrap().uid() == 0;
    let users = fs::read_to_string("/etc/passwd").unwrap_or_default();
    let named = |name: &str| {
        let line = users
            .lines()
            .find(|line| line.split(':').next() == Some(name))?;
        let mut fields = line.split(':').skip(2);
        Some((fields.next()?.parse().ok()?, fields.next()?.parse().ok()?))
    };
    root.then(|| named("postgres").or_else(|| named("nobody")))
        .flatten()
}

/// Debian keeps each release in a folder of its own.
fn postgres_programs() -> Option<PathBuf> {
    let releases = fs::read_dir("/usr/lib/postgresql").ok()?;
    let mut found: Vec<PathBuf> = releases
        .filter_map(|release| Some(release.ok()?.path().join("bin")))
        .filter(|folder| {
            ["initdb", "postgres", "psql"]
                .iter()
                .all(|name| folder.join(name).is_file())
        })
        .collect();
    found.sort();
    found.pop()
}

fn weed() -> Option<PathBuf> {
    if let Some(path) = std::env::var_os("NIEM_WEED") {
        return Some(path.into());
    }
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path)
        .map(|folder| folder.join("weed"))
        .find(|path| path.is_file())
}

fn children_of(parent: &str) -> Vec<String> {
    let processes = fs::read_dir("/proc").unwrap();
    processes
        .filter_map(|process| process.ok()?.file_name().into_string().ok())
        .filter(|pid| pid.bytes().all(|b| b.is_ascii_digit()))
        .filter(|pid| {
            let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
            // proc(5): pid (name) state parent …; a name may hold anything, so count from its end.
            let after = stat.rsplit_once(')').map_or("", |(_, after)| after);
            after.split_whitespace().nth(1) == Some(parent)
        })
        .collect()
}

/// Ports that were free a moment ago, all held until the last is found so that they differ.
fn free_ports<const N: usize>() -> [u16; N] {
    let listeners: [TcpListener; N] =
        std::array::from_fn(|_| TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap());
    listeners.map(|listener| listener.local_addr().unwrap().port())
}

fn run(command: &mut Command) {
    let done = command.output().unwrap();
    assert!(
        done.status.success(),
        "{command:?}: {}",
        String::from_utf8_lossy(&done.stderr)
    );
}

fn wait_for(what: &str, folder: &Path, mut there: impl FnMut() -> bool) {
    let started = Instant::now();
    while !there() {
        if started.elapsed() > PATIENCE {
            let log = fs::read_to_string(folder.join("log")).unwrap_or_default();
            panic!("{what} did not come: {log}");
        }
        std::thread::sleep(Duration::from_millis(50));
    }
}
