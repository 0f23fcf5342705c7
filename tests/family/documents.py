"""Small documents and schemas for these tests; every person and number in them is made up."""

from __future__ import annotations

from pathlib import Path

from lxml import etree

XS = 'xmlns:xs="http://www.w3.org/2001/XMLSchema"'

FORM = """
<DmfAOriginal><Form>
  <Identification>DMFA</Identification><FormCreationDate>2023-04-23</FormCreationDate>
  <FormCreationHour>08:45:00.000</FormCreationHour><AttestationStatus>0</AttestationStatus><TypeForm>SU</TypeForm>
  <EmployerDeclaration>
    <Quarter>20231</Quarter><NOSSRegistrationNbr>12345</NOSSRegistrationNbr><Trusteeship>0</Trusteeship>
    <CompanyID>0</CompanyID><NetOwedAmount>9999</NetOwedAmount>
    <NaturalPerson>
      <NaturalPersonSequenceNbr>1</NaturalPersonSequenceNbr><INSS>00000000097</INSS>
      <WorkerRecord>
        <EmployerClass>010</EmployerClass><WorkerCode>495</WorkerCode>
        <NOSSQuarterStartingDate>2023-01-01</NOSSQuarterStartingDate>
        <NOSSQuarterEndingDate>2023-03-31</NOSSQuarterEndingDate><Border>0</Border>
        <Occupation>
          <OccupationSequenceNbr>1</OccupationSequenceNbr><OccupationStartingDate>2020-01-01</OccupationStartingDate>
          <JointCommissionNbr>200</JointCommissionNbr><WorkingDaysSystem>500</WorkingDaysSystem>
          <ContractType>0</ContractType><RefMeanWorkingHours>3800</RefMeanWorkingHours>
          <MeanWorkingHours>3800</MeanWorkingHours><Retired>0</Retired>
          <Service>
            <ServiceSequenceNbr>1</ServiceSequenceNbr><ServiceCode>1</ServiceCode><ServiceNbrDays>6500</ServiceNbrDays>
          </Service>
          <Remun><RemunSequenceNbr>1</RemunSequenceNbr><RemunCode>1</RemunCode><RemunAmount>800000</RemunAmount></Remun>
        </Occupation>
      </WorkerRecord>
    </NaturalPerson>
  </EmployerDeclaration>
</Form></DmfAOriginal>
"""


def form() -> etree._Element:
    """A valid document with one form."""
    return etree.fromstring(FORM)


def element(tag: str, text: str | None = None) -> etree._Element:
    """An element to put somewhere."""
    made = etree.Element(tag)
    made.text = text
    return made


def write_schema(path: Path, content: str, attributes: str = "") -> Path:
    """A schema file with that content."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"<xs:schema {XS} {attributes}>{content}</xs:schema>", encoding="utf-8")
    return path
