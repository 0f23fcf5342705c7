"""The XML schema of one recipient's extracts: what is authorized, and nothing else."""

from __future__ import annotations

from xml.sax.saxutils import escape, quoteattr

from declarations.blocks import ColumnType
from declarations.extracts.layout import Field, Layout, Sheet

ROOT = "Extract"


def schema(layout: Layout, name: str) -> bytes:
    """Its text. Which elements a declaration must have is said by the schema of the declaration, not here."""
    roots = "".join(_block(sheet, layout, "      ") for sheet in layout.roots)
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" version={quoteattr(name)}>
  <xs:element name="{ROOT}">
    <xs:complexType>
      <xs:sequence>
{roots}      </xs:sequence>
      <xs:attribute name="schema" type="xs:string" use="required" fixed={quoteattr(name)}/>
    </xs:complexType>
  </xs:element>
</xs:schema>
""".encode()


def _block(sheet: Sheet, layout: Layout, indent: str) -> str:
    most = "1" if sheet.single else "unbounded"
    inner = "".join(_field(field, f"{indent}      ") for field in sheet.fields)
    inner += "".join(_block(each, layout, f"{indent}    ") for each in layout.below(sheet.block))
    return f"""{indent}  <xs:element name={quoteattr(sheet.element)} minOccurs="0" maxOccurs="{most}">
{indent}    <xs:complexType>
{indent}      <xs:sequence>
{inner}{indent}      </xs:sequence>
{indent}      <xs:attribute name="row" type="xs:positiveInteger" use="required"/>
{indent}    </xs:complexType>
{indent}  </xs:element>
"""


def _field(field: Field, indent: str) -> str:
    base, facets = _BASES[field.type], _facets(field)
    inside, kind = "", f' type="{base}"'
    if field.zone:
        inside += f"<xs:annotation><xs:documentation>zone {escape(field.zone)}</xs:documentation></xs:annotation>"
    if facets:
        kind = ""
        inside += f'<xs:simpleType><xs:restriction base="{base}">{facets}</xs:restriction></xs:simpleType>'
    return f'{indent}  <xs:element name={quoteattr(field.element)} minOccurs="0"{kind}>{inside}</xs:element>\n'


_BASES = {
    ColumnType.IDENTIFIER: "xs:string",
    ColumnType.TEXT: "xs:string",
    ColumnType.INTEGER: "xs:integer",
    ColumnType.DECIMAL: "xs:decimal",
    ColumnType.DATE: "xs:date",
    ColumnType.BOOLEAN: "xs:boolean",
}


def _facets(field: Field) -> str:
    """Identifiers keep their zeros: they are never shorter than their width."""
    match field.type:
        case ColumnType.IDENTIFIER if field.width is not None:
            return f'<xs:minLength value="{field.width}"/>'
        case ColumnType.DECIMAL:
            return f'<xs:fractionDigits value="{field.scale}"/>'
        case _:
            return ""
