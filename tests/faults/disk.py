"""Places to keep a data directory in while something goes wrong with the disk.

LoopDisk is an ext4 file system in an image file, mounted through a loop device. Its power can be
cut: the EXT4_IOC_SHUTDOWN ioctl stops the file system without flushing its journal, so everything
that was not synced is gone at the next mount, as after a real power cut. (Killing a process is no
substitute: the page cache survives it.) What the ioctl cannot show is a drive that lies about a
flush, or that reorders what was written between two flushes.

PlainDirectory has the same face on the file system that is there, and no power switch.
"""

import fcntl
import os
import shutil
import struct
import subprocess
import sys
from pathlib import Path

SKIPPED = 77  # ctest's SKIP_RETURN_CODE

_EXT4_IOC_SHUTDOWN = 0x8004587D
_NO_LOG_FLUSH = 2
_NAMESPACE_MARK = "FAULTS_IN_NAMESPACE"
_NAMESPACE = ["unshare", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc"]


def enter_namespace():
    """Runs this script again in mount and process namespaces of its own, so that no mount and no
    process outlives it. Returns None there; where it cannot be done, the reason why."""
    if os.environ.get(_NAMESPACE_MARK):
        return None
    if os.geteuid() != 0:
        return "not root"
    for tool in ("unshare", "mount", "mkfs.ext4"):
        if not shutil.which(tool):
            return f"no {tool}"
    if not os.path.exists("/dev/loop-control"):
        return "no loop devices"
    trial = subprocess.run([*_NAMESPACE, "true"], capture_output=True, text=True)
    if trial.returncode != 0:
        return trial.stderr.strip()
    os.environ[_NAMESPACE_MARK] = "1"
    sys.stdout.flush()
    os.execvp("unshare", [*_NAMESPACE, sys.executable, *sys.argv])


class LoopDisk:
    """An ext4 file system of its own, mounted from construction to close()."""

    def __init__(self, folder: Path, size_mib: int):
        self._image = folder / "disk.img"
        self._root = folder / "disk"
        self._root.mkdir()
        with open(self._image, "wb") as image:
            image.truncate(size_mib << 20)
        subprocess.run(["mkfs.ext4", "-q", "-F", self._image], check=True)
        self._mount()

    @property
    def root(self) -> Path:
        return self._root

    @property
    def data(self) -> Path:
        return self._root / "data"

    def cut_power(self):
        """From here on every write and sync fails; what was not synced will not be there after
        restore_power()."""
        root = os.open(self._root, os.O_RDONLY)
        try:
            fcntl.ioctl(root, _EXT4_IOC_SHUTDOWN, struct.pack("I", _NO_LOG_FLUSH))
        finally:
            os.close(root)

    def restore_power(self):
        """REQUIRES: no process has a file open here."""
        self._unmount()
        self._mount()

    def close(self):
        self._unmount()
        self._image.unlink()
        self._root.rmdir()

    def _mount(self):
        mount = ["mount", "-t", "ext4", "-o", "loop", self._image, self._root]
        subprocess.run(mount, check=True)

    def _unmount(self):
        subprocess.run(["umount", self._root], check=True)


class PlainDirectory:
    """A directory on the file system that is there; it has no power to cut."""

    def __init__(self, folder: Path):
        self.root = folder / "disk"
        self.root.mkdir()

    @property
    def data(self) -> Path:
        return self.root / "data"

    def cut_power(self):
        pass

    def restore_power(self):
        pass

    def close(self):
        shutil.rmtree(self.root)
