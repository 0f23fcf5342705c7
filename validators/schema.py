"""Judging a document against an XML schema: libxml2 decides, and each thing wrong is one finding."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from types import MappingProxyType

from lxml import etree

from validators.content import Element, UnusableSchema
from validators.faults import EngineFault, Fault, Report
from validators.inquiry import all_faults
from validators.shape import XS, Shape, shape

__all__ = ["EngineFault", "Fault", "Schema", "UnusableSchema"]

INCLUDING = frozenset({f"{XS}include", f"{XS}import", f"{XS}redefine"})
NO_INSTEAD: Mapping[tuple[str, str], str] = MappingProxyType({})

_NEVER_FETCHING = etree.XMLParser(
    resolve_entities=False, no_network=True, load_dtd=False, remove_comments=True, remove_pis=True
)


class Schema:
    """One schema file with what it includes, all from its own folder. Not for two threads at once.

    path  the file; name its stem; root the tag of its root element, with the namespace if it has one
    compiled  what lxml validates with, for those who only want a yes or no
    """

    def __init__(self, path: Path, instead: Mapping[tuple[str, str], str] = NO_INSTEAD) -> None:
        """Read and compile the file. `instead` gives other error types for pairs of number and error type.

        Raises UnusableSchema where the file is no schema, or refers to anything outside its folder.
        """
        self.path = path
        self.name = path.stem
        texts = _texts(path)
        self.root = _root(etree.fromstring(texts[path.resolve()]), path)
        self.compiled = _compiled(path, texts)
        self._instead = instead

    @cached_property
    def _read(self) -> Shape:
        return shape(self.path, self.root)

    @property
    def shape(self) -> Element:
        """What the schema says, from its root down. Raises UnusableSchema where no shape can be told."""
        return self._read.root

    @property
    def engine(self) -> str:
        """What read the shape: `lxml` for an ordinary schema, else `xmlschema`."""
        return self._read.engine

    def faults(self, document: etree._Element) -> list[Fault]:
        """What is wrong with a tree whose root is the message's, in document order; empty where it is valid.

        The tree must have been parsed without comments and processing instructions, and stays as it is.
        Raises EngineFault where libxml2 itself fails: that is no verdict.
        """
        reports = self._reports(document)
        if not reports:
            return []
        return [self._renamed(fault) for fault in all_faults(document, self.shape, self._reports, reports)]

    def _renamed(self, fault: Fault) -> Fault:
        kind = self._instead.get((fault.number or "", fault.kind))
        return fault if kind is None else replace(fault, kind=kind)

    def _reports(self, document: etree._Element) -> list[Report]:
        try:
            valid = self.compiled.validate(document)
        except etree.XMLSchemaValidateError as fault:
            raise EngineFault(f"{self.path.name}: libxml2 could not finish validating") from fault
        entries = list(self.compiled.error_log)  # type: ignore[call-overload] # the stubs leave out that it is a list
        reports = [Report(entry.type_name, entry.path or "", entry.message or "") for entry in entries]
        if any("INTERNAL" in report.type or not report.type.startswith("SCHEMAV_") for report in reports):
            raise EngineFault(f"{self.path.name}: libxml2 met an internal error while validating")
        if valid is bool(reports):
            raise EngineFault(f"{self.path.name}: libxml2 gave a verdict without its reasons")
        return reports


class _OwnFolder(etree.Resolver):
    """Gives libxml2 the texts read before, and nothing else."""

    def __init__(self, texts: Mapping[Path, bytes]) -> None:
        self._texts = texts

    def resolve(  # type: ignore[override] # the stubs leave out the context
        self, system_url: str, public_id: str, context: object
    ) -> object:
        """The text of a file of the schema's folder; UnusableSchema for anything else."""
        text = self._texts.get(Path(system_url).resolve())
        if text is None:
            raise UnusableSchema(f"{system_url} is not a file of the schema's own folder")
        return self.resolve_string(text, context, base_url=system_url)


def _compiled(path: Path, texts: Mapping[Path, bytes]) -> etree.XMLSchema:
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)
    parser.resolvers.add(_OwnFolder(texts))
    try:
        return etree.XMLSchema(etree.fromstring(texts[path.resolve()], parser, base_url=str(path.resolve())))
    except etree.XMLSchemaParseError as fault:
        raise UnusableSchema(f"{path.name}: {fault}") from fault


def _texts(path: Path) -> dict[Path, bytes]:
    """The file and all it includes, as libxml2 should see them, by their paths."""
    folder = path.resolve().parent
    texts: dict[Path, bytes] = {}
    waiting = [path.resolve()]
    while waiting:
        file = waiting.pop()
        if file in texts:
            continue
        tree = _parsed(file)
        waiting += [_inside(folder, file, each) for each in tree.iter(*INCLUDING) if each.get("schemaLocation")]
        _without_impossible(tree)
        texts[file] = etree.tostring(tree)
    return texts


def _parsed(file: Path) -> etree._Element:
    try:
        tree = etree.fromstring(file.read_bytes(), _NEVER_FETCHING)
    except (etree.XMLSyntaxError, OSError) as fault:
        raise UnusableSchema(f"{file.name}: not readable as XML: {fault}") from fault
    if tree.getroottree().docinfo.internalDTD is not None:
        raise UnusableSchema(f"{file.name}: has a document type declaration, which is never needed; remove it")
    return tree


def _inside(folder: Path, file: Path, reference: etree._Element) -> Path:
    location = reference.get("schemaLocation", "")
    target = (file.parent / location).resolve()
    if any(sign in location for sign in ":%\\") or not target.is_relative_to(folder) or not target.is_file():
        raise UnusableSchema(f"{file.name}: refers to {location!r}, which is not a file of the schema's own folder")
    return target


def _without_impossible(tree: etree._Element) -> None:
    """Take out particles with maxOccurs 0: libxml2 would let such an element stand once."""
    for each in list(tree.iter(f"{XS}*")):
        parent = each.getparent()
        if each.get("maxOccurs") == "0" and parent is not None:
            parent.remove(each)


def _root(tree: etree._Element, path: Path) -> str:
    """The one global element that no other refers to."""
    names = [each.get("name", "") for each in tree.iterchildren(f"{XS}element")]
    referred = {each.get("ref", "").rpartition(":")[2] for each in tree.iter(f"{XS}element")}
    roots = [name for name in names if name not in referred]
    if len(roots) != 1:
        raise UnusableSchema(f"{path.name}: has {len(roots)} root elements, expected one that no other refers to")
    namespace = tree.get("targetNamespace")
    return f"{{{namespace}}}{roots[0]}" if namespace else roots[0]
