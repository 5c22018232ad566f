"""Slimming of a shared library to what one GPU architecture needs: slim.py LIBRARY OUT [ARCH=90].

A CUDA library carries its kernels once for each architecture, as "fatbins" in the section .nv_fatbin. Each
fatbin is a header (its size in the last field) followed by entries; the loader takes the entry of the card's
architecture. Here the entries of ARCH move to the front of their fatbin, its size becomes theirs, and what
is left over becomes zeros, which compress to nothing: what nvcc would have written for that one architecture.
Addresses do not change. Fatbins without an entry for ARCH stay as they are.
"""

import struct
import sys
from pathlib import Path

FATBIN = struct.Struct("<IHHQ")  # magic, version, size of this header, size of all entries
MAGIC = 0xBA55ED50
ENTRY = struct.Struct("<HHIQ")  # kind, version, size of this header, size of the payload; arch at 28


def sections(data):
    """Name -> (offset, size) of an ELF64 file."""
    (start,) = struct.unpack_from("<Q", data, 0x28)
    entry_size, count, names_index = struct.unpack_from("<HHH", data, 0x3A)
    table = [struct.unpack_from("<IIQQQQ", data, start + number * entry_size) for number in range(count)]
    names = table[names_index][4]
    return {bytes(data[names + row[0] : data.index(0, names + row[0])]).decode(): row[4:6] for row in table}


def slim(data, arch):
    """Change `data` in place; returns (fatbins changed, bytes kept, bytes zeroed)."""
    position, size = sections(data)[".nv_fatbin"]
    end = position + size
    changed = kept = zeroed = 0
    while position < end:
        magic, _, header_size, total = FATBIN.unpack_from(data, position)
        if magic != MAGIC:
            if any(data[position : position + 8]):
                raise SystemExit(f"no fatbin at {position:#x}: another layout, carry the whole library")
            position += 8
            continue
        first, entry = position + header_size, position + header_size
        wanted = b""
        while entry < first + total:
            _, _, entry_header, payload = ENTRY.unpack_from(data, entry)
            if struct.unpack_from("<I", data, entry + 28) == (arch,):
                wanted += data[entry : entry + entry_header + payload]
            entry += entry_header + payload
        if entry != first + total:
            raise SystemExit(f"entries overrun the fatbin at {position:#x}: carry the whole library")
        if wanted:
            data[first : first + total] = wanted + bytes(total - len(wanted))
            struct.pack_into("<Q", data, position + 8, len(wanted))
            changed += 1
            kept += len(wanted)
            zeroed += total - len(wanted)
        position = first + total
    return changed, kept, zeroed


def main():
    source, target, *rest = sys.argv[1:]
    data = bytearray(Path(source).read_bytes())
    changed, kept, zeroed = slim(data, int(rest[0]) if rest else 90)
    Path(target).write_bytes(data)
    print(f"{target}: {changed} fatbins, {kept / 1e6:.1f} MB kept, {zeroed / 1e6:.1f} MB zeroed")


if __name__ == "__main__":
    main()
