"""Sections of a 64-bit ELF file, as ocloc and ptxas write."""

import struct


def sections(path):
    """Contents by name."""
    with open(path, "rb") as file:
        data = file.read()
    if data[:5] != b"\x7fELF\x02":
        raise ValueError("%s is no 64-bit ELF file" % path)
    offset, = struct.unpack_from("<Q", data, 40)
    size, count, names = struct.unpack_from("<HHH", data, 58)
    headers = [struct.unpack_from("<IIQQQQ", data, offset + i * size) for i in range(count)]
    strings = headers[names][4]
    found = {}
    for name, kind, _, _, at, length in headers:
        end = data.index(b"\0", strings + name)
        if kind != 8:  # 8: occupies nothing in the file
            found[data[strings + name:end].decode()] = data[at:at + length]
    return found


def code_size(found):
    return sum(len(data) for name, data in found.items() if name.startswith(".text"))
