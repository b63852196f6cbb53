"""POST /api/authentication: password grant with lockout."""

from __future__ import annotations

import secrets

from integrations.sandbox.kernel import Reply, Request, iso, json_reply, new_row, route

from .base import CleoBase, User

FORM = "application/x-www-form-urlencoded"


class LoginEndpoint(CleoBase):
    """Tokens for users. The answer to a good login is exactly 200."""

    @route("POST", "/api/authentication", open=True)
    def authenticate(self, request: Request) -> Reply:
        """access_token and, unless switched off, expires_in. No refresh token: the password is asked for again."""
        form = request.form
        username, password = form.get("username", ""), form.get("password", "")
        if request.mimetype != FORM or form.get("grant_type") != "password" or not username:
            message = f"Expected {FORM} with grant_type=password, username and password"
            return self._answer(400, message, username=username, result="malformed")
        if self._locked(username):
            return self._answer(403, "The user account is locked, try again later", username=username, result="locked")
        user = self.users.get(username)
        if user is None or user.password != password:
            self._count_failure(username)
            status = self.options["login_error_status"]
            return self._answer(status, "Invalid username or password", username=username, result="wrong password")
        self.store.table("_failures").pop(username, None)
        if user.expired:
            return self._answer(403, "The password has expired", username=username, result="password expired")
        if not user.portal:
            message = "The mailbox does not have the Cleo Portal permission"
            return self._answer(403, message, username=username, result="no Portal permission")
        return self._grant(user)

    def _grant(self, user: User) -> Reply:
        token, lifetime = secrets.token_urlsafe(32), self.options["token_lifetime"]
        row = {"key": token, "username": user.username, "expires": self.later(lifetime)}
        self.store.table("_tokens").add(row)
        self._note(user.username, "success", 200)
        body: dict[str, str | int] = {"access_token": token, "token_type": "Bearer"}
        if self.options["expires_in"]:
            body["expires_in"] = lifetime
        return json_reply(200, body)

    def _answer(self, status: int, message: str, *, username: str, result: str) -> Reply:
        self._note(username, result, status)
        return json_reply(status, {"message": message})

    def _note(self, username: str, result: str, status: int) -> None:
        body = {"username": username, "result": result, "status": status}
        key = str(self.store.next("authentication"))
        row = new_row(key=key, business_number=username, body=body, received_at=self.clock())
        self.store.table("authentications").add(row)

    def _locked(self, username: str) -> bool:
        row = self.store.table("_failures").get(username)
        return bool(row and self.options["lockout"] and row["locked_until"] > iso(self.clock()))

    def _count_failure(self, username: str) -> None:
        table = self.store.table("_failures")
        since = self.later(-self.options["lockout_window"])
        times = [at for at in table.get(username, {"times": []})["times"] if at > since]
        times.append(iso(self.clock()))
        locked = len(times) >= self.options["lockout_failures"]
        until = self.later(self.options["lockout_seconds"]) if locked else ""
        table.add({"key": username, "times": [] if locked else times, "locked_until": until})
