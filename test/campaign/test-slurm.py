#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""A campaign as Slurm job arrays, against a real Slurm on the loopback interface.

Usage: test-slurm.py PROSE-SIM

Starts munged, slurmctld and slurmd itself, from a configuration in a directory of its own and on ports of its own, and stops them. Skipped
with a word where that cannot be: it takes root, and Debian's slurm-wlm and munge.
"""
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

from campaigns import CAMPAIGN, call, dump, read, write

prose_sim = os.path.abspath(sys.argv[1])
SKIPPED = 77
PATH = os.environ["PATH"] + ":/usr/sbin:/sbin"


def skip(why):
    print(f"skipped: {why}")
    sys.exit(SKIPPED)


if os.geteuid() != 0:
    skip("munged and slurmd need root")
missing = [program for program in ("munged", "slurmctld", "slurmd", "sbatch") if not shutil.which(program, path=PATH)]
if missing:
    skip(f"no {', '.join(missing)}; apt-get install --no-install-recommends slurm-wlm munge")


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


CONFIGURATION = """\
ClusterName=test
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={control}
SlurmdPort={node}
SlurmUser=root
AuthInfo=socket={directory}/munge.socket
StateSaveLocation={directory}/state
SlurmdSpoolDir={directory}/spool
SlurmctldPidFile={directory}/slurmctld.pid
SlurmdPidFile={directory}/slurmd.pid
ProctrackType=proctrack/pgid
TaskPlugin=task/none
MpiDefault=none
ReturnToService=2
SchedulerParameters=sched_interval=1,bf_interval=1
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
NodeName={host} NodeAddr=127.0.0.1 CPUs=2 State=UNKNOWN
PartitionName=test Nodes={host} Default=YES MaxTime=INFINITE State=UP
"""


class Slurm:
    def __init__(self, directory):
        self.directory, self.processes = directory, []
        self.environment = dict(os.environ, SLURM_CONF=str(directory / "slurm.conf"), PATH=PATH)

    def start(self, name, *arguments):
        log = open(self.directory / f"{name}.log", "w")
        self.processes.append(subprocess.Popen([name, *map(str, arguments)], stdout=log, stderr=log, env=self.environment))

    def said(self):
        return "\n".join(f"--- {log.name}\n{log.read_text()[-2000:]}" for log in self.directory.glob("*.log"))

    def command(self, *words):
        return subprocess.run(words, env=self.environment, capture_output=True, text=True, timeout=60)

    def __enter__(self):
        d = self.directory
        for name in ("state", "spool"):
            (d / name).mkdir()
        (d / "munge.key").write_bytes(os.urandom(128))
        (d / "munge.key").chmod(0o400)
        host = socket.gethostname().split(".")[0]
        (d / "slurm.conf").write_text(CONFIGURATION.format(directory=d, host=host, control=free_port(), node=free_port()))
        self.start("munged", "--foreground", "--force", "--num-threads=2", f"--key-file={d}/munge.key", f"--socket={d}/munge.socket",
                   f"--pid-file={d}/munge.pid", f"--seed-file={d}/munge.seed")
        self.wait("munged", lambda: (d / "munge.socket").exists())
        self.start("slurmctld", "-D")
        self.start("slurmd", "-D", "-N", host)
        self.wait("an idle node", lambda: self.command("sinfo", "-h", "-o", "%T").stdout.strip() == "idle")
        return self

    def wait(self, what, there):
        for _ in range(600):
            if there():
                return
            if any(process.poll() is not None for process in self.processes):
                break
            time.sleep(0.1)
        said = self.said()
        self.__exit__()
        raise AssertionError(f"no {what}\n{said}")

    def __exit__(self, *_):
        for process in reversed(self.processes):
            process.terminate()
            try:
                process.wait(timeout=30)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def campaign(slurm, path, directory, *args, status=0):
    result = call(prose_sim, "campaign", path, "-o", directory, "--engine", "slurm", *args, env=slurm.environment)
    assert result.returncode == status, (result, slurm.said())
    return result


def test_contents_are_those_of_local_workers(slurm, parent, path):
    campaign(slurm, path, parent / "slurm")
    assert dump(parent / "slurm") == dump(parent / "local")
    assert [f.name for f in (parent / "slurm").iterdir()] == ["results.sqlite"]
    assert read(parent / "slurm").execute("SELECT count(*), max(attempts) FROM perf").fetchone() == (12, 1)


def test_resume_waits_for_what_runs_and_adds_what_is_missing(slurm, parent, path):
    directory = parent / "killed"
    waiting = subprocess.Popen([prose_sim, "campaign", str(path), "-o", str(directory), "--engine", "slurm"], env=slurm.environment,
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    while not slurm.command("squeue", "-h").stdout:
        assert waiting.poll() is None, waiting.communicate()
    waiting.send_signal(signal.SIGKILL)
    waiting.communicate()
    local = call(prose_sim, "campaign", path, "-o", directory, "--resume")
    assert local.returncode == 1 and "--engine slurm --resume" in local.stderr, local
    # One task never gets to its end.
    waiting_tasks = slurm.command("squeue", "-h", "-r", "-t", "PENDING", "-o", "%i").stdout.split()
    if waiting_tasks:
        slurm.command("scancel", waiting_tasks[-1])
    campaign(slurm, path, directory, "--resume")
    assert dump(directory) == dump(parent / "local")
    assert read(directory).execute("SELECT count(*) FROM run WHERE status = 'done'").fetchone() == (12,)


def test_failures_and_timeouts_are_recorded_alike(slurm, parent, _):
    path = write(parent, CAMPAIGN.replace("ues = 2, 3", "ues = 2, 3\nsimulation.duration = 1 s, 100 d").replace("1..3", "1\ntimeout = 5 s"))
    campaign(slurm, path, parent / "late", status=1)
    late = call(prose_sim, "campaign", path, "-o", parent / "late-local")
    assert late.returncode == 1, late
    assert dump(parent / "late") == dump(parent / "late-local")
    assert read(parent / "late").execute("SELECT count(*) FROM run WHERE status = 'timeout'").fetchone() == (4,)


tests = [f for name, f in list(globals().items()) if name.startswith("test_")]
with tempfile.TemporaryDirectory() as name:
    parent = pathlib.Path(name)
    path = write(parent)
    local = call(prose_sim, "campaign", path, "-o", parent / "local")
    assert local.returncode == 0, local
    (parent / "daemons").mkdir()
    with Slurm(parent / "daemons") as slurm:
        for test in tests:
            test(slurm, parent, path)
    assert all(process.poll() is not None for process in slurm.processes)
print(f"100%: Checks: {len(tests)}, Failures: 0, Errors: 0")
