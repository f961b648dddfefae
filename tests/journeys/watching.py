"""What no page may do: complain in the console, break its policy, ask another host, meet a fault."""

import re
from dataclasses import dataclass, field

from playwright.sync_api import BrowserContext, ConsoleMessage, Request, Response, WebError

TELL = """
addEventListener('securitypolicyviolation', (event) => {
  console.error(`policy violated: ${event.violatedDirective} by ${event.blockedURI} in ${event.sourceFile}`);
});
"""


@dataclass
class Watch:
    """Collects what went wrong in the browser contexts of one test."""

    origin: str
    problems: list[str] = field(default_factory=list)
    responses: list[Response] = field(default_factory=list)
    _allowed: list[str] = field(default_factory=list)

    def allow(self, pattern: str) -> None:
        """A complaint that this journey is about, such as the console's word on a 404."""
        self._allowed.append(pattern)

    def over(self, context: BrowserContext) -> None:
        """Look at everything that happens in a context from now on."""
        context.add_init_script(TELL)
        context.on("console", self._console)
        context.on("weberror", self._error)
        context.on("request", self._request)
        context.on("response", self._response)

    def require_nothing(self) -> None:
        found = [one for one in self.problems if not any(re.search(each, one) for each in self._allowed)]
        assert not found, "\n".join(found)

    def _console(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.problems.append(f"console {message.type}: {message.text} ({message.location['url']})")

    def _error(self, error: WebError) -> None:
        self.problems.append(f"not caught: {error.error}")

    def _request(self, request: Request) -> None:
        if not request.url.startswith((f"{self.origin}/", f"blob:{self.origin}/", "data:")):
            self.problems.append(f"asked another host: {request.url}")

    def _response(self, response: Response) -> None:
        self.responses.append(response)
        if response.status >= 500 and not response.from_service_worker:
            self.problems.append(f"fault of the server: {response.status} {response.url}")
