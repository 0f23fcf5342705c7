"""A document that holds anything else than was handed out does not get past the gate."""

from __future__ import annotations

from pathlib import Path

import pytest

from declarations.parties.party import Format
from tests.extracts.at_the_gate import honest, refused
from tests.extracts.forged import Members, Planting, Said, planted


def in_both(old: bytes, new: bytes, declared: bytes = b"") -> Planting:
    """A change in the document, with a schema that was made to allow it."""

    def plant(files: Members, said: Said) -> None:
        assert old in files["extract.xml"]
        files["extract.xml"] = files["extract.xml"].replace(old, new)
        schema = next(name for name in files if name.endswith(".xsd"))
        inss = b'<xs:element name="INSS"'
        files[schema] = files[schema].replace(inss, declared + inss)

    return plant


@pytest.mark.parametrize(
    ("old", "new", "declared", "said"),
    [
        (b"<INSS>", b"<Secret>x</Secret><INSS>", b"", "not what its schema says"),
        (b"<INSS>", b"<Secret>x</Secret><INSS>", b'<xs:element name="Secret" type="xs:string"/>', "other elements"),
        (b"<INSS>", b"<Secret>x</Secret><INSS>", b'<xs:any processContents="skip"/>', "other elements"),
        (b"<INSS>", b"<INSS secret='x'>", b"", "not what its schema says"),
        (b"<INSS>", b"<INSS>&#8238;", b"", "a character that it may not have"),
        (b'<Person row="3">', b'<Person row="4">', b"", "not numbered one after the other"),
        (b"<Amount>100</Amount>", b"<Amount>101</Amount>", b"", "rows, sums or hashes"),
        (b"<Extract ", b"<!DOCTYPE Extract><Extract ", b"", "markup that is no element"),
    ],
)
def test_a_document_that_is_not_what_was_handed_out_may_not_leave(
    old: bytes, new: bytes, declared: bytes, said: str, tmp_path: Path
) -> None:
    path = planted(honest(Format.XML, tmp_path), in_both(old, new, declared))
    assert said in refused(path, Format.XML)


def test_a_schema_under_another_name_is_found(tmp_path: Path) -> None:
    def plant(files: Members, said: Said) -> None:
        schema = next(name for name in files if name.endswith(".xsd"))
        files[schema] = files[schema].replace(b'version="fund', b'version="secret', 1)

    assert "its schema goes by another name" in refused(planted(honest(Format.XML, tmp_path), plant), Format.XML)


@pytest.mark.parametrize("hidden", [b"<!--%s-->", b"<?secret %s?>", b"<![CDATA[%s]]>", b"%s"])
@pytest.mark.parametrize("length", [11, 32_700, 65_400])
def test_what_is_written_between_the_elements_is_found(hidden: bytes, length: int, tmp_path: Path) -> None:
    text = hidden % (b"8" * length)
    path = planted(honest(Format.XML, tmp_path), in_both(b'<Person row="3">', text + b'<Person row="3">'))
    refused(path, Format.XML)


@pytest.mark.parametrize("before", range(32_740, 32_790, 7))
def test_a_comment_is_found_wherever_it_stands(before: int, tmp_path: Path) -> None:
    plant = in_both(b'<Person row="3">', b" " * before + b"<!--x-->" + b'<Person row="3">')
    assert "markup that is no element" in refused(planted(honest(Format.XML, tmp_path), plant), Format.XML)
