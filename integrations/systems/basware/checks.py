"""The live test: which region knows the credentials, what they may read, and the Network."""

from __future__ import annotations

import uuid
from collections.abc import Iterator

from msgspec.structs import replace

from integrations.http import breaker, tokens
from integrations.http.errors import ConfigError, Fault, NotFound, Unauthorized
from integrations.http.session import Session
from integrations.models import Connection
from integrations.systems.basware.client import Client
from integrations.systems.basware.errors import LABEL
from integrations.systems.basware.session import CHEAP, network_profile, session_of
from integrations.systems.basware.settings import GUESSED, Options, Region
from integrations.systems.contract import Step

LISTS = (
    ("vendors", "/v1/vendors", "vendorEntities"),
    ("purchase orders for matching", "/v1/matchingOrders", "matchingOrders"),
    ("accounting documents", "/v1/accountingDocuments", "accountingDocuments"),
)


def run(connection: Connection, session: Session) -> Iterator[Step]:
    """The region first: without it nothing else makes sense."""
    options = Options.of(connection)
    found, step = _region(connection, options)
    yield step
    if found is None:
        return
    options = replace(options, region=found, page_size=1)
    here = session_of(connection, options)
    here.for_people = True
    try:
        yield from (_list(Client(here, options), *one) for one in LISTS)
        yield _network(connection, here, options)
    finally:
        here.close()


def _region(connection: Connection, options: Options) -> tuple[Region | None, Step]:
    """The regions in turn, the kept one first; a secret never goes to a host that nobody has confirmed."""
    said = []
    for region in options.candidates:
        problem = _try(connection, replace(options, region=region))
        if problem is None:
            detail = f"{options.url_of(region)} knows the credentials: region {region.upper()}."
            return region, Step(name="Region", ok=True, detail=detail, learned={"region": region})
        said.append(f"{region.upper()}: {problem.sentence}")
        if not isinstance(problem, ConfigError | Unauthorized) and region == options.region:
            break  # its own region does not answer at all: the others cannot know better
    untried = [region.upper() for region in GUESSED if region not in options.candidates]
    remedy = "Check client id, secret and scopes with Basware's consultant; they belong to one environment."
    if untried:
        remedy += f" If they are of {' or '.join(untried)}, confirm those addresses in the settings."
    return None, Step(name="Region", ok=False, detail=" ".join(said), remedy=remedy)


def _try(connection: Connection, options: Options) -> Fault | None:
    """None when the region knows the credentials."""
    breaker.reset(connection)  # what another region refused says nothing of this one
    tokens.forget(connection)
    probe = session_of(connection, options)
    probe.for_people = True
    try:
        probe.get(CHEAP)
    except NotFound:
        return None  # an empty list
    except Fault as fault:
        return fault
    finally:
        probe.close()
    return None


def _list(client: Client, label: str, path: str, envelope: str) -> Step:
    try:
        page = next(client.pages(path, envelope, companyCode=client.options.company_code), ())
    except Fault as fault:
        return Step(name=f"Read {label}", ok=False, detail=fault.sentence, remedy=fault.remedy)
    return Step(name=f"Read {label}", ok=True, detail="There are some." if page else "There are none yet.")


def _network(connection: Connection, session: Session, options: Options) -> Step:
    name = "Invoices"
    if options.intake == "p2p":
        path = options.p2p_intake_path
        remedy = "" if path.startswith("/") else "Fill in the path, as /v1/…, or choose the Network."
        return Step(name=name, ok=not remedy, detail=f"They go to P2P's path {path or '(none)'}.", remedy=remedy)
    if not options.network_user:
        return Step(name=name, ok=True, detail="No Network user is set: invoices are not sent.")
    with session.beside(network_profile(connection, options)) as network:
        try:
            network.get("/v1/invoices/ml-connector-test", headers={"X-BW-REQUEST-ID": str(uuid.uuid4())})
        except NotFound:
            pass  # as it should be: there is no such invoice, and the user was known
        except Fault as fault:
            return Step(name=name, ok=False, detail=fault.sentence, remedy=fault.remedy or "Check the Network's user.")
    return Step(name=name, ok=True, detail=f"{LABEL}'s Network answers and knows the user.")
