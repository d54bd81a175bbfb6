"""The package that a Word file is, opened safely: a zip archive of which only the parts that hold text are unpacked.

What is looked at before anything is unpacked: the size of the file and of its directory, the number of members, their
names, how they are packed. While unpacking, bytes are counted; what a directory says of sizes is not believed.
"""

import posixpath
import struct
import zipfile
import zlib
from collections.abc import Iterator
from typing import BinaryIO, Final

from documents.formats.word.errors import WordBroken, WordLocked, WordMacros, WordTooLarge, WordUnsafe
from documents.formats.word.nodes import Bounds, Node, parse

MAX_FILE: Final = 50_000_000
"""Bytes of the file; most of it pictures, which are not unpacked."""
MAX_MEMBERS: Final = 4_000
MAX_DIRECTORY: Final = 1_000_000
"""Bytes of the archive's directory."""
MAX_UNPACKED: Final = 40_000_000
"""Bytes of all parts together that are unpacked."""
MAX_RATIO: Final = 300
"""Unpacked bytes to packed ones, of a part of more than a megabyte."""

ZIP: Final = b"PK\x03\x04"
OLE: Final = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
"""How files of the old form begin, and those protected by a password."""

_CHUNK: Final = 65_536
_END: Final = b"PK\x05\x06"
_END_SIZE: Final = 22
_END_64: Final = b"PK\x06\x07"
_MEGABYTE: Final = 1_000_000
_ENCRYPTED: Final = 1


def looks_like_word(start: bytes) -> bool:
    """Whether a file that begins so is one for this package, to be read or to be refused; no text begins so."""
    return start.startswith((ZIP, OLE, b"PK\x05\x06"))


class Package:
    """An open package. Its files are read on demand, from the file it was opened with."""

    def __init__(self, file: BinaryIO) -> None:
        """Raises `WordRefused`."""
        self._size = _check_ends(file)
        try:
            self._archive = zipfile.ZipFile(file)
        except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError, struct.error) as error:
            raise WordBroken(f"its archive is damaged ({_shown(str(error))})") from None
        self._left = MAX_UNPACKED
        self._bounds = Bounds()
        members = self._archive.infolist()
        if len(members) > MAX_MEMBERS:
            raise WordTooLarge(f"it has more than {MAX_MEMBERS} parts")
        self._members = {one.filename.casefold(): one for one in members}
        if len(self._members) < len(members):
            raise WordUnsafe("two of its parts have the same name")
        self._refuse_macros()
        self.main = self._main()
        """The name of the part that holds the text."""
        self._related = self._relations(self.main)

    def _refuse_macros(self) -> None:
        if any(posixpath.basename(name) in {"vbaproject.bin", "vbadata.xml"} for name in self._members):
            raise WordMacros("the Word file holds macros: save it as .docx, without them")
        types = self._tree("[Content_Types].xml")
        if any("macroenabled" in node.get("ContentType").casefold() for node in types.children):
            raise WordMacros("the Word file may hold macros (.docm, .dotm): save it as .docx")

    def _main(self) -> str:
        found = next((name for kind, name in self._relations("") if kind == "officeDocument"), "")
        if not found or not self.has(found):
            raise WordBroken("it has no main part: is it a file of another program?")
        return found

    def has(self, name: str) -> bool:
        """Whether there is a part of this name."""
        return name.casefold() in self._members

    def part(self, kind: str) -> Node | None:
        """The part that the main one names as its `kind`, such as ``comments``; None when there is none."""
        return next(self.parts(kind), None)

    def parts(self, kind: str) -> Iterator[Node]:
        """All parts of a kind, each once, in the order in which they are named."""
        names = dict.fromkeys(name for found, name in self._related if found == kind and self.has(name))
        return map(self._tree, names)

    def properties(self) -> dict[str, str]:
        """The properties of the file that are no program's own, by name, as text."""
        name = next((name for kind, name in self._relations("") if kind == "custom-properties"), "")
        if not self.has(name):
            return {}
        given = (one for one in self._tree(name).all("cp:property") if one.children)
        return {one.get("name"): one.children[0].text for one in given}

    def document(self) -> Node:
        """The part that holds the text. Raises `WordRefused`, as all that reads parts."""
        return self._tree(self.main)

    def links(self) -> dict[str, str]:
        """The addresses outside of the package that the main part refers to, by the ids that it uses for them."""
        folder, name = posixpath.split(self.main)
        relations = posixpath.join(folder, "_rels", f"{name}.rels")
        outer = self._tree(relations).all("rel:Relationship") if self.has(relations) else ()
        return {one.get("Id"): one.get("Target") for one in outer if one.get("TargetMode") == "External"}

    def _relations(self, source: str) -> list[tuple[str, str]]:
        """What a part relates to within the package: kind and name."""
        folder, name = posixpath.split(source)
        relations = posixpath.join(folder, "_rels", f"{name}.rels")
        if not self.has(relations):
            return []
        inner = (one for one in self._tree(relations).all("rel:Relationship") if one.get("TargetMode") != "External")
        return [(posixpath.basename(one.get("Type")), _resolved(folder, one.get("Target"))) for one in inner]

    def _tree(self, name: str) -> Node:
        if not self.has(name):
            raise WordBroken(f"the part {_shown(name)} is missing")
        return parse(_shown(name), self._chunks(self._members[name.casefold()]), self._bounds)

    def _chunks(self, member: zipfile.ZipInfo) -> Iterator[bytes]:
        """A member's bytes, piece by piece. Raises `WordRefused` as soon as there are too many."""
        name = _shown(member.filename)
        if member.flag_bits & _ENCRYPTED:
            raise WordLocked("the Word file is protected by a password: save it without")
        if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise WordBroken(f"{name} is packed in a way that is not of Word files")
        if member.compress_size > self._size:
            raise WordBroken(f"{name} says that it is larger than the whole file")
        most = max(_MEGABYTE, member.compress_size * MAX_RATIO)
        taken = 0
        try:
            with self._archive.open(member) as stream:
                while chunk := stream.read(_CHUNK):
                    taken += len(chunk)
                    self._left -= len(chunk)
                    if self._left < 0:
                        raise WordTooLarge(f"its text takes more than {MAX_UNPACKED} bytes when unpacked")
                    if taken > most:
                        raise WordUnsafe(f"{name} is packed more than {MAX_RATIO} to 1, as only bombs are")
                    yield chunk
        except (zipfile.BadZipFile, zlib.error, EOFError, OSError, RuntimeError, ValueError, struct.error) as error:
            raise WordBroken(f"{name} is damaged ({_shown(str(error))})") from None


def _shown(text: str) -> str:
    """Part of it, on one line, for a message."""
    return "".join(letter if letter.isprintable() else "?" for letter in text[:100])


def _resolved(folder: str, target: str) -> str:
    return posixpath.normpath(posixpath.join("/", folder, target)).lstrip("/")


def _check_ends(file: BinaryIO) -> int:
    """Refuse what is no plain archive by its first and last bytes, before its directory is read; returns its size."""
    size = file.seek(0, 2)
    file.seek(0)
    start = file.read(len(OLE))
    if start == OLE:
        raise WordLocked("this is a Word file of the old form (.doc) or one with a password: save it as .docx without")
    if size > MAX_FILE:
        raise WordTooLarge(f"it has more than {MAX_FILE} bytes")
    if not start.startswith(ZIP) or size < _END_SIZE:
        raise WordBroken("it is not a .docx file")
    file.seek(max(0, size - _END_SIZE - 20))
    tail = file.read()
    end = tail[-_END_SIZE:]
    if not end.startswith(_END) or end[-2:] != b"\0\0":
        raise WordBroken("its archive is cut off, or something follows it")
    members, directory = struct.unpack("<10xHL6x", end)
    if tail.startswith(_END_64) or members > MAX_MEMBERS or directory > MAX_DIRECTORY:
        raise WordTooLarge(f"it has more than {MAX_MEMBERS} parts")
    return size
