"""What is agreed with whom, and how to write and check by it."""

from __future__ import annotations

from edi.models import Agreement, Network, PartnerNumber, Stream
from edi.x12.envelope_spec import EnvelopeSpec
from edi.x12.guides import Guide


def agreement_for(
    *, network: Network, company: str, entity: str, number: str, document_type: str, direction: str, stream: str
) -> Agreement | None:
    """What is agreed with the trading partner that the books call `number`, for this document over this network; None
    when nothing is."""
    return (
        Agreement.objects.filter(
            network=network,
            document_type=document_type,
            direction=direction,
            stream=stream,
            active=True,
            partner__in=PartnerNumber.objects.filter(company=company, entity=entity, number=number).values("partner"),
        )
        .select_related("partner", "network")
        .first()
    )


def is_live(agreement: Agreement) -> bool:
    return agreement.stream == Stream.LIVE


def guide_of(agreement: Agreement) -> Guide | None:
    """What the partner asks beyond the standard, for `edi.x12.validate`; None where the standard is enough.

    Raises GuideError where the agreement was stored without its checks.
    """
    return agreement.partner_guide()


def envelope_of(agreement: Agreement) -> EnvelopeSpec:
    """How an interchange of the agreement is written. Raises InvalidEnvelope where it was stored without its checks."""
    return agreement.envelope()
