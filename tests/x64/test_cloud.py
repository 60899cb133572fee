"""The image that cloud machines boot: from the disk alone, with a network card of virtio's."""

import hashlib
import tarfile

from resea import cloudimage, qemu


def sha256(file):
    digest = hashlib.sha256()
    for block in iter(lambda: file.read(1 << 20), b""):
        digest.update(block)
    return digest.hexdigest()


def test_cloud_image(machines, tmp_path):
    guest, image = machines.boot_cloud("release", net="user", nic="virtio")
    guest.prompt()
    assert "10.0.2.15/24, DHCP" in guest.command("ifconfig -w 60")
    # The disk that it came from has what booted it.
    assert "resea.img" in guest.command("ls /virtio0p1/boot")
    guest.send("poweroff\n")
    assert guest.wait() == qemu.EXIT_SUCCESS

    # As Google Compute Engine wants it.
    archive = tmp_path / "cloud.tar.gz"
    cloudimage.pack(image, archive)
    with tarfile.open(archive, "r:gz") as tar, open(image, "rb") as raw:
        member = tar.next()
        assert member.name == "disk.raw" and member.size == 1 << 30
        assert sha256(tar.extractfile(member)) == sha256(raw)
        assert tar.next() is None
    image.unlink()
