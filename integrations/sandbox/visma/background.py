"""The background API: any call with `erp-api-background` is accepted with 202 and done a little later."""

from __future__ import annotations

import base64
from datetime import datetime, timedelta
from typing import Any

from werkzeug.test import EnvironBuilder

from integrations.sandbox.kernel import Refusal, Reply, Request, iso, json_reply, reply_bytes, route
from integrations.sandbox.routing import Match
from integrations.sandbox.visma.base import Caller, VismaBase
from integrations.sandbox.world.identifiers import guid

HEADER = "erp-api-background"
KEPT = timedelta(hours=24)
_UNSUPPORTED = ("/v1/background", "/v1/webhooknotificationfeedback", "/v1/subscription")


class Background(VismaBase):
    """Jobs run when their time has come, with the rights of who asked."""

    def before(self, request: Request) -> Reply | None:
        """Accept instead of doing it now."""
        reply = super().before(request)
        path = self.route_path(request).lower()
        if reply is not None or HEADER not in request.headers or path.startswith(_UNSUPPORTED) or self.caller is None:
            return reply
        now, job = self.clock(), guid(self.rng)
        state = {
            "id": job,
            "status": "Started",
            "statusCode": 0,
            "receivedUtc": iso(now),
            "startedUtc": iso(now),
            "originalUri": request.url,
            "errorMessage": "",
            "hasResponseContent": False,
            "hasRequestContent": bool(request.get_data()),
        }
        self.add("background", job, state, _job=self._described(request, now))
        return json_reply(202, {"id": job, "stateLocation": f"{request.base}/v1/background/{job}"})

    def _described(self, request: Request, now: datetime) -> dict[str, Any]:
        if self.caller is None:
            raise RuntimeError("no call is running")
        return {
            "due": (now + timedelta(seconds=float(self.options["background_seconds"]))).timestamp(),
            "method": request.method,
            "path": self.route_path(request),
            "query": request.query_string.decode("latin-1"),
            "host": request.host_url,
            "headers": [[name, value] for name, value in request.headers.items() if name.lower() != HEADER],
            "content": base64.b64encode(request.get_data()).decode(),
            "client_id": self.caller.client_id,
            "scopes": list(self.caller.scopes),
        }

    @route("GET", "/v1/background/<job>")
    def background_state(self, request: Request, job: str) -> Reply:
        """How far the job is."""
        return Reply(200, self.row("background", job)["body"])

    @route("GET", "/v1/background/<job>/content")
    def background_content(self, request: Request, job: str) -> Reply:
        """What the call would have answered."""
        row = self.row("background", job)
        if "_content" not in row:
            return self.business(404, "The background request has no response content.")
        return Reply(200, base64.b64decode(row["_content"]), {"Content-Type": row["_content_type"]})

    def tick(self) -> None:
        """Run what is due; forget what is older than a day."""
        super().tick()
        table, now = self.store.table("background"), self.clock()
        for row in list(table.values()):
            if row["body"]["status"] == "Started" and row["_job"]["due"] <= now.timestamp():
                self._run(row)
            elif now - datetime.fromisoformat(row["received_at"]) > KEPT:
                del table[row["key"]]

    def _run(self, row: dict[str, Any]) -> None:
        job, state = row["_job"], row["body"]
        row["body"] = {**state, "status": "Failed"}  # whatever happens below, it runs only once
        reply = self._replayed(row, job)
        content, headers = reply_bytes(reply)
        finished = {
            "status": "Finished" if reply.status < 400 else "Failed",
            "statusCode": reply.status,
            "finishedUtc": iso(self.clock()),
            "hasResponseContent": bool(content),
            "errorMessage": content.decode("utf-8", "replace") if reply.status >= 400 else "",
            "responseHeaders": headers,
        }
        if content:
            finished["contentLocation"] = f"{job['host']}{self.name}/v1/background/{state['id']}/content"
            row |= {
                "_content": base64.b64encode(content).decode(),
                "_content_type": headers.get("Content-Type", "application/json"),
            }
        row["body"] = {**state, **finished}
        self.touch(row)

    def _replayed(self, row: dict[str, Any], job: dict[str, Any]) -> Reply:
        builder = EnvironBuilder(
            path=f"/{self.name}{job['path']}",
            base_url=job["host"],
            method=job["method"],
            query_string=job["query"],
            headers=[(name, value) for name, value in job["headers"]],
            data=base64.b64decode(job["content"]),
        )
        request = Request(builder.get_environ())
        request.environ["REQUEST_URI"] = f"/{self.name}{job['path']}"
        request.system = self.name
        found = self.router.match(job["method"], job["path"])
        if not isinstance(found, Match):
            return self.not_found(request)
        request.route = found.route
        company = self.world.company(row["_company"])
        self.caller = Caller(client_id=job["client_id"], company=company, scopes=tuple(job["scopes"]))
        try:
            reply: Reply = found.handler(request, **found.arguments)
        except Refusal as refusal:
            reply = refusal.reply
        finally:
            self.caller = None
        return reply
