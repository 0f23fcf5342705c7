"""The pieces of a DmfAOriginal as text with slots, laid out for the place where each stands."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

_TEXTS = {
    "form": (
        1,
        """<Form><Identification>DMFA</Identification><FormCreationDate>%s</FormCreationDate>
        <FormCreationHour>%s</FormCreationHour><AttestationStatus>0</AttestationStatus><TypeForm>SU</TypeForm>
        <Reference><ReferenceType>1</ReferenceType><ReferenceOrigin>1</ReferenceOrigin>
        <ReferenceNbr>%s</ReferenceNbr></Reference><EmployerDeclaration><Quarter>%s</Quarter>
        <NOSSRegistrationNbr>%s</NOSSRegistrationNbr><Trusteeship>0</Trusteeship><CompanyID>%s</CompanyID>
        <NetOwedAmount>%015d</NetOwedAmount>%s""",
    ),
    "holiday": (3, "<HolidayStartingDate>%s</HolidayStartingDate>"),
    "form_end": (3, "</EmployerDeclaration></Form>"),
    "person": (
        3,
        """<NaturalPerson><NaturalPersonSequenceNbr>%07d</NaturalPersonSequenceNbr><INSS>%s</INSS>%s%s
        </NaturalPerson>""",
    ),
    "person_reference": (4, "<NaturalPersonUserReference>%08d</NaturalPersonUserReference>"),
    "no_person_reference": (4, "<NaturalPersonUserReference/>"),
    "record": (
        4,
        """<WorkerRecord><EmployerClass>%s</EmployerClass><WorkerCode>%s</WorkerCode>
        <NOSSQuarterStartingDate>%s</NOSSQuarterStartingDate><NOSSQuarterEndingDate>%s</NOSSQuarterEndingDate>
        <Border>%d</Border>%s%s</WorkerRecord>""",
    ),
    "risk": (5, "<ActivityWithRisk>%s</ActivityWithRisk>"),
    "no_record_reference": (5, "<WorkerRecordUserReference/>"),
    "occupation": (
        5,
        """<Occupation><OccupationSequenceNbr>%02d</OccupationSequenceNbr>
        <OccupationStartingDate>%s</OccupationStartingDate>%s<JointCommissionNbr>%s</JointCommissionNbr>
        <WorkingDaysSystem>%d</WorkingDaysSystem><ContractType>%d</ContractType>
        <RefMeanWorkingHours>%d</RefMeanWorkingHours>%s<MeanWorkingHours>%d</MeanWorkingHours>%s
        <Retired>%d</Retired>%s<ActivityCode>%s</ActivityCode><LocalUnitID>%s</LocalUnitID>%s</Occupation>""",
    ),
    "occupation_end": (6, "<OccupationEndingDate>%s</OccupationEndingDate>"),
    "status": (6, "<WorkerStatus>%s</WorkerStatus>"),
    "measure": (6, "<ReorganisationMeasure>%d</ReorganisationMeasure>"),
    "hourly": (6, "<RemunMethod>1</RemunMethod>"),
    "informations": (6, "<OccupationInformations>"),
    "information": (7, "<Zone>%s</Zone>"),
    "informations_end": (7, "</OccupationInformations>"),
    "second_pillar": (
        6,
        """<SecondPillarInformation><ReferenceYearMonth>%s</ReferenceYearMonth>
        <MonthlyScaleSalary>%011d</MonthlyScaleSalary><OfficialLanguage>%d</OfficialLanguage>
        </SecondPillarInformation>""",
    ),
    "service": (
        6,
        """<Service><ServiceSequenceNbr>%02d</ServiceSequenceNbr><ServiceCode>%03d</ServiceCode>
        <ServiceNbrDays>%05d</ServiceNbrDays></Service>""",
    ),
    "service_hours": (
        6,
        """<Service><ServiceSequenceNbr>%02d</ServiceSequenceNbr><ServiceCode>%03d</ServiceCode>
        <ServiceNbrDays>%05d</ServiceNbrDays><ServiceNbrHours>%07d</ServiceNbrHours></Service>""",
    ),
    "remun": (
        6,
        """<Remun><RemunSequenceNbr>%02d</RemunSequenceNbr><RemunCode>%03d</RemunCode>
        <RemunAmount>%011d</RemunAmount></Remun>""",
    ),
    "bonus": (
        6,
        """<Remun><RemunSequenceNbr>%02d</RemunSequenceNbr><RemunCode>%03d</RemunCode>
        <BonusPaymentFrequency>%02d</BonusPaymentFrequency><RemunAmount>%011d</RemunAmount></Remun>""",
    ),
    "public_service": (
        6,
        """<OccupationPublicServiceData><OccupationPSDStartDate>%s</OccupationPSDStartDate>
        <PublicSectorInstitutionType>%d</PublicSectorInstitutionType>
        <PublicSectorPersonnelCategory>%02d</PublicSectorPersonnelCategory><GradeOrFunction>%s</GradeOrFunction>
        <OfficialLanguage>%d</OfficialLanguage><AssignmentType>0</AssignmentType><FunctionNature>1</FunctionNature>
        <ScaleSalary><ScaleSalaryStartDate>%s</ScaleSalaryStartDate>
        <PecuniarySeniorityStartDate>%s</PecuniarySeniorityStartDate>
        <SalaryScaleReference>%012d</SalaryScaleReference><ScaleSalaryAmount>%011d</ScaleSalaryAmount>
        <WeekHoursNbr>3800</WeekHoursNbr><ScaleSalaryWeekHoursNbr>3800</ScaleSalaryWeekHoursNbr>%s</ScaleSalary>
        </OccupationPublicServiceData>""",
    ),
    "additional_salary": (
        8,
        """<AdditionalScaleSalary><AdditionalScaleSalaryStartDate>%s</AdditionalScaleSalaryStartDate>
        <AdditionalScaleSalaryReference>%012d</AdditionalScaleSalaryReference>
        <AdditionalScaleSalaryAmount>%011d</AdditionalScaleSalaryAmount></AdditionalScaleSalary>""",
    ),
    "reorganization": (
        6,
        """<ReorgMeasureInformation><ReorganisationMeasure>%d</ReorganisationMeasure>
        <ReorganisationMeasurePercentage>%04d</ReorganisationMeasurePercentage></ReorgMeasureInformation>""",
    ),
    "using_employer": (
        6,
        """<UsingEmployer><UsingEmployerName>%s</UsingEmployerName>
        <UsingEmployerCompanyID>%s</UsingEmployerCompanyID><Address><Street>Rue Fictive</Street>
        <HouseNbr>%d</HouseNbr><ZIPCode>1000</ZIPCode><City>Bruxelles</City><Country>00150</Country></Address>
        </UsingEmployer>""",
    ),
    "occupation_deduction": (
        6,
        """<OccupationDeduction><DeductionCode>%04d</DeductionCode><DeductionAmount>%011d</DeductionAmount>%s
        </OccupationDeduction>""",
    ),
    "deduction_start": (7, "<DeductionRightStartingDate>%s</DeductionRightStartingDate>"),
    "occupation_deduction_detail": (
        7,
        """<OccupationDeductionDetail><DeductionDetailSequenceNbr>01</DeductionDetailSequenceNbr>
        <WorkingRegulationsStartingDate>%s</WorkingRegulationsStartingDate>
        <AverageWorkingTimeBeforeReduction>3800</AverageWorkingTimeBeforeReduction>
        <AverageWorkingTimeAfterReduction>3600</AverageWorkingTimeAfterReduction></OccupationDeductionDetail>""",
    ),
    "activation": (
        5,
        """<ActivationInformation><ServiceExemptionStartDate>%s</ServiceExemptionStartDate>
        <TrainingSituationStartDate>%s</TrainingSituationStartDate><TrainingSituation>0</TrainingSituation>%s
        </ActivationInformation>""",
    ),
    "activation_status": (6, "<ActivationPercentageStatus>1</ActivationPercentageStatus>"),
    "contribution": (
        5,
        """<WorkerContribution><ContributionWorkerCode>%s</ContributionWorkerCode>
        <ContributionType>%d</ContributionType>
        <ContributionCalculationBasis>%011d</ContributionCalculationBasis>
        <ContributionAmount>%011d</ContributionAmount></WorkerContribution>""",
    ),
    "flat_contribution": (
        5,
        """<WorkerContribution><ContributionWorkerCode>%s</ContributionWorkerCode>
        <ContributionType>%d</ContributionType><ContributionAmount>%011d</ContributionAmount>
        </WorkerContribution>""",
    ),
    "deduction": (
        5,
        """<WorkerDeduction><DeductionCode>%04d</DeductionCode><DeductionAmount>%011d</DeductionAmount>
        </WorkerDeduction>""",
    ),
    "dismissed": (
        5,
        """<DismissedStatutoryWorkerContribution><GrossRefRemunAmount>%09d</GrossRefRemunAmount>
        <GrossRefRemunContributionAmount>%09d</GrossRefRemunContributionAmount><RefNbrDays>%03d</RefNbrDays>
        <SubjectionStartingDate>%s</SubjectionStartingDate><SubjectionEndingDate>%s</SubjectionEndingDate>
        </DismissedStatutoryWorkerContribution>""",
    ),
    "student_hours": (
        5,
        """<StudentContribution><StudentRemunAmount>%09d</StudentRemunAmount>
        <StudentContributionAmount>%09d</StudentContributionAmount><StudentHoursNbr>%03d</StudentHoursNbr>
        <LocalUnitID>%s</LocalUnitID></StudentContribution>""",
    ),
    "student_days": (
        5,
        """<StudentContribution><StudentRemunAmount>%09d</StudentRemunAmount>
        <StudentContributionAmount>%09d</StudentContributionAmount><StudentNbrDays>%02d</StudentNbrDays>
        <LocalUnitID>%s</LocalUnitID></StudentContribution>""",
    ),
    "indemnity": (
        5,
        """<ComplementaryIndemnity><EmployerNotion>0</EmployerNotion><JointCommissionNbr>%s</JointCommissionNbr>
        <ActivityCode>00000</ActivityCode><DebtorType>0</DebtorType>
        <FirstComplIndemnityDate>%s</FirstComplIndemnityDate>
        <ComplIndemnityAgreementNotion>%d</ComplIndemnityAgreementNotion>
        <HalfTimeCareerInterruptionNotion>9</HalfTimeCareerInterruptionNotion>
        <ServiceExemptionNotion>0</ServiceExemptionNotion>
        <ReplacementAccordanceWCCNotion>9</ReplacementAccordanceWCCNotion>
        <ResumptionOfWorkMeasure>9</ResumptionOfWorkMeasure><NoticeDate>%s</NoticeDate><ComplIndemnityContribution>
        <ContributionWorkerCode>883</ContributionWorkerCode><ContributionType>0</ContributionType>
        <ComplIndemnityAmountAdjustNotion>0</ComplIndemnityAmountAdjustNotion>
        <ContributionSequenceNbr>001</ContributionSequenceNbr>
        <ComplIndemnityAmount>%09d</ComplIndemnityAmount><ComplIndemnityNbrMonths>003</ComplIndemnityNbrMonths>
        <ContributionAmount>%011d</ContributionAmount></ComplIndemnityContribution></ComplementaryIndemnity>""",
    ),
    "accident": (
        5,
        """<IndemnityWAPM><IndemnityNature>%02d</IndemnityNature><IncapacityDegree>%s</IncapacityDegree>
        <IndemnityAmount>%011d</IndemnityAmount></IndemnityWAPM>""",
    ),
    "vehicle": (
        3,
        """<CompanyVehicle><CompanyVehicleSequenceNbr>%05d</CompanyVehicleSequenceNbr>
        <LicensePlate>%s</LicensePlate><EcoVehicle>%d</EcoVehicle></CompanyVehicle>""",
    ),
    "unrelated": (
        3,
        """<ContributionUnrelatedToNP><UnrelatedEmployerClass>%s</UnrelatedEmployerClass>
        <UnrelatedWorkerCode>%s</UnrelatedWorkerCode><UnrelatedCalculationBasis>%013d</UnrelatedCalculationBasis>
        <UnrelatedAmount>%013d</UnrelatedAmount></ContributionUnrelatedToNP>""",
    ),
    "compensation": (
        3,
        """<EmployerCompensation><CompensationCode>01</CompensationCode>
        <CompensationAmount>%015d</CompensationAmount></EmployerCompensation>""",
    ),
    "no_compensation": (
        3,
        """<EmployerCompensation><CompensationCode>01</CompensationCode>
        <CompensationException>01</CompensationException></EmployerCompensation>""",
    ),
}


@dataclass(frozen=True, slots=True)
class Texts:
    """Every piece, laid out one way; slots are those of the % operator."""

    form: str
    holiday: str
    form_end: str
    person: str
    person_reference: str
    no_person_reference: str
    record: str
    risk: str
    no_record_reference: str
    occupation: str
    occupation_end: str
    status: str
    measure: str
    hourly: str
    informations: str
    information: str
    informations_end: str
    second_pillar: str
    service: str
    service_hours: str
    remun: str
    bonus: str
    public_service: str
    additional_salary: str
    reorganization: str
    using_employer: str
    occupation_deduction: str
    deduction_start: str
    occupation_deduction_detail: str
    activation: str
    activation_status: str
    contribution: str
    flat_contribution: str
    deduction: str
    dismissed: str
    student_hours: str
    student_days: str
    indemnity: str
    accident: str
    vehicle: str
    unrelated: str
    compensation: str
    no_compensation: str


@lru_cache(maxsize=2)
def texts(lay: Callable[[str, int], str]) -> Texts:
    """The pieces, laid out by that function of text and depth."""
    laid = {name: lay(text, depth) for name, (depth, text) in _TEXTS.items()}
    return Texts(**laid | {"information": laid["information"].replace("Zone", "%s")})
